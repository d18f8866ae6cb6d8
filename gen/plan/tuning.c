/* SPDX-License-Identifier: MIT */
/* Files of measured plans: making and writing them, and using their rows; see tuning.h. They are
 * read in tuning_read.c. */
#include "plan/tuning.h"

#include "common/hash.h"
#include "plan/processor.h"

#include "version.inc"

#include <stdlib.h>
#include <string.h>

/* ---- What a row is bound to ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text) + 1);
}

static uint64_t hash_number(uint64_t hash, double number)
{
    return hash_bytes(hash, &number, sizeof number);
}

uint64_t tuning_fields(void)
{
    uint64_t hash = HASH_START;
    for (size_t f = 0; f < PLAN_FIELD_COUNT; f++) {
        hash = hash_text(hash, plan_fields[f].name);
        hash = hash_number(hash, (double)plan_fields[f].least);
        hash = hash_number(hash, (double)plan_fields[f].greatest);
    }
    return hash;
}

/* Where memory has run out there are no hashes, and no row fits. */
static uint64_t hash_operand(uint64_t hash, const uint64_t *hashes, int node)
{
    return node < 0 || !hashes ? hash_number(hash, -1)
                               : hash_bytes(hash, &hashes[node], sizeof *hashes);
}

/* Of a node by what it is made of, whatever numbers its operands have: those of a cell that is
 * trained are others. `hashes`: of the nodes before it. */
static uint64_t hash_node(const struct graph *graph, const struct node *node,
                          const uint64_t *hashes)
{
    uint64_t hash = hash_number(hash_number(HASH_START, node->op), node->number);
    for (size_t a = 0; a < sizeof node->arg / sizeof *node->arg; a++)
        hash = hash_operand(hash, hashes, node->arg[a]);
    if (node->op != OP_SUM)
        return hash_number(hash, node->index);
    const struct sum *sum = &graph->sums[node->index];
    for (size_t v = 0; v < sum->vectors; v++)
        hash = hash_operand(hash, hashes, sum->vector[v]);
    for (size_t p = 0; p < sum->products; p++)
        hash = hash_operand(hash_number(hash, sum->product[p]), hashes, sum->operand[p]);
    return hash_operand(hash, hashes, sum->scale);
}

uint64_t tuning_program(const struct kernel_parts *parts)
{
    const struct program *program = parts->program[ROLE_FORWARD];
    const struct graph *graph = program->graph;
    uint64_t *hashes = calloc((size_t)graph->count, sizeof *hashes);
    uint64_t hash = hash_text(HASH_START, parts->isa->name);
    hash = hash_number(hash, program->math);
    for (size_t extent = WEIR_I; extent <= WEIR_P; extent++)
        hash = hash_number(hash, graph->size[extent]);
    for (int n = 0; hashes && n < graph->count; n++)
        hashes[n] = hash_node(graph, &graph->nodes[n], hashes);
    for (int s = 0; s < graph->state_count; s++)
        hash = hash_operand(hash, hashes, graph->states[s].next);
    free(hashes);
    return hash;
}

/* ---- Making ---- */

struct tuning tuning_create(const char *compiler)
{
    return (struct tuning){.version = text_format("%s", WEIR_GEN_VERSION),
                           .cpu = processor_name(),
                           .compiler = text_format("%s", compiler),
                           .fields = tuning_fields()};
}

static void row_free(struct tuning_row *row)
{
    free(row->stem);
    free(row->isa);
    free(row->plan);
}

void tuning_free(struct tuning *tuning)
{
    for (size_t i = 0; i < tuning->count; i++)
        row_free(&tuning->rows[i]);
    free(tuning->rows);
    free(tuning->path);
    free(tuning->version);
    free(tuning->cpu);
    free(tuning->compiler);
    text_free(&tuning->warnings);
    *tuning = (struct tuning){0};
}

const struct tuning_row *tuning_find(const struct tuning *tuning, const char *stem, const char *isa)
{
    for (size_t i = 0; i < tuning->count; i++)
        if (!strcmp(tuning->rows[i].stem, stem) && !strcmp(tuning->rows[i].isa, isa))
            return &tuning->rows[i];
    return NULL;
}

bool tuning_put(struct tuning *tuning, const struct tuning_row *row, struct failure *failure)
{
    const struct tuning_row *found = tuning_find(tuning, row->stem, row->isa);
    const size_t at = found ? (size_t)(found - tuning->rows) : tuning->count;
    if (at == TUNING_ROWS_MAX)
        return fail(failure, "a file of plans holds %d kernels at most", TUNING_ROWS_MAX);
    if (!found) {
        struct tuning_row *grown = realloc(tuning->rows, (at + 1) * sizeof *grown);
        if (!grown)
            return fail_memory(failure);
        tuning->rows = grown;
        tuning->count++;
    } else {
        row_free(&tuning->rows[at]);
    }
    tuning->rows[at] = *row;
    tuning->rows[at].stem = text_format("%s", row->stem);
    tuning->rows[at].isa = text_format("%s", row->isa);
    tuning->rows[at].plan = text_format("%s", row->plan);
    return true;
}

