/* SPDX-License-Identifier: MIT */
/* Functions of a model: a node that calls one is replaced by its nodes, in a scope of their own, in
 * which the inputs of the call have the names that the function gives them. Nothing but the depth
 * and the memory of the model bounds how often that is done. */
#include "onnx/importer.h"
#include "onnx/memory.h"

#include <string.h>

enum { ATTRIBUTES_MOST = 1000 }; /* each is looked for among all of a call's */

/* The call whose nodes are read: what gives the attributes that they refer to. */
struct function_call {
    const Onnx__Node *node;
    const Onnx__Function *function;
};

/* ---- Names ---- */

/* What tells functions apart; NULL and a sentence: there is no memory. */
static const char *key_of(importer *importer, const char *domain, const char *name,
                          const char *overload)
{
    const bool plain = domain && !strcmp(domain, "ai.onnx");
    const char *key =
        onnx_format(importer->model->memory, "%s\n%s\n%s", domain && !plain ? domain : "",
                    name ? name : "", overload ? overload : "");
    if (!key)
        fail_limit(importer->failure);
    return key;
}

bool onnx_import_functions(importer *importer, const Onnx__Model *model)
{
    importer->functions = (const Onnx__Function *const *)model->functions;
    if (!model->n_functions)
        return true;
    if (!(importer->function_names = onnx_names_create(importer->model->memory)))
        return fail_limit(importer->failure);
    for (size_t i = 0; i < model->n_functions; i++) {
        const Onnx__Function *f = model->functions[i];
        const char *key = key_of(importer, f->domain, f->name, f->overload);
        if (!key)
            return false;
        if (onnx_names_is_in_scope(importer->function_names, key))
            return fail(importer->failure, "the function '%s' is defined twice",
                        quote(f->name ? f->name : "").text);
        if (!onnx_names_add(importer->function_names, key, (int)i))
            return fail_limit(importer->failure);
    }
    return true;
}

bool onnx_find_function(importer *importer, const Onnx__Node *node, const Onnx__Function **function)
{
    *function = NULL;
    if (!importer->function_names)
        return true;
    const char *key = key_of(importer, node->domain, node->op_type, node->overload);
    const int found = key ? onnx_names_find(importer->function_names, key) : -1;
    if (found >= 0)
        *function = importer->functions[found];
    return key != NULL;
}

/* ---- Attributes ---- */

static const Onnx__Attribute *find_attribute(Onnx__Attribute *const *among, size_t count,
                                             const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (among[i]->name && !strcmp(among[i]->name, name))
            return among[i];
    return NULL;
}

/* What an attribute that refers to one of the call stands for; NULL: nothing, so that it is left
 * out. */
static const Onnx__Attribute *referred(const struct function_call *call, const char *name)
{
    const Onnx__Attribute *given =
        find_attribute(call->node->attribute, call->node->n_attribute, name);
    return given ? given
                 : find_attribute(call->function->attribute_proto,
                                  call->function->n_attribute_proto, name);
}

static bool has_references(const Onnx__Node *node)
{
    bool has = false;
    for (size_t i = 0; i < node->n_attribute; i++)
        has |= node->attribute[i]->ref_attr_name && *node->attribute[i]->ref_attr_name;
    return has;
}

