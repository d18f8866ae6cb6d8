/* SPDX-License-Identifier: MIT */
/* Loop and Scan: the body once, as steps that a repetition has. States are buffers, to which their
 * next values are copied when all of a step is computed; sequences and what is collected are slices
 * that move with the step. */
#include "deploy/graph/repeats.h"

#include <string.h>

/* ---- How many steps ---- */

static bool read_trips(struct lowering *l, struct repetition *r)
{
    const struct value *trips = lower_input(l, 0), *condition = lower_input(l, 1);
    r->most = INT64_MAX;
    if ((trips && (!trips->is_int || lower_count(trips) != 1)) ||
        (condition && (!condition->is_int || lower_count(condition) != 1)))
        return lower_refuse(l, "its trip count or condition is no single number");
    if (trips && trips->constant)
        r->most = trips->constant->ints[0] < 0 ? 0 : trips->constant->ints[0];
    if (condition && condition->constant && !condition->constant->ints[0])
        r->most = 0;
    r->is_open = trips && !trips->constant;
    r->may_end = condition && !condition->constant;
    return true;
}

static bool read_sequences(struct lowering *l, struct repetition *r)
{
    for (size_t k = 0; k < r->repeat->sequences; k++) {
        const struct value *sequence = lower_input(l, r->repeat->states + k);
        size_t axis;
        if (!lower_axis(l, r->repeat->from[k].axis, sequence, &axis))
            return false;
        if (k && sequence->dims[axis] != (size_t)r->most)
            return lower_refuse(l, "its sequences have %lld and %zu steps", (long long)r->most,
                                sequence->dims[axis]);
        r->most = (int64_t)sequence->dims[axis];
    }
    return true;
}

/* ---- Before the first step ---- */

/* Where a value of the body comes from, through what passes it on. */
static int source_of(const struct repetition *r, int value)
{
    for (size_t n = r->body->node_count; n-- > 0;) {
        const onnx_node *node = &r->body->nodes[n];
        if (!strcmp(node->op, "Identity") && node->outputs[0] == value)
            value = node->inputs[0];
    }
    return value;
}

/* A value of the body that is what there is around it. */
static void pass_in(struct lowering *l, int inner, const struct value *outer)
{
    struct value *value = &l->values[inner];
    const size_t uses = value->uses;
    *value = *outer;
    value->affine = NULL;
    value->uses = uses;
}

/* A state of the body; one that no step changes is what it begins with. */
static bool begin_state(struct lowering *l, struct repetition *r, size_t s)
{
    const int inner = r->body->inputs[r->first + s];
    struct value *initial = lower_input(l, r->first + s);
    const bool is_kept = source_of(r, r->body->outputs[r->repeat->is_loop + s]) == inner;
    r->states[s] = (struct view){.buffer = -1};
    if (lower_count(initial) == 0)
        return lower_refuse(l, "its state %zu begins without elements", s);
    if (l->keeps && initial->constant && !initial->is_int && !is_kept)
        return lower_refuse(l, "its state %zu begins anew in each call, and cannot be kept", s);
    pass_in(l, inner, initial);
    if (is_kept)
        return true;
    const struct view from = lower_view(l, initial),
                      to = view_dense(lower_room(l, initial, lower_count(initial)), initial->rank,
                                      initial->dims);
    lower_copy(l, &from, &to);
    l->values[inner].constant = NULL;
    lower_set_view(&l->values[inner], &to, initial->is_int);
    r->states[s] = to;
    return true;
}

/* Strides of a sequence are to be positive: an offset is never less than 0. */
static void begin_sequence(struct lowering *l, struct repetition *r, size_t k)
{
    struct value *sequence = lower_input(l, r->repeat->states + k);
    const onnx_slices *slices = &r->repeat->from[k];
    size_t axis = 0;
    struct view view = lower_view(l, sequence);
    bool turned = false;
    lower_axis(l, slices->axis, sequence, &axis);
    for (size_t d = 0; d < view.rank; d++)
        turned |= view.strides[d] < 0;
    if (turned)
        view = lower_pack(l, &view);
    const int inner = r->body->inputs[r->repeat->states + k];
    const struct view slice = schedule_slice(l->schedule, &view, axis, slices->reversed, r->number);
    pass_in(l, inner, sequence);
    l->values[inner].constant = NULL;
    lower_set_view(&l->values[inner], &slice, sequence->is_int);
}

