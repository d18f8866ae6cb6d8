/* SPDX-License-Identifier: MIT */
/* How wide values are, and where what nodes take apart lies in them. */
#include "onnx/spell_places.h"

#include <string.h>

enum { STEPS_MAX = 1 << 16 };

const onnx_tensor *spell_constant(const struct spell *s, int value)
{
    return value < 0 ? NULL : s->model->values[value].constant;
}

const onnx_node *spell_maker(const struct spell *s, int value)
{
    return value < 0 || s->leaves[value] || spell_constant(s, value) ? NULL : s->makers[value];
}

size_t spell_place(const onnx_node *node, int value)
{
    size_t place = 0;
    while (node->outputs[place] != value)
        place++;
    return place;
}

bool spell_is_last(const struct spell *s, int64_t axis)
{
    return axis == -1 || axis == (int64_t)s->rank - 1;
}

/* Whole numbers from an input that is a constant, or from an attribute; NULL: neither. */
static const int64_t *numbers_of(const struct spell *s, const onnx_node *node, size_t input,
                                 const char *attribute, size_t *count)
{
    const onnx_tensor *tensor = spell_constant(s, spell_input(node, input));
    const onnx_attribute *list = onnx_attribute_find(node, attribute);
    *count = tensor ? tensor->count : list ? list->int_count : 0;
    return tensor ? tensor->ints : list ? list->ints : NULL;
}

const onnx_tensor *spell_matrix(const struct spell *s, const onnx_node *node)
{
    const bool gemm = spell_is_op(node, "Gemm");
    const onnx_tensor *matrix =
        gemm || spell_is_op(node, "MatMul") ? spell_constant(s, spell_input(node, 1)) : NULL;
    if (!matrix || !matrix->floats || matrix->rank != 2 ||
        (gemm && (onnx_attribute_int(node, "transA", 0) || s->rank != 2)))
        return NULL;
    return matrix;
}

bool spell_is_turned(const onnx_node *node)
{
    return spell_is_op(node, "Gemm") && onnx_attribute_int(node, "transB", 0);
}

/* ---- Widths ---- */

bool spell_part(struct spell *s, const onnx_node *node, size_t place, size_t *start, size_t *length)
{
    size_t count;
    const int64_t *given = numbers_of(s, node, 1, "split", &count);
    if (!spell_is_last(s, onnx_attribute_int(node, "axis", 0)) ||
        (!given && (spell_input(node, 1) >= 0 || onnx_attribute_find(node, "split"))))
        return false;
    *start = 0;
    if (!given) {
        const size_t parts = node->output_count;
        const int64_t asked = onnx_attribute_int(node, "num_outputs", (int64_t)parts);
        const size_t all = spell_width(s, spell_input(node, 0));
        *length = all / parts;
        *start = place * *length;
        return asked == (int64_t)parts && all && all % parts == 0;
    }
    if (place >= count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (given[i] < 1 || given[i] > INT32_MAX)
            return false;
    for (size_t i = 0; i < place; i++)
        *start += (size_t)given[i];
    *length = (size_t)given[place];
    return true;
}

bool spell_slice(struct spell *s, const onnx_node *node, size_t *start, size_t *length)
{
    size_t counts[4];
    const bool listed = node->opset < 10;
    const int64_t *starts = numbers_of(s, node, listed ? 9 : 1, "starts", &counts[0]),
                  *ends = numbers_of(s, node, listed ? 9 : 2, "ends", &counts[1]),
                  *axes = numbers_of(s, node, listed ? 9 : 3, "axes", &counts[2]),
                  *steps = numbers_of(s, node, 4, "steps", &counts[3]);
    const size_t all = spell_width(s, spell_input(node, 0));
    if (!starts || !ends || counts[0] != 1 || counts[1] != 1 || !all || all > INT32_MAX)
        return false;
    if ((spell_input(node, 4) >= 0 && (!steps || counts[3] != 1 || steps[0] != 1)) ||
        (spell_input(node, 3) >= 0 && !axes) ||
        (axes ? counts[2] != 1 || !spell_is_last(s, axes[0]) : s->rank != 1))
        return false;
    const int64_t most = (int64_t)all;
    int64_t from = starts[0] < -most ? 0 : starts[0] < 0 ? starts[0] + most : starts[0];
    int64_t to = ends[0] > most    ? most
                 : ends[0] < -most ? 0
                 : ends[0] < 0     ? ends[0] + most
                                   : ends[0];
    if (from >= to)
        return false;
    *start = (size_t)from;
    *length = (size_t)(to - from);
    return true;
}

static size_t measure_concat(struct spell *s, const onnx_node *node)
{
    size_t sum = 0;
    if (!spell_is_last(s, onnx_attribute_int(node, "axis", 0)))
        return 0;
    for (size_t i = 0; i < node->input_count; i++) {
        const size_t width = spell_width(s, node->inputs[i]);
        if (!width)
            return 0;
        sum += width;
    }
    return sum;
}

/* Of what broadcasts: the largest. Whether all that are no constants have it is seen later. */
static size_t measure_all(struct spell *s, const onnx_node *node)
{
    size_t width = 0;
    for (size_t i = 0; i < node->input_count; i++) {
        const size_t own = spell_width(s, node->inputs[i]);
        width = own > width ? own : width;
    }
    return width;
}

static size_t measure(struct spell *s, int value)
{
    const onnx_tensor *constant = spell_constant(s, value);
    const onnx_node *node = spell_maker(s, value);
    size_t start, length;
    if (constant)
        return constant->rank ? constant->dims[constant->rank - 1] : 1;
    if (s->leaves[value])
        return s->leaves[value] == 1 ? s->I : s->H;
    if (!node || node->branch[0] || node->recurrent)
        return 0;
    const onnx_tensor *matrix = spell_matrix(s, node);
    if (matrix)
        return matrix->dims[!spell_is_turned(node)];
    if (spell_is_op(node, "Split"))
        return spell_part(s, node, spell_place(node, value), &start, &length) ? length : 0;
    if (spell_is_op(node, "Slice"))
        return spell_slice(s, node, &start, &length) ? length : 0;
    return spell_is_op(node, "Concat") ? measure_concat(s, node) : measure_all(s, node);
}

size_t spell_width(struct spell *s, int value)
{
    if (value < 0 || s->depth == SPELL_DEPTH || s->steps++ > STEPS_MAX)
        return 0;
    if (s->widths[value])
        return s->widths[value] - 1;
    s->depth++;
    const size_t width = measure(s, value);
    s->depth--;
    if (width) /* what is not known yet may be later */
        s->widths[value] = width + 1;
    return width;
}
