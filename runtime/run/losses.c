/* SPDX-License-Identifier: MIT */
/* weir-run --type: which nodes have weights of a narrower type, and how far what they and the model
 * give is then from what they give with float32, on the same inputs. */
#include "common/text.h"
#include "packing.h"
#include "run/actions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Which nodes ---- */

/* The recurrent nodes of a graph and its branches, by their index. */
static void add_nodes(const onnx_graph *graph, const onnx_node **nodes)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const onnx_node *node = &graph->nodes[i];
        if (node->recurrent)
            nodes[node->recurrent->index] = node;
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            add_nodes(node->branch[b], nodes);
        if (node->form)
            add_nodes(&node->form->graph, nodes);
    }
}

/* By index; NULL where the node is of a branch that is never taken. The caller frees them. */
static const onnx_node **nodes_of(const onnx_model *model, struct failure *failure)
{
    const onnx_node **nodes = calloc(model->recurrent_count + 1, sizeof(onnx_node *));
    if (nodes)
        add_nodes(&model->graph, nodes);
    else
        fail_memory(failure);
    return nodes;
}

static bool fail_name(const onnx_node *const *nodes, size_t count, const char *name,
                      struct failure *failure)
{
    struct text names = {0};
    for (size_t i = 0; i < count; i++)
        if (nodes[i])
            text_add(&names, "%s'%.80s'", names.length ? ", " : "", quote(nodes[i]->name).text);
    fail(failure, "--keep '%.100s' is no recurrent node of the model, expected %.300s", name,
         names.length ? names.chars : "a model that has one");
    text_free(&names);
    return false;
}

/* The nodes of a list stay float32. */
static bool keep_nodes(const char *list, const onnx_node *const *nodes, size_t count,
                       const char **types, struct failure *failure)
{
    for (const char *name = list, *comma; name; name = comma ? comma + 1 : NULL) {
        comma = strchr(name, ',');
        char *one = text_format("%.*s", (int)(comma ? (size_t)(comma - name) : strlen(name)), name);
        bool found = false;
        for (size_t i = 0; i < count; i++)
            if (nodes[i] && !strcmp(nodes[i]->name, one)) {
                types[i] = NULL;
                found = true;
            }
        found = found || fail_name(nodes, count, one, failure);
        free(one);
        if (!found)
            return false;
    }
    return true;
}

const char **action_types(const struct request *request, const onnx_model *model,
                          struct failure *failure)
{
    const size_t count = model->recurrent_count;
    const onnx_node **nodes = nodes_of(model, failure);
    const char **types = calloc(count + 1, sizeof *types);
    bool made = nodes && (types || fail_memory(failure));
    for (size_t i = 0; i < count && made; i++)
        types[i] = nodes[i] && nodes[i]->recurrent->type ? NULL : request->type;
    made = made && keep_nodes(request->keep, nodes, count, types, failure);
    free(nodes);
    if (made)
        return types;
    free(types);
    return NULL;
}

/* ---- Losses ---- */

struct loss {
    double largest, squares;
    size_t count;
};

/* Infinite where one is a number and the other is not. */
static double distance(float a, float b)
{
    const double apart = fabs((double)a - (double)b);
    return a == b || (isnan(a) && isnan(b)) ? 0 : isnan(apart) ? INFINITY : apart;
}

/* Adds what a value has lost, which need not be there: infinitely much where it is another kind of
 * value. */
static void add_loss(struct loss *loss, const onnx_tensor *got, const onnx_tensor *wanted)
{
    if (!got && !wanted)
        return;
    const bool same = got && wanted && run_is_alike(got, wanted);
    const size_t count = same ? got->count : 1;
    for (size_t i = 0; i < count; i++) {
        const double apart = !same         ? INFINITY
                             : got->floats ? distance(got->floats[i], wanted->floats[i])
                                           : fabs((double)got->ints[i] - (double)wanted->ints[i]);
        loss->largest = fmax(loss->largest, apart);
        loss->squares += apart * apart;
    }
    loss->count += count;
}

static double mean_of(const struct loss *loss)
{
    return loss->count ? sqrt(loss->squares / (double)loss->count) : 0;
}

/* ---- Comparing ---- */

