/* SPDX-License-Identifier: MIT */
/* test_quantised [FOLDER ROWS]: com.microsoft.DynamicQuantizeLSTM, made here in every form that its
 * weights have. Results are those of the operator's formulas in float64 with activations as Weir
 * quantises them, and near those of the same weights as floats; they are the same bits on every
 * ISA. What is wrong with a node is told in one sentence. With a FOLDER, the models are written
 * there instead, for a batch of so many ROWS, and one that ends in a product of floats, each with
 * an input: NUMBER.onnx, NUMBER.npy and NUMBER.pb; and scale.onnx and zero.onnx, which are to be
 * refused. */
#define _GNU_SOURCE
#include "onnx/writer.h"
#include "run/files.h"
#include "run/run.h"
#include "runner/reference64.h"
#include "support/expect.h"
#include "support/inputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { T = 6, B_MAX = 2, I = 5, H = 17, GATES = 4, ROWS = GATES * H, D_MAX = 2, INPUTS = 12 };

/* A node: how its W and R come, and what else it has. */
static const struct form {
    const char *name, *direction, *type; /* the type that it should run by */
    size_t D;
    bool has_sign, least, scales, zeros; /* -128 among the bytes; one a row of both */
    int zero;
    bool peepholes, bias, initial, coupled;
    float clip;
} forms[] = {
    {"uint8, one scale", "forward", "u8", 1, false, true, false, false, 113, .bias = true},
    {"uint8, in the middle", "forward", "i8", 1, false, false, false, false, 128, .bias = false},
    {"uint8, a zero point a row", "bidirectional", "u8", 2, false, true, true, true, 90,
     .bias = true, .initial = true},
    {"int8, a scale a row", "bidirectional", "i8", 2, true, false, true, true, 0, .bias = true},
    {"int8 with -128", "reverse", "i8", 1, true, true, true, false, 0, .peepholes = true},
    {"int8 with a zero point", "forward", "u8", 1, true, false, false, true, -7, .bias = true,
     .peepholes = true, .initial = true},
    {"clip and input_forget", "forward", "u8", 1, false, true, true, false, 131, .bias = true,
     .coupled = true, .clip = 1.5f},
};
enum { FORMS = sizeof forms / sizeof *forms };

/* What a node is made of. Matrices are [direction][column][row]; as the reference has them,
 * [direction][row][column] of numbers without zero points, and as floats. */
static struct data {
    int64_t bytes[2][D_MAX * H * ROWS], zeros[2][D_MAX * ROWS];
    float scales[2][D_MAX * ROWS], of_row[2][D_MAX * ROWS];
    float whole[2][D_MAX * ROWS * H], wide[2][D_MAX * ROWS * H];
    float X[T * B_MAX * I], bias[D_MAX * 2 * ROWS], P[D_MAX * 3 * H], initial[2][D_MAX * B_MAX * H];
} data;

static const size_t columns_of[] = {I, H};
static onnx_memory *memory;
static size_t B = B_MAX;
static struct random state = {7};

static float draw(void)
{
    return (float)random_below(&state, 2001) / 1000 - 1;
}

static void fill(float *to, size_t count, float by)
{
    for (size_t k = 0; k < count; k++)
        to[k] = draw() * by;
}

static void make_matrix(const struct form *form, size_t m)
{
    const size_t columns = columns_of[m];
    const int lowest = form->has_sign ? -128 : 0, first = lowest + !form->least;
    for (size_t row = 0; row < form->D * ROWS; row++) {
        data.scales[m][row] = (0.75f + (float)random_below(&state, 500) / 1000) * 0.004f;
        data.zeros[m][row] = form->zero + (form->zeros && form->zero ? (int)row % 9 - 4 : 0);
    }
    for (size_t k = 0; k < form->D * columns * ROWS; k++)
        data.bytes[m][k] =
            k % 41 == 0 ? first
                        : first + (int64_t)random_below(&state, (size_t)(lowest + 256 - first));
    for (size_t d = 0; d < form->D; d++)
        for (size_t row = 0; row < ROWS; row++) {
            const size_t at = d * ROWS + row;
            const float scale = data.scales[m][form->scales ? at : d];
            const int64_t zero = data.zeros[m][form->zeros ? at : d];
            data.of_row[m][at] = scale;
            for (size_t c = 0; c < columns; c++) {
                const int64_t whole = data.bytes[m][(d * columns + c) * ROWS + row] - zero;
                data.whole[m][at * columns + c] = (float)whole;
                data.wide[m][at * columns + c] = (float)whole * scale;
            }
        }
}

