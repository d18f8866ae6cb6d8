/* SPDX-License-Identifier: MIT */
/* What nodes compute, as a term: from a value backwards, through elementwise operations, products
 * with constant matrices, and what takes values apart, to the input and the states. */
#include "onnx/spell.h"

#include <math.h>
#include <string.h>

enum { DEPTH_MAX = 60, STEPS_MAX = 1 << 16 };

/* ---- Constants and places ---- */

static const onnx_tensor *constant_at(const struct spell *s, int value)
{
    return value < 0 ? NULL : s->model->values[value].constant;
}

static int input_at(const onnx_node *node, size_t input)
{
    return input < node->input_count ? node->inputs[input] : -1;
}

static const onnx_node *maker_of(const struct spell *s, int value)
{
    return value < 0 || s->leaves[value] || constant_at(s, value) ? NULL : s->makers[value];
}

static size_t place_among(const onnx_node *node, int value)
{
    size_t place = 0;
    while (node->outputs[place] != value)
        place++;
    return place;
}

/* Whether an axis is the last one. */
static bool is_last(const struct spell *s, int64_t axis)
{
    return axis == -1 || axis == (int64_t)s->rank - 1;
}

/* Whole numbers from an input that is a constant, or from an attribute; NULL: neither. */
static const int64_t *numbers_of(const struct spell *s, const onnx_node *node, size_t input,
                                 const char *attribute, size_t *count)
{
    const onnx_tensor *tensor = constant_at(s, input_at(node, input));
    const onnx_attribute *list = onnx_attribute_find(node, attribute);
    *count = tensor ? tensor->count : list ? list->int_count : 0;
    return tensor ? tensor->ints : list ? list->ints : NULL;
}

static bool is_op(const onnx_node *node, const char *op)
{
    return node && !strcmp(node->op, op);
}

/* The constant matrix of a MatMul or Gemm; NULL: there is none. */
static const onnx_tensor *matrix_of(const struct spell *s, const onnx_node *node)
{
    const bool gemm = is_op(node, "Gemm");
    const onnx_tensor *matrix =
        gemm || is_op(node, "MatMul") ? constant_at(s, input_at(node, 1)) : NULL;
    if (!matrix || !matrix->floats || matrix->rank != 2 ||
        (gemm && (onnx_attribute_int(node, "transA", 0) || s->rank != 2)))
        return NULL;
    return matrix;
}

static bool is_turned(const onnx_node *node)
{
    return is_op(node, "Gemm") && onnx_attribute_int(node, "transB", 0);
}

/* ---- Widths ---- */

