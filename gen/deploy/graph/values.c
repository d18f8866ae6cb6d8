/* SPDX-License-Identifier: MIT */
/* Values of a graph that becomes a schedule, as constants, views and what is deferred. */
#include "deploy/graph/lower.h"

#include "onnx/call.h"

#include <string.h>

struct value *lower_input(const struct lowering *l, size_t input)
{
    const int value = input < l->node->input_count ? l->node->inputs[input] : -1;
    return value < 0 ? NULL : &l->values[value];
}

struct value *lower_output(const struct lowering *l, size_t output)
{
    const int value = output < l->node->output_count ? l->node->outputs[output] : -1;
    return value < 0 ? NULL : &l->values[value];
}

const onnx_tensor *lower_constant(const struct lowering *l, size_t input)
{
    const struct value *value = lower_input(l, input);
    return value ? value->constant : NULL;
}

bool lower_axis(const struct lowering *l, int64_t given, const struct value *input, size_t *axis)
{
    const int64_t found = given < 0 ? given + (int64_t)input->rank : given;
    if (found < 0 || found >= (int64_t)input->rank)
        return lower_refuse(l, "axis %lld is none of its input", (long long)given);
    *axis = (size_t)found;
    return true;
}

enum whole lower_whole(enum onnx_type type)
{
    static const enum whole wholes[] = {
        [ONNX_INT32] = WHOLE_I32,  [ONNX_UINT32] = WHOLE_U32, [ONNX_INT16] = WHOLE_I16,
        [ONNX_UINT16] = WHOLE_U16, [ONNX_INT8] = WHOLE_I8,    [ONNX_UINT8] = WHOLE_U8};
    return (size_t)type < sizeof wholes / sizeof *wholes ? wholes[type] : WHOLE_64;
}

enum onnx_type lower_type(const struct value *value)
{
    static const enum onnx_type types[] = {
        [WHOLE_64] = ONNX_INT64,  [WHOLE_I32] = ONNX_INT32,  [WHOLE_U32] = ONNX_UINT32,
        [WHOLE_I16] = ONNX_INT16, [WHOLE_U16] = ONNX_UINT16, [WHOLE_I8] = ONNX_INT8,
        [WHOLE_U8] = ONNX_UINT8};
    return value->is_int ? types[value->whole] : ONNX_FLOAT;
}

enum whole lower_argument_whole(enum whole whole)
{
    return whole == WHOLE_I32 || whole == WHOLE_U32 ? WHOLE_64 : whole;
}

int lower_room(struct lowering *l, const struct value *like, size_t count)
{
    const int buffer = schedule_buffer(l->schedule, PLACE_ARENA, like->is_int, count);
    l->schedule->buffers[buffer].whole = like->is_int ? like->whole : WHOLE_64;
    return buffer;
}

struct value lower_blank(size_t uses)
{
    return (struct value){.view = {.buffer = -1}, .uses = uses};
}

size_t lower_count(const struct value *value)
{
    size_t count = 1;
    for (size_t d = 0; d < value->rank; d++)
        count *= value->dims[d];
    return count;
}

void lower_set_view(struct value *value, const struct view *view, bool is_int)
{
    value->view = *view;
    value->is_int = is_int;
    value->rank = view->rank;
    memcpy(value->dims, view->dims, sizeof value->dims);
}

void lower_set_constant(struct value *value, const onnx_tensor *tensor)
{
    value->constant = tensor;
    value->is_int = !tensor->floats;
    value->whole = lower_whole(tensor->type);
    value->rank = tensor->rank;
    memcpy(value->dims, tensor->dims, sizeof value->dims);
}

struct value *lower_count_up(struct lowering *l, size_t rank, size_t axis, size_t count,
                             int64_t first, int64_t step, bool is_int)
{
    size_t dims[ONNX_RANK_MAX + 1];
    struct value *value = lower_take(l, 1, sizeof *value);
    for (size_t d = axis; d < rank; d++)
        dims[d - axis] = d == axis ? count : 1;
    onnx_tensor *tensor = onnx_tensor_create(l->onnx->memory, is_int ? ONNX_INT64 : ONNX_FLOAT,
                                             rank - axis, dims, l->failure);
    if (!value || !tensor)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (is_int)
            tensor->ints[i] = first + step * (int64_t)i;
        else
            tensor->floats[i] = (float)(first + step * (int64_t)i);
    *value = lower_blank(1);
    lower_set_constant(value, tensor);
    return value;
}

