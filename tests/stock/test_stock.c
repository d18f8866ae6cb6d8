/* SPDX-License-Identifier: MIT */
/* The parts of weir-stock by examples that were worked by hand: padding, features, labels, how days
 * are divided, that nothing of the future is known to the training part, summaries, and additions.
 */
#include "stock/options.h"
#include "stock/series.h"
#include "stock/summary.h"
#include "stock/task.h"
#include "support/expect.h"

#include <math.h>
#include <string.h>

/* ---- Padding: the examples of Keras's documentation of pad_sequences ---- */

static void pad(const char *what, const float *from, size_t length, size_t width, size_t T,
                const float *wanted)
{
    /* One float more a step, which must stay as it is. */
    float to[64];
    const size_t step = width + 1;
    for (size_t k = 0; k < 64; k++)
        to[k] = -1;
    sequence_pad(from, length, width, T, to, step);
    for (size_t t = 0; t < T; t++)
        for (size_t k = 0; k < step; k++) {
            const float expected = k < width ? wanted[t * width + k] : -1;
            EXPECT(to[t * step + k] == expected, "%s: %g instead of %g at step %zu, %zu", what,
                   (double)to[t * step + k], (double)expected, t, k);
        }
    EXPECT(to[T * step] == -1, "%s: written past the end", what);
}

static void test_padding(void)
{
    pad("[1] to 3", (float[]){1}, 1, 1, 3, (float[]){1, 0, 0});
    pad("[2, 3] to 3", (float[]){2, 3}, 2, 1, 3, (float[]){2, 3, 0});
    pad("[4, 5, 6] to 3", (float[]){4, 5, 6}, 3, 1, 3, (float[]){4, 5, 6});
    pad("[1] to 2", (float[]){1}, 1, 1, 2, (float[]){1, 0});
    pad("[2, 3] to 2", (float[]){2, 3}, 2, 1, 2, (float[]){2, 3});
    pad("[4, 5, 6] to 2", (float[]){4, 5, 6}, 3, 1, 2, (float[]){5, 6});
    pad("[4, 5, 6] to 1", (float[]){4, 5, 6}, 3, 1, 1, (float[]){6});
    pad("nothing to 2", (float[]){9}, 0, 1, 2, (float[]){0, 0});
    pad("pairs, more", (float[]){1, 2, 3, 4, 5, 6}, 3, 2, 2, (float[]){3, 4, 5, 6});
    pad("pairs, fewer", (float[]){1, 2}, 1, 2, 2, (float[]){1, 2, 0, 0});
}

/* ---- Features and labels ---- */

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(1, fabs(b));
}

static void test_features(void)
{
    /* Changes: +25 %, -20 %, +50 %, 0, +0.1 %, +0.2 %; +25, -25, +50, 0, +0.15, +0.3003. */
    double close[] = {100, 125, 100, 150, 150, 150.15, 150.4503};
    long date[7] = {0};
    const struct prices prices = {close, date, 7};
    struct series series;
    struct failure failure;
    if (!EXPECT(series_create(&series, &prices, 0.15, 0, 0.4, &failure), "%s", failure.sentence))
        return;
    static const float labels[] = {0, 1, 0, 0, 1};
    static const double relative[] = {0.25, -0.2, 0.5, 0, 0.001}, change[] = {25, -25, 50, 0, 0.15};
    /* The training part is three of five days: means and deviations are of three. */
    const double mean[] = {0.55 / 3, 50.0 / 3};
    const double deviation[] = {
        sqrt((pow(0.25 - mean[0], 2) + pow(-0.2 - mean[0], 2) + pow(0.5 - mean[0], 2)) / 3),
        sqrt((pow(25 - mean[1], 2) + pow(-25 - mean[1], 2) + pow(50 - mean[1], 2)) / 3)};
    EXPECT(series.days == 5, "%zu days", series.days);
    EXPECT(series.count[PART_TRAIN] == 3 && series.count[PART_TEST] == 2, "%zu and %zu days",
           series.count[PART_TRAIN], series.count[PART_TEST]);
    for (size_t k = 0; k < 5; k++) {
        const double wanted[] = {(relative[k] - mean[0]) / deviation[0],
                                 (change[k] - mean[1]) / deviation[1]};
        EXPECT(series.label[k] == labels[k], "day %zu: %g", k, (double)series.label[k]);
        for (int f = 0; f < FEATURES; f++)
            EXPECT(near((double)series.x[k][f], wanted[f]), "day %zu, feature %d: %g, not %g", k, f,
                   (double)series.x[k][f], wanted[f]);
    }
    /* Windows begin with the part, and go on with zeros: the test's first is day 3. */
    float window[3][FEATURES];
    series_window(&series, PART_TEST, 0, 3, window[0], FEATURES);
    EXPECT(memcmp(window[0], series.x[3], sizeof window[0]) == 0, "%g", (double)window[0][0]);
    for (size_t t = 1; t < 3; t++)
        EXPECT(window[t][0] == 0 && window[t][1] == 0, "step %zu: %g", t, (double)window[t][0]);
    series_window(&series, PART_TRAIN, 2, 2, window[0], FEATURES);
    EXPECT(memcmp(window, series.x[1], 2 * sizeof window[0]) == 0, "%g", (double)window[0][0]);
    series_destroy(&series);
}

