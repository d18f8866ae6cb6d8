/* SPDX-License-Identifier: MIT */
/* The tables of NAME_model.h: the passes and layers of a model, where what they work on is in the
 * memory of a state, and the forms of the model's kernels. */
#include "deploy/deployment.h"

/* ---- Passes and layers ---- */

static void add_number(const struct deployment *d, struct text *out, size_t number)
{
    if (number == LAYOUT_NONE)
        text_add(out, "%s_NONE_", d->upper);
    else
        text_add(out, "%zu", number);
}

/* Where the states of a pass are, and its values. */
static void add_states(const struct deployment *d, size_t l, size_t p, size_t number,
                       struct text *out)
{
    const struct graph *graph = deployment_program(d, l, p)->graph;
    text_add(out, "static const struct %s_place states_%zu[] = {\n", d->model->name, number);
    for (int s = 0; s < graph->state_count; s++) {
        text_add(out, "    {%zu, %zu, ",
                 deployment_size(&d->model->layers[l], graph, graph->states[s].extent),
                 d->layout.row[number][s]);
        add_number(d, out, d->layout.place[number][s]);
        text_add(out, "}, /* %s */\n", graph->states[s].name);
    }
    text_add(out, "};\n");
}

static void add_values(const struct deployment *d, size_t l, size_t p, size_t number,
                       struct text *out)
{
    const struct program *program = deployment_program(d, l, p);
    if (!program->value_count && !deployment_has_bytes(d))
        return;
    text_add(out, "static const size_t values_%zu[] = {", number);
    for (size_t v = 0; v < program->value_count; v++)
        text_add(out, "%s%zu", v ? ", " : "", d->layout.value[number][v]);
    if (deployment_has_bytes(d))
        text_add(out, "%s%zu", program->value_count ? ", " : "", d->layout.bytes[number]);
    text_add(out, "};\n");
}

static void add_pass(const struct deployment *d, size_t l, size_t p, size_t number,
                     struct text *out)
{
    const struct program *program = deployment_program(d, l, p);
    text_add(out, "    {%zu, %d, ", d->kernel_of[l][p], d->model->layers[l].passes[p].reversed);
    if (d->model->schedule) /* each step says where they are */
        text_add(out, "NULL, 0, ");
    else
        text_add(out, "states_%zu, %d, ", number, program->graph->state_count);
    text_add(out, program->value_count || deployment_has_bytes(d) ? "values_%zu" : "NULL", number);
    text_add(out, ", %zu},\n", program->value_count);
}

static void add_passes(const struct deployment *d, struct values *values)
{
    struct text rows = {0}, tables = {0};
    size_t number = 0;
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++, number++) {
            if (!d->model->schedule)
                add_states(d, l, p, number, &tables);
            add_values(d, l, p, number, &tables);
            add_pass(d, l, p, number, &rows);
        }
    values_take(values, "TABLES", &tables);
    values_take(values, "PASSES", &rows);
    values_add(values, "PASS_COUNT", "%zu", number);
}

static void add_layers(const struct deployment *d, struct values *values)
{
    struct text rows = {0};
    size_t pass = 0;
    for (size_t l = 0; l < d->model->layer_count; l++) {
        const struct deploy_layer *layer = &d->model->layers[l];
        text_add(&rows, "    {%zu, %zu, %.0f, %zu, ", pass, layer->pass_count, layer->size[WEIR_I],
                 deployment_outputs(d, l));
        add_number(d, &rows, d->layout.room[l]);
        text_add(&rows, ", %d, %d", layer->by_length, layer->gives);
        if (deployment_has_softmax(d))
            text_add(&rows, ", %zu", layer->softmax);
        text_add(&rows, "}, /* %s */\n", deployment_program(d, l, 0)->graph->name);
        pass += layer->pass_count;
    }
    values_take(values, "LAYERS", &rows);
    values_add(values, "LAYER_COUNT", "%zu", d->model->layer_count);
    values_add(values, "TURN", "%zu", d->layout.turn);
}

/* ---- Forms ---- */

/* What a form has to itself: its kernels, and where it has the weights of each pass. */
static void add_form(const struct deployment *d, size_t f, struct text *kernels,
                     struct text *packed, struct text *rows)
{
    const struct form *form = &d->forms[f];
    const char *name = d->model->name;
    size_t passes = 0;
    for (size_t l = 0; l < d->model->layer_count; l++)
        passes += d->model->layers[l].pass_count;
    text_add(kernels, "extern WEIR_HIDDEN const struct %s_kernel %s_kernels_%s[];\n", name, name,
             form->name);
    text_add(packed, "static const size_t packed_%s[] = {", form->name);
    for (size_t p = 0; p <= passes; p++)
        text_add(packed, "%s%zu", p ? ", " : "", d->layout.packed[f][p]);
    text_add(packed, "};\n");
    text_add(rows, "    {%s, ", form->isa->constant);
    if (deployment_has_variants(d)) {
        text_add(rows, "\"%s\", ", form->name);
        text_add(rows, form->tuned_for ? "\"%s\", " : "NULL, ", form->tuned_for);
    }
    text_add(rows, "%s_kernels_%s, packed_%s},\n", name, form->name, form->name);
}

/* Best first; none of another architecture. */
static void add_forms(const struct deployment *d, struct values *values)
{
    struct text kernels = {0}, packed = {0}, rows = {0};
    for (size_t f = d->form_count; f-- > 0;) {
        struct text *const guarded[] = {&packed, &rows};
        const char *guard = d->forms[f].isa->guard;
        for (size_t k = 0; k < 2 && guard; k++)
            text_add(guarded[k], "#if defined(%s)\n", guard);
        add_form(d, f, &kernels, &packed, &rows);
        for (size_t k = 0; k < 2 && guard; k++)
            text_add(guarded[k], "#endif\n");
    }
    values_take(values, "KERNELS", &kernels);
    values_take(values, "PACKED_OFFSETS", &packed);
    values_take(values, "ISAS", &rows);
}

void deploy_tables(const struct deployment *d, struct values *values)
{
    add_passes(d, values);
    if (!d->model->schedule)
        add_layers(d, values);
    values_add(values, "INITIAL_AT", "%zu", d->layout.initial);
    values_add(values, "PRODUCTS_AT", "%zu", d->layout.products);
    values_add(values, "RUN_BYTES", "%s",
               deployment_has_bytes(d) ? "    run.bytes = memory + pass->values[pass->value_count];"
                                       : "");
    values_add(values, "VALUES_WORDS", "%s",
               deployment_has_bytes(d) ? ", and after them of the bytes that it multiplies" : "");
    add_forms(d, values);
}

void deploy_choice(const struct deployment *d, struct values *values)
{
    const bool has = deployment_has_variants(d);
    const char *folder = has ? "variants" : "isas";
    values_choose(values, "CHOOSE", folder, "choose.c");
    values_add(values, "FORM_FIELDS", "%s",
               has ? template_text("deploy/variants/fields.h.in") : "");
    values_add(values, "FORM_NAME", has ? "%s->name" : "weir_isas[%s->isa].name", "isa_of(model)");
    values_add(values, "FORMS_END", "{WEIR_ISA_COUNT, NULL, NULL%s},", has ? ", NULL, NULL" : "");
    values_add(values, "INCLUDE_MICROARCHITECTURE", "%s",
               has ? "#include \"microarchitecture.h\"" : "");
}
