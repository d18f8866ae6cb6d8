/* SPDX-License-Identifier: MIT */
/* test_operators: plain operators against their formulas, in double: what ONNX's own tests up to
 * opset 17 do not have, and what differs between opsets. */
#include "onnx/evaluated.h"
#include "support/expect.h"

#include <math.h>
#include <string.h>

#define AXIS(value)                                                                                \
    {                                                                                              \
        .name = "axis", .i = value                                                                 \
    }

static void expect_output(const struct trial *trial, size_t output, enum onnx_type type,
                          const char *shape, const double *values)
{
    EXPECT(output_is(trial, output, type, shape, values), "%s", trial_said());
}

static void expect_refusal(const struct trial *trial, const char *words)
{
    EXPECT(is_refused(trial, words), "%s", trial_said());
}

#define VALUES(trial, type, shape, ...)                                                            \
    expect_output(trial, 0, type, shape, (const double[]){__VA_ARGS__})

static const double pi = 3.14159265358979323846;

/* ---- Functions of one element ---- */

typedef double formula(double x);

static double gelu(double x)
{
    return x / 2 * (1 + erf(x / sqrt(2)));
}

static double gelu_tanh(double x)
{
    return x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)));
}

static double mish(double x)
{
    return x * tanh(log1p(exp(x)));
}

static double swish(double x)
{
    return x / (1 + exp(-1.5 * x));
}

static void check_functions(void)
{
    static const struct {
        const char *op;
        int64_t opset;
        formula *formula;
        onnx_attribute attribute;
    } rows[] = {{"Gelu", 20, gelu, {.name = "approximate", .s = "none"}},
                {"Gelu", 25, gelu_tanh, {.name = "approximate", .s = "tanh"}},
                {"Mish", 18, mish, {0}},
                {"Swish", 24, swish, {.name = "alpha", .f = 1.5f}}};
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        const onnx_tensor *x = DRAWN("50");
        double wanted[50];
        for (size_t i = 0; i < 50; i++)
            wanted[i] = rows[row].formula((double)x->floats[i]);
        const struct trial trial = {
            rows[row].op, rows[row].opset, {rows[row].attribute}, {x, LAST}, 0};
        expect_output(&trial, 0, ONNX_FLOAT, "50", wanted);
    }
}

/* ---- Normalisation ---- */

/* Scale and bias of a group until opset 20, of a channel from 21 on. */
static void check_groups(int64_t opset)
{
    enum { N = 2, C = 6, G = 3, PLANE = 5, EACH = C / G * PLANE };
    const bool by_group = opset < 21;
    const onnx_tensor *x = DRAWN("2 6 5"), *scale = DRAWN(by_group ? "3" : "6");
    const onnx_tensor *bias = DRAWN(by_group ? "3" : "6");
    double wanted[N * C * PLANE];
    for (size_t k = 0; k < N * G; k++) {
        double mean = 0, variance = 0;
        for (size_t i = k * EACH; i < (k + 1) * EACH; i++)
            mean += (double)x->floats[i] / EACH;
        for (size_t i = k * EACH; i < (k + 1) * EACH; i++)
            variance += pow((double)x->floats[i] - mean, 2) / EACH;
        for (size_t i = k * EACH; i < (k + 1) * EACH; i++) {
            const size_t s = by_group ? k % G : i / PLANE % C;
            wanted[i] =
                ((double)x->floats[i] - mean) / sqrt(variance + 0.01) * (double)scale->floats[s] +
                (double)bias->floats[s];
        }
    }
    const struct trial trial = {"GroupNormalization",
                                opset,
                                {{.name = "num_groups", .i = G}, {.name = "epsilon", .f = 0.01f}},
                                {x, scale, bias, LAST},
                                0};
    expect_output(&trial, 0, ONNX_FLOAT, "2 6 5", wanted);
}

/* ---- Reductions ---- */

