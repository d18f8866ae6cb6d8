/* SPDX-License-Identifier: MIT */
/* weir-phases: where the time of one kernel goes. bench/explain makes the kernel, with time stamps
 * and without, and goes on from what this writes. */
#define _GNU_SOURCE
#include "common/ending.h"
#include "common/files.h"
#include "kernel.h"
#include "phases/page.h"

#include <stdio.h>
#include <stdlib.h>

/* STATUS_WRONG: what was asked for cannot be had. */
enum { STATUS_FAILED = 1, STATUS_WRONG = 2 };

static int complain(const struct failure *failure, int status)
{
    fprintf(stderr, "weir-phases: %s\n", failure->sentence);
    return status;
}

/* Measures, and writes. */
static bool explain(const struct options *options, const struct calibration *calibration,
                    const struct shape *shape, struct pair *pair, struct failure *failure)
{
    const struct weir_kernel *kernel = pair->plain.choice;
    struct measured measured;
    if (!measure(&measured, pair, failure))
        return false;
    const struct bounds bounds = bounds_create(calibration, shape, &measured, &pair->plain);
    struct text page = {0}, facts = {0};
    page_add(&page, &bounds, &measured, kernel->lanes);
    page_facts(&facts, &bounds, &measured, kernel->lanes);
    fputs(page.chars, stdout);
    const bool good =
        !options->facts || file_write(options->facts, facts.chars, facts.length, failure);
    text_free(&page);
    text_free(&facts);
    measured_free(&measured);
    return good;
}

/* Calls the plain kernel, or measures both. */
static bool work(const struct options *options, const struct machine *machine,
                 struct workload *workload, struct failure *failure)
{
    struct pair pair;
    struct calibration calibration;
    bool good = pair_open(&pair, options, workload, failure);
    for (uint64_t call = 0; good && call < options->calls; call++)
        pair.plain.kind->run(&pair.plain);
    if (good && !options->calls)
        good = calibrate(&calibration, machine, failure) &&
               explain(options, &calibration, workload->shape, &pair, failure);
    pair_close(&pair);
    return good;
}

/* The exit status. */
static int run(const struct options *options, struct failure *failure)
{
    struct machine machine;
    struct shapes shapes;
    struct workload workload;
    char *fields =
        text_format("explain %s %zu %zu %zu %zu", options->cell, (size_t)options->input,
                    (size_t)options->hidden, (size_t)options->steps, (size_t)options->batch);
    const bool has_shape = shapes_single(&shapes, fields, false, failure);
    free(fields);
    if (!has_shape)
        return STATUS_WRONG;
    int status = STATUS_FAILED;
    if (machine_open(&machine, options->cpu, failure)) {
        if (workload_create(&workload, &shapes.at[0], failure)) {
            status = work(options, &machine, &workload, failure) ? 0 : STATUS_FAILED;
            workload_destroy(&workload);
        }
        machine_close(&machine);
    }
    shapes_free(&shapes);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct failure failure;
    if (!options_parse(&options, argc, argv, &failure))
        return complain(&failure, STATUS_WRONG);
    if (options.help) {
        options_help();
        return end_program("weir-phases", 0);
    }
    const int status = run(&options, &failure);
    return status ? complain(&failure, status) : end_program("weir-phases", 0);
}
