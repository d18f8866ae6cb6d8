/* SPDX-License-Identifier: MIT */
/* A model while a reader makes it, as the nodes of ONNX: values are names, from the input on, each
 * of floats [time][1][width]. What goes wrong is told once: a function that is given NULL for a
 * value gives NULL. */
#ifndef WEIR_FORMATS_NETWORK_H
#define WEIR_FORMATS_NETWORK_H

#include "common/text.h"
#include "onnx.pb-c.h"
#include "onnx/onnx.h"

enum { NETWORK_ITEMS = 2048 }; /* nodes, and constants */

struct network {
    onnx_memory *memory;
    struct failure *failure;
    bool streams; /* what a layer keeps from step to step is an input and an output */
    struct text carry; /* which output is which input of the next call: lines OUT=IN */
    Onnx__Model model;
    Onnx__Graph graph;
    Onnx__OperatorSet set, *sets[1];
    Onnx__ValueInfo *inputs[NETWORK_ITEMS], *outputs[NETWORK_ITEMS]; /* states after the first */
    Onnx__Node *nodes[NETWORK_ITEMS];
    Onnx__Tensor *tensors[NETWORK_ITEMS];
};

/* A matrix that lies anyhow: row r, column c is at[r * row + c * column]. */
struct matrix {
    const float *at;
    size_t row, column;
};

enum { NETWORK_GATES = 4 };

/* A recurrent layer as a format has it. */
struct recurrent_layer {
    const char *op; /* LSTM, GRU with its reset after the product, or RNN with tanh */
    size_t inputs, units;
    size_t order[NETWORK_GATES]; /* for each gate in ONNX's order, which of the format's it is */
    struct matrix w, r; /* [gates * units][inputs] and [gates * units][units] */
    const float *bias[2]; /* of either [gates * units]; NULL: none */
    const float *start[2]; /* where h and c start; NULL: at 0 */
};

bool network_create(struct network *network, bool streams, size_t limit, struct failure *failure);
void network_free(struct network *network);

/* Cleared memory that goes with the network; NULL and a sentence. */
void *network_take(struct network *network, size_t count, size_t size);

/* An ONNX file of it, which the caller frees; NULL and a sentence. */
void *network_bytes(struct network *network, size_t *size);

char *network_input(struct network *network, size_t width);
bool network_output(struct network *network, char *value, size_t width);

/* Another input, of what a layer keeps, floats [rows][1][width], 0 before the first call; and the
 * value that it is in the next one. */
char *network_state(struct network *network, size_t rows, size_t width);
bool network_keep(struct network *network, const char *state, char *value, size_t rows,
                  size_t width);

/* Constants. */
char *network_floats(struct network *network, const float *values, size_t rank, const size_t *dims);
char *network_ints(struct network *network, const int64_t *values, size_t count);
char *network_scalar(struct network *network, double value);

/* A node and its output, which is its value; names of operators and attributes are kept as they
 * are. And more of the last one: outputs, of which a node has
 * at most three, and attributes. */
char *network_node(struct network *network, const char *op, size_t count, char *const *inputs);
char *network_another(struct network *network);
bool network_attribute(struct network *network, const char *name, const int64_t *values,
                       size_t count);
bool network_attribute_int(struct network *network, const char *name, int64_t value);

/* ---- Layers ---- */

/* x times a matrix [inputs][units], and a bias, which may be NULL. */
char *network_dense(struct network *network, char *x, size_t inputs, size_t units,
                    const struct matrix *weights, const float *bias);
char *network_recurrent(struct network *network, char *x, const struct recurrent_layer *layer);

/* The first `width` of the inputs that each step of x has. */
char *network_first(struct network *network, char *x, size_t inputs, size_t width);

#endif
