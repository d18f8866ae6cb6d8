/* SPDX-License-Identifier: MIT */
/* Several hosts, one page; see hosts.h. What a host has measured of a shape goes to rank 0 as soon
 * as it has it, and rank 0 keeps it in a file: whoever dies, that is not lost. Nobody waits for one
 * that may be dead: rank 0 gives up those that say nothing for too long. */
#define _GNU_SOURCE
#include "hosts.h"

#include "clock.h"
#include "common/files.h"
#include "common/hash.h"
#include "common/text.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOST_NAME = 64, PART_MOST = 1 << 24 };

struct hosts {
    struct cluster *cluster;
    const struct options *options;
    bool shares;
    char (*names)[HOST_NAME];
    double *heard; /* seconds: when a rank last said something */
    bool *is_done, *is_lost; /* ranks that have handed in all; and that have died before */
    uint64_t kind; /* what all hosts of a share have in common, and what they were asked for */
    double beat;
    double seconds, cpu_seconds; /* of the host that had to wait most for its core */
};

/* ---- Opening ---- */

static bool names_are_distinct(const struct hosts *hosts, struct failure *failure)
{
    for (size_t a = 0; a < hosts->cluster->ranks; a++)
        for (size_t b = 0; b < a; b++)
            if (strcmp(hosts->names[a], hosts->names[b]) == 0)
                return fail(failure,
                            "ranks %zu and %zu are both on host %s, where they would disturb one "
                            "another: start one process a host (mpirun --map-by ppr:1:node)",
                            b, a, hosts->names[a]);
    return true;
}

bool hosts_open(struct hosts **made, struct cluster *cluster, struct options *options,
                struct failure *failure)
{
    struct hosts *hosts = calloc(1, sizeof *hosts);
    char name[HOST_NAME] = "";
    *made = hosts;
    if (!hosts)
        abort(); /* the others would wait for ever; so mpirun ends them */
    hosts->cluster = cluster;
    hosts->options = options;
    hosts->shares = options->mpi && strcmp(options->mpi, "share") == 0;
    hosts->names = calloc(cluster->ranks, sizeof *hosts->names);
    hosts->heard = calloc(cluster->ranks, sizeof *hosts->heard);
    hosts->is_done = calloc(cluster->ranks, sizeof *hosts->is_done);
    hosts->is_lost = calloc(cluster->ranks, sizeof *hosts->is_lost);
    if (!hosts->names || !hosts->heard || !hosts->is_done || !hosts->is_lost)
        abort();
    gethostname(name, sizeof name - 1);
    cluster->collect(name, sizeof name, hosts->names);
    return cluster_agree(cluster, names_are_distinct(hosts, failure), failure);
}

bool hosts_agree(const struct hosts *hosts, bool is_good, struct failure *failure)
{
    return cluster_agree(hosts ? hosts->cluster : NULL, is_good, failure);
}

bool hosts_reports(const struct hosts *hosts)
{
    return !hosts || hosts->cluster->rank == 0;
}

void hosts_close(struct hosts *hosts, int status)
{
    bool all_live = true;
    if (!hosts)
        return;
    for (size_t r = 0; r < hosts->cluster->ranks; r++)
        all_live = all_live && !hosts->is_lost[r];
    free(hosts->names);
    free(hosts->heard);
    free(hosts->is_done);
    free(hosts->is_lost);
    free(hosts);
    /* MPI's own end would wait for the dead. */
    fflush(NULL);
    if (!all_live)
        _exit(status);
}

/* ---- A shape as text ---- */

static struct row *first_row(const struct sweep *sweep, const char *shape)
{
    for (size_t r = 0; r < sweep->row_count; r++)
        if (strcmp(sweep->rows[r].shape->name, shape) == 0)
            return &sweep->rows[r];
    return NULL;
}

