/* SPDX-License-Identifier: MIT */
/* Single operators in tests: tensors by a line, one evaluation, and what came out against doubles.
 */
#ifndef TESTS_EVALUATED_H
#define TESTS_EVALUATED_H

#include "onnx/onnx.h"

/* A node to evaluate. Attributes end with one without a name, inputs with LAST; NULL is an input
 * that is left out. */
struct trial {
    const char *op;
    int64_t opset;
    onnx_attribute attributes[6];
    const onnx_tensor *inputs[9];
    size_t outputs; /* 0: one */
};

extern const onnx_tensor *const LAST;

/* A tensor of the shape that is written, "2 3"; values NULL: drawn between -2 and 2, and from whole
 * numbers between -8 and 7. */
onnx_tensor *make_tensor(enum onnx_type type, const char *shape, const double *values);
#define FLOATS(shape, ...) make_tensor(ONNX_FLOAT, shape, (const double[]){__VA_ARGS__})
#define WHOLE(type, shape, ...) make_tensor(type, shape, (const double[]){__VA_ARGS__})
#define DRAWN(shape) make_tensor(ONNX_FLOAT, shape, NULL)

/* Whether an output is of this type and shape, and has these values within 2e-6 of the larger of 1
 * and each; whether it is refused, with these words. */
bool output_is(const struct trial *trial, size_t output, enum onnx_type type, const char *shape,
               const double *values);
bool is_refused(const struct trial *trial, const char *words);

const char *trial_said(void); /* what was otherwise, the last time */
void forget_trials(void); /* and all tensors */

#endif
