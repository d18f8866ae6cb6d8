/* SPDX-License-Identifier: MIT */
/* Pad: a walk over the output, each element of which comes from somewhere in the input. */
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <string.h>

enum fill { FILL_CONSTANT, FILL_REFLECT, FILL_EDGE, FILL_WRAP, FILLS };

/* What is put before and after each dimension, which less than nothing takes away. */
struct pads {
    enum fill fill;
    int64_t before[ONNX_RANK_MAX], after[ONNX_RANK_MAX];
    float value; /* of floats */
    int64_t whole; /* of whole numbers */
};

/* Where what stands at `at` comes from; -1: from nowhere. */
static int64_t source_of(int64_t at, int64_t count, enum fill fill)
{
    if (at >= 0 && at < count)
        return at;
    if (fill == FILL_CONSTANT)
        return -1;
    if (fill == FILL_EDGE)
        return at < 0 ? 0 : count - 1;
    if (fill == FILL_WRAP)
        return (at % count + count) % count;
    return at < 0 ? -at : 2 * (count - 1) - at;
}

/* Since opset 11 pads and value are inputs, since 18 the axes that pads are of, too. */
static bool read_pads(const onnx_call *call, struct pads *pads)
{
    static const char *const modes[FILLS] = {"constant", "reflect", "edge", "wrap"};
    const onnx_tensor *x = call->inputs[0], *value = onnx_input(call, 2);
    const char *mode = onnx_attribute_string(call->node, "mode", "constant");
    const int64_t *given, *axes;
    size_t fill = 0, count, axis_count, axis;
    *pads = (struct pads){.value = onnx_attribute_float(call->node, "value", 0)};
    while (fill < FILLS && strcmp(mode, modes[fill]) != 0)
        fill++;
    if (fill == FILLS)
        return fail(call->failure, "its mode '%s' is not supported", quote(mode).text);
    if (!onnx_whole_numbers(call, 1, "pads", &given, &count) ||
        !onnx_whole_numbers(call, 3, "", &axes, &axis_count))
        return false;
    if (!onnx_input(call, 3))
        axis_count = x->rank;
    if (count != 2 * axis_count || (value && (value->count != 1 || !value->floats != !x->floats)))
        return fail(call->failure, "its pads must be %zu numbers, and its value one of its type",
                    2 * axis_count);
    pads->fill = (enum fill)fill;
    if (value && value->floats)
        pads->value = value->floats[0];
    else if (value)
        pads->whole = value->ints[0];
    for (size_t k = 0; k < axis_count; k++) {
        if (!onnx_axis(call, axes ? axes[k] : (int64_t)k, x->rank, &axis))
            return false;
        pads->before[axis] = given[k];
        pads->after[axis] = given[axis_count + k];
    }
    return true;
}

/* The shape of the output, and how far the input lies in it. */
static bool measure(const onnx_call *call, const struct pads *pads, size_t *dims)
{
    const onnx_tensor *x = call->inputs[0];
    for (size_t d = 0; d < x->rank; d++) {
        const int64_t before = pads->before[d], after = pads->after[d], in = (int64_t)x->dims[d];
        if (before < -INT32_MAX || before > INT32_MAX || after < -INT32_MAX || after > INT32_MAX ||
            in > INT32_MAX || in + before + after < 0)
            return fail(call->failure, "its pads are too large, or take more than there is");
        if ((pads->fill == FILL_REFLECT && (before >= in || after >= in)) ||
            (pads->fill != FILL_CONSTANT && !in))
            return fail(call->failure, "its pads are larger than what there is to repeat");
        dims[d] = (size_t)(in + before + after);
    }
    return true;
}

static void fill_padded(const onnx_tensor *x, const struct pads *pads, onnx_tensor *y)
{
    onnx_walk walk = {.rank = y->rank};
    ptrdiff_t strides[ONNX_RANK_MAX];
    memcpy(walk.dims, y->dims, sizeof walk.dims);
    onnx_dense_strides(x, strides);
    for (size_t i = 0; i < y->count; i++, onnx_walk_next(&walk)) {
        ptrdiff_t from = 0;
        bool there = true;
        for (size_t d = 0; d < y->rank; d++) {
            const int64_t at = source_of((int64_t)walk.index[d] - pads->before[d],
                                         (int64_t)x->dims[d], pads->fill);
            there = there && at >= 0;
            from += (ptrdiff_t)at * strides[d];
        }
        if (y->floats)
            y->floats[i] = there ? x->floats[from] : pads->value;
        else
            y->ints[i] = there ? x->ints[from] : pads->whole;
    }
}

bool onnx_pad(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    struct pads pads;
    size_t dims[ONNX_RANK_MAX];
    if (!read_pads(call, &pads) || !measure(call, &pads, dims))
        return false;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, dims);
    if (y)
        fill_padded(x, &pads, y);
    return y != NULL;
}
