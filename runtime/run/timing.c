/* SPDX-License-Identifier: MIT */
/* weir-run --time: how long one call takes, on a core of its own, as a distribution. */
#define _GNU_SOURCE
#include "run/actions.h"
#include "run/files.h"

#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLS = 10000, WARM_UP = 200, BINS = 12, BAR = 50 };

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

/* Zeros of the shape declared; a dimension that is left open is 1. */
static bool make_zeros(const onnx_model *model, onnx_memory *memory, const onnx_tensor **inputs,
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
        onnx_tensor *zeros = onnx_tensor_create(memory, value->type, value->rank, dims, failure);
        if (!zeros)
            return false;
        memset(zeros->floats ? (void *)zeros->floats : (void *)zeros->ints, 0,
               zeros->count * (zeros->floats ? sizeof(float) : sizeof(int64_t)));
        inputs[i] = zeros;
    }
    return true;
}

static int by_value(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Bins that double in width, from the fastest call on. */
static void print_histogram(const double *times)
{
    size_t counts[BINS] = {0};
    for (size_t i = 0; i < CALLS; i++) {
        size_t bin = 0;
        double width = 0.02 * times[CALLS / 2] + 1e-3;
        for (double end = times[0] + width; bin < BINS - 1 && times[i] > end; end += width) {
            bin++;
            width *= 2;
        }
        counts[bin]++;
    }
    double end = times[0], width = 0.02 * times[CALLS / 2] + 1e-3;
    for (size_t bin = 0; bin < BINS; bin++, width *= 2) {
        end += width;
        const int bar = (int)((counts[bin] * BAR + CALLS - 1) / CALLS);
        if (counts[bin])
            printf("  %s %10.2f us  %5zu  %.*s\n", bin < BINS - 1 ? "to" : "> ",
                   bin < BINS - 1 ? end : end - width, counts[bin], bar,
                   "##################################################");
    }
}

static bool measure(run_session *session, const onnx_tensor **inputs, const onnx_tensor **outputs,
                    double *times, struct failure *failure)
{
    for (size_t i = 0; i < WARM_UP + CALLS; i++) {
        const double start = now();
        if (!run_call(session, inputs, outputs, failure))
            return false;
        if (i >= WARM_UP)
            times[i - WARM_UP] = now() - start;
    }
    qsort(times, CALLS, sizeof *times, by_value);
    return true;
}

int action_time(const struct request *request, const onnx_model *model, struct failure *failure)
{
    long cpu = request->cpu;
    onnx_memory *memory = onnx_memory_create(SIZE_MAX / 2);
    const onnx_tensor **inputs = calloc(model->graph.input_count + 1, sizeof *inputs);
    const onnx_tensor **outputs = calloc(model->graph.output_count + 1, sizeof *outputs);
    double *times = calloc(CALLS, sizeof *times);
    run_session *session = NULL;
    bool done = (memory && inputs && outputs && times) || fail_memory(failure);
    done = done && pin(&cpu, failure) &&
           (request->input_count ? action_read_inputs(request, model, memory, inputs, failure)
                                 : make_zeros(model, memory, inputs, failure)) &&
           (session = action_session(request, model, failure)) &&
           measure(session, inputs, outputs, times, failure);
    if (done) {
        printf("%d calls on core %ld: median %.2f us, p99 %.2f, p99.9 %.2f, largest %.2f\n", CALLS,
               cpu, times[CALLS / 2], times[CALLS * 99 / 100], times[CALLS * 999 / 1000],
               times[CALLS - 1]);
        print_histogram(times);
    }
    run_destroy(session);
    onnx_memory_destroy(memory);
    free(inputs);
    free(outputs);
    free(times);
    return done ? 0 : 2;
}
