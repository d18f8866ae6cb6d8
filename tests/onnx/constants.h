/* SPDX-License-Identifier: MIT */
/* The ways in which exporters put a constant into a graph: as an initialiser, a Constant node, an
 * input that the caller gives, or assembled of others by operators that an importer must fold. */
#ifndef TESTS_CONSTANTS_H
#define TESTS_CONSTANTS_H

#include "onnx/writer.h"
#include "support/inputs.h"

/* Inputs of the model, in order, that the caller is to give. */
struct given {
    const onnx_tensor *tensors[48];
    size_t count;
    onnx_memory *memory;
};

/* Puts floats into the model in some way; as an input only where it may be. The name of it. */
char *constant_add(struct writer *writer, struct random *random, const float *values, size_t rank,
                   const size_t *dims, enum onnx_type type, bool may_be_input, struct given *given);

/* An input of the model, with these elements. */
void given_floats(struct given *given, const float *values, size_t rank, const size_t *dims,
                  enum onnx_type type);
void given_ints(struct given *given, const int *values, size_t count);

#endif
