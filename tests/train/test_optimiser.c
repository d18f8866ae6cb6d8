/* SPDX-License-Identifier: MIT */
/* Optimisers against straightforward ones in double, over many steps; clipping; what is refused. */
#include <math.h>
#include <string.h>

#include "support/expect.h"
#include "support/inputs.h"
#include "weir_train.h"

enum { TENSORS = 3, STEPS = 100, SIZE_MAX_ALL = 64 };

/* Three parameters of odd sizes that are to come to a target each, pulled by a noisy slope. */
struct problem_of_three {
    weir_parameter parameters[TENSORS];
    float values[SIZE_MAX_ALL], gradients[SIZE_MAX_ALL];
    double reference[SIZE_MAX_ALL], m[SIZE_MAX_ALL], v[SIZE_MAX_ALL];
    size_t size;
};

static void problem_set(struct problem_of_three *problem)
{
    static const size_t rows[TENSORS] = {3, 1, 17}, cols[TENSORS] = {5, 1, 1};
    *problem = (struct problem_of_three){.size = 0};
    for (size_t k = 0; k < TENSORS; k++) {
        problem->parameters[k] =
            (weir_parameter){"p", rows[k], cols[k], problem->values + problem->size,
                             problem->gradients + problem->size};
        problem->size += rows[k] * cols[k];
    }
    for (size_t k = 0; k < problem->size; k++) {
        problem->values[k] = (float)k / 8 - 1;
        problem->reference[k] = problem->values[k];
    }
}

static double slope_of(double value, size_t k, size_t step)
{
    return 2 * (value - (double)(k % 5)) + (double)((step * 7 + k * 3) % 11) / 11 - 0.5;
}

/* One step of the reference, from the formulas of the papers in Keras's form. */
static void step_reference(struct problem_of_three *problem, const weir_optimiser_config *config,
                           size_t step)
{
    for (size_t k = 0; k < problem->size; k++) {
        const double gradient = problem->gradients[k];
        double *m = &problem->m[k], *v = &problem->v[k];
        if (config->method == WEIR_SGD) {
            *m = config->momentum * *m - config->rate * gradient;
            problem->reference[k] += *m;
            continue;
        }
        *m = config->beta1 * *m + (1 - config->beta1) * gradient;
        *v = config->beta2 * *v + (1 - config->beta2) * gradient * gradient;
        const double t = (double)step;
        const double alpha =
            config->rate * sqrt(1 - pow(config->beta2, t)) / (1 - pow(config->beta1, t));
        problem->reference[k] -= alpha * *m / (sqrt(*v) + config->epsilon);
    }
}

/* `given` is what the kit gets, `meant` the same with every default written out. */
static uint64_t check_method(const char *what, weir_optimiser_config given,
                             weir_optimiser_config meant)
{
    struct problem_of_three problem;
    weir_optimiser *optimiser;
    weir_error error = {0};
    uint64_t hash = HASH_START;
    problem_set(&problem);
    if (!EXPECT(!weir_optimiser_create(&optimiser, &given, problem.parameters, TENSORS, &error),
                "%s", error.message))
        return 0;
    for (size_t step = 1; step <= STEPS; step++) {
        for (size_t k = 0; k < problem.size; k++)
            problem.gradients[k] = (float)slope_of(problem.values[k], k, step);
        weir_optimiser_step(optimiser);
        step_reference(&problem, &meant, step);
        for (size_t k = 0; k < problem.size; k++) {
            const double off = fabs(problem.values[k] - problem.reference[k]);
            EXPECT(off < 2e-6 * (1 + fabs(problem.reference[k])),
                   "%s, step %zu, value %zu: %.9g, not %.9g", what, step, k,
                   (double)problem.values[k], problem.reference[k]);
            hash = hash_number(hash, float_bits(problem.values[k]));
        }
    }
    weir_optimiser_destroy(optimiser);
    return hash;
}

static void check_methods(void)
{
    const weir_optimiser_config adam = {
        .method = WEIR_ADAM, .rate = 0.001, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-7};
    const weir_optimiser_config adam2 = {
        .method = WEIR_ADAM, .rate = 0.02, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3};
    const weir_optimiser_config sgd = {.method = WEIR_SGD, .rate = 0.01};
    const weir_optimiser_config momentum = {.method = WEIR_SGD, .rate = 0.005, .momentum = 0.9};
    uint64_t hash = check_method("adam", (weir_optimiser_config){.method = WEIR_ADAM}, adam);
    hash = hash_number(hash, check_method("adam, all given", adam2, adam2));
    hash = hash_number(hash, check_method("sgd", (weir_optimiser_config){0}, sgd));
    hash = hash_number(hash, check_method("sgd with momentum", momentum, momentum));
    EXPECT(hash == UINT64_C(0x5d7a97c95db351d3), "0x%016llx", (unsigned long long)hash);
}