static void make_data(const struct form *form)
{
    for (size_t m = 0; m < 2; m++)
        make_matrix(form, m);
    fill(data.X, T * B * I, 2);
    fill(data.bias, form->D * 2 * ROWS, 0.5f);
    fill(data.P, form->D * 3 * H, 0.5f);
    for (size_t s = 0; s < 2; s++)
        fill(data.initial[s], form->D * B * H, 1);
}

/* ---- The model ---- */

static char *floats(struct writer *writer, const float *values, size_t rank, size_t a, size_t b,
                    size_t c)
{
    return writer_constant(
        writer, writer_floats(writer, values, rank, (size_t[]){a, b, c}, ONNX_FLOAT, true));
}

/* The node, of which a test may change something before it becomes bytes. */
static Onnx__Node *make_node(struct writer *writer, const struct form *form)
{
    const enum onnx_type type = form->has_sign ? ONNX_INT8 : ONNX_UINT8;
    const size_t D = form->D;
    char *none = writer_text(writer, ""), *inputs[INPUTS + 1];
    char *outputs[] = {writer_text(writer, "Y"), writer_text(writer, "Y_h"),
                       writer_text(writer, "Y_c"), NULL};
    for (size_t k = 0; k < INPUTS; k++)
        inputs[k] = none;
    inputs[INPUTS] = NULL;
    inputs[0] = writer_text(writer, "X");
    writer_input(writer, inputs[0], ONNX_FLOAT, 3, (size_t[]){T, B, I});
    for (size_t m = 0; m < 2; m++) {
        inputs[1 + m] =
            writer_constant(writer, writer_ints(writer, data.bytes[m], 3,
                                                (size_t[]){D, columns_of[m], ROWS}, type));
        inputs[8 + 2 * m] = floats(writer, data.scales[m], form->scales ? 2 : 1, D, ROWS, 0);
        inputs[9 + 2 * m] =
            writer_constant(writer, writer_ints(writer, data.zeros[m], form->zeros ? 2 : 1,
                                                (size_t[]){D, ROWS}, type));
    }
    if (form->bias)
        inputs[3] = floats(writer, data.bias, 2, D, 2 * ROWS, 0);
    for (size_t s = 0; s < 2 && form->initial; s++)
        inputs[5 + s] = floats(writer, data.initial[s], 3, D, B, H);
    if (form->peepholes)
        inputs[7] = floats(writer, data.P, 2, D, 3 * H, 0);
    Onnx__Node *node = writer_node(writer, "DynamicQuantizeLSTM", inputs, outputs);
    node->domain = writer_text(writer, "com.microsoft");
    writer_int(writer, node, "hidden_size", H);
    writer_string(writer, node, "direction", form->direction);
    if (form->coupled)
        writer_int(writer, node, "input_forget", 1);
    if (form->clip > 0) {
        Onnx__Attribute *clip = writer_attribute(writer, node, "clip");
        clip->has_f = 1;
        clip->f = form->clip;
    }
    for (size_t k = 0; k < 3; k++)
        writer_output(writer, outputs[k]);
    return node;
}

/* ---- Results ---- */

struct result {
    float Y[T * D_MAX * B_MAX * H], final[2][D_MAX * B_MAX * H];
};

