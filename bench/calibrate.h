/* SPDX-License-Identifier: MIT */
/* This machine's own ceilings, measured: how many fused multiply-adds a second, and how many bytes
 * from each level of memory, one core and one ISA at a time; and the least time that a layer can
 * take under them. */
#ifndef BENCH_CALIBRATE_H
#define BENCH_CALIBRATE_H

#include "machine.h"
#include "shapes.h"

/* L1, L2, L3 and memory. */
enum { MEMORY_LEVELS = CACHE_LEVELS + 1, ISAS_MAX = 8 };

extern const char *const memory_level_name[MEMORY_LEVELS];

struct ceilings {
    const char *isa;
    double fma; /* floating-point operations a second */
    double load[MEMORY_LEVELS]; /* bytes a second; 0 where there is no such level */
};

struct calibration {
    size_t cache[CACHE_LEVELS];
    struct ceilings at[ISAS_MAX]; /* in the order of weir_isa_name, those that run here */
    size_t count;
};

/* Takes one to three seconds. */
bool calibrate(struct calibration *calibration, const struct machine *machine,
               struct failure *failure);

/* The ceilings of that ISA, or of the one that a bundle is made of; of the best, when it is NULL.
 */
const struct ceilings *calibration_find(const struct calibration *calibration, const char *isa);

/* Seconds in which to read `bytes` again and again. */
double calibration_pass(const struct calibration *calibration, const struct ceilings *ceilings,
                        double bytes);

/* The least seconds that so many floating-point operations of products can take, with weights of
 * that type (NULL: f32): 0 with bytes, whose products are no fused multiply-adds, so that only
 * reading is known to take its time. */
double calibration_arithmetic(const struct ceilings *ceilings, double flop, const char *type);

/* The least seconds that one call of the shape can take, with weights of that type (NULL: f32). */
double calibration_bound(const struct calibration *calibration, const char *isa,
                         const struct shape *shape, const char *type);

#endif
