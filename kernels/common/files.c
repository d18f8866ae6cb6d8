/* SPDX-License-Identifier: MIT */
/* Reading and writing whole files; see files.h. */
#define _GNU_SOURCE /* vasprintf, flock */
#include "common/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Reading ---- */

/* Reads to the end, into room for `capacity` bytes at first. */
static char *read_stream(FILE *file, const char *path, size_t capacity, size_t limit, size_t *size,
                         struct failure *failure)
{
    char *bytes = malloc(capacity + 1);
    size_t length = 0, got = 1;
    while (bytes && got > 0 && length <= limit) {
        if (length == capacity) {
            capacity *= 2;
            char *more = realloc(bytes, capacity + 1);
            if (!more)
                free(bytes);
            bytes = more;
        }
        got = bytes ? fread(bytes + length, 1, capacity - length, file) : 0;
        length += got;
    }
    if (!bytes) {
        fail(failure, "%.500s: out of memory", path);
    } else if (ferror(file)) {
        fail(failure, "%.500s cannot be read: %s", path, strerror(errno));
    } else if (length > limit) {
        fail(failure, "%.500s is larger than %zu bytes", path, limit);
    } else {
        bytes[length] = '\0';
        *size = length;
        return bytes;
    }
    free(bytes);
    return NULL;
}

/* Opened without waiting, since a pipe that must not be read would be waited for. */
static char *read_file(const char *path, int flags, size_t limit, size_t *size,
                       struct failure *failure)
{
    enum { FIRST = 1 << 16 };
    struct stat status;
    char *bytes = NULL;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | flags);
    FILE *file = descriptor < 0 || fstat(descriptor, &status) ? NULL : fdopen(descriptor, "rb");
    if (!file) {
        fail(failure, "%.500s cannot be read: %s", path, strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return NULL;
    }
    const bool is_regular = S_ISREG(status.st_mode);
    /* One byte more than there are: the end is seen without asking for more room. */
    size_t capacity = is_regular ? (size_t)status.st_size + 1 : FIRST;
    if (capacity > limit)
        capacity = limit + 1;
    if (flags && !is_regular)
        fail(failure, "%.500s is not a regular file", path);
    else
        bytes = read_stream(file, path, capacity, limit, size, failure);
    fclose(file);
    return bytes;
}

char *file_read(const char *path, size_t limit, size_t *size, struct failure *failure)
{
    return read_file(path, 0, limit, size, failure);
}

