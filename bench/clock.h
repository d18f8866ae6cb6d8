/* SPDX-License-Identifier: MIT */
/* Seconds on a clock that only goes forward, and seconds that this thread had the core. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdbool.h>
#include <time.h>

static inline double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline double clock_cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The part of the time for which others had the core. */
static inline double clock_waited(double seconds, double cpu_seconds)
{
    return 1 - cpu_seconds / seconds;
}

/* A process that waits for its core measures others. Google Benchmark's own bookkeeping and the
 * kernel's are within what is tolerated here. */
static inline bool clock_was_quiet(double seconds, double cpu_seconds)
{
    return clock_waited(seconds, cpu_seconds) <= 0.03;
}

#endif
