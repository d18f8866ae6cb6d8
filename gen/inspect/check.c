/* SPDX-License-Identifier: MIT */
/* Whether the gradient of a cell is that of the cell. The loss is a random linear functional of the
 * outputs of all steps and of the final states, over one step and over a few. Its derivatives by
 * the input, the initial states and all that is learned, as derive.c gives them, are held against
 * central differences in double precision.
 *
 * Differences mean nothing across a kink (of min, max, abs, and all that ops.def makes of them),
 * and little where a function bends sharply. So every difference tells how exact it is, by an
 * extrapolation from three steps, and is taken only where all points of it are on the same side of
 * every kink; where one cannot be had, everything is drawn again. */
#include "inspect/check.h"

#include "cell/evaluate.h"
#include "passes/derive.h"
#include "passes/passes.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    DRAWS = 5, /* of each number of steps */
    TRIES_MAX = 100, /* of one draw */
    STEPS_MAX = 3,
    SAMPLE_MAX = 48, /* elements of an array that are compared */
    ARRAYS_MAX = 1 + WEIR_STATES_MAX + PARAMS_MAX
};

/* Errors are relative to the greatest derivative of an array, or to this where that is smaller; a
 * difference that is less exact than DOUBT, on the same scale, is none. */
static const double TINY = 1e-3, DOUBT = 1e-8;

/* Part of a point: the input of all steps, an initial state, or a parameter. */
struct array {
    const char *name;
    size_t at, count;
    double worst; /* relative error of all draws; 0 before the first */
};

/* A point is all that the loss depends on, in one piece; gradients have the same form. */
struct check {
    const struct graph *graph;
    const struct derivation *derivation;
    struct evaluation forward[STEPS_MAX], backward, input;
    struct array arrays[ARRAYS_MAX];
    size_t array_count, point_count;
    size_t steps, extent_x, extent_y, extent_states; /* of all states together */
    double *point, *gradient;
    /* Outputs of all steps, then final states: what the loss weighs, and two results of it. */
    double *weights, *results[2];
    double *d_state[WEIR_STATES_MAX];
    uint64_t random;
};

static void *allocate(size_t count)
{
    double *memory = calloc(count ? count : 1, sizeof *memory);
    if (!memory)
        abort();
    return memory;
}

/* ---- Drawing ---- */

/* A number in [-1, 1]: Knuth's generator, the same on every machine. */
static double draw(struct check *check)
{
    check->random = check->random * 6364136223846793005u + 1442695040888963407u;
    return (double)(check->random >> 40) / (double)(1 << 23) - 1;
}

static const struct param *array_param(const struct check *check, size_t array)
{
    const size_t first = 1 + (size_t)check->graph->state_count;
    return array < first ? NULL : &check->graph->params[array - first];
}

static size_t count_results(const struct check *check)
{
    return check->steps * check->extent_y + check->extent_states;
}

/* Gates between open and closed: products are of about the same size, whatever their length. */
static void draw_point(struct check *check, double size)
{
    for (size_t a = 0; a < check->array_count; a++) {
        const struct array *array = &check->arrays[a];
        const struct param *param = array_param(check, a);
        const bool is_matrix = param && param->is_matrix;
        const double scale =
            is_matrix ? 1.5 / sqrt((double)evaluation_extent(check->graph, param->cols)) : 1;
        for (size_t i = 0; i < array->count; i++)
            check->point[array->at + i] = size * scale * draw(check);
    }
    for (size_t i = 0; i < count_results(check); i++)
        check->weights[i] = draw(check);
}

/* ---- The loss ---- */

static double *state_point(const struct check *check, int state)
{
    return check->point + check->arrays[1 + state].at;
}

