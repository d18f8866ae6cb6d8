/* SPDX-License-Identifier: MIT */
/* Files of tensors: what is written comes back, what cannot be written is refused and leaves
 * nothing behind, and a writer that is killed at any moment leaves a whole file. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "halves.h"
#include "support/expect.h"
#include "support/folder.h"
#include "support/inputs.h"
#include "weir_train.h"

static struct folder folder;

/* ---- Round trips ---- */

static const float floats[6] = {1.5f, -0.0f, 3e38f, 1e-45f, 0.1f, -7};
static const double doubles[2] = {0.9, 1e-300};
static const uint64_t counter = UINT64_MAX;
static const int64_t integers[3] = {INT64_MIN, -1, INT64_MAX};
static const unsigned char bytes[5] = {0, 1, 0, 1, 255};

static const weir_tensor tensors[] = {
    {"layer0/W", WEIR_F32, 2, {2, 3}, floats},
    {"flags", WEIR_BOOL, 3, {5, 1, 1}, bytes},
    {"half", WEIR_BF16, 1, {2}, bytes},
    {"nothing", WEIR_F32, 2, {0, 7}, NULL},
    {"a \"name\"\n\t\\ \xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8a", WEIR_F32, 1, {1}, floats + 4},
    {"powers", WEIR_F64, 1, {2}, doubles},
    {"counter", WEIR_U64, 0, {0}, &counter},
    {"", WEIR_I64, 8, {1, 1, 1, 3, 1, 1, 1, 1}, integers},
};
enum { TENSORS = sizeof tensors / sizeof *tensors };
static const size_t sizes[TENSORS] = {24, 5, 4, 0, 4, 16, 8, 24};

static const weir_text texts[] = {{"epoch", "12"}, {"", ""}, {"note", "a \"b\"\n\xc3\xa9"}};
enum { TEXTS = sizeof texts / sizeof *texts };

static void check_contents(const weir_tensors *file)
{
    unsigned char copy[64];
    weir_error error = {0};
    size_t count = 0, width = 8;
    for (size_t k = 0; k < TENSORS; k++) {
        EXPECT(weir_tensors_read(file, &tensors[k], copy, &error) == WEIR_OK, "%s", error.message);
        EXPECT(!sizes[k] || memcmp(copy, tensors[k].data, sizes[k]) == 0, "tensor %zu differs", k);
        EXPECT(weir_tensors_read(file, &tensors[k], NULL, NULL) == WEIR_OK, "tensor %zu", k);
    }
    for (const weir_tensor *tensor; (tensor = weir_tensors_at(file, count)); count++) {
        const size_t own = tensor->dtype >= WEIR_U64 ? 8 : tensor->dtype >= WEIR_U32 ? 4 : 1;
        EXPECT(own <= width, "\"%s\" comes after tensors of smaller elements", tensor->name);
        width = own;
    }
    EXPECT(count == TENSORS, "%zu tensors", count);
    for (size_t k = 0; k < TEXTS; k++) {
        const char *value = weir_tensors_text(file, texts[k].key);
        EXPECT(value && strcmp(value, texts[k].value) == 0, "text %zu is %s", k, value);
        EXPECT(weir_tensors_text_at(file, k), "%zu texts", k);
    }
    EXPECT(!weir_tensors_text_at(file, TEXTS) && !weir_tensors_text(file, "none"),
           "too many texts");
}

/* What the format says of the first bytes. */
static void check_bytes(const char *path)
{
    unsigned char head[9] = {0};
    FILE *file = fopen(path, "rb");
    EXPECT(file && fread(head, 1, sizeof head, file) == sizeof head, "%s cannot be read", path);
    if (file)
        fclose(file);
    EXPECT(head[0] % 8 == 0 && head[2] == 0 && head[7] == 0 && head[8] == '{',
           "it begins with %02x %02x .. %02x %02x", head[0], head[1], head[7], head[8]);
}

/* Headers of every length: data begin at a multiple of 8 bytes all the same. */
static void check_alignment(void)
{
    const struct folder_file path = folder_file(&folder, "aligned");
    for (size_t length = 0; length < 9; length++) {
        const weir_tensor tensor = {&"12345678" [length], WEIR_F32, 1, { 6 }, floats};
        weir_tensors *file;
        EXPECT(!weir_tensors_write(path.path, &tensor, 1, NULL, 0, NULL), "writing");
        check_bytes(path.path);
        EXPECT(!weir_tensors_open(&file, path.path, NULL), "a name of %zu letters less", length);
        weir_tensors_close(file);
    }
    folder_files(&folder, 1);
}

