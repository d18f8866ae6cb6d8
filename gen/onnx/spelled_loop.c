/* SPDX-License-Identifier: MIT */
/* A Loop or Scan that goes through a sequence, step by step, and whose body spells out a cell. What
 * the body counts, or only passes on, is no state of the cell. */
#include "onnx/recognise.h"
#include "onnx/spell_places.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

enum { SLOTS_MAX = 16, BOUNDS_MAX = 4, CONDITIONS_MAX = 32, LOOP_INPUTS = 2 };

enum slot_kind { SLOT_STATE, SLOT_PASSED, SLOT_COUNTER };

/* A node in work. */
struct loop {
    struct recogniser *r;
    onnx_node *node;
    const onnx_repeat *repeat;
    const onnx_graph *body;
    size_t first; /* of the states, among inputs of node and body */
    enum slot_kind slots[SLOTS_MAX];
    size_t cell[SPELL_STATES], cell_count; /* the slots that are states of the cell, y's first */
    size_t rank;
    int x; /* the sequence; -1: not found */
    int64_t axis; /* of time in it */
    bool x_reversed;
    int bounds[BOUNDS_MAX]; /* what else ends it: step k runs where k is below all of these */
    size_t conditions; /* that were looked at */
    size_t bound_count, asked; /* asked: those that are before the first step, a bit each */
    bool starts; /* the first step runs whatever they are */
    bool wanted[3];
};

static int body_input(const struct loop *l, size_t slot)
{
    return l->body->inputs[l->first + slot];
}

static int body_output(const struct loop *l, size_t slot)
{
    return recognise_source(l->r, l->body->outputs[l->repeat->is_loop + slot]);
}

static const onnx_value *value_at(const struct loop *l, int value)
{
    return &l->r->model->values[value];
}

static bool is_used(const struct loop *l, size_t output)
{
    return output < l->node->output_count && l->node->outputs[output] >= 0 &&
           l->r->uses[l->node->outputs[output]];
}

/* Whether a value is one whole number that is a constant. */
static bool is_number(const struct loop *l, int value, int64_t number)
{
    const onnx_tensor *constant = value < 0 ? NULL : value_at(l, value)->constant;
    return constant && constant->ints && constant->count == 1 && constant->ints[0] == number;
}

/* ---- What is inside ---- */

static void mark_inside(struct loop *l)
{
    memset(l->r->inside, 0, l->r->value_count * sizeof *l->r->inside);
    for (size_t i = 0; i < l->body->input_count; i++)
        l->r->inside[l->body->inputs[i]] = true;
    for (size_t n = 0; n < l->body->node_count; n++)
        for (size_t i = 0; i < l->body->nodes[n].output_count; i++)
            if (l->body->nodes[n].outputs[i] >= 0)
                l->r->inside[l->body->nodes[n].outputs[i]] = true;
}

/* A value from around the loop, where one inside stands for that: it is passed on as it is. -1: it
 * does not. */
static int outer_of(const struct loop *l, int value)
{
    value = recognise_source(l->r, value);
    for (size_t s = 0; s < l->repeat->states && value >= 0; s++)
        if (l->slots[s] == SLOT_PASSED && body_input(l, s) == value)
            return l->node->inputs[l->first + s];
    return value >= 0 && !l->r->inside[value] ? value : -1;
}

/* ---- States ---- */

/* Whether a state counts steps, from 0 on. */
static bool is_counter(const struct loop *l, size_t slot)
{
    const int before = body_input(l, slot), after = body_output(l, slot);
    const onnx_node *add = l->r->makers[after];
    if (!is_number(l, l->node->inputs[l->first + slot], 0) || !spell_is_op(add, "Add") ||
        add->input_count != 2)
        return false;
    for (size_t i = 0; i < 2; i++)
        if (recognise_source(l->r, add->inputs[i]) == before && is_number(l, add->inputs[!i], 1))
            return true;
    return false;
}

static bool sort_states(struct loop *l)
{
    for (size_t s = 0; s < l->repeat->states; s++) {
        const bool passed = body_output(l, s) == body_input(l, s);
        l->slots[s] = passed ? SLOT_PASSED : is_counter(l, s) ? SLOT_COUNTER : SLOT_STATE;
        if (l->slots[s] == SLOT_STATE && l->cell_count == SPELL_STATES)
            return false;
        if (l->slots[s] == SLOT_STATE)
            l->cell[l->cell_count++] = s;
        else if (is_used(l, s))
            return false;
        if (passed) /* so that a matrix which is passed on is a constant inside, too */
            l->r->model->values[body_input(l, s)].constant =
                value_at(l, l->node->inputs[l->first + s])->constant;
    }
    return l->cell_count > 0;
}

