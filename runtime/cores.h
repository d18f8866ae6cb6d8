/* SPDX-License-Identifier: MIT */
/* Which cores the threads of a pool run on: counting those this process may use, taking some, and
 * pinning threads to them. The threads themselves are in pool.c. */
#ifndef WEIR_CORES_H
#define WEIR_CORES_H

#include "weir.h"

#include <pthread.h>

struct weir_cores;

/* Takes cores for a pool of *threads threads, the caller's among them: for each of the others a
 * core that is neither the caller's nor another pool's. With *threads = 0 it takes all there are
 * and says how many threads that makes. */
weir_status weir_cores_take(struct weir_cores **cores, size_t *threads, weir_error *error);
void weir_cores_give_back(struct weir_cores *cores); /* or NULL */

/* Pins a thread to one of the cores taken, from 0 on. */
weir_status weir_cores_pin(const struct weir_cores *cores, size_t index, pthread_t thread,
                           weir_error *error);

#endif
