/* SPDX-License-Identifier: MIT */
/* What nodes compute, as a term: from a value backwards, through elementwise operations, products
 * with constant matrices, and what takes values apart, to the input and the states. */
#include "onnx/spell_places.h"

#include <math.h>
#include <string.h>

/* ---- Terms ---- */

static bool is_same(const struct spell_term *a, const struct spell_term *b)
{
    return a->kind == b->kind && a->sign == b->sign && a->arg_count == b->arg_count &&
           !memcmp(a->args, b->args, sizeof a->args) && a->number == b->number &&
           a->state == b->state && a->tensor == b->tensor && a->turned == b->turned &&
           a->row == b->row && a->col == b->col && a->cols == b->cols;
}

/* A term, or the one that is the same. */
static int add_term(struct spell *s, const struct spell_term *term)
{
    for (size_t i = 0; i < s->term_count; i++)
        if (is_same(&s->terms[i], term))
            return (int)i;
    if (s->term_count == SPELL_TERMS)
        return SPELL_NONE;
    s->terms[s->term_count] = *term;
    return (int)s->term_count++;
}

static int add_number(struct spell *s, float number)
{
    return isfinite(number)
               ? add_term(s, &(struct spell_term){.kind = SPELL_NUMBER, .number = number})
               : SPELL_NONE;
}

static int add_call(struct spell *s, enum spell_kind kind, const char *sign, size_t count,
                    const int *args)
{
    struct spell_term term = {.kind = kind, .sign = sign, .arg_count = count};
    for (size_t i = 0; i < count; i++) {
        if (args[i] == SPELL_NONE)
            return SPELL_NONE;
        term.args[i] = args[i];
    }
    return add_term(s, &term);
}

/* A constant that is added to, or multiplied with, values of a width: one number, or a vector. */
static int read_constant(struct spell *s, const onnx_tensor *tensor, size_t width, size_t at,
                         float factor)
{
    if (!tensor->floats || tensor->rank > s->rank)
        return SPELL_NONE;
    if (tensor->count == 1)
        return add_number(s, tensor->floats[0] * factor);
    if (tensor->dims[tensor->rank - 1] != width || tensor->count != width || at + s->H > width)
        return SPELL_NONE;
    return add_term(s, &(struct spell_term){
                           .kind = SPELL_VECTOR, .tensor = tensor, .row = at, .number = factor});
}

/* ---- Products ---- */

/* A product of columns of a matrix, from `col` on, with what has them. */
struct part {
    const onnx_tensor *matrix;
    bool turned;
    size_t row, col;
    float factor;
};

static int add_product(struct spell *s, const struct part *part, int of, size_t cols)
{
    if (of == SPELL_NONE || (of != SPELL_X && s->terms[of].kind == SPELL_NUMBER))
        return SPELL_NONE;
    s->uses_x |= of == SPELL_X;
    return add_term(s, &(struct spell_term){.kind = SPELL_PRODUCT,
                                            .args = {of},
                                            .arg_count = 1,
                                            .tensor = part->matrix,
                                            .turned = part->turned,
                                            .row = part->row,
                                            .col = part->col,
                                            .cols = cols,
                                            .number = part->factor});
}

/* Adds products of a value with the columns that it has to a sum so far. */
static int add_piece(struct spell *s, struct part *part, int value, size_t width, int sum)
{
    const bool is_x = s->leaves[value] == 1;
    const size_t step = is_x ? width : s->H;
    if (width % step)
        return SPELL_NONE;
    for (size_t at = 0; at < width; at += step, part->col += step) {
        const int product = add_product(s, part, is_x ? SPELL_X : spell_read(s, value, at), step);
        if (product == SPELL_NONE)
            return SPELL_NONE;
        sum = sum == SPELL_NONE ? product : add_call(s, SPELL_SUM, "+", 2, (int[]){sum, product});
    }
    return sum;
}

/* The width of each piece; of the input, what the others leave. */
static bool measure_pieces(struct spell *s, const int *pieces, size_t count, size_t all,
                           size_t *widths)
{
    size_t sum = 0, unknown = count;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i] < 0)
            return false;
        widths[i] = spell_width(s, pieces[i]);
        sum += widths[i];
        if (!widths[i] && (s->leaves[pieces[i]] != 1 || unknown < count))
            return false;
        if (!widths[i])
            unknown = i;
    }
    if (unknown == count)
        return sum == all;
    if (sum >= all)
        return false;
    s->I = widths[unknown] = all - sum;
    return true;
}

