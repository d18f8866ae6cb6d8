/* SPDX-License-Identifier: MIT */
/* Threads and a barrier of the test's own; see split_kernel.h. */
#define _POSIX_C_SOURCE 200809L
#include "kernels/split_kernel.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* A pass is given a run and nothing else, so what it needs to know stands here. */
static const struct weir_kernel *original;
static size_t part_count;
static bool has_barrier;

/* One thread's share of a pass. */
struct part {
    struct weir_run run;
    void (*pass)(const struct weir_run *run);
};

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

static void *run_part(void *part)
{
    const struct part *mine = part;
    mine->pass(&mine->run);
    return NULL;
}

static void run_parts(const struct weir_run *run, void (*pass)(const struct weir_run *run))
{
    pthread_t threads[SPLIT_PARTS_MAX];
    struct part parts[SPLIT_PARTS_MAX];
    pthread_barrier_t barrier;
    demand(pthread_barrier_init(&barrier, NULL, (unsigned)part_count), "barrier");
    for (size_t n = 0; n < part_count; ++n) {
        parts[n] = (struct part){*run, pass};
        parts[n].run.part = n;
        parts[n].run.parts = part_count;
        parts[n].run.wait = has_barrier ? wait_for_all : wait_for_none;
        parts[n].run.barrier = &barrier;
    }
    for (size_t n = 1; n < part_count && has_barrier; ++n)
        demand(pthread_create(&threads[n], NULL, run_part, &parts[n]), "thread");
    run_part(&parts[0]);
    for (size_t n = 1; n < part_count; ++n)
        if (has_barrier)
            pthread_join(threads[n], NULL);
        else
            run_part(&parts[n]);
    pthread_barrier_destroy(&barrier);
}

static void forward(const struct weir_run *run)
{
    run_parts(run, original->forward);
}

static void backward(const struct weir_run *run)
{
    run_parts(run, original->training->backward->run);
}

static void by_input(const struct weir_run *run)
{
    run_parts(run, original->training->input->run);
}

/* For all parts: each takes what the kernel itself wants for one. */
static size_t byte_floats(size_t B, size_t I, size_t H, size_t P)
{
    return part_count * original->byte_floats(B, I, H, P);
}

void split_kernel_make(struct weir_kernel *split, const struct weir_kernel *kernel, size_t parts,
                       bool with_barrier)
{
    static struct weir_training training;
    static struct weir_pass backward_pass, input_pass;
    original = kernel;
    part_count = parts;
    has_barrier = with_barrier;
    *split = *kernel;
    split->forward = forward;
    if (kernel->byte_floats != NULL)
        split->byte_floats = byte_floats;
    if (kernel->training == NULL)
        return;
    training = *kernel->training;
    backward_pass = *training.backward;
    backward_pass.run = backward;
    training.backward = &backward_pass;
    if (training.input != NULL) {
        input_pass = *training.input;
        input_pass.run = by_input;
        training.input = &input_pass;
    }
    split->training = &training;
}
