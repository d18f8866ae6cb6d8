/* SPDX-License-Identifier: MIT */
/* Cells: what a direction of a recurrent node computes, as a cell file, and its weights under the
 * names of that. */
#ifndef WEIR_ONNX_CELL_H
#define WEIR_ONNX_CELL_H

#include "onnx/onnx.h"

/* An activation of a recurrent node: its row in the table, and its parameters. */
typedef struct onnx_activation {
    const char *function; /* in the cell language */
    size_t parameters; /* how many of alpha and beta it has */
    float alpha, beta;
} onnx_activation;

/* What the cell of one direction computes. */
typedef struct onnx_maths {
    const struct onnx_kind *kind;
    onnx_activation activation[3];
    float clip; /* 0: none */
    bool coupled; /* LSTM: the forget gate is 1 - i */
    bool peepholes; /* LSTM */
    bool reset_after; /* GRU: linear_before_reset */
} onnx_maths;

/* RNN, LSTM or GRU: what tells them apart. */
typedef struct onnx_kind {
    const char *op;
    size_t gates, states, activations, inputs;
    const char *defaults[3]; /* activations */
    /* The text of a cell, in memory; its first line is left out. */
    char *(*write)(onnx_memory *memory, const onnx_maths *maths);
} onnx_kind;

const onnx_kind *onnx_kind_find(const char *op);

/* The name and text of a cell, and the names and shapes of its weights. */
bool onnx_cell_write(onnx_memory *memory, const onnx_maths *maths, onnx_pass *pass);
void onnx_cell_weights(const onnx_maths *maths, size_t I, size_t H, onnx_pass *pass);

/* The weights of direction d from W, R, B, P and what bytes come with. */
bool onnx_cell_split(onnx_memory *memory, const onnx_maths *maths, size_t direction, size_t I,
                     size_t H, const onnx_tensor *const given[ONNX_GIVEN], onnx_pass *pass);

/* ---- quantised_lstm.c: DynamicQuantizeLSTM, an LSTM whose W and R are bytes ---- */

bool onnx_is_quantised(const char *op);

/* Whether W, R, their scales and zero points agree with I, H and directions; sets the type. */
bool onnx_quantised_check(const onnx_tensor *const given[ONNX_GIVEN], onnx_recurrent *recurrent,
                          struct failure *failure);

/* The matrix of a gate and direction, [H][cols], from W (0) or R (1); NULL: there is no memory. */
const onnx_bytes *onnx_quantised_matrix(onnx_memory *memory,
                                        const onnx_tensor *const given[ONNX_GIVEN], size_t which,
                                        size_t direction, size_t gate, size_t H);

#endif
