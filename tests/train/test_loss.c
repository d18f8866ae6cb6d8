/* SPDX-License-Identifier: MIT */
/* Losses: against formulas in long double by the C library, at ordinary and extreme logits;
 * gradients against central differences; predictions; and the exact functions beneath. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "support/expect.h"
#include "support/inputs.h"
#include "train/exact.h"
#include "weir_train.h"

enum { ROWS = 7, COLS = 5, SIZE = ROWS * COLS };

static double random_unit(struct random *random)
{
    return ldexp((double)(random_next(random) >> 11), -53);
}

/* ---- exp and log ---- */

static double units_apart(double value, long double exact)
{
    const double reference = (double)exact;
    if (value == reference || (isnan(value) && isnan(reference)))
        return 0;
    return (double)(fabsl(value - exact) /
                    (nextafter(fabs(reference), INFINITY) - fabs(reference)));
}

static void check_exact(void)
{
    struct random random = {1};
    double worst_exp = 0, worst_log = 0, worst_log1p = 0;
    for (size_t k = 0; k < 100000; k++) {
        const double unit = random_unit(&random), x = 1400 * unit - 700, u = unit * unit;
        const double near_one = 0.5 + unit;
        const double any = ldexp(1 + random_unit(&random), (int)random_below(&random, 2000) - 1000);
        worst_exp = fmax(worst_exp, units_apart(exact_exp(x), expl(x)));
        worst_log = fmax(worst_log, units_apart(exact_log(any), logl(any)));
        worst_log = fmax(worst_log, units_apart(exact_log(near_one), logl(near_one)));
        worst_log1p = fmax(worst_log1p, units_apart(exact_log1p(u), log1pl(u)));
    }
    EXPECT(worst_exp < 2, "exp: %g units in the last place", worst_exp);
    EXPECT(worst_log < 2, "log: %g units in the last place", worst_log);
    EXPECT(worst_log1p < 2, "log1p: %g units in the last place", worst_log1p);
    EXPECT(exact_exp(0) == 1 && exact_exp(-1000) == 0 && isinf(exact_exp(1000)) &&
               exact_exp(-INFINITY) == 0 && isinf(exact_exp(INFINITY)) && isnan(exact_exp(NAN)),
           "exp at its ends");
    EXPECT(exact_log(1) == 0 && exact_log1p(0) == 0, "log at 1");
}

/* ---- References ---- */

static long double reference_bce(long double z, long double t)
{
    return fmaxl(z, 0) - z * t + log1pl(expl(-fabsl(z)));
}

/* Cross-entropy of one row. */
static long double reference_softmax(size_t cols, const float *z, const float *t)
{
    long double largest = z[0], sum = 0, loss = 0;
    for (size_t k = 1; k < cols; k++)
        largest = fmaxl(largest, z[k]);
    for (size_t k = 0; k < cols; k++)
        sum += expl(z[k] - largest);
    for (size_t k = 0; k < cols; k++)
        loss += t[k] * (logl(sum) - (z[k] - largest));
    return loss;
}

static long double reference(weir_loss loss, size_t rows, size_t cols, const float *z,
                             const float *t)
{
    long double sum = 0;
    for (size_t k = 0; k < rows * cols; k++) {
        const long double error = (long double)z[k] - t[k];
        if (loss == WEIR_LOSS_SOFTMAX)
            sum += k % cols ? 0 : reference_softmax(cols, z + k, t + k);
        else
            sum += loss == WEIR_LOSS_BCE ? reference_bce(z[k], t[k]) : error * error;
    }
    return sum / (long double)(loss == WEIR_LOSS_SOFTMAX ? rows : rows * cols);
}

static bool is_close(double value, long double expected, double tolerance)
{
    return fabsl(value - expected) <= tolerance * (1 + fabsl(expected));
}

/* ---- Values and gradients ---- */

