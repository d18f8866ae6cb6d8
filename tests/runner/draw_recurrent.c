/* SPDX-License-Identifier: MIT */
/* A recurrent node of a random graph: either layout, any direction, lengths, and initial states
 * that are constants, inputs or computed. */
#include "runner/draw_graph.h"
#include "runner/reference64.h"

#include <math.h>
#include <string.h>

enum { LAYOUT_SINCE = 14, SIZE_MOST = 32 };
static const char *const ops[] = {"RNN", "LSTM", "GRU"};
static const size_t gates_of[] = {1, 4, 3};

/* What one node is, and the arrays behind it. */
struct node {
    struct case64 c;
    bool batch_first;
    float x[ELEMENTS_MAX], zeros[ELEMENTS_MAX];
    double y[ELEMENTS_MAX], final[2][ELEMENTS_MAX];
    int lens[AXES_MAX];
};

static void set_functions(struct case64 *c)
{
    static const enum activation usual[3][3] = {{TANH}, {SIGMOID, TANH, TANH}, {SIGMOID, TANH}};
    for (size_t p = 0; p < 2; p++)
        for (size_t k = 0; k < 3; k++)
            c->functions[p][k].activation = usual[c->kind][k];
}

/* ---- Initial states ---- */

static void state_dims(const struct node *node, size_t dims[3])
{
    dims[node->batch_first] = node->c.D;
    dims[!node->batch_first] = node->c.B;
    dims[2] = node->c.H;
}

/* The state's shape, computed from the input's. */
static char *draw_shape(struct drawing *d, const struct node *node)
{
    char *shape, *batch, *parts[4], *joined;
    draw_node(d, "Shape", d->name, NULL, &shape);
    const int64_t axis = node->batch_first ? 0 : 1;
    draw_node(d, "Gather", shape, draw_list(d, &axis, 1), &batch);
    const int64_t D = (int64_t)node->c.D, H = (int64_t)node->c.H;
    parts[node->batch_first] = draw_list(d, &D, 1);
    parts[!node->batch_first] = batch;
    parts[2] = draw_list(d, &H, 1);
    parts[3] = NULL;
    joined = writer_name(d->writer);
    writer_int(d->writer, writer_node(d->writer, "Concat", parts, (char *[]){joined, NULL}), "axis",
               0);
    return joined;
}

/* A tenth of a size of the input, in every element. */
static char *draw_sized(struct drawing *d, struct node *node, size_t s, const size_t *dims)
{
    char *shape, *size, *number, *tenth, *state;
    const size_t axis = draw_below(d, 3), count = node->c.D * node->c.B * node->c.H;
    const float factor = 0.1f;
    float *values = writer_take(d->writer, count, sizeof *values);
    draw_node(d, "Shape", d->name, NULL, &shape);
    draw_node(d, "Gather", shape, draw_scalar(d, (int64_t)axis), &size);
    writer_int(d->writer, draw_node(d, "Cast", size, NULL, &number), "to", ONNX_FLOAT);
    draw_node(d, "Mul", number, draw_constant(d, &factor, 0, NULL), &tenth);
    const int64_t list[] = {(int64_t)dims[0], (int64_t)dims[1], (int64_t)dims[2]};
    draw_node(d, "Expand", tenth, draw_list(d, list, 3), &state);
    for (size_t i = 0; i < count; i++)
        values[i] = factor * (float)d->value.dims[axis];
    node->c.initial[s] = values;
    return state;
}

static char *draw_initial(struct drawing *d, struct node *node, size_t s)
{
    const struct case64 *c = &node->c;
    const size_t count = c->D * c->B * c->H;
    size_t dims[3];
    char *state, *name;
    state_dims(node, dims);
    switch (draw_below(d, 10)) {
    case 0: /* as it lies with layout 1 it is the same for a batch of one */
        if (c->B > 1)
            break;
        node->c.initial[s] = draw_floats(d, count, 0.6f);
        return draw_constant(d, node->c.initial[s], 3, dims);
    case 1:
        draw_node(d, "ConstantOfShape", draw_shape(d, node), NULL, &state);
        return state;
    case 2:
        if (draw_one_in(d, 2))
            break;
        return draw_sized(d, node, s, dims);
    case 3: /* what is deployed begins with zeros, too */
        name = writer_name(d->writer);
        writer_input(d->writer, name, ONNX_FLOAT, 3, dims);
        given_floats(&d->given, node->zeros, 3, dims, ONNX_FLOAT);
        return name;
    default:
        break;
    }
    return writer_format(d->writer, "%s", "");
}

