/* SPDX-License-Identifier: MIT */
/* Where the kernels of one shape race: a plan is made into text, compiled, loaded, checked to give
 * the bits of the build's own kernel, and timed. A plan whose text is one that was compiled already
 * is not tried again. */
#ifndef TUNE_TRACK_H
#define TUNE_TRACK_H

#include "plan/tuning.h"
#include "trial.h"
#include "tune/search.h"

#include <sched.h>
#include <signal.h>

/* Where kernels are compiled: a folder of this process's own, with the headers that they include.
 */
struct workshop {
    char path[4096];
    char *compiler; /* its version and flags */
    cpu_set_t cores; /* that may compile */
};

bool workshop_open(struct workshop *workshop, struct failure *failure);
void workshop_close(struct workshop *workshop);

struct track {
    const struct shape *shape;
    const struct workshop *workshop;
    const struct isa *isa;
    struct kernel_parts *parts;
    char *stem;
    struct workload workload;
    struct {
        struct contender contender;
        void *library; /* NULL: the place is free */
    } lane[ENTRANTS_MAX + 2];
    uint64_t *tried; /* hashes of texts */
    size_t tried_count;
    struct knob knobs[KNOBS_MAX];
    struct {
        size_t role, field;
    } of[KNOBS_MAX]; /* what a knob turns */
    size_t knob_count;
    size_t calls; /* that are timed together; 0: not known yet */
    double sample; /* seconds: what those took */
    double begun, budget; /* seconds */
    double seconds, cpu_seconds; /* timed: by the clock, and what of it this thread had the core */
    const volatile sig_atomic_t *stop;
    bool has_failed;
    struct failure why;
};

/* The track stays where it is until it is closed; `budget` seconds begin now. */
bool track_open(struct track *track, const struct shape *shape, const struct isa *isa,
                const struct workshop *workshop, double budget, const volatile sig_atomic_t *stop,
                struct failure *failure);
void track_close(struct track *track);

/* Searches. False: something is wrong beyond a plan, such as a compiler that is missing, or a
 * kernel gave other bits. */
bool track_run(struct track *track, struct found *found, struct failure *failure);

/* A plan as kernel_parts_override takes it, whole, or only where it differs from the chosen one;
 * the caller frees it. */
char *track_plan(struct track *track, const struct search_plan *plan, bool is_whole);

/* Hands the row of what was found to a file. */
bool track_put(struct track *track, const struct found *found, struct tuning *tuning,
               struct failure *failure);

/* Whether a row holds for what this track would measure. */
bool track_fits(const struct track *track, const struct tuning_row *row);

#endif
