/* SPDX-License-Identifier: MIT */
/* Whatever mode of floating point the caller has set, making a layer, converting weights and a step
 * of training give the bits that they give in the default mode, and leave the caller's as it was. A
 * step of inference neither reads nor sets it. */
#include "support/modes.h"
#include "support/outcome.h"
#include "support/pass.h"

#include <string.h>

enum { T = 6, B = 3, STACKED_I = 5, STACKED_H = 7, WEIGHTS_MAX = 12, FLOATS_MAX = 1024 };

/* What the first mode gave, and whether another gives the same. */
static void check_areas(const char *cell, size_t mode, const struct areas *expected,
                        const struct areas *found)
{
    char what[256] = "";
    EXPECT(areas_equal(expected, found, what, sizeof what), "%s in mode %zu: %s", cell, mode, what);
}

static void run_modes(const struct problem *problem, weir_pool *pool)
{
    struct pass expected;
    for (size_t mode = 0; mode < MODE_COUNT; mode++) {
        struct pass pass;
        weir_layer *layer = NULL;
        weir_error error = {0};
        pass_create(&pass, problem, 0);
        IN_MODE(mode, layer = pass_layer(problem, &(weir_layer_config){.pool = pool}, &error));
        if (!EXPECT(layer, "%s", error.message))
            return;
        IN_MODE(mode, pass_run(&pass, layer, &(struct pass_manner){0}));
        if (mode) {
            check_areas(problem->cell, mode, &expected.gradients, &pass.gradients);
            check_areas(problem->cell, mode, &expected.outcome, &pass.outcome);
            IN_MODE(mode, weir_layer_set_weights(layer, (const float *const *)problem->values));
            pass_run(&pass, layer, &(struct pass_manner){0});
            check_areas(problem->cell, mode, &expected.outcome, &pass.outcome);
            pass_destroy(&pass);
        } else
            expected = pass;
        weir_layer_destroy(layer);
    }
    pass_destroy(&expected);
}

static void check_training(const char *cell, enum pattern pattern, weir_pool *pool)
{
    const size_t sizes[3] = {17, 15, usual_projection(cell, 17, 15)};
    struct problem problem;
    if (!EXPECT(problem_create(&problem, cell, sizes, T, B, pattern, 11), "no problem of %s", cell))
        return;
    problem_add_loss(&problem, pattern, 12);
    run_modes(&problem, pool);
    problem_destroy(&problem);
}

/* A layer's packed weights are seen in what it computes, in the default mode. */
static void check_creation(const char *cell, enum pattern pattern)
{
    const size_t sizes[3] = {17, 15, usual_projection(cell, 17, 15)};
    struct problem problem;
    struct outcome expected;
    if (!EXPECT(problem_create(&problem, cell, sizes, T, B, pattern, 13), "no problem of %s", cell))
        return;
    for (size_t mode = 0; mode < MODE_COUNT; mode++) {
        struct outcome outcome;
        char what[256] = "";
        weir_layer *layer = NULL;
        outcome_create(&outcome, &problem, 0);
        IN_MODE(mode, layer = outcome_layer(&problem, NULL, NULL, 0));
        if (!EXPECT(layer, "no layer of %s", cell))
            return;
        outcome_run(&outcome, layer);
        weir_layer_destroy(layer);
        if (!mode) {
            expected = outcome;
            continue;
        }
        EXPECT(outcome_equal(&expected, &outcome, what, sizeof what), "%s made in mode %zu: %s",
               cell, mode, what);
        outcome_destroy(&outcome);
    }
    outcome_destroy(&expected);
    problem_destroy(&problem);
}

/* PyTorch's two biases become one. */
static void check_conversion(void)
{
    static float input[4 * STACKED_H * STACKED_I], recurrent[4 * STACKED_H * STACKED_H];
    static float bias[2][4 * STACKED_H], expected[FLOATS_MAX], found[FLOATS_MAX];
    weir_weight weights[WEIGHTS_MAX];
    for (size_t k = 0; k < 4 * STACKED_H; k++) {
        bias[0][k] = k % 2 ? 1.0f / (float)(k + 3) : 0x1p-148f * (float)k;
        bias[1][k] = k % 2 ? 1.0f / (float)(k + 7) : 0x1p-149f * (float)k;
    }
    const weir_stacked from = {.cell = "lstm",
                               .I = STACKED_I,
                               .H = STACKED_H,
                               .input = input,
                               .recurrent = recurrent,
                               .bias = bias[0],
                               .recurrent_bias = bias[1],
                               .bias_count = 4 * STACKED_H};
    for (size_t mode = 0; mode < MODE_COUNT; mode++) {
        weir_status status = WEIR_OK;
        IN_MODE(mode,
                status = weir_weights_from_pytorch(&from, weights, mode ? found : expected, NULL));
        EXPECT(!status, "status %d", (int)status);
        EXPECT(!mode || !memcmp(found, expected, sizeof found), "mode %zu: other biases", mode);
    }
}

int main(void)
{
    static const char *const cells[] = {"lstm", "gru", "lstm_projected", "lstm_gated_output"};
    static const enum pattern patterns[] = {PATTERN_NORMAL, PATTERN_DENORMAL};
    weir_pool *pool = NULL;
    if (!MODE_COUNT) {
        printf("SKIPPED: how to set a mode is not known here\n");
        return 77;
    }
    if (weir_pool_create(&pool, 2, NULL))
        printf("without a pool: there is one core\n");
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
        size_t count;
        if (weir_cell_weights(cells[c], 1, 1, usual_projection(cells[c], 1, 1), NULL, 0, &count,
                              NULL))
            continue; /* not in this build */
        for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
            check_creation(cells[c], patterns[p]);
            check_training(cells[c], patterns[p], NULL);
            check_training(cells[c], patterns[p], pool);
        }
    }
    check_conversion();
    weir_pool_destroy(pool);
    return expect_verdict("test_float_mode");
}
