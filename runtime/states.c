/* SPDX-License-Identifier: MIT */
/* States between the caller's plain rows and the padded ones that kernels work on. Copying them is
 * part of every call. */
#include "libweir.h"

#include <math.h>
#include <string.h>

/* The padding is zeroed so that nothing left in it can turn, step by step, into slow denormals. */
void weir_load_state(float *padded, const float *plain, size_t rows, size_t size, size_t row)
{
    if (!plain) {
        memset(padded, 0, rows * row * sizeof *padded);
    } else if (size == row) {
        memcpy(padded, plain, rows * size * sizeof *padded);
    } else {
        for (size_t b = 0; b < rows; b++, padded += row, plain += size) {
            memset(padded + row - WEIR_ROW, 0, WEIR_ROW * sizeof *padded); /* of a known size */
            memcpy(padded, plain, size * sizeof *padded);
        }
    }
}

typedef float four __attribute__((vector_size(16)));
typedef int four_bits __attribute__((vector_size(16)));

/* Whether any number of a padded row is NaN, or anything in its padding. */
static bool has_nan(const float *padded, size_t row)
{
    enum { FOURS = WEIR_ROW / 4 };
    four_bits found = {0};
    for (size_t k = 0; k < row; k += WEIR_ROW) {
        four values[FOURS];
        memcpy(values, padded + k, sizeof values);
        for (size_t i = 0; i < FOURS; i++)
            found |= values[i] != values[i];
    }
    uint64_t halves[2];
    memcpy(halves, &found, sizeof halves);
    return halves[0] | halves[1];
}

/* From a padded row to a plain one. Every NaN becomes the one that weir.h promises, because which
 * one a kernel makes depends on its ISA. That there is none is known sooner: a stream pays for this
 * at every step. */
static void store_row(float *plain, const float *padded, size_t size, size_t row)
{
    memcpy(plain, padded, size * sizeof *plain);
    if (has_nan(padded, row))
        for (size_t k = 0; k < size; k++)
            plain[k] = isnan(padded[k]) ? NAN : padded[k];
}

void weir_store_state(float *plain, const float *padded, size_t rows, size_t size, size_t row)
{
    for (size_t b = 0; b < rows; b++, plain += size, padded += row)
        store_row(plain, padded, size, row);
}

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
