/* SPDX-License-Identifier: MIT */
/* weir_layer_forward, apart from arithmetic: strides, reversed time, slices of the batch, cuts, no
 * steps, no rows, missing and aliased states, unwanted outputs. A kernel written by hand gives
 * results known in advance; then one layer of each cell of the build must do the same. */
#include <math.h>
#include <string.h>

#include "api/toy_kernel.h"
#include "support/expect.h"
#include "support/inputs.h"

enum { STATES_MAX = WEIR_STATES_MAX };

/* A layer, a dense sequence and what it gives. */
struct task {
    const char *name;
    weir_layer_config config;
    size_t T, B, I, state_count, sizes[STATES_MAX];
    const float *x, *initial[STATES_MAX];
    const float *y, *final[STATES_MAX];
};

/* How the same sequence lies in memory, and how it is asked for. */
struct arrangement {
    const char *name;
    size_t x_gap, y_gap; /* floats between rows that are not part of the sequence */
    bool backwards; /* the last step first in memory */
    bool y_unwanted, in_place;
    size_t max_batch, cut; /* steps a call; 0: all */
};

static const struct arrangement arrangements[] = {
    {.name = "dense"},
    {.name = "padded x", .x_gap = 3},
    {.name = "padded y", .y_gap = 5},
    {.name = "backwards", .backwards = true},
    {.name = "backwards and padded", .backwards = true, .x_gap = 1, .y_gap = 1},
    {.name = "no y", .y_unwanted = true},
    {.name = "states in place", .in_place = true},
    {.name = "slices of 1", .max_batch = 1},
    {.name = "slices of 2", .max_batch = 2, .in_place = true},
    {.name = "slices of 3, padded", .max_batch = 3, .x_gap = 2, .y_gap = 2},
    {.name = "a slice of exactly B", .max_batch = 5},
    {.name = "slices of 2, no y", .max_batch = 2, .y_unwanted = true},
    {.name = "a stream", .cut = 1, .in_place = true},
    {.name = "cuts of 2 in slices of 2", .cut = 2, .in_place = true, .max_batch = 2},
    {.name = "cuts of 3, padded", .cut = 3, .in_place = true, .x_gap = 1, .y_gap = 4},
};

/* Never written by a kernel, and NaN if read. */
static const uint32_t guard = 0x7fa5c3e1;

static float *make_guards(size_t count)
{
    float *memory = allocate(count * sizeof *memory);
    for (size_t k = 0; k < count; k++)
        memory[k] = float_from_bits(guard);
    return memory;
}

static weir_layer *make_layer(const struct task *task, size_t max_batch)
{
    weir_layer_config config = task->config;
    weir_layer *layer;
    weir_error error = {0};
    config.max_batch = max_batch;
    const weir_status status = weir_layer_create(&layer, &config, &error);
    EXPECT(status == WEIR_OK, "%s: %s", task->name, error.message);
    return layer;
}

/* ---- One task in one arrangement ---- */

/* Steps of `gap` floats more than `width` each; row t*B+b of the dense array, where it lies. */
struct grid {
    size_t T, B, width, gap;
    bool backwards;
};

static size_t grid_floats(const struct grid *grid)
{
    return grid->T * grid->B * (grid->width + grid->gap);
}

static size_t grid_at(const struct grid *grid, size_t t, size_t b)
{
    const size_t step = grid->backwards ? grid->T - 1 - t : t;
    return (step * grid->B + b) * (grid->width + grid->gap);
}

/* Zero, which means dense, where it is. */
static ptrdiff_t grid_step(const struct grid *grid)
{
    const ptrdiff_t step = (ptrdiff_t)(grid->B * (grid->width + grid->gap));
    return grid->backwards ? -step : grid->gap ? step : 0;
}

static ptrdiff_t grid_row(const struct grid *grid)
{
    return grid->gap ? (ptrdiff_t)(grid->width + grid->gap) : 0;
}

