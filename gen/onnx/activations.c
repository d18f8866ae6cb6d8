/* SPDX-License-Identifier: MIT */
/* Functions of one element that have attributes: a row of a table each. */
#include "onnx/operators.h"

#include <math.h>
#include <string.h>

/* An element, and the attributes of the row in its order. */
typedef float activate(float x, float a, float b);

/* Between 0 and 1; a NaN stays one. */
static float within_one(float v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

#define FUNCTION(name, value)                                                                      \
    static float name(float x, float a, float b)                                                   \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)b;                                                                                   \
        return value;                                                                              \
    }                                                                                              \
    static activate name

FUNCTION(celu, x > 0 ? x : a * expm1f(x / a));
FUNCTION(elu, x < 0 ? a * expm1f(x) : x);
FUNCTION(gelu, 0.5f * x * (1 + erff(x * 0x1.6a09e6p-1f))); /* of x / sqrt(2) */
FUNCTION(gelu_tanh, 0.5f * x * (1 + tanhf(0x1.988454p-1f * (x + 0.044715f * x * x * x))));
FUNCTION(hard_sigmoid, within_one(a *x + b));
FUNCTION(leaky_relu, x < 0 ? a * x : x);
FUNCTION(selu, x > 0 ? b * x : b * (a * expm1f(x)));
FUNCTION(swish, x / (1 + expf(-a * x)));
FUNCTION(thresholded_relu, x > a ? x : 0);

static const struct {
    const char *op, *attributes[2];
    float otherwise[2];
    activate *function;
} table[] = {
    {"Celu", {"alpha", ""}, {1, 0}, celu},
    {"Elu", {"alpha", ""}, {1, 0}, elu},
    {"Gelu", {"", ""}, {0, 0}, gelu},
    {"HardSigmoid", {"alpha", "beta"}, {0.2f, 0.5f}, hard_sigmoid},
    {"LeakyRelu", {"alpha", ""}, {0.01f, 0}, leaky_relu},
    {"Selu", {"alpha", "gamma"}, {1.67326319217681884765625f, 1.05070102214813232421875f}, selu},
    {"Swish", {"alpha", ""}, {1, 0}, swish},
    {"ThresholdedRelu", {"alpha", ""}, {1, 0}, thresholded_relu},
};

static bool apply(onnx_call *call, activate *function, float a, float b)
{
    const onnx_tensor *x = call->inputs[0];
    if (!onnx_check_floats(call))
        return false;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    for (size_t i = 0; y && i < y->count; i++)
        y->floats[i] = function(x->floats[i], a, b);
    return y != NULL;
}

bool onnx_activation_function(onnx_call *call)
{
    size_t row = 0;
    float given[2];
    while (strcmp(table[row].op, call->node->op) != 0)
        row++;
    for (size_t k = 0; k < 2; k++)
        given[k] =
            onnx_attribute_float(call->node, table[row].attributes[k], table[row].otherwise[k]);
    return apply(call, table[row].function, given[0], given[1]);
}

bool onnx_gelu(onnx_call *call)
{
    const char *form = onnx_attribute_string(call->node, "approximate", "none");
    if (!strcmp(form, "tanh"))
        return apply(call, gelu_tanh, 0, 0);
    return !strcmp(form, "none") ? onnx_activation_function(call)
                                 : fail(call->failure, "it has no form '%s'", quote(form).text);
}

/* ---- Clip ---- */

/* An end, from an input, or before opset 11 from an attribute. */
static bool read_end(const onnx_call *call, size_t input, const char *name, float *end,
                     int64_t *whole)
{
    const onnx_tensor *x = call->inputs[0], *given = onnx_input(call, input);
    *end = onnx_attribute_float(call->node, name, *end);
    if (given && (given->count != 1 || !given->floats != !x->floats))
        return fail(call->failure, "its %s must be one number of the type of its input", name);
    if (given && given->floats)
        *end = given->floats[0];
    else if (given)
        *whole = given->ints[0];
    return true;
}

/* Where the ends are the wrong way round, the greater one's place is taken by the other. */
bool onnx_clip(onnx_call *call)
{
    const onnx_tensor *x = call->inputs[0];
    float low = -INFINITY, high = INFINITY;
    int64_t least = INT64_MIN, greatest = INT64_MAX;
    if (!read_end(call, 1, "min", &low, &least) || !read_end(call, 2, "max", &high, &greatest))
        return false;
    onnx_tensor *y = onnx_output(call, x->type, x->rank, x->dims);
    for (size_t i = 0; y && i < y->count; i++)
        if (y->floats) {
            const float raised = x->floats[i] < low ? low : x->floats[i];
            y->floats[i] = raised > high ? high : raised;
        } else {
            const int64_t raised = x->ints[i] < least ? least : x->ints[i];
            y->ints[i] = raised > greatest ? greatest : raised;
        }
    return y != NULL;
}
