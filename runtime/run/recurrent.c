/* SPDX-License-Identifier: MIT */
/* A recurrent node: its layers, one a direction, and a call of it. Layouts and directions are only
 * strides to libweir. Rows of unequal length run one by one, each for its own steps. */
#include "run/recurrent.h"
#include "packing.h"

#include <stdlib.h>
#include <string.h>

/* ---- Layers ---- */

const char *run_type_of(const run_options *options, const onnx_recurrent *recurrent)
{
    const char *asked = options->types ? options->types[recurrent->index] : NULL;
    const char *type = recurrent->type ? recurrent->type : asked;
    return type ? type : weir_type_name(WEIR_TYPE_F32);
}

static weir_weight make_weight(const onnx_weight *from)
{
    weir_weight weight = {
        .name = from->name, .data = from->data, .rows = from->rows, .cols = from->cols};
    if (from->bytes) {
        weight.type = from->bytes->type;
        weight.numbers = from->bytes->bytes;
        weight.scales = from->bytes->scales;
        weight.scale_count = from->bytes->scale_count;
        weight.zero_points = from->bytes->zeros;
        weight.zero_point_count = from->bytes->zero_count;
    }
    return weight;
}

static bool create_layer(const onnx_recurrent *recurrent, size_t d, const run_options *options,
                         struct node_layers *layers, struct failure *failure)
{
    const struct fold *fold = layers->fold;
    const onnx_pass *pass = fold ? &fold->pass : &recurrent->pass[d];
    const size_t P = fold && fold->has_projection ? fold->outputs : 0;
    const size_t sizes[] = {recurrent->I, recurrent->H, P};
    weir_weight weights[ONNX_WEIGHTS_MAX];
    run_kernel kernel;
    weir_error weir;
    for (size_t i = 0; i < pass->weight_count; i++)
        weights[i] = make_weight(&pass->weights[i]);
    const char *type = run_type_of(options, recurrent);
    layers->lacks_kernel = !run_kernel_find(pass, sizes, type, options, &kernel, failure);
    if (layers->lacks_kernel)
        return false;
    const weir_layer_config config = {.cell = kernel.cell,
                                      .I = recurrent->I,
                                      .H = recurrent->H,
                                      .P = P,
                                      .weights = weights,
                                      .weight_count = pass->weight_count,
                                      .type = type,
                                      .own = kernel.own};
    return !weir_layer_create(&layers->layer[d], &config, &weir) ||
           fail(failure, "%s", weir.message);
}

bool run_layers_create(const onnx_recurrent *recurrent, const struct fold *fold,
                       const run_options *options, struct node_layers *layers,
                       struct failure *failure)
{
    *layers = (struct node_layers){.fold = fold};
    for (size_t d = 0; d < recurrent->directions; d++)
        if (!create_layer(recurrent, d, options, layers, failure)) {
            run_layers_destroy(layers);
            return false;
        }
    return true;
}

void run_layers_forget(struct node_layers *layers)
{
    for (size_t k = 0; k < 4; k++) {
        free(layers->kept[k / 2][k % 2]);
        layers->kept[k / 2][k % 2] = NULL;
    }
    layers->kept_rows = 0;
}

void run_layers_destroy(struct node_layers *layers)
{
    for (size_t d = 0; d < 2; d++) {
        weir_layer_destroy(layers->layer[d]);
        layers->layer[d] = NULL;
    }
    run_layers_forget(layers);
}

/* ---- Checking ---- */

static bool check_initial(const struct recurrent_call *call, size_t state, size_t B)
{
    const onnx_tensor *initial = call->initial[state];
    const size_t D = call->recurrent->directions, H = call->recurrent->H;
    const bool batch_first = call->recurrent->batch_first;
    if (!initial ||
        (initial->floats && initial->rank == 3 && initial->dims[2] == H &&
         initial->dims[0] == (batch_first ? B : D) && initial->dims[1] == (batch_first ? D : B)))
        return true;
    return fail(call->failure, "its initial state %zu must be floats of the shape [%zu][%zu][%zu]",
                state, batch_first ? B : D, batch_first ? D : B, H);
}

bool run_recurrent_check(struct recurrent_call *call, size_t *T, size_t *B)
{
    const onnx_recurrent *recurrent = call->recurrent;
    const onnx_tensor *x = call->x, *lens = call->sequence_lens;
    if (!x->floats || x->rank != 3 || x->dims[2] != recurrent->I)
        return fail(call->failure, "its X must be floats of three dimensions, the last one %zu",
                    recurrent->I);
    *T = x->dims[recurrent->batch_first];
    *B = x->dims[!recurrent->batch_first];
    for (size_t s = 0; s < recurrent->state_count; s++)
        if (!check_initial(call, s, *B))
            return false;
    if (lens && (!lens->ints || lens->rank != 1 || lens->count != *B))
        return fail(call->failure, "its sequence_lens must be %zu whole numbers", *B);
    for (size_t b = 0; lens && b < *B; b++)
        if (lens->ints[b] < 0 || lens->ints[b] > (int64_t)*T)
            return fail(call->failure, "a sequence is %lld steps long, and X has %zu",
                        (long long)lens->ints[b], *T);
    return true;
}

/* ---- Running ---- */

/* One direction of a call: states are dense here, [B][H]. */
struct direction {
    size_t d, T, B, D, I, H;
    float *state[2]; /* initial ones, which become final ones */
};

/* The states of a direction in a tensor: where row b is. */
static size_t state_row(const struct recurrent_call *call, const struct direction *in, size_t b)
{
    return call->recurrent->batch_first ? (b * in->D + in->d) * in->H : (in->d * in->B + b) * in->H;
}