static struct text part_text(const struct hosts *hosts, const struct sweep *sweep,
                             const struct shape *shape)
{
    struct text text = {0};
    text_add(&text, "weir-bench share 1 %016llx %s\n", (unsigned long long)hosts->kind,
             shape->name);
    text_add(&text, "%a %a\n", clock_seconds() - sweep->started,
             clock_cpu_seconds() - sweep->cpu_started);
    for (const struct row *row = sweep->rows; row < sweep->rows + sweep->row_count; row++) {
        if (row->shape != shape)
            continue;
        text_add(&text, "%s\n%s\n%d %a %a %zu\n", row->name, row->why.sentence, (int)row->fate,
                 row->error, row->call_time, row->sample_count);
        for (size_t i = 0; i < row->sample_count; i++)
            text_add(&text, "%a %a %a %lld\n", row->samples[i].real, row->samples[i].cpu,
                     row->samples[i].forward, (long long)row->samples[i].calls);
    }
    return text;
}

/* The next line, which is ended; NULL: there is none. */
static char *line_of(char **at)
{
    char *line = *at, *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *end = 0;
    *at = end + 1;
    return line;
}

static bool sample_read(struct sample *sample, const char *line)
{
    long long calls;
    char rest;
    const bool is_good = line && sscanf(line, "%la %la %la %lld%c", &sample->real, &sample->cpu,
                                        &sample->forward, &calls, &rest) == 4;
    sample->calls = is_good ? calls : 0;
    return is_good && calls > 0 && isfinite(sample->real) && sample->real > 0 &&
           isfinite(sample->cpu) && isfinite(sample->forward);
}

static bool row_read(struct row *row, size_t rounds, char **at)
{
    const char *name = line_of(at), *why = name ? line_of(at) : NULL;
    const char *line = why ? line_of(at) : NULL;
    int fate;
    char rest;
    size_t count;
    if (!line || strcmp(name, row->name) != 0 ||
        sscanf(line, "%d %la %la %zu%c", &fate, &row->error, &row->call_time, &count, &rest) != 4 ||
        fate < ROW_NEW || fate > ROW_WRONG || count > rounds)
        return false;
    for (row->sample_count = 0; row->sample_count < count; row->sample_count++)
        if (!sample_read(&row->samples[row->sample_count], line_of(at)))
            return false;
    row->fate = (enum row_fate)fate;
    snprintf(row->why.sentence, sizeof row->why.sentence, "%s", why);
    return true;
}

/* How long a host ran, and had its core: a page is as quiet as the least quiet part of it. */
static bool quiet_read(struct hosts *hosts, const char *line)
{
    double seconds, cpu;
    char rest;
    if (!line || sscanf(line, "%la %la%c", &seconds, &cpu, &rest) != 2 || !(seconds > 0) ||
        !(cpu > 0) || !isfinite(seconds) || !isfinite(cpu))
        return false;
    if (!(hosts->seconds > 0) ||
        clock_waited(seconds, cpu) > clock_waited(hosts->seconds, hosts->cpu_seconds)) {
        hosts->seconds = seconds;
        hosts->cpu_seconds = cpu;
    }
    return true;
}

/* Takes a shape from text, which it changes; its name, or NULL where it is none of this sweep. */
static const char *part_read(struct hosts *hosts, struct sweep *sweep, char *text)
{
    char head[64];
    char *line = line_of(&text);
    snprintf(head, sizeof head, "weir-bench share 1 %016llx ", (unsigned long long)hosts->kind);
    const size_t length = strlen(head);
    if (!line || strncmp(line, head, length) != 0)
        return NULL;
    struct row *first = first_row(sweep, line + length), *end = sweep->rows + sweep->row_count;
    bool is_good = first && quiet_read(hosts, line_of(&text));
    for (struct row *row = first; is_good && row < end && row->shape == first->shape; row++)
        is_good = row_read(row, sweep->options->rounds, &text);
    if (is_good && !*text)
        return first->shape->name;
    for (struct row *row = first; row && row < end && row->shape == first->shape; row++) {
        row->fate = ROW_NEW;
        row->sample_count = 0;
        row->error = NAN;
    }
    return NULL;
}

