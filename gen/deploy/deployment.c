/* SPDX-License-Identifier: MIT */
/* A model made ready to be written: kernels for each ISA, and what is known of it as a whole. */
#include "deploy/deployment.h"

#include "common/hash.h"
#include "common/text.h"
#include "packing.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What is known of a deployment ---- */

const struct program *deployment_program(const struct deployment *d, size_t layer, size_t pass)
{
    return d->parts[0][d->kernel_of[layer][pass]]->program[ROLE_FORWARD];
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

bool deployment_has_softmax(const struct deployment *d)
{
    bool has = false;
    for (size_t l = 0; l < d->model->layer_count; l++)
        has |= d->model->layers[l].softmax > 0;
    return has;
}

bool deployment_gives_last(const struct deployment *d)
{
    bool last = false;
    for (size_t l = 0; l < d->model->layer_count; l++)
        last |= d->model->layers[l].gives != GIVES_ALL;
    return last;
}

bool deployment_has_variants(const struct deployment *d)
{
    bool has = false;
    for (size_t f = 0; f < d->form_count; f++)
        has |= d->forms[f].tuned_for != NULL;
    return has;
}

bool deployment_has_avx2(const struct deployment *d)
{
    bool has = false;
    for (size_t f = 0; f < d->form_count; f++)
        has |= isa_has_avx2(d->forms[f].isa);
    return has;
}

bool deployment_has_bytes(const struct deployment *d)
{
    return d->stored[STORE_BYTES] > 0;
}

bool deployment_is_narrow(const struct deployment *d)
{
    return d->stored[STORE_HALVES] + d->stored[STORE_BYTES] > 0;
}

double deployment_tolerance(const struct deployment *d)
{
    return deploy_has_bytes(d->model) ? 2e-2 : 1e-4;
}

bool deployment_is_packed(const struct deployment *d)
{
    return d->form_count == 1 && !d->model->weights_file;
}

bool deployment_streams(const struct deployment *d)
{
    return d->model->steps == 1 && !d->model->schedule;
}

enum storage deployment_storage(enum weir_type type)
{
    return type == WEIR_TYPE_F32 ? STORE_FLOATS : weir_is_bytes(type) ? STORE_BYTES : STORE_HALVES;
}

size_t deployment_width(enum storage storage)
{
    static const size_t bytes[STORE_COUNT] = {4, 2, 1};
    return bytes[storage];
}

size_t deployment_bytes_before(const struct deployment *d, enum storage storage, size_t number)
{
    size_t before = number * deployment_width(storage);
    for (enum storage k = STORE_FLOATS; k < storage; k++)
        before += d->stored[k] * deployment_width(k);
    return before;
}

size_t deployment_bytes(const struct deployment *d)
{
    return deployment_bytes_before(d, STORE_BYTES, d->stored[STORE_BYTES]);
}

/* What is visited, and how many numbers of each kind there were before. */
struct visiting {
    deployment_visit *visit;
    void *context;
    size_t stored[STORE_COUNT];
};

static void visit_piece(struct visiting *visiting, struct piece *piece)
{
    size_t *stored = visiting->stored, *at = &stored[deployment_storage(piece->type)];
    piece->at = *at;
    *at += piece->rows * piece->cols;
    piece->scales = stored[STORE_FLOATS];
    stored[STORE_FLOATS] += weir_is_bytes(piece->type) ? piece->rows : 0;
    piece->zeros = stored[STORE_BYTES];
    stored[STORE_BYTES] += piece->type == WEIR_TYPE_U8 ? piece->rows : 0;
    visiting->visit(visiting->context, piece);
}

static void visit_pass(const struct deployment *d, size_t l, size_t p, struct visiting *visiting)
{
    const struct deploy_layer *layer = &d->model->layers[l];
    const struct deploy_pass *pass = &layer->passes[p];
    const struct graph *graph = deployment_program(d, l, p)->graph;
    for (int i = 0; i < graph->param_count; i++) {
        const struct param *param = &graph->params[i];
        visit_piece(visiting,
                    &(struct piece){.layer = l,
                                    .pass = p,
                                    .name = param->name,
                                    .numbers = pass->params[i],
                                    .rows = deployment_size(layer, graph, param->rows),
                                    .cols = deployment_size(layer, graph, param->cols),
                                    .type = param->is_matrix ? layer->type : WEIR_TYPE_F32});
    }
    for (int s = 0; s < graph->state_count; s++)
        if (pass->initial[s])
            visit_piece(visiting, &(struct piece){.layer = l,
                                                  .pass = p,
                                                  .name = graph->states[s].name,
                                                  .numbers = {.data = pass->initial[s]},
                                                  .rows = deployment_size(layer, graph,
                                                                          graph->states[s].extent),
                                                  .cols = 1});
}

static void visit_all(const struct deployment *d, struct visiting *visiting)
{
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++)
            visit_pass(d, l, p, visiting);
}

