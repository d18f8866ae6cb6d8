/* SPDX-License-Identifier: MIT */
/* Reading a trained model: an ONNX file in; its nodes in order, its constants and, for every
 * recurrent node, a cell as text and weights under that text's names, out. The operators around the
 * recurrent nodes can be evaluated here too (plainly: they are not what Weir is for), which is also
 * how constants are folded. Nothing here knows the generator or libweir.
 *
 * Whatever a file holds, loading it ends with a model or with one sentence, and takes at most
 * ONNX_MEMORY_TIMES its size and ONNX_MEMORY_MORE bytes of memory, beside the file itself; with
 * tensors in files beside the model, its size is that of the model and of the largest of them. */
#ifndef WEIR_ONNX_H
#define WEIR_ONNX_H

#include "common/failure.h"

#include <stddef.h>
#include <stdint.h>

enum { ONNX_RANK_MAX = 8, ONNX_OPSET_LEAST = 7, ONNX_OPSET_GREATEST = 25 };
enum { ONNX_MEMORY_TIMES = 6, ONNX_MEMORY_MORE = 32 << 20 };

/* Memory that is given back all at once, and of which there is no more than a limit. */
typedef struct onnx_memory onnx_memory;

onnx_memory *onnx_memory_create(size_t limit); /* NULL: there is none */
/* What is given back by itself, within the limit of another, which it ends before. */
onnx_memory *onnx_memory_within(onnx_memory *outer); /* NULL: there is none */
void onnx_memory_destroy(onnx_memory *memory); /* or NULL */
/* Aligned to 64 bytes, not cleared; never NULL for 0 bytes. NULL: that is more than the limit. */
void *onnx_memory_take(onnx_memory *memory, size_t count, size_t size);
void onnx_memory_clear(onnx_memory *memory); /* all that was taken is given back, for reuse */
size_t onnx_memory_used(const onnx_memory *memory);
size_t onnx_memory_limit(const onnx_memory *memory);
/* Counts steps of computing in memory within another, all together since that was cleared; false:
 * they are more than what goes with its limit. */
bool onnx_memory_spend(onnx_memory *memory, size_t steps);

/* ---- Tensors ---- */

/* Element types, by their numbers in the format. */
enum onnx_type {
    ONNX_NONE = 0,
    ONNX_FLOAT = 1,
    ONNX_UINT8 = 2,
    ONNX_INT8 = 3,
    ONNX_UINT16 = 4,
    ONNX_INT16 = 5,
    ONNX_INT32 = 6,
    ONNX_INT64 = 7,
    ONNX_BOOL = 9,
    ONNX_FLOAT16 = 10,
    ONNX_DOUBLE = 11,
    ONNX_UINT32 = 12,
    ONNX_BFLOAT16 = 16
};

/* Elements of floats of any type are kept as float (`floats`), all others as int64_t (`ints`); the
 * other pointer is NULL. Constants of 8 bits that quantised operators alone read stay the `bytes`
 * that the file has, and both are NULL. What is computed of values of a half type stays as it is,
 * in float32: they are rounded where they enter the model, where Cast makes them, and where they
 * leave it. */
typedef struct onnx_tensor {
    enum onnx_type type;
    size_t rank, dims[ONNX_RANK_MAX];
    size_t count; /* the product of dims */
    float *floats;
    int64_t *ints;
    const uint8_t *bytes;
} onnx_tensor;

/* A tensor with room for its elements. */
onnx_tensor *onnx_tensor_create(onnx_memory *memory, enum onnx_type type, size_t rank,
                                const size_t *dims, struct failure *failure);
void onnx_tensor_clear(onnx_tensor *tensor); /* all elements are 0 */
bool onnx_type_is_float(enum onnx_type type);
bool onnx_type_is_half(enum onnx_type type); /* float16 or bfloat16 */
float onnx_type_round(enum onnx_type type, float value); /* to a half type; others: as it is */
double onnx_type_step(enum onnx_type type); /* from 1 to the next of a half type; others: 0 */
bool onnx_type_is_read(enum onnx_type type); /* tensors can have it */
/* A whole number as one of a type: what of its bits the type has. And between what those lie. */
int64_t onnx_type_wrap(enum onnx_type type, int64_t value);
void onnx_type_range(enum onnx_type type, int64_t *least, int64_t *greatest);
const char *onnx_type_name(enum onnx_type type);

/* A shape in words, "[2][?][3]": of a tensor, or declared, where -1 is any size. */
struct onnx_shape {
    char text[24 * ONNX_RANK_MAX];
};

struct onnx_shape onnx_shape_of(const onnx_tensor *tensor);
struct onnx_shape onnx_shape_declared(size_t rank, const int64_t *dims);

