/* SPDX-License-Identifier: MIT */
/* Training of a layer: forward with everything kept, then backward over the steps in reverse, then
 * the gradient of x and those of the weights, each as products over all steps and rows. How memory
 * is laid out is workspace.c. */
#include "float_mode.h"
#include "libweir.h"
#include "packing.h"

#include <string.h>

/* ---- Creation ---- */

static weir_status create_pass(weir_layer *layer, const struct weir_pass *pass,
                               struct weir_packing *packing, weir_error *error)
{
    if (!pass)
        return WEIR_OK;
    *packing = (struct weir_packing){.kernel = layer->kernel,
                                     .sizes = layer->sizes,
                                     .regions = pass->regions,
                                     .region_count = pass->region_count,
                                     .transposed = true};
    return weir_packing_create(packing, pass->scales, error);
}

weir_status weir_training_create(weir_layer *layer, weir_error *error)
{
    const struct weir_kernel *kernel = layer->kernel;
    if (kernel->type != WEIR_TYPE_F32)
        return weir_fail(error, WEIR_INVALID,
                         "config.train is for weights of f32, and the kernel %.100s has weights of "
                         "%s: train with f32, and give what was trained to a layer of %s.",
                         kernel->name, weir_type_name(kernel->type), weir_type_name(kernel->type));
    if (!kernel->training)
        return weir_fail(error, WEIR_UNAVAILABLE,
                         "The kernel %.100s was generated without training: generate it with "
                         "weir-gen --train, or set config.train to false.",
                         kernel->name);
    layer->product = weir_registry_product(kernel->isa);
    if (!layer->product)
        return weir_fail(error, WEIR_UNAVAILABLE,
                         "This build has no kernel for gradients of weights on %s, which training "
                         "with %.100s needs: build Weir with kernels of that ISA.",
                         weir_isas[kernel->isa].name, kernel->name);
    const weir_status status =
        create_pass(layer, kernel->training->backward, &layer->backward, error);
    return status ? status : create_pass(layer, kernel->training->input, &layer->input, error);
}

/* ---- Forward ---- */

/* One part of a run of a pass. */
struct pass_job {
    void (*pass)(const struct weir_run *run);
    struct weir_run run;
};

static void run_pass(const void *job, size_t part, void *barrier)
{
    const struct pass_job *pass_job = job;
    struct weir_run run = pass_job->run;
    run.part = part;
    run.barrier = barrier;
    pass_job->pass(&run);
}

/* The steps of the values that forward stores. */
static void wind_values(const weir_layer *layer, size_t B, struct weir_tape *tape)
{
    const struct weir_kernel *kernel = layer->kernel;
    for (size_t v = 0; v < kernel->value_count + kernel->training->saved_count; v++) {
        const enum weir_extent extent = v < kernel->value_count
                                            ? kernel->values[v]
                                            : kernel->training->saved[v - kernel->value_count];
        tape->value_step[v] = (ptrdiff_t)weir_step_floats(layer, extent, B);
    }
}

static void run_forward(weir_layer *layer, const weir_sequence *sequence, void *memory)
{
    const size_t T = sequence->T, B = sequence->B, output = layer->state_size[0];
    const struct weir_kernel *kernel = layer->kernel;
    struct weir_workspace workspace;
    struct weir_tape tape = {.state_step = {0}};
    struct pass_job job = {.pass = kernel->forward, .run = layer->run};
    struct weir_run *run = &job.run;
    if (!T || !B) {
        weir_pass_states(layer, B, sequence->initial, sequence->final);
        return;
    }
    (void)weir_workspace_lay(layer, T, B, memory, &workspace);
    run->T = T;
    run->B = B;
    weir_layer_share(layer, run);
    run->x = sequence->x;
    run->x_step = weir_stride_or(sequence->x_step, B * layer->sizes.I);
    run->x_row = weir_stride_or(sequence->x_row, layer->sizes.I);
    run->y = sequence->y ? sequence->y : workspace.unwanted;
    run->y_step = sequence->y ? weir_stride_or(sequence->y_step, B * output) : 0;
    run->y_row =
        sequence->y ? weir_stride_or(sequence->y_row, output) : (ptrdiff_t)layer->state_row[0];
    run->products = workspace.products;
    run->tape = &tape;
    memcpy(run->value, workspace.value, sizeof run->value);
    wind_values(layer, B, &tape);
    for (size_t s = 0; s < kernel->state_count; s++) {
        const size_t step = B * layer->state_row[s];
        tape.state_step[s] = (ptrdiff_t)(2 * step);
        run->state[0][s] = workspace.state[s];
        run->state[1][s] = workspace.state[s] + step;
        weir_load_state(workspace.state[s], sequence->initial ? sequence->initial[s] : NULL, B,
                        layer->state_size[s], layer->state_row[s]);
    }
    if (run->parts > 1)
        weir_pool_run(layer->pool, run_pass, &job, run->parts);
    else
        kernel->forward(run);
    for (size_t s = 0; sequence->final && s < kernel->state_count; s++)
        if (sequence->final[s])
            weir_store_state(sequence->final[s], workspace.state[s] + T * B * layer->state_row[s],
                             B, layer->state_size[s], layer->state_row[s]);
}

