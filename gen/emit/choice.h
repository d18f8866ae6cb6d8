/* SPDX-License-Identifier: MIT */
/* Which of several emitted functions is called: nested switches over two numbers. */
#ifndef WEIR_EMIT_CHOICE_H
#define WEIR_EMIT_CHOICE_H

#include "emit/emitter.h"

/* More than any stage has: eight numbers of rows, each with at most six shapes. */
enum { CHOICES_MAX = 64 };

struct choices {
    struct choice {
        size_t outer, inner; /* the numbers that it is for */
        bool tailed; /* where whole vectors and a tail have the same numbers: for the tail */
        const char *calls[REGIONS_MAX]; /* one after another */
        size_t call_count;
    } list[CHOICES_MAX]; /* ascending */
    size_t count;
};

void choices_add(struct choices *choices, struct choice choice);

/* Whether inner numbers tell apart what is chosen. */
bool choices_need_inner(const struct choices *choices);

/* The switches over the variables `outer` and `inner`, and `tailed` where that is needed. */
const char *emit_choices(struct emitter *e, const struct choices *choices, const char *indent,
                         const char *outer, const char *inner);

#endif
