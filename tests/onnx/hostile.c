/* SPDX-License-Identifier: MIT */
/* hostile WEIR_RUN FOLDER: files that mean harm, or are broken. weir-run must end each with status
 * 2 and one sentence, which names what is wrong, and take no more memory than onnx.h states; the
 * importer, given a valid model cut off anywhere and with any bit flipped, must end with a model or
 * a sentence. */
#define _GNU_SOURCE
#include "onnx/hostile.h"
#include "support/inputs.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SENTENCE_SIZE = 4096, FLIPS = 4000, STATUS_BAD = 2 };

#if defined(__SANITIZE_ADDRESS__)
enum { RUNTIME_MEMORY = 512 << 20 }; /* of the program itself, with shadow memory */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { RUNTIME_MEMORY = 512 << 20 };
#else
enum { RUNTIME_MEMORY = 32 << 20 };
#endif
#else
enum { RUNTIME_MEMORY = 32 << 20 };
#endif

extern char **environ;

/* Runs weir-run on a file; what it said, and the largest memory it had. */
static int run(const char *weir_run, const char *path, char sentence[SENTENCE_SIZE], size_t *memory)
{
    int ends[2], status = -1;
    pid_t process;
    struct rusage usage = {0};
    posix_spawn_file_actions_t actions;
    char *const words[] = {(char *)weir_run, (char *)path, "--time", NULL};
    if (pipe(ends))
        abort();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    const bool started = !posix_spawn(&process, weir_run, &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; length < SENTENCE_SIZE - 1 &&
                      (got = read(ends[0], sentence + length, SENTENCE_SIZE - 1 - length)) > 0;)
        length += (size_t)got;
    sentence[length] = 0;
    close(ends[0]);
    if (!started || wait4(process, &status, 0, &usage) < 0)
        abort();
    *memory = (size_t)usage.ru_maxrss << 10;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool check_case(const char *weir_run, const char *folder, const struct hostile *hostile,
                       unsigned char *bytes, size_t size)
{
    char path[4096], name[256], sentence[SENTENCE_SIZE];
    size_t memory;
    snprintf(path, sizeof path, "%s/%s.onnx", folder, hostile->name);
    snprintf(name, sizeof name, "%s.onnx", hostile->name);
    write_file(folder, name, bytes, size);
    free(bytes);
    const int status = run(weir_run, path, sentence, &memory);
    const char *end = strchr(sentence, '\n');
    const bool is_one = end && !end[1] && !strncmp(sentence, "weir-run: ", 10);
    const size_t most = size * (1 + ONNX_MEMORY_TIMES) + ONNX_MEMORY_MORE + RUNTIME_MEMORY;
    const bool right =
        status == STATUS_BAD && is_one && strstr(sentence, hostile->sentence) && memory <= most;
    if (!right)
        fprintf(stderr, "%s: status %d, %zu bytes of memory for a file of %zu, and it said: %s",
                hostile->name, status, memory, size, sentence);
    unlink(path);
    return right;
}

/* ---- One valid model, damaged ---- */

/* A sentence, and nothing in it that a terminal would obey. */
static bool is_sentence(const char *sentence)
{
    const char *c = sentence;
    while ((unsigned char)*c >= ' ' && *c != 0x7f)
        c++;
    return *sentence && !*c;
}

static size_t load(const unsigned char *bytes, size_t size)
{
    struct failure failure = {""};
    unsigned char *copy = malloc(size + 1); /* so that a sanitizer sees its end */
    memcpy(copy, bytes, size);
    onnx_model *model = onnx_load(copy, size, NULL, &failure);
    if (!model && !is_sentence(failure.sentence)) {
        fprintf(stderr, "a damaged model was refused without a sentence\n");
        exit(1);
    }
    const bool loaded = model != NULL;
    onnx_free(model);
    free(copy);
    return loaded;
}

static void check_damage(struct writer *writer)
{
    struct random random = {1};
    size_t size, loaded = 0;
    writer_clear(writer, 14);
    unsigned char *bytes = hostile_valid(writer, &size);
    if (!load(bytes, size)) {
        fprintf(stderr, "the valid model is refused\n");
        exit(1);
    }
    for (size_t cut = 0; cut < size; cut++)
        loaded += load(bytes, cut);
    unsigned char *whole = memcpy(malloc(size), bytes, size);
    for (size_t k = 0; k < FLIPS; k++) { /* one bit, then another one, then a third */
        const size_t bit = random_below(&random, 8 * size);
        if (k % 3 == 0)
            memcpy(bytes, whole, size);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        loaded += load(bytes, size);
    }
    free(whole);
    printf("%zu damaged models: %zu are models still\n", size + FLIPS, loaded);
    free(bytes);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "hostile WEIR_RUN FOLDER [CASE]\n");
        return 2;
    }
    struct writer *writer = writer_create();
    size_t failed = 0, count = 0;
    hostile_prepare(argv[2]);
    for (const struct hostile *hostile = hostiles; hostile->name; hostile++)
        if (argc < 4 || !strcmp(argv[3], hostile->name)) {
            size_t size;
            writer_clear(writer, 14);
            unsigned char *bytes = hostile->make(writer, &size);
            failed += !check_case(argv[1], argv[2], hostile, bytes, size);
            count++;
        }
    for (const struct hostile_node *node = hostile_nodes; node->op; node++) {
        char name[64];
        const struct hostile hostile = {name, node->sentence, NULL};
        snprintf(name, sizeof name, "%s_%zu", node->op, (size_t)(node - hostile_nodes));
        if (argc < 4 || !strcmp(argv[3], name)) {
            size_t size;
            unsigned char *bytes = hostile_node_make(writer, node, &size);
            failed += !check_case(argv[1], argv[2], &hostile, bytes, size);
            count++;
        }
    }
    check_damage(writer);
    writer_free(writer);
    printf("%zu hostile files, %zu not refused as they should be\n", count, failed);
    return failed != 0;
}
