/* SPDX-License-Identifier: MIT */
/* weir-tune: finds the plans of kernels that are fastest on this machine. The order of the work is
 * here, and what a signal does to it; the parts are in the other files. */
#define _GNU_SOURCE
#include "clock.h"
#include "common/ending.h"
#include "common/files.h"
#include "common/setting.h"
#include "machine.h"
#include "tune/options.h"
#include "tune/track.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* STATUS_WRONG: what was asked for cannot be had, and nothing was tuned. */
enum { STATUS_FAILED = 1, STATUS_WRONG = 2, STATUS_STOPPED = 130 };

static int complain(const struct failure *failure, int status)
{
    fprintf(stderr, "weir-tune: %s\n", failure->sentence);
    return status;
}

/* What is not quiet is refused, or said where that is wanted anyway. */
static bool is_quiet(const struct options *options, double seconds, double cpu_seconds,
                     struct failure *failure)
{
    if (clock_was_quiet(seconds, cpu_seconds))
        return true;
    fail(failure, "NOT QUIET: others had this core for %.0f %% of the time%s",
         100 * clock_waited(seconds, cpu_seconds),
         options->anyway ? "" : "; run it on a quiet machine, or with --anyway");
    if (options->anyway)
        complain(failure, 0);
    return options->anyway;
}

/* Works for a moment and looks who else does. */
static bool is_quiet_before(const struct options *options, const struct machine *machine,
                            struct failure *failure)
{
    const double wanted = 0.3, start = clock_seconds(), cpu_start = clock_cpu_seconds();
    while (clock_seconds() - start < wanted)
        ;
    const double stolen = machine_stolen(machine), cpu = clock_cpu_seconds() - cpu_start;
    return is_quiet(options, clock_seconds() - start, stolen > 0 ? cpu - stolen : cpu, failure);
}

/* ---- The file ---- */

/* What is in the file already, which must be of this machine, version and compiler; else a new one.
 */
static bool file_open(const struct options *options, const struct workshop *workshop,
                      struct tuning *tuning, struct failure *failure)
{
    if (!options->out || access(options->out, F_OK)) {
        *tuning = tuning_create(workshop->compiler);
        return file_try(options->out, failure);
    }
    if (!tuning_read(tuning, options->out, failure))
        return false;
    if (!tuning_fits(tuning, failure))
        return fail(failure, "%s; remove it, or name another file", failure->sentence);
    return !strcmp(tuning->compiler, workshop->compiler) ||
           fail(failure,
                "%s was measured with another compiler, %s, and this is %s; remove it, or name "
                "another file",
                options->out, tuning->compiler, workshop->compiler);
}

static bool file_save(const struct options *options, const struct tuning *tuning,
                      struct failure *failure)
{
    struct text text = tuning_text(tuning);
    const bool saved = file_write(options->out, text.chars, text.length, failure);
    text_free(&text);
    return saved;
}

/* ---- Tuning ---- */

static void found_tell(struct track *track, const struct found *found)
{
    char *plan = found->is_better ? track_plan(track, &found->plan, false) : NULL;
    if (plan)
        fprintf(stderr, "%s on %s: %.3f times as fast (%.3f to %.3f) by %s; %zu kernels tried\n",
                track->stem, track->isa->name, found->gain.median, found->gain.least,
                found->gain.most, plan, track->tried_count);
    else
        fprintf(stderr, "%s on %s: nothing is faster than the chosen plan; %zu kernels tried%s\n",
                track->stem, track->isa->name, track->tried_count,
                end_asked ? " until stopped" : "");
    free(plan);
}

/* One kernel; its row goes into the file unless the search was stopped before it had found one. */
static bool tune_track(const struct options *options, struct track *track, struct tuning *tuning,
                       struct failure *failure)
{
    struct found found;
    const struct tuning_row *row = tuning_find(tuning, track->stem, track->isa->name);
    if (options->resume && row && track_fits(track, row)) {
        fprintf(stderr, "%s on %s: its row is there\n", track->stem, track->isa->name);
        return true;
    }
    if (!track_run(track, &found, failure))
        return false;
    if (track->seconds > 0 && !is_quiet(options, track->seconds, track->cpu_seconds, failure))
        return false;
    found_tell(track, &found);
    if (end_asked && !found.is_better)
        return true;
    return track_put(track, &found, tuning, failure) &&
           (!options->out || file_save(options, tuning, failure));
}

