/* SPDX-License-Identifier: MIT */
/* What the tests compute with: weights, inputs and initial states of a layer, made from a seed and
 * a pattern by integer arithmetic and exact scaling alone, so that every platform makes the same
 * ones. Nothing here runs a layer. */
#ifndef WEIR_TESTS_INPUTS_H
#define WEIR_TESTS_INPUTS_H

#include <stdint.h>

#include "common/hash.h"
#include "weir.h"

/* Ways in which numbers can be awkward. All but the named thing is as in `normal`. */
enum pattern {
    PATTERN_NORMAL, /* gates in their lively range for as long as the sequence runs */
    PATTERN_SATURATING, /* one input per row up to 2^100, and one large cell state per row */
    PATTERN_HUGE, /* everything of any magnitude up to FLT_MAX: sums overflow */
    PATTERN_ZERO, /* inputs and biases +-0, states +0 */
    PATTERN_DENORMAL, /* inputs, states, biases and half of the matrices */
    PATTERN_ONE_HOT, /* every row of a matrix has a single 1, biases are 0 */
    PATTERN_NAN, /* a few inputs and states, of any payload; row 0 of a batch stays clean */
    PATTERN_NAN_WEIGHT, /* one weight */
    PATTERN_INF, /* a few inputs; row 0 of a batch stays clean */
    PATTERN_INF_WITHIN, /* a few inputs and states, and one weight */
    PATTERN_COUNT
};

const char *pattern_name(enum pattern pattern);

/* Sizes on and around the edges of vectors, for kernels of any size; ascending. tests/sizes.def has
 * the same. */
struct odd_size {
    size_t I, H;
};

enum { ODD_SIZE_COUNT = 8 };
extern const struct odd_size odd_sizes[ODD_SIZE_COUNT];

/* Whether a glob matches a kernel's name, with the microarchitecture that it is tuned for or
 * without:
 * "*__avx2" takes all that AVX2 has with inline maths. */
bool kernel_is_named(const weir_kernel_info *kernel, const char *glob);

/* 0 for a cell without a projection, else (H + 1) / 2. */
size_t usual_projection(const char *cell, size_t I, size_t H);

/* splitmix64 (Steele, Lea & Flood, OOPSLA 2014). */
struct random {
    uint64_t state;
};

uint64_t random_next(struct random *random);
size_t random_below(struct random *random, size_t bound);

float float_from_bits(uint32_t bits);
uint32_t float_bits(float value);

/* Of which tests make seeds of names and hashes of results, from HASH_START on. */
uint64_t hash_text(uint64_t hash, const char *text);
uint64_t hash_number(uint64_t hash, uint64_t number);

enum { PROBLEM_WEIGHTS_MAX = 64, PROBLEM_STATES_MAX = 8 };

/* A matrix as bytes: of type i8 numbers within [-128, 127], of u8 within [0, 255]. */
struct problem_bytes {
    const char *type;
    size_t rows, cols, scale_count, zero_count; /* of the last two 1 or rows; of zeros also 0 */
    uint8_t *numbers, *zeros;
    float *scales;
};

/* What the definition says: a number, the zero point and the scale of a row. */
int bytes_number(const struct problem_bytes *bytes, size_t row, size_t col);
int bytes_zero(const struct problem_bytes *bytes, size_t row);
float bytes_scale(const struct problem_bytes *bytes, size_t row);

/* A layer and a sequence for it. Dense: x[T][B][I], initial[s][B][size of state s]. */
struct problem {
    const char *cell;
    size_t I, H, P, T, B;
    enum pattern pattern;
    weir_shape shapes[PROBLEM_WEIGHTS_MAX];
    weir_weight weights[PROBLEM_WEIGHTS_MAX];
    size_t weight_count;
    weir_shape states[PROBLEM_STATES_MAX];
    size_t state_count;
    float *x;
    float *initial[PROBLEM_STATES_MAX];
    float *values[PROBLEM_WEIGHTS_MAX]; /* what weights[].data points to */
    struct problem_bytes *bytes[PROBLEM_WEIGHTS_MAX]; /* or what weights[].numbers does; or NULL */
    /* The gradients of a loss by the outputs and the final states, laid out as those; NULL until
     * problem_add_loss makes them. */
    float *d_y;
    float *d_final[PROBLEM_STATES_MAX];
};

/* Fills cell, sizes and pattern from the arguments and the rest from the seed. Weights depend on
 * every argument. False, with nothing to destroy and the reason on stderr, when the cell cannot be
 * had at these sizes. */
bool problem_create(struct problem *problem, const char *cell, const size_t sizes[3], size_t T,
                    size_t B, enum pattern pattern, uint64_t seed);
/* Takes weights of matrices that a type of weights does not hold to the largest it does; of bytes,
 * which are finite, every other to 1. For u8 they become bytes, of each type and with scales and
 * zero points as few and as many as there may be, all their values among them. */
void problem_fit(struct problem *problem, const char *type);

/* Whether weights of that type are bytes. */
bool type_is_bytes(const char *type);

/* Whether a weight is a matrix: one of one column is still not a vector. */
bool weight_is_matrix(const weir_shape *shape);

/* bytes.c: a weight that gave floats gives bytes near them, in one of the forms there are. */
struct problem_bytes *bytes_create(weir_weight *weight, const float *values, size_t form);
void bytes_destroy(struct problem_bytes *bytes); /* or NULL */

/* Gives the problem a loss: gradients as awkward as the pattern says, from a seed of their own. */
void problem_add_loss(struct problem *problem, enum pattern pattern, uint64_t seed);

void problem_destroy(struct problem *problem);

/* malloc that ends the test when there is no memory: no test has anything better to do. */
void *allocate(size_t bytes);

#endif
