/* SPDX-License-Identifier: MIT */
/* hostile_formats WEIR_RUN WEIR_GEN FOLDER CORPUS: files of other formats than ONNX that mean harm,
 * or are broken: the small valid ones of CORPUS, in which one thing is another. Each ends with a
 * sentence that says what was expected, by the reader and by both commands; valid ones cut off
 * anywhere and with any bit flipped end with a model or a sentence. A file of a million weights is
 * read in less than a second, and no file takes more memory than formats.h states. */
#define _GNU_SOURCE
#include "common/files.h"
#include "formats/files.h"
#include "formats/formats.h"
#include "onnx/started.h"
#include "onnx/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {"amp.nam", "guitarml.json", "rtneural.json"};
enum { NAM, GUITARML, RTNEURAL, VALID };

static char *valid[VALID]; /* their text */

#define DEEP_8 "[[[[[[[["
#define DEEP_64 DEEP_8 DEEP_8 DEEP_8 DEEP_8 DEEP_8 DEEP_8 DEEP_8 DEEP_8

static const struct {
    int of;
    const char *is, *other, *sentence;
} hostiles[] = {
    {NAM, "0.5.4", "0.8.0", "its version is '0.8.0', expected 0.5 to 0.7"},
    {NAM, "0.5.4", "0.4.9", "expected 0.5 to 0.7"},
    {NAM, "0.5.4", "1.5.4", "expected 0.5 to 0.7"},
    {NAM, "0.5.4", "0.-5.4", "expected 0.5 to 0.7"},
    {NAM, "0.5.4", "0.99999999999999999999999.4", "expected 0.5 to 0.7"},
    {NAM, "0.5.4", "0.5", "expected 0.5 to 0.7"},
    {NAM, "\"0.5.4\"", "0.5", "'version' is of another type, expected a text"},
    {NAM, "\"version\":\"0.5.4\",", "", "the key 'version' is missing"},
    {NAM, "LSTM", "WaveNet", "its architecture is 'WaveNet', expected LSTM"},
    {NAM, "LSTM", "ConvNet", "its architecture is 'ConvNet', expected LSTM"},
    {NAM, "LSTM", "\\u001b[2J\\n", "its architecture is '?[2J?', expected LSTM"},
    {NAM, "\"LSTM\"", "null", "'architecture' is of another type"},
    {NAM, "\"config\":{", "\"config\":1,\"c\":{",
     "'config' is of another type, expected an object"},
    {NAM, "\"config\"", "\"other\"", "it is JSON of no model that is known"},
    {NAM, "\"hidden_size\":1", "\"hidden_size\":0", "whole number from 1 to 1048576"},
    {NAM, "\"hidden_size\":1", "\"hidden_size\":-1", "whole number from 1 to 1048576"},
    {NAM, "\"hidden_size\":1", "\"hidden_size\":1.5", "whole number from 1 to 1048576"},
    {NAM, "\"hidden_size\":1", "\"hidden_size\":1e300", "whole number from 1 to 1048576"},
    {NAM, "\"hidden_size\":1", "\"hidden_size\":1e999", "whole number from 1 to 1048576"},
    {NAM, "\"hidden_size\":1", "\"hidden_size\":\"1\"", "whole number from 1 to 1048576"},
    {NAM, "\"hidden_size\":1", "\"hidden_size\":[]", "whole number from 1 to 1048576"},
    {NAM, "\"hidden_size\":1", "\"hidden_size\":{}", "whole number from 1 to 1048576"},
    {NAM, "\"hidden_size\":1", "\"hidden\":1", "the key 'hidden_size' is missing"},
    {NAM, "\"hidden_size\":1", "\"hidden_size\":1048576", "has 16 numbers, expected 4398058045441"},
    {NAM, "\"num_layers\":1", "\"num_layers\":257", "whole number from 1 to 256"},
    {NAM, "\"num_layers\":1", "\"num_layers\":2", "'weights' has 16 numbers, expected 30"},
    {NAM, "\"num_layers\":1", "\"num_layers\":1,\"in_channels\":2", "whole number from 1 to 1"},
    {NAM, "\"num_layers\":1", "\"num_layers\":1,\"out_channels\":2", "has 16 numbers, expected 18"},
    {NAM, "\"weights\"", "\"weight\"", "'weights' is of another type, expected 16 numbers"},
    {NAM, ",16]", "]", "'weights' has 15 numbers, expected 16"},
    {NAM, ",16]", ",16,17]", "'weights' has 17 numbers, expected 16"},
    {NAM, ",16]", ",\"16\"]", "'weights' has something else at 15"},
    {NAM, ",16]", ",null]", "'weights' has something else at 15"},
    {NAM, ",16]", ",[16]]", "'weights' has something else at 15"},
    {NAM, ",16]", ",1e39]", "a number that a float32 holds"},
    {NAM, ",16]", ",-1e999]", "a number that a float32 holds"},
    {NAM, ",16]", ",NaN]", "found 'NaN]}'"},
    {NAM, ",16]", ",Infinity]", "found 'Infinity]}'"},
    {NAM, ",16]", ",]", "it is no JSON at byte"},
    {NAM, ",16]}", ",16", "it is cut off: its JSON does not end"},
    {NAM, ",16]}", ",16]} 1", "it is no JSON at byte"},
    {NAM, "\"num_layers\":1", "\"num_layers\":1,\"num_layers\":1",
     "its JSON has the key 'num_layers' twice"},
    {NAM, "\"weights\"", "\"metadata\":[{\"a\":1,\"b\":2,\"a\":3}],\"weights\"",
     "the key 'a' twice"},
    {NAM, "[1,", "[" DEEP_64 ",", "its JSON is nested 66 deep, expected at most 64"},
    {GUITARML, "SimpleRNN", "GatedConvNet", "its model is 'GatedConvNet', expected SimpleRNN"},
    {GUITARML, "\"GRU\"", "\"Gru\"", "its unit_type is 'Gru', expected LSTM, GRU or RNN"},
    {GUITARML, "\"GRU\"", "\"LSTM\"", "'rec.weight_ih_l0' has 3 arrays, expected 4"},
    {GUITARML, "\"skip\":1", "\"skip\":2", "whole number from 0 to 1"},
    {GUITARML, "\"skip\":1", "\"skip\":\"1\"", "whole number from 0 to 1"},
    {GUITARML, "\"output_size\":1", "\"output_size\":2", "its skip adds 1 inputs to 2 outputs"},
    {GUITARML, "\"num_layers\":1", "\"num_layers\":2", "the tensor 'rec.weight_ih_l1' is missing"},
    {GUITARML, "\"num_layers\":1", "\"num_layers\":999", "whole number from 1 to 256"},
    {GUITARML, "\"hidden_size\":1", "\"hidden_size\":2", "has 3 arrays, expected 6"},
    {GUITARML, "[[1],[2],[3]]", "[[1],[2],[3,4]]", "'rec.weight_ih_l0' has 2 numbers in a row"},
    {GUITARML, "[[1],[2],[3]]", "[[1],[2],3]", "'rec.weight_ih_l0' is of another type"},
    {GUITARML, "[[1],[2],[3]]", "[[1],[2],[]]", "'rec.weight_ih_l0' has 0 numbers in a row"},
    {GUITARML, "[[1],[2],[3]]", "{\"a\":1}", "'rec.weight_ih_l0' is of another type"},
    {GUITARML, "\"lin.bias\":[5]", "\"lin.bias\":[5,6]", "'lin.bias' has 2 numbers, expected 1"},
    {GUITARML, "\"lin.bias\"", "\"lin.weight\":[[3]],\"lin.bias\"", "the key 'lin.weight' twice"},
    {GUITARML, "lin.bias", "lin.b", "the tensor 'lin.bias' is missing in state_dict"},
    {GUITARML, "\"bias_fl\":true", "\"bias_fl\":false", "has 6 tensors, expected 5"},
    {GUITARML, "\"lin.bias\"", "\"rec.weight_ih_l1\":[[1],[2],[3]],\"lin.bias\"",
     "its state_dict has 7 tensors, expected 6, which its model_data says"},
    {GUITARML, "\"state_dict\":{", "\"state_dict\":1,\"s\":{", "'state_dict' is of another type"},
    {RTNEURAL, "\"in_shape\":[null,null,1]", "\"in_shape\":[null]", "'in_shape' is no size"},
    {RTNEURAL, "\"in_shape\":[null,null,1]", "\"in_shape\":2", "layer 1 (conv1d): 'weights[0]'"},
    {RTNEURAL, "\"in_skip\":1", "\"in_skip\":2", "whole number from 0 to 1"},
    {RTNEURAL, "\"in_skip\":1", "\"in_gain\":\"1\"", "'in_gain' is no number"},
    {RTNEURAL, "\"in_skip\":1", "\"out_gain\":1e6", "'out_gain' is more dB than a float32 holds"},
    {RTNEURAL, "\"layers\":[", "\"layers\":[],\"l\":[", "'layers' holds none"},
    {RTNEURAL, "\"layers\":[", "\"layers\":[1,", "layer 1 (of no type): the key 'type' is missing"},
    {RTNEURAL, "conv1d", "conv2d", "layer 1 (conv2d): its type is not read"},
    {RTNEURAL, "\"kernel_size\":[2]", "\"kernel_size\":[3]", "'weights[0]' has 2 arrays of arrays"},
    {RTNEURAL, "\"kernel_size\":[2]", "\"kernel_size\":[0]", "'kernel_size' is no size"},
    {RTNEURAL, "\"dilation\":[3]", "\"dilation\":1e15", "'dilation' is no size that can be"},
    {RTNEURAL, "\"groups\":1", "\"groups\":2", "'groups' is no size that can be"},
    {RTNEURAL, "[5,6]]}", "[5,6],[]]}", "it has 3 arrays of weights, expected 2, or 1"},
    {RTNEURAL, "\"epsilon\":0.01", "\"epsilon\":1,\"ep\\u0073ilon\":1", "the key 'epsilon' twice"},
    {RTNEURAL, "\"epsilon\":0.01", "\"epsilon\":-7", "its variance 0 and epsilon"},
    {RTNEURAL, "\"epsilon\":0.01", "\"e\":0", "the key 'epsilon' is missing"},
    {RTNEURAL, "[[1,2],[3,4],[5,6],[7,8]]", "[[1,2],[3,4],[5,6]]", "expected 2 or 4"},
    {RTNEURAL, "\"shape\":[2]", "\"shape\":[3]", "layer 3 (prelu): 'shape' is no size"},
    {RTNEURAL, "[[[1,2]]]", "[[[1,2]],[3]]",
     "layer 3 (prelu): it has 2 arrays of weights, expected 1"},
    {RTNEURAL, "\"lstm\"", "\"lstm\",\"activation\":7",
     "layer 5 (lstm): 'activation' is of another type"},
    {RTNEURAL, "[[[1,2]]]", "[[1,2]]", "layer 3 (prelu): 'weights[0]'"},
    {RTNEURAL, "[[[1,2]]]", "[[[1,2],[1,2]]]", "layer 3 (prelu): 'weights[0]' has 2 arrays"},
    {RTNEURAL, "\"gru\",\"activation\":\"tanh\"", "\"gru\",\"activation\":\"relu\"",
     "expected tanh"},
    {RTNEURAL, "[[1,2,3],[4,5,6]]]", "[1,2,3]]", "layer 4 (gru): 'weights[2]' has 3 arrays"},
    {RTNEURAL, "[1,2,3,0]", "[1,2,3]", "layer 5 (lstm): 'weights[2]' has 3 numbers, expected 4"},
    {RTNEURAL, "\"elu\"", "\"selu\"", "its activation is 'selu', expected tanh, relu, sigmoid"},
    {RTNEURAL, "\"elu\"", "7", "'activation' is of another type, expected a text"},
};

