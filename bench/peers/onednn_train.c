/* SPDX-License-Identifier: MIT */
/* oneDNN's backward primitives, and the gradients that come out of them. See onednn.h.
 *
 * Backward has its own copy of the weights, in a layout of its own, and gives gradients by them in
 * another: none is turned round in the time that counts. It adds to those gradients, so zeroing
 * them belongs to a call that overwrites; variants that accumulate leave that out, and do less than
 * was asked for. Gradients by the initial states it gives whether wanted or not. */
#include "peers/onednn.h"

static dnnl_status_t describe(struct running *running)
{
    const struct workload *workload = running->workload;
    const struct layout *layout = running->layout;
    const size_t T = workload->T, B = workload->B, I = workload->shape->I, H = workload->shape->H;
    const size_t G = layout->gates, W_extents[] = {1, 1, I, G, H}, U_extents[] = {1, 1, H, G, H};
    const dnnl_format_tag_t tag = running->variant->backward_weights;
    dnnl_memory_desc_t x, y, W, U, b, state, dW, dU;
    dnnl_rnn_desc_t description;
    dnnl_status_t status = plain_describe(&x, 3, (size_t[]){T, B, I}, dnnl_tnc);
    status |= plain_describe(&y, 3, (size_t[]){T, B, H}, dnnl_tnc);
    status |= plain_describe(&W, 5, W_extents, tag);
    status |= plain_describe(&U, 5, U_extents, tag);
    status |= plain_describe(&dW, 5, W_extents, dnnl_format_tag_any);
    status |= plain_describe(&dU, 5, U_extents, dnnl_format_tag_any);
    status |= plain_describe(&b, 4, (size_t[]){1, 1, layout->biases, H}, dnnl_ldgo);
    status |= plain_describe(&state, 4, (size_t[]){1, 1, B, H}, dnnl_ldnc);
    if (status)
        return status;
    if (layout->is_lstm)
        status = dnnl_lstm_backward_desc_init(
            &description, dnnl_backward, dnnl_unidirectional_left2right, &x, &state, &state, &W, &U,
            &b, &y, NULL, NULL, &x, &state, &state, &dW, &dU, &b, &y, NULL, NULL, 0);
    else
        status = dnnl_lbr_gru_backward_desc_init(
            &description, dnnl_backward, dnnl_unidirectional_left2right, &x, &state, &W, &U, &b, &y,
            NULL, &x, &state, &dW, &dU, &b, &y, NULL, 0);
    if (!status)
        status = dnnl_primitive_desc_create(&running->backward.description, &description, NULL,
                                            running->engine, running->forward.description);
    return status
               ? status
               : dnnl_primitive_create(&running->backward.primitive, running->backward.description);
}

/* The same memory as forward's, memory of the workload's, or zeroes. */
static dnnl_status_t arguments_add(struct running *running)
{
    static const int shared[] = {DNNL_ARG_SRC_LAYER, DNNL_ARG_DST_LAYER, DNNL_ARG_BIAS,
                                 DNNL_ARG_WORKSPACE, DNNL_ARG_SRC_ITER,  DNNL_ARG_SRC_ITER_C};
    const struct workload *workload = running->workload;
    const bool is_lstm = running->layout->is_lstm;
    const struct {
        int argument;
        void *data;
    } own[] = {{DNNL_ARG_DIFF_DST_LAYER, workload->d_y},
               {DNNL_ARG_DIFF_SRC_LAYER, workload->got.d_x},
               {DNNL_ARG_DIFF_WEIGHTS_LAYER, NULL},
               {DNNL_ARG_DIFF_WEIGHTS_ITER, NULL},
               {DNNL_ARG_DIFF_BIAS, NULL},
               {DNNL_ARG_DIFF_SRC_ITER, NULL},
               {DNNL_ARG_DIFF_SRC_ITER_C, NULL}};
    const size_t shared_count = sizeof shared / sizeof *shared - !is_lstm;
    const size_t own_count = sizeof own / sizeof *own - !is_lstm;
    dnnl_status_t status = dnnl_success;
    for (size_t i = 0; !status && i < shared_count; i++)
        status = argument_share(&running->backward, &running->forward, shared[i]);
    for (size_t i = 0; !status && i < own_count; i++)
        status = argument_add(running, &running->backward, own[i].argument, own[i].data);
    return status;
}

dnnl_status_t train_prepare(struct running *running)
{
    const struct layout *layout = running->layout;
    const struct shape *shape = running->workload->shape;
    struct call *backward = &running->backward;
    dnnl_status_t status = describe(running);
    status = status ? status : arguments_add(running);
    status = status ? status
                    : weights_add(running, backward, DNNL_ARG_WEIGHTS_LAYER, layout->W, shape->I);
    return status ? status
                  : weights_add(running, backward, DNNL_ARG_WEIGHTS_ITER, layout->U, shape->H);
}

static const int summed[] = {DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER,
                             DNNL_ARG_DIFF_BIAS};

static void gradients_zero(const struct call *backward)
{
    for (size_t i = 0; i < sizeof summed / sizeof *summed; i++) {
        const dnnl_memory_t memory = argument_find(backward, summed[i]);
        const dnnl_memory_desc_t *layout;
        void *handle;
        dnnl_memory_get_memory_desc(memory, &layout);
        dnnl_memory_get_data_handle(memory, &handle);
        memset(handle, 0, dnnl_memory_desc_get_size(layout));
    }
}

void train_backward(struct contender *self)
{
    struct running *running = self->state;
    const struct call *backward = &running->backward;
    if (!running->variant->accumulate)
        gradients_zero(backward);
    dnnl_primitive_execute(backward->primitive, running->stream, backward->count,
                           backward->arguments);
    dnnl_stream_wait(running->stream);
}

/* After the first call, so that it holds for those that accumulate, too. What does not come is left
 * as it was, which the check then finds. */
void train_collect(struct contender *self)
{
    struct running *running = self->state;
    const struct layout *layout = running->layout;
    const struct shape *shape = running->workload->shape;
    weights_collect(running, DNNL_ARG_DIFF_WEIGHTS_LAYER, layout->W, shape->I);
    weights_collect(running, DNNL_ARG_DIFF_WEIGHTS_ITER, layout->U, shape->H);
    bias_collect(running);
}
