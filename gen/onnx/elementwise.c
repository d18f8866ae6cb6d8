/* SPDX-License-Identifier: MIT */
/* Operators that work on each element alone: each is what it does to floats and to whole numbers.
 * Softmax is here too. */
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <math.h>

typedef float on_floats(float a, float b);
typedef int64_t on_ints(int64_t a, int64_t b);

#define FLOATS(name, value)                                                                        \
    static float name##_f(float a, float b)                                                        \
    {                                                                                              \
        (void)b;                                                                                   \
        return value;                                                                              \
    }                                                                                              \
    static on_floats name##_f
#define INTS(name, value)                                                                          \
    static int64_t name##_i(int64_t a, int64_t b)                                                  \
    {                                                                                              \
        (void)b;                                                                                   \
        return value;                                                                              \
    }                                                                                              \
    static on_ints name##_i

static int64_t divide(int64_t a, int64_t b)
{
    return b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

FLOATS(add, a + b);
FLOATS(sub, a - b);
FLOATS(mul, a *b);
FLOATS(div, a / b);
FLOATS(pow, powf(a, b));
FLOATS(abs, fabsf(a));
FLOATS(neg, -a);
FLOATS(exp, expf(a));
FLOATS(log, logf(a));
FLOATS(sqrt, sqrtf(a));
FLOATS(relu, a > 0 || isnan(a) ? a : 0);
FLOATS(tanh, tanhf(a));
FLOATS(sigmoid, (float)(1 / (1 + exp(-(double)a))));
FLOATS(equal, a == b);
FLOATS(less, a < b);
FLOATS(greater, a > b);
/* Whole numbers wrap around; what is divided by 0 is 0. */
INTS(add, (int64_t)((uint64_t)a + (uint64_t)b));
INTS(sub, (int64_t)((uint64_t)a - (uint64_t)b));
INTS(mul, (int64_t)((uint64_t)a *(uint64_t)b));
INTS(div, divide(a, b));
INTS(abs, (int64_t)(a < 0 ? 0 - (uint64_t)a : (uint64_t)a));
INTS(neg, (int64_t)(0 - (uint64_t)a));
INTS(equal, a == b);
INTS(less, a < b);
INTS(greater, a > b);
INTS(and, a != 0 && b != 0);
INTS(or, a != 0 || b != 0);
INTS(not, a == 0);

/* What an operator does; NULL: it does not work on such elements. */
struct maths {
    on_floats *floats;
    on_ints *ints;
    bool claims; /* the result is a bool */
};

static void evaluate(const struct maths *maths, onnx_walk *walk, const onnx_tensor *a,
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
}

static bool elementwise(onnx_call *call, const struct maths *maths)
{
    const onnx_tensor *a = call->inputs[0];
    const onnx_tensor *b = call->node->input_count > 1 ? call->inputs[1] : a;
    onnx_walk walk = {0};
    if (!a->floats != !b->floats || (a->floats ? !maths->floats : !maths->ints))
        return fail(call->failure, "it cannot work on elements of type %s and %s",
                    onnx_type_name(a->type), onnx_type_name(b->type));
    if (!onnx_broadcast_dims(a->dims, a->rank, b->dims, b->rank, walk.dims, &walk.rank))
        return fail(call->failure, "the shapes of its inputs do not go together");
    onnx_tensor *y = onnx_output(call, maths->claims ? ONNX_BOOL : a->type, walk.rank, walk.dims);
    if (!y)
        return false;
    onnx_walk_broadcast(&walk, 0, a);
    onnx_walk_broadcast(&walk, 1, b);
    evaluate(maths, &walk, a, b, y);
    return true;
}

#define OPERATOR(name, floats, ints, claims)                                                       \
    bool onnx_##name(onnx_call *call)                                                              \
    {                                                                                              \
        return elementwise(call, &(struct maths){floats, ints, claims});                           \
    }                                                                                              \
    onnx_function onnx_##name

OPERATOR(abs, abs_f, abs_i, false);
OPERATOR(add, add_f, add_i, false);
OPERATOR(and, NULL, and_i, true);
OPERATOR(div, div_f, div_i, false);
OPERATOR(equal, equal_f, equal_i, true);
OPERATOR(exp, exp_f, NULL, false);
OPERATOR(greater, greater_f, greater_i, true);
OPERATOR(less, less_f, less_i, true);
OPERATOR(log, log_f, NULL, false);
OPERATOR(mul, mul_f, mul_i, false);
OPERATOR(neg, neg_f, neg_i, false);
OPERATOR(not, NULL, not_i, true);
OPERATOR(or, NULL, or_i, true);
OPERATOR(pow, pow_f, NULL, false);
OPERATOR(relu, relu_f, NULL, false);
OPERATOR(sigmoid, sigmoid_f, NULL, false);
OPERATOR(sqrt, sqrt_f, NULL, false);
OPERATOR(sub, sub_f, sub_i, false);
OPERATOR(tanh, tanh_f, NULL, false);

/* ---- Softmax ---- */

/* Over `count` elements that lie `stride` apart. */
static void softmax(const float *x, float *y, size_t count, size_t stride)
{
    float greatest = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++)
        greatest = fmaxf(greatest, x[i * stride]);
    for (size_t i = 0; i < count; i++)
        sum += y[i * stride] = expf(x[i * stride] - greatest);
    for (size_t i = 0; i < count; i++)
        y[i * stride] /= sum;
}

/* Before opset 13 all dimensions from the axis on are one. */
bool onnx_softmax(onnx_call *call)
{
    enum { OF_ONE_AXIS = 13 };
    const onnx_tensor *x = call->inputs[0];
    const bool one = call->opset >= OF_ONE_AXIS;
    size_t axis, count = 1, inner = 1;
    if (!x->floats)
        return fail(call->failure, "it works on floats only");
    if (!onnx_axis(call, onnx_attribute_int(call->node, "axis", one ? -1 : 1), x->rank, &axis))
        return false;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    if (!y)
        return false;
    for (size_t d = axis; d < x->rank && x->count; d++)
        *(one && d > axis ? &inner : &count) *= x->dims[d];
    for (size_t outer = 0; outer < x->count; outer += count * inner)
        for (size_t k = 0; k < inner; k++)
            softmax(x->floats + outer + k, y->floats + outer + k, count, inner);
    return true;
}