/* A rise counts when it is more than the threshold, not when it is as much. */
static void test_threshold(void)
{
    double close[] = {64, 64, 80, 40, 40};
    long date[5] = {0};
    const struct prices prices = {close, date, 5};
    static const struct {
        double threshold;
        float labels[3];
    } rows[] = {{25, {0, 0, 0}},
                {24.999, {1, 0, 0}},
                {0, {1, 0, 0}},
                {-50, {1, 0, 1}},
                {-50.001, {1, 1, 1}}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct series series;
        struct failure failure;
        if (!EXPECT(series_create(&series, &prices, rows[r].threshold, 0, 0, &failure), "%s",
                    failure.sentence))
            continue;
        EXPECT(memcmp(series.label, rows[r].labels, sizeof rows[r].labels) == 0,
               "threshold %g: %g %g %g", rows[r].threshold, (double)series.label[0],
               (double)series.label[1], (double)series.label[2]);
        series_destroy(&series);
    }
}

static void test_days_needed(void)
{
    double close[] = {1, 2, 3};
    long date[3] = {0};
    struct series series;
    struct failure failure;
    for (size_t days = 0; days < 3; days++)
        EXPECT(!series_create(&series, &(struct prices){close, date, days}, 0, 0.2, 0.2, &failure),
               "%zu days are enough", days);
    if (!EXPECT(series_create(&series, &(struct prices){close, date, 3}, 0, 0.2, 0.2, &failure),
                "%s", failure.sentence))
        return;
    EXPECT(series.days == 1 && series.count[PART_TRAIN] == 1, "%zu days", series.days);
    series_destroy(&series);
}

/* ---- No leak ---- */

enum { MANY = 300, WINDOW = 10 };

static bool series_of(struct series *series, double *close)
{
    static long date[MANY];
    struct failure failure;
    return EXPECT(
        series_create(series, &(struct prices){close, date, MANY}, 0.15, 0.2, 0.2, &failure), "%s",
        failure.sentence);
}

/* Every sample of a part, with its label. */
static size_t samples(const struct series *series, enum part part, float *to)
{
    const size_t size = WINDOW * FEATURES;
    for (size_t k = 0; k < series->count[part]; k++, to += size + 1) {
        series_window(series, part, k, WINDOW, to, FEATURES);
        to[size] = series->label[series->first[part] + k];
    }
    return series->count[part] * (size + 1) * sizeof *to;
}

/* With all closes from `day` on made larger: does a part stay as it is, to the bit? */
static bool part_stays(const double *close, size_t day, enum part part, double times)
{
    static float before[MANY * (WINDOW * FEATURES + 1)], after[MANY * (WINDOW * FEATURES + 1)];
    double other[MANY];
    struct series series;
    memcpy(other, close, sizeof other);
    if (!series_of(&series, other))
        return false;
    const size_t bytes = samples(&series, part, before);
    series_destroy(&series);
    for (size_t k = day; k < MANY; k++)
        other[k] *= times + (double)(k % 3) * times;
    if (!series_of(&series, other))
        return false;
    samples(&series, part, after);
    series_destroy(&series);
    return memcmp(before, after, bytes) == 0;
}