static void part_path(const struct hosts *hosts, const char *shape, char *path, size_t size)
{
    snprintf(path, size, "%s.parts/%s", hosts->options->out, shape);
}

static bool part_keep(const struct hosts *hosts, const char *shape, const char *bytes, size_t size,
                      struct failure *failure)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.parts", hosts->options->out);
    mkdir(path, 0777); /* where it cannot be made, writing says so */
    part_path(hosts, shape, path, sizeof path);
    return file_write(path, bytes, size, failure);
}

/* ---- Dividing ---- */

static uint64_t kind_of(const struct sweep *sweep, const struct context *context)
{
    static const char *const keys[] = {"cpu",          "cpu_family_model_stepping",
                                       "cache_l1d",    "cache_l2",
                                       "cache_l3",     "weir_commit",
                                       "compiler",     "flags",
                                       "kernel_flags", "weir_isa_cap"};
    const struct options *of = sweep->options;
    const double asked[] = {(double)of->rounds, of->is_auto, of->longest, of->types != NULL};
    uint64_t hash = hash_bytes(HASH_START, asked, sizeof asked);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const char *value = context_find(context, keys[k]);
        hash = hash_bytes(hash, value, strlen(value) + 1);
    }
    for (const struct row *row = sweep->rows; row < sweep->rows + sweep->row_count; row++) {
        const struct shape *shape = row->shape;
        const size_t sizes[] = {shape->I, shape->H, shape->P, shape->T, shape->B};
        hash = hash_bytes(hash_bytes(hash, row->name, strlen(row->name) + 1), sizes, sizeof sizes);
    }
    return hash;
}

/* Takes up what has been kept; what is of another run, or damaged, is measured again. */
static void parts_take_up(struct hosts *hosts, struct sweep *sweep)
{
    struct failure failure;
    size_t size, count = 0;
    char path[4096];
    for (size_t r = 0; r < sweep->row_count; r++) {
        struct row *row = &sweep->rows[r];
        if (r && row->shape == sweep->rows[r - 1].shape) {
            row->is_elsewhere = sweep->rows[r - 1].is_elsewhere;
            continue;
        }
        part_path(hosts, row->shape->name, path, sizeof path);
        char *text = file_read_regular(path, PART_MOST, &size, &failure);
        row->is_elsewhere = text && part_read(hosts, sweep, text);
        count += row->is_elsewhere;
        free(text);
    }
    printf("%zu shapes were measured before.\n", count);
}

/* Of a share, the owner of a shape that has not been measured: one after the other. */
static void shapes_deal(struct hosts *hosts, struct sweep *sweep)
{
    size_t next = 0;
    for (struct row *row = sweep->rows; row < sweep->rows + sweep->row_count; row++) {
        if (row->is_elsewhere)
            continue;
        next += row == sweep->rows || row[-1].shape != row->shape;
        row->owner = (next - 1) % hosts->cluster->ranks;
        row->is_elsewhere = row->owner != hosts->cluster->rank;
    }
}

static bool kinds_agree(struct hosts *hosts, const uint64_t *kinds, struct failure *failure)
{
    for (size_t r = 1; r < hosts->cluster->ranks; r++)
        if (kinds[r] != kinds[0])
            return fail(failure,
                        "host %s is of another kind than %s, by CPU, caches, build or what it was "
                        "asked for: --mpi share is for hosts of one kind, --mpi each for all",
                        hosts->names[r], hosts->names[0]);
    return true;
}

static void deliver(const struct hosts *hosts, char what, const char *bytes, size_t size)
{
    struct text text = {0};
    text_add_bytes(&text, &what, 1);
    text_add_bytes(&text, bytes, size);
    hosts->cluster->deliver(text.chars, text.length);
    text_free(&text);
}

/* ---- While it runs ---- */

