/* SPDX-License-Identifier: MIT */
/* A training's state in a file, beside the model's own: how far it is, what it has seen of this
 * epoch, and the figures of those before; and the options it was made with. See training.h. */
#include "mpi/cluster.h"
#include "stock/training.h"

#include <inttypes.h>
#include <string.h>

enum { TEXTS_MAX = 24, FIGURES = 4, SUMS = 3 };

static const char progress_name[] = "stock/progress", sums_name[] = "stock/sums",
                  history_name[] = "stock/history";

/* ---- What binds a checkpoint ---- */

/* The texts of a file, and room for their values. */
struct bond {
    weir_text texts[TEXTS_MAX];
    char values[TEXTS_MAX][OPTION_VALUE_MAX];
    size_t count;
};

static void bond_add(struct bond *bond, const char *key, const char *value)
{
    if (bond->count == TEXTS_MAX)
        return;
    char *copy = bond->values[bond->count];
    if (copy != value)
        snprintf(copy, OPTION_VALUE_MAX, "%s", value);
    bond->texts[bond->count++] = (weir_text){key, copy};
}

static void bond_make(struct bond *bond, const struct training *training)
{
    char fingerprint[32];
    const char *flag;
    bond->count = 0;
    for (size_t k = 0; (flag = options_binding(training->options, k, bond->values[k])); k++)
        bond_add(bond, flag, bond->values[k]);
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, training->task->fingerprint);
    bond_add(bond, "cell", training->cell);
    bond_add(bond, "the fingerprint of the prices", fingerprint);
}

static bool bond_check(const struct training *training, const weir_tensors *file, const char *path,
                       struct failure *failure)
{
    struct bond bond;
    bond_make(&bond, training);
    for (size_t k = 0; k < bond.count; k++) {
        const char *there = weir_tensors_text(file, bond.texts[k].key);
        if (!there && strcmp(bond.texts[k].key, "--slices") == 0)
            there = "1"; /* a checkpoint from before there were slices */
        if (!there)
            return fail(failure,
                        "%s: does not say what %s it was made with: it is no checkpoint of "
                        "weir-stock with these data",
                        path, bond.texts[k].key);
        if (strcmp(there, bond.texts[k].value) != 0)
            return fail(failure,
                        "%s: %s was %.128s when it was made and is %.128s now; go on with "
                        "the same, or begin another",
                        path, bond.texts[k].key, there, bond.texts[k].value);
    }
    return true;
}

/* ---- Saving ---- */

static bool state_write(const struct training *training, const char *path, struct failure *failure)
{
    struct bond bond;
    bond_make(&bond, training);
    const uint64_t progress[] = {training->epoch, training->step};
    const double sums[SUMS] = {training->loss_sum, training->right, training->seen};
    const weir_tensor tensors[] = {
        {progress_name, WEIR_U64, 1, {2}, progress},
        {sums_name, WEIR_F64, 1, {SUMS}, sums},
        {history_name, WEIR_F64, 2, {training->epoch, FIGURES}, training->history},
    };
    /* There is no history before the end of the first epoch. */
    const size_t count = training->epoch ? 3 : 2;
    weir_error error;
    if (weir_model_save(training->model, path, tensors, count, bond.texts, bond.count, &error))
        return fail(failure, "%s", error.message);
    return true;
}

/* Of a cluster, rank 0 saves what all of them have. */
bool checkpoint_save(const struct training *training, const char *path, struct failure *failure)
{
    const struct cluster *cluster = training->options->cluster;
    const bool is_good = (cluster && cluster->rank) || state_write(training, path, failure);
    return cluster_agree(cluster, is_good, failure);
}

/* ---- Loading ---- */

static bool state_read(struct training *training, const weir_tensors *file, const char *path,
                       struct failure *failure)
{
    weir_error error;
    uint64_t progress[2];
    double sums[SUMS];
    if (weir_tensors_read(file, &(weir_tensor){progress_name, WEIR_U64, 1, {2}, NULL}, progress,
                          &error) ||
        weir_tensors_read(file, &(weir_tensor){sums_name, WEIR_F64, 1, {SUMS}, NULL}, sums, &error))
        return fail(failure, "%s", error.message);
    if (progress[0] > training->options->epochs)
        return fail(failure, "%s: has %" PRIu64 " epochs already; --epochs %" PRIu64 " is too few",
                    path, progress[0], training->options->epochs);
    if (progress[1] > training->task->steps)
        return fail(failure, "%s: is at step %" PRIu64 " of an epoch of %zu; it is damaged", path,
                    progress[1], training->task->steps);
    const weir_tensor history = {history_name, WEIR_F64, 2, {progress[0], FIGURES}, NULL};
    if (progress[0] && weir_tensors_read(file, &history, training->history, &error))
        return fail(failure, "%s", error.message);
    training->epoch = progress[0];
    training->step = progress[1];
    training->loss_sum = sums[0];
    training->right = sums[1];
    training->seen = sums[2];
    return true;
}

static bool state_load(struct training *training, const char *path, struct failure *failure)
{
    weir_tensors *file;
    weir_error error;
    if (weir_tensors_open(&file, path, &error))
        return fail(failure, "%s", error.message);
    bool good =
        bond_check(training, file, path, failure) && state_read(training, file, path, failure);
    if (good && weir_model_load(training->model, file, &error))
        good = fail(failure, "%s", error.message);
    weir_tensors_close(file);
    return good;
}

bool checkpoint_take_up(struct training *training, const char *path, bool *is_there,
                        struct failure *failure)
{
    const struct cluster *cluster = training->options->cluster;
    struct cluster_file file;
    *is_there = false;
    if (!cluster_file(&file, cluster, path, failure))
        return false;
    bool is_good = true;
    *is_there = file.is_there;
    if (file.is_there && !training->options->resume)
        is_good = fail(failure, "%s exists: go on from it with --resume, or remove it", path);
    else if (file.is_there)
        is_good = state_load(training, *file.path ? file.path : path, failure);
    cluster_file_close(&file);
    return cluster_agree(cluster, is_good, failure);
}
