/* SPDX-License-Identifier: MIT */
/* What oneDNN 3.x spells in its own way: a layout of memory is a handle, and the description of a
 * primitive is created at once, peepholes and projection (which these layers have not) with it.
 * See onednn.h. */
#include "peers/onednn.h"

struct layouts {
    dnnl_memory_desc_t of[ARRAYS];
};

static void layouts_free(struct layouts *layouts)
{
    for (size_t i = 0; i < ARRAYS; i++)
        dnnl_memory_desc_destroy(layouts->of[i]);
}

static dnnl_status_t layouts_create(struct layouts *layouts, const struct array *arrays,
                                    size_t count)
{
    dnnl_status_t status = dnnl_success;
    *layouts = (struct layouts){{NULL}};
    for (size_t i = 0; !status && i < count; i++)
        status = dnnl_memory_desc_create_with_tag(&layouts->of[i], arrays[i].count,
                                                  arrays[i].extents, arrays[i].type, arrays[i].tag);
    return status;
}

dnnl_status_t array_create(dnnl_memory_t *memory, const struct array *array, dnnl_engine_t engine,
                           void *data)
{
    struct layouts layouts;
    dnnl_status_t status = layouts_create(&layouts, array, 1);
    status = status ? status : dnnl_memory_create(memory, layouts.of[0], engine, data);
    layouts_free(&layouts);
    return status;
}

dnnl_status_t forward_describe(struct running *running, const struct array arrays[ARRAYS])
{
    const dnnl_prop_kind_t propagation = running->variant->propagation;
    dnnl_primitive_desc_t *description = &running->forward.description;
    struct layouts layouts;
    dnnl_status_t status = layouts_create(&layouts, arrays, ARRAYS);
    const dnnl_memory_desc_t *of = layouts.of;
    const const_dnnl_memory_desc_t initial = running->variant->train ? of[ARRAY_STATE] : NULL;
    if (!status && running->layout->is_lstm)
        status = dnnl_lstm_forward_primitive_desc_create(
            description, running->engine, propagation, dnnl_unidirectional_left2right, of[ARRAY_X],
            initial, initial, of[ARRAY_W], of[ARRAY_U], NULL, NULL, of[ARRAY_B], of[ARRAY_Y], NULL,
            NULL, 0, running->attributes);
    else if (!status)
        status = dnnl_lbr_gru_forward_primitive_desc_create(
            description, running->engine, propagation, dnnl_unidirectional_left2right, of[ARRAY_X],
            initial, of[ARRAY_W], of[ARRAY_U], of[ARRAY_B], of[ARRAY_Y], NULL, 0,
            running->attributes);
    layouts_free(&layouts);
    return status;
}

dnnl_status_t backward_describe(struct running *running, const struct array arrays[ARRAYS])
{
    const const_dnnl_primitive_desc_t forward = running->forward.description;
    dnnl_primitive_desc_t *description = &running->backward.description;
    struct layouts layouts;
    dnnl_status_t status = layouts_create(&layouts, arrays, ARRAYS);
    const const_dnnl_memory_desc_t x = layouts.of[ARRAY_X], y = layouts.of[ARRAY_Y];
    const const_dnnl_memory_desc_t W = layouts.of[ARRAY_W], dW = layouts.of[ARRAY_DW];
    const const_dnnl_memory_desc_t U = layouts.of[ARRAY_U], dU = layouts.of[ARRAY_DU];
    const const_dnnl_memory_desc_t b = layouts.of[ARRAY_B], state = layouts.of[ARRAY_STATE];
    if (!status && running->layout->is_lstm)
        status = dnnl_lstm_backward_primitive_desc_create(
            description, running->engine, dnnl_backward, dnnl_unidirectional_left2right, x, state,
            state, W, U, NULL, NULL, b, y, NULL, NULL, x, state, state, dW, dU, NULL, NULL, b, y,
            NULL, NULL, 0, forward, NULL);
    else if (!status)
        status = dnnl_lbr_gru_backward_primitive_desc_create(
            description, running->engine, dnnl_backward, dnnl_unidirectional_left2right, x, state,
            W, U, b, y, NULL, x, state, dW, dU, b, y, NULL, 0, forward, NULL);
    layouts_free(&layouts);
    return status;
}
