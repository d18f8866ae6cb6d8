/* SPDX-License-Identifier: MIT */
/* Gathering and scattering by indices: GatherElements and ScatterElements with one for every
 * element, GatherND and ScatterND with rows of them that say where a part of a tensor is. */
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <math.h>
#include <string.h>

/* ---- What an update does ---- */

enum update { UPDATE_NONE, UPDATE_ADD, UPDATE_MUL, UPDATE_MIN, UPDATE_MAX, UPDATE_COUNT };

static bool read_update(const onnx_call *call, enum update *update)
{
    static const char *const names[] = {"none", "add", "mul", "min", "max"};
    const char *name = onnx_attribute_string(call->node, "reduction", "none");
    const onnx_tensor *x = call->inputs[0], *updates = call->inputs[2];
    size_t row = 0;
    while (row < UPDATE_COUNT && strcmp(names[row], name) != 0)
        row++;
    *update = (enum update)row;
    if (row == UPDATE_COUNT)
        return fail(call->failure, "its reduction '%s' is not supported", quote(name).text);
    return !x->floats == !updates->floats ||
           fail(call->failure, "its data and updates must be of one type");
}

static void apply(enum update update, const onnx_tensor *from, size_t source, onnx_tensor *to,
                  size_t target)
{
    if (to->floats) {
        const float a = to->floats[target], b = from->floats[source];
        to->floats[target] = update == UPDATE_ADD   ? a + b
                             : update == UPDATE_MUL ? a * b
                             : update == UPDATE_MIN ? (isnan(a) || a < b ? a : b)
                             : update == UPDATE_MAX ? (isnan(a) || a > b ? a : b)
                                                    : b;
    } else {
        const int64_t a = to->ints[target], b = from->ints[source];
        to->ints[target] = update == UPDATE_ADD   ? (int64_t)((uint64_t)a + (uint64_t)b)
                           : update == UPDATE_MUL ? (int64_t)((uint64_t)a * (uint64_t)b)
                           : update == UPDATE_MIN ? (a < b ? a : b)
                           : update == UPDATE_MAX ? (a > b ? a : b)
                                                  : b;
    }
}

static onnx_tensor *copy_data(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    if (y)
        onnx_copy(x, 0, y, 0, x->count);
    return y;
}

static bool read_index(const onnx_call *call, int64_t given, size_t dim, size_t *index)
{
    return onnx_axis(call, given, dim, index) ||
           fail(call->failure, "its index %lld is outside of %zu elements", (long long)given, dim);
}

/* ---- An index for every element ---- */

/* A walk over the indices, whose side 0 is where in the data each element is, but for its axis. */
static bool begin_elements(const onnx_call *call, size_t *axis, onnx_walk *walk)
{
    const onnx_tensor *x = call->inputs[0], *indices = call->inputs[1];
    if (!onnx_check_whole(call, 1) ||
        !onnx_axis(call, onnx_attribute_int(call->node, "axis", 0), x->rank, axis))
        return false;
    bool fits = indices->rank == x->rank;
    for (size_t d = 0; fits && d < x->rank; d++)
        fits = d == *axis || indices->dims[d] <= x->dims[d];
    if (!fits)
        return fail(call->failure, "the shapes of its inputs do not go together");
    *walk = (onnx_walk){.rank = x->rank};
    memcpy(walk->dims, indices->dims, sizeof walk->dims);
    onnx_dense_strides(x, walk->stride[0]);
    walk->stride[0][*axis] = 0;
    return true;
}

bool onnx_gather_elements(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *indices = call->inputs[1];
    size_t axis, index;
    onnx_walk walk;
    if (!begin_elements(call, &axis, &walk))
        return false;
    onnx_tensor *y = onnx_output(call, x->type, indices->rank, indices->dims);
    const size_t stride = onnx_lines_of(x, axis).inner;
    for (size_t i = 0; y && i < y->count; i++, onnx_walk_next(&walk)) {
        if (!read_index(call, indices->ints[i], x->dims[axis], &index))
            return false;
        onnx_copy(x, (size_t)walk.at[0] + index * stride, y, i, 1);
    }
    return y != NULL;
}

bool onnx_scatter_elements(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *indices = call->inputs[1];
    const onnx_tensor *updates = call->inputs[2];
    enum update update;
    size_t axis, index;
    onnx_walk walk;
    if (!read_update(call, &update) || !begin_elements(call, &axis, &walk))
        return false;
    if (updates->rank != indices->rank ||
        memcmp(updates->dims, indices->dims, updates->rank * sizeof *updates->dims) != 0)
        return fail(call->failure, "its updates must have the shape of its indices");
    onnx_tensor *y = copy_data(call);
    const size_t stride = onnx_lines_of(x, axis).inner;
    for (size_t i = 0; y && i < indices->count; i++, onnx_walk_next(&walk)) {
        if (!read_index(call, indices->ints[i], x->dims[axis], &index))
            return false;
        apply(update, updates, i, y, (size_t)walk.at[0] + index * stride);
    }
    if (y)
        onnx_wrap(y);
    return y != NULL;
}

