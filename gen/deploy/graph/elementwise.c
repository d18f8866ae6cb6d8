/* SPDX-License-Identifier: MIT */
/* Operators on single elements: a table of expressions (lower.h), one for floats and one for whole
 * numbers. */
#include "deploy/graph/lower.h"

#include <math.h>
#include <string.h>

/* NULL: it does not work on such elements, which those of the first input are that it has. `many`:
 * it takes any number of inputs, one after another. */
static const struct {
    const char *op;
    size_t inputs;
    const char *floats, *ints;
    bool many;
} rows[] = {
    {"Abs", 1, "a abs", "a int_abs", false},
    {"Add", 2, "a b add", "a b int_add", false},
    {"And", 2, NULL, "a b int_and", false},
    {"Ceil", 1, "a ceil", NULL, false},
    {"Div", 2, "a b div", "a b int_div", false},
    {"Elu", 1, "a 0 max a 0 min exp 1 sub alpha=1 mul add", NULL, false},
    {"Celu", 1, "a 0 max a alpha=1 div exp 1 sub alpha=1 mul 0 min add", NULL, false},
    {"Cos", 1, "a cos", NULL, false},
    {"Erf", 1, "a erf", NULL, false},
    {"Equal", 2, "a b equal", "a b int_equal", false},
    {"Exp", 1, "a exp", NULL, false},
    {"Floor", 1, "a floor", NULL, false},
    {"Greater", 2, "a b greater", "a b int_greater", false},
    {"GreaterOrEqual", 2, "a b greater_or_equal", "a b int_greater_or_equal", false},
    {"HardSigmoid", 1, "a alpha=0.2 mul beta=0.5 add 0 max 1 min", NULL, false},
    {"HardSwish", 1, "a 0.166666667 mul 0.5 add 0 max 1 min a mul", NULL, false},
    {"LeakyRelu", 1, "a 0 max a 0 min alpha=0.01 mul add", NULL, false},
    {"IsNaN", 1, "a a equal int_not", NULL, false},
    {"Less", 2, "a b less", "a b int_less", false},
    {"LessOrEqual", 2, "a b less_or_equal", "a b int_less_or_equal", false},
    {"Log", 1, "a log", NULL, false},
    {"Max", 2, "a b max", "a b int_max", true},
    {"Min", 2, "a b min", "a b int_min", true},
    {"Mish", 1, "a a softplus tanh mul", NULL, false},
    {"Mul", 2, "a b mul", "a b int_mul", false},
    {"Neg", 1, "a neg", "a int_neg", false},
    {"Not", 1, NULL, "a int_not", false},
    {"Or", 2, NULL, "a b int_or", false},
    {"PRelu", 2, "a 0 less a b mul a where", "a #0 int_less a b int_mul a int_where", false},
    {"Reciprocal", 1, "a reciprocal", NULL, false},
    {"Relu", 1, "a relu", "a int_relu", false},
    {"Round", 1, "a round", NULL, false},
    {"Selu", 1, "a 0 max a 0 min exp 1 sub alpha=1.67326319 mul add gamma=1.05070102 mul", NULL,
     false},
    {"Sigmoid", 1, "a sigmoid", NULL, false},
    {"Sign", 1, "a sign", "a int_sign", false},
    {"Sin", 1, "a sin", NULL, false},
    {"Softplus", 1, "a softplus", NULL, false},
    {"Softsign", 1, "a a abs 1 add div", NULL, false},
    {"Sqrt", 1, "a sqrt", NULL, false},
    {"Sub", 2, "a b sub", "a b int_sub", false},
    {"Sum", 2, "a b add", NULL, true},
    {"Swish", 1, "a a alpha=1 mul sigmoid mul", NULL, false},
    {"Tanh", 1, "a tanh", NULL, false},
    {"ThresholdedRelu", 1, "a alpha=1 greater a 0 where", NULL, false},
    {"Xor", 2, NULL, "a int_claim b int_claim int_equal int_not", false},
};

