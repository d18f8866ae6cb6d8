/* SPDX-License-Identifier: MIT */
/* Files that are no safetensors files, each wrong in one way: each is refused with one sentence
 * that says what is wrong, and none of them makes the reader leave its memory. Others are right,
 * though odd, and must pass. */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "support/expect.h"
#include "support/folder.h"
#include "support/inputs.h"
#include "weir_train.h"

static struct folder folder;

/* ---- Headers ---- */

/* A header, so many bytes of data after it, and a part of the sentence; NULL: it is read. */
struct header {
    const char *text;
    size_t data;
    const char *part;
};

#define ONE(name, dtype, shape, offsets)                                                           \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define A(shape, offsets) "{" ONE("a", "F32", shape, offsets) "}"
#define TWO(a, b) "{" ONE("a", "F32", "[1]", a) "," ONE("b", "F32", "[1]", b) "}"
#define META(metadata) "{\"__metadata__\":" metadata "," ONE("a", "F32", "[1]", "[0,4]") "}"

static const struct header headers[] = {
    /* Right, though odd. */
    {"{}", 0, NULL},
    {A("[1]", "[0,4]"), 4, NULL},
    {A("[1]", "[0,4]") "     ", 4, NULL},
    {"{ " ONE("a", "F32", "[ 1 ]", "[ 0 , 4 ]") " }", 4, NULL},
    {A("[]", "[0,4]"), 4, NULL},
    {A("[0]", "[0,0]"), 0, NULL},
    {A("[0,9007199254740992,9007199254740992]", "[0,0]"), 0, NULL},
    {TWO("[4,8]", "[0,4]"), 8, NULL},
    {"{" ONE("a", "F32", "[0]", "[0,0]") "," ONE("b", "U8", "[3]", "[0,3]") "}", 3, NULL},
    {META("{}"), 4, NULL},
    {META("{\"k\":\"v\",\"\":\"\"}"), 4, NULL},
    {"{" ONE("\\u00e9\\n\xe2\x82\xac", "F32", "[1]", "[0,4]") "}", 4, NULL},
    {"{" ONE("", "BF16", "[1,1,1,1,1,1,1,1]", "[0,2]") "}", 2, NULL},
    /* Not JSON, or not an object. */
    {"", 0, "JSON object"},
    {" {}", 0, "JSON object"},
    {"[]", 0, "JSON object"},
    {"null", 0, "JSON object"},
    {"\xef\xbb\xbf{}", 0, "JSON object"},
    {"{", 0, "valid JSON"},
    {"{\"a\"", 0, "valid JSON"},
    {"{\"a\":}", 0, "valid JSON"},
    {"{\"a\":nul}", 0, "valid JSON"},
    {"{a:1}", 0, "valid JSON"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},}", 4, "valid JSON"},
    {"{\"a\":{\"dtype\":\"F32", 0, "valid JSON"},
    {"{\"\\ud800\":1}", 0, "valid JSON"},
    {"{} {}", 0, "goes on"},
    {"{}\n", 0, "goes on"},
    {"{}x", 0, "goes on"},
    /* Not UTF-8: a lone byte, an overlong form, a surrogate, beyond Unicode, cut off. */
    {"{\"\xff\":1}", 0, "UTF-8"},
    {"{\"\xc0\xaf\":1}", 0, "UTF-8"},
    {"{\"\xed\xa0\x80\":1}", 0, "UTF-8"},
    {"{\"\xf4\x90\x80\x80\":1}", 0, "UTF-8"},
    {"{\"a\":1}\xe2\x82", 0, "UTF-8"},
    {"{\"a\\u0000b\":1}", 0, "U+0000"},
    /* Entries. */
    {"{\"a\":1}", 0, "\"a\" must have dtype"},
    {"{\"a\":[]}", 0, "\"a\" must have dtype"},
    {"{\"a\":{}}", 0, "\"a\" must have dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "\"a\" must have dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "nothing else"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "the shape"},
    {"{" ONE("a\\n\\\"\\u001b[1m", "F33", "[1]", "[0,4]") "}", 4, "\"a???[1m\""},
    {"{" ONE("a", "F33", "[1]", "[0,4]") "}", 4, "the dtype"},
    {"{" ONE("a", "f32", "[1]", "[0,4]") "}", 4, "the dtype"},
    {"{" ONE("a", "", "[1]", "[0,4]") "}", 4, "the dtype"},
    {"{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "the dtype"},
    /* Shapes. */
    {A("1", "[0,4]"), 4, "the shape"},
    {A("{}", "[0,4]"), 4, "the shape"},
    {A("\"[1]\"", "[0,4]"), 4, "the shape"},
    {A("[-1]", "[0,4]"), 4, "the shape"},
    {A("[1.5]", "[0,4]"), 4, "the shape"},
    {A("[1e999]", "[0,4]"), 4, "the shape"},
    {A("[NaN]", "[0,4]"), 4, "valid JSON"},
    {A("[true]", "[0,4]"), 4, "the shape"},
    {A("[\"1\"]", "[0,4]"), 4, "the shape"},
    {A("[[1]]", "[0,4]"), 4, "the shape"},
    {A("[18446744073709551615]", "[0,4]"), 4, "the shape"},
    {A("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "at most 8"},
    {A("[2]", "[0,4]"), 4, "is F32 [2], and its data_offsets hold 4"},
    {A("[4294967296,4294967296]", "[0,0]"), 0, "hold 0 bytes"},
    {A("[4611686018427387904]", "[0,0]"), 0, "the shape"},
    {A("[9007199254740992,512]", "[0,0]"), 0, "hold 0 bytes"},
    {A("[9007199254740992,2049]", "[0,4]"), 4, "hold 4 bytes"},
    /* Offsets. */
    {A("[1]", "[0]"), 4, "data_offsets"},
    {A("[1]", "[0,4,4]"), 4, "data_offsets"},
    {A("[1]", "[]"), 4, "data_offsets"},
    {A("[1]", "4"), 4, "data_offsets"},
    {A("[1]", "[\"0\",\"4\"]"), 4, "data_offsets"},
    {A("[1]", "[0,4.5]"), 4, "data_offsets"},
    {A("[1]", "[-4,0]"), 4, "data_offsets"},
    {A("[1]", "[4,0]"), 4, "data_offsets"},
    {A("[1]", "[0,1e30]"), 4, "data_offsets"},
    {A("[1]", "[0,1e999]"), 4, "data_offsets"},
    {A("[1]", "[18446744073709551612,18446744073709551616]"), 4, "data_offsets"},
    {A("[1]", "[0,4]"), 3, "no larger than the 3 bytes"},
    {A("[1]", "[0,4]"), 0, "no larger than the 0 bytes"},
    {A("[1]", "[4,8]"), 8, "must begin at byte 0"},
    {A("[1]", "[0,4]"), 5, "5 bytes of data, and its tensors 4"},
    {"{}", 1, "1 bytes of data, and its tensors 0"},
    {TWO("[0,4]", "[0,4]"), 8, "must begin at byte 4"},
    {TWO("[0,4]", "[2,6]"), 8, "must begin at byte 4"},
    {TWO("[0,4]", "[8,12]"), 12, "must begin at byte 4"},
    {"{" ONE("a", "F32", "[0]", "[2,2]") "," ONE("b", "U8", "[3]", "[0,3]") "}", 3,
     "begin at byte 3"},
    /* Names and texts. */
    {"{" ONE("a", "F32", "[1]", "[0,4]") "," ONE("a", "F32", "[1]", "[4,8]") "}", 8,
     "more than one"},
    {"{" ONE("a", "F32", "[1]", "[0,4]") "," ONE("\\u0061", "F32", "[1]", "[4,8]") "}", 8,
     "more than one"},
    {META("[]"), 4, "__metadata__"},
    {META("1"), 4, "__metadata__"},
    {META("{\"k\":1}"), 4, "must be a text"},
    {META("{\"k\":null}"), 4, "must be a text"},
    {META("{\"k\":{\"k\":\"v\"}}"), 4, "must be a text"},
    {META("{\"k\":\"v\",\"k\":\"w\"}"), 4, "more than one \"k\""},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "once"},
};

/* ---- Checking ---- */

/* Anew: some file systems bring a file to the disk when it replaces its own contents. */
static void write_file(const char *path, const void *data, size_t size)
{
    unlink(path);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

/* One sentence, that names the file. */
static void check_open(const char *path, const char *part, const char *what)
{
    weir_tensors *file = (weir_tensors *)&folder;
    weir_error error = {0};
    const weir_status status = weir_tensors_open(&file, path, &error);
    const size_t length = strlen(error.message);
    if (!part) {
        EXPECT(status == WEIR_OK, "%s: %s", what, error.message);
    } else {
        EXPECT(status == WEIR_INVALID && error.status == status && !file, "%s: status %d", what,
               status);
        EXPECT(strstr(error.message, part) && strncmp(error.message, path, strlen(path)) == 0 &&
                   error.message[length - 1] == '.' && length < sizeof error.message - 1,
               "%s: \"%s\" is not in: %s", what, part, error.message);
        for (size_t k = 0; k < length; k++)
            EXPECT(error.message[k] >= ' ' && error.message[k] <= '~', "%s: byte %d in: %s", what,
                   error.message[k], error.message);
        EXPECT(weir_tensors_open(&file, path, NULL) == status, "%s: another status", what);
    }
    weir_tensors_close(file);
}

/* `claimed` is what the file says of the header's length. */
static void check_header(const char *text, size_t length, uint64_t claimed, size_t data,
                         const char *part)
{
    const struct folder_file path = folder_file(&folder, "file");
    const size_t size = 8 + length + data;
    unsigned char *bytes = calloc(size, 1);
    if (!bytes)
        abort();
    for (size_t k = 0; k < 8; k++)
        bytes[k] = (unsigned char)(claimed >> 8 * k);
    memcpy(bytes + 8, text, length);
    write_file(path.path, bytes, size);
    check_open(path.path, part, length < 200 ? text : "a long header");
    free(bytes);
}

static void check_headers(void)
{
    for (size_t k = 0; k < sizeof headers / sizeof *headers; k++) {
        const size_t length = strlen(headers[k].text);
        check_header(headers[k].text, length, length, headers[k].data, headers[k].part);
    }
}

/* What is wrong before there is a header to be read. */
static void check_lengths(void)
{
    const struct folder_file path = folder_file(&folder, "file");
    for (size_t size = 0; size < 8; size++) {
        write_file(path.path, "\2\0\0\0\0\0\0\0", size);
        check_open(path.path, "at least 8", "a few bytes");
    }
    const uint64_t claims[] = {3,          1u << 31,       (uint64_t)1 << 32,
                               UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63};
    for (size_t k = 0; k < sizeof claims / sizeof *claims; k++)
        check_header("{}", 2, claims[k], 0, "its header is said to have");
    check_header("{}", 2, 0, 0, "JSON object");
    check_header("{}", 2, 1, 0, "valid JSON");
    check_header("{}\0\0", 4, 4, 0, "U+0000");
    check_header("{\"a\0b\":1}", 9, 9, 0, "U+0000");
}

/* Every beginning of a good file. */
static void check_cuts(void)
{
    const char *text = headers[1].text;
    const struct folder_file path = folder_file(&folder, "file");
    unsigned char bytes[256] = {(unsigned char)strlen(text)};
    const size_t whole = 8 + strlen(text) + 4;
    memcpy(bytes + 8, text, strlen(text));
    for (size_t size = 0; size < whole; size++) {
        write_file(path.path, bytes, size);
        check_open(path.path, "", "a file cut off");
    }
    write_file(path.path, bytes, whole);
    check_open(path.path, NULL, "the whole file");
}

static void check_repeated(const char *begin, const char *unit, size_t count, const char *part)
{
    const size_t first = strlen(begin), step = strlen(unit), length = first + step * count;
    char *text = malloc(length + 1);
    if (!text)
        abort();
    strcpy(text, begin);
    for (size_t k = 0; k < count; k++)
        memcpy(text + first + k * step, unit, step);
    check_header(text, length, length, 0, part);
    free(text);
}

static void check_long(void)
{
    check_repeated("{\"a\":", "[", 2000000, "too deep");
    check_repeated("{\"a\":", "{\"a\":", 1000000, "too deep");
    check_repeated("{\"a", "b", 1000000, "valid JSON");
    check_repeated("{\"a\":", "1", 1000000, "valid JSON");
    check_repeated("{\"a\":[1", ",1", 500000, "valid JSON");
    check_repeated("{", "\"a\":1,", 100000, "valid JSON");
    check_repeated("{", " ", 1000000, "valid JSON");
}

/* Bytes of a good file changed at random: no check but that of the sanitizers, and of the sentence.
 */
static void check_changed(void)
{
    static const char text[] = META("{\"k\":\"v\"}");
    const struct folder_file path = folder_file(&folder, "file");
    struct random random = {3};
    for (size_t round = 0; round < 5000; round++) {
        unsigned char bytes[8 + sizeof text + 4] = {sizeof text - 1};
        weir_tensors *file;
        weir_error error = {0};
        memcpy(bytes + 8, text, sizeof text - 1);
        for (size_t k = random_below(&random, 3); k < 3; k++)
            bytes[random_below(&random, sizeof bytes)] = (unsigned char)random_next(&random);
        write_file(path.path, bytes, sizeof bytes - 1);
        if (weir_tensors_open(&file, path.path, &error))
            EXPECT(error.message[strlen(error.message) - 1] == '.', "%s", error.message);
        weir_tensors_close(file);
    }
}

static void check_paths(void)
{
    const struct folder_file none = folder_file(&folder, "none"),
                             pipe = folder_file(&folder, "pipe");
    weir_tensors *file;
    check_open(none.path, "No such file", "no file");
    check_open(folder.path, "regular file", "a folder");
    EXPECT(mkfifo(pipe.path, 0600) == 0, "%s", pipe.path);
    check_open(pipe.path, "regular file", "a pipe");
    EXPECT(weir_tensors_open(&file, NULL, NULL) == WEIR_INVALID && !file, "no path");
    EXPECT(weir_tensors_open(NULL, none.path, NULL) == WEIR_INVALID, "no place");
}

int main(void)
{
    folder_create(&folder);
    check_headers();
    check_lengths();
    check_cuts();
    check_long();
    check_changed();
    check_paths();
    folder_destroy(&folder);
    return expect_verdict("test_malformed");
}
