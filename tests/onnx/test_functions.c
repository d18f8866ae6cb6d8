/* SPDX-License-Identifier: MIT */
/* test_functions: functions of models become the nodes that they stand for, and sparse tensors the
 * dense ones. All inputs are constants, so that results are there when a model is read. */
#include "onnx/writer.h"
#include "support/expect.h"

#include <string.h>

static struct writer *writer;
static struct failure failure;

static char *text(const char *chars)
{
    return writer_text(writer, chars);
}

/* A node outside of the graph. */
static Onnx__Node *make_node(const char *domain, const char *op, char *const *inputs,
                             char *const *outputs)
{
    Onnx__Node *node = writer_node(writer, op, inputs, outputs);
    node->domain = text(domain);
    writer->graph.n_node--;
    return node;
}

static void refer(Onnx__Node *node, const char *name, const char *to)
{
    writer_attribute(writer, node, name)->ref_attr_name = text(to);
}

static void set_float(Onnx__Attribute *attribute, float value)
{
    attribute->has_f = 1;
    attribute->f = value;
}

enum { FUNCTIONS = 24 };

static Onnx__Function *add_function(const char *name, char *const *inputs, size_t input_count,
                                    char *output, Onnx__Node *const *nodes, size_t node_count)
{
    Onnx__Model *model = &writer->model;
    Onnx__Function *f = writer_take(writer, 1, sizeof *f);
    if (!model->functions)
        model->functions = writer_take(writer, FUNCTIONS, sizeof *model->functions);
    onnx__function__init(f);
    f->name = text(name);
    f->domain = text("own");
    f->n_input = input_count;
    f->input = writer_take(writer, input_count, sizeof *f->input);
    memcpy(f->input, inputs, input_count * sizeof *inputs);
    f->n_output = 1;
    f->output = writer_take(writer, 1, sizeof *f->output);
    f->output[0] = output;
    f->n_node = node_count;
    f->node = writer_take(writer, node_count, sizeof(Onnx__Node *));
    memcpy(f->node, nodes, node_count * sizeof *nodes);
    f->n_opset_import = 1;
    f->opset_import = writer->sets;
    return model->functions[model->n_functions++] = f;
}

/* A call in the graph, whose output is one of the model's. */
static Onnx__Node *call(const char *name, char *const *inputs, char *output)
{
    Onnx__Node *node = writer_node(writer, name, inputs, (char *[]){output, NULL});
    node->domain = text("own");
    writer_output(writer, output);
    return node;
}

/* The functions: leak(x) = LeakyRelu(x) + "a" of its own, with a slope of 0.5 unless told;
 * twice(x), which calls it with the slope that it is told itself; and limit(x, low, high). */
static void build(void)
{
    const size_t two = 2, none = 0;
    const float x[] = {-1, 2}, least = 0;
    writer_clear(writer, 18);
    writer_initializer(writer, writer_floats(writer, x, 1, &two, ONNX_FLOAT, true), text("x"));
    writer_initializer(writer, writer_floats(writer, x, 1, &two, ONNX_FLOAT, true), text("a"));
    writer_initializer(writer, writer_floats(writer, &least, 0, &none, ONNX_FLOAT, true),
                       text("zero"));
    Onnx__Node *nodes[2];
    char *v = text("v"), *a = text("a"), *y = text("y");
    nodes[0] = make_node("", "LeakyRelu", (char *[]){v, NULL}, (char *[]){a, NULL});
    nodes[1] = make_node("", "Add", (char *[]){a, a, NULL}, (char *[]){y, NULL});
    refer(nodes[0], "alpha", "slope");
    Onnx__Function *leak = add_function("leak", &v, 1, y, nodes, 2);
    leak->attribute_proto = writer_take(writer, 1, sizeof *leak->attribute_proto);
    Onnx__Node *holder = make_node("", "holder", (char *[]){NULL}, (char *[]){NULL});
    set_float(writer_attribute(writer, holder, "slope"), 0.5f);
    leak->attribute_proto[0] = holder->attribute[0];
    leak->n_attribute_proto = 1;
    nodes[0] = make_node("own", "leak", (char *[]){v, NULL}, (char *[]){a, NULL});
    nodes[1] = make_node("own", "leak", (char *[]){a, NULL}, (char *[]){y, NULL});
    refer(nodes[0], "slope", "own_slope");
    add_function("twice", &v, 1, y, nodes, 2);
    char *limits[] = {v, text("low"), text("high")};
    nodes[0] = make_node("", "Clip", (char *[]){limits[0], limits[1], limits[2], NULL},
                         (char *[]){y, NULL});
    add_function("limit", limits, 3, y, nodes, 1);
}

