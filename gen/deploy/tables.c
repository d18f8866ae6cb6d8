/* SPDX-License-Identifier: MIT */
/* A model that stands alone, as tables: its passes and layers, its ISAs, its weights. */
#include "deploy/deployment.h"

#include "common/hash.h"

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
            text_add(out, "%s_ZERO", d->upper);
    }
    text_add(out, "};\n");
}

static void add_passes(const struct deployment *d, struct text *out)
{
    size_t number = 0;
    text_add(out, "\nstatic const struct %s_pass %s_passes[] = {\n", d->model->name,
             d->model->name);
    for (size_t l = 0; l < d->model->layer_count; l++) {
        const struct deploy_layer *layer = &d->model->layers[l];
        for (size_t p = 0; p < layer->pass_count; p++, number++) {
            const struct program *program = deployment_program(d, l, p);
            const size_t kernel = d->kernel_of[l][p];
            text_add(out,
                     "    {%zu, %d, {1, %.0f, %.0f, %.0f}, params_%zu, initial_%zu, %d, "
                     "states_%zu, %d},\n",
                     kernel, layer->passes[p].reversed, layer->size[WEIR_I], layer->size[WEIR_H],
                     layer->size[WEIR_P], number, number, program->graph->param_count, kernel,
                     program->graph->state_count);
        }
    }
    text_add(out, "};\n\n");
}

static void add_layers(const struct deployment *d, struct text *out)
{
    size_t pass = 0;
    text_add(out, "static const struct %s_layer %s_layers[] = {\n", d->model->name, d->model->name);
    for (size_t l = 0; l < d->model->layer_count; l++) {
        const struct deploy_layer *layer = &d->model->layers[l];
        text_add(out, "    {%zu, %zu, %.0f, %zu, %d, %d}, /* %s */\n", pass, layer->pass_count,
                 layer->size[WEIR_I], deployment_outputs(d, l), layer->by_length, layer->gives,
                 deployment_program(d, l, 0)->graph->name);
        pass += layer->pass_count;
    }
    text_add(out, "};\n\n");
}

/* ---- ISAs ---- */

/* Best first; none of another architecture. */
static void add_isas(const struct deployment *d, struct text *out)
{
    const char *name = d->model->name;
    text_add(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        if (d->model->isas[i])
            text_add(out, "extern const struct %s_kernel %s_kernels_%s[];\n", name, name,
                     isas[i].name);
    if (!d->model->weights_file)
        text_add(out, "extern const float %s_weights[];\n", name);
    text_add(out, "#ifdef __cplusplus\n}\n#endif\n\n");
    text_add(out, "static const struct %s_isa %s_isas[] = {\n", name, name);
    for (size_t i = WEIR_ISA_COUNT; i-- > 0;) {
        if (!d->model->isas[i])
            continue;
        if (isas[i].guard)
            text_add(out, "#if defined(%s)\n", isas[i].guard);
        text_add(out, "    {%s, %s_kernels_%s},\n", isas[i].constant, name, isas[i].name);
        if (isas[i].guard)
            text_add(out, "#endif\n");
    }
    text_add(out, "    {WEIR_ISA_COUNT, NULL},\n};\n\n");
}

void deploy_model_tables(const struct deployment *d, struct text *out)
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
    deploy_add(
        d, out,
        "/* SPDX-License-Identifier: MIT */\n"
        "/* What the model consists of: for alone.c. Generated by weir-gen; do not edit. */\n"
        "#ifndef ALONE_MODEL_H\n#define ALONE_MODEL_H\n\n#include \"alone_internal.h\"\n\n");
    text_add(out,
             "enum { %s_PASSES = %zu, %s_LAYERS = %zu,\n       %s_SLOTS = %zu, %s_PARAMS = %zu };"
             "\n\n",
             d->upper, passes, d->upper, d->model->layer_count, d->upper, slots, d->upper, params);
    text_add(out, "%s", tables.chars);
    add_passes(d, out);
    add_layers(d, out);
    add_isas(d, out);
    text_add(out, "#endif\n");
    text_free(&tables);
}

/* ---- Weights ---- */

static void add_floats(void *context, size_t layer, size_t pass, const float *piece, size_t at,
                       size_t count)
{
    struct text *out = context;
    text_add(out, "    /* layer %zu, pass %zu, from %zu on */\n", layer, pass, at);
    for (size_t i = 0; i < count; i++)
        text_add(out, "%s%af,%s", i % 6 ? "" : "    ", (double)piece[i],
                 i % 6 == 5 || i + 1 == count ? "\n" : " ");
}

void deploy_weights_c(const struct deployment *d, struct text *out)
{
    const char *name = d->model->name;
    deploy_add(
        d, out,
        "/* SPDX-License-Identifier: MIT */\n"
        "/* The weights of alone, as they were learned: alone_init packs them. Generated by\n"
        " * weir-gen; do not edit. */\n");
    text_add(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    text_add(out, "extern const float %s_weights[%zu];\n\n", name, d->weight_count);
    text_add(out, "const float %s_weights[%zu] = {\n", name, d->weight_count);
    deployment_weights(d, add_floats, out);
    text_add(out, "};\n\n#ifdef __cplusplus\n}\n#endif\n");
}

static void add_piece(void *context, size_t layer, size_t pass, const float *piece, size_t at,
                      size_t count)
{
    (void)layer, (void)pass, (void)at;
    text_add_bytes(context, piece, count * sizeof *piece);
}

void deploy_weights_file(const struct deployment *d, struct text *out)
{
    struct text floats = {0};
    deployment_weights(d, add_piece, &floats);
    const uint64_t head[] = {d->shape, d->weight_count,
                             hash_bytes(HASH_START, floats.chars, floats.length)};
    text_add_bytes(out, "weights\n", 8);
    text_add_bytes(out, head, sizeof head);
    text_add_bytes(out, floats.chars, floats.length);
    text_free(&floats);
}
