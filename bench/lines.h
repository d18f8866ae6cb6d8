/* SPDX-License-Identifier: MIT */
/* Files of text that are read line by line, as they are written anywhere: lines end with or without
 * a carriage return, and a byte order mark may come first. */
#ifndef BENCH_LINES_H
#define BENCH_LINES_H

#include "common/failure.h"

#include <stddef.h>

struct lines {
    const char *path;
    size_t number; /* of the line that was read last: the first is 1 */
    char *bytes, *next, *end;
};

/* Of a file of at most `limit` bytes. */
bool lines_open(struct lines *lines, const char *path, size_t limit, struct failure *failure);

/* The next line, without its end; NULL: there is none. It may be changed, and is there until the
 * file is closed. It may hold zeros: `length` counts them. */
char *lines_next(struct lines *lines, size_t *length);
void lines_close(struct lines *lines);

/* Says in a sentence that this byte of the last line is none that may stand there. */
bool lines_fail_byte(const struct lines *lines, const char *line, size_t at,
                     struct failure *failure);

#endif
