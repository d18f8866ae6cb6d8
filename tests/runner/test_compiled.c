/* SPDX-License-Identifier: MIT */
/* test_compiled LEAST MODEL...: each model as C against the same interpreted: several calls, each
 * by itself and as a stream whose states go on. At least LEAST of 100 are compiled, and take their
 * inputs, which are those of test_data_set_0/ beside the model, or drawn. And of a model that is
 * written here, streams whose states begin where an input says, in a node that runs always or where
 * another input says so; and operators of single elements. */
#include "formats/formats.h"
#include "onnx/text.h"
#include "run/files.h"
#include "run/run.h"
#include "runner/distance.h"
#include "support/expect.h"
#include "support/inputs.h"

#include <math.h>
#include <string.h>

enum { CALLS = 3, ARGUMENTS = 16, B = 2, I = 3, H = 5, GATES = 4 };
#define TOLERANCE 1e-5
#define FLAGS "-O0" /* which makes the same bits, sooner */

static size_t models, refused, uncalled;

/* Other floats in every call. */
static void change(const onnx_model *model, const onnx_tensor *const *inputs)
{
    for (size_t i = 0; i < model->graph.input_count; i++)
        for (size_t k = 0; k < inputs[i]->count && inputs[i]->floats; k++)
            inputs[i]->floats[k] = 0.75f * inputs[i]->floats[k] + 0.1f;
}

static void compare_calls(const char *name, const onnx_model *model, run_compiled *compiled,
                          run_session *session, const onnx_tensor *const *inputs)
{
    const onnx_tensor *made[ARGUMENTS], *wanted[ARGUMENTS];
    struct failure failure = {""};
    for (size_t call = 0; call < CALLS; call++) {
        if (!run_call(session, inputs, wanted, &failure)) {
            uncalled += !call; /* it is for other inputs */
            return;
        }
        if (!EXPECT(run_compiled_call(compiled, inputs, made, &failure), "%s: %s", name,
                    failure.sentence))
            return;
        for (size_t i = 0; i < model->graph.output_count; i++)
            EXPECT(tensor_distance(made[i], wanted[i]) <= TOLERANCE,
                   "%s: output %zu of call %zu differs", name, i, call);
        change(model, inputs);
    }
}

static void compare(const char *name, const onnx_model *model, const onnx_tensor *const *inputs,
                    bool keep_states)
{
    const run_options options = {.keep_states = keep_states, .flags = FLAGS};
    struct failure failure = {""};
    run_session *session = run_create(model, &options, &failure);
    EXPECT(session, "%s: %s", name, failure.sentence);
    run_compiled *compiled = run_compiled_create(model, inputs, &options, true, &failure);
    if (compiled && session)
        compare_calls(name, model, compiled, session, inputs);
    if (!compiled)
        printf("%s: %s\n", name, failure.sentence);
    models++;
    refused += !compiled;
    run_compiled_destroy(compiled);
    run_destroy(session);
}

/* ---- Models in files ---- */

static const onnx_tensor *draw(const onnx_value *value, onnx_memory *memory)
{
    static struct random random = {1};
    struct failure failure;
    size_t dims[ONNX_RANK_MAX];
    for (size_t d = 0; d < value->rank; d++)
        dims[d] = value->dims[d] < 0 ? 2 : (size_t)value->dims[d];
    onnx_tensor *tensor = onnx_tensor_create(memory, value->type, value->rank, dims, &failure);
    for (size_t i = 0; i < tensor->count; i++)
        if (tensor->floats)
            tensor->floats[i] = (float)random_below(&random, 2000) / 1000 - 1;
        else
            tensor->ints[i] = 1;
    return tensor;
}

