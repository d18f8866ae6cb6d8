/* SPDX-License-Identifier: MIT */
/* The contract between a generated kernel and whoever runs it: how weights, states and scratch
 * memory are laid out, what a run is given, and how a kernel describes itself. The generator emits
 * against this header, the runtime allocates and packs by it, and a deployed kernel ships with it.
 * Nothing here does arithmetic. */
#ifndef WEIR_KERNEL_H
#define WEIR_KERNEL_H

#include "strict.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* States, stored values and packed weights start on 64-byte boundaries; the rows of states and
 * stored values are padded to 16 floats, whatever the ISA, so that every vector width divides
 * them, and rows of bytes to 64. */
#ifdef __cplusplus
#define WEIR_ALIGNED alignas(64)
#else
#define WEIR_ALIGNED _Alignas(64)
#endif

/* Register tiles and elementwise work are functions of their own: inlined into one another,
 * compilers run out of registers and spill in the inner loops. */
#if defined(__GNUC__)
#define WEIR_TILE static __attribute__((noinline)) void
#else
#define WEIR_TILE static void
#endif

/* What chooses among those is no function of its own: where a call is of one row, by one thread, it
 * has nothing to choose. */
#if defined(__GNUC__)
#define WEIR_CHOOSER static inline __attribute__((always_inline)) void
#else
#define WEIR_CHOOSER static inline void
#endif

/* All of a struct's members. */
#ifdef __cplusplus
#define WEIR_ZEROED                                                                                \
    {                                                                                              \
    }
#else
#define WEIR_ZEROED                                                                                \
    {                                                                                              \
        0                                                                                          \
    }
#endif

/* Asks for weights that are needed soon, this many floats from an address on, to be brought into
 * the second-level cache. They need not exist. */
#if defined(__GNUC__)
#define WEIR_PREFETCH(address, floats)                                                             \
    __builtin_prefetch((const void *)((uintptr_t)(address) + sizeof(float) * (floats)), 0, 2)
#else
#define WEIR_PREFETCH(address, floats) ((void)(address), (void)(floats))
#endif

enum { WEIR_ALIGN = 64, WEIR_ROW = 16, WEIR_BYTES_ROW = 64, WEIR_STATES_MAX = 8 };
/* A product of fewer rows than this has sums too few to fill vectors: a forward pass adds each as
 * so many partial sums of every so many columns. */
enum { WEIR_FEW = 4, WEIR_PARTIAL_SUMS = 16 };
enum { WEIR_VALUES_MAX = 64, WEIR_GIVEN_MAX = 2 * WEIR_STATES_MAX + WEIR_VALUES_MAX + 1 };

/* An extent by name: a kernel that serves every size describes its operands this way too. */
enum weir_extent { WEIR_ONE, WEIR_I, WEIR_H, WEIR_P };

/* In the order of preference. A CPU may lack one and have a later one. */
enum weir_isa {
    WEIR_SCALAR,
    WEIR_AVX2,
    WEIR_AVX2VNNI,
    WEIR_AVX512,
    WEIR_AVX512VNNI,
    WEIR_NEON,
    WEIR_NEONDOT,
    WEIR_ISA_COUNT
};

enum weir_math { WEIR_INLINE, WEIR_SLEEF };

/* What the weights of products are stored as. Vectors, states and all arithmetic between products
 * are float32, whatever the type. I8: bytes. U8: bytes with a zero point a row. */
enum weir_type {
    WEIR_TYPE_F32,
    WEIR_TYPE_BF16,
    WEIR_TYPE_F16,
    WEIR_TYPE_I8,
    WEIR_TYPE_U8,
    WEIR_TYPE_COUNT
};

/* A learned matrix [rows][cols], row-major, or a learned vector [rows] (cols is WEIR_ONE), under
 * its name in the cell file. This is the canonical form in which weights are handed to Weir. */
struct weir_param {
    const char *name;
    enum weir_extent rows, cols;
};

/* A state and its size. State 0 is the one whose next value is the output. */
struct weir_state {
    const char *name;
    enum weir_extent size;
};

/* What belongs to a row of activations as bytes: their scale, what every sum of products with them
 * is too small by, and, where weights have zero points, their sum. */
struct weir_quantised {
    float scale;
    int32_t missing, total;
};

/* The bytes that four of them take in memory, at most: an ISA may keep signs apart (WEIR_QUAD). */
enum { WEIR_QUAD_MOST = 8 };

