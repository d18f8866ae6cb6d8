/* SPDX-License-Identifier: MIT */
/* Optimisers: a row of a table each, which says what a method keeps of every learned value and how
 * it steps. Powers of beta are made by one multiplication a step, so that a checkpoint that holds
 * them goes on with the same bits. */
#include "float_mode.h"
#include "train/training_kit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One parameter and what is kept for it. */
struct update {
    float *values;
    const float *gradients;
    float *slot[TRAIN_SLOTS_MAX];
    size_t size;
};

struct method {
    const char *name;
    double default_rate;
    const char *slot_name[TRAIN_SLOTS_MAX];
    void (*step)(const weir_optimiser *optimiser, const struct update *update);
};

/* ---- The methods ---- */

static void step_sgd(const weir_optimiser *optimiser, const struct update *update)
{
    const float rate = (float)optimiser->config.rate, momentum = (float)optimiser->config.momentum;
    float *velocity = update->slot[0];
    for (size_t k = 0; k < update->size; k++) {
        velocity[k] = momentum * velocity[k] - rate * update->gradients[k];
        update->values[k] += velocity[k];
    }
}

static void step_adam(const weir_optimiser *optimiser, const struct update *update)
{
    const weir_optimiser_config *config = &optimiser->config;
    const float alpha =
        (float)(config->rate * sqrt(1.0 - optimiser->power[1]) / (1.0 - optimiser->power[0]));
    const float fresh1 = (float)(1.0 - config->beta1), fresh2 = (float)(1.0 - config->beta2);
    const float epsilon = (float)config->epsilon;
    float *m = update->slot[0], *v = update->slot[1];
    for (size_t k = 0; k < update->size; k++) {
        const float gradient = update->gradients[k];
        m[k] += (gradient - m[k]) * fresh1;
        v[k] += (gradient * gradient - v[k]) * fresh2;
        update->values[k] -= m[k] * alpha / (sqrtf(v[k]) + epsilon);
    }
}

static const struct method methods[] = {
    [WEIR_SGD] = {"WEIR_SGD", 0.01, {"velocity"}, step_sgd},
    [WEIR_ADAM] = {"WEIR_ADAM", 0.001, {"m", "v"}, step_adam},
};

enum { METHOD_COUNT = sizeof methods / sizeof *methods };

/* ---- Creation ---- */

static weir_optimiser_config with_defaults(weir_optimiser_config config)
{
    struct {
        double *value, standard;
    } const fields[] = {{&config.rate, methods[config.method].default_rate},
                        {&config.beta1, 0.9},
                        {&config.beta2, 0.999},
                        {&config.epsilon, 1e-7}};
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        if (*fields[k].value == 0)
            *fields[k].value = fields[k].standard;
    return config;
}

static weir_status check(const weir_optimiser_config *config, const weir_parameter *parameters,
                         size_t count, weir_error *error)
{
    if (!config || (count && !parameters))
        return weir_fail(error, WEIR_INVALID,
                         "weir_optimiser_create needs a configuration and parameters: neither may "
                         "be NULL.");
    if ((size_t)config->method >= METHOD_COUNT)
        return weir_fail(error, WEIR_INVALID,
                         "optimiser.method is %d: choose WEIR_SGD or WEIR_ADAM.",
                         (int)config->method);
    const struct {
        const char *name;
        double value, below;
    } fields[] = {{"rate", config->rate, INFINITY},
                  {"momentum", config->momentum, 1},
                  {"beta1", config->beta1, 1},
                  {"beta2", config->beta2, 1},
                  {"epsilon", config->epsilon, INFINITY}};
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        if (!(fields[k].value >= 0 && fields[k].value < fields[k].below))
            return weir_fail(error, WEIR_INVALID,
                             "optimiser.%s is %g: it must be at least 0 and %s.", fields[k].name,
                             fields[k].value, fields[k].below == 1 ? "below 1" : "finite");
    for (size_t k = 0; k < count; k++)
        if (!parameters[k].values || !parameters[k].gradients)
            return weir_fail(error, WEIR_INVALID,
                             "Parameter %zu, %.64s, has no values or no gradients: give both.", k,
                             parameters[k].name ? parameters[k].name : "of no name");
    return WEIR_OK;
}