enum { HOSTILES = sizeof hostiles / sizeof *hostiles };

static size_t failures;

static void wrong(const char *what, const char *said)
{
    fprintf(stderr, "FAILED: %.300s: %s\n", what, said);
    failures++;
}

/* Whether it is a model. */
static bool load(const char *text, size_t size, struct failure *failure)
{
    char *copy = malloc(size + 1); /* so that a sanitizer sees its end */
    copy = memcpy(copy, text, size);
    *failure = (struct failure){""};
    onnx_model *model = model_load(copy, size, NULL, failure);
    if (!model && !is_sentence(failure->sentence))
        wrong(text, "it was refused without a sentence");
    onnx_free(model);
    free(copy);
    return model;
}

/* ---- One thing is another ---- */

static char *make(size_t i)
{
    const char *text = valid[hostiles[i].of], *at = strstr(text, hostiles[i].is);
    if (!at)
        abort();
    return text_format("%.*s%s%s", (int)(at - text), text, hostiles[i].other,
                       at + strlen(hostiles[i].is));
}

static void check_hostile(size_t i)
{
    struct failure failure;
    char *text = make(i);
    if (load(text, strlen(text), &failure) || !strstr(failure.sentence, hostiles[i].sentence))
        wrong(text, failure.sentence);
    free(text);
}

