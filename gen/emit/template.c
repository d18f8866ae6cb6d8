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

static _Noreturn void fail_inside(const char *what, const char *name, size_t length)
{
    fprintf(stderr, "weir-gen: %s %.*s\n", what, (int)length, name);
    abort();
}

const char *template_text(const char *file)
{
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        if (!strcmp(templates[i].file, file))
            return templates[i].text;
    fail_inside("there is no template called", file, strlen(file));
}

/* The length of the capital name that stands between two signs from `at` on; 0: none does. */
static size_t name_length(const char *at)
{
    const size_t length = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return *at == '@' && length && at[1 + length] == '@' ? length : 0;
}

static const char *find_value(const struct template_value *values, size_t count, const char *name,
                              size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(values[i].name) == length && !memcmp(values[i].name, name, length))
            return values[i].value;
    fail_inside("no template here has a value called", name, length);
}

static bool at_line_start(const struct text *out)
{
    return out->length == 0 || out->chars[out->length - 1] == '\n';
}

/* `depth`: of values inside values, of which so many can be without one that holds itself. */
static void expand(struct text *out, const char *text, const struct template_value *values,
                   size_t count, size_t depth)
{
    for (const char *at = text; *at;) {
        const size_t plain = strcspn(at + 1, "@") + 1, length = name_length(at);
        if (!length) {
            text_add_bytes(out, at, plain);
            at += plain;
            continue;
        }
        const char *value = find_value(values, count, at + 1, length);
        const bool begins = at_line_start(out);
        if (depth == count)
            fail_inside("a value in a template holds itself:", at + 1, length);
        expand(out, value, values, count, depth + 1);
        at += length + 2;
        at += begins && at_line_start(out) && *at == '\n';
    }
}

void template_expand(struct text *out, const char *text, const struct template_value *values,
                     size_t count)
{
    expand(out, text, values, count, 0);
}

void template_add(struct text *out, const char *file, const struct template_value *values,
                  size_t count)
{
    template_expand(out, template_text(file), values, count);
}
