/* SPDX-License-Identifier: MIT */
/* weir-steps: how long a step of training takes, by one process or by several, what of it they
 * spend on one another, and how much they send. The model is a layer and a dense unit, on numbers
 * of no meaning. */
#define _GNU_SOURCE
#include "clock.h"
#include "command_line.h"
#include "common/ending.h"
#include "common/hash.h"
#include "mpi/cluster.h"
#include "stock/draws.h"

#include <stdlib.h>
#include <string.h>

enum { STATUS_FAILED = 1, STATUS_WRONG = 2 };

struct steps_options {
    const char *cell, *isa;
    uint64_t input, units, window, batch, slices, layers, steps, threads;
    bool mpi, help;
};

enum { ANY = 1 };
#define AT(field) offsetof(struct steps_options, field)

/* clang-format off */
static const struct option_row rows[] = {
    {"--cell", "NAME", "of this build", OPTION_TEXT, AT(cell), .of = ANY, .usual = "lstm"},
    {"--input", "N", "numbers a step of a sequence", OPTION_WHOLE, AT(input), .of = ANY, 1, 65536, "512"},
    {"--units", "N", "of the cell", OPTION_WHOLE, AT(units), .of = ANY, 1, 65536, "512"},
    {"--layers", "N", "of that cell, one on the other", OPTION_WHOLE, AT(layers), .of = ANY, 1, 64, "1"},
    {"--window", "N", "steps of a sequence", OPTION_WHOLE, AT(window), .of = ANY, 1, 10000, "25"},
    {"--batch", "N", "sequences a step of training", OPTION_WHOLE, AT(batch), .of = ANY, 1, 65536, "64"},
    {"--slices", "N", "parts of a batch", OPTION_WHOLE, AT(slices), .of = ANY, 1, 65536, "1"},
    {"--steps", "N", "of training; two more before them are not timed",
        OPTION_WHOLE, AT(steps), .of = ANY, 1, 100000, "20"},
    {"--threads", "N", "of each process; 0: one for each core",
        OPTION_WHOLE, AT(threads), .of = ANY, 0, 1024, "1"},
    {"--mpi", NULL, "with all processes that mpirun has started", OPTION_FLAG, AT(mpi), .of = ANY},
    {"--isa", "NAME", "the highest ISA to use, as WEIR_ISA", OPTION_TEXT, AT(isa), .of = ANY},
    {"--help", NULL, "this", OPTION_FLAG, AT(help), .of = ANY, .letter = 'h'},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows, LAYERS_MAX = 64, WARM = 2 };

struct steps {
    struct steps_options options;
    struct cluster *cluster; /* or NULL */
    weir_pool *pool;
    weir_model *model;
    float *x, *targets;
    double *seconds; /* of each step */
};

static bool model_make(struct steps *steps, struct failure *failure)
{
    const struct steps_options *options = &steps->options;
    weir_model_layer layers[LAYERS_MAX] = {{0}};
    weir_exchange exchange;
    weir_error error;
    for (size_t s = 0; s < options->layers; s++)
        layers[s] = (weir_model_layer){
            .cell = options->cell, .H = options->units, .sequences = s + 1 < options->layers};
    if (steps->cluster)
        steps->cluster->share(&exchange, options->slices, weir_nodes_join, NULL);
    const weir_model_config config = {.I = options->input,
                                      .layers = layers,
                                      .layer_count = options->layers,
                                      .head = "dense",
                                      .outputs = 1,
                                      .loss = WEIR_LOSS_MSE,
                                      .optimiser = {.method = WEIR_ADAM},
                                      .max_T = options->window,
                                      .max_B = options->batch,
                                      .pool = steps->pool,
                                      .isa = options->isa,
                                      .slices = options->slices,
                                      .exchange = steps->cluster ? &exchange : NULL};
    if ((options->threads != 1 && weir_pool_create(&steps->pool, options->threads, &error)) ||
        weir_model_create(&steps->model, &config, &error))
        return fail(failure, "%s", error.message);
    return true;
}

static bool steps_make(struct steps *steps, struct failure *failure)
{
    const struct steps_options *options = &steps->options;
    const size_t count = options->window * options->batch * options->input;
    steps->x = malloc(count * sizeof *steps->x);
    steps->targets = malloc(options->batch * sizeof *steps->targets);
    steps->seconds = malloc(options->steps * sizeof *steps->seconds);
    if (!steps->x || !steps->targets || !steps->seconds)
        return fail_memory(failure);
    uint32_t words[4];
    for (size_t k = 0; k < count; k++) {
        weir_random_block(1, 1, k, words);
        steps->x[k] = draw_uniform(words[0]) - 0.5f;
    }
    for (size_t k = 0; k < options->batch; k++)
        steps->targets[k] = steps->x[k];
    return model_make(steps, failure);
}

