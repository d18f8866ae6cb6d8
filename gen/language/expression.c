/* SPDX-License-Identifier: MIT */
/* The right-hand side of an assignment:
 *
 *     sum     = term { (+|-) term }          term    = factor { (*|/) factor }
 *     factor  = '-' factor | primary         primary = NUMBER | I | H | P | ( sum ) | NAME [']
 *                                                     | MATRIX @ operand | FUNCTION ( sum, ... )
 *     operand = NAME ['] | ( sum ) | MATRIX @ operand
 */
#include "language/parser.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_LIMIT = 60, CONSTANT_TERMS = 100 };

static const struct {
    const char *name, *parameters, *text;
} functions[] = {
#define OP(id, spelling, arity, value, by_a, by_b)
#define FUNCTION(name, parameters, text) {name, parameters, text},
#include "cell/ops.def"
#undef OP
#undef FUNCTION
};

enum { FUNCTION_COUNT = sizeof functions / sizeof *functions };

_Noreturn void fail_expected(struct parser *parser, const char *expected)
{
    char found[80];
    FAIL(parser, "expected %s, found %s", expected,
         lexer_found(&parser->lexer, found, sizeof found));
}

bool at_mark(const struct parser *parser, char mark)
{
    return parser->lexer.token == TOKEN_MARK && parser->lexer.mark == mark;
}

bool accept_mark(struct parser *parser, char mark)
{
    if (!at_mark(parser, mark))
        return false;
    lexer_token(&parser->lexer);
    return true;
}

void expect_mark(struct parser *parser, char mark, const char *where)
{
    char expected[80];
    snprintf(expected, sizeof expected, "'%c' %s", mark, where);
    if (!accept_mark(parser, mark))
        fail_expected(parser, expected);
}

bool is_capital(const char *name)
{
    return name[0] >= 'A' && name[0] <= 'Z';
}

enum weir_extent extent_named(const char *name)
{
    enum weir_extent extent = WEIR_P;
    while (extent != WEIR_ONE && strcmp(name, extent_name(extent)) != 0)
        extent--;
    return extent;
}

const char *size_name(const struct graph *graph, int variable)
{
    return extent_name(graph_extent(graph, variable));
}

bool is_function(const char *name)
{
    for (int op = OP_SUM + 1; op < OP_COUNT; op++)
        if (!strcmp(op_spelling((enum op)op), name))
            return true;
    for (size_t f = 0; f < FUNCTION_COUNT; f++)
        if (!strcmp(functions[f].name, name))
            return true;
    return false;
}

int find_state(const struct graph *graph, const char *name)
{
    for (int s = 0; s < graph->state_count; s++)
        if (!strcmp(graph->states[s].name, name))
            return s;
    return -1;
}

int find_value(const struct graph *graph, const char *name)
{
    for (int v = 0; v < graph->named_count; v++)
        if (!strcmp(graph->named_as[v], name))
            return v;
    return -1;
}

int find_param(const struct graph *graph, const char *name)
{
    for (int p = 0; p < graph->param_count; p++)
        if (!strcmp(graph->params[p].name, name))
            return p;
    return -1;
}

/* ---- Names in expressions ---- */

static int learned(struct parser *parser, const char *name, bool is_matrix, int column)
{
    struct graph *graph = parser->graph;
    int param = find_param(graph, name);
    if (param < 0) {
        if (graph->param_count == PARAMS_MAX)
            FAIL_AT(parser, column,
                    "'%s' is one learned matrix or vector too many, expected at most %d", name,
                    PARAMS_MAX);
        param = graph->param_count++;
        struct param *p = &graph->params[param];
        snprintf(p->name, sizeof p->name, "%s", name);
        p->is_matrix = is_matrix;
        p->rows = graph_new_extent(graph);
        p->cols = is_matrix ? graph_new_extent(graph) : -1;
        p->line = parser->lexer.line;
        p->column = column;
    }
    return param;
}

/* A word where the name of a matrix is expected. */
static bool names_matrix(const struct lexer *lexer)
{
    return lexer->token == TOKEN_NAME && is_capital(lexer->word) &&
           extent_named(lexer->word) == WEIR_ONE;
}

void check_size(struct parser *parser, enum weir_extent extent, int column)
{
    if (extent == WEIR_P && !graph_has_extent(parser->graph, WEIR_P))
        FAIL_AT(parser, column, "'P' is the size of no state, expected a state with [P] before");
}