/* One input after another, each with what those before gave. */
static bool lower_many(struct lowering *l, const char *words, struct value *result)
{
    struct value *all = lower_input(l, 0);
    if (!all)
        return lower_refuse(l, "its input is missing");
    const enum whole whole = all->is_int ? all->whole : WHOLE_64;
    if (l->node->input_count == 1)
        return lower_wrapped(l, &all, 1, all->is_int ? "a int_same" : "a same", whole, result);
    for (size_t i = 1; i < l->node->input_count; i++) {
        struct value *of[] = {all, lower_input(l, i)}, *next = result;
        if (i + 1 < l->node->input_count) {
            next = lower_take(l, 1, sizeof *next);
            if (!next)
                return false;
            *next = lower_blank(1);
        }
        if (!of[1])
            return lower_refuse(l, "an input is missing");
        if (!lower_wrapped(l, of, 2, words, whole, next))
            return false;
        all = next;
    }
    return true;
}

bool lower_mean(struct lowering *l)
{
    struct value sum = lower_blank(1), count, *of[] = {&sum, &count};
    if (!lower_input(l, 0) || lower_input(l, 0)->is_int)
        return lower_refuse(l, "it works on floats only");
    return lower_many(l, "a b add", &sum) &&
           lower_set_number(l, &count, (float)l->node->input_count) &&
           lower_expression(l, of, 2, "a b div", lower_output(l, 0));
}

/* Whether a result is of the type of what it is made of, and no claim. */
static bool is_arithmetic(const char *words)
{
    static const char *const functions[] = {"int_add", "int_sub", "int_mul",  "int_div",
                                            "int_neg", "int_abs", "int_sign", "int_relu"};
    bool is = false;
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
        is |= strstr(words, functions[k]) != NULL;
    return is;
}

bool lower_elementwise(struct lowering *l)
{
    struct value *of[ARGUMENTS_MAX] = {0};
    size_t i = 0;
    bool taken;
    while (i < sizeof rows / sizeof *rows && strcmp(rows[i].op, l->node->op) != 0)
        i++;
    if (i == sizeof rows / sizeof *rows)
        return lower_refuse(l, "this operator is none of those that are deployed");
    if (l->node->input_count == 0 || (!rows[i].many && l->node->input_count != rows[i].inputs))
        return lower_refuse(l, "it has another number of inputs");
    for (size_t k = 0; k < rows[i].inputs && k < l->node->input_count; k++)
        if (!(of[k] = lower_input(l, k)))
            return lower_refuse(l, "its input %zu is missing", k);
    const char *words = of[0]->is_int ? rows[i].ints : rows[i].floats;
    if (!words)
        return lower_refuse(l, "it cannot work on elements of that type");
    if (rows[i].many)
        return lower_many(l, words, lower_output(l, 0));
    if (of[0]->is_int && is_arithmetic(words))
        return lower_wrapped(l, of, rows[i].inputs, words, of[0]->whole, lower_output(l, 0));
    return lower_affine_takes(l, &taken) &&
           (taken || lower_expression(l, of, rows[i].inputs, words, lower_output(l, 0)));
}

bool lower_where(struct lowering *l)
{
    struct value *of[] = {lower_input(l, 0), lower_input(l, 1), lower_input(l, 2)};
    if (!of[0] || !of[1] || !of[2])
        return lower_refuse(l, "an input is missing");
    if (!of[0]->is_int || of[1]->is_int != of[2]->is_int)
        return lower_refuse(l, "it works on a bool and two values of one type");
    return of[1]->is_int
               ? lower_wrapped(l, of, 3, "a b c int_where", of[1]->whole, lower_output(l, 0))
               : lower_expression(l, of, 3, "a b c where", lower_output(l, 0));
}

bool lower_gelu(struct lowering *l)
{
    const onnx_attribute *form = onnx_attribute_find(l->node, "approximate");
    struct value *x = lower_input(l, 0);
    if (!x || x->is_int)
        return lower_refuse(l, "it cannot work on elements of that type");
    return lower_expression(l, &x, 1,
                            form && form->s && !strcmp(form->s, "tanh")
                                ? "a 0.5 mul a a a mul a mul 0.044715 mul add 0.797884561 mul "
                                  "tanh 1 add mul"
                                : "a 0.5 mul a 0.707106781 mul erf 1 add mul",
                            lower_output(l, 0));
}

