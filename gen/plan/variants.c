/* SPDX-License-Identifier: MIT */
/* Kernels by the plans of another processor, beside the usual ones; see variants.h. */
#include "plan/variants.h"

#include "plan/processor.h"

#include <stdlib.h>
#include <string.h>

static const char ending[] = ".tune";

/* Whether a file is called as its microarchitecture. */
static bool is_named(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    const size_t length = strlen(name);
    return !strncmp(file, name, length) && !strcmp(file + length, ending);
}

static bool variants_open(struct variants *variants, const char *path, struct failure *failure)
{
    if (!tuning_read(&variants->tuning, path, failure))
        return false;
    variants->name = processor_microarchitecture(variants->tuning.cpu);
    if (!variants->name)
        return fail(failure,
                    "%s: it was measured on a processor, %s, whose microarchitecture Weir does not "
                    "know",
                    path, quote(variants->tuning.cpu).text);
    return is_named(path, variants->name) ||
           fail(failure,
                "%s: it was measured on a processor that is %s, expected it to be called "
                "%s%s",
                path, variants->name, variants->name, ending);
}

/* Another one that was opened before of this name. */
static bool is_there(const struct variants_list *list, const struct variants *variants)
{
    const struct variants *other = list->of;
    while (other < variants && other->name != variants->name)
        other++;
    return other < variants;
}

bool variants_list_open(struct variants_list *list, const char *paths, struct failure *failure)
{
    bool good = true;
    while (*paths && good) {
        const size_t length = strcspn(paths, ",");
        if (list->count == VARIANTS_MAX)
            return fail(failure, "--variant: more than %d files", VARIANTS_MAX);
        struct variants *variants = &list->of[list->count++];
        char *path = text_format("%.*s", (int)length, paths);
        good = variants_open(variants, path, failure) &&
               (!is_there(list, variants) ||
                fail(failure, "--variant: there are two files of %s", variants->name));
        free(path);
        paths += length + (paths[length] == ',');
    }
    return good && (list->count || fail(failure, "--variant is empty, expected a file"));
}

void variants_list_close(struct variants_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        tuning_free(&list->of[i].tuning);
}

/* Why a row gives no variant; NULL: it has given one. */
static const char *row_fault(const struct tuning_row *row, struct kernel_parts *parts,
                             struct failure *why)
{
    struct plan usual[ROLE_COUNT];
    if (row->program != tuning_program(parts))
        return "it was measured with another cell of that name, or before that changed";
    if (row->least <= VARIANT_GAIN)
        return "its gain is not above 3 %";
    memcpy(usual, parts->plan, sizeof usual);
    if (!tuning_row_use(row, parts, why))
        return why->sentence;
    return memcmp(usual, parts->plan, sizeof usual) ? NULL : "its plan is the chosen one";
}

bool variants_use(const struct variants *variants, struct kernel_parts *parts,
                  struct failure *failure)
{
    const struct tuning *tuning = &variants->tuning;
    const char *isa = parts->isa->name;
    struct failure why;
    const struct tuning_row *row = tuning_row_for(tuning, parts);
    const char *fault = row ? row_fault(row, parts, &why) : NULL;
    parts->tuned_for = variants->name;
    if (row && !fault)
        return true;
    char *stem = kernel_stem(parts->program[ROLE_FORWARD]);
    if (row)
        fail(failure, "%s:%zu: the row of %s on %s gives no variant: %.1000s", tuning->path,
             row->line, row->stem, isa, fault);
    else
        fail(failure, "%s has no row of %s on %s", tuning->path, stem, isa);
    free(stem);
    return false;
}
