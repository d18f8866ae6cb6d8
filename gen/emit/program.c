/* SPDX-License-Identifier: MIT */
/* One program, from its struct step to its tables. */
#include "emit/program.h"

#include "emit/blend.h"
#include "emit/bytes.h"
#include "emit/few.h"
#include "emit/loop.h"
#include "emit/names.h"
#include "emit/tiles.h"
#include "emit/units.h"
#include "emit/walk.h"

static const char *region_name(struct emitter *e, const struct stage *stage,
                               const struct region *region)
{
    if (region->operand < 0)
        return emit_format(e, region->slots[0].sum >= 0 ? "bias%s" : "loose%s", stage->suffix);
    return emit_format(e, "w%s%s_%s", stage->suffix, group_suffix(e, stage, region->group),
                       emit_operand_name(e, region->operand));
}

static void name_regions(struct emitter *e)
{
    for (size_t i = 0; i < e->program->stage_count; i++) {
        const struct stage *stage = &e->program->stages[i];
        for (size_t r = 0; r < stage->region_count; r++)
            e->region[stage->regions[r].index] = region_name(e, stage, &stage->regions[r]);
    }
}

void emit_program(struct emitter *e)
{
    const struct program *program = e->program;
    for (size_t i = 0; i < program->stage_count; i++)
        e->tails[i] = kernel_parts_tail(e->parts, program->role, i);
    emit_name_operands(e);
    name_regions(e);
    emit_step(e);
    if (emit_has_bytes(e) && !e->streams)
        emit_byte_floats(e);
    emit_bytes_functions(e);
    emit_row_product(e);
    for (size_t i = 0; i < program->stage_count; i++) {
        emit_tiles(e, &program->stages[i]);
        emit_blended(e, &program->stages[i]);
        emit_units(e, &program->stages[i]);
        emit_walk(e, &program->stages[i]);
    }
    emit_run(e);
}
