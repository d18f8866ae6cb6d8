/* SPDX-License-Identifier: MIT */
/* Running a model: forward for its outputs, and one step of training. All that is needed was made
 * and checked at creation, which is in model_create.c. */
#include "float_mode.h"
#include "kernel.h"
#include "train/training_kit.h"

#include <string.h>

/* One direction of a layer: what it reads, and where it writes. */
struct flow {
    weir_sequence sequence;
    const float *x; /* all of what the layer reads, from the first step on */
    float *final[WEIR_STATES_MAX];
};

static ptrdiff_t stride_or(ptrdiff_t stride, size_t contiguous)
{
    return stride ? stride : (ptrdiff_t)contiguous;
}

/* How many rows a layer gives to the next, or to the head. */
static size_t rows_of(const struct train_stage *stage, const weir_batch *batch)
{
    return stage->config.sequences ? batch->T * batch->B : batch->B;
}

static const struct train_stage *last_stage(const weir_model *model)
{
    return &model->stages[model->config.layer_count - 1];
}

/* Outputs of both directions, or their gradients, lie side by side: where those of one begin, in
 * the order of its own steps, which is backwards, by a negative stride, for the second. */
static float *place(const struct train_stage *stage, const weir_batch *batch, float *y, size_t d,
                    ptrdiff_t *step, ptrdiff_t *row)
{
    const size_t width = stage->directions * stage->output, whole = batch->B * width;
    *row = (ptrdiff_t)width;
    *step = d ? -(ptrdiff_t)whole : (ptrdiff_t)whole;
    return y + d * stage->output + (d ? (batch->T - 1) * whole : 0);
}

static void flow_set(struct flow *flow, const weir_model *model, const weir_batch *batch, size_t s,
                     size_t d)
{
    const struct train_stage *stage = &model->stages[s];
    weir_sequence *sequence = &flow->sequence;
    const ptrdiff_t step = stride_or(s ? 0 : batch->x_step, batch->B * stage->input);
    *flow = (struct flow){.x = s ? model->stages[s - 1].y : batch->x, .final = {model->last[d]}};
    *sequence = (weir_sequence){.T = batch->T,
                                .B = batch->B,
                                .x = flow->x + (d ? (ptrdiff_t)(batch->T - 1) * step : 0),
                                .x_step = d ? -step : step,
                                .x_row = stride_or(s ? 0 : batch->x_row, stage->input)};
    if (stage->config.sequences)
        sequence->y = place(stage, batch, stage->y, d, &sequence->y_step, &sequence->y_row);
    else
        sequence->final = flow->final;
}

/* ---- Forward ---- */

static void run_part(const struct train_part *part, const weir_sequence *sequence, bool is_training)
{
    if (is_training)
        weir_layer_forward_train(part->layer, sequence, part->workspace);
    else
        weir_layer_forward(part->layer, sequence);
}

static void run_stage(weir_model *model, const weir_batch *batch, size_t s, bool is_training)
{
    const struct train_stage *stage = &model->stages[s];
    const size_t width = stage->directions * stage->output;
    for (size_t d = 0; d < stage->directions; d++) {
        struct flow flow;
        flow_set(&flow, model, batch, s, d);
        run_part(&stage->part[d], &flow.sequence, is_training);
        for (size_t b = 0; !stage->config.sequences && b < batch->B; b++)
            memcpy(stage->y + b * width + d * stage->output, model->last[d] + b * stage->output,
                   stage->output * sizeof *stage->y);
    }
}

/* The head maps every row in one step. */
static weir_sequence head_sequence(const weir_model *model, const weir_batch *batch, float *y)
{
    const struct train_stage *last = last_stage(model);
    return (weir_sequence){.T = 1, .B = rows_of(last, batch), .x = last->y, .y = y};
}

/* ---- Dropout ---- */

/* What a step of training draws, for each layer a mask of its own: of the whole batch, whatever
 * part of it is computed at once. */