/* A model with float32, as it ran, and what it gives with other weights. */
struct comparison {
    const struct request *request;
    const onnx_model *model;
    struct prepared f32;
    const onnx_node **nodes;
    const onnx_tensor **outputs;
    struct failure *failure;
};

static bool open_comparison(struct comparison *comparison)
{
    struct request plain = *comparison->request;
    const onnx_model *model = comparison->model;
    struct prepared *f32 = &comparison->f32;
    struct failure *failure = comparison->failure;
    plain.types = NULL;
    comparison->nodes = nodes_of(model, failure);
    comparison->outputs = calloc(model->graph.output_count + 1, sizeof(onnx_tensor *));
    return comparison->nodes && (comparison->outputs || fail_memory(failure)) &&
           action_prepare(f32, &plain, model, failure) &&
           (f32->session = action_session(&plain, model, failure)) &&
           action_read_data(&plain, model, f32, failure) &&
           run_call(f32->session, f32->inputs, f32->outputs, failure);
}

static void close_comparison(struct comparison *comparison)
{
    action_release(&comparison->f32);
    free(comparison->nodes);
    free(comparison->outputs);
}

/* Runs the model with weights of other types; the session that it ran in, or NULL. */
static run_session *run_with(const struct comparison *comparison, const char **types)
{
    struct request request = *comparison->request;
    request.types = types;
    run_session *session = action_session(&request, comparison->model, comparison->failure);
    if (!session ||
        run_call(session, comparison->f32.inputs, comparison->outputs, comparison->failure))
        return session;
    run_destroy(session);
    return NULL;
}

static int compare_outputs(const struct comparison *comparison)
{
    const onnx_model *model = comparison->model;
    const struct request *request = comparison->request;
    int status = PASSED;
    run_session *session = run_with(comparison, request->types);
    if (!session)
        return BAD;
    for (size_t i = 0; i < model->graph.output_count; i++) {
        struct loss loss = {0};
        add_loss(&loss, comparison->outputs[i], comparison->f32.outputs[i]);
        const bool within = request->tolerance < 0 || loss.largest <= request->tolerance;
        printf("%-24s %zu elements, from f32 to %s: largest difference %.3g, root mean square "
               "%.3g%s\n",
               quote(model->values[model->graph.outputs[i]].name).text,
               comparison->f32.outputs[i]->count, request->type, loss.largest, mean_of(&loss),
               within ? "" : ": too large");
        status = within ? status : DIFFERENT;
    }
    run_destroy(session);
    return status;
}

int action_lose(const struct request *request, const onnx_model *model, struct failure *failure)
{
    struct comparison comparison = {.request = request, .model = model, .failure = failure};
    const int status = open_comparison(&comparison) ? compare_outputs(&comparison) : BAD;
    close_comparison(&comparison);
    return status;
}

/* ---- Matrices ---- */

/* A matrix, and what is lost of its root mean square where it is stored as a type. */
struct matrix_loss {
    const char *name; /* NULL: there is none */
    double part;
};

static double lose_matrix(const onnx_weight *matrix, enum weir_type type)
{
    const struct weir_numbers numbers = {.data = matrix->data};
    double lost = 0, all = 0;
    for (size_t row = 0; row < matrix->rows; row++) {
        const size_t start = row * matrix->cols;
        const float scale = weir_row_scale(&numbers, start, 1, matrix->cols);
        for (size_t i = start; i < start + matrix->cols; i++) {
            const double weight = (double)matrix->data[i];
            const double stored = weir_is_bytes(type)
                                      ? weir_byte((float)weight, scale) * (double)scale
                                      : (double)weir_rounded(type, (float)weight);
            lost += (weight - stored) * (weight - stored);
            all += weight * weight;
        }
    }
    return all > 0 ? sqrt(lost / all) : 0;
}

static bool is_matrix(const struct weir_kernel *kernel, const char *name)
{
    size_t i = 0;
    while (i < kernel->param_count && strcmp(kernel->params[i].name, name) != 0)
        i++;
    return i < kernel->param_count && kernel->params[i].cols != WEIR_ONE;
}

