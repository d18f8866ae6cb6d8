/* SPDX-License-Identifier: MIT */
/* Compiling C text into a shared library and loading it. Libraries are kept in a folder that only
 * the user can write, under a hash of the text, the compiler and its flags, so that a cell is
 * compiled once. A library comes to its name by being renamed: it is there whole or not at all. */
#define _GNU_SOURCE
#include "common/files.h"
#include "common/hash.h"
#include "common/setting.h"
#include "run/run.h"

#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A word takes two bytes of a command at least. */
enum { PATH_SIZE = 4096, COMMAND_SIZE = 2048, WORDS_MAX = COMMAND_SIZE / 2 };

extern char **environ;

/* ---- The folder ---- */

static bool make_folder(const char *path, struct failure *failure)
{
    struct stat status;
    if (mkdir(path, 0700) && errno != EEXIST)
        return fail(failure, "the folder %.300s cannot be made: %s", path, strerror(errno));
    if (stat(path, &status) || !S_ISDIR(status.st_mode))
        return fail(failure, "%.300s is no folder", path);
    return true;
}

/* $XDG_CACHE_HOME/weir, or ~/.cache/weir. Code is loaded from there, so that nobody else may be
 * able to write to it. */
static bool find_folder(char path[PATH_SIZE], struct failure *failure)
{
    const char *cache = setting("XDG_CACHE_HOME"), *home = setting("HOME");
    struct stat status;
    int length;
    if (cache && *cache == '/')
        length = snprintf(path, PATH_SIZE, "%s", cache);
    else if (home && *home == '/')
        length = snprintf(path, PATH_SIZE, "%s/.cache", home);
    else
        return fail(failure, "there is no place for compiled kernels: set XDG_CACHE_HOME or HOME");
    if (length < 0 || length > PATH_SIZE / 2)
        return fail(failure, "the path in XDG_CACHE_HOME or HOME is too long");
    if (!make_folder(path, failure))
        return false;
    strcat(path, "/weir");
    if (!make_folder(path, failure))
        return false;
    if (stat(path, &status) || status.st_uid != geteuid() || status.st_mode & (S_IWGRP | S_IWOTH))
        return fail(failure, "kernels are not loaded from %.300s, because others can write to it",
                    path);
    return true;
}

/* ---- The compiler ---- */

static const char *compiler(void)
{
    const char *chosen = setting("CC");
    return chosen ? chosen : "cc";
}

/* Splits a command at spaces, as make does; the words point into it. */
static size_t split(char *command, char **words)
{
    size_t count = 0;
    for (char *rest, *word = strtok_r(command, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    return count;
}

/* Whether the program runs and ends well; -1: it could not be started, which may show only in the
 * status that a shell, too, has for it. */
static int execute(char **words)
{
    enum { NOT_FOUND = 127 };
    pid_t process;
    int status;
    if (posix_spawnp(&process, words[0], NULL, NULL, words, environ))
        return -1;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
        return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool compile(const char *source, const char *library, const char *flags,
                    struct failure *failure)
{
    static const char tail[] = " -std=c17 -w -shared -fPIC";
    char command[COMMAND_SIZE];
    char *words[WORDS_MAX + 5];
    if (snprintf(command, sizeof command, "%s %s%s", compiler(), flags, tail) >= COMMAND_SIZE)
        return fail(failure, "the name of the C compiler in CC is too long");
    const size_t count = split(command, words);
    char *const last[] = {"-o", (char *)library, (char *)source, "-lm", NULL};
    memcpy(words + count, last, sizeof last);
    const int outcome = execute(words);
    if (outcome < 0)
        return fail(failure,
                    "a kernel has to be compiled for this cell, and the C compiler '%s' cannot "
                    "be started: install one, or name one in CC",
                    compiler());
    return outcome ||
           fail(failure, "the C compiler '%s' could not compile the kernel of a cell", compiler());
}

/* ---- The cache ---- */

/* What comes after a text is told from what is in it. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash_bytes(hash, text, strlen(text)), "\xff", 1);
}

static bool build(const char *library, const char *text, const char *flags, struct failure *failure)
{
    char source[PATH_SIZE], unfinished[PATH_SIZE];
    snprintf(source, sizeof source, "%.4000s.%ld.c", library, (long)getpid());
    snprintf(unfinished, sizeof unfinished, "%.4000s.%ld", library, (long)getpid());
    bool built = file_write(source, text, strlen(text), failure) &&
                 compile(source, unfinished, flags, failure);
    if (built && rename(unfinished, library))
        built = fail(failure, "%.300s cannot be written: %s", library, strerror(errno));
    unlink(source);
    unlink(unfinished);
    return built;
}

void *run_compile(const char *text, const char *flags, struct failure *failure)
{
    char library[PATH_SIZE];
    uint64_t hash[2] = {HASH_START, 0x9e3779b97f4a7c15u};
    if (!find_folder(library, failure))
        return NULL;
    for (size_t k = 0; k < 2; k++)
        hash[k] = hash_text(hash_text(hash_text(hash[k], text), flags), compiler());
    snprintf(library + strlen(library), PATH_SIZE / 4, "/%016llx%016llx.so",
             (unsigned long long)hash[0], (unsigned long long)hash[1]);
    if (access(library, R_OK) && !build(library, text, flags, failure))
        return NULL;
    void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!loaded)
        fail(failure, "a compiled kernel cannot be loaded: %.400s", dlerror());
    return loaded;
}
