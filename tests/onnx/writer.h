/* SPDX-License-Identifier: MIT */
/* Writing ONNX models for tests: tensors, nodes and attributes are added, and come out as the bytes
 * of a file. What is made lives until the writer is cleared; running out of room ends the test. */
#ifndef TESTS_WRITER_H
#define TESTS_WRITER_H

#include "onnx.pb-c.h"
#include "onnx/onnx.h"

enum { WRITER_ITEMS = 256, WRITER_ROOM = 16 << 20 };

struct writer {
    char *room;
    size_t used;
    Onnx__Model model;
    Onnx__Graph graph;
    Onnx__OperatorSet set, *sets[1];
    Onnx__Node *nodes[WRITER_ITEMS];
    Onnx__Tensor *initializers[WRITER_ITEMS];
    Onnx__ValueInfo *inputs[WRITER_ITEMS], *outputs[WRITER_ITEMS];
    size_t named;
};

struct writer *writer_create(void);
void writer_free(struct writer *writer);
void writer_clear(struct writer *writer, int64_t opset);

/* Cleared memory; a string; a name that nothing else has. */
void *writer_take(struct writer *writer, size_t count, size_t size);
char *writer_text(struct writer *writer, const char *chars);
char *writer_format(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *writer_name(struct writer *writer);

/* A tensor of floats, written as float32 or float64; as raw bytes or as a list. */
Onnx__Tensor *writer_floats(struct writer *writer, const float *values, size_t rank,
                            const size_t *dims, enum onnx_type type, bool raw);
/* Of float16 or bfloat16, by their bits. */
Onnx__Tensor *writer_halves(struct writer *writer, const uint16_t *bits, size_t rank,
                            const size_t *dims, enum onnx_type type, bool raw);
Onnx__Tensor *writer_ints(struct writer *writer, const int64_t *values, size_t rank,
                          const size_t *dims, enum onnx_type type);

/* Says that a tensor's data is in a file, from an offset on; so many bytes, NULL: it says not. */
void writer_external(struct writer *writer, Onnx__Tensor *tensor, const char *file,
                     const char *offset, const char *length);

void writer_initializer(struct writer *writer, Onnx__Tensor *tensor, char *name);
char *writer_constant(struct writer *writer, Onnx__Tensor *tensor); /* under a name of its own */
void writer_input(struct writer *writer, char *name, enum onnx_type type, size_t rank,
                  const size_t *dims);
void writer_output(struct writer *writer, char *name);

/* A node; inputs and outputs end with NULL. */
Onnx__Node *writer_node(struct writer *writer, const char *op, char *const *inputs,
                        char *const *outputs);
/* The last node becomes a graph of its own, which gives this output of it. */
Onnx__Graph *writer_branch(struct writer *writer, char *output);
Onnx__Attribute *writer_attribute(struct writer *writer, Onnx__Node *node, const char *name);
void writer_int(struct writer *writer, Onnx__Node *node, const char *name, int64_t value);
void writer_string(struct writer *writer, Onnx__Node *node, const char *name, const char *value);
void writer_list(struct writer *writer, Onnx__Node *node, const char *name, const int64_t *values,
                 size_t count);

/* The bytes of the model, which the caller frees. */
void *writer_bytes(const struct writer *writer, size_t *size);

/* The model, read; NULL and a sentence where it is refused. */
onnx_model *writer_load(const struct writer *writer, struct failure *failure);

/* Writes a file, or ends the test; one with a tensor, as ONNX's test data are. */
void write_file(const char *folder, const char *name, const void *bytes, size_t size);
void write_tensor(const char *folder, const char *name, const Onnx__Tensor *tensor);

#endif