/* A TensorProto, as the files of ONNX's test data are. */
onnx_tensor *onnx_tensor_load(onnx_memory *memory, const void *data, size_t size,
                              struct failure *failure);

onnx_tensor *onnx_tensor_load_file(onnx_memory *memory, const char *path, struct failure *failure);

/* The same written: its bytes, in memory; NULL: there is none. */
const void *onnx_tensor_save(onnx_memory *memory, const onnx_tensor *tensor, size_t *size);

/* The elements one after another, little-endian, in the tensor's type; NULL: there is no memory. */
const void *onnx_tensor_elements(onnx_memory *memory, const onnx_tensor *tensor, size_t *size);

/* ---- Models ---- */

/* What is known of a value before it is computed. Values of a model and of all its branches are
 * numbered through. */
typedef struct onnx_value {
    const char *name;
    const onnx_tensor *constant; /* NULL: it depends on the inputs */
    enum onnx_type type; /* as declared; ONNX_NONE: not declared */
    bool has_shape;
    size_t rank;
    int64_t dims[ONNX_RANK_MAX]; /* as declared; -1: any */
    const char *axes[ONNX_RANK_MAX]; /* names of those of any size; NULL: they have none */
} onnx_value;

typedef struct onnx_attribute {
    const char *name;
    float f;
    int64_t i;
    const char *s; /* NULL: it is no string */
    const onnx_tensor *t; /* NULL: it is no tensor */
    const float *floats;
    size_t float_count;
    const int64_t *ints;
    size_t int_count;
    const char *const *strings;
    size_t string_count;
} onnx_attribute;

/* A matrix whose numbers are bytes, [rows][cols]: in row r the weight is scale[r] * (byte -
 * zero[r]). */
typedef struct onnx_bytes {
    const char *type; /* "i8" or "u8": bytes and zero points have a sign, or none */
    const uint8_t *bytes, *zeros;
    const float *scales;
    size_t scale_count, zero_count; /* one for all rows, or one a row */
} onnx_bytes;

/* A learned matrix [rows][cols] or vector (cols = 1) of a cell, row-major, by its name there. */
typedef struct onnx_weight {
    const char *name;
    size_t rows, cols;
    const float *data; /* NULL where it came as bytes */
    const onnx_bytes *bytes; /* NULL where it did not */
} onnx_weight;

enum { ONNX_WEIGHTS_MAX = 20, ONNX_GIVEN = 8 };

/* One direction of a recurrent node. Its states are h, and for LSTM c after it. */
typedef struct onnx_pass {
    bool reversed; /* from the last step to the first */
    const char *name; /* of the cell */
    const char *cell; /* its text, as a cell file */
    onnx_weight weights[ONNX_WEIGHTS_MAX]; /* every weight that the cell has; data NULL unless */
    size_t weight_count; /* weights_known */
} onnx_pass;

/* RNN, LSTM or GRU, or DynamicQuantizeLSTM. What is named after an input or output of the operator
 * is the number of that value, or -1: it is left out (an output: or nothing uses it). */
typedef struct onnx_recurrent {
    size_t index; /* among the recurrent nodes of the model, those of branches counted */
    size_t I, H; /* 0: not known before the weights are; I also where W is an input */
    size_t directions, state_count;
    bool batch_first; /* layout 1: x is [B][T][I], and initial and final states [B][directions][H];
                       * else [T][B][I] and [directions][B][H]; y is [T][directions][B][H], or
                       * [B][T][directions][H] */
    onnx_pass pass[2];
    bool weights_known; /* W, R, B and P are constants */
    /* What a layer stores the matrices of DynamicQuantizeLSTM as, which came as bytes: "u8", or
     * "i8" where all zero points are in the middle. NULL: they came as floats. */
    const char *type;
    int x, w, r, b, sequence_lens, initial_h, initial_c, p;
    int y, y_h, y_c;
} onnx_recurrent;

typedef struct onnx_graph onnx_graph;

/* How a step's slices lie in a tensor over all steps. */
typedef struct onnx_slices {
    int64_t axis; /* counted from the end where it is negative */
    bool reversed; /* from the last slice to the first */
} onnx_slices;

/* Loop or Scan, whose body runs once a step. Inputs of the body: for Loop the number of the step
 * and the condition; then the states; for Scan then a slice of each sequence. Outputs: for Loop the
 * condition; then the states; then a slice of what is collected. */
typedef struct onnx_repeat {
    bool is_loop;
    size_t states, sequences, collected;
    const onnx_slices *from, *into; /* of the sequences, and of what is collected */
} onnx_repeat;

typedef struct onnx_form onnx_form;

