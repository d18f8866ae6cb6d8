/* SPDX-License-Identifier: MIT */
/* stream X Y: a deployed model is given the floats of X one step at a time, and must give the last
 * ones of Y, which weir-run gave of all steps at once: to the bit where it is a chain, and else
 * within rounding. INPUTS and OUTPUTS are those of a step; the model's header comes by -include. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float *read_floats(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    float *floats = calloc(1 << 16, sizeof *floats);
    *count = 0;
    if (!file || !floats)
        return NULL;
    *count = fread(floats, sizeof *floats, 1 << 16, file);
    fclose(file);
    return floats;
}

int main(int count, char **arguments)
{
    size_t x_count = 0, y_count = 0, steps;
    float *x = count == 3 ? read_floats(arguments[1], &x_count) : NULL;
    float *all = count == 3 ? read_floats(arguments[2], &y_count) : NULL;
    void *model = aligned_alloc(NET_ALIGN, NET_MODEL_SIZE + NET_ALIGN);
    void *state = aligned_alloc(NET_ALIGN, NET_STATE_SIZE + NET_ALIGN);
    if (!x || !all || net_model_init(model, NULL) || net_state_init(model, state, NULL))
        return EXIT_FAILURE;
    steps = x_count / INPUTS;
    if (!steps || y_count < steps * OUTPUTS)
        return EXIT_FAILURE;
    const float *y = all + y_count - steps * OUTPUTS;
    for (size_t t = 0; t < steps; t++) {
        float got[OUTPUTS];
        net_step(model, state, x + t * INPUTS, got);
        for (size_t k = 0; k < OUTPUTS; k++) {
            const float wanted = y[t * OUTPUTS + k];
#ifdef NET_IS_GRAPH
            const int same = fabsf(got[k] - wanted) <= 2e-6f * (1 + fabsf(wanted));
#else
            const int same = !memcmp(&got[k], &wanted, sizeof wanted);
#endif
            if (!same) {
                printf("step %zu, output %zu: %.9g, expected %.9g\n", t, k, (double)got[k],
                       (double)wanted);
                return EXIT_FAILURE;
            }
        }
    }
    free(x);
    free(all);
    free(model);
    free(state);
    return EXIT_SUCCESS;
}
