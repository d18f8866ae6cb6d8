/* SPDX-License-Identifier: MIT */
/* What a training by several processes begins with: that all of them were asked for the same. */
#ifndef STOCK_RANKS_H
#define STOCK_RANKS_H

#include "mpi/cluster.h"
#include "stock/task.h"

/* Whether all could read their command line. Rank 0 alone then writes files, and speaks. */
bool ranks_agree_on(struct options *options, struct cluster *cluster, bool is_good,
                    struct failure *failure);

/* Whether all have the same options, as far as they decide what is done, and the same data. */
bool ranks_compare(const struct options *options, const struct task *task, struct failure *failure);

#endif
