/* SPDX-License-Identifier: MIT */
/* weir-run --time: how long one call takes, on a core of its own, as a distribution. It ends with
 * what there is after some calls or some time, or when it is told to by a signal. */
#define _GNU_SOURCE
#include "common/ending.h"
#include "run/actions.h"
#include "run/files.h"

#include <hwloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* In microseconds: how long it takes at most where no number of calls is given, and warming up. */
enum { WARM_UP = 200, BUDGET = 2000000, WARM_UP_BUDGET = 200000 };
enum { BINS = 12, BAR = 50 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

/* Pins the calling thread to a core, or to where it runs. */
static bool pin(long *cpu, struct failure *failure)
{
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) || hwloc_topology_load(topology))
        return fail(failure, "hwloc cannot tell what this machine is");
    const hwloc_cpuset_t set = hwloc_bitmap_alloc();
    if (set && *cpu < 0 && !hwloc_get_last_cpu_location(topology, set, HWLOC_CPUBIND_THREAD))
        *cpu = hwloc_bitmap_first(set);
    if (set)
        hwloc_bitmap_only(set, (unsigned)*cpu);
    const bool pinned = set && *cpu >= 0 &&
                        hwloc_get_pu_obj_by_os_index(topology, (unsigned)*cpu) &&
                        !hwloc_set_cpubind(topology, set, HWLOC_CPUBIND_THREAD);
    hwloc_bitmap_free(set);
    hwloc_topology_destroy(topology);
    return pinned || fail(failure, "this process cannot be pinned to core %ld", *cpu);
}

bool action_shapes(const onnx_model *model, onnx_memory *memory, const onnx_tensor **inputs,
                   struct failure *failure)
{
    for (size_t i = 0; i < model->graph.input_count; i++) {
        const onnx_value *value = &model->values[model->graph.inputs[i]];
        size_t dims[ONNX_RANK_MAX];
        if (!value->has_shape)
            return fail(failure, "the input '%.80s' has no shape: give it with --input",
                        quote(value->name).text);
        for (size_t d = 0; d < value->rank; d++)
            dims[d] = value->dims[d] < 0 ? 1 : (size_t)value->dims[d];
        inputs[i] = onnx_tensor_create(memory, value->type, value->rank, dims, failure);
        if (!inputs[i])
            return false;
    }
    return true;
}

static bool make_zeros(const onnx_model *model, onnx_memory *memory, const onnx_tensor **inputs,
                       struct failure *failure)
{
    if (!action_shapes(model, memory, inputs, failure))
        return false;
    for (size_t i = 0; i < model->graph.input_count; i++)
        onnx_tensor_clear((onnx_tensor *)inputs[i]);
    return true;
}

/* Calls that were timed, in microseconds. */
struct times {
    double *of; /* sorted at the end */
    size_t count, most;
    double budget, begun, shown; /* when it began, and when it was last said how far it is */
};

static int by_value(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Bins that double in width, from the fastest call on. */
static void print_histogram(const struct times *times)
{
    const double *of = times->of, narrowest = 0.02 * of[times->count / 2] + 1e-3;
    size_t counts[BINS] = {0};
    for (size_t i = 0; i < times->count; i++) {
        size_t bin = 0;
        double width = narrowest;
        for (double end = of[0] + width; bin < BINS - 1 && of[i] > end; end += width) {
            bin++;
            width *= 2;
        }
        counts[bin]++;
    }
    double end = of[0], width = narrowest;
    for (size_t bin = 0; bin < BINS; bin++, width *= 2) {
        end += width;
        const int bar = (int)((counts[bin] * BAR + times->count - 1) / times->count);
        if (counts[bin])
            printf("  %s %10.2f us  %5zu  %.*s\n", bin < BINS - 1 ? "to" : "> ",
                   bin < BINS - 1 ? end : end - width, counts[bin], bar,
                   "##################################################");
    }
}

static void print_times(const struct times *times, long cpu)
{
    const double *of = times->of;
    const size_t count = times->count;
    char how[64] = "";
    if (count < times->most)
        snprintf(how, sizeof how, " of %zu, %s,", times->most,
                 end_asked ? "when stopped" : "in 2 seconds");
    printf("%zu call%s%s on core %ld: median %.2f us, p99 %.2f, p99.9 %.2f, largest %.2f\n", count,
           count == 1 ? "" : "s", how, cpu, of[count / 2], of[count * 99 / 100],
           of[count * 999 / 1000], of[count - 1]);
    print_histogram(times);
}

/* A terminal shows one line that changes; a log gets a line now and then. */
static void show_progress(struct times *times, double at)
{
    enum { TERMINAL_EVERY = 250000, LOG_EVERY = 10000000 };
    const bool terminal = isatty(STDERR_FILENO);
    if (at - times->shown < (terminal ? TERMINAL_EVERY : LOG_EVERY))
        return;
    const double passed = at - times->begun;
    const double rest = passed / (double)times->count * (double)(times->most - times->count);
    const double left = fmin(rest, times->budget - passed) * 1e-6;
    times->shown = at;
    fprintf(stderr, "%s%zu of %zu calls, at most %d:%02d left%s", terminal ? "\r" : "",
            times->count, times->most, (int)left / 60, (int)left % 60, terminal ? "\033[K" : "\n");
}

static bool warm_up(struct prepared *prepared, struct failure *failure)
{
    const double begun = now();
    for (size_t i = 0; !end_asked && i < WARM_UP && (!i || now() - begun < WARM_UP_BUDGET); i++)
        if (!action_call(prepared, prepared->inputs, prepared->outputs, failure))
            return false;
    return true;
}

static bool measure(struct prepared *prepared, struct times *times, struct failure *failure)
{
    end_when_asked();
    if (!warm_up(prepared, failure))
        return false;
    times->begun = times->shown = now();
    while (!end_asked && times->count < times->most) {
        const double start = now();
        if (times->count && start - times->begun > times->budget)
            break;
        if (!action_call(prepared, prepared->inputs, prepared->outputs, failure))
            return false;
        const double end = now();
        times->of[times->count++] = end - start;
        show_progress(times, end);
    }
    if (times->shown > times->begun && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    qsort(times->of, times->count, sizeof *times->of, by_value);
    return times->count || fail(failure, "it was stopped before a call was timed");
}

int action_time(const struct request *request, const onnx_model *model, struct failure *failure)
{
    long cpu = request->cpu;
    struct prepared prepared;
    struct times times = {.most = request->calls ? request->calls : TIMED_CALLS,
                          .budget = request->calls ? INFINITY : BUDGET};
    times.of = calloc(times.most, sizeof *times.of);
    bool begun = false, done = action_prepare(&prepared, request, model, failure) &&
                               (times.of || fail_memory(failure));
    done = done && pin(&cpu, failure) &&
           (request->input_count
                ? action_read_inputs(request, model, prepared.memory, prepared.inputs, failure)
                : make_zeros(model, prepared.memory, prepared.inputs, failure)) &&
           (begun = action_begin(&prepared, prepared.inputs, failure)) &&
           measure(&prepared, &times, failure);
    if (!done && begun && !request->input_count && !end_asked)
        fail(failure,
             "%s; it was run on zeros, of 1 along each open dimension: --input gives others",
             failure->sentence);
    if (done)
        print_times(&times, cpu);
    action_release(&prepared);
    free(times.of);
    return !done ? BAD : end_asked ? STOPPED : PASSED;
}
