/* SPDX-License-Identifier: MIT */
/* Weights as a kernel wants them, packed when the C is written. */
#ifndef WEIR_DEPLOY_PACK_H
#define WEIR_DEPLOY_PACK_H

#include "packing.h"
#include "plan/kernel_parts.h"

/* The floats of a kernel's packed weights. */
size_t pack_floats(const struct kernel_parts *parts);

/* Packs parameters, by index as in a cell file, into so many zeros. */
void pack_weights(const struct kernel_parts *parts, const struct weir_numbers *params,
                  float *packed);

#endif