const Onnx__Node *onnx_bind_attributes(importer *importer, const Onnx__Node *node)
{
    onnx_memory *memory = importer->model->memory;
    if (!importer->call || !has_references(node))
        return node;
    if (node->n_attribute > ATTRIBUTES_MOST ||
        importer->call->node->n_attribute > ATTRIBUTES_MOST) {
        fail(importer->failure, "a function or a node in it has more than %d attributes",
             ATTRIBUTES_MOST);
        return NULL;
    }
    Onnx__Node *bound = onnx_memory_take(memory, 1, sizeof *bound);
    Onnx__Attribute **list = onnx_memory_take(memory, node->n_attribute, sizeof(Onnx__Attribute *));
    Onnx__Attribute *copies = onnx_memory_take(memory, node->n_attribute, sizeof *copies);
    if (!bound || !list || !copies) {
        fail_limit(importer->failure);
        return NULL;
    }
    *bound = *node;
    bound->attribute = list;
    bound->n_attribute = 0;
    for (size_t i = 0; i < node->n_attribute; i++) {
        Onnx__Attribute *own = node->attribute[i];
        const char *name = own->ref_attr_name;
        const Onnx__Attribute *given = name && *name ? referred(importer->call, name) : own;
        if (!given)
            continue;
        copies[i] = *given;
        copies[i].name = own->name;
        if (given != own && given->g) {
            fail(importer->failure, "a graph is given to a function, which is not supported");
            return NULL;
        }
        list[bound->n_attribute++] = &copies[i];
    }
    return bound;
}

/* ---- Calls ---- */

/* Gives the inputs of a call the names that they have in the function, whose scope is entered. */
static bool enter(importer *importer, const Onnx__Node *from, const Onnx__Function *function)
{
    int *values = onnx_memory_take(importer->model->memory, function->n_input, sizeof *values);
    if (!values)
        return fail_limit(importer->failure);
    if (from->n_input > function->n_input || from->n_output > function->n_output)
        return fail(importer->failure,
                    "it has %zu inputs and %zu outputs, and the function that it calls %zu and %zu",
                    from->n_input, from->n_output, function->n_input, function->n_output);
    if (importer->branch_depth == BRANCH_DEPTH_MAX)
        return fail(importer->failure, "its functions call each other more than %d deep",
                    BRANCH_DEPTH_MAX);
    for (size_t i = 0; i < function->n_input; i++) {
        const bool given = i < from->n_input && *from->input[i];
        values[i] = given ? onnx_names_find(importer->names, from->input[i]) : NAME_LEFT_OUT;
        if (values[i] == -1)
            return fail(importer->failure, "its input '%s' is made by nothing before it",
                        quote(from->input[i]).text);
    }
    onnx_names_enter_closed(importer->names);
    for (size_t i = 0; i < function->n_input; i++)
        if (!onnx_import_name(importer, function->input[i], values[i]))
            return false;
    return true;
}

/* The values of its outputs become those of the call, under the names that they have there. */
static bool leave(importer *importer, const Onnx__Node *from, const Onnx__Function *function,
                  size_t values_before)
{
    int *values = onnx_memory_take(importer->model->memory, from->n_output, sizeof *values);
    if (!values)
        return fail_limit(importer->failure);
    for (size_t i = 0; i < from->n_output; i++) {
        values[i] = onnx_names_find(importer->names, function->output[i]);
        if (values[i] < 0)
            return fail(importer->failure, "its output '%s' is made by no node",
                        quote(function->output[i]).text);
    }
    onnx_names_leave(importer->names);
    for (size_t i = 0; i < from->n_output; i++) {
        if (!*from->output[i])
            continue;
        if (!onnx_import_name(importer, from->output[i], values[i]))
            return false;
        if ((size_t)values[i] >= values_before)
            importer->model->values[values[i]].name = from->output[i];
    }
    return true;
}

bool onnx_inline_function(importer *importer, const Onnx__Node *from,
                          const Onnx__Function *function, struct builder *into)
{
    const struct function_call call = {from, function}, *const outer = importer->call;
    const int64_t opset = importer->opset;
    const size_t values = importer->model->value_count;
    const int64_t own = onnx_import_opset(function->opset_import, function->n_opset_import, opset,
                                          importer->failure);
    if (!own || !enter(importer, from, function))
        return false;
    importer->call = &call;
    importer->opset = own;
    importer->branch_depth++;
    const bool inlined = onnx_import_nodes(importer, function->node, function->n_node, into) &&
                         leave(importer, from, function, values);
    importer->branch_depth--;
    importer->opset = opset;
    importer->call = outer;
    return inlined;
}
