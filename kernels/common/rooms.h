/* SPDX-License-Identifier: MIT */
/* Memory that is taken large and used little. */
#ifndef WEIR_ROOMS_H
#define WEIR_ROOMS_H

#include <stdlib.h> /* which says whether it is glibc's */
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* What generates kernels takes room for the most that a cell may be, and uses little of it: as long
 * as such room comes from the system each time, what is not used is no memory. */
static inline void keep_rooms_apart(void)
{
#ifdef __GLIBC__
    enum { ROOM = 128 << 10 };
    mallopt(M_MMAP_THRESHOLD, ROOM); /* which glibc raises else */
#endif
}

#endif