void weir_layer_forward_train(weir_layer *layer, const weir_sequence *sequence, void *workspace)
{
    const weir_mode mode = weir_mode_begin();
    run_forward(layer, sequence, workspace);
    weir_mode_set(mode);
}

/* ---- Backward ---- */

/* All that the parts of a backward run share. */
struct backward_job {
    const weir_layer *layer;
    const weir_sequence *sequence;
    const weir_gradients *gradients;
    struct weir_workspace workspace;
    struct weir_run backward, input;
    struct weir_tape backward_tape, input_tape;
};

/* The first of what a given operand is at step 0, and how far it is to the next step. */
static const float *given_at(const struct backward_job *job, const struct weir_given *given,
                             size_t *step)
{
    *step = weir_step_floats(job->layer, given->size, job->sequence->B);
    switch (given->source) {
    case WEIR_PREV:
        return job->workspace.state[given->index];
    case WEIR_NEXT:
        return job->workspace.state[given->index] + *step;
    case WEIR_VALUE:
        return job->workspace.value[given->index];
    case WEIR_X:
        return job->workspace.x;
    case WEIR_DELTA:
        break;
    }
    return job->workspace.delta[given->index];
}

static bool wants_states(const weir_layer *layer, const weir_gradients *gradients)
{
    bool wants = false;
    for (size_t s = 0; gradients->initial && s < layer->kernel->state_count; s++)
        wants |= gradients->initial[s] != NULL;
    return wants;
}

/* Backward through time: everything starts at the last step, and every step is negative. */
static void prepare_backward(struct backward_job *job)
{
    const weir_layer *layer = job->layer;
    const weir_gradients *gradients = job->gradients;
    const struct weir_training *training = layer->kernel->training;
    const size_t T = job->sequence->T, B = job->sequence->B;
    struct weir_run *run = &job->backward;
    struct weir_tape *tape = &job->backward_tape;
    const ptrdiff_t last = (ptrdiff_t)T - 1;
    const ptrdiff_t y_step = weir_stride_or(gradients->y_step, B * layer->state_size[0]);
    run->tape = tape;
    tape->ends = !wants_states(layer, gradients);
    run->weights = layer->backward.packed;
    run->x = gradients->y ? gradients->y + last * y_step : job->workspace.zeros;
    run->x_step = gradients->y ? -y_step : 0;
    run->x_row = gradients->y ? weir_stride_or(gradients->y_row, layer->state_size[0])
                              : (ptrdiff_t)layer->state_row[0];
    run->y = job->workspace.unwanted; /* it writes none */
    for (size_t v = 0; v < training->backward->value_count; v++) {
        const size_t step = weir_step_floats(layer, training->backward->values[v], B);
        const bool is_delta = v < training->delta_count;
        run->value[v] = job->workspace.delta[v] + (is_delta ? (T - 1) * step : 0);
        tape->value_step[v] = is_delta ? -(ptrdiff_t)step : 0;
    }
    for (size_t g = 0; g < training->backward->given_count; g++) {
        size_t step;
        const float *first = given_at(job, &training->backward->givens[g], &step);
        tape->given[g] = first + (T - 1) * step;
        tape->given_step[g] = -(ptrdiff_t)step;
    }
    for (size_t s = 0; s < layer->kernel->state_count; s++) {
        run->state[0][s] = job->workspace.d_state[0][s];
        run->state[1][s] = job->workspace.d_state[1][s];
        weir_load_state(run->state[0][s], gradients->final ? gradients->final[s] : NULL, B,
                        layer->state_size[s], layer->state_row[s]);
    }
}