static void check_reductions(void)
{
    const onnx_tensor *x = FLOATS("2 2", 1, -2, 3, 4);
    const onnx_tensor *second = WHOLE(ONNX_INT64, "1", -1), *none = WHOLE(ONNX_INT64, "0", 0);
    VALUES((&(struct trial){"ReduceMax", 18, {{0}}, {x, second, LAST}, 0}), ONNX_FLOAT, "2 1", 1,
           4);
    VALUES((&(struct trial){"ReduceL2", 18, {{.name = "keepdims", .i = 0}}, {x, second, LAST}, 0}),
           ONNX_FLOAT, "2", sqrt(5), 5);
    VALUES((&(struct trial){"ReduceProd", 18, {{0}}, {x, NULL, LAST}, 0}), ONNX_FLOAT, "1 1", -24);
    VALUES(
        (&(struct trial){
            "ReduceSumSquare", 18, {{.name = "noop_with_empty_axes", .i = 1}}, {x, none, LAST}, 0}),
        ONNX_FLOAT, "2 2", 1, 4, 9, 16);
    VALUES((&(struct trial){"ReduceLogSumExp", 18, {{0}}, {x, second, LAST}, 0}), ONNX_FLOAT, "2 1",
           log(exp(1) + exp(-2)), log(exp(3) + exp(4)));
    VALUES((&(struct trial){"ReduceMin",
                            13,
                            {{.name = "axes", .ints = (int64_t[]){0}, .int_count = 1}},
                            {x, LAST},
                            0}),
           ONNX_FLOAT, "1 2", 1, -2);
    VALUES((&(struct trial){"ReduceMax", 20, {{0}}, {WHOLE(ONNX_BOOL, "2", 0, 1), LAST}, 0}),
           ONNX_BOOL, "1", 1);
    VALUES((&(struct trial){"ReduceSum", 13, {{0}}, {make_tensor(ONNX_FLOAT, "0", NULL), LAST}, 0}),
           ONNX_FLOAT, "1", 0);
    expect_refusal(&(struct trial){"ReduceMax", 13, {{0}}, {x, second, LAST}, 0},
                   "its axes are an attribute");
}

/* ---- Moves ---- */

static void check_moves(void)
{
    const onnx_tensor *x = FLOATS("7", 0, 1, 2, 3, 4, 5, 6);
    const struct trial split = {"Split", 18, {{.name = "num_outputs", .i = 3}}, {x, LAST}, 3};
    expect_output(&split, 0, ONNX_FLOAT, "3", (double[]){0, 1, 2});
    expect_output(&split, 2, ONNX_FLOAT, "1", (double[]){6});
    expect_refusal(&(struct trial){"Split", 13, {{0}}, {x, LAST}, 3}, "3 equal parts");
    const onnx_tensor *four = FLOATS("1 2 2", 1, 2, 3, 4);
    VALUES((&(struct trial){"Pad",
                            18,
                            {{0}},
                            {four, WHOLE(ONNX_INT64, "2", 1, 0), FLOATS("", 9),
                             WHOLE(ONNX_INT64, "1", -1), LAST},
                            0}),
           ONNX_FLOAT, "1 2 3", 9, 1, 2, 9, 3, 4);
    VALUES((&(struct trial){"Pad",
                            19,
                            {{.name = "mode", .s = "wrap"}},
                            {x, WHOLE(ONNX_INT64, "2", 2, 8), LAST},
                            0}),
           ONNX_FLOAT, "17", 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0);
    VALUES((&(struct trial){"Pad",
                            7,
                            {{.name = "value", .f = 9},
                             {.name = "pads", .ints = (int64_t[]){1, 0}, .int_count = 2}},
                            {FLOATS("1", 5), LAST},
                            0}),
           ONNX_FLOAT, "2", 9, 5);
    VALUES(
        (&(struct trial){"TopK", 9, {{.name = "k", .i = 2}}, {FLOATS("4", 1, 7, 7, 3), LAST}, 2}),
        ONNX_FLOAT, "2", 7, 7);
    VALUES((&(struct trial){
               "ScatterElements",
               18,
               {{.name = "reduction", .s = "max"}},
               {FLOATS("3", 1, 2, 3), WHOLE(ONNX_INT64, "3", 0, 0, -1), FLOATS("3", 5, 4, 0), LAST},
               0}),
           ONNX_FLOAT, "3", 5, 2, 3);
    VALUES((&(struct trial){
               "ScatterND",
               18,
               {{.name = "reduction", .s = "min"}},
               {FLOATS("2 2", 1, 2, 3, 4), WHOLE(ONNX_INT64, "1 1", 1), FLOATS("1 2", 9, 0), LAST},
               0}),
           ONNX_FLOAT, "2 2", 1, 2, 3, 0);
}

