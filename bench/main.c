/* SPDX-License-Identifier: MIT */
/* weir-bench: pins itself to a core, measures what that core can do at most, then runs the shapes
 * and reports. The order matters and is here; the parts are in the other files. */
#define _GNU_SOURCE
#include "against.h"
#include "common/ending.h"
#include "common/setting.h"
#include "gbench.h"
#include "hosts.h"
#include "peers.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* STATUS_WRONG: what was asked for cannot be had, and nothing was run. */
enum { STATUS_FAILED = 1, STATUS_WRONG = 2 };

/* Of several hosts, one has a sentence. */
static int complain(const struct failure *failure, int status)
{
    if (*failure->sentence)
        fprintf(stderr, "weir-bench: %s\n", failure->sentence);
    return status;
}

/* Google Benchmark calls this for words that it does not know behind one of its flags, and would
 * end with status 0 after it. */
static void google_refuses(void)
{
    fputs(
        "weir-bench: --benchmark_format, --benchmark_out_format or --benchmark_color: expected one "
        "of the words that --help lists\n",
        stderr);
    exit(STATUS_WRONG);
}

static bool google_start(int argc, char **argv, struct failure *failure)
{
    /* Long enough for a hundred calls of a small layer, short enough for a sweep of minutes. */
    char *defaults[] = {argv[0], (char[]){"--benchmark_min_time=0.05"}, NULL};
    int default_count = getenv("BENCHMARK_MIN_TIME") ? 1 : 2;
    gbench_initialize(&default_count, defaults, google_refuses);
    gbench_initialize(&argc, argv, google_refuses);
    return argc == 1 ||
           fail(failure, "'%s' is no option or has no such value; --help lists them", argv[1]);
}

/* Everything that could be wrong with the arguments and the environment, before anything runs. */
static bool start(struct options *options, int argc, char **argv, struct failure *failure)
{
    const char *level;
    weir_error error = {0};
    if (!options_parse(options, &argc, argv, failure))
        return false;
    if (options->help)
        return true;
    if (!google_start(argc, argv, failure))
        return false;
    if (setting("WEIR_KERNEL"))
        return fail(failure, "WEIR_KERNEL is set, but weir-bench runs every kernel by name itself; "
                             "unset it and use --benchmark_filter");
    if (weir_isa_level(&level, &error))
        return fail(failure, "%s", error.message);
    return true;
}

/* What Google Benchmark's own --benchmark_out file says of the circumstances; date and number of
 * processors it knows itself. */
static void context_hand_over(const struct context *context)
{
    for (size_t i = 0; i < context->count; i++)
        if (strcmp(context->at[i].key, "date") != 0 && strcmp(context->at[i].key, "num_cpus") != 0)
            gbench_context(context->at[i].key, context->at[i].value);
}

static bool any_is_wrong(const struct sweep *sweep, struct failure *failure)
{
    for (size_t r = 0; r < sweep->row_count; r++)
        if (sweep->rows[r].fate == ROW_WRONG)
            return !fail(failure, "%s %s: its time does not count", sweep->rows[r].name,
                         sweep->rows[r].why.sentence);
    return false;
}

/* The libraries behind the contenders. */
static void versions_describe(struct context *context, const struct sweep *sweep)
{
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct contender_kind *kind = sweep->rows[r].contender.kind;
        if (kind->version && strcmp(context_find(context, kind->name), "unknown") == 0)
            context_text(context, kind->name, "%s", kind->version());
    }
}

/* What came out, in files. */
static bool report(const struct sweep *sweep, const struct context *context,
                   const struct hosts *hosts, struct failure *failure)
{
    const char *out = sweep->options->out;
    if (!report_write(sweep, context, out, failure))
        return false;
    if (hosts && strcmp(sweep->options->mpi, "each") == 0 && !hosts_page(hosts, failure))
        return false;
    fprintf(stderr, "Written: %s.json, %s.md\n", out, out);
    report_charts(sweep, context, out);
    return true;
}

/* Runs what is planned and reports it: the part that takes minutes. `hosts` is NULL, or those that
 * share it; `against` is NULL, or what it is compared with. */
static bool measure(struct sweep *sweep, const struct machine *machine, struct hosts *hosts,
                    const struct result *against, struct failure *failure)
{
    struct context context = {0};
    context_before(&context, machine, sweep->calibration);
    versions_describe(&context, sweep);
    context_hand_over(&context);
    if (!sweep_run(sweep, failure))
        return false;
    context_number(&context, "run_seconds", sweep->seconds);
    context_number(&context, "run_cpu_seconds", sweep->cpu_seconds);
    context_after(&context, machine);
    if (!machine_is_pinned(machine))
        return fail(failure, "no longer pinned to core %u: nothing is recorded", machine->cpu);
    if (hosts && !hosts_collect(hosts, sweep, &context, failure))
        return false;
    if (!hosts_reports(hosts))
        return true;
    if (!sweep->options->format)
        report_print(sweep, stdout, false);
    if (against && !against_print(against, sweep, &context, stdout, failure))
        return false;
    fflush(stdout); /* before what comes on stderr */
    if (sweep->options->out && !report(sweep, &context, hosts, failure))
        return false;
    return (!hosts || hosts_are_all_there(hosts, failure)) && !any_is_wrong(sweep, failure);
}