static bool tune_all(const struct options *options, const struct shapes *shapes,
                     const struct isa *isa, const struct workshop *workshop, struct tuning *tuning,
                     struct failure *failure)
{
    bool good = true;
    for (size_t s = 0; good && !end_asked && s < shapes->count; s++) {
        struct track track;
        good = track_open(&track, &shapes->at[s], isa, workshop, options->seconds, &end_asked,
                          failure) &&
               tune_track(options, &track, tuning, failure);
        track_close(&track);
    }
    if (!options->out && tuning->count) {
        struct text text = tuning_text(tuning);
        fputs(text.chars, stdout);
        text_free(&text);
    }
    return good;
}

static bool shapes_open(const struct options *options, struct shapes *shapes,
                        struct failure *failure)
{
    if (options->shapes)
        return shapes_read(shapes, options->shapes, options->train, failure);
    struct text line = {0};
    text_add(&line, "cell %s %zu %zu %zu %zu", options->cell, (size_t)options->input,
             (size_t)options->hidden, (size_t)options->steps, (size_t)options->batch);
    if (options->projection)
        text_add(&line, " P=%zu", (size_t)options->projection);
    const bool good = shapes_single(shapes, line.chars, options->train, failure);
    text_free(&line);
    return good;
}

static const struct isa *isa_open(const struct options *options, struct failure *failure)
{
    const char *level;
    weir_error error = {0};
    if (setting("WEIR_KERNEL")) {
        fail(failure, "WEIR_KERNEL is set, but weir-tune runs kernels of its own; unset it");
        return NULL;
    }
    if (weir_isa_level(&level, &error)) {
        fail(failure, "%s", error.message);
        return NULL;
    }
    level = weir_isa_base(level);
    const struct isa *most = isa_find(level), *isa = options->isa ? isa_find(options->isa) : most;
    if (!isa || isa > most || isa_base(isa)) {
        fail(failure, "--isa %s: expected one that runs here and WEIR_ISA allows, at most %s",
             quote(options->isa).text, level);
        return NULL;
    }
    return isa;
}

/* The part that takes minutes, on a core of its own; the exit status. */
static int tune_pinned(const struct options *options, const struct shapes *shapes,
                       const struct isa *isa, const struct workshop *workshop,
                       struct tuning *tuning, struct failure *failure)
{
    struct machine machine;
    int status = STATUS_WRONG;
    if (!machine_open(&machine, options->cpu, failure))
        return status;
    end_when_asked();
    if (is_quiet_before(options, &machine, failure))
        status = tune_all(options, shapes, isa, workshop, tuning, failure) ? 0 : STATUS_FAILED;
    if (!status && end_asked) {
        fail(failure,
             options->out ? "stopped; the same command with --resume goes on with %s" : "stopped%s",
             options->out ? options->out : "");
        status = STATUS_STOPPED;
    }
    machine_close(&machine);
    return status;
}

/* Everything that could be wrong comes first. */
static int tune(const struct options *options, struct failure *failure)
{
    struct shapes shapes = {0};
    struct workshop workshop = {.compiler = NULL};
    struct tuning tuning = {0};
    int status = STATUS_WRONG;
    const struct isa *isa = isa_open(options, failure);
    if (isa && shapes_open(options, &shapes, failure) && workshop_open(&workshop, failure) &&
        file_open(options, &workshop, &tuning, failure))
        status = tune_pinned(options, &shapes, isa, &workshop, &tuning, failure);
    tuning_free(&tuning);
    workshop_close(&workshop);
    shapes_free(&shapes);
    return status;
}

/* Does what is asked for; the exit status. */
static int run(int argc, char **argv)
{
    struct options options;
    struct failure failure;
    if (!options_parse(&options, argc, argv, &failure))
        return complain(&failure, STATUS_WRONG);
    if (options.help) {
        options_help();
        return 0;
    }
    const int status = tune(&options, &failure);
    return status ? complain(&failure, status) : 0;
}

int main(int argc, char **argv)
{
    return end_program("weir-tune", run(argc, argv));
}
