/* SPDX-License-Identifier: MIT */
/* 1,000 steps of a stream through weir.h, for check_call_cost.sh to count the instructions of: one
 * row, states given and taken. 77 where this machine or build lacks what was counted. */
#include <string.h>

#include "support/expect.h"
#include "support/inputs.h"

enum { CALLS = 1000, SKIPPED = 77 };

static void run_stream(weir_layer *layer, const struct problem *problem)
{
    float *output = allocate(problem->H * sizeof *output);
    const weir_sequence sequence = {.T = 1,
                                    .B = 1,
                                    .x = problem->x,
                                    .y = output,
                                    .initial = (const float *const *)problem->initial,
                                    .final = problem->initial};
    for (size_t call = 0; call < CALLS; call++)
        weir_layer_forward(layer, &sequence);
    EXPECT(memcmp(output, problem->initial[0], problem->H * sizeof *output) == 0,
           "an output that is not the state");
    free(output);
}

int main(void)
{
    struct problem problem;
    weir_error error;
    weir_layer *layer;
    if (!problem_create(&problem, "lstm", (const size_t[]){17, 15, 0}, 1, 1, PATTERN_NORMAL, 1))
        return SKIPPED;
    const weir_layer_config config = {.cell = "lstm",
                                      .I = problem.I,
                                      .H = problem.H,
                                      .weights = problem.weights,
                                      .weight_count = problem.weight_count,
                                      .kernel = "lstm_f32_i17_h15__avx2"};
    if (weir_layer_create(&layer, &config, &error)) {
        printf("many_calls: SKIPPED: %s\n", error.message);
        problem_destroy(&problem);
        return SKIPPED;
    }
    run_stream(layer, &problem);
    weir_layer_destroy(layer);
    problem_destroy(&problem);
    return expect_verdict("many_calls");
}
