/* SPDX-License-Identifier: MIT */
/* Kinds of nodes of random_branches.c: those by numbers that the graph computes, sums of products
 * and of exponentials, powers and spectra. */
#include "runner/draw_branches.h"

#include <string.h>

/* The place of the greatest along an axis, which stays; so it is an index of x. */
static char *place(struct drawing *d, const struct made *x, size_t axis, bool keeps)
{
    char *name = draw_node(d, draw_below(d, 2) ? "ArgMax" : "ArgMin", x->name, NULL, NULL);
    writer_int(d->writer, d->last, "axis", (int64_t)axis);
    writer_int(d->writer, d->last, "keepdims", keeps);
    return name;
}

static char *as_float(struct drawing *d, char *name)
{
    name = draw_node(d, "Cast", name, NULL, NULL);
    writer_int(d->writer, d->last, "to", ONNX_FLOAT);
    return name;
}

char *draw_power(struct drawing *d, const struct made *x)
{
    char *size = draw_node(d, "Abs", x->name, NULL, NULL);
    char *power = draw_below(d, 2) ? draw_like(d, x)->name : draw_constant(d, 1, (size_t[]){1}, 2);
    return draw_node(d, "Pow", size, power, NULL);
}

char *draw_mean(struct drawing *d, const struct made *x)
{
    return draw_node(d, "Mean", x->name, draw_like(d, x)->name,
                     draw_below(d, 2) ? draw_constant(d, 1, (size_t[]){1}, 1) : NULL);
}

char *draw_chosen(struct drawing *d, const struct made *x)
{
    const size_t axis = draw_below(d, x->rank);
    char *name = draw_node(d, "GatherElements", x->name, place(d, x, axis, true), NULL);
    writer_int(d->writer, d->last, "axis", (int64_t)axis);
    if (axis > 0 || draw_below(d, 2))
        return name;
    const int64_t last = -1;
    char *rows = draw_node(d, "Unsqueeze", place(d, x, 0, false), draw_list(d, &last, 1), NULL);
    return draw_node(d, "GatherND", x->name, rows, NULL);
}

char *draw_top(struct drawing *d, const struct made *x)
{
    const size_t axis = draw_below(d, x->rank);
    const int64_t count = 1 + (int64_t)draw_below(d, x->dims[axis]);
    char *values = writer_name(d->writer), *places = writer_name(d->writer);
    d->last = writer_node(d->writer, "TopK", (char *[]){x->name, draw_list(d, &count, 1), NULL},
                          (char *[]){values, places, NULL});
    writer_int(d->writer, d->last, "axis", (int64_t)axis);
    writer_int(d->writer, d->last, "largest", (int64_t)draw_below(d, 2));
    return draw_below(d, 2) ? values : as_float(d, places);
}

char *draw_scattered(struct drawing *d, const struct made *x)
{
    static const char *const reductions[] = {"none", "add", "mul"};
    const size_t axis = draw_below(d, x->rank);
    const int64_t axes[] = {(int64_t)axis};
    char *indices = place(d, x, axis, true);
    char *updates = draw_node(d, "ReduceMean", x->name, NULL, NULL);
    writer_list(d->writer, d->last, "axes", axes, 1);
    char *name = draw_node(d, "ScatterElements", x->name, indices, updates);
    writer_int(d->writer, d->last, "axis", (int64_t)axis);
    writer_string(d->writer, d->last, "reduction", reductions[draw_below(d, 3)]);
    return name;
}

char *draw_one_hot(struct drawing *d, const struct made *x)
{
    const size_t axis = draw_below(d, x->rank);
    const int64_t depth = 1 + (int64_t)draw_below(d, 5);
    char *name = draw_node(d, "OneHot", place(d, x, axis, false), draw_list(d, &depth, 1),
                           draw_constant(d, 1, (size_t[]){2}, 1));
    writer_int(d->writer, d->last, "axis", (int64_t)draw_below(d, x->rank));
    return name;
}

