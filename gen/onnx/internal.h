/* SPDX-License-Identifier: MIT */
/* What the files of the importer share: how a failure is told, reading the format's messages, the
 * table of operators and the importer's own state. */
#ifndef WEIR_ONNX_INTERNAL_H
#define WEIR_ONNX_INTERNAL_H

#include "onnx.pb-c.h"
#include "onnx/onnx.h"

/* Fills error with a sentence; what is not printable in it becomes '?'. Always false. */
bool onnx_fail(onnx_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool onnx_fail_memory(onnx_error *error);

/* A message of the format, in memory; NULL and a sentence where it is none, or one that is nested
 * too deeply. */
void *onnx_message(onnx_memory *memory, const ProtobufCMessageDescriptor *descriptor,
                   const void *data, size_t size, onnx_error *error);

/* Whether the bytes are a message with sane lengths and nesting. */
bool onnx_scan(const ProtobufCMessageDescriptor *descriptor, const void *data, size_t size,
               onnx_error *error);

/* The bytes of a file, in memory. */
void *onnx_read_file(onnx_memory *memory, const char *path, size_t *size, onnx_error *error);

/* `size` bytes of a file that lies in the folder itself, for a tensor whose data is outside the
 * model; NULL and a sentence where they are not to be had. */
const void *onnx_read_external(onnx_memory *memory, const char *folder, const Onnx__Tensor *tensor,
                               size_t size, onnx_error *error);

/* Raises the limit for a file of this size beside the model: the largest counts. */
void onnx_memory_allow(onnx_memory *memory, size_t size);

/* A tensor of the format; `folder` as for onnx_load. */
onnx_tensor *onnx_tensor_read(onnx_memory *memory, const Onnx__Tensor *tensor, const char *folder,
                              onnx_error *error);

/* ---- Operators ---- */

/* What an operator is evaluated with. */
typedef struct onnx_call {
    const onnx_node *node;
    int64_t opset;
    const onnx_tensor *const *inputs;
    const onnx_tensor **outputs;
    onnx_memory *memory;
    onnx_error *error;
} onnx_call;

typedef bool onnx_function(onnx_call *call);

struct onnx_operator {
    const char *name;
    size_t inputs_least, inputs_most; /* of which the first inputs_least may not be left out */
    bool folds; /* cheap enough to be evaluated on constants while a model is read */
    onnx_function *evaluate;
};

const struct onnx_operator *onnx_operator_find(const char *name);

onnx_function onnx_elementwise, onnx_softmax, onnx_matmul, onnx_gemm, onnx_transpose, onnx_squeeze,
    onnx_unsqueeze, onnx_reshape, onnx_slice, onnx_concat, onnx_gather, onnx_identity, onnx_cast,
    onnx_shape, onnx_dropout, onnx_flatten, onnx_constant, onnx_constant_of_shape, onnx_expand,
    onnx_size, onnx_conv, onnx_pad, onnx_reduce_mean;

/* Output 0, made with room for its elements; NULL and a sentence where that fails. */
onnx_tensor *onnx_output(onnx_call *call, enum onnx_type type, size_t rank, const size_t *dims);

/* A view: the elements of a tensor under another shape, as output 0. */
bool onnx_output_view(onnx_call *call, const onnx_tensor *of, size_t rank, const size_t *dims);

/* An axis of a tensor of this rank, counted from the end where it is negative. */
bool onnx_axis(const onnx_call *call, int64_t axis, size_t rank, size_t *place);

/* Whole numbers from an input, or where that is left out, from an attribute; NULL with *count 0
 * where neither is there. */
bool onnx_whole_numbers(const onnx_call *call, size_t input, const char *attribute,
                        const int64_t **numbers, size_t *count);

/* ---- Importing ---- */

enum { BRANCH_DEPTH_MAX = 16 };

typedef struct importer {
    onnx_model *model;
    const char *folder;
    onnx_error *error;
    size_t value_capacity;
    struct name_table *names;
    size_t branch_depth;
} importer;

/* The attributes of a node, but for graphs. */
bool onnx_read_attributes(importer *importer, const Onnx__Node *from, onnx_node *into);

/* The graph of a model, read into importer->model. */
bool onnx_import_graph(importer *importer, const Onnx__Graph *graph, onnx_graph *into);

/* Names of values in a scope: branches see the names around them. */
struct name_table;
struct name_table *onnx_names_create(onnx_memory *memory);
bool onnx_names_add(struct name_table *names, const char *name, int value);
int onnx_names_find(const struct name_table *names, const char *name); /* -1: not there */
bool onnx_names_is_in_scope(const struct name_table *names, const char *name);
void onnx_names_enter(struct name_table *names);
void onnx_names_leave(struct name_table *names);

/* The recurrent part of a node whose inputs and attributes are read. */
bool onnx_import_recurrent(importer *importer, onnx_node *node);
bool onnx_is_recurrent(const char *op);

/* ---- Cells ---- */

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
/* The weights of direction d from W, R, B and P. */
bool onnx_cell_split(onnx_memory *memory, const onnx_maths *maths, size_t direction, size_t I,
                     size_t H, const onnx_tensor *const given[4], onnx_pass *pass);

/* A formatted string in memory, or NULL. */
char *onnx_format(onnx_memory *memory, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
