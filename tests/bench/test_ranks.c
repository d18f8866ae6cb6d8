/* SPDX-License-Identifier: MIT */
/* What rounds say, by rounds of known noise: where nothing differs the test says so as often as it
 * claims, a shift that is there is found, p is exact where it says so, and intervals hold the true
 * median, also where the number of rounds hung on them. */
#include "order.h"
#include "ranks.h"
#include "support/expect.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 1000, ROUNDS_MOST = 100 };

static unsigned long long state;

static double draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(state >> 33) + 0.5) / 2147483648.0;
}

/* A round, as they are: noise of 1 %, to the longer side, and at times a spike. */
static double draw_skewed(double seconds)
{
    const double spike = draw() < 0.05 ? 1 + draw() : 1;
    return seconds * spike * exp(0.01 * sqrt(-2 * log(draw())));
}

static double draw_normal(double seconds)
{
    return seconds * exp(0.01 * sqrt(-2 * log(draw())) * cos(6.283185307179586 * draw()));
}

/* By a clock so coarse that many are equal. */
static double draw_coarse(double seconds)
{
    return floor(200 * draw_normal(seconds)) / 200;
}

/* ---- How often the test is wrong ---- */

static double share_of_significant(double round(double), size_t a, size_t b, double shift)
{
    double one[ROUNDS_MOST], other[ROUNDS_MOST];
    size_t count = 0;
    for (size_t d = 0; d < DRAWS; d++) {
        for (size_t i = 0; i < a; i++)
            one[i] = round(1);
        for (size_t i = 0; i < b; i++)
            other[i] = round(1 + shift);
        count += ranks_compare(one, a, other, b).p < 0.05;
    }
    return (double)count / DRAWS;
}

/* p has steps, the coarser the fewer the rounds: `level` is how often it is below 0.05 where
 * nothing differs. It is held to within three of its own deviations. */
static void check_errors(void)
{
    static const struct {
        const char *noise;
        double (*round)(double);
        size_t a, b;
        double level, least_found; /* of a shift of 3 % */
    } cases[] = {
        {"normal", draw_normal, 3, 3, 0, 0},          {"normal", draw_normal, 5, 5, 0.0317, 0.9},
        {"normal", draw_normal, 9, 9, 0.04, 0.99},    {"skewed", draw_skewed, 5, 5, 0.0317, 0.7},
        {"skewed", draw_skewed, 9, 9, 0.04, 0.9},     {"skewed", draw_skewed, 20, 20, 0.0491, 0.99},
        {"skewed", draw_skewed, 61, 9, 0.0482, 0.99}, {"skewed", draw_skewed, 61, 61, 0.05, 0.99},
        {"coarse", draw_coarse, 9, 9, 0.045, 0.99},   {"coarse", draw_coarse, 61, 61, 0.05, 0.99},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const size_t a = cases[c].a, b = cases[c].b;
        const double level = cases[c].level;
        state = 42 + c;
        const double wrong = share_of_significant(cases[c].round, a, b, 0);
        const double found = share_of_significant(cases[c].round, a, b, 0.03);
        EXPECT(fabs(wrong - level) <= 3 * sqrt(level * (1 - level) / DRAWS),
               "%.3f of %zu and %zu rounds, %s noise, expected %.3f", wrong, a, b, cases[c].noise,
               level);
        EXPECT(found >= cases[c].least_found, "%.3f of %zu and %zu rounds, %s noise", found, a, b,
               cases[c].noise);
        printf("%s noise, %zu and %zu rounds: significant in %.1f %% where nothing differs, in "
               "%.1f %% of a shift of 3 %%\n",
               cases[c].noise, a, b, 100 * wrong, 100 * found);
    }
}

/* ---- Exactness ---- */

/* By every way to deal the numbers, as the definition has it. */
static double p_by_hand(const double *all, size_t count, size_t a)
{
    size_t as_far = 0, ways = 0;
    double wanted = 0;
    for (unsigned long dealt = (1ul << a) - 1; dealt < 1ul << count; dealt++) {
        double u = 0;
        size_t held = 0;
        for (size_t i = 0; i < count; i++)
            held += dealt >> i & 1;
        if (held != a)
            continue;
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < count && (dealt >> i & 1); j++)
                if (!(dealt >> j & 1))
                    u += all[i] < all[j] ? 1 : all[i] == all[j] ? 0.5 : 0;
        const double off = fabs(u - (double)(a * (count - a)) / 2);
        if (ways == 0) /* the first are those of the first series */
            wanted = off;
        as_far += off >= wanted;
        ways++;
    }
    return (double)as_far / (double)ways;
}

static void check_exact(void)
{
    state = 7;
    for (size_t d = 0; d < 200; d++) {
        double all[10];
        const size_t a = 1 + d % 9;
        for (size_t i = 0; i < 10; i++)
            all[i] = d % 2 ? floor(6 * draw()) : draw();
        const struct ranks_verdict ranks = ranks_compare(all, a, all + a, 10 - a);
        const double p = p_by_hand(all, 10, a);
        EXPECT(ranks.is_exact && fabs(ranks.p - p) < 1e-12, "%.15g of %zu and %zu, by hand %.15g",
               ranks.p, a, 10 - a, p);
    }
    const double low[] = {1, 2, 3, 4, 5}, high[] = {6, 7, 8, 9, 10};
    EXPECT(fabs(ranks_compare(low, 5, high, 5).p - 2.0 / 252) < 1e-15, "%g",
           ranks_compare(low, 5, high, 5).p);
    EXPECT(fabs(ranks_least(5, 5) - 2.0 / 252) < 1e-15, "%g", ranks_least(5, 5));
    EXPECT(ranks_compare(low, 5, low, 5).p == 1, "%g", ranks_compare(low, 5, low, 5).p);
}

