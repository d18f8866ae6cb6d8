/* SPDX-License-Identifier: MIT */
/* What a model computes from its own shapes, such as initial states of zeros as wide as the batch:
 * it is known, but for the number of time steps. */
#include "deploy/chain.h"

#include <string.h>

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

static int64_t size_of(const struct chain *chain, const struct axis *axis)
{
    if (axis->id == chain->batch && chain->batch >= 0)
        return 1;
    if (axis->id == AXIS_PLAIN)
        return (int64_t)axis->size;
    return chain->fixed_steps ? (int64_t)chain->fixed_steps : STEPS_UNKNOWN;
}

static const onnx_tensor *shape_of(struct chain *chain, const struct known *known)
{
    onnx_error error;
    onnx_tensor *shape = onnx_tensor_create(chain->memory, ONNX_INT64, 1, &known->rank, &error);
    if (!shape)
        chain_refuse(chain, error.message);
    for (size_t i = 0; i < known->rank; i++)
        shape->ints[i] = size_of(chain, &known->axes[i]);
    return shape;
}

bool chain_compute(struct chain *chain)
{
    const onnx_node *node = chain->node;
    const onnx_tensor *inputs[ONNX_RANK_MAX] = {0}, *outputs[ONNX_RANK_MAX] = {0};
    onnx_error error;
    const void *evaluated = node->operator;
    if (!evaluated || node->input_count == 0 || node->input_count > ONNX_RANK_MAX ||
        node->output_count > ONNX_RANK_MAX)
        return false;
    if (!strcmp(node->op, "Shape") && node->inputs[0] >= 0 && node->outputs[0] >= 0 &&
        chain->known[node->inputs[0]].rank) {
        chain->known[node->outputs[0]].tensor = shape_of(chain, &chain->known[node->inputs[0]]);
        return true;
    }
    for (size_t i = 0; i < node->input_count; i++) {
        inputs[i] = chain_constant(chain, i);
        if (node->inputs[i] >= 0 && !inputs[i])
            return false;
    }
    if (!onnx_evaluate(node, chain->onnx->opset, inputs, outputs, chain->memory, &error))
        chain_refuse(chain, error.message);
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0)
            chain->known[node->outputs[i]].tensor = outputs[i];
    return true;
}
