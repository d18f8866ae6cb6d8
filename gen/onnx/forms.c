/* SPDX-License-Identifier: MIT */
/* Forms: nodes that compute what others do by a recurrent node. They are of opset 12, in which axes
 * are attributes. */
#include "onnx/operators.h"
#include "onnx/recognise.h"

#include <string.h>

enum { FORM_OPSET = 12 };

static void *take(struct form_maker *maker, size_t count, size_t size)
{
    void *memory = onnx_memory_take(maker->recogniser->model->memory, count, size);
    maker->recogniser->has_failed |= !memory;
    return memory;
}

static int add_value(struct form_maker *maker, const onnx_tensor *constant)
{
    struct recogniser *r = maker->recogniser;
    onnx_model *model = r->model;
    if (model->value_count == r->value_capacity) {
        const size_t capacity = 2 * r->value_capacity + 64;
        onnx_value *values = take(maker, capacity, sizeof *values);
        if (!values || capacity > INT32_MAX) {
            r->has_failed = true;
            return -1;
        }
        if (model->value_count)
            memcpy(values, model->values, model->value_count * sizeof *values);
        model->values = values;
        r->value_capacity = capacity;
    }
    model->values[model->value_count] = (onnx_value){.name = maker->name, .constant = constant};
    return (int)model->value_count++;
}

int form_constant(struct form_maker *maker, const int64_t *numbers, size_t count, bool is_list)
{
    struct failure failure;
    onnx_tensor *tensor =
        onnx_tensor_create(maker->recogniser->model->memory, ONNX_INT64, is_list, &count, &failure);
    maker->recogniser->has_failed |= !tensor;
    for (size_t i = 0; tensor && i < count; i++)
        tensor->ints[i] = numbers[i];
    return add_value(maker, tensor);
}

static onnx_node *add_node(struct form_maker *maker, const onnx_node *node)
{
    onnx_graph *graph = &maker->form->graph;
    if (graph->node_count == maker->capacity) {
        const size_t capacity = 2 * maker->capacity + 8;
        onnx_node *nodes = take(maker, capacity, sizeof *nodes);
        if (!nodes)
            return NULL;
        if (graph->node_count)
            memcpy(nodes, graph->nodes, graph->node_count * sizeof *nodes);
        graph->nodes = nodes;
        maker->capacity = capacity;
    }
    graph->nodes[graph->node_count] = *node;
    return &graph->nodes[graph->node_count++];
}

/* An attribute of a node that is being made; NULL: memory has run out. */
static const onnx_attribute *make_attribute(struct form_maker *maker, const struct form_node *from)
{
    onnx_attribute *attribute = take(maker, 1, sizeof *attribute);
    int64_t *numbers = take(maker, ONNX_RANK_MAX, sizeof *numbers);
    if (!attribute || !numbers)
        return NULL;
    memcpy(numbers, from->numbers, sizeof from->numbers);
    *attribute = (onnx_attribute){.name = from->attribute,
                                  .i = from->numbers[0],
                                  .ints = from->number_count ? numbers : NULL,
                                  .int_count = from->number_count};
    return attribute;
}

int form_add(struct form_maker *maker, const struct form_node *from)
{
    onnx_node node = {.name = maker->name,
                      .op = from->op,
                      .opset = FORM_OPSET,
                      .operator= onnx_operator_find(from->op),
                      .inputs = take(maker, FORM_INPUTS, sizeof *node.inputs),
                      .outputs = take(maker, 1, sizeof *node.outputs),
                      .output_count = 1};
    if (!node.inputs || !node.outputs)
        return -1;
    while (node.input_count < FORM_INPUTS && from->inputs[node.input_count] >= 0) {
        node.inputs[node.input_count] = from->inputs[node.input_count];
        node.input_count++;
    }
    if (from->attribute) {
        node.attributes = make_attribute(maker, from);
        node.attribute_count = node.attributes != NULL;
    }
    node.outputs[0] = from->output >= 0 ? from->output : add_value(maker, NULL);
    return add_node(maker, &node) ? node.outputs[0] : -1;
}

bool form_recurrent(struct form_maker *maker, const onnx_pass *pass, size_t state_count, int x,
                    const int *states, const bool wanted[3], int made[3])
{
    struct recogniser *r = maker->recogniser;
    onnx_recurrent *recurrent = take(maker, 1, sizeof *recurrent);
    onnx_node node = {.name = maker->name,
                      .op = "Cell",
                      .opset = FORM_OPSET,
                      .recurrent = recurrent,
                      .inputs = take(maker, 3, sizeof *node.inputs),
                      .outputs = take(maker, 3, sizeof *node.outputs),
                      .input_count = 1 + state_count,
                      .output_count = 3};
    if (!recurrent || !node.inputs || !node.outputs)
        return false;
    for (size_t k = 0; k < 3; k++)
        made[k] = wanted[k] ? add_value(maker, NULL) : -1;
    *recurrent = (onnx_recurrent){.index = r->model->recurrent_count++,
                                  .I = r->spell->I,
                                  .H = r->spell->H,
                                  .directions = 1,
                                  .state_count = state_count,
                                  .pass = {*pass},
                                  .weights_known = true,
                                  .x = x,
                                  .w = -1,
                                  .r = -1,
                                  .b = -1,
                                  .sequence_lens = -1,
                                  .initial_h = states[0],
                                  .initial_c = state_count > 1 ? states[1] : -1,
                                  .p = -1,
                                  .y = made[0],
                                  .y_h = made[1],
                                  .y_c = made[2]};
    node.inputs[0] = x;
    for (size_t s = 0; s < state_count; s++)
        node.inputs[1 + s] = states[s];
    memcpy(node.outputs, made, 3 * sizeof *made);
    maker->form->recurrent = recurrent;
    return add_node(maker, &node) != NULL;
}

bool onnx_form_fits(const onnx_form *form, const onnx_extent *x, const onnx_extent *states)
{
    size_t step[2] = {1, 1}, rank = 0;
    if (!x->is_float || x->rank != form->rank + (form->time >= 0))
        return false;
    for (size_t d = 0; d < x->rank; d++)
        if ((int)d != form->time)
            step[rank++] = x->dims[d];
    if (step[rank - 1] != form->recurrent->I || (rank == 2 && !step[0]))
        return false;
    for (size_t s = 0; s < form->recurrent->state_count; s++) {
        const size_t *dims = states[s].dims;
        if (!states[s].is_float || states[s].rank != rank || dims[rank - 1] != form->recurrent->H ||
            (rank == 2 && dims[0] != step[0]))
            return false;
    }
    return true;
}
