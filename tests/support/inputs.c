/* SPDX-License-Identifier: MIT */
/* The generator of test inputs: seeds to bits, bits to floats, floats to the weights and inputs of
 * a layer by pattern. Scaling is by powers of two only, which is exact. */
#include "support/inputs.h"

#include <float.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const pattern_names[PATTERN_COUNT] = {
    [PATTERN_NORMAL] = "normal",     [PATTERN_SATURATING] = "saturating",
    [PATTERN_HUGE] = "huge",         [PATTERN_ZERO] = "zero",
    [PATTERN_DENORMAL] = "denormal", [PATTERN_ONE_HOT] = "one-hot",
    [PATTERN_NAN] = "nan",           [PATTERN_NAN_WEIGHT] = "nan-weight",
    [PATTERN_INF] = "inf",           [PATTERN_INF_WITHIN] = "inf-within",
};

const struct odd_size odd_sizes[ODD_SIZE_COUNT] = {
    {1, 1}, {2, 20}, {3, 7}, {7, 3}, {15, 17}, {16, 16}, {17, 15}, {20, 33},
};

const char *pattern_name(enum pattern pattern)
{
    return pattern_names[pattern];
}

bool kernel_is_named(const weir_kernel_info *kernel, const char *glob)
{
    char name[128];
    const size_t more = kernel->tuned_for ? strlen("_") + strlen(kernel->tuned_for) : 0;
    snprintf(name, sizeof name, "%.*s", (int)(strlen(kernel->name) - more), kernel->name);
    return fnmatch(glob, name, 0) == 0 || fnmatch(glob, kernel->name, 0) == 0;
}

size_t usual_projection(const char *cell, size_t I, size_t H)
{
    size_t count;
    return weir_cell_states(cell, I, H, 0, NULL, 0, &count, NULL) == WEIR_OK ? 0 : (H + 1) / 2;
}

uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t random_below(struct random *random, size_t bound)
{
    return (size_t)((random_next(random) >> 32) * bound >> 32);
}

float float_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text));
}

uint64_t hash_number(uint64_t hash, uint64_t number)
{
    unsigned char bytes[8];
    for (int byte = 0; byte < 8; ++byte)
        bytes[byte] = (unsigned char)(number >> (8 * byte));
    return hash_bytes(hash, bytes, sizeof bytes);
}

void *allocate(size_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);
    if (memory == NULL) {
        fprintf(stderr, "no memory for %zu bytes of test data: free some and run again\n", bytes);
        exit(1);
    }
    return memory;
}

/* Uniform in [-scale, scale), with 24 bits, for a power of two as scale. */
static float uniform(struct random *random, int log2_scale)
{
    const int32_t centred = (int32_t)(random_next(random) >> 40) - (1 << 23);
    return ldexpf((float)centred, log2_scale - 23);
}

/* Either sign, any mantissa, an exponent from low to high. */
static float of_magnitude(struct random *random, int low, int high)
{
    const uint64_t bits = random_next(random);
    const int exponent = low + (int)random_below(random, (size_t)(high - low + 1));
    const uint32_t biased = (uint32_t)(exponent + 127);
    return float_from_bits((uint32_t)(bits >> 32 & 0x80000000u) | biased << 23 |
                           (uint32_t)(bits & 0x7fffffu));
}

static float denormal(struct random *random)
{
    return float_from_bits((uint32_t)random_next(random) & 0x807fffffu);
}

static float signed_zero(struct random *random)
{
    return float_from_bits((uint32_t)random_next(random) & 0x80000000u);
}

static float any_nan(struct random *random)
{
    /* The lowest bit keeps a mantissa of zeros, which would be an infinity, away. */
    return float_from_bits((uint32_t)random_next(random) | 0x7f800001u);
}

static float any_inf(struct random *random)
{
    return float_from_bits(((uint32_t)random_next(random) & 0x80000000u) | 0x7f800000u);
}

/* About 1 / sqrt(columns), as Glorot and Bengio (AISTATS 2010) would have it: a sum over a row
 * stays near 1 whatever its length. */
static int log2_weight_scale(size_t columns)
{
    int log2 = 0;
    while (columns >> (log2 + 1) > 0)
        ++log2;
    return -(log2 / 2);
}

static void fill_matrix(float *w, const weir_shape *shape, enum pattern pattern,
                        struct random *random)
{
    const int scale = log2_weight_scale(shape->cols);
    for (size_t r = 0; r < shape->rows; ++r) {
        const size_t hot = random_below(random, shape->cols);
        for (size_t k = 0; k < shape->cols; ++k, ++w) {
            *w = uniform(random, scale);
            if (pattern == PATTERN_ONE_HOT)
                *w = k == hot ? 1.0f : 0.0f;
            if (pattern == PATTERN_HUGE)
                *w = of_magnitude(random, -20, 127);
            if (pattern == PATTERN_DENORMAL && random_below(random, 2) == 0)
                *w = denormal(random);
        }
    }
}

