/* SPDX-License-Identifier: MIT */
/* Mann and Whitney's U; see ranks.h. Ranks are doubled, so that equal numbers, which share the mean
 * of theirs, have whole ones too. */
#include "ranks.h"

#include <math.h>
#include <stdlib.h>

struct ranked {
    double number;
    bool is_a;
};

/* What the test needs of both series together. */
struct ranking {
    size_t count, a_count;
    size_t a_sum; /* of the doubled ranks of the first */
    double ties; /* sum of t^3 - t over those that are equal, t at a time */
    size_t doubled[RANKS_EXACT_FEW_MAX]; /* as far as p is exact */
};

static int compare(const void *a, const void *b)
{
    const double x = ((const struct ranked *)a)->number, y = ((const struct ranked *)b)->number;
    return (x > y) - (x < y);
}

static struct ranking ranking_make(struct ranked *all, size_t count, size_t a_count)
{
    struct ranking ranking = {.count = count, .a_count = a_count};
    qsort(all, count, sizeof *all, compare);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && all[end].number == all[first].number;)
            end++;
        const double equal = (double)(end - first);
        ranking.ties += equal * equal * equal - equal;
        for (size_t i = first; i < end; i++) {
            const size_t doubled = first + end + 1; /* twice the mean of first + 1 to end */
            ranking.a_sum += all[i].is_a ? doubled : 0;
            if (i < RANKS_EXACT_FEW_MAX)
                ranking.doubled[i] = doubled;
        }
    }
    return ranking;
}

/* Ranks are dealt one after another: ways[k * sums + s] counts in how many ways k of those dealt
 * make s. */
static double p_exact(const struct ranking *ranking)
{
    const size_t n = ranking->count, a = ranking->a_count, mean = a * (n + 1);
    const size_t sums = n * (n + 1) + 1; /* and one: of all doubled ranks */
    const size_t off = ranking->a_sum > mean ? ranking->a_sum - mean : mean - ranking->a_sum;
    double *ways = calloc((a + 1) * sums, sizeof *ways), as_far = 0, all = 0;
    size_t most = 0;
    if (!ways)
        return NAN;
    ways[0] = 1;
    for (size_t i = 0; i < n; i++) {
        const size_t rank = ranking->doubled[i];
        most += rank;
        for (size_t k = i < a ? i + 1 : a; k > 0; k--)
            for (size_t sum = rank; sum <= most; sum++)
                ways[k * sums + sum] += ways[(k - 1) * sums + sum - rank];
    }
    for (size_t sum = 0; sum <= most; sum++) {
        const double here = ways[a * sums + sum];
        all += here;
        if ((sum > mean ? sum - mean : mean - sum) >= off)
            as_far += here;
    }
    free(ways);
    return as_far / all;
}

/* With the correction for equal numbers, and half a step for continuity. */
static double p_normal(const struct ranking *ranking)
{
    const double n = (double)ranking->count, a = (double)ranking->a_count, b = n - a;
    const double off = fabs((double)ranking->a_sum - a * (n + 1)) / 2;
    const double variance = a * b / 12 * (n + 1 - ranking->ties / (n * (n - 1)));
    return variance > 0 ? fmin(1, erfc(fmax(0, off - 0.5) / sqrt(2 * variance))) : 1;
}

static bool is_worth_it(size_t count, size_t fewer)
{
    return count <= RANKS_EXACT_MAX || (count <= RANKS_EXACT_FEW_MAX && fewer <= RANKS_FEW);
}

struct ranks_verdict ranks_compare(const double *a, size_t a_count, const double *b, size_t b_count)
{
    const size_t count = a_count + b_count;
    if (b_count < a_count)
        return ranks_compare(b, b_count, a, a_count);
    struct ranks_verdict verdict = {.p = NAN, .is_exact = is_worth_it(count, a_count)};
    struct ranked *all = calloc(count, sizeof *all);
    if (!all)
        return verdict;
    for (size_t i = 0; i < count; i++)
        all[i] = (struct ranked){i < a_count ? a[i] : b[i - a_count], i < a_count};
    const struct ranking ranking = ranking_make(all, count, a_count);
    free(all);
    verdict.p = verdict.is_exact ? p_exact(&ranking) : p_normal(&ranking);
    return verdict;
}

double ranks_least(size_t a_count, size_t b_count)
{
    double ways = 1;
    for (size_t i = 1; i <= a_count; i++)
        ways *= (double)(b_count + i) / (double)i;
    return 2 / ways;
}
