/* SPDX-License-Identifier: MIT */
/* A cell whose states are inputs and outputs, deployed as it is, and with them carried by itself:
 * the same states after every call, from where the caller says, and again after a reset. A state
 * of another graph is refused. */

#include <stdlib.h>
#include <string.h>

enum { INPUTS = 3, UNITS = 4, CALLS = 5 };

/* States after some calls, as the model gives them, and as the memory of a state has them. */
static int check(void *state, void *other, const float *initial)
{
    float h[UNITS] = {0}, c[UNITS] = {0}, x[INPUTS] = {0.5f, -1, 0.25f};
    int wrong = 0;
    if (initial) {
        memcpy(h, initial, sizeof h);
        memcpy(c, initial + UNITS, sizeof c);
    }
    for (int k = 0; k < CALLS; k++) {
        float next_h[UNITS], next_c[UNITS];
        x[0] = (float)k / CALLS;
        wrong |= decomposed_lstmcell_step(NULL, state, x, h, c, next_h, next_c);
        wrong |= carried_step(NULL, other, x);
        memcpy(h, next_h, sizeof h);
        memcpy(c, next_c, sizeof c);
    }
    const float *kept = (const float *)(const void *)((const char *)other + CARRIED_KEPT_SIZE) - 32;
    return wrong || memcmp(kept, h, sizeof h) != 0 || memcmp(kept + 16, c, sizeof c) != 0;
}

/* A graph with the same cells and weights, for a batch of two, does not take the state of one for
 * a batch of one. */
static int check_other(void)
{
    static float x[2 * 6 * 3], y[2 * 6 * 8];
    void *state = aligned_alloc(64, KERAS_BILSTM_CONCAT_STATE_SIZE + 64);
    int wrong = !state || single_model_init(NULL, NULL) ||
                keras_bilstm_concat_model_init(NULL, NULL) ||
                single_state_init(NULL, state, NULL) || single_step(NULL, state, x, y) != 0 ||
                keras_bilstm_concat_step(NULL, state, x, y) != 1;
    free(state);
    return wrong;
}

int main(void)
{
    static const float initial[2 * UNITS] = {1, -1, 0.5f, 0, 0.25f, 2, -2, 1};
    void *state = aligned_alloc(64, DECOMPOSED_LSTMCELL_STATE_SIZE + 64);
    void *other = aligned_alloc(64, CARRIED_STATE_SIZE + 64);
    int wrong = !state || !other || CARRIED_STATES != 2 * UNITS ||
                decomposed_lstmcell_model_init(NULL, NULL) || carried_model_init(NULL, NULL) ||
                decomposed_lstmcell_state_init(NULL, state, NULL) || check_other();
    for (int k = 0; k < 2 && !wrong; k++) {
        const float *start = k ? initial : NULL;
        wrong = carried_state_init(NULL, other, start) || check(state, other, start);
        carried_reset(other);
        wrong = wrong || check(state, other, start);
    }
    free(state);
    free(other);
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
