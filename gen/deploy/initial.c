/* SPDX-License-Identifier: MIT */
/* Initial states: what of them NAME.h tells, which part is whose. */
#include "deploy/deployment.h"

static void add_part(const struct deployment *d, struct text *out, size_t l, size_t p, int s)
{
    const struct deploy_layer *layer = &d->model->layers[l];
    const struct deploy_pass *pass = &layer->passes[p];
    const struct graph *graph = deployment_program(d, l, p)->graph;
    text_add(out, " *     %s[%zu] of layer %zu", graph->states[s].name,
             deployment_size(layer, graph, graph->states[s].extent), l);
    if (layer->pass_count > 1)
        text_add(out, pass->reversed ? ", backwards" : ", forwards");
    if (pass->input[s].name) {
        text_add(out, ": the model's input ");
        deploy_quote(out, pass->input[s].name);
    }
    text_add(out, pass->initial[s] ? ": not zeros by themselves\n" : "\n");
}

/* What of a schedule goes on from call to call. */
static void add_kept(const struct schedule *schedule, struct text *out)
{
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        if (buffer->place != PLACE_KEPT)
            continue;
        text_add(out, " *     %zu of the model's input ", buffer->count);
        deploy_quote(out, buffer->name);
        text_add(out, "\n");
    }
}

static void add_parts(const struct deployment *d, struct values *values)
{
    struct text parts = {0};
    if (d->model->schedule)
        add_kept(d->model->schedule, &parts);
    for (size_t l = 0; l < d->model->layer_count && !d->model->schedule; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++) {
            const struct graph *graph = deployment_program(d, l, p)->graph;
            for (int s = 0; s < graph->state_count; s++)
                if (program_reads_state(deployment_program(d, l, p), s))
                    add_part(d, &parts, l, p, s);
        }
    const bool any = parts.length;
    values_take(values, "INITIAL_ROWS", &parts);
    values_add(values, "INITIAL_PARTS", "%s",
               any ? " * It is @UPPER@_STATES floats, which are, one after another,\n@INITIAL_ROWS@"
                   : " * This model has no states, and so there are no floats in it.");
}

void deploy_initial(const struct deployment *d, struct values *values)
{
    add_parts(d, values);
    values_add(values, "STATES", "%zu", d->layout.initial_count);
    values_add(values, "KEPT", "%zu", d->layout.kept * sizeof(float));
    values_add(values, "MODEL_BYTES", "%zu", d->layout.model * sizeof(float));
    values_add(values, "STATE_BYTES", "%zu", d->layout.state * sizeof(float));
}
