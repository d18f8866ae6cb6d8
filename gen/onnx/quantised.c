/* SPDX-License-Identifier: MIT */
/* Quantised tensors: to and from floats, and products of them, which are exact sums of whole
 * numbers until they are brought back to a scale. */
#include "onnx/elementwise.h"
#include "onnx/linear.h"
#include "onnx/operators.h"
#include "onnx/scales.h"
#include "onnx/window.h"

#include <math.h>

/* To the nearest of the type that there is; half to even. */
static int64_t saturate(float value, int64_t zero, enum onnx_type type)
{
    int64_t least, greatest;
    const float near = isnan(value) ? 0 : fmaxf(-0x1p40f, fminf(0x1p40f, rintf(value)));
    const int64_t whole = (int64_t)near + zero;
    onnx_type_range(type, &least, &greatest);
    return whole < least ? least : whole > greatest ? greatest : whole;
}

/* ---- Scales ---- */

bool onnx_scales_read(const onnx_call *call, const onnx_tensor *x, const onnx_tensor *scale,
                      const onnx_tensor *zero, struct onnx_scales *scales)
{
    const int64_t block = onnx_attribute_int(call->node, "block_size", 0);
    size_t axis = 0;
    *scales = (struct onnx_scales){{0, 0, 0}, 0, 0, scale->count == 1};
    if (!scale->floats || (zero && (zero->count != scale->count || !zero->ints)))
        return fail(call->failure, "its scale must be floats, and its zero points as many whole "
                                   "numbers");
    if (scales->one && scale->rank < 2)
        return true;
    if (!onnx_axis(call, onnx_attribute_int(call->node, "axis", 1), x->rank, &axis))
        return false;
    scales->one = false;
    scales->axis = axis;
    scales->lines = onnx_lines_of(x, axis);
    if (scale->rank == 1 && scale->count == x->dims[axis])
        return true;
    bool fits = block > 0 && scale->rank == x->rank;
    for (size_t d = 0; fits && d < x->rank; d++) {
        const size_t dim = x->dims[d], blocks = dim / (size_t)block + (dim % (size_t)block != 0);
        fits = scale->dims[d] == (d == axis ? blocks : dim);
    }
    scales->block = fits ? (size_t)block : 0;
    return fits ||
           fail(call->failure, "the shape of its scale does not go together with its input");
}

size_t onnx_scale_of(const struct onnx_scales *scales, size_t i)
{
    if (scales->one)
        return 0;
    const struct onnx_lines *lines = &scales->lines;
    const size_t along = i / lines->inner % lines->count;
    if (!scales->block)
        return along;
    const size_t blocks = (lines->count - 1) / scales->block + 1;
    const size_t outer = i / lines->inner / lines->count;
    return (outer * blocks + along / scales->block) * lines->inner + i % lines->inner;
}

bool onnx_type_is_quantised(enum onnx_type type)
{
    return type == ONNX_UINT8 || type == ONNX_INT8 || type == ONNX_UINT16 || type == ONNX_INT16;
}

bool onnx_quantize_linear(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *scale = call->inputs[1], *zero = onnx_input(call, 2);
    const int64_t named = onnx_attribute_int(call->node, "output_dtype", 0);
    const enum onnx_type type = zero ? zero->type : named ? (enum onnx_type)named : ONNX_UINT8;
    struct onnx_scales scales;
    if (!onnx_type_is_quantised(type))
        return fail(call->failure, "to quantise to %s is not supported", onnx_type_name(type));
    if (!onnx_scales_read(call, x, scale, zero, &scales))
        return false;
    onnx_tensor *y = onnx_output(call, type, x->rank, x->dims);
    for (size_t i = 0; y && i < y->count; i++) {
        const size_t s = onnx_scale_of(&scales, i);
        const float value = x->floats ? x->floats[i] : (float)x->ints[i];
        y->ints[i] = saturate(value / scale->floats[s], zero ? zero->ints[s] : 0, type);
    }
    return y != NULL;
}

