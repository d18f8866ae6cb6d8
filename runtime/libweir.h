/* SPDX-License-Identifier: MIT */
/* What the files of libweir share with one another and with nobody else. All of it is hidden in the
 * shared library. */
#ifndef WEIR_LIBWEIR_H
#define WEIR_LIBWEIR_H

#include "cpu.h"
#include "fail.h"
#include "kernel.h"
#include "packing.h"
#include "weir.h"

#include <stdint.h>

/* ---- message.c: sentences for those who must act on an error ---- */

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

/* The kernel of gradients of weights for an ISA, or NULL. */
const struct weir_product_kernel *weir_registry_product(enum weir_isa isa);

/* Any kernel of a cell; fails with the cells there are. */
weir_status weir_cell_find(const char *cell, const struct weir_kernel **kernel, weir_error *error);

/* Whether a layer of this cell can have these sizes. */
weir_status weir_cell_check_sizes(const struct weir_kernel *kernel, struct weir_sizes sizes,
                                  weir_error *error);

/* ---- select.c: which kernel a layer runs ---- */

/* A kernel and why it was chosen. */
struct weir_choice {
    const struct weir_kernel *kernel;
    char why[200];
};
weir_status weir_select(const weir_layer_config *config, struct weir_choice *choice,
                        weir_error *error);

/* ---- own.c: kernels that the caller brings ---- */

weir_status weir_own_check(const struct weir_kernel *kernel, weir_error *error);

/* ---- pack.c: from canonical weights to packed ones ---- */

/* The number of a parameter by name; param_count: there is none. */
size_t weir_param_find(const struct weir_kernel *kernel, const char *name);

/* Sets data[i], zeroed before, to what the configuration gives for kernel.params[i]. */
weir_status weir_match_weights(const struct weir_kernel *kernel, const weir_layer_config *config,
                               struct weir_numbers *data, weir_error *error);

/* The weights of one pass, packed: what it walks through, and where that lies. */
struct weir_packing {
    const struct weir_kernel *kernel;
    struct weir_sizes sizes;
    const struct weir_region *regions;
    size_t region_count;
    bool transposed; /* see struct weir_pass */
    float *scale, *packed;
};

/* Allocates what a packing, filled in but for the last two, needs. */
weir_status weir_packing_create(struct weir_packing *packing,
                                void (*scales)(size_t, size_t, size_t, float *), weir_error *error);
void weir_packing_free(struct weir_packing *packing);

/* Packs weights, in the order of kernel.params. */
void weir_pack(const struct weir_packing *packing, const struct weir_numbers *data);

/* ---- given.c: weights of several types ---- */

/* What a weight of the configuration is made of; data is NULL where it has none of its type. */
struct weir_numbers weir_numbers_of(const weir_weight *weight);

/* The type of a layer that is asked for none: f32, unless there are matrices of bytes; then the one
 * that holds them all. */
enum weir_type weir_type_of_weights(const weir_layer_config *config);

/* Checks what the configuration says of its weights beside their data: their types, and of bytes
 * how many scales and zero points there are. */
weir_status weir_check_given(const struct weir_kernel *kernel, const weir_layer_config *config,
                             weir_error *error);

/* Whether a kernel takes all weights, in the order of kernel.params, and its type holds them. */
weir_status weir_check_numbers(const struct weir_kernel *kernel, struct weir_sizes sizes,
                               const struct weir_numbers *data, weir_error *error);

/* ---- pool.c: several threads on one job ---- */

/* What each part does of a job; at the barrier it waits for the others, and must do so after it has
 * last read the job, which may change as soon as part 0 has returned. */
typedef void weir_work(const void *job, size_t part, void *barrier);

/* Sets how a run is shared by the threads of a pool (NULL: the calling one), at most `most`. */
void weir_pool_share(weir_pool *pool, struct weir_run *run, size_t most);

/* Whether the calling process has the threads of a pool: one forked since it was made has none. */
bool weir_pool_has_threads(const weir_pool *pool);

/* Does a job by so many threads, at least two. */
void weir_pool_run(weir_pool *pool, weir_work *work, const void *job, size_t parts);

/* ---- share.c: whether a run is worth sharing ---- */

