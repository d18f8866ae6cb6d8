/* SPDX-License-Identifier: MIT */
/* Loop and Scan: a body that runs once a step. What a step computes lies in memory of its own, of
 * which there are two: states go from one to the other, and the first is cleared. */
#include "onnx/call.h"
#include "run/session.h"

#include <string.h>

/* What is collected of all steps. */
struct collected {
    onnx_tensor *whole; /* NULL: no step has run */
    size_t axis, room; /* the axis that counts steps, and for how many there is room */
};

/* A node in work. */
struct repetition {
    run_session *session;
    const onnx_node *node;
    const onnx_repeat *repeat;
    const onnx_graph *body;
    onnx_memory *outer, *step, *next; /* around it; of this step, and of the one after it */
    size_t most; /* steps, if nothing ends it before */
    const onnx_tensor *condition, **states; /* condition: NULL where there is none */
    struct collected *collected;
    struct failure *failure;
};

static const onnx_tensor *input_of(const struct repetition *r, size_t input)
{
    return input < r->node->input_count ? run_value(r->session, r->node->inputs[input]) : NULL;
}

static onnx_tensor *copy(struct repetition *r, onnx_memory *memory, const onnx_tensor *from)
{
    onnx_tensor *to = onnx_tensor_create(memory, from->type, from->rank, from->dims, r->failure);
    if (to)
        onnx_copy(from, 0, to, 0, to->count);
    return to;
}

/* ---- Slices: of lines along the axis of steps, those of one step are `outer` runs of `inner` ----
 */

static bool find_axis(const struct repetition *r, int64_t axis, size_t rank, size_t *place)
{
    return onnx_axis(&(onnx_call){.failure = r->failure}, axis, rank, place);
}

/* The slice of a sequence for step t. */
static onnx_tensor *cut(struct repetition *r, const onnx_slices *slices, const onnx_tensor *whole,
                        size_t t)
{
    size_t axis = 0, dims[ONNX_RANK_MAX];
    if (!find_axis(r, slices->axis, whole->rank, &axis))
        return NULL;
    memcpy(dims, whole->dims, axis * sizeof *dims);
    memcpy(dims + axis, whole->dims + axis + 1, (whole->rank - axis - 1) * sizeof *dims);
    onnx_tensor *slice =
        onnx_tensor_create(r->step, whole->type, whole->rank - 1, dims, r->failure);
    const struct onnx_lines lines = onnx_lines_of(whole, axis);
    const size_t place = slices->reversed ? lines.count - 1 - t : t;
    for (size_t o = 0; slice && o < lines.outer; o++)
        onnx_copy(whole, (o * lines.count + place) * lines.inner, slice, o * lines.inner,
                  lines.inner);
    return slice;
}

/* Room for `room` steps of what one step gave. */
static onnx_tensor *make_room(struct repetition *r, const onnx_tensor *slice, size_t axis,
                              size_t room)
{
    size_t dims[ONNX_RANK_MAX];
    if (slice->rank == ONNX_RANK_MAX) {
        fail(r->failure, "a tensor has %d dimensions, and at most %d are supported",
             ONNX_RANK_MAX + 1, ONNX_RANK_MAX);
        return NULL;
    }
    memcpy(dims, slice->dims, axis * sizeof *dims);
    dims[axis] = room;
    memcpy(dims + axis + 1, slice->dims + axis, (slice->rank - axis) * sizeof *dims);
    return onnx_tensor_create(r->outer, slice->type, slice->rank + 1, dims, r->failure);
}

/* Room for what is collected: of a Scan for all steps, of a Loop for twice as many. */
static bool reserve(struct repetition *r, size_t k, const onnx_tensor *slice, size_t t)
{
    enum { FEW = 16 };
    struct collected *c = &r->collected[k];
    if (c->whole && t < c->room)
        return true;
    if (!c->whole && !find_axis(r, r->repeat->into[k].axis, slice->rank + 1, &c->axis))
        return false;
    const size_t room = r->repeat->is_loop && r->most > FEW ? (t ? 2 * t : FEW) : r->most;
    onnx_tensor *more = make_room(r, slice, c->axis, room);
    if (more && c->whole)
        onnx_copy(c->whole, 0, more, 0, c->whole->count);
    c->whole = more;
    c->room = room;
    return more != NULL;
}

/* What step t gave goes to its place. */
static bool collect(struct repetition *r, size_t k, const onnx_tensor *slice, size_t t)
{
    struct collected *c = &r->collected[k];
    if (c->whole && !run_is_slice(slice, c->whole, c->axis))
        return fail(r->failure,
                    "what it collects as its output %zu has another type or shape in "
                    "step %zu than before",
                    r->repeat->states + k, t);
    if (!reserve(r, k, slice, t))
        return false;
    const struct onnx_lines lines = onnx_lines_of(c->whole, c->axis);
    const size_t place = r->repeat->into[k].reversed ? lines.count - 1 - t : t;
    for (size_t o = 0; o < lines.outer; o++)
        onnx_copy(slice, o * lines.inner, c->whole, (o * lines.count + place) * lines.inner,
                  lines.inner);
    return true;
}

