/* SPDX-License-Identifier: MIT */
/* The cells that a command line may name: those of this build. */
#ifndef STOCK_CELLS_H
#define STOCK_CELLS_H

#include "stock/options.h"

/* Fills options->cells from options->cell_list. A FILE.cell is taken when this build was made from
 * the very same text; nothing stands in for another. */
bool cells_resolve(struct options *options, struct failure *failure);

#endif
