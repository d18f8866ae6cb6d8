/* SPDX-License-Identifier: MIT */
/* The parts of files that hold the data of a model's tensors. They come from the folder of the
 * model itself and from nowhere else, whatever the model says; or from where symbolic links in that
 * folder lead, where the user says so. */
#define _GNU_SOURCE /* O_NOFOLLOW */
#include "onnx/external.h"
#include "onnx/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A regular file in the folder itself, opened for reading, and its size; -1 and a sentence where
 * that fails. */
static int open_beside(const onnx_place *place, const char *name, size_t *size,
                       struct failure *failure)
{
    struct stat status;
    const int directory = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        fail(failure, "%.500s cannot be opened: %s", place->folder, strerror(errno));
        return -1;
    }
    const int file = openat(directory, name,
                            O_RDONLY | O_CLOEXEC | O_NONBLOCK | (place->links ? 0 : O_NOFOLLOW));
    const bool is_open = file >= 0 && !fstat(file, &status);
    if (!is_open && errno == ELOOP && !place->links)
        fail(failure, "'%s' is a symbolic link, which is followed where --links says so",
             quote(name).text);
    else if (!is_open)
        fail(failure, "%s cannot be read: %s", quote(name).text, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        fail(failure, "%s is not a regular file", quote(name).text);
    close(directory);
    if (is_open && S_ISREG(status.st_mode)) {
        *size = (size_t)status.st_size;
        return file;
    }
    if (file >= 0)
        close(file);
    return -1;
}

/* Reads `size` bytes from an offset on; closes the file. */
static bool read_part(int file, size_t offset, void *data, size_t size, struct failure *failure)
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
    return done == size || fail(failure, "a file beside the model: reading failed");
}

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
static int open_external(const onnx_place *from, const Onnx__Tensor *tensor, size_t size,
                         size_t *offset, size_t *there, struct failure *failure)
{
    const struct quoted name = quote(tensor->name ? tensor->name : "");
    const char *place = entry(tensor, "location");
    size_t length;
    if (place && !strncmp(place, "./", 2))
        place += 2;
    if (!place || !*place || strchr(place, '/') || strchr(place, '\\') || !strcmp(place, "..") ||
        !strcmp(place, ".")) {
        fail(failure,
             "the data of the tensor '%s' is to be in '%s', and only files beside the model "
             "are read",
             name.text, quote(place ? place : "").text);
        return -1;
    }
    if (!read_number(entry(tensor, "offset"), 0, offset) ||
        !read_number(entry(tensor, "length"), size, &length) || length != size) {
        fail(failure,
             "the tensor '%s' needs %zu bytes of '%s', and what says where they are is wrong",
             name.text, size, quote(place).text);
        return -1;
    }
    const int file = open_beside(from, place, there, failure);
    if (file >= 0 && (*offset > *there || *there - *offset < size)) {
        fail(failure, "'%s' ends before the data of the tensor '%s' does", quote(place).text,
             name.text);
        close(file);
        return -1;
    }
    return file;
}

const void *onnx_read_external(onnx_memory *memory, const onnx_place *place,
                               const Onnx__Tensor *tensor, size_t size, struct failure *failure)
{
    size_t offset, there = 0;
    if (!place) {
        fail(failure, "the data of the tensor '%s' is in another file, and none is read here",
             quote(tensor->name ? tensor->name : "").text);
        return NULL;
    }
    const int file = open_external(place, tensor, size, &offset, &there, failure);
    if (file < 0)
        return NULL;
    onnx_memory_allow(memory, there);
    void *data = onnx_memory_take(memory, size, 1);
    if (data)
        return read_part(file, offset, data, size, failure) ? data : NULL;
    close(file);
    fail_limit(failure);
    return NULL;
}
