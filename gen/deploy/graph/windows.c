/* SPDX-License-Identifier: MIT */
/* Windows over three dimensions, of which the first ones may be of size 1: what convolutions and
 * pooling read, and where what they give lies. */
#include "deploy/graph/lower.h"
#include "onnx/window.h"

#include <string.h>

enum { FIRST = 2 }; /* spatial dimension, after the batch and the channels */

static struct view as_planes(const struct view *view)
{
    const size_t spatial = view->rank - FIRST, skip = SPATIAL_MAX - spatial;
    struct view x = *view;
    x.rank = FIRST + SPATIAL_MAX;
    for (size_t k = 0; k < SPATIAL_MAX; k++) {
        x.dims[FIRST + k] = k < skip ? 1 : view->dims[FIRST + k - skip];
        x.strides[FIRST + k] = k < skip ? 0 : view->strides[FIRST + k - skip];
    }
    return x;
}

/* How far windows reach in a dimension, counted from the first one on. */
static size_t reach(const struct window *w, size_t d)
{
    return (w->out[d] - 1) * (size_t)w->stride[d] + (w->kernel[d] - 1) * (size_t)w->dilation[d] + 1;
}

/* A buffer with channels innermost, as [batch][channels][spatial]..., and all of it. Outputs can be
 * few where what is around the input is very much: then the input itself, and it failed. */
static struct view make_room(struct lowering *l, const struct view *x, const size_t *size,
                             struct view *all)
{
    const size_t dims[] = {x->dims[0], size[0], size[1], size[2], x->dims[1]};
    size_t count = 1;
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)
        count = weir_times(count, dims[d]);
    if (count > INT32_MAX) {
        l->has_failed = true;
        lower_refuse(l, "its input with its pads has more elements than a call can have");
        return *all = *x;
    }
    *all = view_dense(schedule_buffer(l->schedule, PLACE_ARENA, false, count),
                      sizeof dims / sizeof *dims, dims);
    return (struct view){
        .buffer = all->buffer,
        .rank = all->rank,
        .dims = {dims[0], dims[4], dims[1], dims[2], dims[3]},
        .strides = {all->strides[0], 1, all->strides[1], all->strides[2], all->strides[3]}};
}

struct view lower_window_input(struct lowering *l, const struct window *w, float fill,
                               const int64_t spread[3])
{
    const struct view given = lower_view(l, lower_input(l, 0)), x = as_planes(&given);
    size_t size[SPATIAL_MAX], before[SPATIAL_MAX],
        skipped[SPATIAL_MAX]; /* of pads below 0 the input is not read from its start */
    bool is_inside = true;
    for (size_t d = 0; d < SPATIAL_MAX; d++) {
        before[d] = w->before[d] > 0 ? (size_t)w->before[d] : 0;
        skipped[d] = w->before[d] < 0 ? (size_t)-w->before[d] : 0;
        const size_t end = before[d] + (w->in[d] - 1) * (size_t)spread[d] + 1,
                     last = skipped[d] + reach(w, d);
        size[d] = last > end ? last : end;
        is_inside &= !w->before[d] && reach(w, d) <= w->in[d] && spread[d] == 1;
    }
    if (is_inside)
        return x;
    struct view all, padded = make_room(l, &x, size, &all), inner = padded;
    memcpy(inner.dims, x.dims, sizeof inner.dims);
    for (size_t d = 0; d < SPATIAL_MAX; d++) {
        inner.offset += (ptrdiff_t)before[d] * padded.strides[FIRST + d];
        inner.strides[FIRST + d] *= (ptrdiff_t)spread[d];
        padded.offset += (ptrdiff_t)skipped[d] * padded.strides[FIRST + d];
    }
    lower_fill(l, fill, 0, &all);
    lower_copy(l, &x, &inner);
    return padded;
}

struct view lower_window_patches(const struct window *w, const struct view *x, size_t channels)
{
    struct view patches = {.buffer = x->buffer,
                           .rank = 2 + 2 * SPATIAL_MAX,
                           .offset = x->offset,
                           .dims = {x->dims[0]},
                           .strides = {x->strides[0]}};
    for (size_t d = 0; d < SPATIAL_MAX; d++) {
        patches.dims[1 + d] = w->out[d];
        patches.strides[1 + d] = x->strides[FIRST + d] * (ptrdiff_t)w->stride[d];
        patches.dims[1 + SPATIAL_MAX + d] = w->kernel[d];
        patches.strides[1 + SPATIAL_MAX + d] = x->strides[FIRST + d] * (ptrdiff_t)w->dilation[d];
    }
    patches.dims[patches.rank - 1] = channels;
    patches.strides[patches.rank - 1] = x->strides[1];
    return patches;
}

struct view lower_window_output(const struct lowering *l, const struct view *made)
{
    const size_t rank = lower_input(l, 0)->rank;
    struct view view = {.buffer = made->buffer, .rank = rank, .offset = made->offset};
    for (size_t d = 0; d < rank; d++) {
        const size_t from = d == 0 ? 0 : d == 1 ? 1 + SPATIAL_MAX : 1 + SPATIAL_MAX - rank + d;
        view.dims[d] = made->dims[from];
        view.strides[d] = made->strides[from];
    }
    return view;
}
