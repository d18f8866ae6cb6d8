/* SPDX-License-Identifier: MIT */
/* Whoever runs a layer here, or trains it, against the clock: a kernel of Weir's, the plain
 * baseline, or another library. A new one is a `contender_kind`; the sweep, the check of its output
 * and the report come by themselves. */
#ifndef BENCH_CONTENDER_H
#define BENCH_CONTENDER_H

#include "workload.h"

struct contender;
typedef void contender_add(void *list, const struct contender *contender);

struct contender_kind {
    const char *name; /* of the column where kinds are compared */
    const char *(*version)(void); /* of the library behind it; NULL: it is this source itself */
    /* Calls `add` once for each way in which this kind can run the shape; for none it cannot. */
    void (*list)(const struct shape *shape, contender_add *add, void *list);
    /* Everything that need not be timed: packing, planning, allocation. The sentence on failure
     * begins with a verb, for the contender's name comes before it. */
    bool (*prepare)(struct contender *self, const struct workload *workload,
                    struct failure *failure);
    /* What is timed: workload->x to workload->got.y, from zero states. */
    void (*run)(struct contender *self);
    /* Where the shape is trained it comes after run, and is timed, too: workload->d_y to the
     * gradients in workload->got, which are overwritten. NULL: this kind does not train. */
    void (*backward)(struct contender *self);
    /* Brings outputs and gradients from a layout or a type of the library's own to the workload's;
     * not timed. NULL: they are there already. */
    void (*collect)(struct contender *self);
    void (*release)(struct contender *self);
};

struct contender {
    const struct contender_kind *kind;
    char name[96];
    const char *isa; /* whose ceilings it is held to, by name; NULL: the best of this machine */
    /* Of its weights, by name; NULL: f32, and it runs beside whatever types are asked for. */
    const char *type;
    /* How far its output may be from that with nothing rounded, where what it rounds is its own
     * affair; 0: it is held to Weir's output with weights of its type. */
    double tolerance;
    bool to_the_bit; /* its output has to equal Weir's own choice for that type in every bit */
    const void *choice; /* which of its kind; set by list */
    void *state; /* between prepare and release */
};

/* Fills workload->reference, of all steps, by the kernel that Weir chooses for weights of that type
 * (NULL: f32), where it is not there already. */
bool contender_reference(struct workload *workload, const char *type, struct failure *failure);

extern const struct contender_kind contender_weir, contender_own, contender_threads,
    contender_baseline;

/* What contender_own runs: kernels from shared objects, of which `paths` is a list with commas. The
 * name of a file begins with that of its kernel and may go on with a dot and what is special about
 * it: lstm_f32_i64_h128__avx2.hoist=0.so. */
bool contender_own_open(const char *paths, struct failure *failure);

/* The pool that contender_threads runs on, this thread and others pinned to cores of their own. */
bool contender_threads_open(size_t threads, struct failure *failure);
void contender_threads_close(void);

#endif