static void run_arranged(weir_layer *layer, const struct task *task,
                         const struct arrangement *arrangement, const struct grid *x_grid,
                         const float *x, const struct grid *y_grid, float *y, float *const *final)
{
    const size_t cut = arrangement->cut ? arrangement->cut : task->T;
    const float *initial[STATES_MAX];
    for (size_t s = 0; s < task->state_count; s++) {
        initial[s] = task->initial[s];
        if (arrangement->in_place) {
            memcpy(final[s], initial[s], task->B * task->sizes[s] * sizeof *final[s]);
            initial[s] = final[s];
        }
    }
    for (size_t t = 0; t < task->T; t += cut) {
        const weir_sequence sequence = {
            .T = task->T - t < cut ? task->T - t : cut,
            .B = task->B,
            .x = x + grid_at(x_grid, t, 0),
            .x_step = grid_step(x_grid),
            .x_row = grid_row(x_grid),
            .y = arrangement->y_unwanted ? NULL : y + grid_at(y_grid, t, 0),
            .y_step = grid_step(y_grid),
            .y_row = grid_row(y_grid),
            .initial = initial,
            .final = final,
        };
        weir_layer_forward(layer, &sequence);
    }
}

/* Every row of y as expected, and what lies between the rows untouched. */
static void check_y(const struct task *task, const struct arrangement *arrangement,
                    const struct grid *grid, const float *y)
{
    size_t wrong = 0, touched = 0;
    for (size_t t = 0; t < task->T; t++)
        for (size_t b = 0; b < task->B; b++) {
            const float *row = y + grid_at(grid, t, b);
            const float *expected = task->y + (t * task->B + b) * grid->width;
            if (!arrangement->y_unwanted)
                wrong += memcmp(row, expected, grid->width * sizeof *row) != 0;
            for (size_t k = arrangement->y_unwanted ? 0 : grid->width; k < grid->width + grid->gap;
                 k++)
                touched += float_bits(row[k]) != guard;
        }
    EXPECT(wrong == 0, "%s, %s: %zu rows of y are wrong", task->name, arrangement->name, wrong);
    EXPECT(touched == 0, "%s, %s: %zu floats outside of y were written", task->name,
           arrangement->name, touched);
}

static void check_arrangement(const struct task *task, const struct arrangement *arrangement)
{
    const struct grid x_grid = {task->T, task->B, task->I, arrangement->x_gap,
                                arrangement->backwards};
    const struct grid y_grid = {task->T, task->B, task->sizes[0], arrangement->y_gap,
                                arrangement->backwards};
    weir_layer *layer = make_layer(task, arrangement->max_batch);
    if (!layer)
        return;
    float *x = make_guards(grid_floats(&x_grid)), *y = make_guards(grid_floats(&y_grid));
    float *final[STATES_MAX];
    for (size_t s = 0; s < task->state_count; s++)
        final[s] = make_guards(task->B * task->sizes[s]);
    for (size_t t = 0; t < task->T; t++)
        for (size_t b = 0; b < task->B; b++)
            memcpy(x + grid_at(&x_grid, t, b), task->x + (t * task->B + b) * task->I,
                   task->I * sizeof *x);

    run_arranged(layer, task, arrangement, &x_grid, x, &y_grid, y, final);
    check_y(task, arrangement, &y_grid, y);
    for (size_t s = 0; s < task->state_count; s++) {
        const size_t bytes = task->B * task->sizes[s] * sizeof *final[s];
        EXPECT(memcmp(final[s], task->final[s], bytes) == 0, "%s, %s: final state %zu is wrong",
               task->name, arrangement->name, s);
        free(final[s]);
    }
    free(x);
    free(y);
    weir_layer_destroy(layer);
}

/* ---- No steps, no rows, states left out ---- */

