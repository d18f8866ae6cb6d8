/* SPDX-License-Identifier: MIT */
/* A step of many streams, whose inputs, outputs and states lie anywhere. Kernels work on rows that
 * are evenly spaced, and on states that are copied to padded rows in any case: here each row is
 * copied from where it lies, and back. */
#include "libweir.h"

#include <string.h>

/* So many streams from `first` on are the rows of a run. */
static void gather(const weir_layer *layer, const weir_streams *streams, size_t first)
{
    const size_t I = layer->sizes.I, rows = layer->run.B;
    for (size_t b = 0; b < rows; b++)
        memcpy(layer->gathered + b * I, streams->x[first + b], I * sizeof(float));
    for (size_t s = 0; s < layer->kernel->state_count; s++) {
        const size_t size = layer->state_size[s], row = layer->state_row[s];
        float *const *from = streams->states ? streams->states[s] : NULL;
        float *to = layer->run.state[0][s];
        if (!from)
            memset(to, 0, rows * row * sizeof *to);
        for (size_t b = 0; from && b < rows; b++, to += row)
            memcpy(to, from[first + b], size * sizeof *to);
    }
}

static void scatter(const weir_layer *layer, const weir_streams *streams, size_t first)
{
    const size_t rows = layer->run.B;
    for (size_t s = 0; s < layer->kernel->state_count; s++) {
        const size_t size = layer->state_size[s], row = layer->state_row[s];
        float *const *to = streams->states ? streams->states[s] : NULL;
        for (size_t b = 0; to && b < rows; b++)
            weir_store_state(to[first + b], layer->run.state[1][s] + b * row, 1, size, row);
    }
    for (size_t b = 0; streams->y && b < rows; b++)
        memcpy(streams->y[first + b], layer->unwanted + b * layer->state_row[0],
               layer->state_size[0] * sizeof(float));
}

void weir_layer_step_many(weir_layer *layer, const weir_streams *streams)
{
    struct weir_run *run = &layer->run;
    run->T = 1;
    run->x = layer->gathered;
    run->y = layer->unwanted;
    run->x_row = (ptrdiff_t)layer->sizes.I;
    run->y_row = (ptrdiff_t)layer->state_row[0];
    run->x_step = run->y_step = 0;
    for (size_t first = 0; first < streams->n; first += run->B) {
        const size_t rest = streams->n - first;
        run->B = rest < layer->max_batch ? rest : layer->max_batch;
        gather(layer, streams, first);
        weir_layer_run(layer);
        scatter(layer, streams, first);
    }
}
