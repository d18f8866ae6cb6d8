/* SPDX-License-Identifier: MIT */
/* test_training: what weir.h promises of training beside the right bits: layers that cannot train
 * say so, workspaces have a size, empty sequences have gradients, and calls may come in any order
 * that leaves workspaces alone. */
#include <string.h>

#include "api/toy_kernel.h"
#include "support/expect.h"
#include "support/outcome.h"
#include "support/pass.h"

enum { TEXT = 256 };

/* ---- Creation ---- */

static void test_untrained(const struct problem *problem)
{
    struct toy_problem toy = toy_problem_create(1, 1, 3, 5, 2, true);
    weir_layer_config config = toy_config(&toy);
    weir_layer *layer = (weir_layer *)&config;
    weir_error error = {0};
    config.train = true;
    const weir_status status = weir_layer_create(&layer, &config, &error);
    EXPECT(status == WEIR_UNAVAILABLE && error.status == status && !layer, "status %d", status);
    EXPECT(strlen(error.message) > 20, "a kernel without training: \"%s\"", error.message);
    EXPECT(strstr(error.message, "toy"), "it is not named: %s", error.message);
    toy_problem_destroy(&toy);
    layer = outcome_layer(problem, NULL, NULL, 0);
    if (!EXPECT(layer, "no layer"))
        return;
    EXPECT(weir_layer_workspace(layer, 2, 3) == 0, "%zu bytes for a layer made without train",
           weir_layer_workspace(layer, 2, 3));
    weir_layer_destroy(layer);
}

static void test_workspace(weir_layer *layer)
{
    const size_t small = weir_layer_workspace(layer, 2, 3);
    EXPECT(small > 0 && small < 1000000, "%zu bytes", small);
    EXPECT(weir_layer_workspace(layer, 3, 3) > small, "no more for another step");
    EXPECT(weir_layer_workspace(layer, 2, 4) >= small, "less for another row");
    for (size_t huge = SIZE_MAX; huge >= SIZE_MAX / 4; huge /= 2) {
        EXPECT(weir_layer_workspace(layer, huge, 1) == SIZE_MAX, "T=%zu: %zu bytes", huge,
               weir_layer_workspace(layer, huge, 1));
        EXPECT(weir_layer_workspace(layer, 1, huge) == SIZE_MAX, "B=%zu: %zu bytes", huge,
               weir_layer_workspace(layer, 1, huge));
        EXPECT(weir_layer_workspace(layer, huge, huge) == SIZE_MAX, "T=B=%zu", huge);
    }
}

/* ---- Empty sequences ---- */

static bool all_are(const struct area *area, const float *values)
{
    return memcmp(area->data, values, area->rows * area->width * sizeof *values) == 0;
}

/* T or B is 0: nothing but d_final reaches an initial state, and nothing a weight. */
static void test_empty(weir_layer *layer, const struct problem *problem, size_t T, size_t B,
                       bool accumulate)
{
    static const float zeros[1024];
    struct problem empty = *problem;
    struct pass pass;
    char what[TEXT] = "";
    empty.T = T;
    empty.B = B;
    pass_create(&pass, &empty, 0);
    const struct pass_manner manner = {.garbage = 0x7fa5b00b, .accumulate = accumulate};
    pass_run(&pass, layer, &manner);
    for (size_t s = 0; s < problem->state_count; ++s) {
        const struct area *initial = &pass.gradients.area[1 + s],
                          *final = &pass.outcome.area[1 + s];
        EXPECT(all_are(initial, problem->d_final[s]), "T=%zu, B=%zu: %s is not d_final", T, B,
               initial->name);
        EXPECT(all_are(final, problem->initial[s]), "T=%zu, B=%zu: %s is not initial", T, B,
               final->name);
    }
    for (size_t n = pass.weights_at; n < pass.gradients.count; ++n) {
        const struct area *area = &pass.gradients.area[n];
        EXPECT(accumulate ? area_untouched(area) : all_are(area, zeros),
               "T=%zu, B=%zu, accumulate %d: %s[0][0] is 0x%08x", T, B, accumulate, area->name,
               (unsigned)float_bits(area->data[0]));
    }
    EXPECT(pass_guarded(&pass, what, sizeof what), "T=%zu, B=%zu: %s", T, B, what);
    pass_destroy(&pass);
}

