/* SPDX-License-Identifier: MIT */
/* Graphs: names become numbers, constants are folded. ONNX demands that nodes stand in an order in
 * which they can run; one that uses what comes later, as every cycle does, is refused. */
#include "onnx/cell.h"
#include "onnx/importer.h"
#include "onnx/memory.h"
#include "onnx/operators.h"

#include <string.h>

/* ---- Values ---- */

/* A constant's bytes become whole numbers, for what does not read them. */
static bool unpack(importer *importer, int value)
{
    const onnx_tensor **constant = &importer->model->values[value].constant;
    if (!*constant)
        return true;
    *constant = onnx_tensor_unpack(importer->model->memory, *constant, importer->failure);
    return *constant;
}

static int add_value(importer *importer, const char *name, const onnx_tensor *constant)
{
    onnx_model *model = importer->model;
    if (model->value_count == importer->value_capacity) {
        const size_t capacity = importer->value_capacity ? 2 * importer->value_capacity : 64;
        onnx_value *values = onnx_memory_take(model->memory, capacity, sizeof *values);
        if (!values || capacity > INT32_MAX) {
            fail_limit(importer->failure);
            return -1;
        }
        if (model->value_count)
            memcpy(values, model->values, model->value_count * sizeof *values);
        model->values = values;
        importer->value_capacity = capacity;
    }
    model->values[model->value_count] = (onnx_value){.name = name, .constant = constant};
    model->has_double |= constant && constant->type == ONNX_DOUBLE;
    return (int)model->value_count++;
}

/* A value under a name that its scope does not have yet. */
static int define(importer *importer, const char *name, const onnx_tensor *constant)
{
    if (onnx_names_is_in_scope(importer->names, name)) {
        fail(importer->failure, "'%s' is defined twice", quote(name).text);
        return -1;
    }
    const int value = add_value(importer, name, constant);
    if (value >= 0 && !onnx_names_add(importer->names, name, value)) {
        fail_limit(importer->failure);
        return -1;
    }
    return value;
}

static void declare(onnx_memory *memory, onnx_value *value, const Onnx__ValueInfo *info)
{
    const Onnx__TensorType *type = info->type ? info->type->tensor_type : NULL;
    value->type = type ? (enum onnx_type)type->elem_type : ONNX_NONE;
    if (!type || !type->shape || type->shape->n_dim > ONNX_RANK_MAX)
        return;
    value->has_shape = true;
    value->rank = type->shape->n_dim;
    for (size_t i = 0; i < value->rank; i++) {
        const Onnx__Dimension *dim = type->shape->dim[i];
        value->dims[i] = dim->has_dim_value && dim->dim_value >= 0 ? dim->dim_value : -1;
        value->axes[i] = value->dims[i] < 0 && dim->dim_param && *dim->dim_param
                             ? onnx_format(memory, "%s", dim->dim_param)
                             : NULL;
    }
}

static bool import_initializer(importer *importer, const Onnx__Tensor *named,
                               const onnx_tensor *constant)
{
    if (!constant || define(importer, named->name ? named->name : "", constant) < 0)
        return false;
    importer->model->parameter_count += constant->count;
    return true;
}

bool onnx_import_initializers(importer *importer, const Onnx__Graph *from)
{
    onnx_memory *memory = importer->model->memory;
    for (size_t i = 0; i < from->n_initializer; i++) {
        const Onnx__Tensor *tensor = from->initializer[i];
        if (!import_initializer(
                importer, tensor,
                onnx_tensor_read(memory, tensor, importer->place, importer->failure)))
            return false;
    }
    for (size_t i = 0; i < from->n_sparse_initializer; i++) {
        const Onnx__SparseTensor *sparse = from->sparse_initializer[i];
        if (!import_initializer(
                importer, sparse->values,
                onnx_sparse_read(memory, sparse, importer->place, importer->failure)))
            return false;
    }
    return true;
}

/* What is an initialiser too stays the constant that it is. */
bool onnx_import_inputs(importer *importer, const Onnx__Graph *from, onnx_graph *into)
{
    into->inputs = onnx_memory_take(importer->model->memory, from->n_input, sizeof *into->inputs);
    if (!into->inputs)
        return fail_limit(importer->failure);
    for (size_t i = 0; i < from->n_input; i++) {
        const char *name = from->input[i]->name ? from->input[i]->name : "";
        const int there = onnx_names_is_in_scope(importer->names, name)
                              ? onnx_names_find(importer->names, name)
                              : -1;
        if (there >= 0 && importer->model->values[there].constant)
            continue;
        const int value = define(importer, name, NULL);
        if (value < 0)
            return false;
        declare(importer->model->memory, &importer->model->values[value], from->input[i]);
        importer->model->has_double |= importer->model->values[value].type == ONNX_DOUBLE;
        importer->model->has_half |= onnx_type_is_half(importer->model->values[value].type);
        into->inputs[into->input_count++] = value;
    }
    return true;
}

