/* SPDX-License-Identifier: MIT */
/* test_recognise SEED COUNT [MODEL.onnx]...: cells that are spelled out, in Loops and Scans and
 * step by step. Which of some models become cells, and as what text; and that they give what their
 * nodes give, run plainly. Of models that are named it says how many cells they have, and how far
 * off they are.
 */
#include "formats/formats.h"
#include "onnx/text.h"
#include "run/run.h"
#include "runner/distance.h"
#include "runner/draw_spelled.h"
#include "runner/spelled.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 256 << 20 };

static size_t failures;

static void complain(const char *name, const char *what, const char *said)
{
    fprintf(stderr, "%s: %s. %s\n", name, what, said);
    failures++;
}

/* ---- Comparing ---- */

static const onnx_form *find_form(const onnx_graph *graph, size_t *count)
{
    const onnx_form *found = NULL;
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        for (size_t b = 0; b < 2 && node->branch[b]; b++) {
            const onnx_form *inner = find_form(node->branch[b], count);
            found = inner ? inner : found;
        }
        *count += node->form != NULL;
        found = node->form ? node->form : found;
    }
    return found;
}

/* Runs a model plainly and with its cells; how far apart their outputs are, or a negative number
 * and a sentence. Both refuse: 0, and the sentence of the cells. *used: whether the form ran. */
static double compare(const onnx_model *plain, const onnx_model *cells, const onnx_form *form,
                      const onnx_tensor *const *inputs, bool *used, struct failure *failure)
{
    const run_options options = {.memory = MEMORY};
    const onnx_tensor *expected[TEXT_VALUES], *outputs[TEXT_VALUES];
    struct failure refusal = {""};
    double most = -1;
    *failure = (struct failure){""};
    run_session *one = run_create(plain, &options, &refusal),
                *two = run_create(cells, &options, failure);
    const bool ran = one && run_call(one, inputs, expected, &refusal),
               also = two && run_call(two, inputs, outputs, failure);
    const int given = !form                     ? -1
                      : form->recurrent->y >= 0 ? form->recurrent->y
                                                : form->recurrent->y_h;
    *used = two && run_value(two, given);
    if (ran && also) {
        most = 0;
        for (size_t i = 0; i < plain->graph.output_count; i++)
            most = fmax(most, tensor_distance(outputs[i], expected[i]));
        if (run_apart(two))
            fail(failure, "%s", run_apart(two));
    } else if (!ran && !also) {
        most = 0;
    }
    run_destroy(one);
    run_destroy(two);
    return most;
}

/* The lines of a cell after those that declare it. */
static const char *body_of(const char *cell)
{
    const char *blank = strstr(cell, "\n\n");
    return blank ? blank + 2 : cell;
}

static void check_model(struct writer *writer, struct text_values *values, size_t row)
{
    struct failure failure = {""};
    size_t count = 0;
    writer_clear(writer, 12);
    writer_model(writer, spelled[row].model, values);
    onnx_model *plain = writer_load(writer, &failure), *cells = writer_load(writer, &failure);
    if (cells)
        onnx_recognise(cells);
    if (!plain || !cells) {
        complain(spelled[row].name, "is not read", failure.sentence);
        return;
    }
    const onnx_form *form = find_form(&cells->graph, &count);
    const char *text = form ? body_of(form->recurrent->pass[0].cell) : "";
    if (count != spelled[row].cells)
        complain(spelled[row].name, "has another number of cells", text);
    if (strcmp(text, spelled[row].text) != 0)
        complain(spelled[row].name, "has another cell", text);
    bool used;
    const double off = compare(plain, cells, form, values->given, &used, &failure);
    const bool refuses = spelled[row].how == SPELLED_REFUSED;
    if (used == (!form || spelled[row].how >= SPELLED_NODES))
        complain(spelled[row].name, "its cell runs where it should not, or does not", "");
    if (off < 0 || off > 1e-5 || !*failure.sentence == refuses) {
        fprintf(stderr, "%s: off by %g. %s\n", spelled[row].name, off, failure.sentence);
        failures++;
    }
    onnx_free(plain);
    onnx_free(cells);
}

/* ---- Random models ---- */

static void check_random(struct writer *writer, struct text_values *values, struct random *random,
                         size_t *found)
{
    struct text text = {0};
    struct failure failure = {""};
    size_t count = 0;
    bool used;
    draw_spelled(random, &text);
    writer_clear(writer, 12);
    writer_model(writer, text.chars, values);
    onnx_model *plain = writer_load(writer, &failure), *cells = writer_load(writer, &failure);
    if (cells)
        onnx_recognise(cells);
    if (!plain || !cells) {
        complain(text.chars, "is not read", failure.sentence);
        return;
    }
    const onnx_form *form = find_form(&cells->graph, &count);
    const double off = compare(plain, cells, form, values->given, &used, &failure);
    *found += used;
    if (off < 0 || off > 1e-5) {
        fprintf(stderr, "%soff by %g. %s\n%s\n", text.chars, off, failure.sentence,
                form ? form->recurrent->pass[0].cell : "no cell");
        failures++;
    }
    onnx_free(plain);
    onnx_free(cells);
    text_free(&text);
}

/* ---- Streams ---- */

enum { STEPS = 6, IN = 3, OUT = 4 };