bool lower_set_channels(struct lowering *l, struct value *value, size_t rank, size_t channels,
                        const float *numbers)
{
    size_t dims[ONNX_RANK_MAX];
    for (size_t d = 0; d + 1 < rank; d++)
        dims[d] = d == 0 ? channels : 1;
    onnx_tensor *tensor =
        onnx_tensor_create(l->onnx->memory, ONNX_FLOAT, rank - 1, dims, l->failure);
    if (!tensor)
        return false;
    memcpy(tensor->floats, numbers, channels * sizeof *numbers);
    *value = lower_blank(1);
    lower_set_constant(value, tensor);
    return true;
}

bool lower_set_number(struct lowering *l, struct value *value, float number)
{
    onnx_tensor *tensor = onnx_tensor_create(l->onnx->memory, ONNX_FLOAT, 0, NULL, l->failure);
    if (!tensor)
        return false;
    tensor->floats[0] = number;
    *value = lower_blank(1);
    lower_set_constant(value, tensor);
    return true;
}

void lower_drop_axes(struct view *view, const bool axes[ONNX_RANK_MAX])
{
    size_t rank = 0;
    for (size_t d = 0; d < view->rank; d++)
        if (!axes[d]) {
            view->dims[rank] = view->dims[d];
            view->strides[rank++] = view->strides[d];
        }
    view->rank = rank;
}

/* ---- What is deferred ---- */

struct loop *lower_take_loop(struct lowering *l)
{
    struct loop_room *room = l->spare;
    if (room)
        l->spare = room->next;
    else
        room = lower_take(l, 1, sizeof *room);
    if (!room)
        return NULL;
    l->deferred++;
    room->loop = (struct loop){0};
    return &room->loop;
}

void lower_give_loop(struct lowering *l, struct loop *loop)
{
    struct loop_room *room = (struct loop_room *)(void *)loop; /* its first member */
    room->next = l->spare;
    l->spare = room;
    l->deferred--;
}

/* A buffer of the value's shape, whose axes lie in the order of those that the loop first reads all
 * of: so a layout that suits one step goes on through the next. */
static struct view make_room(struct lowering *l, const struct value *value)
{
    const struct loop *loop = value->deferred;
    const struct view *like = NULL;
    size_t order[VIEW_RANK_MAX], dims[VIEW_RANK_MAX];
    for (size_t k = loop->operand_count; k-- > 0;) {
        bool whole = loop->reduced == 0 && !loop->operands[k].is_indexed;
        for (size_t d = 0; d < value->rank; d++)
            whole &= value->dims[d] == 1 || loop->operands[k].view.strides[d] > 0;
        like = whole ? &loop->operands[k].view : like;
    }
    for (size_t d = 0; d < value->rank; d++) {
        size_t k = d;
        for (;
             like && k > 0 && value->dims[d] > 1 && like->strides[order[k - 1]] < like->strides[d];
             k--)
            order[k] = order[k - 1];
        order[k] = d;
    }
    for (size_t k = 0; k < value->rank; k++)
        dims[k] = value->dims[order[k]];
    const int buffer = lower_room(l, value, lower_count(value));
    const struct view whole = view_dense(buffer, value->rank, dims);
    struct view view = whole;
    for (size_t k = 0; k < value->rank; k++) {
        view.dims[order[k]] = whole.dims[k];
        view.strides[order[k]] = whole.strides[k];
    }
    return view;
}

/* The loop as a step of its own. */
static void add_loop(struct lowering *l, const struct loop *loop, const struct view *to)
{
    struct loop simple = *loop, apart;
    bool made;
    simple.to = *to;
    apart = simple;
    loop_simplify(&simple);
    loop_simplify_apart(&apart);
    if (!lower_work(l, &apart, &made))
        l->has_failed = true;
    if (!made)
        schedule_step(l->schedule, STEP_LOOP, l->node ? l->node->name : "outputs")->loop = simple;
}