static bool run(const onnx_model *model, const char *isa, const char *type, struct result *result)
{
    struct failure failure = {""};
    const char *const types[] = {type};
    const onnx_tensor *outputs[3];
    onnx_tensor *x = onnx_tensor_create(memory, ONNX_FLOAT, 3, (size_t[]){T, B, I}, &failure);
    memcpy(x->floats, data.X, T * B * I * sizeof *data.X);
    if (isa)
        setenv("WEIR_ISA", isa, 1);
    run_session *session = run_create(model, &(run_options){.types = types}, &failure);
    const onnx_tensor *const inputs[] = {x};
    const bool ran = session && run_call(session, inputs, outputs, &failure);
    EXPECT(ran, "%s", failure.sentence);
    unsetenv("WEIR_ISA");
    memset(result, 0, sizeof *result);
    if (ran) {
        memcpy(result->Y, outputs[0]->floats, outputs[0]->count * sizeof(float));
        for (size_t s = 0; s < 2; s++)
            memcpy(result->final[s], outputs[1 + s]->floats, outputs[1 + s]->count * sizeof(float));
    }
    run_destroy(session);
    return ran;
}

/* The largest difference from the formulas, with whole numbers or with floats. */
static double distance(const struct form *form, bool whole, const struct result *result)
{
    static double Y[T * D_MAX * B_MAX * H], h[D_MAX * B_MAX * H], c[D_MAX * B_MAX * H];
    struct case64 exact = {.kind = LSTM,
                           .T = T,
                           .B = B,
                           .I = I,
                           .H = H,
                           .D = form->D,
                           .back = !strcmp(form->direction, "reverse"),
                           .clip = (double)form->clip,
                           .coupled = form->coupled,
                           .X = data.X,
                           .W = whole ? data.whole[0] : data.wide[0],
                           .R = whole ? data.whole[1] : data.wide[1],
                           .Bias = form->bias ? data.bias : NULL,
                           .P = form->peepholes ? data.P : NULL,
                           .Y = Y,
                           .final = {h, c}};
    double worst = 0;
    for (size_t m = 0; m < 2; m++) {
        exact.initial[m] = form->initial ? data.initial[m] : NULL;
        exact.scales[m] = whole ? data.of_row[m] : NULL;
        for (size_t k = 0; k < 3; k++)
            exact.functions[m][k].activation = k ? TANH : SIGMOID;
    }
    reference64(&exact);
    for (size_t k = 0; k < T * form->D * B * H; k++)
        worst = fmax(worst, fabs((double)result->Y[k] - Y[k]));
    for (size_t k = 0; k < form->D * B * H; k++)
        worst = fmax(worst, fmax(fabs((double)result->final[0][k] - h[k]),
                                 fabs((double)result->final[1][k] - c[k])));
    return worst;
}

static void check_form(struct writer *writer, const struct form *form)
{
    static struct result result, other;
    struct failure failure = {""};
    make_data(form);
    writer_clear(writer, 17);
    make_node(writer, form);
    onnx_model *model = writer_load(writer, &failure);
    if (!EXPECT(model, "%s: %s", form->name, failure.sentence))
        return;
    const onnx_recurrent *recurrent = model->graph.nodes[0].recurrent;
    EXPECT(recurrent && recurrent->type && !strcmp(recurrent->type, form->type), "%s: %s",
           form->name, recurrent ? recurrent->type : "is no recurrent node");
    EXPECT(model->has_bytes, "%s: it is not told", form->name);
    if (run(model, NULL, NULL, &result)) {
        const double exact = distance(form, true, &result), near = distance(form, false, &result);
        EXPECT(exact < 2e-6, "%s: off by %.3g", form->name, exact);
        EXPECT(near < 0.03 && near > 1e-5, "%s: off from floats by %.3g", form->name, near);
    }
    for (size_t n = 0; weir_isa_name(n); n++)
        if (weir_isa_runs_here(weir_isa_name(n)) && form->clip == 0)
            EXPECT(run(model, weir_isa_name(n), NULL, &other) &&
                       !memcmp(&other, &result, sizeof result),
                   "%s: other bits on %s", form->name, weir_isa_name(n));
    EXPECT(run(model, NULL, "bf16", &other) && !memcmp(&other, &result, sizeof result),
           "%s: another type that is asked for changes it", form->name);
    onnx_free(model);
}

/* ---- What is refused ---- */

