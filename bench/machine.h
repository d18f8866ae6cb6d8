/* SPDX-License-Identifier: MIT */
/* The one core that everything runs on: choosing it, pinning to it, and what is known of its
 * caches and of who else uses it. How fast it is, calibrate.h finds out. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "common/failure.h"

#include <hwloc.h>
#include <stdint.h>

#define MACHINE_QUIETEST UINT64_MAX

enum { CACHE_LEVELS = 3 };

struct machine {
    hwloc_topology_t topology;
    hwloc_obj_t core; /* the hwloc object of the processing unit */
    unsigned cpu; /* as the operating system numbers it */
    size_t cache[CACHE_LEVELS]; /* L1d, L2, L3 in bytes; 0: there is none, or unknown */
    unsigned sharing[CACHE_LEVELS]; /* how many processing units share it */
    unsigned long long stolen_before; /* clock ticks, when it was opened */
};

/* Pins the calling thread to `cpu`, or, for MACHINE_QUIETEST, to the quietest core this process may
 * use, the last one among equals. False when that failed or did not come true: then nothing may be
 * measured. Memory touched afterwards is near that core. */
bool machine_open(struct machine *machine, uint64_t cpu, struct failure *failure);
void machine_close(struct machine *machine);

/* Whether the calling thread is bound to that core, and runs there. */
bool machine_is_pinned(const struct machine *machine);

/* Seconds of this core that the hypervisor gave to others since machine_open; negative: unknown. */
double machine_stolen(const struct machine *machine);

#endif
