/* SPDX-License-Identifier: MIT */
/* weir-stock: trains one cell after another on one task and says what came out. The order of the
 * work is here, and what a signal does to it. */
#define _GNU_SOURCE
#include "common/ending.h"
#include "common/files.h"
#include "common/text.h"
#include "mpi/cluster.h"
#include "stock/outcome.h"
#include "stock/ranks.h"
#include "stock/summary.h"

#include <stdlib.h>
#include <string.h>

enum { STATUS_FAILED = 1, STATUS_WRONG = 2, STATUS_STOPPED = 130 };

/* Of a cluster, one rank has a sentence. */
static int complain(const struct failure *failure, int status)
{
    fflush(stdout);
    if (*failure->sentence)
        fprintf(stderr, "weir-stock: %s\n", failure->sentence);
    return status;
}

/* A file's name for one cell of several: a/b.c becomes a/b-lstm.c. The caller frees it; NULL stands
 * for no file. */
static char *path_for(const char *path, const struct options *options, const char *cell)
{
    if (!path)
        return NULL;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    const int stem = (int)(dot && dot > name ? dot - path : (ptrdiff_t)strlen(path));
    const bool one = options->cell_count == 1;
    return text_format("%.*s%s%s%s", stem, path, one ? "" : "-", one ? "" : cell, path + stem);
}

/* Weights, and the options that led to them: nothing of where and when. */
static bool weights_write(const struct training *training, const char *path,
                          struct failure *failure)
{
    enum { TEXTS = 24 };
    size_t count, texts = 0;
    const weir_parameter *parameters = weir_model_parameters(training->model, &count);
    weir_tensor *tensors = calloc(count, sizeof *tensors);
    char values[TEXTS][OPTION_VALUE_MAX];
    weir_text text[TEXTS];
    const char *flag;
    weir_error error = {WEIR_NO_MEMORY, "not enough memory to write weights"};
    for (size_t k = 0; tensors && k < count; k++)
        tensors[k] = (weir_tensor){parameters[k].name,
                                   WEIR_F32,
                                   2,
                                   {parameters[k].rows, parameters[k].cols},
                                   parameters[k].values};
    while (texts + 1 < TEXTS && (flag = options_binding(training->options, texts, values[texts]))) {
        text[texts] = (weir_text){flag, values[texts]};
        texts++;
    }
    text[texts++] = (weir_text){"cell", training->cell};
    const bool good =
        tensors && weir_tensors_write(path, tensors, count, text, texts, &error) == WEIR_OK;
    free(tensors);
    return good || fail(failure, "%s", error.message);
}

/* What one cell writes. */
struct paths {
    char *checkpoint, *weights, *predictions;
};

static int cell_finish(struct training *training, const struct paths *paths,
                       struct outcome *outcome)
{
    struct failure failure;
    if (!outcome_make(outcome, training, paths->predictions, &failure))
        return complain(&failure, STATUS_FAILED);
    outcome_print(stdout, outcome, training->task);
    if (paths->predictions)
        printf("Written: %s\n", paths->predictions);
    if (paths->weights && !weights_write(training, paths->weights, &failure))
        return complain(&failure, STATUS_FAILED);
    if (paths->weights)
        printf("Written: %s\n", paths->weights);
    putchar('\n');
    return 0;
}

/* Takes up a checkpoint where there is one and that is wanted; or makes the first, which shows at
 * once whether it can be written. */
static bool cell_resume(struct training *training, const char *checkpoint, struct failure *failure)
{
    if (!checkpoint)
        return true;
    bool is_there;
    if (!checkpoint_take_up(training, checkpoint, &is_there, failure))
        return false;
    if (!is_there)
        return checkpoint_save(training, checkpoint, failure);
    printf("Goes on from %s: %zu epochs and %zu steps are done.\n", checkpoint,
           (size_t)training->epoch, (size_t)training->step);
    return true;
}

static int cell_train(struct training *training, const struct paths *paths, struct outcome *outcome)
{
    struct failure failure;
    const struct cluster *cluster = training->options->cluster;
    if (!cell_resume(training, paths->checkpoint, &failure))
        return complain(&failure, STATUS_WRONG);
    fflush(stdout);
    const enum training_end end = training_run(
        training, paths->checkpoint, cluster ? &cluster->agreed : &end_asked, stdout, &failure);
    if (end == TRAINING_DONE)
        return cell_finish(training, paths, outcome);
    if (end == TRAINING_STOPPED)
        fail(&failure,
             paths->checkpoint ? "stopped; the same command with --resume goes on from %s"
                               : "stopped; nothing was saved, without --checkpoint%s",
             paths->checkpoint ? paths->checkpoint : "");
    cluster_agree(cluster, false, &failure);
    return complain(&failure, end == TRAINING_STOPPED ? STATUS_STOPPED : STATUS_FAILED);
}