static onnx_model *load(void)
{
    failure.sentence[0] = 0;
    return writer_load(writer, &failure);
}

static void expect_pair(const onnx_model *model, size_t output, float first, float second)
{
    const onnx_value *value = model ? &model->values[model->graph.outputs[output]] : NULL;
    const onnx_tensor *y = value ? value->constant : NULL;
    EXPECT(y && y->count == 2 && y->floats[0] == first && y->floats[1] == second,
           "output %zu is %g, %g; %s", output, y ? (double)y->floats[0] : 0,
           y ? (double)y->floats[1] : 0, failure.sentence);
}

static void check_calls(void)
{
    build();
    char *x = text("x");
    call("leak", (char *[]){x, NULL}, text("p"));
    set_float(writer_attribute(writer, call("twice", (char *[]){x, NULL}, text("q")), "own_slope"),
              0.25f);
    call("limit", (char *[]){x, text("zero"), NULL}, text("r"));
    call("twice", (char *[]){x, NULL}, text("s"));
    onnx_model *model = load();
    expect_pair(model, 0, -1, 4);
    expect_pair(model, 1, -0.5f, 8);
    expect_pair(model, 2, 0, 2);
    expect_pair(model, 3, -1, 8); /* no slope is told: the default of leak */
    onnx_free(model);
}

/* Of an input that is no constant the nodes are there, with the opset of the function. */
static void check_nodes(void)
{
    const size_t two = 2;
    Onnx__OperatorSet set = ONNX__OPERATOR_SET__INIT, *own = &set;
    build();
    set.has_version = 1;
    set.version = 14;
    writer->model.functions[0]->opset_import = &own;
    writer_input(writer, text("in"), ONNX_FLOAT, 1, &two);
    call("leak", (char *[]){text("in"), NULL}, text("p"));
    onnx_model *model = load();
    EXPECT(model && model->graph.node_count == 2 && model->graph.nodes[0].opset == 14 &&
               !strcmp(model->values[model->graph.outputs[0]].name, "p"),
           "%zu nodes; %s", model ? model->graph.node_count : 0, failure.sentence);
    onnx_free(model);
}

static void expect_refused(const char *words)
{
    onnx_model *model = load();
    EXPECT(!model && strstr(failure.sentence, words), "expected %s: %s", words,
           model ? "it was read" : failure.sentence);
    onnx_free(model);
}

/* A function that calls the next one so many times, and so on. */
static void build_tower(size_t height, size_t times)
{
    build();
    char *v = text("v");
    for (size_t k = 0; k < height; k++) {
        Onnx__Node *nodes[16];
        char *from = v;
        for (size_t i = 0; i < times; i++) {
            char *to = writer_name(writer);
            nodes[i] =
                make_node("own", k + 1 < height ? writer_format(writer, "f%zu", k + 1) : "leak",
                          (char *[]){from, NULL}, (char *[]){to, NULL});
            from = to;
        }
        add_function(writer_format(writer, "f%zu", k), &v, 1, from, nodes, times);
    }
    call("f0", (char *[]){text("x"), NULL}, text("p"));
}

