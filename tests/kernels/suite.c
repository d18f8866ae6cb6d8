/* SPDX-License-Identifier: MIT */
/* Kernels in groups, trials of each, and the count. */
#define _POSIX_C_SOURCE 200809L
#include "kernels/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kernels that compute the same: a cell, a maths form, a type of weights, a size. */
struct group {
    const char *cell, *math, *type;
    size_t sizes[3];
};

struct suite {
    const struct proof *proof;
    uint64_t seed, trials;
    const char *filter;
    struct tally tally;
    struct group *groups;
    size_t group_count;
    size_t kernels, skipped, others;
    char lacking[256]; /* what this CPU lacks, as a list */
};

static bool applies(const struct proof *proof, const struct weir_kernel *kernel)
{
    return proof->applies == NULL || proof->applies(kernel);
}

static bool group_has(const struct group *group, const weir_kernel_info *info)
{
    return strcmp(info->cell, group->cell) == 0 && strcmp(info->math, group->math) == 0 &&
           strcmp(info->type, group->type) == 0 &&
           ((info->I == group->sizes[0] && info->H == group->sizes[1] &&
             info->P == group->sizes[2]) ||
            info->I == 0);
}

static void add_group(struct suite *suite, const weir_kernel_info *info, const size_t sizes[3])
{
    for (size_t n = 0; n < suite->group_count; ++n) {
        const struct group *group = &suite->groups[n];
        if (strcmp(group->cell, info->cell) == 0 && strcmp(group->math, info->math) == 0 &&
            strcmp(group->type, info->type) == 0 &&
            memcmp(group->sizes, sizes, sizeof group->sizes) == 0)
            return;
    }
    suite->groups[suite->group_count++] =
        (struct group){info->cell, info->math, info->type, {sizes[0], sizes[1], sizes[2]}};
}

/* Every size that kernels are specialised to, and the odd sizes for the size-generic ones. */
static void find_groups(struct suite *suite)
{
    const size_t count = weir_kernel_count();
    suite->groups = allocate(count * ODD_SIZE_COUNT * sizeof *suite->groups);
    for (size_t n = 0; n < count; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        if (info.I > 0)
            add_group(suite, &info, (size_t[]){info.I, info.H, info.P});
        for (size_t odd = 0; odd < ODD_SIZE_COUNT && info.I == 0; ++odd) {
            const size_t I = odd_sizes[odd].I, H = odd_sizes[odd].H;
            add_group(suite, &info, (size_t[]){I, H, usual_projection(info.cell, I, H)});
        }
    }
}

static bool is_odd_size(const size_t sizes[3])
{
    for (size_t n = 0; n < ODD_SIZE_COUNT; ++n)
        if (sizes[0] == odd_sizes[n].I && sizes[1] == odd_sizes[n].H)
            return true;
    return false;
}

/* The kernels to check in a group: those it has that run here and match. Size-generic ones only
 * where the size is odd: they know no size, and the others would take long. */
static size_t find_subjects(const struct suite *suite, const struct group *group,
                            struct subject *subjects)
{
    size_t count = 0;
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const struct weir_kernel *kernel = weir_kernel_at(n);
        const weir_kernel_info info = weir_kernel_describe(kernel);
        if (group_has(group, &info) && (info.I > 0 || is_odd_size(group->sizes)) &&
            weir_kernel_runs_here(kernel) && applies(suite->proof, kernel) &&
            kernel_is_named(&info, suite->filter))
            subjects[count++] = (struct subject){kernel, info.name, false};
    }
    return count;
}

/* The scalar kernel of a group, specialised if there is one; NULL if none runs here. */
static const char *scalar_of(const struct group *group)
{
    const char *generic = NULL;
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        if (!group_has(group, &info) || strcmp(info.isa, "scalar") != 0 ||
            !weir_kernel_runs_here(weir_kernel_at(n)))
            continue;
        if (info.I > 0)
            return info.name;
        generic = info.name;
    }
    return generic;
}

/* A trial with all that the proof adds to it. */
static bool begin_trial(const struct proof *proof, struct trial *trial, size_t number,
                        const struct group *group, uint64_t seed)
{
    const char *scalar = scalar_of(group);
    if (scalar == NULL || !trial_create(trial, number, group->cell, group->sizes, seed, scalar))
        return false;
    if (proof->begin == NULL || proof->begin(trial, scalar))
        return true;
    trial_destroy(trial);
    return false;
}

static void end_trial(const struct proof *proof, struct trial *trial)
{
    if (proof->end != NULL)
        proof->end(trial);
    trial_destroy(trial);
}

/* Whether a kernel is put to a trial. A scalar kernel has one lane, so every unit is computed alike
 * and no size has an edge: as a subject, where it would take most of the time, it is put to every
 * third trial, and to none of the largest layers. What the others are compared with, it computes in
 * all of them. */
static bool takes_part(const struct subject *subject, size_t number)
{
    enum { LARGEST = 512 };
    const weir_kernel_info info = weir_kernel_describe(subject->kernel);
    return strcmp(info.isa, "scalar") != 0 || (number % 3 == 0 && info.H < LARGEST);
}

static void check_group(struct suite *suite, const struct group *group, struct subject *subjects)
{
    const size_t count = find_subjects(suite, group, subjects);
    if (count == 0)
        return;
    for (size_t number = 0; number < trial_count(group->sizes[1]) && number < suite->trials;
         ++number) {
        struct trial trial;
        ++suite->tally.checks;
        if (!begin_trial(suite->proof, &trial, number, group, suite->seed)) {
            ++suite->tally.failures[CHECK_CREATED];
            printf("FAILED %s, %s, %s, %zux%zux%zu: no scalar kernel to compare with\n",
                   group->cell, group->type, group->math, group->sizes[0], group->sizes[1],
                   group->sizes[2]);
            return;
        }
        for (size_t n = 0; n < count; ++n)
            if (takes_part(&subjects[n], number))
                suite->proof->check(&trial, &subjects[n], &suite->tally);
        end_trial(suite->proof, &trial);
    }
}

