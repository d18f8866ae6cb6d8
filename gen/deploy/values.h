/* SPDX-License-Identifier: MIT */
/* What varies in the files of a directory: the values that the templates in
 * kernels/templates/deploy/ name. */
#ifndef WEIR_DEPLOY_VALUES_H
#define WEIR_DEPLOY_VALUES_H

#include "emit/template.h"

enum { VALUES_MAX = 128 };

struct values {
    struct template_value rows[VALUES_MAX]; /* which own their texts */
    size_t count;
};

void values_add(struct values *values, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same from a text, which is empty after that. */
void values_take(struct values *values, const char *name, struct text *text);

/* The same from a file of kernels/templates/deploy/FOLDER/, whose folders are choices. */
void values_choose(struct values *values, const char *name, const char *folder, const char *file);

const char *values_find(const struct values *values, const char *name);

void values_free(struct values *values);

#endif