/* One block of memory a slot; SGD without momentum has one too, which is a velocity of one step. */
static bool allocate(weir_optimiser *optimiser, const weir_parameter *parameters)
{
    const struct method *method = &methods[optimiser->config.method];
    size_t floats = 1, bytes = optimiser->count * sizeof *parameters;
    for (size_t k = 0; k < optimiser->count; k++)
        floats = train_plus(floats, train_times(parameters[k].rows, parameters[k].cols));
    optimiser->parameters = malloc(bytes ? bytes : 1);
    if (!optimiser->parameters)
        return false;
    if (bytes)
        memcpy(optimiser->parameters, parameters, bytes);
    for (size_t s = 0; s < TRAIN_SLOTS_MAX && method->slot_name[s]; s++) {
        optimiser->slot_name[s] = method->slot_name[s];
        optimiser->slot[s] = calloc(floats, sizeof(float));
        optimiser->slot_count++;
        if (!optimiser->slot[s])
            return false;
    }
    return true;
}

weir_status weir_optimiser_create(weir_optimiser **optimiser, const weir_optimiser_config *config,
                                  const weir_parameter *parameters, size_t count, weir_error *error)
{
    if (!optimiser)
        return weir_fail(error, WEIR_INVALID,
                         "weir_optimiser_create needs a place for the optimiser: it is NULL.");
    *optimiser = NULL;
    const weir_mode mode = weir_mode_begin();
    const weir_status status = check(config, parameters, count, error);
    const weir_optimiser_config full = status ? (weir_optimiser_config){0} : with_defaults(*config);
    weir_mode_set(mode);
    if (status)
        return status;
    weir_optimiser *made = calloc(1, sizeof *made);
    if (made) {
        made->config = full;
        made->count = count;
        made->power[0] = made->power[1] = 1;
    }
    if (!made || !allocate(made, parameters)) {
        weir_optimiser_destroy(made);
        return weir_fail(error, WEIR_NO_MEMORY,
                         "There is not the memory for an optimiser of %zu parameters: free some.",
                         count);
    }
    *optimiser = made;
    return WEIR_OK;
}

void weir_optimiser_destroy(weir_optimiser *optimiser)
{
    if (!optimiser)
        return;
    for (size_t s = 0; s < TRAIN_SLOTS_MAX; s++)
        free(optimiser->slot[s]);
    free(optimiser->parameters);
    free(optimiser);
}

/* ---- Running ---- */

void weir_optimiser_step(weir_optimiser *optimiser)
{
    const weir_mode mode = weir_mode_begin();
    size_t first = 0;
    optimiser->power[0] *= optimiser->config.beta1;
    optimiser->power[1] *= optimiser->config.beta2;
    for (size_t k = 0; k < optimiser->count; k++) {
        const weir_parameter *parameter = &optimiser->parameters[k];
        struct update update = {.values = parameter->values,
                                .gradients = parameter->gradients,
                                .size = parameter->rows * parameter->cols};
        for (size_t s = 0; s < optimiser->slot_count; s++)
            update.slot[s] = optimiser->slot[s] + first;
        methods[optimiser->config.method].step(optimiser, &update);
        first += update.size;
    }
    weir_mode_set(mode);
}

static __attribute__((noinline)) double clip(const weir_parameter *parameters, size_t count,
                                             double limit)
{
    double sum[4] = {0}; /* one would wait for every addition */
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < parameters[k].rows * parameters[k].cols; i++) {
            const double gradient = parameters[k].gradients[i];
            sum[i % 4] += gradient * gradient;
        }
    const double norm = sqrt((sum[0] + sum[1]) + (sum[2] + sum[3]));
    const float scale = (float)(limit / norm);
    for (size_t k = 0; norm > limit && k < count; k++)
        for (size_t i = 0; i < parameters[k].rows * parameters[k].cols; i++)
            parameters[k].gradients[i] *= scale;
    return norm;
}

double weir_clip(const weir_parameter *parameters, size_t count, double limit)
{
    const weir_mode mode = weir_mode_begin();
    const double norm = clip(parameters, count, limit);
    weir_mode_set(mode);
    return norm;
}
