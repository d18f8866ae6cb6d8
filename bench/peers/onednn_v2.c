/* SPDX-License-Identifier: MIT */
/* What oneDNN 2.x spells in its own way: a layout of memory is a struct, and a layer is described
 * in an operation descriptor first. See onednn.h. */
#include "peers/onednn.h"

static dnnl_status_t layouts_init(dnnl_memory_desc_t *layouts, const struct array *arrays,
                                  size_t count)
{
    dnnl_status_t status = dnnl_success;
    for (size_t i = 0; !status && i < count; i++)
        status = dnnl_memory_desc_init_by_tag(&layouts[i], arrays[i].count, arrays[i].extents,
                                              arrays[i].type, arrays[i].tag);
    return status;
}

dnnl_status_t array_create(dnnl_memory_t *memory, const struct array *array, dnnl_engine_t engine,
                           void *data)
{
    dnnl_memory_desc_t layout;
    const dnnl_status_t status = layouts_init(&layout, array, 1);
    return status ? status : dnnl_memory_create(memory, &layout, engine, data);
}

dnnl_status_t forward_describe(struct running *running, const struct array arrays[ARRAYS])
{
    const struct variant *variant = running->variant;
    dnnl_memory_desc_t of[ARRAYS];
    const dnnl_memory_desc_t *initial = variant->train ? &of[ARRAY_STATE] : NULL;
    dnnl_rnn_desc_t layer;
    dnnl_status_t status = layouts_init(of, arrays, ARRAYS);
    if (status)
        return status;
    if (running->layout->is_lstm)
        status = dnnl_lstm_forward_desc_init(
            &layer, variant->propagation, dnnl_unidirectional_left2right, &of[ARRAY_X], initial,
            initial, &of[ARRAY_W], &of[ARRAY_U], &of[ARRAY_B], &of[ARRAY_Y], NULL, NULL, 0);
    else
        status = dnnl_lbr_gru_forward_desc_init(
            &layer, variant->propagation, dnnl_unidirectional_left2right, &of[ARRAY_X], initial,
            &of[ARRAY_W], &of[ARRAY_U], &of[ARRAY_B], &of[ARRAY_Y], NULL, 0);
    return status ? status
                  : dnnl_primitive_desc_create(&running->forward.description, &layer,
                                               running->attributes, running->engine, NULL);
}

dnnl_status_t backward_describe(struct running *running, const struct array arrays[ARRAYS])
{
    dnnl_memory_desc_t of[ARRAYS];
    const dnnl_memory_desc_t *x = &of[ARRAY_X], *y = &of[ARRAY_Y], *b = &of[ARRAY_B];
    const dnnl_memory_desc_t *W = &of[ARRAY_W], *dW = &of[ARRAY_DW];
    const dnnl_memory_desc_t *U = &of[ARRAY_U], *dU = &of[ARRAY_DU], *state = &of[ARRAY_STATE];
    dnnl_rnn_desc_t layer;
    dnnl_status_t status = layouts_init(of, arrays, ARRAYS);
    if (status)
        return status;
    if (running->layout->is_lstm)
        status = dnnl_lstm_backward_desc_init(&layer, dnnl_backward, dnnl_unidirectional_left2right,
                                              x, state, state, W, U, b, y, NULL, NULL, x, state,
                                              state, dW, dU, b, y, NULL, NULL, 0);
    else
        status = dnnl_lbr_gru_backward_desc_init(&layer, dnnl_backward,
                                                 dnnl_unidirectional_left2right, x, state, W, U, b,
                                                 y, NULL, x, state, dW, dU, b, y, NULL, 0);
    return status ? status
                  : dnnl_primitive_desc_create(&running->backward.description, &layer, NULL,
                                               running->engine, running->forward.description);
}
