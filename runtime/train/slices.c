/* SPDX-License-Identifier: MIT */
/* A batch in slices, and their gradients in a tree: which sums are joined when, so that the same
 * ones are added whoever computes a slice. What is computed of a slice is in model.c. */
#include "kernel.h"
#include "train/training_kit.h"

#include <string.h>

/* ---- The tree ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Whether the second is what the tree adds to the first. A left sibling is never cut off by the
 * last slice, so that its count is the width of its level. */
static bool are_siblings(const weir_node *left, const weir_node *right, size_t slices)
{
    const size_t width = left->count, end = left->first + width;
    return width && !(width & (width - 1)) && left->first % (2 * width) == 0 &&
           right->first == end && right->count == least(width, slices - end);
}

size_t weir_nodes_join(weir_node *nodes, size_t *count, weir_node next, size_t slices)
{
    size_t joins = 0;
    if (!nodes || !count)
        return 0;
    nodes[(*count)++] = next;
    while (*count > 1 && are_siblings(&nodes[*count - 2], &nodes[*count - 1], slices)) {
        nodes[*count - 2].count += nodes[*count - 1].count;
        --*count;
        joins++;
    }
    return joins;
}

/* ---- Creation ---- */

weir_status weir_train_check_slices(const weir_model_config *config, weir_error *error)
{
    const weir_exchange *exchange = config->exchange;
    const size_t slices = config->slices ? config->slices : 1;
    if (slices > config->max_B || slices > WEIR_SLICES_MAX)
        return weir_fail(
            error, WEIR_INVALID,
            "config.slices is %zu: a batch of max_B=%zu rows can be cut into 1 to %zu.", slices,
            config->max_B, least(config->max_B, WEIR_SLICES_MAX));
    if (exchange && (!exchange->begin || !exchange->end))
        return weir_fail(error, WEIR_INVALID,
                         "config.exchange needs the functions begin and end: neither may be NULL.");
    if (exchange && (exchange->first > slices || exchange->count > slices - exchange->first))
        return weir_fail(error, WEIR_INVALID,
                         "config.exchange has %zu slices from %zu on computed here: there are %zu.",
                         exchange->count, exchange->first, slices);
    return WEIR_OK;
}

size_t weir_train_slots(const weir_exchange *exchange, size_t slices)
{
    weir_node nodes[WEIR_NODES_MAX];
    size_t count = 0, slots = 1;
    for (size_t k = 0; k < exchange->count; k++) {
        slots = count + 1 > slots ? count + 1 : slots;
        weir_nodes_join(nodes, &count, (weir_node){exchange->first + k, 1}, slices);
    }
    return slots;
}

/* ---- Slices of a batch ---- */

static ptrdiff_t stride_or(ptrdiff_t stride, size_t contiguous)
{
    return stride ? stride : (ptrdiff_t)contiguous;
}

/* Targets of all steps lie with the whole batch's rows between them: they are copied. */
static const float *cut_targets(const weir_model *model, const weir_batch *batch, size_t first,
                                size_t rows)
{
    const size_t width = model->config.outputs;
    const float *from = batch->targets + first * width;
    if (!model->stages[model->config.layer_count - 1].config.sequences || rows == batch->B)
        return from;
    for (size_t t = 0; t < batch->T; t++)
        memcpy(model->targets + t * rows * width, from + t * batch->B * width,
               rows * width * sizeof *from);
    return model->targets;
}

struct train_slice weir_train_cut(const weir_model *model, const weir_batch *batch, size_t slice)
{
    const size_t I = model->config.I, slices = model->config.slices, B = batch->B;
    const size_t first = slice * B / slices, rows = (slice + 1) * B / slices - first;
    const ptrdiff_t x_row = stride_or(batch->x_row, I);
    return (struct train_slice){.batch = {.T = batch->T,
                                          .B = rows,
                                          .x = batch->x + (ptrdiff_t)first * x_row,
                                          .x_step = stride_or(batch->x_step, B * I),
                                          .x_row = x_row,
                                          .targets = cut_targets(model, batch, first, rows)},
                                .first = first,
                                .rows = B};
}

/* ---- Sums ---- */

void weir_train_slice_begin(weir_model *model, size_t slice, bool is_empty)
{
    const weir_exchange *exchange = &model->exchange;
    struct train_sums *sums = &model->sums;
    float *slot = model->gradients + sums->count * model->floats;
    for (size_t k = 0; k < model->parameter_count; k++)
        model->gradient_list[k] = model->parameters[k].gradients + sums->count * model->floats;
    if (is_empty)
        memset(slot, 0, model->floats * sizeof *slot);
    sums->slot = sums->count;
    sums->joins =
        weir_nodes_join(sums->nodes, &sums->count, (weir_node){slice, 1}, model->config.slices);
    sums->is_last = slice + 1 == exchange->first + exchange->count;
}

void weir_train_part_end(weir_model *model, const struct train_part *part)
{
    const struct train_sums *sums = &model->sums;
    for (size_t k = 0; k < sums->joins; k++) {
        const float *right = model->gradients + (sums->slot - k) * model->floats + part->place;
        float *left = model->gradients + (sums->slot - k - 1) * model->floats + part->place;
        for (size_t i = 0; i < part->floats; i++)
            left[i] += right[i];
    }
    if (sums->is_last)
        weir_train_part_share(model, part);
}

void weir_train_part_share(weir_model *model, const struct train_part *part)
{
    const struct train_sums *sums = &model->sums;
    float *all[WEIR_NODES_MAX];
    if (!model->exchange.begin || !part->floats)
        return;
    for (size_t k = 0; k < sums->count; k++)
        all[k] = model->gradients + k * model->floats + part->place;
    model->exchange.begin(model->exchange.context, sums->nodes, sums->count, all, part->floats,
                          model->gradients + part->place);
}

void weir_train_slice_end(weir_model *model, double loss)
{
    struct train_sums *sums = &model->sums;
    sums->losses[sums->slot] = loss;
    for (size_t k = 0; k < sums->joins; k++)
        sums->losses[sums->slot - k - 1] += sums->losses[sums->slot - k];
}
