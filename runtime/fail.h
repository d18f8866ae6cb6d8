/* SPDX-License-Identifier: MIT */
/* How functions of weir.h and weir_train.h fail. Here in full, because the two are libraries that
 * share no hidden symbols. */
#ifndef WEIR_FAIL_H
#define WEIR_FAIL_H

#include "weir.h"

#include <stdarg.h>
#include <stdio.h>

/* Fills *error, which may be NULL, and returns the status. */
__attribute__((format(printf, 3, 4))) static inline weir_status
weir_fail(weir_error *error, weir_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

#endif
