/* SPDX-License-Identifier: MIT */
/* How a model with a schedule is called, and what a call does, as C: what varies in NAME.h and
 * NAME.c. */
#include "deploy/deployment.h"

#include "common/hash.h"

#include <stdlib.h>
#include <string.h>

/* ---- Arguments ---- */

/* Inputs, then outputs. */
static const struct buffer *argument(const struct schedule *schedule, size_t number)
{
    const enum place place = number < schedule->input_count ? PLACE_INPUT : PLACE_OUTPUT;
    const size_t index = place == PLACE_INPUT ? number : number - schedule->input_count;
    size_t b = 0;
    while (schedule->buffers[b].place != place || schedule->buffers[b].index != index)
        b++;
    return &schedule->buffers[b];
}

static void add_argument_row(const struct buffer *buffer, bool counts, struct text *out)
{
    const bool in = buffer->place == PLACE_INPUT;
    text_add(out, " *     %c%zu: the %s ", in ? 'x' : 'y', buffer->index, in ? "input" : "output");
    deploy_quote(out, buffer->name);
    text_add(out, ",%s", buffer->is_int ? " whole numbers," : "");
    if (counts || !buffer->rank)
        text_add(out, " %zu%s", buffer->count, buffer->rounded ? "," : "");
    if (buffer->rounded)
        text_add(out, " rounded to %s", buffer->rounded);
    for (size_t d = 0; d < buffer->rank; d++)
        text_add(out, "%s%zu%s", d ? "][" : " as [", buffer->dims[d],
                 d + 1 == buffer->rank ? "]" : "");
    text_add(out, "\n");
}

static void add_argument_rows(const struct schedule *schedule, struct text *out)
{
    for (size_t i = 0; i < schedule->input_count + schedule->output_count; i++)
        add_argument_row(argument(schedule, i), true, out);
}

/* Without how many elements they have, which need not go on by as much with every step. */
static void add_open_rows(const struct schedule *schedule, struct text *out)
{
    for (size_t i = 0; i < schedule->input_count + schedule->output_count; i++)
        add_argument_row(argument(schedule, i), false, out);
}

/* The text of something for the most steps, with a name for their number where it depends on that.
 */
static void add_merged(const struct deploy_model *model,
                       void (*add)(const struct schedule *schedule, struct text *out),
                       const char *name, struct text *out)
{
    struct text most = {0}, less = {0};
    add(model->schedule, &most);
    if (model->less) {
        add(model->less, &less);
        const struct merging merging = {most.chars, less.chars, name, model->steps};
        if (!schedule_merge(&merging, NULL, 0, out))
            abort();
    } else {
        text_add_bytes(out, most.chars, most.length);
    }
    text_free(&most);
    text_free(&less);
}

/* The rows for any number of steps; and those for one, where they are others. */
static void add_rows(const struct deploy_model *model, struct text *rows)
{
    struct text most = {0}, less = {0}, one = {0};
    add_merged(model, model->less ? add_open_rows : add_argument_rows, "steps", rows);
    if (model->one) {
        add_open_rows(model->schedule, &most);
        add_open_rows(model->less ? model->less : model->schedule, &less);
        add_open_rows(model->one, &one);
        const struct merging merging = {most.chars, less.chars, "steps", model->steps};
        if (!schedule_merge(&merging, one.chars, 1, NULL))
            text_add(rows, " * and of one step:\n%s", one.chars);
    }
    text_free(&most);
    text_free(&less);
    text_free(&one);
}

/* How many time steps a call has, where it says that. */
static void add_step_count(const struct deploy_model *model, struct text *rows,
                           struct values *values)
{
    const bool asks = model->asks_steps;
    struct text size = {0};
    if (asks)
        text_add(&size, "\nenum { @UPPER@_STEPS = %zu };", model->steps);
    values_take(values, "STEPS_SIZE", &size);
    values_add(values, "STEPS_FAIL", "%s", asks ? "there are other steps than that, " : "");
    if (asks && model->least == model->steps)
        text_add(rows, " *     steps: of time, always %zu\n", model->steps);
    else if (asks)
        text_add(rows, " *     steps: of time, %zu to %zu\n", model->least, model->steps);
}

/* The number of steps by its name; and what a call is given that no step of it reads. */
static void add_used(const struct deploy_model *model, struct values *values)
{
    struct text used = {0};
    if (model->asks_steps)
        text_add(&used, "    const ptrdiff_t n = (ptrdiff_t)steps;\n    (void)n;\n");
    for (size_t i = 0; i < model->schedule->input_count; i++) {
        const struct buffer *buffer = argument(model->schedule, i);
        if (buffer->first > buffer->last)
            text_add(&used, "    (void)x%zu;\n", i);
    }
    values_take(values, "STEPS_USED", &used);
}