/* The condition that a step of a Loop is given holds. */
static bool give_condition(struct lowering *l, struct repetition *r)
{
    const onnx_value *declared = &l->onnx->values[r->body->inputs[1]];
    const size_t one = 1;
    onnx_tensor *holds = onnx_tensor_create(
        l->onnx->memory, ONNX_BOOL, declared->has_shape && declared->rank == 1, &one, l->failure);
    if (!holds)
        return false;
    holds->ints[0] = 1;
    lower_set_constant(&l->values[r->body->inputs[1]], holds);
    return true;
}

/* A whole number by itself; one that is given, or 1, or nothing yet. */
static struct view make_number(struct lowering *l, struct value *given, bool is_set)
{
    const size_t one = 1;
    const struct view number =
        view_dense(schedule_buffer(l->schedule, PLACE_ARENA, true, 1), 1, &one);
    if (given) {
        struct view from = lower_view(l, given);
        from.rank = 1;
        from.dims[0] = 1;
        lower_copy(l, &from, &number);
    } else if (is_set) {
        lower_fill(l, 1, 1, &number);
    }
    return number;
}

static bool begin(struct lowering *l, struct repetition *r)
{
    const int number = r->repeat->is_loop ? r->body->inputs[0] : -1;
    for (size_t s = 0; s < r->repeat->states; s++)
        if (!begin_state(l, r, s))
            return false;
    for (size_t k = 0; k < r->repeat->sequences; k++)
        begin_sequence(l, r, k);
    r->holds = r->index = r->trips = (struct view){.buffer = -1};
    if (r->repeat->is_loop) {
        const int next = r->body->outputs[0], source = source_of(r, next);
        if (!give_condition(l, r))
            return false;
        r->decides = source != r->body->inputs[1] && !l->onnx->values[source].constant;
        if (r->decides || r->may_end)
            r->holds = make_number(l, r->may_end ? lower_input(l, 1) : NULL, true);
        if (r->is_open)
            r->trips = make_number(l, lower_input(l, 0), true);
    }
    if (number >= 0 && l->values[number].uses) {
        const onnx_value *declared = &l->onnx->values[number];
        r->index = make_number(l, NULL, false);
        struct view view = r->index;
        view.rank = declared->has_shape && declared->rank == 1;
        lower_set_view(&l->values[number], &view, true);
    }
    return !l->has_failed;
}

/* ---- After a step ---- */

/* Whether how many steps there are is a number: it is, unless the model says it when it runs. */
static bool end_condition(struct lowering *l, struct repetition *r, struct repeat_step *repeat,
                          struct view *condition)
{
    struct value *next = r->repeat->is_loop ? &l->values[r->body->outputs[0]] : NULL;
    int64_t counted;
    bool is_known = !r->is_open && !r->may_end;
    if (next && (!next->is_int || lower_count(next) != 1))
        return lower_refuse(l, "its condition is no single bool");
    if (next && next->constant && !next->constant->ints[0] && r->most > 1)
        r->most = 1;
    *condition = r->holds;
    if (next && !next->constant && !lower_count_steps(l, r, &counted)) {
        struct view from = lower_view(l, next);
        from.rank = 1;
        from.dims[0] = 1;
        lower_copy(l, &from, &r->holds);
        is_known = false;
    } else if (next && !next->constant) {
        r->most = counted < r->most ? counted : r->most;
        if (!r->may_end)
            condition->buffer = -1;
    }
    repeat->most = r->most;
    r->is_known = is_known && r->most < INT64_MAX;
    return true;
}

static bool collect(struct lowering *l, struct repetition *r, size_t k)
{
    struct value *output = lower_output(l, r->repeat->states + k);
    struct value *of = &l->values[r->body->outputs[r->repeat->is_loop + r->repeat->states + k]];
    const onnx_slices *slices = &r->repeat->into[k];
    size_t axis, dims[ONNX_RANK_MAX + 1];
    if (!output || !output->uses)
        return true;
    if (!r->is_known)
        return lower_refuse(l, "how many steps it has is known when it runs, and decides the shape "
                               "of what it collects");
    struct value whole = {.rank = of->rank + 1};
    if (of->rank == ONNX_RANK_MAX)
        return lower_refuse(l, "what it collects has too many dimensions");
    if (!lower_axis(l, slices->axis, &whole, &axis))
        return false;
    const size_t count = lower_count(of);
    if (count == 0 || count > (size_t)INT32_MAX || r->most > (int64_t)(INT32_MAX / count))
        return lower_refuse(l, "what it collects is too large, or has no elements");
    memcpy(dims, of->dims, axis * sizeof *dims);
    dims[axis] = (size_t)r->most;
    memcpy(dims + axis + 1, of->dims + axis, (of->rank - axis) * sizeof *dims);
    const int buffer = lower_room(l, of, count * (size_t)r->most);
    const struct view view = view_dense(buffer, of->rank + 1, dims);
    const struct view to = schedule_slice(l->schedule, &view, axis, slices->reversed, r->number);
    lower_into(l, of, &to);
    const size_t uses = output->uses;
    *output = *of;
    output->uses = uses;
    output->constant = NULL;
    output->affine = NULL;
    output->deferred = NULL;
    lower_set_view(output, &view, of->is_int);
    return true;
}

