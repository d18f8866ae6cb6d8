/* SPDX-License-Identifier: MIT */
/* Ranks that agree on what they do; see ranks.h. */
#include "stock/ranks.h"

#include "common/hash.h"

#include <stdlib.h>
#include <string.h>

bool ranks_agree_on(struct options *options, struct cluster *cluster, bool is_good,
                    struct failure *failure)
{
    if (cluster && cluster->rank && !freopen("/dev/null", "w", stdout))
        is_good = fail(failure, "/dev/null cannot be written");
    if (!cluster_agree(cluster, is_good, failure))
        return false;
    options->cluster = cluster;
    if (cluster && cluster->rank)
        options->weights = options->predictions = options->plot = options->report = NULL;
    if (cluster && !options->help)
        printf("%zu processes share %zu slices of every batch.\n\n", cluster->ranks,
               (size_t)options->slices);
    return true;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text) + 1);
}

/* Of all that decides what a process does next: where one differs, it would wait for the others for
 * ever, or worse. */
static uint64_t fingerprint_of(const struct options *options, const struct task *task)
{
    char value[OPTION_VALUE_MAX];
    const char *flag;
    const uint64_t numbers[] = {task->fingerprint, options->epochs, options->every,
                                options->cell_count, options->resume};
    uint64_t hash = hash_text(HASH_START, weir_version());
    for (size_t k = 0; (flag = options_binding(options, k, value)); k++)
        hash = hash_text(hash_text(hash, flag), value);
    for (size_t c = 0; c < options->cell_count; c++)
        hash = hash_text(hash, options->cells[c]);
    hash = hash_text(hash, options->checkpoint ? options->checkpoint : "");
    hash = hash_bytes(hash, &options->until, sizeof options->until);
    return hash_bytes(hash, numbers, sizeof numbers);
}

bool ranks_compare(const struct options *options, const struct task *task, struct failure *failure)
{
    const struct cluster *cluster = options->cluster;
    if (!cluster)
        return true;
    uint64_t *all = malloc(cluster->ranks * sizeof *all);
    const uint64_t mine = fingerprint_of(options, task);
    bool is_good = all || fail_memory(failure);
    if (!cluster_agree(cluster, is_good, failure)) {
        free(all);
        return false;
    }
    cluster->collect(&mine, sizeof mine, all);
    for (size_t r = 1; r < cluster->ranks && is_good; r++)
        if (all[r] != all[0])
            is_good = fail(failure,
                           "rank %zu was given other options or data than rank 0, or is another "
                           "version: start all of them by one command, with the same files",
                           r);
    free(all);
    return cluster_agree(cluster, is_good, failure);
}
