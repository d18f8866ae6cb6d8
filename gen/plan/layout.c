/* SPDX-License-Identifier: MIT */
/* From regions of a program to those of a kernel. */
#include "plan/layout.h"

#include "packing.h"

struct weir_region layout_region(const struct program *program, const struct stage *stage,
                                 const struct tail *tail, size_t r)
{
    const struct region *region = &stage->regions[r];
    const size_t width = tail ? tail->width[r] : 0;
    return (struct weir_region){.rows = region->rows,
                                .cols = region->cols,
                                .count = region->count,
                                .tail = width ? tail->slot_at[r] : NULL,
                                .tail_width = width,
                                .few = program_may_be_few(stage, region),
                                .type = program_region_type(program, region)};
}

static size_t size_of(const struct program *program, enum weir_extent extent)
{
    return extent == WEIR_ONE ? 1 : (size_t)program->graph->size[extent];
}

size_t layout_words(const struct program *program, const struct stage *stage,
                    const struct tail *tail, size_t r, size_t lanes)
{
    const struct weir_region region = layout_region(program, stage, tail, r);
    const size_t rows = size_of(program, region.rows), cols = size_of(program, region.cols);
    return weir_round_up(weir_region_floats(&region, lanes, rows, cols), WEIR_ROW);
}