typedef struct onnx_node {
    const char *name; /* of the node; its first output's where it has none */
    const char *op; /* the operator */
    int64_t opset; /* that it is of: the model's, but in functions their own */
    const struct onnx_operator *operator; /* NULL for recurrent nodes and those with branches */
    onnx_recurrent *recurrent; /* NULL: it is not */
    onnx_repeat *repeat; /* NULL: it is neither Loop nor Scan */
    /* If: where its input is false, and true; Loop, Scan: the body; nodes that spell out a cell:
     * those, which give their own values; else NULL. */
    onnx_graph *branch[2];
    onnx_form *form; /* what onnx_recognise found; NULL: nothing */
    int *inputs, *outputs; /* values; -1: left out */
    size_t input_count, output_count;
    const onnx_attribute *attributes;
    size_t attribute_count;
} onnx_node;

/* A graph: its nodes in an order in which they can run. Those whose results are constants are not
 * among them: If on a constant is replaced by the nodes of the branch taken. */
struct onnx_graph {
    onnx_node *nodes;
    size_t node_count;
    int *inputs, *outputs; /* inputs that are also initialisers are constants, and left out */
    size_t input_count, output_count;
};

/* What is said of nodes whose weights are bytes: a sentence that begins with the model's file. */
#define ONNX_BYTES_WORDS                                                                           \
    "%s has nodes DynamicQuantizeLSTM, whose weights stay the bytes that they are; what these "    \
    "multiply is quantised by each row and step, symmetrically, where ONNX Runtime does so by "    \
    "each call, asymmetrically: results are equal within a tolerance"

/* What a node computes by a recurrent node whose cell its own nodes spell out: where the input and
 * the states have shapes that go together. The nodes of its graph give the values of the node. */
struct onnx_form {
    onnx_graph graph;
    const onnx_recurrent *recurrent;
    size_t rank; /* of the states, and of a step of the input: [H], or [batch][H] */
    int x, time; /* the input, and which of its axes is time; -1: it is one step */
    int states[2];
    bool keeps; /* the states begin with constants: a stream keeps them */
};

typedef struct onnx_model {
    onnx_graph graph;
    onnx_value *values;
    size_t value_count;
    int64_t opset;
    bool has_double; /* it holds float64 tensors, which are computed in float32 */
    bool has_half; /* so with values of float16 or bfloat16; of such constants it does not tell */
    bool has_bytes; /* recurrent nodes whose weights are bytes: ONNX_BYTES_WORDS */
    /* What looks as if whoever wrote the file had meant something else, which is taken as it stands
     * all the same: a sentence, or NULL. */
    const char *doubt;
    size_t recurrent_count;
    size_t parameter_count; /* elements of initialisers and Constant nodes */
    onnx_memory *memory; /* what all of it lies in */
} onnx_model;

/* Where files with external data may lie: in a folder itself; links: they may be symbolic links
 * that lead to regular files anywhere. */
typedef struct onnx_place {
    const char *folder;
    bool links;
} onnx_place;

/* From the bytes of a file; NULL and a sentence where that is no model that Weir reads. `place` is
 * where files with external data may lie; NULL: such a model is refused. */
onnx_model *onnx_load(const void *data, size_t size, const onnx_place *place,
                      struct failure *failure);
void onnx_free(onnx_model *model); /* or NULL */

/* Finds cells that are spelled out, in the body of a Loop or Scan that goes through time, or step
 * by step with their states as inputs; nodes get the forms that they have then. */
void onnx_recognise(onnx_model *model);

/* Whether a form is right for the shapes that the input and the states have. */
typedef struct onnx_extent {
    bool is_float;
    size_t rank;
    const size_t *dims;
} onnx_extent;
bool onnx_form_fits(const onnx_form *form, const onnx_extent *x, const onnx_extent *states);

/* ---- Running ---- */

/* The attribute of a node by name, or NULL; its value, or what stands in for it. */
const onnx_attribute *onnx_attribute_find(const onnx_node *node, const char *name);
int64_t onnx_attribute_int(const onnx_node *node, const char *name, int64_t otherwise);
float onnx_attribute_float(const onnx_node *node, const char *name, float otherwise);

/* Evaluates a node that is neither recurrent nor has branches: outputs are made in memory, and may
 * be or share inputs. inputs[k] is NULL where inputs of the node are left out. */
bool onnx_evaluate(const onnx_node *node, const onnx_tensor *const *inputs,
                   const onnx_tensor **outputs, onnx_memory *memory, struct failure *failure);

/* The weights of a recurrent node of which weights_known is false, from the tensors W, R, B and P
 * (B and P: or NULL; those of DynamicQuantizeLSTM go on with the scales and zero points of W and of
 * R, and are constants): fills *filled, a copy of *recurrent, with sizes and weights that lie in
 * memory. */
bool onnx_recurrent_fill(const onnx_node *node, const onnx_tensor *const given[ONNX_GIVEN],
                         onnx_recurrent *filled, onnx_memory *memory, struct failure *failure);

#endif
