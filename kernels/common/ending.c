/* SPDX-License-Identifier: MIT */
/* How a program ends; see ending.h. */
#include "common/ending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
