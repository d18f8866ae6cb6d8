/* SPDX-License-Identifier: MIT */
/* The run itself: which contenders meet on which shapes, in rounds, and what every round gave.
 * Figures are made of it in report.c. */
#ifndef BENCH_SWEEP_H
#define BENCH_SWEEP_H

#include "calibrate.h"
#include "contender.h"
#include "exact.h"
#include "options.h"

#include <stdint.h>

/* One timed run of one contender: a round. Seconds a call. */
struct sample {
    double real, cpu;
    double forward; /* of real, where the shape is trained: the rest is backward */
    int64_t calls;
};

enum row_fate {
    ROW_NEW, /* not tried yet */
    ROW_READY, /* prepared, its output checked */
    ROW_ONCE, /* ready, but so slow that it is timed in one round only */
    ROW_LEFT_OUT, /* too slow, or it cannot run here: `why` says */
    ROW_WRONG /* its output is not Weir's: `why` says */
};

struct row {
    char name[144]; /* shape/contender, or shape/contender/train */
    const struct shape *shape;
    struct contender contender;
    double bound; /* seconds: what a call takes at least on this machine */
    double call_time; /* seconds: a call, roughly; to warm up by */
    double error; /* of its output, against float64; NAN: not known or not asked for */
    enum row_fate fate;
    bool is_elsewhere; /* another host times it, or has before */
    size_t owner; /* rank of the host that does */
    struct failure why;
    struct sample *samples; /* [rounds] */
    size_t sample_count;
};

struct sweep {
    const struct options *options;
    const struct calibration *calibration;
    struct row *rows; /* all contenders of a shape follow one another */
    size_t row_count;
    const struct shape *shape; /* whose workload is made; NULL: none */
    struct workload workload;
    struct exact exact; /* its output in float64, where errors are asked for */
    bool has_enough; /* that shape, of rounds */
    size_t runs, runs_done; /* of this process, with those that need not be run */
    const struct machine *machine; /* where it is pinned */
    /* Called when all of a shape has been timed there, and now and then; or NULL. */
    void (*shape_done)(struct sweep *sweep, const struct shape *shape);
    void (*beat)(struct sweep *sweep);
    struct hosts *hosts; /* of these; or NULL */
    double started, cpu_started;
    double seconds, cpu_seconds; /* the whole run took, and had the core for */
};

/* Lists the contenders of every shape that the filter lets through. Sweep, options and calibration
 * stay where they are until sweep_free. */
bool sweep_plan(struct sweep *sweep, const struct shapes *shapes,
                const struct contender_kind *const *kinds, size_t kind_count,
                struct failure *failure);

/* Hands every round to Google Benchmark and runs them, with progress on stderr. */
bool sweep_run(struct sweep *sweep, struct failure *failure);
void sweep_free(struct sweep *sweep);

#endif