/* What is collected must be one state, which becomes the first. */
static bool sort_collected(struct loop *l)
{
    int y = -1;
    for (size_t k = 0; k < l->repeat->collected; k++) {
        if (!is_used(l, l->repeat->states + k))
            continue;
        const int value = body_output(l, l->repeat->states + k);
        if (y >= 0 && value != y)
            return false;
        y = value;
    }
    l->wanted[0] = y >= 0;
    if (y >= 0 && y != body_output(l, l->cell[0])) {
        if (l->cell_count < 2 || y != body_output(l, l->cell[1]))
            return false;
        const size_t other = l->cell[0];
        l->cell[0] = l->cell[1];
        l->cell[1] = other;
    }
    for (size_t s = 0; s < l->cell_count; s++)
        l->wanted[1 + s] = is_used(l, l->cell[s]);
    return true;
}

/* How many dimensions the states have: as declared inside, or of what they start with. */
static size_t rank_of(const struct loop *l)
{
    for (size_t s = 0; s < l->cell_count; s++) {
        const onnx_value *inner = value_at(l, body_input(l, l->cell[s])),
                         *outer = value_at(l, l->node->inputs[l->first + l->cell[s]]);
        if (inner->has_shape)
            return inner->rank;
        if (outer->constant || outer->has_shape)
            return outer->constant ? outer->constant->rank : outer->rank;
    }
    return 2;
}

/* ---- The sequence ---- */

/* Whether a value inside is the number of the step. */
static bool is_index(const struct loop *l, int value)
{
    value = recognise_source(l->r, value);
    while (value >= 0 && spell_is_op(l->r->makers[value], "Cast"))
        value = recognise_source(l->r, l->r->makers[value]->inputs[0]);
    if (value < 0)
        return false;
    if (value == l->body->inputs[0])
        return !value_at(l, value)->has_shape || value_at(l, value)->rank == 0;
    for (size_t s = 0; s < l->repeat->states; s++)
        if (l->slots[s] == SLOT_COUNTER && body_input(l, s) == value)
            return value_at(l, l->node->inputs[l->first + s])->constant->rank == 0;
    return false;
}

/* In a Loop: what Gather takes one step out of. */
static bool find_gathered(struct loop *l)
{
    for (size_t n = 0; n < l->body->node_count; n++) {
        const onnx_node *node = &l->body->nodes[n];
        if (!spell_is_op(node, "Gather") || node->input_count != 2 || !is_index(l, node->inputs[1]))
            continue;
        const int x = outer_of(l, node->inputs[0]);
        const int64_t axis = onnx_attribute_int(node, "axis", 0);
        if (x < 0 || (l->x >= 0 && (l->x != x || l->axis != axis)))
            return false;
        l->x = x;
        l->axis = axis;
        l->r->spell->leaves[node->outputs[0]] = 1;
    }
    return l->x >= 0;
}

/* In a Scan: the only sequence that is used. */
static bool find_scanned(struct loop *l)
{
    for (size_t k = 0; k < l->repeat->sequences; k++) {
        const int inner = body_input(l, l->repeat->states + k);
        if (!l->r->uses[inner])
            continue;
        if (l->x >= 0)
            return false;
        l->x = l->node->inputs[l->repeat->states + k];
        l->axis = l->repeat->from[k].axis;
        l->x_reversed = l->repeat->from[k].reversed;
        l->r->spell->leaves[inner] = 1;
    }
    return l->x >= 0;
}

/* ---- How long it runs ---- */

/* What a condition is made of: And of Less, each of the number of a step and a bound. `next` says
 * that it is of the step after this one. */
static bool read_condition(struct loop *l, int value, bool next)
{
    value = recognise_source(l->r, value);
    const onnx_node *node = value < 0 ? NULL : l->r->makers[value];
    if (!node || node->input_count != 2 || l->conditions++ == CONDITIONS_MAX)
        return false;
    if (spell_is_op(node, "And"))
        return read_condition(l, node->inputs[0], next) && read_condition(l, node->inputs[1], next);
    const int bound = next ? outer_of(l, node->inputs[1]) : recognise_source(l->r, node->inputs[1]);
    const int left = recognise_source(l->r, node->inputs[0]);
    if (!spell_is_op(node, "Less") || bound < 0 || left < 0)
        return false;
    if (!next) { /* before the first step: 0 is below one of the bounds that there are */
        size_t i = 0;
        while (i < l->bound_count && l->bounds[i] != bound)
            i++;
        l->asked |= (size_t)1 << i;
        return i < l->bound_count && is_number(l, left, 0);
    }
    const onnx_node *add = l->r->makers[left];
    bool counts = false;
    for (size_t i = 0; spell_is_op(add, "Add") && add->input_count == 2 && i < 2; i++)
        counts |= is_index(l, add->inputs[i]) && is_number(l, add->inputs[!i], 1);
    if (!counts || l->bound_count == BOUNDS_MAX)
        return false;
    l->bounds[l->bound_count++] = bound;
    return true;
}

