/* SPDX-License-Identifier: MIT */
/* Texts that are mostly fixed: files of kernels/templates/, which the build puts into weir-gen.
 * What varies in them stands as @NAME@. */
#ifndef WEIR_TEMPLATE_H
#define WEIR_TEMPLATE_H

#include "common/text.h"

struct template_value {
    const char *name, *value; /* NAME without its signs */
};

/* The template of this path in kernels/templates/, as it stands: it may be a value in another. */
const char *template_text(const char *file);

/* Adds a text with every @NAME@ in it replaced by its value, which may hold others. A line that
 * consists of one @NAME@ becomes the lines of its value: none where that is empty, and no blank one
 * after a value that ends its last line itself. A template or a name that is not there, or a value
 * that holds itself, is a mistake of Weir's own, and ends the program. */
void template_expand(struct text *out, const char *text, const struct template_value *values,
                     size_t count);

/* The same for the template of this path. */
void template_add(struct text *out, const char *file, const struct template_value *values,
                  size_t count);

#endif
