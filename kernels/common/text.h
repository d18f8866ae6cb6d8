/* SPDX-License-Identifier: MIT */
/* A string that grows: what every emitter writes to. Running out of memory ends the program. */
#ifndef WEIR_TEXT_H
#define WEIR_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct text {
    char *chars; /* always NUL-terminated once something was added */
    size_t length, capacity;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_list(struct text *text, const char *format, va_list list);
void text_add_bytes(struct text *text, const void *bytes, size_t count);
void text_free(struct text *text);

/* A formatted string of its own; the caller frees it. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
