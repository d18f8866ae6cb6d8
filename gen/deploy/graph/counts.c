/* SPDX-License-Identifier: MIT */
/* How many steps a Loop has: where its condition depends on the number of the step, on constants,
 * and on whole numbers that are counted by them, as exporters of while loops write it, what the
 * condition needs of the body is computed step by step. */
#include "deploy/graph/repeats.h"

#include <stdlib.h>
#include <string.h>

/* Steps that are tried; nodes that are computed in each; states that count; and elements that all
 * such nodes of a model may have, in and out. */
enum { STEPS_MOST = 1 << 16, NODES_MOST = 64, COUNTED_MOST = 16, ELEMENTS_MOST = 1 << 22 };

/* A state of one whole number, in this step. */
struct counted {
    size_t slot;
    onnx_tensor tensor;
    int64_t number;
};

struct counting {
    struct lowering *l;
    const struct repetition *r;
    onnx_memory *memory; /* of a step */
    const onnx_tensor **values; /* of the step, where they are known; of all the model's values */
    bool *needed; /* by the condition and what counts */
    struct counted states[COUNTED_MOST];
    size_t state_count, nodes;
    onnx_tensor number, holds; /* which step it is; and that it is one */
    int64_t step, one;
};

static const onnx_tensor *value_of(const struct counting *c, int value)
{
    return c->values[value] ? c->values[value] : c->l->values[value].constant;
}

static int output_of(const struct counting *c, size_t slot)
{
    return c->r->body->outputs[c->r->repeat->is_loop + slot];
}

/* ---- What is known in each step ---- */

static bool is_known(const struct counting *c, const onnx_node *node)
{
    bool known = node->operator!= NULL;
    for (size_t i = 0; i < node->input_count && known; i++)
        known = node->inputs[i] < 0 || value_of(c, node->inputs[i]);
    return known;
}

/* Marks the values that are; what stands for them does not matter yet. */
static void mark_known(struct counting *c)
{
    const onnx_graph *body = c->r->body;
    memset(c->values, 0, c->l->onnx->value_count * sizeof *c->values);
    c->values[body->inputs[0]] = &c->number;
    c->values[body->inputs[1]] = &c->holds;
    for (size_t s = 0; s < c->state_count; s++)
        c->values[body->inputs[c->r->first + c->states[s].slot]] = &c->states[s].tensor;
    for (size_t n = 0; n < body->node_count; n++)
        for (size_t i = 0; is_known(c, &body->nodes[n]) && i < body->nodes[n].output_count; i++)
            if (body->nodes[n].outputs[i] >= 0)
                c->values[body->nodes[n].outputs[i]] = &c->number;
}

/* States that begin with one whole number that is a constant, and go on from what is known. */
static void find_states(struct counting *c)
{
    const struct repetition *r = c->r;
    for (size_t s = 0; s < r->repeat->states && c->state_count < COUNTED_MOST; s++) {
        const onnx_tensor *constant = c->l->values[r->node->inputs[r->first + s]].constant;
        if (!constant || !constant->ints || constant->count != 1)
            continue;
        struct counted *state = &c->states[c->state_count++];
        *state = (struct counted){.slot = s, .tensor = *constant, .number = constant->ints[0]};
        state->tensor.ints = &state->number;
    }
    for (size_t before = c->state_count + 1; before > c->state_count;) {
        before = c->state_count;
        mark_known(c);
        for (size_t s = c->state_count; s-- > 0;)
            if (!value_of(c, output_of(c, c->states[s].slot))) {
                c->states[s] = c->states[--c->state_count];
                c->states[s].tensor.ints = &c->states[s].number;
            }
    }
}

/* The nodes that must be computed. */
static void mark_needed(struct counting *c)
{
    const onnx_graph *body = c->r->body;
    c->needed[body->outputs[0]] = true;
    for (size_t s = 0; s < c->state_count; s++)
        c->needed[output_of(c, c->states[s].slot)] = true;
    for (size_t n = body->node_count; n-- > 0;) {
        const onnx_node *node = &body->nodes[n];
        bool needed = false;
        for (size_t i = 0; i < node->output_count; i++)
            needed |= node->outputs[i] >= 0 && c->needed[node->outputs[i]];
        for (size_t i = 0; i < node->input_count && needed; i++)
            if (node->inputs[i] >= 0)
                c->needed[node->inputs[i]] = true;
        c->nodes += needed;
    }
}

