/* SPDX-License-Identifier: MIT */
/* Running a step of training on guarded memory. */
#define _POSIX_C_SOURCE 200809L
#include "support/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKSPACE_ALIGN = 64, WORKSPACE_GUARD = 512, GUARD_BYTE = 0xa5 };

void pass_create(struct pass *pass, const struct problem *problem, size_t gap)
{
    const size_t rows = problem->T * problem->B, B = problem->B;
    *pass = (struct pass){.problem = problem};
    areas_add(&pass->gradients, "d_", "x", rows, problem->I, gap);
    for (size_t s = 0; s < problem->state_count; ++s)
        areas_add(&pass->gradients, "d_initial ", problem->states[s].name, B,
                  problem->states[s].rows, 0);
    pass->weights_at = pass->gradients.count;
    for (size_t n = 0; n < problem->weight_count; ++n)
        areas_add(&pass->gradients, "d_", problem->shapes[n].name, problem->shapes[n].rows,
                  problem->shapes[n].cols, 0);
    areas_allocate(&pass->gradients);
    areas_add(&pass->outcome, "y", "", rows, problem->states[0].rows, gap);
    for (size_t s = 0; s < problem->state_count; ++s)
        areas_add(&pass->outcome, "final ", problem->states[s].name, B, problem->states[s].rows, 0);
    areas_allocate(&pass->outcome);
}

void pass_destroy(struct pass *pass)
{
    areas_destroy(&pass->gradients);
    areas_destroy(&pass->outcome);
}

weir_layer *pass_layer(const struct problem *problem, const weir_layer_config *wishes,
                       weir_error *error)
{
    weir_layer_config config = {0};
    if (wishes != NULL)
        config = *wishes;
    config.cell = problem->cell;
    config.I = problem->I;
    config.H = problem->H;
    config.P = problem->P;
    config.weights = problem->weights;
    config.weight_count = problem->weight_count;
    config.train = true;
    weir_layer *layer = NULL;
    return weir_layer_create(&layer, &config, error) == WEIR_OK ? layer : NULL;
}

bool pass_guarded(const struct pass *pass, char *what, size_t size)
{
    if (pass->workspace_fault != NULL) {
        snprintf(what, size, "%s", pass->workspace_fault);
        return false;
    }
    return areas_guarded(&pass->gradients, what, size) && areas_guarded(&pass->outcome, what, size);
}

/* ---- Workspaces ---- */

static char *workspace_create(size_t bytes, uint32_t garbage)
{
    const size_t all = WORKSPACE_GUARD + bytes + WORKSPACE_GUARD;
    void *memory;
    if (bytes > SIZE_MAX / 2 || posix_memalign(&memory, WORKSPACE_ALIGN, all) != 0) {
        fprintf(stderr, "no memory for a workspace of %zu bytes: free some and run again\n", bytes);
        exit(1);
    }
    char *workspace = (char *)memory + WORKSPACE_GUARD;
    memset(memory, GUARD_BYTE, all);
    /* In pieces as large as there are: by bytes it would take longer than the pass. */
    const size_t first = bytes < sizeof garbage ? bytes : sizeof garbage;
    memcpy(workspace, &garbage, first);
    for (size_t filled = first, more; filled < bytes; filled += more) {
        more = filled < bytes - filled ? filled : bytes - filled;
        memcpy(workspace + filled, workspace, more);
    }
    return workspace;
}

/* What was written beside it; NULL: nothing. */
static const char *workspace_destroy(char *workspace, size_t bytes)
{
    const unsigned char *before = (unsigned char *)workspace - WORKSPACE_GUARD;
    const unsigned char *after = (unsigned char *)workspace + bytes;
    const char *fault = NULL;
    for (size_t n = 0; n < WORKSPACE_GUARD && fault == NULL; ++n) {
        if (before[n] != GUARD_BYTE)
            fault = "memory before the workspace was overwritten";
        if (after[n] != GUARD_BYTE)
            fault = "memory after the workspace was overwritten";
    }
    free(workspace - WORKSPACE_GUARD);
    return fault;
}

/* ---- Running ---- */

/* The pointers and strides of one sequence in memory, from a dense one or to an area. */
struct track {
    float *first;
    ptrdiff_t step, row;
    float *copy; /* to be freed */
};

/* Rows from_row.. of steps from_step.. of `data`, whose rows are `row` floats apart. */
static struct track track_of(const struct problem *problem, const struct pass_manner *manner,
                             float *data, size_t row)
{
    const ptrdiff_t step = (ptrdiff_t)(problem->B * row);
    const size_t t = manner->reversed ? problem->T - 1 - manner->from_step : manner->from_step;
    return (struct track){.first = data + (t * problem->B + manner->from_row) * row,
                          .step = manner->reversed ? -step : step,
                          .row = (ptrdiff_t)row};
}

/* The same of a copy of dense `data`, turned round in memory if the manner says so, with a gap of
 * signalling NaNs after each row. */
