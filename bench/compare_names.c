/* SPDX-License-Identifier: MIT */
/* What cells are called: the name of a contender, less what the columns differ in. A kernel's is
 * CELL_TYPE_SIZES__ISA_how (kernels/kernel.h). */
#define _GNU_SOURCE
#include "compare_grid.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

const char *const compare_by_name[BY_COUNT] = {
    [BY_FILE] = NULL,   [BY_CPU] = "cpu",       [BY_ISA] = "isa",
    [BY_TYPE] = "type", [BY_KERNEL] = "kernel", [BY_COMMIT] = "commit"};

static bool is_known(const char *text)
{
    return text && *text && strcmp(text, "unknown") != 0;
}

/* A name alone says little: three generations are called AMD EPYC. */
char *cpu_of(const struct result *result)
{
    const char *cpu = result_context(result, "cpu");
    const char *family = result_context(result, "cpu_family_model_stepping");
    return is_known(cpu) && is_known(family) ? text_format("%s (%s)", cpu, family) : NULL;
}

static char *commit_of(const struct result *result)
{
    const char *commit = result_context(result, "weir_commit");
    if (!is_known(commit))
        return NULL;
    const size_t length = strcspn(commit, "-"); /* -dirty */
    return text_format("%.*s%s", length < 12 ? (int)length : 12, commit, commit + length);
}

static char *or_unknown(char *text, const char *what)
{
    return text ? text : text_format("unknown %s", what);
}

/* ---- Kernels ---- */

static const char *train_of(const struct result_row *row)
{
    return row->train ? "/train" : "";
}

/* Where the how of a kernel's name begins; NULL: it is none. */
static const char *how_of(const char *contender)
{
    const char *how = strstr(contender, "__");
    return how ? how + 2 : NULL;
}

static size_t isa_length(const char *how)
{
    return strcspn(how, "_./");
}

static char *isa_of(const struct result_row *row)
{
    const char *how = how_of(row->contender);
    if (how)
        return text_format("%.*s", (int)isa_length(how), how);
    return or_unknown(*row->isa ? text_format("%s", row->isa) : NULL, "ISA");
}

/* Its name with a * for the ISA. Others have none in theirs. */
static char *line_without_isa(const struct result_row *row)
{
    const char *how = how_of(row->contender);
    if (!how)
        return text_format("%s", row->name);
    return text_format("%s/%.*s*%s%s", row->shape, (int)(how - row->contender), row->contender,
                       how + isa_length(how), train_of(row));
}

/* Its name with a * for the type, on the ISA that its CPUs have for all types: bytes are fastest
 * with instructions that others do not need. Other libraries name theirs as they like, so it is the
 * library. */
static char *line_without_type(const struct result_row *row)
{
    char *infix = text_format("_%s_", row->type);
    const char *type = strstr(row->contender, infix), *how = how_of(row->contender);
    char *line;
    if (type && how && type < how) {
        const size_t word = isa_length(how), isa = strlen(row->isa);
        const bool is_more = isa > 0 && isa < word && strncmp(how, row->isa, isa) == 0;
        line = text_format("%s/%.*s_*_%.*s%.*s%s%s", row->shape, (int)(type - row->contender),
                           row->contender, (int)(how - type - (ptrdiff_t)strlen(infix)),
                           type + strlen(infix), (int)(is_more ? isa : word), how, how + word,
                           train_of(row));
    } else {
        line = text_format("%s/%s%s", row->shape, *row->kind ? row->kind : row->contender,
                           train_of(row));
    }
    free(infix);
    return line;
}

/* What a kernel is beside its cell and sizes: those of its shape. */
static char *kernel_of(const struct result_row *row)
{
    const size_t cell = strlen(row->cell);
    const char *rest = row->contender, *how = how_of(rest), *sizes = NULL;
    if (how && cell && strncmp(rest, row->cell, cell) == 0 && rest[cell] == '_' &&
        rest + cell + 1 < how) {
        rest += cell + 1;
        sizes = memchr(rest, '_', (size_t)(how - rest));
    }
    if (!sizes)
        return text_format("%s", row->contender);
    return text_format("%.*s_%s__%s", (int)(sizes - rest), rest,
                       strncmp(sizes, "_any", 4) == 0 ? "any" : "sized", how);
}

/* ---- Places ---- */

static char *column_of(const struct comparison *comparison, const struct result *result,
                       const struct result_row *row)
{
    switch (comparison->by) {
    case BY_CPU:
        return or_unknown(cpu_of(result), "CPU");
    case BY_ISA:
        return isa_of(row);
    case BY_TYPE:
        return text_format("%s", row->type);
    case BY_KERNEL:
        return kernel_of(row);
    case BY_COMMIT:
        return or_unknown(commit_of(result), "commit");
    default:
        return text_format("%s", result->path);
    }
}

static char *line_of(const struct comparison *comparison, const struct result_row *row)
{
    switch (comparison->by) {
    case BY_ISA:
        return line_without_isa(row);
    case BY_TYPE:
        return line_without_type(row);
    case BY_KERNEL:
        return text_format("%s%s", row->shape, train_of(row));
    default:
        return text_format("%s", row->name);
    }
}

/* "": it may stand in any. */
static char *grid_of(const struct comparison *comparison, const struct result *result)
{
    if (comparison->by == BY_FILE || comparison->by == BY_CPU)
        return text_format("all");
    char *cpu = cpu_of(result);
    char *commit = comparison->by == BY_COMMIT ? NULL : commit_of(result);
    char *grid = !cpu ? text_format("%s", "")
                      : text_format("%s%s%s", cpu, commit ? ", commit " : "", commit ? commit : "");
    free(cpu);
    free(commit);
    return grid;
}

/* Without a median of weir-bench's there is only a name: SHAPE/CONTENDER, if it is of that form. */
static struct result_row split(const struct result_row *row, char **shape)
{
    struct result_row whole = *row;
    const char *slash = strchr(row->name, '/');
    *shape = NULL;
    if (*row->shape || *row->contender || !slash)
        return whole;
    whole.shape = *shape = text_format("%.*s", (int)(slash - row->name), row->name);
    whole.contender = slash + 1;
    return whole;
}

struct place place_of(const struct comparison *comparison, const struct result *result,
                      const struct result_row *row)
{
    char *shape;
    const struct result_row whole = split(row, &shape);
    const struct place place = {grid_of(comparison, result), line_of(comparison, &whole),
                                column_of(comparison, result, &whole)};
    free(shape);
    return place;
}