static void check_round_trip(void)
{
    const struct folder_file path = folder_file(&folder, "round");
    weir_tensors *file;
    weir_error error = {0};
    for (int again = 0; again < 2; again++) /* new, and over an old one */
        EXPECT(weir_tensors_write(path.path, tensors, TENSORS, texts, TEXTS, &error) == WEIR_OK,
               "%s", error.message);
    check_bytes(path.path);
    if (EXPECT(weir_tensors_open(&file, path.path, &error) == WEIR_OK, "%s", error.message))
        check_contents(file);
    weir_tensors_close(file);
    EXPECT(folder_files(&folder, 0) == 1, "%zu files", folder_files(&folder, 0));

    EXPECT(weir_tensors_write(path.path, NULL, 0, NULL, 0, NULL) == WEIR_OK, "an empty file");
    EXPECT(weir_tensors_open(&file, path.path, NULL) == WEIR_OK, "an empty file");
    EXPECT(!weir_tensors_at(file, 0) && !weir_tensors_text(file, "epoch"), "it is not empty");
    EXPECT(weir_tensors_read(file, &tensors[0], NULL, NULL) == WEIR_INVALID, "it is not empty");
    weir_tensors_close(file);
    weir_tensors_close(NULL);
    folder_files(&folder, 1);
}

/* ---- What is asked for and is not there ---- */

static void check_read(const weir_tensors *file, weir_tensor wanted, const char *part)
{
    weir_error error = {0};
    unsigned char copy[64] = {77};
    EXPECT(weir_tensors_read(file, &wanted, copy, &error) == WEIR_INVALID && copy[0] == 77 &&
               strstr(error.message, part) && strstr(error.message, "read"),
           "%s: %s", part, error.message);
}

static void check_reads(void)
{
    const struct folder_file path = folder_file(&folder, "read");
    weir_tensors *file;
    EXPECT(!weir_tensors_write(path.path, tensors, TENSORS, NULL, 0, NULL), "writing");
    if (!EXPECT(!weir_tensors_open(&file, path.path, NULL), "opening"))
        return;
    check_read(file, (weir_tensor){"layer0/U", WEIR_F32, 2, {2, 3}, NULL},
               "no tensor \"layer0/U\"");
    check_read(file, (weir_tensor){"layer0/W", WEIR_F64, 2, {2, 3}, NULL},
               "is F32 [2, 3], and must be F64 [2, 3]");
    check_read(file, (weir_tensor){"layer0/W", WEIR_F32, 2, {3, 2}, NULL}, "must be F32 [3, 2]");
    check_read(file, (weir_tensor){"layer0/W", WEIR_F32, 1, {6}, NULL}, "must be F32 [6]");
    check_read(file, (weir_tensor){"counter", WEIR_U64, 1, {1}, NULL}, "is U64 [], and must be");
    check_read(file, (weir_tensor){"half", WEIR_F16, 1, {2}, NULL}, "is BF16 [2], and must be F16");
    check_read(file, (weir_tensor){"half", WEIR_F64, 1, {2}, NULL}, "is BF16 [2], and must be F64");
    check_read(file, (weir_tensor){"half", WEIR_F32, 1, {1}, NULL}, "must be F32 [1]");
    check_read(file, (weir_tensor){"half", WEIR_F32, 2, {1, 2}, NULL}, "must be F32 [1, 2]");
    check_read(file, (weir_tensor){"layer0/W", WEIR_BF16, 2, {2, 3}, NULL}, "must be BF16 [2, 3]");
    weir_tensors_close(file);
    folder_files(&folder, 1);
}