/* ---- Steps ---- */

/* Whether so many tensors more are few enough elements. */
static bool spend(struct counting *c, const onnx_tensor *const *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++)
        c->l->counted = weir_plus(c->l->counted, tensors[i] ? tensors[i]->count : 1);
    return c->l->counted <= ELEMENTS_MOST;
}

static bool compute(struct counting *c, const onnx_node *node)
{
    struct failure failure;
    const onnx_tensor **inputs = onnx_memory_take(c->memory, node->input_count + 1, sizeof *inputs);
    const onnx_tensor **outputs = onnx_memory_take(c->memory, node->output_count, sizeof *outputs);
    if (!inputs || !outputs)
        return false;
    for (size_t i = 0; i < node->input_count; i++)
        inputs[i] = node->inputs[i] < 0 ? NULL : value_of(c, node->inputs[i]);
    if (!spend(c, inputs, node->input_count) ||
        !onnx_evaluate(node, inputs, outputs, c->memory, &failure) ||
        !spend(c, outputs, node->output_count))
        return false;
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0)
            c->values[node->outputs[i]] = outputs[i];
    return true;
}

/* Whether there is another step after this one; false: it cannot be told. */
static bool take_step(struct counting *c, bool *goes_on)
{
    const onnx_graph *body = c->r->body;
    int64_t next[COUNTED_MOST];
    for (size_t n = 0; n < body->node_count; n++) {
        bool needed = false;
        for (size_t i = 0; i < body->nodes[n].output_count; i++)
            needed |= body->nodes[n].outputs[i] >= 0 && c->needed[body->nodes[n].outputs[i]];
        if (needed && !compute(c, &body->nodes[n]))
            return false;
    }
    const onnx_tensor *holds = value_of(c, body->outputs[0]);
    if (!holds || !holds->ints || holds->count != 1)
        return false;
    *goes_on = holds->ints[0] != 0;
    for (size_t s = 0; s < c->state_count; s++) {
        const onnx_tensor *of = value_of(c, output_of(c, c->states[s].slot));
        if (!of || !of->ints || of->count != 1)
            return false;
        next[s] = of->ints[0];
    }
    for (size_t s = 0; s < c->state_count; s++)
        c->states[s].number = next[s];
    onnx_memory_clear(c->memory);
    return true;
}

static bool count(struct counting *c, int64_t *steps)
{
    bool goes_on = true;
    find_states(c);
    if (!value_of(c, c->r->body->outputs[0]))
        return false;
    mark_needed(c);
    for (c->step = 0; goes_on && c->step < STEPS_MOST && c->step < c->r->most; c->step++)
        if (c->nodes > NODES_MOST || !take_step(c, &goes_on))
            return false;
    *steps = c->step;
    return !goes_on || c->step == c->r->most;
}

bool lower_count_steps(struct lowering *l, const struct repetition *r, int64_t *steps)
{
    const size_t values = l->onnx->value_count + 1;
    struct counting c = {.l = l,
                         .r = r,
                         .memory = onnx_memory_within(l->scratch),
                         .values = calloc(values, sizeof *c.values),
                         .needed = calloc(values, sizeof *c.needed),
                         .number = {.type = ONNX_INT64, .count = 1},
                         .holds = {.type = ONNX_BOOL, .count = 1},
                         .one = 1};
    const int *inputs = r->body->inputs;
    onnx_tensor *const single[] = {&c.number, &c.holds};
    for (size_t k = 0; k < 2; k++) {
        const onnx_value *declared = &l->onnx->values[inputs[k]];
        single[k]->rank = declared->has_shape && declared->rank == 1;
        single[k]->dims[0] = 1;
        single[k]->ints = k ? &c.one : &c.step;
    }
    const bool counted = c.memory && c.values && c.needed && count(&c, steps);
    free(c.values);
    free(c.needed);
    onnx_memory_destroy(c.memory);
    return counted;
}
