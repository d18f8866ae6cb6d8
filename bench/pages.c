/* SPDX-License-Identifier: MIT */
/* Asks for huge pages; see pages.h. */
#define _GNU_SOURCE
#include "pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };

void *pages_create(size_t bytes)
{
    if (bytes > SIZE_MAX - HUGE_PAGE)
        return NULL;
    const size_t whole = (bytes / HUGE_PAGE + 1) * HUGE_PAGE;
    void *memory = aligned_alloc(HUGE_PAGE, whole);
    if (!memory)
        return NULL;
    madvise(memory, whole, MADV_HUGEPAGE);
    return memset(memory, 0, whole);
}