static int read_product(struct spell *s, const onnx_node *node, size_t at)
{
    enum { PIECES = 8 };
    const onnx_tensor *matrix = spell_matrix(s, node);
    const bool gemm = spell_is_op(node, "Gemm"), turned = spell_is_turned(node);
    const onnx_node *joined = spell_maker(s, node->inputs[0]);
    const bool joins =
        spell_is_op(joined, "Concat") && spell_is_last(s, onnx_attribute_int(joined, "axis", 0));
    const int *pieces = joins ? joined->inputs : node->inputs;
    const size_t count = joins ? joined->input_count : 1;
    size_t widths[PIECES];
    struct part part = {.matrix = matrix,
                        .turned = turned,
                        .row = at,
                        .factor = gemm ? onnx_attribute_float(node, "alpha", 1) : 1};
    if (count > PIECES || at + s->H > matrix->dims[!turned] ||
        !measure_pieces(s, pieces, count, matrix->dims[turned], widths))
        return SPELL_NONE;
    int sum = SPELL_NONE;
    for (size_t i = 0; i < count; i++)
        if ((sum = add_piece(s, &part, pieces[i], widths[i], sum)) == SPELL_NONE)
            return SPELL_NONE;
    const int bias = spell_input(node, 2);
    if (!gemm || bias < 0)
        return sum;
    const float beta = onnx_attribute_float(node, "beta", 1);
    const onnx_tensor *constant = spell_constant(s, bias);
    const size_t width = matrix->dims[!turned];
    const int added = constant ? read_constant(s, constant, width, at, beta)
                      : beta == 1 && spell_width(s, bias) == width ? spell_read(s, bias, at)
                                                                   : SPELL_NONE;
    return add_call(s, SPELL_SUM, "+", 2, (int[]){sum, added});
}

/* ---- Elementwise operations ---- */

/* A parameter of a function: an attribute, with what stands in for it. */
struct parameter {
    const char *name; /* NULL: there is none */
    float otherwise;
};

static const struct {
    const char *op;
    size_t inputs;
    enum spell_kind kind;
    const char *sign;
    struct parameter parameters[2];
} operations[] = {
    {"Add", 2, SPELL_SUM, "+", {{NULL, 0}}},
    {"Sub", 2, SPELL_SUM, "-", {{NULL, 0}}},
    {"Mul", 2, SPELL_TIMES, "*", {{NULL, 0}}},
    {"Div", 2, SPELL_TIMES, "/", {{NULL, 0}}},
    {"Min", 2, SPELL_CALL, "min", {{NULL, 0}}},
    {"Max", 2, SPELL_CALL, "max", {{NULL, 0}}},
    {"Neg", 1, SPELL_CALL, "-", {{NULL, 0}}},
    {"Abs", 1, SPELL_CALL, "abs", {{NULL, 0}}},
    {"Exp", 1, SPELL_CALL, "exp", {{NULL, 0}}},
    {"Sigmoid", 1, SPELL_CALL, "sigmoid", {{NULL, 0}}},
    {"Tanh", 1, SPELL_CALL, "tanh", {{NULL, 0}}},
    {"Relu", 1, SPELL_CALL, "relu", {{NULL, 0}}},
    {"Softplus", 1, SPELL_CALL, "softplus", {{NULL, 0}}},
    {"Softsign", 1, SPELL_CALL, "softsign", {{NULL, 0}}},
    {"LeakyRelu", 1, SPELL_CALL, "leaky_relu", {{"alpha", 0.01f}}},
    {"Elu", 1, SPELL_CALL, "elu", {{"alpha", 1}}},
    {"ThresholdedRelu", 1, SPELL_CALL, "thresholded_relu", {{"alpha", 1}}},
    {"HardSigmoid", 1, SPELL_CALL, "hard_sigmoid", {{"alpha", 0.2f}, {"beta", 0.5f}}},
};

enum { OPERATIONS = sizeof operations / sizeof *operations };

bool spell_is_elementwise(const char *op)
{
    bool is = !strcmp(op, "Identity") || !strcmp(op, "Clip");
    for (size_t row = 0; row < OPERATIONS; row++)
        is |= !strcmp(op, operations[row].op);
    return is;
}

