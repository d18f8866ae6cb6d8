/* SPDX-License-Identifier: MIT */
/* Panels: a stage with more sums than a tile of several rows can hold registers for has several
 * tiles over the same rows, each for a group of the sums, and the weights of each group lie
 * together. A tile of few rows, which has registers enough, walks the panels of all groups side by
 * side. Every sum still adds the same products in the same order. */
#ifndef WEIR_PANELS_H
#define WEIR_PANELS_H

#include "passes/program.h"

/* Groups the sums of every stage, so many a group (0: all), and cuts its regions accordingly. May
 * be done again with another number. A stage of too many regions for that stays whole. */
void program_group(struct program *program, size_t sums);

#endif
