/* SPDX-License-Identifier: MIT */
/* The comparison of a kernel's gradients with those of the scalar kernel, and with its own when
 * they are asked for otherwise. */
#include "kernels/backward_checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

enum { GARBAGE = 0x7fa5b00b, TEXT = 256 };

/* One kernel on one trial. */
struct proceeding {
    const struct trial *trial;
    const struct subject *subject;
    struct tally *tally;
    weir_layer *layer;
    const struct pass *whole; /* the kernel's own pass, asked for plainly */
};

static void judge(const struct proceeding *on, enum check check, bool holds, const char *what)
{
    trial_judge(on->trial, on->subject, on->tally, check, holds, what);
}

bool backward_applies(const struct weir_kernel *kernel)
{
    return kernel->training != NULL;
}

/* ---- The trial ---- */

bool backward_begin(struct trial *trial, const char *scalar_kernel)
{
    struct problem *problem = &trial->problem;
    weir_error error;
    problem_add_loss(problem, problem->pattern, trial->seed);
    weir_layer *layer = pass_layer(problem, &(weir_layer_config){.kernel = scalar_kernel}, &error);
    if (layer == NULL) {
        printf("%s\n", error.message);
        return false;
    }
    trial->gradients = allocate(sizeof *trial->gradients);
    pass_create(trial->gradients, problem, 0);
    pass_run(trial->gradients, layer, &(struct pass_manner){.garbage = 0});
    weir_layer_destroy(layer);
    return true;
}

void backward_end(struct trial *trial)
{
    pass_destroy(trial->gradients);
    free(trial->gradients);
}

/* ---- The checks ---- */

/* The same bits as the scalar kernel, and as forward; nothing else written. */
static void check_plain(const struct proceeding *on, struct pass *whole)
{
    char what[TEXT] = "";
    struct outcome outcome;
    pass_run(whole, on->layer, &(struct pass_manner){.garbage = GARBAGE});
    judge(on, CHECK_SCALAR,
          areas_equal(&whole->gradients, &on->trial->gradients->gradients, what, sizeof what),
          what);
    judge(on, CHECK_SCALAR,
          areas_nans_quiet(&whole->gradients, what, sizeof what) &&
              areas_nans_quiet(&whole->outcome, what, sizeof what),
          what);
    judge(on, CHECK_OUTSIDE, pass_guarded(whole, what, sizeof what), what);
    outcome_create(&outcome, &on->trial->problem, 0);
    outcome_run(&outcome, on->layer);
    judge(on, CHECK_FORWARD, outcome_equal(&outcome, &on->trial->expected, what, sizeof what),
          what);
    outcome_destroy(&outcome);
    judge(on, CHECK_FORWARD,
          areas_equal(&whole->outcome, &on->trial->gradients->outcome, what, sizeof what), what);
    const struct area *y = &whole->outcome.area[0];
    for (size_t row = 0; row < y->rows; ++row)
        if (memcmp(y->data + row * y->row, on->trial->expected.y + row * on->trial->expected.y_row,
                   y->width * sizeof *y->data) != 0) {
            snprintf(what, sizeof what, "y of step and row %zu differs", row);
            judge(on, CHECK_FORWARD, false, what);
            break;
        }
    for (size_t s = 0; s < on->trial->problem.state_count; ++s) {
        const struct area *final = &whole->outcome.area[1 + s];
        judge(on, CHECK_FORWARD,
              memcmp(final->data, on->trial->expected.final[s],
                     final->rows * final->width * sizeof(float)) == 0,
              "a final state differs");
    }
}

/* What is wanted is as it was, what is not wanted is left alone. */
static void check_wants(const struct proceeding *on)
{
    for (enum pass_wants wants = WANTS_ODD; wants <= WANTS_NONE; ++wants) {
        struct pass pass;
        char what[TEXT] = "";
        bool holds = true;
        pass_create(&pass, &on->trial->problem, 0);
        pass_run(&pass, on->layer, &(struct pass_manner){.garbage = GARBAGE, .wants = wants});
        for (size_t n = 0; n < pass.gradients.count && holds; ++n) {
            const struct area *area = &pass.gradients.area[n];
            if (pass_wants_area(wants, n))
                holds = area_equal(area, &on->whole->gradients.area[n], what, sizeof what);
            else if (!area_untouched(area)) {
                snprintf(what, sizeof what, "%s is written, but was not wanted", area->name);
                holds = false;
            }
        }
        judge(on, CHECK_ASKED, holds && pass_guarded(&pass, what, sizeof what), what);
        pass_destroy(&pass);
    }
}

