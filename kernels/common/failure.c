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

struct quoted quote(const char *text)
{
    static const char cut[] = "...";
    struct quoted quoted;
    size_t length = 0;
    for (; text[length] && length < sizeof quoted.text - sizeof cut; length++) {
        const unsigned char c = (unsigned char)text[length];
        quoted.text[length] = c < ' ' || c == 0x7f ? '?' : (char)c;
    }
    strcpy(quoted.text + length, text[length] ? cut : "");
    return quoted;
}
