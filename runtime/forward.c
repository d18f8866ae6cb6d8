/* SPDX-License-Identifier: MIT */
/* Running a layer: states are copied in and out, between the caller's plain rows and the padded
 * ones that kernels work on, and the kernel is called, once for every slice of the batch that fits
 * the layer's memory, or has a pool call it. All of it is what a step of a stream pays for beside
 * its maths, so that it is one function but for what a step does not need. */
#include "libweir.h"

#include <math.h>
#include <string.h>

/* What a step of a stream does not need would take registers from what it does. */
#define APART static __attribute__((noinline)) void

/* ---- In ---- */

/* The padding is zeroed so that nothing left in it can turn, step by step, into slow denormals.
 * With it goes what is to be overwritten, or is done with, so that the size is known. */
static inline void clear_padding(float *padded, size_t rows, size_t size, size_t row)
{
    for (size_t b = 0; size < row && b < rows; b++, padded += row)
        memset(padded + row - WEIR_ROW, 0, WEIR_ROW * sizeof *padded);
}

/* One row, as streams have, or rows without padding: one piece. */
static inline bool is_one_piece(size_t rows, size_t size, size_t row)
{
    return rows == 1 || size == row;
}

APART load_apart(float *padded, const float *plain, size_t rows, size_t size, size_t row)
{
    for (size_t b = 0; b < rows; b++, padded += row, plain += size)
        memcpy(padded, plain, size * sizeof *padded);
}

static inline void load_rows(float *padded, const float *plain, size_t rows, size_t size,
                             size_t row)
{
    if (!plain)
        memset(padded, 0, rows * row * sizeof *padded);
    else if (is_one_piece(rows, size, row))
        memcpy(padded, plain, rows * size * sizeof *padded);
    else
        load_apart(padded, plain, rows, size, row);
}

void weir_load_state(float *padded, const float *plain, size_t rows, size_t size, size_t row)
{
    clear_padding(padded, rows, size, row);
    load_rows(padded, plain, rows, size, row);
}

static inline void states_in(const weir_layer *layer, const float *const *initial, size_t first)
{
    const size_t states = layer->kernel->state_count, rows = layer->run.B;
    for (size_t s = 0; s < states; s++) {
        const size_t size = layer->state_size[s];
        const float *plain = initial ? initial[s] : NULL;
        load_rows(layer->run.state[0][s], plain ? plain + first * size : NULL, rows, size,
                  layer->state_row[s]);
    }
}

/* ---- Out ---- */

typedef float four __attribute__((vector_size(16), may_alias));
typedef uint64_t halves __attribute__((vector_size(16)));

/* Whether any of so many floats of padded rows is NaN, or anything in their padding. */
static inline bool has_nan(const float *padded, size_t floats)
{
    const four *end = (const four *)(padded + floats);
    halves found = {0};
    for (const four *fours = (const four *)padded; fours < end; fours += WEIR_ROW / 4)
        for (size_t i = 0; i < WEIR_ROW / 4; i++)
            found |= (halves)(fours[i] != fours[i]);
    return found[0] | found[1];
}

APART mend(float *plain, const float *padded, size_t floats)
{
    for (size_t k = 0; k < floats; k++)
        plain[k] = isnan(padded[k]) ? NAN : padded[k];
}

/* Every NaN becomes the one that weir.h promises, because which one a kernel makes depends on its
 * ISA. That there is none is known sooner: a stream pays for this at every step. */
static inline void store_piece(float *plain, const float *padded, size_t floats,
                               size_t padded_floats)
{
    if (has_nan(padded, padded_floats))
        mend(plain, padded, floats);
    else
        memcpy(plain, padded, floats * sizeof *plain);
}

APART store_apart(float *plain, const float *padded, size_t rows, size_t size, size_t row)
{
    for (size_t b = 0; b < rows; b++, plain += size, padded += row)
        store_piece(plain, padded, size, row);
}