static int read_operand(struct spell *s, int value, size_t width, size_t at)
{
    const onnx_tensor *constant = spell_constant(s, value);
    if (value < 0)
        return SPELL_NONE;
    if (constant)
        return read_constant(s, constant, width, at, 1);
    const size_t own = spell_width(s, value);
    return own == width ? spell_read(s, value, at) : SPELL_NONE;
}

static int read_clip(struct spell *s, const onnx_node *node, size_t width, size_t at)
{
    static const char *const names[] = {"min", "max"};
    int args[3] = {read_operand(s, spell_input(node, 0), width, at)};
    for (size_t i = 0; i < 2; i++) {
        const onnx_tensor *bound = spell_constant(s, spell_input(node, 1 + i));
        const onnx_attribute *attribute = onnx_attribute_find(node, names[i]);
        if (bound ? bound->count != 1 || !bound->floats
                  : !attribute || spell_input(node, 1 + i) >= 0)
            return SPELL_NONE;
        args[1 + i] = add_number(s, bound ? bound->floats[0] : attribute->f);
    }
    return add_call(s, SPELL_CALL, "clip", 3, args);
}

static int read_operation(struct spell *s, const onnx_node *node, size_t width, size_t at)
{
    int args[3] = {0};
    size_t row = 0, count = 0;
    while (row < OPERATIONS && strcmp(operations[row].op, node->op) != 0)
        row++;
    if (row == OPERATIONS || node->input_count != operations[row].inputs)
        return SPELL_NONE;
    for (; count < node->input_count; count++)
        args[count] = read_operand(s, node->inputs[count], width, at);
    for (size_t p = 0; p < 2 && operations[row].parameters[p].name; p++, count++)
        args[count] = add_number(s, onnx_attribute_float(node, operations[row].parameters[p].name,
                                                         operations[row].parameters[p].otherwise));
    return add_call(s, operations[row].kind, operations[row].sign, count, args);
}

/* ---- Values ---- */

static int read_concat(struct spell *s, const onnx_node *node, size_t at)
{
    if (!spell_is_last(s, onnx_attribute_int(node, "axis", 0)))
        return SPELL_NONE;
    for (size_t i = 0; i < node->input_count; i++) {
        const size_t width = spell_width(s, node->inputs[i]);
        if (!width)
            return SPELL_NONE;
        if (at + s->H <= width)
            return read_operand(s, node->inputs[i], width, at);
        if (at < width)
            return SPELL_NONE;
        at -= width;
    }
    return SPELL_NONE;
}

static int read_node(struct spell *s, const onnx_node *node, int value, size_t at)
{
    const size_t width = spell_width(s, value);
    size_t start, length;
    if (!width || at + s->H > width || node->recurrent || node->branch[0])
        return SPELL_NONE;
    if (spell_matrix(s, node))
        return read_product(s, node, at);
    if (spell_is_op(node, "Identity") || (spell_is_op(node, "Dropout") && node->input_count == 1))
        return spell_place(node, value) ? SPELL_NONE
                                        : read_operand(s, spell_input(node, 0), width, at);
    if (spell_is_op(node, "Split"))
        return spell_part(s, node, spell_place(node, value), &start, &length)
                   ? spell_read(s, node->inputs[0], start + at)
                   : SPELL_NONE;
    if (spell_is_op(node, "Slice"))
        return spell_slice(s, node, &start, &length) ? spell_read(s, node->inputs[0], start + at)
                                                     : SPELL_NONE;
    if (spell_is_op(node, "Concat"))
        return read_concat(s, node, at);
    return spell_is_op(node, "Clip") ? read_clip(s, node, width, at)
                                     : read_operation(s, node, width, at);
}

int spell_read(struct spell *s, int value, size_t at)
{
    const onnx_node *node = spell_maker(s, value);
    if (value < 0 || !s->H || s->depth == SPELL_DEPTH)
        return SPELL_NONE;
    if (s->leaves[value] > 1)
        return at ? SPELL_NONE
                  : add_term(s, &(struct spell_term){.kind = SPELL_STATE,
                                                     .state = s->leaves[value] - 2u});
    if (!node)
        return SPELL_NONE;
    for (size_t i = 0; i < s->read_count; i++)
        if (s->read[i].value == value && s->read[i].at == at)
            return s->read[i].term;
    s->depth++;
    const int term = read_node(s, node, value, at);
    s->depth--;
    if (s->read_count == SPELL_READ)
        return SPELL_NONE;
    s->read[s->read_count].value = value;
    s->read[s->read_count].at = at;
    s->read[s->read_count++].term = term;
    return term;
}