char *file_read_regular(const char *path, size_t limit, size_t *size, struct failure *failure)
{
    return read_file(path, O_NONBLOCK, limit, size, failure);
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

/* A path made of others, which the caller frees; NULL: there is no memory. */
__attribute__((format(printf, 1, 2))) static char *make_path(const char *format, ...)
{
    char *path;
    va_list list;
    va_start(list, format);
    const int length = vasprintf(&path, format, list);
    va_end(list);
    return length < 0 ? NULL : path;
}

/* Where a path leads: through links, whose last one may lead to what is not there yet. The caller
 * frees it. */
static char *target_of(const char *path)
{
    enum { LINKS_MAX = 40 };
    char *target = make_path("%s", path);
    for (int links = 0; target && links < LINKS_MAX; links++) {
        struct stat status;
        char link[4096];
        if (lstat(target, &status) || !S_ISLNK(status.st_mode))
            break;
        const ssize_t length = readlink(target, link, sizeof link);
        if (length < 0 || (size_t)length == sizeof link)
            break;
        const char *slash = link[0] == '/' ? NULL : strrchr(target, '/');
        char *next =
            make_path("%.*s%.*s", slash ? (int)(slash - target) + 1 : 0, target, (int)length, link);
        free(target);
        target = next;
    }
    return target;
}

/* ---- Parts: what is written beside a file before it is one ---- */

/* The process is in the name, so that two of them do not write one file; Weir is, so that nobody
 * else's file is taken for a part. */
#define PART_BEGIN ".weir-"
#define PART_END ".part"

/* Opens a part and locks it: who lives holds the lock. One that was removed or renamed meanwhile is
 * none any more. */
static int open_locked(const char *part)
{
    struct stat mine, there;
    for (;;) {
        const int file = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (file < 0)
            return -1;
        while (flock(file, LOCK_EX) && errno == EINTR)
            continue; /* where there are no locks, nobody removes anything */
        if (fstat(file, &mine) == 0 && lstat(part, &there) == 0 && mine.st_ino == there.st_ino &&
            mine.st_dev == there.st_dev && ftruncate(file, 0) == 0)
            return file;
        close(file);
    }
}

/* Whether an entry of a folder is a part of the file `name` there. */
static bool is_part(const char *entry, const char *name)
{
    const size_t length = strlen(name), begin = sizeof PART_BEGIN - 1;
    if (strncmp(entry, name, length) != 0 || strncmp(entry + length, PART_BEGIN, begin) != 0)
        return false;
    const char *process = entry + length + begin;
    const size_t digits = strspn(process, "0123456789");
    return digits > 0 && strcmp(process + digits, PART_END) == 0;
}

/* Removes a part that no process holds: who wrote it was killed. */
static void remove_left(int folder, const char *part)
{
    struct stat status;
    const int file = openat(folder, part, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && !flock(file, LOCK_EX | LOCK_NB))
        unlinkat(folder, part, 0);
    close(file);
}

static void remove_left_parts(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *folder = slash ? make_path("%.*s/", (int)(slash - path), path) : make_path(".");
    DIR *directory = folder ? opendir(folder) : NULL;
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (is_part(entry->d_name, name))
            remove_left(dirfd(directory), entry->d_name);
    if (directory)
        closedir(directory);
    free(folder);
}

/* Opens what is written beside the target, which is `there` already or not. */
static FILE *open_part(const struct file_output *output, const struct stat *there)
{
    if (there && access(output->path, W_OK))
        return NULL;
    remove_left_parts(output->path);
    const int file = open_locked(output->part);
    if (file >= 0 && there) {
        /* The owner first: changing it may take bits from the mode. */
        if (fchown(file, there->st_uid, there->st_gid))
            (void)errno; /* only root may give files away */
        fchmod(file, there->st_mode & 07777);
    }
    FILE *stream = file < 0 ? NULL : fdopen(file, "wb");
    if (file >= 0 && !stream) {
        close(file);
        unlink(output->part);
        errno = ENOMEM;
    }
    return stream;
}

bool file_begin(struct file_output *output, const char *path, struct failure *failure)
{
    struct stat status;
    *output = (struct file_output){.path = target_of(path)};
    const bool there = output->path && stat(output->path, &status) == 0;
    if (there && !S_ISREG(status.st_mode)) {
        output->stream = fopen(output->path, "wb");
    } else if (output->path && (there || errno == ENOENT)) {
        output->part = make_path("%s" PART_BEGIN "%ld" PART_END, output->path, (long)getpid());
        output->stream = output->part ? open_part(output, there ? &status : NULL) : NULL;
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
        slash ? make_path("%.*s", (int)(slash - path) + (slash == path), path) : make_path(".");
    const int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
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

/* Whether two regular files hold the same. */
static bool is_same(const char *path, const char *other)
{
    enum { PIECE = 1 << 14 };
    char bytes[2][PIECE];
    FILE *files[2] = {fopen(path, "rb"), fopen(other, "rb")};
    bool same = files[0] && files[1];
    for (size_t count = 1; same && count;) {
        count = fread(bytes[0], 1, PIECE, files[0]);
        same = fread(bytes[1], 1, PIECE, files[1]) == count && !memcmp(bytes[0], bytes[1], count) &&
               !ferror(files[0]) && !ferror(files[1]);
    }
    for (size_t i = 0; i < 2; i++)
        if (files[i])
            fclose(files[i]);
    return same;
}

bool file_end_changed(struct file_output *output, struct failure *failure)
{
    if (!output->part || fflush(output->stream) || ferror(output->stream) ||
        !is_same(output->part, output->path))
        return file_end(output, false, failure);
    file_abandon(output);
    return true;
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