/* Where output `place` of a Split begins, and how long it is; false: it cannot be told. */
static bool find_part(struct spell *s, const onnx_node *node, size_t place, size_t *start,
                      size_t *length)
{
    size_t count;
    const int64_t *given = numbers_of(s, node, 1, "split", &count);
    if (!is_last(s, onnx_attribute_int(node, "axis", 0)) ||
        (!given && (input_at(node, 1) >= 0 || onnx_attribute_find(node, "split"))))
        return false;
    *start = 0;
    if (!given) {
        const size_t parts = node->output_count;
        const int64_t asked = onnx_attribute_int(node, "num_outputs", (int64_t)parts);
        const size_t all = spell_width(s, input_at(node, 0));
        *length = all / parts;
        *start = place * *length;
        return asked == (int64_t)parts && all && all % parts == 0;
    }
    if (place >= count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (given[i] < 1 || given[i] > INT32_MAX)
            return false;
    for (size_t i = 0; i < place; i++)
        *start += (size_t)given[i];
    *length = (size_t)given[place];
    return true;
}

/* The same of a Slice of the last axis, without gaps. */
static bool find_slice(struct spell *s, const onnx_node *node, size_t *start, size_t *length)
{
    size_t counts[4];
    const bool listed = node->opset < 10;
    const int64_t *starts = numbers_of(s, node, listed ? 9 : 1, "starts", &counts[0]),
                  *ends = numbers_of(s, node, listed ? 9 : 2, "ends", &counts[1]),
                  *axes = numbers_of(s, node, listed ? 9 : 3, "axes", &counts[2]),
                  *steps = numbers_of(s, node, 4, "steps", &counts[3]);
    const size_t all = spell_width(s, input_at(node, 0));
    if (!starts || !ends || counts[0] != 1 || counts[1] != 1 || !all || all > INT32_MAX)
        return false;
    if ((input_at(node, 4) >= 0 && (!steps || counts[3] != 1 || steps[0] != 1)) ||
        (input_at(node, 3) >= 0 && !axes) ||
        (axes ? counts[2] != 1 || !is_last(s, axes[0]) : s->rank != 1))
        return false;
    const int64_t most = (int64_t)all;
    int64_t from = starts[0] < -most ? 0 : starts[0] < 0 ? starts[0] + most : starts[0];
    int64_t to = ends[0] > most    ? most
                 : ends[0] < -most ? 0
                 : ends[0] < 0     ? ends[0] + most
                                   : ends[0];
    if (from >= to)
        return false;
    *start = (size_t)from;
    *length = (size_t)(to - from);
    return true;
}

static size_t measure_concat(struct spell *s, const onnx_node *node)
{
    size_t sum = 0;
    if (!is_last(s, onnx_attribute_int(node, "axis", 0)))
        return 0;
    for (size_t i = 0; i < node->input_count; i++) {
        const size_t width = spell_width(s, node->inputs[i]);
        if (!width)
            return 0;
        sum += width;
    }
    return sum;
}

/* Of what broadcasts: the largest. Whether all that are no constants have it is seen later. */
static size_t measure_all(struct spell *s, const onnx_node *node)
{
    size_t width = 0;
    for (size_t i = 0; i < node->input_count; i++) {
        const size_t own = spell_width(s, node->inputs[i]);
        width = own > width ? own : width;
    }
    return width;
}

static size_t measure(struct spell *s, int value)
{
    const onnx_tensor *constant = constant_at(s, value);
    const onnx_node *node = maker_of(s, value);
    size_t start, length;
    if (constant)
        return constant->rank ? constant->dims[constant->rank - 1] : 1;
    if (s->leaves[value])
        return s->leaves[value] == 1 ? s->I : s->H;
    if (!node || node->branch[0] || node->recurrent)
        return 0;
    const onnx_tensor *matrix = matrix_of(s, node);
    if (matrix)
        return matrix->dims[!is_turned(node)];
    if (is_op(node, "Split"))
        return find_part(s, node, place_among(node, value), &start, &length) ? length : 0;
    if (is_op(node, "Slice"))
        return find_slice(s, node, &start, &length) ? length : 0;
    return is_op(node, "Concat") ? measure_concat(s, node) : measure_all(s, node);
}

size_t spell_width(struct spell *s, int value)
{
    if (value < 0 || s->depth == DEPTH_MAX || s->steps++ > STEPS_MAX)
        return 0;
    if (s->widths[value])
        return s->widths[value] - 1;
    s->depth++;
    const size_t width = measure(s, value);
    s->depth--;
    if (width) /* what is not known yet may be later */
        s->widths[value] = width + 1;
    return width;
}

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
    const onnx_tensor *matrix = matrix_of(s, node);
    const bool gemm = is_op(node, "Gemm"), turned = is_turned(node);
    const onnx_node *joined = maker_of(s, node->inputs[0]);
    const bool joins = is_op(joined, "Concat") && is_last(s, onnx_attribute_int(joined, "axis", 0));
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
    const int bias = input_at(node, 2);
    if (!gemm || bias < 0)
        return sum;
    const float beta = onnx_attribute_float(node, "beta", 1);
    const onnx_tensor *constant = constant_at(s, bias);
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
    const onnx_tensor *constant = constant_at(s, value);
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
    int args[3] = {read_operand(s, input_at(node, 0), width, at)};
    for (size_t i = 0; i < 2; i++) {
        const onnx_tensor *bound = constant_at(s, input_at(node, 1 + i));
        const onnx_attribute *attribute = onnx_attribute_find(node, names[i]);
        if (bound ? bound->count != 1 || !bound->floats : !attribute || input_at(node, 1 + i) >= 0)
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
    if (!is_last(s, onnx_attribute_int(node, "axis", 0)))
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
    if (matrix_of(s, node))
        return read_product(s, node, at);
    if (is_op(node, "Identity") || (is_op(node, "Dropout") && node->input_count == 1))
        return place_among(node, value) ? SPELL_NONE
                                        : read_operand(s, input_at(node, 0), width, at);
    if (is_op(node, "Split"))
        return find_part(s, node, place_among(node, value), &start, &length)
                   ? spell_read(s, node->inputs[0], start + at)
                   : SPELL_NONE;
    if (is_op(node, "Slice"))
        return find_slice(s, node, &start, &length) ? spell_read(s, node->inputs[0], start + at)
                                                    : SPELL_NONE;
    if (is_op(node, "Concat"))
        return read_concat(s, node, at);
    return is_op(node, "Clip") ? read_clip(s, node, width, at) : read_operation(s, node, width, at);
}

int spell_read(struct spell *s, int value, size_t at)
{
    const onnx_node *node = maker_of(s, value);
    if (value < 0 || !s->H || s->depth == DEPTH_MAX)
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
