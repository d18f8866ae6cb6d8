/* SPDX-License-Identifier: MIT */
/* Windows over two dimensions, of which the first may be of size 1: what convolutions and pooling
 * read, and where what they give lies. */
#include "deploy/graph/lower.h"
#include "onnx/window.h"

#include <string.h>

/* A window's first dimension of three is not used here: the other two are rows and columns. */
enum { ROWS = 1, COLUMNS = 2 };

static struct view as_planes(const struct view *view)
{
    struct view x = *view;
    if (x.rank == 4)
        return x;
    x.dims[3] = x.dims[2];
    x.strides[3] = x.strides[2];
    x.dims[2] = 1;
    x.strides[2] = 0;
    x.rank = 4;
    return x;
}

/* How far windows reach in a dimension, counted from the first one on. */
static size_t reach(const struct window *w, size_t d)
{
    return (w->out[d] - 1) * (size_t)w->stride[d] + (w->kernel[d] - 1) * (size_t)w->dilation[d] + 1;
}

struct view lower_window_input(struct lowering *l, const struct window *w, float fill,
                               const int64_t spread[2])
{
    const struct view given = lower_view(l, lower_input(l, 0)), x = as_planes(&given);
    size_t size[2], before[2],
        skipped[2]; /* of pads below 0 the input is not read from its start */
    bool is_inside = true;
    for (size_t k = 0; k < 2; k++) {
        const size_t d = ROWS + k;
        before[k] = w->before[d] > 0 ? (size_t)w->before[d] : 0;
        skipped[k] = w->before[d] < 0 ? (size_t)-w->before[d] : 0;
        const size_t end = before[k] + (w->in[d] - 1) * (size_t)spread[k] + 1,
                     last = skipped[k] + reach(w, d);
        size[k] = last > end ? last : end;
        is_inside &= !w->before[d] && reach(w, d) <= w->in[d] && spread[k] == 1;
    }
    if (is_inside)
        return x;
    const size_t dims[] = {x.dims[0], size[0], size[1], x.dims[1]};
    const struct view all = view_dense(
        schedule_buffer(l->schedule, PLACE_ARENA, false, dims[0] * dims[1] * dims[2] * dims[3]), 4,
        dims);
    struct view padded = {.buffer = all.buffer,
                          .rank = 4,
                          .dims = {x.dims[0], x.dims[1], size[0], size[1]},
                          .strides = {all.strides[0], 1, all.strides[1], all.strides[2]}};
    struct view inner = padded;
    memcpy(inner.dims, x.dims, sizeof inner.dims);
    for (size_t k = 0; k < 2; k++) {
        inner.offset += (ptrdiff_t)before[k] * padded.strides[2 + k];
        inner.strides[2 + k] *= (ptrdiff_t)spread[k];
        padded.offset += (ptrdiff_t)skipped[k] * padded.strides[2 + k];
    }
    lower_fill(l, fill, 0, &all);
    lower_copy(l, &x, &inner);
    return padded;
}

struct view lower_window_patches(const struct window *w, const struct view *x, size_t channels)
{
    const ptrdiff_t row = x->strides[2], column = x->strides[3];
    return (struct view){.buffer = x->buffer,
                         .rank = 6,
                         .offset = x->offset,
                         .dims = {x->dims[0], w->out[ROWS], w->out[COLUMNS], w->kernel[ROWS],
                                  w->kernel[COLUMNS], channels},
                         .strides = {x->strides[0], row * (ptrdiff_t)w->stride[ROWS],
                                     column * (ptrdiff_t)w->stride[COLUMNS],
                                     row * (ptrdiff_t)w->dilation[ROWS],
                                     column * (ptrdiff_t)w->dilation[COLUMNS], x->strides[1]}};
}

struct view lower_window_output(const struct lowering *l, const struct view *made)
{
    const bool flat = lower_input(l, 0)->rank == 3;
    struct view view = {.buffer = made->buffer, .rank = flat ? 3 : 4, .offset = made->offset};
    const size_t order[] = {0, 3, flat ? 2 : 1, 2};
    for (size_t d = 0; d < view.rank; d++) {
        view.dims[d] = made->dims[order[d]];
        view.strides[d] = made->strides[order[d]];
    }
    return view;
}
