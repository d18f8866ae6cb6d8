/* SPDX-License-Identifier: MIT */
/* gnuplot and what comes out of it; see chart.h. gnuplot does not tell when a disk is full: its
 * picture goes through a pipe, is looked at, and is written here. */
#define _GNU_SOURCE
#include "chart.h"

#include "common/files.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

enum { PLOT_MAX = 1 << 20, PICTURE_MAX = 1 << 28 };

bool chart_can_be_drawn(void)
{
    return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

FILE *chart_begin(struct failure *failure)
{
    FILE *script = tmpfile();
    if (!script)
        fail(failure, "there is no place for a temporary file to draw from");
    return script;
}

/* Between single quotes nothing is replaced, and a quote is written twice. */
static void put_quoted(const char *before, const char *text, FILE *script)
{
    fprintf(script, "'%s", before);
    for (; *text; text++)
        fprintf(script, *text == '\'' ? "''" : "%c", *text);
    fputc('\'', script);
}

void chart_quote(const char *text, FILE *script)
{
    put_quoted("", text, script);
}

/* `<cmd` would be a command's output, `-` what follows in the script. */
void chart_quote_path(const char *path, FILE *script)
{
    put_quoted(*path == '/' ? "" : "./", path, script);
}

static bool plot_append(FILE *script, const char *path, struct failure *failure)
{
    size_t size;
    char *plot = file_read(path, PLOT_MAX, &size, failure);
    if (!plot)
        return false;
    fwrite(plot, 1, size, script);
    free(plot);
    return (fflush(script) == 0 && !ferror(script)) ||
           fail(failure, "a temporary file to draw from could not be written");
}

/* What every whole picture of a kind ends with, but for empty lines. */
static bool is_whole(const char *path, const char *picture, size_t size)
{
    static const struct {
        const char *ending, *bytes;
        size_t size;
    } ends[] = {{".svg", "</svg>", 6}, {".png", "\0\0\0\0IEND\xae\x42\x60\x82", 12}};
    const char *ending = strrchr(path, '.');
    while (size > 0 && picture[size - 1] == '\n')
        size--;
    for (size_t k = 0; ending && k < sizeof ends / sizeof *ends; k++)
        if (strcmp(ending, ends[k].ending) == 0)
            return size > ends[k].size &&
                   memcmp(picture + size - ends[k].size, ends[k].bytes, ends[k].size) == 0;
    return false;
}

static bool picture_take(FILE *gnuplot, struct text *picture)
{
    char bytes[4096];
    size_t got;
    while (picture->length <= PICTURE_MAX && (got = fread(bytes, 1, sizeof bytes, gnuplot)) > 0)
        text_add_bytes(picture, bytes, got);
    return !ferror(gnuplot) && picture->length <= PICTURE_MAX;
}

bool chart_end(FILE *script, const char *plot, const char *path, struct failure *failure)
{
    struct text picture = {0};
    bool good = plot_append(script, plot, failure);
    if (good) {
        rewind(script);
        char *command = text_format("gnuplot /dev/fd/%d", fileno(script));
        FILE *gnuplot = popen(command, "r");
        good = gnuplot && picture_take(gnuplot, &picture);
        good = gnuplot && pclose(gnuplot) == 0 && good &&
               is_whole(path, picture.chars, picture.length);
        free(command);
        good = good ? file_write(path, picture.chars, picture.length, failure)
                    : fail(failure, "%s could not be drawn: gnuplot's own words stand above", path);
    }
    text_free(&picture);
    fclose(script);
    return good;
}
