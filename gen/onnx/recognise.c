/* SPDX-License-Identifier: MIT */
/* Looking for cells that are spelled out, in a whole model. */
#include "onnx/recognise.h"

#include <stdlib.h>
#include <string.h>

/* Attempts, each of which goes through all values; those; nodes that are met in searches; and how
 * many Identity nodes follow one another: no file takes long. */
enum { ATTEMPTS_MAX = 256, VALUES_MAX = 1 << 16, VISITS_MAX = 1 << 25, PASSED_MAX = 64 };

/* ---- What is known of the model ---- */

static void know_graph(struct recogniser *r, const onnx_graph *graph)
{
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        for (size_t i = 0; i < node->input_count; i++)
            if (node->inputs[i] >= 0)
                r->uses[node->inputs[i]]++;
        for (size_t i = 0; i < node->output_count; i++)
            if (node->outputs[i] >= 0)
                r->makers[node->outputs[i]] = node;
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            know_graph(r, node->branch[b]);
    }
    for (size_t i = 0; i < graph->output_count; i++)
        r->uses[graph->outputs[i]]++;
}

int recognise_source(const struct recogniser *r, int value)
{
    for (size_t k = 0; k < PASSED_MAX && value >= 0 && r->makers[value]; k++) {
        const onnx_node *node = r->makers[value];
        if (strcmp(node->op, "Identity") != 0 || node->input_count != 1)
            break;
        value = node->inputs[0];
    }
    return value;
}

/* ---- Cells ---- */

void recognise_begin(struct recogniser *r, size_t rank)
{
    struct spell *spell = r->spell;
    unsigned char *leaves = spell->leaves;
    size_t *widths = spell->widths;
    memset(leaves, 0, r->value_count);
    *spell = (struct spell){.model = r->model,
                            .makers = r->makers,
                            .leaves = leaves,
                            .widths = widths,
                            .copies = spell->copies,
                            .rank = rank};
    memset(widths, 0, r->value_count * sizeof *widths);
}

bool recognise_cell(struct recogniser *r, const int *next, size_t state_count, onnx_pass *pass)
{
    struct spell *spell = r->spell;
    int terms[SPELL_STATES];
    for (size_t s = 0; s < state_count && !spell->H; s++)
        spell->H = spell_width(spell, next[s]);
    for (size_t s = 0; s < state_count; s++) {
        if (!spell->H || spell_width(spell, next[s]) != spell->H)
            return false;
        terms[s] = spell_read(spell, next[s], 0);
        if (terms[s] == SPELL_NONE)
            return false;
    }
    *pass = (onnx_pass){.name = NULL};
    return spell->uses_x && spell->I && spell_write(spell, terms, state_count, pass);
}

/* ---- The model ---- */

static void recognise_graph(struct recogniser *r, onnx_graph *graph)
{
    for (size_t n = 0; n < graph->node_count; n++) {
        onnx_node *node = &graph->nodes[n];
        if (node->repeat && r->left && !r->has_failed) {
            r->left--;
            recognise_loop(r, node);
        }
        for (size_t b = 0; b < 2 && node->branch[b] && !node->form; b++)
            recognise_graph(r, node->branch[b]);
    }
    recognise_steps(r, graph);
}

void onnx_recognise(onnx_model *model)
{
    const size_t count = model->value_count;
    struct recogniser r = {.model = model,
                           .value_count = count,
                           .value_capacity = count, /* the first value that is added moves them */
                           .makers = calloc(count + 1, sizeof *r.makers),
                           .uses = calloc(count + 1, sizeof *r.uses),
                           .inside = calloc(count + 1, sizeof *r.inside),
                           .spell = calloc(1, sizeof *r.spell),
                           .left = count > VALUES_MAX ? 0 : ATTEMPTS_MAX,
                           .visits = VISITS_MAX};
    unsigned char *leaves = calloc(count + 1, sizeof *leaves);
    size_t *widths = calloc(count + 1, sizeof *widths);
    struct spell_copies *copies = calloc(1, sizeof *copies);
    if (r.makers && r.uses && r.inside && r.spell && leaves && widths && copies) {
        r.spell->copies = copies;
        r.spell->leaves = leaves;
        r.spell->widths = widths;
        know_graph(&r, &model->graph);
        recognise_graph(&r, &model->graph);
    }
    free(r.makers);
    free(r.uses);
    free(r.inside);
    free(r.spell);
    free(leaves);
    free(widths);
    free(copies);
}