/* Both commands end with status 2 and one line. */
static void check_commands(char *const *arguments, size_t i)
{
    char *text = make(i), *path = text_format("%s/hostile.json", arguments[3]);
    char *out = text_format("%s/net", arguments[3]);
    char *const inspect[] = {arguments[1], path, "--inspect", NULL};
    char *const deploy[] = {arguments[2], "--model", path, "--name", "net", "--out", out, NULL};
    char *const *const commands[] = {inspect, deploy};
    write_file(arguments[3], "hostile.json", text, strlen(text));
    for (size_t c = 0; c < 2; c++) {
        const struct started started = started_run(commands[c]);
        const char *end = strchr(started.said, '\n');
        if (started.status != 2 || !end || end[1] || !strstr(started.said, "hostile.json: ") ||
            !strstr(started.said, hostiles[i].sentence))
            wrong(commands[c][0], started.said);
    }
    unlink(path);
    free(out);
    free(path);
    free(text);
}

/* ---- Damage ---- */

static void check_damage(const char *text)
{
    enum { FLIPS = 3000 };
    struct random random = {1};
    struct failure failure;
    const size_t size = strlen(text);
    char *damaged = strdup(text);
    if (!damaged || !load(text, size, &failure))
        wrong(text, failure.sentence);
    for (size_t cut = 0; cut < size; cut++)
        if (load(text, cut, &failure))
            wrong(text, "it is a model though it is cut off");
    for (size_t k = 0; k < FLIPS; k++) { /* one bit, then another one, then a third */
        const size_t bit = random_below(&random, 8 * size);
        if (k % 3 == 0)
            memcpy(damaged, text, size);
        damaged[bit / 8] = (char)(damaged[bit / 8] ^ 1 << bit % 8);
        load(damaged, size, &failure);
    }
    free(damaged);
}