/* With another input of the node. */
static void expect_refused(struct writer *writer, size_t input, char *name, const char *sentence)
{
    struct failure failure = {""};
    Onnx__Node *node = writer->nodes[0];
    char *kept = node->input[input];
    node->input[input] = name;
    onnx_model *model = writer_load(writer, &failure);
    EXPECT(!model && strstr(failure.sentence, sentence), "input %zu: \"%s\" is not in: %s", input,
           sentence, model ? "it is taken" : failure.sentence);
    onnx_free(model);
    node->input[input] = kept;
}

static char *bytes(struct writer *writer, enum onnx_type type, size_t rank, size_t a, size_t b,
                   size_t c)
{
    static const int64_t zeros[2 * H * ROWS + ROWS];
    return writer_constant(writer, writer_ints(writer, zeros, rank, (size_t[]){a, b, c}, type));
}

static void check_refused(struct writer *writer)
{
    static const struct {
        float scale;
        const char *said;
    } scales[] = {
        {0, "has 0 at 3"}, {-1, "has -1 at 3"}, {NAN, "nan at 3"}, {INFINITY, "inf at 3"}};
    char *none = writer_text(writer, ""), *x = writer_text(writer, "X");
    for (size_t k = 8; k < INPUTS; k++) {
        expect_refused(writer, k, none, "a scale or a zero point of its W or R is missing");
        expect_refused(writer, k, x, "must be constants");
    }
    expect_refused(writer, 1, x, "must be constants");
    expect_refused(writer, 2, none, "its input X, W or R is missing");
    for (size_t m = 0; m < 2; m++) {
        const char *matrix = m ? "its R" : "its W", *scale = m ? "its R_scale" : "its W_scale";
        const char *zero = m ? "its R_zero_point" : "its W_zero_point";
        float *values = writer_take(writer, ROWS, sizeof *values);
        for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
            values = writer_take(writer, ROWS, sizeof *values);
            for (size_t row = 0; row < ROWS; row++)
                values[row] = row == 3 ? scales[k].scale : 1;
            char *bad = floats(writer, values, 2, 1, ROWS, 0);
            expect_refused(writer, 8 + 2 * m, bad, scales[k].said);
            expect_refused(writer, 8 + 2 * m, bad, scale);
        }
        expect_refused(writer, 8 + 2 * m, floats(writer, data.scales[m], 1, 2, 0, 0), scale);
        expect_refused(writer, 8 + 2 * m, floats(writer, data.scales[m], 2, 1, H, 0), scale);
        expect_refused(writer, 8 + 2 * m, floats(writer, data.scales[m], 3, 1, ROWS, 1), scale);
        expect_refused(writer, 8 + 2 * m, bytes(writer, ONNX_UINT8, 1, 1, 0, 0),
                       "and must be a float");
        expect_refused(writer, 9 + 2 * m, bytes(writer, ONNX_UINT8, 2, 1, ROWS - 1, 0), zero);
        expect_refused(writer, 9 + 2 * m, bytes(writer, ONNX_UINT8, 1, 2, 0, 0), zero);
        expect_refused(writer, 9 + 2 * m, bytes(writer, ONNX_INT8, 1, 1, 0, 0),
                       "is of type int8, and must be of uint8");
        expect_refused(writer, 1 + m, bytes(writer, ONNX_INT64, 3, 1, columns_of[m], ROWS),
                       "must be int8 or uint8");
        expect_refused(writer, 1 + m, bytes(writer, ONNX_UINT8, 3, 2, columns_of[m], ROWS), matrix);
        expect_refused(writer, 1 + m, bytes(writer, ONNX_UINT8, 2, columns_of[m], ROWS, 0),
                       "three dimensions");
    }
    expect_refused(writer, 1, bytes(writer, ONNX_UINT8, 3, 1, ROWS, I), "its W has the shape");
    expect_refused(writer, 2, bytes(writer, ONNX_UINT8, 3, 1, H + 1, ROWS), "must agree");
}

