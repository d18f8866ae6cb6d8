/* SPDX-License-Identifier: MIT */
/* Nested switches. Functions are called by name, so that compilers see which ones there are. */
#include "emit/choice.h"

#include <stdlib.h>

static bool precedes(const struct choice *a, const struct choice *b)
{
    if (a->outer != b->outer)
        return a->outer < b->outer;
    return a->inner != b->inner ? a->inner < b->inner : a->tailed < b->tailed;
}

void choices_add(struct choices *choices, struct choice choice)
{
    if (choices->count == CHOICES_MAX)
        abort();
    size_t at = choices->count++;
    for (; at > 0 && precedes(&choice, &choices->list[at - 1]); at--)
        choices->list[at] = choices->list[at - 1];
    choices->list[at] = choice;
}

static void add_calls(struct text *out, const struct choice *choice, const char *indent)
{
    for (size_t i = 0; i < choice->call_count; i++)
        text_add(out, "%s%s;\n", indent, choice->calls[i]);
}

/* What is done for one pair of numbers: one choice, or two that `tailed` tells apart. */
static void add_choices(struct emitter *e, struct text *out, const struct choice *choice,
                        size_t count, const char *indent)
{
    const bool several = choice[0].call_count > 1;
    const char *inner = emit_format(e, "%s    ", indent);
    if (count == 1) {
        add_calls(out, choice, indent);
        return;
    }
    text_add(out, "%sif (tailed)%s\n", indent, several ? " {" : "");
    add_calls(out, &choice[1], inner);
    text_add(out, several ? "%s} else {\n" : "%selse\n", indent);
    add_calls(out, &choice[0], inner);
    if (several)
        text_add(out, "%s}\n", indent);
}

/* How many choices from `at` on are for the same outer number; and the same inner one. */
static size_t alike(const struct choices *choices, size_t at, bool inner_too)
{
    const struct choice *first = &choices->list[at];
    size_t count = 1;
    while (at + count < choices->count && first[count].outer == first->outer &&
           (!inner_too || first[count].inner == first->inner))
        count++;
    return count;
}

bool choices_need_inner(const struct choices *choices)
{
    bool needed = false;
    for (size_t at = 0; at < choices->count; at += alike(choices, at, false))
        needed |= alike(choices, at, true) < alike(choices, at, false);
    return needed;
}

/* What is done for one outer number. */
static void add_inner(struct emitter *e, struct text *out, const struct choices *choices, size_t at,
                      const char *indent, const char *inner)
{
    const size_t end = at + alike(choices, at, false);
    if (at + alike(choices, at, true) == end) {
        add_choices(e, out, &choices->list[at], end - at, indent);
        return;
    }
    text_add(out, "%sswitch (%s) {\n", indent, inner);
    for (size_t count; at < end; at += count) {
        count = alike(choices, at, true);
        text_add(out, "%scase %zu:\n", indent, choices->list[at].inner);
        add_choices(e, out, &choices->list[at], count, emit_format(e, "%s    ", indent));
        text_add(out, "%s    break;\n", indent);
    }
    text_add(out, "%s}\n", indent);
}

const char *emit_choices(struct emitter *e, const struct choices *choices, const char *indent,
                         const char *outer, const char *inner)
{
    struct text out = {0};
    text_add(&out, "%sswitch (%s) {\n", indent, outer);
    for (size_t at = 0; at < choices->count; at += alike(choices, at, false)) {
        text_add(&out, "%scase %zu:\n", indent, choices->list[at].outer);
        add_inner(e, &out, choices, at, emit_format(e, "%s    ", indent), inner);
        text_add(&out, "%s    break;\n", indent);
    }
    const char *text = emit_format(e, "%s%s}\n", out.chars, indent);
    text_free(&out);
    return text;
}
