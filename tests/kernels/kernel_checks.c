/* SPDX-License-Identifier: MIT */
/* Trials, and the comparison of a kernel's results with those of the scalar kernel and with its own
 * when batch and sequence are divided otherwise. */
#include "kernels/kernel_checks.h"

#include <stdio.h>
#include <string.h>

#include "kernels/guarded_kernel.h"

static const char *const check_names[CHECK_COUNT] = {
    [CHECK_CREATED] = "a layer can be made",
    [CHECK_SCALAR] = "equals the scalar kernel",
    [CHECK_ROWS] = "a run of B equals B runs of one",
    [CHECK_CUTS] = "a run of T equals a cut of it",
    [CHECK_OUTSIDE] = "touches nothing else",
    [CHECK_FORWARD] = "forward_train equals forward",
    [CHECK_ASKED] = "what is left out changes nothing else",
    [CHECK_ADDED] = "accumulate goes on with a sum",
    [CHECK_PLACED] = "strides change nothing",
    [CHECK_WEIGHTS] = "set_weights equals another layer",
};

/* Every T of {1, 2, 17} with every B of {1, 2, 5, 8, 13}; of larger sizes only those that stand
 * first, as a scalar kernel of 1024 units takes half a second for sixteen rows. */
static const struct {
    size_t T, B;
} shapes[] = {
    {2, 8},  {1, 1}, {2, 13}, {1, 5}, {17, 2}, {17, 5}, {17, 1}, {17, 13},
    {17, 8}, {2, 1}, {2, 2},  {2, 5}, {1, 2},  {1, 8},  {1, 13},
};

enum { SHAPE_COUNT = sizeof shapes / sizeof *shapes, SHAPES_MEDIUM = 5, SHAPES_LARGE = 2 };

const char *check_name(enum check check)
{
    return check_names[check];
}

size_t tally_failures(const struct tally *tally)
{
    size_t sum = 0;
    for (size_t check = 0; check < CHECK_COUNT; ++check)
        sum += tally->failures[check];
    return sum;
}

size_t trial_count(size_t H)
{
    if (H >= 256)
        return SHAPES_LARGE;
    return H >= 64 ? SHAPES_MEDIUM : SHAPE_COUNT;
}

static const char *type_of_kernel(const char *name)
{
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        if (strcmp(info.name, name) == 0)
            return info.type;
    }
    return "f32";
}

bool trial_create(struct trial *trial, size_t number, const char *cell, const size_t sizes[3],
                  uint64_t seed, const char *scalar_kernel)
{
    static const size_t max_batches[] = {0, 4, 13, 1, 6};
    /* The first trial is of normal numbers. The others go round the patterns, from another one for
     * each cell and size, so that the few trials of large sizes see all of them between them. */
    const uint64_t start =
        hash_number(hash_text(HASH_START, cell), sizes[0] * 4096 + sizes[1]) >> 32;
    const enum pattern pattern =
        number == 0 ? PATTERN_NORMAL : (enum pattern)((start + number) % PATTERN_COUNT);
    trial->seed = seed;
    trial->gradients = NULL;
    trial->max_batch = max_batches[number % (sizeof max_batches / sizeof *max_batches)];
    trial->gap = number % 2 * 3;
    const size_t T = shapes[number].T, B = shapes[number].B;
    struct random random = {hash_number(hash_number(HASH_START, seed), number)};
    trial->cut_count = 0;
    for (size_t t = 0; t < T; t += trial->cuts[trial->cut_count++])
        trial->cuts[trial->cut_count] = 1 + random_below(&random, T - t);
    if (!problem_create(&trial->problem, cell, sizes, T, B, pattern, seed))
        return false;
    problem_fit(&trial->problem, type_of_kernel(scalar_kernel));
    weir_layer *layer = outcome_layer(&trial->problem, scalar_kernel, NULL, 0);
    if (layer == NULL) {
        problem_destroy(&trial->problem);
        return false;
    }
    outcome_create(&trial->expected, &trial->problem, 0);
    outcome_run(&trial->expected, layer);
    weir_layer_destroy(layer);
    return true;
}

void trial_destroy(struct trial *trial)
{
    outcome_destroy(&trial->expected);
    problem_destroy(&trial->problem);
}

