/* SPDX-License-Identifier: MIT */
/* The weights of a model, for NAME_weights.c and as a file. */
#include "deploy/deployment.h"

#include "common/hash.h"

static void add_floats(void *context, size_t layer, size_t pass, const float *piece, size_t at,
                       size_t count)
{
    struct text *out = context;
    text_add(out, "    /* layer %zu, pass %zu, from %zu on */\n", layer, pass, at);
    for (size_t i = 0; i < count; i++)
        text_add(out, "%s%af,%s", i % 6 ? "" : "    ", (double)piece[i],
                 i % 6 == 5 || i + 1 == count ? "\n" : " ");
}

void deploy_weights(const struct deployment *d, struct values *values)
{
    const bool file = d->model->weights_file;
    struct text floats = {0};
    if (!file)
        deployment_weights(d, add_floats, &floats);
    values_take(values, "WEIGHTS", &floats);
    values_add(values, "WEIGHTS_DECLARATION", "%s",
               file ? "" : "extern const float @NAME@_weights[];");
    values_add(values, "WEIGHT_COUNT", "%zu", d->weight_count);
    values_add(values, "SHAPE", "0x%016llx", (unsigned long long)d->shape);
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