/* Counts the kernels that match, and those of them that cannot run here, by what they need. */
static void count_kernels(struct suite *suite)
{
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        if (!kernel_is_named(&info, suite->filter))
            continue;
        ++suite->kernels;
        if (weir_kernel_runs_here(weir_kernel_at(n))) {
            suite->others += !applies(suite->proof, weir_kernel_at(n));
            continue;
        }
        ++suite->skipped;
        char need[32];
        snprintf(need, sizeof need, "%s %s", info.isa, info.math);
        if (strstr(suite->lacking, need) != NULL)
            continue;
        const size_t used = strlen(suite->lacking);
        snprintf(suite->lacking + used, sizeof suite->lacking - used, "%s%s", used > 0 ? ", " : "",
                 need);
    }
}

static int check_all(struct suite *suite)
{
    count_kernels(suite);
    if (suite->kernels == 0) {
        fprintf(stderr, "no kernel of this build matches '%s': weir-info lists their names\n",
                suite->filter);
        return 2;
    }
    find_groups(suite);
    struct subject *subjects = allocate(weir_kernel_count() * sizeof *subjects);
    for (size_t n = 0; n < suite->group_count; ++n)
        check_group(suite, &suite->groups[n], subjects);
    free(subjects);
    free(suite->groups);
    const size_t failed = tally_failures(&suite->tally);
    printf("%zu kernels, seed %llu: %zu checks, %zu failed, %zu kernels skipped%s%s%s\n",
           suite->kernels - suite->skipped - suite->others, (unsigned long long)suite->seed,
           suite->tally.checks, failed, suite->skipped,
           suite->skipped > 0 ? " (this CPU cannot run: " : "", suite->lacking,
           suite->skipped > 0 ? ")" : "");
    if (suite->others > 0)
        printf("%zu more kernels %s\n", suite->others, suite->proof->others);
    if (suite->tally.checks == 0)
        return 77;
    return failed > 0;
}

/* ---- The self-test ---- */

const struct weir_kernel *suite_breakable(const struct proof *proof, size_t index)
{
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        const bool is_chosen =
            strcmp(info.cell, "lstm") == 0 || strcmp(info.cell, "gru_before") == 0;
        if (is_chosen && info.I == 17 && info.H == 15 && strcmp(info.math, "inline") == 0 &&
            strcmp(info.type, "f32") == 0 && weir_kernel_runs_here(weir_kernel_at(n)) &&
            applies(proof, weir_kernel_at(n)) && index-- == 0)
            return weir_kernel_at(n);
    }
    return NULL;
}

static bool has_seen(const struct tally *tally, const bool caught_by[CHECK_COUNT])
{
    bool seen = true;
    for (size_t check = 0; check < CHECK_COUNT; ++check)
        seen = seen && (!caught_by[check] || tally->failures[check] > 0);
    return seen;
}

bool suite_sees(const struct proof *proof, const struct weir_kernel *kernel,
                const struct weir_kernel *broken, const char *what,
                const bool caught_by[CHECK_COUNT])
{
    const weir_kernel_info info = weir_kernel_describe(kernel);
    const struct subject subject = {.kernel = broken, .name = info.name, .own = true};
    const struct group group = {info.cell, info.math, info.type, {info.I, info.H, info.P}};
    struct tally tally = {.quiet = true};
    bool is_broken = false;
    for (size_t check = 0; check < CHECK_COUNT; ++check)
        is_broken = is_broken || caught_by[check];
    for (size_t number = 0;
         number < trial_count(info.H) && !(is_broken && has_seen(&tally, caught_by)); ++number) {
        struct trial trial;
        if (!begin_trial(proof, &trial, number, &group, 1))
            return false;
        proof->check(&trial, &subject, &tally);
        end_trial(proof, &trial);
    }
    const bool expected = has_seen(&tally, caught_by) && (is_broken || tally_failures(&tally) == 0);
    printf("%-8s %s: %s:", expected ? "ok" : "FAILED", info.name, what);
    for (size_t check = 0; check < CHECK_COUNT; ++check)
        if (tally.failures[check] > 0)
            printf(" \"%s\" failed %zu times;", check_name((enum check)check),
                   tally.failures[check]);
    printf(" of %zu checks\n", tally.checks);
    return expected;
}

/* ---- The command line ---- */

static bool read_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 0);
    return errno == 0 && end != text && *end == '\0';
}

int suite_main(const struct proof *proof, int argc, char **argv)
{
    /* Kernels are asked for by name here: nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    if (argc == 2 && strcmp(argv[1], "--self-test") == 0)
        return proof->self_test(proof);
    struct suite suite = {.proof = proof,
                          .seed = 1,
                          .trials = UINT64_MAX,
                          .filter = argc > 2 ? argv[2] : "*",
                          .tally = {.program = argv[0]}};
    if (argc > 4 || (argc > 1 && !read_number(argv[1], &suite.seed)) ||
        (argc > 3 && (!read_number(argv[3], &suite.trials) || suite.trials == 0))) {
        fprintf(stderr,
                "wrong arguments: %s [seed [filter [trials of a size, at most]]] or %s "
                "--self-test\n",
                proof->program, proof->program);
        return 2;
    }
    return check_all(&suite);
}
