/* SPDX-License-Identifier: MIT */
/* getopt_long by a table of rows; see command_line.h. */
#include "command_line.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ---- */

/* What getopt_long returns for the first row: above every letter. */
enum { FIRST_ROW = 256 };

struct forms {
    struct option longs[OPTIONS_MAX + 1];
    char letters[OPTIONS_MAX + 3];
};

static void forms_make(struct forms *forms, const struct command_line *line)
{
    /* Nothing is put in another order, and a value that is missing has a code of its own. */
    char *letter = forms->letters;
    *letter++ = '+';
    *letter++ = ':';
    for (size_t r = 0; r < line->count; r++) {
        const struct option_row *row = &line->rows[r];
        const int takes = row->kind == OPTION_FLAG ? optional_argument : required_argument;
        forms->longs[r] = (struct option){row->name + 2, takes, NULL, FIRST_ROW + (int)r};
        if (row->letter)
            *letter++ = row->letter;
    }
    forms->longs[line->count] = (struct option){0};
    *letter = 0;
}

static size_t row_by_code(const struct command_line *line, int code)
{
    size_t r = 0;
    if (code >= FIRST_ROW)
        return (size_t)(code - FIRST_ROW);
    while (r < line->count && line->rows[r].letter != code)
        r++;
    return r;
}

/* getopt_long takes the beginning of a name for the name, as long as there is one such name only:
 * what a script wrote would mean something else, or nothing, once there is a second. */
static bool is_whole(const char *argument, const char *name)
{
    const size_t length = strlen(name);
    const bool is_letter = strncmp(argument, "--", 2) != 0;
    return is_letter ||
           (strncmp(argument, name, length) == 0 && (!argument[length] || argument[length] == '='));
}

static bool is_for_others(const struct command_line *line, const char *argument)
{
    for (size_t k = 0; line->handed_on && line->handed_on[k]; k++)
        if (strncmp(argument, line->handed_on[k], strlen(line->handed_on[k])) == 0)
            return true;
    return false;
}

/* Values go into scripts, reports and sentences, where a line's end or an escape would be obeyed.
 */
static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

static bool fail_value(const struct option_row *row, struct failure *failure)
{
    return fail(failure, "%s needs a value: %s", row->name, row->help);
}

