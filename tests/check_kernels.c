/* SPDX-License-Identifier: MIT */
/* check_kernels [seed [filter]]: every kernel of the build whose name matches the filter (a glob)
 * and that this CPU runs is put to the trials of kernel_checks.h, beside the scalar kernel of its
 * cell, maths and size; size-generic ones at the odd sizes. check_kernels --self-test: the same
 * trials must reject kernels that were broken on purpose. Exit status 1: something failed; 2: wrong
 * arguments; 77: this CPU runs no kernel that matches. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broken_kernel.h"
#include "kernel_checks.h"

/* Kernels that compute the same: a cell, a maths form, a size. */
struct group {
    const char *cell, *math;
    size_t sizes[3];
};

struct suite {
    uint64_t seed;
    const char *filter;
    struct tally tally;
    struct group *groups;
    size_t group_count;
    size_t kernels, skipped;
    char lacking[256]; /* what this CPU lacks, as a list */
};

static bool group_has(const struct group *group, const weir_kernel_info *info)
{
    return strcmp(info->cell, group->cell) == 0 && strcmp(info->math, group->math) == 0 &&
           ((info->I == group->sizes[0] && info->H == group->sizes[1] &&
             info->P == group->sizes[2]) ||
            info->I == 0);
}

static void add_group(struct suite *suite, const char *cell, const char *math,
                      const size_t sizes[3])
{
    for (size_t n = 0; n < suite->group_count; ++n) {
        const struct group *group = &suite->groups[n];
        if (strcmp(group->cell, cell) == 0 && strcmp(group->math, math) == 0 &&
            memcmp(group->sizes, sizes, sizeof group->sizes) == 0)
            return;
    }
    suite->groups[suite->group_count++] =
        (struct group){cell, math, {sizes[0], sizes[1], sizes[2]}};
}

/* Every size that kernels are specialised to, and the odd sizes for the size-generic ones. */
static void find_groups(struct suite *suite)
{
    const size_t count = weir_kernel_count();
    suite->groups = allocate(count * ODD_SIZE_COUNT * sizeof *suite->groups);
    for (size_t n = 0; n < count; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        if (info.I > 0)
            add_group(suite, info.cell, info.math, (size_t[]){info.I, info.H, info.P});
        for (size_t odd = 0; odd < ODD_SIZE_COUNT && info.I == 0; ++odd) {
            const size_t I = odd_sizes[odd].I, H = odd_sizes[odd].H;
            add_group(suite, info.cell, info.math,
                      (size_t[]){I, H, usual_projection(info.cell, I, H)});
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
            weir_kernel_runs_here(kernel) && fnmatch(suite->filter, info.name, 0) == 0)
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

static void check_group(struct suite *suite, const struct group *group, struct subject *subjects)
{
    const size_t count = find_subjects(suite, group, subjects);
    if (count == 0)
        return;
    const char *scalar = scalar_of(group);
    for (size_t number = 0; number < trial_count(group->sizes[1]); ++number) {
        struct trial trial;
        ++suite->tally.checks;
        if (scalar == NULL ||
            !trial_create(&trial, number, group->cell, group->sizes, suite->seed, scalar)) {
            ++suite->tally.failures[CHECK_CREATED];
            printf("FAILED %s, %s, %zux%zux%zu: no scalar kernel to compare with\n", group->cell,
                   group->math, group->sizes[0], group->sizes[1], group->sizes[2]);
            return;
        }
        for (size_t n = 0; n < count; ++n)
            trial_check(&trial, &subjects[n], &suite->tally);
        trial_destroy(&trial);
    }
}

/* Counts the kernels that match, and those of them that cannot run here, by what they need. */
static void count_kernels(struct suite *suite)
{
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        if (fnmatch(suite->filter, info.name, 0) != 0)
            continue;
        ++suite->kernels;
        if (weir_kernel_runs_here(weir_kernel_at(n)))
            continue;
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
           suite->kernels - suite->skipped, (unsigned long long)suite->seed, suite->tally.checks,
           failed, suite->skipped, suite->skipped > 0 ? " (this CPU cannot run: " : "",
           suite->lacking, suite->skipped > 0 ? ")" : "");
    if (suite->kernels == suite->skipped)
        return 77;
    return failed > 0;
}

/* Puts one breakage of a kernel to all trials; true if the checks that must see it did. */
static bool breakage_is_seen(const struct breakage *breakage, const weir_kernel_info *info,
                             const struct weir_kernel *kernel)
{
    struct weir_kernel broken;
    broken_kernel_make(&broken, kernel, breakage);
    const struct subject subject = {.kernel = &broken, .name = info->name, .own = true};
    const struct group group = {info->cell, info->math, {info->I, info->H, info->P}};
    struct tally tally = {.quiet = true};
    for (size_t number = 0; number < trial_count(info->H); ++number) {
        struct trial trial;
        if (!trial_create(&trial, number, group.cell, group.sizes, 1, scalar_of(&group)))
            return false;
        trial_check(&trial, &subject, &tally);
        trial_destroy(&trial);
    }
    bool expected = true;
    if (breakage == &breakages[0])
        expected = tally_failures(&tally) == 0;
    for (size_t check = 0; check < CHECK_COUNT; ++check)
        expected = expected && (!breakage->caught_by[check] || tally.failures[check] > 0);
    printf("%-8s %s: %s:", expected ? "ok" : "FAILED", info->name, breakage->what);
    for (size_t check = 0; check < CHECK_COUNT; ++check)
        if (tally.failures[check] > 0)
            printf(" \"%s\" failed %zu times;", check_name((enum check)check),
                   tally.failures[check]);
    printf(" of %zu checks\n", tally.checks);
    return expected;
}

static int self_test(void)
{
    size_t checks = 0, failed = 0;
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        const bool is_chosen =
            strcmp(info.cell, "lstm") == 0 || strcmp(info.cell, "gru_before") == 0;
        if (!is_chosen || info.I != 17 || info.H != 15 || strcmp(info.math, "inline") != 0 ||
            !weir_kernel_runs_here(weir_kernel_at(n)))
            continue;
        for (size_t b = 0; b < breakage_count; ++b, ++checks)
            failed += !breakage_is_seen(&breakages[b], &info, weir_kernel_at(n));
    }
    if (checks == 0) {
        fprintf(stderr,
                "this build has no lstm of 17x15 to break: configure with -DWEIR_TESTS=ON\n");
        return 2;
    }
    printf("%zu breakages, %zu not caught as they should be\n", checks, failed);
    return failed > 0;
}

int main(int argc, char **argv)
{
    /* Kernels are asked for by name here: nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    if (argc == 2 && strcmp(argv[1], "--self-test") == 0)
        return self_test();
    struct suite suite = {.seed = 1, .filter = "*", .tally = {.program = argv[0]}};
    char *end = NULL;
    errno = 0;
    if (argc > 1)
        suite.seed = strtoull(argv[1], &end, 0);
    if (argc > 3 || errno != 0 || (argc > 1 && (end == argv[1] || *end != '\0'))) {
        fprintf(stderr,
                "wrong arguments: check_kernels [seed [filter]] or check_kernels --self-test\n");
        return 2;
    }
    if (argc > 2)
        suite.filter = argv[2];
    return check_all(&suite);
}