/* Whole numbers of fewer bits lie so. */
static const void *constant_data(struct lowering *l, const onnx_tensor *tensor,
                                 const struct buffer *buffer)
{
    if (tensor->floats)
        return tensor->floats;
    if (buffer->whole == WHOLE_64)
        return tensor->ints;
    void *data = lower_take(l, tensor->count, schedule_size(buffer));
    for (size_t i = 0; data && i < tensor->count; i++)
        schedule_store(buffer, data, i, onnx_whole_at(tensor, i));
    l->has_failed |= !data;
    return data;
}

static struct view constant_view(struct lowering *l, struct value *value)
{
    const onnx_tensor *tensor = value->constant;
    const int number = schedule_buffer(l->schedule, PLACE_CONSTANT, !tensor->floats, tensor->count);
    struct buffer *buffer = &l->schedule->buffers[number];
    buffer->whole = tensor->floats ? WHOLE_64 : value->whole;
    buffer->data = constant_data(l, tensor, buffer);
    return view_dense(number, tensor->rank, tensor->dims);
}

struct view lower_view(struct lowering *l, struct value *value)
{
    if (value->view.buffer >= 0)
        return value->view;
    if (value->constant) {
        value->view = constant_view(l, value);
        return value->view;
    }
    value->view = make_room(l, value);
    add_loop(l, value->deferred, &value->view);
    lower_give_loop(l, value->deferred);
    value->deferred = NULL;
    return value->view;
}

/* What the model gives is canonical, as the last thing that a loop into an output does. */
static void add_canonical(const struct lowering *l, struct loop *loop, const struct view *to)
{
    const bool is_int = schedule_is_int(l->schedule, to);
    const char *function = is_int ? "int_same" : "canonical";
    if (l->schedule->buffers[to->buffer].place != PLACE_OUTPUT)
        return;
    loop->terms[loop->term_count] = (struct term){.kind = TERM_CALL,
                                                  .is_int = is_int,
                                                  .function = function_find(function),
                                                  .of = {loop->term_count - 1}};
    loop->term_count++;
}

void lower_copy(struct lowering *l, const struct view *from, const struct view *to)
{
    struct loop loop = {.rank = to->rank, .operand_count = 1, .term_count = 1};
    memcpy(loop.dims, to->dims, sizeof loop.dims);
    loop.operands[0].view = *from;
    loop.terms[0] =
        (struct term){.kind = TERM_OPERAND, .is_int = schedule_is_int(l->schedule, from)};
    add_canonical(l, &loop, to);
    add_loop(l, &loop, to);
}

void lower_fill(struct lowering *l, float number, int64_t whole, const struct view *to)
{
    struct loop loop = {.rank = to->rank, .term_count = 1};
    memcpy(loop.dims, to->dims, sizeof loop.dims);
    loop.terms[0] = (struct term){.kind = TERM_NUMBER,
                                  .is_int = schedule_is_int(l->schedule, to),
                                  .number = number,
                                  .whole = whole};
    add_loop(l, &loop, to);
}

void lower_into(struct lowering *l, struct value *value, const struct view *to)
{
    if (!value->deferred || value->uses > 1 || value->deferred->term_count == LOOP_TERMS_MAX) {
        const struct view view = lower_view(l, value);
        lower_copy(l, &view, to);
        return;
    }
    struct loop loop = *value->deferred;
    add_canonical(l, &loop, to);
    add_loop(l, &loop, to);
}

struct view lower_pack(struct lowering *l, const struct view *view)
{
    const int buffer = schedule_buffer(l->schedule, PLACE_ARENA, schedule_is_int(l->schedule, view),
                                       view_count(view));
    l->schedule->buffers[buffer].whole = l->schedule->buffers[view->buffer].whole;
    const struct view whole = view_dense(buffer, view->rank, view->dims);
    lower_copy(l, view, &whole);
    return whole;
}

void lower_settle(struct lowering *l)
{
    for (size_t v = 0; v < l->onnx->value_count; v++)
        if (l->values[v].deferred)
            lower_view(l, &l->values[v]);
}

void lower_forget(struct lowering *l, const onnx_graph *graph)
{
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        for (size_t i = 0; i < node->output_count; i++) {
            struct value *value = node->outputs[i] < 0 ? NULL : &l->values[node->outputs[i]];
            if (!value || !value->deferred)
                continue;
            lower_give_loop(l, value->deferred);
            value->deferred = NULL;
        }
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            lower_forget(l, node->branch[b]);
        if (node->form)
            lower_forget(l, &node->form->graph);
    }
}