/* Not given equals given as zeros: d_y, the list of d_final, and what is in it. */
static void check_gifts(const struct proceeding *on)
{
    const struct problem *problem = &on->trial->problem;
    size_t largest = problem->T * problem->B * problem->states[0].rows;
    for (size_t s = 0; s < problem->state_count; ++s)
        if (problem->B * problem->states[s].rows > largest)
            largest = problem->B * problem->states[s].rows;
    float *zeros = calloc(largest, sizeof *zeros);
    for (int without = 1; without <= 7 && zeros != NULL; ++without) {
        const struct pass_manner manner = {.garbage = GARBAGE,
                                           .without_y = without & 1,
                                           .without_final = without & 2,
                                           .final_of_nulls = without & 4};
        struct problem zeroed = *problem;
        struct pass explicit_zeros, left_out;
        char what[TEXT] = "";
        if (manner.without_y)
            zeroed.d_y = zeros;
        for (size_t s = 0; s < problem->state_count && without > 1; ++s)
            zeroed.d_final[s] = zeros;
        pass_create(&explicit_zeros, &zeroed, 0);
        pass_create(&left_out, problem, 0);
        pass_run(&explicit_zeros, on->layer, &(struct pass_manner){.garbage = GARBAGE});
        pass_run(&left_out, on->layer, &manner);
        judge(on, CHECK_ASKED,
              areas_equal(&left_out.gradients, &explicit_zeros.gradients, what, sizeof what), what);
        pass_destroy(&left_out);
        pass_destroy(&explicit_zeros);
    }
    free(zeros);
}

/* From zeros, accumulate equals overwriting; x and initial states are overwritten all the same. */
static void check_added(const struct proceeding *on)
{
    struct pass pass;
    char what[TEXT] = "";
    pass_create(&pass, &on->trial->problem, on->trial->gap);
    for (size_t n = pass.weights_at; n < pass.gradients.count; ++n)
        area_fill(&pass.gradients.area[n], 0);
    pass_run(&pass, on->layer, &(struct pass_manner){.garbage = GARBAGE, .accumulate = true});
    judge(on, CHECK_ADDED,
          areas_equal(&pass.gradients, &on->whole->gradients, what, sizeof what) &&
              pass_guarded(&pass, what, sizeof what),
          what);
    pass_destroy(&pass);
}

/* Whether the parts of a division add up to the bits of the whole: see backward_checks.h. */
static bool adds_up(const struct proceeding *on, const struct pass *pass, size_t area)
{
    const struct weir_training *training = on->subject->kernel->training;
    size_t uses = 0;
    for (size_t n = 0; n < training->outer_count && area >= pass->weights_at; ++n)
        uses += training->outers[n].param == area - pass->weights_at;
    return uses <= 1;
}

/* The areas of a divided run, up to `count`, against those of the whole. */
static bool parts_equal(const struct proceeding *on, const struct pass *parts, size_t count,
                        char *what)
{
    for (size_t n = 0; n < count; ++n)
        if (adds_up(on, parts, n) &&
            !area_equal(&parts->gradients.area[n], &on->whole->gradients.area[n], what, TEXT))
            return false;
    return true;
}

/* The first row alone, and then the rest: gradients by x and initial states always, by weights
 * where T = 1, as rows are then the only order of their sums. */
static void check_rows(const struct proceeding *on)
{
    const struct problem *problem = &on->trial->problem;
    struct pass_manner manner = {.garbage = GARBAGE, .rows = 1};
    struct pass pass;
    char what[TEXT] = "";
    if (problem->B < 2)
        return;
    pass_create(&pass, problem, on->trial->gap);
    pass_run(&pass, on->layer, &manner);
    manner.from_row = 1;
    manner.rows = problem->B - 1;
    manner.accumulate = true;
    pass_run(&pass, on->layer, &manner);
    const size_t compared = problem->T == 1 ? pass.gradients.count : pass.weights_at;
    judge(on, CHECK_ROWS,
          parts_equal(on, &pass, compared, what) && pass_guarded(&pass, what, sizeof what), what);
    pass_destroy(&pass);
}

/* The later part alone first, for the gradient by the states in between; then both in order. */
static void run_in_two(struct pass *pass, weir_layer *layer, size_t cut)
{
    const struct problem *problem = pass->problem;
    struct pass between;
    float *state[PROBLEM_STATES_MAX], *d_state[PROBLEM_STATES_MAX];
    const float *const *const states = (const float *const *)state;
    struct pass_manner earlier = {.garbage = GARBAGE, .steps = cut};
    struct pass_manner later = {
        .garbage = GARBAGE, .from_step = cut, .steps = problem->T - cut, .initial = states};
    pass_create(&between, problem, 0);
    pass_run(&between, layer, &earlier);
    for (size_t s = 0; s < problem->state_count; ++s) {
        const size_t floats = problem->B * problem->states[s].rows;
        state[s] = allocate(floats * sizeof **state);
        d_state[s] = allocate(floats * sizeof **d_state);
        memcpy(state[s], between.outcome.area[1 + s].data, floats * sizeof **state);
    }
    later.d_initial = d_state;
    pass_run(&between, layer, &later);
    earlier.d_final = (const float *const *)d_state;
    pass_run(pass, layer, &earlier);
    float *again[PROBLEM_STATES_MAX];
    for (size_t s = 0; s < problem->state_count; ++s)
        again[s] = between.gradients.area[1 + s].data;
    later.d_initial = again;
    later.accumulate = true;
    pass_run(pass, layer, &later);
    for (size_t s = 0; s < problem->state_count; ++s) {
        free(state[s]);
        free(d_state[s]);
    }
    pass_destroy(&between);
}

