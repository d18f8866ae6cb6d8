/* SPDX-License-Identifier: MIT */
/* Reductions: each is what it adds an element to what there is so far, and what it makes of the
 * end, a row of a table. The order is fixed (docs/design.md): what an output is made of is added
 * one after another, as it lies. */
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <math.h>
#include <string.h>

typedef float step(float so_far, float x);
typedef int64_t whole_step(int64_t so_far, int64_t x);
typedef float finish(float so_far, size_t count);

static float add(float so_far, float x)
{
    return so_far + x;
}

static float add_magnitude(float so_far, float x)
{
    return so_far + fabsf(x);
}

static float add_square(float so_far, float x)
{
    return fmaf(x, x, so_far);
}

static float multiply(float so_far, float x)
{
    return so_far * x;
}

static float greater(float so_far, float x)
{
    return isnan(x) || x > so_far ? x : so_far;
}

static float less(float so_far, float x)
{
    return isnan(x) || x < so_far ? x : so_far;
}

/* Whole numbers wrap around. */
static int64_t whole_add(int64_t so_far, int64_t x)
{
    return (int64_t)((uint64_t)so_far + (uint64_t)x);
}

static int64_t whole_add_magnitude(int64_t so_far, int64_t x)
{
    return whole_add(so_far, x < 0 ? (int64_t)(0 - (uint64_t)x) : x);
}

static int64_t whole_add_square(int64_t so_far, int64_t x)
{
    return (int64_t)((uint64_t)so_far + (uint64_t)x * (uint64_t)x);
}

static int64_t whole_multiply(int64_t so_far, int64_t x)
{
    return (int64_t)((uint64_t)so_far * (uint64_t)x);
}

static int64_t whole_greater(int64_t so_far, int64_t x)
{
    return x > so_far ? x : so_far;
}

static int64_t whole_less(int64_t so_far, int64_t x)
{
    return x < so_far ? x : so_far;
}

static float divide(float so_far, size_t count)
{
    return so_far / (float)count;
}

static float root(float so_far, size_t count)
{
    (void)count;
    return sqrtf(so_far);
}

static float logarithm(float so_far, size_t count)
{
    (void)count;
    return logf(so_far);
}

static const struct reduction {
    const char *op;
    int64_t axes_are_input_since; /* an opset; before they are an attribute */
    step *step;
    whole_step *whole; /* NULL: it works on floats only */
    float start;
    int64_t whole_start;
    finish *finish; /* NULL: nothing is left to do */
} table[] = {
    {"ReduceL1", 18, add_magnitude, whole_add_magnitude, 0, 0, NULL},
    {"ReduceL2", 18, add_square, NULL, 0, 0, root},
    {"ReduceLogSum", 18, add, NULL, 0, 0, logarithm},
    {"ReduceMax", 18, greater, whole_greater, -INFINITY, INT64_MIN, NULL},
    {"ReduceMean", 18, add, NULL, 0, 0, divide},
    {"ReduceMin", 18, less, whole_less, INFINITY, INT64_MAX, NULL},
    {"ReduceProd", 18, multiply, whole_multiply, 1, 1, NULL},
    {"ReduceSum", 13, add, whole_add, 0, 0, NULL},
    {"ReduceSumSquare", 18, add_square, whole_add_square, 0, 0, NULL},
};

static const struct reduction *row_of(const onnx_call *call)
{
    size_t row = 0;
    while (strcmp(table[row].op, call->node->op) != 0)
        row++;
    return &table[row];
}

/* ---- Axes ---- */

/* Which axes are reduced, and the shape that is left. */
struct reduced {
    bool axis[ONNX_RANK_MAX];
    size_t rank, dims[ONNX_RANK_MAX];
};

