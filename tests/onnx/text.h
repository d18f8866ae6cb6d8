/* SPDX-License-Identifier: MIT */
/* Models for tests as texts, one statement a line:
 *
 *     in X f [2,3] = 1 2 3 4 5 6     an input, and what it is given
 *     in h f                         the same undeclared: an input of a body
 *     const W f [3,4] ~              a constant whose elements are drawn, between -1 and 1
 *     Loop n go h -> last Y {        a node, and its body; - is a name left out
 *       in i i []
 *       ...
 *       out more
 *     }
 *     If c -> y {                    then } else { between its branches
 *     Split x -> a b axis=1 split=[2,2] mode:word alpha=0.5
 *     out Y [2] = 1 2                an output, and what is expected of it
 *     out Y h                        the same with its type
 *
 * Types are f (float), i (int64), b (bool), d (double), h (float16), n (int32), u (uint8), c
 * (int8), s (int16), v (uint16), w (uint32). A text that is none ends the test. */
#ifndef TESTS_TEXT_H
#define TESTS_TEXT_H

#include "onnx/writer.h"
#include "support/inputs.h"

enum { TEXT_VALUES = 48 };

/* What inputs are given and what outputs are expected to be, in order; NULL: the text does not say.
 */
struct text_values {
    const onnx_tensor *given[TEXT_VALUES], *expected[TEXT_VALUES];
    size_t given_count, expected_count;
    onnx_memory *memory; /* what they lie in */
};

/* The model of a text, into a writer that was cleared; values may be NULL. */
void writer_model(struct writer *writer, const char *text, struct text_values *values);

#endif