/* The gradient of x: where its rows are evenly spaced, all of them as one step. */
static void prepare_input(struct backward_job *job)
{
    const weir_layer *layer = job->layer;
    const weir_gradients *gradients = job->gradients;
    const struct weir_pass *pass = layer->kernel->training->input;
    struct weir_run *run = &job->input;
    const size_t I = layer->sizes.I, B = run->B;
    run->tape = &job->input_tape;
    run->weights = layer->input.packed;
    run->x = job->workspace.zeros; /* it reads none */
    run->x_step = run->x_row = 0;
    run->y = gradients->x;
    run->y_step = weir_stride_or(gradients->x_step, B * I);
    run->y_row = weir_stride_or(gradients->x_row, I);
    for (size_t g = 0; g < pass->given_count; g++) {
        size_t step;
        job->input_tape.given[g] = given_at(job, &pass->givens[g], &step);
        job->input_tape.given_step[g] = (ptrdiff_t)step;
    }
    if (run->y_step == (ptrdiff_t)B * run->y_row) {
        run->B *= run->T;
        run->T = 1;
    }
}

/* x as rows that are padded, for cells that use it elementwise. */
static void copy_x(struct backward_job *job)
{
    const weir_layer *layer = job->layer;
    const weir_sequence *sequence = job->sequence;
    const size_t I = layer->sizes.I, B = sequence->B;
    const ptrdiff_t step = weir_stride_or(sequence->x_step, B * I);
    const ptrdiff_t row = weir_stride_or(sequence->x_row, I);
    float *to = job->workspace.x;
    for (size_t t = 0; to && t < sequence->T; t++)
        for (size_t b = 0; b < B; b++, to += weir_round_up(I, WEIR_ROW))
            memcpy(to, sequence->x + (ptrdiff_t)t * step + (ptrdiff_t)b * row, I * sizeof *to);
}

/* This part's rows of the gradient of one parameter. */
static void run_outer(const struct backward_job *job, const struct weir_outer *outer, size_t part,
                      bool accumulate)
{
    static const float one = 1;
    const weir_layer *layer = job->layer;
    const weir_sequence *sequence = job->sequence;
    const struct weir_param *param = &layer->kernel->params[outer->param];
    const size_t rows = weir_extent_of(param->rows, layer->sizes);
    const size_t blocks = (rows + WEIR_ROW - 1) / WEIR_ROW, parts = job->backward.parts;
    const size_t last = blocks * (part + 1) / parts * WEIR_ROW;
    struct weir_product product = {.T = sequence->T,
                                   .B = sequence->B,
                                   .delta = job->workspace.delta[outer->delta],
                                   .delta_row = blocks * WEIR_ROW,
                                   .operand = &one,
                                   .rows = rows,
                                   .cols = weir_extent_of(param->cols, layer->sizes),
                                   .first = blocks * part / parts * WEIR_ROW,
                                   .last = last < rows ? last : rows,
                                   .gradient = job->gradients->weights[outer->param],
                                   .accumulate = accumulate,
                                   .panel = job->workspace.panel + part * WEIR_PANEL};
    if (weir_deltas_pay(product.rows, product.cols))
        product.deltas = job->workspace.deltas + part * WEIR_DELTAS;
    if (param->cols != WEIR_ONE && outer->operand.source == WEIR_X) {
        product.operand = sequence->x;
        product.step = weir_stride_or(sequence->x_step, sequence->B * layer->sizes.I);
        product.row = weir_stride_or(sequence->x_row, layer->sizes.I);
    } else if (param->cols != WEIR_ONE) {
        size_t step;
        product.operand = given_at(job, &outer->operand, &step);
        product.step = (ptrdiff_t)step;
        product.row = (ptrdiff_t)(step / sequence->B);
    }
    if (product.first < product.last)
        layer->product->run(&product);
}