/* Some letters of x, in any order, with a constant of one or two of them and one of its own. */
char *draw_einsum(struct drawing *d, const struct made *x)
{
    char letters[ONNX_RANK_MAX + 1] = {0}, own[4] = {0}, out[2 * ONNX_RANK_MAX] = {0};
    size_t dims[3], count = 0;
    for (size_t i = 0; i < x->rank; i++)
        letters[i] = (char)('a' + i);
    const size_t first = draw_below(d, x->rank), more = draw_below(d, 2);
    for (size_t i = first; i < x->rank && i < first + 1 + more; i++, count++) {
        own[count] = letters[i];
        dims[count] = x->dims[i];
    }
    own[count] = 'z';
    dims[count++] = 1 + draw_below(d, 4);
    for (size_t i = 0; i < x->rank; i++)
        if (!strchr(own, letters[i]) || draw_below(d, 5) == 0)
            out[strlen(out)] = letters[i];
    out[strlen(out)] = 'z';
    for (size_t i = strlen(out); i-- > 1;) {
        const size_t k = draw_below(d, i + 1);
        const char letter = out[i];
        out[i] = out[k];
        out[k] = letter;
    }
    const bool turned = draw_below(d, 2);
    char *matrix = draw_constant(d, count, dims, 0.7f);
    char *name = draw_node(d, "Einsum", turned ? matrix : x->name, turned ? x->name : matrix, NULL);
    writer_string(
        d->writer, d->last, "equation",
        writer_format(d->writer, "%s,%s->%s", turned ? own : letters, turned ? letters : own, out));
    return name;
}

char *draw_spectrum(struct drawing *d, const struct made *x)
{
    const int64_t last = -1, length = 1 + (int64_t)draw_below(d, 7);
    if (x->rank >= RANK)
        return NULL;
    char *parts = draw_node(d, "Unsqueeze", x->name, draw_list(d, &last, 1), NULL);
    char *name =
        draw_node(d, "DFT", parts, draw_below(d, 2) ? draw_list(d, &length, 1) : NULL, NULL);
    writer_int(d->writer, d->last, "axis", (int64_t)draw_below(d, x->rank));
    writer_int(d->writer, d->last, "onesided", (int64_t)draw_below(d, 2));
    return name;
}

char *draw_planes(struct drawing *d, const struct made *x)
{
    if (x->rank < 3)
        return NULL;
    return draw_node(d, "InstanceNormalization", x->name, draw_constant(d, 1, x->dims + 1, 1),
                     draw_constant(d, 1, x->dims + 1, 1));
}

char *draw_log_sum(struct drawing *d, const struct made *x)
{
    const int64_t axes[] = {(int64_t)draw_below(d, x->rank)};
    char *name = draw_node(d, "ReduceLogSumExp", x->name, NULL, NULL);
    writer_list(d->writer, d->last, "axes", axes, 1);
    writer_int(d->writer, d->last, "keepdims", (int64_t)draw_below(d, 2));
    return name;
}

/* By a constant matrix from the left, and what is added to its rows. */
char *draw_left(struct drawing *d, const struct made *x)
{
    if (x->rank < 2)
        return NULL;
    const size_t dims[] = {1 + draw_below(d, 6), x->dims[x->rank - 2]}, rows[] = {dims[0], 1};
    char *name = draw_node(d, "MatMul", draw_constant(d, 2, dims, 0.7f), x->name, NULL);
    return draw_below(d, 2) ? name : draw_node(d, "Add", name, draw_constant(d, 2, rows, 1), NULL);
}

/* Products of two values: matrices, or a convolution of the first of a batch over all. */
char *draw_computed(struct drawing *d, const struct made *x)
{
    if (x->rank == 2) {
        char *name = draw_node(d, "Gemm", x->name, draw_like(d, x)->name, NULL);
        writer_int(d->writer, d->last, "transB", 1);
        return name;
    }
    if (x->rank < 3)
        return NULL;
    const int64_t zero = 0, one = 1;
    char *filter = writer_name(d->writer);
    writer_node(d->writer, "Slice",
                (char *[]){draw_like(d, x)->name, draw_list(d, &zero, 1), draw_list(d, &one, 1),
                           draw_list(d, &zero, 1), NULL},
                (char *[]){filter, NULL});
    return draw_node(d, "Conv", x->name, filter, NULL);
}
