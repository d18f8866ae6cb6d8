/* SPDX-License-Identifier: MIT */
/* A model whose number of steps a call says. No operator knows of that: the model is lowered for
 * every number there may be, and what is written is the C of each of them: one text, in which
 * whole numbers go on with the steps (schedule/merge.c), and where that of a single step differs in
 * more, a second one. What is no such model is right for the number of steps alone that was asked
 * for. */
#include "deploy/deployment.h"
#include "deploy/graph.h"
#include "deploy/graph/lower.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

/* More steps are not gone through one by one, nor so many elements of all values in all of them,
 * each value being as good as some. */
enum { OPEN_STEPS_MOST = 1024, OPEN_ELEMENTS_MOST = 1 << 29, OPEN_OF_VALUE = 1024 };

/* A model for one number of steps, with memory of its own. */
struct trial {
    onnx_model onnx;
    struct deploy_model *model;
    struct text text;
    bool lowered;
};

struct opening {
    const onnx_model *onnx;
    const struct deploy_request *request;
    struct deploy_model *model;
    struct lower_steps hints; /* that the trials are lowered with */
    struct trial most, less; /* for the most steps, and one less */
    struct lower_sizes sizes[DEPLOY_LAYERS_MAX]; /* of what its layers have learned */
    struct trial spare; /* one that ended: its memory is taken again, as fresh memory costs more */
    size_t least; /* steps down to which one text is right for all */
    bool has_one; /* one step has a text of its own */
};

/* ---- Trials ---- */

static void free_trial(struct trial *trial)
{
    if (trial->model)
        schedule_free(trial->model->schedule);
    free(trial->model);
    text_free(&trial->text);
    onnx_memory_destroy(trial->onnx.memory);
    *trial = (struct trial){0};
}

static void end_trial(struct opening *o, struct trial *trial)
{
    free_trial(&o->spare);
    o->spare = *trial;
    *trial = (struct trial){0};
}

/* Room for a trial, in which nothing is yet. False: there is no memory. */
static bool make_room(struct opening *o, struct trial *trial)
{
    *trial = o->spare;
    o->spare = (struct trial){0};
    trial->lowered = false;
    trial->text.length = 0;
    if (trial->model && trial->model->schedule && trial->onnx.memory) {
        onnx_memory_clear(trial->onnx.memory);
        schedule_clear(trial->model->schedule);
        trial->model->layer_count = 0;
        trial->model->asks_steps = false;
        return true;
    }
    free_trial(trial);
    *trial = (struct trial){.onnx = *o->onnx, .model = calloc(1, sizeof *trial->model)};
    trial->onnx.memory = onnx_memory_within(o->onnx->memory);
    if (trial->model)
        trial->model->schedule = schedule_create();
    return trial->model && trial->onnx.memory;
}

/* In memory that ends with it, or in that of the model. */
static void begin_trial(struct opening *o, size_t steps, const struct lower_steps *hints,
                        bool lasts, struct trial *trial)
{
    struct deploy_request request = *o->request;
    struct failure why;
    request.steps = steps;
    trial->lowered = make_room(o, trial) && lower_model(lasts ? o->onnx : &trial->onnx, &request,
                                                        hints, trial->model, &why);
}

/* ---- What differs ---- */

static bool same_layers(const struct opening *o, const struct deploy_model *a)
{
    const struct deploy_model *most = o->most.model;
    bool same = a->layer_count == most->layer_count;
    for (size_t l = 0; l < a->layer_count && same; l++)
        same = lower_same_layer(&most->layers[l], &a->layers[l], &o->sizes[l]);
    return same;
}

/* Whether a buffer can lie where that of more steps does; constants and what is kept do not change.
 */
static bool fits_in(const struct buffer *a, const struct buffer *most)
{
    const size_t size = schedule_size(a);
    if (a->place != most->place || a->is_int != most->is_int || a->whole != most->whole ||
        a->index != most->index || a->count > most->count)
        return false;
    if (a->place == PLACE_KEPT)
        return a->count == most->count;
    return a->place != PLACE_CONSTANT ||
           (a->count == most->count && !memcmp(a->data, most->data, a->count * size));
}

