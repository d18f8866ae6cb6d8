/* SPDX-License-Identifier: MIT */
/* Compiling C text into a shared library and loading it. Libraries are kept in a folder, under a
 * hash of the text, the compiler, its version and its flags, so that a cell or model is compiled
 * once. Code is loaded from there: neither the folder nor a file in it may be another's, or open to
 * others. The folder is opened once and then known by its descriptor, so that it does not matter
 * who could rename what above it. */
#define _GNU_SOURCE
#include "common/files.h"
#include "common/hash.h"
#include "common/setting.h"
#include "run/compiler.h"
#include "run/run.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, NAME_SIZE = 64, FILE_SIZE = 32 };

/* ---- The folder ---- */

struct cache {
    char path[PATH_SIZE]; /* for sentences */
    char there[PATH_SIZE]; /* the same folder, for this process and the compiler */
    int folder;
};

/* Whether nobody but this user, and root, could have written it. */
static bool is_own(const struct stat *status)
{
    return status->st_uid == geteuid() && !(status->st_mode & (S_IWGRP | S_IWOTH));
}

/* $XDG_CACHE_HOME/weir, or ~/.cache/weir. */
static bool make_folder(char path[PATH_SIZE], struct failure *failure)
{
    const char *cache = setting("XDG_CACHE_HOME"), *home = setting("HOME");
    int length;
    if (cache && *cache == '/')
        length = snprintf(path, PATH_SIZE, "%s", cache);
    else if (home && *home == '/')
        length = snprintf(path, PATH_SIZE, "%s/.cache", home);
    else
        return fail(failure, "there is no place for compiled kernels: set XDG_CACHE_HOME or HOME");
    if (length < 0 || length > PATH_SIZE / 2)
        return fail(failure, "the path in XDG_CACHE_HOME or HOME is too long");
    if (mkdir(path, 0700) && errno != EEXIST)
        return fail(failure, "the folder %.300s cannot be made: %s", path, strerror(errno));
    strcat(path, "/weir");
    if (mkdir(path, 0700) && errno != EEXIST)
        return fail(failure, "the folder %.300s cannot be made: %s", path, strerror(errno));
    return true;
}

static bool cache_open(struct cache *cache, struct failure *failure)
{
    struct stat status;
    if (!make_folder(cache->path, failure))
        return false;
    cache->folder = open(cache->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cache->folder < 0)
        return fail(failure, "%.300s cannot be opened as a folder: %s", cache->path,
                    strerror(errno));
    if (fstat(cache->folder, &status) || !is_own(&status)) {
        close(cache->folder);
        return fail(failure, "kernels are not loaded from %.300s, because others can write to it",
                    cache->path);
    }
    snprintf(cache->there, PATH_SIZE, "/proc/%ld/fd/%d", (long)getpid(), cache->folder);
    if (access(cache->there, X_OK)) /* no /proc is mounted */
        strcpy(cache->there, cache->path);
    return true;
}

/* ---- Loading ---- */

/* A library of the cache; NULL: there is none, or none to be trusted, or it does not load. */
static void *load(const struct cache *cache, const char *name)
{
    char path[PATH_SIZE + NAME_SIZE];
    struct stat status;
    const int file = openat(cache->folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    const bool trusted =
        file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) && is_own(&status);
    if (file >= 0)
        close(file);
    snprintf(path, sizeof path, "%s/%s", cache->there, name);
    return trusted ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
}

/* ---- Building ---- */

static bool fail_to_keep(const struct cache *cache, const char *name, struct failure *failure)
{
    return fail(failure, "%.300s/%s cannot be written: %s", cache->path, name, strerror(errno));
}

/* A library comes to its name whole, on the disk, and closed to others whatever the umask is. */
static bool keep(const struct cache *cache, const char *unfinished, const char *name)
{
    const int file = openat(cache->folder, unfinished, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    const bool good = file >= 0 && fchmod(file, 0700) == 0 && fsync(file) == 0 &&
                      renameat(cache->folder, unfinished, cache->folder, name) == 0 &&
                      fsync(cache->folder) == 0;
    const int reason = errno;
    if (file >= 0)
        close(file);
    errno = reason;
    return good;
}

/* In a folder of its own inside of the cache: who else builds the same may have the same process
 * number, where containers share a cache. */
static bool build(const struct cache *cache, const char *name, const struct run_source *source,
                  struct failure *failure)
{
    char folder[PATH_SIZE + NAME_SIZE + FILE_SIZE], library[sizeof folder + FILE_SIZE];
    char files[COMPILER_SOURCES_MAX][sizeof folder + FILE_SIZE];
    const char *sources[COMPILER_SOURCES_MAX];
    bool built = true;
    if (source->notice)
        fprintf(stderr, "%s\n", source->notice);
    snprintf(folder, sizeof folder, "%s/%s.XXXXXX", cache->there, name);
    if (!mkdtemp(folder))
        return fail_to_keep(cache, name, failure);
    snprintf(library, sizeof library, "%s/library", folder);
    for (size_t i = 0; i < source->count; i++) {
        snprintf(files[i], sizeof files[i], "%s/%zu.c", folder, i);
        sources[i] = files[i];
        built = built && file_write(files[i], source->texts[i], strlen(source->texts[i]), failure);
    }
    built = built && compiler_run(sources, source->count, library, source->flags, failure);
    if (built && !keep(cache, library + strlen(cache->there) + 1, name))
        built = fail_to_keep(cache, name, failure);
    for (size_t i = 0; i < source->count; i++)
        unlink(files[i]);
    unlink(library);
    rmdir(folder);
    return built;
}

/* ---- All of it ---- */

/* What comes after a text is told from what is in it. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash_bytes(hash, text, strlen(text)), "\xff", 1);
}

static bool make_name(char name[NAME_SIZE], const struct run_source *source,
                      struct failure *failure)
{
    uint64_t hash[2] = {HASH_START, 0x9e3779b97f4a7c15u};
    char *version = compiler_version(failure);
    if (!version)
        return false;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < source->count; i++)
            hash[k] = hash_text(hash[k], source->texts[i]);
        const char *const others[] = {source->flags, COMPILER_FLAGS, compiler_name(), version};
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            hash[k] = hash_text(hash[k], others[i]);
    }
    free(version);
    snprintf(name, NAME_SIZE, "%016llx%016llx.so", (unsigned long long)hash[0],
             (unsigned long long)hash[1]);
    return true;
}

void *run_compile(const struct run_source *source, struct failure *failure)
{
    char name[NAME_SIZE];
    struct cache cache;
    if (!make_name(name, source, failure) || !cache_open(&cache, failure))
        return NULL;
    void *loaded = load(&cache, name);
    if (!loaded && build(&cache, name, source, failure)) {
        loaded = load(&cache, name);
        if (!loaded) {
            const char *reason = dlerror();
            fail(failure, "what was compiled cannot be loaded: %.400s",
                 reason ? reason : "others can write to it");
        }
    }
    close(cache.folder);
    return loaded;
}
