/* SPDX-License-Identifier: MIT */
/* A model while it is read: what is known so far, and its parts, each read by a file of its own. */
#ifndef WEIR_ONNX_IMPORTER_H
#define WEIR_ONNX_IMPORTER_H

#include "onnx.pb-c.h"
#include "onnx/names.h"
#include "onnx/onnx.h"

typedef struct importer {
    onnx_model *model;
    const onnx_place *place;
    const char *producer; /* the program that wrote the file, as it says; or "" */
    struct failure *failure;
    size_t value_capacity;
    struct name_table *names;
    size_t branch_depth; /* of branches and calls of functions together */
    const struct function_call *call; /* inside a function; NULL: in the model's graph */
    const Onnx__Function *const *functions;
    struct name_table *function_names; /* NULL: the model has none */
    int64_t opset; /* of the nodes that are read */
} importer;

/* Nodes that are added to a graph, whose array grows. */
struct builder {
    onnx_graph *graph;
    size_t capacity;
};

/* ---- graph.c ---- */

/* The graph of a model, read into importer->model. */
bool onnx_import_graph(importer *importer, const Onnx__Graph *graph, onnx_graph *into);

/* Nodes, added to a graph. */
bool onnx_import_nodes(importer *importer, Onnx__Node *const *nodes, size_t count,
                       struct builder *into);

/* The parts of a graph: its constants, its inputs but for those that are constants, and what its
 * outputs are. */
bool onnx_import_initializers(importer *importer, const Onnx__Graph *from);
bool onnx_import_inputs(importer *importer, const Onnx__Graph *from, onnx_graph *into);
bool onnx_import_outputs(importer *importer, const Onnx__Graph *from, onnx_graph *into);

/* The outputs of a node become values; the node is added. */
bool onnx_define_outputs(importer *importer, const Onnx__Node *from, onnx_node *node);
onnx_node *onnx_add_node(importer *importer, struct builder *into, const onnx_node *node);

/* Another name for a value, which its scope does not have yet. */
bool onnx_import_name(importer *importer, const char *name, int value);

/* ---- branches.c ---- */

/* If, Loop and Scan: whose nodes hold graphs. */
bool onnx_has_branches(const char *op);
bool onnx_import_branches(importer *importer, const Onnx__Node *from, onnx_node *node,
                          struct builder *into);

/* ---- functions.c ---- */

/* Functions of the model, found by name from here on. */
bool onnx_import_functions(importer *importer, const Onnx__Model *model);

/* The function that a node calls; NULL: it calls none. */
bool onnx_find_function(importer *importer, const Onnx__Node *node,
                        const Onnx__Function **function);

/* The nodes of a function in place of a node that calls it. */
bool onnx_inline_function(importer *importer, const Onnx__Node *from,
                          const Onnx__Function *function, struct builder *into);

/* A node whose attributes are all its own: in a function, what refers to those of the call is
 * replaced by them. NULL and a sentence where that fails. */
const Onnx__Node *onnx_bind_attributes(importer *importer, const Onnx__Node *node);

/* The opset of ONNX's own operators among those imported, or `otherwise`; 0 and a sentence where it
 * is not supported. */
int64_t onnx_import_opset(Onnx__OperatorSet *const *sets, size_t count, int64_t otherwise,
                          struct failure *failure);

/* ---- recurrent.c ---- */

/* The recurrent part of a node whose inputs and attributes are read. */
bool onnx_import_recurrent(importer *importer, onnx_node *node);
bool onnx_is_recurrent(const char *domain, const char *op); /* domain "": ONNX's own */

/* ---- attributes.c ---- */

/* The attributes of a node, but for graphs. */
bool onnx_read_attributes(importer *importer, const Onnx__Node *from, onnx_node *into);

/* ---- sparse.c ---- */

/* A sparse tensor of the format, as the dense one that it is. */
onnx_tensor *onnx_sparse_read(onnx_memory *memory, const Onnx__SparseTensor *sparse,
                              const onnx_place *place, struct failure *failure);

/* ---- tensor.c ---- */

/* A tensor of the format; `place` as for onnx_load. Whole numbers of 8 bits are left as bytes. */
onnx_tensor *onnx_tensor_read(onnx_memory *memory, const Onnx__Tensor *tensor,
                              const onnx_place *place, struct failure *failure);

/* The same, whose elements are whole numbers as other tensors have them where it has bytes; NULL:
 * there is no memory. */
const onnx_tensor *onnx_tensor_unpack(onnx_memory *memory, const onnx_tensor *tensor,
                                      struct failure *failure);

#endif
