/* SPDX-License-Identifier: MIT */
/* Cells that are spelled out: what nodes around some values compute, as an expression, and that as
 * the text of a cell with its weights.
 *
 * All vectors have H elements but for the input, which has I: a value of several times H is read in
 * parts. What cannot be said in a cell file has no expression. */
#ifndef WEIR_ONNX_SPELL_H
#define WEIR_ONNX_SPELL_H

#include "onnx/onnx.h"

enum {
    SPELL_STATES = 2,
    SPELL_TERMS = 400,
    SPELL_READ = 1024,
    SPELL_COPIES = 256,
    SPELL_NONE = -1
};

enum spell_kind {
    SPELL_STATE,
    SPELL_VECTOR,
    SPELL_NUMBER,
    SPELL_PRODUCT,
    SPELL_SUM,
    SPELL_TIMES,
    SPELL_CALL
};

/* One operation, or what it starts from. */
struct spell_term {
    enum spell_kind kind;
    const char *sign; /* "+", "-"; "*", "/"; or the name of a function */
    int args[3]; /* terms; SPELL_X: the input */
    size_t arg_count;
    float number; /* SPELL_NUMBER; else what elements of the tensor are multiplied by */
    size_t state;
    const onnx_tensor
        *tensor; /* a vector, or a matrix [cols][rows], or where turned, [rows][cols] */
    bool turned;
    size_t row, col, cols; /* where in it: H rows */
    size_t uses;
    const char *name; /* in the text; NULL: it has none */
};

enum { SPELL_X = SPELL_TERMS };

/* Parts of matrices that were copied, so that cells of the same weights share them. */
struct spell_copies {
    struct {
        struct spell_term of; /* of which only what says the part counts */
        const float *data;
    } copy[SPELL_COPIES];
    size_t count;
};

struct spell {
    const onnx_model *model;
    const onnx_node *const *makers; /* of every value; NULL: there is none */
    /* What a value stands for: 0, or 1 for the input, or 2 for the first state and so on. */
    unsigned char *leaves;
    struct spell_copies *copies;
    size_t *widths; /* of last axes, plus 1; 0: not known yet */
    size_t rank; /* of all vectors, their batch counted */
    size_t I, H; /* 0: not known */
    struct spell_term terms[SPELL_TERMS];
    size_t term_count, depth, steps;
    struct {
        int value, term;
        size_t at;
    } read[SPELL_READ]; /* the values that were gone through */
    size_t read_count;
    bool uses_x;
};

/* spell_places.c: the length of a value's last axis; 0: it cannot be told. */
size_t spell_width(struct spell *spell, int value);

/* The term for H elements of a value, from one on; SPELL_NONE: there is none. */
int spell_read(struct spell *spell, int value, size_t at);

/* Whether an operator works on each element alone, and may be part of a cell. */
bool spell_is_elementwise(const char *op);

/* spell_text.c: the cell whose states become terms, and its weights, in the model's memory; false:
 * there is no such cell. */
bool spell_write(struct spell *spell, const int *next, size_t state_count, onnx_pass *pass);

#endif