bool onnx_dequantize_linear(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0], *scale = call->inputs[1], *zero = onnx_input(call, 2);
    const int64_t named = onnx_attribute_int(call->node, "output_dtype", 0);
    const enum onnx_type type = named ? (enum onnx_type)named : scale->type;
    struct onnx_scales scales;
    if ((!onnx_type_is_quantised(x->type) && x->type != ONNX_INT32) ||
        (zero && zero->type != x->type))
        return fail(call->failure, "to dequantise %s is not supported", onnx_type_name(x->type));
    if (!onnx_scales_read(call, x, scale, zero, &scales))
        return false;
    if (!onnx_type_is_float(type))
        return fail(call->failure, "to dequantise to %s is not supported", onnx_type_name(type));
    onnx_tensor *y = onnx_output(call, type, x->rank, x->dims);
    for (size_t i = 0; y && i < y->count; i++) {
        const size_t s = onnx_scale_of(&scales, i);
        y->floats[i] = (float)(onnx_whole_at(x, i) - (zero ? zero->ints[s] : 0)) * scale->floats[s];
    }
    return y != NULL;
}

/* To uint8, by the least and the greatest element, or 0. */
bool onnx_dynamic_quantize_linear(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    float least = 0, greatest = 0;
    if (!onnx_check_floats(call))
        return false;
    for (size_t i = 0; i < x->count; i++) {
        least = fminf(least, x->floats[i]);
        greatest = fmaxf(greatest, x->floats[i]);
    }
    onnx_tensor *y = onnx_output(call, ONNX_UINT8, x->rank, x->dims);
    onnx_tensor *scale = onnx_output_at(call, 1, ONNX_FLOAT, 0, NULL);
    onnx_tensor *zero = onnx_output_at(call, 2, ONNX_UINT8, 0, NULL);
    if (!y || !scale || !zero)
        return false;
    scale->floats[0] = greatest > least ? (greatest - least) / 255 : 1;
    zero->ints[0] = saturate(-least / scale->floats[0], 0, ONNX_UINT8);
    for (size_t i = 0; i < y->count; i++)
        y->ints[i] = saturate(x->floats[i] / scale->floats[0], zero->ints[0], ONNX_UINT8);
    return true;
}

/* ---- Products ---- */

/* One number for all, or one a row or column: as a tensor that broadcasts to what it belongs to. */
static onnx_tensor as_broadcast(const onnx_tensor *given, bool by_row)
{
    onnx_tensor tensor = *given;
    if (given->rank == 1 && by_row && given->count > 1) {
        tensor.rank = 2;
        tensor.dims[1] = 1;
    } else if (given->count == 1) {
        tensor.rank = 0;
    }
    return tensor;
}

/* x without its zero points; of a convolution's kernel they are by its first dimension. */
static const onnx_tensor *centre(onnx_call *call, const onnx_tensor *x, const onnx_tensor *zero,
                                 bool by_row, bool of_kernel)
{
    onnx_walk walk;
    if (!onnx_type_is_quantised(x->type) || (zero && !onnx_type_is_quantised(zero->type))) {
        fail(call->failure, "it works on whole numbers of 8 or 16 bits only");
        return NULL;
    }
    onnx_tensor *y = onnx_tensor_create(call->memory, ONNX_INT64, x->rank, x->dims, call->failure);
    if (!y)
        return NULL;
    for (size_t i = 0; i < x->count; i++)
        y->ints[i] = onnx_whole_at(x, i);
    if (!zero)
        return y;
    onnx_tensor tensor = as_broadcast(zero, by_row);
    if (of_kernel && tensor.rank) {
        tensor.rank = x->rank;
        for (size_t d = 1; d < x->rank; d++)
            tensor.dims[d] = 1;
    }
    if (!onnx_broadcasts_to(&tensor, x) ||
        !onnx_walk_begin(&walk, (const onnx_tensor *const[]){x, &tensor}, 2)) {
        fail(call->failure, "the shape of a zero point does not go together with its input's");
        return NULL;
    }
    for (size_t i = 0; i < y->count; i++, onnx_walk_next(&walk))
        y->ints[i] -= tensor.ints[walk.at[1]];
    return y;
}