/* One end of Clip. An end that is NaN is none, which Max and Min would give. */
static bool lower_end(struct lowering *l, struct value *x, struct value *end, const char *words,
                      const char *may_be_nan, struct value *result)
{
    if (end->is_int != x->is_int || lower_count(end) != 1)
        return lower_refuse(l, "its ends must be numbers of the type of its input");
    if (!end->is_int && end->constant && isnan(end->constant->floats[0]))
        return lower_expression(l, &x, 1, "a same", result);
    if (!end->constant)
        lower_view(l, end);
    struct value number = *end; /* without dimensions, as the result has those of x */
    number.rank = number.view.rank = 0;
    return lower_wrapped(l, (struct value *const[]){x, &number}, 2,
                         end->constant ? words : may_be_nan, x->is_int ? x->whole : WHOLE_64,
                         result);
}

/* The ends may be left out; before opset 11 they are attributes. */
bool lower_clip(struct lowering *l)
{
    enum { OF_INPUTS = 11 };
    static const char *const words[] = {"a min=-3.40282347e+38 max max=3.40282347e+38 min",
                                        "a max=3.40282347e+38 min", "a min=-3.40282347e+38 max",
                                        "a same"}; /* without ends that are NaN */
    struct value *x = lower_input(l, 0), *y = lower_output(l, 0), *least = lower_input(l, 1),
                 *most = lower_input(l, 2), *raised = y;
    if (!x || (x->is_int && l->node->opset < OF_INPUTS))
        return lower_refuse(l, "it cannot work on elements of that type");
    const char *raises = x->is_int ? "a b int_max" : "a b max",
               *lowers = x->is_int ? "a b int_min" : "a b min",
               *may_raise = x->is_int ? raises : "a b less b a where",
               *may_lower = x->is_int ? lowers : "a b greater b a where";
    if (l->node->opset < OF_INPUTS)
        return lower_expression(l, &x, 1,
                                words[(isnan(onnx_attribute_float(l->node, "min", 0)) ? 1 : 0) +
                                      (isnan(onnx_attribute_float(l->node, "max", 0)) ? 2 : 0)],
                                y);
    if (!least && !most)
        return lower_wrapped(l, &x, 1, x->is_int ? "a int_same" : "a same",
                             x->is_int ? x->whole : WHOLE_64, y);
    if (least && most) {
        raised = lower_take(l, 1, sizeof *raised);
        if (!raised)
            return false;
        *raised = lower_blank(1);
    }
    if (least && !lower_end(l, x, least, raises, may_raise, raised))
        return false;
    return !most || lower_end(l, least ? raised : x, most, lowers, may_lower, y);
}

const char *lower_rounding(enum onnx_type type)
{
    return type == ONNX_FLOAT16 ? "a half" : "a bfloat";
}

bool lower_cast(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *y = lower_output(l, 0);
    const enum onnx_type to = (enum onnx_type)onnx_attribute_int(l->node, "to", 0);
    struct value wide = lower_blank(1);
    if (!x)
        return lower_refuse(l, "its input is missing");
    if (onnx_type_is_half(to) && x->is_int) {
        if (!lower_expression(l, &x, 1, "a to_float", &wide))
            return false;
        x = &wide;
    }
    if (onnx_type_is_half(to))
        return lower_expression(l, &x, 1, lower_rounding(to), y);
    if (onnx_type_is_float(to))
        return lower_expression(l, &x, 1, x->is_int ? "a to_float" : "a same", y);
    if (to == ONNX_BOOL)
        return lower_expression(l, &x, 1, x->is_int ? "a int_claim" : "a to_claim", y);
    if (!onnx_type_is_read(to))
        return lower_refuse(l, "it casts to %s", onnx_type_name(to));
    return lower_wrapped(l, &x, 1, x->is_int ? "a int_same" : "a to_int", lower_whole(to), y);
}
