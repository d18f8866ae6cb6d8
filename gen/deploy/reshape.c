/* SPDX-License-Identifier: MIT */
/* Reshape and Flatten: the order of elements stays, so that every axis of time must be found again,
 * and between them units may be split and joined. */
#include "deploy/chain.h"

#include <string.h>

enum { NONE_INFERRED = ONNX_RANK_MAX };

/* The axes that a shape asks for: those of the input where they are copied, else numbers. */
struct shape {
    struct axes to;
    size_t inferred; /* which of them is what is left, or NONE_INFERRED */
};

/* Whether only the first axis of the model's input is open, and two others are more than one: as
 * exporters write a batch of sequences of fixed length. */
static bool has_open_batch(const struct chain *chain)
{
    const onnx_value *value = &chain->onnx->values[chain->input];
    size_t open = 0, fixed = 0;
    for (size_t i = 0; i < value->rank; i++) {
        open += value->dims[i] < 0;
        fixed += value->dims[i] > 1;
    }
    return value->rank == 3 && value->dims[0] < 0 && open == 1 && fixed == 2;
}

/* Where sizes do not go together because one of the input's is open, it is a batch of one, or else
 * time, of which --steps says the number. */
static bool mixes(struct chain *chain)
{
    const struct axis *open = NULL;
    size_t count = 0;
    for (size_t i = 0; i < chain->axes.rank; i++) {
        const struct axis *axis = &chain->axes.axis[i];
        if (axis->kind == AXIS_INPUT && !axis->size) {
            open = axis;
            count++;
        }
    }
    if (count == 1 && has_open_batch(chain))
        return chain_tell(chain, open, AXIS_ONE, 1);
    if (count == 1 && chain->steps)
        return chain_tell(chain, open, AXIS_TIME, 0);
    return chain_refuse(chain, "it mixes time with other axes, or its sizes do not go together");
}

/* The axis of the input that a symbol is the size of, or NULL. */
static const struct axis *find_axis(const struct chain *chain, int64_t symbol)
{
    for (size_t i = 0; i < chain->axes.rank; i++) {
        const struct axis *axis = &chain->axes.axis[i];
        if (symbol == SYMBOL_STEPS
                ? axis->kind == AXIS_TIME
                : axis->kind == AXIS_INPUT && axis->input == (size_t)(symbol - SYMBOL_INPUT))
            return axis;
    }
    return NULL;
}

/* One number of a shape. */
static bool read_number(struct chain *chain, int64_t number, struct shape *shape)
{
    const size_t at = shape->to.rank;
    struct axis *axis = &shape->to.axis[at];
    const bool copies = number == 0 && !onnx_attribute_int(chain->node, "allowzero", 0);
    if (copies && at < chain->axes.rank)
        *axis = chain->axes.axis[at];
    else if (number == -1 && shape->inferred == NONE_INFERRED)
        shape->inferred = at;
    else if (number > 0 && number <= INT32_MAX)
        *axis = axis_of(AXIS_UNIT, (size_t)number, 0);
    else
        return chain_refuse(chain, number == 0 ? "its shape has an axis of size 0"
                                               : "its shape is none that its input can have");
    shape->to.rank++;
    return true;
}

/* An element that depends on sizes. */
static bool read_symbol(struct chain *chain, int64_t symbol, int64_t number, struct shape *shape)
{
    const struct axis *axis = symbol == SYMBOL_BY_STEPS ? NULL : find_axis(chain, symbol);
    if (axis) {
        shape->to.axis[shape->to.rank++] = *axis;
        return true;
    }
    if (symbol >= SYMBOL_INPUT || !chain->steps)
        return chain_settle(chain);
    chain->model->exact_steps = true;
    return read_number(chain, number, shape);
}

