/* SPDX-License-Identifier: MIT */
/* Text by lines; see lines.h. */
#include "lines.h"

#include "common/files.h"

#include <stdlib.h>
#include <string.h>

/* UTF-8's byte order mark, as spreadsheets put it before a file. */
#define MARK "\xef\xbb\xbf"

bool lines_open(struct lines *lines, const char *path, size_t limit, struct failure *failure)
{
    size_t size;
    *lines = (struct lines){.path = path, .bytes = file_read(path, limit, &size, failure)};
    if (!lines->bytes)
        return false;
    lines->next =
        lines->bytes + (strncmp(lines->bytes, MARK, sizeof MARK - 1) ? 0 : sizeof MARK - 1);
    lines->end = lines->bytes + size;
    return true;
}

char *lines_next(struct lines *lines, size_t *length)
{
    char *line = lines->next;
    if (line == lines->end)
        return NULL;
    char *newline = memchr(line, '\n', (size_t)(lines->end - line));
    char *end = newline ? newline : lines->end;
    lines->next = newline ? newline + 1 : lines->end;
    if (end > line && end[-1] == '\r')
        end--;
    *end = 0; /* there is a byte for it behind the last one, too */
    *length = (size_t)(end - line);
    lines->number++;
    return line;
}

void lines_close(struct lines *lines)
{
    free(lines->bytes);
    *lines = (struct lines){0};
}

bool lines_fail_byte(const struct lines *lines, const char *line, size_t at,
                     struct failure *failure)
{
    return fail(failure, "%s:%zu: byte 0x%02x in column %zu; expected plain ASCII text",
                lines->path, lines->number, (unsigned char)line[at], at + 1);
}