static bool read_end(struct loop *l)
{
    const int given = l->node->input_count > 1 ? l->node->inputs[1] : -1;
    const int after = recognise_source(l->r, l->body->outputs[0]);
    const onnx_tensor *always = value_at(l, after)->constant;
    const onnx_tensor *first = given < 0 ? NULL : value_at(l, given)->constant;
    l->starts = given < 0 || (first && first->ints && first->count == 1 && first->ints[0]);
    const bool goes_on = after == l->body->inputs[1] ||
                         (always && always->ints && always->count == 1 && always->ints[0]);
    if (goes_on)
        return l->starts && l->node->inputs[0] >= 0;
    return read_condition(l, after, true) &&
           (l->starts ||
            (read_condition(l, given, false) && l->asked == ((size_t)1 << l->bound_count) - 1));
}

/* ---- The form ---- */

/* How many steps the sequence has, as a constant has it or an input of the model must; -1: that is
 * not known. */
static int64_t declared_steps(const struct loop *l)
{
    const onnx_value *x = value_at(l, l->x);
    const onnx_graph *graph = &l->r->model->graph;
    if (x->constant)
        return x->constant->rank > (size_t)l->axis ? (int64_t)x->constant->dims[l->axis] : -1;
    for (size_t i = 0; i < graph->input_count; i++)
        if (graph->inputs[i] == l->x && x->has_shape && x->rank > (size_t)l->axis)
            return x->dims[l->axis];
    return -1;
}

/* The number of steps of a Loop, as one value; -1: all that the sequence has. */
static int make_count(struct loop *l, struct form_maker *maker)
{
    const int trips = l->node->input_count ? l->node->inputs[0] : -1;
    const int64_t declared = declared_steps(l);
    if (!l->bound_count && declared >= 0 && is_number(l, trips, declared))
        return -1;
    const int one = form_constant(maker, (int64_t[]){1}, 1, false);
    int count = -1;
    for (size_t i = 0; i < l->bound_count + 1; i++) {
        int bound = i < l->bound_count ? l->bounds[i] : trips;
        if (bound < 0)
            continue;
        bound =
            form_add(maker, &(struct form_node){"Cast", {bound, -1}, "to", {ONNX_INT64}, 0, -1});
        bound = form_add(maker, &(struct form_node){"Squeeze", {bound, -1}, NULL, {0}, 0, -1});
        if (i < l->bound_count && l->starts)
            bound = form_add(maker, &(struct form_node){"Max", {bound, one, -1}, NULL, {0}, 0, -1});
        count =
            count < 0
                ? bound
                : form_add(maker, &(struct form_node){"Min", {count, bound, -1}, NULL, {0}, 0, -1});
    }
    return count;
}

/* An order of axes that takes one from a place to another. */
static void move_axis(struct form_node *node, size_t rank, size_t from, size_t to)
{
    node->attribute = "perm";
    node->number_count = rank;
    for (size_t d = 0, other = 0; d < rank; d++) {
        if (d == to) {
            node->numbers[d] = (int64_t)from;
            continue;
        }
        other += other == from;
        node->numbers[d] = (int64_t)other++;
    }
}

static int reverse(struct form_maker *maker, int value)
{
    const int from = form_constant(maker, (int64_t[]){-1}, 1, true),
              to = form_constant(maker, (int64_t[]){INT64_MIN}, 1, true),
              axis = form_constant(maker, (int64_t[]){0}, 1, true);
    return form_add(maker,
                    &(struct form_node){"Slice", {value, from, to, axis, from}, NULL, {0}, 0, -1});
}

/* The sequence as [T][B][I], step after step as they are taken. */
static int make_x(struct loop *l, struct form_maker *maker, bool reversed)
{
    int x = l->x;
    if (l->repeat->is_loop) {
        const int count = make_count(l, maker);
        if (count >= 0) {
            const int zero = form_constant(maker, (int64_t[]){0}, 1, false),
                      one = form_constant(maker, (int64_t[]){1}, 1, false);
            const int steps = form_add(
                maker, &(struct form_node){"Range", {zero, count, one, -1}, NULL, {0}, 0, -1});
            x = form_add(maker,
                         &(struct form_node){"Gather", {x, steps, -1}, "axis", {l->axis}, 0, -1});
        }
    }
    if (l->axis) {
        struct form_node turn = {.op = "Transpose", .inputs = {x, -1}, .output = -1};
        move_axis(&turn, l->rank + 1, (size_t)l->axis, 0);
        x = form_add(maker, &turn);
    }
    if (reversed)
        x = reverse(maker, x);
    return l->rank > 1
               ? x
               : form_add(maker, &(struct form_node){"Unsqueeze", {x, -1}, "axes", {1}, 1, -1});
}

