/* SPDX-License-Identifier: MIT */
/* test_sessions: what sessions promise beyond single nodes. A stream of calls gives the bits of one
 * long call; an If runs the branch that its input chooses, at run time or while the model is read;
 * data in a file beside the model is read; what can go wrong with compiling a cell is told in one
 * sentence. */
#define _GNU_SOURCE
#include "formats/formats.h"
#include "onnx/constants.h"
#include "run/run.h"
#include "weir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { T = 7, B = 2, I = 3, H = 5, GATES = 4, STEP = B * I };

static size_t failures;

static void expect(bool holds, const char *claim, const char *said)
{
    if (holds)
        return;
    fprintf(stderr, "should hold: %s%s%s\n", claim, *said ? "; it said: " : "", said);
    failures++;
}

static void set_string(struct writer *writer, Onnx__Node *node, const char *name, const char *value)
{
    Onnx__Attribute *attribute = writer_attribute(writer, node, name);
    attribute->n_strings = 3;
    attribute->strings = writer_take(writer, 3, sizeof *attribute->strings);
    for (size_t k = 0; k < 3; k++)
        attribute->strings[k] =
            (ProtobufCBinaryData){strlen(value), (uint8_t *)writer_text(writer, value)};
}

static onnx_model *load(const struct writer *writer)
{
    struct failure failure = {""};
    onnx_model *model = writer_load(writer, &failure);
    expect(model != NULL, "the model is read", failure.sentence);
    if (!model)
        exit(1);
    return model;
}

/* ---- Streams ---- */

/* X of `steps` steps, LSTM with constant weights, and its Y. */
static onnx_model *make_lstm(struct writer *writer, size_t steps, const char *activation)
{
    struct random random = {3};
    static float W[GATES * H * I], R[GATES * H * H];
    writer_clear(writer, 14);
    char *x = writer_text(writer, "X"), *w = writer_text(writer, "W"),
         *r = writer_text(writer, "R");
    char *y = writer_text(writer, "Y");
    for (size_t k = 0; k < GATES * H * I; k++)
        W[k] = (float)random_below(&random, 100) / 100 - 0.5f;
    for (size_t k = 0; k < GATES * H * H; k++)
        R[k] = (float)random_below(&random, 100) / 100 - 0.5f;
    writer_input(writer, x, ONNX_FLOAT, 3, (size_t[]){steps, B, I});
    writer_initializer(
        writer, writer_floats(writer, W, 3, (size_t[]){1, GATES * H, I}, ONNX_FLOAT, true), w);
    writer_initializer(
        writer, writer_floats(writer, R, 3, (size_t[]){1, GATES * H, H}, ONNX_FLOAT, true), r);
    Onnx__Node *node = writer_node(writer, "LSTM", (char *[]){x, w, r, NULL}, (char *[]){y, NULL});
    if (activation)
        set_string(writer, node, "activations", activation);
    writer_output(writer, y);
    return load(writer);
}

static onnx_tensor *make_x(onnx_memory *memory, size_t steps)
{
    struct failure failure;
    onnx_tensor *x = onnx_tensor_create(memory, ONNX_FLOAT, 3, (size_t[]){steps, B, I}, &failure);
    for (size_t k = 0; k < x->count; k++)
        x->floats[k] = (float)(k % 11) / 5 - 1;
    return x;
}

static void test_stream(struct writer *writer, onnx_memory *memory)
{
    struct failure failure = {""};
    const onnx_tensor *y = NULL, *whole_x = make_x(memory, T);
    float whole[T * B * H] = {0};
    onnx_model *all = make_lstm(writer, T, NULL), *one = make_lstm(writer, 1, NULL);
    run_session *session = run_create(all, &(run_options){0}, &failure);
    expect(session && run_call(session, &whole_x, &y, &failure), "a sequence runs",
           failure.sentence);
    if (y)
        memcpy(whole, y->floats, sizeof whole);
    run_destroy(session);
    session = run_create(one, &(run_options){.keep_states = true}, &failure);
    for (size_t round = 0; session && round < 2; round++) {
        for (size_t t = 0; t < T; t++) {
            onnx_tensor *x = make_x(memory, 1);
            memcpy(x->floats, whole_x->floats + t * STEP, STEP * sizeof *x->floats);
            expect(run_call(session, (const onnx_tensor *[]){x}, &y, &failure) &&
                       !memcmp(y->floats, whole + t * B * H, B * H * sizeof *whole),
                   "a stream of steps gives the bits of the whole sequence", failure.sentence);
        }
        run_reset(session);
    }
    run_destroy(session);
    onnx_free(all);
    onnx_free(one);
}

/* ---- If ---- */

static Onnx__Graph *make_branch(struct writer *writer, const char *op, char *output)
{
    writer_node(writer, op, (char *[]){writer_text(writer, "X"), NULL}, (char *[]){output, NULL});
    return writer_branch(writer, output);
}