/* Without d_final, d_initial is zeros. */
static void test_empty_from_nothing(weir_layer *layer, const struct problem *problem)
{
    struct problem empty = *problem;
    struct pass pass;
    empty.T = 0;
    pass_create(&pass, &empty, 0);
    pass_run(&pass, layer, &(struct pass_manner){.without_final = true, .without_y = true});
    for (size_t s = 0; s < problem->state_count; ++s)
        for (size_t k = 0; k < problem->B * problem->states[s].rows; ++k)
            EXPECT(float_bits(pass.gradients.area[1 + s].data[k]) == 0, "%s[%zu] is %g",
                   pass.gradients.area[1 + s].name, k, (double)pass.gradients.area[1 + s].data[k]);
    pass_destroy(&pass);
}

/* ---- The order of calls ---- */

/* One step by hand: dense arrays, plain strides, everything wanted. */
struct step {
    weir_sequence sequence;
    weir_gradients gradients;
    struct pass results;
    float *initial[PROBLEM_STATES_MAX], *weights[PROBLEM_WEIGHTS_MAX], *final[PROBLEM_STATES_MAX];
    void *memory, *workspace;
};

static void step_create(struct step *step, weir_layer *layer, const struct problem *problem)
{
    pass_create(&step->results, problem, 0);
    for (size_t s = 0; s < problem->state_count; ++s) {
        step->initial[s] = step->results.gradients.area[1 + s].data;
        step->final[s] = step->results.outcome.area[1 + s].data;
    }
    for (size_t n = 0; n < problem->weight_count; ++n)
        step->weights[n] = step->results.gradients.area[step->results.weights_at + n].data;
    step->sequence = (weir_sequence){.T = problem->T,
                                     .B = problem->B,
                                     .x = problem->x,
                                     .y = step->results.outcome.area[0].data,
                                     .initial = (const float *const *)problem->initial,
                                     .final = step->final};
    step->gradients = (weir_gradients){.y = problem->d_y,
                                       .final = (const float *const *)problem->d_final,
                                       .x = step->results.gradients.area[0].data,
                                       .initial = step->initial,
                                       .weights = step->weights};
    step->memory = allocate(weir_layer_workspace(layer, problem->T, problem->B) + 64);
    step->workspace = (char *)step->memory + (64 - (uintptr_t)step->memory % 64);
}

static void step_destroy(struct step *step)
{
    pass_destroy(&step->results);
    free(step->memory);
}

static void expect_gradients(const struct step *step, const struct pass *expected, const char *when)
{
    char what[TEXT] = "";
    EXPECT(areas_equal(&step->results.gradients, &expected->gradients, what, sizeof what), "%s: %s",
           when, what);
}

/* All that backward needs is in the workspace, x aside: another step, or a run of the layer, may
 * come between the two halves of one. */
static void test_interleaved(weir_layer *layer, const struct problem *problem,
                             const struct problem *other, const struct pass expected[2])
{
    struct step one, two;
    step_create(&one, layer, problem);
    step_create(&two, layer, other);
    weir_layer_forward_train(layer, &one.sequence, one.workspace);
    weir_layer_forward_train(layer, &two.sequence, two.workspace);
    weir_layer_forward(layer, &two.sequence);
    weir_layer_backward(layer, &one.sequence, &one.gradients, one.workspace);
    weir_layer_backward(layer, &two.sequence, &two.gradients, two.workspace);
    expect_gradients(&one, &expected[0], "the first of two steps at once");
    expect_gradients(&two, &expected[1], "the second of two steps at once");
    step_destroy(&one);
    step_destroy(&two);
}

