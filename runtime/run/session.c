/* SPDX-License-Identifier: MIT */
/* A model that is ready to run, and one call of it: its nodes in order, each on tensors. */
#include "run/session.h"
#include "run/recurrent.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY_LEAST = 1 << 30, MEMORY_TIMES = 16 };

/* Says which node it is. */
static bool fail_node(const onnx_node *node, struct failure *failure)
{
    if (!strncmp(failure->sentence, "the node ", strlen("the node ")))
        return false;
    return fail(failure, "the node '%.80s' (%.40s, opset %lld): %s", quote(node->name).text,
                quote(node->op).text, (long long)node->opset, failure->sentence);
}

/* ---- Making a session ---- */

/* A cell with its head has to be compiled: where that cannot be, the head runs plainly, and the
 * build may have a kernel of the cell alone. Weights that cannot be stored are no reason for it. */
static bool create_node(run_session *session, const onnx_recurrent *recurrent,
                        struct failure *failure)
{
    const struct fold *fold = &session->folds[recurrent->index];
    struct node_layers *layers = &session->layers[recurrent->index];
    const run_options *options = &session->options;
    if (fold->value >= 0 && !options->plain) {
        if (run_layers_create(recurrent, fold, options, layers, failure))
            return true;
        if (!layers->lacks_kernel)
            return false;
        session->apart = *failure;
    }
    return run_layers_create(recurrent, NULL, options, layers, failure);
}

const char *run_apart(const run_session *session)
{
    return *session->apart.sentence ? session->apart.sentence : NULL;
}

/* A cell that is spelled out has to be compiled, too: where that cannot be, its own nodes run. */
static bool create_form(run_session *session, const onnx_form *form, struct failure *failure)
{
    if (create_node(session, form->recurrent, failure))
        return true;
    if (!session->layers[form->recurrent->index].lacks_kernel)
        return false;
    session->apart = *failure;
    return true;
}

static bool create_layers(run_session *session, const onnx_graph *graph, struct failure *failure)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const onnx_node *node = &graph->nodes[i];
        const onnx_recurrent *recurrent = node->recurrent;
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            if (!create_layers(session, node->branch[b], failure))
                return false;
        if (recurrent && recurrent->weights_known && !create_node(session, recurrent, failure))
            return fail_node(node, failure);
        if (node->form && !create_form(session, node->form, failure))
            return fail_node(node, failure);
    }
    return true;
}

size_t run_memory(const onnx_model *model)
{
    return MEMORY_LEAST + MEMORY_TIMES * onnx_memory_used(model->memory);
}

run_session *run_create(const onnx_model *model, const run_options *options,
                        struct failure *failure)
{
    run_session *session = calloc(1, sizeof *session);
    if (session) {
        *session = (run_session){
            .model = model,
            .options = *options,
            .layers = calloc(model->recurrent_count + 1, sizeof *session->layers),
            .folds = calloc(model->recurrent_count + 1, sizeof *session->folds),
            .inside = calloc(model->value_count + 1, sizeof(struct fold *)),
            .values = calloc(model->value_count + 1, sizeof *session->values),
            .memory = onnx_memory_create(options->memory ? options->memory : run_memory(model))};
        if (session->layers && session->folds && session->inside && session->values &&
            session->memory) {
            if (fold_find(model, session->folds, session->inside, failure) &&
                create_layers(session, &model->graph, failure))
                return session;
        } else {
            fail_memory(failure);
        }
    } else {
        fail_memory(failure);
    }
    run_destroy(session);
    return NULL;
}

void run_reset(run_session *session)
{
    for (size_t i = 0; i < session->model->recurrent_count; i++)
        run_layers_forget(&session->layers[i]);
}

void run_destroy(run_session *session)
{
    if (!session)
        return;
    for (size_t i = 0; session->layers && i < session->model->recurrent_count; i++)
        run_layers_destroy(&session->layers[i]);
    free(session->layers);
    free(session->folds);
    free(session->inside);
    free(session->values);
    onnx_memory_destroy(session->memory);
    free(session);
}

const struct weir_kernel *run_kernel_of(const run_session *session, const onnx_recurrent *recurrent,
                                        size_t direction)
{
    const weir_layer *layer = session->layers[recurrent->index].layer[direction];
    return layer ? weir_layer_kernel(layer) : NULL;
}

