/* SPDX-License-Identifier: MIT */
/* How a model is built, and what it consists of, in words: for CMakeLists.txt and README.md. */
#include "deploy/deployment.h"

#include "packing.h"

/* ---- Building ---- */

/* Source files beside NAME.c. */
static void add_sources(const struct deployment *d, struct values *values)
{
    struct text sources = {0};
    if (!d->model->weights_file)
        text_add(&sources, " src/%s_weights.c", d->model->name);
    text_add(&sources, " src/%s_saved.c src/%s_many.c", d->model->name, d->model->name);
    if (d->model->schedule && deployment_has_avx2(d))
        text_add(&sources, " src/%s_steps_avx2.c", d->model->name);
    for (size_t f = 0; f < d->form_count; f++) {
        text_add(&sources, " src/%s_%s.c", d->model->name, d->forms[f].name);
        if (d->layout.together)
            text_add(&sources, " src/%s_many_%s.c", d->model->name, d->forms[f].name);
    }
    values_take(values, "SOURCES", &sources);
}

/* ---- What it consists of ---- */

static void add_layers(const struct deployment *d, struct values *values)
{
    static const char *const gives[] = {"", ", last step only", ", final state only"};
    struct text rows = {0};
    for (size_t l = 0; l < d->model->layer_count; l++) {
        const struct deploy_layer *layer = &d->model->layers[l];
        const char *directions = layer->pass_count == 2      ? "both"
                                 : layer->passes[0].reversed ? "backwards"
                                                             : "forwards";
        const bool narrow = layer->type != WEIR_TYPE_F32;
        text_add(&rows, "| %zu | `%s`%s%s | %.0f | %zu | %s%s%s |\n", l,
                 deployment_program(d, l, 0)->graph->name, narrow ? ", " : "",
                 narrow ? weir_type_name(layer->type) : "", layer->size[WEIR_I],
                 deployment_outputs(d, l), directions, gives[layer->gives],
                 layer->softmax ? ", softmax" : "");
    }
    values_take(values, "LAYER_ROWS", &rows);
}

static void add_isa_names(const struct deployment *d, struct values *values)
{
    struct text names = {0};
    for (size_t f = 0; f < d->form_count; f++)
        text_add(&names, " `%s`", d->forms[f].name);
    values_take(values, "ISA_NAMES", &names);
}

static void add_test(const struct deployment *d, struct values *values)
{
    const bool none = d->model->no_test;
    values_add(values, "TEST_TARGET", "%s",
               none ? "" : template_text("deploy/self_test/test.cmake.in"));
    values_add(values, "TEST_WORDS", "%s",
               none ? "" : template_text("deploy/self_test/README.md.in"));
    values_add(values, "RUN_TEST", "%s", none ? "" : " && ctest --test-dir build");
}

void deploy_build(const struct deployment *d, struct values *values)
{
    add_sources(d, values);
    add_layers(d, values);
    add_isa_names(d, values);
    add_test(d, values);
}