static void add_arguments(const struct deploy_model *model, struct values *values)
{
    const struct schedule *schedule = model->schedule;
    const size_t count = schedule->input_count + schedule->output_count;
    struct text list = {0}, names = {0}, rows = {0}, missing = {0};
    struct text lists = {0}, of = {0}, missing_of = {0}; /* of many streams */
    bool ints = false;
    add_step_count(model, &rows, values);
    add_used(model, values);
    if (model->asks_steps) {
        text_add(&list, "size_t steps, ");
        text_add(&names, "steps, ");
        text_add(&missing, " || steps < %zu || steps > %zu", model->least, model->steps);
        text_add(&lists, "size_t steps, ");
        text_add(&of, "steps, ");
    }
    for (size_t i = 0; i < count; i++) {
        const struct buffer *buffer = argument(schedule, i);
        const bool in = buffer->place == PLACE_INPUT;
        text_add(&list, "%s%s%s *%c%zu", i ? ", " : "", in ? "const " : "", schedule_type(buffer),
                 in ? 'x' : 'y', buffer->index);
        text_add(&names, "%s%c%zu", i ? ", " : "", in ? 'x' : 'y', buffer->index);
        text_add(&missing, " || !%c%zu", in ? 'x' : 'y', buffer->index);
        text_add(&lists, "%s%s%s *const %c%zu[]", i ? ", " : "", in ? "const " : "",
                 schedule_type(buffer), in ? 'x' : 'y', buffer->index);
        text_add(&of, "%s%c%zu[k]", i ? ", " : "", in ? 'x' : 'y', buffer->index);
        text_add(&missing_of, "%s!%c%zu[k]", i ? " || " : "", in ? 'x' : 'y', buffer->index);
        ints |= buffer->is_int;
    }
    add_rows(model, &rows);
    values_take(values, "ARGUMENTS", &list);
    values_take(values, "ARGUMENT_NAMES", &names);
    values_take(values, "ARGUMENT_ROWS", &rows);
    values_take(values, "ARGUMENTS_MISSING", &missing);
    values_take(values, "ARGUMENT_LISTS", &lists);
    values_take(values, "ARGUMENTS_OF", &of);
    values_take(values, "ARGUMENT_MISSING", &missing_of);
    values_add(values, "STEP_ARGUMENTS", "model, state, @ARGUMENT_NAMES@");
    values_add(values, "INCLUDE_STDINT", "%s", ints ? "#include <stdint.h>" : "");
}

/* ---- Steps ---- */

/* What a kernel's step is written for. */
struct writing {
    const struct schedule *schedule;
    struct text *out;
};

static void add_kernel(void *context, const struct kernel_step *step)
{
    const struct writing *w = context;
    const struct schedule *schedule = w->schedule;
    struct text *out = w->out;
    text_add(out, "        struct work work;\n        work.pass = %zu;\n", step->layer);
    text_add(out, "        work.steps = (size_t)%zu;\n        work.batch = (size_t)%zu;\n",
             step->x.dims[1], step->x.dims[0]);
    text_add(out, "        work.settles = %d;\n", step->settles);
    const struct view *const views[] = {&step->x, &step->y};
    for (size_t k = 0; k < 2; k++) {
        const char name = k ? 'y' : 'x';
        text_add(out, "        work.%c = ", name);
        schedule_pointer(schedule, views[k]->buffer, views[k]->offset, out);
        text_add(out, ";\n        work.%c_step = %td;\n        work.%c_row = %td;\n", name,
                 views[k]->strides[1], name, views[k]->strides[0]);
    }
    for (size_t s = 0; s < step->state_count; s++) {
        for (size_t k = 0; k < 2; k++) {
            text_add(out, "        work.rows[%zu][%zu] = ", s, k);
            schedule_pointer(schedule, step->rows[s][k], 0, out);
            text_add(out, ";\n");
        }
        text_add(out, "        work.row_step[%zu] = %zu;\n", s, step->row_step[s]);
    }
    text_add(out, "        work.state_count = %zu;\n        @NAME@_run_kernel_(call, &work);\n",
             step->state_count);
}

void deploy_schedule_text(const struct schedule *schedule, struct text *out)
{
    struct writing writing = {schedule, out};
    text_add_bytes(out, "", 0);
    schedule_text(schedule, add_kernel, &writing, out);
}

void deploy_trial_text(const struct schedule *schedule, struct text *out)
{
    deploy_schedule_text(schedule, out);
    add_open_rows(schedule, out);
}

void deploy_free_schedules(struct deploy_model *model)
{
    schedule_free(model->schedule);
    schedule_free(model->less);
    schedule_free(model->one);
    model->schedule = model->less = model->one = NULL;
}