/* The operator is one of that domain alone, and has no layout. */
static void check_operator(struct writer *writer)
{
    struct failure failure = {""};
    Onnx__Node *node = writer->nodes[0];
    node->domain = writer_text(writer, "");
    EXPECT(!writer_load(writer, &failure) && strstr(failure.sentence, "not supported"), "%s",
           failure.sentence);
    node->domain = writer_text(writer, "com.microsoft");
    node->op_type = writer_text(writer, "LSTM");
    EXPECT(!writer_load(writer, &failure) && strstr(failure.sentence, "'com.microsoft'"), "%s",
           failure.sentence);
    node->op_type = writer_text(writer, "DynamicQuantizeLSTM");
    writer_int(writer, node, "layout", 1);
    EXPECT(!writer_load(writer, &failure) && strstr(failure.sentence, "'layout'"), "%s",
           failure.sentence);
}

/* ---- Files ---- */

/* A product with floats, after which nothing else is an output. */
static void add_head(struct writer *writer)
{
    const int64_t direction = 1;
    char *axes =
        writer_constant(writer, writer_ints(writer, &direction, 1, (size_t[]){1}, ONNX_INT64));
    char *matrix = floats(writer, data.wide[1], 2, H, 3, 0);
    writer_node(writer, "Squeeze", (char *const[]){writer_text(writer, "Y"), axes, NULL},
                (char *const[]){writer_text(writer, "squeezed"), NULL});
    writer_node(writer, "MatMul", (char *const[]){writer_text(writer, "squeezed"), matrix, NULL},
                (char *const[]){writer_text(writer, "z"), NULL});
    writer->graph.n_output = 0;
    writer_output(writer, writer_text(writer, "z"));
}

static void write_model(struct writer *writer, const char *folder, const char *name)
{
    size_t size;
    void *model = writer_bytes(writer, &size);
    write_file(folder, writer_format(writer, "%s.onnx", name), model, size);
    free(model);
}

/* Of the first form, with a scale of 0, and with a zero point of another type. */
static void write_hostile(struct writer *writer, const char *folder)
{
    const float none = 0;
    writer_clear(writer, 17);
    Onnx__Node *node = make_node(writer, &forms[0]);
    char **scale = &node->input[8], *kept = *scale;
    *scale = floats(writer, &none, 1, 1, 0, 0);
    write_model(writer, folder, "scale");
    *scale = kept;
    node->input[11] = bytes(writer, ONNX_INT8, 1, 1, 0, 0);
    write_model(writer, folder, "zero");
}

static int write_models(struct writer *writer, const char *folder)
{
    struct failure failure = {""};
    bool written = true;
    for (size_t k = 0; k <= FORMS && written; k++) {
        make_data(&forms[k % FORMS]);
        writer_clear(writer, 17);
        make_node(writer, &forms[k % FORMS]);
        if (k == FORMS)
            add_head(writer);
        write_model(writer, folder, writer_format(writer, "%zu", k));
        onnx_tensor x = {
            .type = ONNX_FLOAT, .rank = 3, .dims = {T, B, I}, .count = T * B * I, .floats = data.X};
        const char *const kinds[] = {"npy", "pb"};
        for (size_t n = 0; n < 2 && written; n++)
            written = file_write_tensor(
                memory, &x, writer_format(writer, "%s/%zu.%s", folder, k, kinds[n]), &failure);
    }
    if (!written)
        printf("%s\n", failure.sentence);
    write_hostile(writer, folder);
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int check_all(struct writer *writer)
{
    for (size_t k = 0; k < FORMS; k++)
        check_form(writer, &forms[k]);
    make_data(&forms[0]);
    writer_clear(writer, 17);
    make_node(writer, &forms[0]);
    check_refused(writer);
    check_operator(writer);
    return expect_verdict("test_quantised");
}

int main(int count, char **arguments)
{
    struct writer *writer = writer_create();
    unsetenv("WEIR_ISA");
    memory = onnx_memory_create(1 << 24);
    if (count == 3)
        B = arguments[2][0] == '1' ? 1 : B_MAX;
    const int status = count == 3 ? write_models(writer, arguments[1]) : check_all(writer);
    onnx_memory_destroy(memory);
    writer_free(writer);
    return status;
}
