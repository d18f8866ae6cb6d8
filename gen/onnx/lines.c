/* SPDX-License-Identifier: MIT */
/* Operators that go along an axis: cutting it up, summing, turning it around, and finding the
 * greatest. */
#include "onnx/memory.h"
#include "onnx/operators.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool read_axis(const onnx_call *call, int64_t otherwise, size_t *axis)
{
    return onnx_axis(call, onnx_attribute_int(call->node, "axis", otherwise), call->inputs[0]->rank,
                     axis);
}

/* ---- Split ---- */

/* How long each part is: as listed, or all as long as there are outputs, the last one shorter. */
static bool measure_parts(const onnx_call *call, size_t dim, size_t *lengths)
{
    const int64_t *given;
    size_t count, parts = call->node->output_count, left = dim;
    const int64_t asked = onnx_attribute_int(call->node, "num_outputs", (int64_t)parts);
    if (!onnx_whole_numbers(call, 1, "split", &given, &count))
        return false;
    if (asked != (int64_t)parts || (given && count != parts))
        return fail(call->failure, "it has %zu outputs, and its parts are not as many", parts);
    const size_t each = dim / parts + (dim % parts != 0);
    if (!given && dim % parts && !onnx_attribute_find(call->node, "num_outputs"))
        return fail(call->failure, "%zu cannot be split into %zu equal parts", dim, parts);
    for (size_t k = 0; k < parts; k++) {
        if (given && (given[k] < 0 || (uint64_t)given[k] > left))
            return fail(call->failure, "its parts are longer than what there is");
        lengths[k] = given ? (size_t)given[k] : each < left ? each : left;
        left -= lengths[k];
    }
    return !left || fail(call->failure, "its parts are shorter than what there is");
}

bool onnx_split(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    size_t axis, dims[ONNX_RANK_MAX];
    size_t *lengths = onnx_memory_take(call->memory, call->node->output_count, sizeof *lengths);
    if (!lengths)
        return fail_limit(call->failure);
    if (!read_axis(call, 0, &axis) || !measure_parts(call, x->dims[axis], lengths))
        return false;
    const struct onnx_lines lines = onnx_lines_of(x, axis);
    memcpy(dims, x->dims, sizeof dims);
    for (size_t k = 0, at = 0; k < call->node->output_count; at += lengths[k++]) {
        if (!onnx_wants(call, k))
            continue;
        dims[axis] = lengths[k];
        onnx_tensor *y = onnx_output_at(call, k, x->type, x->rank, dims);
        if (!y)
            return false;
        const size_t run = lengths[k] * lines.inner;
        for (size_t outer = 0; outer < lines.outer && run; outer++)
            onnx_copy(x, (outer * lines.count + at) * lines.inner, y, outer * run, run);
    }
    return true;
}

/* ---- CumSum ---- */

bool onnx_cum_sum(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *given = call->inputs[1];
    const bool exclusive = onnx_attribute_int(call->node, "exclusive", 0) != 0;
    const bool reverse = onnx_attribute_int(call->node, "reverse", 0) != 0;
    size_t axis;
    if (!given->ints || given->count != 1)
        return fail(call->failure, "its axis must be one whole number");
    if (!onnx_axis(call, given->ints[0], x->rank, &axis))
        return false;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    if (!y)
        return false;
    const struct onnx_lines lines = onnx_lines_of(x, axis);
    for (size_t k = 0; k < lines.outer * lines.inner; k++) {
        const size_t from = onnx_line_start(&lines, k);
        float sum = 0;
        uint64_t whole = 0;
        for (size_t i = 0; i < lines.count; i++) {
            const size_t at = from + (reverse ? lines.count - 1 - i : i) * lines.inner;
            const float before = sum;
            const uint64_t whole_before = whole;
            if (y->floats)
                sum += x->floats[at], y->floats[at] = exclusive ? before : sum;
            else
                whole += (uint64_t)x->ints[at],
                    y->ints[at] = (int64_t)(exclusive ? whole_before : whole);
        }
    }
    onnx_wrap(y);
    return true;
}

/* ---- ReverseSequence ---- */

/* Each batch's first steps are turned around, as many as its length says. */
bool onnx_reverse_sequence(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *lengths = call->inputs[1];
    const int64_t batch = onnx_attribute_int(call->node, "batch_axis", 1);
    const int64_t time = onnx_attribute_int(call->node, "time_axis", 0);
    if (x->rank < 2 || batch < 0 || batch > 1 || time != 1 - batch)
        return fail(call->failure, "its batch_axis and time_axis must be 0 and 1, or 1 and 0");
    if (!lengths->ints || lengths->rank != 1 || lengths->count != x->dims[batch])
        return fail(call->failure, "its lengths must be %zu whole numbers", x->dims[batch]);
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    if (!y || !y->count)
        return y != NULL;
    const size_t run = x->count / (x->dims[0] * x->dims[1]), T = x->dims[time];
    for (size_t b = 0; b < x->dims[batch]; b++) {
        if (lengths->ints[b] < 0 || (uint64_t)lengths->ints[b] > T)
            return fail(call->failure, "its length %lld is none of %zu steps",
                        (long long)lengths->ints[b], T);
        const size_t length = (size_t)lengths->ints[b];
        for (size_t t = 0; t < T; t++) {
            const size_t from = t < length ? length - 1 - t : t;
            const size_t to_at = batch ? t * x->dims[1] + b : b * T + t;
            const size_t from_at = batch ? from * x->dims[1] + b : b * T + from;
            onnx_copy(x, from_at * run, y, to_at * run, run);
        }
    }
    return true;
}