/* What was delivered of a host, by the first character. */
static void parcel_open(struct hosts *hosts, struct sweep *sweep, size_t rank, char *bytes,
                        size_t size)
{
    struct failure failure = {""};
    const char what = size ? *bytes : 'B';
    char path[4096];
    bool is_good = true;
    if (what == 'E')
        hosts->is_done[rank] = true;
    if (what == 'S') {
        char *copy = text_format("%s", bytes + 1);
        const char *shape = part_read(hosts, sweep, copy);
        is_good = shape ? part_keep(hosts, shape, bytes + 1, size - 1, &failure)
                        : fail(&failure, "host %s has handed in what is no shape of this run",
                               hosts->names[rank]);
        free(copy);
    }
    if (what == 'J' || what == 'M') {
        snprintf(path, sizeof path, "%s-%s.%s", hosts->options->out, hosts->names[rank],
                 what == 'J' ? "json" : "md");
        is_good = file_write(path, bytes + 1, size - 1, &failure);
    }
    if (!is_good)
        fprintf(stderr, "weir-bench: %s\n", failure.sentence);
}

static void take_all(struct hosts *hosts, struct sweep *sweep)
{
    size_t rank, size;
    char *bytes;
    while (hosts->cluster->take(&rank, &bytes, &size)) {
        hosts->heard[rank] = clock_seconds();
        parcel_open(hosts, sweep, rank, bytes, size);
        free(bytes);
    }
}

static void shape_done(struct sweep *sweep, const struct shape *shape)
{
    struct hosts *hosts = sweep->hosts;
    struct failure failure;
    struct text text = part_text(hosts, sweep, shape);
    if (hosts->cluster->rank)
        deliver(hosts, 'S', text.chars, text.length);
    else if (!part_keep(hosts, shape->name, text.chars, text.length, &failure))
        fprintf(stderr, "weir-bench: %s\n", failure.sentence);
    text_free(&text);
}

static void beat(struct sweep *sweep)
{
    struct hosts *hosts = sweep->hosts;
    const double now = clock_seconds();
    if (now - hosts->beat < 1)
        return;
    hosts->beat = now;
    if (hosts->cluster->rank)
        deliver(hosts, 'B', "", 0);
    else
        take_all(hosts, sweep);
}

bool hosts_divide(struct hosts *hosts, struct sweep *sweep, const struct machine *machine,
                  struct failure *failure)
{
    struct context context = {0};
    uint64_t *kinds = calloc(hosts->cluster->ranks, sizeof *kinds);
    bool *there = calloc(sweep->row_count, sizeof *there);
    if (!kinds || !there)
        abort();
    context_before(&context, machine, sweep->calibration);
    hosts->kind = kind_of(sweep, &context);
    hosts->cluster->collect(&hosts->kind, sizeof hosts->kind, kinds);
    const bool is_good =
        hosts_agree(hosts, !hosts->shares || kinds_agree(hosts, kinds, failure), failure);
    if (is_good && hosts->shares) {
        if (hosts->options->resume && hosts->cluster->rank == 0)
            parts_take_up(hosts, sweep);
        for (size_t r = 0; r < sweep->row_count; r++)
            there[r] = sweep->rows[r].is_elsewhere;
        hosts->cluster->broadcast(there, sweep->row_count * sizeof *there);
        for (size_t r = 0; r < sweep->row_count; r++)
            sweep->rows[r].is_elsewhere = there[r];
        shapes_deal(hosts, sweep);
    }
    sweep->hosts = hosts;
    sweep->shape_done = hosts->shares ? shape_done : NULL;
    sweep->beat = beat;
    free(kinds);
    free(there);
    return is_good;
}

/* ---- Collecting ---- */

static void await_all(struct hosts *hosts, struct sweep *sweep)
{
    enum { POLL_US = 5000 };
    const double started = clock_seconds();
    for (bool is_over = false; !is_over; usleep(POLL_US)) {
        take_all(hosts, sweep);
        is_over = true;
        for (size_t r = 1; r < hosts->cluster->ranks; r++) {
            const double since = hosts->heard[r] > started ? hosts->heard[r] : started;
            if (!hosts->is_done[r])
                hosts->is_lost[r] = clock_seconds() - since > hosts->options->patience;
            is_over = is_over && (hosts->is_done[r] || hosts->is_lost[r]);
        }
    }
}

