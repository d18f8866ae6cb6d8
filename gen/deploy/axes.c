/* SPDX-License-Identifier: MIT */
/* Nodes that only say how data lies: with one sequence at a time they cost nothing, as long as no
 * axis but a batch of one is moved. And those that take the last step of a sequence. */
#include "deploy/chain.h"

#include <string.h>

static bool is_one(const struct axis *axis)
{
    return axis->id != AXIS_TIME && axis->size == 1;
}

/* Whether two axes may change places: one of them is a batch of one, or will be. */
static bool may_swap(const struct axis *a, const struct axis *b)
{
    return is_one(a) || is_one(b) || (a->size == 0 && b->size == 0 && a->id >= 0 && b->id >= 0);
}

bool chain_transpose(struct chain *chain)
{
    const onnx_attribute *perm = onnx_attribute_find(chain->node, "perm");
    struct axis moved[ONNX_RANK_MAX];
    size_t from[ONNX_RANK_MAX];
    for (size_t i = 0; i < chain->rank; i++) {
        const int64_t axis =
            perm && i < perm->int_count ? perm->ints[i] : (int64_t)(chain->rank - 1 - i);
        if (axis < 0 || axis >= (int64_t)chain->rank)
            return chain_refuse(chain, "it does not fit the axes of its input");
        from[i] = (size_t)axis;
        moved[i] = chain->axes[axis];
        for (size_t k = 0; k < i; k++) {
            if (from[k] == from[i])
                return chain_refuse(chain, "it names an axis twice");
            if (from[k] > from[i] && !may_swap(&moved[k], &moved[i]))
                return chain_refuse(chain, "it moves data, in other ways than by a batch of one");
        }
    }
    memcpy(chain->axes, moved, sizeof moved);
    return true;
}

static void remove_axis(struct chain *chain, size_t axis)
{
    memmove(&chain->axes[axis], &chain->axes[axis + 1],
            (chain->rank - axis - 1) * sizeof *chain->axes);
    chain->rank--;
}

/* The axes of Squeeze or Unsqueeze, as a set of bits, among `rank` of them. */
static bool read_axes(const struct chain *chain, size_t rank, unsigned *set)
{
    const onnx_attribute *attribute = onnx_attribute_find(chain->node, "axes");
    const onnx_tensor *tensor = chain_constant(chain, 1);
    const int64_t *axes = attribute ? attribute->ints : tensor ? tensor->ints : NULL;
    const size_t count = attribute ? attribute->int_count : tensor ? tensor->count : 0;
    *set = 0;
    for (size_t i = 0; i < count && axes; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + (int64_t)rank : axes[i];
        if (axis < 0 || axis >= (int64_t)rank)
            return chain_refuse(chain, "it does not fit the axes of its input");
        *set |= 1u << axis;
    }
    return true;
}

bool chain_squeeze(struct chain *chain)
{
    unsigned set;
    if (!read_axes(chain, chain->rank, &set))
        return false;
    for (size_t axis = chain->rank; axis-- > 0;) {
        if (!(set >> axis & 1) && (set || !is_one(&chain->axes[axis])))
            continue;
        if (chain->axes[axis].id == AXIS_TIME || chain->axes[axis].size > 1)
            return chain_refuse(chain, "it removes an axis that is not a batch of one");
        remove_axis(chain, axis);
    }
    return true;
}

bool chain_unsqueeze(struct chain *chain)
{
    struct axis before[ONNX_RANK_MAX];
    const onnx_attribute *attribute = onnx_attribute_find(chain->node, "axes");
    const onnx_tensor *tensor = chain_constant(chain, 1);
    const size_t more = attribute ? attribute->int_count : tensor ? tensor->count : 0;
    const size_t rank = chain->rank + more;
    if (rank > ONNX_RANK_MAX)
        return chain_refuse(chain, "it has too many axes");
    unsigned set;
    if (!read_axes(chain, rank, &set))
        return false;
    memcpy(before, chain->axes, sizeof before);
    for (size_t i = 0, from = 0; i < rank; i++)
        chain->axes[i] = set >> i & 1 ? (struct axis){1, AXIS_PLAIN} : before[from++];
    chain->rank = rank;
    return true;
}

static bool has_time(const struct chain *chain)
{
    bool has = false;
    for (size_t i = 0; i < chain->rank; i++)
        has |= chain->axes[i].id == AXIS_TIME;
    return has;
}

/* The order of elements stays; what must be found is which of the new axes is time: the first that
 * is not a batch of one, as before. */
