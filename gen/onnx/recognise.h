/* SPDX-License-Identifier: MIT */
/* Looking for cells that are spelled out: what is known of a model meanwhile, and the making of
 * forms. */
#ifndef WEIR_ONNX_RECOGNISE_H
#define WEIR_ONNX_RECOGNISE_H

#include "onnx/onnx.h"
#include "onnx/spell.h"

struct recogniser {
    onnx_model *model;
    size_t value_count, value_capacity; /* value_count: as the model was read */
    const onnx_node **makers; /* of every value that was read */
    size_t *uses; /* of those */
    bool *inside; /* of the graph in work */
    struct spell *spell;
    size_t left, visits; /* attempts, and nodes that are met: no file makes more work */
    bool has_failed; /* memory has run out: what was found before stays */
};

/* ---- recognise.c ---- */

/* What Identity passes on. */
int recognise_source(const struct recogniser *r, int value);

/* Nothing is read yet; vectors have this rank. */
void recognise_begin(struct recogniser *r, size_t rank);

/* What a cell of these states is: reads their next values, whose sizes decide H, and writes it. */
bool recognise_cell(struct recogniser *r, const int *next, size_t state_count, onnx_pass *pass);

/* ---- spelled_loop.c, spelled_step.c ---- */

void recognise_loop(struct recogniser *r, onnx_node *node);
void recognise_steps(struct recogniser *r, onnx_graph *graph);

/* ---- forms.c ---- */

/* A form in the making; its nodes are in memory of the model. */
struct form_maker {
    struct recogniser *recogniser;
    onnx_form *form;
    const char *name;
    size_t capacity;
};

enum { FORM_INPUTS = 5 };

/* A node of one output, whose value it returns: `output`, or where that is -1 a new one. Inputs end
 * with -1. Its attribute, a list or one number: NULL: none. */
struct form_node {
    const char *op;
    int inputs[FORM_INPUTS];
    const char *attribute;
    int64_t numbers[ONNX_RANK_MAX];
    size_t number_count; /* 0: one number */
    int output;
};
int form_add(struct form_maker *maker, const struct form_node *node);
int form_constant(struct form_maker *maker, const int64_t *numbers, size_t count, bool is_list);

/* The recurrent node between `x`, [T][B][I], and y, [T][1][B][H], with the states given, [1][B][H];
 * wanted: which of y and the last states are. Their values go to made. */
bool form_recurrent(struct form_maker *maker, const onnx_pass *pass, size_t state_count, int x,
                    const int *states, const bool wanted[3], int made[3]);

#endif
