/* SPDX-License-Identifier: MIT */
/* See script.h. */
#include "script.h"

void script_quote(const char *text, FILE *file)
{
    fputc('"', file);
    for (; *text; text++)
        if (*text != '"' && *text != '\\' && *text != '`')
            fputc(*text, file);
    fputc('"', file);
}

bool script_copy(const char *name, FILE *file)
{
    char buffer[4096];
    size_t length;
    FILE *script = fopen(name, "r");
    while (script && (length = fread(buffer, 1, sizeof buffer, script)) > 0)
        fwrite(buffer, 1, length, file);
    if (script)
        fclose(script);
    return script != NULL;
}
