/* SPDX-License-Identifier: MIT */
/* The regions of a kernel as its tables have them (gen/emit/tables.c), and their weights. */
#include "deploy/pack.h"

#include "packing.h"
#include "plan/layout.h"

#include <stdlib.h>

/* A region, what its pointers point to, and its size. */
struct described {
    struct weir_region region;
    unsigned char params[SLOTS_MAX];
    float scales[SLOTS_MAX];
    size_t rows, cols;
};

/* Called with every region of a kernel, in order. */
typedef void visit_region(void *context, size_t lanes, const struct described *region);

static size_t size_of(const struct graph *graph, enum weir_extent extent)
{
    return extent == WEIR_ONE ? 1 : (size_t)graph->size[extent];
}

static void describe(const struct program *program, const struct stage *stage,
                     const struct tail *tail, size_t r, struct described *to)
{
    const struct region *from = &stage->regions[r];
    const struct graph *graph = program->graph;
    to->region = layout_region(program, stage, tail, r);
    to->region.params = to->params;
    to->rows = size_of(graph, from->rows);
    to->cols = size_of(graph, from->cols);
    for (size_t i = 0; i < from->count; i++) {
        const int scale = from->slots[i].scale;
        to->params[i] = (unsigned char)from->slots[i].param;
        to->scales[i] = scale < 0 ? 1.0f : (float)graph->nodes[scale].number;
    }
}

static void visit_regions(const struct kernel_parts *parts, visit_region *visit, void *context)
{
    const struct program *program = parts->program[ROLE_FORWARD];
    struct described described;
    for (size_t i = 0; i < program->stage_count; i++) {
        const struct stage *stage = &program->stages[i];
        struct tail *tail = kernel_parts_tail(parts, ROLE_FORWARD, i);
        for (size_t r = 0; r < stage->region_count; r++) {
            describe(program, stage, tail, r, &described);
            visit(context, parts->isa->lanes, &described);
        }
        free(tail);
    }
}

static size_t floats_of(size_t lanes, const struct described *region)
{
    return weir_round_up(weir_region_floats(&region->region, lanes, region->rows, region->cols),
                         WEIR_ROW);
}

static void count_floats(void *context, size_t lanes, const struct described *region)
{
    size_t *floats = context;
    *floats = weir_plus(*floats, floats_of(lanes, region));
}

size_t pack_floats(const struct kernel_parts *parts)
{
    size_t floats = 0;
    visit_regions(parts, count_floats, &floats);
    return floats;
}

struct packing {
    const struct weir_numbers *params;
    float *to;
};

static void pack_region(void *context, size_t lanes, const struct described *region)
{
    struct packing *packing = context;
    weir_pack_region(&region->region, lanes, region->rows, region->cols, false, packing->params,
                     region->scales, packing->to);
    packing->to += floats_of(lanes, region);
}

void pack_weights(const struct kernel_parts *parts, const struct weir_numbers *params,
                  float *packed)
{
    struct packing packing = {params, packed};
    visit_regions(parts, pack_region, &packing);
}
