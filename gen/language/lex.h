/* SPDX-License-Identifier: MIT */
/* Words of the cell language, one line at a time, and how an error in one is told. */
#ifndef WEIR_LEX_H
#define WEIR_LEX_H

#include "cell/graph.h"
#include "common/failure.h"

#include <setjmp.h>
#include <stddef.h>

enum token { TOKEN_END, TOKEN_NAME, TOKEN_NEXT, TOKEN_NUMBER, TOKEN_MARK };

enum { LINE_LIMIT = 1000 };

struct lexer {
    const char *file, *text; /* the whole file */
    size_t length, start, end, at; /* of the current line, and where in it we are */
    int line;
    const char *function; /* the text of a function that is read instead of the line, or NULL */
    int call_column; /* where that function is called: the column of everything in its text */
    enum token token;
    size_t token_at; /* where the current token starts */
    char word[NAME_SIZE]; /* of a name; of a number as it is written */
    char mark; /* of TOKEN_MARK */
    double number;
    struct failure *failure; /* what lexer_fail_at fills */
    jmp_buf failed; /* where lexer_fail_at goes */
};

/* Moves to the next line that holds something; false at the end of the file. */
int lexer_line(struct lexer *lexer);

/* Reads the next token of the line. TOKEN_NEXT is a name with a prime: c'. */
void lexer_token(struct lexer *lexer);

/* Reads the text of a function in place of the line, from its first token on; errors in it are told
 * at the column of the call. The caller restores the lexer as it was. */
void lexer_enter(struct lexer *lexer, const char *function, int call_column);

/* Fails at a line and column (both from 1) of a file: the sentence, the line and a caret, a line
 * each, all of which end. The sentence may be the failure's own. */
bool lexer_tell(struct failure *failure, const char *file, const char *text, size_t length,
                int line, int column, const char *sentence);

/* The current token in words, for "found ...". */
const char *lexer_found(const struct lexer *lexer, char *buffer, size_t size);

/* Tells of an error at a line and column, and leaves by lexer->failed. */
_Noreturn void lexer_fail_at(struct lexer *lexer, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The column of the current token. */
int lexer_column(const struct lexer *lexer);

#endif
