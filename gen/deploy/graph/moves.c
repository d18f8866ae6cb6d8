/* SPDX-License-Identifier: MIT */
/* Operators that only move elements. What one does is found by doing it: to tensors that hold, in
 * place of elements, where in memory those are. Where the result is what a view of one buffer would
 * be, it is that view; else boxes of it are copied, or every element by a table. */
#include "deploy/graph/lower.h"

#include <string.h>

/* A place is the number of what is moved, from 1 on, above an offset; 0 is what Pad fills with. */
enum { PLACE_BITS = 40, MOVED_MAX = 256, BOXES_MAX = 64 };

/* What is moved, and where to. */
struct moving {
    struct lowering *l;
    struct view sources[MOVED_MAX];
    size_t source_count;
    float fill; /* of Pad */
    int64_t whole; /* the same where elements are whole numbers */
    const int64_t *places; /* of the output in work */
};

static size_t source_of(int64_t place)
{
    return (size_t)(place >> PLACE_BITS);
}

static ptrdiff_t offset_of(int64_t place)
{
    return (ptrdiff_t)(place & (((int64_t)1 << PLACE_BITS) - 1));
}

/* ---- Doing it ---- */

static const onnx_tensor *trace(struct moving *moving, struct value *value)
{
    struct lowering *l = moving->l;
    const size_t number = moving->source_count + 1;
    if (number == MOVED_MAX) {
        fail(l->failure, "it moves more than is supported");
        return NULL;
    }
    onnx_tensor *tensor =
        onnx_tensor_create(l->scratch, ONNX_INT64, value->rank, value->dims, l->failure);
    if (!tensor)
        return NULL;
    const struct view view = lower_view(l, value);
    size_t index[VIEW_RANK_MAX] = {0};
    for (size_t i = 0; i < tensor->count; i++) {
        ptrdiff_t at = view.offset;
        for (size_t d = 0; d < view.rank; d++)
            at += view.strides[d] * (ptrdiff_t)index[d];
        tensor->ints[i] = ((int64_t)number << PLACE_BITS) + at;
        for (size_t d = view.rank; d-- > 0 && ++index[d] == view.dims[d];)
            index[d] = 0;
    }
    moving->sources[moving->source_count++] = view;
    return tensor;
}

/* What Pad fills with, as an input: nothing. */
static const onnx_tensor *read_fill(struct moving *moving, const onnx_tensor *given)
{
    onnx_tensor *none = onnx_tensor_create(moving->l->scratch, ONNX_INT64, given->rank, given->dims,
                                           moving->l->failure);
    for (size_t i = 0; none && i < none->count; i++)
        none->ints[i] = 0;
    if (given->count == 1 && given->floats)
        moving->fill = given->floats[0];
    else if (given->count == 1)
        moving->whole = given->ints[0];
    return none;
}

static bool read_inputs(struct moving *moving, const onnx_tensor **inputs)
{
    struct lowering *l = moving->l;
    const onnx_node *node = l->node;
    const bool all = !strcmp(node->op, "Concat"), pads = !strcmp(node->op, "Pad"),
               scatters = !strncmp(node->op, "Scatter", 7);
    const onnx_attribute *adds = onnx_attribute_find(node, "reduction");
    const struct value *first = lower_input(l, 0);
    if (scatters && adds && adds->s && strcmp(adds->s, "none") != 0)
        return lower_refuse(l, "it does more than to move elements");
    moving->fill = pads ? onnx_attribute_float(node, "value", 0) : 0;
    for (size_t i = 0; i < node->input_count; i++) {
        struct value *value = lower_input(l, i);
        inputs[i] = value ? value->constant : NULL;
        if (!value)
            continue;
        const bool moved = all || i == 0 || (scatters && i == 2);
        if (moved &&
            (value->is_int != first->is_int || (value->is_int && value->whole != first->whole)))
            return lower_refuse(l, "its inputs are of different types");
        if (!moved && !value->constant)
            return lower_refuse(l, "its input %zu is no constant", i);
        if (moved)
            inputs[i] = trace(moving, value);
        else if (pads && i == 2)
            inputs[i] = read_fill(moving, value->constant);
        if (!inputs[i])
            return lower_refuse(l, "%s", l->failure->sentence);
    }
    return true;
}

/* ---- Views ---- */

