/* SPDX-License-Identifier: MIT */
/* What weights are stored as: config.type by name, and by a kernel's; what a type does not hold is
 * refused with its place, what it holds is rounded to nearest even, and packing again leaves
 * nothing of what was there. */
#define _POSIX_C_SOURCE 200809L
#include <float.h>
#include <math.h>
#include <string.h>

#include "api/refusal.h"
#include "support/outcome.h"

static const char *const narrow_types[] = {"bf16", "f16", "i8"};

enum { NARROW_COUNT = sizeof narrow_types / sizeof *narrow_types, HALVES_COUNT = 2 };

/* An odd number of columns, and a tail. */
static struct problem problem;

static weir_layer_config make_config(const char *type)
{
    return (weir_layer_config){.cell = problem.cell,
                               .I = problem.I,
                               .H = problem.H,
                               .P = problem.P,
                               .weights = problem.weights,
                               .weight_count = problem.weight_count,
                               .type = type};
}

static weir_layer *make_layer(const weir_layer_config *config)
{
    weir_layer *layer = NULL;
    weir_error error = {0};
    EXPECT(weir_layer_create(&layer, config, &error) == WEIR_OK, "%s", error.message);
    return layer;
}

static const char *type_of(const weir_layer *layer)
{
    return weir_kernel_describe(weir_layer_kernel(layer)).type;
}

static void expect_type(const weir_layer_config *config, const char *type)
{
    weir_layer *layer = make_layer(config);
    EXPECT(layer && strcmp(type_of(layer), type) == 0, "%s was chosen, not %s",
           layer ? type_of(layer) : "nothing", type);
    weir_layer_destroy(layer);
}

/* The first matrix, and the first vector. */
static float *first_weights(bool is_matrix, const char **name, size_t *cols)
{
    size_t n = 0;
    while (weight_is_matrix(&problem.shapes[n]) != is_matrix)
        n++;
    *name = problem.shapes[n].name;
    *cols = problem.shapes[n].cols;
    return problem.values[n];
}

/* ---- By name ---- */

static void check_names(void)
{
    static const char *const wrong[] = {"", "f64", "F16", "bf16 ", "fp16", "i8 "};
    weir_layer_config config = make_config(NULL);
    expect_type(&config, "f32");
    config.type = "f32";
    expect_type(&config, "f32");
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        config.type = wrong[k];
        EXPECT_REFUSAL(&config, WEIR_INVALID, "config.type=", wrong[k], "f32", "bf16");
    }
    for (size_t k = 0; k < NARROW_COUNT; k++) {
        config = make_config(narrow_types[k]);
        expect_type(&config, narrow_types[k]);
        config.train = true;
        EXPECT_REFUSAL(&config, WEIR_INVALID, "train", "f32");
        config.train = false;
        config.math = "sleef";
        EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, narrow_types[k], "sleef");
    }
}

/* A kernel that is asked for by name decides, unless another type is asked for, too. */
static void check_kernels(void)
{
    for (size_t k = 0; k < NARROW_COUNT; k++) {
        weir_layer_config config = make_config(NULL);
        char name[64];
        snprintf(name, sizeof name, "%s_%s_any__scalar", problem.cell, narrow_types[k]);
        config.kernel = name;
        expect_type(&config, narrow_types[k]);
        config.type = narrow_types[k];
        expect_type(&config, narrow_types[k]);
        config.type = "f32";
        EXPECT_REFUSAL(&config, WEIR_INVALID, name, narrow_types[k], "not of f32");
        const char *other = narrow_types[(k + 1) % NARROW_COUNT];
        config.type = other;
        EXPECT_REFUSAL(&config, WEIR_INVALID, name, other);
        config.type = NULL;
        config.train = true;
        EXPECT_REFUSAL(&config, WEIR_INVALID, "train");
    }
}

/* ---- What a type holds ---- */

/* What rounds to infinity is refused; what rounds to the greatest number is not. */
static void check_range(void)
{
    static const struct {
        const char *type;
        float held, too_large;
    } limits[] = {{"f16", 65519.0f, 65520.0f},
                  {"bf16", 0x1.fefffep127f, 0x1.ffp127f},
                  {"bf16", 65520.0f, FLT_MAX}};
    const char *matrix, *vector;
    size_t cols, ignored;
    float *weights = first_weights(true, &matrix, &cols);
    float *biases = first_weights(false, &vector, &ignored);
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++)
        for (int sign = -1; sign <= 1; sign += 2) {
            const weir_layer_config config = make_config(limits[k].type);
            float *weight = &weights[2 * cols + 5], kept = *weight;
            *weight = (float)sign * limits[k].held;
            expect_type(&config, limits[k].type);
            *weight = (float)sign * limits[k].too_large;
            EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "row 2, column 5", limits[k].type);
            *weight = kept;
            /* Vectors stay as they are. */
            kept = biases[3];
            biases[3] = (float)sign * limits[k].too_large;
            expect_type(&config, limits[k].type);
            biases[3] = kept;
        }
}

