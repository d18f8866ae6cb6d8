/* SPDX-License-Identifier: MIT */
/* Memory of oneDNN's primitives: arguments, and weights between its layouts and the workload's. See
 * onednn.h. */
#include "peers/onednn.h"

#include "pages.h"

#include <stdlib.h>

void arrays_describe(struct array arrays[ARRAYS], const struct running *running,
                     dnnl_format_tag_t weights)
{
    const struct workload *workload = running->workload;
    const dnnl_dim_t T = (dnnl_dim_t)workload->T, B = (dnnl_dim_t)workload->B;
    const dnnl_dim_t I = (dnnl_dim_t)workload->shape->I, H = (dnnl_dim_t)workload->shape->H;
    const dnnl_dim_t gates = (dnnl_dim_t)running->layout->gates;
    const dnnl_dim_t biases = (dnnl_dim_t)running->layout->biases;
    const struct precision *of = running->variant->precision;
    arrays[ARRAY_X] = (struct array){3, {T, B, I}, dnnl_tnc, of->x};
    arrays[ARRAY_Y] = (struct array){3, {T, B, H}, dnnl_tnc, of->y};
    arrays[ARRAY_W] = (struct array){5, {1, 1, I, gates, H}, weights, of->weights};
    arrays[ARRAY_U] = (struct array){5, {1, 1, H, gates, H}, weights, of->weights};
    arrays[ARRAY_B] = (struct array){4, {1, 1, biases, H}, dnnl_ldgo, dnnl_f32};
    arrays[ARRAY_STATE] = (struct array){4, {1, 1, B, H}, dnnl_ldnc, dnnl_f32};
    arrays[ARRAY_DW] = (struct array){5, {1, 1, I, gates, H}, dnnl_format_tag_any, dnnl_f32};
    arrays[ARRAY_DU] = (struct array){5, {1, 1, H, gates, H}, dnnl_format_tag_any, dnnl_f32};
}

/* ---- Arguments ---- */

dnnl_memory_t argument_find(const struct call *call, int argument)
{
    for (int i = 0; i < call->count; i++)
        if (call->arguments[i].arg == argument)
            return call->arguments[i].memory;
    return NULL;
}

dnnl_status_t argument_share(struct call *call, const struct call *from, int argument)
{
    const dnnl_memory_t memory = argument_find(from, argument);
    if (!memory || call->count == ARGUMENTS_MAX)
        return dnnl_invalid_arguments;
    call->arguments[call->count++] = (dnnl_exec_arg_t){argument, memory};
    return dnnl_success;
}

dnnl_status_t argument_add(struct running *running, struct call *call, int argument, void *data)
{
    const memory_layout layout =
        dnnl_primitive_desc_query_md(call->description, dnnl_query_exec_arg_md, argument);
    if (!layout || call->count == ARGUMENTS_MAX || running->memory_count == MEMORIES_MAX)
        return dnnl_invalid_arguments;
    void *pages = data ? NULL : pages_create(dnnl_memory_desc_get_size(layout));
    if (!data && !pages)
        return dnnl_out_of_memory;
    dnnl_memory_t memory;
    const dnnl_status_t status =
        dnnl_memory_create(&memory, layout, running->engine, data ? data : pages);
    if (status) {
        free(pages);
        return status;
    }
    running->memories[running->memory_count].pages = pages;
    running->memories[running->memory_count++].memory = memory;
    call->arguments[call->count++] = (dnnl_exec_arg_t){argument, memory};
    return dnnl_success;
}

static float *floats_of(dnnl_memory_t memory)
{
    void *handle = NULL;
    dnnl_memory_get_data_handle(memory, &handle);
    return handle;
}

/* ---- Weights ---- */

