/* SPDX-License-Identifier: MIT */
/* Compiling kernels while a model is loaded: the command that CC names, and the cache of what it
 * made. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/run.h"
#include "support/expect.h"
#include "support/folder.h"

static struct folder folder; /* the cache is in it */
static char *usual; /* what CC is around this test, or cc */

/* What a library that is compiled from a text says `value` is; 0: there is none. */
static int value_of(const char *text, const char *flags, struct failure *failure)
{
    failure->sentence[0] = 0;
    void *library =
        run_compile(&(struct run_source){.texts = &text, .count = 1, .flags = flags}, failure);
    const int *value = library ? dlsym(library, "value") : NULL;
    return value ? *value : 0;
}

/* The same in a process of its own, which has nothing loaded yet. */
static int value_elsewhere(const char *text)
{
    struct failure failure;
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0)
        _exit(value_of(text, "-O1", &failure));
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A command that may have quotes in it. */
__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
    char command[4096];
    va_list list;
    va_start(list, format);
    vsnprintf(command, sizeof command, format, list);
    va_end(list);
    EXPECT(!system(command), "%s", command);
}

/* ---- The cache ---- */

/* What is done to the one library in the cache, $so; $evil is another, whose value is 9. What is
 * not to be trusted, or does not load, is made anew, and then kept. */
static void check_trust(void)
{
    static const char *const deeds[] = {
        "true",
        "echo garbage >$so",
        ": >$so",
        "cp $evil $so; chmod 777 $so",
        "cp $evil $so; chmod 720 $so",
        "rm $so; ln -s $evil $so",
        "rm $so; mkfifo $so",
        "test $(id -u) != 0 || { cp $evil $so; chown 12345 $so; }",
    };
    static const char text[] = "int value = 5;\n";
    shell("mkdir '%s/aside'; echo 'int value = 9;' >'%s/aside/evil.c'", folder.path, folder.path);
    shell("%s -shared -fPIC -o '%s/aside/evil.so' '%s/aside/evil.c'", usual, folder.path,
          folder.path);
    for (size_t k = 0; k < sizeof deeds / sizeof *deeds; k++) {
        shell("rm -f '%s'/weir/*", folder.path);
        EXPECT(value_elsewhere(text) == 5, "%s", deeds[k]);
        shell("cd '%s/weir'; so=$(echo *.so); evil=../aside/evil.so; %s", folder.path, deeds[k]);
        EXPECT(value_elsewhere(text) == 5, "%s", deeds[k]);
        setenv("CC", "false", 1); /* which has no version of the usual one */
        EXPECT(value_elsewhere(text) == 0, "%s", deeds[k]);
        setenv("CC", usual, 1);
        shell("cd '%s/weir'; test $(ls | wc -l) = 1 && test $(stat -c %%a *.so) = 700",
              folder.path);
    }
}

/* Another version under the same name makes other code. */
static void check_version(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/aside/compiler", folder.path);
    shell(
        "printf '#!/bin/sh\nv=%%s/aside/version\n"
        "[ \"$*\" = --version ] && exec cat $v\nexec %%s -DVALUE=$(cat $v) \"$@\"\n' '%s' '%s' >%s",
        folder.path, usual, path);
    shell("chmod +x '%s'", path);
    setenv("CC", path, 1);
    for (int version = 3; version < 5; version++) {
        shell("echo %d >'%s/aside/version'", version, folder.path);
        EXPECT(value_elsewhere("int value = VALUE;\n") == version, "version %d", version);
    }
    setenv("CC", usual, 1);
}

/* Processes of two containers may have one number, and write to one cache. */
static bool has_one_number;

pid_t getpid(void)
{
    return has_one_number ? INT_MAX : (pid_t)syscall(SYS_getpid);
}

/* Two that build the same, of whom none is done before the other has been compiled, too. */
static void check_number(void)
{
    char path[128];
    int status = 0;
    snprintf(path, sizeof path, "%s/aside/slow", folder.path);
    shell("printf '#!/bin/sh\n[ \"$*\" = --version ] && exec %%s --version\n%%s \"$@\" || exit 1\n"
          "touch %%s/aside/done.$$\ntries=0\n"
          "until [ $(ls %%s/aside/done.* | wc -l) -ge 2 ] || [ $((tries += 1)) -gt 1000 ]; do\n"
          "sleep 0.01\ndone\n' '%s' '%s' '%s' '%s' >%s && chmod +x %s",
          usual, usual, folder.path, folder.path, path, path);
    setenv("CC", path, 1);
    has_one_number = true;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0)
        _exit(value_elsewhere("int value = 6;\n"));
    EXPECT(value_elsewhere("int value = 6;\n") == 6, "one of two");
    waitpid(child, &status, 0);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 6, "the other");
    has_one_number = false;
    setenv("CC", usual, 1);
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
    check_trust();
    check_version();
    check_number();
    shell("rm -rf '%s'", folder.path);
    free(usual);
    return expect_verdict("test_compile");
}
