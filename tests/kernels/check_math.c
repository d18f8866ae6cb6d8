/* SPDX-License-Identifier: MIT */
/* check_math: the sigmoid and the tanh of every kernel form, over the whole range of float, against
 * double. They are seen through a layer of one unit whose weights make the final c of an LSTM the
 * very gate: c' = f*c + i*g with c = 1 and g = 0 is f, and with c = 0 and i = 1 is g. Exit status
 * 1: a gate is off; 77: no kernel to see it through runs here. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/inputs.h"

/* The absolute error that Weir promises of a gate. */
static const double promised = 3e-7;

/* Points: every 4093rd float from 0 up to the last NaN of negative sign, so that low bits vary; and
 * the range where gates move, in even steps. */
enum { STRIDE = 4093, STRIDE_POINTS = 1049344, GRID_POINTS = 1 << 20, GRID_LIMIT = 128 };
enum { POINTS = STRIDE_POINTS + GRID_POINTS };

struct gate {
    const char *name;
    const char *matrix; /* the one weight that is 1 */
    const char *opened; /* a bias that holds its gate at 1 */
    float c; /* the initial cell state */
    double lowest; /* of its range; the highest is 1 */
    float saturated_at; /* from here on it must be exactly 1 */
    double (*exact)(double);
};

static double sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

static const struct gate gates[] = {
    {"sigmoid", "Wf", "none", 1, 0, 18, sigmoid},
    {"tanh", "Wg", "bi", 0, -1, 10, tanh},
};

struct tally {
    size_t checks, failed, skipped;
};

static void fill_points(float *x)
{
    for (uint32_t n = 0; n < STRIDE_POINTS; ++n)
        x[n] = float_from_bits(n * STRIDE);
    for (int n = 0; n < GRID_POINTS; ++n)
        x[STRIDE_POINTS + n] = (float)(n - GRID_POINTS / 2) * (2.0f * GRID_LIMIT / GRID_POINTS);
}

/* A layer of one unit: every weight 0 but the gate's. */
static weir_layer *layer_of_gate(const struct gate *gate, const char *kernel)
{
    static const float zero = 0, one = 1, open = 1000;
    weir_shape shapes[PROBLEM_WEIGHTS_MAX];
    weir_weight weights[PROBLEM_WEIGHTS_MAX];
    size_t count = 0;
    weir_error error;
    if (weir_cell_weights("lstm", 1, 1, 0, shapes, PROBLEM_WEIGHTS_MAX, &count, &error) ==
        WEIR_OK) {
        for (size_t n = 0; n < count; ++n) {
            const float *value = &zero;
            if (strcmp(shapes[n].name, gate->matrix) == 0)
                value = &one;
            if (strcmp(shapes[n].name, gate->opened) == 0)
                value = &open;
            weights[n] = (weir_weight){.name = shapes[n].name, .data = value};
        }
        const weir_layer_config config = {.cell = "lstm",
                                          .I = 1,
                                          .H = 1,
                                          .weights = weights,
                                          .weight_count = count,
                                          .kernel = kernel};
        weir_layer *layer = NULL;
        if (weir_layer_create(&layer, &config, &error) == WEIR_OK)
            return layer;
    }
    fprintf(stderr, "%s\n", error.message);
    return NULL;
}

/* What is wrong with a gate's value at x; NULL: nothing. An infinity times the other gates' weights
 * of 0 is a NaN, as it must be; check_reference holds gates at infinities. */
static const char *fault(const struct gate *gate, float x, float value, double *worst)
{
    if (!isfinite(x))
        return float_bits(value) == 0x7fc00000u ? NULL : "should be the NaN 0x7fc00000";
    const double error = fabs((double)value - gate->exact((double)x));
    if (!(error <= promised))
        return "is too far off";
    if (error > *worst)
        *worst = error;
    if ((double)value < gate->lowest || value > 1)
        return "is out of the gate's range";
    if (x >= gate->saturated_at && value != 1)
        return "should have saturated at 1";
    if (x <= -gate->saturated_at && gate->lowest < 0 && value != -1)
        return "should have saturated at -1";
    return NULL;
}

static void check_gate(const struct gate *gate, const char *kernel, const float *x,
                       struct tally *tally)
{
    enum { TOLD_MAX = 5 };
    ++tally->checks;
    weir_layer *layer = layer_of_gate(gate, kernel);
    if (layer == NULL) {
        ++tally->failed;
        return;
    }
    float *h = allocate(POINTS * sizeof *h), *c = allocate(POINTS * sizeof *c);
    for (size_t n = 0; n < POINTS; ++n) {
        h[n] = 0;
        c[n] = gate->c;
    }
    const weir_sequence sequence = {.T = 1,
                                    .B = POINTS,
                                    .x = x,
                                    .initial = (const float *const[]){h, c},
                                    .final = (float *const[]){h, c}};
    weir_layer_forward(layer, &sequence);
    double worst = 0;
    size_t faults = 0;
    for (size_t n = 0; n < POINTS; ++n) {
        const char *what = fault(gate, x[n], c[n], &worst);
        if (what == NULL || ++faults > TOLD_MAX)
            continue;
        printf("FAILED %s: %s(%.9g = 0x%08x) = %.9g (0x%08x) %s; double says %.17g\n", kernel,
               gate->name, (double)x[n], (unsigned)float_bits(x[n]), (double)c[n],
               (unsigned)float_bits(c[n]), what, gate->exact((double)x[n]));
    }
    tally->failed += faults > 0;
    printf("%-28s %-8s largest error %.3g (allowed %.1g), %zu of %d points off\n", kernel,
           gate->name, worst, promised, faults, POINTS);
    weir_layer_destroy(layer);
    free(h);
    free(c);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        fprintf(stderr, "wrong arguments: check_math takes none\n");
        return 2;
    }
    /* Kernels are asked for by name here: nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    float *x = allocate(POINTS * sizeof *x);
    fill_points(x);
    struct tally tally = {0};
    for (size_t n = 0; weir_kernel_at(n) != NULL; ++n) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(n));
        if (strcmp(info.cell, "lstm") != 0 || info.I != 1 || info.H != 1)
            continue;
        tally.skipped += !weir_kernel_runs_here(weir_kernel_at(n));
        for (size_t g = 0;
             g < sizeof gates / sizeof *gates && weir_kernel_runs_here(weir_kernel_at(n)); ++g)
            check_gate(&gates[g], info.name, x, &tally);
    }
    free(x);
    printf("%zu checks, %zu failed, %zu kernels skipped (this CPU lacks the ISA)\n", tally.checks,
           tally.failed, tally.skipped);
    if (tally.checks == 0)
        return 77;
    return tally.failed > 0;
}