bool chain_reshape(struct chain *chain)
{
    const onnx_tensor *shape = chain_constant(chain, 1);
    const bool timed = has_time(chain);
    const size_t width = chain_width(chain);
    struct axis axes[ONNX_RANK_MAX];
    size_t inferred = ONNX_RANK_MAX, product = 1;
    bool found = false;
    if (!shape || !shape->ints || shape->count > ONNX_RANK_MAX)
        return chain_refuse(chain, "its shape is no constant");
    for (size_t i = 0; i < shape->count; i++) {
        const int64_t size = shape->ints[i];
        axes[i] = size == STEPS_UNKNOWN && timed ? (struct axis){0, AXIS_TIME}
                  : size == 0 && i < chain->rank ? chain->axes[i]
                  : size > 0                     ? (struct axis){(size_t)size, AXIS_PLAIN}
                                                 : (struct axis){0, AXIS_PLAIN};
        inferred = size < 0 ? i : inferred;
        found |= axes[i].id == AXIS_TIME;
        const size_t factor = axes[i].id == AXIS_PLAIN && axes[i].size ? axes[i].size : 1;
        if (factor > width / product)
            return chain_refuse(chain, "its shape holds more than one step of its input");
        product *= factor;
    }
    if (inferred < ONNX_RANK_MAX && timed && !found && product == width)
        axes[inferred].id = AXIS_TIME;
    else if (inferred < ONNX_RANK_MAX)
        axes[inferred].size = width / product;
    memcpy(chain->axes, axes, sizeof axes);
    chain->rank = shape->count;
    if (has_time(chain) != timed || chain_width(chain) != width)
        return chain_refuse(chain,
                            "it mixes time with other axes, or names a batch of more than one");
    return true;
}

bool chain_cast(struct chain *chain)
{
    const enum onnx_type to = (enum onnx_type)onnx_attribute_int(chain->node, "to", ONNX_FLOAT);
    return onnx_type_is_float(to) || chain_refuse(chain, "it makes whole numbers");
}

/* ---- One step of a sequence ---- */

static void give_last(struct chain *chain)
{
    struct deploy_layer *layer = &chain->model->layers[chain->model->layer_count - 1];
    layer->gives = GIVES_LAST;
    chain->final = -1;
}

/* An axis, which ONNX counts from either end. */
static bool find_axis(const struct chain *chain, int64_t axis, size_t *found)
{
    const int64_t at = axis < 0 ? axis + (int64_t)chain->rank : axis;
    if (at < 0 || at >= (int64_t)chain->rank)
        return chain_refuse(chain, "it does not fit the axes of its input");
    *found = (size_t)at;
    return true;
}

/* Whether `index` is the last step, of an axis that is time. */
static bool is_last(const struct chain *chain, const struct axis *axis, int64_t index)
{
    return axis->id == AXIS_TIME &&
           (index == -1 || (chain->fixed_steps && index == (int64_t)chain->fixed_steps - 1));
}

bool chain_gather(struct chain *chain)
{
    const onnx_tensor *index = chain_constant(chain, 1);
    size_t axis = 0;
    if (!find_axis(chain, onnx_attribute_int(chain->node, "axis", 0), &axis))
        return false;
    if (!index || !index->ints || index->count != 1 || index->rank > 1 ||
        chain->model->layer_count == 0)
        return chain_refuse(chain, "it takes more than the last step of a layer");
    if (is_last(chain, &chain->axes[axis], index->ints[0]))
        give_last(chain);
    else if (!is_one(&chain->axes[axis]))
        return chain_refuse(chain, "it takes another step than the last");
    remove_axis(chain, axis);
    if (index->rank == 1) {
        memmove(&chain->axes[axis + 1], &chain->axes[axis],
                (chain->rank - axis) * sizeof *chain->axes);
        chain->axes[axis] = (struct axis){1, AXIS_PLAIN};
        chain->rank++;
    }
    return true;
}

/* One of the integers of Slice, which are inputs, and before opset 10 attributes. */
static bool read_bound(const struct chain *chain, const char *name, size_t input, int64_t otherwise,
                       int64_t *bound)
{
    const onnx_attribute *attribute = onnx_attribute_find(chain->node, name);
    const onnx_tensor *tensor = chain_constant(chain, input);
    *bound = otherwise;
    if (attribute && attribute->int_count == 1)
        *bound = attribute->ints[0];
    else if (tensor && tensor->ints && tensor->count == 1)
        *bound = tensor->ints[0];
    else
        return !attribute && (input >= chain->node->input_count || chain->node->inputs[input] < 0);
    return true;
}

bool chain_slice(struct chain *chain)
{
    int64_t start, end, axis, step;
    if (!read_bound(chain, "starts", 1, 0, &start) || !read_bound(chain, "ends", 2, 0, &end) ||
        !read_bound(chain, "axes", 3, 0, &axis) || !read_bound(chain, "steps", 4, 1, &step) ||
        step != 1)
        return chain_refuse(chain, "it takes more than the last step of a layer");
    size_t at = 0;
    if (!find_axis(chain, axis, &at))
        return false;
    if (!is_last(chain, &chain->axes[at], start) || end < INT32_MAX ||
        chain->model->layer_count == 0)
        return chain_refuse(chain, "it takes more than the last step of a layer");
    give_last(chain);
    chain->axes[at] = (struct axis){1, AXIS_PLAIN};
    return true;
}
