/* SPDX-License-Identifier: MIT */
/* Racing by rounds, and the interval of a median; see race.h. */
#include "tune/race.h"

#include <stdlib.h>
#include <string.h>

/* Rounds of a race, after which losers are dropped: the first shows who is far behind, the second
 * leaves half, and so on; the last decides. */
static const struct {
    size_t round;
    double behind; /* those are dropped whose median quotient is below */
    size_t stay; /* one in so many */
} cuts[] = {{1, 0.8, 1}, {3, 0.95, 2}, {6, 0.98, 2}, {11, 0.99, 4}};

enum { ROUNDS = 16, CUTS = sizeof cuts / sizeof *cuts };

struct runner {
    size_t entrant;
    double quotients[ROUNDS]; /* of the first one's time to this one's */
    double median;
};

static double median_of(const double *values, size_t count)
{
    double sorted[ROUNDS];
    memcpy(sorted, values, count * sizeof *sorted);
    order_sort(sorted, count);
    return order_middle(sorted, count).median;
}

static int compare_runners(const void *a, const void *b)
{
    const double x = ((const struct runner *)a)->median, y = ((const struct runner *)b)->median;
    return (x < y) - (x > y);
}

/* Those that stay after so many rounds, the best first. */
static size_t cut(struct runner *runners, size_t count, size_t rounds)
{
    for (size_t i = 0; i < count; i++)
        runners[i].median = median_of(runners[i].quotients, rounds);
    qsort(runners, count, sizeof *runners, compare_runners);
    for (size_t c = 0; c < CUTS; c++) {
        if (cuts[c].round != rounds)
            continue;
        count = (count + cuts[c].stay - 1) / cuts[c].stay;
        while (count > 0 && runners[count - 1].median < cuts[c].behind)
            count--;
    }
    return count;
}

size_t race_run(const struct race_clock *clock, const size_t *entrants, size_t count, double margin)
{
    struct runner runners[ENTRANTS_MAX];
    size_t left = count - 1, rounds = 0;
    for (size_t i = 0; i < left; i++)
        runners[i].entrant = entrants[i + 1];
    while (left > 0 && rounds < ROUNDS) {
        if (clock->is_over(clock->context))
            return entrants[0];
        double first = rounds % 2 ? 0 : clock->time(clock->context, entrants[0]);
        double times[ENTRANTS_MAX];
        for (size_t i = 0; i < left; i++)
            times[i] = clock->time(clock->context, runners[i].entrant);
        if (rounds % 2) /* by turns before the others and after them */
            first = clock->time(clock->context, entrants[0]);
        for (size_t i = 0; i < left; i++)
            runners[i].quotients[rounds] = times[i] > 0 ? first / times[i] : 0;
        rounds++;
        left = cut(runners, left, rounds);
    }
    return left > 0 && runners[0].median > 1 + margin ? runners[0].entrant : entrants[0];
}

bool race_prove(const struct race_clock *clock, size_t usual, size_t winner, size_t rounds,
                struct gain *gain)
{
    double quotients[PROOF_ROUNDS_MAX];
    if (rounds < PROOF_ROUNDS_MIN || rounds > PROOF_ROUNDS_MAX)
        return false;
    for (size_t round = 0; round < rounds; round++) {
        const bool turned = round % 2;
        const double one = clock->time(clock->context, turned ? winner : usual);
        const double other = clock->time(clock->context, turned ? usual : winner);
        if (!(one > 0 && other > 0))
            return false;
        quotients[round] = turned ? other / one : one / other;
    }
    order_sort(quotients, rounds);
    const struct middle middle = order_middle(quotients, rounds);
    *gain = (struct gain){middle.median, middle.least, middle.most};
    return true;
}

bool gain_is_real(const struct gain *gain)
{
    return gain->least > 1;
}
