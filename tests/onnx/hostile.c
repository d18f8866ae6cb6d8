/* SPDX-License-Identifier: MIT */
/* hostile WEIR_RUN WEIR_GEN FOLDER: files that mean harm, or are broken. weir-run must end each
 * with status 2 and one sentence, which names what is wrong; neither it nor weir-gen may take more
 * memory than 8 times the file's size and 64 MB; and the importer, given a valid model cut off
 * anywhere and with any bit flipped, must end with a model or a sentence. */
#define _GNU_SOURCE
#include "onnx/hostile.h"
#include "onnx/started.h"
#include "support/inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLIPS = 4000, STATUS_BAD = 2 };

/* The programs, and where the files are put. */
struct place {
    char *weir_run, *weir_gen, *folder;
};

/* Looking at it and deploying it may go well; but not take much. */
static bool check_others(const struct place *place, const char *name, char *path, size_t size)
{
    char out[4096];
    snprintf(out, sizeof out, "%s/out", place->folder);
    char *const inspect[] = {place->weir_run, path, "--inspect", NULL};
    char *const deploy[] = {place->weir_gen, "--model", path,    "--isa", "scalar",
                            "--name",        "net",     "--out", out,     NULL};
    char *const *const commands[] = {inspect, deploy};
    bool right = true;
    for (size_t i = 0; i < 2; i++) {
        const struct started started = started_run(commands[i]);
        if ((started.status && started.status != STATUS_BAD) ||
            started.memory > started_most(size)) {
            fprintf(stderr, "%s %s: status %d, %zu bytes of memory for a file of %zu: %s\n",
                    commands[i][0], name, started.status, started.memory, size, started.said);
            right = false;
        }
    }
    return right;
}

static bool check_case(const struct place *place, const struct hostile *hostile,
                       unsigned char *bytes, size_t size)
{
    char path[4096], name[256];
    snprintf(path, sizeof path, "%s/%s.onnx", place->folder, hostile->name);
    snprintf(name, sizeof name, "%s.onnx", hostile->name);
    write_file(place->folder, name, bytes, size);
    free(bytes);
    const struct started started =
        started_run((char *[]){place->weir_run, path, "--plain", "--time", NULL});
    const char *sentence = started.said, *end = strchr(sentence, '\n');
    const bool is_one = end && !end[1] && !strncmp(sentence, "weir-run: ", 10);
    const bool right = started.status == STATUS_BAD && is_one &&
                       strstr(sentence, hostile->sentence) && started.memory <= started_most(size);
    if (!right)
        fprintf(stderr, "%s: status %d, %zu bytes of memory for a file of %zu, and it said: %s",
                hostile->name, started.status, started.memory, size, sentence);
    const bool others = check_others(place, hostile->name, path, size);
    unlink(path);
    return right && others;
}

/* ---- One valid model, damaged ---- */

static size_t load(const unsigned char *bytes, size_t size)
{
    struct failure failure = {""};
    unsigned char *copy = malloc(size + 1); /* so that a sanitizer sees its end */
    memcpy(copy, bytes, size);
    onnx_model *model = onnx_load(copy, size, NULL, &failure);
    if (model)
        onnx_recognise(model);
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
    if (argc < 4) {
        fprintf(stderr, "hostile WEIR_RUN WEIR_GEN FOLDER [CASE]\n");
        return 2;
    }
    struct writer *writer = writer_create();
    size_t failed = 0, count = 0;
    const struct place place = {argv[1], argv[2], argv[3]};
    hostile_prepare(place.folder);
    for (const struct hostile *hostile = hostiles; hostile->name; hostile++)
        if (argc < 5 || !strcmp(argv[4], hostile->name)) {
            size_t size;
            writer_clear(writer, 14);
            unsigned char *bytes = hostile->make(writer, &size);
            failed += !check_case(&place, hostile, bytes, size);
            count++;
        }
    for (const struct hostile_node *node = hostile_nodes; node->op; node++) {
        char name[64];
        const struct hostile hostile = {name, node->sentence, NULL};
        snprintf(name, sizeof name, "%s_%zu", node->op, (size_t)(node - hostile_nodes));
        if (argc < 5 || !strcmp(argv[4], name)) {
            size_t size;
            unsigned char *bytes = hostile_node_make(writer, node, &size);
            failed += !check_case(&place, &hostile, bytes, size);
            count++;
        }
    }
    check_damage(writer);
    writer_free(writer);
    printf("%zu hostile files, %zu not refused as they should be\n", count, failed);
    return failed != 0;
}