static bool given_take(struct command_line *line, size_t r, const char *value,
                       struct failure *failure)
{
    const struct option_row *row = &line->rows[r];
    line->given[r] = value;
    if (value && has_control(value))
        return fail(failure,
                    "%s '%s': it has a control character, such as the end of a line, in it",
                    row->name, quote(value).text);
    if (row->kind != OPTION_FLAG)
        return *value || fail_value(row, failure);
    if (value && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return fail(failure, "%s '%s': expected true, false or no value", row->name, value);
    line->given[r] = value && strcmp(value, "false") == 0 ? NULL : "";
    return true;
}

bool command_line_read(struct command_line *line, int *argc, char **argv, struct failure *failure)
{
    struct forms forms;
    int kept = 1;
    forms_make(&forms, line);
    opterr = 0;
    for (optind = 0;;) { /* 0: from the beginning, whatever was read before */
        const int at = optind ? optind : 1;
        const int code = getopt_long(*argc, argv, forms.letters, forms.longs, NULL);
        const size_t r = row_by_code(line, code == ':' ? optopt : code);
        if (code == -1 && optind < *argc && line->word_count < line->words_most) {
            line->words[line->word_count++] = argv[optind++];
            continue;
        }
        if (code == -1)
            break;
        if (r >= line->count || !is_whole(argv[at], line->rows[r].name)) {
            if (!is_for_others(line, argv[at]))
                return fail(failure, "'%s' is no option; --help lists them", argv[at]);
            argv[kept++] = argv[at];
            continue;
        }
        if (code == ':')
            return fail_value(&line->rows[r], failure);
        if (!given_take(line, r, optarg, failure))
            return false;
        if (line->rows[r].handed_on && optind > at + 1)
            return fail(failure, "%s %s: expected %s=%s in one word", line->rows[r].name, optarg,
                        line->rows[r].name, line->rows[r].argument);
        if (line->rows[r].handed_on)
            argv[kept++] = argv[at];
    }
    if (optind < *argc)
        return fail(failure, "'%s' is no option; --help lists them", argv[optind]);
    if (line->handed_on) {
        argv[kept] = NULL;
        *argc = kept;
    }
    return true;
}

static size_t row_by_name(const struct command_line *line, const char *name)
{
    size_t r = 0;
    while (strcmp(line->rows[r].name, name) != 0)
        r++;
    return r;
}

const char *command_line_given(const struct command_line *line, const char *name)
{
    return line->given[row_by_name(line, name)];
}

/* ---- Checking ---- */

bool command_line_check(const struct command_line *line, unsigned run, const char *with,
                        struct failure *failure)
{
    for (size_t r = 0; r < line->count; r++) {
        const struct option_row *row = &line->rows[r];
        if (!line->given[r])
            continue;
        if (!(row->of & run))
            return fail(failure, "%s is of no use with %s", row->name, with);
        if (row->needs && !command_line_given(line, row->needs))
            return fail(failure, "%s needs %s %s", row->name, row->needs,
                        line->rows[row_by_name(line, row->needs)].argument);
    }
    return true;
}

/* ---- Values ---- */

/* A plain decimal number within the row's bounds: none of the other forms and words that strtod
 * knows. Whole ones are read as doubles, which hold all of them up to 2^53. */
static bool number_parse(const struct option_row *row, const char *text, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && !*end && !errno && !text[strspn(text, "0123456789.+-eE")] &&
           *value >= row->least && *value <= row->most &&
           (row->kind != OPTION_WHOLE || *value == floor(*value));
}

static bool value_store(const struct option_row *row, void *options, const char *text,
                        struct failure *failure)
{
    char *field = (char *)options + row->at;
    double value;
    if (row->kind == OPTION_FLAG)
        *(bool *)field = true;
    else if (row->kind == OPTION_TEXT)
        *(const char **)field = text;
    else if (!number_parse(row, text, &value))
        return fail(failure, "%s '%s': expected a %snumber from %.16g to %.16g", row->name, text,
                    row->kind == OPTION_WHOLE ? "whole " : "", row->least, row->most);
    else if (row->kind == OPTION_WHOLE)
        *(uint64_t *)field = (uint64_t)value;
    else
        *(double *)field = value;
    return true;
}

bool command_line_store(const struct command_line *line, void *options, struct failure *failure)
{
    for (size_t r = 0; r < line->count; r++) {
        const char *text = line->given[r] ? line->given[r] : line->rows[r].usual;
        if (text && !value_store(&line->rows[r], options, text, failure))
            return false;
    }
    return true;
}

bool command_line_set(const struct command_line *line, void *options, const char *name,
                      const char *text, struct failure *failure)
{
    return value_store(&line->rows[row_by_name(line, name)], options, text, failure);
}

/* ---- Help ---- */

static int width_of(const struct option_row *row)
{
    return (int)(strlen(row->name) + (row->argument ? 1 + strlen(row->argument) : 0));
}

void command_line_help(const struct option_row *rows, size_t count, FILE *file)
{
    int widest = 0;
    for (size_t r = 0; r < count; r++)
        widest = width_of(&rows[r]) > widest ? width_of(&rows[r]) : widest;
    for (size_t r = 0; r < count; r++) {
        const struct option_row *row = &rows[r];
        const char *argument = row->argument ? row->argument : "";
        const char *between = !row->argument ? "" : row->handed_on ? "=" : " ";
        fprintf(file, "  %s%s%s%*s%s", row->name, between, argument, 2 + widest - width_of(row), "",
                row->help);
        if (row->letter)
            fprintf(file, "; -%c", row->letter);
        if (row->usual)
            fprintf(file, " (%s)", row->usual);
        fputc('\n', file);
    }
}
