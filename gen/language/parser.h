/* SPDX-License-Identifier: MIT */
/* What the two halves of the parser share: parse.c reads statements, expression.c what stands to
 * the right of '='. */
#ifndef WEIR_PARSER_H
#define WEIR_PARSER_H

#include "cell/graph.h"
#include "language/lex.h"

enum { ARGUMENTS_MAX = 4, BINDINGS_MAX = 5 };

struct binding {
    char name[NAME_SIZE];
    int node;
};

struct parser {
    struct lexer lexer;
    struct graph *graph;
    int depth;
    bool has_cell, has_input;
    const char *assigned; /* the name to which the current line gives a value, or NULL */
    /* While the text of a FUNCTION is read: its name in the file, and its parameters. */
    const char *called;
    struct binding bindings[BINDINGS_MAX];
    size_t binding_count;
    /* Named values: node, and where they were named. */
    struct {
        int node, line, column;
        bool used;
    } values[NAMED_MAX];
};

/* Tells of an error at a column of the line, or at the current token, and leaves. */
#define FAIL_AT(parser, column, ...)                                                               \
    lexer_fail_at(&(parser)->lexer, (parser)->lexer.line, column, __VA_ARGS__)
#define FAIL(parser, ...) FAIL_AT(parser, lexer_column(&(parser)->lexer), __VA_ARGS__)

/* Tells what was expected in the place of the current token, and leaves. */
_Noreturn void fail_expected(struct parser *parser, const char *expected);

bool at_mark(const struct parser *parser, char mark);
bool accept_mark(struct parser *parser, char mark);
void expect_mark(struct parser *parser, char mark, const char *where);

/* What a name is. */
bool is_capital(const char *name);
bool is_function(const char *name);
enum weir_extent extent_named(const char *name); /* WEIR_ONE: none */
const char *size_name(const struct graph *graph, int variable);
int find_state(const struct graph *graph, const char *name);
int find_value(const struct graph *graph, const char *name);
int find_param(const struct graph *graph, const char *name);

/* Fails at this column where the cell has no such size. */
void check_size(struct parser *parser, enum weir_extent extent, int column);

/* Fails at this column where the graph has no room for more. */
void check_room(struct parser *parser, int column);

/* Reads a sum and gives its node. */
int parse_sum(struct parser *parser);

/* The node of a text of ops.def, in which names stand for nodes. */
int parse_rule(struct graph *graph, const char *text, const struct binding *bindings, size_t count);

#endif
