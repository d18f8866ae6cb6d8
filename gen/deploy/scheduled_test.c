/* SPDX-License-Identifier: MIT */
/* What NAME_test.c of a model with a schedule is about: inputs, and what comes of them, as bits. */
#include "deploy/deployment.h"

#include "inspect/interpret.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps of computing that repetitions may take here, where kernels are interpreted. */
#define REPETITIONS_MOST (INT64_C(1) << 32)

/* A run of a schedule: memory for every buffer; `exact` with weights as they were learned. */
struct running {
    const struct deployment *d;
    const struct schedule *schedule;
    bool exact;
    void **memory;
};

static void run_kernel(void *context, const struct kernel_step *step)
{
    const struct running *r = context;
    const struct program *program = deployment_program(r->d, step->layer, 0);
    const struct deploy_layer *layer = &r->d->model->layers[step->layer];
    const float *x = (const float *)r->memory[step->x.buffer] + step->x.offset;
    float *y = (float *)r->memory[step->y.buffer] + step->y.offset;
    const size_t steps = step->x.dims[1];
    struct interpretation *in = interpret_create(program, layer->passes[0].params, r->exact);
    for (size_t b = 0; b < step->x.dims[0]; b++) {
        for (size_t s = 0; s < step->state_count; s++) {
            const size_t size =
                deployment_size(layer, program->graph, program->graph->states[s].extent);
            const float *rows = r->memory[step->rows[s][0]];
            memcpy(interpret_state(in, s), rows + b * step->row_step[s], size * sizeof *rows);
        }
        for (size_t t = 0; t < steps; t++)
            interpret_step(
                in, x + (ptrdiff_t)b * step->x.strides[0] + (ptrdiff_t)t * step->x.strides[1],
                y + (ptrdiff_t)b * step->y.strides[0] + (ptrdiff_t)t * step->y.strides[1]);
        for (size_t s = 0; s < step->state_count; s++) {
            const size_t size =
                deployment_size(layer, program->graph, program->graph->states[s].extent);
            float *rows = r->memory[step->rows[s][step->settles ? 1 : steps % 2]];
            memcpy(rows + b * step->row_step[s], interpret_state(in, s), size * sizeof *rows);
        }
    }
    interpret_free(in);
}

/* ---- Inputs ---- */

/* What the model brings for an input, or numbers between -1 and 1; whole ones are 0 and 1, or of
 * what 8 and 16 bits can be, anything. */
static void fill_input(const struct deploy_tensor *given, const struct buffer *buffer, void *memory,
                       unsigned *random)
{
    if (given) {
        for (size_t i = 0; i < buffer->count && buffer->is_int; i++)
            schedule_store(buffer, memory, i, ((const int64_t *)given->elements)[i]);
        if (!buffer->is_int)
            memcpy(memory, given->elements, buffer->count * sizeof(float));
        return;
    }
    for (size_t i = 0; i < buffer->count; i++) {
        *random = *random * 1664525u + 1013904223u;
        if (buffer->is_int)
            schedule_store(buffer, memory, i,
                           buffer->whole == WHOLE_64 ? *random >> 31 : *random >> 8);
        else
            ((float *)memory)[i] = (float)(*random >> 8) / (float)(1 << 23) - 1;
    }
}

/* What is in the arena before it is written, and past the end of any buffer, is never read: else
 * it shows, as it is NaN. */
static void *make_room(const struct buffer *buffer)
{
    enum { GUARD = 64 };
    const size_t count = buffer->count + GUARD;
    void *room = malloc(count * schedule_size(buffer));
    if (room && buffer->place == PLACE_KEPT)
        memset(room, 0, count * schedule_size(buffer));
    else if (room)
        memset(room, 0xff, count * schedule_size(buffer));
    return room;
}

/* Whether a run has room, and what goes in and comes out is not too much to be C text. */
static bool check_room(const struct deployment *d, struct failure *failure)
{
    const struct schedule *schedule = d->model->schedule;
    size_t bytes = 0, elements = 0;
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        const bool shown = buffer->place == PLACE_INPUT || buffer->place == PLACE_OUTPUT;
        bytes = weir_plus(bytes, buffer->place == PLACE_CONSTANT || buffer->place == PLACE_SLICE
                                     ? 0
                                     : weir_times(buffer->count, schedule_size(buffer)));
        elements = weir_plus(elements, shown ? buffer->count : 0);
    }
    if (d->model->less) /* another call of nearly as much */
        elements = weir_times(2, elements);
    return !d->model->most ||
           (bytes <= d->model->room && elements <= d->model->most / DEPLOY_TEST_BYTES) ||
           fail(failure,
                "its self-test would take %zu bytes and have %zu numbers in and out, expected "
                "--no-test for what is so large",
                bytes, elements);
}