/* Runs the cell from the point: the results that the loss weighs, and the sides of all kinks. */
static uint64_t run(struct check *check, double *results)
{
    const struct graph *graph = check->graph;
    uint64_t sides = 0;
    for (size_t t = 0; t < check->steps; t++) {
        struct evaluation *step = &check->forward[t];
        step->input = check->point + t * check->extent_x;
        for (int s = 0; s < graph->state_count; s++)
            step->state[s] = t ? evaluation_value(&check->forward[t - 1], graph->states[s].next)
                               : state_point(check, s);
        sides = sides * 31 + evaluate(step);
        memcpy(results, evaluation_value(step, graph->states[0].next),
               check->extent_y * sizeof *results);
        results += check->extent_y;
    }
    for (int s = 0; s < graph->state_count; s++) {
        const size_t count = check->arrays[1 + s].count;
        memcpy(results, evaluation_value(&check->forward[check->steps - 1], graph->states[s].next),
               count * sizeof *results);
        results += count;
    }
    return sides;
}

/* ---- The gradient as it was derived ---- */

/* What a step backward was given by the step forward. */
static const double *given_value(const struct check *check, const struct evaluation *step,
                                 enum given_kind kind, int index)
{
    switch (kind) {
    case GIVEN_PREV:
        return step->state[index];
    case GIVEN_NEXT:
        return evaluation_value(step, check->graph->states[index].next);
    case GIVEN_INPUT:
        return step->input;
    case GIVEN_DELTA:
        return evaluation_value(&check->backward, check->derivation->step->outputs[index]);
    default:
        return evaluation_value(step, check->graph->saved[index]);
    }
}

static void take_givens(const struct check *check, const struct evaluation *step,
                        struct evaluation *taker)
{
    for (int g = 0; g < taker->graph->given_count; g++) {
        const struct given *given = &taker->graph->givens[g];
        taker->given[g] = given_value(check, step, given->kind, given->index);
    }
}

static void add_outer(const struct check *check, const struct evaluation *step,
                      const struct outer *outer)
{
    const size_t first = 1 + (size_t)check->graph->state_count;
    const struct param *param = &check->graph->params[outer->param];
    const size_t rows = evaluation_extent(check->graph, param->rows);
    const size_t cols = outer->is_vector ? 1 : evaluation_extent(check->graph, param->cols);
    const double one = 1, *delta = given_value(check, step, GIVEN_DELTA, outer->delta);
    const double *operand =
        outer->is_vector ? &one : given_value(check, step, outer->kind, outer->index);
    double *gradient = check->gradient + check->arrays[first + (size_t)outer->param].at;
    for (size_t row = 0; row < rows; row++)
        for (size_t col = 0; col < cols; col++)
            gradient[row * cols + col] += delta[row] * operand[col];
}

static void step_back(struct check *check, size_t t)
{
    const struct derivation *derivation = check->derivation;
    const struct evaluation *step = &check->forward[t];
    check->backward.input = check->weights + t * check->extent_y;
    take_givens(check, step, &check->backward);
    evaluate(&check->backward);
    for (int s = 0; s < check->graph->state_count; s++)
        memcpy(check->d_state[s],
               evaluation_value(&check->backward, derivation->step->states[s].next),
               check->arrays[1 + s].count * sizeof(double));
    for (size_t i = 0; i < derivation->outer_count; i++)
        add_outer(check, step, &derivation->outers[i]);
    if (!derivation->input)
        return;
    take_givens(check, step, &check->input);
    evaluate(&check->input);
    memcpy(check->gradient + t * check->extent_x,
           evaluation_value(&check->input, derivation->input->states[0].next),
           check->extent_x * sizeof(double));
}

/* The gradient at the point from which the cell was last run. */
static void find_gradient(struct check *check)
{
    const double *final = check->weights + check->steps * check->extent_y;
    memset(check->gradient, 0, check->point_count * sizeof *check->gradient);
    for (int s = 0; s < check->graph->state_count; s++) {
        const size_t count = check->arrays[1 + s].count;
        memcpy(check->d_state[s], final, count * sizeof *final);
        final += count;
    }
    for (size_t t = check->steps; t-- > 0;)
        step_back(check, t);
    for (int s = 0; s < check->graph->state_count; s++)
        memcpy(check->gradient + check->arrays[1 + s].at, check->d_state[s],
               check->arrays[1 + s].count * sizeof(double));
}

/* ---- Differences ---- */

struct estimate {
    double value, doubt; /* doubt: about how far it is from the derivative */
};

