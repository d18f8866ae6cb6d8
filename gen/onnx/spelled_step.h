/* SPDX-License-Identifier: MIT */
/* Single steps that are spelled out in a graph, while they are looked for. */
#ifndef WEIR_ONNX_SPELLED_STEP_H
#define WEIR_ONNX_SPELLED_STEP_H

#include "onnx/recognise.h"

/* More nodes in a graph, or in a cell, are not looked at. */
enum { NODES_MAX = 1 << 12, CELL_MAX = 256, ENDS_MAX = 8, STEP_RANK = 2 };

/* What a cell takes: by a product alone, or by an elementwise operation. */
struct leaf {
    int value;
    bool is_elementwise;
};

/* A cell that was found, and where its nodes are. */
struct region {
    onnx_form *form;
    int outputs[SPELL_STATES];
    size_t output_count;
    struct leaf leaves[ENDS_MAX];
    size_t leaf_count;
    bool emitted;
};

/* A graph in work. */
struct steps {
    struct recogniser *r;
    onnx_graph *graph;
    unsigned char *member; /* by node: of the cell in work */
    int *region; /* by node: of a cell that was found; -1: of none */
    unsigned *visited; /* by node: the last search that met it */
    unsigned search;
    size_t *inner; /* by value: how often nodes of the cell in work use it */
    struct region *regions;
    size_t region_count, first, member_count; /* first: where the cell in work begins */
    bool too_large;
};

/* The place of the node that makes a value in this graph, or -1. */
int steps_place(const struct steps *s, int value);

/* Puts one node in place of those of each cell that was found. */
void steps_rebuild(struct steps *s);

#endif
