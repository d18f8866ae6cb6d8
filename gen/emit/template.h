/* SPDX-License-Identifier: MIT */
/* Texts that are mostly fixed: files of kernels/templates/, which the build puts into weir-gen.
 * What varies in them stands as @NAME@. */
#ifndef WEIR_TEMPLATE_H
#define WEIR_TEMPLATE_H

#include "common/text.h"

struct template_value {
    const char *name, *value; /* NAME without its signs */
};

/* Adds the template of this file name, with every @NAME@ replaced by its value; a value may hold
 * others. A line that consists of one @NAME@ whose value is empty is left out. A template or a name
 * that is not there is a mistake of Weir's own, and ends the program. */
void template_add(struct text *out, const char *file, const struct template_value *values,
                  size_t count);

#endif
