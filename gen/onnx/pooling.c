/* SPDX-License-Identifier: MIT */
/* MaxPool, AveragePool and the pools over everything. What lies behind the pads, where ceil_mode
 * counts a window that is cut off, is in no average. */
#include "onnx/operators.h"
#include "onnx/window.h"

#include <math.h>

/* One window over a plane: what it has found so far. */
struct pool {
    size_t best; /* the place of the greatest; SIZE_MAX: none yet */
    float sum;
    size_t inside, padded; /* elements of the input, and with its pads */
};

/* Whether element `at` of x is greater than that of `best`, or is a NaN and that is none. */
static bool is_greater(const onnx_tensor *x, size_t at, size_t best)
{
    if (best == SIZE_MAX)
        return true;
    if (x->ints)
        return x->ints[at] > x->ints[best];
    return x->floats[at] > x->floats[best] || (isnan(x->floats[at]) && !isnan(x->floats[best]));
}

/* Goes through the window of output `out` over the plane that begins at `from`. */
static struct pool pool_window(const struct window *w, const onnx_tensor *x, size_t from,
                               const size_t out[SPATIAL_MAX])
{
    struct pool pool = {SIZE_MAX, 0, 0, 0};
    for (size_t k = 0; k < onnx_window_size(w->kernel); k++) {
        bool is_inside = true, is_padded = true;
        size_t at = 0, tap[SPATIAL_MAX];
        onnx_window_place(w->kernel, k, tap);
        for (size_t d = 0; d < SPATIAL_MAX; d++) {
            const int64_t in = (int64_t)w->in[d];
            const int64_t place =
                (int64_t)out[d] * w->stride[d] + (int64_t)tap[d] * w->dilation[d] - w->before[d];
            is_inside &= place >= 0 && place < in;
            is_padded &= place < in + w->after[d];
            at = at * w->in[d] + (size_t)place;
        }
        pool.padded += is_padded;
        if (!is_inside)
            continue;
        pool.inside++;
        pool.sum += x->floats ? x->floats[from + at] : 0;
        if (is_greater(x, from + at, pool.best))
            pool.best = from + at;
    }
    return pool;
}

/* Calls `store` with what each window finds. */
typedef void store(const onnx_call *call, const struct window *window, size_t output,
                   const struct pool *pool);

static void pool_planes(const onnx_call *call, const struct window *w, store *store)
{
    const onnx_tensor *x = call->inputs[0];
    const size_t in = onnx_window_size(w->in), out = onnx_window_size(w->out);
    for (size_t i = 0; i < x->dims[0] * x->dims[1] * out; i++) {
        size_t place[SPATIAL_MAX];
        onnx_window_place(w->out, i % out, place);
        const struct pool pool = pool_window(w, x, i / out * in, place);
        store(call, w, i, &pool);
    }
}

static bool read_pool(onnx_call *call, struct window *w)
{
    const onnx_tensor *x = call->inputs[0];
    const onnx_attribute *shape = onnx_attribute_find(call->node, "kernel_shape");
    size_t kernel[SPATIAL_MAX];
    if (x->rank < 3 || x->rank > 2 + SPATIAL_MAX)
        return fail(call->failure, "only pooling over one to three dimensions is supported");
    if (!shape || shape->int_count != x->rank - 2)
        return fail(call->failure, "its kernel_shape must be %zu numbers", x->rank - 2);
    for (size_t d = 0; d < x->rank - 2; d++) {
        if (shape->ints[d] < 1 || shape->ints[d] > INT32_MAX)
            return fail(call->failure, "its kernel_shape must be 1 or more");
        kernel[d] = (size_t)shape->ints[d];
    }
    if (!onnx_window_read(call, x, kernel, onnx_attribute_int(call->node, "ceil_mode", 0) != 0, w))
        return false;
    onnx_tensor *y = onnx_window_output(call, w, x->type, x->dims[1]);
    return y &&
           onnx_check_work(call, 4, (size_t[]){y->count, w->kernel[0], w->kernel[1], w->kernel[2]});
}

/* ---- MaxPool ---- */

/* Of the whole input: as it lies, or with the first spatial dimension fastest. */
static int64_t index_of(const onnx_call *call, const struct window *w, size_t best)
{
    const size_t in = onnx_window_size(w->in);
    size_t at[SPATIAL_MAX];
    onnx_window_place(w->in, best % in, at);
    if (!onnx_attribute_int(call->node, "storage_order", 0))
        return (int64_t)best;
    return (int64_t)(best / in * in + (at[2] * w->in[1] + at[1]) * w->in[0] + at[0]);
}

static void store_greatest(const onnx_call *call, const struct window *w, size_t i,
                           const struct pool *pool)
{
    const onnx_tensor *x = call->inputs[0], *y = call->outputs[0];
    const bool found = pool->best != SIZE_MAX;
    if (y->floats)
        y->floats[i] = found ? x->floats[pool->best] : -INFINITY;
    else
        y->ints[i] = found ? x->ints[pool->best] : 0;
    if (onnx_wants(call, 1))
        call->outputs[1]->ints[i] = found ? index_of(call, w, pool->best) : -1;
}

bool onnx_max_pool(onnx_call *call)
{
    struct window w;
    if (!read_pool(call, &w))
        return false;
    const onnx_tensor *y = call->outputs[0];
    if (onnx_wants(call, 1) && !onnx_output_at(call, 1, ONNX_INT64, y->rank, y->dims))
        return false;
    if (y->count)
        pool_planes(call, &w, store_greatest);
    return true;
}

/* ---- AveragePool ---- */

static void store_average(const onnx_call *call, const struct window *w, size_t i,
                          const struct pool *pool)
{
    const bool with_pads = onnx_attribute_int(call->node, "count_include_pad", 0) != 0;
    const size_t count = with_pads ? pool->padded : pool->inside;
    (void)w;
    call->outputs[0]->floats[i] = count ? pool->sum / (float)count : 0;
}

bool onnx_average_pool(onnx_call *call)
{
    struct window w;
    if (!onnx_check_floats(call) || !read_pool(call, &w))
        return false;
    if (call->outputs[0]->count)
        pool_planes(call, &w, store_average);
    return true;
}

/* ---- Over everything ---- */

static bool pool_all(onnx_call *call, bool greatest)
{
    const onnx_tensor *x = call->inputs[0];
    size_t dims[ONNX_RANK_MAX] = {0};
    if (!onnx_check_floats(call))
        return false;
    if (x->rank < 3)
        return fail(call->failure, "its input must have three dimensions or more");
    for (size_t d = 0; d < x->rank; d++)
        dims[d] = d < 2 ? x->dims[d] : 1;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, dims);
    if (!y)
        return false;
    const size_t count = y->count ? x->count / y->count : 0;
    for (size_t i = 0; i < y->count; i++) {
        float found = greatest ? -INFINITY : 0;
        for (size_t k = i * count; k < (i + 1) * count; k++)
            found = !greatest                                     ? found + x->floats[k]
                    : x->floats[k] > found || isnan(x->floats[k]) ? x->floats[k]
                                                                  : found;
        y->floats[i] = greatest ? found : found / (float)count;
    }
    return true;
}

bool onnx_global_average_pool(onnx_call *call)
{
    return pool_all(call, false);
}

bool onnx_global_max_pool(onnx_call *call)
{
    return pool_all(call, true);
}
