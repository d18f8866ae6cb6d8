/* SPDX-License-Identifier: MIT */
/* oneDNN (2.x, its C API) as a contender: LSTM, and GRU with linear_before_reset. Four ways, for
 * which is fastest depends on the shape: forward_inference and forward_training, and weights in the
 * format that the library itself chooses or in plain ldigo. Weights are reordered before anything
 * is timed; float32 throughout. */
#include "peers.h"

#include <dnnl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GATES_MAX = 4, BUFFERS_MAX = 6 };

/* Gates in oneDNN's order, by the names of their weights in the cell. */
struct layout {
    const char *cell;
    bool is_lstm;
    size_t gates;
    const char *W[GATES_MAX], *U[GATES_MAX];
    size_t biases;
    const char *b[GATES_MAX];
};

static const struct layout layouts[] = {
    {"lstm",
     true,
     4,
     {"Wi", "Wf", "Wg", "Wo"},
     {"Ui", "Uf", "Ug", "Uo"},
     4,
     {"bi", "bf", "bg", "bo"}},
    {"gru", false, 3, {"Wz", "Wr", "Wn"}, {"Uz", "Ur", "Un"}, 4, {"bz", "br", "bn", "un"}},
};

struct variant {
    const char *name;
    dnnl_prop_kind_t propagation;
    dnnl_format_tag_t weights;
};

static const struct variant variants[] = {
    {"onednn_inference", dnnl_forward_inference, dnnl_format_tag_any},
    {"onednn_inference_ldigo", dnnl_forward_inference, dnnl_ldigo},
    {"onednn_training", dnnl_forward_training, dnnl_format_tag_any},
    {"onednn_training_ldigo", dnnl_forward_training, dnnl_ldigo},
};

struct running {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    dnnl_memory_t buffers[BUFFERS_MAX];
    dnnl_exec_arg_t arguments[BUFFERS_MAX];
    int count;
};

static const struct layout *layout_of(const struct shape *shape)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (strcmp(layouts[i].cell, shape->cell) == 0)
            return &layouts[i];
    return NULL;
}

static const char *version(void)
{
    static char text[64];
    const dnnl_version_t *is = dnnl_version();
    snprintf(text, sizeof text, "oneDNN %d.%d.%d", is->major, is->minor, is->patch);
    return text;
}

static const char *isa;

static bool cap(const char *level, struct failure *failure)
{
    static const struct {
        const char *level;
        dnnl_cpu_isa_t most;
    } caps[] = {{"scalar", dnnl_cpu_isa_sse41}, {"avx2", dnnl_cpu_isa_avx2}};
    isa = level;
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
        if (strcmp(caps[i].level, level) == 0 && dnnl_set_max_cpu_isa(caps[i].most))
            return fail(failure, "oneDNN cannot be capped at %s; leave --peers out", level);
    return true;
}

static void list(const struct shape *shape, contender_add *add, void *to)
{
    if (!layout_of(shape))
        return;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        struct contender contender = {.kind = &peer.kind, .isa = isa, .choice = &variants[i]};
        snprintf(contender.name, sizeof contender.name, "%s", variants[i].name);
        add(to, &contender);
    }
}

/* ---- Preparing ---- */

static dnnl_status_t describe(struct running *running, const struct layout *layout,
                              const struct variant *variant, const struct workload *workload)
{
    const dnnl_dim_t T = (dnnl_dim_t)workload->T, B = (dnnl_dim_t)workload->B;
    const dnnl_dim_t I = (dnnl_dim_t)workload->shape->I, H = (dnnl_dim_t)workload->shape->H;
    const dnnl_dim_t G = (dnnl_dim_t)layout->gates;
    const dnnl_dims_t x_dims = {T, B, I}, y_dims = {T, B, H}, W_dims = {1, 1, I, G, H};
    const dnnl_dims_t U_dims = {1, 1, H, G, H}, b_dims = {1, 1, (dnnl_dim_t)layout->biases, H};
    dnnl_memory_desc_t x, y, W, U, b;
    dnnl_rnn_desc_t description;
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&x, 3, x_dims, dnnl_f32, dnnl_tnc);
    status |= dnnl_memory_desc_init_by_tag(&y, 3, y_dims, dnnl_f32, dnnl_tnc);
    status |= dnnl_memory_desc_init_by_tag(&W, 5, W_dims, dnnl_f32, variant->weights);
    status |= dnnl_memory_desc_init_by_tag(&U, 5, U_dims, dnnl_f32, variant->weights);
    status |= dnnl_memory_desc_init_by_tag(&b, 4, b_dims, dnnl_f32, dnnl_ldgo);
    if (status)
        return status;
    if (layout->is_lstm)
        status = dnnl_lstm_forward_desc_init(&description, variant->propagation,
                                             dnnl_unidirectional_left2right, &x, NULL, NULL, &W, &U,
                                             &b, &y, NULL, NULL, 0);
    else
        status = dnnl_lbr_gru_forward_desc_init(&description, variant->propagation,
                                                dnnl_unidirectional_left2right, &x, NULL, &W, &U,
                                                &b, &y, NULL, 0);
    if (!status)
        status = dnnl_primitive_desc_create(&running->description, &description, NULL,
                                            running->engine, NULL);
    return status ? status : dnnl_primitive_create(&running->primitive, running->description);
}

