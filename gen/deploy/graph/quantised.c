/* SPDX-License-Identifier: MIT */
/* QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear: loops over single elements, which
 * give the bits of the plain operators. */
#include "deploy/graph/lower.h"
#include "onnx/scales.h"

#include <stdio.h>
#include <string.h>

const char *lower_quantise_word(enum whole whole)
{
    static const char *const words[] = {[WHOLE_I16] = "quantise_i16",
                                        [WHOLE_U16] = "quantise_u16",
                                        [WHOLE_I8] = "quantise_i8",
                                        [WHOLE_U8] = "quantise_u8"};
    return words[whole];
}

/* ---- Scales ---- */

/* A value as far as a tensor tells: where it is no constant, its elements are none. */
static onnx_tensor tensor_of(const struct value *value)
{
    static float no_float;
    static int64_t no_int;
    onnx_tensor tensor = {.rank = value->rank, .count = lower_count(value)};
    memcpy(tensor.dims, value->dims, sizeof tensor.dims);
    tensor.floats = value->is_int ? NULL : &no_float;
    tensor.ints = value->is_int ? &no_int : NULL;
    return value->constant ? *value->constant : tensor;
}

/* One number for each element of x, as a constant of its shape. */
static bool expand(struct lowering *l, const struct onnx_scales *scales, const struct value *x,
                   const onnx_tensor *given, struct value *placed)
{
    onnx_tensor *all =
        onnx_tensor_create(l->onnx->memory, given->type, x->rank, x->dims, l->failure);
    if (!all)
        return lower_refuse(l, "%s", l->failure->sentence);
    for (size_t i = 0; i < all->count; i++)
        onnx_copy(given, onnx_scale_of(scales, i), all, i, 1);
    lower_set_constant(placed, all);
    return true;
}

/* Scales or zero points so that they broadcast to x. */
static bool place(struct lowering *l, const struct onnx_scales *scales, const struct value *x,
                  struct value *given, struct value *placed)
{
    *placed = lower_blank(1);
    if (scales->block && !given->constant)
        return lower_refuse(l, "its scales by block are no constants");
    if (scales->block)
        return expand(l, scales, x, given->constant, placed);
    if (given->rank > 1 && !scales->one)
        return lower_refuse(l, "the shape of its scale does not go together with its input");
    placed->whole = given->whole;
    const struct view view = lower_view(l, given);
    struct view along = {.buffer = view.buffer, .offset = view.offset};
    if (scales->one) {
        placed->constant = given->constant; /* of one element: its shape does not matter */
    } else {
        along.rank = x->rank - scales->axis;
        for (size_t d = 0; d < along.rank; d++)
            along.dims[d] = d ? 1 : view.dims[0];
        along.strides[0] = view.strides[0];
    }
    lower_set_view(placed, &along, given->is_int);
    return true;
}

/* The scales and zero points of x, which is input 0; *zero: left out. */
static bool read_scales(struct lowering *l, struct value *scale, struct value *zero, bool *has_zero)
{
    const struct value *x = lower_input(l, 0);
    struct value *scales_given = lower_input(l, 1), *zeros_given = lower_input(l, 2);
    const onnx_call call = {l->node, NULL, NULL, l->scratch, l->failure};
    struct onnx_scales scales;
    *has_zero = zeros_given;
    if (!x || !scales_given)
        return lower_refuse(l, "an input is missing");
    const onnx_tensor tensor = tensor_of(x), by = tensor_of(scales_given),
                      from = zeros_given ? tensor_of(zeros_given) : tensor;
    if (!onnx_scales_read(&call, &tensor, &by, zeros_given ? &from : NULL, &scales))
        return lower_refuse(l, "%s", l->failure->sentence);
    return place(l, &scales, x, scales_given, scale) &&
           (!zeros_given || place(l, &scales, x, zeros_given, zero));
}

/* ---- The operators ---- */