bool onnx_import_outputs(importer *importer, const Onnx__Graph *from, onnx_graph *into)
{
    into->outputs =
        onnx_memory_take(importer->model->memory, from->n_output, sizeof *into->outputs);
    if (!into->outputs)
        return fail_limit(importer->failure);
    for (size_t i = 0; i < from->n_output; i++) {
        const char *name = from->output[i]->name ? from->output[i]->name : "";
        const int value = onnx_names_find(importer->names, name);
        if (value < 0)
            return fail(importer->failure, "the output '%s' is made by no node", quote(name).text);
        if (!unpack(importer, value))
            return false;
        if (importer->model->values[value].type == ONNX_NONE)
            declare(importer->model->memory, &importer->model->values[value], from->output[i]);
        into->outputs[into->output_count++] = value;
    }
    return true;
}

bool onnx_import_name(importer *importer, const char *name, int value)
{
    if (onnx_names_is_in_scope(importer->names, name))
        return fail(importer->failure, "'%s' is defined twice", quote(name).text);
    return onnx_names_add(importer->names, name, value) || fail_limit(importer->failure);
}

/* ---- Nodes ---- */

onnx_node *onnx_add_node(importer *importer, struct builder *into, const onnx_node *node)
{
    onnx_graph *graph = into->graph;
    if (graph->node_count == into->capacity) {
        const size_t capacity = into->capacity ? 2 * into->capacity : 16;
        onnx_node *nodes = onnx_memory_take(importer->model->memory, capacity, sizeof *nodes);
        if (!nodes) {
            fail_limit(importer->failure);
            return NULL;
        }
        if (graph->node_count)
            memcpy(nodes, graph->nodes, graph->node_count * sizeof *nodes);
        graph->nodes = nodes;
        into->capacity = capacity;
    }
    graph->nodes[graph->node_count] = *node;
    return &graph->nodes[graph->node_count++];
}

/* Whether an operator reads bytes as they are; to all others they are whole numbers. */
static bool reads_bytes(const char *op, size_t input)
{
    static const struct {
        const char *op;
        size_t input;
    } rows[] = {{"DequantizeLinear", 0},
                {"MatMulInteger", 1},
                {"ConvInteger", 1},
                {"QLinearMatMul", 3},
                {"QLinearConv", 3}};
    bool reads = (input == 1 || input == 2) && onnx_is_quantised(op);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        reads |= input == rows[i].input && !strcmp(op, rows[i].op);
    return reads;
}

static bool connect_inputs(importer *importer, const Onnx__Node *from, onnx_node *node)
{
    node->inputs = onnx_memory_take(importer->model->memory, from->n_input, sizeof(int));
    if (!node->inputs)
        return fail_limit(importer->failure);
    for (size_t i = 0; i < from->n_input; i++) {
        const char *name = from->input[i];
        node->inputs[i] = *name ? onnx_names_find(importer->names, name) : NAME_LEFT_OUT;
        if (node->inputs[i] == NAME_LEFT_OUT)
            node->inputs[i] = -1;
        else if (node->inputs[i] < 0)
            return fail(importer->failure, "its input '%s' is made by nothing before it",
                        quote(name).text);
        if (node->inputs[i] >= 0 && !reads_bytes(node->op, i) && !unpack(importer, node->inputs[i]))
            return false;
    }
    /* Inputs that are left out at the end need not be told from none. */
    node->input_count = from->n_input;
    while (node->input_count && node->inputs[node->input_count - 1] < 0)
        node->input_count--;
    return true;
}

bool onnx_define_outputs(importer *importer, const Onnx__Node *from, onnx_node *node)
{
    node->outputs = onnx_memory_take(importer->model->memory, from->n_output, sizeof(int));
    if (!node->outputs)
        return fail_limit(importer->failure);
    node->output_count = from->n_output;
    for (size_t i = 0; i < from->n_output; i++) {
        node->outputs[i] = *from->output[i] ? define(importer, from->output[i], NULL) : -1;
        if (*from->output[i] && node->outputs[i] < 0)
            return false;
    }
    return true;
}

