/* SPDX-License-Identifier: MIT */
/* The search for a plan: its fields are varied one after another from what was chosen, then pairs
 * of those that mattered; each time the plans that differ race, and the fastest is gone on from.
 * What it ends with is proved against the plan that was chosen at first, or not kept. Plans are
 * lists of numbers here, and what can be done with one is asked of functions, so that a test can
 * bring a landscape and a clock of its own. */
#ifndef TUNE_SEARCH_H
#define TUNE_SEARCH_H

#include "tune/race.h"

enum { KNOBS_MAX = 48 };

/* What may be turned. */
struct knob {
    size_t least, greatest;
};

struct search_plan {
    size_t value[KNOBS_MAX];
};

struct search {
    struct race_clock clock; /* by numbers that `enter` gave */
    /* Told of plans that will enter next, so that what takes long can be done for all at once. */
    void (*announce)(void *context, const struct search_plan *plans, size_t count);
    /* Makes a plan ready to be timed. False: it cannot be, or is in effect one that was tried. */
    bool (*enter)(void *context, const struct search_plan *plan, size_t *entrant);
    void (*leave)(void *context, size_t entrant); /* it is not timed any more */
    size_t (*proof_rounds)(void *context); /* how many there is time for */
    const struct knob *knobs;
    size_t knob_count;
    struct search_plan chosen;
};

struct found {
    struct search_plan plan; /* the chosen one, where nothing better was found */
    struct gain gain; /* all 1 then */
    bool is_better;
};

/* False: the chosen plan cannot be timed. The clock's and these functions' context is the same. */
bool search_run(const struct search *search, struct found *found);

/* Values of a knob worth a try beside `now`, which is not among them; how many there are. */
enum { TRIES_MAX = 8 };
size_t knob_tries(const struct knob *knob, size_t now, size_t tries[TRIES_MAX]);

#endif
