/* SPDX-License-Identifier: MIT */
/* The one way in which libweir allocates what kernels work on: aligned for any vector, zeroed and
 * so already mapped, and on huge pages where that is worth it. Happens at creation only. */
#define _GNU_SOURCE
#include "libweir.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

float *weir_allocate(size_t floats)
{
    /* From 4 MB on, small pages outnumber the 1024 entries of a common second-level TLB. */
    const size_t huge_page = (size_t)2 << 20, from = (size_t)4 << 20;
    const size_t bytes = weir_round_up(weir_times(floats, sizeof(float)), WEIR_ALIGN);
    void *memory;
    if (bytes > PTRDIFF_MAX ||
        posix_memalign(&memory, bytes < from ? WEIR_ALIGN : huge_page, bytes ? bytes : 1))
        return NULL;
#ifdef MADV_HUGEPAGE
    /* Advice: a system without huge pages says no, and all is as well as before. */
    if (bytes >= from)
        (void)madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
    return memset(memory, 0, bytes);
}