static inline void store_rows(float *plain, const float *padded, size_t rows, size_t size,
                              size_t row)
{
    if (is_one_piece(rows, size, row))
        store_piece(plain, padded, rows * size, rows * row);
    else
        store_apart(plain, padded, rows, size, row);
}

void weir_store_state(float *plain, const float *padded, size_t rows, size_t size, size_t row)
{
    store_rows(plain, padded, rows, size, row);
}

APART clear_paddings(const weir_layer *layer)
{
    for (size_t s = 0; s < layer->kernel->state_count; s++)
        clear_padding(layer->run.state[0][s], layer->run.B, layer->state_size[s],
                      layer->state_row[s]);
}

static inline void states_out(const weir_layer *layer, float *const *final, size_t first)
{
    const struct weir_run *run = &layer->run;
    float *const *padded = run->state[run->T % 2];
    const size_t states = layer->kernel->state_count, rows = run->B;
    for (size_t s = 0; final && s < states; s++) {
        const size_t size = layer->state_size[s];
        if (final[s])
            store_rows(final[s] + first * size, padded[s], rows, size, layer->state_row[s]);
    }
    if (run->T > 1) /* else it was not written */
        clear_paddings(layer);
}

/* ---- No step ---- */

void weir_pass_states(const weir_layer *layer, size_t rows, const float *const *in,
                      float *const *out)
{
    for (size_t s = 0; out && s < layer->kernel->state_count; s++) {
        const size_t bytes = rows * layer->state_size[s] * sizeof(float);
        if (!out[s])
            continue;
        if (in && in[s])
            memmove(out[s], in[s], bytes);
        else
            memset(out[s], 0, bytes);
    }
}

/* ---- Running ---- */

void weir_layer_share(const weir_layer *layer, struct weir_run *run)
{
    const bool shared = layer->parts > 1 && run->B >= layer->share_least;
    run->parts = shared && weir_pool_has_threads(layer->pool) ? layer->parts : 1;
}

/* One part of a run. */
static void run_part(const void *job, size_t part, void *barrier)
{
    const weir_layer *layer = job;
    struct weir_run run = layer->run;
    run.part = part;
    run.barrier = barrier;
    layer->kernel->forward(&run);
}

/* The kernel, once, over the rows of the layer's run. */
static inline void run_kernel(weir_layer *layer)
{
    weir_layer_share(layer, &layer->run);
    if (layer->run.parts > 1)
        weir_pool_run(layer->pool, run_part, layer, layer->run.parts);
    else
        layer->kernel->forward(&layer->run);
}

void weir_layer_run(weir_layer *layer)
{
    run_kernel(layer);
}

/* Where x and y lie. Outputs that are not wanted go where every step overwrites the one before. */
static inline void lay_out(const weir_layer *layer, const weir_sequence *sequence,
                           struct weir_run *run)
{
    const size_t B = sequence->B, input = layer->sizes.I, output = layer->state_size[0];
    run->x_step = weir_stride_or(sequence->x_step, B * input);
    run->x_row = weir_stride_or(sequence->x_row, input);
    run->y_step = sequence->y ? weir_stride_or(sequence->y_step, B * output) : 0;
    run->y_row =
        sequence->y ? weir_stride_or(sequence->y_row, output) : (ptrdiff_t)layer->state_row[0];
}

void weir_layer_forward(weir_layer *layer, const weir_sequence *sequence)
{
    struct weir_run *run = &layer->run;
    const size_t B = sequence->B;
    if (!sequence->T) {
        weir_pass_states(layer, B, sequence->initial, sequence->final);
        return;
    }
    run->T = sequence->T;
    lay_out(layer, sequence, run);
    for (size_t first = 0; first < B; first += run->B) {
        const ptrdiff_t row = (ptrdiff_t)first;
        run->B = B - first < layer->max_batch ? B - first : layer->max_batch;
        run->x = sequence->x + row * run->x_row;
        run->y = sequence->y ? sequence->y + row * run->y_row : layer->unwanted;
        states_in(layer, sequence->initial, first);
        run_kernel(layer);
        states_out(layer, sequence->final, first);
    }
}