static bool read_shape(struct chain *chain, struct shape *shape)
{
    const onnx_tensor *tensor = chain_constant(chain, 1);
    const int value = chain->node->input_count > 1 ? chain->node->inputs[1] : -1;
    const struct known *known = value < 0 ? NULL : &chain->known[value];
    const onnx_tensor *symbols = known ? known->symbols : NULL;
    *shape = (struct shape){.inferred = NONE_INFERRED};
    if (known && known->is_open)
        return chain_settle(chain);
    if (!tensor || !tensor->ints || tensor->count > ONNX_RANK_MAX)
        return chain_refuse(chain, "its shape is no constant");
    bool read = true;
    for (size_t i = 0; i < tensor->count && read; i++) {
        const int64_t symbol = symbols ? symbols->ints[i] : SYMBOL_NONE;
        read = symbol == SYMBOL_NONE ? read_number(chain, tensor->ints[i], shape)
                                     : read_symbol(chain, symbol, tensor->ints[i], shape);
    }
    return read;
}

/* ---- What is left ---- */

/* The sizes that are known, multiplied; 0 where that is too much. `but` is left out. Axes without
 * one are counted; with `numeric`, time has one. */
static size_t multiply(const struct chain *chain, const struct axes *axes, size_t but, bool numeric,
                       size_t *unknown)
{
    size_t product = 1;
    *unknown = 0;
    for (size_t i = 0; i < axes->rank; i++) {
        const struct axis *axis = &axes->axis[i];
        const size_t size = axis->kind != AXIS_TIME ? axis->size : numeric ? chain->steps : 0;
        if (i == but)
            continue;
        *unknown += !size;
        product = size && product > SIZE_MAX / size ? 0 : product * (size ? size : 1);
    }
    return product;
}

/* The axis without a known size that the shape does not name. */
static const struct axis *find_left(const struct chain *chain, const struct shape *shape)
{
    for (size_t i = 0; i < chain->axes.rank; i++) {
        const struct axis *axis = &chain->axes.axis[i];
        bool named = axis->kind != AXIS_TIME && axis->size;
        for (size_t k = 0; k < shape->to.rank; k++)
            named |= k != shape->inferred && shape->to.axis[k].kind == axis->kind &&
                     shape->to.axis[k].input == axis->input;
        if (!named)
            return axis;
    }
    return NULL;
}

/* The size that the shape leaves out; with `numeric`, from the number of steps. */
static bool infer(struct chain *chain, struct shape *shape, bool numeric)
{
    size_t unknown, named;
    const size_t from = multiply(chain, &chain->axes, ONNX_RANK_MAX, numeric, &unknown);
    const size_t to = multiply(chain, &shape->to, shape->inferred, numeric, &named);
    struct axis *axis = &shape->to.axis[shape->inferred];
    if (!from || !to)
        return false;
    const struct axis *left = find_left(chain, shape);
    if (unknown == named + 1 && from == to && left)
        *axis = *left;
    else if (unknown == named && from % to == 0)
        *axis = axis_of(AXIS_UNIT, from / to, 0);
    else
        return false;
    return true;
}

/* ---- Finding the axes again ---- */

/* A walk over both lists of axes, past those of size 1. */
struct match {
    const struct axes *from;
    struct axes *to;
    size_t i, k; /* places in them */
    size_t place; /* the next in memory */
};

static void skip_ones(struct match *match)
{
    while (match->i < match->from->rank && match->from->axis[match->i].kind == AXIS_ONE)
        match->i++;
    while (match->k < match->to->rank && match->to->axis[match->k].kind == AXIS_ONE)
        match->k++;
}

/* Whether an axis of the shape is one of the input's. Where it is time by its number alone, that
 * holds for no other number of steps. */
static bool is_same(struct chain *chain, const struct axis *from, const struct axis *to)
{
    if (from->kind == to->kind && from->kind >= AXIS_INPUT)
        return from->input == to->input;
    if (from->kind == AXIS_TIME && to->kind == AXIS_UNIT && to->size == chain->steps) {
        chain->model->exact_steps |= !chain->is_fixed;
        return true;
    }
    if (from->kind == AXIS_TIME || to->kind == AXIS_TIME)
        return from->kind == to->kind;
    return to->kind != AXIS_INPUT && from->size && from->size == to->size;
}

