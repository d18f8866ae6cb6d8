/* SPDX-License-Identifier: MIT */
/* Reading files: whole ones, and the parts of files that hold the data of a model's tensors. The
 * latter come from the folder of the model itself and from nowhere else, whatever the model says.
 */
#define _GNU_SOURCE /* O_NOFOLLOW, fdopen */
#include "onnx/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A regular file, opened for reading, and its size; -1 and a sentence where that fails. */
static int open_regular(int folder, const char *path, int flags, size_t *size, onnx_error *error)
{
    struct stat status;
    const int file = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
    if (file < 0 || fstat(file, &status)) {
        onnx_fail(error, "%.200s cannot be read: %s", path, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        onnx_fail(error, "%.200s is not a regular file", path);
    } else {
        *size = (size_t)status.st_size;
        return file;
    }
    if (file >= 0)
        close(file);
    return -1;
}

/* Reads `size` bytes from an offset on; closes the file. */
static bool read_part(int file, const char *path, size_t offset, void *data, size_t size,
                      onnx_error *error)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t got = pread(file, (char *)data + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    close(file);
    return done == size || onnx_fail(error, "%s: reading failed", path);
}

/* ---- Whole files ---- */

void *onnx_read_file(onnx_memory *memory, const char *path, size_t *size, onnx_error *error)
{
    const int file = open_regular(AT_FDCWD, path, 0, size, error);
    if (file < 0)
        return NULL;
    void *data = onnx_memory_take(memory, *size, 1);
    if (data)
        return read_part(file, path, 0, data, *size, error) ? data : NULL;
    close(file);
    onnx_fail_memory(error);
    return NULL;
}

static size_t size_of(const char *path, onnx_error *error)
{
    size_t size;
    const int file = open_regular(AT_FDCWD, path, 0, &size, error);
    if (file < 0)
        return SIZE_MAX;
    close(file);
    return size;
}

static onnx_model *load_from(onnx_memory *memory, const char *path, onnx_error *error)
{
    size_t size;
    const void *data = onnx_read_file(memory, path, &size, error);
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    onnx_error inner;
    onnx_model *model = data && folder ? onnx_load(data, size, folder, &inner) : NULL;
    if (data && !model)
        onnx_fail(error, "%.120s: %.380s", path, inner.message);
    free(folder);
    return model;
}

onnx_model *onnx_load_file(const char *path, onnx_error *error)
{
    const size_t size = size_of(path, error);
    if (size == SIZE_MAX)
        return NULL;
    /* The file's own bytes are needed only while it is read. */
    onnx_memory *memory = onnx_memory_create(size + ONNX_MEMORY_MORE);
    onnx_model *model = memory ? load_from(memory, path, error) : NULL;
    if (!memory)
        onnx_fail_memory(error);
    onnx_memory_destroy(memory);
    return model;
}

/* ---- Data outside the model ---- */

static const char *entry(const Onnx__Tensor *tensor, const char *key)
{
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const Onnx__Entry *pair = tensor->external_data[i];
        if (pair->key && pair->value && !strcmp(pair->key, key))
            return pair->value;
    }
    return NULL;
}

/* A number of bytes, as text; false where it is none. */
static bool read_number(const char *text, size_t otherwise, size_t *number)
{
    char *end;
    *number = otherwise;
    if (!text)
        return true;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    *number = (size_t)value;
    return !errno && end != text && !*end && text[0] >= '0' && text[0] <= '9' &&
           value <= SIZE_MAX / 2;
}

/* Opens the file that a tensor's data is in, and finds from where on `size` bytes of it are meant;
 * -1 and a sentence where that is not to be had. */
static int open_external(const char *folder, const Onnx__Tensor *tensor, size_t size,
                         size_t *offset, size_t *there, onnx_error *error)
{
    const char *name = tensor->name ? tensor->name : "";
    const char *place = entry(tensor, "location");
    size_t length;
    if (place && !strncmp(place, "./", 2))
        place += 2;
    if (!place || !*place || strchr(place, '/') || strchr(place, '\\') || !strcmp(place, "..") ||
        !strcmp(place, ".")) {
        onnx_fail(error,
                  "the data of the tensor '%s' is to be in '%s', and only files beside the model "
                  "are read",
                  name, place ? place : "");
        return -1;
    }
    if (!read_number(entry(tensor, "offset"), 0, offset) ||
        !read_number(entry(tensor, "length"), size, &length) || length != size) {
        onnx_fail(error,
                  "the tensor '%s' needs %zu bytes of '%s', and what says where they are is wrong",
                  name, size, place);
        return -1;
    }
    const int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        onnx_fail(error, "%s cannot be opened: %s", folder, strerror(errno));
        return -1;
    }
    const int file = open_regular(directory, place, O_NOFOLLOW, there, error);
    close(directory);
    if (file >= 0 && (*offset > *there || *there - *offset < size)) {
        onnx_fail(error, "'%s' ends before the data of the tensor '%s' does", place, name);
        close(file);
        return -1;
    }
    return file;
}

const void *onnx_read_external(onnx_memory *memory, const char *folder, const Onnx__Tensor *tensor,
                               size_t size, onnx_error *error)
{
    size_t offset, there;
    if (!folder) {
        onnx_fail(error, "the data of the tensor '%s' is in another file, and none is read here",
                  tensor->name ? tensor->name : "");
        return NULL;
    }
    const int file = open_external(folder, tensor, size, &offset, &there, error);
    if (file < 0)
        return NULL;
    onnx_memory_allow(memory, there);
    void *data = onnx_memory_take(memory, size, 1);
    if (data)
        return read_part(file, "a file beside the model", offset, data, size, error) ? data : NULL;
    close(file);
    onnx_fail_memory(error);
    return NULL;
}
