/* SPDX-License-Identifier: MIT */
/* Rounds in which both kernels take turns; the best of each counts, as it does for the ceilings
 * that they are held to: what disturbs, only adds. See measure.h. */
#define _GNU_SOURCE
#include "phases/measure.h"

#include "clock.h"
#include "trial.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Short rounds, so that some are left alone. */
enum { ROUNDS_LEAST = 3, ROUNDS_MOST = 200 };
static const double round_seconds = 1e-3, most_seconds = 8;

/* ---- The two kernels ---- */

struct found {
    struct contender at[2];
    size_t count;
};

static void found_add(void *to, const struct contender *contender)
{
    struct found *found = to;
    if (found->count < 2)
        found->at[found->count] = *contender;
    found->count++;
}

static bool try(struct contender *contender, struct workload *workload, struct failure *failure)
{
    struct failure why;
    double seconds;
    return contender_try(contender, workload, &seconds, &why) == TRIAL_GOOD ||
           fail(failure, "%s %s", contender->name, why.sentence);
}

/* The library is loaded already, and stays so. */
static struct weir_profile *find_profile(const char *path, const char *name)
{
    char symbol[128];
    snprintf(symbol, sizeof symbol, "weir_profile_%.*s", (int)strcspn(name, "."), name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    struct weir_profile **profile = library ? (struct weir_profile **)dlsym(library, symbol) : NULL;
    return profile ? *profile : NULL;
}

bool pair_open(struct pair *pair, const struct options *options, struct workload *workload,
               struct failure *failure)
{
    struct found found = {.count = 0};
    const size_t wanted = options->calls ? 1 : 2;
    *pair = (struct pair){.profile = NULL};
    if (!contender_own_open(options->plain, failure) ||
        (wanted > 1 && !contender_own_open(options->profiled, failure)))
        return false;
    contender_own.list(workload->shape, found_add, &found);
    if (found.count != wanted)
        return fail(failure, "%s: not a kernel of this cell and size that runs here",
                    options->plain);
    pair->plain = found.at[0];
    if (options->calls)
        return pair->plain.kind->prepare(&pair->plain, workload, failure);
    pair->profiled = found.at[1];
    pair->profile = find_profile(options->profiled, pair->profiled.name);
    if (!pair->profile)
        return fail(failure, "%s: not a kernel of weir-gen --profile", options->profiled);
    return try(&pair->plain, workload, failure) && try(&pair->profiled, workload, failure);
}

void pair_close(struct pair *pair)
{
    if (pair->plain.state)
        pair->plain.kind->release(&pair->plain);
    if (pair->profiled.state)
        pair->profiled.kind->release(&pair->profiled);
}

/* ---- Clocks ---- */

/* What one mark takes where there is nothing between two. */
static double mark_ticks(void)
{
    enum { TRIALS = 50, PAIRS = 500 };
    struct weir_phase phases[2] = {{.name = "a"}, {.name = "b"}};
    struct weir_profile profile = {.phase = phases, .count = 2};
    double best = INFINITY;
    for (int i = 0; i < TRIALS; i++) {
        const uint64_t start = weir_ticks();
        for (int n = 0; n < PAIRS; n++) {
            weir_mark(&profile, 1, 1);
            weir_mark(&profile, 0, 1);
        }
        best = fmin(best, (double)(weir_ticks() - start) / (2 * PAIRS));
    }
    return best;
}

/* Additions that wait for one another: one a cycle, on any core that this runs on. */
static double core_hertz(void)
{
    enum { TRIALS = 30, ROUNDS = 2000, CHAIN = 100 };
    double best = 0;
    for (int i = 0; i < TRIALS; i++) {
        size_t sum = (size_t)i;
        const double start = clock_seconds();
        for (int n = 0; n < ROUNDS; n++) {
#if defined(__x86_64__)
            __asm__ volatile(".rept 100\n\tadd %1, %0\n\t.endr" : "+r"(sum) : "r"((size_t)n));
#else
            __asm__ volatile(".rept 100\n\tadd %0, %0, %1\n\t.endr" : "+r"(sum) : "r"((size_t)n));
#endif
        }
        best = fmax(best, ROUNDS * CHAIN / (clock_seconds() - start));
    }
    return best;
}

/* ---- Rounds ---- */

/* Seconds a call. */
static double round_of(struct contender *contender, size_t calls)
{
    const double start = clock_seconds();
    for (size_t i = 0; i < calls; i++)
        contender->kind->run(contender);
    return (clock_seconds() - start) / (double)calls;
}

static double round_profiled(struct pair *pair, size_t calls)
{
    struct weir_profile *profile = pair->profile;
    for (size_t i = 0; i < profile->count; i++)
        profile->phase[i].ticks = profile->phase[i].entries = profile->phase[i].amount = 0;
    profile->current = WEIR_OUTSIDE;
    profile->last = weir_ticks();
    const double seconds = round_of(&pair->profiled, calls);
    weir_mark(profile, WEIR_OUTSIDE, 0);
    return seconds;
}

static void rounds(struct measured *measured, struct pair *pair, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        measured->plain = fmin(measured->plain, round_of(&pair->plain, measured->calls));
        const double seconds = round_profiled(pair, measured->calls);
        if (seconds < measured->stamped) {
            measured->stamped = seconds;
            memcpy(measured->phase, pair->profile->phase,
                   measured->count * sizeof *measured->phase);
        }
    }
}

bool measure(struct measured *measured, struct pair *pair, struct failure *failure)
{
    *measured = (struct measured){.count = pair->profile->count,
                                  .plain = INFINITY,
                                  .stamped = INFINITY,
                                  .hertz = core_hertz()};
    measured->phase = calloc(measured->count, sizeof *measured->phase);
    if (!measured->phase)
        return fail(failure, "not enough memory");
    const double once = fmax(round_of(&pair->plain, 1), 1e-7);
    measured->calls = once < round_seconds ? (size_t)ceil(round_seconds / once) : 1;
    const double wanted = most_seconds / (2 * once * (double)measured->calls);
    const double start = clock_seconds(), cpu_start = clock_cpu_seconds();
    const uint64_t ticks = weir_ticks();
    rounds(measured, pair, (size_t)fmin(fmax(wanted, ROUNDS_LEAST), ROUNDS_MOST));
    const double mark = mark_ticks(), seconds = clock_seconds() - start;
    measured->tick = seconds / (double)(weir_ticks() - ticks);
    measured->mark = mark * measured->tick;
    measured->waited = clock_waited(seconds, clock_cpu_seconds() - cpu_start);
    return true;
}

void measured_free(struct measured *measured)
{
    free(measured->phase);
}

double measured_phase(const struct measured *measured, const struct weir_phase *phase)
{
    const double all = (double)phase->ticks * measured->tick;
    return fmax(0, all - (double)phase->entries * measured->mark) / (double)measured->calls;
}
