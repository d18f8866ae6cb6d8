/* SPDX-License-Identifier: MIT */
/* A string that grows. */
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `count` more characters and the end. */
static void reserve(struct text *text, size_t count)
{
    const size_t wanted = text->length + count + 1;
    if (wanted <= text->capacity)
        return;
    const size_t capacity = wanted * 2 > 1024 ? wanted * 2 : 1024;
    char *chars = realloc(text->chars, capacity);
    if (!chars) {
        fprintf(stderr, "weir-gen: out of memory after %zu bytes of output\n", text->length);
        exit(1);
    }
    text->chars = chars;
    text->capacity = capacity;
}

void text_add_list(struct text *text, const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    const int needed = vsnprintf(NULL, 0, format, list);
    const size_t count = needed > 0 ? (size_t)needed : 0;
    reserve(text, count);
    vsnprintf(text->chars + text->length, text->capacity - text->length, format, again);
    text->length += count;
    va_end(again);
}

void text_add_bytes(struct text *text, const void *bytes, size_t count)
{
    reserve(text, count);
    memcpy(text->chars + text->length, bytes, count);
    text->length += count;
    text->chars[text->length] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    text_add_list(text, format, list);
    va_end(list);
}

void text_free(struct text *text)
{
    free(text->chars);
    *text = (struct text){0};
}

char *text_format(const char *format, ...)
{
    struct text text = {0};
    va_list list;
    va_start(list, format);
    text_add_list(&text, format, list);
    va_end(list);
    return text.chars;
}
