/* SPDX-License-Identifier: MIT */
/* Files read whole, and written so that they are there whole or not at all. */
#ifndef WEIR_FILES_H
#define WEIR_FILES_H

#include "common/failure.h"

#include <stddef.h>
#include <stdio.h>

/* The bytes of a file of at most `limit` bytes, with a NUL after them that `size` does not count;
 * the caller frees them. Pipes and devices are read to their end. NULL and a sentence: it cannot be
 * read, or is larger. */
char *file_read(const char *path, size_t limit, size_t *size, struct failure *failure);

/* The same of a regular file, which takes no more memory than its size: what is none is refused,
 * and a pipe is not waited for. */
char *file_read_regular(const char *path, size_t limit, size_t *size, struct failure *failure);

/* A file while it is written: beside `path`, and renamed to it at the end. A link is followed, and
 * a file that is there keeps its mode and owner; what is there and is no regular file (a device, a
 * pipe) is written in place. What a process that was killed has left beside the file goes when the
 * file is written next. */
struct file_output {
    FILE *stream; /* to write to */
    char *path, *part; /* where it goes; what is written before that, or NULL */
};

bool file_begin(struct file_output *output, const char *path, struct failure *failure);

/* Ends it: all that was written is there, or what was there before is. `durable`: on the disk as
 * well. */
bool file_end(struct file_output *output, bool durable, struct failure *failure);

/* The same, but a file that holds just that already is not touched. */
bool file_end_changed(struct file_output *output, struct failure *failure);

/* Gives it up: what was there before stays. */
void file_abandon(struct file_output *output);

/* All at once; a file that holds these bytes already is not touched. */
bool file_write(const char *path, const void *bytes, size_t size, struct failure *failure);

/* Whether `path` could be written, to be asked before long work; NULL always can. */
bool file_try(const char *path, struct failure *failure);

#endif