static void make_problem(weir_loss loss, uint64_t seed, float *outputs, float *targets)
{
    struct random random = {seed};
    for (size_t k = 0; k < SIZE; k++) {
        outputs[k] = (float)(8 * random_unit(&random) - 4);
        targets[k] = (float)random_unit(&random);
        if (loss == WEIR_LOSS_BCE && k % 3)
            targets[k] = (float)(k % 2);
    }
    for (size_t r = 0; loss == WEIR_LOSS_SOFTMAX && r < ROWS; r++) {
        float sum = 0, *row = targets + r * COLS;
        for (size_t k = 0; k < COLS; k++)
            sum += row[k];
        for (size_t k = 0; k < COLS; k++)
            row[k] = r % 2 ? row[k] / sum : k == r % COLS;
    }
}

static void check_ordinary(weir_loss loss, uint64_t seed)
{
    float outputs[SIZE], targets[SIZE], gradient[SIZE], moved[SIZE];
    make_problem(loss, seed, outputs, targets);
    const double value = weir_loss_value(loss, ROWS, COLS, outputs, targets, gradient);
    EXPECT(is_close(value, reference(loss, ROWS, COLS, outputs, targets), 1e-14),
           "loss %d is %.17g, not %.17Lg", loss, value,
           reference(loss, ROWS, COLS, outputs, targets));
    EXPECT(weir_loss_value(loss, ROWS, COLS, outputs, targets, NULL) == value,
           "loss %d depends on whether the gradient is wanted", loss);
    for (size_t k = 0; k < SIZE; k++) {
        double side[2];
        const float step = 0x1p-10f;
        for (int s = 0; s < 2; s++) {
            memcpy(moved, outputs, sizeof moved);
            moved[k] += s ? step : -step;
            side[s] = weir_loss_value(loss, ROWS, COLS, moved, targets, NULL);
        }
        moved[k] = outputs[k] + step;
        const double width = (double)moved[k] - (outputs[k] - step);
        const double difference = (side[1] - side[0]) / width;
        EXPECT(fabs(gradient[k] - difference) < 1e-7, "loss %d, element %zu: %.9g, not %.9g", loss,
               k, (double)gradient[k], difference);
    }
    memcpy(moved, outputs, sizeof moved);
    EXPECT(weir_loss_value(loss, ROWS, COLS, moved, targets, moved) == value &&
               memcmp(moved, gradient, sizeof moved) == 0,
           "loss %d: the gradient in place of the outputs differs", loss);
    EXPECT(weir_loss_value(loss, 0, COLS, outputs, targets, NULL) == 0 &&
               weir_loss_value(loss, ROWS, 0, outputs, targets, NULL) == 0,
           "loss %d of nothing", loss);
}

static const float extremes[] = {0.0f,  -0.0f,  1e-38f,  -1e-38f, 17.0f,  -17.0f,
                                 88.0f, -88.0f, 104.0f,  -104.0f, 710.0f, -710.0f,
                                 1e10f, -1e10f, FLT_MAX, -FLT_MAX};
enum { EXTREMES = sizeof extremes / sizeof *extremes };

static void check_extreme_binary(void)
{
    for (size_t k = 0; k < EXTREMES; k++)
        for (int t = 0; t <= 2; t++) {
            const float z = extremes[k], target = 0.5f * (float)t;
            float gradient;
            const double value = weir_loss_value(WEIR_LOSS_BCE, 1, 1, &z, &target, &gradient);
            const long double slope = 1 / (1 + expl(-(long double)z)) - target;
            EXPECT(isfinite(value) && is_close(value, reference_bce(z, target), 1e-14),
                   "z=%g, target %g: %.17g", (double)z, (double)target, value);
            EXPECT(fabsl(gradient - slope) <= 1e-7L * fabsl(slope) + 1e-45L,
                   "z=%g, target %g: gradient %g, not %Lg", (double)z, (double)target,
                   (double)gradient, slope);
        }
}

