/* SPDX-License-Identifier: MIT */
/* What the files of libweir share with one another and with nobody else. All of it is hidden in the
 * shared library. */
#ifndef WEIR_INTERNAL_H
#define WEIR_INTERNAL_H

#include "cpu.h"
#include "kernel.h"
#include "weir.h"

#include <stdint.h>

/* ---- message.c: sentences for those who must act on an error ---- */

/* Fills *error, which may be NULL, and returns the status. */
weir_status weir_fail(weir_error *error, weir_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Names separated by commas, as many as fit; the rest is counted. Starts zeroed. */
struct weir_list {
    char text[220];
    size_t length, left_out;
};
void weir_list_add(struct weir_list *list, const char *name);
const char *weir_list_end(struct weir_list *list); /* the text, once all is added */

/* ---- Sizes ---- */

struct weir_sizes {
    size_t I, H, P;
};

/* No size, and no batch, is larger, so that a kernel which multiplies a few of them cannot
 * overflow. */
#define WEIR_SIZE_MAX ((size_t)1 << 24)

static inline size_t weir_extent_of(enum weir_extent extent, struct weir_sizes sizes)
{
    const size_t table[] = {
        [WEIR_ONE] = 1, [WEIR_I] = sizes.I, [WEIR_H] = sizes.H, [WEIR_P] = sizes.P};
    return table[extent];
}

/* Arithmetic that stays at SIZE_MAX, which cannot be allocated, instead of wrapping around: one
 * check at the end, by weir_allocate, covers a whole formula. */
static inline size_t weir_times(size_t a, size_t b)
{
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

static inline size_t weir_plus(size_t a, size_t b)
{
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static inline size_t weir_round_up(size_t a, size_t unit)
{
    return weir_times(a / unit + (a % unit != 0), unit);
}

/* "I=2, H=64" or "I=2, H=64, P=32". */
struct weir_words {
    char text[96];
};
struct weir_words weir_sizes_in_words(struct weir_sizes sizes);

/* ---- memory.c ---- */

/* Zeroed, touched, 64-byte aligned memory for so many floats, large blocks on huge pages; NULL if
 * there is none. Freed by free(). */
float *weir_allocate(size_t floats);

/* ---- registry.c and cell.c: the kernels of this build, and what a cell is ---- */

const struct weir_kernel *weir_registry_find(const char *name);

/* Any kernel of a cell; fails with the cells there are. */
weir_status weir_cell_find(const char *cell, const struct weir_kernel **kernel, weir_error *error);

/* Whether a layer of this cell can have these sizes. */
weir_status weir_cell_check_sizes(const struct weir_kernel *kernel, struct weir_sizes sizes,
                                  weir_error *error);

/* ---- select.c: which kernel a layer runs ---- */

/* A kernel and why it was chosen. */
struct weir_choice {
    const struct weir_kernel *kernel;
    char why[160];
};
weir_status weir_select(const weir_layer_config *config, struct weir_choice *choice,
                        weir_error *error);

/* ---- own.c: kernels that the caller brings ---- */

weir_status weir_own_check(const struct weir_kernel *kernel, weir_error *error);

/* ---- pack.c: from canonical weights to packed ones ---- */

/* Packs config->weights for the kernel into memory of its own. */
weir_status weir_pack(const struct weir_kernel *kernel, const weir_layer_config *config,
                      float **packed, weir_error *error);

/* ---- pool.c: several threads on one run ---- */

/* Sets how a run is shared by the threads of a pool (NULL: the calling one), at most `most`. */
void weir_pool_share(weir_pool *pool, struct weir_run *run, size_t most);

/* Runs a kernel by as many threads as run->parts, at least two. The run may change as soon as this
 * returns: whoever still returns from it has its own copy. */
void weir_pool_run(weir_pool *pool, const struct weir_kernel *kernel, const struct weir_run *run);

#endif
