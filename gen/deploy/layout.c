/* SPDX-License-Identifier: MIT */
/* The layout of a model's memory, and of a state's. */
#include "deploy/deployment.h"

#include "emit/emit.h"
#include "packing.h"

/* Hands out rows; returns where they begin. */
static size_t take(size_t *at, size_t floats)
{
    const size_t begins = *at;
    *at = weir_plus(*at, weir_round_up(floats, WEIR_ROW));
    return begins;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void lay_model(const struct deployment *d, struct layout *layout)
{
    for (size_t form = 0; form < d->form_count; form++) {
        size_t at = 0, pass = 0;
        for (size_t l = 0; l < d->model->layer_count; l++)
            for (size_t p = 0; p < d->model->layers[l].pass_count; p++)
                layout->packed[form][pass++] =
                    take(&at, pack_floats(d->parts[form][d->kernel_of[l][p]]));
        layout->packed[form][pass] = take(&at, layout->initial_count);
        layout->model = larger(layout->model, weir_plus(WEIR_ROW, at));
    }
    if (deployment_is_packed(d))
        layout->model = 0;
}

/* The states of a pass that go on from step to step start from somewhere. */
static void lay_states(const struct deployment *d, struct layout *layout, size_t *at)
{
    size_t number = 0, rows = 0;
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++, number++) {
            const struct graph *graph = deployment_program(d, l, p)->graph;
            for (int s = 0; s < graph->state_count; s++) {
                const size_t size =
                    deployment_size(&d->model->layers[l], graph, graph->states[s].extent);
                layout->row[number][s] = take(&rows, size);
                layout->place[number][s] = LAYOUT_NONE;
                if (!program_reads_state(deployment_program(d, l, p), s))
                    continue;
                layout->place[number][s] = layout->initial_count;
                layout->initial_count += size;
            }
        }
    layout->initial = take(at, layout->initial_count);
    layout->turn = rows;
    for (size_t pass = 0; pass < number; pass++)
        for (size_t s = 0; s < WEIR_STATES_MAX; s++)
            layout->row[pass][s] += *at;
    take(at, 2 * rows);
}

/* What a kernel takes of something, in the form that takes most. */
static size_t most_of(const struct deployment *d, size_t kernel,
                      size_t (*floats)(const struct kernel_parts *parts))
{
    size_t most = 0;
    for (size_t form = 0; form < d->form_count; form++)
        most = larger(most, floats(d->parts[form][kernel]));
    return most;
}

/* What passes work in, one after another; and what they compute ahead, whatever the form. */
static void lay_values(const struct deployment *d, struct layout *layout, size_t *at)
{
    size_t number = 0, most = *at, ahead = 0;
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++, number++) {
            const struct program *program = deployment_program(d, l, p);
            const double *sizes = d->model->layers[l].size;
            size_t here = *at;
            for (size_t v = 0; v < program->value_count; v++)
                layout->value[number][v] =
                    take(&here, (size_t)sizes[program_extent(program, program->values[v])]);
            layout->bytes[number] = take(&here, most_of(d, d->kernel_of[l][p], emit_alone_bytes));
            most = larger(most, here);
            ahead = larger(ahead, most_of(d, d->kernel_of[l][p], emit_alone_products));
        }
    *at = most;
    layout->products = take(at, ahead);
}

/* The outputs of a layer are read by the next one only: two rooms, in turns, do for all. */
static void lay_rooms(const struct deployment *d, struct layout *layout, size_t *at)
{
    size_t room[2], floats[2] = {0, 0};
    for (size_t l = 0; l < d->model->layer_count; l++) {
        const bool last = l + 1 == d->model->layer_count;
        const bool inner = !last || d->model->layers[l].gives != GIVES_ALL;
        layout->room[l] = inner ? l % 2 : LAYOUT_NONE;
        if (inner)
            floats[l % 2] =
                larger(floats[l % 2], weir_times(d->model->steps, deployment_outputs(d, l)));
    }
    for (size_t i = 0; i < 2; i++)
        room[i] = take(at, floats[i]);
    for (size_t l = 0; l < d->model->layer_count; l++)
        if (layout->room[l] != LAYOUT_NONE)
            layout->room[l] = room[layout->room[l]];
}

/* What a schedule keeps and works in, beside what passes do. */
static void lay_schedule(const struct schedule *schedule, struct layout *layout, size_t *at)
{
    for (size_t b = 0; b < schedule->buffer_count; b++)
        if (schedule->buffers[b].place == PLACE_KEPT)
            layout->initial_count += schedule->buffers[b].count;
    layout->initial = take(at, layout->initial_count);
    layout->carried = take(at, schedule->kept / sizeof(float));
    layout->kept = *at;
    layout->arena = take(at, schedule->arena / sizeof(float));
}

/* What streams that are computed together take: as many as the stack is thought to have room for,
 * which is that of threads everywhere. More than some have no gain; and two have none where the
 * nearest cache holds the weights. */
static void lay_together(const struct deployment *d, struct layout *layout, size_t work_end)
{
    enum { STACK_FLOATS = 96 * 1024 / sizeof(float), MOST = 16, NEAREST_BYTES = 32 * 1024 };
    layout->wide = weir_round_up(d->inputs, WEIR_ROW);
    for (size_t l = 0; l < d->model->layer_count; l++) {
        const size_t outputs = weir_round_up(deployment_outputs(d, l), WEIR_ROW);
        layout->wide = larger(layout->wide, outputs);
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++) {
            const struct graph *graph = deployment_program(d, l, p)->graph;
            size_t rows = 0;
            for (int s = 0; s < graph->state_count; s++)
                take(&rows, deployment_size(&d->model->layers[l], graph, graph->states[s].extent));
            layout->rows = larger(layout->rows, rows);
        }
    }
    layout->work_at = layout->kept;
    layout->work = larger(work_end - layout->kept, WEIR_ROW);
    layout->lot = weir_plus(2 * (layout->wide + layout->rows), layout->work);
    const size_t fit = STACK_FLOATS / layout->lot;
    if (fit >= 2 && deployment_bytes(d) > NEAREST_BYTES)
        layout->together = fit < MOST ? fit : MOST;
}

void layout_find(const struct deployment *d, struct layout *layout)
{
    size_t at = WEIR_ROW;
    if (d->model->schedule) {
        lay_schedule(d->model->schedule, layout, &at);
        lay_values(d, layout, &at);
    } else {
        lay_states(d, layout, &at);
        layout->kept = at;
        lay_values(d, layout, &at);
        if (deployment_streams(d) && !d->model->lengths)
            lay_together(d, layout, layout->products);
        lay_rooms(d, layout, &at);
    }
    layout->state = at;
    lay_model(d, layout);
}