static bool quantise(struct lowering *l, struct value *x, struct value *scale, struct value *zero,
                     enum whole whole, struct value *y)
{
    char words[64];
    struct value *of[] = {x, scale, zero};
    snprintf(words, sizeof words, "a %sb div %s %s", x->is_int ? "to_float " : "",
             zero ? "c" : "#0", lower_quantise_word(whole));
    if (!lower_expression(l, of, zero ? 3 : 2, words, y))
        return false;
    y->whole = whole;
    return true;
}

bool lower_quantize_linear(struct lowering *l)
{
    struct value *x = lower_input(l, 0), scale, zero;
    const int64_t named = onnx_attribute_int(l->node, "output_dtype", 0);
    enum whole whole = named ? lower_whole((enum onnx_type)named) : WHOLE_U8;
    bool has_zero;
    if (!read_scales(l, &scale, &zero, &has_zero))
        return false;
    whole = has_zero ? zero.whole : whole;
    if (!lower_quantise_word(whole))
        return lower_refuse(l, "what it quantises to is not of 8 or 16 bits");
    return quantise(l, x, &scale, has_zero ? &zero : NULL, whole, lower_output(l, 0));
}

bool lower_dequantize_linear(struct lowering *l)
{
    struct value *x = lower_input(l, 0), scale, zero;
    const int64_t named = onnx_attribute_int(l->node, "output_dtype", ONNX_FLOAT);
    bool has_zero;
    if (!read_scales(l, &scale, &zero, &has_zero))
        return false;
    const bool is_short = x->is_int && lower_quantise_word(x->whole);
    if (!x->is_int || (!is_short && x->whole != WHOLE_I32) || (has_zero && zero.whole != x->whole))
        return lower_refuse(l, "what it dequantises is not of 8, 16 or 32 bits");
    if (!onnx_type_is_float((enum onnx_type)named))
        return lower_refuse(l, "what it dequantises to are no floats");
    struct value *of[] = {x, &scale, &zero};
    return lower_expression(l, of, has_zero ? 3 : 2,
                            is_short ? (has_zero ? "a c dequantise b mul" : "a #0 dequantise b mul")
                            : has_zero ? "a c int_sub to_float b mul"
                                       : "a to_float b mul",
                            lower_output(l, 0));
}

/* The least or greatest element, or 0, as one number. */
static bool find_end(struct lowering *l, struct value *x, const char *function, struct value *end)
{
    bool axes[ONNX_RANK_MAX];
    for (size_t d = 0; d < ONNX_RANK_MAX; d++)
        axes[d] = true;
    *end = lower_blank(2);
    if (!lower_reduction(l, x, axes, "a", function, 0, end))
        return false;
    end->rank = end->view.rank = 0;
    return true;
}

/* To uint8, by the least and the greatest element. */
bool lower_dynamic_quantize_linear(struct lowering *l)
{
    struct value *x = lower_input(l, 0), least, greatest, scale = lower_blank(2),
                 zero = lower_blank(2);
    if (!x || x->is_int)
        return lower_refuse(l, "it works on floats only");
    lower_view(l, x);
    struct value *const ends[] = {&greatest, &least}, *const from[] = {&least, &scale};
    if (!find_end(l, x, "least_number", &least) || !find_end(l, x, "greatest_number", &greatest) ||
        !lower_expression(l, ends, 2, "a b greater a b sub 255 div 1 where", &scale))
        return false;
    lower_view(l, &scale);
    if (!lower_expression(l, from, 2, "a neg b div #0 quantise_u8", &zero))
        return false;
    zero.whole = WHOLE_U8;
    lower_view(l, &zero);
    if (lower_output(l, 1))
        lower_set_view(lower_output(l, 1), &scale.view, false);
    if (lower_output(l, 2)) {
        lower_set_view(lower_output(l, 2), &zero.view, true);
        lower_output(l, 2)->whole = WHOLE_U8;
    }
    return !lower_output(l, 0) || quantise(l, x, &scale, &zero, WHOLE_U8, lower_output(l, 0));
}
