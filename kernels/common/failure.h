/* SPDX-License-Identifier: MIT */
/* How a part of Weir says that it cannot go on: false, and one sentence that says what to do. Who
 * prints it, and the exit status, are main's business. */
#ifndef WEIR_FAILURE_H
#define WEIR_FAILURE_H

#include <stdbool.h>

struct failure {
    char sentence[4096];
};

/* Writes the sentence and returns false, so that `return fail(...)` reads as what it is. A sentence
 * may use the one before: fail(failure, "%s: %s", path, failure->sentence). */
bool fail(struct failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same where memory has run out. */
bool fail_memory(struct failure *failure);

/* A text that came out of a file, fit for a sentence: not long, and without control characters,
 * which a terminal would obey. fail(failure, "'%s' is unknown", quote(name).text). */
struct quoted {
    char text[256];
};

struct quoted quote(const char *text);

#endif