static struct track track_copied(const struct problem *problem, const struct pass_manner *manner,
                                 const float *data, size_t width)
{
    const size_t rows = problem->T * problem->B, row = width + 1;
    float *copy = allocate(rows * row * sizeof *copy);
    for (size_t n = 0; n < rows; ++n) {
        const size_t t = n / problem->B, b = n % problem->B;
        const size_t to = manner->reversed ? (problem->T - 1 - t) * problem->B + b : n;
        memcpy(copy + to * row, data + n * width, width * sizeof *copy);
        copy[to * row + width] = float_from_bits(0x7fa00001u);
    }
    struct track track = track_of(problem, manner, copy, row);
    track.copy = copy;
    return track;
}

/* Results that are written backwards stand in their areas as those that are not. */
static void turn_round(const struct pass *pass)
{
    area_reverse(&pass->gradients.area[0], pass->problem->B);
    area_reverse(&pass->outcome.area[0], pass->problem->B);
}

/* Row from_row of each array of a list of one [B][size] array a state. */
static void offset_states(const struct problem *problem, size_t from_row, const float *const *list,
                          const float **rows)
{
    for (size_t s = 0; s < problem->state_count; ++s)
        rows[s] = list[s] + from_row * problem->states[s].rows;
}

bool pass_wants_area(enum pass_wants wants, size_t n)
{
    return wants == WANTS_ALL || (wants == WANTS_ODD && n % 2 == 1) ||
           (wants == WANTS_EVEN && n % 2 == 0);
}

static float *wanted(const struct pass *pass, const struct pass_manner *manner, size_t n,
                     size_t from_row)
{
    const struct area *area = &pass->gradients.area[n];
    return pass_wants_area(manner->wants, n) ? area->data + from_row * area->row : NULL;
}

static void run_backward(struct pass *pass, weir_layer *layer, const struct pass_manner *manner,
                         const weir_sequence *sequence, const struct track *d_y, void *workspace)
{
    const struct problem *problem = pass->problem;
    const struct track d_x =
        track_of(problem, manner, pass->gradients.area[0].data, pass->gradients.area[0].row);
    const float *d_final[PROBLEM_STATES_MAX];
    float *initial[PROBLEM_STATES_MAX], *weights[PROBLEM_WEIGHTS_MAX];
    offset_states(problem, manner->from_row,
                  manner->d_final ? manner->d_final : (const float *const *)problem->d_final,
                  d_final);
    for (size_t s = 0; s < problem->state_count; ++s) {
        initial[s] = wanted(pass, manner, 1 + s, manner->from_row);
        if (manner->final_of_nulls)
            d_final[s] = NULL;
    }
    for (size_t n = 0; n < problem->weight_count; ++n)
        weights[n] = wanted(pass, manner, pass->weights_at + n, 0);
    const bool wants_none = manner->wants == WANTS_NONE;
    const weir_gradients gradients = {
        .y = manner->without_y ? NULL : d_y->first,
        .y_step = d_y->step,
        .y_row = d_y->row,
        .final = manner->without_final ? NULL : d_final,
        .x = wanted(pass, manner, 0, 0) ? d_x.first : NULL,
        .x_step = d_x.step,
        .x_row = d_x.row,
        .initial = wants_none          ? NULL
                   : manner->d_initial ? manner->d_initial
                                       : initial,
        .weights = wants_none ? NULL : weights,
        .accumulate = manner->accumulate,
    };
    weir_layer_backward(layer, sequence, &gradients, workspace);
}

void pass_run(struct pass *pass, weir_layer *layer, const struct pass_manner *manner)
{
    const struct problem *problem = pass->problem;
    const float *initial[PROBLEM_STATES_MAX];
    float *final[PROBLEM_STATES_MAX];
    if (manner->reversed)
        turn_round(pass);
    const struct track x = track_copied(problem, manner, problem->x, problem->I);
    const struct track d_y = track_copied(problem, manner, problem->d_y, problem->states[0].rows);
    const struct track y =
        track_of(problem, manner, pass->outcome.area[0].data, pass->outcome.area[0].row);
    offset_states(problem, manner->from_row,
                  manner->initial ? manner->initial : (const float *const *)problem->initial,
                  initial);
    for (size_t s = 0; s < problem->state_count; ++s)
        final[s] = pass->outcome.area[1 + s].data + manner->from_row * problem->states[s].rows;
    const bool from_zeros = problem->pattern == PATTERN_ZERO && manner->initial == NULL;
    const weir_sequence sequence = {
        .T = manner->steps > 0 ? manner->steps : problem->T,
        .B = manner->rows > 0 ? manner->rows : problem->B,
        .x = x.first,
        .x_step = x.step,
        .x_row = x.row,
        .y = y.first,
        .y_step = y.step,
        .y_row = y.row,
        .initial = from_zeros ? NULL : initial,
        .final = final,
    };
    const size_t bytes = weir_layer_workspace(layer, sequence.T, sequence.B);
    char *workspace = workspace_create(bytes, manner->garbage);
    weir_layer_forward_train(layer, &sequence, workspace);
    run_backward(pass, layer, manner, &sequence, &d_y, workspace);
    const char *fault = workspace_destroy(workspace, bytes);
    if (pass->workspace_fault == NULL)
        pass->workspace_fault = fault;
    if (manner->reversed)
        turn_round(pass);
    free(x.copy);
    free(d_y.copy);
}
