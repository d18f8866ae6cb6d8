/* SPDX-License-Identifier: MIT */
/* RNN, LSTM and GRU as ONNX's operator specification defines them, in double precision and by plain
 * loops: a reference that shares nothing with the importer. */
#ifndef TESTS_REFERENCE64_H
#define TESTS_REFERENCE64_H

#include <stdbool.h>
#include <stddef.h>

enum kind { RNN, LSTM, GRU };

enum activation {
    RELU,
    TANH,
    SIGMOID,
    AFFINE,
    LEAKY_RELU,
    THRESHOLDED_RELU,
    SCALED_TANH,
    HARD_SIGMOID,
    ELU,
    SOFTSIGN,
    SOFTPLUS,
    ACTIVATIONS
};

struct function {
    enum activation activation;
    double alpha, beta;
};

/* Arrays are [T][B][I], [D][gates * H][...] and so on, as with layout 0; NULL where there is none.
 */
struct case64 {
    enum kind kind;
    size_t T, B, I, H, D;
    bool back; /* direction 0 is reverse */
    struct function functions[2][3];
    double clip; /* 0: none */
    bool coupled, reset_after;
    const float *X, *W, *R, *Bias, *P, *initial[2];
    /* Of W and R as whole numbers: what each row is multiplied by. What they multiply is taken to
     * whole numbers within 127 then, by its largest magnitude. NULL: they are floats. */
    const float *scales[2];
    const int *lens;
    double *Y, *final[2]; /* [T][D][B][H], [D][B][H] */
    double margin; /* how near a jump of thresholded_relu came to be taken the other way */
};

void reference64(struct case64 *c);

#endif
