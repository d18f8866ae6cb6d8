/* SPDX-License-Identifier: MIT */
/* test_node_types: recurrent nodes with weights of 16 and 8 bits, in kernels of the build and in
 * compiled ones. A node has the type that it was given and no other has it; what it computes is
 * what float32 computes of weights that were rounded to that type before, or near it, as bytes of
 * operands are rounded too; and a weight that the type does not hold is told in one sentence. */
#include "onnx/writer.h"
#include "packing.h"
#include "run/run.h"
#include "support/expect.h"
#include "support/inputs.h"
#include "weir.h"

#include <math.h>

enum { T = 7, B = 2, I = 3, H = 5, GATES = 4, NODES = 2, COUNT = T * B * H };

/* How far results are from those of rounded weights, and at least from those of float32. Scales are
 * no part of weights of fewer bits, and so sums are rounded elsewhere. */
static const double closest[WEIR_TYPES_OF_FLOATS] = {
    [WEIR_TYPE_BF16] = 2e-6, [WEIR_TYPE_F16] = 2e-6, [WEIR_TYPE_I8] = 3e-2};
static const double furthest[WEIR_TYPES_OF_FLOATS] = {
    [WEIR_TYPE_BF16] = 1e-5, [WEIR_TYPE_F16] = 1e-5, [WEIR_TYPE_I8] = 1e-4};

/* A model of two nodes, one after the other, as it is asked for. */
struct wanted {
    bool compiled; /* cells that no build has */
    enum weir_type rounded[NODES]; /* what its weights are rounded to */
    float first; /* in place of the first weight of R; 0: none */
};

static void round_row(enum weir_type type, float *row, size_t cols)
{
    const float scale = weir_row_scale(&(struct weir_numbers){.data = row}, 0, 1, cols);
    for (size_t k = 0; k < cols; k++)
        row[k] = type == WEIR_TYPE_I8 ? (float)weir_byte(row[k], scale) * scale
                                      : weir_rounded(type, row[k]);
}

static char *weights(struct writer *writer, struct random *random, enum weir_type type, float first,
                     size_t cols)
{
    const size_t dims[] = {1, GATES * H, cols};
    float *values = writer_take(writer, GATES * H * cols, sizeof *values);
    for (size_t k = 0; k < GATES * H * cols; k++)
        values[k] = (float)random_below(random, 100003) / 100003 * 4 - 2;
    for (size_t row = 0; row < GATES * H; row++)
        round_row(type, values + row * cols, cols);
    if (first != 0)
        values[0] = first;
    return writer_constant(writer, writer_floats(writer, values, 3, dims, ONNX_FLOAT, true));
}

static void add_node(struct writer *writer, struct random *random, const struct wanted *wanted,
                     size_t k, char *x, char *y)
{
    static const char *const activations[] = {"Sigmoid", "Relu", "Tanh"};
    char *w = weights(writer, random, wanted->rounded[k], 0, k ? H : I);
    char *r = weights(writer, random, wanted->rounded[k], wanted->first, H);
    Onnx__Node *node = writer_node(writer, "LSTM", (char *[]){x, w, r, NULL}, (char *[]){y, NULL});
    node->name = writer_format(writer, "node %zu", k);
    if (!wanted->compiled)
        return;
    Onnx__Attribute *attribute = writer_attribute(writer, node, "activations");
    attribute->n_strings = 3;
    attribute->strings = writer_take(writer, 3, sizeof *attribute->strings);
    for (size_t a = 0; a < 3; a++)
        attribute->strings[a] = (ProtobufCBinaryData){
            strlen(activations[a]), (uint8_t *)writer_text(writer, activations[a])};
}

static onnx_model *make_model(struct writer *writer, const struct wanted *wanted)
{
    struct random random = {5};
    struct failure failure = {""};
    writer_clear(writer, 14);
    char *x = writer_text(writer, "X"), *y = writer_text(writer, "Y"),
         *between = writer_text(writer, "Y0");
    char *inner = writer_text(writer, "X1"),
         *axis = writer_constant(writer,
                                 writer_ints(writer, (int64_t[]){1}, 1, (size_t[]){1}, ONNX_INT64));
    writer_input(writer, x, ONNX_FLOAT, 3, (size_t[]){T, B, I});
    add_node(writer, &random, wanted, 0, x, between);
    writer_node(writer, "Squeeze", (char *[]){between, axis, NULL}, (char *[]){inner, NULL});
    add_node(writer, &random, wanted, 1, inner, y);
    writer_output(writer, y);
    onnx_model *model = writer_load(writer, &failure);
    EXPECT(model, "%s", failure.sentence);
    if (!model)
        exit(EXIT_FAILURE);
    return model;
}

/* The nodes of the model have the types that they were given, and of bytes kernels of a bundle
 * where this CPU has one. */
