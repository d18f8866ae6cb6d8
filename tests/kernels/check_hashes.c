/* SPDX-License-Identifier: MIT */
/* check_hashes FILE: every kernel that this CPU runs gives the results whose hashes the file lists,
 * a line each: what of, cell, type of weights, maths form, size, hash. The list is made on x86-64
 * by the scalar kernels (check_hashes --write FILE), so that an AArch64 build proves itself equal
 * to them. At the end it says, for tests/run, what is proved. Exit status 1: a hash differs, or the
 * file cannot be used; 2: wrong arguments. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/outcome.h"
#include "support/pass.h"

static const char header[] =
    "# Hashes, T=17, B=5, of outputs and final states (forward), or of the gradients by inputs,\n"
    "# initial states and weights (backward): cell, type of weights, maths form, IxHxP (P 0: "
    "none),\n"
    "# hash.\n"
    "# Made by check_hashes --write with the scalar kernels on x86-64; SLEEF's are of version "
    "3.5.1.\n";

struct line {
    char of[16], cell[64], type[16], math[16];
    size_t sizes[3];
    uint64_t hash;
};

static bool hash_forward(const struct problem *problem, const char *kernel, uint64_t *hash)
{
    struct outcome outcome;
    weir_layer *layer = outcome_layer(problem, kernel, NULL, 0);
    if (layer == NULL)
        return false;
    outcome_create(&outcome, problem, 0);
    outcome_run(&outcome, layer);
    *hash = outcome_hash(&outcome, *hash);
    outcome_destroy(&outcome);
    weir_layer_destroy(layer);
    return true;
}

static bool hash_backward(const struct problem *problem, const char *kernel, uint64_t *hash)
{
    struct pass pass;
    weir_error error;
    weir_layer *layer = pass_layer(problem, &(weir_layer_config){.kernel = kernel}, &error);
    if (layer == NULL) {
        fprintf(stderr, "%s\n", error.message);
        return false;
    }
    pass_create(&pass, problem, 0);
    pass_run(&pass, layer, &(struct pass_manner){.garbage = 0});
    *hash = areas_hash(&pass.gradients, *hash);
    pass_destroy(&pass);
    weir_layer_destroy(layer);
    return true;
}

static const struct kind {
    const char *of;
    bool (*hash)(const struct problem *problem, const char *kernel, uint64_t *hash);
} kinds[] = {{"forward", hash_forward}, {"backward", hash_backward}};

enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

/* Of normal numbers, and of one awkward pattern that changes from size to size. */
static bool hash_kernel(const struct line *line, const char *kernel, uint64_t *hash)
{
    static const enum pattern awkward[] = {PATTERN_SATURATING, PATTERN_DENORMAL, PATTERN_NAN,
                                           PATTERN_HUGE, PATTERN_INF_WITHIN};
    enum { AWKWARD_COUNT = sizeof awkward / sizeof *awkward };
    const uint64_t turn = hash_number(hash_text(HASH_START, line->cell), line->sizes[1]) >> 32;
    const enum pattern patterns[] = {PATTERN_NORMAL, awkward[turn % AWKWARD_COUNT]};
    bool good = true;
    *hash = HASH_START;
    for (size_t n = 0; n < sizeof patterns / sizeof *patterns && good; ++n) {
        struct problem problem;
        if (!problem_create(&problem, line->cell, line->sizes, 17, 5, patterns[n], 1))
            return false;
        problem_fit(&problem, line->type);
        problem_add_loss(&problem, patterns[n], 1);
        for (size_t k = 0; k < KIND_COUNT && good; ++k)
            if (strcmp(line->of, kinds[k].of) == 0)
                good = kinds[k].hash(&problem, kernel, hash);
        problem_destroy(&problem);
    }
    return good;
}

/* A line: what a kernel gives at an odd size; of backward one a cell. */
static bool write_line(FILE *file, const char *of, const weir_kernel_info *info,
                       const struct odd_size *size, size_t *written)
{
    const bool is_backward = strcmp(of, "backward") == 0;
    struct line line = {
        .sizes = {size->I, size->H, usual_projection(info->cell, size->I, size->H)}};
    if (is_backward && (size->I != 20 || size->H != 33 || strcmp(info->math, "inline") != 0 ||
                        strcmp(info->type, "f32") != 0))
        return true;
    snprintf(line.of, sizeof line.of, "%s", of);
    snprintf(line.cell, sizeof line.cell, "%s", info->cell);
    snprintf(line.type, sizeof line.type, "%s", info->type);
    snprintf(line.math, sizeof line.math, "%s", info->math);
    ++*written;
    return hash_kernel(&line, info->name, &line.hash) &&
           fprintf(file, "%s %s %s %s %zux%zux%zu %016" PRIx64 "\n", line.of, line.cell, line.type,
                   line.math, line.sizes[0], line.sizes[1], line.sizes[2], line.hash) > 0;
}

/* The lines of a cell, from its scalar kernels for any size, in every form. */
static bool write_cell(FILE *file, const char *of, const char *cell, size_t *written)
{
    bool good = true;
    for (size_t odd = 0; odd < ODD_SIZE_COUNT; ++odd)
        for (size_t n = 0; good && weir_kernel_at(n) != NULL; ++n) {
            const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
            if (strcmp(info.cell, cell) == 0 && strcmp(info.isa, "scalar") == 0 && info.I == 0)
                good = write_line(file, of, &info, &odd_sizes[odd], written);
        }
    return good;
}

