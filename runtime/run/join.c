/* SPDX-License-Identifier: MIT */
/* C files that include others of their own, as one text that needs none of them. */
#include "run/run.h"

#include "common/text.h"

#include <string.h>

/* The file that a line includes; NULL: it does not, or one of the system's. */
static const char *find(const char *line, const struct run_header *headers, size_t count)
{
    static const char include[] = "#include \"";
    const char *name = line + sizeof include - 1;
    if (strncmp(line, include, sizeof include - 1) != 0)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(headers[i].name);
        if (!strncmp(name, headers[i].name, length) && name[length] == '"')
            return headers[i].text;
    }
    return NULL;
}

void run_join(struct text *whole, const char *text, const struct run_header *headers, size_t count)
{
    for (const char *line = text, *next; *line; line = next) {
        const char *end = strchr(line, '\n'), *inside = find(line, headers, count);
        next = end ? end + 1 : line + strlen(line);
        if (inside)
            run_join(whole, inside, headers, count);
        else
            text_add_bytes(whole, line, (size_t)(next - line));
    }
}
