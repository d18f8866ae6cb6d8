/* SPDX-License-Identifier: MIT */
/* What NAME.c and its tables have where a model is packed when the program runs; nothing of it
 * where it was packed when the C was written. */
#include "deploy/deployment.h"
#include "emit/emit.h"

static size_t count_slots(const struct program *program)
{
    size_t slots = 0;
    for (size_t i = 0; i < program->stage_count; i++)
        for (size_t r = 0; r < program->stages[i].region_count; r++)
            slots += program->stages[i].regions[r].count;
    return slots;
}

/* The most that a pass has. */
static void add_counts(const struct deployment *d, struct values *values)
{
    size_t slots = 0, params = 0;
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++) {
            const struct program *program = deployment_program(d, l, p);
            const size_t here = count_slots(program);
            const size_t named = (size_t)program->graph->param_count;
            slots = here > slots ? here : slots;
            params = named > params ? named : params;
        }
    values_add(values, "PACKING_COUNTS", "enum { %s_SLOTS_ = %zu, %s_PARAMS_ = %zu };\n", d->upper,
               slots, d->upper, params);
}

/* The tables of a pass: where its parameters are, and its initial states. */
struct tables {
    const struct deployment *deployment;
    size_t layer, pass;
    struct text params;
    size_t starts[WEIR_STATES_MAX], param_count, count;
};

static void note_piece(void *context, const struct piece *piece)
{
    struct tables *tables = context;
    const struct deployment *d = tables->deployment;
    const bool bytes = weir_is_bytes(piece->type);
    const size_t at = deployment_bytes_before(d, deployment_storage(piece->type), piece->at);
    if (piece->layer != tables->layer || piece->pass != tables->pass)
        return;
    if (tables->count < tables->param_count)
        text_add(&tables->params, "    {%s, %zu, %zu, %zu}, /* %s */\n",
                 emit_type_constant(bytes ? WEIR_TYPE_I8 : piece->type), at,
                 bytes ? deployment_bytes_before(d, STORE_FLOATS, piece->scales) : 0,
                 piece->type == WEIR_TYPE_U8 ? deployment_bytes_before(d, STORE_BYTES, piece->zeros)
                                             : 0,
                 piece->name);
    else
        tables->starts[tables->count - tables->param_count] = at;
    tables->count++;
}

static void add_offsets(const struct deployment *d, struct text *out, size_t layer, size_t pass,
                        size_t number)
{
    const struct graph *graph = deployment_program(d, layer, pass)->graph;
    const struct deploy_pass *of = &d->model->layers[layer].passes[pass];
    struct tables tables = {
        .deployment = d, .layer = layer, .pass = pass, .param_count = (size_t)graph->param_count};
    size_t next = 0;
    deployment_weights(d, note_piece, &tables);
    text_add(out, "static const struct %s_param params_%zu[] = {\n%s};\n", d->model->name, number,
             tables.params.chars);
    text_free(&tables.params);
    text_add(out, "static const size_t initial_%zu[] = {", number);
    for (int s = 0; s < graph->state_count; s++) {
        text_add(out, s ? ", " : "");
        if (of->initial[s])
            text_add(out, "%zu", tables.starts[next++]);
        else
            text_add(out, "%s_NONE_", d->upper);
    }
    text_add(out, "};\n");
}

static void add_packings(const struct deployment *d, struct values *values)
{
    struct text tables = {0}, rows = {0};
    size_t number = 0;
    for (size_t l = 0; l < d->model->layer_count; l++) {
        const struct deploy_layer *layer = &d->model->layers[l];
        for (size_t p = 0; p < layer->pass_count; p++, number++) {
            add_offsets(d, &tables, l, p, number);
            text_add(&rows, "    {{1, %.0f, %.0f, %.0f}, params_%zu, initial_%zu, %d},\n",
                     layer->size[WEIR_I], layer->size[WEIR_H], layer->size[WEIR_P], number, number,
                     deployment_program(d, l, p)->graph->param_count);
        }
    }
    text_add(&tables, "\nstatic const struct %s_packing %s_packings_[] = {\n%s};\n", d->model->name,
             d->model->name, rows.chars);
    text_free(&rows);
    values_take(values, "PACKINGS", &tables);
}

void deploy_packing(const struct deployment *d, struct values *values)
{
    if (deployment_is_packed(d)) {
        static const char *const empty[] = {"PACKING_COUNTS", "PACKINGS",      "PACKING_STRUCT",
                                            "KERNEL_WORDS",   "KERNEL_FIELDS", "INCLUDE_PACKING"};
        for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
            values_add(values, empty[i], "%s", "");
        values_choose(values, "MODEL", "weights_packed", "model.c");
        values_choose(values, "MODEL_BEGINS", "weights_packed", "begins.h");
        return;
    }
    add_counts(d, values);
    add_packings(d, values);
    values_choose(values, "PACKING_STRUCT", "packs", "struct.h");
    values_add(values, "KERNEL_WORDS", ", and how it wants its weights");
    values_choose(values, "KERNEL_FIELDS", "packs", "fields.h");
    values_add(values, "INCLUDE_PACKING", "#include \"packing.h\"");
    values_choose(values, "MODEL", "packs", "model.c");
    values_choose(values, "MODEL_BEGINS", "packs", "begins.h");
}
