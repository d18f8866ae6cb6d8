/* SPDX-License-Identifier: MIT */
/* check_losses FILE: a small training run with Weir's layers, loss and optimiser, on every ISA that
 * runs here, has the losses that the file lists, which were made by an implementation that shares
 * nothing with Weir: see torch_losses.py. Exit status 1: one differs; 2: the file cannot be used.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <string.h>

#include "support/expect.h"
#include "support/inputs.h"
#include "weir_train.h"

/* The run: an LSTM or GRU and a dense layer on its last output. */
enum { T = 10, B = 4, I = 2, H = 8, STEPS = 10, PARAMETERS_MAX = 16 };

static const double allowed = 1e-5;

/* A layer that learns, with its part of all parameters. */
struct learner {
    weir_layer *layer;
    weir_parameter parameters[PARAMETERS_MAX];
    size_t count;
    float *gradients[PARAMETERS_MAX];
    const float *values[PARAMETERS_MAX];
    void *memory, *workspace;
};

/* A number from -30 to 30, by an array's name and a place in it. */
static float whole(const char *name, size_t k)
{
    size_t n = 0;
    for (size_t at = 0; name[at] != '\0'; ++at)
        n += (at + 1) * (unsigned char)name[at];
    return (float)((int)((7 * k * k + 13 * k + 29 * n) % 61) - 30);
}

static float *array(const char *name, size_t count, float scale)
{
    float *values = allocate(count * sizeof *values);
    for (size_t k = 0; k < count; ++k)
        values[k] = whole(name, k) * scale;
    return values;
}

static bool learner_create(struct learner *learner, const char *cell, size_t inputs, size_t units,
                           size_t steps, const char *isa)
{
    weir_shape shapes[PARAMETERS_MAX];
    weir_weight weights[PARAMETERS_MAX];
    weir_error error = {0};
    *learner = (struct learner){0};
    EXPECT(weir_cell_weights(cell, inputs, units, 0, shapes, PARAMETERS_MAX, &learner->count,
                             &error) == WEIR_OK,
           "%s", error.message);
    for (size_t n = 0; n < learner->count; ++n) {
        const size_t count = shapes[n].rows * shapes[n].cols;
        weir_parameter *parameter = &learner->parameters[n];
        *parameter = (weir_parameter){.name = shapes[n].name,
                                      .rows = shapes[n].rows,
                                      .cols = shapes[n].cols,
                                      .values = array(shapes[n].name, count, 1.0f / 64),
                                      .gradients = array("none", count, 0)};
        learner->values[n] = parameter->values;
        learner->gradients[n] = parameter->gradients;
        weights[n] = (weir_weight){.name = shapes[n].name,
                                   .data = parameter->values,
                                   .rows = shapes[n].rows,
                                   .cols = shapes[n].cols};
    }
    const weir_layer_config config = {.cell = cell,
                                      .I = inputs,
                                      .H = units,
                                      .weights = weights,
                                      .weight_count = learner->count,
                                      .isa = isa,
                                      .train = true};
    if (!EXPECT(weir_layer_create(&learner->layer, &config, &error) == WEIR_OK, "%s",
                error.message))
        return false;
    learner->memory = allocate(weir_layer_workspace(learner->layer, steps, B) + 64);
    learner->workspace = (char *)learner->memory + (64 - (uintptr_t)learner->memory % 64);
    return true;
}

static void learner_destroy(struct learner *learner)
{
    for (size_t n = 0; n < learner->count; ++n) {
        free(learner->parameters[n].values);
        free(learner->parameters[n].gradients);
    }
    weir_layer_destroy(learner->layer);
    free(learner->memory);
}

/* One loss, and the gradients of all parameters. */
static double run(struct learner *recurrent, struct learner *dense, const float *x)
{
    static const float targets[B] = {0, 1, 0, 1};
    float h[B * H], d_h[B * H], logits[B], d_logits[B];
    float *const final[] = {h, NULL};
    const float *const d_final[] = {d_h, NULL};
    const weir_sequence sequence = {.T = T, .B = B, .x = x, .final = final};
    const weir_sequence last = {.T = 1, .B = B, .x = h, .y = logits};
    weir_layer_forward_train(recurrent->layer, &sequence, recurrent->workspace);
    weir_layer_forward_train(dense->layer, &last, dense->workspace);
    const double loss = weir_loss_value(WEIR_LOSS_BCE, B, 1, logits, targets, d_logits);
    const weir_gradients by_dense = {.y = d_logits, .x = d_h, .weights = dense->gradients};
    weir_layer_backward(dense->layer, &last, &by_dense, dense->workspace);
    const weir_gradients by_recurrent = {.final = d_final, .weights = recurrent->gradients};
    weir_layer_backward(recurrent->layer, &sequence, &by_recurrent, recurrent->workspace);
    return loss;
}

