/* SPDX-License-Identifier: MIT */
/* Numbers to compare; see compare_measure.h. */
#include "compare_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Peers ---- */

/* All but the time: below 0, 0 or above. */
static int order_asked(const struct result_row *a, const struct result_row *b)
{
    const int shapes = strcmp(a->shape, b->shape);
    const int passes = shapes ? shapes : a->train - b->train;
    const int types = passes ? passes : strcmp(a->type, b->type);
    return types ? types : strcmp(a->kind, b->kind);
}

static int compare(const void *a, const void *b)
{
    const struct result_row *x = *(const struct result_row *const *)a;
    const struct result_row *y = *(const struct result_row *const *)b;
    const int asked = order_asked(x, y);
    return asked ? asked : (x->median > y->median) - (x->median < y->median);
}

bool peers_make(struct peers *peers, const struct result *result)
{
    *peers = (struct peers){result, calloc(result->row_count + 1, sizeof *peers->sorted)};
    if (!peers->sorted)
        return false;
    for (size_t r = 0; r < result->row_count; r++)
        peers->sorted[r] = &result->rows[r];
    qsort(peers->sorted, result->row_count, sizeof *peers->sorted, compare);
    return true;
}

void peers_free(struct peers *peers)
{
    free(peers->sorted);
}

/* The fastest of a kind at the row's shape, with weights of its type. */
static const struct result_row *peer_find(const struct peers *peers, const struct result_row *row,
                                          const char *kind)
{
    struct result_row asked = *row;
    asked.kind = kind;
    size_t first = 0, end = peers->result->row_count;
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        if (order_asked(peers->sorted[middle], &asked) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    if (first == peers->result->row_count || order_asked(peers->sorted[first], &asked) != 0)
        return NULL;
    return peers->sorted[first];
}

/* Weir's own, by whatever kind of contender. */
static bool is_of_weir(const struct result_row *row)
{
    return strstr(row->contender, "__");
}

/* The baseline counts: where no library was asked, it is what there is. */
static void kinds_add(const struct result *result, const char *kinds[PEER_KINDS_MAX], size_t *count)
{
    for (size_t r = 0; r < result->row_count && *count < PEER_KINDS_MAX; r++) {
        const struct result_row *row = &result->rows[r];
        size_t k = 0;
        while (k < *count && strcmp(kinds[k], row->kind) != 0)
            k++;
        if (k == *count && *row->kind && !is_of_weir(row))
            kinds[(*count)++] = row->kind;
    }
}

size_t measure_peers(const struct grid *grid, const char *kinds[PEER_KINDS_MAX])
{
    const char *all[COLUMNS_MAX][PEER_KINDS_MAX];
    size_t counts[COLUMNS_MAX] = {0}, count = 0;
    for (size_t c = 0; c < grid->column_count; c++)
        kinds_add(grid->runs[c], all[c], &counts[c]);
    for (size_t k = 0; k < counts[0]; k++) {
        bool is_shared = false;
        for (size_t c = 1; c < grid->column_count; c++)
            for (size_t other = 0; other < counts[c]; other++)
                is_shared = is_shared || strcmp(all[0][k], all[c][other]) == 0;
        if (is_shared)
            kinds[count++] = all[0][k];
    }
    return count;
}

/* ---- Values ---- */

/* Bounds and peers are of one core. */
static bool is_alone(const struct result_row *row)
{
    return is_of_weir(row) && row->threads == 1;
}

static const struct peers *peers_of(const struct measure *measure, const struct result *result)
{
    for (size_t p = 0; p < measure->peer_count; p++)
        if (measure->peers[p].result == result)
            return &measure->peers[p];
    return NULL;
}

/* Contenders took turns: what slowed a round slowed both, so it is their quotient in each. */
static size_t peer_take(const struct measure *measure, const struct cell *cell, double *values,
                        size_t count)
{
    const struct peers *peers = peers_of(measure, cell->result);
    const struct result_row *row = cell->row;
    const struct result_row *peer = peers ? peer_find(peers, row, measure->peer) : NULL;
    if (!peer || !is_alone(row))
        return 0;
    for (size_t i = 0; i < count; i++)
        values[i] = (peer->round_count == row->round_count && row->round_count > 0 ? peer->rounds[i]
                                                                                   : peer->median) /
                    values[i];
    return count;
}

size_t measure_take(const struct measure *measure, const struct cell *cell, double *values)
{
    const struct result_row *row = cell->row;
    const size_t count = row->round_count > 0 ? row->round_count : 1;
    for (size_t i = 0; i < count; i++)
        values[i] = row->round_count > 0 ? row->rounds[i] : row->median;
    if (measure->of == OF_PEER)
        return peer_take(measure, cell, values, count);
    if (measure->of == OF_TIME)
        return count;
    if (!(row->bound > 0) || !is_alone(row))
        return 0;
    for (size_t i = 0; i < count; i++)
        values[i] = row->bound / values[i];
    return count;
}