static int size_constant(struct parser *parser, const char *name, int column)
{
    const enum weir_extent extent = extent_named(name);
    check_size(parser, extent, column);
    return graph_size(parser->graph, extent);
}

static int next_value(struct parser *parser, const char *name)
{
    const int state = find_state(parser->graph, name);
    if (state < 0)
        FAIL(parser, "%s' is the next value of a state, and '%s' is none; expected a state", name,
             name);
    const int next = parser->graph->states[state].next;
    if (next < 0)
        FAIL(parser, "%s' is used before it is assigned", name);
    return next;
}

static int named_value(struct parser *parser, const char *name, int column)
{
    struct graph *graph = parser->graph;
    for (size_t i = 0; i < parser->binding_count; i++)
        if (!strcmp(parser->bindings[i].name, name))
            return parser->bindings[i].node;
    if (extent_named(name) != WEIR_ONE)
        return size_constant(parser, name, column);
    const int state = find_state(graph, name);
    if (state >= 0)
        return graph->states[state].node;
    if (parser->has_input && !strcmp(name, graph->input_name))
        return graph->input;
    const int value = find_value(graph, name);
    if (value >= 0) {
        parser->values[value].used = true;
        return graph->named[value];
    }
    if (is_function(name))
        FAIL_AT(parser, column, "'%s' is a function, expected '(' after its name", name);
    if (parser->assigned && !strcmp(name, parser->assigned))
        FAIL_AT(parser, column, "'%s' is used before it is assigned", name);
    return graph_vector(graph, learned(parser, name, false, column), -1);
}

static int parse_product(struct parser *parser);

#define OPERANDS "the input, a state, a named value or an expression in parentheses"

/* What a matrix is multiplied by. */
static int parse_operand(struct parser *parser)
{
    struct lexer *lexer = &parser->lexer;
    const int column = lexer_column(lexer);
    int node = -1;
    if (names_matrix(lexer))
        return parse_product(parser);
    if (accept_mark(parser, '(')) {
        node = parse_sum(parser);
        expect_mark(parser, ')', "to close the '('");
    } else if (lexer->token == TOKEN_NEXT) {
        node = next_value(parser, lexer->word);
        lexer_token(lexer);
    } else if (lexer->token == TOKEN_NAME && !is_function(lexer->word)) {
        node = named_value(parser, lexer->word, column);
        lexer_token(lexer);
    } else {
        fail_expected(parser, OPERANDS " after '@'");
    }
    if (graph_is_constant(parser->graph, node))
        FAIL_AT(parser, column, "a matrix is multiplied by a constant, expected " OPERANDS);
    if (parser->graph->nodes[node].op == OP_VECTOR)
        FAIL_AT(parser, column,
                "a matrix is multiplied by '%s', a learned vector, expected " OPERANDS,
                parser->graph->params[parser->graph->nodes[node].index].name);
    return node;
}

static int parse_product(struct parser *parser)
{
    struct graph *graph = parser->graph;
    struct lexer *lexer = &parser->lexer;
    char matrix[NAME_SIZE];
    const int column = lexer_column(lexer);
    memcpy(matrix, lexer->word, sizeof matrix);
    if (++parser->depth > DEPTH_LIMIT)
        FAIL(parser, "expressions are nested deeper than %d", DEPTH_LIMIT);
    const int param = learned(parser, matrix, true, column);
    lexer_token(lexer);
    expect_mark(parser, '@', "after the name of a matrix");
    const int operand = parse_operand(parser);
    if (!graph_same_extent(graph, graph->params[param].cols, graph->nodes[operand].extent))
        FAIL_AT(parser, column, "the matrix '%s' is multiplied by vectors of different sizes",
                matrix);
    parser->depth--;
    return graph_product(graph, param, operand);
}

/* ---- Functions ---- */

void check_room(struct parser *parser, int column)
{
    if (parser->graph->full)
        FAIL_AT(parser, column, "the cell has more than %d operations", NODES_MAX);
}