/* Against SciPy's mannwhitneyu(a, b, method='asymptotic'). */
static void check_normal(void)
{
    static const struct {
        size_t more;
        double p;
    } cases[] = {{0, 0.46465512620145233}, {2, 0.7814008733284867}, {5, 0.08345333881717726}};
    double a[ROUNDS_MOST], b[ROUNDS_MOST];
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (size_t i = 0; i < 45; i++)
            a[i] = (double)(i * 7 % 31);
        for (size_t i = 0; i < 40; i++)
            b[i] = (double)(i * 5 % 29 + cases[c].more);
        const struct ranks_verdict ranks = ranks_compare(a, 45, b, 40);
        EXPECT(!ranks.is_exact && fabs(ranks.p - cases[c].p) < 1e-12, "%.15g", ranks.p);
        EXPECT(ranks_compare(b, 40, a, 45).p == ranks.p, "%s", "p hangs on which is the first");
    }
    for (size_t i = 0; i < ROUNDS_MOST; i++)
        a[i] = 1;
    EXPECT(ranks_compare(a, 50, a + 50, 50).p == 1, "%g", ranks_compare(a, 50, a + 50, 50).p);
}

/* ---- Intervals ---- */

static void check_interval(size_t count)
{
    size_t held = 0;
    state = 9 + count;
    for (size_t d = 0; d < DRAWS; d++) {
        double rounds[ROUNDS_MOST];
        for (size_t i = 0; i < count; i++)
            rounds[i] = draw_normal(1);
        order_sort(rounds, count);
        const struct middle middle = order_middle(rounds, count);
        held += middle.least <= 1 && 1 <= middle.most;
    }
    EXPECT(held >= DRAWS * 93 / 100, "%zu of %d in %zu rounds", held, DRAWS, count);
    printf("%zu rounds: the interval holds the true median in %.1f %%\n", count,
           100.0 * (double)held / DRAWS);
}

/* As weir-bench --rounds auto does: who stops when the interval looks narrow stops too early at
 * times, which costs some of the 95 %. */
static void check_auto(double noise)
{
    size_t held = 0, all = 0;
    state = 10;
    for (size_t d = 0; d < DRAWS; d++) {
        double rounds[ROUNDS_AUTO_MAX], sorted[ROUNDS_AUTO_MAX];
        struct middle middle = {0};
        size_t count = 0;
        do {
            rounds[count] = pow(draw_normal(1), noise / 0.01);
            count++;
            memcpy(sorted, rounds, count * sizeof *rounds);
            order_sort(sorted, count);
            middle = order_middle(sorted, count);
        } while (count < ROUNDS_FEW || (count < ROUNDS_AUTO_MAX && !order_is_narrow(&middle)));
        held += middle.least <= 1 && 1 <= middle.most;
        all += count;
    }
    EXPECT(held >= DRAWS * 88 / 100, "%zu of %d", held, DRAWS);
    printf("noise of %.1f %%, rounds until it is narrow: %.1f, and the interval holds the true "
           "median in %.1f %%\n",
           100 * noise, (double)all / DRAWS, 100.0 * (double)held / DRAWS);
}

static void check_few(void)
{
    const double five[] = {1, 2, 3, 4, 5}, six[] = {1, 2, 3, 4, 5, 6};
    const struct middle none = order_middle(five, 5), whole = order_middle(six, 6);
    EXPECT(none.median == 3 && isinf(none.most) && isinf(order_half_width(&none)), "%g %g",
           none.median, none.most);
    EXPECT(!order_is_narrow(&none), "%s", "no interval is narrow");
    EXPECT(order_is_narrow(&(struct middle){2, 1.981, 2.019}), "%s", "1 % is narrow");
    EXPECT(!order_is_narrow(&(struct middle){2, 1.979, 2}), "%s", "1.05 % is narrow");
    EXPECT(!order_is_narrow(&(struct middle){2, 2, 2.021}), "%s", "1.05 % is narrow");
    EXPECT(whole.median == 3.5 && whole.least == 1 && whole.most == 6, "%g %g %g", whole.median,
           whole.least, whole.most);
}

/* More than weir-bench makes, as another program's file may have: 2^-count is no double there. */
static void check_many(void)
{
    static const struct {
        size_t count, least; /* by whole numbers */
    } cases[] = {{100, 39}, {1000, 468}, {1075, 504}, {5000, 2430}};
    static double rounds[5000];
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++)
        rounds[i] = (double)i;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const size_t count = cases[c].count, least = cases[c].least;
        const struct middle middle = order_middle(rounds, count);
        EXPECT(middle.least == (double)least && middle.most == (double)(count - 1 - least),
               "%g and %g of %zu", middle.least, middle.most, count);
    }
}

int main(void)
{
    check_errors();
    check_exact();
    check_normal();
    check_interval(6);
    check_interval(9);
    check_interval(61);
    check_auto(0.005);
    check_auto(0.01);
    check_auto(0.02);
    check_few();
    check_many();
    return expect_verdict("test_ranks");
}
