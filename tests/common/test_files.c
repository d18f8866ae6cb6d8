/* SPDX-License-Identifier: MIT */
/* Files that are read whole, and written so that they are there whole or not at all: whatever a
 * path leads to, a link, a pipe, a device, nothing, what it was it stays. Devices are nodes that
 * the test makes in a folder of its own. */
#define _GNU_SOURCE
#include "common/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "support/expect.h"
#include "support/folder.h"

static struct folder folder;
static struct failure failure;
static size_t skipped;

/* ---- Means ---- */

static struct folder_file in_folder(const char *name)
{
    return folder_file(&folder, name);
}

/* Makes a file without the code that is tested. */
static struct folder_file make(const char *name, const char *text, mode_t mode)
{
    const struct folder_file path = in_folder(name);
    FILE *file = fopen(path.path, "wb");
    if (!file || fputs(text, file) < 0 || fclose(file) || chmod(path.path, mode)) {
        perror(path.path);
        exit(EXIT_FAILURE);
    }
    return path;
}

static bool holds(const char *path, const char *text)
{
    char found[256] = "";
    FILE *file = fopen(path, "rb");
    const size_t length = file ? fread(found, 1, sizeof found - 1, file) : 0;
    if (file)
        fclose(file);
    return file && length == strlen(text) && !memcmp(found, text, length);
}

static bool write_text(const char *path, const char *text)
{
    return file_write(path, text, strlen(text), &failure);
}

static struct stat look(const char *path)
{
    struct stat status = {0};
    lstat(path, &status);
    return status;
}

static bool says(const char *what)
{
    return strstr(failure.sentence, what) && !strchr(failure.sentence, '\n');
}

