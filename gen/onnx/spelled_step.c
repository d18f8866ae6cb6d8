/* SPDX-License-Identifier: MIT */
/* One step of a cell that is spelled out in a graph, its states being values of that: around a
 * Split or Slice, whose parts are gates, or a function of a sum of two products, which is one by
 * itself, the products and sums before it and the elementwise operations after it. These nodes
 * become one, which holds them, and has a form. */
#include "onnx/spelled_step.h"

#include <stdlib.h>
#include <string.h>

/* Tries. */
enum { PASSES = 4, TRIMS = 8 };

/* ---- Nodes ---- */

static bool is_constant(const struct steps *s, int value)
{
    return value < 0 || s->r->model->values[value].constant;
}

static bool is_product(const struct steps *s, const onnx_node *node)
{
    if (strcmp(node->op, "MatMul") != 0 && strcmp(node->op, "Gemm") != 0)
        return false;
    return node->input_count > 1 && !is_constant(s, node->inputs[0]) &&
           is_constant(s, node->inputs[1]);
}

/* Whether it takes a part out, from and to where constants say. */
static bool is_part(const struct steps *s, const onnx_node *node)
{
    bool is = !strcmp(node->op, "Slice");
    for (size_t i = 1; i < node->input_count && is; i++)
        is = is_constant(s, node->inputs[i]);
    return is;
}

/* Whether a node may be part of a cell, and is no product. */
static bool is_light(const struct steps *s, const onnx_node *node)
{
    return !strcmp(node->op, "Split") || is_part(s, node) || spell_is_elementwise(node->op);
}

static bool is_member(const struct steps *s, int value)
{
    const int place = steps_place(s, value);
    return place >= 0 && s->member[place];
}

static bool is_free(const struct steps *s, int place)
{
    return place >= 0 && s->region[place] < 0 && !s->member[place];
}

/* ---- What depends on what ---- */

static bool meets(struct steps *s, int value);

/* Whether what a node uses, in its branches too, comes from the cell in work. */
static bool node_meets(struct steps *s, const onnx_node *node)
{
    for (size_t i = 0; i < node->input_count; i++)
        if (meets(s, node->inputs[i]))
            return true;
    for (size_t b = 0; b < 2 && node->branch[b]; b++) {
        const onnx_graph *inner = node->branch[b];
        for (size_t n = 0; n < inner->node_count; n++)
            if (node_meets(s, &inner->nodes[n]))
                return true;
        for (size_t i = 0; i < inner->output_count; i++)
            if (meets(s, inner->outputs[i]))
                return true;
    }
    return false;
}

static bool meets(struct steps *s, int value)
{
    const int place = steps_place(s, value);
    if (place < (int)s->first || s->visited[place] == s->search)
        return false;
    s->visited[place] = s->search;
    if (s->r->visits == 0)
        return true;
    s->r->visits--;
    return s->member[place] || node_meets(s, &s->graph->nodes[place]);
}

static bool depends(struct steps *s, int value)
{
    s->search++;
    return meets(s, value);
}

/* ---- Growing ---- */

/* Whether a value is made by products, and light nodes after them. */
static bool has_product(struct steps *s, int value, size_t depth)
{
    const int place = steps_place(s, value);
    if (depth == CELL_MAX || place < 0 || s->region[place] >= 0 || s->visited[place] == s->search)
        return false;
    s->visited[place] = s->search;
    const onnx_node *node = &s->graph->nodes[place];
    if (is_product(s, node) || s->member[place])
        return true;
    for (size_t i = 0; is_light(s, node) && i < node->input_count; i++)
        if (has_product(s, node->inputs[i], depth + 1))
            return true;
    return false;
}

static bool add_member(struct steps *s, int place)
{
    s->too_large |= s->member_count == CELL_MAX;
    if (s->too_large)
        return false;
    s->member[place] = 1;
    s->member_count++;
    s->first = (size_t)place < s->first ? (size_t)place : s->first;
    return true;
}

/* Adds what makes a value, back to products and what is joined for them. */
static void add_makers(struct steps *s, int value)
{
    const int place = steps_place(s, value);
    s->search++;
    if (!is_free(s, place) || !has_product(s, value, 0) || !add_member(s, place))
        return;
    const onnx_node *node = &s->graph->nodes[place];
    for (size_t i = 0; i < node->input_count; i++) {
        const int joined = steps_place(s, node->inputs[i]);
        if (!is_product(s, node) || i == 2)
            add_makers(s, node->inputs[i]);
        else if (is_free(s, joined) && !strcmp(s->graph->nodes[joined].op, "Concat") &&
                 s->r->uses[node->inputs[i]] == 1)
            add_member(s, joined);
    }
}

