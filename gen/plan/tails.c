/* SPDX-License-Identifier: MIT */
/* Which sums share vectors in a tail, and where each finds its lanes. Sums share when the same
 * regions add to them equally often: then a vector of weights has a place for each, and none of
 * them is multiplied with what is not its own. */
#include "plan/tails.h"

#include <stdlib.h>

/* How often a region adds to a sum. */
static size_t times_in(const struct region *region, int sum)
{
    size_t times = 0;
    for (size_t i = 0; i < region->count; i++)
        times += region->slots[i].sum == sum;
    return times;
}

static bool shares(const struct stage *stage, int a, int b)
{
    for (size_t r = 0; r < stage->region_count; r++)
        if (times_in(&stage->regions[r], a) != times_in(&stage->regions[r], b))
            return false;
    return true;
}

/* Gives every sum its lanes; class_of[vector] becomes the first sum of those that share it. Returns
 * the number of shared vectors. */
static size_t place_sums(const struct stage *stage, size_t lanes, struct tail *tail, int *class_of)
{
    size_t vectors = 0;
    bool placed[SUMS_MAX] = {false};
    for (size_t first = 0; first < stage->sum_count; first++) {
        size_t at = vectors * lanes;
        if (placed[first])
            continue;
        for (size_t sum = first; sum < stage->sum_count; sum++) {
            if (!shares(stage, (int)first, (int)sum))
                continue;
            placed[sum] = true;
            tail->at[sum] = at;
            at += tail->units;
        }
        for (; vectors * lanes < at; vectors++)
            class_of[vectors] = (int)first;
    }
    return vectors;
}

/* Which of the slots that add to its sum a slot is. */
static size_t turn_of(const struct region *region, size_t slot)
{
    size_t turn = 0;
    for (size_t i = 0; i < slot; i++)
        turn += region->slots[i].sum == region->slots[slot].sum;
    return turn;
}

/* The column of a region: all vectors that it adds to once, then those that it adds to again. */
static void place_region(const struct stage *stage, size_t r, size_t lanes, size_t vectors,
                         const int *class_of, struct tail *tail)
{
    const struct region *region = &stage->regions[r];
    struct region *shared = &tail->stage.regions[r];
    shared->count = 0;
    for (size_t turn = 0; turn < region->count; turn++)
        for (size_t v = 0; v < vectors; v++) {
            if (times_in(region, class_of[v]) <= turn)
                continue;
            const size_t column = shared->count * lanes;
            shared->slots[shared->count++] = (struct slot){.sum = (int)v};
            for (size_t i = 0; i < region->count; i++) {
                const size_t at = tail->at[region->slots[i].sum];
                if (turn_of(region, i) == turn && at / lanes == v)
                    tail->slot_at[r][i] = (unsigned short)(column + at % lanes);
            }
        }
    tail->width[r] = shared->count * lanes;
}

struct tail *tail_create(const struct stage *stage, size_t lanes, size_t units)
{
    struct tail *tail = calloc(1, sizeof *tail);
    int class_of[SUMS_MAX];
    bool gains = false;
    if (!tail)
        abort();
    tail->stage = *stage;
    tail->units = units;
    const size_t vectors = units ? place_sums(stage, lanes, tail, class_of) : 0;
    for (size_t r = 0; r < stage->region_count && vectors; r++) {
        const struct region *region = &stage->regions[r];
        if (region->slots[0].sum < 0)
            continue;
        place_region(stage, r, lanes, vectors, class_of, tail);
        gains |= region->operand >= 0 && tail->stage.regions[r].count < region->count;
    }
    for (size_t v = 0; v < vectors; v++)
        tail->stage.group[v] = stage->group[class_of[v]];
    tail->stage.sum_count = vectors;
    if (gains)
        return tail;
    free(tail);
    return NULL;
}
