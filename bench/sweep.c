/* SPDX-License-Identifier: MIT */
/* Plans and runs the rounds; see sweep.h. Google Benchmark sees one benchmark a contender, shape
 * and round, registered in the order in which they are to run, and all rounds of one under the same
 * name. A workload exists while its shape is being run; contenders are prepared, and what
 * comes out of them is checked, when their first round comes. */
#define _GNU_SOURCE
#include "sweep.h"

#include "clock.h"
#include "gbench.h"
#include "order.h"
#include "trial.h"

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls shorter than this are made once more before the clock starts, for caches and branch
 * predictors that the contender before them has used. */
static const double warm_up_below = 0.1;

/* From this much work a slow contender could take seconds: it is tried on fewer steps first. */
static const double flop_worth_a_trial = 1e8;

/* Microseconds, as Google Benchmark sees and hands on. */
static const char forward_counter[] = "forward_us";

/* gbench_register passes one pointer. */
struct round {
    struct sweep *sweep;
    struct row *row;
    bool is_first; /* of its shape */
};

/* ---- Planning ---- */

struct listing {
    struct sweep *sweep;
    const struct shape *shape;
    const regex_t *filter; /* NULL: all */
    bool is_negative;
    bool has_room;
};

static void listing_add(void *argument, const struct contender *contender)
{
    struct listing *listing = argument;
    struct sweep *sweep = listing->sweep;
    char name[sizeof sweep->rows->name];
    /* Kernels from files are asked for by name. */
    if (contender->type && contender->kind != &contender_own &&
        !options_want_type(sweep->options, contender->type))
        return;
    snprintf(name, sizeof name, "%s/%s%s", listing->shape->name, contender->name,
             listing->shape->train ? "/train" : "");
    const bool matches = !listing->filter || regexec(listing->filter, name, 0, NULL, 0) == 0;
    if (matches == listing->is_negative || !listing->has_room)
        return;
    struct row *grown = realloc(sweep->rows, (sweep->row_count + 1) * sizeof *grown);
    struct sample *samples = calloc(sweep->options->rounds, sizeof *samples);
    if (grown)
        sweep->rows = grown;
    listing->has_room = grown && samples;
    if (!listing->has_room) {
        free(samples);
        return;
    }
    struct row *row = &grown[sweep->row_count++];
    *row = (struct row){
        .shape = listing->shape, .contender = *contender, .samples = samples, .error = NAN};
    memcpy(row->name, name, sizeof name);
    row->bound =
        calibration_bound(sweep->calibration, contender->isa, listing->shape, contender->type);
}

bool sweep_plan(struct sweep *sweep, const struct shapes *shapes,
                const struct contender_kind *const *kinds, size_t kind_count,
                struct failure *failure)
{
    /* As Google Benchmark reads it: an extended regular expression, a leading `-` turns it round.
     */
    const char *text = sweep->options->filter;
    struct listing listing = {.sweep = sweep, .has_room = true};
    regex_t filter;
    if (text && *text && strcmp(text, "all") != 0) {
        listing.is_negative = text[0] == '-';
        if (regcomp(&filter, text + listing.is_negative, REG_EXTENDED | REG_NOSUB))
            return fail(failure, "--benchmark_filter=%s is no extended regular expression", text);
        listing.filter = &filter;
    }
    for (size_t s = 0; s < shapes->count; s++) {
        listing.shape = &shapes->at[s];
        for (size_t kind = 0; kind < kind_count; kind++)
            if (!listing.shape->train || kinds[kind]->backward)
                kinds[kind]->list(listing.shape, listing_add, &listing);
    }
    for (size_t kind = 0; kind < kind_count; kind++)
        if (sweep->options->train && !kinds[kind]->backward)
            fprintf(stderr, "weir-bench: %s is left out: it does not train\n", kinds[kind]->name);
    if (listing.filter)
        regfree(&filter);
    if (!listing.has_room)
        return fail(failure, "not enough memory for the list of what to run");
    return sweep->row_count > 0 ||
           fail(failure, "nothing to run: no name matches --benchmark_filter=%s (see --list)",
                text ? text : "");
}

/* ---- Preparing ---- */

static void shape_leave(struct sweep *sweep)
{
    for (size_t r = 0; r < sweep->row_count; r++) {
        struct row *row = &sweep->rows[r];
        if (row->shape == sweep->shape && row->contender.state)
            row->contender.kind->release(&row->contender);
    }
    if (sweep->shape && sweep->shape_done && machine_is_pinned(sweep->machine))
        sweep->shape_done(sweep, sweep->shape);
    if (sweep->shape)
        workload_destroy(&sweep->workload);
    exact_free(&sweep->exact);
    sweep->shape = NULL;
}

