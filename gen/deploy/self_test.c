/* SPDX-License-Identifier: MIT */
/* What NAME_test.c is about: an input, and what the model makes of it, as bits. */
#include "deploy/deployment.h"

#include "inspect/interpret.h"
#include "softmax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_STEPS = 12 };

static float *allocate(size_t count)
{
    return calloc(count ? count : 1, sizeof(float));
}

/* Where a state starts in the self-test; NULL: from zeros. */
static const float *start_of(const struct deploy_pass *pass, int s)
{
    return pass->tested[s] ? pass->tested[s] : pass->initial[s];
}

/* A model that is run: `exact` with weights as they were learned. */
struct run {
    const struct deployment *deployment;
    bool exact;
};

/* One direction of a layer over a sequence, into columns of y from `column` on; then what the first
 * state is. */
static void run_pass(const struct run *run, size_t l, size_t p, size_t steps, const float *x,
                     float *y, float *final, size_t column)
{
    const struct deployment *d = run->deployment;
    const struct deploy_layer *layer = &d->model->layers[l];
    const struct deploy_pass *pass = &layer->passes[p];
    const struct program *program = deployment_program(d, l, p);
    const struct graph *graph = program->graph;
    const size_t inputs = (size_t)layer->size[WEIR_I], outputs = deployment_outputs(d, l);
    struct interpretation *in = interpret_create(program, pass->params, run->exact);
    for (int s = 0; s < graph->state_count; s++)
        if (start_of(pass, s))
            memcpy(interpret_state(in, (size_t)s), start_of(pass, s),
                   sizeof(float) * deployment_size(layer, graph, graph->states[s].extent));
    for (size_t n = 0; n < steps; n++) {
        const size_t t = pass->reversed ? steps - 1 - n : n;
        interpret_step(in, x + t * inputs, y + t * outputs + column);
    }
    memcpy(final + column, interpret_state(in, 0), sizeof *final * (outputs / layer->pass_count));
    interpret_free(in);
}

/* A layer: y, which the caller frees, and its steps; NULL: there is no memory. */
static float *run_layer(const struct run *run, size_t l, size_t *steps, size_t *length,
                        const float *x)
{
    const struct deployment *d = run->deployment;
    const struct deploy_layer *layer = &d->model->layers[l];
    const size_t outputs = deployment_outputs(d, l);
    float *y = allocate(*steps * outputs), *final = allocate(outputs);
    if (!y || !final) {
        free(y);
        free(final);
        return NULL;
    }
    for (size_t p = 0; p < layer->pass_count; p++)
        run_pass(run, l, p, layer->by_length ? *length : *steps, x, y, final,
                 p * outputs / layer->pass_count);
    if (layer->gives == GIVES_LAST)
        memmove(y, y + (*steps - 1) * outputs, outputs * sizeof *y);
    if (layer->gives == GIVES_FINAL)
        memcpy(y, final, outputs * sizeof *y);
    if (layer->gives != GIVES_ALL)
        *steps = *length = 1;
    for (size_t i = 0; i < *steps * outputs && layer->softmax; i += layer->softmax)
        weir_softmax(y + i, layer->softmax);
    free(final);
    return y;
}

/* All layers, in the same way. */
static float *run_model(const struct run *run, size_t *steps, size_t length, const float *x)
{
    float *y = run_layer(run, 0, steps, &length, x);
    for (size_t l = 1; l < run->deployment->model->layer_count && y; l++) {
        float *in = y;
        y = run_layer(run, l, steps, &length, in);
        free(in);
    }
    return y;
}

static void add_bits(struct values *values, const char *name, const float *floats, size_t count)
{
    struct text rows = {0};
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &floats[i], sizeof bits);
        text_add(&rows, "%s0x%08xu,%s", i % 8 ? "" : "    ", (unsigned)bits,
                 i % 8 == 7 || i + 1 == count ? "\n" : " ");
    }
    values_take(values, name, &rows);
}

/* An input for models that bring none, which the caller frees; NULL: there is no memory. */
static float *draw_input(size_t count)
{
    float *x = allocate(count);
    unsigned random = 1;
    for (size_t i = 0; i < count && x; i++) {
        random = random * 1664525u + 1013904223u;
        x[i] = (float)(random >> 8) / (float)(1 << 23) - 1;
    }
    return x;
}

/* The model's own output must be what it gives here. */
static bool check_output(const struct deployment *d, const float *y, size_t count,
                         struct failure *failure)
{
    const struct deploy_data *data = &d->model->data;
    const double tolerance = deployment_tolerance(d);
    double worst = 0;
    if (data->count != count)
        return fail(failure, "--data: the output has %zu floats, where the model gives %zu",
                    data->count, count);
    for (size_t i = 0; i < count; i++) {
        const double off =
            fabs((double)y[i] - data->output[i]) - data->step * fabs(data->output[i]);
        worst = off > worst || off != off ? off : worst;
    }
    return worst <= tolerance ||
           fail(failure, "--data: the model gives an output that is off by %g, expected at most %g",
                worst, tolerance);
}