struct text tuning_text(const struct tuning *tuning)
{
    struct text out = {0};
    text_add(&out, "weir-tuning 1\nversion %s\ncpu %s\ncompiler %s\nfields %016llx\n",
             tuning->version, tuning->cpu, tuning->compiler, (unsigned long long)tuning->fields);
    for (size_t i = 0; i < tuning->count; i++) {
        const struct tuning_row *row = &tuning->rows[i];
        text_add(&out, "kernel %s %s %s T=%zu B=%zu program=%016llx gain=%.4f %.4f %.4f %s\n",
                 row->stem, row->isa, row->trains ? "train" : "forward", row->T, row->B,
                 (unsigned long long)row->program, row->gain, row->least, row->most, row->plan);
    }
    text_add(&out, "end %zu\n", tuning->count);
    return out;
}

/* ---- Using ---- */

bool tuning_fits(const struct tuning *tuning, struct failure *failure)
{
    if (strcmp(tuning->version, WEIR_GEN_VERSION) != 0)
        return fail(failure, "%s is not used: it was measured with Weir %s, and this is %s",
                    tuning->path, tuning->version, WEIR_GEN_VERSION);
    if (tuning->fields != tuning_fields())
        return fail(failure, "%s is not used: plans had other fields when it was measured",
                    tuning->path);
    char *cpu = processor_name();
    const bool same = !strcmp(tuning->cpu, cpu);
    if (!same)
        fail(failure, "%s is not used: it was measured on another processor, %s, and this is %s",
             tuning->path, tuning->cpu, cpu);
    free(cpu);
    return same;
}

/* Of a row's plan: the fields of passes that a kernel has. */
static char *plan_for(const struct kernel_parts *parts, const char *plan)
{
    struct text out = {0};
    text_add(&out, "%s", "");
    while (*plan) {
        const size_t length = strcspn(plan, ",");
        if (parts->derivation || !memchr(plan, '.', length))
            text_add(&out, "%s%.*s", out.length ? "," : "", (int)length, plan);
        plan += length + (plan[length] == ',');
    }
    return out.chars;
}

bool tuning_open(struct tuning *tuning, const char *path, struct failure *failure)
{
    struct failure why;
    if (!tuning_read(tuning, path, failure))
        return false;
    if (tuning_fits(tuning, &why))
        return true;
    text_add(&tuning->warnings, "%s\n", why.sentence);
    for (size_t i = 0; i < tuning->count; i++)
        row_free(&tuning->rows[i]);
    tuning->count = 0;
    return true;
}

const struct tuning_row *tuning_row_for(const struct tuning *tuning,
                                        const struct kernel_parts *parts)
{
    const uint64_t program = tuning_program(parts);
    for (size_t i = 0; i < tuning->count; i++)
        if (tuning->rows[i].program == program && !strcmp(tuning->rows[i].isa, parts->isa->name))
            return &tuning->rows[i];
    char *stem = kernel_stem(parts->program[ROLE_FORWARD]);
    const struct tuning_row *row = tuning_find(tuning, stem, parts->isa->name);
    free(stem);
    return parts->program[ROLE_FORWARD]->math == WEIR_INLINE ? row : NULL;
}

bool tuning_row_use(const struct tuning_row *row, struct kernel_parts *parts,
                    struct failure *failure)
{
    struct plan before[ROLE_COUNT];
    if (!strcmp(row->plan, TUNING_CHOSEN))
        return true;
    memcpy(before, parts->plan, sizeof before);
    char *plan = plan_for(parts, row->plan);
    const bool good = kernel_parts_override(parts, plan, failure);
    free(plan);
    if (!good)
        kernel_parts_replan(parts, before);
    return good;
}

bool tuning_use(struct tuning *tuning, struct kernel_parts *parts)
{
    const uint64_t program = tuning_program(parts);
    const struct tuning_row *row = tuning_row_for(tuning, parts);
    struct failure why;
    if (!row)
        return false;
    if (row->program == program && tuning_row_use(row, parts, &why)) {
        tuning->used += strcmp(row->plan, TUNING_CHOSEN) != 0;
        return true;
    }
    if (row->program != program)
        fail(&why, "it was measured with another cell of that name");
    text_add(&tuning->warnings, "%s:%zu: the row of %s on %s is not used: %.1000s\n", tuning->path,
             row->line, row->stem, row->isa, why.sentence);
    return false;
}
