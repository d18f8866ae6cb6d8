/* SPDX-License-Identifier: MIT */
/* Random models as files of other formats than ONNX hold them: kept by what their weights mean, not
 * by where a format has them, and computed in float64, step by step, from the formulas of PyTorch's
 * and Keras's layers. Nothing of the readers is used. */
#ifndef TESTS_MODEL64_H
#define TESTS_MODEL64_H

#include <stdbool.h>
#include <stddef.h>

enum { WIDTH = 20, KERNEL = 4, LAYERS = 6, GATES = 4, STEPS = 40, DILATION = 3 };
enum { INPUT_GATE = 0, FORGET_GATE, CANDIDATE, OUTPUT_GATE }; /* of an LSTM */
enum { RESET = 0, UPDATE, NEW }; /* of a GRU */
enum { GAMMA = 0, BETA, MEAN, VARIANCE }; /* of a normalisation, in b */

enum kind { LSTM, GRU, RNN, DENSE, CONV, PRELU, NORM, FUNCTION };
enum function { NONE, TANH, RELU, SIGMOID, SOFTMAX, ELU };

struct layer64 {
    enum kind kind;
    enum function function; /* after it */
    size_t inputs, width;
    bool has_bias;
    float w[GATES][WIDTH][WIDTH], u[GATES][WIDTH][WIDTH]; /* [gate][to][from]: of x, of h */
    float b[GATES][WIDTH], c[GATES][WIDTH]; /* biases: of x, of h */
    float start[2][WIDTH]; /* of h, of c */
    size_t kernel, dilation, groups;
    float taps[KERNEL][WIDTH][WIDTH]; /* [so many dilations back][to][from within its group] */
    float epsilon;
    bool is_shared; /* one slope for all: b[0][0] */
    bool is_affine; /* there are a gamma and a beta */
};

struct model64 {
    struct layer64 layers[LAYERS];
    size_t count, inputs;
    bool has_skip; /* to each output the input of the same number is added */
    double gains[2]; /* in dB: of what goes in, and of what comes out */
    float x[STEPS][WIDTH];
    double y[STEPS][WIDTH];
};

size_t model64_outputs(const struct model64 *model);

/* From x, y. */
void model64_run(struct model64 *model);

#endif
