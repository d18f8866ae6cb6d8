/* SPDX-License-Identifier: MIT */
/* What an ISA's header of maths has for weights of fewer bits, behind plain pointers: primitives.c
 * is compiled once an ISA. */
#ifndef WEIR_TESTS_PRIMITIVES_H
#define WEIR_TESTS_PRIMITIVES_H

#include <stddef.h>
#include <stdint.h>

struct primitives {
    size_t lanes;
    int bias; /* WEIR_DOT_BIAS */
    size_t quad; /* WEIR_QUAD */
    void (*bf16)(const uint32_t *pairs, float *even, float *odd); /* of every lane */
    void (*f16)(const uint16_t *halves, float *to);
    void (*to_float)(const int32_t *from, float *to);
    /* weights[quad][lane][4] times a row of quads, as weir_quantise_row has them; one vector of
     * weights times as many quads as there are lanes. */
    void (*dot)(int32_t *acc, const int8_t *weights, const int8_t *row, size_t quads);
    void (*dot_apart)(int32_t *acc, const int8_t *weights, const int8_t *row);
    void (*less)(int32_t *acc, const int32_t *zeros, int32_t sum); /* acc - zeros * sum */
    int32_t (*sum_bytes)(const int8_t *row, size_t n, int32_t missing);
    void (*quantise)(const float *v, size_t n, int8_t *q, float *scale, int32_t *missing);
};

extern const struct primitives primitives_scalar, primitives_avx2, primitives_avx2vnni,
    primitives_avx512, primitives_avx512vnni, primitives_neon, primitives_neondot;

#endif
