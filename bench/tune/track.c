/* SPDX-License-Identifier: MIT */
/* From plans to times; see track.h. */
#define _GNU_SOURCE
#include "tune/track.h"

#include "clock.h"
#include "common/files.h"
#include "common/hash.h"
#include "emit/emit.h"
#include "language/source.h"
#include "run/compiler.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a shape's seconds, those in which it is searched: the rest is for the proof. */
static const double search_part = 0.75;

/* A sample takes this part of a shape's seconds, and this many seconds at most. */
static const double sample_part = 1.0 / 6000, sample_most = 0.01;

/* Calls shorter than this are made once more before the clock starts, as weir-bench does. */
static const double warm_up_below = 0.1;

/* ---- Compiling ---- */

static void parts_plan(struct track *track, const struct search_plan *plan)
{
    struct plan plans[ROLE_COUNT];
    memcpy(plans, track->parts->plan, sizeof plans);
    for (size_t k = 0; k < track->knob_count; k++)
        *plan_value(&plans[track->of[k].role], track->of[k].field) = plan->value[k];
    kernel_parts_replan(track->parts, plans);
}

/* Of a kernel's text without its head and the strings that tell its plans. */
static uint64_t hash_kernel(const char *text)
{
    static const char begins[] = ".plan = \"", ends[] = "\",";
    uint64_t hash = HASH_START;
    text = strstr(text, "\n#include");
    for (const char *string; (string = strstr(text, begins)) != NULL;) {
        hash = hash_bytes(hash, text, (size_t)(string - text));
        text = strstr(string, ends);
    }
    return hash_bytes(hash, text, strlen(text));
}

static bool is_tried(const struct track *track, uint64_t hash)
{
    for (size_t i = 0; i < track->tried_count; i++)
        if (track->tried[i] == hash)
            return true;
    return false;
}

