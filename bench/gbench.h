/* SPDX-License-Identifier: MIT */
/* Google Benchmark for C: register bodies, run them, get every run back. What is measured and how
 * it is shown lives elsewhere; gbench.cc is the only C++ of the project. */
#ifndef BENCH_GBENCH_H
#define BENCH_GBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gbench_state gbench_state;
typedef void gbench_body(gbench_state *state, void *argument);

/* Inside a body: `while (gbench_keep_running(state)) work();`. The clock runs from its first call
 * to its last. Names and sentences are copied. */
bool gbench_keep_running(gbench_state *state);
void gbench_set(gbench_state *state, const char *name, double value);
void gbench_skip(gbench_state *state, const char *why);

/* Several bodies may share a name: they are rounds of one benchmark. */
void gbench_register(const char *name, gbench_body *body, void *argument);

/* Google Benchmark takes its own flags out of argv; --help calls `help` and exits. */
void gbench_initialize(int *argc, char **argv, void (*help)(void));
void gbench_print_help(void);
void gbench_context(const char *key, const char *value);

struct gbench_counter {
    const char *name;
    double value;
};

/* One run, or an aggregate of several when Google Benchmark made one. Times are seconds an
 * iteration. Valid during the call only. */
struct gbench_run {
    const char *name;
    const char *error; /* NULL: it ran */
    bool is_aggregate;
    int64_t iterations;
    double real_time, cpu_time;
    const struct gbench_counter *counters;
    size_t counter_count;
};

typedef void gbench_report(const struct gbench_run *run, void *argument);

/* Runs what is registered, in order, and returns how many ran. With `show`, Google Benchmark prints
 * every run in its own --benchmark_format, too. */
size_t gbench_run_all(gbench_report *report, void *argument, bool show);

#ifdef __cplusplus
}
#endif
#endif
