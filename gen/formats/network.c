/* SPDX-License-Identifier: MIT */
/* A model as the messages of ONNX's schema, while a reader makes it, and the bytes of that.
 * protobuf-c has no const: what is cast from it, nothing writes. */
#include "formats/network.h"
#include "onnx/memory.h"

#include <stdlib.h>
#include <string.h>

enum { OPSET = 17, IR_VERSION = 8, OUTPUTS_MOST = 3 };

bool network_create(struct network *network, bool streams, size_t limit, struct failure *failure)
{
    *network = (struct network){
        .memory = onnx_memory_create(limit), .failure = failure, .streams = streams};
    if (!network->memory)
        return fail_memory(failure);
    onnx__model__init(&network->model);
    onnx__graph__init(&network->graph);
    onnx__operator_set__init(&network->set);
    network->set.has_version = 1;
    network->set.version = OPSET;
    network->sets[0] = &network->set;
    network->model.has_ir_version = 1;
    network->model.ir_version = IR_VERSION;
    network->model.opset_import = network->sets;
    network->model.n_opset_import = 1;
    network->model.graph = &network->graph;
    network->graph.node = network->nodes;
    network->graph.initializer = network->tensors;
    network->graph.input = network->inputs;
    network->graph.output = network->outputs;
    network->graph.n_output = 1;
    return true;
}

void network_free(struct network *network)
{
    onnx_memory_destroy(network->memory);
    text_free(&network->carry);
}

void *network_bytes(struct network *network, size_t *size)
{
    *size = onnx__model__get_packed_size(&network->model);
    void *bytes = malloc(*size);
    if (bytes)
        onnx__model__pack(&network->model, bytes);
    else
        fail_memory(network->failure);
    return bytes;
}

void *network_take(struct network *network, size_t count, size_t size)
{
    void *taken = onnx_memory_take(network->memory, count, size);
    if (taken)
        memset(taken, 0, count * size);
    else
        fail_limit(network->failure);
    return taken;
}

static char *make_name(struct network *network, const char *of, size_t number)
{
    char *name = onnx_format(network->memory, "%s_%zu", of, number);
    if (!name)
        fail_limit(network->failure);
    return name;
}

/* Whether one more than these may be added. */
static bool has_room(struct network *network, size_t items)
{
    return items < NETWORK_ITEMS ||
           fail(network->failure, "it takes more nodes or constants than %d", NETWORK_ITEMS);
}

/* ---- Inputs, outputs, constants ---- */

/* Floats [rows][1][width]; 0 rows: open. */
static Onnx__ValueInfo *declare(struct network *network, char *name, size_t rows, size_t width)
{
    enum { RANK = 3 };
    struct {
        Onnx__ValueInfo info;
        Onnx__Type type;
        Onnx__TensorType tensor;
        Onnx__Shape shape;
        Onnx__Dimension dims[RANK], *dim[RANK];
    } *all = network_take(network, 1, sizeof *all);
    if (!all)
        return NULL;
    onnx__value_info__init(&all->info);
    onnx__type__init(&all->type);
    onnx__tensor_type__init(&all->tensor);
    onnx__shape__init(&all->shape);
    for (size_t d = 0; d < RANK; d++) {
        onnx__dimension__init(&all->dims[d]);
        all->dims[d].has_dim_value = d > 0 || rows;
        all->dims[d].dim_value = (int64_t)(d == 0 ? rows : d == 1 ? 1 : width);
        all->dim[d] = &all->dims[d];
    }
    if (!rows)
        all->dims[0].dim_param = "time";
    all->shape.n_dim = RANK;
    all->shape.dim = all->dim;
    all->tensor.has_elem_type = 1;
    all->tensor.elem_type = ONNX_FLOAT;
    all->tensor.shape = &all->shape;
    all->type.tensor_type = &all->tensor;
    all->info.name = name;
    all->info.type = &all->type;
    return &all->info;
}

static char *add_input(struct network *network, char *name, size_t rows, size_t width)
{
    Onnx__ValueInfo *info = name && has_room(network, network->graph.n_input)
                                ? declare(network, name, rows, width)
                                : NULL;
    if (!info)
        return NULL;
    network->inputs[network->graph.n_input++] = info;
    return name;
}

char *network_input(struct network *network, size_t width)
{
    return add_input(network, "input", 0, width);
}

bool network_output(struct network *network, char *value, size_t width)
{
    network->outputs[0] = value ? declare(network, value, 0, width) : NULL;
    return network->outputs[0];
}

char *network_state(struct network *network, size_t rows, size_t width)
{
    return add_input(network, make_name(network, "state", network->graph.n_input), rows, width);
}

bool network_keep(struct network *network, const char *state, char *value, size_t rows,
                  size_t width)
{
    const size_t at = network->graph.n_output;
    Onnx__ValueInfo *info =
        state && value && has_room(network, at) ? declare(network, value, rows, width) : NULL;
    if (!info)
        return false;
    network->outputs[network->graph.n_output++] = info;
    text_add(&network->carry, "%s%s=%s", at > 1 ? "\n" : "", value, state);
    return true;
}

