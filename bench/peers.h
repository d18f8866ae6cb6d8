/* SPDX-License-Identifier: MIT */
/* Other libraries as contenders. Each is a module of its own beside the program, loaded only when
 * asked for, so that a plain run has nothing of theirs in its process; and loaded late, for they
 * read their environment (one thread, which core type) when they are loaded. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "contender.h"

enum { PEERS_MAX = 4 };

struct peers {
    const struct contender_kind *kinds[PEERS_MAX];
    size_t count;
};

/* Loads every peer that this build has, for at most the ISA of that name, and says on stderr which
 * ones it has not, and which variables of the environment it changed. False when one that was built
 * does not load. */
bool peers_open(struct peers *peers, const char *level, struct failure *failure);

/* What a module exports under the name `peer`. `cap` is called once, before all else: the level is
 * the ISA that the library may use, and whose ceilings it is held to. */
struct peer {
    struct contender_kind kind;
    bool (*cap)(const char *level, struct failure *failure);
};

extern WEIR_API const struct peer peer;

#endif
