/* SPDX-License-Identifier: MIT */
/* Recurrent nodes: a kernel for each direction, and what goes into its states and comes out. */
#include "deploy/recurrent.h"
#include "deploy/graph/lower.h"

#include <string.h>

/* A node in work. */
struct sequence {
    const onnx_recurrent *recurrent;
    size_t T, B, D, H, length; /* the steps that its sequences have */
    struct view x, y; /* [B][T][units] and [B][T][directions][units] */
    int rows[2][2][2]; /* by direction and state: buffers of states */
    struct view kept[2][2]; /* the same between calls, where they are kept */
    struct value begun; /* where states are kept: whether there are any */
    size_t row; /* of them, in floats */
    size_t last; /* which of the rows has a state after the last step */
};

/* ---- Shapes ---- */

static struct value *value_at(const struct lowering *l, int value)
{
    return value < 0 ? NULL : &l->values[value];
}

/* Constants that say of every sequence that it has as many steps, if not all. */
static bool read_lengths(struct lowering *l, struct sequence *node)
{
    const struct value *lengths = value_at(l, node->recurrent->sequence_lens);
    node->length = node->T;
    if (!lengths)
        return true;
    const onnx_tensor *constant = lengths->constant;
    if (!constant || !constant->ints || constant->count != node->B)
        return lower_refuse(l, "its sequence_lens is computed by the model, or has another shape");
    for (size_t b = 0; b < node->B; b++)
        if (constant->ints[b] != constant->ints[0] || constant->ints[b] < 1 ||
            (uint64_t)constant->ints[b] > node->T)
            return lower_refuse(l, "its sequences end at different steps, or have none");
    node->length = (size_t)constant->ints[0];
    return true;
}

static bool read_shapes(struct lowering *l, struct sequence *node)
{
    const onnx_recurrent *r = node->recurrent;
    struct value *x = value_at(l, r->x);
    if (!r->weights_known)
        return lower_refuse(l, "its weights are computed from inputs");
    if (!x || x->is_int || x->rank != 3 || x->dims[2] != r->I)
        return lower_refuse(l, "its weights do not have the size of one step of its input");
    node->T = x->dims[r->batch_first];
    node->B = x->dims[!r->batch_first];
    node->D = r->directions;
    node->H = r->H;
    node->row = weir_round_up(node->H, WEIR_ROW);
    struct view given = lower_view(l, x);
    if (given.dims[2] > 1 && given.strides[2] != 1)
        given = lower_pack(l, &given);
    node->x = given;
    node->x.strides[2] = 1;
    for (size_t k = 0; k < 2; k++) {
        const size_t axis = (k == 0) == r->batch_first ? 0 : 1;
        node->x.dims[k] = given.dims[axis];
        node->x.strides[k] = given.strides[axis];
    }
    if (!read_lengths(l, node))
        return false;
    node->last = l->opens ? 1 : node->length % 2;
    return true;
}

/* Room for all outputs, whose view is in the node's order. */
static void make_outputs(struct lowering *l, struct sequence *node)
{
    const onnx_recurrent *r = node->recurrent;
    const size_t dims[2][4] = {{node->T, node->D, node->B, node->H},
                               {node->B, node->T, node->D, node->H}};
    static const size_t order[2][4] = {{2, 0, 1, 3}, {0, 1, 2, 3}};
    const size_t first = r->batch_first;
    const int buffer =
        schedule_buffer(l->schedule, PLACE_ARENA, false, node->T * node->D * node->B * node->H);
    const struct view y = view_dense(buffer, 4, dims[first]);
    node->y = y;
    for (size_t d = 0; d < 4; d++) {
        node->y.dims[d] = y.dims[order[first][d]];
        node->y.strides[d] = y.strides[order[first][d]];
    }
    if (r->y >= 0)
        lower_set_view(&l->values[r->y], &y, false);
    if (node->length < node->T)
        lower_fill(l, 0, 0, &y);
}

/* ---- States ---- */

/* The rows of a state as [B][H]. */
static struct view state_view(const struct sequence *node, int buffer)
{
    return (struct view){.buffer = buffer,
                         .rank = 2,
                         .dims = {node->B, node->H},
                         .strides = {(ptrdiff_t)node->row, 1}};
}

/* Initial and final states are [D][B][H], or with the batch first [B][D][H]: those of a direction.
 */
static struct view direction_of(const struct sequence *node, const struct view *states, size_t p)
{
    const bool first = node->recurrent->batch_first;
    return (struct view){.buffer = states->buffer,
                         .rank = 2,
                         .offset = states->offset + states->strides[first] * (ptrdiff_t)p,
                         .dims = {node->B, node->H},
                         .strides = {states->strides[!first], states->strides[2]}};
}

/* Zeros to begin with, which go on from call to call. */
static int keep(struct lowering *l, size_t count)
{
    const int buffer = schedule_buffer(l->schedule, PLACE_KEPT, false, count);
    struct buffer *made = &l->schedule->buffers[buffer];
    made->name = l->node->name;
    made->rank = 1;
    made->dims[0] = count;
    return buffer;
}

/* What was kept in place of an initial state, where the node has run before. */
static bool go_on(struct lowering *l, struct sequence *node, const struct view *from,
                  const struct view *kept, const struct view *to)
{
    struct value given = {0}, before = {0}, start = {0};
    lower_set_view(&given, from, false);
    lower_set_view(&before, kept, false);
    if (!lower_expression(l, (struct value *[]){&given, &before, &node->begun}, 3,
                          "c 0.5 greater b a where", &start))
        return false;
    lower_into(l, &start, to);
    return true;
}