/* All floats of 16 bits, read as float32; from and to any alignment. */
static void check_halves(void)
{
    enum { ALL = 1 << 16 };
    static unsigned char all[2 * ALL], to[4 * ALL + 1];
    const struct folder_file path = folder_file(&folder, "halves");
    const weir_tensor both[] = {{"F16", WEIR_F16, 2, {ALL / 2, 2}, all},
                                {"BF16", WEIR_BF16, 2, {ALL / 2, 2}, all},
                                {"odd", WEIR_U8, 1, {1}, all}};
    weir_tensors *file;
    for (size_t k = 0; k < 2 * ALL; k++)
        all[k] = (unsigned char)(k / 2 >> k % 2 * 8);
    EXPECT(!weir_tensors_write(path.path, both, 3, NULL, 0, NULL), "writing");
    if (!EXPECT(!weir_tensors_open(&file, path.path, NULL), "opening"))
        return;
    for (size_t t = 0; t < 2; t++) {
        weir_tensor wanted = both[t];
        weir_error error = {0};
        size_t different = 0;
        wanted.dtype = WEIR_F32;
        EXPECT(!weir_tensors_read(file, &wanted, NULL, &error), "%s", error.message);
        EXPECT(!weir_tensors_read(file, &wanted, to + 1, &error), "%s", error.message);
        for (size_t k = 0; k < ALL; k++) {
            const float wide = t ? bfloat_widen((uint16_t)k) : half_widen((uint16_t)k);
            different += memcmp(to + 1 + 4 * k, &wide, sizeof wide) != 0;
        }
        EXPECT(!different, "%s: %zu others", both[t].name, different);
    }
    weir_tensors_close(file);
    folder_files(&folder, 1);
}

/* ---- What cannot be written ---- */

static void check_write(const char *path, weir_tensor one, const char *key, const char *part)
{
    const weir_tensor both[] = {tensors[0], one};
    const weir_text pair[] = {{"epoch", "1"}, {key, "2"}};
    weir_error error = {0};
    EXPECT(weir_tensors_write(path, both, 2, pair, 2, &error) == WEIR_INVALID &&
               error.status == WEIR_INVALID && strstr(error.message, part) &&
               error.message[strlen(error.message) - 1] == '.',
           "%s: %s", part, error.message);
    EXPECT(folder_files(&folder, 0) == 0, "%s: %zu files", part, folder_files(&folder, 0));
}

static void check_refusals(void)
{
    const struct folder_file file = folder_file(&folder, "refused"),
                             nowhere = folder_file(&folder, "no/where");
    const char *path = file.path;
    const weir_tensor fine = {"fine", WEIR_F32, 1, {1}, floats};
    check_write(nowhere.path, fine, "k", "No such file");
    check_write(folder.path, fine, "k", "could not be written");
    check_write(path, fine, "epoch", "text 1");
    check_write(path, fine, NULL, "text 1");
    check_write(path, fine, "\xff", "text 1");
    check_write(path, (weir_tensor){"layer0/W", WEIR_F32, 1, {1}, floats}, "k",
                "\"layer0/W\" is taken");
    check_write(path, (weir_tensor){"__metadata__", WEIR_F32, 1, {1}, floats}, "k", "is taken");
    check_write(path, (weir_tensor){NULL, WEIR_F32, 1, {1}, floats}, "k", "tensor 1 has a name");
    check_write(path, (weir_tensor){"\xc3(", WEIR_F32, 1, {1}, floats}, "k", "not UTF-8");
    check_write(path, (weir_tensor){"x", WEIR_F32, 9, {1}, floats}, "k", "9 dimensions");
    check_write(path, (weir_tensor){"x", (weir_dtype)13, 1, {1}, floats}, "k", "type 13");
    check_write(path, (weir_tensor){"x", WEIR_F32, 1, {1}, NULL}, "k", "F32 [1]");
    check_write(path, (weir_tensor){"x", WEIR_F32, 2, {SIZE_MAX / 2, 3}, floats}, "k", "F32 [9");
    EXPECT(weir_tensors_write(NULL, NULL, 0, NULL, 0, NULL) == WEIR_INVALID, "no path");
    EXPECT(weir_tensors_write(path, NULL, 1, NULL, 0, NULL) == WEIR_INVALID, "no tensors");
    EXPECT(weir_tensors_write(path, NULL, 0, NULL, 1, NULL) == WEIR_INVALID, "no texts");
}

/* A folder that turns up where the file is to be renamed to. */
static void check_rename(void)
{
    const struct folder_file path = folder_file(&folder, "taken");
    weir_error error = {0};
    mkdir(path.path, 0777);
    EXPECT(weir_tensors_write(path.path, tensors, TENSORS, NULL, 0, &error) == WEIR_INVALID, "%s",
           error.message);
    EXPECT(folder_files(&folder, 0) == 1, "%zu files", folder_files(&folder, 0));
    rmdir(path.path);
}

