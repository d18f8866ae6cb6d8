/* SPDX-License-Identifier: MIT */
/* Files of results put together; see site.h. */
#include "html/site.h"

#include "common/text.h"
#include "microarchitecture.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROBLEMS_MAX = 1000, ROWS_MAX = 20000 };

/* ---- Machines ---- */

static const char *context(const struct run *run, const char *key)
{
    const char *text = result_context(&run->result, key);
    return text ? text : "";
}

/* "zen4" as people write it: Zen 4. */
static void spelled(const char *name, struct text *out)
{
    for (const char *at = name; *at; at++) {
        if (at > name && isdigit((unsigned char)*at) && !isdigit((unsigned char)at[-1]))
            text_add(out, " ");
        text_add(out, "%c", at == name ? toupper((unsigned char)*at) : *at);
    }
}

static char *machine_name(const struct machine *machine)
{
    struct text name = {0};
    unsigned family, model;
    const char *vendor = strstr(machine->cpu, "AMD") ? "AuthenticAMD" : "GenuineIntel",
               *kind = NULL;
    if (sscanf(machine->model, "%u %u", &family, &model) == 2)
        kind = weir_microarchitecture_of(vendor, family, model);
    text_add(&name, "%s", *machine->cpu ? machine->cpu : "unknown CPU");
    if (kind) {
        text_add(&name, ", ");
        spelled(kind, &name);
    }
    return name.chars;
}

/* Scripts of peers do not say which model a CPU is: their files are called as those of the run that
 * they go with, but for the last word. */
bool site_is_beside(const struct run *peers, const struct run *run)
{
    const char *last = strrchr(peers->name, '-');
    const size_t length = last ? (size_t)(last - peers->name) : strlen(peers->name);
    return strncmp(run->name, peers->name, length) == 0 &&
           (run->name[length] == '-' || !run->name[length]);
}

static bool machine_add(struct site *site, struct run *run, struct failure *failure)
{
    struct machine machine = {.cpu = context(run, "cpu"),
                              .model = context(run, "cpu_family_model_stepping")};
    const struct run *end = site->runs + (run->kind == RUN_WEIR ? 0 : site->run_count);
    for (const struct run *other = site->runs; other < end; other++)
        if (other->kind == RUN_WEIR && site_is_beside(run, other)) {
            run->machine = other->machine;
            return true;
        }
    if (!*machine.cpu)
        machine.cpu = context(run, "CPU");
    machine.key =
        text_format("%s|%s|%s|%s|%s", machine.cpu, machine.model, context(run, "cache_l1d"),
                    context(run, "cache_l2"), context(run, "cache_l3"));
    for (run->machine = 0; run->machine < site->machine_count; run->machine++)
        if (!strcmp(site->machines[run->machine].key, machine.key)) {
            free(machine.key);
            return true;
        }
    struct machine *grown =
        realloc(site->machines, (site->machine_count + 1) * sizeof *site->machines);
    if (!grown) {
        free(machine.key);
        return fail_memory(failure);
    }
    machine.name = machine_name(&machine);
    site->machines = grown;
    site->machines[site->machine_count++] = machine;
    return true;
}

/* ---- Problems ---- */

static bool is_same_problem(const struct result_row *a, const struct result_row *b)
{
    return a->I == b->I && a->H == b->H && a->P == b->P && a->T == b->T && a->B == b->B &&
           a->train == b->train && !strcmp(a->cell, b->cell);
}

static void name_add(struct problem *problem, const char *name)
{
    const size_t most = sizeof problem->names / sizeof *problem->names;
    for (size_t n = 0; n < problem->name_count; n++)
        if (!strcmp(problem->names[n], name))
            return;
    if (*name && problem->name_count < most)
        problem->names[problem->name_count++] = name;
}

static bool problems_add(struct site *site, struct run *run, struct failure *failure)
{
    const size_t count = run->result.row_count;
    if (count > ROWS_MAX)
        return fail(failure, "%s: %zu medians; at most %d fit on a page", run->result.path, count,
                    ROWS_MAX);
    run->problem = calloc(count + 1, sizeof *run->problem);
    if (!run->problem)
        return fail_memory(failure);
    for (size_t r = 0; r < count; r++) {
        const struct result_row *row = &run->result.rows[r];
        size_t p = r > 0 ? run->problem[r - 1] : 0; /* rows of one problem follow one another */
        if (p >= site->problem_count || !is_same_problem(site->problems[p].row, row))
            for (p = 0; p < site->problem_count && !is_same_problem(site->problems[p].row, row);)
                p++;
        if (p == PROBLEMS_MAX)
            return fail(failure, "%s: more than %d different shapes in all files", run->result.path,
                        PROBLEMS_MAX);
        if (p == site->problem_count)
            site->problems[site->problem_count++] = (struct problem){.row = row};
        name_add(&site->problems[p], row->shape);
        run->problem[r] = p;
    }
    return true;
}

/* ---- All of it ---- */

static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *end = strstr(base, ".json");
    return text_format("%.*s", (int)(end ? (size_t)(end - base) : strlen(base)), base);
}

/* What kind of file it is, by what is in it. */
static bool run_read(struct run *run, const char *path, struct failure *failure)
{
    *run = (struct run){.kind = RUN_MODELS};
    if (!result_open(&run->result, path, failure))
        return false;
    run->name = name_of(path);
    if (cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(run->result.json, "models")))
        return true;
    result_free(&run->result);
    if (!result_read(&run->result, path, failure))
        return false;
    run->kind = RUN_PEERS;
    for (size_t r = 0; r < run->result.row_count; r++)
        if (site_is_weir(&run->result.rows[r]))
            run->kind = RUN_WEIR;
    return true;
}

/* Two files of one name would be told apart by nothing. */
static bool name_check(const struct site *site, const struct run *run, struct failure *failure)
{
    for (const struct run *other = site->runs; other < run; other++)
        if (!strcmp(other->name, run->name))
            return fail(failure, "%s: a second file called %s", run->result.path,
                        quote(run->name).text);
    return true;
}

bool site_read(struct site *site, const char *const *paths, size_t count, struct failure *failure)
{
    bool good = true;
    *site = (struct site){.runs = calloc(count + 1, sizeof *site->runs),
                          .problems = calloc(PROBLEMS_MAX, sizeof *site->problems)};
    if (!site->runs || !site->problems)
        good = fail_memory(failure);
    for (size_t i = 0; good && i < count; i++) {
        struct run *run = &site->runs[site->run_count++];
        good = run_read(run, paths[i], failure) && name_check(site, run, failure);
    }
    /* Those that know their machine first. */
    for (int is_other = 0; is_other < 2; is_other++)
        for (size_t i = 0; good && i < site->run_count; i++)
            if ((site->runs[i].kind != RUN_WEIR) == is_other)
                good = machine_add(site, &site->runs[i], failure);
    for (size_t i = 0; good && i < site->run_count; i++)
        good = problems_add(site, &site->runs[i], failure);
    if (!good)
        site_free(site);
    return good;
}

void site_free(struct site *site)
{
    for (size_t i = 0; i < site->run_count; i++) {
        result_free(&site->runs[i].result);
        free(site->runs[i].name);
        free(site->runs[i].problem);
    }
    for (size_t m = 0; m < site->machine_count; m++) {
        free(site->machines[m].name);
        free(site->machines[m].key);
    }
    free(site->runs);
    free(site->machines);
    free(site->problems);
    *site = (struct site){0};
}
