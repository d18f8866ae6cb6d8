/* SPDX-License-Identifier: MIT */
/* test_slices CELL...: a batch in slices has the bits of a tree in plain C, by any number of
 * threads, and of processes, which here are threads that exchange sums; and in one slice those it
 * always had. */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>

#include "train/toy_model.h"

enum { MOST_RANKS = 5, MOST_CALLS = 8, MOST_FLOATS = 4096, STEPS = 3, MOST_SLICES = 8 };

static const struct toy_kind kinds[] = {
    {"last, dropout", 1, {{.H = 5, .dropout = 0.3f}}, WEIR_LOSS_BCE},
    {"two layers, sequences, dropout",
     2,
     {{.H = 4, .bidirectional = true, .sequences = true, .dropout = 0.4f},
      {.H = 3, .sequences = true, .dropout = 0.2f}},
     WEIR_LOSS_SOFTMAX},
    {"both directions", 1, {{.H = 4, .bidirectional = true}}, WEIR_LOSS_MSE},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- The tree in plain C ---- */

/* An exchange that keeps the gradients of one slice, and has no step taken. */
struct leaf {
    float gradients[MOST_FLOATS];
    const float *origin;
    double loss;
};

static void leaf_begin(void *context, const weir_node *nodes, size_t count, float *const *sums,
                       size_t floats, float *total)
{
    struct leaf *leaf = context;
    EXPECT(count == 1 && nodes[0].count == 1 && sums[0] == total, "a leaf is one slice");
    memcpy(leaf->gradients + (total - leaf->origin), sums[0], floats * sizeof **sums);
}

static weir_status leaf_end(void *context, const weir_node *nodes, size_t count,
                            const double *losses, double *loss, weir_error *error)
{
    struct leaf *leaf = context;
    EXPECT(count == 1 && nodes[0].count == 1, "a leaf is one slice");
    *loss = leaf->loss = losses[0];
    if (error)
        *error = (weir_error){WEIR_UNAVAILABLE, "one slice is no step"};
    return WEIR_UNAVAILABLE;
}

static size_t floats_of(const weir_model *model)
{
    size_t count, floats = 0;
    const weir_parameter *parameters = weir_model_parameters(model, &count);
    for (size_t k = 0; k < count; k++)
        floats += parameters[k].rows * parameters[k].cols;
    return floats;
}

static void leaf_make(struct leaf *leaf, const weir_model_config *config, size_t slice,
                      const weir_batch *batch)
{
    weir_exchange exchange = {leaf, slice, 1, leaf_begin, leaf_end};
    weir_model_config alone = *config;
    alone.exchange = &exchange;
    weir_model *model = toy_model(&alone);
    const uint64_t before = toy_hash(model);
    leaf->origin = weir_model_parameters(model, NULL)->gradients;
    EXPECT(weir_model_train(model, batch, NULL, NULL) == WEIR_UNAVAILABLE, "a failure is told");
    EXPECT(toy_hash(model) == before && weir_model_steps(model) == 0, "no step is taken");
    weir_model_destroy(model);
}

/* Slices, more than there are rows among them, of a batch whose rows they do not divide. */
static void check_tree(const char *cell, const struct toy_kind *kind, size_t slices, size_t rows)
{
    static struct leaf leaves[MOST_SLICES];
    struct toy_config toy;
    struct toy_batch batch;
    double loss;
    toy_config_set(&toy, kind, cell);
    toy_batch_set(&batch, 3);
    batch.batch.B = rows;
    toy.config.slices = slices;
    for (size_t s = 0; s < slices; s++)
        leaf_make(&leaves[s], &toy.config, s, &batch.batch);
    weir_model *model = toy_model(&toy.config);
    const size_t floats = floats_of(model);
    for (size_t d = 1; d < slices; d *= 2)
        for (size_t i = 0; i + d < slices; i += 2 * d) {
            leaves[i].loss += leaves[i + d].loss;
            for (size_t k = 0; k < floats; k++)
                leaves[i].gradients[k] += leaves[i + d].gradients[k];
        }
    EXPECT(weir_model_train(model, &batch.batch, &loss, NULL) == WEIR_OK, "train");
    EXPECT(memcmp(weir_model_parameters(model, NULL)->gradients, leaves[0].gradients,
                  floats * sizeof(float)) == 0,
           "%s, %s: %zu slices of %zu rows are not the tree", cell, kind->name, slices, rows);
    const size_t times = kind->layers[kind->layer_count - 1].sequences ? TOY_T : 1;
    const size_t width = kind->loss == WEIR_LOSS_SOFTMAX ? 1 : TOY_OUTPUTS;
    EXPECT(loss == leaves[0].loss / (double)(times * rows * width), "%s, %s: %zu slices: the loss",
           cell, kind->name, slices);
    weir_model_destroy(model);
}

/* A slice is what a batch of its rows is, but for the mean, which here is half, exactly. */
static void check_leaf(const char *cell)
{
    static struct leaf leaf;
    struct toy_config toy;
    struct toy_batch batch;
    toy_config_set(&toy, &kinds[2], cell);
    toy_batch_set(&batch, 4);
    weir_model *half = toy_model(&toy.config);
    toy.config.slices = 2;
    leaf_make(&leaf, &toy.config, 1, &batch.batch);
    batch.batch = (weir_batch){.T = TOY_T,
                               .B = TOY_B / 2,
                               .x = batch.x + TOY_B / 2 * TOY_I,
                               .x_step = TOY_B * TOY_I,
                               .x_row = TOY_I,
                               .targets = batch.targets + TOY_B / 2 * TOY_OUTPUTS};
    EXPECT(weir_model_train(half, &batch.batch, NULL, NULL) == WEIR_OK, "train");
    const float *gradients = weir_model_parameters(half, NULL)->gradients;
    for (size_t k = 0; k < floats_of(half); k++)
        EXPECT(gradients[k] * 0.5f == leaf.gradients[k], "%s: gradient %zu of a slice", cell, k);
    weir_model_destroy(half);
}

/* Masks of dropout and the mean are those of the whole batch: but for rounding, slices change
 * nothing. */
static void check_whole(const char *cell, const struct toy_kind *kind)
{
    struct toy_config toy;
    struct toy_batch batch;
    double loss = 0, sliced_loss = 0;
    toy_config_set(&toy, kind, cell);
    toy_batch_set(&batch, 2);
    weir_model *whole = toy_model(&toy.config);
    toy.config.slices = 3;
    weir_model *sliced = toy_model(&toy.config);
    EXPECT(!weir_model_train(whole, &batch.batch, &loss, NULL) &&
               !weir_model_train(sliced, &batch.batch, &sliced_loss, NULL),
           "train");
    EXPECT(fabs(loss - sliced_loss) < 1e-6, "%s, %s: a loss of %g, in slices %g", cell, kind->name,
           loss, sliced_loss);
    const float *expected = weir_model_parameters(whole, NULL)->gradients;
    const float *found = weir_model_parameters(sliced, NULL)->gradients;
    for (size_t k = 0; k < floats_of(whole); k++)
        EXPECT(fabsf(expected[k] - found[k]) < 1e-6f, "%s, %s: gradient %zu is %g, in slices %g",
               cell, kind->name, k, (double)expected[k], (double)found[k]);
    weir_model_destroy(whole);
    weir_model_destroy(sliced);
}

/* ---- Processes ---- */

struct call {
    const weir_node *nodes;
    size_t count, floats;
    const float *sums[WEIR_NODES_MAX];
    float *total, result[MOST_FLOATS];
};

struct group {
    pthread_barrier_t barrier;
    size_t ranks, slices;
    struct rank {
        struct group *group;
        size_t rank, calls;
        struct call call[MOST_CALLS];
        const double *losses;
        weir_model_config config;
        uint64_t hash;
        double loss;
        bool is_wrong; /* threads claim nothing themselves */
    } rank[MOST_RANKS];
};

static void rank_begin(void *context, const weir_node *nodes, size_t count, float *const *sums,
                       size_t floats, float *total)
{
    struct rank *rank = context;
    struct call *call = &rank->call[rank->calls++];
    *call = (struct call){.nodes = nodes, .count = count, .floats = floats, .total = total};
    rank->is_wrong = rank->is_wrong || floats > MOST_FLOATS || rank->calls > MOST_CALLS;
    for (size_t k = 0; k < count; k++)
        call->sums[k] = sums[k];
}

/* Element k of a call; k = floats: the loss. */
static double join(struct rank *rank, size_t call, size_t k)
{
    weir_node nodes[WEIR_NODES_MAX];
    double sums[WEIR_NODES_MAX];
    size_t count = 0;
    const struct group *group = rank->group;
    for (size_t r = 0; r < group->ranks; r++) {
        const struct call *of = &group->rank[r].call[call];
        for (size_t n = 0; n < of->count; n++) {
            const bool is_loss = k == of->floats;
            sums[count] = is_loss ? group->rank[r].losses[n] : of->sums[n][k];
            size_t top = count;
            for (size_t j = weir_nodes_join(nodes, &count, of->nodes[n], group->slices); j-- > 0;
                 top--)
                sums[top - 1] = is_loss ? sums[top - 1] + sums[top]
                                        : (double)((float)sums[top - 1] + (float)sums[top]);
        }
    }
    rank->is_wrong = rank->is_wrong || count != 1 || nodes[0].count != group->slices;
    return sums[0];
}

static weir_status rank_end(void *context, const weir_node *nodes, size_t count,
                            const double *losses, double *loss, weir_error *error)
{
    struct rank *rank = context;
    struct group *group = rank->group;
    (void)nodes, (void)count, (void)error;
    rank->losses = losses;
    pthread_barrier_wait(&group->barrier);
    for (size_t c = 0; c < rank->calls; c++)
        for (size_t k = 0; k < rank->call[c].floats; k++)
            rank->call[c].result[k] = (float)join(rank, c, k);
    *loss = join(rank, 0, rank->call[0].floats);
    pthread_barrier_wait(&group->barrier);
    for (size_t c = 0; c < rank->calls; c++)
        memcpy(rank->call[c].total, rank->call[c].result, rank->call[c].floats * sizeof(float));
    rank->calls = 0;
    return WEIR_OK;
}

static void *rank_run(void *argument)
{
    struct rank *rank = argument;
    const size_t S = rank->group->slices, N = rank->group->ranks;
    const size_t first = rank->rank * S / N, end = (rank->rank + 1) * S / N;
    weir_exchange exchange = {rank, first, end - first, rank_begin, rank_end};
    rank->config.exchange = &exchange;
    rank->config.isa = rank->rank % 2 ? "scalar" : NULL;
    weir_model *model = toy_model(&rank->config);
    for (size_t k = 0; k < STEPS; k++) {
        struct toy_batch batch;
        toy_batch_set(&batch, 5 + k);
        rank->is_wrong = weir_model_train(model, &batch.batch, &rank->loss, NULL) || rank->is_wrong;
    }
    rank->hash = toy_hash(model);
    weir_model_destroy(model);
    return NULL;
}

static void check_ranks(const weir_model_config *config, size_t ranks, uint64_t hash, double loss)
{
    static struct group group;
    pthread_t threads[MOST_RANKS];
    group = (struct group){.ranks = ranks, .slices = config->slices};
    pthread_barrier_init(&group.barrier, NULL, (unsigned)ranks);
    for (size_t r = 0; r < ranks; r++) {
        group.rank[r].group = &group;
        group.rank[r].rank = r;
        group.rank[r].config = *config;
        pthread_create(&threads[r], NULL, rank_run, &group.rank[r]);
    }
    for (size_t r = 0; r < ranks; r++) {
        pthread_join(threads[r], NULL);
        EXPECT(!group.rank[r].is_wrong, "%zu slices: rank %zu of %zu does not come to its end",
               config->slices, r, ranks);
        EXPECT(group.rank[r].hash == hash, "%zu slices: rank %zu of %zu has other weights",
               config->slices, r, ranks);
        EXPECT(group.rank[r].loss == loss, "%zu slices: rank %zu of %zu has another loss",
               config->slices, r, ranks);
    }
    pthread_barrier_destroy(&group.barrier);
}

/* One process, by one thread and by two, and several. */
static void check_processes(const char *cell, const struct toy_kind *kind, size_t slices)
{
    struct toy_config toy;
    weir_pool *pool = NULL;
    toy_config_set(&toy, kind, cell);
    toy.config.slices = slices;
    weir_model *model = toy_model(&toy.config);
    const double loss = toy_train(model, 5, STEPS);
    const uint64_t hash = toy_hash(model);
    weir_model_destroy(model);
    if (weir_pool_create(&pool, 2, NULL) == WEIR_OK) {
        toy.config.pool = pool;
        model = toy_model(&toy.config);
        EXPECT(toy_train(model, 5, STEPS) == loss && toy_hash(model) == hash,
               "%s, %s: %zu slices: two threads give other bits", cell, kind->name, slices);
        weir_model_destroy(model);
        weir_pool_destroy(pool);
        toy.config.pool = NULL;
    }
    for (size_t ranks = 1; ranks <= MOST_RANKS; ranks++)
        check_ranks(&toy.config, ranks, hash, loss);
}

/* ---- The rest ---- */

/* What one slice gave before there were slices: bits are the same on every machine. */
static void check_one_slice(void)
{
    static const uint64_t known[KINDS] = {0xf1d19b9da208958d, 0x1f65f687eede44d7,
                                          0x4074a96a4020f3a1};
    for (size_t k = 0; k < KINDS && toy_has_cell("lstm"); k++)
        for (size_t slices = 0; slices < 2; slices++) {
            struct toy_config toy;
            toy_config_set(&toy, &kinds[k], "lstm");
            toy.config.slices = slices;
            weir_model *model = toy_model(&toy.config);
            toy_train(model, 5, STEPS);
            EXPECT(toy_hash(model) == known[k], "%s: one slice gives %016llx", kinds[k].name,
                   (unsigned long long)toy_hash(model));
            weir_model_destroy(model);
        }
}

static void check_refusals(void)
{
    struct toy_config toy;
    weir_model *model;
    weir_error error;
    weir_exchange exchange = {NULL, 1, 2, leaf_begin, leaf_end};
    toy_config_set(&toy, &kinds[0], "rnn_tanh");
    toy.config.slices = TOY_B + 1;
    EXPECT(weir_model_create(&model, &toy.config, &error) == WEIR_INVALID &&
               strstr(error.message, "config.slices is 5"),
           "more slices than rows: %s", error.message);
    toy.config.slices = 2;
    toy.config.exchange = &exchange;
    EXPECT(weir_model_create(&model, &toy.config, &error) == WEIR_INVALID &&
               strstr(error.message, "2 slices from 1 on"),
           "slices that are not there: %s", error.message);
    exchange = (weir_exchange){NULL, 0, 2, leaf_begin, NULL};
    EXPECT(weir_model_create(&model, &toy.config, &error) == WEIR_INVALID &&
               strstr(error.message, "begin and end"),
           "no function: %s", error.message);
}

int main(int argc, char **argv)
{
    for (int a = 1; a < argc; a++)
        for (size_t k = 0; k < KINDS && toy_has_cell(argv[a]); k++) {
            for (size_t slices = 1; slices <= TOY_B; slices++)
                for (size_t rows = 1; rows <= TOY_B; rows++)
                    check_tree(argv[a], &kinds[k], slices, rows);
            for (size_t slices = 1; slices <= TOY_B; slices++)
                check_processes(argv[a], &kinds[k], slices);
            check_whole(argv[a], &kinds[k]);
        }
    for (int a = 1; a < argc; a++)
        if (toy_has_cell(argv[a]))
            check_leaf(argv[a]);
    check_one_slice();
    check_refusals();
    return expect_verdict("test_slices");
}
