/* SPDX-License-Identifier: MIT */
/* oneDNN (2.x or 3.x, its C API) as a contender: LSTM, and GRU with linear_before_reset. Several
 * ways, for which is fastest depends on the shape: forward_inference and forward_training, and
 * weights in the format that the library itself chooses or in plain ldigo. Weights are reordered
 * before anything is timed. In float32, or as far as the library offers it on the CPU at hand in
 * types of fewer bits, whose x and y are of them, too: see onednn_types.c. The backward part of
 * training is in onednn_train.c. */
#include "peers/onednn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Tolerances are five to seventeen times what layers of up to 1024 units are off by on a Zen 4;
 * that of f16, which it does not offer, is half of bf16's. */
static const struct precision whole = {NULL, dnnl_f32, dnnl_f32, dnnl_f32, 0};
static const struct precision bf16 = {"bf16", dnnl_bf16, dnnl_bf16, dnnl_bf16, 2e-2};
static const struct precision f16 = {"f16", dnnl_f16, dnnl_f16, dnnl_f16, 1e-2};
static const struct precision u8s8 = {"i8", dnnl_u8, dnnl_s8, dnnl_u8, 5e-2};
static const struct precision u8s8_f32 = {"i8", dnnl_u8, dnnl_s8, dnnl_f32, 5e-2};

static const struct variant variants[] = {
    {.name = "onednn_inference",
     .precision = &whole,
     .propagation = dnnl_forward_inference,
     .weights = dnnl_format_tag_any},
    {.name = "onednn_inference_ldigo",
     .precision = &whole,
     .propagation = dnnl_forward_inference,
     .weights = dnnl_ldigo},
    {.name = "onednn_training",
     .precision = &whole,
     .propagation = dnnl_forward_training,
     .weights = dnnl_format_tag_any},
    {.name = "onednn_training_ldigo",
     .precision = &whole,
     .propagation = dnnl_forward_training,
     .weights = dnnl_ldigo},
#define NARROW(called, of, tag)                                                                    \
    {                                                                                              \
        .name = called, .precision = of, .propagation = dnnl_forward_inference, .weights = tag     \
    }
    NARROW("onednn_bf16", &bf16, dnnl_format_tag_any),
    NARROW("onednn_bf16_ldigo", &bf16, dnnl_ldigo),
    NARROW("onednn_f16", &f16, dnnl_format_tag_any),
    NARROW("onednn_u8s8", &u8s8, dnnl_format_tag_any),
    NARROW("onednn_u8s8_f32", &u8s8_f32, dnnl_format_tag_any),
#undef NARROW
#define TRAIN(called, forward_tag, backward_tag, adds)                                             \
    {                                                                                              \
        .name = called, .precision = &whole, .propagation = dnnl_forward_training,                 \
        .weights = forward_tag, .train = true, .backward_weights = backward_tag,                   \
        .accumulate = adds                                                                         \
    }
    TRAIN("onednn", dnnl_format_tag_any, dnnl_format_tag_any, false),
    TRAIN("onednn_accumulate", dnnl_format_tag_any, dnnl_format_tag_any, true),
    TRAIN("onednn_plain", dnnl_ldigo, dnnl_ldgoi, false),
    TRAIN("onednn_plain_accumulate", dnnl_ldigo, dnnl_ldgoi, true),
#undef TRAIN
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
        if (variants[i].train != shape->train)
            continue;
        const struct precision *precision = variants[i].precision;
        struct contender contender = {.kind = &peer.kind,
                                      .isa = isa,
                                      .type = precision->type,
                                      .tolerance = precision->tolerance,
                                      .choice = &variants[i]};
        snprintf(contender.name, sizeof contender.name, "%s", variants[i].name);
        add(to, &contender);
    }
}

/* ---- Preparing ---- */

static dnnl_status_t describe(struct running *running)
{
    struct array arrays[ARRAYS];
    arrays_describe(arrays, running, running->variant->weights);
    dnnl_status_t status = types_describe(running);
    status = status ? status : forward_describe(running, arrays);
    return status
               ? status
               : dnnl_primitive_create(&running->forward.primitive, running->forward.description);
}

static dnnl_status_t arguments_add(struct running *running)
{
    const struct workload *workload = running->workload;
    const struct layout *layout = running->layout;
    struct call *forward = &running->forward;
    dnnl_status_t status = types_add(running, forward);
    if (!status)
        status =
            weights_add(running, forward, DNNL_ARG_WEIGHTS_LAYER, layout->W, workload->shape->I);
    if (!status)
        status =
            weights_add(running, forward, DNNL_ARG_WEIGHTS_ITER, layout->U, workload->shape->H);
    if (!status)
        status = bias_add(running, forward);
    if (!status && running->variant->propagation == dnnl_forward_training)
        status = argument_add(running, forward, DNNL_ARG_WORKSPACE, NULL);
    if (!status && running->variant->train)
        status = argument_add(running, forward, DNNL_ARG_SRC_ITER, NULL);
    if (!status && running->variant->train && layout->is_lstm)
        status = argument_add(running, forward, DNNL_ARG_SRC_ITER_C, NULL);
    return status;
}

static void call_free(struct call *call)
{
    dnnl_primitive_destroy(call->primitive);
    dnnl_primitive_desc_destroy(call->description);
}

static void running_free(struct running *running)
{
    call_free(&running->backward);
    call_free(&running->forward);
    for (size_t i = 0; i < running->memory_count; i++) {
        dnnl_memory_destroy(running->memories[i].memory);
        free(running->memories[i].pages);
    }
    dnnl_primitive_attr_destroy(running->attributes);
    dnnl_stream_destroy(running->stream);
    dnnl_engine_destroy(running->engine);
    free(running);
}

static bool prepare(struct contender *self, const struct workload *workload,
                    struct failure *failure)
{
    struct running *running = calloc(1, sizeof *running);
    if (!running)
        return fail(failure, "finds not enough memory");
    running->layout = layout_of(workload->shape);
    running->variant = self->choice;
    running->workload = workload;
    dnnl_status_t status = dnnl_engine_create(&running->engine, dnnl_cpu, 0);
    if (!status)
        status = dnnl_stream_create(&running->stream, running->engine, dnnl_stream_default_flags);
    if (!status)
        status = describe(running);
    if (!status)
        status = arguments_add(running);
    if (!status && running->variant->train)
        status = train_prepare(running);
    if (status) {
        const bool is_offered = running->forward.description || status != dnnl_unimplemented;
        running_free(running);
        return is_offered ? fail(failure, "cannot be had (oneDNN status %d)", (int)status)
                          : fail(failure, "is not offered by %s here", version());
    }
    self->state = running;
    return true;
}

static void run(struct contender *self)
{
    struct running *running = self->state;
    const struct call *forward = &running->forward;
    dnnl_primitive_execute(forward->primitive, running->stream, forward->count, forward->arguments);
    dnnl_stream_wait(running->stream);
}

static void collect(struct contender *self)
{
    const struct running *running = self->state;
    if (running->variant->train)
        train_collect(self);
    else
        types_collect(running);
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
             .backward = train_backward,
             .collect = collect,
             .release = release},
    .cap = cap,
};