static void check_clip(void)
{
    struct problem_of_three problem;
    float before[SIZE_MAX_ALL];
    double squares = 0;
    problem_set(&problem);
    for (size_t k = 0; k < problem.size; k++) {
        problem.gradients[k] = (float)k - 9.25f;
        squares += pow(problem.gradients[k], 2);
    }
    const double norm = sqrt(squares);
    memcpy(before, problem.gradients, sizeof before);
    EXPECT(fabs(weir_clip(problem.parameters, TENSORS, norm + 1) - norm) < 1e-12 * norm,
           "another norm than %g", norm);
    EXPECT(memcmp(before, problem.gradients, sizeof before) == 0, "clipped below the limit");
    EXPECT(fabs(weir_clip(problem.parameters, TENSORS, 2) - norm) < 1e-12 * norm,
           "another norm than %g", norm);
    for (size_t k = 0; k < problem.size; k++)
        EXPECT(fabs(problem.gradients[k] - before[k] * 2 / norm) < 1e-6, "element %zu is %g", k,
               (double)problem.gradients[k]);
    EXPECT(fabs(weir_clip(problem.parameters, TENSORS, 100) - 2) < 1e-6,
           "the norm is not the limit");
    /* Squares that a float could not hold. */
    for (size_t k = 0; k < problem.size; k++)
        problem.gradients[k] = 1e30f;
    weir_clip(problem.parameters, TENSORS, 1);
    EXPECT(fabs(weir_clip(problem.parameters, TENSORS, 1) - 1) < 1e-6, "huge gradients");
    memset(problem.gradients, 0, sizeof problem.gradients);
    EXPECT(weir_clip(problem.parameters, TENSORS, 1) == 0 && problem.gradients[0] == 0,
           "zero gradients");
    EXPECT(weir_clip(NULL, 0, 1) == 0, "no gradients");
}

static void check_refusal(weir_optimiser_config config, const char *part)
{
    struct problem_of_three problem;
    weir_optimiser *optimiser = (weir_optimiser *)&problem;
    weir_error error = {0};
    problem_set(&problem);
    EXPECT(weir_optimiser_create(&optimiser, &config, problem.parameters, TENSORS, &error) ==
                   WEIR_INVALID &&
               !optimiser && strstr(error.message, part),
           "%s: %s", part, error.message);
}

static void check_refusals(void)
{
    weir_optimiser *optimiser;
    weir_error error = {0};
    weir_optimiser_config config = {0};
    check_refusal((weir_optimiser_config){.rate = -1}, "rate is -1");
    check_refusal((weir_optimiser_config){.rate = NAN}, "rate is nan");
    check_refusal((weir_optimiser_config){.rate = INFINITY}, "rate is inf");
    check_refusal((weir_optimiser_config){.momentum = 1}, "momentum is 1");
    check_refusal((weir_optimiser_config){.method = WEIR_ADAM, .beta1 = 1}, "beta1 is 1");
    check_refusal((weir_optimiser_config){.method = WEIR_ADAM, .beta2 = -0.5}, "beta2 is -0.5");
    check_refusal((weir_optimiser_config){.method = WEIR_ADAM, .epsilon = -1}, "epsilon is -1");
    check_refusal((weir_optimiser_config){.method = (weir_method)2}, "method is 2");
    const weir_parameter nothing = {.name = "nothing", .rows = 1, .cols = 1};
    EXPECT(weir_optimiser_create(&optimiser, &config, &nothing, 1, &error) == WEIR_INVALID &&
               strstr(error.message, "nothing"),
           "%s", error.message);
    EXPECT(weir_optimiser_create(NULL, &config, NULL, 0, NULL) == WEIR_INVALID, "no place");
    EXPECT(weir_optimiser_create(&optimiser, NULL, NULL, 0, NULL) == WEIR_INVALID, "no config");
    EXPECT(weir_optimiser_create(&optimiser, &config, NULL, 0, NULL) == WEIR_OK, "of nothing");
    weir_optimiser_step(optimiser);
    weir_optimiser_destroy(optimiser);
    weir_optimiser_destroy(NULL);
}

int main(void)
{
    check_methods();
    check_clip();
    check_refusals();
    return expect_verdict("test_optimiser");
}