static bool shape_enter(struct sweep *sweep, const struct shape *shape, struct failure *why)
{
    if (sweep->shape == shape)
        return true;
    shape_leave(sweep);
    if (!workload_create(&sweep->workload, shape, why))
        return false;
    if (sweep->options->types && !exact_create(&sweep->exact, &sweep->workload, why)) {
        workload_destroy(&sweep->workload);
        return false;
    }
    sweep->shape = shape;
    return true;
}

/* Prepares the contender for T of the steps, calls it once and checks what came out. Leaves it
 * prepared, and the time of the call in row->call_time. */
static enum row_fate row_try(struct sweep *sweep, struct row *row, size_t T)
{
    static const enum row_fate fates[] = {
        [TRIAL_GOOD] = ROW_READY, [TRIAL_IMPOSSIBLE] = ROW_LEFT_OUT, [TRIAL_WRONG] = ROW_WRONG};
    sweep->workload.T = T;
    return fates[contender_try(&row->contender, &sweep->workload, &row->call_time, &row->why)];
}

static enum row_fate row_prepare(struct sweep *sweep, struct row *row)
{
    const struct shape *shape = row->shape;
    const size_t some = shape->T < 2 ? shape->T : 2;
    bool is_slow = false;
    if (shape->flop > flop_worth_a_trial) {
        const enum row_fate fate = row_try(sweep, row, some);
        const double whole = row->call_time * (double)shape->T / (double)some;
        is_slow = whole > sweep->options->longest;
        if (fate != ROW_READY)
            return fate;
        if (is_slow && row->contender.kind != &contender_baseline) {
            fail(&row->why, "one call would take %.1f s (see --longest)", whole);
            return ROW_LEFT_OUT;
        }
        row->contender.kind->release(&row->contender);
    }
    const enum row_fate fate = row_try(sweep, row, shape->T);
    if (fate != ROW_READY)
        return fate;
    if (sweep->options->types)
        row->error = exact_error(&sweep->exact, &sweep->workload);
    if (row->contender.tolerance > 0 && !(row->error <= row->contender.tolerance)) {
        fail(&row->why, "is off by %.2g from float64", row->error);
        return ROW_WRONG;
    }
    return is_slow ? ROW_ONCE : ROW_READY;
}

/* Whether this round is to be timed; all that need not be timed is done then. */
static bool row_is_ready(struct sweep *sweep, struct row *row)
{
    if (row->fate == ROW_LEFT_OUT || row->fate == ROW_WRONG)
        return false;
    if (!shape_enter(sweep, row->shape, &row->why)) {
        row->fate = ROW_LEFT_OUT;
        return false;
    }
    if (!row->contender.state)
        row->fate = row_prepare(sweep, row);
    if (row->fate == ROW_ONCE && row->sample_count > 0) {
        fail(&row->why, "timed in one round only: a call takes %.1f s (see --longest)",
             row->call_time);
        return false;
    }
    return row->fate == ROW_READY || row->fate == ROW_ONCE;
}

/* ---- As many rounds as are needed ---- */

static bool row_is_narrow(const struct row *row)
{
    double times[ROUNDS_AUTO_MAX];
    for (size_t i = 0; i < row->sample_count; i++)
        times[i] = row->samples[i].real;
    order_sort(times, row->sample_count);
    const struct middle middle = order_middle(times, row->sample_count);
    return order_is_narrow(&middle);
}

/* All of a shape go on until all have enough: they take turns. */
static bool shape_has_enough(const struct sweep *sweep, const struct shape *shape)
{
    double seconds = 0;
    bool are_narrow = true;
    for (const struct row *row = sweep->rows; row < sweep->rows + sweep->row_count; row++) {
        if (row->shape != shape || (row->fate != ROW_NEW && row->fate != ROW_READY))
            continue;
        if (row->sample_count < ROUNDS_FEW)
            return false;
        for (size_t i = 0; i < row->sample_count; i++)
            seconds += row->samples[i].real * (double)row->samples[i].calls;
        are_narrow = are_narrow && row_is_narrow(row);
    }
    return are_narrow || seconds > ROUNDS_AUTO_SECONDS;
}

/* ---- Running ---- */