/* The product of what the cell makes that a value is; -1: it is none. */
static int find_inner(const struct steps *s, int value)
{
    const int place = steps_place(s, value);
    if (!is_free(s, place) || !is_product(s, &s->graph->nodes[place]))
        return -1;
    return is_member(s, s->graph->nodes[place].inputs[0]) ? place : -1;
}

/* Whether a value is such a product, or that with a constant added, as the candidate of a GRU has
 * where its reset comes before; which is added, if that is asked for. */
static bool is_inner(struct steps *s, int value, bool adds)
{
    const int place = steps_place(s, value);
    int product = find_inner(s, value);
    if (!is_free(s, place))
        return false;
    const onnx_node *node = &s->graph->nodes[place];
    for (size_t i = 0; i < 2 && !strcmp(node->op, "Add") && node->input_count == 2; i++)
        if (is_constant(s, node->inputs[i]) && product < 0)
            product = find_inner(s, node->inputs[!i]);
    if (product >= 0 && adds && add_member(s, product) && product != place)
        add_member(s, place);
    return product >= 0;
}

/* Whether a light node goes on from the cell: what else it takes must not come from that by other
 * ways than such a product. */
static bool goes_on(struct steps *s, const onnx_node *node)
{
    bool takes = false;
    for (size_t i = 0; i < node->input_count; i++)
        takes |= is_member(s, node->inputs[i]);
    for (size_t i = 0; takes && i < node->input_count; i++)
        if (!is_constant(s, node->inputs[i]) && !is_member(s, node->inputs[i]) &&
            depends(s, node->inputs[i]) && !is_inner(s, node->inputs[i], false))
            return false;
    return takes;
}

static void grow(struct steps *s, size_t anchor)
{
    size_t before;
    add_makers(s, s->graph->nodes[anchor].inputs[0]);
    add_member(s, (int)anchor);
    size_t pass = 0;
    do {
        before = s->member_count;
        for (size_t n = s->first; n < s->graph->node_count && !s->too_large; n++) {
            const onnx_node *node = &s->graph->nodes[n];
            if (!is_free(s, (int)n) || !is_light(s, node) || !goes_on(s, node))
                continue;
            for (size_t i = 0; i < node->input_count; i++) {
                is_inner(s, node->inputs[i], true);
                add_makers(s, node->inputs[i]);
            }
            add_member(s, (int)n);
        }
    } while (s->member_count > before && ++pass < PASSES);
}

/* ---- What goes in and comes out ---- */

static bool add_leaf(struct steps *s, struct region *region, int value, bool is_elementwise)
{
    if (is_constant(s, value) || is_member(s, value))
        return true;
    for (size_t i = 0; i < region->leaf_count; i++)
        if (region->leaves[i].value == value) {
            region->leaves[i].is_elementwise |= is_elementwise;
            return true;
        }
    if (region->leaf_count == ENDS_MAX)
        return false;
    region->leaves[region->leaf_count++] = (struct leaf){value, is_elementwise};
    return true;
}

/* Counts how often the cell uses values that it makes; or forgets that. */
static void count_inner_uses(struct steps *s, bool forget)
{
    for (size_t n = s->first; n < s->graph->node_count; n++)
        for (size_t i = 0; s->member[n] && i < s->graph->nodes[n].input_count; i++) {
            const int value = s->graph->nodes[n].inputs[i];
            if (value >= 0)
                s->inner[value] = forget ? 0 : s->inner[value] + 1;
        }
}

/* What the cell makes and others use. */
static bool find_outputs(const struct steps *s, struct region *region)
{
    for (size_t n = s->graph->node_count; n-- > s->first;)
        for (size_t i = 0; s->member[n] && i < s->graph->nodes[n].output_count; i++) {
            const int value = s->graph->nodes[n].outputs[i];
            if (value < 0 || s->r->uses[value] == s->inner[value])
                continue;
            if (region->output_count == SPELL_STATES)
                return false;
            region->outputs[region->output_count++] = value;
        }
    return true;
}