/* Runs a check where root's rights do not count; what it finds is its own to print. */
static void without_rights(void (*check)(const char *path), const char *path)
{
    enum { NOBODY = 65534 };
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (!child) {
        if (geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
            _exit(2);
        const size_t before = expect_failures;
        check(path);
        fflush(stdout);
        _exit(expect_failures > before);
    }
    waitpid(child, &status, 0);
    EXPECT(status == 0, "status %d", status);
}

/* ---- Reading ---- */

static void check_limits(void)
{
    const struct folder_file path = make("read", "four", 0644), empty = make("empty", "", 0644);
    size_t size = 0;
    char *bytes = file_read(path.path, 4, &size, &failure);
    EXPECT(bytes && size == 4 && !strcmp(bytes, "four"), "%zu bytes, %s", size, bytes);
    free(bytes);
    bytes = file_read_regular(path.path, SIZE_MAX - 1, &size, &failure);
    EXPECT(bytes && size == 4 && !strcmp(bytes, "four"), "%zu bytes, %s", size, bytes);
    free(bytes);
    bytes = file_read(empty.path, 0, &size, &failure);
    EXPECT(bytes && size == 0 && !*bytes, "%zu bytes", size);
    free(bytes);
    EXPECT(!file_read(path.path, 3, &size, &failure) && says("larger than 3 bytes"), "%s",
           failure.sentence);
    EXPECT(!file_read_regular(path.path, 3, &size, &failure) && says("larger than 3 bytes"), "%s",
           failure.sentence);
    /* What says that it has no bytes, and has. */
    bytes = file_read("/proc/self/stat", 1 << 20, &size, &failure);
    EXPECT(bytes && size > 10 && bytes[size] == 0, "%zu bytes: %s", size, failure.sentence);
    free(bytes);
    folder_files(&folder, 1);
}

static void check_large(void)
{
    enum { COUNT = 300000 }; /* more than is made room for at first, by a pipe */
    const struct folder_file path = in_folder("large"), pipe = in_folder("pipe");
    char *numbers = calloc(1, COUNT), *bytes;
    size_t size = 0;
    for (size_t k = 0; k < COUNT; k++)
        numbers[k] = (char)(k * 7 + k / 256);
    EXPECT(file_write(path.path, numbers, COUNT, &failure), "%s", failure.sentence);
    bytes = file_read(path.path, COUNT, &size, &failure);
    EXPECT(bytes && size == COUNT && !memcmp(bytes, numbers, COUNT), "%zu bytes", size);
    free(bytes);
    mkfifo(pipe.path, 0600);
    const pid_t writer = fork();
    if (!writer) {
        FILE *file = fopen(pipe.path, "wb");
        fwrite(numbers, 1, COUNT, file);
        fclose(file);
        _exit(0);
    }
    bytes = file_read(pipe.path, COUNT, &size, &failure);
    EXPECT(bytes && size == COUNT && !memcmp(bytes, numbers, COUNT), "%zu bytes", size);
    free(bytes);
    free(numbers);
    waitpid(writer, NULL, 0);
    /* Nobody writes to it now: one that waited for them would never end. */
    EXPECT(!file_read_regular(pipe.path, COUNT, &size, &failure) && says("not a regular file"),
           "%s", failure.sentence);
    EXPECT(!file_read_regular(folder.path, COUNT, &size, &failure) && says("not a regular file"),
           "%s", failure.sentence);
    folder_files(&folder, 1);
}

static void check_secret(const char *path)
{
    size_t size;
    EXPECT(!file_read(path, 100, &size, &failure) && says("cannot be read: Permission denied"),
           "%s", failure.sentence);
}

static void check_unreadable(void)
{
    const struct folder_file none = in_folder("none"), secret = make("secret", "x", 0);
    size_t size;
    EXPECT(!file_read(none.path, 100, &size, &failure) && says("cannot be read: No such file"),
           "%s", failure.sentence);
    EXPECT(!file_read(folder.path, 100, &size, &failure) && says("cannot be read: Is a directory"),
           "%s", failure.sentence);
    without_rights(check_secret, secret.path);
    folder_files(&folder, 1);
}

/* ---- Writing ---- */

static void check_regular(void)
{
    const struct folder_file path = in_folder("file");
    EXPECT(write_text(path.path, "one") && holds(path.path, "one"), "%s", failure.sentence);
    const struct stat first = look(path.path);
    EXPECT(write_text(path.path, "one") && look(path.path).st_ino == first.st_ino,
           "a file that holds the bytes already is written again");
    struct file_output output;
    EXPECT(file_begin(&output, path.path, &failure) && fputs("one", output.stream) >= 0 &&
               file_end_changed(&output, &failure) && look(path.path).st_ino == first.st_ino,
           "a file that holds the bytes already is written again");
    EXPECT(file_begin(&output, path.path, &failure) && fputs("on", output.stream) >= 0 &&
               file_end_changed(&output, &failure) && holds(path.path, "on"),
           "%s", failure.sentence);
    EXPECT(write_text(path.path, "one"), "%s", failure.sentence);
    chmod(path.path, 0640);
    if (geteuid() == 0 && chown(path.path, 12, 34))
        perror(path.path);
    const struct stat before = look(path.path);
    EXPECT(write_text(path.path, "two") && holds(path.path, "two"), "%s", failure.sentence);
    const struct stat after = look(path.path);
    EXPECT(after.st_mode == before.st_mode && after.st_uid == before.st_uid &&
               after.st_gid == before.st_gid,
           "mode %o, owner %u:%u", after.st_mode, after.st_uid, after.st_gid);
    EXPECT(folder_files(&folder, 1) == 1, "something is left beside it");
}

/* Not before the end, and not at all where it is given up; the last word is durable. */
static void check_steps(void)
{
    const struct folder_file path = make("steps", "old", 0644);
    struct file_output output;
    for (int durable = 0; durable < 2; durable++) {
        EXPECT(file_begin(&output, path.path, &failure), "%s", failure.sentence);
        fputs("new", output.stream);
        fflush(output.stream);
        EXPECT(holds(path.path, "old") && folder_files(&folder, 0) == 2, "written in place");
        file_abandon(&output);
        EXPECT(holds(path.path, "old") && folder_files(&folder, 0) == 1, "not given up");
        EXPECT(file_begin(&output, path.path, &failure), "%s", failure.sentence);
        fputs("new", output.stream);
        EXPECT(file_end(&output, durable, &failure) && holds(path.path, "new"), "%s",
               failure.sentence);
        EXPECT(folder_files(&folder, 0) == 1 && write_text(path.path, "old"), "a part is left");
    }
    EXPECT(file_try(path.path, &failure) && holds(path.path, "old"), "%s", failure.sentence);
    EXPECT(file_try(NULL, &failure), "no file is none that cannot be written");
    EXPECT(folder_files(&folder, 1) == 1, "something is left beside it");
}

static void check_links(void)
{
    const struct folder_file target = make("target", "old", 0600), near = in_folder("near"),
                             far = in_folder("far"), dangling = in_folder("dangling"),
                             there = in_folder("there"), loop = in_folder("loop");
    if (symlink("target", near.path) || symlink(near.path, far.path) ||
        symlink("there", dangling.path) || symlink("loop", loop.path))
        perror(near.path);
    EXPECT(write_text(far.path, "new") && holds(target.path, "new"), "%s", failure.sentence);
    EXPECT(S_ISLNK(look(far.path).st_mode) && S_ISLNK(look(near.path).st_mode) &&
               (look(target.path).st_mode & 0777) == 0600,
           "a link or a mode is gone");
    EXPECT(write_text(dangling.path, "new") && holds(there.path, "new") &&
               S_ISLNK(look(dangling.path).st_mode),
           "%s", failure.sentence);
    EXPECT(!write_text(loop.path, "new") && says("could not be written: Too many levels") &&
               S_ISLNK(look(loop.path).st_mode),
           "%s", failure.sentence);
    EXPECT(folder_files(&folder, 1) == 6, "something is left beside them");
}

static void check_pipe(void)
{
    const struct folder_file pipe = in_folder("pipe"), copy = in_folder("copy");
    mkfifo(pipe.path, 0600);
    EXPECT(file_try(pipe.path, &failure), "%s", failure.sentence); /* and waits for nobody */
    const pid_t reader = fork();
    if (!reader) {
        size_t size = 0;
        char *bytes = file_read(pipe.path, 100, &size, &failure);
        _exit(!bytes || !file_write(copy.path, bytes, size, &failure));
    }
    EXPECT(write_text(pipe.path, "through"), "%s", failure.sentence);
    waitpid(reader, NULL, 0);
    EXPECT(holds(copy.path, "through") && S_ISFIFO(look(pipe.path).st_mode),
           "the pipe is gone, or what went through it");
    folder_files(&folder, 1);
}

/* A node like /dev/null, then one like /dev/full. */
static void check_devices(void)
{
    const struct folder_file null = in_folder("null"), full = in_folder("full");
    enum { MEMORY = 1, NULL_DEVICE = 3, FULL_DEVICE = 7 };
    FILE *file = NULL;
    if (mknod(null.path, S_IFCHR | 0666, makedev(MEMORY, NULL_DEVICE)) ||
        mknod(full.path, S_IFCHR | 0666, makedev(MEMORY, FULL_DEVICE)) ||
        !(file = fopen(null.path, "wb"))) {
        printf("test_files: SKIPPED: devices cannot be made here\n");
        skipped++;
    } else {
        EXPECT(write_text(null.path, "gone"), "%s", failure.sentence);
        EXPECT(file_try(null.path, &failure), "%s", failure.sentence);
        EXPECT(!write_text(full.path, "too much") &&
                   says("full could not be written: No space left on device"),
               "%s", failure.sentence);
        EXPECT(S_ISCHR(look(null.path).st_mode) && S_ISCHR(look(full.path).st_mode) &&
                   look(null.path).st_rdev == makedev(MEMORY, NULL_DEVICE),
               "a device is gone");
        EXPECT(folder_files(&folder, 0) == 2, "something is left beside them");
    }
    if (file)
        fclose(file);
    folder_files(&folder, 1);
}

/* A disk that is full, as far as this process is concerned: within a write, and at its end. */
/* Begins to write a file and waits to be killed; what it has written so far is there. */
static pid_t begin_elsewhere(const char *path)
{
    int ready[2];
    char byte;
    if (pipe(ready))
        abort();
    const pid_t process = fork();
    if (process == 0) {
        struct file_output output;
        if (!file_begin(&output, path, &failure) || fputs("half", output.stream) < 0 ||
            fflush(output.stream) || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    EXPECT(read(ready[0], &byte, 1) == 1, "the other process does not write");
    close(ready[0]);
    return process;
}

static void end_elsewhere(pid_t process)
{
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
}

/* What a killed process left goes with the next writing; what one writes that lives does not, nor
 * what somebody else has called nearly so. */
static void check_killed(void)
{
    folder_files(&folder, 1);
    const struct folder_file path = make("kept", "old", 0644);
    make("kept.part.1", "mine", 0644);
    make("kept.weir-.part", "mine", 0644);
    make("kept.weir-1.parts", "mine", 0644);
    make("other.weir-1.part", "mine", 0644);
    const pid_t killed = begin_elsewhere(path.path), living = begin_elsewhere(path.path);
    EXPECT(folder_files(&folder, 0) == 7, "%zu files", folder_files(&folder, 0));
    EXPECT(write_text(path.path, "new") && holds(path.path, "new"), "%s", failure.sentence);
    EXPECT(folder_files(&folder, 0) == 7, "%zu files", folder_files(&folder, 0));
    end_elsewhere(killed);
    EXPECT(write_text(path.path, "newer") && holds(path.path, "newer"), "%s", failure.sentence);
    EXPECT(folder_files(&folder, 0) == 6, "%zu files", folder_files(&folder, 0));
    end_elsewhere(living);
    EXPECT(file_try(path.path, &failure), "%s", failure.sentence);
    EXPECT(folder_files(&folder, 0) == 5, "%zu files", folder_files(&folder, 0));
    EXPECT(holds(path.path, "newer"), "another file");
    folder_files(&folder, 1);
}

static void check_full_disk(void)
{
    enum { LIMIT = 1000 };
    static char much[1 << 20];
    const struct folder_file path = make("full", "old", 0644);
    struct rlimit before, limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = LIMIT;
    setrlimit(RLIMIT_FSIZE, &limit);
    for (size_t size = LIMIT + 1; size <= sizeof much; size *= 2)
        EXPECT(!file_write(path.path, much, size, &failure) && says("File too large"), "%zu: %s",
               size, failure.sentence);
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT(holds(path.path, "old") && folder_files(&folder, 1) == 1,
           "the old file is gone, or half a new one is left");
}

static void check_guarded(const char *path)
{
    EXPECT(!write_text(path, "new") && says("could not be written: Permission denied"), "%s",
           failure.sentence);
    EXPECT(!file_try(path, &failure) && says("Permission denied"), "%s", failure.sentence);
}

static void check_unwritable(void)
{
    const struct folder_file guarded = make("guarded", "old", 0444), none = in_folder("no/where");
    EXPECT(!write_text(none.path, "new") && says("could not be written: No such file"), "%s",
           failure.sentence);
    EXPECT(!write_text(folder.path, "new") && says("could not be written: Is a directory"), "%s",
           failure.sentence);
    chmod(folder.path, 0777); /* so that only the file itself is in the way */
    without_rights(check_guarded, guarded.path);
    chmod(folder.path, 0700);
    EXPECT(holds(guarded.path, "old") && folder_files(&folder, 1) == 1,
           "the file is another, or something is left beside it");
}

/* ---- Sentences ---- */

static void check_quotes(void)
{
    char name[1000];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    EXPECT(!strcmp(quote("gate \xc3\xa9").text, "gate \xc3\xa9"), "%s",
           quote("gate \xc3\xa9").text);
    EXPECT(!strcmp(quote("a\nb\x1b[2J\x7f").text, "a?b?[2J?"), "%s", quote("a\nb\x1b[2J\x7f").text);
    const struct quoted quoted = quote(name);
    EXPECT(strlen(quoted.text) < sizeof quoted.text && strstr(quoted.text, "aaa..."), "%s",
           quoted.text);
}

int main(void)
{
    alarm(60); /* nothing here waits for anybody */
    folder_create(&folder);
    check_limits();
    check_large();
    check_unreadable();
    check_regular();
    check_steps();
    check_links();
    check_pipe();
    check_devices();
    check_killed();
    check_full_disk();
    check_unwritable();
    check_quotes();
    folder_destroy(&folder);
    const int verdict = expect_verdict("test_files");
    return verdict == EXIT_SUCCESS && skipped ? 77 : verdict;
}