/* ---- Large ones ---- */

static size_t memory_most(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss << 10;
}

static void add_list(struct text *text, size_t count, const char *item)
{
    for (size_t i = 0; i < count; i++)
        text_add(text, "%s%s", i ? "," : "", item);
}

/* A file with a list of so many numbers, each of this text. */
static void check_large(const char *before, size_t count, const char *numeral, const char *refusal)
{
    struct failure failure;
    struct text text = {0};
    text_add(&text, "%s", before);
    add_list(&text, count, numeral);
    text_add(&text, "]}");
    onnx_model *model = NULL;
    const clock_t start = clock();
    model = model_load(text.chars, text.length, NULL, &failure);
    const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (refusal ? model || !strstr(failure.sentence, refusal) : !model)
        wrong(before, model ? "it is a model" : failure.sentence);
    printf("%zu numbers: %.2f s, %zu MB of memory for a file of %zu MB\n", count, seconds,
           memory_most() >> 20, text.length >> 20);
    if (!started_is_sanitized() && seconds > 1)
        wrong(before, "it took more than a second");
    if (!started_is_sanitized() &&
        memory_most() > FORMATS_MEMORY_TIMES * text.length + FORMATS_MEMORY_MORE)
        wrong(before, "it took more memory than is promised");
    onnx_free(model);
    text_free(&text);
}

