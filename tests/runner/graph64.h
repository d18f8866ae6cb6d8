/* SPDX-License-Identifier: MIT */
/* Small tensors in double precision, and what ONNX's operators do to them by their specification:
 * a reference that shares nothing with the importer. Recurrent nodes are in runner/reference64.h.
 */
#ifndef TESTS_GRAPH64_H
#define TESTS_GRAPH64_H

#include <stdbool.h>
#include <stddef.h>

enum { AXES_MAX = 8, ELEMENTS_MAX = 4096 };

struct tensor64 {
    size_t rank, dims[AXES_MAX];
    double at[ELEMENTS_MAX];
};

size_t count64(const struct tensor64 *x);
void transpose64(struct tensor64 *x, const size_t *perm);
void slice64(struct tensor64 *x, size_t axis, size_t first, size_t count);
void reshape64(struct tensor64 *x, size_t rank, const size_t *dims);

/* By a matrix [K][N], over the last axis. */
void product64(struct tensor64 *x, const float *matrix, size_t K, size_t N);

/* Plus scale times a constant that is broadcast to it; x may get more axes, but not grow. */
void add64(struct tensor64 *x, const float *constant, size_t rank, const size_t *dims);

enum function64 { RELU64, SIGMOID64, TANH64 };
void function64(struct tensor64 *x, enum function64 function);

/* Over axes from `first` to before `last`, together. */
void softmax64(struct tensor64 *x, size_t first, size_t last);

#endif
