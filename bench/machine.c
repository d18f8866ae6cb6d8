/* SPDX-License-Identifier: MIT */
/* Choosing a core and pinning to it with hwloc, and /proc/stat; see machine.h. */
#define _GNU_SOURCE
#include "machine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The core's line in /proc/stat, in clock ticks since boot. */
struct ticks {
    unsigned long long busy, stolen;
};

static bool ticks_read(struct ticks *ticks, unsigned cpu)
{
    char line[512], name[32];
    bool found = false;
    FILE *file = fopen("/proc/stat", "r");
    if (!file)
        return false;
    snprintf(name, sizeof name, "cpu%u ", cpu);
    while (!found && fgets(line, sizeof line, file)) {
        unsigned long long user, nice, system, idle, waiting, irq, softirq, stolen;
        found = strncmp(line, name, strlen(name)) == 0 &&
                sscanf(line + strlen(name), "%llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
                       &system, &idle, &waiting, &irq, &softirq, &stolen) == 8;
        if (found)
            *ticks = (struct ticks){user + nice + system + irq + softirq + stolen, stolen};
    }
    fclose(file);
    return found;
}

/* Of the cores in the set, the one that did least in a quarter of a second. */
static unsigned quietest(hwloc_const_cpuset_t set)
{
    enum { CPUS_MAX = 4096 };
    static unsigned long long before[CPUS_MAX];
    struct ticks ticks;
    unsigned long long least = ~0ULL;
    int cpu, chosen = hwloc_bitmap_last(set);
    hwloc_bitmap_foreach_begin(cpu, set)
    {
        if (cpu < CPUS_MAX)
            before[cpu] = ticks_read(&ticks, (unsigned)cpu) ? ticks.busy : 0;
    }
    hwloc_bitmap_foreach_end();
    nanosleep(&(struct timespec){.tv_nsec = 250000000}, NULL);
    hwloc_bitmap_foreach_begin(cpu, set)
    {
        if (cpu < CPUS_MAX && ticks_read(&ticks, (unsigned)cpu)) {
            /* One tick of 25 is no work, and the last core is the least likely to get interrupts.
             */
            const unsigned long long busy = ticks.busy - before[cpu];
            if (busy <= least || busy <= 1) {
                least = busy;
                chosen = cpu;
            }
        }
    }
    hwloc_bitmap_foreach_end();
    return (unsigned)chosen;
}

static void caches_read(struct machine *machine)
{
    static const hwloc_obj_type_t type[CACHE_LEVELS] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE,
                                                        HWLOC_OBJ_L3CACHE};
    for (size_t level = 0; level < CACHE_LEVELS; level++) {
        const hwloc_obj_t cache =
            hwloc_get_ancestor_obj_by_type(machine->topology, type[level], machine->core);
        if (!cache)
            continue;
        machine->cache[level] = cache->attr->cache.size;
        machine->sharing[level] = (unsigned)hwloc_bitmap_weight(cache->cpuset);
    }
}

static bool machine_pin(struct machine *machine, uint64_t cpu, struct failure *failure)
{
    char list[256];
    bool good = false;
    const hwloc_cpuset_t allowed = hwloc_bitmap_alloc();
    if (!allowed || hwloc_get_cpubind(machine->topology, allowed, HWLOC_CPUBIND_THREAD)) {
        fail(failure, "cannot tell which cores may be used (%s): nothing is measured unpinned",
             strerror(errno));
        goto end;
    }
    hwloc_bitmap_list_snprintf(list, sizeof list, allowed);
    if (cpu != MACHINE_QUIETEST && !hwloc_bitmap_isset(allowed, (unsigned)cpu)) {
        fail(failure, "--cpu %u: there is no such core for this process; use one of %s",
             (unsigned)cpu, list);
        goto end;
    }
    machine->cpu = cpu == MACHINE_QUIETEST ? quietest(allowed) : (unsigned)cpu;
    machine->core = hwloc_get_pu_obj_by_os_index(machine->topology, machine->cpu);
    if (!machine->core || hwloc_set_cpubind(machine->topology, machine->core->cpuset,
                                            HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT))
        fail(failure, "cannot pin to core %u (%s): nothing is measured unpinned; try --cpu",
             machine->cpu, strerror(errno));
    else if (!machine_is_pinned(machine))
        fail(failure,
             "pinned to core %u, but this thread is not there: nothing is measured "
             "unpinned; try --cpu",
             machine->cpu);
    else
        good = true;
end:
    hwloc_bitmap_free(allowed);
    return good;
}

bool machine_open(struct machine *machine, uint64_t cpu, struct failure *failure)
{
    *machine = (struct machine){0};
    if (hwloc_topology_init(&machine->topology))
        return fail(failure, "hwloc does not start (%s)", strerror(errno));
    if (hwloc_topology_load(machine->topology)) {
        fail(failure, "hwloc cannot read this machine's topology (%s)", strerror(errno));
        machine_close(machine);
        return false;
    }
    if (!machine_pin(machine, cpu, failure)) {
        machine_close(machine);
        return false;
    }
    caches_read(machine);
    struct ticks ticks = {0};
    ticks_read(&ticks, machine->cpu);
    machine->stolen_before = ticks.stolen;
    return true;
}

void machine_close(struct machine *machine)
{
    hwloc_topology_destroy(machine->topology);
    *machine = (struct machine){0};
}

bool machine_is_pinned(const struct machine *machine)
{
    const hwloc_cpuset_t set = hwloc_bitmap_alloc();
    const bool is_pinned =
        set && !hwloc_get_cpubind(machine->topology, set, HWLOC_CPUBIND_THREAD) &&
        hwloc_bitmap_isequal(set, machine->core->cpuset) &&
        !hwloc_get_last_cpu_location(machine->topology, set, HWLOC_CPUBIND_THREAD) &&
        hwloc_bitmap_isequal(set, machine->core->cpuset);
    hwloc_bitmap_free(set);
    return is_pinned;
}

double machine_stolen(const struct machine *machine)
{
    struct ticks ticks;
    if (!ticks_read(&ticks, machine->cpu))
        return -1;
    return (double)(ticks.stolen - machine->stolen_before) / (double)sysconf(_SC_CLK_TCK);
}