static void check_cut(const struct proceeding *on)
{
    struct pass pass;
    char what[TEXT] = "";
    if (on->trial->problem.T < 2)
        return;
    pass_create(&pass, &on->trial->problem, 0);
    run_in_two(&pass, on->layer, 1 + on->trial->cuts[0] % (on->trial->problem.T - 1));
    judge(on, CHECK_CUTS,
          parts_equal(on, &pass, pass.gradients.count, what) &&
              areas_equal(&pass.outcome, &on->whole->outcome, what, sizeof what) &&
              pass_guarded(&pass, what, sizeof what),
          what);
    pass_destroy(&pass);
}

static void check_placed(const struct proceeding *on)
{
    struct pass pass;
    char what[TEXT] = "";
    pass_create(&pass, &on->trial->problem, 3);
    pass_run(&pass, on->layer, &(struct pass_manner){.garbage = GARBAGE, .reversed = true});
    judge(on, CHECK_PLACED,
          areas_equal(&pass.gradients, &on->whole->gradients, what, sizeof what) &&
              areas_equal(&pass.outcome, &on->whole->outcome, what, sizeof what) &&
              pass_guarded(&pass, what, sizeof what),
          what);
    pass_destroy(&pass);
}

/* A layer made with other weights, then given the problem's: forward and backward. */
static void check_weights(const struct proceeding *on)
{
    const struct problem *problem = &on->trial->problem;
    const struct subject *subject = on->subject;
    const size_t sizes[] = {problem->I, problem->H, problem->P};
    struct problem other;
    struct pass pass;
    struct outcome outcome;
    weir_error error;
    char what[TEXT] = "";
    if (!problem_create(&other, problem->cell, sizes, 1, 1, PATTERN_NORMAL, on->trial->seed + 1))
        return;
    weir_layer *layer =
        pass_layer(&other,
                   &(weir_layer_config){.kernel = subject->own ? NULL : subject->name,
                                        .own = subject->own ? subject->kernel : NULL},
                   &error);
    problem_destroy(&other);
    if (layer == NULL)
        return;
    weir_layer_set_weights(layer, (const float *const *)problem->values);
    pass_create(&pass, problem, 0);
    outcome_create(&outcome, problem, 0);
    outcome_run(&outcome, layer);
    pass_run(&pass, layer, &(struct pass_manner){.garbage = GARBAGE});
    judge(on, CHECK_WEIGHTS,
          outcome_equal(&outcome, &on->trial->expected, what, sizeof what) &&
              areas_equal(&pass.gradients, &on->whole->gradients, what, sizeof what) &&
              areas_equal(&pass.outcome, &on->whole->outcome, what, sizeof what),
          what);
    outcome_destroy(&outcome);
    pass_destroy(&pass);
    weir_layer_destroy(layer);
}

void backward_check(const struct trial *trial, const struct subject *subject, struct tally *tally)
{
    /* Large layers are put to these; smaller ones to the rest, too. */
    enum { LARGE = 256 };
    static void (*const all[])(const struct proceeding *) = {check_added, check_placed, check_wants,
                                                             check_gifts, check_rows,   check_cut};
    struct pass whole;
    struct proceeding on = {trial, subject, tally, NULL, &whole};
    weir_error error = {0};
    on.layer = pass_layer(&trial->problem,
                          &(weir_layer_config){.kernel = subject->own ? NULL : subject->name,
                                               .own = subject->own ? subject->kernel : NULL,
                                               .max_batch = trial->max_batch},
                          &error);
    judge(&on, CHECK_CREATED, on.layer != NULL, error.message);
    if (on.layer == NULL)
        return;
    pass_create(&whole, &trial->problem, trial->gap);
    check_plain(&on, &whole);
    check_weights(&on);
    for (size_t n = 0; n < sizeof all / sizeof *all && trial->problem.H < LARGE; ++n)
        all[n](&on);
    pass_destroy(&whole);
    weir_layer_destroy(on.layer);
}