static void check_empty(const struct task *task, size_t T, size_t B)
{
    weir_layer *layer = make_layer(task, 2);
    if (!layer)
        return;
    float *y = make_guards(task->T * task->B * task->sizes[0]), *final[STATES_MAX];
    for (size_t s = 0; s < task->state_count; s++)
        final[s] = make_guards(task->B * task->sizes[s]);
    final[task->state_count] = NULL;
    weir_sequence sequence = {
        .T = T, .B = B, .x = task->x, .y = y, .initial = task->initial, .final = final};
    weir_layer_forward(layer, &sequence);
    for (size_t k = 0; k < task->T * task->B * task->sizes[0]; k++)
        if (!EXPECT(float_bits(y[k]) == guard, "%s, T=%zu B=%zu: y was written", task->name, T, B))
            break;
    for (size_t s = 0; s < task->state_count; s++) {
        const size_t floats = task->B * task->sizes[s];
        for (size_t k = 0; k < floats; k++) {
            const float expected = B ? task->initial[s][k] : float_from_bits(guard);
            if (!EXPECT(float_bits(final[s][k]) == float_bits(expected),
                        "%s, T=%zu B=%zu: final state %zu is wrong", task->name, T, B, s))
                break;
        }
    }
    /* In place, from zeros, and not wanted. */
    sequence.initial = (const float *const *) final;
    weir_layer_forward(layer, &sequence);
    sequence.initial = NULL;
    weir_layer_forward(layer, &sequence);
    for (size_t s = 0; B && s < task->state_count; s++)
        EXPECT(final[s][task->B * task->sizes[s] - 1] == 0.0f, "%s: final state %zu is not zero",
               task->name, s);
    sequence.final = NULL;
    weir_layer_forward(layer, &sequence);
    for (size_t s = 0; s < task->state_count; s++)
        free(final[s]);
    free(y);
    weir_layer_destroy(layer);
}

/* NULL in either list, and NULL lists, mean zeros and not wanted. */
static void check_left_out(const struct task *task)
{
    weir_layer *layer = make_layer(task, 0);
    const size_t y_floats = task->T * task->B * task->sizes[0];
    float *y = make_guards(y_floats), *again = make_guards(y_floats);
    float *zeros[STATES_MAX], *final[STATES_MAX] = {0};
    const float *nothing[STATES_MAX] = {0};
    for (size_t s = 0; s < task->state_count; s++) {
        const size_t floats = task->B * task->sizes[s];
        zeros[s] = make_guards(floats);
        memset(zeros[s], 0, floats * sizeof *zeros[s]);
    }
    if (!layer)
        return;
    /* The layer has run before: nothing of that may be left. */
    weir_sequence sequence = {
        .T = task->T, .B = task->B, .x = task->x, .y = y, .initial = task->initial};
    weir_layer_forward(layer, &sequence);
    sequence.initial = (const float *const *)zeros;
    weir_layer_forward(layer, &sequence);
    sequence.y = again;
    sequence.initial = NULL;
    weir_layer_forward(layer, &sequence);
    EXPECT(memcmp(y, again, y_floats * sizeof *y) == 0, "%s: no initial list is not zeros",
           task->name);
    memset(again, 0xff, y_floats * sizeof *again);
    sequence.initial = nothing;
    sequence.final = final;
    weir_layer_forward(layer, &sequence);
    EXPECT(memcmp(y, again, y_floats * sizeof *y) == 0, "%s: NULL initial states are not zeros",
           task->name);
    for (size_t s = 0; s < task->state_count; s++)
        free(zeros[s]);
    free(y);
    free(again);
    weir_layer_destroy(layer);
}

static void check_task(const struct task *task)
{
    for (size_t k = 0; k < sizeof arrangements / sizeof *arrangements; k++)
        check_arrangement(task, &arrangements[k]);
    check_empty(task, 0, task->B);
    check_empty(task, task->T, 0);
    check_empty(task, 0, 0);
    check_left_out(task);
}

/* ---- The toy cell ---- */

static void check_toy(size_t I, size_t H, size_t P)
{
    struct toy_problem problem = toy_problem_create(7, 5, I, H, P, false);
    struct task task = {.name = "toy",
                        .config = toy_config(&problem),
                        .T = problem.T,
                        .B = problem.B,
                        .I = I,
                        .state_count = TOY_STATES,
                        .sizes = {P, H},
                        .x = problem.x,
                        .y = problem.y};
    for (size_t s = 0; s < TOY_STATES; s++) {
        task.initial[s] = problem.initial[s];
        task.final[s] = problem.final[s];
    }
    toy_log = (struct toy_log){0};
    check_task(&task);
    EXPECT(!toy_log.fault, "the kernel was promised that %s", toy_log.fault);
    toy_problem_destroy(&problem);
}

