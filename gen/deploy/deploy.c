/* SPDX-License-Identifier: MIT */
/* From a model to a directory: kernels for each ISA, and the files around them. */
#include "deploy/deployment.h"

#include "common/hash.h"
#include "emit/emit.h"
#include "language/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Files that a directory gets a copy of: the templates and headers of kernels/. */
static const struct {
    const char *name, *text;
} shipped[] = {
#define WEIR_SHIPPED(name, text) {name, text},
#include "alone_files.inc"
#include "alone_headers.inc"
#undef WEIR_SHIPPED
};

static const char *shipped_text(const char *name)
{
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        if (!strcmp(shipped[i].name, name))
            return shipped[i].text;
    abort();
}

bool deploy_ships(const char *name)
{
    const size_t length = strlen(name);
    bool ships = false;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        ships |= !strncmp(shipped[i].name, name, length) && !strcmp(shipped[i].name + length, ".h");
    return ships;
}

/* ---- What is known of a deployment ---- */

static size_t first_isa(const struct deployment *d)
{
    size_t isa = 0;
    while (!d->model->isas[isa])
        isa++;
    return isa;
}

const struct program *deployment_program(const struct deployment *d, size_t layer, size_t pass)
{
    return d->parts[first_isa(d)][d->kernel_of[layer][pass]]->program[ROLE_FORWARD];
}

size_t deployment_size(const struct deploy_layer *layer, const struct graph *graph, int extent)
{
    return extent < 0 ? 1 : (size_t)layer->size[graph_extent(graph, extent)];
}

size_t deployment_outputs(const struct deployment *d, size_t layer)
{
    const struct graph *graph = deployment_program(d, layer, 0)->graph;
    const struct deploy_layer *of = &d->model->layers[layer];
    return of->pass_count * deployment_size(of, graph, graph->states[0].extent);
}

bool deployment_is_whole(const struct deployment *d)
{
    bool whole = d->model->lengths || deployment_gives_last(d);
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++)
            whole |= d->model->layers[l].passes[p].reversed;
    return whole;
}

bool deployment_gives_last(const struct deployment *d)
{
    bool last = false;
    for (size_t l = 0; l < d->model->layer_count; l++)
        last |= d->model->layers[l].gives != GIVES_ALL;
    return last;
}

static void visit_pass(const struct deployment *d, size_t l, size_t p, deployment_visit *visit,
                       void *context, size_t *at)
{
    const struct deploy_layer *layer = &d->model->layers[l];
    const struct deploy_pass *pass = &layer->passes[p];
    const struct graph *graph = deployment_program(d, l, p)->graph;
    for (int i = 0; i < graph->param_count; i++) {
        const size_t count = deployment_size(layer, graph, graph->params[i].rows) *
                             deployment_size(layer, graph, graph->params[i].cols);
        visit(context, l, p, pass->params[i], *at, count);
        *at += count;
    }
    for (int s = 0; s < graph->state_count; s++) {
        const size_t count = deployment_size(layer, graph, graph->states[s].extent);
        if (!pass->initial[s])
            continue;
        visit(context, l, p, pass->initial[s], *at, count);
        *at += count;
    }
}

void deployment_weights(const struct deployment *d, deployment_visit *visit, void *context)
{
    size_t at = 0;
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++)
            visit_pass(d, l, p, visit, context, &at);
}

void deploy_add(const struct deployment *d, struct text *out, const char *text)
{
    while (*text) {
        const char *lower = strstr(text, "alone"), *upper = strstr(text, "ALONE");
        const char *next = !upper || (lower && lower < upper) ? lower : upper;
        text_add(out, "%.*s", (int)(next ? (size_t)(next - text) : strlen(text)), text);
        if (!next)
            return;
        text_add(out, "%s", next == lower ? d->model->name : d->upper);
        text = next + strlen("alone");
    }
}

/* ---- Making one ---- */

static bool same_kernel(const struct deploy_model *model, size_t l, size_t p, size_t m, size_t q)
{
    const struct source *a = &model->layers[l].passes[p].cell,
                        *b = &model->layers[m].passes[q].cell;
    return a->length == b->length && !memcmp(a->text, b->text, a->length) &&
           !memcmp(model->layers[l].size, model->layers[m].size, sizeof model->layers[l].size);
}

/* The kernel that an earlier pass has, too, or the next number. */
static size_t find_kernel(const struct deployment *d, size_t l, size_t p)
{
    for (size_t m = 0; m <= l; m++)
        for (size_t q = 0; q < (m < l ? d->model->layers[m].pass_count : p); q++)
            if (same_kernel(d->model, l, p, m, q))
                return d->kernel_of[m][q];
    return d->kernel_count;
}

/* The parts of a pass's kernel for an ISA. What only pays over many steps is left out of a stream.
 */
static struct kernel_parts *make_parts(const struct deploy_model *model, size_t l, size_t p,
                                       const struct isa *isa)
{
    const struct source *cell = &model->layers[l].passes[p].cell;
    struct graph *graph = source_parse(cell, model->layers[l].size);
    const int line = graph->line, column = graph->column;
    char *error = NULL;
    struct kernel_parts *parts = kernel_parts_create(graph, WEIR_INLINE, isa, false, &error);
    if (!parts)
        source_fail(cell, line, column, error);
    if (model->steps == 1)
        parts->plan[ROLE_FORWARD].hoist = 0;
    return parts;
}