static void run_outers(const struct backward_job *job, size_t part)
{
    const struct weir_training *training = job->layer->kernel->training;
    float *const *weights = job->gradients->weights;
    for (size_t i = 0; weights && i < training->outer_count; i++) {
        const struct weir_outer *outer = &training->outers[i];
        bool again = job->gradients->accumulate;
        for (size_t j = 0; j < i; j++)
            again |= training->outers[j].param == outer->param;
        if (weights[outer->param])
            run_outer(job, outer, part, again);
    }
}

static void run_backward_part(const void *context, size_t part, void *barrier)
{
    const struct backward_job *job = context;
    const struct weir_training *training = job->layer->kernel->training;
    struct weir_run run = job->backward;
    run.part = part;
    run.barrier = barrier;
    training->backward->run(&run);
    if (job->gradients->x && training->input) {
        run = job->input;
        run.part = part;
        run.barrier = barrier;
        training->input->run(&run);
    }
    run_outers(job, part);
    if (run.parts > 1)
        run.wait(barrier);
}

/* ---- What is the same whatever was run ---- */

static void zero_x(const weir_layer *layer, const weir_sequence *sequence,
                   const weir_gradients *gradients)
{
    const size_t I = layer->sizes.I, B = sequence->B;
    const ptrdiff_t step = weir_stride_or(gradients->x_step, B * I);
    const ptrdiff_t row = weir_stride_or(gradients->x_row, I);
    for (size_t t = 0; t < sequence->T; t++)
        for (size_t b = 0; b < B; b++)
            memset(gradients->x + (ptrdiff_t)t * step + (ptrdiff_t)b * row, 0,
                   I * sizeof *gradients->x);
}

/* Nothing was run: gradients of weights are sums of nothing. */
static void zero_weights(const weir_layer *layer, const weir_gradients *gradients)
{
    const struct weir_kernel *kernel = layer->kernel;
    for (size_t p = 0; gradients->weights && !gradients->accumulate && p < kernel->param_count; p++)
        if (gradients->weights[p])
            memset(gradients->weights[p], 0,
                   weir_extent_of(kernel->params[p].rows, layer->sizes) *
                       weir_extent_of(kernel->params[p].cols, layer->sizes) * sizeof(float));
}

static void run_backward(weir_layer *layer, const weir_sequence *sequence,
                         const weir_gradients *gradients, void *memory)
{
    const size_t T = sequence->T, B = sequence->B;
    layer->run.B = B;
    weir_layer_share(layer, &layer->run);
    struct backward_job job = {.layer = layer,
                               .sequence = sequence,
                               .gradients = gradients,
                               .backward = layer->run,
                               .input = layer->run};
    if (!T || !B) {
        weir_pass_states(layer, B, gradients->final, gradients->initial);
        zero_weights(layer, gradients);
        return;
    }
    (void)weir_workspace_lay(layer, T, B, memory, &job.workspace);
    if (!gradients->y)
        memset(job.workspace.zeros, 0, B * layer->state_row[0] * sizeof(float));
    job.backward.T = job.input.T = T;
    job.backward.B = job.input.B = B;
    copy_x(&job);
    prepare_backward(&job);
    if (gradients->x && layer->kernel->training->input)
        prepare_input(&job);
    else if (gradients->x)
        zero_x(layer, sequence, gradients);
    if (job.backward.parts > 1)
        weir_pool_run(layer->pool, run_backward_part, &job, job.backward.parts);
    else
        run_backward_part(&job, 0, NULL);
    for (size_t s = 0; gradients->initial && s < layer->kernel->state_count; s++)
        if (gradients->initial[s])
            weir_store_state(gradients->initial[s], job.backward.state[T % 2][s], B,
                             layer->state_size[s], layer->state_row[s]);
}

void weir_layer_backward(weir_layer *layer, const weir_sequence *sequence,
                         const weir_gradients *gradients, void *workspace)
{
    const weir_mode mode = weir_mode_begin();
    run_backward(layer, sequence, gradients, workspace);
    weir_mode_set(mode);
}
