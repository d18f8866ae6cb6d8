/* SPDX-License-Identifier: MIT */
/* Files of plans that were measured: what weir-tune writes, and what is read where kernels are
 * made. A row is of one kernel on one ISA. It is for the processor, the version of Weir and the
 * program that it was measured with: where one of them differs that is said, and it is never used,
 * unless to make a variant (variants.h). */
#ifndef WEIR_TUNING_H
#define WEIR_TUNING_H

#include "common/text.h"
#include "plan/kernel_parts.h"

#include <stdint.h>

/* The plan of a row for which nothing was found that is better than what plan_choose chooses. */
#define TUNING_CHOSEN "chosen"

enum { TUNING_ROWS_MAX = 4096 };

/* Strings are owned. */
struct tuning_row {
    char *stem, *isa, *plan; /* plan: as kernel_parts_override takes it */
    bool trains; /* measured forward and backward */
    size_t T, B; /* what it was measured with: the regime */
    uint64_t program; /* tuning_program */
    double gain, least, most; /* time by the chosen plan over time by this one, and its interval */
    size_t line; /* of the file; 0: it comes from none */
};

struct tuning {
    char *path; /* NULL: it comes from no file */
    char *version, *cpu, *compiler; /* compiler: its version and flags */
    uint64_t fields; /* tuning_fields */
    struct tuning_row *rows;
    size_t count;
    size_t used; /* how many kernels got a plan from here that is not the chosen one */
    struct text warnings; /* what was not used, and why: a line each */
};

/* The head of a file that is made here and now, without rows. */
struct tuning tuning_create(const char *compiler);

/* False with a sentence that names file and line: it cannot be read, or is no such file. */
bool tuning_read(struct tuning *tuning, const char *path, struct failure *failure);
void tuning_free(struct tuning *tuning);

/* Appends a copy of a row, or writes it over the row of the same kernel and ISA, which must not be
 * what is copied. */
bool tuning_put(struct tuning *tuning, const struct tuning_row *row, struct failure *failure);

/* The row of a kernel on an ISA; NULL: there is none. */
const struct tuning_row *tuning_find(const struct tuning *tuning, const char *stem,
                                     const char *isa);

/* The file's bytes; the caller frees them. */
struct text tuning_text(const struct tuning *tuning);

/* Whether the file is of this version of Weir and of this processor; else why not, in a sentence.
 */
bool tuning_fits(const struct tuning *tuning, struct failure *failure);

/* The same as tuning_read for who makes kernels: what a file that does not fit says becomes a
 * warning, and it has no rows then. */
bool tuning_open(struct tuning *tuning, const char *path, struct failure *failure);

/* Gives a kernel the plans of the row that was measured with what it computes, whatever it is
 * called; whether there is one. A row of its name that is of something else is a warning. A row of
 * training serves a kernel without it, too. */
bool tuning_use(struct tuning *tuning, struct kernel_parts *parts);

/* The row that was measured with what a kernel computes, on its ISA; else the one of its name,
 * which was measured with something else; NULL: there is none. */
const struct tuning_row *tuning_row_for(const struct tuning *tuning,
                                        const struct kernel_parts *parts);

/* Gives a kernel the plan of a row, which must be of that program; false: it is none any more, and
 * nothing has changed. */
bool tuning_row_use(const struct tuning_row *row, struct kernel_parts *parts,
                    struct failure *failure);

/* What a kernel computes, and its sizes and ISA, as a number; and the fields that plans have. */
uint64_t tuning_program(const struct kernel_parts *parts);
uint64_t tuning_fields(void);

#endif
