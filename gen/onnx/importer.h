/* SPDX-License-Identifier: MIT */
/* A model while it is read: what is known so far, and its parts, each read by a file of its own. */
#ifndef WEIR_ONNX_IMPORTER_H
#define WEIR_ONNX_IMPORTER_H

#include "onnx.pb-c.h"
#include "onnx/names.h"
#include "onnx/onnx.h"

typedef struct importer {
    onnx_model *model;
    const char *folder;
    struct failure *failure;
    size_t value_capacity;
    struct name_table *names;
    size_t branch_depth;
} importer;

/* ---- graph.c ---- */

/* The graph of a model, read into importer->model. */
bool onnx_import_graph(importer *importer, const Onnx__Graph *graph, onnx_graph *into);

/* ---- recurrent.c ---- */

/* The recurrent part of a node whose inputs and attributes are read. */
bool onnx_import_recurrent(importer *importer, onnx_node *node);
bool onnx_is_recurrent(const char *op);

/* ---- attributes.c ---- */

/* The attributes of a node, but for graphs. */
bool onnx_read_attributes(importer *importer, const Onnx__Node *from, onnx_node *into);

/* ---- tensor.c ---- */

/* A tensor of the format; `folder` as for onnx_load. */
onnx_tensor *onnx_tensor_read(onnx_memory *memory, const Onnx__Tensor *tensor, const char *folder,
                              struct failure *failure);

#endif
