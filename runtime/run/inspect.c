/* SPDX-License-Identifier: MIT */
/* weir-run --inspect: what is in a model, which kernel each recurrent node would get where it is
 * interpreted, and whether it is. Nothing is compiled for it. */
#include "deploy/fold.h"
#include "run/actions.h"
#include "weir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_value(const onnx_model *model, const char *what, int value)
{
    const onnx_value *v = &model->values[value];
    printf("%-7s %s", what, quote(v->name).text);
    if (v->type != ONNX_NONE)
        printf("  %s", onnx_type_name(v->type));
    printf("%s\n", v->has_shape ? onnx_shape_declared(v->rank, v->dims).text : "");
}

/* The kernel of a direction, in words. */
static void print_kernel(const onnx_recurrent *recurrent, const onnx_pass *pass, const char *type,
                         size_t P)
{
    const char *level, *cell = run_built_in(pass), *here = weir_microarchitecture();
    struct failure failure;
    if (!run_isa(type, &level, &failure)) {
        printf("    %s\n", failure.sentence);
        return;
    }
    const struct weir_kernel *best = NULL;
    for (size_t i = 0; cell && i < weir_kernel_count(); i++) {
        const weir_kernel_info kernel = weir_kernel_describe(weir_kernel_at(i));
        const bool own_size = kernel.I == recurrent->I && kernel.H == recurrent->H;
        if (kernel.tuned_for && (!here || strcmp(kernel.tuned_for, here) != 0))
            continue;
        if (!strcmp(kernel.cell, cell) && !strcmp(kernel.type, type) &&
            !strcmp(kernel.isa, level) && !strcmp(kernel.math, "inline") &&
            (own_size || (!kernel.H && !best)))
            best = weir_kernel_at(i);
    }
    if (best)
        printf("    kernel %s, of this build\n", weir_kernel_describe(best).name);
    else if (!recurrent->I || !recurrent->H)
        printf("    kernel to be generated when the sizes are known, for %s\n", level);
    else
        printf("    kernel %s_%s_i%zu_h%zu%s%.0zu__%s, to be generated and compiled\n", pass->name,
               type, recurrent->I, recurrent->H, P ? "_p" : "", P, level);
}

static void print_recurrent(const onnx_recurrent *recurrent, const char *type,
                            const struct fold *fold)
{
    const bool folds = fold->value >= 0;
    for (size_t d = 0; d < recurrent->directions; d++) {
        const onnx_pass *pass = folds ? &fold->pass : &recurrent->pass[d];
        size_t parameters = 0;
        for (size_t i = 0; i < pass->weight_count; i++)
            parameters += pass->weights[i].rows * pass->weights[i].cols;
        printf("    %s, I = %zu, H = %zu, %zu parameters%s%s\n",
               pass->reversed ? "reverse" : "forward", recurrent->I, recurrent->H, parameters,
               recurrent->weights_known ? "" : " (given as inputs)",
               recurrent->sequence_lens >= 0 ? ", sequence_lens" : "");
        for (const char *line = pass->cell, *end; *line; line = end + !!*end) {
            end = strchr(line, '\n') ? strchr(line, '\n') : line + strlen(line);
            printf("      %.*s\n", (int)(end - line), line);
        }
        print_kernel(recurrent, pass, type, folds && fold->has_projection ? fold->outputs : 0);
    }
}

/* The heads of a model, as fold_find tells of them, and how its nodes run. */
struct heads {
    run_options options;
    struct fold *folds;
    const struct fold **inside;
};

static const char *name_branch(const onnx_node *node, size_t branch)
{
    if (!node->branch[1])
        return node->repeat ? "body" : "nodes";
    return branch ? "then" : "else";
}

static void print_graph(const onnx_graph *graph, const struct heads *heads, int indent)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const onnx_node *node = &graph->nodes[i];
        const int value = node->output_count > 0 ? node->outputs[0] : -1;
        printf("%*snode    %s  %s%s\n", indent, "", quote(node->op).text, quote(node->name).text,
               value >= 0 && heads->inside[value] ? ", in the cell of the node before" : "");
        if (node->recurrent)
            print_recurrent(node->recurrent, run_type_of(&heads->options, node->recurrent),
                            &heads->folds[node->recurrent->index]);
        for (size_t b = 0; b < 2 && node->branch[b]; b++) {
            printf("%*s  %s:\n", indent, "", name_branch(node, b));
            print_graph(node->branch[b], heads, indent + 4);
        }
        if (node->form) {
            const onnx_recurrent *recurrent = node->form->recurrent;
            printf("%*s  which is a cell:\n", indent, "");
            print_recurrent(recurrent, run_type_of(&heads->options, recurrent),
                            &heads->folds[recurrent->index]);
        }
    }
}

static bool is_open(const onnx_model *model)
{
    bool open = false;
    for (size_t i = 0; i < model->graph.input_count; i++) {
        const onnx_value *value = &model->values[model->graph.inputs[i]];
        for (size_t d = 0; value->has_shape && d < value->rank; d++)
            open |= value->dims[d] < 0;
    }
    return open;
}

/* How the model runs, with inputs as --time would give it. */
static void print_way(const struct request *request, const onnx_model *model)
{
    struct failure failure = {{0}};
    const run_options options = {0};
    struct prepared prepared;
    run_compiled *compiled = NULL;
    const char *why = action_why_interpreted(request);
    if (why)
        fail(&failure, "%s", why);
    else if (action_prepare(&prepared, request, model, &failure) &&
             action_shapes(model, prepared.memory, prepared.inputs, &failure))
        compiled = run_compiled_create(model, prepared.inputs, &options, false, &failure);
    if (compiled)
        printf("runs    as C that is compiled for the shapes of its inputs\n");
    else
        printf("runs    interpreted%s: %s\n",
               !why && is_open(model)
                   ? " with 1 for what is open of its inputs, as other shapes need not be"
                   : "",
               failure.sentence);
    run_compiled_destroy(compiled);
    if (!why)
        action_release(&prepared);
}

static void print_model(const struct request *request, const onnx_model *model,
                        const struct heads *heads)
{
    printf("%s: opset %lld, %zu parameters\n", request->model, (long long)model->opset,
           model->parameter_count);
    for (size_t i = 0; i < model->graph.input_count; i++)
        print_value(model, "input", model->graph.inputs[i]);
    print_graph(&model->graph, heads, 0);
    for (size_t i = 0; i < model->graph.output_count; i++)
        print_value(model, "output", model->graph.outputs[i]);
    print_way(request, model);
}

int action_inspect(const struct request *request, const onnx_model *model, struct failure *failure)
{
    const struct heads heads = {{.types = request->types},
                                calloc(model->recurrent_count + 1, sizeof *heads.folds),
                                calloc(model->value_count + 1, sizeof *heads.inside)};
    const bool found = heads.folds && heads.inside
                           ? fold_find(model, heads.folds, heads.inside, failure)
                           : fail_memory(failure);
    if (found)
        print_model(request, model, &heads);
    free(heads.folds);
    free(heads.inside);
    return found ? 0 : 2;
}
