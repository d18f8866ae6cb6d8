/* SPDX-License-Identifier: MIT */
/* Operators that work on each element alone: each is what it does to floats and to whole numbers, a
 * row of a table. Those that have attributes are in activations.c. */
#include "onnx/elementwise.h"
#include "onnx/operators.h"

#include <math.h>
#include <string.h>

#define FLOATS(name, value)                                                                        \
    static float name##_f(float a, float b)                                                        \
    {                                                                                              \
        (void)b;                                                                                   \
        return value;                                                                              \
    }                                                                                              \
    static onnx_on_floats name##_f
#define INTS(name, value)                                                                          \
    static int64_t name##_i(int64_t a, int64_t b)                                                  \
    {                                                                                              \
        (void)b;                                                                                   \
        return value;                                                                              \
    }                                                                                              \
    static onnx_on_ints name##_i

static int64_t divide(int64_t a, int64_t b)
{
    return b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

/* What is left, with the sign of a; with that of b. */
static int64_t rest(int64_t a, int64_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

static int64_t modulo(int64_t a, int64_t b)
{
    const int64_t left = rest(a, b);
    return left != 0 && (left < 0) != (b < 0) ? left + b : left;
}

/* To a negative power only 1 and -1 give whole numbers; all others are 0 here. */
static int64_t power(int64_t a, int64_t b)
{
    uint64_t result = 1, factor = (uint64_t)a;
    if (b < 0)
        return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
    for (; b; b >>= 1, factor *= factor)
        result *= b & 1 ? factor : 1;
    return (int64_t)result;
}

FLOATS(add, a + b);
FLOATS(sub, a - b);
FLOATS(mul, a *b);
FLOATS(div, a / b);
FLOATS(pow, powf(a, b));
FLOATS(fmod, fmodf(a, b));
FLOATS(min, isnan(a) || isnan(b) ? NAN : a < b ? a : b);
FLOATS(max, isnan(a) || isnan(b) ? NAN : a > b ? a : b);
FLOATS(abs, fabsf(a));
FLOATS(neg, -a);
FLOATS(exp, expf(a));
FLOATS(log, logf(a));
FLOATS(sqrt, sqrtf(a));
FLOATS(erf, erff(a));
FLOATS(sin, sinf(a));
FLOATS(cos, cosf(a));
FLOATS(floor, floorf(a));
FLOATS(ceil, ceilf(a));
FLOATS(round, rintf(a)); /* to even, in the mode that every thread begins with */
FLOATS(sign, isnan(a) ? a : (float)((a > 0) - (a < 0)));
FLOATS(reciprocal, 1 / a);
FLOATS(relu, a > 0 || isnan(a) ? a : 0);
FLOATS(prelu, a < 0 ? a * b : a);
FLOATS(tanh, tanhf(a));
FLOATS(sigmoid, (float)(1 / (1 + exp(-(double)a))));
FLOATS(softplus, a > 0 ? a + log1pf(expf(-a)) : log1pf(expf(a)));
FLOATS(softsign, a / (1 + fabsf(a)));
FLOATS(hard_swish, a *fmaxf(0, fminf(1, a / 6 + 0.5f)));
FLOATS(mish, a *tanhf(softplus_f(a, 0)));
FLOATS(equal, a == b);
FLOATS(less, a < b);
FLOATS(less_or_equal, a <= b);
FLOATS(greater, a > b);
FLOATS(greater_or_equal, a >= b);
FLOATS(is_nan, isnan(a));
/* Whole numbers wrap around; what is divided by 0 is 0. */
INTS(add, (int64_t)((uint64_t)a + (uint64_t)b));
INTS(sub, (int64_t)((uint64_t)a - (uint64_t)b));
INTS(mul, (int64_t)((uint64_t)a *(uint64_t)b));
INTS(div, divide(a, b));
INTS(pow, power(a, b));
INTS(fmod, rest(a, b));
INTS(mod, modulo(a, b));
INTS(min, a < b ? a : b);
INTS(max, a > b ? a : b);
INTS(abs, (int64_t)(a < 0 ? 0 - (uint64_t)a : (uint64_t)a));
INTS(neg, (int64_t)(0 - (uint64_t)a));
INTS(sign, (a > 0) - (a < 0));
INTS(relu, a > 0 ? a : 0);
INTS(prelu, a < 0 ? mul_i(a, b) : a);
INTS(equal, a == b);
INTS(less, a < b);
INTS(less_or_equal, a <= b);
INTS(greater, a > b);
INTS(greater_or_equal, a >= b);
INTS(and, a != 0 && b != 0);
INTS(or, a != 0 || b != 0);
INTS(xor, (a != 0) != (b != 0));
INTS(not, a == 0);

static const struct onnx_maths table[] = {
    {"Abs", abs_f, abs_i, false},
    {"Add", add_f, add_i, false},
    {"And", NULL, and_i, true},
    {"Ceil", ceil_f, NULL, false},
    {"Cos", cos_f, NULL, false},
    {"Div", div_f, div_i, false},
    {"Equal", equal_f, equal_i, true},
    {"Erf", erf_f, NULL, false},
    {"Exp", exp_f, NULL, false},
    {"Floor", floor_f, NULL, false},
    {"Greater", greater_f, greater_i, true},
    {"GreaterOrEqual", greater_or_equal_f, greater_or_equal_i, true},
    {"HardSwish", hard_swish_f, NULL, false},
    {"IsNaN", is_nan_f, NULL, true},
    {"Less", less_f, less_i, true},
    {"LessOrEqual", less_or_equal_f, less_or_equal_i, true},
    {"Log", log_f, NULL, false},
    {"Max", max_f, max_i, false},
    {"Mean", add_f, NULL, false},
    {"Min", min_f, min_i, false},
    {"Mish", mish_f, NULL, false},
    {"Mod", NULL, mod_i, false},
    {"Mul", mul_f, mul_i, false},
    {"Neg", neg_f, neg_i, false},
    {"Not", NULL, not_i, true},
    {"Or", NULL, or_i, true},
    {"PRelu", prelu_f, prelu_i, false},
    {"Pow", pow_f, pow_i, false},
    {"Reciprocal", reciprocal_f, NULL, false},
    {"Relu", relu_f, relu_i, false},
    {"Round", round_f, NULL, false},
    {"Sigmoid", sigmoid_f, NULL, false},
    {"Sign", sign_f, sign_i, false},
    {"Sin", sin_f, NULL, false},
    {"Softplus", softplus_f, NULL, false},
    {"Softsign", softsign_f, NULL, false},
    {"Sqrt", sqrt_f, NULL, false},
    {"Sub", sub_f, sub_i, false},
    {"Sum", add_f, NULL, false},
    {"Tanh", tanh_f, NULL, false},
    {"Xor", NULL, xor_i, true},
};

static const struct onnx_maths *maths_of(const onnx_call *call)
{
    size_t row = 0;
    while (strcmp(table[row].op, call->node->op) != 0)
        row++;
    return &table[row];
}

static void evaluate(const struct onnx_maths *maths, onnx_walk *walk, const onnx_tensor *a,
                     const onnx_tensor *b, onnx_tensor *y)
{
    for (size_t i = 0; i < y->count; i++, onnx_walk_next(walk)) {
        const ptrdiff_t p = walk->at[0], q = walk->at[1];
        if (!a->floats)
            y->ints[i] = maths->ints(a->ints[p], b->ints[q]);
        else if (maths->claims)
            y->ints[i] = maths->floats(a->floats[p], b->floats[q]) != 0;
        else
            y->floats[i] = maths->floats(a->floats[p], b->floats[q]);
    }
    onnx_wrap(y);
}

bool onnx_elementwise_pair(onnx_call *call, const struct onnx_maths *maths, const onnx_tensor *a,
                           const onnx_tensor *b)
{
    onnx_walk walk;
    if (!a->floats != !b->floats || (a->floats ? !maths->floats : !maths->ints))
        return fail(call->failure, "it cannot work on elements of type %s and %s",
                    onnx_type_name(a->type), onnx_type_name(b->type));
    if (!onnx_walk_begin(&walk, (const onnx_tensor *const[]){a, b}, 2))
        return fail(call->failure, "the shapes of its inputs do not go together");
    onnx_tensor *y = onnx_output(call, maths->claims ? ONNX_BOOL : a->type, walk.rank, walk.dims);
    if (y)
        evaluate(maths, &walk, a, b, y);
    return y != NULL;
}

bool onnx_elementwise(onnx_call *call)
{
    const onnx_tensor *a = call->inputs[0];
    return onnx_elementwise_pair(call, maths_of(call), a,
                                 call->node->input_count > 1 ? call->inputs[1] : a);
}

/* Its slope broadcasts to its input, which keeps its shape. */
bool onnx_prelu(onnx_call *call)
{
    if (!onnx_broadcasts_to(call->inputs[1], call->inputs[0]))
        return fail(call->failure, "the shape of its slope does not go together with its input's");
    return onnx_elementwise(call);
}

/* Any number of inputs, from the first to the last. */
bool onnx_variadic(onnx_call *call)
{
    const onnx_tensor *sum = call->inputs[0];
    for (size_t i = 1; i < call->node->input_count; i++) {
        if (!call->inputs[i])
            return fail(call->failure, "its input %zu is missing", i);
        if (!onnx_elementwise_pair(call, maths_of(call), sum, call->inputs[i]))
            return false;
        sum = call->outputs[0];
    }
    if (strcmp(call->node->op, "Mean") != 0)
        return onnx_output_view(call, sum, sum->rank, sum->dims);
    onnx_tensor *y = onnx_output(call, sum->type, sum->rank, sum->dims);
    if (y && (!sum->floats || !y->floats))
        return fail(call->failure, "it works on floats only");
    for (size_t i = 0; y && i < y->count; i++)
        y->floats[i] = sum->floats[i] / (float)call->node->input_count;
    return y != NULL;
}

/* Since opset 10; of floats only with the sign of what is divided. */
bool onnx_mod(onnx_call *call)
{
    static const struct onnx_maths fmod = {"Mod", fmod_f, fmod_i, false};
    if (!onnx_attribute_int(call->node, "fmod", 0))
        return onnx_elementwise(call);
    return onnx_elementwise_pair(call, &fmod, call->inputs[0], call->inputs[1]);
}

/* ---- Pow: of two types, the result of the first ---- */

/* Of a whole number to a float, whose bits these are. One that is whole, too, gives what no float
 * might hold. */
static int64_t mixed_power(int64_t a, int64_t bits)
{
    const uint32_t word = (uint32_t)bits;
    float b;
    memcpy(&b, &word, sizeof b);
    return b == floorf(b) ? power(a, onnx_to_whole(b)) : onnx_to_whole(powf((float)a, b));
}

INTS(mixed, mixed_power(a, b));

/* Whole numbers as floats, or the bits of floats as whole numbers, as the other input has them. */
static const onnx_tensor *as_other(onnx_call *call, const onnx_tensor *y)
{
    const enum onnx_type type = y->floats ? ONNX_INT64 : ONNX_FLOAT;
    onnx_tensor *other = onnx_tensor_create(call->memory, type, y->rank, y->dims, call->failure);
    for (size_t i = 0; other && i < other->count; i++) {
        uint32_t word = 0;
        if (!y->floats) {
            other->floats[i] = (float)y->ints[i];
            continue;
        }
        memcpy(&word, &y->floats[i], sizeof word);
        other->ints[i] = word;
    }
    return other;
}

bool onnx_pow(onnx_call *call)
{
    static const struct onnx_maths mixed = {"Pow", pow_f, mixed_i, false};
    const onnx_tensor *x = call->inputs[0], *y = call->inputs[1];
    if (!x->floats == !y->floats)
        return onnx_elementwise(call);
    const onnx_tensor *other = as_other(call, y);
    return other && onnx_elementwise_pair(call, &mixed, x, other);
}

/* ---- Where ---- */

bool onnx_where(onnx_call *call)
{
    const onnx_tensor *a = call->inputs[1], *b = call->inputs[2];
    onnx_walk walk;
    if (!onnx_check_whole(call, 0))
        return false;
    if (!a->floats != !b->floats)
        return fail(call->failure, "its inputs 1 and 2 must be of one type");
    if (!onnx_walk_begin(&walk, call->inputs, 3))
        return fail(call->failure, "the shapes of its inputs do not go together");
    onnx_tensor *y = onnx_output(call, a->type, walk.rank, walk.dims);
    for (size_t i = 0; y && i < y->count; i++, onnx_walk_next(&walk)) {
        const bool first = call->inputs[0]->ints[walk.at[0]] != 0;
        onnx_copy(first ? a : b, (size_t)walk.at[first ? 1 : 2], y, i, 1);
    }
    return y != NULL;
}
