/* SPDX-License-Identifier: MIT */
/* DFT and STFT: each output is one sum over its line, in double, from the first element on, with
 * the roots of unity of a table. */
#include "onnx/memory.h"
#include "onnx/operators.h"

#include <math.h>
#include <string.h>

#define TAU 6.283185307179586

/* cos and sin of the N roots of unity. */
struct roots {
    size_t N;
    double *cosines, *sines;
};

static bool make_roots(onnx_call *call, size_t N, struct roots *roots)
{
    *roots = (struct roots){N, onnx_memory_take(call->memory, N, sizeof(double)),
                            onnx_memory_take(call->memory, N, sizeof(double))};
    if (!roots->cosines || !roots->sines)
        return fail_limit(call->failure);
    for (size_t k = 0; k < N; k++) {
        roots->cosines[k] = cos(TAU * (double)k / (double)N);
        roots->sines[k] = sin(TAU * (double)k / (double)N);
    }
    return true;
}

/* A line of numbers: real and imaginary parts, an element every `step`. */
struct line {
    const float *x;
    size_t count, step;
    bool is_complex; /* the imaginary part of each follows */
    bool is_half; /* of a spectrum that is its own mirror: the rest is not there */
    const float *window; /* NULL: 1 everywhere */
};

struct number {
    double real, imaginary;
};

/* Element n of N. */
static struct number element(const struct line *line, size_t n, size_t N)
{
    const bool mirrored = line->is_half && n > N / 2;
    const size_t at = mirrored ? N - n : n;
    if (at >= line->count)
        return (struct number){0, 0};
    const float *x = line->x + at * line->step;
    const double weight = line->window ? (double)line->window[n] : 1;
    const double imaginary = line->is_complex ? (double)x[1] : 0;
    return (struct number){weight * (double)x[0], weight * (mirrored ? -imaginary : imaginary)};
}

/* Output k: the sum of what is there, each times the root k*n; backward the other way round. */
static struct number transform(const struct line *line, const struct roots *roots, size_t k,
                               bool inverse)
{
    const size_t N = roots->N;
    struct number sum = {0, 0};
    for (size_t n = 0, root = 0; n < N; n++, root = (root + k) % N) {
        const struct number x = element(line, n, N);
        const double c = roots->cosines[root],
                     s = inverse ? roots->sines[root] : -roots->sines[root];
        sum.real += x.real * c - x.imaginary * s;
        sum.imaginary += x.real * s + x.imaginary * c;
    }
    if (inverse)
        sum = (struct number){sum.real / (double)N, sum.imaginary / (double)N};
    return sum;
}

/* A whole number of an input, or what stands in for it. */
static bool read_number(const onnx_call *call, size_t input, int64_t otherwise, int64_t *number)
{
    const onnx_tensor *given = onnx_input(call, input);
    if (given && (!given->ints || given->count != 1))
        return fail(call->failure, "its input %zu must be one whole number", input);
    *number = given ? given->ints[0] : otherwise;
    return true;
}

/* ---- DFT ---- */

struct dft {
    size_t axis, N, parts; /* parts: of each output, real and perhaps imaginary */
    bool inverse, half;
};

/* Since opset 20 the axis is an input, and a half spectrum can be gone back from. */
static bool read_dft(const onnx_call *call, struct dft *dft)
{
    enum { AXIS_IS_INPUT = 20 };
    const onnx_tensor *x = call->inputs[0];
    const bool is_new = call->node->opset >= AXIS_IS_INPUT;
    int64_t axis = onnx_attribute_int(call->node, "axis", 1), N = 0;
    dft->inverse = onnx_attribute_int(call->node, "inverse", 0) != 0;
    dft->half = onnx_attribute_int(call->node, "onesided", 0) != 0;
    if (!x->floats || x->rank < 2 || x->dims[x->rank - 1] < 1 || x->dims[x->rank - 1] > 2)
        return fail(call->failure, "its input must be floats, one or two in the last dimension");
    if ((is_new && !read_number(call, 2, -2, &axis)) || !onnx_axis(call, axis, x->rank, &dft->axis))
        return false;
    const bool back = dft->inverse && dft->half;
    const size_t there = x->dims[dft->axis];
    if (dft->axis == x->rank - 1 || (back && (!is_new || x->dims[x->rank - 1] == 1)) ||
        (dft->half && !dft->inverse && x->dims[x->rank - 1] == 2))
        return fail(call->failure, "its axis, inverse and onesided do not go together");
    if (!read_number(call, 1, back ? 2 * ((int64_t)there - 1) : (int64_t)there, &N))
        return false;
    if (N < 1 || N > INT32_MAX)
        return fail(call->failure, "its length is %lld", (long long)N);
    dft->N = (size_t)N;
    dft->parts = back ? 1 : 2;
    return true;
}

