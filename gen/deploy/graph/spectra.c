/* SPDX-License-Identifier: MIT */
/* DFT and STFT: products with a matrix of cosines and sines, which are computed in double, by the
 * kernels of all products. */
#include "deploy/graph/lower.h"

#include <math.h>
#include <string.h>

/* A transform of N elements, each real, or real and imaginary, of which the first so many are
 * there: what goes in and comes out. */
struct transform {
    size_t N, there, width, bins, parts;
    bool inverse, mirrored; /* mirrored: the second half of what goes in is the first one's */
    const float *window; /* NULL: there is none */
};

/* cos and sin of the N roots of unity, one after the other; NULL: there is no memory. */
static const double *make_roots(struct lowering *l, size_t N)
{
    double *roots = onnx_memory_take(l->scratch, N, 2 * sizeof *roots);
    for (size_t k = 0; roots && k < N; k++) {
        const double angle = 2 * 3.14159265358979323846 * (double)k / (double)N;
        roots[2 * k] = cos(angle);
        roots[2 * k + 1] = sin(angle);
    }
    return roots;
}

/* Adds what input n, of which the conjugate is meant where it says so, has in output k. */
static void add_root(const struct transform *t, const double *roots, double *rows, size_t inputs,
                     size_t n, size_t from, bool conjugate, size_t k)
{
    const double by = (t->window ? t->window[n] : 1) / (t->inverse ? (double)t->N : 1);
    const double c = roots[2 * (n * k % t->N)],
                 s = roots[2 * (n * k % t->N) + 1] * (t->inverse ? 1 : -1);
    for (size_t part = 0; part < t->parts; part++) {
        double *row = rows + part * inputs + from * t->width;
        row[0] += by * (part ? s : c);
        if (t->width == 2)
            row[1] += by * (conjugate ? -1 : 1) * (part ? c : -s);
    }
}

/* [bins][parts][elements][width] */
static float *make_matrix(struct lowering *l, const struct transform *t)
{
    const size_t read = t->there < t->N ? t->there : t->N, inputs = read * t->width;
    const size_t count = t->parts * inputs;
    float *matrix = lower_take(l, t->bins * count, sizeof *matrix);
    const double *roots = make_roots(l, t->N);
    double *rows = onnx_memory_take(l->scratch, count, sizeof *rows);
    if (!matrix || !rows || !roots) {
        fail_memory(l->failure);
        return NULL;
    }
    for (size_t k = 0; k < t->bins; k++) {
        for (size_t i = 0; i < count; i++)
            rows[i] = 0;
        for (size_t n = 0; n < read && !(t->mirrored && n > t->N / 2); n++) {
            add_root(t, roots, rows, inputs, n, n, false, k);
            if (t->mirrored && n > 0 && t->N - n > t->N / 2)
                add_root(t, roots, rows, inputs, t->N - n, n, true, k);
        }
        for (size_t i = 0; i < count; i++)
            matrix[k * count + i] = (float)rows[i];
    }
    return matrix;
}

/* The transform of what lies in the last two dimensions of a view, elements and their parts: in
 * their place come the outputs. */
static bool apply(struct lowering *l, const struct transform *t, const struct view *x,
                  struct view *y)
{
    struct view read = *x;
    struct value product = lower_blank(1);
    read.dims[x->rank - 2] = t->there < t->N ? t->there : t->N;
    const struct view rows = lower_flat_rows(l, &read, x->rank - 2);
    const struct affine affine = {.inputs = rows.dims[x->rank - 2],
                                  .outputs = t->bins * t->parts,
                                  .matrix = make_matrix(l, t)};
    if (!affine.matrix || !lower_affine(l, &rows, &affine, &product))
        return false;
    *y = product.view;
    y->rank = x->rank;
    y->dims[x->rank - 2] = t->bins;
    y->strides[x->rank - 2] = (ptrdiff_t)t->parts;
    y->dims[x->rank - 1] = t->parts;
    y->strides[x->rank - 1] = 1;
    return true;
}

/* A whole number of an input that is a constant, or what stands in for it. */
static bool read_number(struct lowering *l, size_t input, int64_t otherwise, int64_t *number)
{
    const onnx_tensor *given = lower_constant(l, input);
    if (lower_input(l, input) && (!given || !given->ints || given->count != 1))
        return lower_refuse(l, "its input %zu is no constant whole number", input);
    *number = given ? given->ints[0] : otherwise;
    return true;
}

/* ---- DFT ---- */

static void swap_axes(struct view *view, size_t a, size_t b)
{
    const size_t dim = view->dims[a];
    const ptrdiff_t stride = view->strides[a];
    view->dims[a] = view->dims[b];
    view->strides[a] = view->strides[b];
    view->dims[b] = dim;
    view->strides[b] = stride;
}