static int cell_run(const struct options *options, const struct task *task, const char *cell,
                    weir_pool *pool, struct outcome *outcome)
{
    struct failure failure;
    struct training training;
    const struct paths paths = {path_for(options->checkpoint, options, cell),
                                path_for(options->weights, options, cell),
                                path_for(options->predictions, options, cell)};
    int status = STATUS_WRONG;
    const bool is_made = file_try(paths.weights, &failure) &&
                         file_try(paths.predictions, &failure) &&
                         summary_print(stdout, options, cell, &failure) &&
                         training_create(&training, options, task, cell, pool, &failure);
    if (!cluster_agree(options->cluster, is_made, &failure))
        complain(&failure, status);
    else
        status = cell_train(&training, &paths, outcome);
    if (is_made)
        training_destroy(&training);
    free(paths.checkpoint);
    free(paths.weights);
    free(paths.predictions);
    return status;
}

static int all_run(const struct options *options, const struct task *task, weir_pool *pool,
                   int argc, char **argv)
{
    struct outcome outcomes[CELLS_MAX] = {0};
    struct failure failure;
    int status = 0;
    const bool are_good = file_try(options->plot, &failure) && file_try(options->report, &failure);
    if (!cluster_agree(options->cluster, are_good, &failure))
        return complain(&failure, STATUS_WRONG);
    for (size_t c = 0; c < options->cell_count && !status; c++) {
        status = cell_run(options, task, options->cells[c], pool, &outcomes[c]);
        failure.sentence[0] = 0; /* it has been said */
        if (!cluster_agree(options->cluster, !status, &failure) && !status)
            status = STATUS_FAILED;
    }
    if (!status && options->plot &&
        !outcomes_plot(outcomes, options->cell_count, options, task, &failure))
        status = complain(&failure, STATUS_FAILED);
    if (!status && options->report &&
        !outcomes_report(outcomes, options->cell_count, options, task, argc, argv, &failure))
        status = complain(&failure, STATUS_FAILED);
    else if (!status && options->report)
        printf("Written: %s\n", options->report);
    for (size_t c = 0; c < options->cell_count; c++)
        outcome_destroy(&outcomes[c]);
    return status;
}

/* With the task, and threads. */
static int work(struct options *options, const struct task *task, int argc, char **argv)
{
    struct failure failure;
    weir_pool *pool = NULL;
    weir_error error;
    int status = STATUS_WRONG;
    const bool is_made = options->threads == 1 ||
                         !weir_pool_create(&pool, options->threads, &error) ||
                         fail(&failure, "%s", error.message);
    if (!cluster_agree(options->cluster, is_made, &failure)) {
        complain(&failure, status);
    } else {
        options->threads = weir_pool_threads(pool);
        status = all_run(options, task, pool, argc, argv);
    }
    if (pool)
        weir_pool_destroy(pool);
    return status;
}

/* Does what is asked for; the exit status. */
static int run(struct options *options, int argc, char **argv)
{
    struct failure failure;
    struct task task;
    if (options->help)
        return options_help(stdout), 0;
    const bool is_made = task_create(&task, options, &failure);
    int status = STATUS_WRONG;
    end_when_asked();
    if (!cluster_agree(options->cluster, is_made, &failure) ||
        !ranks_compare(options, &task, &failure))
        complain(&failure, status);
    else
        status = work(options, &task, argc, argv);
    if (is_made)
        task_destroy(&task);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct failure failure;
    struct cluster *cluster = NULL;
    const bool is_mpi = cluster_wanted(argc, argv);
    int status = STATUS_WRONG;
    const bool is_good = options_parse(&options, argc, argv, &failure);
    if (is_mpi && !(cluster = cluster_open(&failure)))
        return complain(&failure, status);
    if (!ranks_agree_on(&options, cluster, is_good, &failure))
        complain(&failure, status);
    else
        status = run(&options, argc, argv);
    if (cluster)
        cluster->close();
    return end_program("weir-stock", status);
}
