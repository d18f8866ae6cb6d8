/* SPDX-License-Identifier: MIT */
/* Writing text files; see file.h. */
#define _GNU_SOURCE
#include "stock/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *unfinished(const char *path)
{
    char *name = NULL;
    return asprintf(&name, "%s.unfinished", path) < 0 ? NULL : name;
}

FILE *file_begin(const char *path, struct failure *failure)
{
    char *name = unfinished(path);
    FILE *file = name ? fopen(name, "w") : NULL;
    if (!file)
        fail(failure, "%s: could not be written: %s", path, strerror(errno));
    free(name);
    return file;
}

bool file_end(FILE *file, const char *path, struct failure *failure)
{
    char *name = unfinished(path);
    bool good = !ferror(file);
    good = fclose(file) == 0 && good && name && rename(name, path) == 0;
    if (!good) {
        fail(failure, "%s: could not be written: %s", path, strerror(errno));
        if (name)
            remove(name);
    }
    free(name);
    return good;
}

bool file_try(const char *path, struct failure *failure)
{
    FILE *file = path ? file_begin(path, failure) : NULL;
    if (!file)
        return !path;
    fclose(file);
    char *name = unfinished(path);
    if (name)
        remove(name);
    free(name);
    return true;
}