/* ---- Resize ---- */

static void check_resize(void)
{
    const onnx_tensor *x = FLOATS("1 4", 0, 1, 2, 3), *sizes = WHOLE(ONNX_INT64, "1", 7);
    const int64_t one = 1;
    const onnx_attribute axes = {.name = "axes", .ints = &one, .int_count = 1};
    /* (i + 0.5) * 4 / 7 - 0.5, to the nearest, of two the lower */
    VALUES((&(struct trial){"Resize", 18, {axes}, {x, NULL, NULL, sizes, LAST}, 0}), ONNX_FLOAT,
           "1 7", 0, 0, 1, 1, 2, 3, 3);
    /* i * 4 / 7, downwards */
    VALUES((&(struct trial){"Resize",
                            19,
                            {axes,
                             {.name = "coordinate_transformation_mode", .s = "asymmetric"},
                             {.name = "nearest_mode", .s = "floor"}},
                            {x, NULL, NULL, sizes, LAST},
                            0}),
           ONNX_FLOAT, "1 7", 0, 0, 1, 1, 2, 2, 3);
    /* 4 * 0.6 = 2.4 is 2; the centre stays where it is: 2 * (1 - 2 / 2.4) + (i + 0.5) / 0.6 - 0.5
     */
    VALUES(
        (&(struct trial){"Resize",
                         19,
                         {{.name = "coordinate_transformation_mode", .s = "half_pixel_symmetric"}},
                         {x, NULL, FLOATS("2", 1, 0.6), LAST},
                         0}),
        ONNX_FLOAT, "1 2", 1, 2);
    /* 2 x 4 into 3 x 3, no larger: by 0.75, 2 x 3 */
    VALUES((&(struct trial){"Resize",
                            18,
                            {{.name = "keep_aspect_ratio_policy", .s = "not_larger"}},
                            {FLOATS("2 4", 0, 1, 2, 3, 4, 5, 6, 7), NULL, NULL,
                             WHOLE(ONNX_INT64, "2", 3, 3), LAST},
                            0}),
           ONNX_FLOAT, "2 3", 0, 1, 3, 4, 5, 7);
    VALUES((&(struct trial){"Resize", 10, {{0}}, {x, FLOATS("2", 1, 2), LAST}, 0}), ONNX_FLOAT,
           "1 8", 0, 0, 1, 1, 2, 2, 3, 3);
    VALUES((&(struct trial){"Upsample",
                            7,
                            {{.name = "scales", .floats = (float[]){1, 1.5f}, .float_count = 2}},
                            {x, LAST},
                            0}),
           ONNX_FLOAT, "1 6", 0, 0, 1, 2, 2, 3);
}

/* ---- Spectra ---- */

/* Forward of a real line, along a middle axis; back from half of it to the line. */
static void check_spectra(void)
{
    enum { N = 6, SIDE = 2, HALF = N / 2 + 1 };
    const onnx_tensor *x = DRAWN("1 6 2 1"), *axis = WHOLE(ONNX_INT64, "", 1);
    double full[N * SIDE * 2] = {0}, line[N * SIDE];
    for (size_t i = 0; i < N * N * SIDE; i++) {
        const size_t k = i / SIDE / N, n = i / SIDE % N, side = i % SIDE;
        const double value = (double)x->floats[n * SIDE + side];
        full[(k * SIDE + side) * 2] += value * cos(2 * pi * (double)(k * n) / N);
        full[(k * SIDE + side) * 2 + 1] -= value * sin(2 * pi * (double)(k * n) / N);
        line[n * SIDE + side] = value;
    }
    expect_output(&(struct trial){"DFT", 20, {{0}}, {x, NULL, axis, LAST}, 0}, 0, ONNX_FLOAT,
                  "1 6 2 2", full);
    expect_output(&(struct trial){"DFT", 17, {AXIS(1), {.name = "onesided", .i = 1}}, {x, LAST}, 0},
                  0, ONNX_FLOAT, "1 4 2 2", full);
    const struct trial back = {
        "DFT",
        20,
        {{.name = "onesided", .i = 1}, {.name = "inverse", .i = 1}},
        {make_tensor(ONNX_FLOAT, "1 4 2 2", full), WHOLE(ONNX_INT64, "", N), axis, LAST},
        0};
    expect_output(&back, 0, ONNX_FLOAT, "1 6 2 1", line);
    expect_refusal(&(struct trial){"DFT", 20, {{0}}, {x, WHOLE(ONNX_INT64, "", 0), axis, LAST}, 0},
                   "its length is 0");
}

