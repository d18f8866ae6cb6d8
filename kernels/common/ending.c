/* SPDX-License-Identifier: MIT */
/* How a program ends; see ending.h. */
#define _GNU_SOURCE /* sigaction */
#include "common/ending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

volatile sig_atomic_t end_asked;

static void ask(int signal)
{
    (void)signal;
    end_asked = 1;
}

void end_when_asked(void)
{
    const struct sigaction action = {.sa_handler = ask,
                                     .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int end_program(const char *name, int status)
{
    enum { FAILED = 1 };
    const int was_lost = ferror(stdout); /* why is not known any more */
    if (fflush(stdout) == 0 && !was_lost)
        return status;
    fprintf(stderr, "%s: stdout could not be written%s%s\n", name, was_lost ? "" : ": ",
            was_lost ? "" : strerror(errno));
    return status ? status : FAILED;
}
