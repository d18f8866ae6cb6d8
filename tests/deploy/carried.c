/* SPDX-License-Identifier: MIT */
/* A cell whose states are inputs and outputs, deployed as it is, and with them carried by itself:
 * the same states after every call, from where the caller says, and again after a reset; and
 * several streams in one call, and states that are saved. A state of another graph is refused. */

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

/* Streams in one call, and one that is saved, restored and goes on, as in calls of their own. */
static int check_many(char *memory, const float *initial)
{
    enum { STREAMS = 3 };
    static unsigned char saved[CARRIED_SAVED_SIZE], again[CARRIED_SAVED_SIZE];
    float x[STREAMS][INPUTS] = {{1, 2, 3}, {-1, 0, 1}, {0.5f, 0.25f, 4}};
    const float *const from[] = {x[2], x[0], x[1]};
    void *alone[STREAMS], *states[STREAMS];
    int wrong = carried_saved_size() != sizeof saved;
    for (size_t k = 0; k < STREAMS; k++) {
        alone[k] = memory + k * CARRIED_STATE_SIZE;
        states[k] = memory + (STREAMS + k) * CARRIED_STATE_SIZE;
        wrong |= carried_state_init(NULL, alone[k], initial + k) ||
                 carried_state_init(NULL, states[k], initial + k);
    }
    void *const order[] = {states[2], states[0], states[1]};
    for (int call = 0; call < CALLS; call++) {
        wrong |= carried_step_many(NULL, order, from, STREAMS);
        for (size_t k = 0; k < STREAMS; k++)
            wrong |= carried_step(NULL, alone[k], x[k]) ||
                     memcmp(alone[k], states[k], CARRIED_KEPT_SIZE) != 0;
        wrong |= carried_state_get(states[1], saved, sizeof saved);
        memset(states[1], 0xff, CARRIED_STATE_SIZE);
        wrong |= carried_state_set(states[1], saved, sizeof saved) ||
                 carried_state_get(states[1], again, sizeof again) ||
                 memcmp(saved, again, sizeof saved) != 0;
    }
    saved[9] ^= 1;
    void *const twice[] = {states[0], states[0], states[1]};
    return wrong || carried_step_many(NULL, twice, from, STREAMS) != 1 ||
           carried_step_many(NULL, order, NULL, STREAMS) != 1 ||
           carried_state_set(states[1], saved, sizeof saved) != 4 ||
           carried_state_get(states[1], saved, 1) != 2;
}

int main(void)
{
    static const float initial[2 * UNITS + 2] = {1, -1, 0.5f, 0, 0.25f, 2, -2, 1, 3, -3};
    void *state = aligned_alloc(64, DECOMPOSED_LSTMCELL_STATE_SIZE + 64);
    void *other = aligned_alloc(64, CARRIED_STATE_SIZE + 64);
    void *many = aligned_alloc(64, 6 * CARRIED_STATE_SIZE);
    int wrong = !state || !other || !many || CARRIED_STATES != 2 * UNITS ||
                decomposed_lstmcell_model_init(NULL, NULL) || carried_model_init(NULL, NULL) ||
                decomposed_lstmcell_state_init(NULL, state, NULL) || check_other();
    for (int k = 0; k < 2 && !wrong; k++) {
        const float *start = k ? initial : NULL;
        wrong = carried_state_init(NULL, other, start) || check(state, other, start);
        carried_reset(other);
        wrong = wrong || check(state, other, start);
    }
    wrong = wrong || check_many(many, initial);
    free(state);
    free(other);
    free(many);
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
