/* SPDX-License-Identifier: MIT */
/* The statements of a cell file, one a line; '#' starts a comment:
 *
 *     cell NAME | input NAME | state NAME [size] { , ... } | NAME [size] = sum | NAME ' = sum
 *
 * with size = '[' I|H|P ']'.
 *
 * It knows no cell by name: what it knows are the operations of ops.def. */
#include "language/parse.h"

#include "language/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fails unless the name, which is the current token, is free to be given to something new. */
static void require_new_name(struct parser *parser, const char *name)
{
    const struct graph *graph = parser->graph;
    if (name[0] == '_')
        FAIL(parser, "'%s' starts with '_', expected a name that starts with a letter", name);
    if (is_function(name) || extent_named(name) != WEIR_ONE || !strcmp(name, "cell") ||
        !strcmp(name, "input") || !strcmp(name, "state"))
        FAIL(parser, "'%s' is a word of the language, expected a name of your own", name);
    if (find_state(graph, name) >= 0)
        FAIL(parser, "'%s' is a state already; its next value is written %s'", name, name);
    if (!strcmp(graph->input_name, name))
        FAIL(parser, "'%s' is the input already, expected a new name", name);
    if (find_value(graph, name) >= 0)
        FAIL(parser, "'%s' has a value already; a name is assigned once", name);
    const int param = find_param(graph, name);
    if (param >= 0)
        FAIL(parser,
             "'%s' is used before it is assigned, on line %d, where it is taken for a "
             "learned vector",
             name, graph->params[param].line);
}

static void require_end(struct parser *parser)
{
    if (parser->lexer.token != TOKEN_END)
        fail_expected(parser, "an operator or the end of the line");
}

static void expect_name(struct parser *parser, const char *what)
{
    if (parser->lexer.token != TOKEN_NAME)
        fail_expected(parser, what);
}

/* The size that a name is declared with; `none` where it has no declaration. */
static int parse_size(struct parser *parser, const char *of, int none)
{
    struct lexer *lexer = &parser->lexer;
    char what[64];
    if (!accept_mark(parser, '['))
        return none;
    const enum weir_extent extent =
        lexer->token == TOKEN_NAME ? extent_named(lexer->word) : WEIR_ONE;
    snprintf(what, sizeof what, "I, H or P as the size of %s", of);
    if (extent == WEIR_ONE)
        fail_expected(parser, what);
    lexer_token(lexer);
    snprintf(what, sizeof what, "after the size of %s", of);
    expect_mark(parser, ']', what);
    return (int)extent;
}

static void parse_state(struct parser *parser)
{
    struct graph *graph = parser->graph;
    struct lexer *lexer = &parser->lexer;
    do {
        expect_name(parser, "the name of a state");
        require_new_name(parser, lexer->word);
        if (is_capital(lexer->word))
            FAIL(parser, "the state '%s' has a capital, expected a name in lower case",
                 lexer->word);
        if (graph->state_count == WEIR_STATES_MAX)
            FAIL(parser, "a state too many, expected at most %d", WEIR_STATES_MAX);
        const int index = graph->state_count++;
        struct state *state = &graph->states[index];
        *state = (struct state){
            .extent = WEIR_H, .next = -1, .line = lexer->line, .column = lexer_column(lexer)};
        snprintf(state->name, sizeof state->name, "%s", lexer->word);
        lexer_token(lexer);
        state->extent = parse_size(parser, "a state", WEIR_H);
        state->node = graph_leaf(graph, OP_STATE, index, state->extent);
    } while (accept_mark(parser, ','));
}

static void parse_declaration(struct parser *parser, const char *keyword)
{
    struct graph *graph = parser->graph;
    struct lexer *lexer = &parser->lexer;
    if (!strcmp(keyword, "state")) {
        parse_state(parser);
        return;
    }
    const bool is_cell = !strcmp(keyword, "cell");
    expect_name(parser, is_cell ? "the name of the cell" : "the name of the input");
    if (is_capital(lexer->word) || lexer->word[0] == '_')
        FAIL(parser, "the name '%s' does not start with a letter in lower case", lexer->word);
    if (is_cell ? parser->has_cell : parser->has_input)
        FAIL(parser, "a second '%s', expected one", keyword);
    if (is_cell) {
        snprintf(graph->name, sizeof graph->name, "%s", lexer->word);
        graph->line = lexer->line;
        graph->column = lexer_column(lexer);
        parser->has_cell = true;
    } else {
        require_new_name(parser, lexer->word);
        snprintf(graph->input_name, sizeof graph->input_name, "%s", lexer->word);
        graph->input = graph_leaf(graph, OP_INPUT, 0, WEIR_I);
        parser->has_input = true;
    }
    lexer_token(lexer);
}

static void name_node(struct parser *parser, int node, const char *name, bool is_next, int column)
{
    struct graph *graph = parser->graph;
    const int value = graph->named_count++;
    graph->named[value] = node;
    snprintf(graph->named_as[value], sizeof graph->named_as[value], "%s%s", name,
             is_next ? "'" : "");
    parser->values[value].node = node;
    parser->values[value].line = parser->lexer.line;
    parser->values[value].column = column;
    parser->values[value].used = is_next;
    graph_name(graph, node, graph_origin(graph, name), NODE_ITSELF);
}