static bool take_places(struct schedule *schedule, const struct schedule *most)
{
    bool fit = schedule->buffer_count == most->buffer_count;
    for (size_t b = 0; b < schedule->buffer_count && fit; b++) {
        fit = fits_in(&schedule->buffers[b], &most->buffers[b]);
        schedule->buffers[b].at = most->buffers[b].at;
    }
    return fit;
}

/* Whether a trial is what the texts say for that number of steps. */
static bool is_foretold(const struct opening *o, struct trial *trial, size_t steps)
{
    if (!take_places(trial->model->schedule, o->most.model->schedule) ||
        !same_layers(o, trial->model))
        return false;
    deploy_trial_text(trial->model->schedule, &trial->text);
    const struct text *less = o->less.model ? &o->less.text : &trial->text;
    const struct merging merging = {o->most.text.chars, less->chars, "n", o->request->steps};
    return schedule_merge(&merging, trial->text.chars, steps, NULL);
}

/* ---- One step ---- */

/* The model's layer that is the same as this one, which is added if there is none. False: there are
 * too many. */
static bool take_layer(struct deploy_model *model, const struct deploy_layer *layer, size_t *number)
{
    struct lower_sizes sizes;
    struct failure why;
    size_t l = 0;
    if (!lower_read_sizes(layer, &sizes, &why))
        return false;
    while (l < model->layer_count && !lower_same_layer(layer, &model->layers[l], &sizes))
        l++;
    if (l == DEPLOY_LAYERS_MAX)
        return false;
    model->layers[l] = *layer;
    model->layer_count += l == model->layer_count;
    *number = l;
    return true;
}

/* What is kept must lie in the same places. */
static bool keeps_same(const struct schedule *a, const struct schedule *b)
{
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        while (i < a->buffer_count && a->buffers[i].place != PLACE_KEPT)
            i++;
        while (k < b->buffer_count && b->buffers[k].place != PLACE_KEPT)
            k++;
        if (i == a->buffer_count || k == b->buffer_count)
            return i == a->buffer_count && k == b->buffer_count;
        if (a->buffers[i].at != b->buffers[k].at || a->buffers[i].count != b->buffers[k].count)
            return false;
    }
}

/* Constants that are there are not written again. */
static void share_constants(struct schedule *one, const struct schedule *most)
{
    for (size_t b = 0; b < one->buffer_count; b++)
        for (size_t k = 0; one->buffers[b].place == PLACE_CONSTANT && k < most->buffer_count; k++)
            if (most->buffers[k].first <= most->buffers[k].last &&
                fits_in(&one->buffers[b], &most->buffers[k]))
                one->buffers[b].shared = k + 1;
}

/* Calls of one step by a schedule of their own, in the same memory. False: it cannot be. */
static bool take_one(struct opening *o)
{
    struct deploy_model *model = o->model;
    struct trial trial;
    begin_trial(o, 1, &o->hints, true, &trial);
    struct schedule *most = model->schedule, *one = trial.lowered ? trial.model->schedule : NULL;
    size_t numbers[DEPLOY_LAYERS_MAX];
    const size_t before = model->layer_count;
    bool taken = one && keeps_same(one, most);
    for (size_t l = 0; taken && l < trial.model->layer_count; l++)
        taken = take_layer(model, &trial.model->layers[l], &numbers[l]);
    for (size_t s = 0; taken && s < one->step_count; s++)
        if (one->steps[s].kind == STEP_KERNEL)
            one->steps[s].kernel.layer = numbers[one->steps[s].kernel.layer];
    if (taken) {
        one->is_beside = true;
        share_constants(one, most);
        most->arena = one->arena > most->arena ? one->arena : most->arena;
        most->alive = one->alive > most->alive ? one->alive : most->alive;
        model->one = one;
        trial.model->schedule = NULL;
    } else {
        model->layer_count = before;
    }
    end_trial(o, &trial);
    return taken;
}

/* ---- All steps ---- */

static bool is_small(const struct value_shape *shapes, size_t count, size_t steps)
{
    size_t elements = 0;
    for (size_t v = 0; v < count; v++) {
        size_t all = 1;
        for (size_t d = 0; d < shapes[v].rank; d++)
            all = weir_times(all, shapes[v].dims[d]);
        elements = weir_plus(elements, weir_times(weir_plus(all, OPEN_OF_VALUE), steps));
    }
    return elements <= OPEN_ELEMENTS_MOST;
}