static void fill_vector(float *w, const weir_shape *shape, enum pattern pattern,
                        struct random *random)
{
    for (size_t r = 0; r < shape->rows; ++r) {
        w[r] = uniform(random, -1);
        if (pattern == PATTERN_ZERO)
            w[r] = signed_zero(random);
        if (pattern == PATTERN_ONE_HOT)
            w[r] = 0.0f;
        if (pattern == PATTERN_HUGE)
            w[r] = of_magnitude(random, -20, 127);
        if (pattern == PATTERN_DENORMAL)
            w[r] = denormal(random);
    }
}

/* A capital letter names it. */
bool weight_is_matrix(const weir_shape *shape)
{
    return shape->name[0] >= 'A' && shape->name[0] <= 'Z';
}

static void fill_weights(struct problem *problem, struct random *random)
{
    for (size_t n = 0; n < problem->weight_count; ++n) {
        const weir_shape *shape = &problem->shapes[n];
        float *w = allocate(shape->rows * shape->cols * sizeof *w);
        if (weight_is_matrix(shape))
            fill_matrix(w, shape, problem->pattern, random);
        else
            fill_vector(w, shape, problem->pattern, random);
        problem->values[n] = w;
        problem->weights[n] =
            (weir_weight){.name = shape->name, .data = w, .rows = shape->rows, .cols = shape->cols};
    }
    const enum pattern pattern = problem->pattern;
    if (pattern == PATTERN_NAN_WEIGHT || pattern == PATTERN_INF_WITHIN) {
        const size_t n = random_below(random, problem->weight_count);
        const size_t count = problem->shapes[n].rows * problem->shapes[n].cols;
        const size_t chosen = random_below(random, count);
        problem->values[n][chosen] =
            pattern == PATTERN_NAN_WEIGHT ? any_nan(random) : any_inf(random);
    }
}

/* One row of x. `poisoned` allows what would spread over the row. */
static void fill_x_row(float *x, size_t I, enum pattern pattern, bool poisoned,
                       struct random *random)
{
    for (size_t k = 0; k < I; ++k) {
        x[k] = uniform(random, 1);
        if (pattern == PATTERN_HUGE)
            x[k] = of_magnitude(random, -20, 127);
        if (pattern == PATTERN_ZERO)
            x[k] = signed_zero(random);
        if (pattern == PATTERN_DENORMAL)
            x[k] = denormal(random);
    }
    /* Each draw is a statement of its own: the order within an expression is the compiler's. */
    const size_t chosen = random_below(random, I);
    const size_t other = random_below(random, I);
    const size_t chance = random_below(random, 8);
    /* One large input only: two could cancel and leave their rounding errors, which no float64
     * reference predicts. */
    if (pattern == PATTERN_SATURATING && chance < 6)
        x[chosen] = of_magnitude(random, 12, 100);
    if (pattern == PATTERN_NAN && poisoned && chance == 0)
        x[chosen] = any_nan(random);
    const bool is_inf = pattern == PATTERN_INF || pattern == PATTERN_INF_WITHIN;
    if (is_inf && poisoned && chance < 2)
        x[chosen] = any_inf(random);
    if (is_inf && poisoned && chance == 0)
        x[other] = any_inf(random);
}

static void fill_state_row(float *s, size_t size, size_t index, enum pattern pattern, bool poisoned,
                           struct random *random)
{
    for (size_t k = 0; k < size; ++k) {
        s[k] = uniform(random, 0);
        if (pattern == PATTERN_HUGE)
            s[k] = of_magnitude(random, -20, 127);
        if (pattern == PATTERN_ZERO)
            s[k] = 0.0f;
        if (pattern == PATTERN_DENORMAL)
            s[k] = denormal(random);
    }
    const size_t chosen = random_below(random, size);
    const size_t chance = random_below(random, 8);
    /* Not the first state: it is the output, bounded by 1 in all cells but one. */
    if (pattern == PATTERN_SATURATING && index > 0)
        s[chosen] = of_magnitude(random, 0, 8);
    if (pattern == PATTERN_NAN && poisoned && chance == 0)
        s[chosen] = any_nan(random);
    if (pattern == PATTERN_INF_WITHIN && poisoned && chance < 2)
        s[chosen] = any_inf(random);
}

static void fill_sequence(struct problem *problem, struct random *random)
{
    const size_t T = problem->T, B = problem->B, I = problem->I;
    problem->x = allocate(T * B * I * sizeof *problem->x);
    for (size_t t = 0; t < T; ++t)
        for (size_t b = 0; b < B; ++b)
            fill_x_row(problem->x + (t * B + b) * I, I, problem->pattern, b > 0 || B == 1, random);
    for (size_t s = 0; s < problem->state_count; ++s) {
        const size_t size = problem->states[s].rows;
        problem->initial[s] = allocate(B * size * sizeof *problem->initial[s]);
        for (size_t b = 0; b < B; ++b)
            fill_state_row(problem->initial[s] + b * size, size, s, problem->pattern,
                           b > 0 || B == 1, random);
    }
}