/* Goes on where the node before it ended, which is refused. */
static void take_final(struct drawing *d, struct node *node, char **initial)
{
    size_t dims[3];
    state_dims(node, dims);
    if (!d->final || memcmp(dims, d->final_dims, sizeof dims) != 0 || !draw_one_in(d, 4))
        return;
    *initial = d->final;
    node->c.initial[0] = d->final_values;
}

/* What the next node may go on from: for one sequence, both layouts lie alike. */
static void note_final(struct drawing *d, const struct node *node, char *name)
{
    const size_t count = node->c.D * node->c.B * node->c.H;
    float *values = writer_take(d->writer, count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)node->final[0][i];
    d->final = node->c.B == 1 ? name : NULL;
    d->final_values = values;
    state_dims(node, d->final_dims);
}

/* ---- Lengths ---- */

static char *draw_lengths(struct drawing *d, struct node *node)
{
    const size_t T = node->c.T, B = node->c.B;
    int64_t lens[AXES_MAX];
    if (!draw_one_in(d, 5) || T != d->T || B != d->B)
        return writer_format(d->writer, "%s", "");
    const bool given = draw_one_in(d, 2), again = d->lengths && !draw_one_in(d, 6);
    const size_t length = again || draw_one_in(d, 3) ? d->length : draw_below(d, T + 1);
    for (size_t b = 0; b < B; b++) {
        node->lens[b] = (int)(given || d->lengths ? length : draw_one_in(d, 2) ? T : length);
        lens[b] = node->lens[b];
    }
    node->c.lens = node->lens;
    if (again)
        return d->lengths;
    d->only_forward = false;
    d->length = (size_t)node->lens[0];
    if (!given && !d->lengths)
        return writer_constant(d->writer, writer_ints(d->writer, lens, 1, &B, ONNX_INT32));
    d->lengths = writer_name(d->writer);
    writer_input(d->writer, d->lengths, ONNX_INT32, 1, &B);
    given_ints(&d->given, node->lens, B);
    return d->lengths;
}

/* ---- The node ---- */

/* [first][second][...] becomes [second][first][...] in what is drawn. */
static void swap_axes(struct tensor64 *x, size_t a, size_t b)
{
    size_t perm[AXES_MAX];
    for (size_t i = 0; i < AXES_MAX; i++)
        perm[i] = i == a ? b : i == b ? a : i;
    transpose64(x, perm);
}

/* What the node gives becomes the value, and how it lies. */
static void take_output(struct drawing *d, const struct node *node, bool final, char *name)
{
    const struct case64 *c = &node->c;
    const size_t y[] = {c->T, c->D, c->B, c->H}, h[] = {c->D, c->B, c->H};
    const enum tag time = d->tags[node->batch_first];
    const enum tag y_tags[] = {time, TAG_DIRECTION, TAG_BATCH, TAG_UNIT};
    memcpy(d->value.at, final ? node->final[0] : node->y, sizeof node->y);
    d->value.rank = final ? 3 : 4;
    memcpy(d->value.dims, final ? h : y, d->value.rank * sizeof *y);
    memcpy(d->tags, y_tags + final, d->value.rank * sizeof *y_tags);
    if (node->batch_first && final) {
        swap_axes(&d->value, 0, 1);
        d->tags[0] = TAG_BATCH, d->tags[1] = TAG_DIRECTION;
    } else if (node->batch_first) { /* [T][D][B][H] to [B][T][D][H] */
        transpose64(&d->value, (const size_t[]){2, 0, 1, 3});
        d->tags[0] = TAG_BATCH, d->tags[1] = time, d->tags[2] = TAG_DIRECTION;
    }
    d->name = name;
    d->after_layer = d->after_recurrent = true;
    d->after_product = false;
}

