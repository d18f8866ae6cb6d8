/* SPDX-License-Identifier: MIT */
/* check_graphs FOLDER: all deployed models that graphs.inc lists, in one program, which includes
 * their headers before all else: each must give what weir-run gave, and what is true in double
 * precision, of FOLDER/gN.run. */
#include "support/graph_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double tolerance = 2e-5;

/* One model: the functions of its header, of which those that it does not have are NULL. */
struct model {
    const char *name;
    size_t inputs, outputs;
    size_t model_size, state_size;
    const char *(*model_init)(void *, const char *);
    const char *(*state_init)(const void *, void *, const float *);
    void (*stream)(const void *, void *, const float *, float *);
    int (*sequence)(const void *, void *, size_t, const float *, float *);
    int (*lengths)(const void *, void *, size_t, size_t, const float *, float *);
    int (*graph)(const void *, void *, const float *, float *);
};

#define ROW(name, upper, inputs, outputs, stream, sequence, lengths, graph)                        \
    {#name,                                                                                        \
     inputs,                                                                                       \
     outputs,                                                                                      \
     upper##_MODEL_SIZE,                                                                           \
     upper##_STATE_SIZE,                                                                           \
     name##_model_init,                                                                            \
     name##_state_init,                                                                            \
     stream,                                                                                       \
     sequence,                                                                                     \
     lengths,                                                                                      \
     graph},
#define CHAIN(name, upper, ...) ROW(name, upper, upper##_INPUTS, upper##_OUTPUTS, __VA_ARGS__)
#define STREAM(name, upper) CHAIN(name, upper, name##_step, NULL, NULL, NULL)
#define SEQUENCE(name, upper) CHAIN(name, upper, NULL, name##_step, NULL, NULL)
#define LENGTHS(name, upper) CHAIN(name, upper, NULL, NULL, name##_step, NULL)
#define GRAPH(name, upper) ROW(name, upper, 1, 1, NULL, NULL, NULL, name##_step)
#define OPEN(name, upper) ROW(name, upper, 1, 1, NULL, NULL, NULL, name##_all)
static const struct model models[] = {
#include "graphs.inc"
};

/* Runs it; where it is called step by step and gives one row in all, that is the last. */
static int run(const struct model *model, const void *made, void *state,
               const struct graph_run *run, float *y)
{
    const size_t steps = run->x_count / model->inputs;
    if (model->graph)
        return model->graph(made, state, run->x, y);
    if (model->sequence)
        return model->sequence(made, state, steps, run->x, y);
    if (model->lengths)
        return model->lengths(made, state, steps, run->length, run->x, y);
    const int every = run->y_count == steps * model->outputs;
    for (size_t t = 0; t < steps; t++)
        model->stream(made, state, run->x + t * model->inputs,
                      y + (every ? t * model->outputs : 0));
    return 0;
}

/* Within what is expected, and nothing past it. */
static int is_right(const struct graph_run *run, const float *y)
{
    int right = 1;
    for (size_t i = 0; i < run->y_count; i++) {
        const double value = run->reference[i], most = tolerance * fmax(1, fabs(value));
        right = right && fabs((double)y[i] - value) <= most &&
                fabs((double)y[i] - (double)run->y[i]) <= most;
    }
    for (size_t i = run->y_count; i < RUN_FLOATS; i++)
        right = right && isnan(y[i]);
    return right;
}

static int check(const struct model *model, const char *folder)
{
    static struct graph_run expected;
    float y[RUN_FLOATS];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.run", folder, model->name);
    FILE *file = fopen(path, "rb");
    const int read = file && fread(&expected, sizeof expected, 1, file) == 1;
    void *made = aligned_alloc(64, model->model_size + 64);
    void *state = aligned_alloc(64, model->state_size);
    if (file)
        fclose(file);
    memset(y, 0xff, sizeof y);
    const int right = read && made && state && !model->model_init(made, NULL) &&
                      !model->state_init(made, state, NULL) &&
                      !run(model, made, state, &expected, y) && is_right(&expected, y);
    if (!right)
        printf("%s: what is deployed gives something else\n", model->name);
    free(made);
    free(state);
    return right;
}

int main(int argc, char **argv)
{
    int wrong = argc != 2;
    for (size_t i = 0; i < sizeof models / sizeof *models && argc == 2; i++)
        wrong += !check(&models[i], argv[1]);
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
