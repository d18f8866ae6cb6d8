/* SPDX-License-Identifier: MIT */
/* Weights that are given as bfloat16, binary16 or bytes: layers of their type keep them, those of
 * float32 widen halves, and what else could be asked for is refused, with matrix and row. */
#define _POSIX_C_SOURCE 200809L
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/refusal.h"
#include "halves.h"
#include "support/outcome.h"

enum { ROWS = 15, MIDDLE = 128 };

static struct problem problem;

/* The problem's weights by another type, at an odd address, and floats that they stand for. */
static struct given {
    weir_weight weights[PROBLEM_WEIGHTS_MAX];
    unsigned char memory[PROBLEM_WEIGHTS_MAX][1 + 2 * 17 * ROWS];
    float scales[PROBLEM_WEIGHTS_MAX][ROWS], wide[PROBLEM_WEIGHTS_MAX][17 * ROWS];
    unsigned char zeros[PROBLEM_WEIGHTS_MAX][ROWS];
} given;

static weir_layer_config make_config(const weir_weight *weights, const char *type)
{
    return (weir_layer_config){.cell = problem.cell,
                               .I = problem.I,
                               .H = problem.H,
                               .weights = weights,
                               .weight_count = problem.weight_count,
                               .type = type};
}

/* The layers of two configurations have one type, and give one outcome. */
static void expect_equal(const weir_layer_config *one, const weir_layer_config *other,
                         const char *type, const char *how)
{
    const weir_layer_config *configs[] = {one, other};
    struct outcome outcomes[2];
    char what[256] = "";
    for (size_t k = 0; k < 2; k++) {
        weir_layer *layer = NULL;
        weir_error error = {0};
        outcome_create(&outcomes[k], &problem, 0);
        if (!EXPECT(weir_layer_create(&layer, configs[k], &error) == WEIR_OK, "%s, %s: %s", type,
                    how, error.message))
            return;
        const char *found = weir_kernel_describe(weir_layer_kernel(layer)).type;
        EXPECT(!strcmp(found, type), "%s: %s, not %s", how, found, type);
        outcome_run(&outcomes[k], layer);
        weir_layer_destroy(layer);
    }
    EXPECT(outcome_equal(&outcomes[0], &outcomes[1], what, sizeof what), "%s, %s: %s", type, how,
           what);
    outcome_destroy(&outcomes[0]);
    outcome_destroy(&outcomes[1]);
}

/* ---- Halves ---- */

/* All weights, vectors too; with a NaN of any payload and an infinity where `wild`. */
static void give_halves(bool bfloat, bool wild)
{
    for (size_t n = 0; n < problem.weight_count; n++) {
        const size_t count = problem.shapes[n].rows * problem.shapes[n].cols;
        weir_weight *weight = &given.weights[n];
        *weight = problem.weights[n];
        weight->data = NULL;
        weight->type = bfloat ? "bf16" : "f16";
        weight->numbers = given.memory[n] + 1;
        for (size_t k = 0; k < count; k++) {
            const float value = problem.values[n][k];
            uint16_t half = bfloat ? bfloat_narrow(value) : half_narrow(value);
            if (wild && n == 1 && k < 2)
                half = k ? 0xff80 : bfloat ? 0x7fa5 : 0x7ea5;
            memcpy(given.memory[n] + 1 + 2 * k, &half, sizeof half);
            given.wide[n][k] = bfloat ? bfloat_widen(half) : half_widen(half);
        }
    }
}

static void check_halves(void)
{
    static const char *const types[] = {"f16", "bf16"};
    weir_weight wide[PROBLEM_WEIGHTS_MAX];
    for (size_t n = 0; n < problem.weight_count; n++) {
        wide[n] = problem.weights[n];
        wide[n].data = given.wide[n];
    }
    for (int bfloat = 0; bfloat < 2; bfloat++)
        for (int wild = 0; wild < 2; wild++) {
            const char *other = types[!bfloat], *matrix = problem.shapes[0].name;
            weir_layer_config config = make_config(given.weights, NULL);
            weir_layer_config floats = make_config(wide, NULL);
            give_halves(bfloat, wild);
            expect_equal(&config, &floats, "f32", types[bfloat]);
            config.type = floats.type = types[bfloat];
            expect_equal(&config, &floats, types[bfloat], "kept");
            config.type = other;
            EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, types[bfloat], other, "f32");
            config.type = "i8";
            EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, types[bfloat], "i8");
        }
}

/* ---- Bytes ---- */