/* A small file of much: a skip of so many of the inputs is a matrix of both. */
static void check_wide(char *const *arguments, size_t inputs, size_t skip, int status)
{
    char *path = text_format("%s/wide.json", arguments[3]);
    char *out = text_format("%s/net", arguments[3]);
    char *const inspect[] = {arguments[1], path, "--inspect", NULL};
    char *const deploy[] = {arguments[2], "--model", path,    "--isa", "scalar",
                            "--name",     "net",     "--out", out,     NULL};
    char *const *const commands[] = {inspect, deploy};
    struct text text = {0};
    text_add(&text,
             "{\"model_data\":{\"model\":\"SimpleRNN\",\"input_size\":%zu,\"skip\":%zu,"
             "\"output_size\":%zu,\"unit_type\":\"RNN\",\"num_layers\":1,\"hidden_size\":1,"
             "\"bias_fl\":false},\"state_dict\":{\"rec.weight_hh_l0\":[[0]],\"rec.bias_ih_l0\":[0],"
             "\"rec.bias_hh_l0\":[0],\"rec.weight_ih_l0\":[[",
             inputs, skip, skip);
    add_list(&text, inputs, "0");
    text_add(&text, "]],\"lin.weight\":[");
    add_list(&text, skip, "[0]");
    text_add(&text, "]}}");
    write_file(arguments[3], "wide.json", text.chars, text.length);
    for (size_t c = 0; c < 2; c++) {
        const struct started started = started_run(commands[c]);
        printf("%zu of %zu inputs: %zu MB of memory\n", skip, inputs, started.memory >> 20);
        if (started.status != status || (status && !strstr(started.said, "more memory than is")))
            wrong(commands[c][0], started.said);
        if (started.memory > started_most(text.length))
            wrong(commands[c][0], "it took more memory than is promised");
    }
    unlink(path);
    text_free(&text);
    free(out);
    free(path);
}

#define SIZES(units)                                                                               \
    "{\"version\":\"0.5.4\",\"architecture\":\"LSTM\",\"config\":{\"input_size\":1,"               \
    "\"hidden_size\":" units ",\"num_layers\":1},\"weights\":["

static void read_corpus(const char *folder)
{
    for (size_t i = 0; i < VALID; i++) {
        struct failure failure;
        size_t size;
        char *path = text_format("%s/%s", folder, names[i]);
        valid[i] = file_read(path, 1 << 16, &size, &failure);
        if (!valid[i]) {
            fprintf(stderr, "%s\n", failure.sentence);
            exit(EXIT_FAILURE);
        }
        valid[i][size - 1] = 0; /* the end of its last line */
        free(path);
    }
}

int main(int count, char **arguments)
{
    if (count != 5) {
        fprintf(stderr, "hostile_formats WEIR_RUN WEIR_GEN FOLDER CORPUS\n");
        return EXIT_FAILURE;
    }
    read_corpus(arguments[4]);
    /* The most memory there was only grows, and children begin with it: those that may take least
     * come first. */
    check_wide(arguments, 1000, 990, 0);
    check_wide(arguments, 2800, 2700, 2);
    check_large(SIZES("600"), 2000000, "0", "more than a file of its size is allowed");
    check_large(SIZES("380"), 380 * (4 * 382 + 2) + 381, "0", NULL);
    check_large(SIZES("500"), 500 * (4 * 502 + 2) + 501, "-0.12345678901234567", NULL);
    for (size_t i = 0; i < HOSTILES; i++)
        check_hostile(i);
    for (size_t i = 0; i < HOSTILES; i += 7)
        check_commands(arguments, i);
    for (size_t i = 0; i < VALID; i++)
        check_damage(valid[i]);
    for (size_t i = 0; i < VALID; i++)
        free(valid[i]);
    printf("%d hostile files, %zu failures\n", HOSTILES, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