/* Ranks of different models would wait for one another for ever. */
static bool ranks_agree(const struct steps *steps, struct failure *failure)
{
    const struct steps_options *of = &steps->options;
    const uint64_t numbers[] = {of->input,  of->units,  of->window, of->batch,
                                of->slices, of->layers, of->steps};
    const uint64_t mine =
        hash_bytes(hash_bytes(HASH_START, numbers, sizeof numbers), of->cell, strlen(of->cell));
    const struct cluster *cluster = steps->cluster;
    const size_t ranks = cluster ? cluster->ranks : 1;
    bool is_good = true;
    uint64_t *all = calloc(ranks, sizeof *all);
    if (!all)
        abort(); /* the others would wait; so mpirun ends them */
    if (cluster)
        cluster->collect(&mine, sizeof mine, all);
    for (size_t r = 1; r < ranks && is_good; r++)
        if (all[r] != all[0])
            is_good = fail(failure, "rank %zu was given other options than rank 0", r);
    free(all);
    return cluster_agree(cluster, is_good, failure);
}

static bool steps_run(struct steps *steps, struct failure *failure)
{
    const struct steps_options *options = &steps->options;
    const weir_batch batch = {
        .T = options->window, .B = options->batch, .x = steps->x, .targets = steps->targets};
    weir_error error;
    for (size_t k = 0; k < WARM + options->steps; k++) {
        if (k == WARM && steps->cluster)
            steps->cluster->seconds = steps->cluster->bytes = 0;
        const double started = clock_seconds();
        if (weir_model_train(steps->model, &batch, NULL, &error))
            return fail(failure, "%s", error.message);
        if (k >= WARM)
            steps->seconds[k - WARM] = clock_seconds() - started;
    }
    return true;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What ranks have spent on one another is the mean of all: one that waits for a slower one has
 * more. */
static bool steps_print(struct steps *steps, struct failure *failure)
{
    const struct steps_options *options = &steps->options;
    const struct cluster *cluster = steps->cluster;
    const size_t ranks = cluster ? cluster->ranks : 1;
    const double mine[] = {cluster ? cluster->seconds : 0, cluster ? cluster->bytes : 0};
    double(*all)[2] = malloc(ranks * sizeof *all), sums[2] = {0};
    if (!all)
        return fail_memory(failure);
    if (cluster)
        cluster->collect(mine, sizeof mine, all);
    for (size_t r = 0; cluster && r < ranks; r++)
        for (size_t k = 0; k < 2; k++)
            sums[k] += all[r][k] / (double)ranks / (double)options->steps;
    free(all);
    qsort(steps->seconds, options->steps, sizeof *steps->seconds, by_size);
    if (!cluster || cluster->rank == 0)
        printf("%s %zux%zu T%zu B%zu, %zu layers, %zu slices, %zu processes: %.3f ms a step "
               "(median of "
               "%zu; fastest %.3f), %.3f ms of it exchanging, %.3f MB sent by each\n",
               options->cell, (size_t)options->input, (size_t)options->units,
               (size_t)options->window, (size_t)options->batch, (size_t)options->layers,
               (size_t)options->slices, ranks, 1e3 * steps->seconds[options->steps / 2],
               (size_t)options->steps, 1e3 * steps->seconds[0], 1e3 * sums[0], 1e-6 * sums[1]);
    return true;
}

static bool options_read(struct steps_options *options, int argc, char **argv,
                         struct failure *failure)
{
    struct command_line line = {.rows = rows, .count = ROWS};
    return command_line_read(&line, &argc, argv, failure) &&
           command_line_store(&line, options, failure);
}

static int complain(const struct failure *failure, int status)
{
    if (*failure->sentence)
        fprintf(stderr, "weir-steps: %s\n", failure->sentence);
    return status;
}

int main(int argc, char **argv)
{
    struct steps steps = {.pool = NULL};
    struct failure failure;
    int status = 0;
    if (!options_read(&steps.options, argc, argv, &failure))
        return complain(&failure, STATUS_WRONG);
    if (steps.options.help) {
        puts("weir-steps [options]: times steps of training a layer, or several, and a dense unit; "
             "with\n--mpi by all processes that mpirun has started, each with its own slices.\n");
        command_line_help(rows, ROWS, stdout);
        return end_program("weir-steps", 0);
    }
    if (steps.options.mpi && !(steps.cluster = cluster_open(&failure)))
        return complain(&failure, STATUS_WRONG);
    const bool is_made = steps_make(&steps, &failure);
    if (!cluster_agree(steps.cluster, is_made, &failure) || !ranks_agree(&steps, &failure))
        status = complain(&failure, STATUS_WRONG);
    else if (!steps_run(&steps, &failure) || !steps_print(&steps, &failure))
        status = complain(&failure, STATUS_FAILED);
    weir_model_destroy(steps.model);
    if (steps.pool)
        weir_pool_destroy(steps.pool);
    free(steps.x);
    free(steps.targets);
    free(steps.seconds);
    if (steps.cluster)
        steps.cluster->close();
    return end_program("weir-steps", status);
}
