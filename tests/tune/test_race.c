/* SPDX-License-Identifier: MIT */
/* The decisions of weir-tune by a clock of known noise: where no plan is faster it says so, a gain
 * that is there is found, and the interval holds the truth as often as it claims. Every time is a
 * true one, times what slows both of a round, times noise of its own, which at times is a spike. */
#include "support/expect.h"
#include "tune/search.h"

#include <math.h>
#include <string.h>

enum { RUNS = 200, LANES = ENTRANTS_MAX + 2, KNOBS = 11, GAINING = 4 };

struct fake {
    unsigned long long state; /* of random numbers */
    double noise, gain; /* a gain of the plan whose knob GAINING has another value; 0: none */
    struct search_plan plans[LANES];
    bool is_taken[LANES];
    size_t entered, most, timed, rounds; /* timed: until it is over; rounds: of a proof */
    struct search_plan first;
};

static double draw(struct fake *fake)
{
    fake->state = fake->state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(fake->state >> 33) + 0.5) / 2147483648.0;
}

static double draw_normal(struct fake *fake)
{
    return sqrt(-2 * log(draw(fake))) * cos(6.283185307179586 * draw(fake));
}

static double fake_time(void *context, size_t entrant)
{
    struct fake *fake = context;
    EXPECT(fake->is_taken[entrant], "entrant %zu is not there", entrant);
    const bool gains = fake->plans[entrant].value[GAINING] != fake->first.value[GAINING];
    double seconds = gains && fake->gain > 0 ? 1 / (1 + fake->gain) : 1;
    const double drift = 1 + 0.1 * sin((double)fake->timed++ / 500);
    const double spike = draw(fake) < 0.05 ? 1 + draw(fake) : 1;
    return 1e-3 * seconds * drift * spike * exp(fake->noise * draw_normal(fake));
}

static bool fake_is_over(void *context)
{
    const struct fake *fake = context;
    return fake->timed > fake->most;
}

static void fake_announce(void *context, const struct search_plan *plans, size_t count)
{
    (void)context;
    (void)plans;
    EXPECT(count <= ENTRANTS_MAX, "%zu plans at once", count);
}

static bool fake_enter(void *context, const struct search_plan *plan, size_t *entrant)
{
    struct fake *fake = context;
    *entrant = 0;
    while (*entrant < LANES && fake->is_taken[*entrant])
        ++*entrant;
    if (!EXPECT(*entrant < LANES, "more than %d entrants are held", LANES))
        return false;
    fake->is_taken[*entrant] = true;
    fake->plans[*entrant] = *plan;
    fake->entered++;
    return true;
}

static void fake_leave(void *context, size_t entrant)
{
    ((struct fake *)context)->is_taken[entrant] = false;
}

static size_t fake_rounds(void *context)
{
    return ((struct fake *)context)->rounds;
}

static struct found search(struct fake *fake)
{
    static const struct knob knobs[KNOBS] = {{1, 8}, {1, 8}, {1, 8},  {0, 16}, {0, 512}, {1, 512},
                                             {0, 1}, {0, 1}, {0, 64}, {0, 1},  {0, 1}};
    struct search what = {.clock = {fake_time, fake_is_over, fake},
                          .announce = fake_announce,
                          .enter = fake_enter,
                          .leave = fake_leave,
                          .proof_rounds = fake_rounds,
                          .knobs = knobs,
                          .knob_count = KNOBS,
                          .chosen = {{4, 4, 1, 0, 96, 4, 1, 1, 0, 0, 1}}};
    struct found found;
    memset(fake->is_taken, 0, sizeof fake->is_taken);
    fake->timed = fake->entered = 0;
    fake->first = what.chosen;
    EXPECT(search_run(&what, &found), "the chosen plan could not be timed");
    for (size_t lane = 0; lane < LANES; lane++)
        EXPECT(!fake->is_taken[lane], "entrant %zu was never let go", lane);
    return found;
}