/* ---- Pools and convolutions ---- */

static void check_windows(void)
{
    const int64_t two = 2, three = 3, pads[] = {1, 1};
    const onnx_attribute kernel = {.name = "kernel_shape", .ints = &two, .int_count = 1};
    const onnx_attribute wide = {.name = "kernel_shape", .ints = &three, .int_count = 1};
    const onnx_attribute stride = {.name = "strides", .ints = &two, .int_count = 1};
    const onnx_attribute padding = {.name = "pads", .ints = pads, .int_count = 2};
    const onnx_attribute ceil_mode = {.name = "ceil_mode", .i = 1};
    const onnx_tensor *x = FLOATS("1 1 4", 1, 2, 4, 8);
    VALUES((&(struct trial){"AveragePool",
                            19,
                            {kernel, {.name = "dilations", .ints = &two, .int_count = 1}},
                            {x, LAST},
                            0}),
           ONNX_FLOAT, "1 1 2", 2.5, 5);
    /* windows of [0 1 2] [2 4 8] [8 0 -]: what lies behind the pads is not counted */
    VALUES(
        (&(struct trial){"AveragePool",
                         19,
                         {wide, stride, padding, ceil_mode, {.name = "count_include_pad", .i = 1}},
                         {x, LAST},
                         0}),
        ONNX_FLOAT, "1 1 3", 1, 14. / 3, 4);
    /* the third window would begin behind the input */
    VALUES((&(struct trial){"MaxPool",
                            22,
                            {kernel, stride, padding, ceil_mode},
                            {FLOATS("1 1 3", 1, 2, 3), LAST},
                            0}),
           ONNX_FLOAT, "1 1 2", 1, 3);
    /* a kernel that is larger than the input is cut off, too */
    VALUES((&(struct trial){
               "MaxPool", 22, {wide, stride, ceil_mode}, {FLOATS("1 1 2", 1, 2), LAST}, 0}),
           ONNX_FLOAT, "1 1 1", 2);
    VALUES((&(struct trial){"GlobalMaxPool", 22, {{0}}, {x, LAST}, 0}), ONNX_FLOAT, "1 1 1", 8);
    VALUES((&(struct trial){"ConvInteger",
                            10,
                            {{0}},
                            {WHOLE(ONNX_UINT8, "1 1 3", 1, 2, 3),
                             WHOLE(ONNX_UINT8, "2 1 2", 1, 2, 3, 4), WHOLE(ONNX_UINT8, "", 1),
                             WHOLE(ONNX_UINT8, "2", 1, 3), LAST},
                            0}),
           ONNX_INT32, "1 2 2", 1, 2, 1, 2);
    const int64_t out = 5;
    VALUES((&(struct trial){"ConvTranspose",
                            22,
                            {stride, {.name = "output_shape", .ints = &out, .int_count = 1}},
                            {FLOATS("1 1 3", 1, 2, 3), FLOATS("1 1 2", 1, 10), LAST},
                            0}),
           ONNX_FLOAT, "1 1 5", 10, 2, 20, 3, 30);
}

/* ---- Quantised ---- */