/* The batch is cut into as few slices as max_batch allows. */
static void check_slices(size_t B, size_t max_batch, size_t calls)
{
    struct toy_problem problem = toy_problem_create(2, B, 3, 5, 2, true);
    struct task task = {.name = "toy", .config = toy_config(&problem)};
    weir_layer *layer = make_layer(&task, max_batch);
    const weir_sequence sequence = {.T = 2, .B = B, .x = problem.x};
    toy_log = (struct toy_log){0};
    weir_layer_forward(layer, &sequence);
    EXPECT(toy_log.calls == calls, "B=%zu, max_batch=%zu: %zu calls, not %zu", B, max_batch,
           toy_log.calls, calls);
    EXPECT(toy_log.rows == B, "B=%zu, max_batch=%zu: %zu rows", B, max_batch, toy_log.rows);
    EXPECT(toy_log.largest_batch <= (max_batch ? max_batch : 64), "%zu rows at once",
           toy_log.largest_batch);
    weir_layer_destroy(layer);
    toy_problem_destroy(&problem);
}

static void check_kernel(void)
{
    struct toy_problem problem = toy_problem_create(1, 1, 3, 5, 2, true);
    struct task task = {.name = "toy", .config = toy_config(&problem)};
    weir_layer *layer = make_layer(&task, 0);
    EXPECT(weir_layer_kernel(layer) == &toy_kernel, "another kernel");
    weir_layer_destroy(layer);
    toy_problem_destroy(&problem);
}

/* Weights of several MB, which lie on huge pages where there are any. */
static void check_large(void)
{
    struct toy_problem problem = toy_problem_create(1, 1, 1000, 700, 1, false);
    struct task task = {.name = "toy", .config = toy_config(&problem)};
    weir_layer *layer = make_layer(&task, 1);
    float y = NAN;
    const weir_sequence sequence = {
        .T = 1, .B = 1, .x = problem.x, .y = &y, .initial = (const float *const *)problem.initial};
    weir_layer_forward(layer, &sequence);
    EXPECT(y == problem.y[0], "%g, not %g", (double)y, (double)problem.y[0]);
    weir_layer_destroy(layer);
    toy_problem_destroy(&problem);
}

/* ---- The scales of packed weights ---- */

static float packed_first; /* the first packed float of the last call */

static void watch_first(const struct weir_run *run)
{
    packed_first = run->weights[0];
}

static void scale_by_two(size_t I, size_t H, size_t P, float *scale)
{
    (void)I, (void)H, (void)P;
    for (size_t k = 0; k < TOY_WEIGHTS; k++)
        scale[k] = 2.0f;
}

static void check_scaled(float weight, float expected)
{
    struct weir_kernel kernel = toy_kernel;
    kernel.forward = watch_first;
    kernel.scales = scale_by_two;
    struct toy_problem problem = toy_problem_create(1, 1, 1, 1, 1, true);
    struct task task = {.name = "toy", .config = toy_config(&problem)};
    task.config.own = &kernel;
    for (size_t k = 0; k < TOY_WEIGHTS; k++)
        *(float *)problem.weights[k].data = weight;
    weir_layer *layer = make_layer(&task, 0);
    const weir_sequence sequence = {.T = 1, .B = 1, .x = problem.x};
    weir_layer_forward(layer, &sequence);
    EXPECT(packed_first == expected || (isnan(packed_first) && isnan(expected)),
           "%g times 2 is packed as %g, not %g", (double)weight, (double)packed_first,
           (double)expected);
    weir_layer_destroy(layer);
    toy_problem_destroy(&problem);
}

/* ---- NaNs ---- */

/* In every other place of the output, and infinity in one of the other state. */
static void leave_nans(const struct weir_run *run)
{
    float *const *state = run->state[run->T % 2];
    for (size_t k = 0; k < run->P; k++)
        state[0][k] = k % 2 ? (float)k : float_from_bits(k % 4 ? 0xffc12345 : 0x7f800001);
    state[1][0] = -INFINITY;
}

