/* SPDX-License-Identifier: MIT */
/* The tables of NAME_model.h: the passes and layers of a model, and its ISAs. */
#include "deploy/deployment.h"

/* ---- Passes and layers ---- */

/* The states of a kernel. */
static void add_kernel(const struct graph *graph, size_t kernel, struct text *out)
{
    text_add(out, "static const enum weir_extent states_%zu[] = {", kernel);
    for (int s = 0; s < graph->state_count; s++)
        text_add(out, "%s%s", s ? ", " : "",
                 extent_constant(graph_extent(graph, graph->states[s].extent)));
    text_add(out, "};\n");
}

static size_t count_slots(const struct program *program)
{
    size_t slots = 0;
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++)
            slots += program->stages[i].regions[r].count;
    return slots;
}

/* Offsets of a pass: of its parameters, then of its initial states. */
struct offsets {
    size_t layer, pass;
    size_t at[PARAMS_MAX + WEIR_STATES_MAX], count;
};

static void note_offset(void *context, size_t layer, size_t pass, const float *piece, size_t at,
                        size_t count)
{
    struct offsets *offsets = context;
    (void)piece, (void)count;
    if (layer == offsets->layer && pass == offsets->pass)
        offsets->at[offsets->count++] = at;
}

static void add_offsets(const struct deployment *d, struct text *out, size_t layer, size_t pass,
                        size_t number)
{
    const struct graph *graph = deployment_program(d, layer, pass)->graph;
    const struct deploy_pass *of = &d->model->layers[layer].passes[pass];
    struct offsets offsets = {.layer = layer, .pass = pass};
    size_t next = (size_t)graph->param_count;
    deployment_weights(d, note_offset, &offsets);
    text_add(out, "static const size_t params_%zu[] = {\n", number);
    for (int i = 0; i < graph->param_count; i++)
        text_add(out, "    %zu, /* %s */\n", offsets.at[i], graph->params[i].name);
    text_add(out, "};\n");
    text_add(out, "static const size_t initial_%zu[] = {", number);
    for (int s = 0; s < graph->state_count; s++) {
        text_add(out, s ? ", " : "");
        if (of->initial[s])
            text_add(out, "%zu", offsets.at[next++]);
        else
            text_add(out, "%s_ZERO_", d->upper);
    }
    text_add(out, "};\n");
}

static void add_passes(const struct deployment *d, struct values *values)
{
    struct text rows = {0};
    size_t number = 0;
    for (size_t l = 0; l < d->model->layer_count; l++) {
        const struct deploy_layer *layer = &d->model->layers[l];
        for (size_t p = 0; p < layer->pass_count; p++, number++) {
            const struct program *program = deployment_program(d, l, p);
            const size_t kernel = d->kernel_of[l][p];
            text_add(&rows,
                     "    {%zu, %d, {1, %.0f, %.0f, %.0f}, params_%zu, initial_%zu, %d, "
                     "states_%zu, %d},\n",
                     kernel, layer->passes[p].reversed, layer->size[WEIR_I], layer->size[WEIR_H],
                     layer->size[WEIR_P], number, number, program->graph->param_count, kernel,
                     program->graph->state_count);
        }
    }
    values_take(values, "PASSES", &rows);
    values_add(values, "PASS_COUNT", "%zu", number);
}

static void add_layers(const struct deployment *d, struct values *values)
{
    struct text rows = {0};
    size_t pass = 0;
    for (size_t l = 0; l < d->model->layer_count; l++) {
        const struct deploy_layer *layer = &d->model->layers[l];
        text_add(&rows, "    {%zu, %zu, %.0f, %zu, %d, %d", pass, layer->pass_count,
                 layer->size[WEIR_I], deployment_outputs(d, l), layer->by_length, layer->gives);
        if (deployment_has_softmax(d))
            text_add(&rows, ", %zu", layer->softmax);
        text_add(&rows, "}, /* %s */\n", deployment_program(d, l, 0)->graph->name);
        pass += layer->pass_count;
    }
    values_take(values, "LAYERS", &rows);
    values_add(values, "LAYER_COUNT", "%zu", d->model->layer_count);
}

/* What passes point to, and the most that one of them has. */
static void add_parts(const struct deployment *d, struct values *values)
{
    size_t passes = 0, slots = 0, params = 0, kernels = 0;
    struct text tables = {0};
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++) {
            const struct program *program = deployment_program(d, l, p);
            const size_t here = count_slots(program);
            const size_t named = (size_t)program->graph->param_count;
            slots = here > slots ? here : slots;
            params = named > params ? named : params;
            if (d->kernel_of[l][p] == kernels)
                add_kernel(program->graph, kernels++, &tables);
            add_offsets(d, &tables, l, p, passes++);
        }
    values_take(values, "TABLES", &tables);
    values_add(values, "SLOT_COUNT", "%zu", slots);
    values_add(values, "PARAM_COUNT", "%zu", params);
}

/* ---- ISAs ---- */

/* Best first; none of another architecture. */
static void add_isas(const struct deployment *d, struct values *values)
{
    const char *name = d->model->name;
    struct text kernels = {0}, rows = {0};
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        if (d->model->isas[i])
            text_add(&kernels, "extern const struct %s_kernel %s_kernels_%s[];\n", name, name,
                     isas[i].name);
    for (size_t i = WEIR_ISA_COUNT; i-- > 0;) {
        if (!d->model->isas[i])
            continue;
        if (isas[i].guard)
            text_add(&rows, "#if defined(%s)\n", isas[i].guard);
        text_add(&rows, "    {%s, %s_kernels_%s},\n", isas[i].constant, name, isas[i].name);
        if (isas[i].guard)
            text_add(&rows, "#endif\n");
    }
    values_take(values, "KERNELS", &kernels);
    values_take(values, "ISAS", &rows);
}

void deploy_tables(const struct deployment *d, struct values *values)
{
    add_parts(d, values);
    add_passes(d, values);
    add_layers(d, values);
    add_isas(d, values);
}