static void check_quantised(void)
{
    const onnx_tensor *x = FLOATS("2 4", 1, 2, 30, 40, 5, -6, 70, 80);
    const onnx_tensor *scale = FLOATS("2 2", 1, 10, 2, 0.5);
    const onnx_attribute block = {.name = "block_size", .i = 2};
    VALUES((&(struct trial){"QuantizeLinear",
                            21,
                            {AXIS(1), block, {.name = "output_dtype", .i = ONNX_INT8}},
                            {x, scale, LAST},
                            0}),
           ONNX_INT8, "2 4", 1, 2, 3, 4, 2, -3, 127, 127);
    VALUES((&(struct trial){"DequantizeLinear",
                            21,
                            {AXIS(1), block},
                            {WHOLE(ONNX_INT16, "2 4", 1, 2, 3, 4, 5, 6, 7, 300), scale,
                             WHOLE(ONNX_INT16, "2 2", 1, 0, 0, 100), LAST},
                            0}),
           ONNX_FLOAT, "2 4", 0, 1, 30, 40, 10, 12, -46.5, 100);
    VALUES((&(struct trial){"DequantizeLinear",
                            23,
                            {{.name = "output_dtype", .i = ONNX_FLOAT16}},
                            {WHOLE(ONNX_UINT8, "1", 255), FLOATS("", 0.5), LAST},
                            0}),
           ONNX_FLOAT16, "1", 127.5);
    expect_refusal(
        &(struct trial){
            "QuantizeLinear", 21, {{.name = "output_dtype", .i = 17}}, {x, FLOATS("", 1), LAST}, 0},
        "to quantise to float8e4m3fn");
    VALUES((&(struct trial){"MatMulInteger",
                            10,
                            {{0}},
                            {WHOLE(ONNX_INT8, "2 1", -128, 127), WHOLE(ONNX_INT8, "1 2", 1, 2),
                             WHOLE(ONNX_INT8, "2", 1, -1), WHOLE(ONNX_INT8, "2", 0, 1), LAST},
                            0}),
           ONNX_INT32, "2 2", -129, -129, 128, 128);
}

/* ---- Types and labels ---- */