void trial_judge(const struct trial *trial, const struct subject *subject, struct tally *tally,
                 enum check check, bool holds, const char *what)
{
    enum { TOLD_MAX = 40 };
    ++tally->checks;
    if (holds)
        return;
    ++tally->failures[check];
    const size_t told = tally_failures(tally);
    if (tally->quiet || told > TOLD_MAX)
        return;
    const struct problem *problem = &trial->problem;
    printf("FAILED %s: %s: %s\n", subject->name, check_names[check], what);
    printf(
        "    pattern %s, T=%zu, B=%zu, I=%zu, H=%zu, P=%zu, max_batch=%zu, seed %llu; repeat with: "
        "%s %llu '%s'\n",
        pattern_name(problem->pattern), problem->T, problem->B, problem->I, problem->H, problem->P,
        trial->max_batch, (unsigned long long)trial->seed, tally->program,
        (unsigned long long)trial->seed, subject->name);
    if (told == TOLD_MAX)
        printf("    (further failures are only counted)\n");
}

static weir_layer *layer_for(const struct trial *trial, const struct subject *subject)
{
    return outcome_layer(&trial->problem, subject->own ? NULL : subject->name,
                         subject->own ? subject->kernel : NULL, trial->max_batch);
}

/* Compares with the kernel's own run at once, so that each check stands alone. */
static void check_divided(const struct trial *trial, const struct subject *subject,
                          weir_layer *layer, const struct outcome *whole, struct tally *tally)
{
    static const size_t stream[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const struct problem *problem = &trial->problem;
    struct outcome divided;
    char what[256] = "";
    if (problem->B > 1) {
        outcome_create(&divided, problem, trial->gap);
        outcome_run_rows(&divided, layer);
        trial_judge(trial, subject, tally, CHECK_ROWS,
                    outcome_equal(&divided, whole, what, sizeof what) &&
                        outcome_guarded(&divided, what, sizeof what),
                    what);
        outcome_destroy(&divided);
    }
    for (int random_cut = 0; random_cut < 2 && problem->T > 1; ++random_cut) {
        outcome_create(&divided, problem, trial->gap);
        outcome_run_cuts(&divided, layer, random_cut ? trial->cuts : stream,
                         random_cut ? trial->cut_count : problem->T);
        trial_judge(trial, subject, tally, CHECK_CUTS,
                    outcome_equal(&divided, whole, what, sizeof what) &&
                        outcome_guarded(&divided, what, sizeof what),
                    what);
        outcome_destroy(&divided);
    }
}

/* Runs the kernel on guarded buffers: the same bits, and no guard hurt. */
static void check_guarded(const struct trial *trial, const struct subject *subject,
                          const struct outcome *whole, struct tally *tally)
{
    struct weir_kernel guarded;
    guarded_kernel_make(&guarded, subject->kernel);
    const struct subject own = {.kernel = &guarded, .name = subject->name, .own = true};
    weir_layer *layer = layer_for(trial, &own);
    trial_judge(trial, subject, tally, CHECK_CREATED, layer != NULL,
                "no layer with the guarded kernel");
    if (layer == NULL)
        return;
    struct outcome outcome;
    char what[256] = "";
    outcome_create(&outcome, &trial->problem, trial->gap);
    outcome_run(&outcome, layer);
    const char *violation = guarded_kernel_violation();
    const bool equal = outcome_equal(&outcome, whole, what, sizeof what);
    trial_judge(trial, subject, tally, CHECK_OUTSIDE, violation == NULL && equal,
                violation != NULL ? violation : what);
    outcome_destroy(&outcome);
    weir_layer_destroy(layer);
}

void trial_check(const struct trial *trial, const struct subject *subject, struct tally *tally)
{
    weir_layer *layer = layer_for(trial, subject);
    trial_judge(trial, subject, tally, CHECK_CREATED, layer != NULL, "see the sentence above");
    if (layer == NULL)
        return;
    struct outcome whole;
    char what[256] = "";
    outcome_create(&whole, &trial->problem, trial->gap);
    outcome_run(&whole, layer);
    trial_judge(trial, subject, tally, CHECK_SCALAR,
                outcome_equal(&whole, &trial->expected, what, sizeof what), what);
    trial_judge(trial, subject, tally, CHECK_OUTSIDE, outcome_guarded(&whole, what, sizeof what),
                what);
    check_divided(trial, subject, layer, &whole, tally);
    check_guarded(trial, subject, &whole, tally);
    outcome_destroy(&whole);
    weir_layer_destroy(layer);
}
