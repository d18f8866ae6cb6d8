/* SPDX-License-Identifier: MIT */
/* See allocations.h. */
#include "api/allocations.h"

#include <errno.h>
#include <stdbool.h>

size_t allocations, frees, fail_at;

#ifndef HAS_SANITIZER

/* Seen from shared libraries too, whatever the build hides. */
#pragma GCC visibility push(default)

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *memory);

static bool may_allocate(void)
{
    allocations++;
    if (allocations != fail_at)
        return true;
    errno = ENOMEM;
    return false;
}

void *malloc(size_t bytes)
{
    return may_allocate() ? __libc_malloc(bytes) : NULL;
}

void *calloc(size_t count, size_t bytes)
{
    return may_allocate() ? __libc_calloc(count, bytes) : NULL;
}

void *realloc(void *memory, size_t bytes)
{
    if (!may_allocate())
        return NULL;
    frees += memory != NULL;
    return __libc_realloc(memory, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    return may_allocate() ? __libc_memalign(alignment, bytes) : NULL;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return memalign(alignment, bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    *memory = memalign(alignment, bytes);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    frees += memory != NULL;
    __libc_free(memory);
}

#pragma GCC visibility pop

#endif