static void drop(const weir_model *model, const struct train_slice *slice, size_t s, float *values)
{
    const struct train_stage *stage = &model->stages[s];
    const size_t width = stage->directions * stage->output, here = slice->batch.B * width;
    const size_t times = stage->config.sequences ? slice->batch.T : 1;
    const uint64_t stream = train_stream(TRAIN_DROPOUT, s, model->steps);
    for (size_t t = 0; stage->config.dropout > 0 && t < times; t++)
        weir_train_dropout(stage->config.dropout, model->seed, stream,
                           ((uint64_t)t * slice->rows + slice->first) * width, values + t * here,
                           here);
}

/* ---- Backward ---- */

/* One direction of a layer. The first writes the gradient by the layer's input, the second adds. */
static void return_through(weir_model *model, const weir_batch *batch, size_t s, size_t d)
{
    const struct train_stage *stage = &model->stages[s];
    const struct train_part *part = &stage->part[d];
    const size_t width = stage->directions * stage->output;
    const float *d_final[WEIR_STATES_MAX] = {model->d_last[d]};
    struct flow flow;
    flow_set(&flow, model, batch, s, d);
    weir_gradients gradients = {.weights = model->gradient_list + part->first,
                                .x_step = flow.sequence.x_step};
    if (stage->config.sequences)
        gradients.y = place(stage, batch, stage->d_y, d, &gradients.y_step, &gradients.y_row);
    else
        gradients.final = d_final;
    for (size_t b = 0; !stage->config.sequences && b < batch->B; b++)
        memcpy(model->d_last[d] + b * stage->output, stage->d_y + b * width + d * stage->output,
               stage->output * sizeof *stage->d_y);
    if (s)
        gradients.x = (d ? model->d_x : model->stages[s - 1].d_y) + (flow.sequence.x - flow.x);
    weir_layer_backward(part->layer, &flow.sequence, &gradients, part->workspace);
    for (size_t k = 0; s && d && k < batch->T * batch->B * stage->input; k++)
        model->stages[s - 1].d_y[k] += model->d_x[k];
}

static void run_backward(weir_model *model, const struct train_slice *slice)
{
    const weir_batch *batch = &slice->batch;
    const weir_sequence head = head_sequence(model, batch, model->outputs);
    const weir_gradients gradients = {.y = model->d_outputs,
                                      .x = last_stage(model)->d_y,
                                      .weights = model->gradient_list + model->head.first};
    weir_layer_backward(model->head.layer, &head, &gradients, model->head.workspace);
    weir_train_part_end(model, &model->head);
    for (size_t s = model->config.layer_count; s-- > 0;) {
        drop(model, slice, s, model->stages[s].d_y);
        for (size_t d = 0; d < model->stages[s].directions; d++) {
            return_through(model, batch, s, d);
            weir_train_part_end(model, &model->stages[s].part[d]);
        }
    }
}

/* ---- A step ---- */

/* Calls it for the parts of a model in the order in which their gradients come. */
static void visit_back(weir_model *model,
                       void (*visitor)(weir_model *model, const struct train_part *part))
{
    visitor(model, &model->head);
    for (size_t s = model->config.layer_count; s-- > 0;)
        for (size_t d = 0; d < model->stages[s].directions; d++)
            visitor(model, &model->stages[s].part[d]);
}

/* The part of the loss's sum that is of a slice, and its gradients. */
static double run_slice(weir_model *model, const struct train_slice *slice)
{
    const weir_model_config *config = &model->config;
    const weir_batch *batch = &slice->batch;
    for (size_t s = 0; s < config->layer_count; s++) {
        run_stage(model, batch, s, true);
        drop(model, slice, s, model->stages[s].y);
    }
    const weir_sequence head = head_sequence(model, batch, model->outputs);
    run_part(&model->head, &head, true);
    const double sum =
        weir_train_loss_sum(config->loss, head.B, head.B / batch->B * slice->rows, config->outputs,
                            model->outputs, batch->targets, model->d_outputs);
    run_backward(model, slice);
    return sum;
}