/* Called by Google Benchmark, with more calls each time until they take long enough. */
static void round_run(gbench_state *state, void *argument)
{
    const struct round *round = argument;
    struct sweep *sweep = round->sweep;
    struct row *row = round->row;
    if (round->is_first)
        sweep->has_enough = sweep->options->is_auto && shape_has_enough(sweep, row->shape);
    if (sweep->has_enough) {
        gbench_skip(state, "there are rounds enough");
        return;
    }
    if (!row_is_ready(sweep, row)) {
        gbench_skip(state, row->why.sentence);
        return;
    }
    struct contender *contender = &row->contender;
    const struct shape *shape = row->shape;
    if (row->call_time < warm_up_below)
        contender_call(contender, shape->train);
    size_t calls = 0;
    double forward = 0;
    const double start = clock_seconds();
    while (gbench_keep_running(state)) {
        forward += contender_call(contender, shape->train);
        calls++;
    }
    const double call = (clock_seconds() - start) / (double)calls;
    gbench_set(state, "GFLOP/s", 1e-9 * shape->flop / call);
    gbench_set(state, "weights_GB/s", 1e-9 * shape_walk(shape, contender->type) / call);
    gbench_set(state, "fraction_of_ceiling", row->bound / call);
    if (isfinite(row->error))
        gbench_set(state, "error", row->error);
    if (shape->train)
        gbench_set(state, forward_counter, 1e6 * forward / (double)calls);
}

static void progress_show(const struct sweep *sweep, const char *name)
{
    const double elapsed = clock_seconds() - sweep->started;
    const double left =
        elapsed / (double)sweep->runs_done * (double)(sweep->runs - sweep->runs_done);
    char line[256];
    snprintf(line, sizeof line, "%zu of %zu  %s  %s%d:%02d left", sweep->runs_done, sweep->runs,
             name, sweep->options->is_auto ? "at most " : "", (int)left / 60, (int)left % 60);
    /* A terminal shows one line that changes; a log gets a line now and then. */
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%.79s\033[K%s", line, sweep->runs_done == sweep->runs ? "\r\033[K" : "");
    else if (sweep->runs_done % 50 == 0 || sweep->runs_done == sweep->runs)
        fprintf(stderr, "%s\n", line);
}

static double forward_of(const struct gbench_run *run)
{
    for (size_t i = 0; i < run->counter_count; i++)
        if (strcmp(run->counters[i].name, forward_counter) == 0)
            return 1e-6 * run->counters[i].value;
    return 0;
}

static void sample_take(const struct gbench_run *run, void *argument)
{
    struct sweep *sweep = argument;
    if (run->is_aggregate)
        return;
    sweep->runs_done++;
    progress_show(sweep, run->name);
    if (sweep->beat)
        sweep->beat(sweep);
    if (run->error)
        return;
    for (size_t r = 0; r < sweep->row_count; r++) {
        struct row *row = &sweep->rows[r];
        if (strcmp(row->name, run->name) == 0 && row->sample_count < sweep->options->rounds) {
            row->samples[row->sample_count++] =
                (struct sample){run->real_time, run->cpu_time, forward_of(run), run->iterations};
            return;
        }
    }
}

bool sweep_run(struct sweep *sweep, struct failure *failure)
{
    const size_t rounds = sweep->options->rounds;
    struct round *at = calloc(sweep->row_count, sizeof *at);
    if (!at)
        return fail(failure, "not enough memory for the list of rounds");
    for (size_t first = 0, end; first < sweep->row_count; first = end) {
        for (end = first; end < sweep->row_count; end++) {
            if (sweep->rows[end].shape != sweep->rows[first].shape)
                break;
            at[end] = (struct round){sweep, &sweep->rows[end], end == first};
        }
        for (size_t round = 0; round < rounds; round++)
            for (size_t r = first; r < end && !sweep->rows[r].is_elsewhere; r++, sweep->runs++)
                gbench_register(sweep->rows[r].name, round_run, &at[r]);
    }
    sweep->started = clock_seconds();
    sweep->cpu_started = clock_cpu_seconds();
    if (sweep->runs)
        gbench_run_all(sample_take, sweep, sweep->options->format != NULL);
    sweep->seconds = clock_seconds() - sweep->started;
    sweep->cpu_seconds = clock_cpu_seconds() - sweep->cpu_started;
    shape_leave(sweep);
    free(at);
    return true;
}

void sweep_free(struct sweep *sweep)
{
    for (size_t r = 0; r < sweep->row_count; r++)
        free(sweep->rows[r].samples);
    free(sweep->rows);
    *sweep = (struct sweep){0};
}
