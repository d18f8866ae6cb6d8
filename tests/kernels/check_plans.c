/* SPDX-License-Identifier: MIT */
/* check_plans ISA LIST: the kernels of a list, a line each with a shared object and the symbol in
 * it, all give the bits of the library's scalar kernel, for several batches, cut into calls and
 * split into parts. A size-generic kernel is run at every size. Which plans the kernels have is
 * decided by check_plans.sh. check_plans ISA: only whether this CPU has the ISA. Exit status 1:
 * something differs, or the list cannot be used; 2: wrong arguments; 77: this CPU lacks the ISA. */
#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/backward_checks.h"
#include "kernels/split_kernel.h"

/* Larger batches are not hoisted by any plan here: to them a cut means nothing. */
enum { STEPS = 17, PARTS = 3, HOISTED_MOST = 4 };

static const struct run {
    size_t B;
    enum pattern pattern;
} runs[] = {{1, PATTERN_NORMAL}, {4, PATTERN_NORMAL}, {7, PATTERN_HUGE}, {13, PATTERN_INF_WITHIN}};

enum { RUN_COUNT = sizeof runs / sizeof *runs };

/* P where the cell has a projection. */
static const size_t sizes[][3] = {{33, 20, 12}, {17, 15, 12}, {40, 64, 12},
                                  {17, 3, 2},   {33, 1, 1},   {16, 20, 3}};

enum { SIZE_COUNT = sizeof sizes / sizeof *sizes };

/* The problems of one cell, type and size, and what the library makes of them: kept for as long as
 * kernels of those follow one another. */
struct group {
    char cell[64], type[16];
    size_t size[3];
    struct problem problems[RUN_COUNT];
    struct outcome expected[RUN_COUNT];
};

struct count {
    size_t kernels, checks, failed;
};

static void group_leave(struct group *group)
{
    for (size_t n = 0; n < RUN_COUNT && group->cell[0]; ++n) {
        outcome_destroy(&group->expected[n]);
        problem_destroy(&group->problems[n]);
    }
    group->cell[0] = '\0';
}

/* The scalar kernel of the library that computes what a kernel does. */
struct name {
    char text[128];
};

static struct name scalar_of(const weir_kernel_info *info)
{
    struct name name;
    snprintf(name.text, sizeof name.text, "%s_%s_any__scalar", info->cell, info->type);
    return name;
}

static void group_enter(struct group *group, const weir_kernel_info *info, const size_t size[3])
{
    if (strcmp(group->cell, info->cell) == 0 && strcmp(group->type, info->type) == 0 &&
        memcmp(group->size, size, sizeof group->size) == 0)
        return;
    group_leave(group);
    snprintf(group->cell, sizeof group->cell, "%s", info->cell);
    snprintf(group->type, sizeof group->type, "%s", info->type);
    memcpy(group->size, size, sizeof group->size);
    for (size_t n = 0; n < RUN_COUNT; ++n) {
        struct problem *problem = &group->problems[n];
        if (!problem_create(problem, group->cell, size, STEPS, runs[n].B, runs[n].pattern, 1))
            exit(1);
        problem_fit(problem, group->type);
        weir_layer *layer = outcome_layer(problem, scalar_of(info).text, NULL, 0);
        if (layer == NULL)
            exit(1);
        outcome_create(&group->expected[n], problem, 0);
        outcome_run(&group->expected[n], layer);
        weir_layer_destroy(layer);
    }
}

static void compare(const struct outcome *outcome, const struct outcome *expected,
                    const weir_kernel_info *info, const char *how, struct count *count)
{
    char what[256] = "";
    ++count->checks;
    if (outcome_equal(outcome, expected, what, sizeof what) &&
        outcome_guarded(outcome, what, sizeof what))
        return;
    ++count->failed;
    printf("FAILED %s --plan %s, B=%zu, %s: %s\n", info->name, info->plan, outcome->problem->B, how,
           what);
}