/* Whether the places are those of a view of one buffer, and which. */
static bool is_view(const struct moving *moving, const int64_t *places, size_t rank,
                    const size_t *dims, struct view *view)
{
    const size_t source = source_of(places[0]);
    size_t inner = 1, index[VIEW_RANK_MAX] = {0};
    *view = (struct view){.buffer = source ? moving->sources[source - 1].buffer : -1,
                          .rank = rank,
                          .offset = offset_of(places[0])};
    for (size_t d = rank; d-- > 0; inner *= dims[d]) {
        view->dims[d] = dims[d];
        view->strides[d] = dims[d] > 1 ? (ptrdiff_t)(places[inner] - places[0]) : 0;
    }
    bool is = true;
    for (size_t i = 0; i < inner && is; i++) {
        int64_t place = places[0];
        for (size_t d = 0; d < rank; d++)
            place += view->strides[d] * (int64_t)index[d];
        is = places[i] == place && source_of(places[i]) == source;
        for (size_t d = rank; d-- > 0 && ++index[d] == dims[d];)
            index[d] = 0;
    }
    return is;
}

/* ---- Copies ---- */

/* Whether so many of the first dimension are one view. */
static bool is_run(const struct moving *moving, const int64_t *places, const struct view *to,
                   size_t count)
{
    size_t dims[VIEW_RANK_MAX];
    struct view view;
    memcpy(dims, to->dims, sizeof dims);
    dims[0] = count;
    return is_view(moving, places, to->rank, dims, &view);
}