bool problem_create(struct problem *problem, const char *cell, const size_t sizes[3], size_t T,
                    size_t B, enum pattern pattern, uint64_t seed)
{
    weir_error error;
    *problem = (struct problem){.cell = cell, .I = sizes[0], .H = sizes[1], .P = sizes[2]};
    problem->T = T;
    problem->B = B;
    problem->pattern = pattern;
    if (weir_cell_weights(cell, sizes[0], sizes[1], sizes[2], problem->shapes, PROBLEM_WEIGHTS_MAX,
                          &problem->weight_count, &error) != WEIR_OK ||
        weir_cell_states(cell, sizes[0], sizes[1], sizes[2], problem->states, PROBLEM_STATES_MAX,
                         &problem->state_count, &error) != WEIR_OK) {
        fprintf(stderr, "%s\n", error.message);
        return false;
    }
    if (problem->weight_count > PROBLEM_WEIGHTS_MAX || problem->state_count > PROBLEM_STATES_MAX) {
        fprintf(
            stderr,
            "%s has more weights or states than tests/support/inputs.h allows: raise the limits\n",
            cell);
        return false;
    }
    uint64_t key = hash_text(hash_number(HASH_START, seed), cell);
    const uint64_t numbers[] = {sizes[0], sizes[1], sizes[2], T, B, pattern};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; ++n)
        key = hash_number(key, numbers[n]);
    struct random random = {key};
    fill_weights(problem, &random);
    fill_sequence(problem, &random);
    return true;
}

void problem_fit(struct problem *problem, const char *type)
{
    const bool is_half = strcmp(type, "f16") == 0, is_float = strcmp(type, "f32") == 0;
    const bool is_byte = type_is_bytes(type);
    const float most = is_half ? 65504.0f : 0x1.fep127f;
    for (size_t n = 0; n < problem->weight_count && !is_float; ++n) {
        const weir_shape *shape = &problem->shapes[n];
        float *w = problem->values[n];
        for (size_t k = 0; k < shape->rows * shape->cols && weight_is_matrix(shape); ++k)
            if (is_byte && !isfinite(w[k]))
                w[k] = 1;
            else if (!is_byte && isfinite(w[k]) && fabsf(w[k]) > most)
                w[k] = copysignf(most, w[k]);
        if (strcmp(type, "u8") == 0 && weight_is_matrix(shape))
            problem->bytes[n] = bytes_create(&problem->weights[n], w, n);
    }
}

/* A row of gradients. Magnitudes stay where products with weights and inputs do not overflow, but
 * for the pattern that wants it. */
static void fill_loss_row(float *d, size_t size, enum pattern pattern, bool poisoned,
                          struct random *random)
{
    for (size_t k = 0; k < size; ++k) {
        d[k] = uniform(random, 0);
        if (pattern == PATTERN_HUGE)
            d[k] = of_magnitude(random, -20, 127);
        if (pattern == PATTERN_ZERO)
            d[k] = signed_zero(random);
        if (pattern == PATTERN_DENORMAL)
            d[k] = denormal(random);
    }
    const size_t chosen = random_below(random, size);
    const size_t chance = random_below(random, 16);
    if (pattern == PATTERN_SATURATING && chance < 8)
        d[chosen] = of_magnitude(random, 0, 8);
    if (pattern == PATTERN_NAN && poisoned && chance == 0)
        d[chosen] = any_nan(random);
    if ((pattern == PATTERN_INF || pattern == PATTERN_INF_WITHIN) && poisoned && chance == 0)
        d[chosen] = any_inf(random);
}

static float *loss_rows(size_t rows, size_t B, size_t size, enum pattern pattern,
                        struct random *random)
{
    float *d = allocate(rows * size * sizeof *d);
    for (size_t row = 0; row < rows; ++row)
        fill_loss_row(d + row * size, size, pattern, row % B > 0 || B == 1, random);
    return d;
}

void problem_add_loss(struct problem *problem, enum pattern pattern, uint64_t seed)
{
    const size_t T = problem->T, B = problem->B;
    struct random random = {hash_number(hash_text(hash_number(HASH_START, seed), "loss"), T * B)};
    problem->d_y = loss_rows(T * B, B, problem->states[0].rows, pattern, &random);
    for (size_t s = 0; s < problem->state_count; ++s)
        problem->d_final[s] = loss_rows(B, B, problem->states[s].rows, pattern, &random);
}

void problem_destroy(struct problem *problem)
{
    for (size_t s = 0; s < problem->state_count; ++s)
        free(problem->d_final[s]);
    free(problem->d_y);
    for (size_t n = 0; n < problem->weight_count; ++n)
        free(problem->values[n]);
    for (size_t n = 0; n < problem->weight_count; ++n)
        bytes_destroy(problem->bytes[n]);
    for (size_t s = 0; s < problem->state_count; ++s)
        free(problem->initial[s]);
    free(problem->x);
}