static bool begin_state(struct lowering *l, struct sequence *node, size_t p, size_t s)
{
    const onnx_recurrent *r = node->recurrent;
    struct value *initial = value_at(l, s ? r->initial_c : r->initial_h);
    const bool keeps = l->keeps;
    for (size_t k = 0; k < 2; k++)
        node->rows[p][s][k] = schedule_buffer(l->schedule, PLACE_ARENA, false, node->B * node->row);
    const struct view to = state_view(node, node->rows[p][s][0]);
    if (keeps)
        node->kept[p][s] = state_view(node, keep(l, node->B * node->row));
    if (!initial) {
        if (keeps)
            lower_copy(l, &node->kept[p][s], &to);
        else
            lower_fill(l, 0, 0, &to);
        return true;
    }
    if (initial->is_int || initial->rank != 3 || initial->dims[2] != node->H ||
        initial->dims[r->batch_first] != node->D || initial->dims[!r->batch_first] != node->B)
        return lower_refuse(l, "its initial states have another shape than its batch");
    const struct view all = lower_view(l, initial), from = direction_of(node, &all, p);
    if (keeps)
        return go_on(l, node, &from, &node->kept[p][s], &to);
    lower_copy(l, &from, &to);
    return true;
}

/* What the next call goes on from. */
static void keep_states(struct lowering *l, struct sequence *node)
{
    for (size_t k = 0; k < node->D * node->recurrent->state_count; k++) {
        const size_t p = k / node->recurrent->state_count, s = k % node->recurrent->state_count;
        const struct view from = state_view(node, node->rows[p][s][node->last]);
        lower_copy(l, &from, &node->kept[p][s]);
    }
    lower_fill(l, 1, 0, &node->begun.view);
}

/* Final states: where there is one direction, they are where its kernel leaves them. */
static void end_state(struct lowering *l, struct sequence *node, size_t s, int value)
{
    const bool first = node->recurrent->batch_first;
    if (value < 0 || !l->values[value].uses)
        return;
    if (node->D == 1) {
        struct view view = {.buffer = node->rows[0][s][node->last], .rank = 3};
        view.dims[first] = 1;
        view.dims[!first] = node->B;
        view.strides[!first] = (ptrdiff_t)node->row;
        view.dims[2] = node->H;
        view.strides[2] = 1;
        lower_set_view(&l->values[value], &view, false);
        return;
    }
    size_t dims[3] = {node->D, node->B, node->H};
    dims[first] = node->D;
    dims[!first] = node->B;
    const struct view all = view_dense(
        schedule_buffer(l->schedule, PLACE_ARENA, false, node->D * node->B * node->H), 3, dims);
    for (size_t p = 0; p < node->D; p++) {
        const struct view to = direction_of(node, &all, p),
                          from = state_view(node, node->rows[p][s][node->last]);
        lower_copy(l, &from, &to);
    }
    lower_set_view(&l->values[value], &all, false);
}

/* ---- Kernels ---- */

/* Backwards, steps are counted from the last one on. */
static void turn(struct view *view)
{
    view->offset += view->strides[1] * (ptrdiff_t)(view->dims[1] - 1);
    view->strides[1] = -view->strides[1];
}

static bool add_direction(struct lowering *l, struct sequence *node, size_t p)
{
    const onnx_recurrent *r = node->recurrent;
    const double size[4] = {1, (double)r->I, (double)r->H, 0};
    const size_t number = l->model->layer_count;
    struct deploy_layer *layer = lower_layer(l, r->pass[p].cell, size);
    if (!layer || !recurrent_weights(r, p, layer, 0, l->failure))
        return false;
    for (size_t s = 0; s < r->state_count; s++)
        if (!begin_state(l, node, p, s))
            return false;
    struct kernel_step kernel = {
        .layer = number, .x = node->x, .state_count = r->state_count, .settles = l->opens};
    kernel.y = (struct view){.buffer = node->y.buffer,
                             .rank = 3,
                             .offset = node->y.offset + node->y.strides[2] * (ptrdiff_t)p,
                             .dims = {node->B, node->length, node->H},
                             .strides = {node->y.strides[0], node->y.strides[1], 1}};
    kernel.x.dims[1] = node->length;
    for (size_t s = 0; s < r->state_count; s++) {
        kernel.row_step[s] = node->row;
        memcpy(kernel.rows[s], node->rows[p][s], sizeof kernel.rows[s]);
    }
    if (r->pass[p].reversed) {
        turn(&kernel.x);
        turn(&kernel.y);
    }
    schedule_step(l->schedule, STEP_KERNEL, l->node->name)->kernel = kernel;
    return true;
}

bool lower_recurrent(struct lowering *l)
{
    struct sequence node = {.recurrent = l->node->recurrent};
    bool lowered = read_shapes(l, &node);
    if (lowered)
        make_outputs(l, &node);
    if (lowered && l->keeps) {
        const struct view begun = view_dense(keep(l, 1), 1, (const size_t[]){1});
        lower_set_view(&node.begun, &begun, false);
    }
    for (size_t p = 0; p < node.D && lowered; p++)
        lowered = add_direction(l, &node, p);
    const int final[] = {node.recurrent->y_h, node.recurrent->y_c};
    for (size_t s = 0; s < node.recurrent->state_count && lowered; s++)
        end_state(l, &node, s, final[s]);
    if (lowered && l->keeps)
        keep_states(l, &node);
    return lowered;
}
