/* SPDX-License-Identifier: MIT */
/* How a part of the benchmark says that it cannot go on: false, and one sentence that says what to
 * do. Who prints it, and the exit status, are main's business. */
#ifndef BENCH_FAIL_H
#define BENCH_FAIL_H

#include <stdbool.h>

struct failure {
    char sentence[768];
};

/* Writes the sentence and returns false, so that `return fail(...)` reads as what it is. */
bool fail(struct failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
