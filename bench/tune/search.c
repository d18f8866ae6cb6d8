/* SPDX-License-Identifier: MIT */
/* Coordinate descent over plans; see search.h. */
#include "tune/search.h"

#include <string.h>

/* What a race has to show for its winner to be gone on from: the proof comes later. */
static const double margin = 0.01;

struct walk {
    const struct search *search;
    struct search_plan plan; /* the best until now, and its number */
    size_t entrant, usual; /* usual: of the chosen plan */
    bool moved[KNOBS_MAX];
};

/* ---- Values ---- */

static size_t add_try(const struct knob *knob, size_t now, size_t value, size_t *tries,
                      size_t count)
{
    bool known = value == now || value < knob->least || value > knob->greatest;
    for (size_t i = 0; i < count; i++)
        known = known || tries[i] == value;
    if (known || count == TRIES_MAX)
        return count;
    tries[count] = value;
    return count + 1;
}

/* Of a narrow one, all values, the nearest first. */
static size_t tries_near(const struct knob *knob, size_t now, size_t tries[TRIES_MAX])
{
    size_t count = 0;
    for (size_t away = 1; away <= knob->greatest - knob->least; away++) {
        count = add_try(knob, now, now + away, tries, count);
        if (now >= away)
            count = add_try(knob, now, now - away, tries, count);
    }
    return count;
}

size_t knob_tries(const struct knob *knob, size_t now, size_t tries[TRIES_MAX])
{
    enum { WIDE = 100 };
    static const size_t small[] = {2, 4, 8, 32}, large[] = {96, 32, 8, 200};
    size_t count = 0;
    if (knob->greatest - knob->least < TRIES_MAX)
        return tries_near(knob, now, tries);
    /* Of a wide one, what is a factor away; from nothing, what other kernels have. */
    if (now > 1) {
        count = add_try(knob, now, now / 2, tries, count);
        count = add_try(knob, now, now * 2, tries, count);
        count = add_try(knob, now, now / 4, tries, count);
        count = add_try(knob, now, now * 4, tries, count);
    }
    count = add_try(knob, now, knob->least, tries, count);
    for (size_t i = 0; now <= 1 && i < sizeof small / sizeof *small; i++)
        count = add_try(knob, now, (knob->greatest > WIDE ? large : small)[i], tries, count);
    return count;
}

/* ---- Races ---- */

static bool is_over(const struct search *search)
{
    return search->clock.is_over(search->clock.context);
}

/* Lets plans race beside the best until now, and goes on from the fastest: whether that is another.
 */
static bool try_plans(struct walk *walk, const struct search_plan *plans, size_t count)
{
    const struct search *search = walk->search;
    void *context = search->clock.context;
    size_t entrants[ENTRANTS_MAX] = {walk->entrant}, of[ENTRANTS_MAX] = {0}, entered = 1;
    if (!is_over(search))
        search->announce(context, plans, count);
    for (size_t i = 0; i < count && entered < ENTRANTS_MAX && !is_over(search); i++)
        if (search->enter(context, &plans[i], &entrants[entered]))
            of[entered++] = i;
    const size_t winner = race_run(&search->clock, entrants, entered, margin);
    for (size_t e = 1; e < entered; e++) {
        if (entrants[e] == winner)
            walk->plan = plans[of[e]];
        else
            search->leave(context, entrants[e]);
    }
    if (winner == walk->entrant)
        return false;
    if (walk->entrant != walk->usual)
        search->leave(context, walk->entrant);
    walk->entrant = winner;
    return true;
}

/* By the first `most` of its values. */
static bool vary_one(struct walk *walk, size_t knob, size_t most)
{
    struct search_plan plans[TRIES_MAX];
    size_t tries[TRIES_MAX];
    const size_t count = knob_tries(&walk->search->knobs[knob], walk->plan.value[knob], tries);
    for (size_t i = 0; i < count && i < most; i++) {
        plans[i] = walk->plan;
        plans[i].value[knob] = tries[i];
    }
    return try_plans(walk, plans, count < most ? count : most);
}

/* Both at once, for what neither gains alone. */
static void vary_two(struct walk *walk, size_t one, size_t other)
{
    enum { EACH = 3 };
    struct search_plan plans[EACH * EACH];
    size_t first[TRIES_MAX], second[TRIES_MAX], count = 0;
    const size_t firsts = knob_tries(&walk->search->knobs[one], walk->plan.value[one], first);
    const size_t seconds = knob_tries(&walk->search->knobs[other], walk->plan.value[other], second);
    for (size_t i = 0; i < firsts && i < EACH; i++)
        for (size_t k = 0; k < seconds && k < EACH; k++) {
            plans[count] = walk->plan;
            plans[count].value[one] = first[i];
            plans[count++].value[other] = second[k];
        }
    try_plans(walk, plans, count);
}

static void vary_all(struct walk *walk)
{
    const struct search *search = walk->search;
    /* How many values of each: first a few, so that all fields have their turn where time is short.
     */
    static const size_t most[] = {2, TRIES_MAX, TRIES_MAX};
    bool any = true;
    for (size_t pass = 0; pass < sizeof most / sizeof *most && any; pass++) {
        any = pass == 0;
        for (size_t knob = 0; knob < search->knob_count && !is_over(search); knob++)
            if (vary_one(walk, knob, most[pass]))
                any = walk->moved[knob] = true;
    }
    /* Those that moved with every other one. */
    for (size_t one = 0; one < search->knob_count; one++)
        for (size_t other = 0; walk->moved[one] && other < search->knob_count; other++)
            if (other != one && !(walk->moved[other] && other < one) && !is_over(search))
                vary_two(walk, one, other);
}

/* ---- All of it ---- */

bool search_run(const struct search *search, struct found *found)
{
    void *context = search->clock.context;
    struct walk walk = {.search = search, .plan = search->chosen};
    *found = (struct found){.plan = search->chosen, .gain = {1, 1, 1}};
    if (!search->enter(context, &search->chosen, &walk.usual))
        return false;
    walk.entrant = walk.usual;
    vary_all(&walk);
    struct gain gain;
    if (walk.entrant != walk.usual) {
        if (race_prove(&search->clock, walk.usual, walk.entrant, search->proof_rounds(context),
                       &gain) &&
            gain_is_real(&gain)) {
            found->is_better = true;
            found->plan = walk.plan;
            found->gain = gain;
        }
        search->leave(context, walk.entrant);
    }
    search->leave(context, walk.usual);
    return true;
}
