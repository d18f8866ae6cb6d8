/* SPDX-License-Identifier: MIT */
/* test_recurrent: what the attributes of recurrent nodes come to: who takes which value of
 * activation_alpha and activation_beta, and which GRUs look as if PyTorch had meant another. */
#include "onnx/writer.h"
#include "support/expect.h"

#include <string.h>

enum { I = 2, H = 3, LIST_MAX = 6 };

static struct writer *writer;
static struct failure failure;

static char *weights(size_t directions, size_t rows, size_t columns)
{
    const size_t dims[3] = {directions, rows, columns};
    const float *zeros = writer_take(writer, directions * rows * columns, sizeof *zeros);
    return writer_constant(writer, writer_floats(writer, zeros, 3, dims, ONNX_FLOAT, true));
}

/* A model of one node, which the model begins anew. */
static Onnx__Node *make_node(const char *op, size_t gates, size_t directions)
{
    const size_t dims[3] = {4, 1, I};
    writer_clear(writer, 14);
    char *x = writer_name(writer), *y = writer_name(writer);
    writer_input(writer, x, ONNX_FLOAT, 3, dims);
    char *const inputs[] = {x, weights(directions, gates * H, I), weights(directions, gates * H, H),
                            NULL};
    Onnx__Node *node = writer_node(writer, op, inputs, (char *[]){y, NULL});
    writer_output(writer, y);
    return node;
}

/* Numbers end with a 0. */
static void add_floats(Onnx__Node *node, const char *name, const float *values)
{
    size_t count = 0;
    while (values[count] != 0)
        count++;
    if (!count)
        return;
    Onnx__Attribute *attribute = writer_attribute(writer, node, name);
    attribute->n_floats = count;
    attribute->floats = writer_take(writer, count, sizeof *attribute->floats);
    memcpy(attribute->floats, values, count * sizeof *values);
}

/* ---- Values of activations ---- */

/* An LSTM, in one direction or in both; what stands in the cells' texts, or in the sentence. */
static const struct values {
    const char *activations[LIST_MAX];
    float alphas[LIST_MAX + 2], betas[LIST_MAX + 2];
    const char *cell[2], *sentence;
} list[] = {
    /* In order, by those that take one. */
    {{"LeakyRelu", "Tanh", "Elu"}, {.25f, .5f}, {0}, {"leaky_relu(Wi@x + Ui@h + bi, 0.25)"}, NULL},
    {{"LeakyRelu", "Tanh", "Elu"}, {.25f, .5f}, {0}, {"elu(c', 0.5)"}, NULL},
    /* One for every activation, where that is the same. */
    {{"LeakyRelu", "Tanh", "Tanh"},
     {.25f, 9, 9},
     {0},
     {"leaky_relu(Wi@x + Ui@h + bi, 0.25)"},
     NULL},
    {{"HardSigmoid", "Tanh", "Tanh"},
     {.25f, 9, 9},
     {.75f, 8, 8},
     {"hard_sigmoid(Wi@x + Ui@h + bi, 0.25, 0.75)"},
     NULL},
    {{"Tanh", "LeakyRelu", "Tanh"},
     {.25f, .25f, 9},
     {0},
     {"leaky_relu(Wg@x + Ug@h + bg, 0.25)"},
     NULL},
    {{"Sigmoid", "Tanh", "Tanh"}, {9, 8, 7}, {9, 8, 7}, {"tanh(c')"}, NULL},
    {{"LeakyRelu", "Tanh", "Tanh", "LeakyRelu", "Tanh", "Tanh"},
     {.25f, .25f, 9, .25f, 9, 9},
     {0},
     {"leaky_relu(Wi@x + Ui@h + bi, 0.25)", "leaky_relu(Wi@x + Ui@h + bi, 0.25)"},
     NULL},
    /* Where it is not, or is neither. */
    {{"Tanh", "LeakyRelu", "Tanh"},
     {.5f, .25f, 9},
     {0},
     {NULL},
     "activation_alpha has 3 values, where 1 of its 3 activations take one, and it is not clear "
     "which: in order, or each that of its own place"},
    {{"HardSigmoid", "Tanh", "Elu"},
     {.25f, .5f, .75f},
     {0},
     {NULL},
     "activation_alpha has 3 values"},
    {{"HardSigmoid", "Tanh", "HardSigmoid"},
     {.25f, .75f},
     {.5f, 1, .5f},
     {NULL},
     "activation_beta has 3"},
    {{"LeakyRelu", "Tanh", "Tanh", "LeakyRelu", "Tanh", "Tanh"},
     {.25f, 9, 9, .25f, 9, 9},
     {0},
     {NULL},
     "in order, or each that of its own place"},
    {{"LeakyRelu", "Tanh", "Tanh"},
     {.25f, 9},
     {0},
     {NULL},
     "activation_alpha has 2 values, where 1 of its 3"},
    {{"LeakyRelu", "Tanh", "Tanh"}, {.25f, 9, 9, 9}, {0}, {NULL}, "activation_alpha has 4 values"},
};

