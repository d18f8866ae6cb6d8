/* SPDX-License-Identifier: MIT */
/* Nodes that only say how data lies: what changes is which axis is where. */
#include "deploy/chain.h"

#include <string.h>

bool chain_transpose(struct chain *chain)
{
    const onnx_attribute *perm = onnx_attribute_find(chain->node, "perm");
    const struct axes from = chain->axes;
    bool seen[ONNX_RANK_MAX] = {false};
    if (perm && perm->int_count != from.rank)
        return chain_refuse(chain, "it does not fit the axes of its input");
    for (size_t i = 0; i < from.rank; i++) {
        size_t axis = from.rank - 1 - i;
        if (perm && !chain_axis(chain, perm->ints[i], from.rank, &axis))
            return false;
        if (seen[axis])
            return chain_refuse(chain, "it names an axis twice");
        seen[axis] = true;
        chain->axes.axis[i] = from.axis[axis];
    }
    return true;
}

/* The axes of Squeeze or Unsqueeze, among `rank` of them; *given: there are any. */
static bool read_axes(const struct chain *chain, size_t rank, bool set[ONNX_RANK_MAX], bool *given)
{
    const onnx_attribute *attribute = onnx_attribute_find(chain->node, "axes");
    const onnx_tensor *tensor = chain_constant(chain, 1);
    const int64_t *axes = tensor ? tensor->ints : attribute ? attribute->ints : NULL;
    const size_t count = tensor ? tensor->count : attribute ? attribute->int_count : 0;
    *given = axes;
    if (!axes && chain->node->input_count > 1)
        return chain_refuse(chain, "its axes are no constant");
    for (size_t i = 0; i < count && axes; i++) {
        size_t axis;
        if (!chain_axis(chain, axes[i], rank, &axis))
            return false;
        if (set[axis])
            return chain_refuse(chain, "it names an axis twice");
        set[axis] = true;
    }
    return true;
}

bool chain_squeeze(struct chain *chain)
{
    const struct axes from = chain->axes;
    bool set[ONNX_RANK_MAX] = {false}, given;
    if (!read_axes(chain, from.rank, set, &given))
        return false;
    chain->axes.rank = 0;
    for (size_t i = 0; i < from.rank; i++) {
        const struct axis *axis = &from.axis[i];
        if (given ? !set[i] : axis->kind != AXIS_ONE) {
            chain->axes.axis[chain->axes.rank++] = *axis;
            continue;
        }
        if (axis->kind == AXIS_INPUT && !axis->size)
            return chain_tell(chain, axis, AXIS_ONE, 1);
        if (axis->kind != AXIS_ONE)
            return chain_refuse(chain, "it removes an axis that is not a batch of one");
    }
    return true;
}

bool chain_unsqueeze(struct chain *chain)
{
    const struct axes from = chain->axes;
    const onnx_attribute *attribute = onnx_attribute_find(chain->node, "axes");
    const onnx_tensor *tensor = chain_constant(chain, 1);
    const size_t more = tensor ? tensor->count : attribute ? attribute->int_count : 0;
    bool set[ONNX_RANK_MAX] = {false}, given;
    if (more > ONNX_RANK_MAX - from.rank)
        return chain_refuse(chain, "it has too many axes");
    if (!read_axes(chain, from.rank + more, set, &given))
        return false;
    chain->axes.rank = from.rank + more;
    for (size_t i = 0, next = 0; i < chain->axes.rank; i++)
        chain->axes.axis[i] = set[i] ? axis_of(AXIS_ONE, 1, 0) : from.axis[next++];
    return true;
}

bool chain_cast(struct chain *chain)
{
    const enum onnx_type to = (enum onnx_type)onnx_attribute_int(chain->node, "to", ONNX_FLOAT);
    if (onnx_type_is_half(to))
        return chain_refuse(chain,
                            "it rounds to 16 bits, and what is deployed computes in float32");
    return onnx_type_is_float(to) || chain_refuse(chain, "it makes whole numbers");
}

/* In training it would draw numbers. */
bool chain_dropout(struct chain *chain)
{
    const onnx_tensor *training = chain_constant(chain, 2);
    const bool given = chain->node->input_count > 2 && chain->node->inputs[2] >= 0;
    const bool off = training && training->ints && training->count == 1 && !training->ints[0];
    return !given || off || chain_refuse(chain, "it is to train, and Weir runs models only");
}
