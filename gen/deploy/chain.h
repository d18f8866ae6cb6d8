/* SPDX-License-Identifier: MIT */
/* An ONNX model as a chain of layers, while it is read. What is done to it returns false where it
 * fails, with the sentence in the chain's failure. */
#ifndef WEIR_CHAIN_H
#define WEIR_CHAIN_H

#include "deploy/deploy.h"
#include "onnx/onnx.h"

/* What an axis is: time; something of a known size; or, from 0 on, one of the input's whose size is
 * not known, which time or a batch will be. */
enum { AXIS_TIME = -1, AXIS_PLAIN = -2 };

/* An axis of the value that the chain has come to; size 0: not known. */
struct axis {
    size_t size;
    int id;
};

/* Stands for a number of steps that is not known, where a model computes with its own shapes. */
enum { STEPS_UNKNOWN = 7919 };

/* What is known of a value: where the chain came by, its axes; where it is computed from constants
 * and shapes alone, all of it. */
struct known {
    size_t rank;
    struct axis axes[ONNX_RANK_MAX];
    const onnx_tensor *tensor;
};

struct chain {
    const onnx_model *onnx;
    struct deploy_model *model;
    struct failure *failure;
    onnx_memory *memory; /* of what is made here */
    const onnx_node *node; /* in work */
    int input, lengths, output; /* values: of the model's input and output; sequence_lens, or -1 */
    int value, final; /* where the chain has come to; and its last layer's final state, or -1 */
    struct axis axes[ONNX_RANK_MAX], final_axes[ONNX_RANK_MAX];
    size_t rank, final_rank, fixed_steps;
    struct known *known; /* of every value */
    int batch; /* which of the input's axes is the batch, where its size is not known; or -1 */
    size_t batch_size; /* where it is known */
    const char *before; /* a function of the value that is still to be applied; NULL: none */
    struct product *product; /* the last layer, where it is one; or NULL */
};

/* Fails: the node in work cannot be deployed. */
bool chain_refuse(const struct chain *chain, const char *reason, ...)
    __attribute__((format(printf, 2, 3)));

/* A value that is a constant, or NULL; an input of the node that is one. */
const onnx_tensor *chain_value(const struct chain *chain, int value);
const onnx_tensor *chain_constant(const struct chain *chain, size_t input);

/* Memory that lives as long as the chain, or NULL; a text as a cell in it. */
void *chain_take(struct chain *chain, size_t count, size_t size);
bool chain_cell(struct chain *chain, const char *text, struct source *cell);

struct deploy_layer *chain_add_layer(struct chain *chain); /* NULL: there are too many */
size_t chain_width(const struct chain *chain); /* the floats of one step */
void chain_note(struct chain *chain); /* where it has come to */

/* axes.c */
bool chain_transpose(struct chain *chain);
bool chain_squeeze(struct chain *chain);
bool chain_unsqueeze(struct chain *chain);
bool chain_reshape(struct chain *chain);
bool chain_cast(struct chain *chain);
bool chain_gather(struct chain *chain);
bool chain_slice(struct chain *chain);

/* shapes.c: computes the node where it depends on constants and shapes only. */
bool chain_compute(struct chain *chain, bool *computed);

/* data.c: an input and output of the model from a folder. */
bool chain_data(struct chain *chain, const char *folder);

/* products.c */
bool chain_matmul(struct chain *chain);
bool chain_gemm(struct chain *chain);
bool chain_add(struct chain *chain);
bool chain_function(struct chain *chain); /* of one value */

#endif