/* Matrices as i8 has them, of themselves or, 128 more, as u8. */
static void give_bytes(bool has_sign)
{
    for (size_t n = 0; n < problem.weight_count; n++) {
        const weir_shape *shape = &problem.shapes[n];
        weir_weight *weight = &given.weights[n];
        *weight = problem.weights[n];
        for (size_t row = 0; row < shape->rows && weight_is_matrix(shape); row++) {
            const float *from = problem.values[n] + row * shape->cols;
            float most = 0;
            for (size_t col = 0; col < shape->cols; col++)
                most = fmaxf(most, fabsf(from[col]));
            given.scales[n][row] = most / 127;
            given.zeros[n][row] = has_sign ? 0 : MIDDLE;
            for (size_t col = 0; col < shape->cols; col++)
                given.memory[n][1 + row * shape->cols + col] =
                    (unsigned char)((int)rintf(from[col] / (most / 127)) + (has_sign ? 0 : MIDDLE));
        }
        if (!weight_is_matrix(shape))
            continue;
        weight->data = NULL;
        weight->type = has_sign ? "i8" : "u8";
        weight->numbers = given.memory[n] + 1;
        weight->scales = given.scales[n];
        weight->scale_count = shape->rows;
        weight->zero_points = has_sign ? NULL : given.zeros[n];
        weight->zero_point_count = has_sign ? 0 : shape->rows;
    }
}

/* What is given as the layer would have made it gives what that gives. */
static void check_kept(void)
{
    for (int has_sign = 0; has_sign < 2; has_sign++) {
        give_bytes(has_sign);
        weir_layer_config config = make_config(given.weights, NULL);
        weir_layer_config floats = make_config(problem.weights, "i8");
        expect_equal(&config, &floats, "i8", has_sign ? "i8 given" : "u8 given");
        config.type = floats.type = "u8";
        expect_equal(&config, &floats, "u8", has_sign ? "i8 given" : "u8 given");
        /* Some as bytes, the others as floats. */
        given.weights[0] = problem.weights[0];
        config.type = floats.type = "i8";
        expect_equal(&config, &floats, "i8", "one matrix as floats");
    }
}

/* u8 computes what i8 does. */
static void check_same(void)
{
    struct outcome outcomes[2];
    char what[256] = "";
    for (size_t k = 0; k < 2; k++) {
        const weir_layer_config config = make_config(problem.weights, k ? "u8" : "i8");
        weir_layer *layer = NULL;
        weir_error error = {0};
        EXPECT(weir_layer_create(&layer, &config, &error) == WEIR_OK, "%s", error.message);
        outcome_create(&outcomes[k], &problem, 0);
        outcome_run(&outcomes[k], layer);
        weir_layer_destroy(layer);
    }
    EXPECT(outcome_equal(&outcomes[0], &outcomes[1], what, sizeof what), "%s", what);
    outcome_destroy(&outcomes[0]);
    outcome_destroy(&outcomes[1]);
}

/* A zero point takes the layer to u8, and the least byte leaves it at i8. */
static void check_full(void)
{
    weir_layer_config config = make_config(given.weights, NULL), other = config;
    const char *matrix = problem.shapes[0].name;
    give_bytes(true);
    given.memory[0][1 + 2 * problem.shapes[0].cols] = 0x80;
    other.type = "i8";
    expect_equal(&config, &other, "i8", "-128");
    give_bytes(false);
    given.zeros[0][2] = 127;
    other.type = "u8";
    expect_equal(&config, &other, "u8", "a zero point");
    config.type = "i8";
    EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "row 2", "i8", "u8");
    config.type = "bf16";
    EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "bf16", "i8 or u8");
    config.type = "f32";
    EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "f32", "i8 or u8");
}

/* One scale and zero point for all rows. */
static void check_one(void)
{
    weir_layer_config config = make_config(given.weights, NULL);
    struct given one;
    give_bytes(false);
    for (size_t n = 0; n < problem.weight_count; n++)
        for (size_t row = 0; row < ROWS; row++) {
            given.scales[n][row] = given.scales[n][0];
            given.zeros[n][row] = 77;
        }
    memcpy(&one, &given, sizeof one);
    for (size_t n = 0; n < problem.weight_count; n++)
        if (weight_is_matrix(&problem.shapes[n]))
            one.weights[n].scale_count = one.weights[n].zero_point_count = 1;
    weir_layer_config ones = make_config(one.weights, NULL);
    expect_equal(&config, &ones, "u8", "one scale and zero point");
}

/* ---- What is refused ---- */