static void make_kernel(struct deployment *d, size_t l, size_t p)
{
    const size_t kernel = find_kernel(d, l, p);
    d->kernel_of[l][p] = kernel;
    if (kernel < d->kernel_count)
        return;
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        if (d->model->isas[i])
            d->parts[i][kernel] = make_parts(d->model, l, p, &isas[i]);
    d->kernel_count++;
}

static void count_weights(void *context, size_t layer, size_t pass, const float *piece, size_t at,
                          size_t count)
{
    struct deployment *d = context;
    const uint64_t place[] = {layer, pass, at, count};
    d->weight_count = at + count;
    d->shape = hash_bytes(d->shape, place, sizeof place);
    for (size_t i = 0; i < count; i++)
        if (piece[i] - piece[i] != 0)
            fail(text_format("a weight of layer %zu is not a finite number, expected all of them "
                             "to be",
                             layer));
}

static void make(struct deployment *d, const struct deploy_model *model)
{
    *d = (struct deployment){
        .model = model, .shape = HASH_START, .upper = text_format("%s", model->name)};
    for (char *c = d->upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    for (size_t l = 0; l < model->layer_count; l++)
        for (size_t p = 0; p < model->layers[l].pass_count; p++)
            make_kernel(d, l, p);
    d->inputs = (size_t)model->layers[0].size[WEIR_I];
    d->outputs = deployment_outputs(d, model->layer_count - 1);
    for (size_t l = 0; l < model->layer_count; l++)
        for (size_t p = 0; p < model->layers[l].pass_count; p++)
            d->shape = hash_bytes(d->shape, model->layers[l].passes[p].cell.text,
                                  model->layers[l].passes[p].cell.length);
    deployment_weights(d, count_weights, d);
}

static void unmake(struct deployment *d)
{
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        for (size_t k = 0; k < d->kernel_count; k++)
            kernel_parts_free(d->parts[i][k]);
    free(d->upper);
}

/* ---- Writing it ---- */

/* Writes a file, whose text is freed, to a directory. */
static void write_file(const char *directory, const char *prefix, const char *name,
                       struct text *text)
{
    char *path = text_format("%s/%s%s", directory, prefix, name);
    source_write(path, text);
    text_free(text);
    free(path);
}

static void write_kernels(struct deployment *d, const char *directory)
{
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++) {
        if (!d->model->isas[i])
            continue;
        struct text kernels = emit_alone(d->parts[i], d->kernel_count, d->model->name);
        char *name = text_format("_%s.c", isas[i].name);
        write_file(directory, d->model->name, name, &kernels);
        free(name);
        struct text header = {0};
        text_add(&header, "%s", shipped_text(isas[i].header));
        write_file(directory, "", isas[i].header, &header);
    }
}

/* One row a file: its name (after the model's where it begins with _ or .), what writes it. */
static const struct {
    const char *name;
    const char *shipped;
    void (*write)(const struct deployment *d, struct text *out);
} files[] = {
    {"kernel.h", "kernel.h", NULL},          {"cpu_features.h", "cpu_features.h", NULL},
    {"packing.h", "packing.h", NULL},        {"_internal.h", "alone_internal.h", NULL},
    {"_model.h", NULL, deploy_model_tables}, {".h", NULL, deploy_header},
    {".c", "alone.c", deploy_entry},         {"_test.c", NULL, deploy_test},
    {"CMakeLists.txt", NULL, deploy_cmake},  {"README.md", NULL, deploy_readme},
};

enum { FILE_COUNT = sizeof files / sizeof *files };

/* The files' texts, all of them before any is written: a model may still be refused here. */
static void make_texts(const struct deployment *d, struct text texts[FILE_COUNT])
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        texts[i] = (struct text){0};
        if (files[i].shipped && !strncmp(files[i].shipped, "alone", strlen("alone")))
            deploy_add(d, &texts[i], shipped_text(files[i].shipped));
        else if (files[i].shipped)
            text_add(&texts[i], "%s", shipped_text(files[i].shipped));
        if (files[i].write)
            files[i].write(d, &texts[i]);
    }
}

static void write_weights(const struct deployment *d, const char *directory)
{
    struct text weights = {0};
    if (d->model->weights_file) {
        deploy_weights_file(d, &weights);
        source_write(d->model->weights_file, &weights);
        text_free(&weights);
    } else {
        deploy_weights_c(d, &weights);
        write_file(directory, d->model->name, "_weights.c", &weights);
    }
}

void deploy_write(const struct deploy_model *model, const char *directory)
{
    struct text texts[FILE_COUNT];
    struct deployment *d = calloc(1, sizeof *d);
    if (!d)
        fail("out of memory");
    make(d, model);
    make_texts(d, texts);
    if (mkdir(directory, 0777) && errno != EEXIST)
        fail(text_format("--out %s cannot be made: %s", directory, strerror(errno)));
    for (size_t i = 0; i < FILE_COUNT; i++)
        write_file(directory, isalpha((unsigned char)files[i].name[0]) ? "" : model->name,
                   files[i].name, &texts[i]);
    write_weights(d, directory);
    write_kernels(d, directory); /* last: it renames programs */
    unmake(d);
    free(d);
}
