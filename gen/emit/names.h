/* SPDX-License-Identifier: MIT */
/* Names in the emitted file: identifiers, scopes, and what the operands of products are called. */
#ifndef WEIR_EMIT_NAMES_H
#define WEIR_EMIT_NAMES_H

#include "emit/emitter.h"

/* The names that are taken in a scope of the emitted file. */
struct names {
    size_t room; /* more than there can be */
    struct taken {
        const char *name;
        int twins; /* names made of this one */
    } taken[];
};

/* A name that is made of one of a cell file as an identifier that collides with nothing. */
const char *emit_identifier(struct emitter *e, const char *name);

/* What a node is called: the value that it was made for, and what it is of that. Whether it is that
 * value itself. */
const char *emit_node_name(struct emitter *e, int node);
bool emit_is_itself(const struct emitter *e, int node);

/* The value that a sum is made for, as i; n_x and n_h where that is made of more than one sum;
 * n_h_b where that is not enough. */
const char *emit_sum_name(struct emitter *e, const struct stage *stage, size_t index);

/* An empty scope of names that are to become identifiers, which the caller frees; the name, or one
 * made of it where it is taken, which is taken from then on. */
struct names *names_create(const struct emitter *e);
const char *emit_unique(struct emitter *e, struct names *names, const char *name);

/* Names the fields of struct step for states and values, and the operands of products. */
void emit_name_operands(struct emitter *e);

/* What a region multiplies: x, a state or a stored value. Its name; a pointer to its first row; the
 * index of a row in the type of the stride; the stride. */
const char *emit_operand_name(struct emitter *e, int node);
const char *emit_operand_pointer(struct emitter *e, int node);
const char *emit_operand_index(struct emitter *e, int node, const char *row);
const char *emit_operand_row(struct emitter *e, int node);

#endif
