/* SPDX-License-Identifier: MIT */
/* The files of other formats than ONNX: random models that they can hold, and their text. */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include "common/text.h"
#include "formats/model64.h"
#include "support/inputs.h"

struct file_format {
    const char *name, *file; /* as an argument; what its files are called */
    void (*draw)(struct random *random, struct model64 *model);
    void (*write)(struct random *random, const struct model64 *model, struct text *text);
};

void write_nam(struct random *random, const struct model64 *model, struct text *text);
void write_guitarml(struct random *random, const struct model64 *model, struct text *text);
void write_rtneural(struct random *random, const struct model64 *model, struct text *text);

extern const struct file_format file_formats[]; /* the last one has no name */

const struct file_format *file_format_find(const char *name); /* NULL: there is none */

/* A model of a format, with its inputs, not yet run. */
void file_format_draw(const struct file_format *format, struct random *random,
                      struct model64 *model);

#endif
