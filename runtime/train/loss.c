/* SPDX-License-Identifier: MIT */
/* Losses: a row of a table each. All of them run in double, element by element in one order, and
 * are rounded to float once, at the end. */
#include "float_mode.h"
#include "train/exact.h"
#include "train/training_kit.h"

#include <math.h>

/* What a loss makes of one row: the sum over its elements, and gradients divided by `count`. */
struct loss_row {
    size_t cols;
    const float *outputs, *targets;
    float *gradient; /* or NULL */
    double count;
};

struct loss {
    double (*add)(const struct loss_row *row);
    void (*predict)(size_t cols, const float *outputs, float *predictions);
    bool is_by_row; /* the mean is over rows, not over elements */
};

/* ---- Mean squared error ---- */

static double add_square(const struct loss_row *row)
{
    double sum = 0;
    for (size_t k = 0; k < row->cols; k++) {
        const double error = (double)row->outputs[k] - row->targets[k];
        sum += error * error;
        if (row->gradient)
            row->gradient[k] = (float)(2.0 * error / row->count);
    }
    return sum;
}

static void predict_itself(size_t cols, const float *outputs, float *predictions)
{
    for (size_t k = 0; k < cols; k++)
        predictions[k] = outputs[k];
}

/* ---- Binary cross-entropy of sigmoids ---- */

/* With e = exp(-|z|), which never overflows, log(1 + exp(z)) = max(z, 0) + log(1 + e). */
static double exp_of_minus(double z)
{
    return exact_exp(z < 0 ? z : -z);
}

static double sigmoid(double z, double e)
{
    return (z < 0 ? e : 1.0) / (1.0 + e);
}

static double add_binary(const struct loss_row *row)
{
    double sum = 0;
    for (size_t k = 0; k < row->cols; k++) {
        const double z = row->outputs[k], target = row->targets[k], e = exp_of_minus(z);
        sum += (z > 0 ? z : 0) - z * target + exact_log1p(e);
        if (row->gradient)
            row->gradient[k] = (float)((sigmoid(z, e) - target) / row->count);
    }
    return sum;
}

static void predict_sigmoid(size_t cols, const float *outputs, float *predictions)
{
    for (size_t k = 0; k < cols; k++)
        predictions[k] = (float)sigmoid(outputs[k], exp_of_minus(outputs[k]));
}

/* ---- Cross-entropy of a softmax ---- */

/* The largest of a row, and the sum of exp(z - largest), which is at least 1. */
static double largest_and_sum(size_t cols, const float *outputs, double *sum)
{
    double largest = outputs[0];
    for (size_t k = 1; k < cols; k++)
        largest = outputs[k] > largest ? outputs[k] : largest;
    *sum = 0;
    for (size_t k = 0; k < cols; k++)
        *sum += exact_exp(outputs[k] - largest);
    return largest;
}

static double add_softmax(const struct loss_row *row)
{
    double exponentials, targets = 0, sum = 0;
    const double largest = largest_and_sum(row->cols, row->outputs, &exponentials);
    const double log_sum = exact_log(exponentials);
    for (size_t k = 0; k < row->cols; k++)
        targets += row->targets[k];
    for (size_t k = 0; k < row->cols; k++) {
        const double z = row->outputs[k] - largest, target = row->targets[k];
        sum += target * (log_sum - z);
        if (row->gradient)
            row->gradient[k] =
                (float)((exact_exp(z) / exponentials * targets - target) / row->count);
    }
    return sum;
}

static void predict_softmax(size_t cols, const float *outputs, float *predictions)
{
    double exponentials;
    const double largest = largest_and_sum(cols, outputs, &exponentials);
    for (size_t k = 0; k < cols; k++)
        predictions[k] = (float)(exact_exp(outputs[k] - largest) / exponentials);
}

/* ---- The table ---- */

static const struct loss losses[] = {
    [WEIR_LOSS_MSE] = {add_square, predict_itself, false},
    [WEIR_LOSS_BCE] = {add_binary, predict_sigmoid, false},
    [WEIR_LOSS_SOFTMAX] = {add_softmax, predict_softmax, true},
};

static double count_of(weir_loss loss, size_t rows, size_t cols)
{
    return losses[loss].is_by_row ? (double)rows : (double)rows * (double)cols;
}

double weir_train_loss_mean(weir_loss loss, size_t rows, size_t cols, double sum)
{
    return sum / count_of(loss, rows, cols);
}

double weir_train_loss_sum(weir_loss loss, size_t rows, size_t all_rows, size_t cols,
                           const float *outputs, const float *targets, float *gradient)
{
    double sum = 0;
    struct loss_row row = {.cols = cols, .count = count_of(loss, all_rows, cols)};
    for (size_t r = 0; r < rows; r++) {
        row.outputs = outputs + r * cols;
        row.targets = targets + r * cols;
        row.gradient = gradient ? gradient + r * cols : NULL;
        sum += losses[loss].add(&row);
    }
    return sum;
}

/* A call, so that no compiler moves what is in it out of the mode that it is made in. */
static __attribute__((noinline)) double find_loss(weir_loss loss, size_t rows, size_t cols,
                                                  const float *outputs, const float *targets,
                                                  float *gradient)
{
    const double sum = weir_train_loss_sum(loss, rows, rows, cols, outputs, targets, gradient);
    return weir_train_loss_mean(loss, rows, cols, sum);
}

double weir_loss_value(weir_loss loss, size_t rows, size_t cols, const float *outputs,
                       const float *targets, float *gradient)
{
    if (!rows || !cols)
        return 0;
    if ((size_t)loss > WEIR_LOSS_SOFTMAX || !outputs || !targets)
        return NAN;
    const weir_mode mode = weir_mode_begin();
    const double value = find_loss(loss, rows, cols, outputs, targets, gradient);
    weir_mode_set(mode);
    return value;
}

void weir_loss_predict(weir_loss loss, size_t rows, size_t cols, const float *outputs,
                       float *predictions)
{
    const weir_mode mode = weir_mode_begin();
    for (size_t r = 0; cols && r < rows; r++)
        losses[loss].predict(cols, outputs + r * cols, predictions + r * cols);
    weir_mode_set(mode);
}