bool onnx_matmul_integer(onnx_call *call)
{
    const onnx_tensor *a =
        centre(call, call->inputs[0], onnx_input(call, 2), call->inputs[0]->rank > 1, false);
    const onnx_tensor *b = centre(call, call->inputs[1], onnx_input(call, 3), false, false);
    return a && b && onnx_matrix_product(call, a, b, ONNX_INT32);
}

/* Brings sums to a scale: those of what was multiplied, which broadcast to the sums, over that of
 * the result. */
static bool rescale(onnx_call *call, const onnx_tensor *sums, const onnx_tensor *a,
                    const onnx_tensor *b, size_t of_result)
{
    const onnx_tensor *scale = call->inputs[of_result], *zero = call->inputs[of_result + 1];
    onnx_walk walk;
    if (!a->floats || !b->floats || !scale->floats || scale->count != 1 || zero->count != 1 ||
        !onnx_type_is_quantised(zero->type))
        return fail(call->failure, "its scales must be floats, and the result's scale and zero "
                                   "point one number each");
    if (!onnx_broadcasts_to(a, sums) || !onnx_broadcasts_to(b, sums) ||
        !onnx_walk_begin(&walk, (const onnx_tensor *const[]){sums, a, b}, 3))
        return fail(call->failure, "the shapes of its scales do not go together with its inputs'");
    onnx_tensor *y = onnx_output(call, zero->type, sums->rank, sums->dims);
    for (size_t i = 0; y && i < y->count; i++, onnx_walk_next(&walk)) {
        const float factor = a->floats[walk.at[1]] * b->floats[walk.at[2]] / scale->floats[0];
        y->ints[i] = saturate((float)sums->ints[i] * factor, zero->ints[0], zero->type);
    }
    return y != NULL;
}

bool onnx_qlinear_matmul(onnx_call *call)
{
    const onnx_tensor *const *in = call->inputs;
    const bool has_rows = in[0]->rank > 1;
    const onnx_tensor *a = centre(call, in[0], in[2], has_rows, false);
    const onnx_tensor *b = centre(call, in[3], in[5], false, false);
    if (!a || !b || !onnx_matrix_product(call, a, b, ONNX_INT64))
        return false;
    const onnx_tensor a_scale = as_broadcast(in[1], has_rows && in[3]->rank > 1);
    const onnx_tensor b_scale = as_broadcast(in[4], false);
    return rescale(call, call->outputs[0], &a_scale, &b_scale, 6);
}

/* ---- Convolutions ---- */

bool onnx_conv_integer(onnx_call *call)
{
    const onnx_tensor *x = centre(call, call->inputs[0], onnx_input(call, 2), false, false);
    const onnx_tensor *kernel =
        x ? centre(call, call->inputs[1], onnx_input(call, 3), false, true) : NULL;
    return kernel && onnx_convolution(call, x, kernel, NULL, ONNX_INT32);
}

bool onnx_qlinear_conv(onnx_call *call)
{
    const onnx_tensor *const *in = call->inputs, *bias = onnx_input(call, 8);
    if (bias && bias->type != ONNX_INT32)
        return fail(call->failure, "its bias must be int32");
    if (in[2]->count != 1 || in[1]->count != 1)
        return fail(call->failure, "the scale and zero point of its input must be one number each");
    const onnx_tensor *x = centre(call, in[0], in[2], false, false);
    const onnx_tensor *kernel = x ? centre(call, in[3], in[5], false, true) : NULL;
    if (!kernel || !onnx_convolution(call, x, kernel, bias, ONNX_INT64))
        return false;
    onnx_tensor one = as_broadcast(in[1], false), scale = as_broadcast(in[4], false);
    if (scale.rank) {
        scale.rank = in[0]->rank - 1;
        for (size_t d = 1; d < scale.rank; d++)
            scale.dims[d] = 1;
    }
    return rescale(call, call->outputs[0], &one, &scale, 6);
}