bool onnx_dft(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    struct dft dft;
    struct roots roots;
    size_t dims[ONNX_RANK_MAX];
    if (!read_dft(call, &dft))
        return false;
    memcpy(dims, x->dims, sizeof dims);
    dims[dft.axis] = dft.half && !dft.inverse ? dft.N / 2 + 1 : dft.N;
    dims[x->rank - 1] = dft.parts;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, dims);
    if (!y || !onnx_check_work(call, 3, (size_t[]){y->count, dft.N, 4}) ||
        !make_roots(call, dft.N, &roots))
        return false;
    const struct onnx_lines of = onnx_lines_of(y, dft.axis);
    const size_t width = x->dims[x->rank - 1], there = x->dims[dft.axis];
    const size_t lines = of.inner / dft.parts; /* side by side */
    for (size_t i = 0; i < y->count; i += dft.parts) {
        const size_t side = i / dft.parts % lines, k = i / of.inner % of.count;
        const size_t outer = i / of.inner / of.count;
        const struct line line = {x->floats + (outer * there * lines + side) * width,
                                  there,
                                  lines * width,
                                  width == 2,
                                  dft.inverse && dft.half,
                                  NULL};
        const struct number sum = transform(&line, &roots, k, dft.inverse);
        y->floats[i] = (float)sum.real;
        if (dft.parts == 2)
            y->floats[i + 1] = (float)sum.imaginary;
    }
    return true;
}

/* ---- STFT ---- */

/* How long a frame is: as told, or as its window; with neither there is nothing to go by. */
static bool read_frames(const onnx_call *call, int64_t *step, int64_t *length)
{
    const onnx_tensor *x = call->inputs[0], *window = onnx_input(call, 2);
    if (!x->floats || x->rank < 2 || x->rank > 3 ||
        (x->rank == 3 && x->dims[2] != 1 && x->dims[2] != 2))
        return fail(call->failure, "its signal must be floats: [batch][length][1 or 2]");
    if (!read_number(call, 1, 0, step) ||
        !read_number(call, 3, window ? (int64_t)window->count : (int64_t)x->dims[1], length))
        return false;
    if (window && (!window->floats || window->rank != 1 || (int64_t)window->count != *length))
        return fail(call->failure, "its window must be as many floats as a frame has");
    return (*step > 0 && *length > 0 && (uint64_t)*length <= x->dims[1]) ||
           fail(call->failure,
                "its frames of %lld every %lld do not go together with a signal of "
                "%zu",
                (long long)*length, (long long)*step, x->dims[1]);
}

bool onnx_stft(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *window = onnx_input(call, 2);
    const bool half = onnx_attribute_int(call->node, "onesided", 1) != 0;
    const size_t width = x->rank == 3 ? x->dims[2] : 1;
    struct roots roots;
    int64_t step = 0, length = 0;
    if (!read_frames(call, &step, &length))
        return false;
    if (half && width == 2)
        return fail(call->failure, "onesided is for real signals");
    const size_t N = (size_t)length, frames = (x->dims[1] - N) / (size_t)step + 1;
    const size_t bins = half ? N / 2 + 1 : N;
    onnx_tensor *y = onnx_output(call, x->type, 4, (size_t[]){x->dims[0], frames, bins, 2});
    if (!y || !onnx_check_work(call, 3, (size_t[]){y->count, N, 4}) || !make_roots(call, N, &roots))
        return false;
    for (size_t i = 0; i < y->count; i += 2) {
        const size_t k = i / 2 % bins, frame = i / 2 / bins % frames, row = i / 2 / bins / frames;
        const struct line line = {x->floats + (row * x->dims[1] + frame * (size_t)step) * width,
                                  N,
                                  width,
                                  width == 2,
                                  false,
                                  window ? window->floats : NULL};
        const struct number sum = transform(&line, &roots, k, false);
        y->floats[i] = (float)sum.real;
        y->floats[i + 1] = (float)sum.imaginary;
    }
    return true;
}