/* Of the loss by one element of the point; NAN where the sides are not those of the point itself.
 * The doubt is that of rounding. */
static struct estimate difference(struct check *check, size_t at, double step, uint64_t sides)
{
    const double here = check->point[at];
    struct estimate found = {0, 0};
    check->point[at] = here + step;
    bool same = run(check, check->results[0]) == sides;
    check->point[at] = here - step;
    same &= run(check, check->results[1]) == sides;
    check->point[at] = here;
    /* Results are subtracted one by one, so that what does not change costs nothing. */
    for (size_t i = 0; i < count_results(check); i++) {
        const double change = check->results[0][i] - check->results[1][i];
        found.value += check->weights[i] * change / (2 * step);
        found.doubt += change == 0 ? 0 : fabs(check->results[0][i]) * (0x1p-53 / step);
    }
    return same ? found : (struct estimate){NAN, NAN};
}

/* The derivative by one element: Richardson's extrapolation of three differences, of errors of
 * order step^2, to order step^6. Where that is not exact, or a kink is near, with smaller steps. */
static struct estimate estimate(struct check *check, size_t at, uint64_t sides)
{
    struct estimate best = {0, INFINITY};
    for (double step = 0x1p-7; step > 0x1p-20 && !(best.doubt <= 1e-11); step /= 8) {
        const struct estimate coarse = difference(check, at, step, sides);
        if (isnan(coarse.value))
            continue;
        const struct estimate middle = difference(check, at, step / 2, sides);
        const struct estimate fine = difference(check, at, step / 4, sides);
        const double first = (4 * middle.value - coarse.value) / 3;
        const double second = (4 * fine.value - middle.value) / 3;
        const double third = (16 * second - first) / 15;
        const double doubt = fabs(third - second) + fine.doubt;
        if (doubt < best.doubt)
            best = (struct estimate){third, doubt};
    }
    return best;
}

/* Compares one array; false where its differences are in doubt. */
static bool compare(struct check *check, struct array *array, uint64_t sides)
{
    const size_t count = array->count < SAMPLE_MAX ? array->count : SAMPLE_MAX;
    double greatest = TINY, doubt = 0, worst = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t at = array->at + i * array->count / count;
        const struct estimate numeric = estimate(check, at, sides);
        const double error = fabs(check->gradient[at] - numeric.value);
        greatest = fmax(greatest, fabs(numeric.value));
        doubt = fmax(doubt, numeric.doubt);
        worst = isnan(error) || error > worst ? error : worst;
    }
    if (!(doubt <= DOUBT * greatest))
        return false;
    const double relative = isnan(worst) ? INFINITY : worst / greatest;
    array->worst = fmax(array->worst, relative);
    return true;
}

/* One draw; false where there is none that differences can be taken of. Each try is of smaller
 * values: there are cells in which others grow too much. */
static bool check_draw(struct check *check)
{
    double size = 1;
    for (int try = 0; try < TRIES_MAX; try++, size *= 0.98) {
        const struct array *end = check->arrays + check->array_count;
        struct array *array = check->arrays;
        draw_point(check, size);
        const uint64_t sides = run(check, check->results[0]);
        find_gradient(check);
        while (array < end && compare(check, array, sides))
            array++;
        if (array == end)
            return true;
    }
    return false;
}

/* ---- The whole ---- */

static void add_array(struct check *check, const char *name, size_t count)
{
    check->arrays[check->array_count++] = (struct array){name, check->point_count, count, 0};
    check->point_count += count;
}

static void prepare_arrays(struct check *check, const struct graph *graph)
{
    check->extent_x = evaluation_extent(graph, WEIR_I);
    check->extent_y = evaluation_extent(graph, graph->states[0].extent);
    check->steps = STEPS_MAX;
    add_array(check, graph->input_name, STEPS_MAX * check->extent_x);
    for (int s = 0; s < graph->state_count; s++) {
        const size_t extent = evaluation_extent(graph, graph->states[s].extent);
        add_array(check, graph->states[s].name, extent);
        check->d_state[s] = allocate(extent);
        check->extent_states += extent;
    }
    for (int p = 0; p < graph->param_count; p++) {
        const struct param *param = &graph->params[p];
        add_array(check, param->name,
                  evaluation_extent(graph, param->rows) *
                      (param->is_matrix ? evaluation_extent(graph, param->cols) : 1));
    }
    check->point = allocate(check->point_count);
    check->gradient = allocate(check->point_count);
    check->weights = allocate(count_results(check));
    check->results[0] = allocate(count_results(check));
    check->results[1] = allocate(count_results(check));
}