static void compare_file(const char *path)
{
    const onnx_tensor *inputs[ARGUMENTS];
    struct failure failure = {""};
    onnx_memory *memory = onnx_memory_create(1 << 28);
    onnx_model *model = model_load_file(path, false, &failure);
    const bool fits =
        model && model->graph.input_count <= ARGUMENTS && model->graph.output_count <= ARGUMENTS;
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; fits && i < model->graph.input_count; i++) {
        char data[4096];
        snprintf(data, sizeof data, "%.*s/test_data_set_0/input_%zu.pb",
                 (int)(slash ? slash - path : 0), path, i);
        inputs[i] = file_read_tensor(memory, data, &failure);
        if (!inputs[i])
            inputs[i] = draw(&model->values[model->graph.inputs[i]], memory);
    }
    if (fits) {
        compare(path, model, inputs, false);
        if (model->recurrent_count)
            compare(path, model, inputs, true);
    } else {
        printf("%s: %s\n", path, model ? "too many inputs or outputs" : failure.sentence);
    }
    onnx_free(model);
    onnx_memory_destroy(memory);
}

/* ---- Streams ---- */

static char *draw_weights(struct writer *writer, const char *name, size_t rows, size_t cols)
{
    static float values[GATES * H * H];
    struct random random = {rows + cols};
    char *text = writer_text(writer, name);
    for (size_t k = 0; k < rows * cols; k++)
        values[k] = (float)random_below(&random, 100) / 100 - 0.5f;
    writer_initializer(
        writer, writer_floats(writer, values, 3, (size_t[]){1, rows, cols}, ONNX_FLOAT, true),
        text);
    return text;
}

static void add_lstm(struct writer *writer, char *output)
{
    char *const none = writer_text(writer, "");
    char *const inputs[] = {writer_text(writer, "X"),
                            draw_weights(writer, output[0] == 'y' ? "W" : "V", GATES * H, I),
                            draw_weights(writer, output[0] == 'y' ? "R" : "S", GATES * H, H),
                            none,
                            none,
                            writer_text(writer, "H"),
                            NULL};
    Onnx__Node *node = writer_node(writer, "LSTM", inputs, (char *[]){output, NULL});
    writer_int(writer, node, "hidden_size", H);
}

static onnx_model *make_stream(struct writer *writer, size_t steps, bool branches)
{
    struct failure failure;
    writer_clear(writer, 14);
    writer_input(writer, writer_text(writer, "X"), ONNX_FLOAT, 3, (size_t[]){steps, B, I});
    writer_input(writer, writer_text(writer, "H"), ONNX_FLOAT, 3, (size_t[]){1, B, H});
    char *result = writer_text(writer, "result"), *flag = writer_text(writer, "flag");
    if (branches) {
        char *outputs[2] = {writer_text(writer, "y"), writer_text(writer, "z")};
        Onnx__Graph *graphs[2];
        writer_input(writer, flag, ONNX_BOOL, 0, NULL);
        for (size_t k = 0; k < 2; k++) {
            add_lstm(writer, outputs[k]);
            graphs[k] = writer_branch(writer, outputs[k]);
        }
        Onnx__Node *node =
            writer_node(writer, "If", (char *[]){flag, NULL}, (char *[]){result, NULL});
        writer_attribute(writer, node, "then_branch")->g = graphs[0];
        writer_attribute(writer, node, "else_branch")->g = graphs[1];
    } else {
        char *y = writer_text(writer, "y");
        add_lstm(writer, y);
        writer_node(writer, "Identity", (char *[]){y, NULL}, (char *[]){result, NULL});
    }
    writer_output(writer, result);
    onnx_model *model = writer_load(writer, &failure);
    EXPECT(model, "%s", failure.sentence);
    return model;
}

/* Calls of a stream, which take the branches that bits say. */
static void compare_stream(struct writer *writer, onnx_memory *memory, size_t steps, unsigned taken)
{
    enum { STREAM = 5 };
    const run_options options = {.keep_states = true, .flags = FLAGS};
    struct failure failure = {""};
    onnx_model *model = make_stream(writer, steps, taken);
    const onnx_tensor *inputs[3] = {0}, *made, *wanted;
    for (size_t i = 0; model && i < model->graph.input_count; i++)
        inputs[i] = draw(&model->values[model->graph.inputs[i]], memory);
    run_session *session = model ? run_create(model, &options, &failure) : NULL;
    run_compiled *compiled =
        session ? run_compiled_create(model, inputs, &options, true, &failure) : NULL;
    EXPECT(compiled, "%s", failure.sentence);
    for (size_t call = 0; compiled && call < STREAM; call++) {
        if (inputs[2])
            inputs[2]->ints[0] = taken >> call & 1;
        const bool ran = run_call(session, inputs, &wanted, &failure) &&
                         run_compiled_call(compiled, inputs, &made, &failure);
        EXPECT(ran, "%s", failure.sentence);
        EXPECT(ran && !memcmp(made->floats, wanted->floats, wanted->count * sizeof(float)),
               "of %zu steps, call %zu gives other bits", steps, call);
        change(model, inputs);
    }
    run_compiled_destroy(compiled);
    run_destroy(session);
    onnx_free(model);
}