/* Whatever NaN a kernel leaves in a state, the caller gets the one that weir.h promises. */
static void check_nans(void)
{
    struct weir_kernel kernel = toy_kernel;
    kernel.forward = leave_nans;
    struct toy_problem problem = toy_problem_create(1, 1, 1, 1, 7, true);
    struct task task = {.name = "toy", .config = toy_config(&problem)};
    task.config.own = &kernel;
    weir_layer *layer = make_layer(&task, 0);
    const weir_sequence sequence = {.T = 1, .B = 1, .x = problem.x, .final = problem.final};
    weir_layer_forward(layer, &sequence);
    for (size_t k = 0; k < problem.P; k++) {
        const uint32_t bits = float_bits(problem.final[0][k]);
        EXPECT(bits == (k % 2 ? float_bits((float)k) : 0x7fc00000), "0x%08x at %zu", (unsigned)bits,
               k);
    }
    EXPECT(problem.final[1][0] == -INFINITY, "%g, not -inf", (double)problem.final[1][0]);
    weir_layer_destroy(layer);
    toy_problem_destroy(&problem);
}

/* ---- The cells of the build ---- */

/* One that has no kernel of exactly these sizes in any build, and so runs on the generic one; and
 * one of those that test builds have. */
static void check_cell(const char *cell, size_t I, size_t H)
{
    struct problem problem;
    const size_t sizes[] = {I, H, usual_projection(cell, I, H)};
    if (!EXPECT(problem_create(&problem, cell, sizes, 7, 5, PATTERN_NORMAL, 1), "%s", cell))
        return;
    struct task task = {.name = cell,
                        .config = {.cell = cell,
                                   .I = I,
                                   .H = H,
                                   .P = problem.P,
                                   .weights = problem.weights,
                                   .weight_count = problem.weight_count},
                        .T = problem.T,
                        .B = problem.B,
                        .I = I,
                        .state_count = problem.state_count,
                        .x = problem.x};
    float *y = make_guards(problem.T * problem.B * problem.states[0].rows), *final[STATES_MAX];
    for (size_t s = 0; s < problem.state_count; s++) {
        task.sizes[s] = problem.states[s].rows;
        task.initial[s] = problem.initial[s];
        task.final[s] = final[s] = make_guards(problem.B * task.sizes[s]);
    }
    task.y = y;
    const weir_sequence sequence = {.T = problem.T,
                                    .B = problem.B,
                                    .x = problem.x,
                                    .y = y,
                                    .initial = task.initial,
                                    .final = final};
    weir_layer *layer = make_layer(&task, 0);
    if (layer) {
        weir_layer_forward(layer, &sequence);
        weir_layer_destroy(layer);
        check_task(&task);
    }
    free(y);
    for (size_t s = 0; s < problem.state_count; s++)
        free(final[s]);
    problem_destroy(&problem);
}

int main(void)
{
    check_toy(3, 5, 2);
    check_toy(1, 16, 16);
    check_toy(16, 1, 1);
    check_toy(17, 33, 20);
    check_slices(1, 0, 1);
    check_slices(64, 0, 1);
    check_slices(65, 0, 2);
    check_slices(6, 2, 3);
    check_slices(7, 2, 4);
    check_slices(7, 100, 1);
    check_kernel();
    check_large();
    check_scaled(3.0f, 6.0f);
    check_scaled(3e38f, 0x1.fffffep127f);
    check_scaled(-3e38f, -0x1.fffffep127f);
    check_scaled(INFINITY, INFINITY);
    check_scaled(-INFINITY, -INFINITY);
    check_scaled(NAN, NAN);
    check_nans();
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const char *cell = weir_kernel_describe(weir_kernel_at(i)).cell;
        if (i && strcmp(cell, weir_kernel_describe(weir_kernel_at(i - 1)).cell) == 0)
            continue;
        check_cell(cell, 5, 9);
        check_cell(cell, 3, 7);
    }
    return expect_verdict("test_forward_api");
}