/* Fails where an operation, at this column, is not for such operands. */
static void check_operands(struct parser *parser, enum op op, int a, int b, int column)
{
    struct graph *graph = parser->graph;
    const char *what = parser->called ? parser->called : op_spelling(op);
    const int extent_a = graph->nodes[a].extent, extent_b = b < 0 ? -1 : graph->nodes[b].extent;
    if (!graph_same_extent(graph, extent_a, extent_b))
        FAIL_AT(parser, column, "'%s' combines a vector of size %s with one of size %s", what,
                size_name(graph, extent_a), size_name(graph, extent_b));
    if (op == OP_SQRT && !graph_is_constant(graph, a))
        FAIL_AT(parser, column, "sqrt of a vector, expected sqrt of a constant such as sqrt(H)");
    if (graph_is_constant(graph, a) &&
        (op == OP_EXP || op == OP_LOG1P || op == OP_SIGMOID || op == OP_TANH || op == OP_WHERE))
        FAIL_AT(parser, column, "'%s' of a constant, expected a vector", what);
    if (op == OP_DIV && graph->nodes[b].known && (float)graph->nodes[b].number == 0)
        FAIL_AT(parser, column, "division by 0, expected a constant that a float can tell from 0");
}

/* Makes an operation on a, b and c, which stands at this column, after checking them. */
static int combine(struct parser *parser, enum op op, int a, int b, int c, int column)
{
    struct graph *graph = parser->graph;
    check_operands(parser, op, a, b, column);
    if (c >= 0)
        check_operands(parser, op, a, c, column);
    const int made = graph_op(graph, op, a, b, c);
    check_room(parser, column);
    const struct node *node = &graph->nodes[made];
    if (node->known && isnan(node->number))
        FAIL_AT(parser, column, "the constant here is not a number");
    if (node->known && !isfinite((float)node->number))
        FAIL_AT(parser, column, "the constant here is %g, expected one that fits a float",
                node->number);
    if (graph_is_constant(graph, made) && node->terms > CONSTANT_TERMS)
        FAIL_AT(parser, column, "the constant here is made of more than %d terms", CONSTANT_TERMS);
    return made;
}

/* Reads the text of a FUNCTION with its parameters bound; the text is ours, not the user's. */
static int expand(struct parser *parser, const char *text, int column)
{
    const struct lexer saved = parser->lexer;
    lexer_enter(&parser->lexer, text, column);
    const int node = parse_sum(parser);
    parser->lexer = saved;
    return node;
}

/* Binds the parameters of a function to what it was given, or to their own values. */
static size_t bind_parameters(struct parser *parser, size_t function, const int *argument,
                              size_t count, int column, struct binding *bound)
{
    const char *parameters = functions[function].parameters;
    size_t given = 0;
    while (*parameters) {
        const size_t length = strcspn(parameters, " "), name = strcspn(parameters, " =");
        struct binding *binding = &bound[given];
        snprintf(binding->name, sizeof binding->name, "%.*s", (int)name, parameters);
        if (given < count)
            binding->node = argument[given];
        else if (name < length)
            binding->node = graph_number(parser->graph, strtod(parameters + name + 1, NULL));
        else
            FAIL_AT(parser, column, "'%s' lacks an argument, expected '%s' as well",
                    functions[function].name, binding->name);
        given++;
        parameters += length + (parameters[length] == ' ');
    }
    if (count > given)
        FAIL_AT(parser, column, "'%s' was given %zu arguments, expected at most %zu",
                functions[function].name, count, given);
    return given;
}

static int call_function(struct parser *parser, size_t function, const int *argument, size_t count,
                         int column)
{
    struct binding saved[BINDINGS_MAX], bound[ARGUMENTS_MAX];
    const size_t given = bind_parameters(parser, function, argument, count, column, bound);
    const size_t saved_count = parser->binding_count;
    const char *caller = parser->called;
    memcpy(saved, parser->bindings, sizeof saved);
    memcpy(parser->bindings, bound, given * sizeof *bound);
    parser->binding_count = given;
    parser->called = caller ? caller : functions[function].name;
    const int node = expand(parser, functions[function].text, column);
    parser->called = caller;
    memcpy(parser->bindings, saved, sizeof saved);
    parser->binding_count = saved_count;
    return node;
}

static int parse_call(struct parser *parser, const char *name, int column)
{
    int argument[ARGUMENTS_MAX] = {-1, -1, -1, -1};
    size_t count = 0;
    do {
        if (count == ARGUMENTS_MAX)
            FAIL_AT(parser, column, "'%s' was given more than %d arguments", name, ARGUMENTS_MAX);
        argument[count++] = parse_sum(parser);
    } while (accept_mark(parser, ','));
    if (!at_mark(parser, ')'))
        fail_expected(parser, "',' or ')' in the arguments of a function");
    int node = -1;
    for (int op = OP_SUM + 1; op < OP_COUNT && node < 0; op++)
        if (!strcmp(op_spelling((enum op)op), name)) {
            if (count != op_arity((enum op)op))
                FAIL_AT(parser, column, "'%s' was given %zu argument%s, expected %zu", name, count,
                        count == 1 ? "" : "s", op_arity((enum op)op));
            node = combine(parser, (enum op)op, argument[0], argument[1], argument[2], column);
        }
    for (size_t f = 0; f < FUNCTION_COUNT && node < 0; f++)
        if (!strcmp(functions[f].name, name))
            node = call_function(parser, f, argument, count, column);
    lexer_token(&parser->lexer);
    return node;
}