static void train(const char *cell, const char *isa, double losses[STEPS])
{
    struct learner recurrent, dense;
    weir_parameter parameters[2 * PARAMETERS_MAX];
    weir_optimiser *adam = NULL;
    weir_error error = {0};
    const bool made = learner_create(&recurrent, cell, I, H, T, isa);
    const bool both_made = learner_create(&dense, "dense", H, 1, 1, isa) && made;
    memcpy(parameters, recurrent.parameters, recurrent.count * sizeof *parameters);
    memcpy(parameters + recurrent.count, dense.parameters, dense.count * sizeof *parameters);
    EXPECT(weir_optimiser_create(&adam, &(weir_optimiser_config){.method = WEIR_ADAM}, parameters,
                                 recurrent.count + dense.count, &error) == WEIR_OK,
           "%s", error.message);
    float *x = array("x", T * B * I, 1.0f / 16);
    for (size_t step = 0; step < STEPS && both_made && adam; ++step) {
        losses[step] = run(&recurrent, &dense, x);
        weir_optimiser_step(adam);
        weir_layer_set_weights(recurrent.layer, recurrent.values);
        weir_layer_set_weights(dense.layer, dense.values);
    }
    weir_optimiser_destroy(adam);
    free(x);
    learner_destroy(&recurrent);
    learner_destroy(&dense);
}

/* Whether this build has kernels of the cell for the ISA, and this CPU runs them. */
static bool runs_here(const char *cell, const char *isa)
{
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        if (strcmp(info.cell, cell) == 0 && strcmp(info.isa, isa) == 0)
            return weir_isa_runs_here(isa);
    }
    return false;
}

/* The same losses as listed, and the same bits on every ISA. */
static void check_run(const char *cell, const double listed[STEPS])
{
    double scalar[STEPS] = {0}, worst = 0;
    const char *isa;
    for (size_t n = 0; (isa = weir_isa_name(n)) != NULL; ++n) {
        double losses[STEPS] = {0};
        if (!runs_here(cell, isa) || !runs_here("dense", isa))
            continue;
        train(cell, isa, losses);
        if (n == 0)
            memcpy(scalar, losses, sizeof scalar);
        for (size_t step = 0; step < STEPS; ++step) {
            const double error = fabs(losses[step] - listed[step]);
            worst = error > worst ? error : worst;
            EXPECT(error <= allowed, "%s on %s, step %zu: loss %.9f, listed %.9f", cell, isa, step,
                   losses[step], listed[step]);
            EXPECT(losses[step] == scalar[step], "%s on %s, step %zu: loss %.17g, scalar %.17g",
                   cell, isa, step, losses[step], scalar[step]);
        }
    }
    printf("%s: largest error of ten losses %.2g, allowed %.2g\n", cell, worst, allowed);
}

int main(int argc, char **argv)
{
    static const char *const cells[] = {"lstm", "gru"};
    double listed[2][STEPS];
    size_t counts[2] = {0, 0};
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    char text[256], cell[16];
    double loss;
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    while (file != NULL && fgets(text, sizeof text, file) != NULL)
        for (size_t c = 0; c < 2; ++c)
            if (sscanf(text, "%15s %lf", cell, &loss) == 2 && strcmp(cell, cells[c]) == 0 &&
                counts[c] < STEPS)
                listed[c][counts[c]++] = loss;
    if (file == NULL || counts[0] != STEPS || counts[1] != STEPS) {
        fprintf(stderr, "wrong arguments: check_losses FILE, with ten losses of each of two cells; "
                        "torch_losses.py makes it\n");
        return 2;
    }
    fclose(file);
    for (size_t c = 0; c < 2; ++c)
        check_run(cells[c], listed[c]);
    return expect_verdict("check_losses");
}
