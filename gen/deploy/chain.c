/* SPDX-License-Identifier: MIT */
/* What is known of a chain, and what every step on its way needs. */
#include "deploy/chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool chain_refuse(const struct chain *chain, const char *reason, ...)
{
    char given[1024];
    va_list arguments;
    va_start(arguments, reason);
    vsnprintf(given, sizeof given, reason, arguments);
    va_end(arguments);
    return fail(chain->failure,
                "the node '%.1000s' (%.100s, opset %lld) cannot be deployed: %s; --node NAME takes "
                "one recurrent node out of a model",
                chain->node->name, chain->node->op, (long long)chain->onnx->opset, given);
}

const onnx_tensor *chain_value(const struct chain *chain, int value)
{
    if (value < 0)
        return NULL;
    const onnx_tensor *constant = chain->onnx->values[value].constant;
    return constant ? constant : chain->known[value].tensor;
}

const onnx_tensor *chain_constant(const struct chain *chain, size_t input)
{
    return input < chain->node->input_count ? chain_value(chain, chain->node->inputs[input]) : NULL;
}

void *chain_take(struct chain *chain, size_t count, size_t size)
{
    void *memory = onnx_memory_take(chain->memory, count, size);
    if (!memory)
        fail_memory(chain->failure);
    return memory;
}

bool chain_cell(struct chain *chain, const char *text, struct source *cell)
{
    *cell = (struct source){.name = chain->node->name, .length = strlen(text)};
    cell->text = chain_take(chain, cell->length + 1, 1);
    if (cell->text)
        memcpy(cell->text, text, cell->length + 1);
    return cell->text;
}

struct deploy_layer *chain_add_layer(struct chain *chain)
{
    if (chain->model->layer_count < DEPLOY_LAYERS_MAX)
        return &chain->model->layers[chain->model->layer_count++];
    chain_refuse(chain, "a model has at most %d layers", DEPLOY_LAYERS_MAX);
    return NULL;
}

/* The floats of one step. */
size_t chain_width(const struct chain *chain)
{
    size_t width = 1;
    for (size_t i = 0; i < chain->rank; i++)
        width *= chain->axes[i].id == AXIS_PLAIN && chain->axes[i].size ? chain->axes[i].size : 1;
    return width;
}

static void note(struct known *known, size_t rank, const struct axis *axes)
{
    known->rank = rank;
    memcpy(known->axes, axes, rank * sizeof *axes);
}

void chain_note(struct chain *chain)
{
    if (chain->value >= 0)
        note(&chain->known[chain->value], chain->rank, chain->axes);
    if (chain->final >= 0)
        note(&chain->known[chain->final], chain->final_rank, chain->final_axes);
}