static bool tried_add(struct track *track, uint64_t hash)
{
    uint64_t *grown = realloc(track->tried, (track->tried_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    track->tried = grown;
    track->tried[track->tried_count++] = hash;
    return true;
}

/* A kernel on its way: what it is compiled from and to, by the hash of its text. */
struct job {
    char *source, *object;
    pid_t process;
};

static struct job job_create(const struct track *track, uint64_t hash)
{
    const char *folder = track->workshop->path;
    const unsigned long long number = hash;
    return (struct job){.source = text_format("%s/%016llx.c", folder, number),
                        .object = text_format("%s/%016llx.so", folder, number)};
}

static void job_free(struct job *job)
{
    free(job->source);
    free(job->object);
}

static bool job_begin(struct job *job, const struct text *text, struct failure *failure)
{
    return file_write(job->source, text->chars, text->length, failure) &&
           compiler_begin(job->source, job->object, TUNE_FLAGS, &job->process, failure);
}

/* Compiles what was not tried yet, all at once and on all cores. Whatever fails here is tried
 * again, and told, when it enters. */
static void announce(void *context, const struct search_plan *plans, size_t count)
{
    struct track *track = context;
    struct job jobs[ENTRANTS_MAX];
    struct failure ignored;
    cpu_set_t pinned;
    size_t begun = 0;
    const bool frees = !sched_getaffinity(0, sizeof pinned, &pinned) &&
                       !sched_setaffinity(0, sizeof pinned, &track->workshop->cores);
    for (size_t i = 0; i < count; i++) {
        parts_plan(track, &plans[i]);
        struct text text = emit_kernel(track->parts, "weir-tune");
        const uint64_t hash = hash_kernel(text.chars);
        jobs[begun] = job_create(track, hash);
        if (!is_tried(track, hash) && access(jobs[begun].source, F_OK) &&
            job_begin(&jobs[begun], &text, &ignored))
            begun++;
        else
            job_free(&jobs[begun]);
        text_free(&text);
    }
    if (frees)
        sched_setaffinity(0, sizeof pinned, &pinned);
    for (size_t i = 0; i < begun; i++) {
        compiler_end(jobs[i].process, &ignored);
        unlink(jobs[i].source);
        job_free(&jobs[i]);
    }
}

/* The kernel of a text, loaded; NULL: there is none, for a reason that is track->why. */
static const struct weir_kernel *load(struct track *track, const struct text *text, uint64_t hash,
                                      void **library)
{
    struct job job = job_create(track, hash);
    const struct weir_kernel *kernel = NULL;
    *library = NULL;
    if (!access(job.object, F_OK) ||
        (job_begin(&job, text, &track->why) && compiler_end(job.process, &track->why))) {
        char *name = emit_name(track->parts);
        char *symbol = text_format("weir_%s", name);
        *library = dlopen(job.object, RTLD_NOW | RTLD_LOCAL);
        kernel = *library ? dlsym(*library, symbol) : NULL;
        if (!kernel)
            fail(&track->why, "a kernel that was compiled cannot be loaded: %.400s", dlerror());
        free(symbol);
        free(name);
    }
    unlink(job.source);
    unlink(job.object); /* what is loaded stays */
    job_free(&job);
    return kernel;
}

/* ---- Entrants ---- */

static bool is_over(void *context)
{
    const struct track *track = context;
    return *track->stop || track->has_failed ||
           clock_seconds() - track->begun > search_part * track->budget;
}

/* Prepares a kernel in a lane and looks at what comes out of it. */
static bool lane_take(struct track *track, size_t lane, const struct weir_kernel *kernel)
{
    struct contender *contender = &track->lane[lane].contender;
    double seconds;
    *contender = (struct contender){.kind = &contender_own, .choice = kernel, .to_the_bit = true};
    const enum trial trial = contender_try(contender, &track->workload, &seconds, &track->why);
    if (trial == TRIAL_GOOD)
        return true;
    if (trial == TRIAL_WRONG)
        contender->kind->release(contender);
    struct failure why = track->why;
    char *plan = kernel_parts_plan(track->parts);
    fail(&track->why, "%s on %s by plan %s: it %.1000s", track->stem, track->isa->name, plan,
         why.sentence);
    free(plan);
    return false;
}

static void progress_show(const struct track *track)
{
    const double left = fmax(0, track->budget - (clock_seconds() - track->begun));
    char line[256];
    snprintf(line, sizeof line, "%s on %s: %zu kernels tried, at most %d:%02d left", track->stem,
             track->isa->name, track->tried_count, (int)left / 60, (int)left % 60);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%.79s\033[K", line);
    else if (track->tried_count % 20 == 1)
        fprintf(stderr, "%s\n", line);
}

static bool enter(void *context, const struct search_plan *plan, size_t *entrant)
{
    struct track *track = context;
    size_t lane = 0;
    if (track->has_failed)
        return false;
    while (track->lane[lane].library)
        lane++;
    parts_plan(track, plan);
    struct text text = emit_kernel(track->parts, "weir-tune");
    void *library = NULL;
    const uint64_t hash = hash_kernel(text.chars);
    if (!is_tried(track, hash) && tried_add(track, hash)) {
        const struct weir_kernel *kernel = load(track, &text, hash, &library);
        /* A signal of the terminal's stops the compiler, too. */
        track->has_failed = (!kernel || !lane_take(track, lane, kernel)) && !*track->stop;
        if (kernel && !track->lane[lane].contender.state) {
            dlclose(library);
            library = NULL;
        }
        progress_show(track);
    }
    text_free(&text);
    track->lane[lane].library = library;
    *entrant = lane;
    return library && track->lane[lane].contender.state;
}

static void leave(void *context, size_t entrant)
{
    struct track *track = context;
    struct contender *contender = &track->lane[entrant].contender;
    contender->kind->release(contender);
    dlclose(track->lane[entrant].library);
    track->lane[entrant].library = NULL;
}

/* ---- Times ---- */

/* Seconds of so many calls. */
static double time_calls(struct track *track, struct contender *contender, size_t calls)
{
    const bool train = track->shape->train;
    const double start = clock_seconds(), cpu_start = clock_cpu_seconds();
    for (size_t call = 0; call < calls; call++)
        contender_call(contender, train);
    const double seconds = clock_seconds() - start;
    track->cpu_seconds += clock_cpu_seconds() - cpu_start;
    track->seconds += seconds;
    return seconds;
}

static double time_entrant(void *context, size_t entrant)
{
    struct track *track = context;
    struct contender *contender = &track->lane[entrant].contender;
    const double wanted = fmin(sample_most, sample_part * track->budget);
    if (track->sample < warm_up_below)
        contender_call(contender, track->shape->train);
    while (!track->calls || (track->sample < wanted / 2 && track->calls < 1u << 20)) {
        track->calls = track->calls ? 2 * track->calls : 1;
        track->sample = time_calls(track, contender, track->calls);
    }
    track->sample = time_calls(track, contender, track->calls);
    return track->sample / (double)track->calls;
}

static size_t proof_rounds(void *context)
{
    const struct track *track = context;
    const double left = track->budget - (clock_seconds() - track->begun);
    const double warm = track->sample < warm_up_below ? 1 + 1 / (double)track->calls : 1;
    const double rounds = *track->stop ? 0 : left / (2 * warm * track->sample);
    return rounds < PROOF_ROUNDS_MIN   ? PROOF_ROUNDS_MIN
           : rounds > PROOF_ROUNDS_MAX ? PROOF_ROUNDS_MAX
                                       : (size_t)rounds;
}

/* ---- All of it ---- */

static void knobs_make(struct track *track)
{
    for (size_t role = 0; role < ROLE_COUNT; role++)
        for (size_t f = 0; track->parts->program[role] && f < PLAN_FIELD_COUNT; f++) {
            track->of[track->knob_count].role = role;
            track->of[track->knob_count].field = f;
            track->knobs[track->knob_count++] =
                (struct knob){plan_fields[f].least, plan_fields[f].greatest};
        }
}

static bool parts_make(struct track *track, struct failure *failure)
{
    const struct shape *shape = track->shape;
    const double size[4] = {1, (double)shape->I, (double)shape->H, (double)shape->P};
    struct graph *graph = source_graph(shape->cell, size, failure);
    track->parts = graph ? kernel_parts_create(graph, WEIR_INLINE, WEIR_TYPE_F32, track->isa,
                                               shape->train, failure)
                         : NULL;
    if (track->parts)
        track->stem = kernel_stem(track->parts->program[ROLE_FORWARD]);
    return track->parts;
}

bool track_open(struct track *track, const struct shape *shape, const struct isa *isa,
                const struct workshop *workshop, double budget, const volatile sig_atomic_t *stop,
                struct failure *failure)
{
    *track = (struct track){.shape = shape,
                            .workshop = workshop,
                            .isa = isa,
                            .begun = clock_seconds(),
                            .budget = budget,
                            .stop = stop};
    if (!parts_make(track, failure))
        return false;
    knobs_make(track);
    return true;
}

void track_close(struct track *track)
{
    workload_destroy(&track->workload);
    kernel_parts_free(track->parts);
    free(track->stem);
    free(track->tried);
    *track = (struct track){0};
}

static struct search_plan plan_chosen(const struct track *track)
{
    struct search_plan chosen = {{0}};
    for (size_t k = 0; k < track->knob_count; k++) {
        struct plan plan = track->parts->plan[track->of[k].role];
        chosen.value[k] = *plan_value(&plan, track->of[k].field);
    }
    return chosen;
}

bool track_run(struct track *track, struct found *found, struct failure *failure)
{
    if (!workload_create(&track->workload, track->shape, failure))
        return false;
    const struct search search = {.clock = {time_entrant, is_over, track},
                                  .announce = announce,
                                  .enter = enter,
                                  .leave = leave,
                                  .proof_rounds = proof_rounds,
                                  .knobs = track->knobs,
                                  .knob_count = track->knob_count,
                                  .chosen = plan_chosen(track)};
    const bool good = search_run(&search, found) && !track->has_failed;
    parts_plan(track, &search.chosen);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return good || *track->stop || fail(failure, "%s", track->why.sentence);
}

char *track_plan(struct track *track, const struct search_plan *plan, bool is_whole)
{
    const struct search_plan chosen = plan_chosen(track);
    parts_plan(track, plan);
    char *whole = kernel_parts_plan(track->parts);
    parts_plan(track, &chosen);
    if (is_whole)
        return whole;
    /* Fields of both are in the order of the knobs. */
    struct text out = {0};
    char *rest;
    size_t k = 0;
    for (char *field = strtok_r(whole, ",", &rest); field; field = strtok_r(NULL, ",", &rest), k++)
        if (plan->value[k] != chosen.value[k])
            text_add(&out, "%s%s", out.length ? "," : "", field);
    free(whole);
    return out.chars;
}

bool track_put(struct track *track, const struct found *found, struct tuning *tuning,
               struct failure *failure)
{
    char *plan =
        found->is_better ? track_plan(track, &found->plan, true) : text_format("%s", TUNING_CHOSEN);
    const struct tuning_row row = {.stem = track->stem,
                                   .isa = (char *)track->isa->name,
                                   .plan = plan,
                                   .trains = track->shape->train,
                                   .T = track->shape->T,
                                   .B = track->shape->B,
                                   .program = tuning_program(track->parts),
                                   .gain = found->gain.median,
                                   .least = found->gain.least,
                                   .most = found->gain.most};
    const bool put = tuning_put(tuning, &row, failure);
    free(plan);
    return put;
}

bool track_fits(const struct track *track, const struct tuning_row *row)
{
    const struct shape *shape = track->shape;
    return row->program == tuning_program(track->parts) && row->trains == shape->train &&
           row->T == shape->T && row->B == shape->B;
}