static bool allocate(struct running *r, struct failure *failure)
{
    const struct schedule *schedule = r->schedule;
    const struct deploy_tensor *given =
        r->schedule == r->d->model->schedule ? r->d->model->inputs : NULL;
    unsigned random = 1;
    r->memory = calloc(schedule->buffer_count + 1, sizeof *r->memory);
    for (size_t b = 0; b < schedule->buffer_count && r->memory; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        const bool is_constant = buffer->place == PLACE_CONSTANT; /* which nothing writes to */
        if (buffer->place == PLACE_SLICE)
            continue;
        r->memory[b] = is_constant ? (void *)(uintptr_t)buffer->data : make_room(buffer);
        if (!r->memory[b])
            return fail_memory(failure);
        if (buffer->place == PLACE_INPUT)
            fill_input(given ? &given[buffer->index] : NULL, buffer, r->memory[b], &random);
    }
    return r->memory || fail_memory(failure);
}

static void free_memory(struct running *r)
{
    const struct schedule *schedule = r->schedule;
    for (size_t b = 0; b < schedule->buffer_count && r->memory; b++)
        if (schedule->buffers[b].place != PLACE_CONSTANT &&
            schedule->buffers[b].place != PLACE_SLICE)
            free(r->memory[b]);
    free(r->memory);
}

/* ---- Its text ---- */

/* What a self-test consists of; and of which call what goes in and comes out is, in names. */
struct test {
    struct text data, room, checks;
};

enum { CALL_MOST, CALL_LESS, CALL_ONE };
static const char *const calls[] = {"given", "of_less", "of_one"};

/* An argument's elements in one of the calls: floats as their bits. */
static void add_data(const struct buffer *buffer, const void *memory, size_t number,
                     struct text *out)
{
    const char kind = buffer->place == PLACE_INPUT ? 'x' : 'y';
    text_add(out, "static const %s %c%zu_%s[] = {\n",
             buffer->is_int ? schedule_type(buffer) : "unsigned", kind, buffer->index,
             calls[number]);
    for (size_t i = 0; i < buffer->count; i++) {
        uint32_t bits;
        const char *end = i % 8 == 7 || i + 1 == buffer->count ? "\n" : " ";
        text_add(out, i % 8 ? "" : "    ");
        if (buffer->is_int) {
            schedule_whole_text(buffer->whole, schedule_load(buffer, memory, i), out);
            text_add(out, ",%s", end);
            continue;
        }
        memcpy(&bits, (const float *)memory + i, sizeof bits);
        text_add(out, "0x%08xu,%s", (unsigned)bits, end);
    }
    text_add(out, "};\n\n");
}

static void add_steps(const struct deploy_model *model, size_t steps, struct text *out)
{
    if (model->asks_steps)
        text_add(out, "        steps = %zu;\n", steps);
}

/* A call, and what must come of it. */
static void add_call(const struct running *r, size_t steps, size_t number, struct test *test)
{
    const struct schedule *schedule = r->schedule;
    const char *call = calls[number];
    struct text begin = {0}, compare = {0};
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        const bool in = buffer->place == PLACE_INPUT;
        const char kind = in ? 'x' : 'y';
        const size_t index = buffer->index;
        if (!in && buffer->place != PLACE_OUTPUT)
            continue;
        add_data(buffer, r->memory[b], number, &test->data);
        if (schedule == r->d->model->schedule)
            text_add(&test->room, "static %s %c%zu[%zu];\n", schedule_type(buffer), kind, index,
                     buffer->count);
        if (in)
            text_add(&begin, "        memcpy(x%zu, x%zu_%s, sizeof x%zu_%s);\n", index, index, call,
                     index, call);
        else
            text_add(&begin, "        memset(y%zu, 0x55, sizeof y%zu);\n", index, index);
        if (!in)
            text_add(&compare, "        right = right && !memcmp(y%zu, y%zu_%s, sizeof y%zu_%s);\n",
                     index, index, call, index, call);
    }
    add_steps(r->d->model, steps, &test->checks);
    text_add(&test->checks, "%s        right = right && call(state);\n%s", begin.chars,
             compare.chars);
    text_add(&test->checks, "        @NAME@_reset(state);\n");
    text_free(&begin);
    text_free(&compare);
}

/* Calls of other steps than there may be. */
static void add_wrong_steps(const struct deploy_model *model, struct text *out)
{
    const size_t wrong[] = {model->least - 1, model->steps + 1};
    for (size_t k = 0; k < 2 && model->asks_steps; k++) {
        add_steps(model, wrong[k], out);
        text_add(out, "        right = right && !call(state);\n");
    }
}

