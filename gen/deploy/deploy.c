/* SPDX-License-Identifier: MIT */
/* From a model to a directory: the files of its kernels, and those around them. */
#include "deploy/deployment.h"

#include "common/files.h"
#include "common/text.h"
#include "emit/emit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Files that a directory gets a copy of: the templates and headers of kernels/. */
static const struct {
    const char *name, *text;
} shipped[] = {
#define WEIR_SHIPPED(name, text) {name, text},
#include "shipped.inc"
#undef WEIR_SHIPPED
};

static const char *shipped_text(const char *name)
{
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        if (!strcmp(shipped[i].name, name))
            return shipped[i].text;
    abort();
}

bool deploy_ships(const char *name)
{
    const size_t length = strlen(name);
    bool ships = false;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        ships |= !strncmp(shipped[i].name, name, length) && !strcmp(shipped[i].name + length, ".h");
    return ships;
}

void deploy_add(const struct deployment *d, struct text *out, const char *text)
{
    while (*text) {
        const char *lower = strstr(text, "alone"), *upper = strstr(text, "ALONE");
        const char *next = !upper || (lower && lower < upper) ? lower : upper;
        text_add(out, "%.*s", (int)(next ? (size_t)(next - text) : strlen(text)), text);
        if (!next)
            return;
        text_add(out, "%s", next == lower ? d->model->name : d->upper);
        text = next + strlen("alone");
    }
}

/* ---- Writing it ---- */

/* Writes a file, whose text is freed, to a directory. */
static bool write_file(const char *directory, const char *prefix, const char *name,
                       struct text *text, struct failure *failure)
{
    char *path = text_format("%s/%s%s", directory, prefix, name);
    const bool written = file_write(path, text->chars, text->length, failure);
    text_free(text);
    free(path);
    return written;
}

static bool write_kernels(struct deployment *d, const char *directory, struct failure *failure)
{
    bool written = true;
    for (size_t i = 0; i < WEIR_ISA_COUNT && written; i++) {
        if (!d->model->isas[i])
            continue;
        struct text header = {0},
                    kernels = emit_alone(d->parts[i], d->kernel_count, d->model->name);
        char *name = text_format("_%s.c", isas[i].name);
        text_add(&header, "%s", shipped_text(isas[i].header));
        written = write_file(directory, d->model->name, name, &kernels, failure) &&
                  write_file(directory, "", isas[i].header, &header, failure);
        text_free(&header);
        free(name);
    }
    return written;
}

enum { TEST_FILE };

/* One row a file: its name (after the model's where it begins with _ or .), what writes it. */
static const struct {
    const char *name;
    const char *shipped;
    void (*write)(const struct deployment *d, struct text *out);
} files[] = {
    [TEST_FILE] = {"_test.c", NULL, NULL}, /* deploy_test, which may fail */
    {"kernel.h", "kernel.h", NULL},          {"cpu_features.h", "cpu_features.h", NULL},
    {"packing.h", "packing.h", NULL},        {"_internal.h", "alone_internal.h", NULL},
    {"_model.h", NULL, deploy_model_tables}, {".h", NULL, deploy_header},
    {".c", "alone.c", deploy_entry},         {"CMakeLists.txt", NULL, deploy_cmake},
    {"README.md", NULL, deploy_readme},
};

enum { FILE_COUNT = sizeof files / sizeof *files };

/* The files' texts, all of them before any is written: a model may still be refused here. */
static bool make_texts(const struct deployment *d, struct text texts[FILE_COUNT],
                       struct failure *failure)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        if (files[i].shipped && !strncmp(files[i].shipped, "alone", strlen("alone")))
            deploy_add(d, &texts[i], shipped_text(files[i].shipped));
        else if (files[i].shipped)
            text_add(&texts[i], "%s", shipped_text(files[i].shipped));
        if (files[i].write)
            files[i].write(d, &texts[i]);
    }
    return deploy_test(d, &texts[TEST_FILE], failure);
}

static bool write_weights(const struct deployment *d, const char *directory,
                          struct failure *failure)
{
    struct text weights = {0};
    if (!d->model->weights_file) {
        deploy_weights_c(d, &weights);
        return write_file(directory, d->model->name, "_weights.c", &weights, failure);
    }
    deploy_weights_file(d, &weights);
    const bool written = file_write(d->model->weights_file, weights.chars, weights.length, failure);
    text_free(&weights);
    return written;
}

static bool write_all(struct deployment *d, const char *directory, struct text texts[FILE_COUNT],
                      struct failure *failure)
{
    if (mkdir(directory, 0777) && errno != EEXIST)
        return fail(failure, "--out %.1000s cannot be made: %s", directory, strerror(errno));
    bool written = true;
    for (size_t i = 0; i < FILE_COUNT && written; i++)
        written =
            write_file(directory, isalpha((unsigned char)files[i].name[0]) ? "" : d->model->name,
                       files[i].name, &texts[i], failure);
    return written && write_weights(d, directory, failure) &&
           write_kernels(d, directory, failure); /* last: it renames programs */
}

bool deploy_write(const struct deploy_model *model, const char *directory, struct failure *failure)
{
    struct text texts[FILE_COUNT] = {0};
    struct deployment *d = deployment_create(model, failure);
    const bool written =
        d && make_texts(d, texts, failure) && write_all(d, directory, texts, failure);
    for (size_t i = 0; i < FILE_COUNT; i++)
        text_free(&texts[i]);
    deployment_free(d);
    return written;
}
