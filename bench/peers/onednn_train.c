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
    struct array arrays[ARRAYS];
    arrays_describe(arrays, running, running->variant->backward_weights);
    const dnnl_status_t status = backward_describe(running, arrays);
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
        memory_layout layout;
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