/* Which axes have another size where there is one step less. */
static bool find_open(struct opening *o, bool (*open)[ONNX_RANK_MAX])
{
    const size_t count = o->onnx->value_count;
    struct value_shape *shapes[2];
    bool known = true;
    for (size_t k = 0; k < 2; k++) {
        shapes[k] = calloc(count + 1, sizeof **shapes);
        const struct lower_steps plain = {.shapes = shapes[k]};
        struct trial trial = {0};
        if (known && shapes[k])
            begin_trial(o, o->request->steps - k, &plain, false, &trial);
        known = known && trial.lowered && trial.model->asks_steps >= (k == 0);
        end_trial(o, &trial);
    }
    known = known && is_small(shapes[0], count, o->request->steps);
    for (size_t v = 0; v < count && known; v++)
        for (size_t d = 0; d < shapes[0][v].rank; d++)
            open[v][d] = shapes[0][v].dims[d] != shapes[1][v].dims[d];
    free(shapes[0]);
    free(shapes[1]);
    return known;
}

/* From more steps to fewer, as far as the model has sense. True: what there is is right for each.
 */
static bool go_through(struct opening *o)
{
    bool goes = true, ends = false;
    for (size_t steps = o->least - 1; steps > 0 && goes && !ends; steps--) {
        struct trial trial;
        begin_trial(o, steps, &o->hints, false, &trial);
        ends = !trial.lowered;
        goes = !ends && is_foretold(o, &trial, steps);
        o->has_one = !ends && !goes && steps == 1;
        o->least = goes ? steps : o->least;
        goes |= ends || o->has_one;
        if (goes && !o->less.model && !o->has_one)
            o->less = trial;
        else
            end_trial(o, &trial);
    }
    return goes && (o->has_one || o->least < o->request->steps);
}

/* What was found, with memory that lasts. */
static bool build(struct opening *o, struct failure *failure)
{
    struct deploy_model *model = o->model;
    struct trial less = {0};
    if (!lower_model(o->onnx, o->request, &o->hints, model, failure))
        return false;
    model->least = o->least;
    if (o->least < o->request->steps) {
        begin_trial(o, o->request->steps - 1, &o->hints, true, &less);
        if (less.lowered) {
            model->less = less.model->schedule;
            less.model->schedule = NULL;
            take_places(model->less, model->schedule);
        }
        end_trial(o, &less);
        if (!model->less)
            return fail_memory(failure);
    }
    if (o->has_one && take_one(o))
        model->least = 1;
    return true;
}

/* The numbers of steps for which the model is right at once, as it is when lowered with the hints.
 * True: there are more than one. */
static bool find_steps(struct opening *o)
{
    struct failure why;
    bool opens;
    begin_trial(o, o->request->steps, &o->hints, false, &o->most);
    opens = o->most.lowered;
    for (size_t l = 0; opens && l < o->most.model->layer_count; l++)
        opens = lower_read_sizes(&o->most.model->layers[l], &o->sizes[l], &why);
    if (opens)
        deploy_trial_text(o->most.model->schedule, &o->most.text);
    opens = opens && go_through(o);
    free_trial(&o->most);
    free_trial(&o->less);
    return opens;
}

bool graph_lower(const onnx_model *onnx, const struct deploy_request *asked,
                 struct deploy_model *model, struct failure *failure)
{
    static const struct lower_steps plain;
    struct deploy_request same = *asked, *request = &same;
    if (!lower_pairs(onnx, request, failure))
        return false;
    const bool asks = request->steps > 1 && request->steps <= OPEN_STEPS_MOST && !request->inputs;
    bool(*open)[ONNX_RANK_MAX] = asks ? calloc(onnx->value_count + 1, sizeof *open) : NULL;
    struct opening *o = open ? calloc(1, sizeof *o) : NULL;
    bool opens = false;
    if (o) {
        o->onnx = onnx;
        o->request = request;
        o->model = model;
        o->hints.open = (const bool(*)[ONNX_RANK_MAX])open;
        o->least = request->steps;
        opens = find_open(o, open) && find_steps(o);
    }
    model->least = request->steps;
    const bool lowered =
        opens ? build(o, failure) : lower_model(onnx, request, &plain, model, failure);
    if (o)
        free_trial(&o->spare);
    free(o);
    free(open);
    return lowered;
}