static int write_list(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fprintf(stderr, "%s: %s; name a file that can be written\n", path, strerror(errno));
        return 1;
    }
    bool good = fputs(header, file) >= 0;
    size_t written = 0;
    for (size_t k = 0; k < KIND_COUNT; ++k)
        for (size_t n = 0; good && weir_kernel_at(n) != NULL; ++n) {
            const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
            if (strcmp(info.isa, "scalar") == 0 && strcmp(info.math, "inline") == 0 &&
                strcmp(info.type, "f32") == 0 && info.I == 0)
                good = write_cell(file, kinds[k].of, info.cell, &written);
        }
    if (fclose(file) != 0 || !good) {
        fprintf(stderr, "%s could not be written in full: delete it and try again\n", path);
        return 1;
    }
    printf("%zu hashes written to %s\n", written, path);
    return 0;
}

/* What one ISA has shown for kernels of one type. */
struct evidence {
    char isa[32], type[16];
    size_t checks[KIND_COUNT], failed;
};

enum { EVIDENCE_MAX = 64 };

struct tally {
    size_t lines, checks, failed, not_here, not_built;
    struct evidence evidence[EVIDENCE_MAX];
    size_t evidence_count;
};

static struct evidence *evidence_of(struct tally *tally, const weir_kernel_info *info)
{
    struct evidence one = {0};
    snprintf(one.isa, sizeof one.isa, "%s", info->isa);
    snprintf(one.type, sizeof one.type, "%s", info->type);
    for (size_t n = 0; n < tally->evidence_count; ++n)
        if (strcmp(tally->evidence[n].isa, one.isa) == 0 &&
            strcmp(tally->evidence[n].type, one.type) == 0)
            return &tally->evidence[n];
    if (tally->evidence_count == EVIDENCE_MAX) {
        fprintf(stderr, "more than %d ISAs and types: raise EVIDENCE_MAX\n", EVIDENCE_MAX);
        exit(1);
    }
    tally->evidence[tally->evidence_count] = one;
    return &tally->evidence[tally->evidence_count++];
}

/* For tests/run, which says what was proved where: a line for every ISA and type that has gone
 * forward and, in float32, backward without a failure. */
static void say_what_is_proved(const struct tally *tally)
{
    for (size_t n = 0; n < tally->evidence_count; ++n) {
        const struct evidence *one = &tally->evidence[n];
        bool is_proved = one->failed == 0;
        for (size_t k = 0; k < KIND_COUNT; ++k)
            is_proved =
                is_proved && (one->checks[k] > 0 || (k > 0 && strcmp(one->type, "f32") != 0));
        if (is_proved)
            printf("proved: %s %s\n", one->isa, one->type);
    }
}

static void check_line(const struct line *line, struct tally *tally)
{
    bool built = false;
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        const bool is_size =
            info.I == line->sizes[0] && info.H == line->sizes[1] && info.P == line->sizes[2];
        if (strcmp(info.cell, line->cell) != 0 || strcmp(info.math, line->math) != 0 ||
            strcmp(info.type, line->type) != 0 || (info.I > 0 && !is_size))
            continue;
        built = true;
        if (!weir_kernel_runs_here(weir_kernel_at(n))) {
            ++tally->not_here;
            continue;
        }
        uint64_t hash = 0;
        struct evidence *evidence = evidence_of(tally, &info);
        for (size_t k = 0; k < KIND_COUNT; ++k)
            evidence->checks[k] += strcmp(line->of, kinds[k].of) == 0;
        ++tally->checks;
        if (hash_kernel(line, info.name, &hash) && hash == line->hash)
            continue;
        ++tally->failed;
        ++evidence->failed;
        printf("FAILED %s, %s at %zux%zux%zu: hash %016" PRIx64 ", the list says %016" PRIx64
               "; where it is not a scalar kernel, check_%s 1 '%s' tells what differs\n",
               info.name, line->of, line->sizes[0], line->sizes[1], line->sizes[2], hash,
               line->hash, strcmp(line->of, "backward") == 0 ? "backward" : "kernels", info.name);
    }
    tally->not_built += !built;
}

static bool parse_line(const char *text, struct line *line)
{
    char rest;
    return sscanf(text, "%15s %63s %15s %15s %zux%zux%zu %" SCNx64 " %c", line->of, line->cell,
                  line->type, line->math, &line->sizes[0], &line->sizes[1], &line->sizes[2],
                  &line->hash, &rest) == 8;
}

static int check_list(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "%s: %s; name the list of hashes\n", path, strerror(errno));
        return 1;
    }
    struct tally tally = {0};
    char text[256];
    for (size_t number = 1; fgets(text, sizeof text, file) != NULL; ++number) {
        struct line line;
        if (text[0] == '#')
            continue;
        if (!parse_line(text, &line)) {
            fprintf(stderr,
                    "%s:%zu: expected \"forward|backward cell type maths IxHxP hash\", not: %s",
                    path, number, text);
            fclose(file);
            return 1;
        }
        ++tally.lines;
        check_line(&line, &tally);
    }
    fclose(file);
    printf("%zu hashes: %zu checks, %zu failed, skipped %zu (this CPU lacks the ISA) and %zu (no "
           "kernel "
           "in this build)\n",
           tally.lines, tally.checks, tally.failed, tally.not_here, tally.not_built);
    say_what_is_proved(&tally);
    if (tally.checks == 0) {
        fprintf(stderr, "%s: no hash could be checked with this build\n", path);
        return 1;
    }
    return tally.failed > 0;
}

int main(int argc, char **argv)
{
    /* Kernels are asked for by name here: nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_list(argv[2]);
    if (argc == 2 && argv[1][0] != '-')
        return check_list(argv[1]);
    fprintf(stderr, "wrong arguments: check_hashes FILE, or check_hashes --write FILE\n");
    return 2;
}
