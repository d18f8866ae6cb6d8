/* SPDX-License-Identifier: MIT */
/* A run beside what a file holds of another; see against.h. The run is compared as its own file
 * would be: it is written to memory and read back. */
#define _GNU_SOURCE
#include "against.h"

#include "compare.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

bool against_check(const struct result *against, const struct sweep *sweep, struct failure *failure)
{
    for (size_t r = 0; r < sweep->row_count; r++)
        for (size_t i = 0; i < against->row_count; i++)
            if (strcmp(sweep->rows[r].name, against->rows[i].name) == 0)
                return true;
    return fail(failure, "--against %s: it holds nothing of what would run (see --list)",
                against->path);
}

bool against_print(const struct result *against, const struct sweep *sweep,
                   const struct context *context, FILE *file, struct failure *failure)
{
    struct result results[2] = {*against};
    const struct comparison comparison = {.results = results, .count = 2};
    struct compare_verdict verdict;
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    bool good = memory && report_json(sweep, context, memory);
    good = memory && fclose(memory) == 0 && good;
    good = good ? result_parse(&results[1], "this run", text, size, failure) : fail_memory(failure);
    free(text);
    if (!good)
        return false;
    fputc('\n', file);
    good = compare_print(&comparison, file, &verdict, failure);
    result_free(&results[1]);
    return good;
}
