/* SPDX-License-Identifier: MIT */
/* An ONNX model as a chain of layers, while it is read. What is done to it returns false where it
 * fails, with the sentence in the chain's failure.
 *
 * Every value on the way has symbolic axes, over rows of floats that lie as the layers give them:
 * one row a time step, in it direction after direction, and in those unit after unit. A node that
 * moves data only changes what the axes are; layers, and the end, need them in the order of memory.
 * Which axes of the model's input are time and batch is not known before a node tells: the chain is
 * then walked again from its beginning, knowing that. */
#ifndef WEIR_CHAIN_H
#define WEIR_CHAIN_H

#include "deploy/deploy.h"
#include "onnx/onnx.h"

enum axis_kind {
    AXIS_ONE, /* of size 1: nothing moves with it. A batch is one */
    AXIS_TIME, /* its size is chain->steps */
    AXIS_BATCH, /* rows of which nothing is known, of nodes that run one by one (fold.h) */
    AXIS_DIRECTION, /* of the last layer */
    AXIS_UNIT, /* any other of a known size */
    AXIS_INPUT /* of the model's input, and nothing has told what it is */
};

struct axis {
    enum axis_kind kind;
    size_t size; /* 0: not known, of AXIS_TIME and AXIS_INPUT */
    size_t place; /* its rank in memory, among those that are not AXIS_ONE */
    size_t input; /* which axis of the model's input, of AXIS_INPUT */
};

struct axes {
    size_t rank;
    struct axis axis[ONNX_RANK_MAX];
};

/* What an element of a constant stands for beside its own value, which is then right for
 * chain->steps only (0: for nothing); from SYMBOL_INPUT on, the size of an axis of the input. */
enum symbol { SYMBOL_NONE, SYMBOL_STEPS, SYMBOL_BY_STEPS, SYMBOL_INPUT };

/* What is known of a value. */
struct known {
    bool is_rows; /* a layer gives it, or it is the model's input: it has axes */
    struct axes axes;
    const onnx_tensor *tensor; /* computed from constants and shapes alone; else NULL */
    const onnx_tensor *symbols; /* of its elements; NULL: they are plain numbers */
    bool is_open; /* it is computed from sizes that are not known */
};

struct chain {
    const onnx_model *onnx;
    struct deploy_model *model;
    struct failure *failure;
    onnx_memory *data; /* of tensors from --data */
    const onnx_node *node; /* in work */
    struct known *known; /* of every value */
    int input, output; /* the model's; -1: single nodes are taken */
    int lengths; /* the input that is the length of the sequence; -1: there is none */
    int value, final; /* where the chain has come to; the last layer's final state, or -1 */
    int fed; /* what the last recurrent node is given */
    struct axes axes; /* of that value */
    struct axis told[ONNX_RANK_MAX]; /* what the axes of the model's input are */
    bool again; /* more of them is known now */
    size_t steps; /* of a sequence; 0: any number */
    bool is_fixed; /* the model says so; else --steps does */
    const char *before; /* a function of the value that is still to be applied; NULL: none */
    struct product *product; /* the last layer, where it is one; or NULL */
};

/* Fails: the node in work cannot be deployed. */
bool chain_refuse(const struct chain *chain, const char *reason, ...)
    __attribute__((format(printf, 2, 3)));

/* A value that is a constant, or NULL; an input of the node that is one. */
const onnx_tensor *chain_value(const struct chain *chain, int value);
const onnx_tensor *chain_constant(const struct chain *chain, size_t input);

/* Whether every constant that the node takes has a value. Where that depends on the number of
 * steps, calls are of exactly that number. */
bool chain_settle(struct chain *chain);

/* The value that this one is, under another name; the one that has the same rows, from before nodes
 * that only say how data lies. */
int chain_root(const struct chain *chain, int value);
int chain_rows(const struct chain *chain, int value);

/* Memory that lives as long as the chain, or NULL; a text as a cell in it. */
void *chain_take(struct chain *chain, size_t count, size_t size);
bool chain_cell(struct chain *chain, const char *text, struct source *cell);

struct deploy_layer *chain_add_layer(struct chain *chain); /* NULL: there are too many */
struct deploy_layer *chain_last(const struct chain *chain); /* the last one, or NULL */

/* ---- Axes ---- */

/* An axis of a known size. */
struct axis axis_of(enum axis_kind kind, size_t size, size_t place);

/* An axis of the model's input turns out to be this; the walk begins again. True. */
bool chain_tell(struct chain *chain, const struct axis *axis, enum axis_kind kind, size_t size);

/* Whether the axes are in the order of memory, as far as it is told what they are. */
bool chain_is_ordered(const struct chain *chain);

/* An axis of the value, which ONNX counts from either end. */
bool chain_axis(const struct chain *chain, int64_t axis, size_t rank, size_t *found);

/* ---- Operators ---- */

bool chain_recurrent(struct chain *chain); /* recurrent.c, where also: */
bool chain_add_recurrent(struct chain *chain); /* the layer alone */

/* axes.c */
bool chain_transpose(struct chain *chain);
bool chain_squeeze(struct chain *chain);
bool chain_unsqueeze(struct chain *chain);
bool chain_cast(struct chain *chain);
bool chain_dropout(struct chain *chain);

/* reshape.c */
bool chain_reshape(struct chain *chain);
bool chain_flatten(struct chain *chain);

/* parts.c */
bool chain_gather(struct chain *chain);
bool chain_slice(struct chain *chain);

/* products.c */
bool chain_matmul(struct chain *chain);
bool chain_gemm(struct chain *chain);
bool chain_add(struct chain *chain);
/* What an Add adds to the chain's value; -1: a constant. */
int chain_skip(const struct chain *chain);
bool chain_function(struct chain *chain); /* of one value */
bool chain_softmax(struct chain *chain);

/* shapes.c: computes the node where it depends on constants and shapes only. */
bool chain_compute(struct chain *chain, bool *computed);

/* data.c: an input and output of the model from a folder. */
bool chain_data(struct chain *chain, const char *folder);

#endif
