/* SPDX-License-Identifier: MIT */
/* Variants: kernels by plans that were measured on a processor of another kind than the one that
 * makes them, beside the usual ones. Each is named after the microarchitecture of that processor,
 * and chosen on it alone, by CPUID, so that the file may be of any processor and version of Weir;
 * what a row must fit is the program. */
#ifndef WEIR_VARIANTS_H
#define WEIR_VARIANTS_H

#include "plan/tuning.h"

/* What a kernel has to gain, with all of its interval, to be worth having twice. */
#define VARIANT_GAIN 1.03

struct variants {
    struct tuning tuning;
    const char *name; /* of the microarchitecture */
};

enum { VARIANTS_MAX = 8 };

/* Of several microarchitectures. Starts zeroed. */
struct variants_list {
    struct variants of[VARIANTS_MAX];
    size_t count;
};

/* Reads files of weir-tune, paths with commas between, that are called MICROARCHITECTURE.tune.
 * False with a sentence: one cannot be read, or is called otherwise. Closed in any case. */
bool variants_list_open(struct variants_list *list, const char *paths, struct failure *failure);
void variants_list_close(struct variants_list *list);

/* Makes of a kernel the variant that its row gives. False, with a sentence that names the row:
 * there is none, or it gives none; what is left of the kernel is then its name. */
bool variants_use(const struct variants *variants, struct kernel_parts *parts,
                  struct failure *failure);

#endif
