/* SPDX-License-Identifier: MIT */
/* Reading and writing whole files; see files.h. */
#define _GNU_SOURCE /* fchown, realpath */
#include "common/files.h"

#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Reading ---- */

char *file_read(const char *path, size_t limit, size_t *size, struct failure *failure)
{
    enum { FIRST = 1 << 16 };
    FILE *file = fopen(path, "rb");
    char *bytes = NULL, *more;
    size_t capacity = 0, length = 0, got = 1;
    while (file && got > 0 && length <= limit) {
        if (length == capacity) {
            capacity = capacity ? 2 * capacity : FIRST;
            more = realloc(bytes, capacity + 1);
            if (!more)
                break;
            bytes = more;
        }
        got = fread(bytes + length, 1, capacity - length, file);
        length += got;
    }
    if (!file || ferror(file))
        fail(failure, "%.500s cannot be read: %s", path, strerror(errno));
    else if (length > limit)
        fail(failure, "%.500s is larger than %zu bytes", path, limit);
    else if (got > 0)
        fail(failure, "%.500s: out of memory", path);
    const bool good = file && !ferror(file) && length <= limit && got == 0;
    if (file)
        fclose(file);
    if (!good) {
        free(bytes);
        return NULL;
    }
    bytes[length] = '\0';
    *size = length;
    return bytes;
}

/* ---- Writing ---- */

static bool fail_to_write(struct failure *failure, const char *path, int reason)
{
    return fail(failure, "%.500s could not be written: %s", path, strerror(reason));
}

static void output_free(struct file_output *output)
{
    free(output->path);
    free(output->part);
    *output = (struct file_output){0};
}

/* Where a path leads: through links, whose last one may lead to what is not there yet. The caller
 * frees it. */
static char *target_of(const char *path)
{
    enum { LINKS_MAX = 40 };
    char *target = text_format("%s", path);
    for (int links = 0; links < LINKS_MAX; links++) {
        struct stat status;
        char link[4096];
        if (lstat(target, &status) || !S_ISLNK(status.st_mode))
            break;
        const ssize_t length = readlink(target, link, sizeof link);
        if (length < 0 || (size_t)length == sizeof link)
            break;
        const char *slash = link[0] == '/' ? NULL : strrchr(target, '/');
        char *next = text_format("%.*s%.*s", slash ? (int)(slash - target) + 1 : 0, target,
                                 (int)length, link);
        free(target);
        target = next;
    }
    return target;
}

bool file_begin(struct file_output *output, const char *path, struct failure *failure)
{
    struct stat status;
    *output = (struct file_output){.path = target_of(path)};
    const bool there = stat(output->path, &status) == 0;
    if (there && !S_ISREG(status.st_mode)) {
        output->stream = fopen(output->path, "wb");
    } else {
        /* The process is in the name, so that two of them do not write one file. */
        output->part = text_format("%s.part.%ld", output->path, (long)getpid());
        const int file =
            there && access(output->path, W_OK)
                ? -1
                : open(output->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
        output->stream = file < 0 ? NULL : fdopen(file, "wb");
        if (file >= 0 && there) {
            /* The owner first: changing it may take bits from the mode. */
            if (fchown(file, status.st_uid, status.st_gid))
                (void)errno; /* only root may give files away */
            fchmod(file, status.st_mode & 07777);
        }
    }
    if (output->stream)
        return true;
    fail_to_write(failure, path, errno);
    output_free(output);
    return false;
}

/* A rename is safe once the folder is on the disk. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder =
        slash ? text_format("%.*s", (int)(slash - path) + (slash == path), path) : text_format(".");
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool good = descriptor >= 0 && fsync(descriptor) == 0;
    if (descriptor >= 0)
        close(descriptor);
    free(folder);
    return good;
}

bool file_end(struct file_output *output, bool durable, struct failure *failure)
{
    const bool sync = durable && output->part;
    bool good = !ferror(output->stream) && fflush(output->stream) == 0 &&
                (!sync || fsync(fileno(output->stream)) == 0);
    int reason = errno;
    if (fclose(output->stream) != 0 && good) {
        good = false;
        reason = errno;
    }
    if (good && output->part &&
        (rename(output->part, output->path) != 0 || (sync && !sync_folder(output->path)))) {
        good = false;
        reason = errno;
    }
    if (!good) {
        fail_to_write(failure, output->path, reason);
        if (output->part)
            unlink(output->part);
    }
    output_free(output);
    return good;
}

void file_abandon(struct file_output *output)
{
    if (output->stream)
        fclose(output->stream);
    if (output->part)
        unlink(output->part);
    output_free(output);
}

/* Whether a regular file holds these bytes already. */
static bool holds(const char *path, const void *bytes, size_t size)
{
    struct failure ignored;
    struct stat status;
    size_t there;
    if (stat(path, &status) || !S_ISREG(status.st_mode) || (size_t)status.st_size != size)
        return false;
    char *found = file_read(path, size, &there, &ignored);
    const bool same = found && there == size && memcmp(found, bytes, size) == 0;
    free(found);
    return same;
}

bool file_write(const char *path, const void *bytes, size_t size, struct failure *failure)
{
    struct file_output output;
    if (holds(path, bytes, size))
        return true;
    if (!file_begin(&output, path, failure))
        return false;
    if (fwrite(bytes, 1, size, output.stream) == size)
        return file_end(&output, false, failure);
    const int reason = errno;
    file_abandon(&output);
    return fail_to_write(failure, path, reason);
}

bool file_try(const char *path, struct failure *failure)
{
    struct file_output output;
    struct stat status;
    if (!path || (stat(path, &status) == 0 && !S_ISREG(status.st_mode)))
        return true;
    if (!file_begin(&output, path, failure))
        return false;
    file_abandon(&output);
    return true;
}