static double element(const struct buffer *buffer, const void *memory, size_t i)
{
    return buffer->is_int ? (double)schedule_load(buffer, memory, i)
                          : (double)((const float *)memory)[i];
}

/* The same of what the model brings, whose whole numbers are of 64 bits. */
static double given_element(const struct buffer *buffer, const void *given, size_t i)
{
    return buffer->is_int ? (double)((const int64_t *)given)[i] : (double)((const float *)given)[i];
}

/* The model's own outputs must be what it gives here, infinities and NaN as they are. */
static bool check_outputs(const struct running *r, struct failure *failure)
{
    const struct schedule *schedule = r->schedule;
    const struct deploy_tensor *outputs = r->d->model->outputs;
    const double tolerance = deployment_tolerance(r->d);
    for (size_t b = 0; b < schedule->buffer_count && outputs; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        double worst = 0, most = 1;
        if (buffer->place != PLACE_OUTPUT)
            continue;
        const void *given = outputs[buffer->index].elements, *made = r->memory[b];
        const double step = outputs[buffer->index].step;
        for (size_t i = 0; i < buffer->count; i++) {
            const double a = given_element(buffer, given, i), y = element(buffer, made, i);
            const double off = a == y || (isnan(a) && isnan(y))
                                   ? 0
                                   : fabs(a - y) - (isfinite(a) ? step * fabs(a) : 0);
            worst = off > worst || isnan(off) ? off : worst;
            most = isfinite(a) && fabs(a) > most ? fabs(a) : most;
        }
        if (!(worst <= tolerance * most))
            return fail(failure,
                        "--data: the output '%.80s' is off by %g, expected at most %g of %g",
                        quote(buffer->name).text, worst, tolerance, most);
    }
    return true;
}

static bool run(struct running *r, struct failure *failure)
{
    const struct deploy_model *model = r->d->model;
    return allocate(r, failure) &&
           (schedule_run(r->schedule, r->memory, REPETITIONS_MOST, run_kernel, r) ||
            fail(failure, "the self-test cannot run: %s",
                 model->inputs
                     ? "the model fails on the inputs of --data"
                     : "the model needs inputs of its own, or its Loops too many steps, expected "
                       "--data or --no-test"));
}

/* By the weights that were learned. */
static bool check_data(const struct deployment *d, struct failure *failure)
{
    struct running r = {.d = d, .schedule = d->model->schedule, .exact = true};
    const bool right = !d->model->outputs || (run(&r, failure) && check_outputs(&r, failure));
    free_memory(&r);
    return right;
}

/* Runs a schedule, and adds it to the self-test. */
static bool add_run(const struct deployment *d, const struct schedule *schedule, size_t steps,
                    size_t number, struct test *test, struct failure *failure)
{
    struct running r = {.d = d, .schedule = schedule};
    const bool ran = run(&r, failure);
    if (ran)
        add_call(&r, steps, number, test);
    free_memory(&r);
    return ran;
}

/* So with fewer steps; where a model needs inputs of its own, it has none for that. */
static bool add_fewer(const struct deployment *d, const struct schedule *schedule, size_t steps,
                      size_t number, struct test *test, struct failure *failure)
{
    return !schedule || add_run(d, schedule, steps, number, test, failure) || d->model->inputs;
}

bool deploy_schedule_test(const struct deployment *d, struct values *values,
                          struct failure *failure)
{
    const struct deploy_model *model = d->model;
    struct test test = {0};
    if ((!model->no_test || model->outputs) && !check_room(d, failure))
        return false;
    if (!check_data(d, failure))
        return false;
    if (model->no_test)
        return true;
    if (model->asks_steps)
        text_add(&test.room, "static size_t steps;\n");
    add_wrong_steps(model, &test.checks);
    const bool ran = add_fewer(d, model->one, 1, CALL_ONE, &test, failure) &&
                     add_fewer(d, model->less, model->steps - 1, CALL_LESS, &test, failure) &&
                     add_run(d, model->schedule, model->steps, CALL_MOST, &test, failure);
    values_take(values, "TEST_DATA", &test.data);
    values_take(values, "TEST_ROOM", &test.room);
    values_take(values, "TEST_CHECKS", &test.checks);
    values_add(values, "TEST_STEPS", "0");
    values_add(values, "TEST_LENGTH", "0");
    values_add(values, "TEST_INITIAL", "%s", "");
    values_add(values, "TEST_STEP", "%s", "");
    if (ran)
        deploy_isa_strings(d, values);
    return ran;
}