static void check_refusals(void)
{
    build();
    call("leak", (char *[]){text("x"), text("x"), NULL}, text("p"));
    expect_refused("it has 2 inputs and 1 outputs, and the function that it calls 1 and 1");
    build();
    writer->model.functions[0]->node[0]->input[0] = text("zero"); /* of the graph around it */
    call("leak", (char *[]){text("x"), NULL}, text("p"));
    expect_refused("its input 'zero' is made by nothing before it");
    build();
    writer->model.functions[0]->output[0] = text("nowhere");
    call("leak", (char *[]){text("x"), NULL}, text("p"));
    expect_refused("its output 'nowhere' is made by no node");
    build();
    writer->model.functions[1]->node[0]->op_type = text("twice");
    call("twice", (char *[]){text("x"), NULL}, text("p"));
    expect_refused("more than 16 deep");
    build();
    writer->model.functions[1]->name = text("leak");
    expect_refused("the function 'leak' is defined twice");
    build_tower(2, 3);
    onnx_model *model = load();
    expect_pair(model, 0, -1, 1024);
    onnx_free(model);
    build_tower(15, 8);
    expect_refused("more memory than is allowed");
    Onnx__OperatorSet set = ONNX__OPERATOR_SET__INIT, *own = &set;
    build();
    set.has_version = 1;
    set.version = 99;
    writer->model.functions[0]->opset_import = &own;
    call("leak", (char *[]){text("x"), NULL}, text("p"));
    expect_refused("it is of opset 99");
}

/* ---- Sparse tensors ---- */

static Onnx__SparseTensor *add_sparse(const int64_t *indices, size_t rank)
{
    const float values[] = {5, 7};
    Onnx__SparseTensor *sparse = writer_take(writer, 1, sizeof *sparse);
    onnx__sparse_tensor__init(sparse);
    sparse->values = writer_floats(writer, values, 1, (size_t[]){2}, ONNX_FLOAT, true);
    sparse->values->name = text("sparse");
    sparse->indices = writer_ints(writer, indices, rank, (size_t[]){2, 2}, ONNX_INT64);
    sparse->n_dims = 2;
    sparse->dims = writer_take(writer, 2, sizeof *sparse->dims);
    sparse->dims[0] = 2;
    sparse->dims[1] = 3;
    return sparse;
}

static void add_initializer(const int64_t *indices, size_t rank)
{
    writer_clear(writer, 18);
    writer->graph.n_sparse_initializer = 1;
    writer->graph.sparse_initializer = writer_take(writer, 1, sizeof(Onnx__SparseTensor *));
    writer->graph.sparse_initializer[0] = add_sparse(indices, rank);
    writer_node(writer, "Identity", (char *[]){text("sparse"), NULL}, (char *[]){text("y"), NULL});
    writer_output(writer, text("y"));
}

static void expect_dense(void)
{
    static const float dense[] = {0, 5, 0, 0, 0, 7};
    onnx_model *model = load();
    const onnx_tensor *y = model ? model->values[model->graph.outputs[0]].constant : NULL;
    EXPECT(y && y->rank == 2 && y->dims[1] == 3 && !memcmp(y->floats, dense, sizeof dense), "%s",
           failure.sentence);
    onnx_free(model);
}

static void check_sparse(void)
{
    const int64_t linear[] = {1, 5}, pairs[] = {0, 1, 1, 2}, beyond[] = {1, 6},
                  below[] = {0, -1, 1, 2};
    add_initializer(linear, 1);
    expect_dense();
    add_initializer(pairs, 2);
    expect_dense();
    writer_clear(writer, 18);
    Onnx__Node *node =
        writer_node(writer, "Constant", (char *[]){NULL}, (char *[]){text("y"), NULL});
    writer_attribute(writer, node, "sparse_value")->sparse_tensor = add_sparse(pairs, 2);
    writer_output(writer, text("y"));
    expect_dense();
    add_initializer(beyond, 1);
    expect_refused("index lies outside");
    add_initializer(below, 2);
    expect_refused("index lies outside");
    add_initializer(linear, 1);
    writer->graph.sparse_initializer[0]->dims[0] = INT64_C(1) << 40;
    expect_refused("more memory than is allowed");
    add_initializer(linear, 1);
    writer->graph.sparse_initializer[0]->indices = NULL;
    expect_refused("no indices");
}

int main(void)
{
    writer = writer_create();
    writer_clear(writer, 18);
    check_calls();
    check_nodes();
    check_refusals();
    check_sparse();
    writer_free(writer);
    return expect_verdict("test_functions");
}