static void test_leak(void)
{
    struct prices prices;
    struct failure failure;
    struct series series;
    if (!EXPECT(prices_make_up(&prices, MANY, 3, &failure), "%s", failure.sentence) ||
        !series_of(&series, prices.close))
        return;
    EXPECT(series.first[PART_VALIDATION] == series.count[PART_TRAIN], "%zu",
           series.first[PART_VALIDATION]);
    EXPECT(series.first[PART_TEST] + series.count[PART_TEST] == series.days, "%zu",
           series.first[PART_TEST]);
    /* The label of a part's last day is made of the close of the day after, and nothing later: day
     * k is close k + 1, so its label needs close k + 2. */
    for (enum part part = PART_TRAIN; part < PART_TEST; part++) {
        const size_t last = series.first[part] + series.count[part] - 1;
        EXPECT(part_stays(prices.close, last + 3, part, 100), "part %d knows what follows", part);
        EXPECT(part_stays(prices.close, last + 3, part, 0.01), "part %d knows what follows", part);
        EXPECT(!part_stays(prices.close, last + 2, part, 100) ||
                   !part_stays(prices.close, last + 2, part, 0.01),
               "part %d does not know its labels", part);
    }
    /* Nor does a window reach back into the part before it: the first of each has one day. */
    for (enum part part = PART_VALIDATION; part < PARTS; part++) {
        float window[WINDOW][FEATURES];
        series_window(&series, part, 0, WINDOW, window[0], FEATURES);
        EXPECT(memcmp(window[0], series.x[series.first[part]], sizeof window[0]) == 0, "part %d",
               part);
        for (size_t t = 1; t < WINDOW; t++)
            EXPECT(window[t][0] == 0, "part %d has a day at step %zu", part, t);
    }
    series_destroy(&series);
    prices_free(&prices);
}

/* ---- Summaries ---- */

static void formula(const char *wanted, size_t total, const weir_shape *shapes, size_t count)
{
    char found[FORMULA_MAX];
    const size_t sum = formula_of(shapes, count, found);
    EXPECT(strcmp(found, wanted) == 0, "%s instead of %s", found, wanted);
    EXPECT(sum == total, "%s: %zu instead of %zu", wanted, sum, total);
}

static void cell_formula(const char *cell, size_t I, size_t H, size_t total, const char *wanted)
{
    weir_shape shapes[64];
    size_t count;
    weir_error error;
    if (weir_cell_weights(cell, I, H, 0, shapes, 64, &count, &error) == WEIR_OK)
        formula(wanted, total, shapes, count);
    else
        printf("%s is not in this build: its summary is not checked\n", cell);
}

