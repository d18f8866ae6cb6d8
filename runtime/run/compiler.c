/* SPDX-License-Identifier: MIT */
/* The C compiler that is called while a program runs: which it is, its version, and one call of it.
 * What it made is kept by compile.c. */
#define _GNU_SOURCE
#include "run/compiler.h"

#include "common/setting.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A word takes two bytes of a command at least. */
enum { COMMAND_SIZE = 2048, WORDS_MAX = COMMAND_SIZE / 2, MORE_MAX = 4 + COMPILER_SOURCES_MAX };

extern char **environ;

const char *compiler_name(void)
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

/* Waits for a process; whether it ended well; -1: it could not be started, which may show only in
 * the status that a shell, too, has for it. */
static int wait_for(pid_t process)
{
    enum { NOT_FOUND = 127 };
    int status;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
        return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool fail_to_start(struct failure *failure)
{
    return fail(failure,
                "C has to be compiled for this, and the C compiler '%s' cannot be started: install "
                "one, or name one in CC",
                compiler_name());
}

/* Starts the compiler with some words behind those of its command; `actions` may be NULL. */
static bool start(const char *flags, char *const *more, posix_spawn_file_actions_t *actions,
                  pid_t *process, struct failure *failure)
{
    char command[COMMAND_SIZE];
    char *words[WORDS_MAX + MORE_MAX];
    if (snprintf(command, sizeof command, "%s %s", compiler_name(), flags) >= COMMAND_SIZE)
        return fail(failure, "the name of the C compiler in CC is too long");
    size_t count = split(command, words);
    do
        words[count++] = *more;
    while (*more++);
    return !posix_spawnp(process, words[0], actions, NULL, words, environ) ||
           fail_to_start(failure);
}

char *compiler_version(struct failure *failure)
{
    struct text said = {0};
    char *const more[] = {(char *)"--version", NULL};
    char bytes[4096];
    int ends[2];
    pid_t process;
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC)) {
        fail(failure, "there is no pipe to a compiler: %s", strerror(errno));
        return NULL;
    }
    bool good = !posix_spawn_file_actions_init(&actions) || fail_memory(failure);
    if (good) {
        good = (!posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) &&
                !posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
                                                  0)) ||
               fail_memory(failure);
        good = good && start("", more, &actions, &process, failure);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(ends[1]);
    for (ssize_t got = 1; good && got > 0;) {
        got = read(ends[0], bytes, sizeof bytes);
        if (got > 0)
            text_add_bytes(&said, bytes, (size_t)got);
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    close(ends[0]);
    if (good && (wait_for(process) >= 0 || fail_to_start(failure)))
        return said.chars ? said.chars : text_format("%s", "");
    text_free(&said);
    return NULL;
}

static bool begin(const char *const *sources, size_t count, const char *library, const char *flags,
                  pid_t *process, struct failure *failure)
{
    char all[COMMAND_SIZE];
    char *more[MORE_MAX] = {(char *)"-o", (char *)library};
    for (size_t i = 0; i < count; i++)
        more[2 + i] = (char *)sources[i];
    more[2 + count] = (char *)"-lm";
    if (snprintf(all, sizeof all, "%s " COMPILER_FLAGS, flags) >= COMMAND_SIZE)
        return fail(failure, "there are too many flags for the C compiler");
    return start(all, more, NULL, process, failure);
}

bool compiler_begin(const char *source, const char *library, const char *flags, pid_t *process,
                    struct failure *failure)
{
    return begin(&source, 1, library, flags, process, failure);
}

bool compiler_end(pid_t process, struct failure *failure)
{
    const int outcome = wait_for(process);
    if (outcome < 0)
        return fail_to_start(failure);
    return outcome || fail(failure, "the C compiler '%s' could not compile what was generated",
                           compiler_name());
}

bool compiler_run(const char *const *sources, size_t count, const char *library, const char *flags,
                  struct failure *failure)
{
    pid_t process;
    return begin(sources, count, library, flags, &process, failure) &&
           compiler_end(process, failure);
}
