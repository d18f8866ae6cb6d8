/* SPDX-License-Identifier: MIT */
/* run_deployed X.npy Y.npy STEPS LENGTH TOLERANCE: a deployed model, on every ISA that it finds
 * here, gives Y for X; with a tolerance of 0, bit by bit. Compiled with MODEL, HEADER, and LENGTHS
 * or SEQUENCE, or neither for a stream, of which it says how long a step takes, too. */
#include "deploy/deployed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *model;

enum { ROOM = 1 << 16 };

/* All floats of a file; how many there are. */
static size_t read_npy(const char *path, float *to)
{
    static char bytes[ROOM * sizeof(float) + 4096];
    FILE *file = fopen(path, "rb");
    const size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    const size_t head = 10 + (unsigned char)bytes[8] + 256u * (unsigned char)bytes[9];
    if (file)
        fclose(file);
    if (size <= head || size == sizeof bytes) {
        printf("%s cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    memcpy(to, bytes + head, size - head);
    return (size - head) / sizeof *to;
}

static void run(void *state, size_t steps, size_t length, const float *x, float *y)
{
    (void)length;
#if defined(LENGTHS)
    CALL(_step)(model, state, steps, length, x, y);
#elif defined(SEQUENCE)
    CALL(_step)(model, state, steps, x, y);
#else
    for (size_t t = 0; t < steps; t++)
        CALL(_step)(model, state, x + t * INPUTS, y + t * OUTPUTS);
#endif
}

#if !defined(LENGTHS) && !defined(SEQUENCE)
static int ascending(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double microseconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* The median of some walks over all steps, a step. */
static double time_step(void *state, size_t steps, const float *x, float *y)
{
    enum { TIMES = 51 };
    double times[TIMES];
    for (size_t i = 0; i < TIMES; i++) {
        const double start = microseconds();
        run(state, steps, steps, x, y);
        times[i] = (microseconds() - start) / (double)steps;
    }
    qsort(times, TIMES, sizeof *times, ascending);
    return times[TIMES / 2];
}
#endif

static int differs(const float *found, const float *wanted, size_t count, double tolerance)
{
    double worst = 0;
    for (size_t i = 0; i < count; i++)
        worst = fmax(worst, isnan(found[i]) ? INFINITY : fabs((double)found[i] - wanted[i]));
    printf("%zu floats: off by %g\n", count, worst);
    return tolerance > 0 ? !(worst <= tolerance) : memcmp(found, wanted, count * sizeof *found);
}

int main(int count, char **arguments)
{
    static float x[ROOM], wanted[ROOM], found[ROOM];
    static const char *const names[] = {NULL,     "scalar",     "avx2", "avx2vnni",
                                        "avx512", "avx512vnni", "neon", "neondot"};
    void *state = deployed_memory(CALL(_state_size)());
    int failures = 0;
    model = deployed_memory(CALL(_model_size)());
    if (count != 6)
        return EXIT_FAILURE;
    const size_t steps = (size_t)atoi(arguments[3]), length = (size_t)atoi(arguments[4]);
    read_npy(arguments[1], x);
    const size_t floats = read_npy(arguments[2], wanted);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (CALL(_model_init)(model, names[i]) || CALL(_state_init)(model, state, NULL))
            continue;
        memset(found, 0xff, sizeof found);
        run(state, steps, length, x, found);
        printf("%s: ", CALL(_isa)(model));
        failures += differs(found, wanted, floats, atof(arguments[5])) != 0;
#if !defined(LENGTHS) && !defined(SEQUENCE)
        printf("%s: a step takes %.2f us\n", CALL(_isa)(model), time_step(state, steps, x, found));
#endif
    }
    free(state);
    free(model);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
