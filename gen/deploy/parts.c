/* SPDX-License-Identifier: MIT */
/* Gather and Slice: the last step of a sequence, one of two directions, or all that there is. */
#include "deploy/chain.h"

#include <string.h>

/* Whether a range of an axis is all of it, or its last. Where only the number of steps tells, it is
 * so for no other number. */
struct range {
    bool all, last;
    size_t first, count; /* of an axis of a known size */
};

static int64_t clamp(int64_t at, int64_t size)
{
    const int64_t from_start = at >= 0 ? at : at < -size ? 0 : at + size;
    return from_start > size ? size : from_start;
}

static struct range range_of(struct chain *chain, const struct axis *axis, int64_t start,
                             int64_t end)
{
    const int64_t size = (int64_t)(axis->kind == AXIS_TIME ? chain->steps : axis->size);
    struct range range = {.all = start == 0 && end >= INT32_MAX,
                          .last = start == -1 && end >= INT32_MAX};
    if (size == 0)
        return range;
    const int64_t first = clamp(start, size), past = clamp(end, size);
    range.first = (size_t)first;
    range.count = past > first ? (size_t)(past - first) : 0;
    if (axis->kind == AXIS_TIME && (range.all || range.last))
        return range;
    range.all = range.count == (size_t)size;
    range.last = range.count == 1 && range.first == (size_t)size - 1;
    if (axis->kind == AXIS_TIME && (range.all || range.last))
        chain->model->exact_steps |= !chain->is_fixed;
    return range;
}

/* One direction of the last layer: the other is left out of it. */
static bool take_direction(struct chain *chain, struct axis *axis, size_t direction)
{
    struct deploy_layer *layer = chain_last(chain);
    layer->passes[0] = layer->passes[direction];
    layer->passes[1] = (struct deploy_pass){0};
    layer->pass_count = 1;
    *axis = axis_of(AXIS_ONE, 1, 0);
    chain->final = -1;
    return true;
}

/* What is taken of an axis. */
static bool take_range(struct chain *chain, struct axis *axis, int64_t start, int64_t end)
{
    const struct range range = range_of(chain, axis, start, end);
    struct deploy_layer *layer = chain_last(chain);
    if (range.all)
        return true;
    if (axis->kind == AXIS_DIRECTION && range.count == 1)
        return take_direction(chain, axis, range.first);
    if (axis->kind == AXIS_INPUT && range.last && layer)
        return chain_tell(chain, axis, AXIS_TIME, axis->size);
    if (axis->kind != AXIS_TIME || !range.last || !layer)
        return chain_refuse(chain, "it takes something else than the last step of a layer or one "
                                   "of its directions");
    layer->gives = GIVES_LAST;
    chain->final = -1;
    *axis = axis_of(AXIS_ONE, 1, 0);
    return true;
}

/* Axes of size 1 in place of one of that size. */
static bool replace_axis(struct chain *chain, size_t axis, size_t count)
{
    const struct axes from = chain->axes;
    if (from.rank - 1 + count > ONNX_RANK_MAX)
        return chain_refuse(chain, "it has too many axes");
    for (size_t i = 0; i < count; i++)
        chain->axes.axis[axis + i] = axis_of(AXIS_ONE, 1, 0);
    memcpy(&chain->axes.axis[axis + count], &from.axis[axis + 1],
           (from.rank - axis - 1) * sizeof *from.axis);
    chain->axes.rank = from.rank - 1 + count;
    return true;
}

bool chain_gather(struct chain *chain)
{
    const onnx_tensor *index = chain_constant(chain, 1);
    size_t at;
    if (!index || !index->ints || index->count != 1)
        return chain_refuse(chain, "it takes more than one element of an axis");
    if (!chain_axis(chain, onnx_attribute_int(chain->node, "axis", 0), chain->axes.rank, &at))
        return false;
    struct axis *axis = &chain->axes.axis[at];
    const int64_t start = index->ints[0];
    const int64_t size = (int64_t)(axis->kind == AXIS_TIME ? chain->steps : axis->size);
    if (size && (start < -size || start >= size))
        return chain_refuse(chain, "its index is outside of the %lld elements of its axis",
                            (long long)size);
    return take_range(chain, axis, start, start == -1 ? INT64_MAX : start + 1) &&
           replace_axis(chain, at, index->rank);
}

/* One list of Slice, which are inputs, and before opset 10 attributes. */
static bool read_list(const struct chain *chain, const char *name, size_t input,
                      const int64_t **list, size_t *count)
{
    const onnx_attribute *attribute = onnx_attribute_find(chain->node, name);
    const onnx_tensor *tensor = chain_constant(chain, input);
    const bool given = input < chain->node->input_count && chain->node->inputs[input] >= 0;
    *list = tensor ? tensor->ints : attribute ? attribute->ints : NULL;
    *count = tensor ? tensor->count : attribute ? attribute->int_count : 0;
    return *list || !given || chain_refuse(chain, "its bounds are no constants");
}

bool chain_slice(struct chain *chain)
{
    const int64_t *starts, *ends, *axes, *steps;
    size_t count, end_count, axis_count, step_count;
    bool seen[ONNX_RANK_MAX] = {false};
    if (!read_list(chain, "starts", 1, &starts, &count) ||
        !read_list(chain, "ends", 2, &ends, &end_count) ||
        !read_list(chain, "axes", 3, &axes, &axis_count) ||
        !read_list(chain, "steps", 4, &steps, &step_count))
        return false;
    if (!starts || !ends || count != end_count || (axes && axis_count != count) ||
        (steps && step_count != count) || count > chain->axes.rank)
        return chain_refuse(chain, "its starts, ends, axes and steps are not equally many");
    for (size_t i = 0; i < count; i++) {
        size_t axis;
        if (!chain_axis(chain, axes ? axes[i] : (int64_t)i, chain->axes.rank, &axis))
            return false;
        if (seen[axis] || (steps && steps[i] != 1))
            return chain_refuse(chain, "it names an axis twice, or takes not every element");
        seen[axis] = true;
        if (!take_range(chain, &chain->axes.axis[axis], starts[i], ends[i]))
            return false;
    }
    return true;
}