/* What a state is in the next step, where no state is written to. */
static bool find_next(struct lowering *l, struct repetition *r, size_t s, struct view *next)
{
    struct value *of = &l->values[r->body->outputs[r->repeat->is_loop + s]];
    const struct view *state = &r->states[s];
    if (of->is_int != schedule_is_int(l->schedule, state) ||
        (of->is_int && of->whole != l->schedule->buffers[state->buffer].whole) ||
        of->rank != state->rank || memcmp(of->dims, state->dims, of->rank * sizeof *of->dims) != 0)
        return lower_refuse(l, "its state %zu changes its type or shape", s);
    *next = lower_view(l, of);
    for (size_t k = 0; k < r->repeat->states; k++)
        if (next->buffer == r->states[k].buffer) {
            *next = lower_pack(l, next);
            break;
        }
    return true;
}

static bool end_step(struct lowering *l, struct repetition *r)
{
    struct view *next = lower_take(l, r->repeat->states + 1, sizeof *next);
    if (!next)
        return false;
    for (size_t k = 0; k < r->repeat->collected; k++)
        if (!collect(l, r, k))
            return false;
    for (size_t s = 0; s < r->repeat->states; s++)
        if (r->states[s].buffer >= 0 && !find_next(l, r, s, &next[s]))
            return false;
    for (size_t s = 0; s < r->repeat->states; s++)
        if (r->states[s].buffer >= 0)
            lower_copy(l, &next[s], &r->states[s]);
    return !l->has_failed;
}

/* States as they are after the last step. */
static void give_states(struct lowering *l, struct repetition *r)
{
    for (size_t s = 0; s < r->repeat->states; s++) {
        struct value *output = lower_output(l, s);
        if (!output)
            continue;
        const size_t uses = output->uses;
        *output = *lower_input(l, r->first + s);
        output->uses = uses;
        output->affine = NULL;
        if (r->states[s].buffer < 0)
            continue;
        output->constant = NULL;
        lower_set_view(output, &r->states[s], output->is_int);
    }
}

/* ---- All of it ---- */

/* The body, and what comes after each step, in place of the step that begins it. */
static bool add_body(struct lowering *l, struct repetition *r)
{
    const onnx_node *node = l->node;
    const bool keeps = l->keeps;
    const size_t at = l->schedule->step_count;
    struct view condition;
    schedule_repeat(l->schedule, node->name, r->number);
    l->keeps = false;
    bool lowered = lower_graph(l, r->body);
    l->keeps = keeps;
    l->node = node;
    struct repeat_step repeat = l->schedule->steps[at].repeat;
    lowered = lowered && end_condition(l, r, &repeat, &condition) && end_step(l, r);
    if (!lowered)
        return false;
    repeat.count = r->trips;
    repeat.number = r->index;
    repeat.cost = schedule_cost(l->schedule, at + 1);
    l->schedule->steps[at].repeat = repeat;
    l->schedule->steps[at].condition = condition;
    schedule_step(l->schedule, STEP_END, node->name);
    lower_forget(l, r->body);
    return !r->is_known || repeat.most <= SCHEDULE_COST_MOST / repeat.cost ||
           lower_refuse(l, "it takes more steps than are allowed for it");
}

bool lower_repeat(struct lowering *l)
{
    const onnx_repeat *repeat = l->node->repeat;
    struct repetition r = {.node = l->node,
                           .repeat = repeat,
                           .body = l->node->branch[0],
                           .first = repeat->is_loop ? 2 : 0,
                           .number = l->schedule->repetition_count++};
    r.states = lower_take(l, repeat->states + 1, sizeof *r.states);
    if (!r.states || !(repeat->is_loop ? read_trips(l, &r) : read_sequences(l, &r)))
        return false;
    lower_settle(l);
    if (r.most == 0) { /* no step */
        for (size_t s = 0; s < repeat->states; s++)
            r.states[s].buffer = -1;
        for (size_t k = 0; k < repeat->collected; k++)
            if (lower_output(l, repeat->states + k) && lower_output(l, repeat->states + k)->uses)
                return lower_refuse(l, "it has no steps, and collects what they give");
    } else if (!begin(l, &r) || !add_body(l, &r)) {
        return false;
    }
    give_states(l, &r);
    return true;
}