/* ---- Rows of indices ---- */

/* Rows of `depth` indices of the dimensions of x from `batch` on; what they name is a run of
 * elements. In each of the parts that the first `batch` dimensions make are equally many. */
struct rows {
    size_t batch, depth, run, parts, count; /* count: of rows, in all parts together */
};

static bool read_rows(const onnx_call *call, int64_t batch, struct rows *rows)
{
    const onnx_tensor *x = call->inputs[0], *indices = call->inputs[1];
    if (!onnx_check_whole(call, 1))
        return false;
    if (!indices->rank || !x->rank || batch < 0 || batch >= (int64_t)indices->rank)
        return fail(call->failure, "the shapes of its inputs do not go together");
    *rows = (struct rows){(size_t)batch, indices->dims[indices->rank - 1], x->count != 0, 1, 1};
    if (!rows->depth || rows->depth > x->rank - (batch < (int64_t)x->rank ? rows->batch : x->rank))
        return fail(call->failure,
                    "its indices have %zu numbers each for a tensor of %zu "
                    "dimensions",
                    rows->depth, x->rank);
    for (size_t d = 0; d < rows->batch; d++) {
        if (x->dims[d] != indices->dims[d])
            return fail(call->failure, "the shapes of its inputs do not go together");
        rows->parts *= x->count ? x->dims[d] : 1;
    }
    for (size_t d = rows->batch + rows->depth; d < x->rank && x->count; d++)
        rows->run *= x->dims[d];
    rows->count = indices->count / rows->depth;
    return true;
}

/* Where in x the run of a row begins. */
static bool find_run(const onnx_call *call, const struct rows *rows, size_t row, size_t *at)
{
    const onnx_tensor *x = call->inputs[0], *indices = call->inputs[1];
    *at = row / (rows->count / rows->parts);
    for (size_t k = 0; k < rows->depth; k++) {
        const size_t dim = x->dims[rows->batch + k];
        size_t index;
        if (!read_index(call, indices->ints[row * rows->depth + k], dim, &index))
            return false;
        *at = *at * dim + index;
    }
    *at *= rows->run;
    return true;
}

/* The shape of what the rows name: that of the indices without the last dimension, then that of
 * what they leave of x. */
static size_t rows_shape(const onnx_call *call, const struct rows *rows,
                         size_t dims[2 * ONNX_RANK_MAX])
{
    const onnx_tensor *x = call->inputs[0], *indices = call->inputs[1];
    size_t rank = indices->rank - 1;
    memcpy(dims, indices->dims, rank * sizeof *dims);
    for (size_t d = rows->batch + rows->depth; d < x->rank; d++)
        dims[rank++] = x->dims[d];
    return rank;
}

bool onnx_gather_nd(onnx_call *call)
{
    struct rows rows;
    size_t dims[2 * ONNX_RANK_MAX], at;
    if (!read_rows(call, onnx_attribute_int(call->node, "batch_dims", 0), &rows))
        return false;
    const size_t rank = rows_shape(call, &rows, dims);
    onnx_tensor *y = onnx_output(call, call->inputs[0]->type, rank, dims);
    for (size_t row = 0; y && y->count && row < rows.count; row++) {
        if (!find_run(call, &rows, row, &at))
            return false;
        onnx_copy(call->inputs[0], at, y, row * rows.run, rows.run);
    }
    return y != NULL;
}

bool onnx_scatter_nd(onnx_call *call)
{
    const onnx_tensor *updates = call->inputs[2];
    struct rows rows;
    enum update update;
    size_t dims[2 * ONNX_RANK_MAX], at;
    if (!read_update(call, &update) || !read_rows(call, 0, &rows))
        return false;
    const size_t rank = rows_shape(call, &rows, dims);
    if (updates->rank != rank || memcmp(updates->dims, dims, rank * sizeof *dims) != 0)
        return fail(call->failure, "the shape of its updates is not that of what its indices name");
    onnx_tensor *y = copy_data(call);
    for (size_t row = 0; y && updates->count && row < rows.count; row++) {
        if (!find_run(call, &rows, row, &at))
            return false;
        for (size_t i = 0; i < rows.run; i++)
            apply(update, updates, row * rows.run + i, y, at + i);
    }
    if (y)
        onnx_wrap(y);
    return y != NULL;
}
