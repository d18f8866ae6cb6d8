/* SPDX-License-Identifier: MIT */
/* Threads and a barrier of the test's own; see split_kernel.h. */
#define _POSIX_C_SOURCE 200809L
#include "split_kernel.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* forward is given a run and nothing else, so what it needs to know stands here. */
static const struct weir_kernel *original;
static size_t part_count;
static bool has_barrier;

static void demand(int fault, const char *what)
{
    if (!fault)
        return;
    fprintf(stderr, "no %s for %zu threads: raise the limits of this process\n", what, part_count);
    exit(EXIT_FAILURE);
}

static void wait_for_all(void *barrier)
{
    pthread_barrier_wait(barrier);
}

static void wait_for_none(void *barrier)
{
    (void)barrier;
}

static void *run_part(void *run)
{
    original->forward(run);
    return NULL;
}

static void forward(const struct weir_run *run)
{
    pthread_t threads[SPLIT_PARTS_MAX];
    struct weir_run runs[SPLIT_PARTS_MAX];
    pthread_barrier_t barrier;
    demand(pthread_barrier_init(&barrier, NULL, (unsigned)part_count), "barrier");
    for (size_t part = 0; part < part_count; ++part) {
        runs[part] = *run;
        runs[part].part = part;
        runs[part].parts = part_count;
        runs[part].wait = has_barrier ? wait_for_all : wait_for_none;
        runs[part].barrier = &barrier;
    }
    if (!has_barrier) {
        for (size_t part = 0; part < part_count; ++part)
            original->forward(&runs[part]);
    } else {
        for (size_t part = 1; part < part_count; ++part)
            demand(pthread_create(&threads[part], NULL, run_part, &runs[part]), "thread");
        original->forward(&runs[0]);
        for (size_t part = 1; part < part_count; ++part)
            pthread_join(threads[part], NULL);
    }
    pthread_barrier_destroy(&barrier);
}

void split_kernel_make(struct weir_kernel *split, const struct weir_kernel *kernel, size_t parts,
                       bool with_barrier)
{
    original = kernel;
    part_count = parts;
    has_barrier = with_barrier;
    *split = *kernel;
    split->forward = forward;
}
