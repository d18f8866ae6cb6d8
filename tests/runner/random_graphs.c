/* SPDX-License-Identifier: MIT */
/* random_graphs SEED COUNT FOLDER: draws random graphs of two to five nodes, in which layouts,
 * heads, states, lengths and open axes meet; runs each as weir-run does, and compares with an
 * evaluation in double precision. FOLDER gets gN.onnx, the options that it is to be deployed with
 * in gN.options, and in gN.run what goes in and comes out (graph_run.h), for
 * tests/deploy/check_graphs.sh. */
#include "run/run.h"
#include "runner/draw_graph.h"
#include "support/graph_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 200, LAYERS = 9 }; /* of the actions below the first LAYERS are layers */

/* ---- What actions are made of ---- */

size_t draw_below(struct drawing *d, size_t bound)
{
    return random_below(&d->random, bound);
}

bool draw_one_in(struct drawing *d, size_t n)
{
    return draw_below(d, n) == 0;
}

const float *draw_floats(struct drawing *d, size_t count, float scale)
{
    float *values = writer_take(d->writer, count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = scale * (float)((double)(random_next(&d->random) >> 11) * 0x1p-52 - 1);
    return values;
}

char *draw_constant(struct drawing *d, const float *values, size_t rank, const size_t *dims)
{
    return writer_constant(d->writer,
                           writer_floats(d->writer, values, rank, dims, ONNX_FLOAT, true));
}

char *draw_list(struct drawing *d, const int64_t *values, size_t count)
{
    return writer_constant(d->writer, writer_ints(d->writer, values, 1, &count, ONNX_INT64));
}

char *draw_scalar(struct drawing *d, int64_t value)
{
    return writer_constant(d->writer, writer_ints(d->writer, &value, 0, NULL, ONNX_INT64));
}

Onnx__Node *draw_node(struct drawing *d, const char *op, char *first, char *second, char **output)
{
    *output = writer_name(d->writer);
    return writer_node(d->writer, op, (char *[]){first, second, NULL}, (char *[]){*output, NULL});
}

/* ---- A graph ---- */

/* The input: [T][B][I] or [B][T][I], or [T][I]; any but the last axis may be open. */
static void draw_input(struct drawing *d)
{
    static const enum tag tags[][3] = {{TAG_TIME, TAG_BATCH, TAG_UNIT},
                                       {TAG_BATCH, TAG_TIME, TAG_UNIT},
                                       {TAG_TIME, TAG_UNIT, TAG_UNIT}};
    const size_t way = draw_below(d, 5) / 2, I = 1 + draw_below(d, 6);
    const size_t sizes[][3] = {{d->T, d->B, I}, {d->B, d->T, I}, {d->T, I, 1}};
    d->value.rank = way < 2 ? 3 : 2;
    memcpy(d->value.dims, sizes[way], sizeof *sizes);
    memcpy(d->tags, tags[way], sizeof *tags);
    const size_t count = count64(&d->value);
    const float *x = draw_floats(d, count, 1);
    for (size_t i = 0; i < count; i++)
        d->value.at[i] = (double)x[i];
    d->name = writer_name(d->writer);
    writer_input(d->writer, d->name, ONNX_FLOAT, d->value.rank, d->value.dims);
    given_floats(&d->given, x, d->value.rank, d->value.dims, ONNX_FLOAT);
    Onnx__Shape *shape = d->writer->inputs[0]->type->tensor_type->shape;
    for (size_t i = 0; i < d->value.rank; i++)
        if ((d->tags[i] == TAG_TIME && d->time_open) || (d->tags[i] == TAG_BATCH && d->batch_open))
            shape->dim[i]->has_dim_value = 0;
}

static void draw_graph(struct drawing *d)
{
    static draw_action *const actions[] = {
        draw_recurrent, draw_recurrent, draw_recurrent, draw_recurrent, draw_recurrent,
        draw_matmul,    draw_matmul,    draw_gemm,      draw_gemm,      draw_add,
        draw_add,       draw_function,  draw_function,  draw_softmax,   draw_transpose,
        draw_squeeze,   draw_squeeze,   draw_unsqueeze, draw_reshape,   draw_reshape,
        draw_gather,    draw_gather,    draw_slice};
    static const int64_t opsets[] = {9, 11, 13, 14, 17, 18, 21};
    const size_t nodes = 2 + draw_below(d, 4);
    d->opset = opsets[draw_below(d, sizeof opsets / sizeof *opsets)];
    writer_clear(d->writer, d->opset);
    onnx_memory_clear(d->given.memory);
    d->given.count = 0;
    d->T = draw_one_in(d, 10) ? 1 : 2 + draw_below(d, 5);
    d->length = draw_below(d, d->T + 1);
    d->time_open = draw_one_in(d, 2);
    d->B = !d->time_open && draw_one_in(d, 12) ? 7 : 1; /* which is no number of steps */
    d->batch_open = d->B == 1 && draw_one_in(d, d->time_open ? 8 : 2);
    d->only_forward = true;
    d->lengths = d->final = NULL;
    d->after_product = d->after_layer = d->after_recurrent = false;
    d->nodes = 0;
    draw_input(d);
    for (size_t tries = 0; d->nodes < nodes && tries < TRIES; tries++) {
        d->wild = draw_one_in(d, 40);
        const bool last = d->nodes + 1 == nodes && !d->after_layer;
        actions[draw_below(d, last ? LAYERS : sizeof actions / sizeof *actions)](d);
    }
    writer_output(d->writer, d->name);
}

/* ---- Running it ---- */

static const double tolerance = 2e-5;

static bool check(const struct drawing *d, const onnx_tensor *got)
{
    bool right = got->count == count64(&d->value) && got->rank == d->value.rank && got->floats;
    for (size_t i = 0; i < d->value.rank && right; i++)
        right = got->dims[i] == d->value.dims[i];
    for (size_t i = 0; right && i < got->count; i++) {
        const double value = d->value.at[i];
        right = fabs((double)got->floats[i] - value) <= tolerance * fmax(1, fabs(value));
    }
    return right;
}

static void write_graph(const struct drawing *d, const char *folder, size_t index,
                        const void *bytes, size_t size, const onnx_tensor *got)
{
    static struct graph_run run;
    const onnx_tensor *x = d->given.tensors[0];
    const bool streams = d->time_open && d->only_forward && index % 2;
    char *name = writer_format(d->writer, "g%zu.onnx", index);
    char *options = d->time_open && !streams ? writer_format(d->writer, "--steps %zu", d->T)
                                             : writer_format(d->writer, "%s", "");
    memset(&run, 0, sizeof run);
    run.length = d->length;
    run.x_count = x->count;
    run.y_count = got->count;
    memcpy(run.x, x->floats, x->count * sizeof *run.x);
    memcpy(run.y, got->floats, got->count * sizeof *run.y);
    memcpy(run.reference, d->value.at, got->count * sizeof *run.reference);
    write_file(folder, name, bytes, size);
    write_file(folder, writer_format(d->writer, "g%zu.options", index), options, strlen(options));
    write_file(folder, writer_format(d->writer, "g%zu.run", index), &run, sizeof run);
}

static bool run_graph(struct drawing *d, const char *folder, size_t index)
{
    const run_options options = {.any_size = true};
    const onnx_tensor *outputs[1] = {NULL};
    struct failure failure = {0};
    size_t size;
    void *bytes = writer_bytes(d->writer, &size);
    onnx_model *model = onnx_load(bytes, size, NULL, &failure);
    run_session *session = model ? run_create(model, &options, &failure) : NULL;
    const bool ran = session && run_call(session, d->given.tensors, outputs, &failure);
    const bool right = ran && check(d, outputs[0]);
    if (ran)
        write_graph(d, folder, index, bytes, size, outputs[0]);
    if (!right)
        fprintf(stderr, "g%zu: %s\n", index,
                ran ? "weir-run gives something else" : failure.sentence);
    run_destroy(session);
    onnx_free(model);
    free(bytes);
    return right;
}

int main(int argc, char **argv)
{
    static struct drawing d;
    size_t failed = 0;
    if (argc != 4)
        return EXIT_FAILURE;
    d.random.state = strtoull(argv[1], NULL, 10);
    d.writer = writer_create();
    d.given.memory = onnx_memory_create(SIZE_MAX / 2);
    for (size_t i = 0; i < strtoul(argv[2], NULL, 10); i++) {
        draw_graph(&d);
        failed += !run_graph(&d, argv[3], i);
    }
    writer_free(d.writer);
    onnx_memory_destroy(d.given.memory);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
