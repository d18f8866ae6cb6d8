/* SPDX-License-Identifier: MIT */
/* test_heads: which heads weir-run computes in the cell of their recurrent node, and that a value
 * which something else asks for stays; batches, streams and final states of such cells; and what
 * becomes of a head where nothing can be compiled, or its weights are none of the type. */
#define _GNU_SOURCE
#include "onnx/constants.h"
#include "run/run.h"
#include "support/expect.h"
#include "weir.h"

#include <math.h>
#include <string.h>

enum { T = 7, B = 3, I = 3, H = 5, GATES = 4 };

static float values[4096], dense[H * I];

static char *constant(struct writer *writer, const float *from, size_t rank, const size_t *dims)
{
    return writer_constant(writer, writer_floats(writer, from, rank, dims, ONNX_FLOAT, true));
}

static char *node(struct writer *writer, const char *op, char *a, char *b, char *to)
{
    writer_node(writer, op, (char *[]){a, b, NULL}, (char *[]){to, NULL});
    return to;
}

/* y = tanh(product) + x, as models with the batch first have it, of an LSTM. `seen` is an output of
 * the model, too; NULL: the final state is. */
static onnx_model *make(struct writer *writer, size_t steps, size_t rows, char *seen)
{
    const size_t w[] = {1, GATES * H, I}, r[] = {1, GATES * H, H}, d[] = {H, I}, one = 1;
    const int64_t turned[] = {1, 0, 2}, axis = 1;
    struct failure failure = {""};
    writer_clear(writer, 14);
    writer_input(writer, "x", ONNX_FLOAT, 3, (size_t[]){rows, steps, I});
    writer_list(writer,
                writer_node(writer, "Transpose", (char *[]){"x", NULL}, (char *[]){"in", NULL}),
                "perm", turned, 3);
    char *const inputs[] = {"in", constant(writer, values, 3, w), constant(writer, values, 3, r),
                            NULL};
    writer_node(writer, "LSTM", inputs, (char *[]){"layer", "state", NULL});
    char *axes = writer_constant(writer, writer_ints(writer, &axis, 1, &one, ONNX_INT64));
    node(writer, "Squeeze", "layer", axes, "rows");
    writer_list(
        writer,
        writer_node(writer, "Transpose", (char *[]){"rows", NULL}, (char *[]){"back", NULL}),
        "perm", turned, 3);
    node(writer, "MatMul", "back", constant(writer, dense, 2, d), "product");
    node(writer, "Tanh", "product", NULL, "tanh");
    node(writer, "Add", "x", "tanh", "y");
    writer_output(writer, "y");
    writer_output(writer, seen ? seen : "state");
    onnx_model *model = writer_load(writer, &failure);
    EXPECT(model, "%s", failure.sentence);
    return model;
}

/* ---- Runs ---- */

struct result {
    float y[B * T * I], state[B * H]; /* y: [B][T][I] */
    bool folded, apart; /* the head is part of the cell; it could not be */
};

/* Rows from one on, of all steps in a call or one a call. */
static void run(struct writer *writer, size_t first, size_t rows, run_options options, char *seen,
                struct result *result)
{
    static float x[B * T * I];
    const size_t steps = options.keep_states ? 1 : T;
    struct failure failure = {""};
    onnx_model *model = make(writer, steps, rows, seen);
    run_session *session = run_create(model, &options, &failure);
    if (!EXPECT(session, "%s", failure.sentence))
        exit(EXIT_FAILURE);
    for (size_t k = 0; k < B * T * I; k++)
        x[k] = (float)(k * 7 % 11) / 5 - 1;
    for (size_t t = 0; t < T; t += steps) {
        float part[B * T * I];
        const onnx_tensor given = {.type = ONNX_FLOAT,
                                   .rank = 3,
                                   .dims = {rows, steps, I},
                                   .count = rows * steps * I,
                                   .floats = part};
        const onnx_tensor *outputs[2] = {NULL};
        for (size_t b = 0; b < rows; b++)
            memcpy(part + b * steps * I, x + ((first + b) * T + t) * I, steps * I * sizeof *part);
        if (!EXPECT(run_call(session, (const onnx_tensor *[]){&given}, outputs, &failure), "%s",
                    failure.sentence))
            exit(EXIT_FAILURE);
        for (size_t b = 0; b < rows; b++)
            memcpy(result->y + ((first + b) * T + t) * I, outputs[0]->floats + b * steps * I,
                   steps * I * sizeof *part);
        if (!seen)
            memcpy(result->state + first * H, outputs[1]->floats, rows * H * sizeof *part);
        EXPECT(outputs[1]->floats, "%s is not there", seen);
    }
    for (size_t n = 0; n < model->graph.node_count; n++)
        if (model->graph.nodes[n].recurrent) {
            const struct weir_kernel *kernel =
                run_kernel_of(session, model->graph.nodes[n].recurrent, 0);
            result->folded = strstr(weir_kernel_describe(kernel).cell, "_head");
        }
    result->apart = run_apart(session);
    run_destroy(session);
    onnx_free(model);
}