static void check_noise(double noise, size_t rounds)
{
    struct fake fake = {.state = 42, .noise = noise, .most = 5000, .rounds = rounds};
    size_t kept = 0, entered = 0;
    for (size_t run = 0; run < RUNS; run++) {
        kept += search(&fake).is_better;
        entered += fake.entered;
    }
    EXPECT(kept <= RUNS / 20, "%zu of %d were kept", kept, RUNS);
    EXPECT(entered > 30 * RUNS, "only %zu plans were tried", entered);
    printf("noise of %.0f %%, proofs of %zu rounds, no gain: %zu of %d false ones are kept\n",
           100 * noise, rounds, kept, RUNS);
}

static void check_gain(double noise, double gain)
{
    struct fake fake = {.state = 43, .noise = noise, .gain = gain, .most = 5000, .rounds = 61};
    size_t kept = 0, covered = 0;
    for (size_t run = 0; run < RUNS; run++) {
        const struct found found = search(&fake);
        const bool gains = found.plan.value[GAINING] != fake.first.value[GAINING];
        kept += found.is_better && gains;
        covered += found.gain.least <= 1 + gain && 1 + gain <= found.gain.most;
    }
    EXPECT(kept >= RUNS * 9 / 10, "only %zu of %d were found", kept, RUNS);
    EXPECT(covered >= RUNS * 9 / 10, "only %zu of %d intervals hold it", covered, RUNS);
    printf("noise of %.0f %%, a gain of %.0f %%: %zu of %d found, in the interval of %zu\n",
           100 * noise, 100 * gain, kept, RUNS, covered);
}

/* The interval of two that are fixed: it holds the true gain in 95 % of cases or more. */
static void check_interval(size_t rounds)
{
    enum { MANY = 2000 };
    struct fake fake = {.state = 44, .noise = 0.03, .gain = 0.05, .is_taken = {true, true}};
    fake.plans[1].value[GAINING] = 1;
    const struct race_clock clock = {fake_time, fake_is_over, &fake};
    struct gain gain;
    size_t held = 0;
    for (size_t run = 0; run < MANY; run++)
        held += race_prove(&clock, 0, 1, rounds, &gain) && gain.least <= 1.05 && 1.05 <= gain.most;
    EXPECT(held >= MANY * 94 / 100, "%zu of %d in %zu rounds", held, MANY, rounds);
    printf("%zu rounds: the interval holds the true gain in %.1f %%\n", rounds,
           100.0 * (double)held / MANY);
}

static void check_edges(void)
{
    struct fake fake = {.state = 45, .noise = 0.01, .gain = 0.3, .rounds = 9, .most = 0};
    const struct found found = search(&fake);
    EXPECT(!found.is_better && found.gain.median == 1, "found a gain of %g without a race",
           found.gain.median);
    const struct race_clock clock = {fake_time, fake_is_over, &fake};
    struct gain gain;
    EXPECT(!race_prove(&clock, 0, 1, PROOF_ROUNDS_MIN - 1, &gain), "%d rounds prove something",
           PROOF_ROUNDS_MIN - 1);
    size_t tries[TRIES_MAX];
    for (size_t greatest = 1; greatest <= 512; greatest *= 2)
        for (size_t now = 0; now <= greatest; now++) {
            const size_t count = knob_tries(&(struct knob){0, greatest}, now, tries);
            EXPECT(count > 0 && count <= TRIES_MAX, "%zu tries from %zu", count, now);
            for (size_t i = 0; i < count; i++)
                EXPECT(tries[i] <= greatest && tries[i] != now, "%zu is tried from %zu of 0 to %zu",
                       tries[i], now, greatest);
        }
}

int main(void)
{
    check_noise(0.01, 61);
    check_noise(0.05, 61);
    check_noise(0.03, 9);
    check_gain(0.02, 0.05);
    check_gain(0.03, 0.1);
    check_interval(9);
    check_interval(61);
    check_edges();
    return expect_verdict("test_race");
}
