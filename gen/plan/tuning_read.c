/* SPDX-License-Identifier: MIT */
/* Reading a file of measured plans; see tuning.h. It may come from anyone: every fault is one
 * sentence with its line, and what is taken is of the characters and sizes that this says. */
#define _GNU_SOURCE /* strtok_r */
#include "common/files.h"
#include "plan/tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, WORDS = 11, WORD_MAX = 1000, NUMBER_DIGITS = 9 };

/* The lines that come before the rows, in order, and the last one. */
static const char first_line[] = "weir-tuning 1", end_word[] = "end";

struct reader {
    const char *path;
    char *next, *end;
    size_t line;
    struct failure *failure;
};

#define FAIL_AT(reader, format, ...)                                                               \
    fail((reader)->failure, "%s:%zu: " format, (reader)->path, (reader)->line, __VA_ARGS__)

/* The next line, cut off; NULL with a sentence: the file ends, or the line is no plain text. */
static char *next_line(struct reader *reader)
{
    char *line = reader->next;
    reader->line++;
    char *newline = memchr(line, '\n', (size_t)(reader->end - line));
    if (!newline) {
        FAIL_AT(reader, "the file ends here, expected a whole line, and as the last '%s ROWS'",
                end_word);
        return NULL;
    }
    for (const char *c = line; c < newline; c++)
        if (*c < ' ' || *c > '~') {
            FAIL_AT(reader, "byte 0x%02x in column %zu, expected plain ASCII text",
                    (unsigned char)*c, (size_t)(c - line + 1));
            return NULL;
        }
    *newline = 0;
    reader->next = newline + 1;
    return line;
}

/* What follows a word at the beginning of the next line. */
static char *next_value(struct reader *reader, const char *word)
{
    char *line = next_line(reader);
    const size_t length = strlen(word);
    if (!line)
        return NULL;
    if (!strncmp(line, word, length) && line[length] == ' ' && line[length + 1] &&
        strlen(line) < WORD_MAX)
        return line + length + 1;
    FAIL_AT(reader, "'%s', expected '%s', a blank and what it is", quote(line).text, word);
    return NULL;
}

static bool parse_hash(const char *text, uint64_t *hash)
{
    enum { DIGITS = 16 };
    if (strlen(text) != DIGITS || strspn(text, "0123456789abcdef") != DIGITS)
        return false;
    *hash = strtoull(text, NULL, 16);
    return true;
}

static bool parse_count(const char *text, size_t *count)
{
    const size_t length = strlen(text);
    if (!length || length > NUMBER_DIGITS || strspn(text, "0123456789") != length)
        return false;
    *count = strtoul(text, NULL, 10);
    return true;
}

/* A quotient of times. */
static bool parse_gain(const char *text, double *gain)
{
    const size_t length = strlen(text);
    if (!length || length > 2 * NUMBER_DIGITS || strspn(text, "0123456789.") != length)
        return false;
    char *stop;
    *gain = strtod(text, &stop);
    return !*stop && isfinite(*gain) && *gain > 0;
}

/* The value of a word that begins with `key`; never one that any of the above takes, else. */
static const char *value_of(const char *word, const char *key)
{
    const size_t length = strlen(key);
    return strncmp(word, key, length) ? "" : word + length;
}

static bool is_name(const char *word, const char *more)
{
    static const char usual[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t length = 0;
    while (word[length] && (strchr(usual, word[length]) || strchr(more, word[length])))
        length++;
    return length && !word[length] && length < WORD_MAX;
}

/* "kernel STEM ISA forward|train T=.. B=.. program=.. gain=.. .. .. PLAN" */
static bool row_parse(struct reader *reader, char *line, struct tuning *tuning)
{
    char *word[WORDS + 1], *rest;
    size_t count = 0;
    struct quoted quoted = quote(line);
    for (char *at = strtok_r(line, " ", &rest); at && count <= WORDS;
         at = strtok_r(NULL, " ", &rest))
        word[count++] = at;
    struct tuning_row row = {.line = reader->line};
    const bool good =
        count == WORDS && !strcmp(word[0], "kernel") && is_name(word[1], "") && isa_find(word[2]) &&
        (!strcmp(word[3], "forward") || !strcmp(word[3], "train")) &&
        parse_count(value_of(word[4], "T="), &row.T) && row.T > 0 &&
        parse_count(value_of(word[5], "B="), &row.B) && row.B > 0 &&
        parse_hash(value_of(word[6], "program="), &row.program) &&
        parse_gain(value_of(word[7], "gain="), &row.gain) && parse_gain(word[8], &row.least) &&
        parse_gain(word[9], &row.most) && is_name(word[10], "=,.");
    if (!good)
        return FAIL_AT(reader,
                       "'%s', expected 'kernel NAME ISA forward|train T=STEPS B=ROWS program=HASH "
                       "gain=GAIN LEAST MOST PLAN'",
                       quoted.text);
    if (tuning_find(tuning, word[1], word[2]))
        return FAIL_AT(reader, "a second row of %s on %s, expected one a kernel",
                       quote(word[1]).text, word[2]);
    row.stem = word[1];
    row.isa = word[2];
    row.trains = !strcmp(word[3], "train");
    row.plan = word[10];
    return tuning_put(tuning, &row, reader->failure);
}

static bool head_parse(struct reader *reader, struct tuning *tuning)
{
    char *line = next_line(reader);
    if (!line)
        return false;
    if (strcmp(line, first_line) != 0)
        return FAIL_AT(reader, "'%s', expected '%s': it is no file of weir-tune", quote(line).text,
                       first_line);
    const struct {
        const char *word;
        char **value;
    } values[] = {
        {"version", &tuning->version}, {"cpu", &tuning->cpu}, {"compiler", &tuning->compiler}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const char *value = next_value(reader, values[i].word);
        if (!value)
            return false;
        *values[i].value = text_format("%s", value);
    }
    const char *fields = next_value(reader, "fields");
    return fields && (parse_hash(fields, &tuning->fields) ||
                      FAIL_AT(reader, "'%s', expected 16 hexadecimal digits", quote(fields).text));
}

static bool rows_parse(struct reader *reader, struct tuning *tuning)
{
    size_t rows;
    for (char *line; (line = next_line(reader)) != NULL;) {
        if (strncmp(line, end_word, sizeof end_word - 1) != 0) {
            if (!row_parse(reader, line, tuning))
                return false;
            continue;
        }
        if (line[sizeof end_word - 1] != ' ' || !parse_count(line + sizeof end_word, &rows) ||
            rows != tuning->count)
            return FAIL_AT(reader, "'%s', expected '%s %zu' after as many rows", quote(line).text,
                           end_word, tuning->count);
        if (reader->next == reader->end)
            return true;
        reader->line++;
        return FAIL_AT(reader, "there is more after '%s %zu'", end_word, rows);
    }
    return false;
}

bool tuning_read(struct tuning *tuning, const char *path, struct failure *failure)
{
    size_t size;
    char *bytes = file_read(path, FILE_MAX, &size, failure);
    *tuning = (struct tuning){0};
    if (!bytes)
        return false;
    struct reader reader = {.path = path, .next = bytes, .end = bytes + size, .failure = failure};
    tuning->path = text_format("%s", path);
    const bool good = head_parse(&reader, tuning) && rows_parse(&reader, tuning);
    free(bytes);
    if (!good)
        tuning_free(tuning);
    return good;
}
