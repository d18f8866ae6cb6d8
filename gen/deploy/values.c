/* SPDX-License-Identifier: MIT */
/* The values of templates, collected. */
#include "deploy/values.h"

#include <stdlib.h>
#include <string.h>

static void add(struct values *values, const char *name, char *value)
{
    if (values->count == VALUES_MAX)
        abort();
    values->rows[values->count++] = (struct template_value){name, value};
}

void values_add(struct values *values, const char *name, const char *format, ...)
{
    struct text text = {0};
    va_list list;
    va_start(list, format);
    text_add_list(&text, format, list);
    va_end(list);
    add(values, name, text.chars);
}

void values_take(struct values *values, const char *name, struct text *text)
{
    text_add_bytes(text, "", 0);
    add(values, name, text->chars);
    *text = (struct text){0};
}

void values_choose(struct values *values, const char *name, const char *folder, const char *file)
{
    char *path = text_format("deploy/%s/%s.in", folder, file);
    values_add(values, name, "%s", template_text(path));
    free(path);
}

const char *values_find(const struct values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (!strcmp(values->rows[i].name, name))
            return values->rows[i].value;
    abort();
}

void values_free(struct values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free((char *)values->rows[i].value);
    values->count = 0;
}