/* The size of the next axis, which must be of units. */
static bool multiply_next(const struct axes *axes, size_t *at, size_t *product)
{
    while (*at < axes->rank && axes->axis[*at].kind == AXIS_ONE)
        ++*at;
    if (*at == axes->rank)
        return false;
    const struct axis *axis = &axes->axis[(*at)++];
    if ((axis->kind != AXIS_UNIT && axis->kind != AXIS_DIRECTION) ||
        *product > SIZE_MAX / axis->size)
        return false;
    *product *= axis->size;
    return true;
}

/* Units that are split or joined. */
static bool match_units(struct chain *chain, struct match *match)
{
    size_t from = 1, to = 1;
    const size_t first = match->k;
    do {
        const struct axis *next = &match->from->axis[match->i];
        if (from <= to && match->i < match->from->rank && next->kind == AXIS_INPUT && next->size)
            return chain_tell(chain, next, AXIS_UNIT, next->size);
        if (!(from <= to ? multiply_next(match->from, &match->i, &from)
                         : multiply_next(match->to, &match->k, &to)))
            return mixes(chain);
    } while (from != to);
    for (size_t k = first; k < match->k; k++)
        match->to->axis[k] = axis_of(AXIS_UNIT, match->to->axis[k].size, match->place++);
    return true;
}

static bool match_axes(struct chain *chain, struct shape *shape)
{
    const struct axes from = chain->axes;
    struct match match = {.from = &from, .to = &shape->to};
    for (skip_ones(&match); match.i < from.rank && match.k < match.to->rank; skip_ones(&match)) {
        struct axis *to = &match.to->axis[match.k];
        if (is_same(chain, &from.axis[match.i], to)) {
            *to = from.axis[match.i++];
            to->place = match.place++;
            match.k++;
        } else if (!match_units(chain, &match)) {
            return false;
        }
        if (chain->again)
            return true;
    }
    if (match.i < from.rank || match.k < match.to->rank)
        return mixes(chain);
    chain->axes = shape->to;
    return true;
}

bool chain_reshape(struct chain *chain)
{
    struct shape shape;
    if (!chain_is_ordered(chain))
        return chain_refuse(chain, "what it takes does not lie in the order of its axes");
    if (!read_shape(chain, &shape))
        return false;
    if (shape.inferred != NONE_INFERRED && !infer(chain, &shape, false) &&
        !(chain->steps && infer(chain, &shape, true)))
        return mixes(chain);
    return match_axes(chain, &shape);
}

/* Axes from `first` to before `last` as one: that which is not of size 1, or units. */
static bool flatten(struct chain *chain, size_t first, size_t last, struct axis *to)
{
    *to = axis_of(AXIS_ONE, 1, 0);
    for (size_t i = first; i < last; i++) {
        const struct axis *axis = &chain->axes.axis[i];
        if (axis->kind == AXIS_ONE)
            continue;
        if (to->kind == AXIS_ONE)
            *to = *axis;
        else if (to->kind == AXIS_TIME || axis->kind == AXIS_TIME || !axis->size || !to->size ||
                 axis->size > SIZE_MAX / to->size)
            return mixes(chain);
        else
            *to = axis_of(AXIS_UNIT, to->size * axis->size, 0);
    }
    return true;
}

bool chain_flatten(struct chain *chain)
{
    const int64_t given = onnx_attribute_int(chain->node, "axis", 1);
    const size_t rank = chain->axes.rank;
    struct shape shape = {.to.rank = 2, .inferred = NONE_INFERRED};
    size_t axis = rank;
    if (!chain_is_ordered(chain))
        return chain_refuse(chain, "what it takes does not lie in the order of its axes");
    if (given != (int64_t)rank && !chain_axis(chain, given, rank, &axis))
        return false;
    return flatten(chain, 0, axis, &shape.to.axis[0]) &&
           flatten(chain, axis, rank, &shape.to.axis[1]) &&
           (chain->again || match_axes(chain, &shape));
}
