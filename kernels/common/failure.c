/* SPDX-License-Identifier: MIT */
/* Sentences for failures; see failure.h. */
#include "common/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool fail(struct failure *failure, const char *format, ...)
{
    char sentence[sizeof failure->sentence];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    memcpy(failure->sentence, sentence, sizeof sentence);
    return false;
}

bool fail_memory(struct failure *failure)
{
    return fail(failure, "out of memory");
}
