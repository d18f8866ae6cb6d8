/* SPDX-License-Identifier: MIT */
/* A random cell whose nodes are spelled out, in a Scan or as one step, as tests/onnx/text.h has
 * models. */
#ifndef TESTS_DRAW_SPELLED_H
#define TESTS_DRAW_SPELLED_H

#include "common/text.h"
#include "support/inputs.h"

void draw_spelled(struct random *random, struct text *text);

#endif