/* y and final are not wanted; or the final states take the place of the initial ones. */
static void test_streams(weir_layer *layer, const struct problem *problem,
                         const struct pass *expected)
{
    struct step step;
    step_create(&step, layer, problem);
    step.sequence.y = NULL;
    step.sequence.final = NULL;
    weir_layer_forward_train(layer, &step.sequence, step.workspace);
    weir_layer_backward(layer, &step.sequence, &step.gradients, step.workspace);
    expect_gradients(&step, expected, "without y and final states");
    for (size_t s = 0; s < problem->state_count; ++s)
        memcpy(step.final[s], problem->initial[s],
               problem->B * problem->states[s].rows * sizeof **step.final);
    step.sequence.initial = (const float *const *)step.final;
    step.sequence.final = step.final;
    weir_layer_forward_train(layer, &step.sequence, step.workspace);
    weir_layer_backward(layer, &step.sequence, &step.gradients, step.workspace);
    expect_gradients(&step, expected, "with states carried in place");
    step_destroy(&step);
}

/* ---- Gradients that are 0 ---- */

static void test_zeros(const char *cell, enum pattern pattern, enum pattern loss)
{
    const size_t sizes[] = {3, 7, usual_projection(cell, 3, 7)};
    struct problem problem;
    struct pass pass;
    weir_error error = {0};
    if (!EXPECT(problem_create(&problem, cell, sizes, 2, 5, pattern, 1), "no problem"))
        return;
    problem_add_loss(&problem, loss, 1);
    weir_layer *layer = pass_layer(&problem, NULL, &error);
    if (EXPECT(layer, "%s", error.message)) {
        pass_create(&pass, &problem, 0);
        pass_run(&pass, layer, &(struct pass_manner){.garbage = 0});
        for (size_t n = 0; n < pass.gradients.count; ++n)
            for (size_t k = 0; k < pass.gradients.area[n].rows * pass.gradients.area[n].width; ++k)
                EXPECT(pass.gradients.area[n].data[k] == 0, "%s: %s[%zu] is %g", cell,
                       pass.gradients.area[n].name, k, (double)pass.gradients.area[n].data[k]);
        pass_destroy(&pass);
        weir_layer_destroy(layer);
    }
    problem_destroy(&problem);
}

static void test_cell(const char *cell)
{
    const size_t sizes[] = {5, 9, usual_projection(cell, 5, 9)};
    struct problem problems[2];
    struct pass expected[2];
    weir_error error = {0};
    if (!EXPECT(problem_create(&problems[0], cell, sizes, 3, 5, PATTERN_NORMAL, 1), "%s", cell) ||
        !EXPECT(problem_create(&problems[1], cell, sizes, 7, 2, PATTERN_NORMAL, 2), "%s", cell))
        return;
    weir_layer *layer = pass_layer(&problems[0], NULL, &error);
    if (!EXPECT(layer, "%s: %s", cell, error.message))
        return;
    for (int n = 0; n < 2; n++) {
        problem_add_loss(&problems[n], PATTERN_NORMAL, 1);
        pass_create(&expected[n], &problems[n], 0);
        pass_run(&expected[n], layer, &(struct pass_manner){.garbage = 0});
    }
    test_untrained(&problems[0]);
    test_workspace(layer);
    for (int accumulate = 0; accumulate < 2; accumulate++) {
        test_empty(layer, &problems[0], 0, 5, accumulate);
        test_empty(layer, &problems[0], 3, 0, accumulate);
        test_empty(layer, &problems[0], 0, 0, accumulate);
    }
    test_empty_from_nothing(layer, &problems[0]);
    test_interleaved(layer, &problems[0], &problems[1], expected);
    test_streams(layer, &problems[0], &expected[0]);
    test_zeros(cell, PATTERN_NORMAL, PATTERN_ZERO); /* a loss that does not change */
    for (int n = 0; n < 2; n++) {
        pass_destroy(&expected[n]);
        problem_destroy(&problems[n]);
    }
    weir_layer_destroy(layer);
}

int main(void)
{
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const char *cell = weir_kernel_describe(weir_kernel_at(i)).cell;
        if (i == 0 || strcmp(cell, weir_kernel_describe(weir_kernel_at(i - 1)).cell) != 0)
            test_cell(cell);
    }
    /* At 0, relu has the slope of its flat side. */
    test_zeros("rnn_relu", PATTERN_ZERO, PATTERN_NORMAL);
    return expect_verdict("test_training");
}
