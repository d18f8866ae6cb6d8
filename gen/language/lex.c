/* SPDX-License-Identifier: MIT */
/* Words of the cell language. A file is hostile: every byte is checked, nothing is assumed. */
#include "language/lex.h"

#include "common/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 100 }; /* characters of a line that an error shows */

static int is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static void show_line(struct text *told, const char *text, size_t length, int line, int column)
{
    size_t start = 0;
    for (int n = 1; n < line && start < length; start++)
        n += text[start] == '\n';
    size_t from = start;
    if (column > SHOWN - 20) /* keep what is wrong in sight */
        from += (size_t)column - (SHOWN - 20);
    text_add(told, "    ");
    for (size_t i = from; i < from + SHOWN && i < length && text[i] != '\n'; i++) {
        const unsigned char c = (unsigned char)text[i];
        const bool blank = c == '\t' || c == '\r';
        text_add(told, "%c", blank ? ' ' : c < ' ' || c >= 127 ? '?' : c);
    }
    text_add(told, "\n    %*s^\n", column - 1 - (int)(from - start), "");
}

bool lexer_tell(struct failure *failure, const char *file, const char *text, size_t length,
                int line, int column, const char *sentence)
{
    struct text told = {0};
    /* However long a path is, there is room for the rest. */
    text_add(&told, "%.2000s:%d:%d: %.1000s\n", file, line, column, sentence);
    show_line(&told, text, length, line, column);
    fail(failure, "%s", told.chars);
    text_free(&told);
    return false;
}

void lexer_fail_at(struct lexer *lexer, int line, int column, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char sentence[400];
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    lexer_tell(lexer->failure, lexer->file, lexer->text, lexer->length, line, column, sentence);
    longjmp(lexer->failed, 1);
}

int lexer_column(const struct lexer *lexer)
{
    return lexer->function ? lexer->call_column : (int)(lexer->token_at - lexer->start) + 1;
}

int lexer_line(struct lexer *lexer)
{
    for (;;) {
        lexer->start = lexer->line == 0 ? 0 : lexer->end + 1;
        if (lexer->start >= lexer->length)
            return 0;
        lexer->line++;
        const char *start = lexer->text + lexer->start;
        const char *stop = memchr(start, '\n', lexer->length - lexer->start);
        const size_t length = stop ? (size_t)(stop - start) : lexer->length - lexer->start;
        if (length > LINE_LIMIT)
            lexer_fail_at(lexer, lexer->line, LINE_LIMIT + 1,
                          "the line has %zu characters, expected at most %d", length, LINE_LIMIT);
        lexer->end = lexer->start + length;
        lexer->at = lexer->start;
        lexer_token(lexer);
        if (lexer->token != TOKEN_END)
            return 1;
    }
}

/* What tokens are read from. */
static const char *read_from(const struct lexer *lexer)
{
    return lexer->function ? lexer->function : lexer->text;
}

void lexer_enter(struct lexer *lexer, const char *function, int call_column)
{
    lexer->function = function;
    lexer->call_column = call_column;
    lexer->at = 0;
    lexer->end = strlen(function);
    lexer_token(lexer);
}

static void read_number(struct lexer *lexer)
{
    const char *text = read_from(lexer);
    size_t at = lexer->at, length = 0;
    while (at < lexer->end && (is_digit(text[at]) || text[at] == '.'))
        at++;
    if (at < lexer->end && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < lexer->end && (text[at] == '+' || text[at] == '-'))
            at++;
        while (at < lexer->end && is_digit(text[at]))
            at++;
    }
    length = at - lexer->at;
    if (length >= sizeof lexer->word)
        lexer_fail_at(lexer, lexer->line, lexer_column(lexer),
                      "the number has %zu characters, expected at most %zu", length,
                      sizeof lexer->word - 1);
    memcpy(lexer->word, text + lexer->at, length);
    lexer->word[length] = '\0';
    char *stop;
    lexer->number = strtod(lexer->word, &stop);
    if (*stop || !isfinite((float)lexer->number))
        lexer_fail_at(lexer, lexer->line, lexer_column(lexer),
                      *stop ? "'%s' is not a number" : "'%s' is too large for a float",
                      lexer->word);
    lexer->at = at;
    lexer->token = TOKEN_NUMBER;
}

static void read_name(struct lexer *lexer)
{
    const char *text = read_from(lexer) + lexer->at;
    const size_t most = lexer->end - lexer->at;
    size_t length = 0;
    while (length < most && (is_letter(text[length]) || is_digit(text[length])))
        length++;
    if (length >= NAME_SIZE)
        lexer_fail_at(lexer, lexer->line, lexer_column(lexer),
                      "the name has %zu characters, expected at most %d", length, NAME_SIZE - 1);
    memcpy(lexer->word, text, length);
    lexer->word[length] = '\0';
    lexer->at += length;
    lexer->token = TOKEN_NAME;
    if (length < most && text[length] == '\'') {
        lexer->at++;
        lexer->token = TOKEN_NEXT;
    }
}

static _Noreturn void fail_unexpected(struct lexer *lexer, unsigned char c)
{
    char shown[8] = "";
    if (c > ' ' && c < 127)
        snprintf(shown, sizeof shown, " '%c'", c);
    lexer_fail_at(lexer, lexer->line, lexer_column(lexer),
                  "unexpected byte 0x%02x%s, expected a name, a number or one of = + - * / @ ( ) , "
                  "[ ]",
                  c, shown);
}

void lexer_token(struct lexer *lexer)
{
    const char *text = read_from(lexer);
    while (lexer->at < lexer->end &&
           (text[lexer->at] == ' ' || text[lexer->at] == '\t' || text[lexer->at] == '\r'))
        lexer->at++;
    lexer->token_at = lexer->at;
    if (lexer->at == lexer->end || text[lexer->at] == '#') {
        lexer->token = TOKEN_END;
        return;
    }
    const char c = text[lexer->at];
    if (is_digit(c) || c == '.') {
        read_number(lexer);
    } else if (is_letter(c)) {
        read_name(lexer);
    } else if (c && strchr("=+-*/@(),[]", c)) {
        lexer->token = TOKEN_MARK;
        lexer->mark = c;
        lexer->at++;
    } else {
        fail_unexpected(lexer, (unsigned char)c);
    }
}

const char *lexer_found(const struct lexer *lexer, char *buffer, size_t size)
{
    switch (lexer->token) {
    case TOKEN_END:
        snprintf(buffer, size, "the end of the line");
        break;
    case TOKEN_MARK:
        snprintf(buffer, size, "'%c'", lexer->mark);
        break;
    default:
        snprintf(buffer, size, "'%s%s'", lexer->word, lexer->token == TOKEN_NEXT ? "'" : "");
    }
    return buffer;
}
