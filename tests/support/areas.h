/* SPDX-License-Identifier: MIT */
/* Named arrays that lie in one piece of memory with guard zones around each and between their rows:
 * where results are written, and compared with others bit by bit. What is in them is the affair of
 * those who make them. */
#ifndef WEIR_TESTS_AREAS_H
#define WEIR_TESTS_AREAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AREAS_MAX = 80 };

struct area {
    char name[40];
    size_t rows, width, row; /* `row` floats from one row to the next; past `width` is guarded */
    float *data; /* NULL until areas_allocate */
};

struct areas {
    struct area area[AREAS_MAX];
    size_t count;
    float *memory;
    size_t floats;
};

/* Appends an area called `prefix` `name`; its place among them. */
size_t areas_add(struct areas *areas, const char *prefix, const char *name, size_t rows,
                 size_t width, size_t gap);

/* Lays them out; all starts as guards: what stays unwritten is never equal to a result. */
void areas_allocate(struct areas *areas);
void areas_destroy(struct areas *areas);

/* True and nothing, or false and what differs first, with both values and their bits. The two were
 * added alike, but for gaps. */
bool areas_equal(const struct areas *one, const struct areas *other, char *what, size_t size);
bool area_equal(const struct area *one, const struct area *other, char *what, size_t size);

/* False, and where, when anything was written between or beside the areas. */
bool areas_guarded(const struct areas *areas, char *what, size_t size);

/* False, and where, when one of the NaNs is not the one that weir.h promises. */
bool areas_nans_quiet(const struct areas *areas, char *what, size_t size);

/* Of all their bits, in order. */
uint64_t areas_hash(const struct areas *areas, uint64_t hash);

/* Whether nothing was written to it since. */
bool area_untouched(const struct area *area);

/* Sets every float of an area. */
void area_fill(const struct area *area, float value);

/* Turns the order of its blocks of `rows` rows round. */
void area_reverse(const struct area *area, size_t rows);

#endif
