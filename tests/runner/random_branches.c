/* SPDX-License-Identifier: MIT */
/* random_branches SEED COUNT FOLDER: draws graphs of any kind, of a few nodes that take what others
 * before them gave, several inputs and outputs, and shapes that are known. FOLDER gets each as
 * export.h writes models, with what weir-run gives, for tests/deploy/check_branches.sh. A node is
 * tried in the model as it is so far; one that does not fit, or gives too large numbers, is not
 * taken. The last one is a product with a constant. */
#include "run/run.h"
#include "runner/draw_branches.h"
#include "runner/export.h"
#include "runner/quantise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOATS_MOST = 2048, OPSET = 17 };
static const float greatest = 30;

size_t draw_below(struct drawing *d, size_t bound)
{
    return random_below(&d->random, bound);
}

/* ---- What nodes are made of ---- */

char *draw_constant(struct drawing *d, size_t rank, const size_t *dims, float scale)
{
    size_t count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= dims[i];
    float *values = writer_take(d->writer, count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = scale * (float)((double)(random_next(&d->random) >> 11) * 0x1p-52 - 1);
    return writer_constant(d->writer,
                           writer_floats(d->writer, values, rank, dims, ONNX_FLOAT, true));
}

char *draw_list(struct drawing *d, const int64_t *values, size_t count)
{
    return writer_constant(d->writer, writer_ints(d->writer, values, 1, &count, ONNX_INT64));
}

char *draw_node(struct drawing *d, const char *op, char *a, char *b, char *c)
{
    char *name = writer_name(d->writer);
    d->last = writer_node(d->writer, op, (char *[]){a, b, c, NULL}, (char *[]){name, NULL});
    return name;
}

static const struct made *pick(struct drawing *d)
{
    return &d->pool[draw_below(d, 3) ? d->pool_count - 1 : draw_below(d, d->pool_count)];
}

const struct made *draw_like(struct drawing *d, const struct made *like)
{
    const struct made *other = &d->pool[draw_below(d, d->pool_count)];
    const bool same =
        other->rank == like->rank && !memcmp(other->dims, like->dims, like->rank * sizeof(size_t));
    return same ? other : like;
}

/* ---- Kinds of nodes ---- */

static char *draw_function(struct drawing *d, const struct made *x)
{
    static const char *const ops[] = {
        "Relu", "Sigmoid", "Tanh", "Abs", "Neg",  "Exp",         "Softplus",  "Softsign",
        "Elu",  "Sin",     "Cos",  "Erf", "Selu", "HardSigmoid", "LeakyRelu", "HardSwish"};
    return draw_node(d, ops[draw_below(d, sizeof ops / sizeof *ops)], x->name, NULL, NULL);
}

static char *draw_binary(struct drawing *d, const struct made *x)
{
    static const char *const ops[] = {"Add", "Sub", "Mul", "Max", "Min"};
    char *other = draw_like(d, x)->name;
    if (draw_below(d, 3) == 0 && x->rank) /* broadcast */
        other = draw_constant(d, 1, draw_below(d, 2) ? &x->dims[x->rank - 1] : (size_t[]){1}, 1);
    const bool first = draw_below(d, 2);
    return draw_node(d, ops[draw_below(d, sizeof ops / sizeof *ops)], first ? x->name : other,
                     first ? other : x->name, NULL);
}

static char *draw_where(struct drawing *d, const struct made *x)
{
    char *zero = draw_constant(d, 1, (size_t[]){1}, 0.5f);
    char *claim = draw_node(d, "Greater", x->name, zero, NULL);
    return draw_node(d, "Where", claim, draw_like(d, x)->name, x->name);
}

static char *draw_root(struct drawing *d, const struct made *x)
{
    char *square = draw_node(d, "Mul", x->name, x->name, NULL);
    return draw_node(d, draw_below(d, 2) ? "Sqrt" : "Identity", square, NULL, NULL);
}

static char *draw_transpose(struct drawing *d, const struct made *x)
{
    int64_t perm[ONNX_RANK_MAX];
    for (size_t i = 0; i < x->rank; i++) {
        const size_t k = draw_below(d, i + 1);
        perm[i] = perm[k];
        perm[k] = (int64_t)i;
    }
    char *name = draw_node(d, "Transpose", x->name, NULL, NULL);
    writer_list(d->writer, d->last, "perm", perm, x->rank);
    return name;
}

static char *draw_reshape(struct drawing *d, const struct made *x)
{
    int64_t shape[ONNX_RANK_MAX + 1];
    size_t rank = 0, joined = x->rank > 1 ? draw_below(d, x->rank - 1) : x->rank;
    for (size_t i = 0; i < x->rank; i++) {
        shape[rank++] = i == joined ? -1 : (int64_t)x->dims[i];
        i += i == joined;
    }
    if (draw_below(d, 2) && rank < RANK)
        shape[rank++] = 1;
    return draw_node(d, "Reshape", x->name, draw_list(d, shape, rank), NULL);
}

static char *draw_axes(struct drawing *d, const struct made *x)
{
    const bool adds = draw_below(d, 2) && x->rank < RANK;
    const int64_t axis = (int64_t)draw_below(d, x->rank + adds);
    return draw_node(d, adds ? "Unsqueeze" : "Squeeze", x->name, draw_list(d, &axis, 1), NULL);
}

static char *draw_slice(struct drawing *d, const struct made *x)
{
    const size_t axis = draw_below(d, x->rank), size = x->dims[axis];
    const bool back = draw_below(d, 4) == 0;
    const int64_t axes[] = {(int64_t)axis}, step[] = {back ? -1 : 1 + (int64_t)draw_below(d, 2)};
    const int64_t start[] = {back ? -1 : (int64_t)draw_below(d, size)},
                  end[] = {back ? -100 : start[0] + 1 + (int64_t)draw_below(d, size)};
    char *name = writer_name(d->writer);
    writer_node(d->writer, "Slice",
                (char *[]){x->name, draw_list(d, start, 1), draw_list(d, end, 1),
                           draw_list(d, axes, 1), draw_list(d, step, 1), NULL},
                (char *[]){name, NULL});
    return name;
}

/* The second part, and the first one added to what is known by a node after it. */
static char *draw_split(struct drawing *d, const struct made *x)
{
    const size_t axis = draw_below(d, x->rank);
    if (x->dims[axis] < 2)
        return NULL;
    const int64_t first = 1 + (int64_t)draw_below(d, x->dims[axis] - 1);
    const int64_t parts[] = {first, (int64_t)x->dims[axis] - first};
    char *a = writer_name(d->writer), *b = writer_name(d->writer);
    d->last = writer_node(d->writer, "Split", (char *[]){x->name, draw_list(d, parts, 2), NULL},
                          (char *[]){a, b, NULL});
    writer_int(d->writer, d->last, "axis", (int64_t)axis);
    if (draw_below(d, 2))
        return b;
    char *name = draw_node(d, "Concat", b, a, x->name);
    writer_int(d->writer, d->last, "axis", (int64_t)axis);
    return name;
}

static char *draw_concat(struct drawing *d, const struct made *x)
{
    char *name = draw_node(d, "Concat", x->name, draw_like(d, x)->name, NULL);
    writer_int(d->writer, d->last, "axis", (int64_t)draw_below(d, x->rank));
    return name;
}

static char *draw_gather(struct drawing *d, const struct made *x)
{
    const size_t axis = draw_below(d, x->rank), count = 1 + draw_below(d, 3);
    int64_t indices[3];
    for (size_t i = 0; i < count; i++)
        indices[i] =
            (int64_t)draw_below(d, x->dims[axis]) - (draw_below(d, 3) ? 0 : (int64_t)x->dims[axis]);
    char *name = draw_node(d, "Gather", x->name, draw_list(d, indices, count), NULL);
    writer_int(d->writer, d->last, "axis", (int64_t)axis);
    return name;
}

static char *draw_pad(struct drawing *d, const struct made *x)
{
    static const char *const modes[] = {"constant", "reflect", "edge"};
    int64_t pads[2 * ONNX_RANK_MAX];
    for (size_t i = 0; i < 2 * x->rank; i++)
        pads[i] = (int64_t)draw_below(d, 3) - (draw_below(d, 6) == 0);
    char *name = draw_node(d, "Pad", x->name, draw_list(d, pads, 2 * x->rank), NULL);
    writer_string(d->writer, d->last, "mode", modes[draw_below(d, 3)]);
    return name;
}

static char *draw_softmax(struct drawing *d, const struct made *x)
{
    char *name = draw_node(d, draw_below(d, 3) ? "Softmax" : "LogSoftmax", x->name, NULL, NULL);
    writer_int(d->writer, d->last, "axis", (int64_t)draw_below(d, x->rank) - (int64_t)x->rank);
    return name;
}

static char *draw_reduce(struct drawing *d, const struct made *x)
{
    static const char *const ops[] = {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2",
                                      "ReduceSumSquare"};
    const int64_t axes[] = {(int64_t)draw_below(d, x->rank), -1};
    const bool two = axes[0] != (int64_t)x->rank - 1 && draw_below(d, 2);
    char *name = draw_node(d, ops[draw_below(d, sizeof ops / sizeof *ops)], x->name, NULL, NULL);
    writer_list(d->writer, d->last, "axes", axes, 1 + two);
    writer_int(d->writer, d->last, "keepdims", (int64_t)draw_below(d, 2));
    return name;
}

static char *draw_arg(struct drawing *d, const struct made *x)
{
    char *index = draw_node(d, draw_below(d, 2) ? "ArgMax" : "ArgMin", x->name, NULL, NULL);
    writer_int(d->writer, d->last, "axis", (int64_t)draw_below(d, x->rank));
    char *name = draw_node(d, "Cast", index, NULL, NULL);
    writer_int(d->writer, d->last, "to", ONNX_FLOAT);
    return name;
}

static char *draw_sums(struct drawing *d, const struct made *x)
{
    const int64_t axis = (int64_t)draw_below(d, x->rank);
    char *name = draw_node(d, "CumSum", x->name, draw_list(d, &axis, 1), NULL);
    writer_int(d->writer, d->last, "reverse", (int64_t)draw_below(d, 2));
    writer_int(d->writer, d->last, "exclusive", (int64_t)draw_below(d, 2));
    return name;
}

static char *draw_matmul(struct drawing *d, const struct made *x)
{
    const size_t dims[] = {x->rank ? x->dims[x->rank - 1] : 1, 1 + draw_below(d, 9)};
    char *name = draw_node(d, "MatMul", x->name, draw_constant(d, 2, dims, 0.7f), NULL);
    if (draw_below(d, 2))
        name = draw_node(d, "Add", name, draw_constant(d, 1, dims + 1, 1), NULL);
    return draw_below(d, 2) ? name
                            : draw_node(d, draw_below(d, 2) ? "Tanh" : "Relu", name, NULL, NULL);
}

static char *draw_both(struct drawing *d, const struct made *x)
{
    int64_t perm[ONNX_RANK_MAX];
    if (x->rank < 2)
        return NULL;
    for (size_t i = 0; i < x->rank; i++)
        perm[i] = (int64_t)i;
    perm[x->rank - 1] = (int64_t)x->rank - 2;
    perm[x->rank - 2] = (int64_t)x->rank - 1;
    char *turned = draw_node(d, "Transpose", x->name, NULL, NULL);
    writer_list(d->writer, d->last, "perm", perm, x->rank);
    return draw_node(d, "MatMul", draw_like(d, x)->name, turned, NULL);
}

static char *draw_gemm(struct drawing *d, const struct made *x)
{
    const size_t out = 1 + draw_below(d, 6), turned = draw_below(d, 2), columns = x->dims[!turned];
    const size_t turns = draw_below(d, 2), dims[] = {turns ? out : columns, turns ? columns : out};
    if (x->rank != 2)
        return NULL;
    char *name = draw_node(d, "Gemm", x->name, draw_constant(d, 2, dims, 0.7f),
                           draw_below(d, 2) ? draw_constant(d, 1, &out, 1) : NULL);
    writer_int(d->writer, d->last, "transA", (int64_t)turned);
    writer_int(d->writer, d->last, "transB", (int64_t)turns);
    return name;
}

static char *draw_convolution(struct drawing *d, const struct made *x)
{
    const bool turns = draw_below(d, 3) == 0, groups = draw_below(d, 3) == 0;
    const size_t spatial = x->rank - 2, filters = 1 + draw_below(d, 4);
    if (x->rank < 3)
        return NULL;
    const size_t each = groups ? 1 : turns ? x->dims[1] : filters;
    size_t dims[4] = {groups ? x->dims[1] * (turns ? 1 : filters) : each, turns    ? filters
                                                                          : groups ? 1
                                                                                   : x->dims[1]};
    int64_t strides[2], pads[4], dilations[2];
    for (size_t i = 0; i < spatial; i++) {
        dims[2 + i] = 1 + draw_below(d, 3);
        strides[i] = 1 + (int64_t)draw_below(d, 2);
        dilations[i] = 1 + (int64_t)draw_below(d, 2);
        pads[i] = (int64_t)draw_below(d, 2);
        pads[spatial + i] = (int64_t)draw_below(d, 2);
    }
    char *name = draw_node(d, turns ? "ConvTranspose" : "Conv", x->name,
                           draw_constant(d, x->rank, dims, 0.5f), NULL);
    writer_int(d->writer, d->last, "group", groups ? (int64_t)x->dims[1] : 1);
    writer_list(d->writer, d->last, "strides", strides, spatial);
    writer_list(d->writer, d->last, "dilations", dilations, spatial);
    writer_list(d->writer, d->last, "pads", pads, 2 * spatial);
    return name;
}

static char *draw_pool(struct drawing *d, const struct made *x)
{
    int64_t shape[2], strides[2], pads[4];
    const size_t spatial = x->rank - 2;
    if (x->rank < 3)
        return NULL;
    for (size_t i = 0; i < spatial; i++) {
        shape[i] = 1 + (int64_t)draw_below(d, 3);
        strides[i] = 1 + (int64_t)draw_below(d, 2);
        pads[i] = shape[i] > 1 ? (int64_t)draw_below(d, 2) : 0;
        pads[spatial + i] = shape[i] > 1 ? (int64_t)draw_below(d, 2) : 0;
    }
    char *name = draw_node(d, draw_below(d, 2) ? "MaxPool" : "AveragePool", x->name, NULL, NULL);
    writer_list(d->writer, d->last, "kernel_shape", shape, spatial);
    writer_list(d->writer, d->last, "strides", strides, spatial);
    writer_list(d->writer, d->last, "pads", pads, 2 * spatial);
    writer_int(d->writer, d->last, "ceil_mode", (int64_t)draw_below(d, 2));
    return name;
}

static char *draw_norm(struct drawing *d, const struct made *x)
{
    const size_t size = x->dims[x->rank - 1];
    return draw_node(d, "LayerNormalization", x->name, draw_constant(d, 1, &size, 1),
                     draw_constant(d, 1, &size, 1));
}

static char *draw_recurrent(struct drawing *d, const struct made *x)
{
    static const struct {
        const char *op;
        size_t gates;
    } kinds[] = {{"GRU", 3}, {"LSTM", 4}, {"RNN", 1}};
    const size_t kind = draw_below(d, 3), gates = kinds[kind].gates, H = 1 + draw_below(d, 5);
    const size_t D = 1 + draw_below(d, 2), way = draw_below(d, 3);
    if (x->rank < 2 || x->rank > 3)
        return NULL;
    const int64_t axis = 1;
    char *rows =
        x->rank == 3 ? x->name : draw_node(d, "Unsqueeze", x->name, draw_list(d, &axis, 1), NULL);
    const size_t w[] = {D, gates * H, x->dims[x->rank - 1]}, r[] = {D, gates * H, H},
                 b[] = {D, 2 * gates * H}, h[] = {D, x->rank == 3 ? x->dims[1] : 1, H};
    char *y = writer_name(d->writer), *last = writer_name(d->writer);
    char *const inputs[] = {rows,
                            draw_constant(d, 3, w, 0.7f),
                            draw_constant(d, 3, r, 0.7f),
                            draw_constant(d, 2, b, 0.7f),
                            "",
                            draw_below(d, 2) ? draw_constant(d, 3, h, 1) : "",
                            NULL};
    d->last = writer_node(d->writer, kinds[kind].op, inputs, (char *[]){y, last, NULL});
    if (gates == 4 && draw_below(d, 2))
        quantise_lstm(d->writer, &d->random, d->last, D, w[2], H);
    writer_int(d->writer, d->last, "hidden_size", (int64_t)H);
    static const char *const words[] = {"forward", "reverse", "bidirectional"};
    writer_string(d->writer, d->last, "direction", words[D == 2 ? 2 : draw_below(d, 2)]);
    return way == 0 ? last : y;
}

static draw *const kinds[] = {
    draw_function, draw_function,  draw_binary,      draw_binary,      draw_where,
    draw_root,     draw_transpose, draw_reshape,     draw_axes,        draw_slice,
    draw_split,    draw_concat,    draw_gather,      draw_pad,         draw_softmax,
    draw_reduce,   draw_arg,       draw_sums,        draw_matmul,      draw_matmul,
    draw_both,     draw_gemm,      draw_convolution, draw_convolution, draw_pool,
    draw_norm,     draw_recurrent, draw_recurrent,   draw_recurrent,   draw_power,
    draw_mean,     draw_chosen,    draw_top,         draw_scattered,   draw_one_hot,
    draw_einsum,   draw_spectrum,  draw_planes,      draw_log_sum,     draw_left,
    draw_computed};

/* ---- A graph ---- */

/* Runs the model as it is; NULL: it cannot be. */
static const onnx_tensor *run(struct drawing *d, onnx_model **model, run_session **session,
                              void **bytes, size_t *size, const onnx_tensor **outputs)
{
    const run_options options = {0};
    struct failure failure;
    *bytes = writer_bytes(d->writer, size);
    *model = onnx_load(*bytes, *size, NULL, &failure);
    *session = *model ? run_create(*model, &options, &failure) : NULL;
    return *session && run_call(*session, d->given.tensors, outputs, &failure) ? outputs[0] : NULL;
}

static bool fits(const onnx_tensor *y)
{
    bool fits = y && y->floats && y->count > 0 && y->count <= FLOATS_MOST && y->rank <= RANK;
    for (size_t i = 0; fits && i < y->count; i++)
        fits = fabsf(y->floats[i]) <= greatest;
    return fits;
}

static bool try_node(struct drawing *d, draw *kind)
{
    const size_t nodes = d->writer->graph.n_node, constants = d->writer->graph.n_initializer;
    const onnx_tensor *outputs[8];
    struct made *made = &d->pool[d->pool_count];
    onnx_model *model = NULL;
    run_session *session = NULL;
    void *bytes = NULL;
    size_t size;
    const struct made *x = pick(d);
    made->name = x->rank ? kind(d, x) : NULL;
    d->writer->graph.n_output = 0;
    if (made->name)
        writer_output(d->writer, made->name);
    const onnx_tensor *y = made->name ? run(d, &model, &session, &bytes, &size, outputs) : NULL;
    const bool taken = fits(y);
    if (taken) {
        made->rank = y->rank;
        memcpy(made->dims, y->dims, sizeof made->dims);
        d->pool_count++;
    } else {
        d->writer->graph.n_node = nodes;
        d->writer->graph.n_initializer = constants;
    }
    run_destroy(session);
    onnx_free(model);
    free(bytes);
    return taken;
}

static void draw_inputs(struct drawing *d)
{
    onnx_memory_clear(d->given.memory);
    d->given.count = 0;
    d->pool_count = 0;
    for (size_t k = 0, count = 1 + draw_below(d, 3); k < count; k++) {
        struct made *made = &d->pool[d->pool_count++];
        size_t all = 1;
        made->name = writer_name(d->writer);
        made->rank = 2 + draw_below(d, RANK - 1);
        for (size_t i = 0; i < made->rank; i++)
            all *= made->dims[i] = 1 + draw_below(d, 6);
        float *x = writer_take(d->writer, all, sizeof *x);
        for (size_t i = 0; i < all; i++)
            x[i] = (float)((double)(random_next(&d->random) >> 11) * 0x1p-52 - 1);
        writer_input(d->writer, made->name, ONNX_FLOAT, made->rank, made->dims);
        given_floats(&d->given, x, made->rank, made->dims, ONNX_FLOAT);
    }
}

static bool draw_graph(struct drawing *d, const char *folder, size_t index)
{
    enum { TRIES = 200 };
    const onnx_tensor *outputs[8];
    onnx_model *model = NULL;
    run_session *session = NULL;
    void *bytes = NULL;
    size_t size;
    writer_clear(d->writer, OPSET);
    draw_inputs(d);
    const size_t inputs = d->pool_count, nodes = 2 + draw_below(d, 11);
    for (size_t k = 0; k < TRIES && d->pool_count < inputs + nodes; k++)
        try_node(d, kinds[draw_below(d, sizeof kinds / sizeof *kinds)]);
    while (!try_node(d, draw_matmul)) /* each has something for a kernel */
        ;
    d->writer->graph.n_output = 0;
    writer_output(d->writer, d->pool[d->pool_count - 1].name);
    if (d->pool_count > inputs + 2 && draw_below(d, 2))
        writer_output(d->writer, d->pool[inputs + draw_below(d, d->pool_count - inputs - 2)].name);
    const bool ran = run(d, &model, &session, &bytes, &size, outputs) != NULL;
    if (ran)
        export_model(folder, index, bytes, size, model, &d->given, outputs);
    run_destroy(session);
    onnx_free(model);
    free(bytes);
    return ran;
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
    for (size_t i = 0; i < strtoul(argv[2], NULL, 10); i++)
        failed += !draw_graph(&d, argv[3], i);
    writer_free(d.writer);
    onnx_memory_destroy(d.given.memory);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