static void check_values(const struct values *values)
{
    size_t count = 3;
    while (count < LIST_MAX && values->activations[count])
        count++;
    Onnx__Node *node = make_node("LSTM", 4, count / 3);
    Onnx__Attribute *attribute = writer_attribute(writer, node, "activations");
    attribute->n_strings = count;
    attribute->strings = writer_take(writer, count, sizeof *attribute->strings);
    for (size_t k = 0; k < count; k++)
        attribute->strings[k] = (ProtobufCBinaryData){
            strlen(values->activations[k]), (uint8_t *)writer_text(writer, values->activations[k])};
    if (count > 3)
        writer_string(writer, node, "direction", "bidirectional");
    add_floats(node, "activation_alpha", values->alphas);
    add_floats(node, "activation_beta", values->betas);
    failure = (struct failure){""};
    onnx_model *model = writer_load(writer, &failure);
    EXPECT(!model == !values->cell[0] && (model || strstr(failure.sentence, values->sentence)),
           "%zu: %s", (size_t)(values - list), failure.sentence);
    const onnx_recurrent *recurrent = model ? model->graph.nodes[0].recurrent : NULL;
    for (size_t d = 0; model && d < 2 && values->cell[d]; d++)
        EXPECT(strstr(recurrent->pass[d].cell, values->cell[d]), "%zu: %s", (size_t)(values - list),
               recurrent->pass[d].cell);
    onnx_free(model);
}

/* ---- Doubts ---- */

static void check_doubt(const char *producer, const char *op, size_t gates, int after, bool doubts)
{
    Onnx__Node *node = make_node(op, gates, 1);
    node->name = writer_text(writer, "rnn");
    writer->model.producer_name = writer_text(writer, producer);
    if (after >= 0)
        writer_int(writer, node, "linear_before_reset", after);
    onnx_model *model = writer_load(writer, &failure);
    EXPECT(model && !model->doubt == !doubts, "%s of %s, %d: %s", op, producer, after,
           !model         ? failure.sentence
           : model->doubt ? model->doubt
                          : "no doubt");
    EXPECT(!doubts || strstr(model->doubt, "the node 'rnn' (GRU) has no linear_before_reset = 1"),
           "%s", model->doubt);
    onnx_free(model);
}

int main(void)
{
    writer = writer_create();
    for (size_t k = 0; k < sizeof list / sizeof *list; k++)
        check_values(&list[k]);
    check_doubt("pytorch", "GRU", 3, -1, true);
    check_doubt("pytorch", "GRU", 3, 0, true);
    check_doubt("pytorch", "GRU", 3, 1, false);
    check_doubt("tf2onnx", "GRU", 3, 0, false);
    check_doubt("", "GRU", 3, -1, false);
    check_doubt("pytorch", "LSTM", 4, -1, false);
    writer_free(writer);
    return expect_verdict("test_recurrent");
}