/* ---- Order ---- */

/* Less, equal or greater than 0 where the one element is; a NaN is greater than any other. */
static int compare(const onnx_tensor *x, size_t a, size_t b)
{
    if (x->ints)
        return (x->ints[a] > x->ints[b]) - (x->ints[a] < x->ints[b]);
    const float p = x->floats[a], q = x->floats[b];
    return isnan(p) || isnan(q) ? !!isnan(p) - !!isnan(q) : (p > q) - (p < q);
}

/* ArgMax and ArgMin: `sign` is 1 or -1. Of equal ones the first, or the last. */
static bool find_extreme(onnx_call *call, int sign)
{
    const onnx_tensor *x = call->inputs[0];
    const bool keeps = onnx_attribute_int(call->node, "keepdims", 1) != 0;
    const bool last = onnx_attribute_int(call->node, "select_last_index", 0) != 0;
    size_t axis, dims[ONNX_RANK_MAX], rank = 0;
    if (!read_axis(call, 0, &axis))
        return false;
    if (!x->dims[axis])
        return fail(call->failure, "there is nothing along its axis");
    for (size_t d = 0; d < x->rank; d++)
        if (keeps || d != axis)
            dims[rank++] = d == axis ? 1 : x->dims[d];
    onnx_tensor *y = onnx_output(call, ONNX_INT64, rank, dims);
    const struct onnx_lines lines = onnx_lines_of(x, axis);
    for (size_t k = 0; y && k < lines.outer * lines.inner; k++) {
        const size_t from = onnx_line_start(&lines, k);
        size_t best = 0;
        for (size_t i = 1; i < lines.count; i++) {
            const int order = sign * compare(x, from + i * lines.inner, from + best * lines.inner);
            if (order > 0 || (!order && last))
                best = i;
        }
        y->ints[k] = (int64_t)best;
    }
    return y != NULL;
}

bool onnx_arg_max(onnx_call *call)
{
    return find_extreme(call, 1);
}

bool onnx_arg_min(onnx_call *call)
{
    return find_extreme(call, -1);
}

/* ---- TopK ---- */

/* A place in a line, and the element that is there: what is sorted. */
struct ranked {
    const onnx_tensor *x;
    size_t at, index;
    int sign;
};

/* The greatest first, or the least; of equal ones, the first in the line. */
static int rank_before(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    const int order = compare(q->x, q->at, p->at) * p->sign;
    return order ? order : (p->index > q->index) - (p->index < q->index);
}

static bool read_k(const onnx_call *call, size_t dim, size_t *k)
{
    const onnx_tensor *given = onnx_input(call, 1);
    if (given && (!given->ints || given->count != 1))
        return fail(call->failure, "its K must be one whole number");
    const int64_t number = given ? given->ints[0] : onnx_attribute_int(call->node, "k", -1);
    *k = (size_t)number;
    return (number >= 0 && (uint64_t)number <= dim) ||
           fail(call->failure, "its K is %lld, and there are %zu elements", (long long)number, dim);
}

/* Sorted, whether that is asked for or not. */
bool onnx_top_k(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    const int sign = onnx_attribute_int(call->node, "largest", 1) ? 1 : -1;
    size_t axis, k = 0, dims[ONNX_RANK_MAX];
    if (!read_axis(call, -1, &axis) || !read_k(call, x->dims[axis], &k))
        return false;
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] = k;
    const struct onnx_lines lines = onnx_lines_of(x, axis);
    onnx_tensor *y = onnx_output(call, x->type, x->rank, dims);
    onnx_tensor *at = onnx_output_at(call, 1, ONNX_INT64, x->rank, dims);
    struct ranked *ranked = onnx_memory_take(call->memory, lines.count, sizeof *ranked);
    if (!y || !at)
        return false;
    if (!ranked)
        return fail_limit(call->failure);
    for (size_t line = 0; line < lines.outer * lines.inner; line++) {
        const size_t outer = line / lines.inner, inner = line % lines.inner;
        for (size_t i = 0; i < lines.count; i++)
            ranked[i] =
                (struct ranked){x, (outer * lines.count + i) * lines.inner + inner, i, sign};
        qsort(ranked, lines.count, sizeof *ranked, rank_before);
        for (size_t i = 0; i < k; i++) {
            const size_t to = (outer * k + i) * lines.inner + inner;
            onnx_copy(x, ranked[i].at, y, to, 1);
            at->ints[to] = (int64_t)ranked[i].index;
        }
    }
    return true;
}
