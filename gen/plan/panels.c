/* SPDX-License-Identifier: MIT */
/* Cutting regions into panels. Slots stand in the order of their sums, so that groups are cut out
 * of a region one after another, and joined again as they were. */
#include "plan/panels.h"

#include <stdlib.h>
#include <string.h>

/* Joins the regions that multiply the same operand, which stand together. */
static void join_regions(struct stage *stage)
{
    size_t count = 0;
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        struct region *last = count ? &stage->regions[count - 1] : NULL;
        if (!last || region->operand < 0 || last->operand != region->operand) {
            stage->regions[count++] = *region;
            continue;
        }
        memcpy(last->slots + last->count, region->slots, region->count * sizeof *region->slots);
        last->count += region->count;
    }
    stage->region_count = count;
}

/* The part of a region that goes to the sums of a group. */
static struct region region_part(const struct stage *stage, const struct region *region,
                                 size_t group)
{
    struct region part = *region;
    part.count = 0;
    part.group = group;
    for (size_t i = 0; i < region->count; i++)
        if (stage->group[region->slots[i].sum] == group)
            part.slots[part.count++] = region->slots[i];
    return part;
}

/* Whether there is room for the parts of all regions. */
static bool cut_regions(struct stage *stage)
{
    struct region *cut = calloc(REGIONS_MAX, sizeof *cut);
    size_t count = 0;
    bool fits = true;
    if (!cut)
        abort();
    for (size_t r = 0; r < stage->region_count && fits; r++) {
        const struct region *region = &stage->regions[r];
        const bool whole = region->operand < 0;
        for (size_t group = 0; group < (whole ? 1 : stage->group_count) && fits; group++) {
            const struct region part = whole ? *region : region_part(stage, region, group);
            fits = !part.count || count < REGIONS_MAX;
            if (part.count && fits)
                cut[count++] = part;
        }
    }
    if (fits) {
        memcpy(stage->regions, cut, count * sizeof *cut);
        stage->region_count = count;
    }
    free(cut);
    return fits;
}

static void group_sums(struct stage *stage, size_t sums)
{
    const size_t held = sums ? sums : SUMS_MAX;
    for (size_t sum = 0; sum < stage->sum_count; sum++)
        stage->group[sum] = sum / held;
    stage->group_count = (stage->sum_count + held - 1) / held;
}

void program_group(struct program *program, size_t sums)
{
    program->region_count = 0;
    for (size_t i = 0; i < program->stage_count; i++) {
        struct stage *stage = &program->stages[i];
        join_regions(stage);
        group_sums(stage, sums);
        if (!cut_regions(stage))
            group_sums(stage, 0);
        for (size_t r = 0; r < stage->region_count; r++)
            stage->regions[r].index = program->region_count++;
    }
}
