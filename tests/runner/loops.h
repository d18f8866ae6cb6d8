/* SPDX-License-Identifier: MIT */
/* Loops and Scans whose bodies are no cells. */
#ifndef TESTS_LOOPS_H
#define TESTS_LOOPS_H

/* A model as a text (onnx/text.h), and of what its refusal speaks; NULL: it is deployed. */
struct looped {
    const char *name, *sentence, *text;
};

extern const struct looped looped[]; /* a name of NULL ends them */

#endif