/* ---- A step ---- */

/* The number of the step, or the condition, in the shape that the body declares. */
static onnx_tensor *make_single(struct repetition *r, int value, enum onnx_type type,
                                int64_t number)
{
    const onnx_value *declared = &r->session->model->values[value];
    const size_t rank = declared->has_shape && declared->rank == 1, one = 1;
    onnx_tensor *tensor = onnx_tensor_create(r->step, type, rank, &one, r->failure);
    if (tensor)
        tensor->ints[0] = number;
    return tensor;
}

static bool give(struct repetition *r, size_t input, const onnx_tensor *tensor)
{
    r->session->values[r->body->inputs[input]] = tensor;
    return tensor != NULL;
}

static bool give_inputs(struct repetition *r, size_t t)
{
    const onnx_repeat *repeat = r->repeat;
    size_t input = 0;
    bool given = true;
    if (repeat->is_loop) {
        given = give(r, 0, make_single(r, r->body->inputs[0], ONNX_INT64, (int64_t)t)) &&
                give(r, 1, make_single(r, r->body->inputs[1], ONNX_BOOL, 1));
        input = 2;
    }
    for (size_t s = 0; given && s < repeat->states; s++)
        given = give(r, input++, r->states[s]);
    for (size_t k = 0; given && k < repeat->sequences; k++)
        given = give(r, input++, cut(r, &repeat->from[k], input_of(r, repeat->states + k), t));
    return given;
}

/* A state after the step, which outlives it. What the body only passes on lies where it was. */
static bool carry(struct repetition *r, size_t s, int value)
{
    const onnx_tensor *given = run_value(r->session, value), *before = r->states[s];
    if (value == r->body->inputs[(r->repeat->is_loop ? 2 : 0) + s])
        return true;
    if (!given->floats != !before->floats)
        return fail(r->failure, "its state %zu is of type %s, and becomes one of type %s", s,
                    onnx_type_name(before->type), onnx_type_name(given->type));
    if (!r->repeat->is_loop && !run_is_alike(given, before))
        return fail(r->failure, "its state %zu changes its shape, which a Scan's may not", s);
    return (r->states[s] = copy(r, r->next, given)) != NULL;
}

static bool take_outputs(struct repetition *r, size_t t)
{
    const onnx_repeat *repeat = r->repeat;
    const int *outputs = r->body->outputs + repeat->is_loop;
    for (size_t k = 0; k < repeat->collected; k++)
        if (!collect(r, k, run_value(r->session, outputs[repeat->states + k]), t))
            return false;
    for (size_t s = 0; s < repeat->states; s++)
        if (!carry(r, s, outputs[s]))
            return false;
    if (repeat->is_loop)
        r->condition = copy(r, r->next, run_value(r->session, r->body->outputs[0]));
    return !repeat->is_loop || r->condition;
}

/* Whether there is another step. */
static bool goes_on(struct repetition *r, size_t t, bool *on)
{
    const onnx_tensor *condition = r->condition;
    if (condition && (condition->count != 1 || !condition->ints))
        return fail(r->failure, "its condition must be one bool");
    *on = t < r->most && (!condition || condition->ints[0]);
    return !*on || onnx_memory_spend(r->step, RUN_START_STEPS) ||
           fail(r->failure,
                "it takes more steps than are allowed for it, and was stopped after %zu", t);
}

static bool take_step(struct repetition *r, size_t t)
{
    r->session->memory = r->step;
    const bool taken =
        give_inputs(r, t) && run_graph(r->session, r->body, r->failure) && take_outputs(r, t);
    onnx_memory *done = r->step;
    onnx_memory_clear(done);
    r->step = r->next;
    r->next = done;
    return taken;
}

/* ---- All steps ---- */

/* How many steps there are at most. */
static bool count_steps(struct repetition *r)
{
    const onnx_repeat *repeat = r->repeat;
    r->most = SIZE_MAX;
    if (repeat->is_loop) {
        const onnx_tensor *trips = input_of(r, 0);
        if (trips && (trips->count != 1 || !trips->ints))
            return fail(r->failure, "its trip count must be one whole number");
        if (trips)
            r->most = trips->ints[0] < 0 ? 0 : (size_t)trips->ints[0];
        r->condition = input_of(r, 1);
    }
    for (size_t k = 0; k < repeat->sequences; k++) {
        const onnx_tensor *sequence = input_of(r, repeat->states + k);
        size_t axis = 0;
        if (!find_axis(r, repeat->from[k].axis, sequence->rank, &axis))
            return false;
        if (k && sequence->dims[axis] != r->most)
            return fail(r->failure, "its sequences have %zu and %zu steps", r->most,
                        sequence->dims[axis]);
        r->most = sequence->dims[axis];
    }
    return true;
}