static void read_input(struct drawing *d, struct node *node)
{
    struct tensor64 x = d->value;
    if (node->batch_first)
        swap_axes(&x, 0, 1);
    node->c.T = x.dims[0], node->c.B = x.dims[1], node->c.I = x.dims[2];
    for (size_t i = 0; i < count64(&x); i++)
        node->x[i] = (float)x.at[i];
    node->c.X = node->x;
}

static void write(struct drawing *d, struct node *node, bool final)
{
    struct case64 *c = &node->c;
    const size_t rows = gates_of[c->kind] * c->H;
    const float scale = 0.7f / sqrtf((float)(c->H + c->I));
    char *none = writer_format(d->writer, "%s", ""), *y = writer_name(d->writer),
         *y_h = writer_name(d->writer);
    c->W = draw_floats(d, c->D * rows * c->I, scale);
    c->R = draw_floats(d, c->D * rows * c->H, scale);
    c->Bias = draw_floats(d, c->D * 2 * rows, 0.4f);
    char *inputs[] = {d->name,
                      draw_constant(d, c->W, 3, (size_t[]){c->D, rows, c->I}),
                      draw_constant(d, c->R, 3, (size_t[]){c->D, rows, c->H}),
                      draw_constant(d, c->Bias, 2, (size_t[]){c->D, 2 * rows}),
                      draw_lengths(d, node),
                      draw_initial(d, node, 0),
                      c->kind == LSTM ? draw_initial(d, node, 1) : NULL,
                      NULL};
    take_final(d, node, &inputs[5]);
    Onnx__Node *to =
        writer_node(d->writer, ops[c->kind], inputs, (char *[]){final ? none : y, y_h, NULL});
    writer_string(d->writer, to, "direction",
                  c->D == 2 ? "bidirectional"
                  : c->back ? "reverse"
                            : "forward");
    writer_int(d->writer, to, "hidden_size", (int64_t)c->H);
    if (c->kind == GRU)
        writer_int(d->writer, to, "linear_before_reset", c->reset_after);
    if (node->batch_first)
        writer_int(d->writer, to, "layout", 1);
    c->Y = node->y, c->final[0] = node->final[0], c->final[1] = node->final[1];
    reference64(c);
    d->nodes++;
    note_final(d, node, y_h);
    take_output(d, node, final, final ? y_h : y);
}

bool draw_recurrent(struct drawing *d)
{
    static struct node node;
    const bool first = d->value.rank == 3 && d->tags[0] == TAG_TIME,
               second = d->value.rank == 3 && d->tags[1] == TAG_TIME && d->opset >= LAYOUT_SINCE;
    if (d->value.rank != 3 || (!first && !second && !d->wild && !draw_one_in(d, 20)))
        return false;
    memset(&node, 0, sizeof node);
    node.batch_first = second || (!first && d->opset >= LAYOUT_SINCE && draw_one_in(d, 2));
    /* What is open is one sequence where it is the batch. */
    if (d->time_open && d->tags[!node.batch_first] == TAG_TIME)
        return false;
    if (d->value.dims[!node.batch_first] > 7 || d->value.dims[node.batch_first] > 8 ||
        d->value.dims[2] > SIZE_MOST)
        return false;
    node.c.kind = (enum kind)draw_below(d, 3);
    node.c.H = 1 + draw_below(d, 6);
    node.c.D = draw_one_in(d, 3) ? 2 : 1;
    node.c.back = node.c.D == 1 && draw_one_in(d, 4);
    node.c.reset_after = draw_one_in(d, 2);
    d->only_forward &= node.c.D == 1 && !node.c.back;
    set_functions(&node.c);
    read_input(d, &node);
    write(d, &node, draw_one_in(d, 4));
    return true;
}
