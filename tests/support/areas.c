/* SPDX-License-Identifier: MIT */
/* The layout of guarded arrays, and their comparison. */
#include "support/areas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/inputs.h"

/* A signalling NaN with a payload: no kernel stores it, and a sum that reads it is spoilt. */
enum { GUARD_BITS = 0x7fa5c3e1, GUARD_FLOATS = 64 };

size_t areas_add(struct areas *areas, const char *prefix, const char *name, size_t rows,
                 size_t width, size_t gap)
{
    if (areas->count == AREAS_MAX) {
        fprintf(stderr, "more results than tests/support/areas.h allows: raise the limit\n");
        exit(1);
    }
    struct area *area = &areas->area[areas->count];
    *area = (struct area){.rows = rows, .width = width, .row = width + gap};
    snprintf(area->name, sizeof area->name, "%s%s", prefix, name);
    return areas->count++;
}

void areas_allocate(struct areas *areas)
{
    areas->floats = GUARD_FLOATS;
    for (size_t n = 0; n < areas->count; ++n)
        areas->floats += areas->area[n].rows * areas->area[n].row + GUARD_FLOATS;
    areas->memory = allocate(areas->floats * sizeof *areas->memory);
    for (size_t n = 0; n < areas->floats; ++n)
        areas->memory[n] = float_from_bits(GUARD_BITS);
    float *next = areas->memory + GUARD_FLOATS;
    for (size_t n = 0; n < areas->count; ++n) {
        areas->area[n].data = next;
        next += areas->area[n].rows * areas->area[n].row + GUARD_FLOATS;
    }
}

void areas_destroy(struct areas *areas)
{
    free(areas->memory);
}

bool area_equal(const struct area *one, const struct area *other, char *what, size_t size)
{
    for (size_t r = 0; r < one->rows; ++r) {
        const float *a = one->data + r * one->row, *b = other->data + r * other->row;
        if (memcmp(a, b, one->width * sizeof *a) == 0)
            continue;
        size_t k = 0;
        while (float_bits(a[k]) == float_bits(b[k]))
            ++k;
        snprintf(what, size, "%s[%zu][%zu] is %.9g (0x%08x), should be %.9g (0x%08x)", one->name, r,
                 k, (double)a[k], (unsigned)float_bits(a[k]), (double)b[k],
                 (unsigned)float_bits(b[k]));
        return false;
    }
    return true;
}

bool areas_equal(const struct areas *one, const struct areas *other, char *what, size_t size)
{
    for (size_t n = 0; n < one->count; ++n)
        if (!area_equal(&one->area[n], &other->area[n], what, size))
            return false;
    return true;
}

static bool guards_hold(const float *from, size_t count, const char *after, char *what, size_t size)
{
    for (size_t n = 0; n < count; ++n)
        if (float_bits(from[n]) != GUARD_BITS) {
            snprintf(what, size, "a float %zu after %s was overwritten by %.9g (0x%08x)", n, after,
                     (double)from[n], (unsigned)float_bits(from[n]));
            return false;
        }
    return true;
}

bool areas_guarded(const struct areas *areas, char *what, size_t size)
{
    if (!guards_hold(areas->memory, GUARD_FLOATS, "the beginning of memory", what, size))
        return false;
    for (size_t n = 0; n < areas->count; ++n) {
        const struct area *area = &areas->area[n];
        for (size_t r = 0; r < area->rows; ++r)
            if (!guards_hold(area->data + r * area->row + area->width, area->row - area->width,
                             area->name, what, size))
                return false;
        if (!guards_hold(area->data + area->rows * area->row, GUARD_FLOATS, area->name, what, size))
            return false;
    }
    return true;
}

bool areas_nans_quiet(const struct areas *areas, char *what, size_t size)
{
    for (size_t n = 0; n < areas->count; ++n)
        for (size_t r = 0; r < areas->area[n].rows; ++r)
            for (size_t k = 0; k < areas->area[n].width; ++k) {
                const float value = areas->area[n].data[r * areas->area[n].row + k];
                if (value == value || float_bits(value) == 0x7fc00000u)
                    continue;
                snprintf(what, size, "%s[%zu][%zu] is the NaN 0x%08x, should be 0x7fc00000",
                         areas->area[n].name, r, k, (unsigned)float_bits(value));
                return false;
            }
    return true;
}

uint64_t areas_hash(const struct areas *areas, uint64_t hash)
{
    for (size_t n = 0; n < areas->count; ++n)
        for (size_t r = 0; r < areas->area[n].rows; ++r)
            for (size_t k = 0; k < areas->area[n].width; ++k)
                hash =
                    hash_number(hash, float_bits(areas->area[n].data[r * areas->area[n].row + k]));
    return hash;
}

bool area_untouched(const struct area *area)
{
    for (size_t n = 0; n < area->rows * area->row; ++n)
        if (float_bits(area->data[n]) != GUARD_BITS)
            return false;
    return true;
}

void area_fill(const struct area *area, float value)
{
    for (size_t r = 0; r < area->rows; ++r)
        for (size_t k = 0; k < area->width; ++k)
            area->data[r * area->row + k] = value;
}

void area_reverse(const struct area *area, size_t rows)
{
    const size_t block = rows * area->row, blocks = rows > 0 ? area->rows / rows : 0;
    for (size_t n = 0; n < blocks / 2; ++n)
        for (size_t k = 0; k < block; ++k) {
            float *a = area->data + n * block + k, *b = area->data + (blocks - 1 - n) * block + k;
            const float kept = *a;
            *a = *b;
            *b = kept;
        }
}
