/* SPDX-License-Identifier: MIT */
/* weir-gen --model of a graph of any kind: its schedule, and the kernels that it runs as layers. */
#ifndef WEIR_DEPLOY_GRAPH_H
#define WEIR_DEPLOY_GRAPH_H

#include "deploy/deploy.h"
#include "onnx/onnx.h"

/* Fills model->schedule and its layers, all shapes being known: declared, or asked for. */
bool graph_lower(const onnx_model *onnx, const struct deploy_request *request,
                 struct deploy_model *model, struct failure *failure);

/* The inputs and outputs of its self-test from a folder as ONNX's test data are; tensors are read
 * into memory. */
bool graph_data(const onnx_model *onnx, const char *folder, struct deploy_model *model,
                onnx_memory *memory, struct failure *failure);

/* What is left of the memory that a model may take is for its weights, and for running it. */
void graph_find_room(const onnx_model *onnx, struct deploy_model *model);

#endif