/* -X or |X|, as a bool says that is an input or a constant. */
static void test_if(struct writer *writer, bool is_constant, bool condition)
{
    struct failure failure = {""};
    const onnx_tensor *y = NULL;
    writer_clear(writer, 16);
    char *x = writer_text(writer, "X"), *flag = writer_text(writer, "flag"),
         *result = writer_text(writer, "result");
    const size_t one = 1;
    const int64_t value = condition;
    writer_input(writer, x, ONNX_FLOAT, 1, &one);
    if (is_constant)
        writer_initializer(writer, writer_ints(writer, &value, 0, NULL, ONNX_BOOL), flag);
    else
        writer_input(writer, flag, ONNX_BOOL, 0, NULL);
    Onnx__Node *node = writer_node(writer, "If", (char *[]){flag, NULL}, (char *[]){result, NULL});
    writer_attribute(writer, node, "then_branch")->g =
        make_branch(writer, "Neg", writer_text(writer, "a"));
    writer_attribute(writer, node, "else_branch")->g =
        make_branch(writer, "Abs", writer_text(writer, "b"));
    writer_output(writer, result);
    onnx_model *model = load(writer);
    expect(!is_constant || (model->graph.node_count == 1 && !model->graph.nodes[0].branch[0]),
           "an If on a constant is replaced by its branch", "");
    run_session *session = run_create(model, &(run_options){0}, &failure);
    float number = -2;
    int64_t truth = condition;
    const onnx_tensor inputs[2] = {
        {.type = ONNX_FLOAT, .rank = 1, .dims = {1}, .count = 1, .floats = &number},
        {.type = ONNX_BOOL, .count = 1, .ints = &truth}};
    number = condition ? 2.0f : -3.0f;
    expect(session &&
               run_call(session, (const onnx_tensor *[]){&inputs[0], &inputs[1]}, &y, &failure),
           "an If runs", failure.sentence);
    expect(y && y->floats[0] == (condition ? -2.0f : 3.0f), "it runs the branch chosen", "");
    run_destroy(session);
    onnx_free(model);
}

/* ---- Data beside the model ---- */

/* W from byte 64 of a file, added to X. */
static void test_external(struct writer *writer, const char *folder)
{
    static float data[16 + 1000] = {[16] = 1, [17] = 2, [18] = 3};
    const size_t count = 1000;
    char path[1100];
    struct failure failure = {""};
    size_t size;
    writer_clear(writer, 14);
    Onnx__Tensor *tensor = writer_floats(writer, data, 1, &count, ONNX_FLOAT, true);
    writer_external(writer, tensor, "./weights.bin", "64", NULL);
    writer_initializer(writer, tensor, writer_text(writer, "W"));
    writer_output(writer, writer_text(writer, "W"));
    void *bytes = writer_bytes(writer, &size);
    write_file(folder, "weights.bin", data, sizeof data);
    write_file(folder, "model.onnx", bytes, size);
    free(bytes);
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    onnx_model *model = model_load_file(path, false, &failure);
    const onnx_tensor *w = model ? model->values[model->graph.outputs[0]].constant : NULL;
    expect(w && w->count == count && w->floats[0] == 1 && w->floats[2] == 3,
           "data beside the model is read", failure.sentence);
    onnx_free(model);
}

/* ---- Compiling ---- */

static run_session *try_create(const onnx_model *model, struct failure *failure)
{
    *failure = (struct failure){""};
    return run_create(model, &(run_options){0}, failure);
}

static void expect_refusal(const onnx_model *model, const char *part, const char *claim)
{
    struct failure failure;
    run_session *session = try_create(model, &failure);
    expect(!session && strstr(failure.sentence, part), claim, failure.sentence);
    run_destroy(session);
}

/* A cell that no build has: in a cache of its own, without a compiler, then with one. */
static void test_compiling(struct writer *writer)
{
    struct failure failure;
    const char *around = getenv("XDG_CACHE_HOME");
    char folder[1024], path[1100];
    snprintf(folder, sizeof folder, "%s/sessions-XXXXXX", around ? around : "/tmp");
    char *compiler = strdup(getenv("CC") ? getenv("CC") : "cc");
    onnx_model *model = make_lstm(writer, T, "Softsign");
    if (!mkdtemp(folder))
        abort();
    setenv("XDG_CACHE_HOME", folder, 1);
    setenv("CC", "no-such-compiler -O1", 1);
    expect_refusal(model, "cannot be started", "without a compiler there is a sentence");
    setenv("CC", "false", 1);
    expect_refusal(model, "could not compile", "a compiler that fails is told of");
    setenv("CC", compiler, 1);
    free(compiler);
    snprintf(path, sizeof path, "%s/weir", folder);
    chmod(path, 0777);
    expect_refusal(model, "others can write to it", "nothing is loaded that others can write");
    chmod(path, 0700);
    run_session *session = try_create(model, &failure);
    expect(session != NULL, "the cell is compiled", failure.sentence);
    run_destroy(session);
    test_external(writer, folder);
    snprintf(path, sizeof path, "rm -rf %s", folder);
    expect(!system(path), "the cache can be removed", "");
    onnx_free(model);
}

/* A text that is no cell: the sentence says what is wrong and where, in its one line. */
static void test_bad_cell(void)
{
    const onnx_pass pass = {.name = "bad", .cell = "cell bad\ninput x\nstate h\n\nh' = W@x + \n"};
    struct failure failure = {""};
    run_kernel kernel;
    expect(
        !run_kernel_find(&pass, (size_t[]){I, H, 0}, "f32", &(run_options){0}, &kernel, &failure) &&
            strstr(failure.sentence, "its cell: bad:5:") &&
            strstr(failure.sentence, "expected a name") && !strchr(failure.sentence, '\n'),
        "a cell that is none is refused in one line", failure.sentence);
}

int main(void)
{
    struct writer *writer = writer_create();
    onnx_memory *memory = onnx_memory_create(1 << 24);
    writer_clear(writer, 14);
    test_stream(writer, memory);
    for (size_t k = 0; k < 4; k++)
        test_if(writer, k & 1, k & 2);
    test_bad_cell();
    test_compiling(writer);
    onnx_memory_destroy(memory);
    writer_free(writer);
    printf("%zu claims do not hold\n", failures);
    return failures != 0;
}