/* What sharing a step takes, in nanoseconds: for the parts to meet, and for each line of memory
 * that one wrote and another reads: lines are waited for one after another. */
struct weir_share_cost {
    double barrier, line;
};

/* Measures it on all threads of a pool; false where there is no memory for that. */
bool weir_share_measure(weir_pool *pool, struct weir_share_cost *cost);
const struct weir_share_cost *weir_pool_cost(const weir_pool *pool);

/* The fewest rows for which a layer is faster by so many parts than by one; SIZE_MAX: never. */
size_t weir_share_least(const weir_layer *layer, size_t parts, const struct weir_share_cost *cost);

/* ---- layer.c ---- */

struct weir_layer {
    const struct weir_kernel *kernel;
    weir_pool *pool; /* read only where parts > 1 */
    size_t parts, share_least; /* how many share a run, if it has so many rows */
    struct weir_sizes sizes;
    size_t max_batch;
    size_t state_size[WEIR_STATES_MAX], state_row[WEIR_STATES_MAX];
    struct weir_packing forward, backward, input; /* the last two are for training */
    const struct weir_product_kernel *product; /* training: for gradients of weights; or NULL */
    float *gathered; /* inputs of streams that lie anywhere, [max_batch][I] */
    float *unwanted; /* outputs that the caller does not want, [max_batch][state_row[0]] */
    struct weir_run run; /* all of it that is the same in every call */
};

/* Sets how a run of run->B rows, of this layer, is shared. In a process forked since the pool was
 * made the calling thread computes alone. */
void weir_layer_share(const weir_layer *layer, struct weir_run *run);

/* forward.c: runs the kernel once, over the rows that layer->run says. */
void weir_layer_run(weir_layer *layer);

static inline ptrdiff_t weir_stride_or(ptrdiff_t stride, size_t usual)
{
    return stride ? stride : (ptrdiff_t)usual;
}

/* ---- forward.c: states between plain rows and padded ones ---- */

/* From plain rows to padded ones; NULL means zeros. The padding is zeroed too. */
void weir_load_state(float *padded, const float *plain, size_t rows, size_t size, size_t row);

/* From padded rows to plain ones; every NaN becomes the one that weir.h promises. */
void weir_store_state(float *plain, const float *padded, size_t rows, size_t size, size_t row);

/* No step at all: what comes out, one array a state, is what goes in (NULL: zeros). */
void weir_pass_states(const weir_layer *layer, size_t rows, const float *const *in,
                      float *const *out);

/* ---- training.c ---- */

/* Whether a layer that is being made can be trained; packs its weights for that. */
weir_status weir_training_create(weir_layer *layer, weir_error *error);

/* ---- workspace.c: where a step of training keeps what ---- */

/* The parts of a workspace, all of them rows padded to WEIR_ROW. */
struct weir_workspace {
    float *state[WEIR_STATES_MAX]; /* [T + 1][B][row] */
    float *value[WEIR_VALUES_MAX]; /* [T][B][row]: kernel.values, then training.saved */
    float *delta[WEIR_VALUES_MAX]; /* backward.values: deltas [T][B][row], then [B][row] */
    float *d_state[2][WEIR_STATES_MAX]; /* [B][row] */
    float *x; /* [T][B][row], where backward is given it */
    float *products; /* of forward */
    float *zeros; /* [B][row], for what is not given */
    float *unwanted; /* [B][row], for what is not wanted */
    float *panel; /* [parts][WEIR_PANEL] */
    float *deltas; /* [parts][WEIR_DELTAS], where they pay for a gradient; or NULL */
};

/* Whether deltas are copied for a gradient of that size: where it is so large that walking over it
 * for every block of steps drives them out of the cache. */
bool weir_deltas_pay(size_t rows, size_t cols);

/* The floats from one time step to the next of rows of this extent. */
size_t weir_step_floats(const weir_layer *layer, enum weir_extent extent, size_t B);

/* Lays the workspace out from `memory` on (NULL: only counts) and returns its floats, SIZE_MAX for
 * too many. */
size_t weir_workspace_lay(const weir_layer *layer, size_t T, size_t B, float *memory,
                          struct weir_workspace *workspace);

#endif
