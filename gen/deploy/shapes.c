/* SPDX-License-Identifier: MIT */
/* What a model computes from constants and its own shapes, such as initial states of zeros as wide
 * as the batch. Beside the elements of such a value go symbols, which say what stands for a size
 * that may not be known: operators that only move elements move their symbols, too. */
#include "deploy/chain.h"

#include <string.h>

enum { INPUTS_MAX = 16 };

/* Operators that move elements, and how many of their first inputs those are; the others say where
 * to. */
static const struct {
    const char *op;
    size_t moved;
} moves[] = {{"Shape", 1},     {"Gather", 1},  {"Slice", 1},    {"Concat", INPUTS_MAX},
             {"Unsqueeze", 1}, {"Squeeze", 1}, {"Reshape", 1},  {"Transpose", 1},
             {"Expand", 1},    {"Flatten", 1}, {"Identity", 1}, {"Split", 1}};

static size_t count_moved(const onnx_node *node)
{
    size_t moved = 0;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (!strcmp(moves[i].op, node->op))
            moved = moves[i].moved;
    return moved;
}

/* What a node is computed from. */
struct operands {
    const onnx_tensor *inputs[INPUTS_MAX], *symbols[INPUTS_MAX]; /* of which any may be NULL */
    onnx_tensor shaped[2]; /* of a value whose shape is asked for: its sizes, and their symbols */
    bool known, open; /* all of it is; some of it is computed from sizes that are not */
    bool has_symbols, has_sizes; /* there are symbols; they all stand for known numbers */
};

/* Tensors without elements, whose dimensions are those of an axis each, and the symbols of them. */
static void read_shape(const struct chain *chain, const struct axes *axes, struct operands *given)
{
    given->shaped[0].rank = given->shaped[1].rank = axes->rank;
    for (size_t i = 0; i < axes->rank; i++) {
        const struct axis *axis = &axes->axis[i];
        given->shaped[0].dims[i] = axis->kind == AXIS_TIME ? chain->steps : axis->size;
        given->shaped[1].dims[i] = axis->kind == AXIS_TIME ? SYMBOL_STEPS
                                   : axis->kind == AXIS_INPUT && !axis->size
                                       ? SYMBOL_INPUT + axis->input
                                       : SYMBOL_NONE;
    }
    given->inputs[0] = &given->shaped[0];
    given->symbols[0] = &given->shaped[1];
}

static void note_symbol(const struct chain *chain, int64_t symbol, struct operands *given)
{
    given->has_symbols |= symbol != SYMBOL_NONE;
    given->has_sizes &= symbol < SYMBOL_INPUT && (symbol != SYMBOL_STEPS || chain->steps);
}

static void note_symbols(const struct chain *chain, const onnx_tensor *symbols,
                         struct operands *given)
{
    if (symbols == &given->shaped[1])
        for (size_t i = 0; i < symbols->rank; i++)
            note_symbol(chain, (int64_t)symbols->dims[i], given);
    for (size_t i = 0; symbols->ints && i < symbols->count; i++)
        note_symbol(chain, symbols->ints[i], given);
}

static void read_given(const struct chain *chain, struct operands *given)
{
    const onnx_node *node = chain->node;
    *given = (struct operands){.known = node->input_count > 0, .has_sizes = true};
    for (size_t i = 0; i < node->input_count; i++) {
        if (node->inputs[i] < 0)
            continue;
        const struct known *known = &chain->known[node->inputs[i]];
        given->inputs[i] = chain_constant(chain, i);
        given->symbols[i] = known->symbols;
        if (known->is_rows && !strcmp(node->op, "Shape"))
            read_shape(chain, &known->axes, given);
        given->open |= known->is_open;
        given->known &= known->is_open || given->inputs[i];
        if (given->symbols[i])
            note_symbols(chain, given->symbols[i], given);
    }
}

static bool evaluate(struct chain *chain, const onnx_tensor *const *inputs,
                     const onnx_tensor **outputs)
{
    return onnx_evaluate(chain->node, inputs, outputs, chain->onnx->memory, chain->failure) ||
           chain_refuse(chain, "%s", chain->failure->sentence);
}

/* Whole numbers that are all the same, in the shape of a tensor; NULL: there is no memory. */
static const onnx_tensor *repeat(struct chain *chain, const onnx_tensor *like, int64_t number)
{
    onnx_tensor *tensor =
        onnx_tensor_create(chain->onnx->memory, ONNX_INT64, like->rank, like->dims, chain->failure);
    if (!tensor)
        chain_refuse(chain, "%s", chain->failure->sentence);
    for (size_t i = 0; tensor && i < tensor->count; i++)
        tensor->ints[i] = number;
    return tensor;
}

/* The symbols of outputs whose elements are moved here. */
static bool move_symbols(struct chain *chain, const struct operands *given, size_t moved,
                         const onnx_tensor **symbols)
{
    const onnx_tensor *inputs[INPUTS_MAX];
    for (size_t i = 0; i < chain->node->input_count; i++) {
        inputs[i] = i < moved ? given->symbols[i] : given->inputs[i];
        if (i < moved && given->inputs[i] && !inputs[i])
            inputs[i] = repeat(chain, given->inputs[i], SYMBOL_NONE);
        if (given->inputs[i] && !inputs[i])
            return false;
    }
    return evaluate(chain, inputs, symbols);
}

/* Whether symbols stay what they are: only elements have them, and those are moved. A size as
 * another kind of number is the same size. */
static bool only_moves(const struct chain *chain, const struct operands *given, size_t moved)
{
    bool moves = moved > 0;
    for (size_t i = moved; i < chain->node->input_count; i++)
        moves &= !given->symbols[i];
    return moves;
}

static void set_open(struct chain *chain)
{
    for (size_t i = 0; i < chain->node->output_count; i++)
        if (chain->node->outputs[i] >= 0)
            chain->known[chain->node->outputs[i]].is_open = true;
}

static bool keeps_symbols(const onnx_node *node)
{
    return !strcmp(node->op, "Cast") && onnx_attribute_int(node, "to", 0) != ONNX_BOOL;
}

static bool compute(struct chain *chain, const struct operands *given)
{
    const onnx_node *node = chain->node;
    const onnx_tensor *outputs[INPUTS_MAX], *symbols[INPUTS_MAX] = {NULL};
    const size_t moved = count_moved(node);
    const bool keeps = keeps_symbols(node), moves = only_moves(chain, given, moved);
    if (given->has_symbols && !keeps && !moves && !given->has_sizes) {
        set_open(chain);
        return true;
    }
    if (!evaluate(chain, given->inputs, outputs))
        return false;
    if (given->has_symbols && moves && !keeps && !move_symbols(chain, given, moved, symbols))
        return false;
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0) {
            if (given->has_symbols && !moves)
                symbols[i] = keeps ? given->symbols[0] : repeat(chain, outputs[i], SYMBOL_BY_STEPS);
            if (given->has_symbols && !symbols[i])
                return false;
            chain->known[node->outputs[i]].tensor = outputs[i];
            chain->known[node->outputs[i]].symbols = symbols[i];
        }
    return true;
}

bool chain_compute(struct chain *chain, bool *computed)
{
    const onnx_node *node = chain->node;
    struct operands given;
    *computed = false;
    if (!node->operator|| node->input_count> INPUTS_MAX || node->output_count> INPUTS_MAX)
        return true;
    read_given(chain, &given);
    if (!given.known)
        return true;
    *computed = true;
    if (given.open)
        set_open(chain);
    return given.open || compute(chain, &given);
}
