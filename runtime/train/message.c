/* SPDX-License-Identifier: MIT */
/* Errors in words. What is wrong, and what to do about it, is said where it is found. */
#include "train/internal.h"

#include <stdarg.h>
#include <stdio.h>

weir_status train_fail(weir_error *error, weir_status status, const char *format, ...)
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
