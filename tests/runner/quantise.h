/* SPDX-License-Identifier: MIT */
/* An LSTM of a random graph as com.microsoft.DynamicQuantizeLSTM. */
#ifndef TESTS_QUANTISE_H
#define TESTS_QUANTISE_H

#include "onnx/writer.h"
#include "support/inputs.h"

/* Gives the node other weights, which are bytes of either type with scales and zero points as few
 * and as many as there may be, from random numbers. */
void quantise_lstm(struct writer *writer, struct random *random, Onnx__Node *node, size_t D,
                   size_t I, size_t H);

#endif