/* A value has the size that its name is declared with. */
static void declare_size(struct parser *parser, int node, const char *name, int size, int column)
{
    struct graph *graph = parser->graph;
    graph->nodes[node].declared = true;
    if (graph_is_constant(graph, node))
        FAIL_AT(parser, column, "'%s' is a constant, expected no size after its name", name);
    check_size(parser, (enum weir_extent)size, column);
    if (!graph_same_extent(graph, size, graph->nodes[node].extent))
        FAIL_AT(parser, column,
                "'%s' is declared to have size %s, but its value is a vector of size %s", name,
                size_name(graph, size), size_name(graph, graph->nodes[node].extent));
}

/* From the '=' on; `size` is what the name is declared with, or -1. */
static void parse_assignment(struct parser *parser, const char *name, bool is_next, int size,
                             int column)
{
    struct graph *graph = parser->graph;
    expect_mark(parser, '=', "after the name to assign");
    if (graph->named_count == NAMED_MAX)
        FAIL(parser, "a named value too many, expected at most %d", NAMED_MAX);
    parser->assigned = is_next ? NULL : name;
    const int node = parse_sum(parser);
    parser->assigned = NULL;
    require_end(parser);
    check_room(parser, column);
    if (size >= 0)
        declare_size(parser, node, name, size, column);
    if (!is_next) {
        name_node(parser, node, name, false, column);
        return;
    }
    struct state *state = &graph->states[find_state(graph, name)];
    if (graph_is_constant(graph, node))
        FAIL_AT(parser, column, "%s' is a constant, expected a vector", name);
    if (!graph_same_extent(graph, state->extent, graph->nodes[node].extent))
        FAIL_AT(parser, column, "%s' is a vector of size %s, and the state '%s' one of size %s",
                name, size_name(graph, graph->nodes[node].extent), name,
                size_name(graph, state->extent));
    state->next = node;
    name_node(parser, node, name, true, column);
}

static void parse_line(struct parser *parser)
{
    struct lexer *lexer = &parser->lexer;
    char name[NAME_SIZE];
    if (lexer->token != TOKEN_NAME && lexer->token != TOKEN_NEXT)
        fail_expected(parser, "'cell', 'input', 'state' or a name to assign");
    const bool is_next = lexer->token == TOKEN_NEXT;
    const int column = lexer_column(lexer);
    snprintf(name, sizeof name, "%s", lexer->word);
    if (!is_next && (!strcmp(name, "cell") || !strcmp(name, "input") || !strcmp(name, "state"))) {
        lexer_token(lexer);
        parse_declaration(parser, name);
    } else {
        const int state = find_state(parser->graph, name);
        if (is_next && state < 0)
            FAIL(parser, "'%s' is not a state, expected a state before the prime", name);
        if (is_next && parser->graph->states[state].next >= 0)
            FAIL(parser, "%s' has a value already; it is assigned once", name);
        if (!is_next && is_capital(name))
            FAIL(parser, "'%s' has a capital, which is for matrices; expected lower case", name);
        if (!is_next)
            require_new_name(parser, name);
        lexer_token(lexer);
        const int size = is_next ? -1 : parse_size(parser, "a value", -1);
        parse_assignment(parser, name, is_next, size, column);
    }
    require_end(parser);
}

/* What can be told only once the whole file was read. */
static void check_whole(struct parser *parser)
{
    struct graph *graph = parser->graph;
    struct lexer *lexer = &parser->lexer;
    const int last = lexer->line > 0 ? lexer->line : 1;
    if (!parser->has_cell)
        lexer_fail_at(lexer, last, 1, "the file ends without 'cell NAME'");
    if (!parser->has_input)
        lexer_fail_at(lexer, last, 1, "the file ends without 'input NAME'");
    if (graph->state_count == 0)
        lexer_fail_at(lexer, last, 1, "the file ends without a 'state', expected at least one");
    for (int s = 0; s < graph->state_count; s++)
        if (graph->states[s].next < 0)
            lexer_fail_at(lexer, graph->states[s].line, graph->states[s].column,
                          "the state '%s' has no next value, expected a line %s' = ...",
                          graph->states[s].name, graph->states[s].name);
    if (graph->param_count == 0)
        lexer_fail_at(lexer, last, 1,
                      "the file ends without a learned matrix or vector, expected at least one");
    for (int v = 0; v < graph->named_count; v++)
        if (!parser->values[v].used)
            lexer_fail_at(lexer, parser->values[v].line, parser->values[v].column,
                          "'%s' is never used, expected it to reach a next state",
                          graph->named_as[v]);
}

struct graph *cell_parse(const char *file, const char *text, size_t length, const double size[4],
                         struct failure *failure)
{
    struct parser *parser = calloc(1, sizeof *parser);
    struct graph *graph = graph_create();
    bool failed = false;
    if (!parser) {
        fail_memory(failure);
        graph_free(graph);
        return NULL;
    }
    memcpy(graph->size, size, sizeof graph->size);
    parser->graph = graph;
    parser->lexer =
        (struct lexer){.file = file, .text = text, .length = length, .failure = failure};
    if (setjmp(parser->lexer.failed) == 0) {
        while (lexer_line(&parser->lexer))
            parse_line(parser);
        check_whole(parser);
    } else {
        failed = true;
    }
    free(parser);
    if (!failed)
        return graph;
    graph_free(graph);
    return NULL;
}