/* A stream of a Scan whose state begins with a constant keeps that: the bits of one long call. */
static void check_kept(struct writer *writer, struct text_values *values)
{
    static const char text[] = "in X f [?,3] [6,3] ~\nconst W f [3,4] ~\nconst R f [4,4] ~\n"
                               "const h0 f [4] ~\nScan h0 X -> hT Y num_scan_inputs=1 {\n"
                               "  in h f [4]\n  in x f [3]\n  MatMul x W -> a\n  MatMul h R -> d\n"
                               "  Add a d -> s\n  Tanh s -> h1\n  out h1\n  out h1\n}\nout Y\n";
    struct failure failure = {""};
    const onnx_tensor *y = NULL;
    float whole[STEPS * OUT] = {0};
    writer_clear(writer, 12);
    writer_model(writer, text, values);
    onnx_model *model = writer_load(writer, &failure);
    bool right = model != NULL;
    if (model)
        onnx_recognise(model);
    run_session *session = right ? run_create(model, &(run_options){0}, &failure) : NULL;
    right = session && run_call(session, values->given, &y, &failure);
    if (right)
        memcpy(whole, y->floats, sizeof whole);
    run_destroy(session);
    session = right ? run_create(model, &(run_options){.keep_states = true}, &failure) : NULL;
    for (size_t t = 0; right && t < STEPS; t++) {
        const onnx_tensor x = {.type = ONNX_FLOAT,
                               .rank = 2,
                               .dims = {1, IN},
                               .count = IN,
                               .floats = values->given[0]->floats + t * IN};
        right = session && run_call(session, (const onnx_tensor *[]){&x}, &y, &failure) &&
                !memcmp(y->floats, whole + t * OUT, OUT * sizeof *whole);
    }
    if (!right)
        complain("a stream", "has other bits than one call", failure.sentence);
    run_destroy(session);
    onnx_free(model);
}

/* Of a step whose states are given, none is kept. */
static void check_given(struct writer *writer, struct text_values *values)
{
    struct failure failure = {""};
    const onnx_tensor *outputs[TEXT_VALUES];
    float first = 0;
    writer_clear(writer, 12);
    writer_model(writer, spelled[1].model, values);
    onnx_model *model = writer_load(writer, &failure);
    bool right = model != NULL;
    if (model)
        onnx_recognise(model);
    run_session *session =
        right ? run_create(model, &(run_options){.keep_states = true}, &failure) : NULL;
    for (size_t call = 0; call < 2; call++) {
        right = session && run_call(session, values->given, outputs, &failure) &&
                (!call || outputs[0]->floats[0] == first);
        first = right ? outputs[0]->floats[0] : 0;
    }
    if (!right)
        complain("a step in a stream", "does not take the states that are given", failure.sentence);
    run_destroy(session);
    onnx_free(model);
}

/* ---- Models of files ---- */

static const onnx_tensor *make_up(onnx_memory *memory, const onnx_value *value)
{
    struct failure failure;
    struct random random = {7};
    size_t dims[ONNX_RANK_MAX];
    for (size_t d = 0; d < value->rank; d++)
        dims[d] = value->dims[d] < 0 ? 1 : (size_t)value->dims[d];
    onnx_tensor *tensor = onnx_tensor_create(memory, value->type, value->rank, dims, &failure);
    for (size_t i = 0; tensor && i < tensor->count; i++)
        if (tensor->floats)
            tensor->floats[i] = (float)random_below(&random, 2001) / 1000 - 1;
        else
            tensor->ints[i] = 16000; /* a rate of sound, where it is one */
    return tensor;
}

static void check_file(const char *path, onnx_memory *memory)
{
    struct failure failure = {""};
    const onnx_tensor *inputs[TEXT_VALUES];
    size_t count = 0;
    onnx_model *plain = model_load_file(path, false, &failure),
               *cells = model_load_file(path, false, &failure);
    if (cells)
        onnx_recognise(cells);
    if (!plain || !cells) {
        complain(path, "is not read", failure.sentence);
        return;
    }
    for (size_t i = 0; i < plain->graph.input_count; i++)
        inputs[i] = make_up(memory, &plain->values[plain->graph.inputs[i]]);
    bool used;
    const onnx_form *form = find_form(&cells->graph, &count);
    const double off = compare(plain, cells, form, inputs, &used, &failure);
    printf("%s: %zu cells, off by %g %s\n", path, count, off, failure.sentence);
    onnx_free(plain);
    onnx_free(cells);
}

int main(int argc, char **argv)
{
    struct writer *writer = writer_create();
    struct text_values values = {.memory = onnx_memory_create(256 << 20)};
    struct random random = {argc > 1 ? strtoull(argv[1], NULL, 10) : 1};
    const size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    size_t rows = 0, found = 0;
    for (int i = 3; i < argc; i++)
        check_file(argv[i], values.memory);
    for (; spelled[rows].name; rows++)
        check_model(writer, &values, rows);
    check_kept(writer, &values);
    check_given(writer, &values);
    for (size_t k = 0; k < count; k++)
        check_random(writer, &values, &random, &found);
    onnx_memory_destroy(values.memory);
    writer_free(writer);
    printf("%zu models and %zu random ones, of which %zu are cells; %zu not as they should be\n",
           rows, count, found, failures);
    return failures != 0 || found * 10 < count * 6;
}