void deploy_calls_text(const struct deploy_model *model, struct text *out)
{
    if (model->one) {
        text_add(out, "    if (n == 1) {\n");
        deploy_schedule_text(model->one, out);
        text_add(out, "        return 0;\n    }\n");
    }
    add_merged(model, deploy_schedule_text, "n", out);
}

uint64_t deploy_schedule_hash(const struct deployment *d, uint64_t hash)
{
    struct text text = {0};
    deploy_calls_text(d->model, &text);
    schedule_constants(d->model->schedule, &text);
    if (d->model->one)
        schedule_constants(d->model->one, &text);
    hash = hash_bytes(hash, text.chars, text.length);
    text_free(&text);
    return hash;
}

static bool can_fail(const struct schedule *schedule)
{
    bool can = false;
    for (size_t s = 0; schedule && s < schedule->step_count; s++) {
        const struct step *step = &schedule->steps[s];
        can |= step->kind == STEP_FAIL || step->kind == STEP_REPEAT ||
               (step->kind == STEP_LOOP && step->loop.scatters);
        for (size_t k = 0; step->kind == STEP_LOOP && k < step->loop.operand_count; k++)
            can |= step->loop.operands[k].is_indexed;
    }
    return can;
}

static void add_steps(const struct deployment *d, struct values *values)
{
    const struct schedule *schedule = d->model->schedule;
    struct text steps = {0}, constants = {0}, declared = {0}, kept = {0}, copy = {0};
    size_t initial = 0;
    deploy_calls_text(d->model, &steps);
    schedule_constants(schedule, &constants);
    schedule_declare_constants(schedule, &declared);
    if (d->model->one) {
        schedule_constants(d->model->one, &constants);
        schedule_declare_constants(d->model->one, &declared);
    }
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        if (buffer->place != PLACE_KEPT)
            continue;
        text_add(&kept, "    memcpy(kept + %zu, initial + %zu, sizeof *kept * %zu);\n",
                 buffer->at / sizeof(float), initial, buffer->count);
        text_add(&copy, "    copy(kept + %zu, saved + BYTES * %zu, %zu);\n",
                 buffer->at / sizeof(float), initial, buffer->count);
        initial += buffer->count;
    }
    values_take(values, "SCHEDULE", &steps);
    values_take(values, "CONSTANTS", &constants);
    values_take(values, "CONSTANTS_DECLARED", &declared);
    values_take(values, "RESET_KEPT", &kept);
    values_take(values, "COPY_KEPT", &copy);
    values_add(values, "FAILS", "%s",
               can_fail(schedule) || can_fail(d->model->one)
                   ? "what it computes would be outside of what there is, or take too long"
                   : "the model is none");
    values_add(values, "CARRIED_AT", "%zu", d->layout.carried);
    values_add(values, "ARENA_AT", "%zu", d->layout.arena);
    values_add(values, "ARENA", "%zu", schedule->arena);
    values_add(values, "ALIVE", "%zu", schedule->alive);
}

/* What a call does is compiled for any CPU, and once more for one with AVX2, as far as there are
 * forms for such. */
static void add_run(const struct deployment *d, struct values *values)
{
    const bool avx2 = deployment_has_avx2(d);
    bool any = false;
    for (size_t f = 0; f < d->form_count; f++)
        any |= !isa_has_avx2(d->forms[f].isa);
    values_add(values, "INCLUDE_STEPS", "%s#include \"@NAME@_steps.h\"",
               any ? "#define RUN_STEPS static int run_steps\n" : "");
    values_add(values, "STEPS_DECLARED", "%s",
               avx2 ? template_text("deploy/schedule/declare_avx2.h.in") : "");
    values_add(
        values, "CALL_STEPS", "%s%s", avx2 ? template_text("deploy/schedule/call_avx2.c.in") : "",
        template_text(any ? "deploy/schedule/call_any.c.in" : "deploy/schedule/call_none.c.in"));
    values_choose(values, "FAST_LOOPS", "schedule", "fast.c");
}

void deploy_schedule(const struct deployment *d, struct values *values)
{
    values_add(values, "STATE_ROWS", "%s", "");
    values_add(values, "LAYERS_TABLE", "%s", "");
    values_choose(values, "STEP_DECLARATION", "schedule", "step.h");
    values_choose(values, "KERNEL_FUNCTION", "sequence", "kernel.h");
    values_add(values, "INCLUDE_SOFTMAX", "%s", "");
    values_add(values, "SOFTMAX_FIELD", "%s", "");
    values_choose(values, "RESET_COMMENT", "parts", "reset.h");
    add_arguments(d->model, values);
    add_steps(d, values);
    add_run(d, values);
}
