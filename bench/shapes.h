/* SPDX-License-Identifier: MIT */
/* What is run: a list of shapes, read from a file. One a line, `#` starts a comment:
 *
 *     name cell I H T B [P=size] [data=prices.csv]
 *
 * With data, B may be `windows`: as many as there are. The path is relative to the shapes file. */
#ifndef BENCH_SHAPES_H
#define BENCH_SHAPES_H

#include "common/failure.h"
#include "kernel.h"
#include "sp500.h"

#include <stddef.h>

enum { WEIGHTS_MAX = 64 }; /* of a cell */

struct shape {
    char name[32];
    char cell[64];
    size_t I, H, P, T, B; /* P is 0 where the cell has none */
    bool train; /* a call is forward and backward */
    struct prices prices; /* days is 0: random inputs */
    /* From the cell's text: the size of its output, and the work that the maths asks for. */
    size_t output;
    double flop; /* of the matrices, one call: a fused multiply-add counts two */
    /* The bytes of weights of each type: of those that every time step needs again, and of matrices
     * that multiply x, which all steps can share. */
    double recurrent_bytes[WEIR_TYPE_COUNT], input_bytes[WEIR_TYPE_COUNT];
    size_t recurrent_passes, input_passes; /* how often one call has to walk them */
};

struct shapes {
    struct shape *at;
    size_t count;
};

/* All are trained or none is. False with a sentence that names file and line. */
bool shapes_read(struct shapes *shapes, const char *path, bool train, struct failure *failure);

/* One, from the fields of a line. */
bool shapes_single(struct shapes *shapes, const char *fields, bool train, struct failure *failure);
void shapes_free(struct shapes *shapes);

/* The bytes of weights of a type, by name (NULL: f32): those that every step needs again, those
 * that all steps can share, and those that one call walks. */
double shape_recurrent_bytes(const struct shape *shape, const char *type);
double shape_input_bytes(const struct shape *shape, const char *type);
double shape_walk(const struct shape *shape, const char *type);

#endif
