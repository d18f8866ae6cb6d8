/* SPDX-License-Identifier: MIT */
/* The folder in which candidates are compiled; see track.h. */
#define _GNU_SOURCE
#include "common/files.h"
#include "common/setting.h"
#include "run/compiler.h"
#include "tune/track.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The headers that a kernel includes, as text. */
static const struct {
    const char *name, *text;
} headers[] = {
#define WEIR_SHIPPED(name, text) {name, text},
#include "shipped.inc"
#undef WEIR_SHIPPED
};

bool workshop_open(struct workshop *workshop, struct failure *failure)
{
    const char *folder = setting("TMPDIR");
    *workshop = (struct workshop){.compiler = NULL};
    sched_getaffinity(0, sizeof workshop->cores, &workshop->cores);
    const int length = snprintf(workshop->path, sizeof workshop->path, "%s/weir-tune-XXXXXX",
                                folder ? folder : "/tmp");
    if (length < 0 || (size_t)length >= sizeof workshop->path / 2) {
        workshop->path[0] = 0;
        return fail(failure, "the path in TMPDIR is too long");
    }
    if (!mkdtemp(workshop->path)) {
        fail(failure, "no folder can be made as %s: %s", workshop->path, strerror(errno));
        workshop->path[0] = 0;
        return false;
    }
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const char *slash = strrchr(headers[i].name, '/');
        char *path = text_format("%s/%s", workshop->path, slash ? slash + 1 : headers[i].name);
        const bool written = file_write(path, headers[i].text, strlen(headers[i].text), failure);
        free(path);
        if (!written)
            return false;
    }
    char *version = compiler_version(failure);
    if (version)
        workshop->compiler = text_format("%.*s, " TUNE_FLAGS, (int)strcspn(version, "\n"), version);
    free(version);
    for (char *c = workshop->compiler; c && *c; c++) /* as the reader of files wants it */
        *c = *c < ' ' || *c > '~' ? '?' : *c;
    return workshop->compiler;
}

void workshop_close(struct workshop *workshop)
{
    DIR *folder = workshop->path[0] ? opendir(workshop->path) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        char *path = text_format("%s/%s", workshop->path, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
        free(path);
    }
    if (folder)
        closedir(folder);
    if (workshop->path[0])
        rmdir(workshop->path);
    free(workshop->compiler);
    *workshop = (struct workshop){.compiler = NULL};
}