/* A state that begins with a constant is inside of the node: a stream would have to keep it. */
static bool can_stream(struct repetition *r)
{
    const size_t first = r->repeat->is_loop ? 2 : 0;
    for (size_t s = 0; s < r->repeat->states; s++) {
        const onnx_tensor *constant =
            r->session->model->values[r->node->inputs[first + s]].constant;
        if (constant && constant->floats && r->session->options.keep_states && !r->session->depth)
            return fail(r->failure, "its state %zu begins anew in each call, and cannot be kept",
                        s);
    }
    return true;
}

static bool begin(struct repetition *r)
{
    const onnx_repeat *repeat = r->repeat;
    r->states = onnx_memory_take(r->outer, repeat->states, sizeof *r->states);
    r->collected = onnx_memory_take(r->outer, repeat->collected, sizeof *r->collected);
    if (!r->states || !r->collected || !r->step || !r->next)
        return fail_memory(r->failure);
    for (size_t s = 0; s < repeat->states; s++)
        r->states[s] = input_of(r, (repeat->is_loop ? 2 : 0) + s);
    for (size_t k = 0; k < repeat->collected; k++)
        r->collected[k] = (struct collected){.room = 0};
    return count_steps(r) && can_stream(r);
}

/* What was collected where there was no step: as the body declares it, and 0 for what it leaves
 * open. */
static onnx_tensor *make_none(struct repetition *r, size_t k)
{
    const onnx_repeat *repeat = r->repeat;
    const int value = r->body->outputs[repeat->is_loop + repeat->states + k];
    const onnx_value *declared = &r->session->model->values[value];
    onnx_tensor slice = {.type = declared->type == ONNX_NONE ? ONNX_FLOAT : declared->type,
                         .rank = declared->has_shape ? declared->rank : 0};
    size_t axis = 0;
    if (declared->constant)
        slice = *declared->constant;
    else
        for (size_t d = 0; d < slice.rank; d++)
            slice.dims[d] = declared->dims[d] < 0 ? 0 : (size_t)declared->dims[d];
    return find_axis(r, repeat->into[k].axis, slice.rank + 1, &axis) ? make_room(r, &slice, axis, 0)
                                                                     : NULL;
}

/* The outputs of the node, in the memory around it. */
static bool finish(struct repetition *r, size_t steps)
{
    const onnx_repeat *repeat = r->repeat;
    for (size_t i = 0; i < r->node->output_count; i++) {
        const onnx_tensor *output;
        if (r->node->outputs[i] < 0)
            continue;
        if (i < repeat->states) {
            output = steps ? copy(r, r->outer, r->states[i]) : r->states[i];
        } else {
            struct collected *c = &r->collected[i - repeat->states];
            if (!c->whole && !(c->whole = make_none(r, i - repeat->states)))
                return false;
            if (repeat->is_loop && steps) { /* there may be room for more */
                c->whole->count = c->whole->count / c->room * steps;
                c->whole->dims[0] = steps;
            }
            output = c->whole;
        }
        if (!output)
            return false;
        r->session->values[r->node->outputs[i]] = output;
    }
    return true;
}

/* What the body computed is nowhere any more. */
static void forget(const run_session *session, const onnx_graph *graph)
{
    for (size_t i = 0; i < graph->input_count; i++)
        session->values[graph->inputs[i]] = NULL;
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        for (size_t i = 0; i < node->output_count; i++)
            if (node->outputs[i] >= 0)
                session->values[node->outputs[i]] = NULL;
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            forget(session, node->branch[b]);
    }
}

bool run_repeat(run_session *session, const onnx_node *node, struct failure *failure)
{
    onnx_memory *outer = session->memory;
    struct repetition r = {.session = session,
                           .node = node,
                           .repeat = node->repeat,
                           .body = node->branch[0],
                           .outer = outer,
                           .step = onnx_memory_within(outer),
                           .next = onnx_memory_within(outer),
                           .failure = failure};
    size_t t = 0;
    bool ran = begin(&r), on = true;
    session->depth++;
    while (ran && (ran = goes_on(&r, t, &on)) && on)
        ran = take_step(&r, t++);
    session->depth--;
    ran = ran && finish(&r, t);
    session->memory = outer;
    forget(session, node->branch[0]);
    onnx_memory_destroy(r.step);
    onnx_memory_destroy(r.next);
    return ran;
}