/* All slices that are computed here. The loss, if that of others came too. */
static weir_status run_slices(weir_model *model, const weir_batch *batch, double *loss,
                              weir_error *error)
{
    const weir_exchange *exchange = &model->exchange;
    struct train_sums *sums = &model->sums;
    weir_status status = WEIR_OK;
    double sum = 0;
    sums->count = 0;
    for (size_t s = exchange->first; s < exchange->first + exchange->count; s++) {
        const struct train_slice slice = weir_train_cut(model, batch, s);
        const bool is_empty = slice.batch.B == 0;
        weir_train_slice_begin(model, s, is_empty);
        if (is_empty)
            visit_back(model, weir_train_part_end);
        weir_train_slice_end(model, is_empty ? 0 : run_slice(model, &slice));
    }
    if (!exchange->count)
        visit_back(model, weir_train_part_share);
    if (exchange->end)
        status =
            exchange->end(exchange->context, sums->nodes, sums->count, sums->losses, &sum, error);
    else
        sum = sums->losses[0];
    *loss = weir_train_loss_mean(model->config.loss, rows_of(last_stage(model), batch),
                                 model->config.outputs, sum);
    return status;
}

/* ---- The API ---- */

static weir_status check_batch(const weir_model *model, const weir_batch *batch,
                               const float *required, const char *name, weir_error *error)
{
    if (!model || !batch || !batch->x || !required)
        return weir_fail(
            error, WEIR_INVALID,
            "Running a model takes the model, a batch with x, and here %s: none may be "
            "NULL.",
            name);
    const weir_model_config *config = &model->config;
    if (!batch->T || !batch->B || batch->T > config->max_T || batch->B > config->max_B)
        return weir_fail(error, WEIR_INVALID,
                         "A batch of T=%zu and B=%zu: this model was made for 1 to %zu steps of 1 "
                         "to %zu rows.",
                         batch->T, batch->B, config->max_T, config->max_B);
    return WEIR_OK;
}

weir_status weir_model_forward(weir_model *model, const weir_batch *batch, float *outputs,
                               weir_error *error)
{
    const weir_status status = check_batch(model, batch, outputs, "outputs", error);
    if (status)
        return status;
    const weir_mode mode = weir_mode_begin();
    for (size_t s = 0; s < model->config.layer_count; s++)
        run_stage(model, batch, s, false);
    const weir_sequence head = head_sequence(model, batch, outputs);
    run_part(&model->head, &head, false);
    weir_mode_set(mode);
    return WEIR_OK;
}

weir_status weir_model_train(weir_model *model, const weir_batch *batch, double *loss,
                             weir_error *error)
{
    weir_status status = check_batch(model, batch, batch ? batch->targets : NULL, "targets", error);
    if (status)
        return status;
    const weir_model_config *config = &model->config;
    const weir_mode mode = weir_mode_begin();
    double value;
    status = run_slices(model, batch, &value, error);
    if (!status && config->clip > 0)
        weir_clip(model->parameters, model->parameter_count, config->clip);
    if (!status) {
        weir_optimiser_step(model->optimiser);
        model->steps++;
        weir_model_changed(model);
    }
    weir_mode_set(mode);
    if (!status && loss)
        *loss = value;
    return status;
}

static void set_weights(const weir_model *model, const struct train_part *part)
{
    weir_layer_set_weights(part->layer, (const float *const *)model->value_list + part->first);
}

void weir_model_changed(weir_model *model)
{
    for (size_t s = 0; s < model->config.layer_count; s++)
        for (size_t d = 0; d < model->stages[s].directions; d++)
            set_weights(model, &model->stages[s].part[d]);
    set_weights(model, &model->head);
}

const weir_parameter *weir_model_parameters(const weir_model *model, size_t *count)
{
    if (count)
        *count = model ? model->parameter_count : 0;
    return model ? model->parameters : NULL;
}

uint64_t weir_model_steps(const weir_model *model)
{
    return model ? model->steps : 0;
}