/* A region of the packed weights: `count` parameters of one shape, interleaved in words of 32 bits
 *
 *     [block of `lanes` rows][word of cols][parameter][lane]
 *
 * with zeros past the last row. A word holds as many columns as packing.h says of the region's
 * type. Where the last block has fewer rows than lanes and `tail` is given, that block is
 *
 *     [word of cols][tail_width]
 *
 * with the rows of parameter k from tail[k] on, and zeros elsewhere. With weights of 8 bits two
 * words of each lane stand before those of the columns: its row's scale, and -128 times the sum of
 * its bytes; of U8 a third, the zero point, an integer in [-128, 127] that is taken from each byte.
 * Where `few` is set, and there are fewer rows than WEIR_FEW, the region is
 *
 *     [parameter][row][col]
 *
 * of float32, to which weights of 16 bits are widened, with zeros past the last col, to a multiple
 * of WEIR_ROW; of bytes, to a multiple of WEIR_BYTES_ROW, after WEIR_ROW words that begin with
 * those. Regions follow one another in the order of the table, each starting at a multiple of
 * WEIR_ROW words. Every weight is multiplied by its slot's scale, once, in float (kernel.scales; a
 * finite product that overflows becomes +-FLT_MAX); scales of matrices of a narrower type are 1. */
struct weir_region {
    enum weir_extent rows, cols;
    size_t count;
    const unsigned char *params; /* [count] indices into kernel.params */
    const unsigned short *tail; /* [count], or NULL */
    size_t tail_width;
    int few; /* matrices of a forward pass */
    enum weir_type type;
};

/* ---- Training ---- */

/* What training keeps of every time step lies in memory as [T][B][row], rows padded to WEIR_ROW:
 * the states, as [T + 1][B][row]; what the forward pass saves; and the deltas, which are the
 * gradients by each sum that the forward pass computes, by learned vectors and by x. Backward is a
 * run over the steps in reverse, by steps that are negative. */

/* Where an operand comes from: a state before (WEIR_PREV) or after (WEIR_NEXT) the step, a value
 * that forward stored (index into run.value), x as [T][B][row], or a delta. */
enum weir_source { WEIR_PREV, WEIR_NEXT, WEIR_VALUE, WEIR_X, WEIR_DELTA };

struct weir_given {
    enum weir_source source;
    unsigned index;
    enum weir_extent size;
};

/* How far what a run reads and writes moves from one time step to the next, in floats; NULL in a
 * run that keeps nothing. States take two steps to come by again: state_step is what two take. */
struct weir_tape {
    ptrdiff_t state_step[WEIR_STATES_MAX];
    ptrdiff_t value_step[WEIR_VALUES_MAX];
    const float *given[WEIR_GIVEN_MAX]; /* as the pass's givens say */
    ptrdiff_t given_step[WEIR_GIVEN_MAX];
    int ends; /* the states after the last step are not wanted: what only they need is left out */
};

/* Everything one call of a kernel reads and writes. Strides are in floats and may be negative or,
 * for x, zero. Memory the kernel writes must not overlap what it reads. */
struct weir_run {
    size_t T, B; /* time steps and rows of the batch, T >= 1 and B >= 1 */
    size_t I, H, P; /* read by size-generic kernels only */
    /* In this order, because compilers read neighbours as one, which has to wait where they were
     * written apart just before, as x and y are in every step of a stream. */
    const float *x; /* x[t * x_step + b * x_row + i], any alignment */
    ptrdiff_t x_step, y_step;
    float *y; /* y[t * y_step + b * y_row + h], any alignment */
    ptrdiff_t x_row, y_row;
    const float *weights; /* packed as kernel.regions say */
    /* state[t % 2][s] holds state s before step t as [B][row], rows padded to WEIR_ROW; the final
     * states are in state[T % 2]. The padding may hold anything and is overwritten. In y every NaN
     * is 0x7fc00000; in a state it may be any, which is for whoever copies states out to mend. */
    float *state[2][WEIR_STATES_MAX];
    float *value[WEIR_VALUES_MAX]; /* stored values, [B][row] each, as kernel.values say */
    float *bytes; /* operands of weights of 8 bits: kernel.byte_floats floats for every part */
    float *products; /* hoisted products: kernel.hoist_floats(B, I, H, P) floats */
    const struct weir_tape *tape; /* training: where each step's values lie; or NULL */
    /* Threads: part `part` of `parts` computes its share of the units, and calls `wait` (which
     * returns when all parts have called it) after every stage. With parts == 1 it is not called.
     */
    size_t part, parts;
    void (*wait)(void *barrier);
    void *barrier;
};