const onnx_pass *run_pass_of(const run_session *session, const onnx_recurrent *recurrent,
                             size_t direction)
{
    const struct fold *fold = session->layers[recurrent->index].fold;
    return fold ? &fold->pass : &recurrent->pass[direction];
}

void run_gives(const run_session *session, const onnx_recurrent *recurrent, int values[3])
{
    const struct fold *fold = session->layers[recurrent->index].fold;
    values[0] = fold ? fold->value : recurrent->y;
    values[1] = recurrent->y_h;
    values[2] = recurrent->y_c;
}

const onnx_tensor *run_value(const run_session *session, int value)
{
    return value < 0 ? NULL : session->values[value];
}

/* ---- Nodes ---- */

/* The shape of what a fold gives. */
static void fold_dims(const struct fold *fold, size_t T, size_t B, size_t dims[ONNX_RANK_MAX])
{
    for (size_t i = 0; i < fold->axes.rank; i++) {
        const struct axis *axis = &fold->axes.axis[i];
        dims[i] = axis->kind == AXIS_TIME ? T : axis->kind == AXIS_BATCH ? B : axis->size;
    }
}

/* The outputs that are wanted, with room for their elements. */
static bool make_outputs(run_session *session, struct recurrent_call *call, size_t T, size_t B)
{
    const onnx_recurrent *r = call->recurrent;
    const size_t D = r->directions, H = r->H;
    const struct fold *fold = call->layers->fold;
    size_t y[ONNX_RANK_MAX] = {r->batch_first ? B : T, r->batch_first ? T : D,
                               r->batch_first ? D : B, H};
    const size_t state[3] = {r->batch_first ? B : D, r->batch_first ? D : B, H};
    const size_t ranks[] = {fold ? fold->axes.rank : 4, 3, 3};
    int wanted[3];
    onnx_tensor **const made[3] = {&call->y, &call->final[0], &call->final[1]};
    run_gives(session, r, wanted);
    if (fold)
        fold_dims(fold, T, B, y);
    for (size_t k = 0; k < 3; k++) {
        if (wanted[k] < 0)
            continue;
        *made[k] = onnx_tensor_create(session->memory, call->x->type, ranks[k], k ? state : y,
                                      call->failure);
        if (!*made[k])
            return false;
        session->values[wanted[k]] = *made[k];
    }
    return true;
}

/* The layers of a node whose weights are known now only. */
static bool fill_layers(run_session *session, const onnx_node *node, onnx_recurrent *filled,
                        struct node_layers *layers, struct failure *failure)
{
    const onnx_recurrent *r = node->recurrent;
    const onnx_tensor *given[ONNX_GIVEN] = {run_value(session, r->w), run_value(session, r->r),
                                            run_value(session, r->b), run_value(session, r->p)};
    return onnx_recurrent_fill(node, given, filled, session->memory, failure) &&
           run_layers_create(filled, NULL, &session->options, layers, failure);
}

/* What a call takes, where it is one of many. */
static bool spend(const struct recurrent_call *call, size_t T, size_t B)
{
    const onnx_recurrent *r = call->recurrent;
    const size_t weights = r->pass[0].weight_count * r->H * (r->I > r->H ? r->I : r->H);
    return !T || !B ||
           (T <= SIZE_MAX / B && T * B <= SIZE_MAX / r->directions / weights &&
            onnx_memory_spend(call->memory, T * B * r->directions * weights)) ||
           fail(call->failure, "it would take more steps than are allowed for it");
}

static bool run_recurrent_node(run_session *session, const onnx_node *node, struct failure *failure)
{
    const onnx_recurrent *recurrent = node->recurrent;
    onnx_recurrent filled;
    struct node_layers own = {0};
    struct recurrent_call call = {.recurrent = recurrent,
                                  .layers = &session->layers[recurrent->index],
                                  .x = run_value(session, recurrent->x),
                                  .sequence_lens = run_value(session, recurrent->sequence_lens),
                                  .initial = {run_value(session, recurrent->initial_h),
                                              run_value(session, recurrent->initial_c)},
                                  .keep_states = session->options.keep_states && !session->depth,
                                  .memory = session->memory,
                                  .failure = failure};
    if (!recurrent->weights_known) {
        if (call.keep_states)
            return fail(failure, "its weights are inputs, so that it cannot keep states");
        if (!fill_layers(session, node, &filled, &own, failure))
            return false;
        call.recurrent = &filled;
        call.layers = &own;
    }
    size_t T, B;
    const bool ran = run_recurrent_check(&call, &T, &B) && spend(&call, T, B) &&
                     make_outputs(session, &call, T, B) && run_recurrent(&call);
    run_layers_destroy(&own);
    return ran;
}

