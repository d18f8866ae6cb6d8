/* SPDX-License-Identifier: MIT */
/* What NAME_test.c of a model with a schedule is about: inputs, and what comes of them, as bits. */
#include "deploy/deployment.h"

#include "inspect/interpret.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps of computing that repetitions may take here, where kernels are interpreted: some seconds.
 */
#define REPETITIONS_MOST (INT64_C(1) << 32)

/* A run of the schedule: memory for every buffer; `exact` with weights as they were learned. */
struct running {
    const struct deployment *d;
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
            float *rows = r->memory[step->rows[s][steps % 2]];
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
    return !d->model->most ||
           (bytes <= d->model->room && elements <= d->model->most / DEPLOY_TEST_BYTES) ||
           fail(failure,
                "its self-test would take %zu bytes and have %zu numbers in and out, expected "
                "--no-test for what is so large",
                bytes, elements);
}

static bool allocate(struct running *r, struct failure *failure)
{
    const struct schedule *schedule = r->d->model->schedule;
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
            fill_input(r->d->model->inputs ? &r->d->model->inputs[buffer->index] : NULL, buffer,
                       r->memory[b], &random);
    }
    return r->memory || fail_memory(failure);
}

static void free_memory(struct running *r)
{
    const struct schedule *schedule = r->d->model->schedule;
    for (size_t b = 0; b < schedule->buffer_count && r->memory; b++)
        if (schedule->buffers[b].place != PLACE_CONSTANT &&
            schedule->buffers[b].place != PLACE_SLICE)
            free(r->memory[b]);
    free(r->memory);
}

/* ---- Its text ---- */

/* An argument's elements: floats as their bits. */
static void add_data(const struct buffer *buffer, const void *memory, struct text *out)
{
    const char kind = buffer->place == PLACE_INPUT ? 'x' : 'y';
    text_add(out, "static const %s %c%zu_given[] = {\n",
             buffer->is_int ? schedule_type(buffer) : "unsigned", kind, buffer->index);
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

static void add_arrays(const struct running *r, struct values *values)
{
    const struct schedule *schedule = r->d->model->schedule;
    struct text data = {0}, room = {0}, begin = {0}, compare = {0};
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        const bool in = buffer->place == PLACE_INPUT;
        const char kind = in ? 'x' : 'y';
        const size_t index = buffer->index;
        if (!in && buffer->place != PLACE_OUTPUT)
            continue;
        add_data(buffer, r->memory[b], &data);
        text_add(&room, "static %s %c%zu[%zu];\n", schedule_type(buffer), kind, index,
                 buffer->count);
        if (in)
            text_add(&begin, "        memcpy(x%zu, x%zu_given, sizeof x%zu);\n", index, index,
                     index);
        else
            text_add(&begin, "        memset(y%zu, 0x55, sizeof y%zu);\n", index, index);
        if (!in)
            text_add(&compare, "        right = right && !memcmp(y%zu, y%zu_given, sizeof y%zu);\n",
                     index, index, index);
    }
    values_take(values, "TEST_DATA", &data);
    values_take(values, "TEST_ROOM", &room);
    values_take(values, "TEST_BEGIN", &begin);
    values_take(values, "TEST_COMPARE", &compare);
    values_add(values, "TEST_STEPS", "0");
    values_add(values, "TEST_LENGTH", "0");
    values_add(values, "TEST_INITIAL", "%s", "");
    values_add(values, "TEST_STEP", "%s", "");
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
    const struct schedule *schedule = r->d->model->schedule;
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
           (schedule_run(model->schedule, r->memory, REPETITIONS_MOST, run_kernel, r) ||
            fail(failure, "the self-test cannot run: %s",
                 model->inputs
                     ? "the model fails on the inputs of --data"
                     : "the model needs inputs of its own, or its Loops too many steps, expected "
                       "--data or --no-test"));
}

/* By the weights that were learned. */
static bool check_data(const struct deployment *d, struct failure *failure)
{
    struct running r = {.d = d, .exact = true};
    const bool right = !d->model->outputs || (run(&r, failure) && check_outputs(&r, failure));
    free_memory(&r);
    return right;
}

bool deploy_schedule_test(const struct deployment *d, struct values *values,
                          struct failure *failure)
{
    struct running r = {.d = d};
    if ((!d->model->no_test || d->model->outputs) && !check_room(d, failure))
        return false;
    if (!check_data(d, failure))
        return false;
    if (d->model->no_test)
        return true;
    const bool ran = run(&r, failure);
    if (ran) {
        add_arrays(&r, values);
        deploy_isa_strings(d, values);
    }
    free_memory(&r);
    return ran;
}
