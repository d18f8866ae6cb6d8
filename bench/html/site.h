/* SPDX-License-Identifier: MIT */
/* What files of results say together: which machines they are of, which problems were timed, and on
 * each the kernels and what they are compared with. Nothing of how it looks. */
#ifndef BENCH_HTML_SITE_H
#define BENCH_HTML_SITE_H

#include "results.h"

/* A run of weir-bench; peers that a script of theirs timed; whole models, by ort_models.mjs. */
enum run_kind { RUN_WEIR, RUN_PEERS, RUN_MODELS };

struct run {
    struct result result;
    char *name; /* the file's, without folder and .json */
    enum run_kind kind;
    size_t machine; /* its index */
    size_t *problem; /* of each row */
};

/* CPUs of one model with equal caches. */
struct machine {
    char *name, *key;
    const char *cpu, *model; /* "AMD EPYC", "26 2 1"; "" where it is not known */
};

/* What is computed: a row of it stands for its sizes; names are those that files give it. */
struct problem {
    const struct result_row *row;
    const char *names[4];
    size_t name_count;
};

struct site {
    struct run *runs;
    struct machine *machines;
    struct problem *problems;
    size_t run_count, machine_count, problem_count;
};

/* False with a sentence; what there is then is freed all the same. */
bool site_read(struct site *site, const char *const *paths, size_t count, struct failure *failure);
void site_free(struct site *site);

/* What kernels are compared as: one way, by so many threads, with weights of one type. */
struct group {
    bool train;
    size_t threads;
    const char *type;
};

enum { GROUPS_MAX = 64, CHOICES_MAX = 32, RIVALS_MAX = 16 };

/* Those of which there is anything, one-threaded runs forward of float32 first. */
size_t site_groups(const struct site *site, struct group groups[GROUPS_MAX]);

/* Their types of weights, each once, from the widest. */
size_t site_types(const struct site *site, const char *types[GROUPS_MAX]);

/* The fastest kernel of Weir's of one run on one ISA. */
struct choice {
    const struct run *run;
    const struct result_row *row;
};

/* All of a problem on a machine, the fastest first; before one that is not slower by more than a
 * twentieth and whose run has other libraries, one without steps back. */
size_t site_choices(const struct site *site, size_t problem, size_t machine,
                    const struct group *group, struct choice choices[CHOICES_MAX]);

/* Who did the same: of another library, or one thread where the choice has more. */
struct rival {
    const struct run *run;
    const struct result_row *row; /* the fastest of its kind */
    bool is_f32; /* beside narrower weights */
};

size_t site_rivals(const struct site *site, const struct choice *choice, size_t problem,
                   struct rival rivals[RIVALS_MAX]);

bool site_is_weir(const struct result_row *row); /* a kernel of Weir's, by however many threads */

/* The ISA of a kernel as its name has it: avx512vnni, which a run counts under avx512. */
struct isa_name {
    char text[32];
};

struct isa_name site_isa(const struct result_row *row);
const char *site_rival_name(const struct rival *rival);

/* Whether the file of a run begins as that of another does: with a day and a machine. */
bool site_is_beside(const struct run *peers, const struct run *run);

#endif