void deployment_weights(const struct deployment *d, deployment_visit *visit, void *context)
{
    visit_all(d, &(struct visiting){.visit = visit, .context = context});
}

/* ---- Making one ---- */

static bool same_kernel(const struct deploy_model *model, size_t l, size_t p, size_t m, size_t q)
{
    const struct source *a = &model->layers[l].passes[p].cell,
                        *b = &model->layers[m].passes[q].cell;
    return model->layers[l].type == model->layers[m].type && a->length == b->length &&
           !memcmp(a->text, b->text, a->length) &&
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

/* What only pays over many steps or rows is left out of a stream. */
static void plan_stream(struct kernel_parts *parts)
{
    struct plan plan[ROLE_COUNT] = {parts->plan[ROLE_FORWARD]};
    plan[ROLE_FORWARD].hoist = plan[ROLE_FORWARD].sums = plan[ROLE_FORWARD].prefetch = 0;
    plan[ROLE_FORWARD].blend = 0;
    plan[ROLE_FORWARD].rows = plan[ROLE_FORWARD].abreast = 1;
    plan[ROLE_FORWARD].batch_vectors = plan[ROLE_FORWARD].vectors;
    kernel_parts_replan(parts, plan);
}

/* The plans of a kernel: those that were measured, for this machine or, in a variant, for another
 * one. */
static void find_plans(const struct deploy_model *model, const struct variants *variants,
                       struct kernel_parts *parts)
{
    struct failure why;
    if (!variants && model->tuning)
        tuning_use(model->tuning, parts);
    else if (variants && tuning_row_for(&variants->tuning, parts) &&
             !variants_use(variants, parts, &why))
        text_add(&model->tuning->warnings, "%s\n", why.sentence);
    if (model->steps == 1 && !model->schedule)
        plan_stream(parts);
}

/* The parts of a pass's kernel for an ISA. */
static struct kernel_parts *make_parts(const struct deploy_model *model, size_t l, size_t p,
                                       const struct isa *isa, const struct variants *variants,
                                       struct failure *failure)
{
    const struct source *cell = &model->layers[l].passes[p].cell;
    struct graph *graph = source_parse(cell, model->layers[l].size, failure);
    if (!graph)
        return NULL;
    const int line = graph->line, column = graph->column;
    struct kernel_parts *parts =
        kernel_parts_create(graph, WEIR_INLINE, model->layers[l].type, isa, false, failure);
    if (!parts) {
        source_fail(cell, line, column, failure);
        return NULL;
    }
    find_plans(model, variants, parts);
    return parts;
}

static void number_kernels(struct deployment *d)
{
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++) {
            d->kernel_of[l][p] = find_kernel(d, l, p);
            d->kernel_count += d->kernel_of[l][p] == d->kernel_count;
        }
}

/* All kernels in one form. */
static bool add_form(struct deployment *d, const struct isa *isa, const struct variants *variants,
                     struct failure *failure)
{
    struct kernel_parts **parts = d->parts[d->form_count];
    struct form *form = &d->forms[d->form_count++];
    bool made = true;
    *form = (struct form){.isa = isa, .tuned_for = variants ? variants->name : NULL};
    snprintf(form->name, sizeof form->name, "%s%s%s", isa->name, variants ? "_" : "",
             variants ? variants->name : "");
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count && made; p++) {
            struct kernel_parts **kernel = &parts[d->kernel_of[l][p]];
            if (!*kernel)
                *kernel = make_parts(d->model, l, p, isa, variants, failure);
            made = *kernel;
        }
    return made;
}

/* Whether the last form has a plan that another one has not. */
static bool is_another(const struct deployment *d, size_t form)
{
    const size_t last = d->form_count - 1;
    bool other = false;
    for (size_t k = 0; k < d->kernel_count; k++)
        other |= memcmp(d->parts[last][k]->plan, d->parts[form][k]->plan,
                        sizeof d->parts[form][k]->plan) != 0;
    return other;
}

static void remove_form(struct deployment *d)
{
    d->form_count--;
    for (size_t k = 0; k < d->kernel_count; k++) {
        kernel_parts_free(d->parts[d->form_count][k]);
        d->parts[d->form_count][k] = NULL;
    }
}

/* An ISA, and the variants of it that are another thing. */
static bool add_forms(struct deployment *d, const struct isa *isa, struct failure *failure)
{
    const struct variants_list *list = d->model->variants;
    const size_t usual = d->form_count;
    bool made = add_form(d, isa, NULL, failure);
    for (size_t v = 0; list && v < list->count && made; v++) {
        made = add_form(d, isa, &list->of[v], failure);
        if (made && !is_another(d, usual))
            remove_form(d);
    }
    return made;
}

