/* SPDX-License-Identifier: MIT */
/* Under what circumstances something was measured: machine, compiler, source, and who else was
 * busy. A list of keys and values that goes into every file. */
#ifndef BENCH_CONTEXT_H
#define BENCH_CONTEXT_H

#include "calibrate.h"
#include "machine.h"

struct context_entry {
    char key[40];
    char value[400]; /* to be read by people */
    bool is_number;
    double number;
};

struct context {
    struct context_entry at[96];
    size_t count;
};

void context_text(struct context *context, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void context_number(struct context *context, const char *key, double value);
const char *context_find(const struct context *context, const char *key);

/* What is known before the run, and what only after it. */
void context_before(struct context *context, const struct machine *machine,
                    const struct calibration *calibration);
void context_after(struct context *context, const struct machine *machine);

#endif
