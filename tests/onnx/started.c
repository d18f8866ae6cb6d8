/* SPDX-License-Identifier: MIT */
/* Starting programs, waiting for them, and what they say. */
#define _GNU_SOURCE
#include "onnx/started.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER true
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER false
#endif

extern char **environ;

bool is_sentence(const char *sentence)
{
    const char *c = sentence;
    while ((unsigned char)*c >= ' ' && *c != 0x7f)
        c++;
    return *sentence && !*c;
}

bool started_is_sanitized(void)
{
    return HAS_SANITIZER;
}

size_t started_most(size_t size)
{
    enum { SHADOW = 512 << 20 };
    return 8 * size + (64 << 20) + (HAS_SANITIZER ? SHADOW : 0);
}

struct started started_run(char *const *words)
{
    int ends[2], status = -1;
    pid_t process;
    struct rusage usage = {0};
    struct started started = {-1, "", 0};
    posix_spawn_file_actions_t actions;
    if (pipe(ends))
        abort();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    const bool began = !posix_spawn(&process, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got;
         length < STARTED_SENTENCE - 1 &&
         (got = read(ends[0], started.said + length, STARTED_SENTENCE - 1 - length)) > 0;)
        length += (size_t)got;
    close(ends[0]);
    if (!began || wait4(process, &status, 0, &usage) < 0)
        abort();
    started.memory = (size_t)usage.ru_maxrss << 10;
    started.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return started;
}