/* A pass of training: a run like forward's, over weights of its own, in whose regions matrices are
 * transposed: rows are the matrix's columns, and col its rows. */
struct weir_pass {
    const char *plan;
    const struct weir_region *regions;
    size_t region_count;
    void (*scales)(size_t I, size_t H, size_t P, float *scale);
    const enum weir_extent *values; /* what it stores */
    size_t value_count;
    const struct weir_given *givens;
    size_t given_count;
    void (*run)(const struct weir_run *run);
};

/* The gradient of a parameter is the sum over time steps and rows, in this order, of
 * delta operand^T, or of delta where the parameter is a vector; a parameter may have several. */
struct weir_outer {
    unsigned param, delta;
    struct weir_given operand; /* not used where the parameter is a vector */
};

struct weir_training {
    const enum weir_extent *saved; /* run.value after kernel.values: stored where there is a tape */
    size_t saved_count;
    /* backward: run.x is the gradient by y; run.state the gradients by the states, from the last
     * step to the first; the first delta_count of its values are the deltas. */
    const struct weir_pass *backward;
    size_t delta_count;
    /* input: run.y becomes the gradient by x; NULL where that is 0. */
    const struct weir_pass *input;
    const struct weir_outer *outers;
    size_t outer_count;
};

/* The sum over k of delta[k][r] * operand[k][c], for k = t * B + b ascending, one fused
 * multiply-add a k, to gradient[r][c] for the rows from `first` to `last`. */
struct weir_product {
    size_t T, B;
    const float *delta; /* delta[k * delta_row + r], from an address as a row of states has */
    size_t delta_row;
    const float *operand; /* operand[t * step + b * row + c], any alignment */
    ptrdiff_t step, row;
    size_t rows, cols, first, last; /* first is a multiple of WEIR_ROW */
    float *gradient; /* [rows][cols], any alignment; every NaN written is 0x7fc00000 */
    int accumulate; /* the sum begins with what is there */
    float *panel; /* WEIR_PANEL floats to work in */
    float *deltas; /* WEIR_DELTAS more, for copies of deltas whose rows lie far apart; or NULL */
};

enum { WEIR_PANEL = 128 * 64, WEIR_DELTAS = 256 * 256 };

/* Gradients of weights, for every cell and size: one of an ISA. */
struct weir_product_kernel {
    const char *name; /* product_f32_any__isa */
    enum weir_isa isa;
    void (*run)(const struct weir_product *product);
};

/* Which of the contracts of this file a kernel was generated for: another number wherever anything
 * in it that a kernel and the runtime share changes its meaning or its place. First in a kernel, so
 * that any can be asked. */
enum { WEIR_CONTRACT = 6 };

struct weir_kernel {
    unsigned contract; /* WEIR_CONTRACT */
    const char
        *name; /* cell_type_iI_hH[_pP]__isa[_sleef][_cpu]; a size-generic one: cell_type_any__isa */
    const char *cell;
    const char *plan; /* the decisions it was generated with, as weir-gen --plan takes them */
    enum weir_isa isa;
    enum weir_math math;
    enum weir_type type; /* of its matrices */
    /* The microarchitecture (microarchitecture.h) on which its plan was measured, and for which
     * alone it is chosen; NULL: for all. The last part of its name. */
    const char *tuned_for;
    size_t I, H, P; /* the sizes it serves; 0, 0, 0: any (P is 0 also where a cell has none) */
    size_t lanes; /* of a vector, and so of a block of packed weights */
    const struct weir_param *params;
    size_t param_count;
    const struct weir_state *states;
    size_t state_count;
    const enum weir_extent *values; /* sizes of the stored values */
    size_t value_count;
    const struct weir_region *regions;
    size_t region_count;
    /* Writes the scale of every slot of every region, in the order of the tables. */
    void (*scales)(size_t I, size_t H, size_t P, float *scale);
    /* How many floats of run.products a batch of B rows needs; 0 where nothing is hoisted. It never
     * falls as B grows. */
    size_t (*hoist_floats)(size_t B, size_t I, size_t H, size_t P);
    /* How many floats of run.bytes each part needs for B rows; NULL but for weights of 8 bits. It
     * never falls as B grows. */
    size_t (*byte_floats)(size_t B, size_t I, size_t H, size_t P);
    void (*forward)(const struct weir_run *run);
    const struct weir_training *training; /* NULL: it was generated without */
};

#ifdef __cplusplus
}
#endif
#endif
