/* SPDX-License-Identifier: MIT */
/* Arrays of types that are not float32. See onednn.h.
 *
 * A layer of bfloat16 takes x and gives y as bfloat16, one of u8s8 takes x as bytes: what comes
 * before and after it in a network of that type would be so, too. Turning x and y round is not
 * timed, in the library's favour. Bytes are as its documentation of RNN primitives has them: an
 * activation v is the byte v * scale + shift, of x and h alike, and a weight w the byte w * scale
 * of its output, of W and U alike. x is known here, so that its scale is the best that there is. */
#include "peers/onednn.h"

#include "halves.h"
#include "pages.h"

#include <math.h>
#include <stdlib.h>

/* Of activations from -m to m: bytes from 1 to 255. */
static const float shift = 128;

static float largest(float most, const float *array, size_t count)
{
    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(array[i]));
    return most;
}

/* What the largest weight becomes. Without instructions that add up products of bytes in 32 bits,
 * two products are added in 16: 2 * 255 * 127 is cut off there, and 2 * 255 * 63 is not. */
static float most_of_bytes(void)
{
    const unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    const unsigned sums[] = {dnnl_cpu_isa_avx2_vnni, dnnl_cpu_isa_avx512_core_vnni};
    return (isa & sums[0]) == sums[0] || (isa & sums[1]) == sums[1] ? 127 : 63;
}

/* One scale an output of a gate, by the largest weight that goes into it. */
static dnnl_status_t weights_scale(const struct running *running)
{
    enum { OUTPUT_DIMENSIONS = 1 << 3 | 1 << 4 };
    const struct workload *workload = running->workload;
    const struct layout *layout = running->layout;
    const size_t H = workload->shape->H, I = workload->shape->I, outputs = layout->gates * H;
    float *scales = malloc(outputs * sizeof *scales);
    if (!scales)
        return dnnl_out_of_memory;
    for (size_t i = 0; i < outputs; i++) {
        const size_t gate = i / H, row = i % H;
        float most = largest(0, workload_weight(workload, layout->W[gate]) + row * I, I);
        most = largest(most, workload_weight(workload, layout->U[gate]) + row * H, H);
        scales[i] = most > 0 ? most_of_bytes() / most : 1;
    }
    const dnnl_status_t status = dnnl_primitive_attr_set_rnn_weights_qparams(
        running->attributes, (dnnl_dim_t)outputs, OUTPUT_DIMENSIONS, scales);
    free(scales);
    return status;
}

dnnl_status_t types_describe(struct running *running)
{
    const struct workload *workload = running->workload;
    if (running->variant->precision->x != dnnl_u8)
        return dnnl_success;
    /* h is below 1. */
    running->scale = 127 / largest(1, workload->x, workload->T * workload->B * workload->shape->I);
    dnnl_status_t status = dnnl_primitive_attr_create(&running->attributes);
    status = status ? status
                    : dnnl_primitive_attr_set_rnn_data_qparams(running->attributes, running->scale,
                                                               shift);
    return status ? status : weights_scale(running);
}

static void *bytes_of(const struct call *call, int argument)
{
    void *handle = NULL;
    dnnl_memory_get_data_handle(argument_find(call, argument), &handle);
    return handle;
}

static void narrow(const struct running *running, const float *from, void *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        switch (running->variant->precision->x) {
        case dnnl_bf16:
            ((uint16_t *)to)[i] = bfloat_narrow(from[i]);
            break;
        case dnnl_f16:
            ((uint16_t *)to)[i] = half_narrow(from[i]);
            break;
        default:
            ((uint8_t *)to)[i] = (uint8_t)rintf(from[i] * running->scale + shift);
        }
}

dnnl_status_t types_add(struct running *running, struct call *call)
{
    const struct precision *precision = running->variant->precision;
    const struct workload *workload = running->workload;
    const bool is_x = precision->x == dnnl_f32, is_y = precision->y == dnnl_f32;
    dnnl_status_t status =
        argument_add(running, call, DNNL_ARG_SRC_LAYER, is_x ? workload->x : NULL);
    if (!status && !is_x)
        narrow(running, workload->x, bytes_of(call, DNNL_ARG_SRC_LAYER),
               workload->T * workload->B * workload->shape->I);
    return status ? status
                  : argument_add(running, call, DNNL_ARG_DST_LAYER, is_y ? workload->got.y : NULL);
}

void types_collect(const struct running *running)
{
    const struct workload *workload = running->workload;
    const size_t count = workload->T * workload->B * workload->shape->output;
    const void *from = bytes_of(&running->forward, DNNL_ARG_DST_LAYER);
    float *y = workload->got.y;
    for (size_t i = 0; from != y && i < count; i++)
        switch (running->variant->precision->y) {
        case dnnl_bf16:
            y[i] = bfloat_widen(((const uint16_t *)from)[i]);
            break;
        case dnnl_f16:
            y[i] = half_widen(((const uint16_t *)from)[i]);
            break;
        default:
            y[i] = ((float)((const uint8_t *)from)[i] - shift) / running->scale;
        }
}
