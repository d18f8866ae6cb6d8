/* SPDX-License-Identifier: MIT */
/* The model in Keras's manner: layers, the shapes of what they give, and how many numbers each of
 * them learns, with the sum that leads there. */
#ifndef STOCK_SUMMARY_H
#define STOCK_SUMMARY_H

#include "stock/options.h"
#include "weir.h"

/* 17152 as "17,152". */
struct grouped {
    char text[32];
};
struct grouped grouped(size_t number);

/* How many numbers the weights hold, as "4*64*(2+64+1)". Returns the number. */
enum { FORMULA_MAX = 256 };
size_t formula_of(const weir_shape *shapes, size_t count, char formula[FORMULA_MAX]);

/* The numbers that a whole model learns; false with Weir's sentence when there is no such cell. */
bool summary_count(const struct options *options, const char *cell, size_t *learned,
                   struct failure *failure);
bool summary_print(FILE *file, const struct options *options, const char *cell,
                   struct failure *failure);

#endif
