/* SPDX-License-Identifier: MIT */
/* What a model computes from its own shapes, such as initial states of zeros as wide as the batch:
 * it is known, but for the number of time steps. */
#include "deploy/chain.h"

#include <string.h>

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
    onnx_tensor *shape =
        onnx_tensor_create(chain->memory, ONNX_INT64, 1, &known->rank, chain->failure);
    if (!shape)
        chain_refuse(chain, "%s", chain->failure->sentence);
    for (size_t i = 0; i < known->rank && shape; i++)
        shape->ints[i] = size_of(chain, &known->axes[i]);
    return shape;
}

/* Whether all inputs of the node are known, and which they are. */
static bool are_known(const struct chain *chain, const onnx_tensor *inputs[ONNX_RANK_MAX])
{
    const onnx_node *node = chain->node;
    bool known = true;
    for (size_t i = 0; i < node->input_count; i++) {
        inputs[i] = chain_constant(chain, i);
        known &= node->inputs[i] < 0 || inputs[i];
    }
    return known;
}

bool chain_compute(struct chain *chain, bool *computed)
{
    const onnx_node *node = chain->node;
    const onnx_tensor *inputs[ONNX_RANK_MAX] = {0}, *outputs[ONNX_RANK_MAX] = {0};
    *computed = false;
    if (!node->operator|| node->input_count == 0 || node->input_count> ONNX_RANK_MAX ||
         node->output_count> ONNX_RANK_MAX)
        return true;
    if (!strcmp(node->op, "Shape") && node->inputs[0] >= 0 && node->outputs[0] >= 0 &&
        chain->known[node->inputs[0]].rank) {
        const onnx_tensor *shape = shape_of(chain, &chain->known[node->inputs[0]]);
        chain->known[node->outputs[0]].tensor = shape;
        *computed = shape;
        return shape;
    }
    if (!are_known(chain, inputs))
        return true;
    if (!onnx_evaluate(node, chain->onnx->opset, inputs, outputs, chain->memory, chain->failure))
        return chain_refuse(chain, "%s", chain->failure->sentence);
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0)
            chain->known[node->outputs[i]].tensor = outputs[i];
    *computed = true;
    return true;
}