static bool run_if(run_session *session, const onnx_node *node, struct failure *failure)
{
    const onnx_tensor *condition = run_value(session, node->inputs[0]);
    if (condition->count != 1 || !condition->ints)
        return fail(failure, "its condition must be one bool");
    const onnx_graph *branch = node->branch[condition->ints[0] != 0];
    if (!run_graph(session, branch, failure))
        return false;
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0)
            session->values[node->outputs[i]] = session->values[branch->outputs[i]];
    return true;
}

/* What a node takes that works on these, where it is one of many: in steps, about as much as
 * starting it takes, and one an element. */
static bool spend_plain(const run_session *session, const onnx_node *node,
                        const onnx_tensor *const *inputs, const onnx_tensor *const *outputs,
                        struct failure *failure)
{
    size_t steps = RUN_START_STEPS;
    for (size_t i = 0; i < node->input_count; i++)
        steps += inputs[i] ? inputs[i]->count : 0;
    for (size_t i = 0; i < node->output_count; i++)
        steps += outputs[i] ? outputs[i]->count : 0;
    return onnx_memory_spend(session->memory, steps) ||
           fail(failure, "it would take more steps than are allowed for it");
}

static bool run_plain(run_session *session, const onnx_node *node, struct failure *failure)
{
    onnx_memory *memory = session->memory;
    const onnx_tensor **inputs = onnx_memory_take(memory, node->input_count, sizeof *inputs);
    const onnx_tensor **outputs = onnx_memory_take(memory, node->output_count, sizeof *outputs);
    if (!inputs || !outputs)
        return fail_memory(failure);
    for (size_t i = 0; i < node->input_count; i++)
        inputs[i] = run_value(session, node->inputs[i]);
    if (!onnx_evaluate(node, inputs, outputs, memory, failure) ||
        !spend_plain(session, node, inputs, outputs, failure))
        return false;
    for (size_t i = 0; i < node->output_count; i++)
        if (node->outputs[i] >= 0)
            session->values[node->outputs[i]] = outputs[i];
    return true;
}

/* ---- Cells that are spelled out ---- */

static onnx_extent shape_of(const run_session *session, int value)
{
    const onnx_tensor *tensor = run_value(session, value);
    return (onnx_extent){tensor->floats != NULL, tensor->rank, tensor->dims};
}

static bool can_run_form(const run_session *session, const onnx_form *form)
{
    onnx_extent states[2];
    if (!form || !session->layers[form->recurrent->index].layer[0])
        return false;
    const onnx_extent x = shape_of(session, form->x);
    for (size_t s = 0; s < form->recurrent->state_count; s++)
        states[s] = shape_of(session, form->states[s]);
    return onnx_form_fits(form, &x, states);
}

/* States that do not begin with constants come from elsewhere in each call, and are not kept. */
static bool run_form(run_session *session, const onnx_form *form, struct failure *failure)
{
    session->depth += !form->keeps;
    const bool ran = run_graph(session, &form->graph, failure);
    session->depth -= !form->keeps;
    return ran;
}

static bool run_branches(run_session *session, const onnx_node *node, struct failure *failure)
{
    if (can_run_form(session, node->form))
        return run_form(session, node->form, failure);
    if (node->repeat)
        return run_repeat(session, node, failure);
    return node->branch[1] ? run_if(session, node, failure)
                           : run_graph(session, node->branch[0], failure);
}

/* Whether a layer has computed what the node would. */
static bool is_done(const run_session *session, const onnx_node *node)
{
    const int value = node->output_count > 0 ? node->outputs[0] : -1;
    const struct fold *fold = value >= 0 ? session->inside[value] : NULL;
    return fold && session->layers[fold - session->folds].fold;
}

bool run_graph(run_session *session, const onnx_graph *graph, struct failure *failure)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const onnx_node *node = &graph->nodes[i];
        if (is_done(session, node))
            continue;
        const bool ran = node->recurrent   ? run_recurrent_node(session, node, failure)
                         : node->branch[0] ? run_branches(session, node, failure)
                                           : run_plain(session, node, failure);
        if (!ran)
            return fail_node(node, failure);
    }
    return true;
}