static void prepare_evaluation(const struct check *check, struct evaluation *evaluation,
                               const struct graph *graph)
{
    if (!graph)
        return;
    *evaluation = evaluation_create(graph);
    evaluation->transposed = graph != check->graph;
    for (int p = 0; p < graph->param_count; p++)
        evaluation->param[p] = check->point + check->arrays[1 + check->graph->state_count + p].at;
}

static struct check *check_create(const struct graph *graph, const struct derivation *derivation)
{
    struct check *check = calloc(1, sizeof *check);
    if (!check)
        abort();
    check->graph = graph;
    check->derivation = derivation;
    prepare_arrays(check, graph);
    for (size_t t = 0; t < STEPS_MAX; t++)
        prepare_evaluation(check, &check->forward[t], graph);
    prepare_evaluation(check, &check->backward, derivation->step);
    prepare_evaluation(check, &check->input, derivation->input);
    /* Backward reads the gradients by states where it leaves them. */
    for (int s = 0; s < graph->state_count; s++)
        check->backward.state[s] = check->d_state[s];
    return check;
}

static void check_free(struct check *check)
{
    for (size_t t = 0; t < STEPS_MAX; t++)
        evaluation_free(&check->forward[t]);
    evaluation_free(&check->backward);
    evaluation_free(&check->input);
    for (int s = 0; s < check->graph->state_count; s++)
        free(check->d_state[s]);
    free(check->point);
    free(check->gradient);
    free(check->weights);
    free(check->results[0]);
    free(check->results[1]);
    free(check);
}

/* The lines of a check; the worst array. */
static const struct array *tell(const struct check *check, struct text *out)
{
    const struct array *worst = check->arrays;
    for (size_t a = 0; a < check->array_count; a++) {
        const struct array *array = &check->arrays[a];
        text_add(out, "%-24s %.1e%s\n", array->name, array->worst,
                 array->worst <= CHECK_TOLERANCE ? "" : "  wrong");
        worst = array->worst > worst->worst ? array : worst;
    }
    text_add(out, "%-24s %.1e, of the gradient of %s\n", "Worst:", worst->worst, worst->name);
    return worst;
}

/* Whether all that was drawn says that the gradient is right. */
static bool judge(const struct check *check, bool drawn, struct text *out, struct failure *failure)
{
    const char *cell = check->graph->name;
    if (!drawn)
        return fail(
            failure,
            "the cell '%s' cannot be checked: in %d draws, differences were never exact, for "
            "kinks (of min, max, abs and what is made of them) or for values that grow or "
            "bend too much",
            cell, TRIES_MAX);
    const struct array *worst = tell(check, out);
    return worst->worst <= CHECK_TOLERANCE ||
           fail(failure,
                "the gradient of '%s' in the cell '%s' is wrong: its relative error is %.1e, "
                "expected at most %.0e",
                worst->name, cell, worst->worst, CHECK_TOLERANCE);
}

enum check_result check_gradient(struct graph *graph, struct text *out, struct failure *failure)
{
    pass_sums(graph);
    struct derivation *derivation = derive(graph, failure);
    if (!derivation)
        return CHECK_TOO_LARGE;
    struct check *check = check_create(graph, derivation);
    bool drawn = true;
    for (int i = 0; i < 2 * DRAWS && drawn; i++) {
        check->steps = i % 2 ? STEPS_MAX : 1;
        drawn = check_draw(check);
    }
    const bool right = judge(check, drawn, out, failure);
    check_free(check);
    derivation_free(derivation);
    return right ? CHECK_PASSED : CHECK_FAILED;
}