static void test_summary(void)
{
    cell_formula("lstm", 2, 64, 17152, "4*64*(2+64+1)");
    cell_formula("lstm", 64, 64, 33024, "4*64*(64+64+1)");
    cell_formula("lstm", 1, 20, 1760, "4*20*(1+20+1)");
    cell_formula("gru", 2, 64, 12928, "64*(3*2+3*64+4)");
    cell_formula("rnn_tanh", 2, 64, 4288, "64*(2+64+1)");
    cell_formula("dense", 64, 1, 65, "1*(64+1)");
    /* A projection, worked by hand: gates of 8 units see 3 inputs and 5 outputs. */
    const weir_shape projected[] = {{"Wi", 8, 3}, {"Ui", 8, 5}, {"bi", 8, 1}, {"Wo", 8, 3},
                                    {"Uo", 8, 5}, {"bo", 8, 1}, {"R", 5, 8}};
    formula("2*8*(3+5+1) + 5*8", 184, projected, 7);
    static const struct {
        size_t number;
        const char *text;
    } rows[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {17152, "17,152"}, {1234567, "1,234,567"}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        EXPECT(strcmp(grouped(rows[r].number).text, rows[r].text) == 0, "%s instead of %s",
               grouped(rows[r].number).text, rows[r].text);
}

/* ---- Additions, and the order of samples ---- */

enum { ADDITIONS = 64, LONG = 50 };

static void addition_check(const float *x, size_t B, size_t row, float target)
{
    double sum = 0;
    size_t marks = 0;
    for (size_t t = 0; t < LONG; t++) {
        const float value = x[(t * B + row) * FEATURES], mark = x[(t * B + row) * FEATURES + 1];
        EXPECT(value >= 0 && value < 1, "%g", (double)value);
        EXPECT(mark == 0 || mark == 1, "%g", (double)mark);
        marks += mark == 1;
        sum += mark == 1 ? (double)value : 0;
    }
    EXPECT(marks == 2, "%zu marks", marks);
    EXPECT(near(sum, (double)target), "%g instead of %g", (double)target, sum);
}

static void test_additions(void)
{
    static float x[2][LONG * ADDITIONS * FEATURES], target[2][ADDITIONS];
    const struct options options = {
        .source = DATA_ADDING, .window = LONG, .batch = ADDITIONS, .steps = 3, .seed = 7};
    struct task task;
    struct failure failure;
    if (!EXPECT(task_create(&task, &options, &failure), "%s", failure.sentence))
        return;
    const size_t B = task_batch(&task, 4, 2, NULL, x[0], target[0]);
    EXPECT(B == ADDITIONS, "%zu rows", B);
    for (size_t row = 0; row < B; row++)
        addition_check(x[0], B, row, target[0][row]);
    /* The same place gives the same samples; any other gives others. */
    task_batch(&task, 4, 2, NULL, x[1], target[1]);
    EXPECT(memcmp(x[0], x[1], sizeof x[0]) == 0, "%s", "others");
    task_batch(&task, 5, 2, NULL, x[1], target[1]);
    EXPECT(memcmp(x[0], x[1], sizeof x[0]) != 0, "%s", "the same in another epoch");
    task_batch(&task, 4, 1, NULL, x[1], target[1]);
    EXPECT(memcmp(x[0], x[1], sizeof x[0]) != 0, "%s", "the same in another step");
    task_part(&task, PART_TEST, 0, B, x[0], target[0]);
    task_part(&task, PART_VALIDATION, 0, B, x[1], target[1]);
    EXPECT(memcmp(x[0], x[1], sizeof x[0]) != 0, "%s", "validation and test are the same");
    task_destroy(&task);
}

/* The sum of two uniform numbers has the mean 1 and the variance 1/6. */
static void test_addition_moments(void)
{
    enum { B = 64, BATCHES = 200 };
    static float x[LONG * B * FEATURES], target[B];
    const struct options options = {
        .source = DATA_ADDING, .window = LONG, .batch = B, .steps = BATCHES, .seed = 1};
    struct task task;
    struct failure failure;
    double sum = 0, squares = 0;
    if (!EXPECT(task_create(&task, &options, &failure), "%s", failure.sentence))
        return;
    for (size_t step = 0; step < BATCHES; step++) {
        task_batch(&task, 0, step, NULL, x, target);
        for (size_t row = 0; row < B; row++) {
            sum += (double)target[row];
            squares += pow((double)target[row] - 1, 2);
        }
    }
    /* Within four standard errors of 12,800 samples. */
    EXPECT(fabs(sum / (B * BATCHES) - 1) < 4 * 0.408 / sqrt(B * BATCHES), "mean %g",
           sum / (B * BATCHES));
    EXPECT(fabs(squares / (B * BATCHES) - 1.0 / 6) < 4 * 0.2 / sqrt(B * BATCHES), "variance %g",
           squares / (B * BATCHES));
    task_destroy(&task);
}

/* Every day of the training part is in an epoch once, and epochs differ. */
static void test_order(void)
{
    enum { DAYS = 100 };
    const struct options options = {.source = DATA_SYNTHETIC,
                                    .data = "synthetic",
                                    .window = 3,
                                    .batch = 32,
                                    .days = DAYS + 2,
                                    .seed = 7};
    struct task task;
    struct failure failure;
    size_t order[2][DAYS], seen[DAYS] = {0};
    if (!EXPECT(task_create(&task, &options, &failure), "%s", failure.sentence))
        return;
    EXPECT(task.count[PART_TRAIN] == DAYS && task.steps == 4, "%zu days, %zu steps",
           task.count[PART_TRAIN], task.steps);
    task_order(&task, 0, order[0]);
    task_order(&task, 1, order[1]);
    for (size_t k = 0; k < DAYS; k++)
        seen[order[0][k]]++;
    for (size_t k = 0; k < DAYS; k++)
        EXPECT(seen[k] == 1, "day %zu is there %zu times", k, seen[k]);
    EXPECT(memcmp(order[0], order[1], sizeof order[0]) != 0, "%s", "two epochs have one order");
    float x[3 * 32 * FEATURES], target[32];
    EXPECT(task_batch(&task, 0, 3, order[0], x, target) == 4, "%s", "the last batch is not 4 rows");
    for (size_t row = 0; row < 4; row++)
        EXPECT(target[row] == task.series.label[order[0][96 + row]], "row %zu", row);
    task_destroy(&task);
}

int main(void)
{
    test_padding();
    test_features();
    test_threshold();
    test_days_needed();
    test_leak();
    test_summary();
    test_additions();
    test_addition_moments();
    test_order();
    return expect_verdict("test_stock");
}
