/* SPDX-License-Identifier: MIT */
/* Cores for pools, by hwloc: nothing else in libweir uses it. One thread a core, never two on the
 * hardware threads of one core, and never more threads than cores; see cores.h. */
#define _GNU_SOURCE
#include "cores.h"
#include "libweir.h"

#ifdef WEIR_HAS_HWLOC

#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sched.h>
#endif

struct weir_cores {
    hwloc_topology_t topology;
    hwloc_cpuset_t set; /* one hardware thread of each core taken */
    hwloc_obj_t *taken; /* the cores, one a thread but the caller's */
    hwloc_cpuset_t allowed; /* hardware threads this process may use */
    pthread_t caller; /* the thread that took them, and the core left to it, or NULL */
    hwloc_cpuset_t callers;
    struct weir_cores *next;
};

/* The pools that live, so that two of them share no core. */
static struct weir_cores *living;
static pthread_mutex_t living_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- What this process may use ---- */

/* The affinity that the process began with, as taskset sets it. Asked when libweir is loaded,
 * because a caller that pins itself to a core of its own before it makes a pool means to keep that
 * core, not to give up all others. */
static unsigned long started_with[128];

#ifdef __linux__
__attribute__((constructor)) static void remember_start(void)
{
    if (sched_getaffinity(0, sizeof started_with, (cpu_set_t *)started_with))
        memset(started_with, 0, sizeof started_with);
}
#endif

static bool find_allowed(struct weir_cores *cores)
{
    cores->allowed = hwloc_bitmap_alloc();
    if (!cores->allowed)
        return false;
    for (unsigned i = 0; i < sizeof started_with / sizeof *started_with; i++)
        hwloc_bitmap_set_ith_ulong(cores->allowed, i, started_with[i]);
    if (hwloc_bitmap_iszero(cores->allowed) &&
        hwloc_get_cpubind(cores->topology, cores->allowed, HWLOC_CPUBIND_PROCESS))
        hwloc_bitmap_fill(cores->allowed);
    return !hwloc_bitmap_and(cores->allowed, cores->allowed,
                             hwloc_topology_get_allowed_cpuset(cores->topology));
}

/* Neither a pool's, nor another caller's. A caller that has moved leaves nothing behind. */
static bool is_free(const struct weir_cores *cores, hwloc_obj_t core)
{
    for (const struct weir_cores *other = living; other; other = other->next) {
        const bool is_mine = pthread_equal(other->caller, cores->caller);
        if (hwloc_bitmap_intersects(core->cpuset, other->set) ||
            (!is_mine && other->callers && hwloc_bitmap_intersects(core->cpuset, other->callers)))
            return false;
    }
    return hwloc_bitmap_intersects(core->cpuset, cores->allowed);
}

/* ---- Taking ---- */

/* Cores, or where the operating system tells none, hardware threads. */
static hwloc_obj_t core_at(const struct weir_cores *cores, unsigned index)
{
    const hwloc_obj_t core = hwloc_get_obj_by_type(cores->topology, HWLOC_OBJ_CORE, index);
    const bool has_cores = hwloc_get_nbobjs_by_type(cores->topology, HWLOC_OBJ_CORE) > 0;
    return has_cores ? core : hwloc_get_obj_by_type(cores->topology, HWLOC_OBJ_PU, index);
}

/* The core that is left to the caller: the one it runs on if it may, else the first that is free;
 * NULL where none is. Counts the free ones, and all that the process may use. */
static hwloc_obj_t find_callers(const struct weir_cores *cores, size_t *free_cores, size_t *all)
{
    hwloc_obj_t core, first = NULL, own = NULL;
    const hwloc_cpuset_t here = hwloc_bitmap_alloc();
    if (here && hwloc_get_last_cpu_location(cores->topology, here, HWLOC_CPUBIND_THREAD))
        hwloc_bitmap_zero(here);
    *free_cores = *all = 0;
    for (unsigned i = 0; (core = core_at(cores, i)); i++) {
        *all += hwloc_bitmap_intersects(core->cpuset, cores->allowed);
        if (!is_free(cores, core))
            continue;
        ++*free_cores;
        first = first ? first : core;
        if (here && hwloc_bitmap_intersects(core->cpuset, here))
            own = core;
    }
    hwloc_bitmap_free(here);
    return own ? own : first;
}

