/* SPDX-License-Identifier: MIT */
/* The memory of problems in float64, and of what references make of them. */
#include "kernels/precise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t weight_size(const struct problem *problem, size_t n)
{
    return problem->shapes[n].rows * problem->shapes[n].cols;
}

static void copy(double *to, const float *from, size_t count)
{
    for (size_t n = 0; n < count; ++n)
        to[n] = (double)from[n];
}

void precise_blank(struct precise *precise, const struct problem *problem)
{
    size_t count = problem->T * problem->B * problem->I;
    for (size_t n = 0; n < problem->weight_count; ++n)
        count += weight_size(problem, n);
    for (size_t s = 0; s < problem->state_count; ++s)
        count += problem->B * problem->states[s].rows;
    *precise = (struct precise){.problem = problem, .count = count};
    double *next = precise->memory = allocate(count * sizeof *next);
    for (size_t n = 0; n < count; ++n)
        next[n] = 0;
    precise->places = allocate(PRECISE_PLACES * sizeof *precise->places);
    memset(precise->places, 0, PRECISE_PLACES * sizeof *precise->places);
    for (size_t n = 0; n < problem->weight_count; next += weight_size(problem, n++))
        precise->weights[n] = next;
    for (size_t s = 0; s < problem->state_count; next += problem->B * problem->states[s++].rows)
        precise->initial[s] = next;
    precise->x = next;
}

/* Numbers without their zero points, and the scales of rows. */
static void copy_bytes(struct precise *precise, const struct problem_bytes *bytes, size_t n)
{
    precise->scales[n] = allocate(bytes->rows * sizeof *precise->scales[n]);
    for (size_t row = 0; row < bytes->rows; ++row) {
        precise->scales[n][row] = (double)bytes_scale(bytes, row);
        for (size_t col = 0; col < bytes->cols; ++col)
            precise->weights[n][row * bytes->cols + col] =
                bytes_number(bytes, row, col) - bytes_zero(bytes, row);
    }
}

void precise_create(struct precise *precise, const struct problem *problem)
{
    precise_blank(precise, problem);
    for (size_t n = 0; n < problem->weight_count; ++n)
        if (problem->bytes[n] != NULL)
            copy_bytes(precise, problem->bytes[n], n);
        else
            copy(precise->weights[n], problem->values[n], weight_size(problem, n));
    for (size_t s = 0; s < problem->state_count; ++s)
        copy(precise->initial[s], problem->initial[s], problem->B * problem->states[s].rows);
    copy(precise->x, problem->x, problem->T * problem->B * problem->I);
}

/* To so many significant bits, or to a multiple of 2^least where that is coarser. */
static double rounded(double value, int bits, int least)
{
    int exponent;
    if (value == 0 || !isfinite(value))
        return value;
    frexp(value, &exponent);
    const int last = exponent - bits > least ? exponent - bits : least;
    return ldexp(nearbyint(ldexp(value, -last)), last);
}

void precise_round(struct precise *precise, const char *type)
{
    const struct problem *problem = precise->problem;
    const bool is_half = strcmp(type, "f16") == 0, is_bf16 = strcmp(type, "bf16") == 0;
    precise->bytes = type_is_bytes(type);
    for (size_t n = 0; n < problem->weight_count && (is_half || is_bf16); ++n)
        for (size_t k = 0; k < weight_size(problem, n) && weight_is_matrix(&problem->shapes[n]);
             ++k)
            precise->weights[n][k] =
                rounded(precise->weights[n][k], is_half ? 11 : 8, is_half ? -24 : -133);
}

void precise_destroy(struct precise *precise)
{
    for (size_t n = 0; n < precise->problem->weight_count; ++n)
        free(precise->scales[n]);
    free(precise->memory);
    free(precise->places);
}

/* References ask for every unit by name: a name is looked for first where one that begins like it
 * was found last. */
static size_t *place_of(const struct precise *precise, const char *name)
{
    const unsigned char first = (unsigned char)name[0];
    const unsigned char second = first == '\0' ? first : (unsigned char)name[1];
    return &precise->places[(first * 31u + second) % PRECISE_PLACES];
}

/* Names are a few letters long: a call of strcmp would take longer. */
static bool is_same(const char *one, const char *other)
{
    while (*one != '\0' && *one == *other) {
        ++one;
        ++other;
    }
    return *one == *other;
}

double *precise_weight(const struct precise *precise, const char *name, size_t *cols)
{
    const struct problem *problem = precise->problem;
    size_t *place = place_of(precise, name), n = *place;
    for (size_t tried = 0; tried < problem->weight_count; ++tried) {
        if (is_same(problem->shapes[n].name, name)) {
            if (cols != NULL)
                *cols = problem->shapes[n].cols;
            *place = n;
            return precise->weights[n];
        }
        n = n + 1 < problem->weight_count ? n + 1 : 0;
    }
    fprintf(stderr, "the reference of %s uses a weight %s that the cell does not have\n",
            problem->cell, name);
    exit(1);
}

const double *precise_scales(const struct precise *precise, const char *name)
{
    precise_weight(precise, name, NULL);
    return precise->scales[*place_of(precise, name)];
}

void precise_outcome_create(struct precise_outcome *outcome, const struct problem *problem)
{
    size_t count = problem->T * problem->B * problem->states[0].rows;
    for (size_t s = 0; s < problem->state_count; ++s)
        count += problem->B * problem->states[s].rows;
    outcome->y = allocate(count * sizeof *outcome->y);
    double *next = outcome->y + problem->T * problem->B * problem->states[0].rows;
    for (size_t s = 0; s < problem->state_count; next += problem->B * problem->states[s++].rows)
        outcome->final[s] = next;
}

void precise_outcome_destroy(struct precise_outcome *outcome)
{
    free(outcome->y);
}