/* ---- Expressions ---- */

static int parse_name(struct parser *parser)
{
    struct lexer *lexer = &parser->lexer;
    char name[NAME_SIZE];
    const int column = lexer_column(lexer);
    memcpy(name, lexer->word, sizeof name);
    if (lexer->token == TOKEN_NEXT) {
        const int node = next_value(parser, name);
        lexer_token(lexer);
        return node;
    }
    if (name[0] == '_' && parser->binding_count == 0)
        FAIL(parser, "'%s' starts with '_', expected a name that starts with a letter", name);
    if (names_matrix(lexer))
        return parse_product(parser);
    lexer_token(lexer);
    if (is_function(name) && accept_mark(parser, '('))
        return parse_call(parser, name, column);
    if (at_mark(parser, '@'))
        FAIL_AT(parser, column, "'%s' is not the name of a matrix, expected %s before '@'", name,
                extent_named(name) != WEIR_ONE ? "one that is no size" : "one with a capital");
    if (at_mark(parser, '('))
        FAIL_AT(parser, column, "'%s' is not a function; weir-gen --list shows those there are",
                name);
    return named_value(parser, name, column);
}

static int parse_primary(struct parser *parser)
{
    struct lexer *lexer = &parser->lexer;
    if (lexer->token == TOKEN_NUMBER) {
        const int node = graph_number(parser->graph, lexer->number);
        lexer_token(lexer);
        return node;
    }
    if (lexer->token == TOKEN_NAME || lexer->token == TOKEN_NEXT)
        return parse_name(parser);
    if (accept_mark(parser, '(')) {
        const int node = parse_sum(parser);
        expect_mark(parser, ')', "to close the '('");
        return node;
    }
    fail_expected(parser, "a name, a number or '('");
}

static int parse_factor(struct parser *parser)
{
    if (++parser->depth > DEPTH_LIMIT)
        FAIL(parser, "expressions are nested deeper than %d", DEPTH_LIMIT);
    const int column = lexer_column(&parser->lexer);
    const int node = accept_mark(parser, '-')
                         ? combine(parser, OP_NEG, parse_factor(parser), -1, -1, column)
                         : parse_primary(parser);
    parser->depth--;
    return node;
}

static int parse_term(struct parser *parser)
{
    int node = parse_factor(parser);
    while (at_mark(parser, '*') || at_mark(parser, '/')) {
        const enum op op = at_mark(parser, '*') ? OP_MUL : OP_DIV;
        const int column = lexer_column(&parser->lexer);
        lexer_token(&parser->lexer);
        const int right = parse_factor(parser);
        node = combine(parser, op, node, right, -1, column);
    }
    return node;
}

int parse_sum(struct parser *parser)
{
    int node = parse_term(parser);
    while (at_mark(parser, '+') || at_mark(parser, '-')) {
        const enum op op = at_mark(parser, '+') ? OP_ADD : OP_SUB;
        const int column = lexer_column(&parser->lexer);
        lexer_token(&parser->lexer);
        const int right = parse_term(parser);
        node = combine(parser, op, node, right, -1, column);
    }
    return node;
}

int parse_rule(struct graph *graph, const char *text, const struct binding *bindings, size_t count)
{
    struct failure failure;
    struct parser *parser = calloc(1, sizeof *parser);
    if (!parser)
        abort();
    parser->graph = graph;
    parser->called = "rule";
    parser->lexer.failure = &failure;
    memcpy(parser->bindings, bindings, count * sizeof *bindings);
    parser->binding_count = count;
    if (setjmp(parser->lexer.failed)) {
        fprintf(stderr, "a rule of ops.def is wrong: %s: %s", text, failure.sentence);
        abort(); /* the program is wrong, whatever it was asked */
    }
    const int node = expand(parser, text, 1);
    free(parser);
    return node;
}