/* Zeros, the initial states given, or those kept from the last call. */
static bool load_states(const struct recurrent_call *call, struct direction *in)
{
    for (size_t s = 0; s < call->recurrent->state_count; s++) {
        const size_t row = in->H * sizeof(float);
        const float *kept = call->layers->kept[in->d][s];
        in->state[s] = onnx_memory_take(call->memory, in->B, row);
        if (!in->state[s])
            return fail(call->failure, "its states need more memory than is allowed");
        if (call->keep_states && kept && call->layers->kept_rows != in->B)
            return fail(call->failure, "a stream of %zu rows cannot go on with %zu",
                        call->layers->kept_rows, in->B);
        for (size_t b = 0; b < in->B; b++)
            if (call->keep_states && kept)
                memcpy(in->state[s] + b * in->H, kept + b * in->H, row);
            else if (call->initial[s])
                memcpy(in->state[s] + b * in->H, call->initial[s]->floats + state_row(call, in, b),
                       row);
            else
                memset(in->state[s] + b * in->H, 0, row);
    }
    return true;
}

static bool store_states(const struct recurrent_call *call, const struct direction *in)
{
    for (size_t s = 0; s < call->recurrent->state_count; s++) {
        const size_t row = in->H * sizeof(float);
        float **kept = &call->layers->kept[in->d][s];
        if (call->keep_states && !*kept && !(*kept = malloc(in->B * row + 1)))
            return fail_memory(call->failure);
        if (call->keep_states)
            memcpy(*kept, in->state[s], in->B * row);
        for (size_t b = 0; call->final[s] && b < in->B; b++)
            memcpy(call->final[s]->floats + state_row(call, in, b), in->state[s] + b * in->H, row);
    }
    return true;
}

/* How far apart the floats of y lie from step to step and from row to row, and where those of a
 * direction begin. */
struct places {
    ptrdiff_t step, row, direction;
};

static struct places place_y(const struct recurrent_call *call, const struct direction *in)
{
    const bool batch_first = call->recurrent->batch_first;
    const struct fold *fold = call->layers->fold;
    if (!fold)
        return (struct places){(ptrdiff_t)(in->D * in->H * (batch_first ? 1 : in->B)),
                               (ptrdiff_t)(in->H * (batch_first ? in->T * in->D : 1)),
                               (ptrdiff_t)(in->d * in->H * (batch_first ? 1 : in->B))};
    struct places places = {0};
    ptrdiff_t stride = 1;
    for (size_t i = fold->axes.rank; i-- > 0 && call->y; stride *= (ptrdiff_t)call->y->dims[i])
        if (fold->axes.axis[i].kind == AXIS_TIME)
            places.step = stride;
        else if (fold->axes.axis[i].kind == AXIS_BATCH)
            places.row = stride;
    return places;
}

/* `rows` rows from one on, for their first `steps` steps. */
static void run_rows(const struct recurrent_call *call, const struct direction *in, size_t first,
                     size_t rows, size_t steps)
{
    const bool batch_first = call->recurrent->batch_first;
    const bool back = call->recurrent->pass[in->d].reversed;
    const ptrdiff_t x_step = (ptrdiff_t)(batch_first ? in->I : in->B * in->I);
    const ptrdiff_t x_row = (ptrdiff_t)(batch_first ? in->T * in->I : in->I);
    const struct places y = place_y(call, in);
    const ptrdiff_t last = back ? (ptrdiff_t)steps - 1 : 0;
    /* What a fold gives is a state before the others, from which no step starts. */
    float *const state[3] = {NULL, in->state[0] + first * in->H,
                             in->state[1] ? in->state[1] + first * in->H : NULL};
    float *const *states = call->layers->fold ? state : state + 1;
    if (!steps || !rows)
        return;
    weir_layer_forward(
        call->layers->layer[in->d],
        &(weir_sequence){.T = steps,
                         .B = rows,
                         .x = call->x->floats + last * x_step + (ptrdiff_t)first * x_row,
                         .x_step = back ? -x_step : x_step,
                         .x_row = x_row,
                         .y = call->y ? call->y->floats + y.direction + last * y.step +
                                            (ptrdiff_t)first * y.row
                                      : NULL,
                         .y_step = back ? -y.step : y.step,
                         .y_row = y.row,
                         .initial = (const float *const *)states,
                         .final = states});
}

static void run_direction(const struct recurrent_call *call, const struct direction *in)
{
    const int64_t *lens = call->sequence_lens ? call->sequence_lens->ints : NULL;
    bool equal = true;
    for (size_t b = 0; lens && b < in->B; b++)
        equal &= lens[b] == lens[0];
    if (equal)
        run_rows(call, in, 0, in->B, lens && in->B ? (size_t)lens[0] : in->T);
    for (size_t b = 0; !equal && b < in->B; b++)
        run_rows(call, in, b, 1, (size_t)lens[b]);
}

bool run_recurrent(struct recurrent_call *call)
{
    const onnx_recurrent *recurrent = call->recurrent;
    size_t T, B;
    if (!run_recurrent_check(call, &T, &B))
        return false;
    if (call->y)
        memset(call->y->floats, 0, call->y->count * sizeof(float));
    for (size_t d = 0; d < recurrent->directions; d++) {
        struct direction in = {d, T, B, recurrent->directions, recurrent->I, recurrent->H, {0}};
        if (!load_states(call, &in))
            return false;
        run_direction(call, &in);
        if (!store_states(call, &in))
            return false;
    }
    call->layers->kept_rows = call->keep_states ? B : 0;
    return true;
}