/* Whether a node is evaluated here: on constants, as far as its operator is. */
static bool can_fold(const importer *importer, const onnx_node *node)
{
    enum { SMALL = 1 << 14 };
    size_t elements = 0;
    for (size_t i = 0; i < node->input_count; i++) {
        if (node->inputs[i] < 0)
            continue;
        const onnx_tensor *constant = importer->model->values[node->inputs[i]].constant;
        if (!constant)
            return false;
        elements += constant->count;
    }
    return node->operator->folding ==
        FOLDS ||(node->operator->folding == FOLDS_SMALL && elements <= SMALL);
}

/* Evaluates a node on constants, so that its outputs are constants. */
static bool fold(importer *importer, const onnx_node *node)
{
    onnx_memory *memory = importer->model->memory;
    onnx_value *values = importer->model->values;
    const onnx_tensor **inputs = onnx_memory_take(memory, node->input_count, sizeof *inputs);
    const onnx_tensor **outputs = onnx_memory_take(memory, node->output_count, sizeof *outputs);
    if (!inputs || !outputs)
        return fail_limit(importer->failure);
    for (size_t i = 0; i < node->input_count; i++)
        inputs[i] = node->inputs[i] < 0 ? NULL : values[node->inputs[i]].constant;
    if (!onnx_evaluate(node, inputs, outputs, memory, importer->failure))
        return false;
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0)
            values[node->outputs[i]].constant = outputs[i];
    if (!node->input_count && outputs[0])
        importer->model->parameter_count += outputs[0]->count;
    return true;
}

/* ---- One node ---- */

static bool import_operator(importer *importer, const Onnx__Node *from, onnx_node *node,
                            struct builder *into)
{
    const bool plain = !from->domain || !*from->domain || !strcmp(from->domain, "ai.onnx");
    const Onnx__Function *function;
    if (!onnx_find_function(importer, from, &function) ||
        !(from = onnx_bind_attributes(importer, from)))
        return false;
    if (function)
        return onnx_inline_function(importer, from, function, into);
    const bool recurs = onnx_is_recurrent(plain ? "" : from->domain, node->op);
    if (!plain && !recurs)
        return fail(importer->failure, "operators of the domain '%s' are not supported",
                    quote(from->domain).text);
    if (!onnx_read_attributes(importer, from, node) || !connect_inputs(importer, from, node))
        return false;
    if (onnx_has_branches(node->op))
        return onnx_import_branches(importer, from, node, into);
    node->operator= onnx_operator_find(node->op);
    if (!recurs && !node->operator)
        return fail(importer->failure, strstr(node->op, "Sequence") || strstr(node->op, "Optional")
                                           ? "sequences are not supported"
                                           : "this operator is not supported");
    if (!onnx_define_outputs(importer, from, node))
        return false;
    if (recurs)
        return onnx_import_recurrent(importer, node) && onnx_add_node(importer, into, node);
    if (can_fold(importer, node))
        return fold(importer, node);
    importer->model->has_half |=
        !strcmp(node->op, "Cast") &&
        onnx_type_is_half((enum onnx_type)onnx_attribute_int(node, "to", ONNX_NONE));
    return onnx_add_node(importer, into, node);
}

/* Puts which node it is before what is wrong with it; inside a branch, that is told already. */
static bool fail_node(const importer *importer, const onnx_node *node)
{
    struct failure *failure = importer->failure;
    if (!strncmp(failure->sentence, "the node ", strlen("the node ")))
        return false;
    return fail(failure, "the node '%.80s' (%.40s, opset %lld): %s", quote(node->name).text,
                quote(node->op).text, (long long)node->opset, failure->sentence);
}

/* The node's own name, or else that of its first output. */
static const char *name_of(const Onnx__Node *from)
{
    if (from->name && *from->name)
        return from->name;
    for (size_t i = 0; i < from->n_output; i++)
        if (*from->output[i])
            return from->output[i];
    return "";
}

bool onnx_import_nodes(importer *importer, Onnx__Node *const *nodes, size_t count,
                       struct builder *into)
{
    for (size_t i = 0; i < count; i++) {
        const Onnx__Node *n = nodes[i];
        onnx_node node = {
            .name = name_of(n), .op = n->op_type ? n->op_type : "", .opset = importer->opset};
        if (!import_operator(importer, n, &node, into))
            return fail_node(importer, &node);
    }
    return true;
}

bool onnx_import_graph(importer *importer, const Onnx__Graph *from, onnx_graph *into)
{
    struct builder builder = {.graph = into};
    return onnx_import_initializers(importer, from) && onnx_import_inputs(importer, from, into) &&
           onnx_import_nodes(importer, from->node, from->n_node, &builder) &&
           onnx_import_outputs(importer, from, into);
}