static void check_types(void)
{
    const onnx_tensor *a = WHOLE(ONNX_INT8, "2", 100, -128);
    VALUES((&(struct trial){"Add", 14, {{0}}, {a, a, LAST}, 0}), ONNX_INT8, "2", -56, 0);
    VALUES((&(struct trial){"Cast", 13, {{.name = "to", .i = ONNX_UINT16}}, {a, LAST}, 0}),
           ONNX_UINT16, "2", 100, 65408);
    VALUES((&(struct trial){
               "Pow",
               15,
               {{0}},
               {WHOLE(ONNX_INT32, "3", 2, -1, 3), WHOLE(ONNX_INT64, "3", 31, -3, -1), LAST},
               0}),
           ONNX_INT32, "3", -2147483648., -1, 0);
    VALUES((&(struct trial){"Pow",
                            15,
                            {{0}},
                            {WHOLE(ONNX_INT32, "3", 12345, 46341, 9), FLOATS("3", 2, 2, 0.5), LAST},
                            0}),
           ONNX_INT32, "3", 152399025, -2147479015, 3);
    const onnx_tensor *m = FLOATS("2 3", 1, 2, 3, 4, 5, 6), *v = FLOATS("3", 1, 0, -1);
    VALUES((&(struct trial){"Einsum", 12, {{.name = "equation", .s = "ij,j"}}, {m, v, LAST}, 0}),
           ONNX_FLOAT, "2", -2, -2);
    VALUES((&(struct trial){
               "Einsum", 12, {{.name = "equation", .s = "...j , kj -> ...k"}}, {m, m, LAST}, 0}),
           ONNX_FLOAT, "2 2", 14, 32, 32, 77);
    VALUES((&(struct trial){"Einsum", 12, {{.name = "equation", .s = "ba"}}, {m, LAST}, 0}),
           ONNX_FLOAT, "3 2", 1, 4, 2, 5, 3, 6);
    static const char *const wrong[] = {"ij,j->k",  "ij",     "ij,jk", "i.j,j",
                                        "ij,j->ii", "ij,j,j", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_refusal(
            &(struct trial){"Einsum", 12, {{.name = "equation", .s = wrong[i]}}, {m, v, LAST}, 0},
            i ? "it" : "a label that no operand has");
}

/* ---- What would take longer than anybody waits, or more memory than there is ---- */

static void check_bounds(void)
{
    const onnx_tensor *big = make_tensor(ONNX_FLOAT, "1 1 500000", NULL);
    const int64_t far = 500000, pads[] = {700000, 700000};
    expect_refusal(&(struct trial){"MaxPool",
                                   11,
                                   {{.name = "kernel_shape", .ints = &far, .int_count = 1},
                                    {.name = "pads", .ints = pads, .int_count = 2}},
                                   {big, LAST},
                                   0},
                   "more steps than are allowed");
    expect_refusal(
        &(struct trial){
            "Conv", 11, {{.name = "pads", .ints = pads, .int_count = 2}}, {big, big, LAST}, 0},
        "more steps than are allowed");
    expect_refusal(
        &(struct trial){"DFT", 20, {{0}}, {big, NULL, WHOLE(ONNX_INT64, "", 2), LAST}, 0},
        "in the last dimension");
    expect_refusal(
        &(struct trial){"Range", 11, {{0}}, {FLOATS("", 0), FLOATS("", 1), FLOATS("", 0), LAST}, 0},
        "it has no end");
    expect_refusal(&(struct trial){"Range",
                                   11,
                                   {{0}},
                                   {WHOLE(ONNX_INT64, "", 0), WHOLE(ONNX_INT64, "", 1e12),
                                    WHOLE(ONNX_INT64, "", 1), LAST},
                                   0},
                   "more memory than is allowed");
    expect_refusal(
        &(struct trial){"Tile", 13, {{0}}, {big, WHOLE(ONNX_INT64, "3", 1, 1, 1e9), LAST}, 0},
        "more memory than is allowed");
    expect_refusal(
        &(struct trial){
            "OneHot", 11, {{0}}, {big, WHOLE(ONNX_INT64, "", 1e9), FLOATS("2", 0, 1), LAST}, 0},
        "more memory than is allowed");
}

/* Tensors of no elements, elements that are no numbers, and numbers at the ends of their types. */
static void check_ends(void)
{
    const onnx_tensor *nothing = FLOATS("4 0", 0), *long_nothing = FLOATS("1099511627776 0", 0);
    const onnx_tensor *none = WHOLE(ONNX_INT32, "0 2", 0), *axis = WHOLE(ONNX_INT64, "1", 0);
    const onnx_tensor *wide = WHOLE(ONNX_INT64, "1 1", 0x1p62), *nan = FLOATS("1", NAN);
    expect_output(&(struct trial){"ReduceMax", 18, {{0}}, {none, axis, LAST}, 0}, 0, ONNX_INT32,
                  "1 2", (const double[]){INT32_MIN, INT32_MIN});
    expect_output(&(struct trial){"ReduceMin", 18, {{0}}, {none, axis, LAST}, 0}, 0, ONNX_INT32,
                  "1 2", (const double[]){INT32_MAX, INT32_MAX});
    const struct trial moments = {
        "LayerNormalization", 17, {{0}}, {nothing, FLOATS("0", 0), LAST}, 3};
    expect_output(&moments, 1, ONNX_FLOAT, "4 1", (const double[]){NAN, NAN, NAN, NAN});
    expect_output(&moments, 2, ONNX_FLOAT, "4 1", (const double[]){NAN, NAN, NAN, NAN});
    expect_output(&(struct trial){"Gemm", 13, {{0}}, {long_nothing, FLOATS("0 0", 0), LAST}, 0}, 0,
                  ONNX_FLOAT, "1099511627776 0", (const double[]){0});
    expect_output(&(struct trial){"HardSigmoid", 6, {{0}}, {nan, LAST}, 0}, 0, ONNX_FLOAT, "1",
                  (const double[]){NAN});
    expect_output(&(struct trial){"Celu", 12, {{0}}, {nan, LAST}, 0}, 0, ONNX_FLOAT, "1",
                  (const double[]){NAN});
    expect_output(&(struct trial){"OneHot",
                                  11,
                                  {{0}},
                                  {WHOLE(ONNX_INT64, "1", 0x1.fffffffffffffp62),
                                   WHOLE(ONNX_INT64, "", 2), FLOATS("2", 3, 4), LAST},
                                  0},
                  0, ONNX_FLOAT, "1 2", (const double[]){3, 3});
    expect_refusal(&(struct trial){"MatMulInteger", 10, {{0}}, {wide, wide, LAST}, 0},
                   "of 8 or 16 bits only");
    expect_refusal(
        &(struct trial){"DequantizeLinear", 13, {{0}}, {wide, FLOATS("", 1), wide, LAST}, 0},
        "to dequantise int64 is not supported");
}

int main(void)
{
    check_ends();
    check_functions();
    check_groups(18);
    check_groups(21);
    check_reductions();
    check_moves();
    check_resize();
    check_spectra();
    check_windows();
    check_quantised();
    check_types();
    check_bounds();
    forget_trials();
    return expect_verdict("test_operators");
}
