/* SPDX-License-Identifier: MIT */
/* The C compiler that is called while a program runs. */
#ifndef WEIR_RUN_COMPILER_H
#define WEIR_RUN_COMPILER_H

#include "common/failure.h"

#include <stddef.h>

#include <sys/types.h>

/* What CC names, or cc. */
const char *compiler_name(void);

/* What the compiler says of its version, which the caller frees: another one makes other code. */
char *compiler_version(struct failure *failure);

enum { COMPILER_SOURCES_MAX = 3 };

/* What it is given beside the flags of a call. */
#define COMPILER_FLAGS "-std=c17 -w -shared -fPIC"

/* Makes a shared library of C files, so many. */
bool compiler_run(const char *const *sources, size_t count, const char *library, const char *flags,
                  struct failure *failure);

/* The same of one file, in two parts, so that several may be under way. */
bool compiler_begin(const char *source, const char *library, const char *flags, pid_t *process,
                    struct failure *failure);
bool compiler_end(pid_t process, struct failure *failure);

#endif
