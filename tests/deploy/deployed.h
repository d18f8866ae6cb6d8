/* SPDX-License-Identifier: MIT */
/* A deployed model in a test: its functions by what follows its name, MODEL, and memory for it.
 * Compiled with HEADER, its header. */
#ifndef WEIR_TESTS_DEPLOYED_H
#define WEIR_TESTS_DEPLOYED_H

#include HEADER

#include <stdlib.h>

#define DEPLOYED_PASTE_(a, b) a##b
#define DEPLOYED_PASTE(a, b) DEPLOYED_PASTE_(a, b)
#define CALL(function) DEPLOYED_PASTE(MODEL, function)

enum { DEPLOYED_ALIGN = 64 };

/* So many bytes, 0 also; the caller frees them. */
static inline void *deployed_memory(size_t bytes)
{
    void *memory = aligned_alloc(DEPLOYED_ALIGN, bytes ? (bytes + DEPLOYED_ALIGN - 1) /
                                                             DEPLOYED_ALIGN * DEPLOYED_ALIGN
                                                       : DEPLOYED_ALIGN);
    if (!memory)
        exit(EXIT_FAILURE);
    return memory;
}

#endif