/* ---- A call ---- */

bool run_is_alike(const onnx_tensor *a, const onnx_tensor *b)
{
    bool alike = a->rank == b->rank && !a->floats == !b->floats;
    for (size_t d = 0; alike && d < a->rank; d++)
        alike = a->dims[d] == b->dims[d];
    return alike;
}

bool run_is_slice(const onnx_tensor *slice, const onnx_tensor *whole, size_t axis)
{
    bool fits = slice->rank + 1 == whole->rank && !slice->floats == !whole->floats;
    for (size_t d = 0; fits && d < slice->rank; d++)
        fits = slice->dims[d] == whole->dims[d + (d >= axis)];
    return fits;
}

bool run_check_input(const onnx_model *model, size_t input, const onnx_tensor *tensor,
                     struct failure *failure)
{
    const onnx_value *value = &model->values[model->graph.inputs[input]];
    if (value->type != ONNX_NONE && onnx_type_is_float(value->type) != !!tensor->floats)
        return fail(failure, "the input '%.80s' is to be of type %s, and is of type %s",
                    quote(value->name).text, onnx_type_name(value->type),
                    onnx_type_name(tensor->type));
    bool fits = !value->has_shape || value->rank == tensor->rank;
    for (size_t d = 0; fits && value->has_shape && d < value->rank; d++)
        fits = value->dims[d] < 0 || value->dims[d] == (int64_t)tensor->dims[d];
    return fits || fail(failure, "the input '%.80s' is to be of shape %s, and is of shape %s",
                        quote(value->name).text, onnx_shape_declared(value->rank, value->dims).text,
                        onnx_shape_of(tensor).text);
}

/* Whole numbers as those of another type of them. */
static const onnx_tensor *as_whole(onnx_memory *memory, const onnx_tensor *tensor,
                                   enum onnx_type type, struct failure *failure)
{
    onnx_tensor *view = onnx_memory_take(memory, 1, sizeof *view);
    for (size_t i = 0; i < tensor->count; i++)
        if (onnx_type_wrap(type, tensor->ints[i]) != tensor->ints[i]) {
            fail(failure, "an input holds %lld, which is no %s", (long long)tensor->ints[i],
                 onnx_type_name(type));
            return NULL;
        }
    if (view) {
        *view = *tensor;
        view->type = type;
    } else {
        fail_memory(failure);
    }
    return view;
}

/* A tensor as a value of a type: of a half one, rounded to that, in a copy. */
static const onnx_tensor *as_type(onnx_memory *memory, const onnx_tensor *tensor,
                                  enum onnx_type type, struct failure *failure)
{
    if (tensor->ints && type != tensor->type && onnx_type_is_read(type))
        return as_whole(memory, tensor, type, failure);
    if (!onnx_type_is_half(type))
        return tensor;
    onnx_tensor *copy = onnx_tensor_create(memory, type, tensor->rank, tensor->dims, failure);
    for (size_t i = 0; copy && i < copy->count; i++)
        copy->floats[i] = onnx_type_round(type, tensor->floats[i]);
    return copy;
}

const onnx_tensor *run_input(const onnx_model *model, size_t i, const onnx_tensor *tensor,
                             onnx_memory *memory, struct failure *failure)
{
    return run_check_input(model, i, tensor, failure)
               ? as_type(memory, tensor, model->values[model->graph.inputs[i]].type, failure)
               : NULL;
}

bool run_call(run_session *session, const onnx_tensor *const *inputs, const onnx_tensor **outputs,
              struct failure *failure)
{
    const onnx_model *model = session->model;
    session->depth = 0;
    onnx_memory_clear(session->memory);
    for (size_t v = 0; v < model->value_count; v++)
        session->values[v] = model->values[v].constant;
    for (size_t i = 0; i < model->graph.input_count; i++) {
        const int value = model->graph.inputs[i];
        session->values[value] = run_input(model, i, inputs[i], session->memory, failure);
        if (!session->values[value])
            return false;
    }
    if (!run_graph(session, &model->graph, failure))
        return false;
    for (size_t i = 0; i < model->graph.output_count; i++) {
        const onnx_tensor *made = session->values[model->graph.outputs[i]];
        if (!(outputs[i] = as_type(session->memory, made, made->type, failure)))
            return false;
    }
    return true;
}