static void check_kernels(const run_session *session, const onnx_model *model,
                          const char *const *types)
{
    weir_error error;
    const char *level = "";
    EXPECT(!weir_isa_level(&level, &error), "%s", error.message);
    for (size_t i = 0; i < model->graph.node_count; i++) {
        const onnx_recurrent *recurrent = model->graph.nodes[i].recurrent;
        if (!recurrent)
            continue;
        const char *wanted = types[recurrent->index] ? types[recurrent->index] : "f32";
        const weir_kernel_info kernel = weir_kernel_describe(run_kernel_of(session, recurrent, 0));
        const char *isa = !strcmp(wanted, "i8") ? level : weir_isa_base(level);
        EXPECT(!strcmp(kernel.type, wanted), "%s in place of %s", kernel.type, wanted);
        EXPECT(!strcmp(kernel.isa, isa), "%s in place of %s", kernel.isa, isa);
    }
}

/* What a model gives; of its nodes' types, or NULL. */
static void run(struct writer *writer, const struct wanted *wanted, const char *const *types,
                float y[COUNT])
{
    static float given[T * B * I];
    struct failure failure = {""};
    const onnx_tensor *out;
    onnx_tensor x = {
        .type = ONNX_FLOAT, .rank = 3, .dims = {T, B, I}, .count = T * B * I, .floats = given};
    onnx_model *model = make_model(writer, wanted);
    for (size_t k = 0; k < x.count; k++)
        given[k] = (float)(k % 11) / 5 - 1;
    run_session *session =
        run_create(model, &(run_options){.types = types, .flags = "-O0"}, &failure);
    const onnx_tensor *in = &x;
    if (!EXPECT(session && run_call(session, &in, &out, &failure), "%s", failure.sentence))
        exit(EXIT_FAILURE);
    if (types)
        check_kernels(session, model, types);
    memcpy(y, out->floats, COUNT * sizeof *y);
    run_destroy(session);
    onnx_free(model);
}

static double distance(const float *a, const float *b)
{
    double largest = 0;
    for (size_t i = 0; i < COUNT; i++)
        largest = fmax(largest, fabs((double)a[i] - (double)b[i]));
    return largest;
}

/* One node of the type, the other one, or both. */
static void check_type(struct writer *writer, enum weir_type type, bool compiled)
{
    const char *name = weir_type_name(type);
    float plain[COUNT], wanted[COUNT], found[COUNT];
    run(writer, &(struct wanted){.compiled = compiled}, NULL, plain);
    for (size_t nodes = 1; nodes < 1 << NODES; nodes++) {
        const char *const types[NODES] = {nodes & 1 ? name : NULL, nodes & 2 ? name : NULL};
        const struct wanted rounded = {
            .compiled = compiled,
            .rounded = {nodes & 1 ? type : WEIR_TYPE_F32, nodes & 2 ? type : WEIR_TYPE_F32}};
        run(writer, &(struct wanted){.compiled = compiled}, types, found);
        run(writer, &rounded, NULL, wanted);
        EXPECT(distance(found, wanted) <= closest[type], "%s, nodes %zu: off by %g", name, nodes,
               distance(found, wanted));
        EXPECT(distance(plain, found) > furthest[type], "%s, nodes %zu: nothing is rounded: %g",
               name, nodes, distance(plain, found));
    }
}

/* Where a type does not hold a weight, the node and the matrix are told; others hold it. */
static void check_range(struct writer *writer)
{
    static const struct {
        const char *type;
        float weight;
        bool fits;
    } cases[] = {{"f16", 65520, false}, {"bf16", 65520, true},   {"i8", 65520, true},
                 {"i8", NAN, false},    {"i8", INFINITY, false}, {"f16", INFINITY, true}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct failure failure = {""};
        const char *const given[NODES] = {NULL, cases[k].type};
        onnx_model *model = make_model(writer, &(struct wanted){.first = cases[k].weight});
        run_session *session = run_create(model, &(run_options){.types = given}, &failure);
        EXPECT(!session == !cases[k].fits, "%s and %g: %s", cases[k].type, (double)cases[k].weight,
               failure.sentence);
        EXPECT(cases[k].fits ||
                   (strstr(failure.sentence, "'node 1'") && strstr(failure.sentence, "weight Ui") &&
                    strstr(failure.sentence, "row 0, column 0") && !strchr(failure.sentence, '\n')),
               "%s", failure.sentence);
        run_destroy(session);
        onnx_free(model);
    }
}

int main(void)
{
    struct writer *writer = writer_create();
    for (enum weir_type type = WEIR_TYPE_BF16; (int)type < WEIR_TYPES_OF_FLOATS; type++) {
        check_type(writer, type, false);
        check_type(writer, type, true);
    }
    check_range(writer);
    writer_free(writer);
    return expect_verdict("test_node_types");
}