/* Takes `count` free cores, those closest to the caller's first. */
static bool take_closest(struct weir_cores *cores, hwloc_obj_t own, size_t count)
{
    unsigned total = 0;
    while (core_at(cores, total))
        total++;
    cores->set = hwloc_bitmap_alloc();
    cores->taken = malloc((total + 1) * sizeof *cores->taken);
    if (!cores->set || !cores->taken)
        return false;
    if (!count)
        return true;
    const unsigned found = hwloc_get_closest_objs(cores->topology, own, cores->taken, total);
    size_t taken = 0;
    for (unsigned i = 0; i < found && taken < count; i++)
        if (is_free(cores, cores->taken[i]))
            cores->taken[taken++] = cores->taken[i];
    for (size_t i = 0; i < taken; i++)
        hwloc_bitmap_or(cores->set, cores->set, cores->taken[i]->cpuset);
    return taken == count;
}

static weir_status fail_too_many(size_t threads, size_t free_cores, size_t all, weir_error *error)
{
    char others[64] = "";
    if (free_cores < all)
        snprintf(others, sizeof others, ", %zu of them taken by other pools", all - free_cores);
    return weir_fail(error, WEIR_UNAVAILABLE,
                     "A pool of %zu threads needs a core for each, but this process may use %zu "
                     "core%s%s: ask for at most %zu, or for 0, one per core.",
                     threads, all, all == 1 ? "" : "s", others, free_cores ? free_cores : 1);
}

/* With the lock held. */
static weir_status take(struct weir_cores *cores, size_t *threads, weir_error *error)
{
    size_t free_cores, all;
    if (hwloc_topology_init(&cores->topology))
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for hwloc: free some.");
    if (hwloc_topology_load(cores->topology))
        return weir_fail(error, WEIR_UNAVAILABLE,
                         "hwloc cannot read the topology of this machine (%s): run without a pool.",
                         strerror(errno));
    if (!find_allowed(cores))
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for hwloc: free some.");
    const hwloc_obj_t own = find_callers(cores, &free_cores, &all);
    const size_t most = free_cores ? free_cores : 1;
    if (*threads > most)
        return fail_too_many(*threads, free_cores, all, error);
    *threads = *threads ? *threads : most;
    if (!take_closest(cores, own, *threads - 1))
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for hwloc: free some.");
    cores->callers = own ? own->cpuset : NULL;
    cores->next = living;
    living = cores;
    return WEIR_OK;
}

static void release(struct weir_cores *cores)
{
    hwloc_bitmap_free(cores->set);
    hwloc_bitmap_free(cores->allowed);
    free(cores->taken);
    if (cores->topology)
        hwloc_topology_destroy(cores->topology);
    free(cores);
}

weir_status weir_cores_take(struct weir_cores **cores, size_t *threads, weir_error *error)
{
    *cores = calloc(1, sizeof **cores);
    if (!*cores)
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for a pool: free some.");
    (*cores)->caller = pthread_self();
    pthread_mutex_lock(&living_lock);
    const weir_status status = take(*cores, threads, error);
    pthread_mutex_unlock(&living_lock);
    if (status) {
        release(*cores);
        *cores = NULL;
    }
    return status;
}

void weir_cores_give_back(struct weir_cores *cores)
{
    if (!cores)
        return;
    pthread_mutex_lock(&living_lock);
    struct weir_cores **at = &living;
    while (*at != cores)
        at = &(*at)->next;
    *at = cores->next;
    pthread_mutex_unlock(&living_lock);
    release(cores);
}

weir_status weir_cores_pin(const struct weir_cores *cores, size_t index, pthread_t thread,
                           weir_error *error)
{
    const hwloc_cpuset_t set = hwloc_bitmap_alloc();
    if (!set)
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for hwloc: free some.");
    /* One hardware thread of the core, so that it does not wander between them. */
    hwloc_bitmap_and(set, cores->taken[index]->cpuset, cores->allowed);
    hwloc_bitmap_singlify(set);
    const int failed = hwloc_set_thread_cpubind(cores->topology, thread, set, HWLOC_CPUBIND_STRICT);
    hwloc_bitmap_free(set);
    return failed ? weir_fail(error, WEIR_UNAVAILABLE,
                              "The operating system does not pin a thread to its core (%s): run "
                              "without a pool.",
                              strerror(errno))
                  : WEIR_OK;
}

#else

weir_status weir_cores_take(struct weir_cores **cores, size_t *threads, weir_error *error)
{
    *cores = NULL;
    (void)threads;
    return weir_fail(error, WEIR_UNAVAILABLE,
                     "This libweir was built without hwloc, which tells cores and pins threads: "
                     "build it where hwloc is installed, or run without a pool.");
}

void weir_cores_give_back(struct weir_cores *cores)
{
    (void)cores;
}

weir_status weir_cores_pin(const struct weir_cores *cores, size_t index, pthread_t thread,
                           weir_error *error)
{
    (void)cores, (void)index, (void)thread, (void)error;
    return WEIR_UNAVAILABLE;
}

#endif
