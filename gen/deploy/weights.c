/* SPDX-License-Identifier: MIT */
/* The weights of a model, for NAME_weights.c, as they were learned or packed, and as a file. */
#include "deploy/deployment.h"

#include "common/hash.h"

#include <stdlib.h>
#include <string.h>

static void add_rows(struct text *out, const float *floats, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_add(out, "%s%af,%s", i % 6 ? "" : "    ", (double)floats[i],
                 i % 6 == 5 || i + 1 == count ? "\n" : " ");
}

static void add_learned(void *context, size_t layer, size_t pass, const float *piece, size_t at,
                        size_t count)
{
    struct text *out = context;
    text_add(out, "    /* layer %zu, pass %zu, from %zu on */\n", layer, pass, at);
    add_rows(out, piece, count);
}

/* The weights and initial states of a model as the memory of one has them, for its only ISA. */
static bool add_packed(const struct deployment *d, struct text *out, struct failure *failure)
{
    const size_t *at = d->layout.packed[0];
    size_t number = 0, pass_number = 0;
    for (size_t l = 0; l < d->model->layer_count; l++)
        number += d->model->layers[l].pass_count;
    const size_t count = at[number] + d->layout.initial_count;
    float *packed = calloc(count, sizeof *packed);
    if (!packed)
        return fail_memory(failure);
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++, pass_number++) {
            const struct deploy_pass *pass = &d->model->layers[l].passes[p];
            const struct graph *graph = deployment_program(d, l, p)->graph;
            struct weir_numbers params[PARAMS_MAX];
            for (int i = 0; i < graph->param_count; i++)
                params[i] = (struct weir_numbers){.data = pass->params[i]};
            pack_weights(d->parts[0][d->kernel_of[l][p]], params, packed + at[pass_number]);
            for (int s = 0; s < graph->state_count; s++)
                if (pass->initial[s])
                    memcpy(packed + at[number] + d->layout.place[pass_number][s], pass->initial[s],
                           sizeof *packed * deployment_size(&d->model->layers[l], graph,
                                                            graph->states[s].extent));
        }
    add_rows(out, packed, count);
    free(packed);
    return true;
}

bool deploy_weights(const struct deployment *d, struct values *values, struct failure *failure)
{
    const bool file = d->model->weights_file, packed = deployment_is_packed(d);
    const char *name = packed ? "packed" : "weights";
    struct text floats = {0};
    bool added = true;
    if (packed)
        added = add_packed(d, &floats, failure);
    else if (!file)
        deployment_weights(d, add_learned, &floats);
    values_take(values, "WEIGHTS", &floats);
    values_add(values, "WEIGHTS_NAME", "%s", name);
    values_add(values, "WEIGHTS_WORDS", "%s",
               packed ? ", packed for its ISA, and after them its initial states."
                      : ", as they were learned: @NAME@_model_init packs them.");
    values_add(values, "WEIGHTS_DECLARATION", "%s",
               file ? "" : "WEIR_ALIGNED extern WEIR_HIDDEN const float @NAME@_@WEIGHTS_NAME@[];");
    values_add(values, "WEIGHT_COUNT", "%zu", d->weight_count);
    values_add(values, "SHAPE", "0x%016llx", (unsigned long long)d->shape);
    return added;
}

static void add_piece(void *context, size_t layer, size_t pass, const float *piece, size_t at,
                      size_t count)
{
    (void)layer, (void)pass, (void)at;
    text_add_bytes(context, piece, count * sizeof *piece);
}

void deploy_weights_file(const struct deployment *d, struct text *out)
{
    struct text floats = {0};
    deployment_weights(d, add_piece, &floats);
    const uint64_t head[] = {d->shape, d->weight_count,
                             hash_bytes(HASH_START, floats.chars, floats.length)};
    text_add_bytes(out, "weights\n", 8);
    text_add_bytes(out, head, sizeof head);
    text_add_bytes(out, floats.chars, floats.length);
    text_free(&floats);
}
