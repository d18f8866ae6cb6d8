/* SPDX-License-Identifier: MIT */
/* The expander of templates: what becomes of values, and that mistakes of Weir's own do not pass.
 */
#include "emit/template.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct template_value values[] = {
    {"EMPTY", ""},       {"WORD", "gate"},        {"LINES", "one\ntwo\n"},
    {"TWO", "<@WORD@>"}, {"THREE", "@TWO@@TWO@"}, {"NOTHING", "@EMPTY@@EMPTY@"},
    {"X86_WORD", "-m"},  {"SELF", "a @SELF@"},    {"ROUND", "@TRIP@"},
    {"TRIP", "@ROUND@"},
};

enum { VALUE_COUNT = sizeof values / sizeof *values };

/* One row a case: a text, and what it becomes; NULL: the program ends. */
static const struct {
    const char *about, *text, *expected;
} cases[] = {
    {"a text without names stays", "a @ b @@ c@d.org @lower@ @A", "a @ b @@ c@d.org @lower@ @A"},
    {"an empty text", "", ""},
    {"values are put in", "@WORD@s: @WORD@\n", "gates: gate\n"},
    {"a name may have digits", "@X86_WORD@avx2", "-mavx2"},
    {"a sign before a name stays", "@@WORD@", "@gate"},
    {"values hold others", "@THREE@\n", "<gate><gate>\n"},
    {"an empty value leaves its line out", "a\n@EMPTY@\nb\n", "a\nb\n"},
    {"so does one that becomes empty", "a\n@NOTHING@\nb\n", "a\nb\n"},
    {"but not what else is in the line", "a\n @EMPTY@\n@EMPTY@b\n", "a\n \nb\n"},
    {"nor a blank line", "a\n\n@WORD@\n", "a\n\ngate\n"},
    {"a block takes its line", "a\n@LINES@\nb\n", "a\none\ntwo\nb\n"},
    {"a block within a line does not", "a @LINES@\nb\n", "a one\ntwo\n\nb\n"},
    {"a name that is not there", "a @MISSING@", NULL},
    {"a name that begins another", "a @WOR@", NULL},
    {"a value that holds itself", "@SELF@", NULL},
    {"values that hold each other", "@ROUND@", NULL},
};

/* Whether a process of its own is ended by abort() on this text. */
static int aborts(const char *text)
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        struct text out = {0};
        alarm(10);
        template_expand(&out, text, values, VALUE_COUNT);
        _exit(EXIT_SUCCESS);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGABRT;
}

static int becomes(const char *text, const char *expected)
{
    struct text out = {0};
    text_add_bytes(&out, "", 0);
    template_expand(&out, text, values, VALUE_COUNT);
    const int right = !strcmp(out.chars, expected);
    if (!right)
        printf("'%s' became '%s', expected '%s'\n", text, out.chars, expected);
    text_free(&out);
    return right;
}

int main(void)
{
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int right =
            cases[i].expected ? becomes(cases[i].text, cases[i].expected) : aborts(cases[i].text);
        if (!right)
            printf("FAILED: %s\n", cases[i].about);
        wrong += !right;
    }
    printf("%zu cases, %d wrong\n", sizeof cases / sizeof *cases, wrong);
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
