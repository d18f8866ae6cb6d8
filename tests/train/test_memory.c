/* SPDX-License-Identifier: MIT */
/* A step of training and a forward run allocate nothing; whatever allocates survives the failure of
 * each of its allocations with a sentence, and leaks nothing. Under a sanitizer (see
 * allocations.h) this is skipped aloud. */
#define _GNU_SOURCE
#include <errno.h>

#include "api/allocations.h"
#include "support/folder.h"
#include "train/toy_model.h"

#ifdef HAS_SANITIZER

int main(void)
{
    enum { SKIPPED = 77 };
    printf("test_memory: SKIPPED: a sanitizer has taken malloc's place\n");
    return SKIPPED;
}

#else

/* ---- What allocates ---- */

static struct folder folder;
static struct folder_file path;
static struct toy_config toy;
static weir_model *trained; /* that of the file */

static const struct toy_kind kind = {
    "memory",
    2,
    {{.H = 4, .bidirectional = true, .sequences = true, .dropout = 0.3f}, {.H = 3}},
    WEIR_LOSS_BCE};

static weir_status make_model(weir_error *error)
{
    weir_model *model;
    const weir_status status = weir_model_create(&model, &toy.config, error);
    EXPECT(!model == (status != WEIR_OK), "status %d with and without a model", status);
    weir_model_destroy(model);
    return status;
}

static weir_status save(weir_error *error)
{
    const weir_text text = {"key", "value"};
    return weir_model_save(trained, path.path, NULL, 0, &text, 1, error);
}

static weir_status open_file(weir_error *error)
{
    weir_tensors *file;
    const weir_status status = weir_tensors_open(&file, path.path, error);
    EXPECT(!file == (status != WEIR_OK), "status %d with and without a file", status);
    weir_tensors_close(file);
    return status;
}

static weir_status load(weir_error *error)
{
    weir_tensors *file;
    weir_status status = weir_tensors_open(&file, path.path, error);
    if (!status)
        status = weir_model_load(trained, file, error);
    weir_tensors_close(file);
    return status;
}

/* ---- The checks ---- */

/* Where the C library may do without: it does, for a file's buffer, and for room to sort in. */
static void check_failing(const char *what, weir_status (*work)(weir_error *), bool may_do_without)
{
    size_t failed = 0;
    bool has_failed;
    do {
        weir_error error = {0};
        const size_t held = allocations - frees;
        fail_at = allocations + ++failed;
        const weir_status status = work(&error);
        has_failed = allocations >= fail_at;
        fail_at = 0;
        const size_t length = strlen(error.message);
        EXPECT(status == WEIR_OK || (has_failed && length && error.message[length - 1] == '.'),
               "%s, allocation %zu: status %d: %s", what, failed, status, error.message);
        EXPECT(!has_failed || status != WEIR_OK || may_do_without,
               "%s, allocation %zu: nobody said so", what, failed);
        /* The one that failed was counted too. */
        EXPECT(allocations - frees == held + has_failed, "%s, allocation %zu: %zu leaks", what,
               failed, allocations - frees - held - has_failed);
    } while (has_failed && failed < 2000);
    EXPECT(failed > 5 && failed < 2000, "%s: %zu allocations in all", what, failed);
}

static void check_quiet(void)
{
    struct toy_batch batch;
    float outputs[TOY_B * TOY_OUTPUTS];
    double loss;
    toy_batch_set(&batch, 1);
    const size_t before = allocations + frees;
    weir_model_train(trained, &batch.batch, &loss, NULL);
    weir_model_forward(trained, &batch.batch, outputs, NULL);
    weir_model_changed(trained);
    EXPECT(allocations + frees == before, "%zu calls of malloc and friends in a step",
           allocations + frees - before);
}

int main(int argc, char **argv)
{
    folder_create(&folder);
    path = folder_file(&folder, "model");
    for (int k = 1; k < argc; k++) {
        if (!toy_has_cell(argv[k]) || !toy_has_cell("dense"))
            continue;
        toy_config_set(&toy, &kind, argv[k]);
        toy.config.clip = 1;
        trained = toy_model(&toy.config);
        check_quiet();
        EXPECT(save(NULL) == WEIR_OK, "saving");
        check_failing("create", make_model, false);
        check_failing("open", open_file, true);
        check_failing("load", load, true);
        check_failing("save", save, true);
        EXPECT(open_file(NULL) == WEIR_OK && folder_files(&folder, 0) == 1, "half a file is left");
        weir_model_destroy(trained);
    }
    folder_destroy(&folder);
    return expect_verdict("test_memory");
}

#endif
