/* SPDX-License-Identifier: MIT */
/* What a kernel must do to pass in training: gradients with the scalar kernel's bits, whatever is
 * asked for, wherever it lies and however batch and sequence are divided, and nothing else written.
 * Knows kernel.h no more than to see whether a kernel trains.
 *
 * Where weir.h is silent, this is taken for promised:
 * - gradients by x and by initial states are a row's own: they do not depend on the batch;
 * - accumulate goes on with the sum that it finds, so that a batch of one step, or a sequence, may
 * be divided and added up from its first part to its last with the bits of the whole; from zeros it
 *   equals overwriting;
 * - NULL for what is given equals +0 throughout. */
#ifndef WEIR_TESTS_BACKWARD_CHECKS_H
#define WEIR_TESTS_BACKWARD_CHECKS_H

#include "kernels/kernel_checks.h"

bool backward_applies(const struct weir_kernel *kernel);

/* Adds a loss and the scalar kernel's gradients to a trial, and takes them away. */
bool backward_begin(struct trial *trial, const char *scalar_kernel);
void backward_end(struct trial *trial);

/* Puts a kernel to all checks of backward. */
void backward_check(const struct trial *trial, const struct subject *subject, struct tally *tally);

#endif
