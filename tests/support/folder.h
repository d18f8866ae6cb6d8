/* SPDX-License-Identifier: MIT */
/* A folder of a test's own, which goes away with it, and what lies in it. */
#ifndef WEIR_TESTS_FOLDER_H
#define WEIR_TESTS_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct folder {
    char path[64];
};

static inline void folder_create(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, "/tmp/weir-test-XXXXXX");
    if (!mkdtemp(folder->path)) {
        perror(folder->path);
        exit(EXIT_FAILURE);
    }
}

struct folder_file {
    char path[128];
};

static inline struct folder_file folder_file(const struct folder *folder, const char *name)
{
    struct folder_file file;
    snprintf(file.path, sizeof file.path, "%s/%.48s", folder->path, name);
    return file;
}

/* How many files there are; with `is_emptied` they go. */
static inline size_t folder_files(const struct folder *folder, int is_emptied)
{
    DIR *directory = opendir(folder->path);
    size_t count = 0;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (is_emptied)
            unlink(folder_file(folder, entry->d_name).path);
    }
    if (directory)
        closedir(directory);
    return count;
}

static inline void folder_destroy(const struct folder *folder)
{
    folder_files(folder, 1);
    rmdir(folder->path);
}

#endif
