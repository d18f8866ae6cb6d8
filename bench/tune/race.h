/* SPDX-License-Identifier: MIT */
/* Races: which of several ways to compute the same is the fastest, and whether it is faster than a
 * given one at all. Times come from a function, so that a test can bring a clock of known noise;
 * nothing here knows what is timed.
 *
 * A round times every entrant once, so what slows the machine for a while slows all of them: only
 * quotients of two times of the same round are judged. A race drops losers early and says who looks
 * fastest, which among many is partly luck. So a gain is proved apart: in fresh rounds, whose
 * number is fixed before the first, of the one winner and the one that it has to beat. Its interval
 * is that of the median of their quotients (order.h): it misses the true median in at most 5 % of
 * cases, and is wholly above 1 where nothing is gained in at most 2.5 %. */
#ifndef TUNE_RACE_H
#define TUNE_RACE_H

#include "order.h"

#include <stdbool.h>
#include <stddef.h>

enum { ENTRANTS_MAX = 16, PROOF_ROUNDS_MAX = 61, PROOF_ROUNDS_MIN = ROUNDS_FEW };

struct race_clock {
    /* Seconds that one entrant takes, of the numbers that the race was given; not above 0: it
     * cannot be timed. */
    double (*time)(void *context, size_t entrant);
    bool (*is_over)(void *context); /* asked before every round of a race */
    void *context;
};

/* The fastest of the entrants by medians of quotients with entrants[0], which wins unless another
 * is faster by more than `margin` (0.01: one percent). */
size_t race_run(const struct race_clock *clock, const size_t *entrants, size_t count,
                double margin);

/* Time of one over time of the other. */
struct gain {
    double median, least, most;
};

/* The gain of `winner` over `usual` in this many rounds, which are all run whatever is over. False:
 * one cannot be timed, or there are too few rounds. */
bool race_prove(const struct race_clock *clock, size_t usual, size_t winner, size_t rounds,
                struct gain *gain);

/* Whether it is one, whatever the noise. */
bool gain_is_real(const struct gain *gain);

#endif