/* A link is followed and stays; the file that it leads to keeps its mode. */
static void check_link(void)
{
    const struct folder_file file = folder_file(&folder, "file"),
                             link = folder_file(&folder, "link");
    struct stat of_file, of_link;
    weir_error error = {0};
    EXPECT(!weir_tensors_write(file.path, NULL, 0, NULL, 0, &error), "%s", error.message);
    EXPECT(!chmod(file.path, 0600) && !symlink("file", link.path), "making a link");
    EXPECT(!weir_tensors_write(link.path, tensors, TENSORS, NULL, 0, &error), "%s", error.message);
    EXPECT(!stat(file.path, &of_file) && of_file.st_size > 100 && (of_file.st_mode & 0777) == 0600,
           "the file has %lld bytes and mode %o", (long long)of_file.st_size, of_file.st_mode);
    EXPECT(!lstat(link.path, &of_link) && S_ISLNK(of_link.st_mode), "the link is gone");
    EXPECT(folder_files(&folder, 1) == 2, "something is left beside them");
}

/* ---- Failing and dying ---- */

enum { VERSION_FLOATS = 100000 };
static float version[VERSION_FLOATS];

static weir_status write_version(const char *path, float number, weir_error *error)
{
    for (size_t k = 0; k < VERSION_FLOATS; k++)
        version[k] = number;
    const weir_tensor tensor = {"version", WEIR_F32, 1, {VERSION_FLOATS}, version};
    return weir_tensors_write(path, &tensor, 1, NULL, 0, error);
}

/* The number that fills a file, or -1 where it is not one whole version. */
static float read_version(const char *path)
{
    const weir_tensor tensor = {"version", WEIR_F32, 1, {VERSION_FLOATS}, NULL};
    weir_tensors *file;
    weir_error error = {0};
    bool is_whole = EXPECT(!weir_tensors_open(&file, path, &error), "%s", error.message) &&
                    !weir_tensors_read(file, &tensor, version, NULL);
    weir_tensors_close(file);
    for (size_t k = 0; is_whole && k < VERSION_FLOATS; k++)
        is_whole = version[k] == version[0];
    return is_whole ? version[0] : -1;
}

/* A disk that is full, as far as this process is concerned. */
static void check_full_disk(void)
{
    const struct folder_file path = folder_file(&folder, "full");
    struct rlimit before, limit;
    weir_error error = {0};
    EXPECT(!write_version(path.path, 1, &error), "%s", error.message);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = sizeof version / 2;
    setrlimit(RLIMIT_FSIZE, &limit);
    EXPECT(write_version(path.path, 2, &error) == WEIR_INVALID && strstr(error.message, "File too"),
           "%s", error.message);
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT(read_version(path.path) == 1, "the old file is gone");
    EXPECT(folder_files(&folder, 1) == 1, "half a file is left");
}

static void write_for_ever(const char *path)
{
    for (float number = 1;; number++)
        if (write_version(path, number, NULL))
            _exit(EXIT_FAILURE);
}

static void check_killed(void)
{
    enum { ROUNDS = 40, STEP = 613000 /* nanoseconds */ };
    const struct folder_file path = folder_file(&folder, "killed");
    size_t unfinished = 0;
    for (long round = 0; round < ROUNDS; round++) {
        EXPECT(!write_version(path.path, 0.5f, NULL), "writing");
        const pid_t child = fork();
        int status;
        if (!child)
            write_for_ever(path.path);
        nanosleep(&(struct timespec){.tv_nsec = STEP * round}, NULL);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        EXPECT(WIFSIGNALED(status), "round %ld: the writer gave up", round);
        EXPECT(read_version(path.path) > 0, "round %ld: not one whole file", round);
        unfinished += folder_files(&folder, 1) > 1;
    }
    EXPECT(unfinished, "no writer was killed while it wrote: %d rounds", ROUNDS);
}

int main(void)
{
    folder_create(&folder);
    check_round_trip();
    check_alignment();
    check_reads();
    check_halves();
    check_refusals();
    check_rename();
    check_link();
    check_full_disk();
    check_killed();
    folder_destroy(&folder);
    return expect_verdict("test_tensors");
}