static bool near(const struct result *a, const struct result *b)
{
    double worst = 0;
    for (size_t k = 0; k < B * T * I; k++)
        worst = fmax(worst, fabs((double)a->y[k] - (double)b->y[k]));
    return worst < 1e-6;
}

static bool same(const struct result *a, const struct result *b)
{
    return !memcmp(a->y, b->y, sizeof a->y) && !memcmp(a->state, b->state, sizeof a->state);
}

/* Where the weights of a head cannot be stored, it is told, and does not run by itself. */
static void check_refused(struct writer *writer)
{
    const char *const types[] = {"i8"};
    struct failure failure = {""};
    dense[I + 1] = INFINITY;
    onnx_model *model = make(writer, T, B, NULL);
    run_session *session = run_create(model, &(run_options){.types = types}, &failure);
    EXPECT(!session && strstr(failure.sentence, "inf in row 1, column 1, which i8 does not hold"),
           "%s", failure.sentence);
    run_destroy(session);
    onnx_free(model);
    dense[I + 1] = values[I + 1];
}

int main(void)
{
    static const struct {
        char *name;
        bool folds;
    } seen[] = {{"layer", false},  {"rows", false}, {"back", false},
                {"product", true}, {"tanh", true},  {"y", true}};
    static struct result whole, other, plain;
    struct writer *writer = writer_create();
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        values[k] = (float)(k * 37 % 101) / 101 - 0.5f;
    memcpy(dense, values, sizeof dense);
    run(writer, 0, B, (run_options){0}, NULL, &whole);
    EXPECT(whole.folded && !whole.apart, "a head is not part of its layer's cell");
    run(writer, 0, B, (run_options){.keep_states = true}, NULL, &other);
    EXPECT(other.folded && same(&whole, &other), "a stream of steps gives other bits");
    for (size_t b = 0; b < B; b++)
        run(writer, b, 1, (run_options){0}, NULL, &other);
    EXPECT(other.folded && same(&whole, &other), "rows by themselves give other bits");
    for (size_t k = 0; k < sizeof seen / sizeof *seen; k++) {
        run(writer, 0, B, (run_options){0}, seen[k].name, &other);
        EXPECT(other.folded == seen[k].folds, "where %s is seen, the cell is another",
               seen[k].name);
        EXPECT(near(&whole, &other), "where %s is seen, y is another", seen[k].name);
    }
    run(writer, 0, B, (run_options){.plain = true}, NULL, &plain);
    EXPECT(!plain.folded && !plain.apart && near(&whole, &plain) && !same(&whole, &plain),
           "a plain run has a head in a cell");
    check_refused(writer);
    setenv("CC", "no-such-compiler", 1);
    setenv("XDG_CACHE_HOME", "/nonexistent", 1);
    run(writer, 0, B, (run_options){0}, NULL, &other);
    EXPECT(!other.folded && same(&plain, &other),
           "without a compiler y is not that of a plain run");
    EXPECT(other.apart, "without a compiler nothing is said of the head");
    writer_free(writer);
    return expect_verdict("heads");
}