/* Since opset 20 the axis is an input, and a half spectrum can be gone back from. */
static bool read_dft(struct lowering *l, const struct value *x, size_t *axis, struct transform *t)
{
    enum { AXIS_IS_INPUT = 20 };
    const bool is_new = l->node->opset >= AXIS_IS_INPUT;
    const bool half = onnx_attribute_int(l->node, "onesided", 0) != 0;
    int64_t given = onnx_attribute_int(l->node, "axis", 1), N = 0;
    *t = (struct transform){.width = x->dims[x->rank - 1],
                            .inverse = onnx_attribute_int(l->node, "inverse", 0) != 0};
    if ((is_new && !read_number(l, 2, -2, &given)) || !lower_axis(l, given, x, axis))
        return false;
    t->mirrored = t->inverse && half;
    if (*axis == x->rank - 1 || (t->mirrored && (!is_new || t->width == 1)) ||
        (half && !t->inverse && t->width == 2))
        return lower_refuse(l, "its axis, inverse and onesided do not go together");
    t->there = x->dims[*axis];
    if (!read_number(l, 1, (int64_t)(t->mirrored ? 2 * (t->there - 1) : t->there), &N))
        return false;
    if (N < 1 || N > INT32_MAX)
        return lower_refuse(l, "its length is %lld", (long long)N);
    t->N = (size_t)N;
    t->parts = t->mirrored ? 1 : 2;
    t->bins = half && !t->inverse ? t->N / 2 + 1 : t->N;
    return true;
}

bool lower_dft(struct lowering *l)
{
    struct value *x = lower_input(l, 0);
    struct transform t;
    struct view y;
    size_t axis;
    if (!x || x->is_int || x->rank < 2 || x->dims[x->rank - 1] < 1 || x->dims[x->rank - 1] > 2)
        return lower_refuse(l, "its input is no floats, one or two in the last dimension");
    if (!read_dft(l, x, &axis, &t))
        return false;
    struct view view = lower_view(l, x);
    swap_axes(&view, axis, x->rank - 2);
    if (!apply(l, &t, &view, &y))
        return false;
    swap_axes(&y, axis, x->rank - 2);
    lower_set_view(lower_output(l, 0), &y, false);
    return true;
}

/* ---- STFT ---- */

/* Frames as they lie in the signal: [batch][frames][elements][width]. */
static struct view find_frames(const struct view *x, size_t frames, size_t step, size_t length)
{
    return (struct view){.buffer = x->buffer,
                         .rank = 4,
                         .offset = x->offset,
                         .dims = {x->dims[0], frames, length, x->rank == 3 ? x->dims[2] : 1},
                         .strides = {x->strides[0], x->strides[1] * (ptrdiff_t)step, x->strides[1],
                                     x->rank == 3 ? x->strides[2] : 0}};
}

bool lower_stft(struct lowering *l)
{
    struct value *x = lower_input(l, 0);
    const onnx_tensor *window = lower_constant(l, 2);
    const bool half = onnx_attribute_int(l->node, "onesided", 1) != 0;
    int64_t step = 0, length = 0;
    if (!x || x->is_int || x->rank < 2 || x->rank > 3 ||
        (x->rank == 3 && x->dims[2] != 1 && x->dims[2] != 2))
        return lower_refuse(l, "its signal is no floats: [batch][length][1 or 2]");
    if (lower_input(l, 2) && (!window || !window->floats || window->rank != 1))
        return lower_refuse(l, "its window is no constant list of floats");
    if (!read_number(l, 1, 0, &step) ||
        !read_number(l, 3, (int64_t)(window ? window->count : x->dims[1]), &length))
        return false;
    if (step < 1 || length < 1 || (uint64_t)length > x->dims[1] ||
        (window && window->count != (size_t)length))
        return lower_refuse(l, "its frames, window and signal do not go together");
    const struct view signal = lower_view(l, x);
    const size_t N = (size_t)length, frames = (x->dims[1] - N) / (size_t)step + 1;
    const struct view all = find_frames(&signal, frames, (size_t)step, N);
    const struct transform t = {.N = N,
                                .there = N,
                                .width = all.dims[3],
                                .bins = half ? N / 2 + 1 : N,
                                .parts = 2,
                                .window = window ? window->floats : NULL};
    struct view y;
    if (half && t.width == 2)
        return lower_refuse(l, "onesided is for real signals");
    if (!apply(l, &t, &all, &y))
        return false;
    lower_set_view(lower_output(l, 0), &y, false);
    return true;
}
