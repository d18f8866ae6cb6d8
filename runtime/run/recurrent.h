/* SPDX-License-Identifier: MIT */
/* The layers of a recurrent node, and one call of it. */
#ifndef WEIR_RUN_RECURRENT_H
#define WEIR_RUN_RECURRENT_H

#include "deploy/fold.h"
#include "run/run.h"
#include "weir.h"

/* The layers of one recurrent node, and the states that it keeps between calls. */
struct node_layers {
    const struct fold *fold; /* what its only layer computes, too; NULL: nothing */
    weir_layer *layer[2]; /* by direction; NULL: its weights are not constants */
    bool lacks_kernel; /* why there are none */
    float *kept[2][2]; /* by direction and state: [kept_rows][H]; NULL: nothing is kept yet */
    size_t kept_rows;
};

/* The fold is NULL, or one that the layers are to compute. */
bool run_layers_create(const onnx_recurrent *recurrent, const struct fold *fold,
                       const run_options *options, struct node_layers *layers,
                       struct failure *failure);
void run_layers_destroy(struct node_layers *layers);
void run_layers_forget(struct node_layers *layers);

/* What a recurrent node is called with; NULL where inputs are left out or outputs not wanted. */
struct recurrent_call {
    const onnx_recurrent *recurrent;
    struct node_layers *layers;
    const onnx_tensor *x, *sequence_lens, *initial[2];
    onnx_tensor *y, *final[2]; /* y: or what the fold gives in its place */
    bool keep_states;
    onnx_memory *memory;
    struct failure *failure;
};

/* Whether the shapes of the inputs agree; then all outputs can be made and computed. */
bool run_recurrent_check(struct recurrent_call *call, size_t *T, size_t *B);
bool run_recurrent(struct recurrent_call *call);

#endif