/* The most that are. */
static size_t find_run(const struct moving *moving, const int64_t *places, const struct view *to,
                       size_t most)
{
    size_t low = 0, high = 1;
    while (high <= most && is_run(moving, places, to, high)) {
        low = high;
        high *= 2;
    }
    high = high > most + 1 ? most + 1 : high;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (is_run(moving, places, to, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool copy_box(struct moving *moving, const int64_t *places, const struct view *to,
                     size_t *boxes)
{
    struct view from;
    if (!is_view(moving, places, to->rank, to->dims, &from))
        return false;
    if (from.buffer >= 0) {
        lower_copy(moving->l, &from, to);
        ++*boxes;
    }
    return true;
}

/* False: there are too many. */
static bool copy_boxes(struct moving *moving, const int64_t *places, const struct view *to,
                       size_t *boxes)
{
    if (copy_box(moving, places, to, boxes))
        return true;
    const size_t size = view_count(to) / to->dims[0];
    for (size_t i = 0; i < to->dims[0];) {
        struct view part = *to;
        part.offset += part.strides[0] * (ptrdiff_t)i;
        part.dims[0] = find_run(moving, places + i * size, to, to->dims[0] - i);
        if (*boxes > BOXES_MAX)
            return false;
        if (part.dims[0]) {
            copy_box(moving, places + i * size, &part, boxes);
            i += part.dims[0];
            continue;
        }
        part.rank--; /* the one element of this dimension is no view */
        memmove(part.dims, to->dims + 1, part.rank * sizeof *part.dims);
        memmove(part.strides, to->strides + 1, part.rank * sizeof *part.strides);
        if (!copy_boxes(moving, places + i * size, &part, boxes))
            return false;
        i++;
    }
    return true;
}

static void corner(const struct view *of, size_t place, size_t index[VIEW_RANK_MAX])
{
    for (size_t d = of->rank; d-- > 0; place /= of->dims[d])
        index[d] = place % of->dims[d];
}

/* What Pad does not fill, where that is a box: by itself it is few boxes, of which the rows of all
 * would be many. Its places, and where they go; NULL: it is none, or there is no memory. */
static const int64_t *find_inner(struct moving *moving, const int64_t *places, size_t blanks,
                                 struct view *to)
{
    const size_t count = view_count(to);
    size_t first = 0, last = count - 1, low[VIEW_RANK_MAX], high[VIEW_RANK_MAX];
    if (blanks == 0 || blanks == count)
        return NULL;
    while (source_of(places[first]) == 0)
        first++;
    while (source_of(places[last]) == 0)
        last--;
    corner(to, first, low);
    corner(to, last, high);
    struct view inner = *to;
    for (size_t d = 0; d < to->rank; d++) {
        if (low[d] > high[d])
            return NULL;
        inner.dims[d] = high[d] - low[d] + 1;
        inner.offset += to->strides[d] * (ptrdiff_t)low[d];
    }
    if (view_count(&inner) != count - blanks)
        return NULL;
    int64_t *kept = onnx_memory_take(moving->l->scratch, count - blanks, sizeof *kept);
    for (size_t i = 0, k = 0; i < count && kept; i++) {
        size_t index[VIEW_RANK_MAX];
        if (source_of(places[i]) == 0)
            continue;
        corner(to, i, index);
        for (size_t d = 0; d < to->rank; d++)
            if (index[d] < low[d] || index[d] > high[d])
                return NULL;
        kept[k++] = places[i];
    }
    *to = inner;
    return kept;
}

/* Every element from where a table says, in one buffer. */
static bool copy_table(struct moving *moving, const struct view *to)
{
    struct lowering *l = moving->l;
    const size_t count = view_count(to);
    int64_t *offsets = lower_take(l, count, sizeof *offsets);
    if (!offsets)
        return false;
    for (size_t i = 0; i < count; i++) {
        offsets[i] = offset_of(moving->places[i]);
        if (source_of(moving->places[i]) != 1)
            return lower_refuse(l, "it moves elements in more than %d parts", BOXES_MAX);
    }
    const struct view *source = &moving->sources[0];
    struct step *step = schedule_step(l->schedule, STEP_LOOP, l->node->name);
    struct loop *loop = &step->loop;
    const int table = schedule_buffer(l->schedule, PLACE_CONSTANT, true, count);
    l->schedule->buffers[table].data = offsets;
    *loop = (struct loop){.rank = 1, .dims = {count}, .operand_count = 2, .term_count = 2};
    loop->operands[0].view = view_dense(table, 1, &count);
    loop->operands[1] =
        (struct operand){.view = {.buffer = source->buffer, .rank = 1, .dims = {count}},
                         .is_indexed = true,
                         .index = 0,
                         .bound = l->schedule->buffers[source->buffer].count,
                         .step = 1};
    loop->terms[0] = (struct term){.kind = TERM_OPERAND, .is_int = true, .operand = 0};
    loop->terms[1] = (struct term){
        .kind = TERM_OPERAND, .is_int = schedule_is_int(l->schedule, source), .operand = 1};
    loop->to = view_dense(to->buffer, 1, &count);
    return true;
}

/* One input after another along an axis, which onnx_evaluate has checked. */
static bool copy_parts(struct moving *moving, const struct view *to)
{
    const int64_t given = onnx_attribute_int(moving->l->node, "axis", 1);
    const size_t axis = (size_t)(given < 0 ? given + (int64_t)to->rank : given);
    struct view part = *to;
    for (size_t k = 0; k < moving->source_count; k++) {
        part.dims[axis] = moving->sources[k].dims[axis];
        if (part.dims[axis])
            lower_copy(moving->l, &moving->sources[k], &part);
        part.offset += part.strides[axis] * (ptrdiff_t)part.dims[axis];
    }
    return true;
}

/* A buffer of its own for the places of an output. */
static bool copy_places(struct moving *moving, const onnx_tensor *output, struct view *to)
{
    struct lowering *l = moving->l;
    const size_t before = l->schedule->step_count;
    size_t boxes = 0, blanks = 0;
    *to = view_dense(lower_room(l, lower_input(l, 0), output->count), output->rank, output->dims);
    for (size_t i = 0; i < output->count; i++)
        blanks += source_of(output->ints[i]) == 0;
    if (blanks && strcmp(l->node->op, "Pad") != 0)
        return lower_refuse(l, "it gives what is none of its inputs");
    if (blanks)
        lower_fill(l, moving->fill, moving->whole, to);
    if (!strcmp(l->node->op, "Concat"))
        return copy_parts(moving, to);
    struct view inner = *to;
    const int64_t *kept = find_inner(moving, output->ints, blanks, &inner);
    if (copy_boxes(moving, kept ? kept : output->ints, kept ? &inner : to, &boxes))
        return true;
    l->schedule->step_count = before;
    return copy_table(moving, to);
}

/* ---- The operators ---- */

static bool give(struct moving *moving, struct value *result, const onnx_tensor *output)
{
    struct lowering *l = moving->l;
    const bool is_int = schedule_is_int(l->schedule, &moving->sources[0]);
    result->whole = lower_input(l, 0)->whole;
    const bool reshapes = !strcmp(l->node->op, "Reshape") || !strcmp(l->node->op, "Flatten");
    struct view view;
    if (output->count == 0) {
        view = view_dense(-1, output->rank, output->dims);
        lower_set_view(result, &view, is_int);
        return true;
    }
    moving->places = output->ints;
    if (is_view(moving, output->ints, output->rank, output->dims, &view) && view.buffer >= 0) {
        lower_set_view(result, &view, is_int);
        return true;
    }
    if (reshapes) {
        const struct view whole = lower_pack(l, &moving->sources[0]);
        view = view_dense(whole.buffer, output->rank, output->dims);
    } else if (!copy_places(moving, output, &view)) {
        return false;
    }
    lower_set_view(result, &view, is_int);
    return true;
}

/* What of an input Dropout keeps, where it is not trained: all. */
static bool give_mask(struct lowering *l)
{
    const struct value *x = lower_input(l, 0);
    struct value *mask = lower_output(l, 1);
    if (!mask || !mask->uses)
        return true;
    onnx_tensor *ones =
        onnx_tensor_create(l->onnx->memory, ONNX_BOOL, x->rank, x->dims, l->failure);
    for (size_t i = 0; ones && i < ones->count; i++)
        ones->ints[i] = 1;
    if (ones)
        lower_set_constant(mask, ones);
    return ones;
}

bool lower_move(struct lowering *l)
{
    const bool drops = !strcmp(l->node->op, "Dropout");
    struct moving moving = {.l = l};
    const onnx_tensor **inputs =
        onnx_memory_take(l->scratch, l->node->input_count + 1, sizeof *inputs);
    const onnx_tensor **outputs =
        onnx_memory_take(l->scratch, l->node->output_count, sizeof *outputs);
    if (!inputs || !outputs)
        return fail_memory(l->failure);
    if (!lower_input(l, 0))
        return lower_refuse(l, "its input 0 is missing");
    if (!read_inputs(&moving, inputs))
        return false;
    if (!onnx_evaluate(l->node, inputs, outputs, l->scratch, l->failure))
        return lower_refuse(l, "%s", l->failure->sentence);
    for (size_t i = 0; i < (drops ? 1 : l->node->output_count); i++)
        if (lower_output(l, i) && lower_output(l, i)->uses &&
            !give(&moving, lower_output(l, i), outputs[i]))
            return false;
    return !drops || give_mask(l);
}

/* Rows that whole numbers choose when the model runs. */
bool lower_gather(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *indices = lower_input(l, 1);
    size_t axis;
    if (indices && indices->constant)
        return lower_move(l);
    if (!x || !indices || !indices->is_int)
        return lower_refuse(l, "its indices are no whole numbers");
    if (!lower_axis(l, onnx_attribute_int(l->node, "axis", 0), x, &axis))
        return false;
    if (x->rank - 1 + indices->rank > VIEW_RANK_MAX)
        return lower_refuse(l, "its indices have too many dimensions");
    struct loop *loop = lower_take_loop(l);
    if (!loop)
        return false;
    *loop = (struct loop){.operand_count = 2, .term_count = 2};
    const struct view from = lower_view(l, x), numbers = lower_view(l, indices);
    struct view *data = &loop->operands[1].view, *index = &loop->operands[0].view;
    *data = (struct view){.buffer = from.buffer, .offset = from.offset};
    *index = (struct view){.buffer = numbers.buffer, .offset = numbers.offset};
    for (size_t d = 0; d < x->rank; d++) {
        for (size_t k = 0; k < (d == axis ? indices->rank : 1); k++) {
            const bool is_index = d == axis;
            loop->dims[loop->rank] = is_index ? numbers.dims[k] : from.dims[d];
            data->strides[loop->rank] = is_index ? 0 : from.strides[d];
            index->strides[loop->rank++] = is_index ? numbers.strides[k] : 0;
        }
    }
    data->rank = index->rank = loop->rank;
    memcpy(data->dims, loop->dims, sizeof data->dims);
    memcpy(index->dims, loop->dims, sizeof index->dims);
    loop->operands[1].is_indexed = true;
    loop->operands[1].bound = from.dims[axis];
    loop->operands[1].step = from.strides[axis];
    loop->terms[0] = (struct term){.kind = TERM_OPERAND, .is_int = true, .operand = 0};
    loop->terms[1] = (struct term){.kind = TERM_OPERAND, .is_int = x->is_int, .operand = 1};
    struct value *y = lower_output(l, 0);
    y->deferred = loop;
    y->is_int = x->is_int;
    y->whole = x->whole;
    y->rank = loop->rank;
    memcpy(y->dims, loop->dims, sizeof y->dims);
    return true;
}