/* ---- Single elements ---- */

static bool is_identical(const onnx_tensor *a, const onnx_tensor *b)
{
    bool same = a->rank == b->rank && a->count == b->count && a->floats && b->floats;
    for (size_t d = 0; d < a->rank && same; d++)
        same = a->dims[d] == b->dims[d];
    for (size_t i = 0; i < a->count && same; i++)
        same = (isnan(a->floats[i]) && isnan(b->floats[i])) ||
               !memcmp(&a->floats[i], &b->floats[i], sizeof(float));
    return same;
}

/* What is made of infinities, zeros and NaN, and shapes, are to be the same to the bit. A product
 * is added, so that there is a kernel. */
static void compare_elements(struct writer *writer, int64_t opset, const char *text)
{
    const run_options options = {.flags = FLAGS};
    struct text_values values = {.memory = onnx_memory_create(1 << 20)};
    const onnx_tensor *made[TEXT_VALUES], *wanted[TEXT_VALUES];
    struct failure failure = {""};
    char whole[1024];
    writer_clear(writer, opset);
    snprintf(whole, sizeof whole, "in X f [1,1] ~\nconst W f [1,1] ~\nMatMul X W -> Y\n%s", text);
    writer_model(writer, whole, &values);
    onnx_model *model = writer_load(writer, &failure);
    run_session *session = model ? run_create(model, &options, &failure) : NULL;
    run_compiled *compiled =
        session ? run_compiled_create(model, values.given, &options, true, &failure) : NULL;
    const bool ran = compiled && run_call(session, values.given, wanted, &failure) &&
                     run_compiled_call(compiled, values.given, made, &failure);
    EXPECT(ran, "%s: %s", text, failure.sentence);
    for (size_t i = 0; ran && i < model->graph.output_count; i++)
        EXPECT(is_identical(made[i], wanted[i]), "%s: output %zu differs", text, i);
    run_compiled_destroy(compiled);
    run_destroy(session);
    onnx_free(model);
    onnx_memory_destroy(values.memory);
}

static void compare_all_elements(struct writer *writer)
{
    compare_elements(writer, 13,
                     "in x f [3] = 1 2 3\nin s f [] = 3\nconst two f [1,1] = 2\n"
                     "const n i [1] = 3\nPow x two -> a\nPow s n -> b\nPow a two -> c\n"
                     "out Y\nout a\nout b\nout c\n");
    compare_elements(writer, 13,
                     "in s f [] = 3\nin end f [1] = 5\nconst least f [1] = 4\n"
                     "Clip s least -> a\nClip s - end -> b\nClip s end end -> c\nAdd end end -> e\n"
                     "Clip s e -> d\nout Y\nout a\nout b\nout c\nout d\n");
    compare_elements(writer, 13,
                     "in x f [8] = 1 -2 0 -0 inf -inf nan 0.1\nin slope f [1] = inf\n"
                     "const i f [] = inf\nconst n f [] = nan\n"
                     "const own f [8] = 2 0.3 2 2 -inf 0 1 nan\nPRelu x i -> a\nPRelu x n -> b\n"
                     "PRelu x own -> c\nPRelu x slope -> d\nout Y\nout a\nout b\nout c\nout d\n");
    compare_elements(
        writer, 13,
        "in x f [8] = 1 -2 0 -0 inf -inf nan 16\nconst half f [] = 0.5\n"
        "const less f [] = -0.5\nPow x half -> a\nPow x less -> b\nout Y\nout a\nout b\n");
    compare_elements(writer, 13,
                     "in x f [4] = 1 -inf nan -2\nin none f [] = nan\nconst n f [] = nan\n"
                     "const one f [] = 1\nClip x n -> a\nClip x n one -> b\nClip x one n -> c\n"
                     "Clip x none one -> d\nClip x - none -> e\n"
                     "out Y\nout a\nout b\nout c\nout d\nout e\n");
    compare_elements(writer, 13,
                     "in x f [8] = 1.00048828125 1.00146484375 65520 -65519 nan 3e-8 -0 1e-40\n"
                     "in y h [2] = 0.1 1.2345678\nin n i [2] = 2049 2051\nCast x -> a to=10\n"
                     "Cast x -> b to=16\nCast a -> c to=1\nCast n -> d to=10\nAdd y d -> e\n"
                     "Cast y -> g to=16\nout Y f\nout a h\nout b f\nout c f\nout d h\n"
                     "out e h\nout g f\nout y h\n");
    compare_elements(writer, 10,
                     "in x f [3] = 1 nan -2\nClip x -> a min=nan. max=0.5\n"
                     "Clip x -> b min=0.5 max=nan.\nout Y\nout a\nout b\n");
}

