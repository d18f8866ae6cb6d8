/* SPDX-License-Identifier: MIT */
/* Text files that are there whole or not at all. */
#ifndef STOCK_FILE_H
#define STOCK_FILE_H

#include "fail.h"

#include <stdio.h>

/* A file beside `path`, and its renaming to it. Both say in a sentence what failed. */
FILE *file_begin(const char *path, struct failure *failure);
bool file_end(FILE *file, const char *path, struct failure *failure);

/* Whether `path` could be written, to be asked before work of hours; NULL always can. */
bool file_try(const char *path, struct failure *failure);

#endif