static Onnx__Tensor *add_tensor(struct network *network, enum onnx_type type, size_t rank,
                                const size_t *dims)
{
    const size_t at = network->graph.n_initializer;
    Onnx__Tensor *tensor = has_room(network, at) ? network_take(network, 1, sizeof *tensor) : NULL;
    int64_t *sizes = tensor ? network_take(network, rank, sizeof *sizes) : NULL;
    char *name = sizes ? make_name(network, "constant", at) : NULL;
    if (!name)
        return NULL;
    onnx__tensor__init(tensor);
    for (size_t d = 0; d < rank; d++)
        sizes[d] = (int64_t)dims[d];
    tensor->n_dims = rank;
    tensor->dims = sizes;
    tensor->has_data_type = 1;
    tensor->data_type = (int32_t)type;
    tensor->name = name;
    return network->tensors[network->graph.n_initializer++] = tensor;
}

char *network_floats(struct network *network, const float *values, size_t rank, const size_t *dims)
{
    Onnx__Tensor *tensor = values ? add_tensor(network, ONNX_FLOAT, rank, dims) : NULL;
    if (!tensor)
        return NULL;
    tensor->n_float_data = 1;
    for (size_t d = 0; d < rank; d++)
        tensor->n_float_data *= dims[d];
    tensor->float_data = (float *)values;
    return tensor->name;
}

char *network_ints(struct network *network, const int64_t *values, size_t count)
{
    int64_t *copy = network_take(network, count, sizeof *copy);
    Onnx__Tensor *tensor = copy ? add_tensor(network, ONNX_INT64, 1, &count) : NULL;
    if (!tensor)
        return NULL;
    tensor->n_int64_data = count;
    tensor->int64_data = memcpy(copy, values, count * sizeof *copy);
    return tensor->name;
}

char *network_scalar(struct network *network, double value)
{
    float *copy = network_take(network, 1, sizeof *copy);
    if (copy)
        *copy = (float)value;
    return network_floats(network, copy, 0, NULL);
}

/* ---- Nodes ---- */

char *network_node(struct network *network, const char *op, size_t count, char *const *inputs)
{
    const size_t at = network->graph.n_node;
    for (size_t i = 0; i < count; i++)
        if (!inputs[i])
            return NULL;
    struct {
        Onnx__Node node;
        char *output[OUTPUTS_MOST];
    } *all = has_room(network, at) ? network_take(network, 1, sizeof *all) : NULL;
    char **copy = all ? network_take(network, count, sizeof *copy) : NULL;
    char *name = copy ? make_name(network, op, at) : NULL;
    if (!name)
        return NULL;
    onnx__node__init(&all->node);
    all->output[0] = name;
    all->node.name = name;
    all->node.op_type = (char *)op;
    all->node.n_input = count;
    all->node.input = memcpy(copy, inputs, count * sizeof *copy);
    all->node.n_output = 1;
    all->node.output = all->output;
    network->nodes[network->graph.n_node++] = &all->node;
    return name;
}

char *network_another(struct network *network)
{
    Onnx__Node *node = network->nodes[network->graph.n_node - 1];
    char *name = make_name(network, node->name, node->n_output);
    if (name)
        node->output[node->n_output++] = name;
    return name;
}

static Onnx__Attribute *add_attribute(struct network *network, const char *name)
{
    enum { ATTRIBUTES_MOST = 4, TYPE_INT = 2 };
    if (!network->graph.n_node)
        return NULL;
    Onnx__Node *node = network->nodes[network->graph.n_node - 1];
    if (!node->attribute)
        node->attribute = network_take(network, ATTRIBUTES_MOST, sizeof *node->attribute);
    Onnx__Attribute *attribute =
        node->attribute ? network_take(network, 1, sizeof *attribute) : NULL;
    if (!attribute)
        return NULL;
    onnx__attribute__init(attribute);
    attribute->name = (char *)name;
    attribute->has_type = 1;
    attribute->type = TYPE_INT;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

bool network_attribute_int(struct network *network, const char *name, int64_t value)
{
    Onnx__Attribute *attribute = add_attribute(network, name);
    if (!attribute)
        return false;
    attribute->has_i = 1;
    attribute->i = value;
    return true;
}

bool network_attribute(struct network *network, const char *name, const int64_t *values,
                       size_t count)
{
    enum { TYPE_INTS = 7 };
    Onnx__Attribute *attribute = add_attribute(network, name);
    int64_t *copy = attribute ? network_take(network, count, sizeof *copy) : NULL;
    if (!copy)
        return false;
    attribute->type = TYPE_INTS;
    attribute->n_ints = count;
    attribute->ints = memcpy(copy, values, count * sizeof *copy);
    return true;
}
