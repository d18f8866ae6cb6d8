/* SPDX-License-Identifier: MIT */
/* Programs of Weir that tests start: how they end, what they say, and the memory that they take. */
#ifndef TESTS_STARTED_H
#define TESTS_STARTED_H

#include <stdbool.h>
#include <stddef.h>

enum { STARTED_SENTENCE = 4096 };

struct started {
    int status; /* -1: a signal ended it */
    char said[STARTED_SENTENCE]; /* on stderr */
    size_t memory; /* the largest that it had, in bytes */
};

/* Runs a program with words that end with NULL, the first of which is its path; what it writes to
 * stdout is lost. */
struct started started_run(char *const *words);

/* Whether there is a sentence, and nothing in it that a terminal would obey. */
bool is_sentence(const char *sentence);

/* Whether a sanitizer is in the programs, which takes time and memory of its own. */
bool started_is_sanitized(void);

/* What reading and deploying a model may take: 8 times its size and 64 MB, and with sanitizers what
 * they need. */
size_t started_most(size_t size);

#endif