/* Each host's own files, by way of rank 0. */
static bool files_deliver(struct hosts *hosts, const struct sweep *sweep,
                          const struct context *context, struct failure *failure)
{
    static const char *const endings[] = {"json", "md"};
    char folder[] = "/tmp/weir-bench-XXXXXX";
    if (!mkdtemp(folder))
        return fail(failure, "no folder can be made in /tmp for what this host has measured");
    char *prefix = text_format("%s/part", folder);
    bool is_good = report_write(sweep, context, prefix, failure);
    for (size_t k = 0; k < 2; k++) {
        size_t size;
        char *path = text_format("%s.%s", prefix, endings[k]);
        char *bytes = is_good ? file_read_regular(path, PART_MOST, &size, failure) : NULL;
        is_good = bytes != NULL;
        if (is_good)
            deliver(hosts, k ? 'M' : 'J', bytes, size);
        unlink(path);
        free(bytes);
        free(path);
    }
    rmdir(folder);
    free(prefix);
    return is_good;
}

bool hosts_collect(struct hosts *hosts, struct sweep *sweep, struct context *context,
                   struct failure *failure)
{
    struct text names = {0};
    bool is_good = hosts->shares || files_deliver(hosts, sweep, context, failure);
    if (hosts->cluster->rank) {
        deliver(hosts, 'E', "", 0);
        hosts->cluster->delivered();
        return is_good;
    }
    await_all(hosts, sweep);
    if (hosts->seconds > 0 &&
        (!(sweep->seconds > 0) || clock_waited(hosts->seconds, hosts->cpu_seconds) >
                                      clock_waited(sweep->seconds, sweep->cpu_seconds))) {
        sweep->seconds = hosts->seconds;
        sweep->cpu_seconds = hosts->cpu_seconds;
    }
    for (size_t r = 0; r < hosts->cluster->ranks; r++)
        text_add(&names, "%s%s%s", r ? ", " : "", hosts->names[r],
                 hosts->is_lost[r] ? " (lost)" : "");
    context_text(context, "hosts", "%s", names.chars);
    text_free(&names);
    for (struct row *row = sweep->rows; row < sweep->rows + sweep->row_count; row++)
        if (row->fate == ROW_NEW && row->is_elsewhere) {
            row->fate = ROW_LEFT_OUT;
            fail(&row->why, "host %s was to time it and was lost: --resume takes it up",
                 hosts->names[row->owner]);
        }
    return is_good;
}

bool hosts_are_all_there(const struct hosts *hosts, struct failure *failure)
{
    for (size_t r = 0; r < hosts->cluster->ranks; r++)
        if (hosts->is_lost[r])
            return fail(failure, "host %s was lost, and with it what it had not yet handed in%s",
                        hosts->names[r],
                        hosts->shares ? ": the same command with --resume takes that up" : "");
    return true;
}

/* One page of all hosts' pages. */
bool hosts_page(const struct hosts *hosts, struct failure *failure)
{
    struct text page = {0};
    char *path = text_format("%s.md", hosts->options->out);
    for (size_t r = 0; r < hosts->cluster->ranks; r++) {
        size_t size;
        char *part = text_format("%s-%s.md", hosts->options->out, hosts->names[r]);
        char *bytes = hosts->is_lost[r] ? NULL : file_read_regular(part, PART_MOST, &size, failure);
        text_add(&page, "%s# Host %s\n\n%s", r ? "\n" : "", hosts->names[r],
                 bytes ? bytes : "It was lost.\n");
        free(bytes);
        free(part);
    }
    const bool is_good = file_write(path, page.chars, page.length, failure);
    free(path);
    text_free(&page);
    return is_good;
}