static dnnl_status_t reorder(struct running *running, dnnl_memory_t from, dnnl_memory_t to)
{
    memory_layout from_layout, to_layout;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t primitive = NULL;
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    dnnl_status_t status = dnnl_memory_get_memory_desc(from, &from_layout);
    status = status ? status : dnnl_memory_get_memory_desc(to, &to_layout);
    status = status ? status
                    : dnnl_reorder_primitive_desc_create(&description, from_layout, running->engine,
                                                         to_layout, running->engine,
                                                         running->attributes);
    status = status ? status : dnnl_primitive_create(&primitive, description);
    status = status ? status : dnnl_primitive_execute(primitive, running->stream, 2, arguments);
    status = status ? status : dnnl_stream_wait(running->stream);
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(description);
    return status;
}

/* Floats of all gates as they stand in the workload, gate by gate and row by row, which oneDNN
 * calls ldgoi; or turned round, as ldigo, which is what it makes bytes of. */
struct stack {
    float *floats;
    dnnl_memory_t memory;
};

static dnnl_status_t stack_create(struct stack *stack, const struct running *running,
                                  size_t columns, dnnl_format_tag_t tag)
{
    const size_t gates = running->layout->gates, H = running->workload->shape->H;
    const struct array plain = {
        5, {1, 1, (dnnl_dim_t)columns, (dnnl_dim_t)gates, (dnnl_dim_t)H}, tag, dnnl_f32};
    *stack = (struct stack){malloc(gates * H * columns * sizeof *stack->floats), NULL};
    return stack->floats ? array_create(&stack->memory, &plain, running->engine, stack->floats)
                         : dnnl_out_of_memory;
}

static void stack_free(struct stack *stack)
{
    dnnl_memory_destroy(stack->memory);
    free(stack->floats);
}

dnnl_status_t weights_add(struct running *running, struct call *call, int argument,
                          const char *const *names, size_t columns)
{
    const size_t H = running->workload->shape->H, gates = running->layout->gates;
    struct stack stack;
    dnnl_status_t status = stack_create(&stack, running, columns, dnnl_ldigo);
    for (size_t gate = 0; !status && gate < gates; gate++) {
        const float *weight = workload_weight(running->workload, names[gate]);
        for (size_t i = 0; i < H * columns; i++)
            stack.floats[(i % columns * gates + gate) * H + i / columns] = weight[i];
    }
    status = status ? status : argument_add(running, call, argument, NULL);
    status = status ? status : reorder(running, stack.memory, argument_find(call, argument));
    stack_free(&stack);
    return status;
}

dnnl_status_t weights_collect(struct running *running, int argument, const char *const *names,
                              size_t columns)
{
    const struct workload *workload = running->workload;
    const size_t floats = workload->shape->H * columns;
    struct stack stack;
    dnnl_status_t status = stack_create(&stack, running, columns, dnnl_ldgoi);
    status = status ? status
                    : reorder(running, argument_find(&running->backward, argument), stack.memory);
    for (size_t gate = 0; !status && gate < running->layout->gates; gate++)
        memcpy(workload->got.d_weight[workload_find(workload, names[gate])],
               stack.floats + gate * floats, floats * sizeof(float));
    stack_free(&stack);
    return status;
}

dnnl_status_t bias_add(struct running *running, struct call *call)
{
    const struct layout *layout = running->layout;
    const size_t H = running->workload->shape->H;
    const dnnl_status_t status = argument_add(running, call, DNNL_ARG_BIAS, NULL);
    for (size_t i = 0; !status && i < layout->biases; i++)
        memcpy(floats_of(argument_find(call, DNNL_ARG_BIAS)) + i * H,
               workload_weight(running->workload, layout->b[i]), H * sizeof(float));
    return status;
}

void bias_collect(struct running *running)
{
    const struct workload *workload = running->workload;
    const struct layout *layout = running->layout;
    const size_t H = workload->shape->H;
    const float *from = floats_of(argument_find(&running->backward, DNNL_ARG_DIFF_BIAS));
    for (size_t i = 0; i < layout->biases; i++)
        memcpy(workload->got.d_weight[workload_find(workload, layout->b[i])], from + i * H,
               H * sizeof(float));
}
