/* SPDX-License-Identifier: MIT */
/* random_open SEED COUNT FOLDER: draws graphs over [1][T][UNITS], T being open: what goes on step
 * by step, recurrent nodes of all directions, windows and sums over time, steps that are taken out.
 * DIR gets gN.onnx, and in gN.run what each number of steps gives (open_run.h), by weir-run. */
#include "onnx/writer.h"
#include "run/run.h"
#include "support/inputs.h"
#include "support/open_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNITS = 5, VALUES_MOST = 16, NODES_LEAST = 3, NODES_MORE = 6 };

/* Values of the graph, all of which are [1][T][UNITS]; but those at the end [1][1][UNITS]. */
struct drawing {
    struct writer *writer;
    struct random random;
    char *values[VALUES_MOST];
    size_t count;
};

static size_t below(struct drawing *d, size_t bound)
{
    return random_below(&d->random, bound);
}

static float number(struct drawing *d)
{
    return (float)below(d, 2001) / 1000 - 1;
}

static char *any(struct drawing *d)
{
    return d->values[d->count - 1 - below(d, d->count < 3 ? d->count : 3)];
}

static char *constant(struct drawing *d, size_t rank, const size_t *dims)
{
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= dims[i];
    float *values = writer_take(d->writer, count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = number(d) / 2;
    return writer_constant(d->writer,
                           writer_floats(d->writer, values, rank, dims, ONNX_FLOAT, true));
}

static char *floats(struct drawing *d, size_t a, size_t b, size_t c)
{
    return constant(d, 3, (const size_t[]){a, b, c});
}

static char *list(struct drawing *d, const int64_t *values, size_t count)
{
    return writer_constant(d->writer, writer_ints(d->writer, values, 1, &count, ONNX_INT64));
}

static char *one(struct drawing *d, int64_t value)
{
    return list(d, &value, 1);
}

static Onnx__Node *add(struct drawing *d, const char *op, char *first, char *second, char *to)
{
    return writer_node(d->writer, op, (char *[]){first, second, NULL}, (char *[]){to, NULL});
}

static char *node(struct drawing *d, const char *op, char *first, char *second)
{
    char *to = writer_name(d->writer);
    add(d, op, first, second, to);
    return to;
}

static char *turned(struct drawing *d, char *value)
{
    static const int64_t perm[] = {0, 2, 1};
    char *to = writer_name(d->writer);
    writer_list(d->writer, add(d, "Transpose", value, NULL, to), "perm", perm, 3);
    return to;
}

/* ---- Actions ---- */

static char *product(struct drawing *d)
{
    return node(d, "Add", node(d, "MatMul", any(d), floats(d, 1, UNITS, UNITS)),
                floats(d, 1, 1, UNITS));
}

static char *function(struct drawing *d)
{
    static const char *const functions[] = {"Relu",     "Tanh", "Sigmoid",
                                            "Softplus", "Abs",  "Softmax"};
    return node(d, functions[below(d, 6)], any(d), NULL);
}

static char *both(struct drawing *d)
{
    static const char *const functions[] = {"Add", "Mul", "Sub", "Max"};
    return node(d, functions[below(d, 4)], any(d), any(d));
}

static char *gate(struct drawing *d)
{
    return node(d, "Mul", node(d, "Sigmoid", any(d), NULL), node(d, "Tanh", any(d), NULL));
}

static char *normalise(struct drawing *d)
{
    const size_t units[] = {UNITS};
    char *to = writer_name(d->writer);
    char *const of[] = {any(d), constant(d, 1, units), NULL};
    writer_node(d->writer, "LayerNormalization", of, (char *const[]){to, NULL});
    return to;
}

/* Each step less the mean, or with the largest, of all. */
static char *over_time(struct drawing *d)
{
    static const char *const sums[] = {"ReduceMean", "ReduceMax", "ReduceL2"};
    static const int64_t axis = 1;
    char *value = any(d), *sum = writer_name(d->writer);
    writer_list(d->writer, add(d, sums[below(d, 3)], value, NULL, sum), "axes", &axis, 1);
    return node(d, below(d, 2) ? "Sub" : "Add", value, sum);
}

static char *window(struct drawing *d)
{
    const size_t width = 1 + below(d, 4), before = below(d, width);
    const int64_t pads[] = {(int64_t)before, (int64_t)(width - 1 - before)};
    const size_t dims[] = {UNITS, UNITS, width};
    char *to = writer_name(d->writer);
    Onnx__Node *conv = add(d, "Conv", turned(d, any(d)), constant(d, 3, dims), to);
    writer_list(d->writer, conv, "pads", pads, 2);
    return turned(d, to);
}

static char *recurrent(struct drawing *d)
{
    static const char *const directions[] = {"forward", "reverse", "bidirectional"};
    static const int64_t perm[] = {1, 0, 2}, joined[] = {0, 0, -1}, back[] = {0, 2, 1, 3};
    const size_t way = below(d, 3);
    const size_t D = way == 2 ? 2 : 1, H = below(d, 2) ? UNITS : 17;
    char *x = writer_name(d->writer), *y = writer_name(d->writer), *h = writer_name(d->writer),
         *steps = writer_name(d->writer), *first = writer_name(d->writer), *of[4] = {x};
    writer_list(d->writer, add(d, "Transpose", any(d), NULL, x), "perm", perm, 3);
    of[1] = floats(d, D, 3 * H, UNITS);
    of[2] = floats(d, D, 3 * H, H);
    Onnx__Node *gru = writer_node(d->writer, "GRU", of, (char *const[]){y, h, NULL});
    writer_int(d->writer, gru, "hidden_size", (int64_t)H);
    writer_int(d->writer, gru, "linear_before_reset", 1);
    writer_string(d->writer, gru, "direction", directions[way]);
    writer_list(d->writer, add(d, "Transpose", y, NULL, steps), "perm", back, 4);
    add(d, "Reshape", steps, list(d, joined, 3), first);
    writer_list(d->writer, add(d, "Transpose", first, NULL, y = writer_name(d->writer)), "perm",
                perm, 3);
    char *made = node(d, "MatMul", y, floats(d, 1, D * H, UNITS));
    return below(d, 2) ? made
                       : node(d, "Add", made,
                              node(d, "MatMul",
                                   node(d, "Reshape", h, list(d, (const int64_t[]){1, 1, -1}, 3)),
                                   floats(d, 1, D * H, UNITS)));
}

/* From one step on, or backwards. */
static char *slice(struct drawing *d)
{
    const bool last = below(d, 2);
    char *to = writer_name(d->writer);
    char *const of[] = {any(d), one(d, last ? -1 : 0), one(d, last ? INT64_MAX : 1), one(d, 1),
                        NULL};
    writer_node(d->writer, "Slice", of, (char *const[]){to, NULL});
    return node(d, "Add", any(d), to);
}

static char *doubled(struct drawing *d)
{
    char *to = writer_name(d->writer);
    const int64_t axis = 2;
    writer_int(d->writer, add(d, "Concat", any(d), any(d), to), "axis", axis);
    return node(d, "MatMul", to, floats(d, 1, 2 * UNITS, UNITS));
}

/* What is as long as the steps, which are fewer at first. */
static char *shorter(struct drawing *d)
{
    static const int64_t axis = 1;
    char *all = any(d), *parts[2];
    for (size_t k = 0; k < 2; k++) {
        char *const of[] = {all, one(d, k ? 1 : 0), one(d, k ? INT64_MAX : 1), one(d, axis), NULL};
        parts[k] = writer_name(d->writer);
        writer_node(d->writer, "Slice", of, (char *const[]){parts[k], NULL});
    }
    char *to = writer_name(d->writer);
    writer_int(d->writer, add(d, "Concat", parts[1], parts[0], to), "axis", axis);
    return to;
}

static char *pool(struct drawing *d)
{
    static const int64_t kernel = 3, pads[] = {1, 1};
    char *to = writer_name(d->writer);
    const bool most = below(d, 2);
    Onnx__Node *made = add(d, most ? "MaxPool" : "AveragePool", turned(d, any(d)), NULL, to);
    if (!most)
        writer_int(d->writer, made, "count_include_pad", below(d, 8) > 0);
    writer_list(d->writer, made, "kernel_shape", &kernel, 1);
    writer_list(d->writer, made, "pads", pads, 2);
    return turned(d, to);
}

/* At the end, half as many steps: not so many more with each of the input. */
static char *coarse(struct drawing *d)
{
    static const int64_t stride = 2, pads[] = {1, 1};
    char *to = writer_name(d->writer);
    Onnx__Node *conv =
        add(d, "Conv", turned(d, d->values[d->count - 1]), floats(d, UNITS, UNITS, 2), to);
    writer_list(d->writer, conv, "pads", pads, 2);
    writer_list(d->writer, conv, "strides", &stride, 1);
    return turned(d, to);
}

static void draw(struct drawing *d)
{
    static char *(*const actions[])(struct drawing *) = {
        product, product,   function, function, both,    both, gate,      normalise,
        window,  over_time, slice,    doubled,  shorter, pool, recurrent, recurrent};
    static const size_t dims[] = {1, 1, UNITS};
    const size_t nodes = NODES_LEAST + below(d, NODES_MORE);
    writer_clear(d->writer, 17);
    d->values[0] = (char *)"x";
    d->count = 1;
    writer_input(d->writer, (char *)"x", ONNX_FLOAT, 3, dims);
    d->writer->inputs[0]->type->tensor_type->shape->dim[1]->has_dim_value = 0;
    for (size_t n = 0; n < nodes; n++) { /* the first one tells what time is */
        char *made = n ? actions[below(d, sizeof actions / sizeof *actions)](d) : recurrent(d);
        d->values[d->count++] = made;
    }
    writer_output(d->writer, below(d, 12) ? d->values[d->count - 1] : coarse(d));
}

/* ---- Running it ---- */

static bool run(struct drawing *d, const onnx_model *model, struct open_run *to)
{
    const run_options options = {.any_size = true};
    struct failure failure;
    bool ran = true;
    onnx_memory *memory = onnx_memory_create(SIZE_MAX / 2);
    for (size_t steps = 1; steps <= OPEN_STEPS && ran; steps++) {
        const size_t dims[] = {1, steps, UNITS};
        const onnx_tensor *outputs[1] = {NULL};
        onnx_tensor *x = onnx_tensor_create(memory, ONNX_FLOAT, 3, dims, &failure);
        for (size_t i = 0; i < x->count; i++)
            to->x[steps][i] = x->floats[i] = number(d);
        run_session *session = run_create(model, &options, &failure);
        ran = session && run_call(session, (const onnx_tensor *[]){x}, outputs, &failure) &&
              outputs[0]->count <= OPEN_FLOATS;
        to->count[steps] = ran ? outputs[0]->count : 0;
        for (size_t i = 0; i < to->count[steps]; i++)
            to->y[steps][i] = outputs[0]->floats[i];
        run_destroy(session);
    }
    if (!ran)
        fprintf(stderr, "%s\n", failure.sentence);
    onnx_memory_destroy(memory);
    return ran;
}

int main(int argc, char **argv)
{
    static struct open_run results;
    struct drawing d = {.writer = writer_create()};
    struct failure failure;
    bool right = argc == 4;
    if (right)
        d.random.state = strtoull(argv[1], NULL, 10);
    for (size_t i = 0; right && i < strtoul(argv[2], NULL, 10); i++) {
        size_t size;
        draw(&d);
        void *bytes = writer_bytes(d.writer, &size);
        onnx_model *model = onnx_load(bytes, size, NULL, &failure);
        right = model && run(&d, model, &results);
        if (!model)
            fprintf(stderr, "%s\n", failure.sentence);
        write_file(argv[3], writer_format(d.writer, "g%zu.onnx", i), bytes, size);
        write_file(argv[3], writer_format(d.writer, "g%zu.run", i), &results, sizeof results);
        onnx_free(model);
        free(bytes);
    }
    writer_free(d.writer);
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