/* At once, or cut in unequal parts so that hoisted chunks end early. */
static void check_layer(const struct group *group, size_t n, const struct weir_kernel *kernel,
                        const char *how, bool is_cut, struct count *count)
{
    static const size_t cuts[] = {1, 7};
    const weir_kernel_info info = weir_kernel_describe(kernel);
    weir_layer *layer = outcome_layer(&group->problems[n], NULL, kernel, 0);
    if (layer == NULL) {
        ++count->failed;
        printf("FAILED %s --plan %s: no layer can be made\n", info.name, info.plan);
        return;
    }
    struct outcome outcome;
    outcome_create(&outcome, &group->problems[n], 0);
    if (is_cut)
        outcome_run_cuts(&outcome, layer, cuts, 2);
    else
        outcome_run(&outcome, layer);
    compare(&outcome, &group->expected[n], &info, how, count);
    outcome_destroy(&outcome);
    weir_layer_destroy(layer);
}

/* Gradients, beside those of the library's scalar kernel. */
static void check_training(const struct weir_kernel *kernel, const size_t size[3],
                           struct count *count)
{
    enum { TRIALS = 4 };
    const weir_kernel_info info = weir_kernel_describe(kernel);
    const struct subject subject = {.kernel = kernel, .name = info.name, .own = true};
    struct tally checks = {.program = "check_plans"};
    const struct name scalar = scalar_of(&info);
    for (size_t number = 0; number < TRIALS; ++number) {
        struct trial trial;
        if (!trial_create(&trial, number, info.cell, size, 1, scalar.text))
            exit(1);
        if (!backward_begin(&trial, scalar.text))
            exit(1);
        backward_check(&trial, &subject, &checks);
        backward_end(&trial);
        trial_destroy(&trial);
    }
    count->checks += checks.checks;
    count->failed += tally_failures(&checks);
    if (tally_failures(&checks) > 0)
        printf("FAILED %s trained with --plan %s\n", info.name, info.plan);
}

static void check_kernel(struct group *group, const struct weir_kernel *kernel, struct count *count)
{
    const weir_kernel_info info = weir_kernel_describe(kernel);
    ++count->kernels;
    for (size_t s = 0; s < SIZE_COUNT; ++s) {
        const bool is_size = info.I == sizes[s][0] && info.H == sizes[s][1];
        if (info.I > 0 && !is_size)
            continue;
        const size_t P = usual_projection(info.cell, sizes[s][0], sizes[s][1]) ? sizes[s][2] : 0;
        group_enter(group, &info, (size_t[]){sizes[s][0], sizes[s][1], P});
        for (size_t n = 0; n < RUN_COUNT; ++n) {
            struct weir_kernel split;
            check_layer(group, n, kernel, "at once", false, count);
            if (runs[n].B <= HOISTED_MOST)
                check_layer(group, n, kernel, "cut", true, count);
            split_kernel_make(&split, kernel, PARTS, true);
            check_layer(group, n, &split, "in parts", false, count);
        }
        if (backward_applies(kernel))
            check_training(kernel, group->size, count);
    }
}

static bool check_object(struct group *group, const char *path, const char *symbol,
                         struct count *count)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct weir_kernel *kernel = object != NULL ? dlsym(object, symbol) : NULL;
    if (kernel == NULL)
        fprintf(stderr, "%s; list shared objects with a kernel in each\n", dlerror());
    else
        check_kernel(group, kernel, count);
    if (object != NULL)
        dlclose(object);
    return kernel != NULL;
}

static int check_list(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "%s: %s; name the list of kernels\n", path, strerror(errno));
        return 1;
    }
    static struct group group;
    struct count count = {0};
    char object[1024], symbol[128];
    bool good = true;
    while (good && fscanf(file, "%1023s %127s", object, symbol) == 2)
        good = check_object(&group, object, symbol, &count);
    fclose(file);
    group_leave(&group);
    printf("%zu kernels: %zu checks, %zu failed\n", count.kernels, count.checks, count.failed);
    return !good || count.checks == 0 || count.failed > 0;
}

int main(int argc, char **argv)
{
    /* The library is to choose its best kernel; nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "wrong arguments: check_plans ISA [LIST]\n");
        return 2;
    }
    if (!weir_isa_runs_here(argv[1]))
        return 77;
    return argc == 3 ? check_list(argv[2]) : 0;
}
