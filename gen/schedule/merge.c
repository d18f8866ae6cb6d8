/* SPDX-License-Identifier: MIT */
/* The text of a schedule for any number of steps. It is not reasoned about what an operator makes
 * of them: the texts for two numbers of steps are laid side by side, and where they have other
 * whole numbers, those go on by as much with every step. Whether that is so for another number of
 * steps its own text shows. Nothing else may differ, above all no constant that is computed with.
 */
#include "schedule/schedule.h"

#include "common/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static size_t length_of_word(const char *at)
{
    size_t length = 0;
    while (is_in_word(at[length]))
        length++;
    return length;
}

/* Whether a number is one that a loop computes with. */
static bool is_constant(const char *text, size_t at)
{
    static const char before[] = "INT64_C(";
    const size_t length = sizeof before - 1;
    at -= at > 0 && text[at - 1] == '-';
    return at >= length && !memcmp(text + at - length, before, length);
}

/* A word of digits alone. */
static bool read_number(const char *at, size_t length, int64_t *number)
{
    enum { DIGITS_MOST = 15 };
    const bool is = length > 0 && length <= DIGITS_MOST && strspn(at, "0123456789") >= length;
    *number = is ? strtoll(at, NULL, 10) : 0;
    return is;
}

static void add_number(struct text *out, int64_t each, int64_t more, const char *name)
{
    if (each == 1 && more == 0) {
        text_add(out, "%s", name);
        return;
    }
    text_add(out, "(");
    if (each != 1)
        text_add(out, "%lld * ", (long long)each);
    text_add(out, "%s", name);
    if (more)
        text_add(out, " %c %lld", more < 0 ? '-' : '+', (long long)(more < 0 ? -more : more));
    text_add(out, ")");
}

/* The word in which texts first differ, from its beginning on, or where one of them ends. */
static size_t find_difference(const char *const at[], size_t texts)
{
    size_t i = 0;
    while (at[0][i] && at[0][i] == at[1][i] && at[0][i] == at[texts - 1][i])
        i++;
    while (i > 0 && is_in_word(at[0][i - 1]))
        i--;
    return i;
}

bool schedule_merge(const struct merging *m, const char *given, size_t n, struct text *out)
{
    const char *at[3] = {m->most, m->less, given};
    const size_t texts = given ? 3 : 2;
    for (;;) {
        const size_t same = find_difference(at, texts);
        size_t length[3];
        int64_t number[3];
        bool numbers = true;
        if (out)
            text_add_bytes(out, at[0], same);
        for (size_t k = 0; k < texts; k++) {
            at[k] += same;
            length[k] = length_of_word(at[k]);
            numbers &= read_number(at[k], length[k], &number[k]);
        }
        if (!strcmp(at[0], at[1]) && !strcmp(at[0], at[texts - 1])) {
            if (out)
                text_add(out, "%s", at[0]);
            return true;
        }
        if (!numbers || is_constant(m->most, (size_t)(at[0] - m->most)))
            return false;
        const int64_t each = number[0] - number[1];
        const int64_t more = number[0] - each * (int64_t)m->steps;
        if (given && number[2] != each * (int64_t)n + more)
            return false;
        if (out)
            add_number(out, each, more, m->name);
        for (size_t k = 0; k < texts; k++)
            at[k] += length[k];
    }
}
