/* SPDX-License-Identifier: MIT */
/* What spell.c asks of nodes: their constants, and where parts of values lie. Places are along the
 * last axis. */
#ifndef WEIR_ONNX_SPELL_PLACES_H
#define WEIR_ONNX_SPELL_PLACES_H

#include "onnx/spell.h"

#include <string.h>

enum { SPELL_DEPTH = 60 }; /* of values behind one another; what lies deeper is not looked at */

static inline bool spell_is_op(const onnx_node *node, const char *op)
{
    return node && !strcmp(node->op, op);
}

/* An input of a node; -1: it is left out. */
static inline int spell_input(const onnx_node *node, size_t input)
{
    return input < node->input_count ? node->inputs[input] : -1;
}

const onnx_tensor *spell_constant(const struct spell *spell, int value); /* NULL: it is none */

/* The node that makes a value; NULL: none does, or it is one to start from. */
const onnx_node *spell_maker(const struct spell *spell, int value);

/* Which output of its node a value is. */
size_t spell_place(const onnx_node *node, int value);

bool spell_is_last(const struct spell *spell, int64_t axis);

/* The constant matrix of a MatMul or Gemm, NULL: there is none; and whether that is transposed. */
const onnx_tensor *spell_matrix(const struct spell *spell, const onnx_node *node);
bool spell_is_turned(const onnx_node *node);

/* Where output `place` of a Split, or what a Slice gives without gaps, begins in its input, and how
 * long it is; false: that cannot be told. */
bool spell_part(struct spell *spell, const onnx_node *node, size_t place, size_t *start,
                size_t *length);
bool spell_slice(struct spell *spell, const onnx_node *node, size_t *start, size_t *length);

#endif