/* An index that is computed, and outside of what there is: neither way gives anything for it. */
static void expect_outside(struct writer *writer, const char *text)
{
    const run_options options = {.flags = FLAGS};
    struct text_values values = {.memory = onnx_memory_create(1 << 20)};
    const onnx_tensor *outputs[TEXT_VALUES];
    struct failure failure = {""};
    writer_clear(writer, 16);
    writer_model(writer, text, &values);
    onnx_model *model = writer_load(writer, &failure);
    run_session *session = run_create(model, &options, &failure);
    run_compiled *compiled = run_compiled_create(model, values.given, &options, true, &failure);
    EXPECT(compiled && session, "%s: %s", text, failure.sentence);
    EXPECT(!run_call(session, values.given, outputs, &failure), "%s: it is run", text);
    EXPECT(!run_compiled_call(compiled, values.given, outputs, &failure), "%s: it is called", text);
    run_compiled_destroy(compiled);
    run_destroy(session);
    onnx_free(model);
    onnx_memory_destroy(values.memory);
}

static void expect_all_outside(struct writer *writer)
{
    expect_outside(writer, "in x f [2,3] ~\nin i i [1,1] = 3\nGatherElements x i -> y axis=1\n"
                           "out y\n");
    expect_outside(writer, "in x f [2,3] ~\nin i i [2] = 0 3\nGatherND x i -> y\nout y\n");
    expect_outside(writer, "in x f [2,3] ~\nin i i [2] = -3 1\nGatherND x i -> y\nout y\n");
    expect_outside(writer, "in x f [2,3] ~\nin i i [1,1] = -4\nin u f [1,1] ~\n"
                           "ScatterElements x i u -> y axis=1\nout y\n");
    expect_outside(writer, "in x f [2,3] ~\nin i i [1,2] = 2 0\nin u f [1] ~\n"
                           "ScatterND x i u -> y\nout y\n");
    expect_outside(writer, "in x f [2,3] ~\nin n i [3] = 2 -1 2\nReverseSequence x n -> y\n"
                           "out y\n");
    expect_outside(writer, "in x f [2,3] ~\nin n i [3] = 2 1 3\nReverseSequence x n -> y\n"
                           "out y\n");
}

int main(int argc, char **argv)
{
    struct writer *writer = writer_create();
    onnx_memory *memory = onnx_memory_create(1 << 26);
    for (size_t steps = 1; steps < 5; steps += 3) {
        compare_stream(writer, memory, steps, 0);
        compare_stream(writer, memory, steps, 1 << 1 | 1 << 4);
    }
    compare_all_elements(writer);
    expect_all_outside(writer);
    for (int i = 2; i < argc; i++)
        compare_file(argv[i]);
    const size_t least = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    const size_t compared = models - refused - uncalled;
    printf("of %zu %zu are interpreted, and %zu refuse their inputs\n", models, refused, uncalled);
    EXPECT(compared * 100 >= least * models, "%zu of %zu are compared", compared, models);
    onnx_memory_destroy(memory);
    writer_free(writer);
    return expect_verdict("test_compiled");
}
