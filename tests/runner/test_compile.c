/* SPDX-License-Identifier: MIT */
/* Compiling kernels while a model is loaded: the command that CC names, and the cache of what it
 * made. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/stat.h>

#include "expect.h"
#include "folder.h"
#include "run/run.h"

static struct folder folder; /* the cache is in it */
static char *usual; /* what CC is around this test, or cc */

/* What a library that is compiled from a text says `value` is; 0: there is none. */
static int value_of(const char *text, const char *flags, struct failure *failure)
{
    failure->sentence[0] = 0;
    void *library = run_compile(text, flags, failure);
    const int *value = library ? dlsym(library, "value") : NULL;
    return value ? *value : 0;
}

/* A command has as many words as fit into it: none is lost. */
static void check_words(void)
{
    struct failure failure;
    char command[2000];
    size_t length = (size_t)snprintf(command, sizeof command, "%s", usual);
    for (int k = 0; k < 150; k++)
        length += (size_t)snprintf(command + length, sizeof command - length, " -DA%d", k);
    snprintf(command + length, sizeof command - length, " -DVALUE=7");
    setenv("CC", command, 1);
    EXPECT(value_of("int value = VALUE;\n", "-O1", &failure) == 7, "%s", failure.sentence);
    char *longer = malloc(100000);
    memset(longer, 'a', 99999);
    longer[99999] = 0;
    setenv("CC", longer, 1);
    EXPECT(!value_of("int value = 8;\n", "-O1", &failure) &&
               strstr(failure.sentence, "in CC is too long"),
           "%s", failure.sentence);
    free(longer);
    setenv("CC", usual, 1);
}

int main(void)
{
    usual = strdup(getenv("CC") && *getenv("CC") ? getenv("CC") : "cc");
    folder_create(&folder);
    setenv("XDG_CACHE_HOME", folder.path, 1);
    check_words();
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder.path);
    EXPECT(!system(command), "the cache cannot be removed");
    free(usual);
    return expect_verdict("test_compile");
}