/* An argument of the primitive: the caller's memory, or, with DNNL_MEMORY_ALLOCATE, its own. */
static dnnl_status_t argument_add(struct running *running, int argument, void *data)
{
    const dnnl_memory_desc_t *layout =
        dnnl_primitive_desc_query_md(running->description, dnnl_query_exec_arg_md, argument);
    dnnl_memory_t memory;
    const dnnl_status_t status = dnnl_memory_create(&memory, layout, running->engine, data);
    if (!status) {
        running->buffers[running->count] = memory;
        running->arguments[running->count++] = (dnnl_exec_arg_t){argument, memory};
    }
    return status;
}

/* Gates one below the other, row by row, as they stand in the workload: oneDNN calls that ldgoi. */
static dnnl_status_t weights_add(struct running *running, int argument,
                                 const struct workload *workload, const char *const *names,
                                 size_t gates, size_t columns)
{
    const size_t H = workload->shape->H;
    const dnnl_dims_t dims = {1, 1, (dnnl_dim_t)columns, (dnnl_dim_t)gates, (dnnl_dim_t)H};
    dnnl_memory_desc_t plain;
    dnnl_memory_t from = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t reorder = NULL;
    float *stacked = malloc(gates * H * columns * sizeof *stacked);
    dnnl_status_t status =
        stacked ? argument_add(running, argument, DNNL_MEMORY_ALLOCATE) : dnnl_out_of_memory;
    if (status)
        goto end;
    for (size_t gate = 0; gate < gates; gate++)
        memcpy(stacked + gate * H * columns, workload_weight(workload, names[gate]),
               H * columns * sizeof *stacked);
    const dnnl_memory_t to = running->buffers[running->count - 1];
    const dnnl_memory_desc_t *layout;
    status = dnnl_memory_desc_init_by_tag(&plain, 5, dims, dnnl_f32, dnnl_ldgoi);
    status = status ? status : dnnl_memory_create(&from, &plain, running->engine, stacked);
    status = status ? status : dnnl_memory_get_memory_desc(to, &layout);
    status = status ? status
                    : dnnl_reorder_primitive_desc_create(&description, &plain, running->engine,
                                                         layout, running->engine, NULL);
    status = status ? status : dnnl_primitive_create(&reorder, description);
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    status = status ? status : dnnl_primitive_execute(reorder, running->stream, 2, arguments);
    status = status ? status : dnnl_stream_wait(running->stream);
end:
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(description);
    dnnl_memory_destroy(from);
    free(stacked);
    return status;
}

static dnnl_status_t bias_add(struct running *running, const struct workload *workload,
                              const struct layout *layout)
{
    const size_t H = workload->shape->H;
    void *handle = NULL;
    dnnl_status_t status = argument_add(running, DNNL_ARG_BIAS, DNNL_MEMORY_ALLOCATE);
    if (!status)
        status = dnnl_memory_get_data_handle(running->buffers[running->count - 1], &handle);
    for (size_t i = 0; !status && i < layout->biases; i++)
        memcpy((float *)handle + i * H, workload_weight(workload, layout->b[i]), H * sizeof(float));
    return status;
}

static void running_free(struct running *running)
{
    for (int i = 0; i < running->count; i++)
        dnnl_memory_destroy(running->buffers[i]);
    dnnl_primitive_destroy(running->primitive);
    dnnl_primitive_desc_destroy(running->description);
    dnnl_stream_destroy(running->stream);
    dnnl_engine_destroy(running->engine);
    free(running);
}

static bool prepare(struct contender *self, const struct workload *workload,
                    struct failure *failure)
{
    const struct variant *variant = self->choice;
    const struct layout *layout = layout_of(workload->shape);
    struct running *running = calloc(1, sizeof *running);
    if (!running)
        return fail(failure, "finds not enough memory");
    dnnl_status_t status = dnnl_engine_create(&running->engine, dnnl_cpu, 0);
    if (!status)
        status = dnnl_stream_create(&running->stream, running->engine, dnnl_stream_default_flags);
    if (!status)
        status = describe(running, layout, variant, workload);
    if (!status)
        status = argument_add(running, DNNL_ARG_SRC_LAYER, workload->x);
    if (!status)
        status = argument_add(running, DNNL_ARG_DST_LAYER, workload->got.y);
    if (!status)
        status = weights_add(running, DNNL_ARG_WEIGHTS_LAYER, workload, layout->W, layout->gates,
                             workload->shape->I);
    if (!status)
        status = weights_add(running, DNNL_ARG_WEIGHTS_ITER, workload, layout->U, layout->gates,
                             workload->shape->H);
    if (!status)
        status = bias_add(running, workload, layout);
    if (!status && variant->propagation == dnnl_forward_training)
        status = argument_add(running, DNNL_ARG_WORKSPACE, DNNL_MEMORY_ALLOCATE);
    if (status) {
        running_free(running);
        return fail(failure, "cannot be had (oneDNN status %d)", (int)status);
    }
    self->state = running;
    return true;
}

static void run(struct contender *self)
{
    struct running *running = self->state;
    dnnl_primitive_execute(running->primitive, running->stream, running->count, running->arguments);
    dnnl_stream_wait(running->stream);
}

static void release(struct contender *self)
{
    running_free(self->state);
    self->state = NULL;
}

const struct peer peer = {
    .kind = {.name = "oneDNN",
             .version = version,
             .list = list,
             .prepare = prepare,
             .run = run,
             .release = release},
    .cap = cap,
};
