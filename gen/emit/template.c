/* SPDX-License-Identifier: MIT */
/* The expander of templates. */
#include "emit/template.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *file, *text;
} templates[] = {
#define WEIR_TEMPLATE(file, text) {file, text},
#include "templates.inc"
#undef WEIR_TEMPLATE
};

static _Noreturn void fail_inside(const char *what, size_t length)
{
    fprintf(stderr, "weir-gen: there is no template, nor a value, called %.*s\n", (int)length,
            what);
    abort();
}

static const char *find_template(const char *file)
{
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        if (!strcmp(templates[i].file, file))
            return templates[i].text;
    fail_inside(file, strlen(file));
}

/* The length of the capital name that stands between two signs from `at` on; 0: none does. */
static size_t name_length(const char *at)
{
    const size_t length = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    return *at == '@' && length && at[1 + length] == '@' ? length : 0;
}

static const char *find_value(const struct template_value *values, size_t count, const char *name,
                              size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(values[i].name) == length && !memcmp(values[i].name, name, length))
            return values[i].value;
    fail_inside(name, length);
}

static void expand(struct text *out, const char *text, const struct template_value *values,
                   size_t count)
{
    for (const char *at = text; *at;) {
        const size_t plain = strcspn(at + 1, "@") + 1, length = name_length(at);
        if (!length) {
            text_add_bytes(out, at, plain);
            at += plain;
            continue;
        }
        const char *value = find_value(values, count, at + 1, length);
        const bool begins = at == text || at[-1] == '\n';
        expand(out, value, values, count);
        at += length + 2;
        at += begins && !*value && *at == '\n';
    }
}

void template_add(struct text *out, const char *file, const struct template_value *values,
                  size_t count)
{
    expand(out, find_template(file), values, count);
}