/* Outputs go from the last to the first: h depends on c. */
static bool find_ends(struct steps *s, struct region *region)
{
    region->leaf_count = region->output_count = 0;
    for (size_t n = s->first; n < s->graph->node_count; n++) {
        const onnx_node *node = &s->graph->nodes[n];
        for (size_t i = 0; s->member[n] && i < node->input_count; i++)
            if (!add_leaf(s, region, node->inputs[i],
                          !(is_product(s, node) && i == 0) && strcmp(node->op, "Concat") != 0))
                return false;
    }
    count_inner_uses(s, false);
    const bool found = find_outputs(s, region);
    count_inner_uses(s, true);
    return found && region->output_count > 0 && region->leaf_count == region->output_count + 1;
}

/* Takes the last node away, if that is not what the cell was found by. */
static bool trim(struct steps *s, size_t anchor)
{
    for (size_t n = s->graph->node_count; n-- > s->first;)
        if (s->member[n]) {
            if (n == anchor)
                return false;
            s->member[n] = 0;
            s->member_count--;
            const onnx_node *node = &s->graph->nodes[n];
            return is_product(s, node) ? is_member(s, node->inputs[0])
                                       : is_light(s, node) && strcmp(node->op, "Split") != 0;
        }
    return false;
}

/* Whether a value is an input of the model, but for moves. */
static bool is_given(const struct steps *s, int value)
{
    static const char *const moves[] = {"Squeeze", "Unsqueeze", "Slice",     "Gather",
                                        "Split",   "Reshape",   "Transpose", "Identity"};
    for (size_t steps = 0; steps < CELL_MAX; steps++) {
        const int place = steps_place(s, value);
        const onnx_node *node = place < 0 ? NULL : &s->graph->nodes[place];
        bool moved = false;
        for (size_t i = 0; node && i < sizeof moves / sizeof *moves; i++)
            moved |= !strcmp(node->op, moves[i]);
        if (!moved)
            return !node && !is_constant(s, value);
        value = node->inputs[0];
    }
    return false;
}

/* Leaves that may be the input first: what is no state that the model is given. */
static void sort_leaves(const struct steps *s, struct region *region)
{
    for (size_t want = 0, to = 0; want < 3; want++)
        for (size_t i = to; i < region->leaf_count; i++) {
            const struct leaf leaf = region->leaves[i];
            const size_t rank = leaf.is_elementwise ? 2 : is_given(s, leaf.value);
            if (rank != want)
                continue;
            memmove(region->leaves + to + 1, region->leaves + to, (i - to) * sizeof leaf);
            region->leaves[to++] = leaf;
        }
}

/* ---- The form ---- */

static bool make_form(struct steps *s, struct region *region, const onnx_pass *pass)
{
    const onnx_node *named = s->r->makers[region->outputs[0]];
    onnx_form *form = onnx_memory_take(s->r->model->memory, 1, sizeof *form);
    struct form_maker maker = {.recogniser = s->r, .form = form, .name = named->name};
    const size_t states = region->output_count;
    int given[SPELL_STATES] = {-1, -1}, made[3];
    if (!form) {
        s->r->has_failed = true;
        return false;
    }
    *form = (onnx_form){.rank = STEP_RANK, .x = region->leaves[0].value, .time = -1};
    const int x =
        form_add(&maker, &(struct form_node){"Unsqueeze", {form->x, -1}, "axes", {0}, 1, -1});
    for (size_t k = 0; k < states; k++) {
        form->states[k] = region->leaves[1 + k].value;
        given[k] = form_add(
            &maker, &(struct form_node){"Unsqueeze", {form->states[k], -1}, "axes", {0}, 1, -1});
    }
    if (!form_recurrent(&maker, pass, states, x, given, (bool[]){false, true, states > 1}, made))
        return false;
    for (size_t k = 0; k < states; k++)
        form_add(&maker, &(struct form_node){
                             "Squeeze", {made[1 + k], -1}, "axes", {0}, 1, region->outputs[k]});
    region->form = form;
    return !s->r->has_failed;
}

/* Tries each leaf that may be as the input, and the others as states. */
static bool read_cell(struct steps *s, struct region *region, onnx_pass *pass)
{
    sort_leaves(s, region);
    for (size_t k = 0; k < region->leaf_count; k++) {
        const struct leaf x = region->leaves[k];
        if (x.is_elementwise)
            return false;
        memmove(region->leaves + 1, region->leaves, k * sizeof x);
        region->leaves[0] = x;
        recognise_begin(s->r, STEP_RANK);
        for (size_t i = 0; i < region->leaf_count; i++)
            s->r->spell->leaves[region->leaves[i].value] = (unsigned char)(1 + i);
        if (recognise_cell(s->r, region->outputs, region->output_count, pass))
            return true;
    }
    return false;
}

