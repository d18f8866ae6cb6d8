/* SPDX-License-Identifier: MIT */
/* Collects the circumstances of a run; see context.h. What the build knows (compiler, flags) comes
 * from CMake as BENCH_... macros, the commit in bench_commit.h, made anew by every build. */
#define _GNU_SOURCE
#include "context.h"

#include "bench_commit.h"
#include "common/setting.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

static struct context_entry *entry_add(struct context *context, const char *key)
{
    struct context_entry *entry = &context->at[context->count];
    /* The last place is overwritten when a list this long should ever overflow. */
    if (context->count + 1 < sizeof context->at / sizeof *context->at)
        context->count++;
    snprintf(entry->key, sizeof entry->key, "%.*s", (int)sizeof entry->key - 1, key);
    return entry;
}

void context_text(struct context *context, const char *key, const char *format, ...)
{
    struct context_entry *entry = entry_add(context, key);
    entry->is_number = false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(entry->value, sizeof entry->value, format, arguments);
    va_end(arguments);
}

void context_number(struct context *context, const char *key, double value)
{
    struct context_entry *entry = entry_add(context, key);
    entry->is_number = true;
    entry->number = value;
    snprintf(entry->value, sizeof entry->value, "%.6g", value);
}

const char *context_find(const struct context *context, const char *key)
{
    for (size_t i = 0; i < context->count; i++)
        if (strcmp(context->at[i].key, key) == 0)
            return context->at[i].value;
    return "unknown";
}

/* What follows "key :" in the first line of the file that has it; without a key, the first line.
 * "unknown" when there is none. */
static const char *file_value(const char *path, const char *key, char *value, size_t size)
{
    char line[1024];
    bool found = false;
    FILE *file = fopen(path, "r");
    snprintf(value, size, "unknown");
    while (file && !found && fgets(line, sizeof line, file)) {
        const char *start = line;
        line[strcspn(line, "\n")] = 0;
        if (key) {
            const size_t length = strlen(key);
            const char *colon = strchr(line, ':');
            if (strncmp(line, key, length) != 0 || !colon ||
                line + length + strspn(line + length, " \t") != colon)
                continue;
            start = colon + 1 + strspn(colon + 1, " \t");
        }
        snprintf(value, size, "%.*s", (int)size - 1, start);
        found = true;
    }
    if (file)
        fclose(file);
    return value;
}

static void cpu_describe(struct context *context, const struct machine *machine)
{
    static const char *const cache[CACHE_LEVELS] = {"cache_l1d", "cache_l2", "cache_l3"};
    char value[256], path[128];
    const hwloc_obj_t package =
        hwloc_get_ancestor_obj_by_type(machine->topology, HWLOC_OBJ_PACKAGE, machine->core);
    const char *model = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
    context_text(context, "cpu", "%s",
                 model ? model : file_value("/proc/cpuinfo", "Model", value, sizeof value));
    context_text(context, "cpu_family_model_stepping", "%s %s %s",
                 file_value("/proc/cpuinfo", "cpu family", (char[32]){0}, 32),
                 file_value("/proc/cpuinfo", "model", (char[32]){0}, 32),
                 file_value("/proc/cpuinfo", "stepping", (char[32]){0}, 32));
    context_text(context, "microcode", "%s",
                 file_value("/proc/cpuinfo", "microcode", value, sizeof value));
    context_text(context, "mhz", "%s", file_value("/proc/cpuinfo", "cpu MHz", value, sizeof value));
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor",
             machine->cpu);
    context_text(context, "governor", "%s", file_value(path, NULL, value, sizeof value));
    for (size_t level = 0; level < CACHE_LEVELS; level++) {
        char text[64];
        snprintf(text, sizeof text, "%zu KB, shared by %u", machine->cache[level] / 1024,
                 machine->sharing[level]);
        context_text(context, cache[level], "%s", machine->cache[level] ? text : "unknown");
    }
    context_number(context, "num_cpus", hwloc_get_nbobjs_by_type(machine->topology, HWLOC_OBJ_PU));
    context_number(context, "pinned_core", machine->cpu);
}

static void ceilings_describe(struct context *context, const struct calibration *calibration)
{
    for (size_t i = 0; i < calibration->count; i++) {
        const struct ceilings *ceilings = &calibration->at[i];
        char key[64];
        snprintf(key, sizeof key, "ceiling_%s_fma_gflops", ceilings->isa);
        context_number(context, key, 1e-9 * ceilings->fma);
        for (size_t level = 0; level < MEMORY_LEVELS; level++) {
            snprintf(key, sizeof key, "ceiling_%s_%s_gbps", ceilings->isa,
                     memory_level_name[level]);
            if (ceilings->load[level])
                context_number(context, key, 1e-9 * ceilings->load[level]);
        }
    }
}

void context_before(struct context *context, const struct machine *machine,
                    const struct calibration *calibration)
{
    char value[256];
    struct utsname name = {0};
    const time_t now = time(NULL);
    struct tm utc;
    strftime(value, sizeof value, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    context_text(context, "date", "%s", value);
    context_text(context, "weir_commit", "%s", BENCH_COMMIT);
    cpu_describe(context, machine);
    uname(&name);
    context_text(context, "kernel", "%s %s %s", name.sysname, name.release, name.machine);
    context_text(
        context, "huge_pages", "%s",
        file_value("/sys/kernel/mm/transparent_hugepage/enabled", NULL, value, sizeof value));
    context_text(context, "compiler", "%s", BENCH_COMPILER);
    context_text(context, "flags", "%s", BENCH_FLAGS);
    context_text(context, "kernel_flags", "%s", BENCH_KERNEL_FLAGS);
    context_text(context, "baseline_flags", "%s", BENCH_BASELINE_FLAGS);
    context_text(context, "weir_isa_cap", "%s", setting("WEIR_ISA") ? setting("WEIR_ISA") : "none");
    context_text(context, "load_average_before", "%s",
                 file_value("/proc/loadavg", NULL, value, sizeof value));
    ceilings_describe(context, calibration);
}

void context_after(struct context *context, const struct machine *machine)
{
    char value[256];
    const double stolen = machine_stolen(machine);
    if (stolen >= 0)
        context_number(context, "steal_seconds", stolen);
    else
        context_text(context, "steal_seconds", "unknown");
    context_text(context, "load_average_after", "%s",
                 file_value("/proc/loadavg", NULL, value, sizeof value));
}
