/* SPDX-License-Identifier: MIT */
/* Views, and loops over them in as few dimensions as there need be. */
#include "schedule/schedule.h"

#include <string.h>

size_t view_count(const struct view *view)
{
    size_t count = 1;
    for (size_t d = 0; d < view->rank; d++)
        count *= view->dims[d];
    return count;
}

struct view view_dense(int buffer, size_t rank, const size_t *dims)
{
    struct view view = {.buffer = buffer, .rank = rank};
    ptrdiff_t stride = 1;
    for (size_t d = rank; d-- > 0; stride *= (ptrdiff_t)dims[d]) {
        view.dims[d] = dims[d];
        view.strides[d] = stride;
    }
    return view;
}

bool view_is_dense(const struct view *view)
{
    ptrdiff_t stride = 1;
    bool gapless = true;
    for (size_t d = view->rank; d-- > 0; stride *= (ptrdiff_t)view->dims[d])
        gapless &= view->dims[d] == 1 || view->strides[d] == stride;
    return gapless;
}

struct view view_broadcast(const struct view *view, size_t rank, const size_t *dims)
{
    struct view wide = {.buffer = view->buffer, .offset = view->offset, .rank = rank};
    const size_t before = rank - view->rank;
    memcpy(wide.dims, dims, rank * sizeof *dims);
    for (size_t d = before; d < rank; d++)
        wide.strides[d] = view->dims[d - before] == 1 ? 0 : view->strides[d - before];
    return wide;
}

/* ---- Loops ---- */

/* What a loop reads and writes, one after another; NULL: there is no more. */
static struct view *view_of(struct loop *loop, size_t k)
{
    if (k == 0)
        return &loop->to;
    return k <= loop->operand_count ? &loop->operands[k - 1].view : NULL;
}

static void remove_dim(struct loop *loop, size_t dim)
{
    const bool reduced = dim >= loop->rank - loop->reduced;
    for (size_t d = dim; d + 1 < loop->rank; d++) {
        loop->dims[d] = loop->dims[d + 1];
        loop->open[d] = loop->open[d + 1];
    }
    struct view *view;
    for (size_t k = 0; (view = view_of(loop, k)); k++)
        for (size_t d = dim; d + 1 < loop->rank; d++)
            view->strides[d] = view->strides[d + 1];
    loop->rank--;
    loop->reduced -= reduced;
}

static void swap_dims(struct loop *loop, size_t a, size_t b)
{
    const size_t dim = loop->dims[a];
    const bool open = loop->open[a];
    loop->dims[a] = loop->dims[b];
    loop->dims[b] = dim;
    loop->open[a] = loop->open[b];
    loop->open[b] = open;
    struct view *view;
    for (size_t k = 0; (view = view_of(loop, k)); k++) {
        const ptrdiff_t stride = view->strides[a];
        view->strides[a] = view->strides[b];
        view->strides[b] = stride;
    }
}

/* Those that are left, by how far apart what is written lies. */
static void sort_dims(struct loop *loop)
{
    const size_t kept = loop->rank - loop->reduced;
    for (size_t i = 1; i < kept; i++)
        for (size_t d = i; d > 0 && loop->to.strides[d - 1] < loop->to.strides[d]; d--)
            swap_dims(loop, d - 1, d);
}

/* Whether a dimension and the next one lie as one. */
static bool joins(struct loop *loop, size_t dim)
{
    const bool parted = dim + 1 == loop->rank - loop->reduced;
    bool joined = !parted;
    struct view *view;
    for (size_t k = 0; (view = view_of(loop, k)); k++)
        joined &= view->strides[dim] == view->strides[dim + 1] * (ptrdiff_t)loop->dims[dim + 1];
    return joined;
}

static void simplify(struct loop *loop, bool apart)
{
    for (size_t d = loop->rank; d-- > 0;)
        if (loop->dims[d] == 1 && !(apart && loop->open[d]))
            remove_dim(loop, d);
    sort_dims(loop);
    for (size_t d = loop->rank; d-- > 1;)
        if (joins(loop, d - 1) && !(apart && (loop->open[d] || loop->open[d - 1]))) {
            loop->dims[d] *= loop->dims[d - 1];
            loop->open[d] |= loop->open[d - 1];
            remove_dim(loop, d - 1);
        }
}

void loop_simplify(struct loop *loop)
{
    simplify(loop, false);
}

void loop_simplify_apart(struct loop *loop)
{
    simplify(loop, true);
}