/* What is collected, from y as [T][1][B][H], as the output `to` of the node. */
static void make_collected(struct loop *l, struct form_maker *maker, int y, size_t k, bool reversed)
{
    const size_t rank = l->rank + 1;
    const int64_t axis = l->repeat->into[k].axis;
    const int output = l->node->outputs[l->repeat->states + k];
    const size_t to = (size_t)(axis < 0 ? axis + (int64_t)rank : axis);
    struct form_node squeeze = {"Squeeze", {y, -1}, "axes", {1, 2}, l->rank > 1 ? 1 : 2, -1};
    const bool flips = l->repeat->into[k].reversed != reversed;
    if (!flips && !to) {
        squeeze.output = output;
        form_add(maker, &squeeze);
        return;
    }
    int value = form_add(maker, &squeeze);
    if (flips)
        value = reverse(maker, value);
    struct form_node turn = {.op = "Transpose", .inputs = {value, -1}, .output = output};
    move_axis(&turn, rank, 0, to);
    form_add(maker, &turn);
}

/* Whether what is collected goes to axes that there are. */
static bool check_axes(const struct loop *l)
{
    const int64_t rank = (int64_t)l->rank + 1;
    for (size_t k = 0; k < l->repeat->collected; k++)
        if (l->repeat->into[k].axis < -rank || l->repeat->into[k].axis >= rank)
            return false;
    return true;
}

static void make_form(struct loop *l, const onnx_pass *cell)
{
    onnx_form *form = onnx_memory_take(l->r->model->memory, 1, sizeof *form);
    struct form_maker maker = {.recogniser = l->r, .form = form, .name = l->node->name};
    if (!form) {
        l->r->has_failed = true;
        return;
    }
    *form = (onnx_form){.rank = l->rank, .x = l->x, .time = (int)l->axis, .keeps = true};
    /* From the end: the kernel does that, and puts y where it belongs. */
    onnx_pass pass = *cell;
    pass.reversed = l->x_reversed;
    const int x = make_x(l, &maker, false);
    int states[SPELL_STATES] = {-1, -1}, made[3];
    for (size_t s = 0; s < l->cell_count; s++) {
        form->states[s] = l->node->inputs[l->first + l->cell[s]];
        form->keeps &= value_at(l, form->states[s])->constant != NULL;
        states[s] = form_add(
            &maker,
            &(struct form_node){
                "Unsqueeze", {form->states[s], -1}, "axes", {0, 1}, l->rank > 1 ? 1 : 2, -1});
    }
    if (!form_recurrent(&maker, &pass, l->cell_count, x, states, l->wanted, made))
        return;
    for (size_t k = 0; k < l->repeat->collected; k++)
        if (is_used(l, l->repeat->states + k))
            make_collected(l, &maker, made[0], k, l->x_reversed);
    for (size_t s = 0; s < l->cell_count; s++)
        if (l->wanted[1 + s])
            form_add(&maker, &(struct form_node){"Squeeze",
                                                 {made[1 + s], -1},
                                                 "axes",
                                                 {0, 1},
                                                 l->rank > 1 ? 1 : 2,
                                                 l->node->outputs[l->cell[s]]});
    if (!l->r->has_failed)
        l->node->form = form;
}

void recognise_loop(struct recogniser *r, onnx_node *node)
{
    struct loop l = {.r = r,
                     .node = node,
                     .repeat = node->repeat,
                     .body = node->branch[0],
                     .first = node->repeat->is_loop ? LOOP_INPUTS : 0,
                     .x = -1};
    onnx_pass pass;
    int next[SPELL_STATES];
    if (l.repeat->states > SLOTS_MAX)
        return;
    mark_inside(&l);
    if (!sort_states(&l) || !sort_collected(&l))
        return;
    l.rank = rank_of(&l);
    if (l.rank < 1 || l.rank > 2 || !check_axes(&l))
        return;
    recognise_begin(r, l.rank);
    if (!(l.repeat->is_loop ? find_gathered(&l) && read_end(&l) : find_scanned(&l)))
        return;
    l.axis += l.axis < 0 ? (int64_t)l.rank + 1 : 0;
    if (l.axis < 0 || l.axis > (int64_t)l.rank)
        return;
    for (size_t s = 0; s < l.cell_count; s++) {
        r->spell->leaves[body_input(&l, l.cell[s])] = (unsigned char)(2 + s);
        next[s] = body_output(&l, l.cell[s]);
    }
    if (recognise_cell(r, next, l.cell_count, &pass))
        make_form(&l, &pass);
}