static bool is_apart(struct steps *s, const struct region *region)
{
    for (size_t i = 0; i < region->leaf_count; i++)
        if (depends(s, region->leaves[i].value))
            return false;
    return true;
}

/* The cell around an anchor, if there is one. */
static void try_anchor(struct steps *s, size_t anchor)
{
    struct region *region = &s->regions[s->region_count];
    onnx_pass pass;
    *region = (struct region){.form = NULL};
    memset(s->member, 0, s->graph->node_count);
    s->member_count = 0;
    s->first = s->graph->node_count;
    s->too_large = false;
    grow(s, anchor);
    bool found = false;
    for (size_t k = 0; k < TRIMS && !found && !s->too_large; k++) {
        found = find_ends(s, region) && is_apart(s, region) && read_cell(s, region, &pass);
        if (!found && !trim(s, anchor))
            return;
    }
    if (!found || !make_form(s, region, &pass))
        return;
    for (size_t n = s->first; n < s->graph->node_count; n++)
        if (s->member[n])
            s->region[n] = (int)s->region_count;
    s->region_count++;
}

/* What a value is but for constants that are added. */
static int unbiased(const struct steps *s, int value)
{
    for (size_t k = 0; k < TRIMS; k++) {
        const int place = steps_place(s, value);
        const onnx_node *node = place < 0 ? NULL : &s->graph->nodes[place];
        if (!node || strcmp(node->op, "Add") != 0 || node->input_count != 2 ||
            is_constant(s, node->inputs[0]) == is_constant(s, node->inputs[1]))
            break;
        value = node->inputs[is_constant(s, node->inputs[0])];
    }
    return value;
}

/* Whether a value is the sum of two products, of different values. */
static bool is_sum(const struct steps *s, int value)
{
    const int place = steps_place(s, unbiased(s, value));
    const onnx_node *sum = place < 0 ? NULL : &s->graph->nodes[place], *products[2];
    if (!sum || strcmp(sum->op, "Add") != 0 || sum->input_count != 2)
        return false;
    for (size_t i = 0; i < 2; i++) {
        const int at = steps_place(s, unbiased(s, sum->inputs[i]));
        if (at < 0 || !is_product(s, &s->graph->nodes[at]))
            return false;
        products[i] = &s->graph->nodes[at];
    }
    return products[0]->inputs[0] != products[1]->inputs[0];
}

/* What gates may come from: parts of what is made of products; or a gate that is one by itself. */
static bool is_anchor(struct steps *s, const onnx_node *node)
{
    static const char *const functions[] = {"Tanh", "Sigmoid", "Relu"};
    if (!strcmp(node->op, "Split"))
        return node->output_count > 1;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (!strcmp(node->op, functions[i]))
            return is_sum(s, node->inputs[0]);
    s->search++;
    return is_part(s, node) && has_product(s, node->inputs[0], 0);
}

void recognise_steps(struct recogniser *r, onnx_graph *graph)
{
    const size_t count = graph->node_count;
    struct steps s = {.r = r, .graph = graph};
    if (count > NODES_MAX || !r->left)
        return;
    s.member = calloc(count + 1, sizeof *s.member);
    s.region = malloc((count + 1) * sizeof *s.region);
    s.visited = calloc(count + 1, sizeof *s.visited);
    s.regions = calloc(r->left, sizeof *s.regions);
    s.inner = calloc(r->value_count + 1, sizeof *s.inner);
    if (s.member && s.region && s.visited && s.regions && s.inner) {
        memset(s.region, -1, (count + 1) * sizeof *s.region);
        for (size_t n = 0; n < count && r->left && !r->has_failed; n++)
            if (s.region[n] < 0 && is_anchor(&s, &graph->nodes[n])) {
                r->left--;
                try_anchor(&s, n);
            }
        if (s.region_count)
            steps_rebuild(&s);
    } else {
        r->has_failed = true;
    }
    free(s.member);
    free(s.region);
    free(s.visited);
    free(s.regions);
    free(s.inner);
}