/* 16 bits hold infinities and NaN, bytes do not. */
static void check_not_finite(void)
{
    static const float values[] = {NAN, INFINITY, -INFINITY};
    const char *matrix;
    size_t cols;
    float *weight = first_weights(true, &matrix, &cols) + 2 * cols + 5, kept = *weight;
    for (size_t n = 0; n < sizeof values / sizeof *values; n++) {
        *weight = values[n];
        for (size_t k = 0; k < HALVES_COUNT; k++) {
            const weir_layer_config config = make_config(narrow_types[k]);
            expect_type(&config, narrow_types[k]);
        }
        const weir_layer_config config = make_config("i8");
        EXPECT_REFUSAL(&config, WEIR_INVALID, matrix, "row 2, column 5", "i8");
    }
    *weight = kept;
}

/* As many columns of extremes as 32 bits hold the sum of, and one more; in tiles, and by rows. */
static void check_columns(const char *isa, size_t rows)
{
    enum { COLUMNS = 133144, ROWS_MOST = 5 };
    static float ones[ROWS_MOST * (COLUMNS + 1)], zeros[ROWS_MOST], y[ROWS_MOST];
    const float scale = 1.0f / 127, sum = 127.0f * 127 * COLUMNS;
    for (size_t k = 0; k < sizeof ones / sizeof *ones; k++)
        ones[k] = 1;
    const weir_weight weights[] = {{.name = "W", .data = ones}, {.name = "b", .data = zeros}};
    weir_layer_config config = {.cell = "dense",
                                .I = COLUMNS,
                                .H = rows,
                                .weights = weights,
                                .weight_count = 2,
                                .type = "i8",
                                .isa = isa};
    weir_layer *layer = NULL;
    weir_error error = {0};
    const weir_status status = weir_layer_create(&layer, &config, &error);
    if (status == WEIR_UNAVAILABLE) /* a build of fewer ISAs */
        return;
    EXPECT(status == WEIR_OK, "%s: %s", isa, error.message);
    if (!layer)
        return;
    weir_layer_forward(layer, &(weir_sequence){.T = 1, .B = 1, .x = ones, .y = y});
    for (size_t row = 0; row < rows; row++)
        EXPECT(y[row] == fmaf(sum, scale * scale, 0), "%s, row %zu of %zu: %a", isa, row, rows,
               (double)y[row]);
    weir_layer_destroy(layer);
    config.I++;
    EXPECT_REFUSAL(&config, WEIR_INVALID, "W", "133145 columns", "133144");
}

/* ---- Again ---- */

static void expect_same(const struct outcome *expected, weir_layer *layer, const char *type,
                        const char *how)
{
    struct outcome outcome;
    char what[256] = "";
    outcome_create(&outcome, &problem, 0);
    outcome_run(&outcome, layer);
    EXPECT(outcome_equal(&outcome, expected, what, sizeof what), "%s, %s: %s", type, how, what);
    outcome_destroy(&outcome);
}

/* Other weights in between, with every bit set, leave nothing behind. */
static void check_set_weights(void)
{
    static float noise[64 * 64];
    const float *weights[PROBLEM_WEIGHTS_MAX], *others[PROBLEM_WEIGHTS_MAX];
    memset(noise, 0xff, sizeof noise);
    for (size_t n = 0; n < problem.weight_count; n++) {
        weights[n] = problem.values[n];
        others[n] = noise;
    }
    for (size_t k = 0; k < NARROW_COUNT; k++) {
        const weir_layer_config config = make_config(narrow_types[k]);
        weir_layer *layer = make_layer(&config);
        struct outcome expected;
        if (!layer)
            continue;
        outcome_create(&expected, &problem, 0);
        outcome_run(&expected, layer);
        weir_layer_set_weights(layer, weights);
        expect_same(&expected, layer, narrow_types[k], "the same weights set once more");
        weir_layer_set_weights(layer, others);
        weir_layer_set_weights(layer, weights);
        expect_same(&expected, layer, narrow_types[k], "others set in between");
        outcome_destroy(&expected);
        weir_layer_destroy(layer);
    }
}

int main(void)
{
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    unsetenv("WEIR_VERBOSE");
    if (!EXPECT(problem_create(&problem, "lstm", (size_t[]){17, 15, 0}, 3, 2, PATTERN_NORMAL, 1),
                "this build has no lstm"))
        return expect_verdict("test_types");
    check_names();
    check_kernels();
    check_range();
    check_not_finite();
    check_set_weights();
    for (size_t n = 0; weir_isa_name(n) != NULL; n++)
        for (size_t rows = 1; rows <= 5 && weir_isa_runs_here(weir_isa_name(n)); rows += 4)
            check_columns(weir_isa_name(n), rows);
    problem_destroy(&problem);
    return expect_verdict("test_types");
}
