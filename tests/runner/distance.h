/* SPDX-License-Identifier: MIT */
/* How far what a model gives is from what it is to give. */
#ifndef TESTS_DISTANCE_H
#define TESTS_DISTANCE_H

#include "onnx/onnx.h"

/* The largest difference, relative to the largest finite element that is expected, or to 1.
 * INFINITY: of another type or shape, or where infinities or NaN are others. */
double tensor_distance(const onnx_tensor *found, const onnx_tensor *expected);

#endif
