/* SPDX-License-Identifier: MIT */
/* Nodes that hold graphs. Cells that are spelled out: their forms, where shapes allow, or their
 * nodes, of a Loop or Scan its steps (repeats.c). If: where its condition is a constant, the nodes
 * of one branch; else both, of which one runs. A branch that cannot be deployed, as its nodes do
 * not go with the shapes that there are, ends the call: it says so where it is taken. */
#include "deploy/graph/lower.h"

#include <string.h>

/* The results of the branch become those of the node, as they are. */
static void pass_on(struct lowering *l, const onnx_node *node, const onnx_graph *branch)
{
    for (size_t i = 0; i < node->output_count; i++) {
        if (node->outputs[i] < 0)
            continue;
        struct value *result = &l->values[node->outputs[i]], *from = &l->values[branch->outputs[i]];
        const size_t uses = result->uses;
        if (from->deferred)
            lower_view(l, from);
        *result = *from;
        result->uses = uses;
        result->affine = NULL;
    }
}

/* The results of the branch are copied to where both leave theirs. */
static bool store(struct lowering *l, const onnx_node *node, const onnx_graph *branch, bool *made)
{
    for (size_t i = 0; i < node->output_count; i++) {
        if (node->outputs[i] < 0 || !l->values[node->outputs[i]].uses)
            continue;
        struct value *result = &l->values[node->outputs[i]], *from = &l->values[branch->outputs[i]];
        if (!*made) {
            const struct view view =
                view_dense(lower_room(l, from, lower_count(from)), from->rank, from->dims);
            lower_set_view(result, &view, from->is_int);
            result->whole = from->whole;
        }
        if (from->is_int != result->is_int || (from->is_int && from->whole != result->whole))
            return lower_refuse(l, "its branches give values of different types");
        if (from->rank != result->rank ||
            memcmp(from->dims, result->dims, from->rank * sizeof *from->dims) != 0)
            return lower_refuse(l, "its branches give values of different shapes");
        lower_into(l, from, &result->view);
    }
    *made = true;
    return true;
}

/* What a branch may add to. */
struct mark {
    size_t steps, layers;
};

/* One branch; where it cannot be, the sentence is kept in `why`. */
static bool add_branch(struct lowering *l, const onnx_node *node, const onnx_graph *branch,
                       bool *made, struct failure *why)
{
    const struct mark mark = {l->schedule->step_count, l->model->layer_count};
    bool lowered = lower_graph(l, branch);
    l->node = node;
    lowered = lowered && store(l, node, branch, made);
    lower_forget(l, branch);
    if (lowered)
        return true;
    *why = *l->failure;
    l->schedule->step_count = mark.steps;
    l->model->layer_count = mark.layers;
    schedule_step(l->schedule, STEP_FAIL, node->name);
    return false;
}

bool lower_if(struct lowering *l)
{
    const onnx_node *node = l->node;
    struct value *condition = lower_input(l, 0);
    struct failure why;
    bool made = false;
    if (!condition || !condition->is_int)
        return lower_refuse(l, "its condition is no bool");
    if (condition->constant) {
        const onnx_graph *branch =
            node->branch[condition->constant->count && condition->constant->ints[0] != 0];
        if (!lower_graph(l, branch))
            return false;
        l->node = node;
        pass_on(l, node, branch);
        return true;
    }
    lower_settle(l);
    const struct view view = lower_view(l, condition);
    if (view_count(&view) != 1)
        return lower_refuse(l, "its condition is no single bool");
    schedule_step(l->schedule, STEP_IF, node->name)->condition = view;
    const bool first = add_branch(l, node, node->branch[1], &made, &why);
    schedule_step(l->schedule, STEP_ELSE, node->name);
    const bool second = add_branch(l, node, node->branch[0], &made, &why);
    schedule_step(l->schedule, STEP_END, node->name);
    return first || second || fail(l->failure, "%s", why.sentence);
}

/* ---- Cells that are spelled out ---- */

static onnx_extent extent_of(const struct lowering *l, int value)
{
    const struct value *v = &l->values[value];
    return (onnx_extent){!v->is_int, v->rank, v->dims};
}

static bool fits(const struct lowering *l, const onnx_form *form)
{
    onnx_extent states[2];
    if (!form)
        return false;
    const onnx_extent x = extent_of(l, form->x);
    for (size_t s = 0; s < form->recurrent->state_count; s++)
        states[s] = extent_of(l, form->states[s]);
    return onnx_form_fits(form, &x, states);
}

bool lower_cell(struct lowering *l)
{
    const onnx_node *node = l->node;
    if (node->repeat && !fits(l, node->form))
        return lower_repeat(l);
    const bool is_cell = fits(l, node->form), keeps = l->keeps;
    l->keeps = keeps && (!is_cell || node->form->keeps); /* other states are what it is given */
    const bool lowered = lower_graph(l, is_cell ? &node->form->graph : node->branch[0]);
    l->keeps = keeps;
    l->node = node;
    return lowered;
}