static bool kinds_list(const struct options *options, const struct contender_kind **kinds,
                       size_t *count, struct failure *failure)
{
    const char *level;
    struct peers peers = {0};
    kinds[(*count)++] = &contender_weir;
    if (options->own && !contender_own_open(options->own, failure))
        return false;
    if (options->own)
        kinds[(*count)++] = &contender_own;
    if (options->threads > 1 && !contender_threads_open(options->threads, failure))
        return false;
    if (options->threads > 1)
        kinds[(*count)++] = &contender_threads;
    kinds[(*count)++] = &contender_baseline;
    weir_isa_level(&level, NULL); /* which start has seen succeed */
    if (options->peers && !peers_open(&peers, weir_isa_base(level), failure))
        return false;
    for (size_t i = 0; i < peers.count; i++)
        kinds[(*count)++] = peers.kinds[i];
    return true;
}

static int bench(const struct options *options, const struct shapes *shapes,
                 struct machine *machine, struct hosts *hosts, const struct result *against,
                 struct failure *failure)
{
    const struct contender_kind *kinds[4 + PEERS_MAX];
    size_t kind_count = 0;
    struct calibration calibration = {0};
    struct sweep sweep = {.options = options, .calibration = &calibration, .machine = machine};
    int status = STATUS_WRONG;
    const bool is_planned =
        (!options->out || !hosts_reports(hosts) || report_try(options->out, failure)) &&
        kinds_list(options, kinds, &kind_count, failure) &&
        (options->list || calibrate(&calibration, machine, failure)) &&
        sweep_plan(&sweep, shapes, kinds, kind_count, failure);
    if (hosts_agree(hosts, is_planned, failure) &&
        (!hosts || hosts_divide(hosts, &sweep, machine, failure)) &&
        (!against || against_check(against, &sweep, failure))) {
        status =
            options->list || measure(&sweep, machine, hosts, against, failure) ? 0 : STATUS_FAILED;
        for (size_t r = 0; options->list && r < sweep.row_count; r++)
            puts(sweep.rows[r].name);
    }
    sweep_free(&sweep);
    contender_threads_close();
    return status;
}

/* On a core of this host; the exit status. */
static int run(const struct options *options, struct hosts *hosts, struct failure *failure)
{
    struct machine machine;
    struct shapes shapes = {0};
    struct result against = {0};
    const struct result *other = options->against ? &against : NULL;
    int status = STATUS_WRONG;
    const bool is_open = machine_open(&machine, options->cpu, failure);
    const bool is_good = is_open &&
                         shapes_read(&shapes, options->shapes, options->train, failure) &&
                         (!other || result_read(&against, options->against, failure));
    if (hosts_agree(hosts, is_good, failure))
        status = bench(options, &shapes, &machine, hosts, other, failure);
    result_free(&against);
    shapes_free(&shapes);
    if (is_open)
        machine_close(&machine);
    return status;
}

/* The same with all processes that mpirun has started. */
static int run_hosts(struct options *options, struct cluster *cluster, bool is_good,
                     struct failure *failure)
{
    struct hosts *hosts = NULL;
    if (cluster->rank && !freopen("/dev/null", "w", stdout))
        is_good = fail(failure, "/dev/null cannot be written");
    if (!cluster_agree(cluster, is_good, failure) || options->help ||
        !hosts_open(&hosts, cluster, options, failure)) {
        const int status = options->help && is_good ? 0 : STATUS_WRONG;
        hosts_close(hosts, status);
        return status;
    }
    const int status = run(options, hosts, failure);
    if (status)
        complain(failure, status); /* before the process ends, if others have died */
    failure->sentence[0] = 0;
    hosts_close(hosts, status);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct failure failure = {""};
    struct cluster *cluster = NULL;
    int status = STATUS_WRONG;
    if (cluster_wanted(argc, argv) && !(cluster = cluster_open(&failure)))
        return complain(&failure, status);
    const bool is_good = start(&options, argc, argv, &failure);
    if (options.help && is_good) {
        options_help();
        gbench_print_help();
        status = 0;
    } else if (cluster) {
        status = run_hosts(&options, cluster, is_good, &failure);
    } else if (is_good) {
        status = run(&options, NULL, &failure);
    }
    if (status)
        complain(&failure, status);
    if (cluster)
        cluster->close();
    return end_program("weir-bench", status);
}