void deploy_isa_strings(const struct deployment *d, struct values *values)
{
    struct text strings = {0};
    for (size_t f = 0; f < d->form_count; f++)
        text_add(&strings, "%s\"%s\"", f ? ", " : "", d->forms[f].name);
    values_take(values, "ISA_STRINGS", &strings);
}

/* The initial states, where it is not the model that says them. */
static bool add_initial(const struct deployment *d, struct values *values, struct failure *failure)
{
    float *initial = allocate(d->layout.initial_count);
    bool any = false;
    if (!initial)
        return fail_memory(failure);
    for (size_t l = 0, number = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++, number++) {
            const struct deploy_pass *pass = &d->model->layers[l].passes[p];
            const struct graph *graph = deployment_program(d, l, p)->graph;
            for (int s = 0; s < graph->state_count; s++) {
                any = any || pass->tested[s];
                if (start_of(pass, s))
                    memcpy(initial + d->layout.place[number][s], start_of(pass, s),
                           sizeof *initial * deployment_size(&d->model->layers[l], graph,
                                                             graph->states[s].extent));
            }
        }
    add_bits(values, "INITIAL_BITS", initial, any ? d->layout.initial_count : 0);
    values_add(values, "TEST_INITIAL", "%s",
               any ? template_text("deploy/self_test/initial.c.in") : "");
    values_add(values, "INITIAL_FLOATS", "%s",
               any ? template_text("deploy/self_test/floats.c.in") : "");
    values_add(values, "INITIAL_ARGUMENT", "%s", any ? "begins" : "NULL");
    free(initial);
    return true;
}

/* The most floats that a layer takes or gives in a step. */
static size_t widest(const struct deployment *d)
{
    size_t most = d->inputs;
    for (size_t l = 0; l < d->model->layer_count; l++)
        most = deployment_outputs(d, l) > most ? deployment_outputs(d, l) : most;
    return most;
}

/* How many steps of such a width the self-test can have: it is C text, and to be compiled. */
static size_t steps_most(const struct deployment *d)
{
    return d->model->most ? d->model->most / DEPLOY_TEST_BYTES / widest(d) : SIZE_MAX;
}

/* How many steps the self-test has, and where its sequence ends. */
static size_t choose_steps(const struct deployment *d, size_t *length)
{
    const struct deploy_model *model = d->model;
    const size_t most = steps_most(d), some = most > TEST_STEPS ? TEST_STEPS : most ? most : 1;
    const bool short_enough = model->steps > 1 && (model->exact_steps || model->steps < some);
    size_t steps = model->data.input ? model->data.steps : short_enough ? model->steps : some;
    *length = model->data.input ? model->data.length : model->lengths ? steps - steps / 4 : steps;
    if (model->length != DEPLOY_ANY_LENGTH) {
        *length = model->length;
        steps = steps < *length ? *length : steps;
    }
    return steps;
}

static bool check_steps(const struct deployment *d, size_t steps, struct failure *failure)
{
    return d->model->data.input || steps <= steps_most(d) ||
           fail(failure,
                "its self-test would have %zu steps of %zu floats, expected --no-test for what is "
                "so large",
                steps, widest(d));
}

/* With weights as they were learned: rounded, it may give another. */
static bool check_data(const struct deployment *d, struct failure *failure)
{
    const struct deploy_data *data = &d->model->data;
    const struct run run = {d, true};
    size_t length, steps = choose_steps(d, &length);
    if (!data->output)
        return true;
    float *y = run_model(&run, &steps, length, data->input);
    const bool right = y ? check_output(d, y, steps * d->outputs, failure) : fail_memory(failure);
    free(y);
    return right;
}

bool deploy_self_test(const struct deployment *d, struct values *values, struct failure *failure)
{
    const struct deploy_data *data = &d->model->data;
    if (d->model->no_test && !data->output)
        return true;
    size_t length, steps = choose_steps(d, &length);
    const size_t count = steps * d->inputs;
    if (!check_steps(d, steps, failure))
        return false;
    float *drawn = data->input ? NULL : draw_input(count), *y = NULL;
    const float *x = drawn ? drawn : data->input;
    if (x) {
        values_add(values, "TEST_STEPS", "%zu", steps);
        values_add(values, "TEST_LENGTH", "%zu", length);
        deploy_isa_strings(d, values);
        add_bits(values, "INPUT", x, count);
        values_choose(values, "TEST_DATA", "layers", "data.c");
        y = run_model(&(struct run){d, false}, &steps, length, x);
    }
    const bool right = y ? check_data(d, failure) : fail_memory(failure);
    if (right)
        add_bits(values, "EXPECTED", y, steps * d->outputs);
    free(drawn);
    free(y);
    return right && add_initial(d, values, failure);
}
