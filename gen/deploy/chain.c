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
                chain->node->name, chain->node->op, (long long)chain->node->opset, given);
}

/* ---- Constants ---- */

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

bool chain_settle(struct chain *chain)
{
    bool open = false, exact = false;
    for (size_t i = 0; i < chain->node->input_count; i++) {
        if (chain->node->inputs[i] < 0)
            continue;
        const struct known *known = &chain->known[chain->node->inputs[i]];
        open |= known->is_open;
        for (size_t k = 0; known->symbols && k < known->symbols->count; k++) {
            const int64_t symbol = known->symbols->ints[k];
            open |= symbol >= SYMBOL_INPUT || (symbol == SYMBOL_STEPS && !chain->steps);
            exact |= symbol != SYMBOL_NONE;
        }
    }
    if (open)
        return chain_refuse(chain, "what it is computed with depends on the number of time steps, "
                                   "which is open, expected --steps with exactly that number");
    chain->model->exact_steps |= exact;
    return true;
}

/* The value from which nodes of these operators, which take one value and more that are constants,
 * made this one. */
static int go_back(const struct chain *chain, int value, const char *const *operators, size_t count)
{
    const onnx_graph *graph = &chain->onnx->graph;
    for (size_t n = graph->node_count; n-- > 0;) {
        const onnx_node *node = &graph->nodes[n];
        for (size_t i = 0; i < count; i++)
            if (node->input_count > 0 && node->output_count > 0 && node->outputs[0] == value &&
                !strcmp(node->op, operators[i]))
                value = node->inputs[0];
    }
    return value;
}

int chain_root(const struct chain *chain, int value)
{
    static const char *const same[] = {"Identity", "Cast"};
    return go_back(chain, value, same, sizeof same / sizeof *same);
}

int chain_rows(const struct chain *chain, int value)
{
    static const char *const moves[] = {"Identity",  "Cast",    "Dropout", "Squeeze",
                                        "Unsqueeze", "Reshape", "Flatten", "Transpose"};
    return go_back(chain, value, moves, sizeof moves / sizeof *moves);
}

/* ---- Memory and layers ---- */

void *chain_take(struct chain *chain, size_t count, size_t size)
{
    void *memory = onnx_memory_take(chain->onnx->memory, count, size);
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
    if (chain->model->layer_count == DEPLOY_LAYERS_MAX) {
        chain_refuse(chain, "a model has at most %d layers", DEPLOY_LAYERS_MAX);
        return NULL;
    }
    struct deploy_layer *layer = &chain->model->layers[chain->model->layer_count++];
    layer->node = chain->node->name;
    return layer;
}

struct deploy_layer *chain_last(const struct chain *chain)
{
    const size_t count = chain->model->layer_count;
    return count ? &chain->model->layers[count - 1] : NULL;
}

/* ---- Axes ---- */

struct axis axis_of(enum axis_kind kind, size_t size, size_t place)
{
    return (struct axis){size == 1 ? AXIS_ONE : kind, size, place, 0};
}

bool chain_tell(struct chain *chain, const struct axis *axis, enum axis_kind kind, size_t size)
{
    chain->told[axis->input] = (struct axis){kind, size, axis->input, axis->input};
    chain->again = true;
    return true;
}

bool chain_is_ordered(const struct chain *chain)
{
    const struct axis *last = NULL;
    bool ordered = true;
    for (size_t i = 0; i < chain->axes.rank; i++) {
        const struct axis *axis = &chain->axes.axis[i];
        if (axis->kind == AXIS_ONE || axis->kind == AXIS_INPUT)
            continue;
        ordered &= !last || last->place < axis->place;
        last = axis;
    }
    return ordered;
}

bool chain_axis(const struct chain *chain, int64_t axis, size_t rank, size_t *found)
{
    const int64_t at = axis < 0 ? axis + (int64_t)rank : axis;
    if (axis < -(int64_t)rank || at >= (int64_t)rank)
        return chain_refuse(chain, "it does not fit the axes of its input");
    *found = (size_t)at;
    return true;
}
