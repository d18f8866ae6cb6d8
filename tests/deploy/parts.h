/* SPDX-License-Identifier: MIT */
/* What the models of these tests are made of: numbers that are drawn, constants and nodes. */
#ifndef TESTS_PARTS_H
#define TESTS_PARTS_H

#include "onnx/writer.h"

/* Numbers are drawn from here on: the same ones for the same seed. */
void part_seed(unsigned seed);
unsigned part_below(unsigned most);
float part_number(void); /* from -1 to 1 */

/* Constants, by name: floats that are drawn, from -0.5 to 0.5; a list of int64; a list of one of
 * these; one that is a scalar. */
char *part_floats(struct writer *writer, size_t rank, const size_t *dims);
char *part_ints(struct writer *writer, const int64_t *values, size_t count);
char *part_int(struct writer *writer, int64_t value);
char *part_scalar(struct writer *writer, int64_t value);

/* A node of one input, or of two where the second is not NULL. */
Onnx__Node *part_node(struct writer *writer, const char *op, char *first, char *second, char *to);

/* The model to a file in the folder. */
void part_write(const struct writer *writer, const char *folder, const char *name);

#endif