static void check_hostile(void)
{
    static const float scales[] = {0, -0.0f, -1, NAN, INFINITY};
    const weir_layer_config config = make_config(given.weights, NULL);
    weir_weight *weight = &given.weights[0], *vector = given.weights;
    const char *matrix = problem.shapes[0].name;
    give_bytes(false);
    while (weight_is_matrix(&problem.shapes[vector - given.weights]))
        vector++;
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
        const float kept = given.scales[0][3];
        given.scales[0][3] = scales[k];
        EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "row 3", "scale", "finite and above 0");
        given.scales[0][3] = kept;
    }
    const weir_weight good = *weight;
    weight->scales = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "15 scales, which are NULL");
    *weight = good;
    for (size_t count = 0; count <= ROWS + 1; count += count ? ROWS - 1 : 2) {
        weight->scale_count = count;
        if (count != ROWS)
            EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "scales", "each of its 15 rows");
    }
    *weight = good;
    weight->zero_points = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "15 zero points, which are NULL");
    for (size_t count = 0; count <= ROWS + 1; count += count ? ROWS - 1 : 2) {
        *weight = good;
        weight->zero_point_count = count;
        if (count != ROWS)
            EXPECT_REFUSAL(&config, WEIR_INVALID, matrix,
                           count ? " zero points: give none" : "0 zero points, which are not NULL",
                           "each of its 15 rows");
    }
    *weight = good;
    weight->type = "s8";
    EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "s8", "u8");
    *weight = good;
    weight->numbers = NULL;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "without data", matrix);
    *weight = good;
    weight->rows++;
    EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "[15][17]", "[16][17]");
    *weight = good;
    vector->type = "i8";
    vector->numbers = given.memory[0];
    EXPECT_REFUSAL(&config, WEIR_INVALID, vector->name, "vector", "i8");
    *vector = problem.weights[vector - given.weights];
}

/* ---- Many columns ---- */

/* As many as 32 bits hold the sum of, and one more: all of extremes, one step of one unit. */
static const struct columns {
    size_t most;
    unsigned char byte;
    int each; /* what that is without the zero point, if it has one */
    const char *type, *more;
} many[] = {{133144, 0x81, -127, "i8", "133145 columns"},
            {132104, 0x80, -128, "i8", "132105 columns"},
            {66311, 0, -255, "u8", "66312 columns"}};

static void check_columns(const char *isa, const struct columns *of)
{
    enum { MOST = 133145 };
    const size_t most = of->most;
    const bool zeros = !strcmp(of->type, "u8");
    static unsigned char bytes[MOST];
    static float x[MOST];
    static const unsigned char high = 255, none = 0;
    const float nothing = 0;
    const float scale = 1 / sqrtf((float)of->each * -127 * (float)most), s = 127 * scale;
    const double sum = (double)of->each * 127 * (double)most * (double)scale * (double)(s / 127);
    const double gate = 1 / (1 + exp(-sum)), expected = gate * tanh(gate * tanh(sum));
    weir_weight weights[12];
    weir_shape shapes[12];
    size_t count;
    weir_error error = {0};
    float y = 0;
    for (size_t k = 0; k < MOST; k++)
        x[k] = s;
    memset(bytes, of->byte, sizeof bytes);
    if (!EXPECT(!weir_cell_weights("lstm", most, 1, 0, shapes, 12, &count, &error), "%s",
                error.message))
        return;
    for (size_t k = 0; k < count; k++)
        weights[k] = shapes[k].cols == most
                         ? (weir_weight){.name = shapes[k].name,
                                         .type = of->type,
                                         .numbers = bytes,
                                         .scales = &scale,
                                         .scale_count = 1,
                                         .zero_points = zeros ? &high : &none,
                                         .zero_point_count = 1}
                         : (weir_weight){.name = shapes[k].name, .data = &nothing};
    weir_layer_config config = {
        .cell = "lstm", .I = most, .H = 1, .weights = weights, .weight_count = count, .isa = isa};
    weir_layer *layer = NULL;
    const weir_status status = weir_layer_create(&layer, &config, &error);
    if (status == WEIR_UNAVAILABLE) /* a build of fewer ISAs */
        return;
    if (!EXPECT(status == WEIR_OK, "%s: %s", isa, error.message))
        return;
    weir_layer_forward(layer, &(weir_sequence){.T = 1, .B = 1, .x = x, .y = &y});
    EXPECT(fabs((double)y - expected) < 1e-6, "%s, %zu columns: %.9g, not %.9g", isa, most,
           (double)y, expected);
    weir_layer_destroy(layer);
    config.I++;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "Wi", of->more, of->type);
}

int main(void)
{
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    unsetenv("WEIR_VERBOSE");
    if (!EXPECT(problem_create(&problem, "lstm", (size_t[]){17, ROWS, 0}, 3, 2, PATTERN_NORMAL, 1),
                "this build has no lstm"))
        return expect_verdict("test_given");
    check_halves();
    check_kept();
    check_same();
    check_full();
    check_one();
    check_hostile();
    for (size_t n = 0; weir_isa_name(n) != NULL; n++)
        for (size_t k = 0; k < sizeof many / sizeof *many && weir_isa_runs_here(weir_isa_name(n));
             k++)
            check_columns(weir_isa_name(n), &many[k]);
    problem_destroy(&problem);
    return expect_verdict("test_given");
}