static bool read_axes(const onnx_call *call, int64_t input_since, struct reduced *into)
{
    const onnx_tensor *x = call->inputs[0];
    const bool keeps = onnx_attribute_int(call->node, "keepdims", 1) != 0;
    const bool as_input = call->node->opset >= input_since;
    const int64_t *axes;
    size_t count;
    *into = (struct reduced){{false}, 0, {0}};
    if (!as_input && call->node->input_count > 1)
        return fail(call->failure, "before opset %lld its axes are an attribute",
                    (long long)input_since);
    if (!onnx_whole_numbers(call, 1, as_input ? "" : "axes", &axes, &count))
        return false;
    for (size_t i = 0, axis; i < count; i++) {
        if (!onnx_axis(call, axes[i], x->rank, &axis))
            return false;
        into->axis[axis] = true;
    }
    const bool all = !count && !onnx_attribute_int(call->node, "noop_with_empty_axes", 0);
    for (size_t d = 0; d < x->rank; d++) {
        into->axis[d] = into->axis[d] || all;
        if (keeps || !into->axis[d])
            into->dims[into->rank++] = into->axis[d] ? 1 : x->dims[d];
    }
    return true;
}

/* A walk over x whose side 0 is the element of the output that each belongs to. */
static onnx_walk walk_onto(const onnx_tensor *x, const struct reduced *reduced)
{
    onnx_walk walk = {.rank = x->rank};
    ptrdiff_t stride = 1;
    memcpy(walk.dims, x->dims, sizeof walk.dims);
    for (size_t d = x->rank; d-- > 0;) {
        walk.stride[0][d] = reduced->axis[d] ? 0 : stride;
        stride *= reduced->axis[d] || !x->count ? 1 : (ptrdiff_t)x->dims[d];
    }
    return walk;
}

/* ---- Operators ---- */

static void fold(const struct reduction *row, const struct reduced *reduced, const onnx_tensor *x,
                 onnx_tensor *y)
{
    onnx_walk walk = walk_onto(x, reduced);
    const size_t count = y->count ? x->count / y->count : 0;
    int64_t least = 0, greatest = 0, start = row->whole_start;
    if (y->ints) { /* of the type, where nothing is reduced */
        onnx_type_range(y->type, &least, &greatest);
        start = start < least ? least : start > greatest ? greatest : start;
    }
    for (size_t i = 0; i < y->count; i++)
        if (y->floats)
            y->floats[i] = row->start;
        else
            y->ints[i] = start;
    for (size_t i = 0; i < x->count; i++, onnx_walk_next(&walk))
        if (y->floats)
            y->floats[walk.at[0]] = row->step(y->floats[walk.at[0]], x->floats[i]);
        else
            y->ints[walk.at[0]] = row->whole(y->ints[walk.at[0]], x->ints[i]);
    for (size_t i = 0; row->finish && i < y->count; i++)
        y->floats[i] = row->finish(y->floats[i], count);
    onnx_wrap(y);
}

bool onnx_reduce(onnx_call *call)
{
    const struct reduction *row = row_of(call);
    const onnx_tensor *x = call->inputs[0];
    struct reduced reduced;
    if (x->ints && !row->whole)
        return fail(call->failure, "it cannot work on elements of type %s",
                    onnx_type_name(x->type));
    if (!read_axes(call, row->axes_are_input_since, &reduced))
        return false;
    onnx_tensor *y = onnx_output(call, x->type, reduced.rank, reduced.dims);
    if (y)
        fold(row, &reduced, x, y);
    return y != NULL;
}

/* log(sum of exp(x)), of what is left when the greatest is taken away, so that none overflows. */
bool onnx_reduce_log_sum_exp(onnx_call *call)
{
    static const struct reduction greatest = {"", 0, greater, NULL, -INFINITY, 0, NULL};
    const onnx_tensor *x = call->inputs[0];
    struct reduced reduced;
    if (!x->floats)
        return fail(call->failure, "it works on floats only");
    if (!read_axes(call, 18, &reduced))
        return false;
    onnx_tensor *most = onnx_output(call, x->type, reduced.rank, reduced.dims);
    onnx_tensor *y = onnx_output(call, x->type, reduced.rank, reduced.dims);
    if (!most || !y)
        return false;
    fold(&greatest, &reduced, x, most);
    memset(y->floats, 0, y->count * sizeof *y->floats);
    onnx_walk walk = walk_onto(x, &reduced);
    for (size_t i = 0; i < x->count; i++, onnx_walk_next(&walk)) {
        const float from = most->floats[walk.at[0]];
        y->floats[walk.at[0]] += isinf(from) ? x->floats[i] == from : expf(x->floats[i] - from);
    }
    for (size_t i = 0; i < y->count; i++)
        y->floats[i] = most->floats[i] + logf(y->floats[i]);
    return true;
}
