/* SPDX-License-Identifier: MIT */
/* One program, from its struct step to its tables. */
#include "emit/program.h"

#include "emit/loop.h"
#include "emit/names.h"
#include "emit/tiles.h"
#include "emit/units.h"
#include "emit/walk.h"

static void name_regions(struct emitter *e)
{
    const struct program *program = e->program;
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++) {
            const struct stage *stage = &program->stages[i];
            const struct region *region = &stage->regions[r];
            e->region[region->index] =
                region->operand >= 0
                    ? emit_format(e, "w%s_%s", stage->suffix, emit_operand_name(e, region->operand))
                : region->slots[0].sum >= 0 ? emit_format(e, "bias%s", stage->suffix)
                                            : emit_format(e, "loose%s", stage->suffix);
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
    for (size_t i = 0; i < program->stage_count; i++) {
        emit_tiles(e, &program->stages[i]);
        emit_units(e, &program->stages[i]);
        emit_walk(e, &program->stages[i]);
    }
    emit_run(e);
}