/* Whom weights are counted for, and whether all of them are what their type can be. */
struct counting {
    struct deployment *deployment;
    bool fit;
    struct failure *failure;
};

static bool check_floats(const struct piece *piece, struct failure *failure)
{
    const char *type = weir_type_name(piece->type);
    for (size_t i = 0; i < piece->rows * piece->cols; i++) {
        const float weight = weir_number_at(&piece->numbers, i);
        if (weight - weight != 0)
            return fail(failure,
                        "a weight of layer %zu is not a finite number, expected all of them to be: "
                        "%s has %g in row %zu, column %zu",
                        piece->layer, piece->name, (double)weight, i / piece->cols,
                        i % piece->cols);
        if (!weir_holds(piece->type, weight))
            return fail(failure,
                        "the weight %s of layer %zu has %g in row %zu, column %zu, which %s does "
                        "not hold, expected another --type",
                        piece->name, piece->layer, (double)weight, i / piece->cols, i % piece->cols,
                        type);
    }
    return true;
}

static bool check_piece(const struct piece *piece, struct failure *failure)
{
    const struct weir_numbers *numbers = &piece->numbers;
    const bool bytes = weir_is_bytes(numbers->type);
    const size_t most =
        weir_columns_most(piece->type, weir_greatest(numbers, piece->rows, piece->cols));
    if (piece->cols > most)
        return fail(failure,
                    "the weight %s of layer %zu has %zu columns, and %s adds at most %zu exactly%s",
                    piece->name, piece->layer, piece->cols, weir_type_name(piece->type), most,
                    bytes ? "" : ", expected another --type");
    return bytes || check_floats(piece, failure);
}

static uint64_t hash_numbers(uint64_t hash, const struct piece *piece)
{
    const struct weir_numbers *numbers = &piece->numbers;
    const bool bytes = weir_is_bytes(numbers->type);
    hash = hash_bytes(hash, numbers->data,
                      piece->rows * piece->cols * (bytes ? sizeof(int8_t) : sizeof(float)));
    for (size_t row = 0; row < piece->rows && bytes; row++) {
        const float scale = weir_scale_of(numbers, row, row * piece->cols, 1, piece->cols);
        const int8_t zero = weir_zero_of(numbers, row);
        hash = hash_bytes(hash_bytes(hash, &scale, sizeof scale), &zero, sizeof zero);
    }
    return hash;
}

static void count_weights(void *context, const struct piece *piece)
{
    struct counting *counting = context;
    struct deployment *d = counting->deployment;
    const size_t count = piece->rows * piece->cols;
    const uint64_t place[] = {piece->layer, piece->pass, piece->at, count, (uint64_t)piece->type};
    d->weight_count += count;
    d->of_type[piece->type] += count;
    d->shape = hash_bytes(d->shape, place, sizeof place);
    d->learned = hash_numbers(d->learned, piece);
    counting->fit = counting->fit && check_piece(piece, counting->failure);
}

/* What is known once there are kernels. */
static bool survey(struct deployment *d, struct failure *failure)
{
    const struct deploy_model *model = d->model;
    struct counting counting = {d, true, failure};
    d->inputs = (size_t)model->layers[0].size[WEIR_I];
    d->outputs = deployment_outputs(d, model->layer_count - 1);
    for (size_t l = 0; l < model->layer_count; l++)
        for (size_t p = 0; p < model->layers[l].pass_count; p++)
            d->shape = hash_bytes(d->shape, model->layers[l].passes[p].cell.text,
                                  model->layers[l].passes[p].cell.length);
    if (model->schedule)
        d->shape = deploy_schedule_hash(d, d->shape);
    struct visiting visiting = {.visit = count_weights, .context = &counting};
    visit_all(d, &visiting);
    memcpy(d->stored, visiting.stored, sizeof d->stored);
    d->learned = hash_bytes(d->learned, &d->shape, sizeof d->shape);
    return counting.fit;
}

struct deployment *deployment_create(const struct deploy_model *model, struct failure *failure)
{
    struct deployment *d = calloc(1, sizeof *d);
    bool made = d || fail_memory(failure);
    if (!made)
        return NULL;
    *d = (struct deployment){.model = model,
                             .shape = HASH_START,
                             .learned = HASH_START,
                             .upper = text_format("%s", model->name)};
    for (char *c = d->upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    number_kernels(d);
    for (size_t i = 0; i < WEIR_ISA_COUNT && made; i++)
        made = !model->isas[i] || add_forms(d, &isas[i], failure);
    if (made && survey(d, failure)) {
        layout_find(d, &d->layout);
        return d;
    }
    deployment_free(d);
    return NULL;
}

void deployment_free(struct deployment *d)
{
    if (!d)
        return;
    while (d->form_count)
        remove_form(d);
    free(d->upper);
    free(d);
}