/* All pairs, with the target on one, or on both. */
static void check_extreme_softmax(void)
{
    for (size_t k = 0; k < EXTREMES * EXTREMES * 2; k++) {
        const float z[2] = {extremes[k / EXTREMES % EXTREMES], extremes[k % EXTREMES]};
        const float targets[2][2] = {{1, 0}, {0.25f, 0.75f}};
        const float *target = targets[k / EXTREMES / EXTREMES];
        float gradient[2], predictions[2];
        const double value = weir_loss_value(WEIR_LOSS_SOFTMAX, 1, 2, z, target, gradient);
        EXPECT(isfinite(value) && is_close(value, reference_softmax(2, z, target), 1e-14),
               "z=%g, %g: %.17g", (double)z[0], (double)z[1], value);
        const long double p = 1 / (1 + expl((long double)z[1] - z[0]));
        EXPECT(fabsl(gradient[0] - (p - target[0])) <= 1e-7L && isfinite(gradient[1]),
               "z=%g, %g: gradients %g, %g", (double)z[0], (double)z[1], (double)gradient[0],
               (double)gradient[1]);
        weir_loss_predict(WEIR_LOSS_SOFTMAX, 1, 2, z, predictions);
        EXPECT(fabsl(predictions[0] - p) <= 1e-7L &&
                   fabsf(predictions[0] + predictions[1] - 1) < 1e-6f,
               "z=%g, %g: predictions %g, %g", (double)z[0], (double)z[1], (double)predictions[0],
               (double)predictions[1]);
    }
}

static void check_predictions(void)
{
    float values[EXTREMES], in_place[EXTREMES];
    for (size_t k = 0; k < EXTREMES; k++) {
        weir_loss_predict(WEIR_LOSS_BCE, 1, 1, &extremes[k], &values[k]);
        const long double expected = 1 / (1 + expl(-(long double)extremes[k]));
        EXPECT(fabsl(values[k] - expected) <= 1e-7L * expected + 1e-45L, "sigmoid(%g) is %g",
               (double)extremes[k], (double)values[k]);
    }
    memcpy(in_place, extremes, sizeof in_place);
    weir_loss_predict(WEIR_LOSS_BCE, EXTREMES / 2, 2, in_place, in_place);
    EXPECT(memcmp(in_place, values, sizeof values) == 0, "in place differs");
    weir_loss_predict(WEIR_LOSS_MSE, 1, EXTREMES, extremes, in_place);
    EXPECT(memcmp(in_place, extremes, sizeof extremes) == 0,
           "a mean squared error predicts itself");
}

/* The same bits on every machine: of values, gradients and predictions. */
static void check_bits(void)
{
    uint64_t hash = HASH_START;
    for (weir_loss loss = WEIR_LOSS_MSE; loss <= WEIR_LOSS_SOFTMAX; loss++) {
        float outputs[SIZE], targets[SIZE], gradient[SIZE];
        uint64_t bits;
        make_problem(loss, 99, outputs, targets);
        const double value = weir_loss_value(loss, ROWS, COLS, outputs, targets, gradient);
        memcpy(&bits, &value, sizeof bits);
        weir_loss_predict(loss, ROWS, COLS, outputs, outputs);
        hash = hash_number(hash, bits);
        for (size_t k = 0; k < SIZE; k++)
            hash = hash_number(hash_number(hash, float_bits(gradient[k])), float_bits(outputs[k]));
    }
    EXPECT(hash == UINT64_C(0x5ce0979dee1b1989), "0x%016llx", (unsigned long long)hash);
}

int main(void)
{
    check_exact();
    for (weir_loss loss = WEIR_LOSS_MSE; loss <= WEIR_LOSS_SOFTMAX; loss++)
        for (uint64_t seed = 1; seed <= 20; seed++)
            check_ordinary(loss, seed);
    check_extreme_binary();
    check_extreme_softmax();
    check_predictions();
    check_bits();
    return expect_verdict("test_loss");
}
