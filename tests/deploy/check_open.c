/* SPDX-License-Identifier: MIT */
/* check_open DIR: deployed models of open.inc, whose headers are included before, give for each
 * number of steps that they take what weir-run gives (random_open.c), and write nothing else;
 * others are refused.
 */
#include "support/open_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model {
    const char *name;
    size_t model_size, state_size, steps;
    const char *(*model_init)(void *, const char *);
    const char *(*state_init)(const void *, void *, const float *);
    int (*step)(const void *, void *, size_t, const float *, float *);
};

#define OPEN(name, NAME)                                                                           \
    {#name,        NAME##_MODEL_SIZE, NAME##_STATE_SIZE,                                           \
     NAME##_STEPS, name##_model_init, name##_state_init,                                           \
     name##_step},

static const struct model models[] = {
#include "open.inc"
};

static size_t calls, refused;

/* Whether a call of so many steps is right, or refused. */
static int check(const struct model *m, const struct open_run *run, const void *model, void *state,
                 size_t steps)
{
    float y[OPEN_FLOATS + 16], untouched[OPEN_FLOATS + 16];
    memset(y, 0x55, sizeof y);
    memset(untouched, 0x55, sizeof untouched);
    calls++;
    if (m->step(model, state, steps, run->x[steps], y)) {
        refused++;
        return steps < m->steps && !memcmp(y, untouched, sizeof y);
    }
    for (size_t i = 0; i < run->count[steps]; i++)
        if (!(fabsf(y[i] - run->y[steps][i]) <= 1e-4f * fmaxf(1, fabsf(run->y[steps][i])))) {
            printf("%s: %zu steps: %zu: %g, expected %g\n", m->name, steps, i, (double)y[i],
                   (double)run->y[steps][i]);
            return 0;
        }
    return !memcmp(y + run->count[steps], untouched, sizeof y - sizeof *y * run->count[steps]);
}

static int check_model(const struct model *m, const char *folder)
{
    static struct open_run run;
    static float y[2 * OPEN_FLOATS];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.run", folder, m->name);
    FILE *file = fopen(path, "rb");
    int right = file && fread(&run, sizeof run, 1, file) == 1;
    if (file)
        fclose(file);
    void *model = aligned_alloc(64, (m->model_size + 64) / 64 * 64),
         *state = aligned_alloc(64, (m->state_size + 63) / 64 * 64);
    right = right && !m->model_init(model, NULL) && !m->state_init(model, state, NULL);
    right = right && m->step(model, state, 0, run.x[1], y) == 1;
    right = right && m->step(model, state, m->steps + 1, run.x[1], y) == 1;
    for (size_t round = 0; round < 2; round++)
        for (size_t steps = 1; steps <= m->steps && right; steps++)
            right = check(m, &run, model, state, round ? m->steps + 1 - steps : steps);
    if (!right)
        printf("%s: WRONG\n", m->name);
    free(model);
    free(state);
    return right;
}

int main(int argc, char **argv)
{
    size_t wrong = 0;
    for (size_t i = 0; argc == 2 && i < sizeof models / sizeof *models; i++)
        wrong += !check_model(&models[i], argv[1]);
    printf("%zu of %zu calls refused\n", refused, calls);
    return argc != 2 || wrong || refused * 5 > calls ? EXIT_FAILURE : EXIT_SUCCESS;
}
