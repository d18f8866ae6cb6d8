/* SPDX-License-Identifier: MIT */
/* Files that mean harm, one function each. */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include "onnx/writer.h"

struct hostile {
    const char *name;
    const char *sentence; /* what stands in the sentence by which it is refused */
    unsigned char *(*make)(struct writer *writer, size_t *size); /* the caller frees it */
};

extern const struct hostile hostiles[]; /* the last one has no name */

/* A model that is none of these. */
unsigned char *hostile_valid(struct writer *writer, size_t *size);

/* Puts what external data refers to beside the models. */
void hostile_prepare(const char *folder);

#endif