/* That of a node, of any direction, which loses most. */
static struct matrix_loss worst_matrix(const run_session *session, const onnx_recurrent *recurrent,
                                       enum weir_type type)
{
    struct matrix_loss worst = {NULL, 0};
    for (size_t d = 0; d < recurrent->directions; d++) {
        const struct weir_kernel *kernel = run_kernel_of(session, recurrent, d);
        const onnx_pass *pass = run_pass_of(session, recurrent, d);
        for (size_t i = 0; kernel && i < pass->weight_count; i++) {
            if (!is_matrix(kernel, pass->weights[i].name))
                continue;
            const double part = lose_matrix(&pass->weights[i], type);
            if (!worst.name || part > worst.part)
                worst = (struct matrix_loss){pass->weights[i].name, part};
        }
    }
    return worst;
}

/* ---- Node by node ---- */

/* Where one node alone has weights of the type, and its inputs are those of float32: what it gives,
 * and then the model. */
struct node_loss {
    struct loss own, all;
    struct matrix_loss matrix;
};

static bool measure_node(const struct comparison *comparison, size_t i, struct node_loss *loss)
{
    const onnx_model *model = comparison->model;
    const run_session *f32 = comparison->f32.session;
    const char **types = calloc(model->recurrent_count + 1, sizeof *types);
    int values[3];
    if (!types)
        return fail_memory(comparison->failure);
    types[i] = comparison->request->type;
    run_session *session = run_with(comparison, types);
    run_gives(f32, comparison->nodes[i]->recurrent, values);
    for (size_t k = 0; k < 3 && session; k++)
        add_loss(&loss->own, run_value(session, values[k]), run_value(f32, values[k]));
    for (size_t k = 0; k < model->graph.output_count && session; k++)
        add_loss(&loss->all, comparison->outputs[k], comparison->f32.outputs[k]);
    if (session)
        loss->matrix = worst_matrix(session, comparison->nodes[i]->recurrent,
                                    weir_type_named(comparison->request->type));
    const bool ran = session != NULL;
    run_destroy(session);
    free(types);
    return ran;
}

static void print_node(const struct request *request, const onnx_node *node, size_t i,
                       const struct node_loss *loss)
{
    printf("%-24s ", quote(node->name).text);
    if (!request->types[i]) {
        printf("stays %s\n", node->recurrent->type ? node->recurrent->type : "f32");
    } else if (!loss->own.count) {
        printf("does not run on these inputs\n");
    } else {
        printf("from f32 to %s: largest difference %.3g, root mean square %.3g; by it alone, of "
               "the model's outputs %.3g, %.3g",
               request->type, loss->own.largest, mean_of(&loss->own), loss->all.largest,
               mean_of(&loss->all));
        if (loss->matrix.name)
            printf("; of its matrices %s loses most, %.3g of its root mean square",
                   loss->matrix.name, loss->matrix.part);
        printf("\n");
    }
}

/* Every node of the type by itself, and the one by which the model's outputs are furthest off. */
static bool compare_nodes(const struct comparison *comparison)
{
    const struct request *request = comparison->request;
    const onnx_node *worst = NULL;
    struct node_loss most = {.all = {0}};
    for (size_t i = 0; i < comparison->model->recurrent_count; i++) {
        const onnx_node *node = comparison->nodes[i];
        struct node_loss loss = {.all = {0}};
        if (!node)
            continue;
        if (request->types[i] && !measure_node(comparison, i, &loss))
            return false;
        print_node(request, node, i, &loss);
        if (loss.own.count && (!worst || loss.all.largest > most.all.largest)) {
            worst = node;
            most = loss;
        }
    }
    if (worst)
        printf("the node that loses most: %s%s%s\n", quote(worst->name).text,
               most.matrix.name ? ", its matrix " : "", most.matrix.name ? most.matrix.name : "");
    return true;
}

int action_lose_by_node(const struct request *request, const onnx_model *model,
                        struct failure *failure)
{
    struct comparison comparison = {.request = request, .model = model, .failure = failure};
    int status = action_inspect(request, model, failure);
    if (status == PASSED)
        status = open_comparison(&comparison) && compare_nodes(&comparison)
                     ? compare_outputs(&comparison)
                     : BAD;
    close_comparison(&comparison);
    return status;
}
