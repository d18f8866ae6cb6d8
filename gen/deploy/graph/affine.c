/* SPDX-License-Identifier: MIT */
/* Products with constant matrices, which are kernels: cells over rows. What is added to them, and a
 * function of that, become part of the cell. */
#include "deploy/graph/lower.h"

#include "common/text.h"

#include <string.h>

struct deploy_layer *lower_layer(struct lowering *l, const char *cell, const double size[4])
{
    struct deploy_model *model = l->model;
    const size_t length = strlen(cell);
    char *text = lower_take(l, length + 1, 1);
    if (!text)
        return NULL;
    if (model->layer_count == DEPLOY_LAYERS_MAX) {
        lower_refuse(l, "a model has at most %d kernels", DEPLOY_LAYERS_MAX);
        return NULL;
    }
    memcpy(text, cell, length + 1);
    struct deploy_layer *layer = &model->layers[model->layer_count++];
    *layer = (struct deploy_layer){.node = l->node ? l->node->name : "outputs", .pass_count = 1};
    memcpy(layer->size, size, sizeof layer->size);
    layer->passes[0].cell = (struct source){
        .name = l->node ? l->node->name : "outputs", .text = text, .length = length};
    return layer;
}

/* ---- The cell ---- */

static bool write_cell(struct lowering *l, const struct affine *affine)
{
    const double size[4] = {1, (double)affine->inputs, (double)affine->outputs, 0};
    const size_t count = l->model->layer_count;
    struct text text = {0};
    text_add(&text, "cell product\ninput x\nstate y\n\ny' = %s(D@x%s)\n",
             affine->after ? affine->after : "", affine->bias ? " + d" : "");
    l->model->layer_count = affine->layer; /* again where it was */
    struct deploy_layer *layer = lower_layer(l, text.chars, size);
    l->model->layer_count = count > affine->layer ? count : l->model->layer_count;
    text_free(&text);
    if (!layer)
        return false;
    layer->is_product = true;
    layer->is_exact = l->exact;
    layer->type = l->exact == EXACT_SHORT ? WEIR_TYPE_BF16 : WEIR_TYPE_F32;
    layer->passes[0].params[0].data = affine->matrix;
    layer->passes[0].params[1].data = affine->bias;
    return true;
}

/* ---- Rows ---- */

struct view lower_flat_rows(struct lowering *l, const struct view *view, size_t outer)
{
    struct view last = *view, rows = *view;
    last.rank = view->rank - outer;
    memcpy(last.dims, view->dims + outer, last.rank * sizeof *last.dims);
    memcpy(last.strides, view->strides + outer, last.rank * sizeof *last.strides);
    if (!view_is_dense(&last))
        rows = lower_pack(l, view);
    rows.rank = outer + 1;
    rows.dims[outer] = view_count(&last);
    rows.strides[outer] = 1;
    return rows;
}

/* Rows as [B][T][units]; false: they do not lie in two dimensions. */
static bool fold_rows(const struct view *rows, struct view *folded)
{
    size_t dims[2] = {1, 1}, used = 0;
    ptrdiff_t strides[2] = {0, 0};
    for (size_t d = 0; d + 1 < rows->rank; d++) {
        if (rows->dims[d] == 1)
            continue;
        if (used && strides[used - 1] == rows->strides[d] * (ptrdiff_t)rows->dims[d]) {
            dims[used - 1] *= rows->dims[d];
            strides[used - 1] = rows->strides[d];
            continue;
        }
        if (used == 2)
            return false;
        dims[used] = rows->dims[d];
        strides[used++] = rows->strides[d];
    }
    *folded = (struct view){.buffer = rows->buffer, .rank = 3, .offset = rows->offset};
    folded->dims[0] = used == 2 ? dims[0] : 1;
    folded->strides[0] = used == 2 ? strides[0] : 0;
    folded->dims[1] = dims[used ? used - 1 : 0];
    folded->strides[1] = strides[used ? used - 1 : 0];
    folded->dims[2] = rows->dims[rows->rank - 1];
    folded->strides[2] = 1;
    return rows->dims[rows->rank - 1] == 1 || rows->strides[rows->rank - 1] == 1;
}

bool lower_affine(struct lowering *l, const struct view *rows, const struct affine *affine,
                  struct value *result)
{
    struct view x, y;
    size_t dims[VIEW_RANK_MAX], count = 1;
    struct affine *made = lower_take(l, 1, sizeof *made);
    if (!made)
        return false;
    if (!fold_rows(rows, &x)) {
        const struct view packed = lower_pack(l, rows);
        fold_rows(&packed, &x);
    }
    *made = *affine;
    made->layer = l->model->layer_count;
    if (!write_cell(l, made))
        return false;
    memcpy(dims, rows->dims, sizeof dims);
    dims[rows->rank - 1] = affine->outputs;
    for (size_t d = 0; d < rows->rank; d++)
        count *= dims[d];
    const struct view to =
        view_dense(schedule_buffer(l->schedule, PLACE_ARENA, false, count), rows->rank, dims);
    const size_t row = weir_round_up(affine->outputs, WEIR_ROW);
    const int state[2] = {schedule_buffer(l->schedule, PLACE_ARENA, false, row),
                          schedule_buffer(l->schedule, PLACE_ARENA, false, row)};
    fold_rows(&to, &y);
    if (y.dims[0] != x.dims[0]) { /* what is written lies as one, what is read does not */
        y.dims[0] = x.dims[0];
        y.dims[1] = x.dims[1];
        y.strides[1] = (ptrdiff_t)affine->outputs;
        y.strides[0] = y.strides[1] * (ptrdiff_t)y.dims[1];
    }
    struct step *step = schedule_step(l->schedule, STEP_KERNEL, l->node->name);
    step->kernel = (struct kernel_step){
        .layer = made->layer, .x = x, .y = y, .state_count = 1, .rows = {{state[0], state[1]}}};
    lower_set_view(result, &to, false);
    result->affine = made;
    result->affine_axis = rows->rank - 1;
    return true;
}

/* ---- What it takes ---- */

/* A constant with a number for each output, or one for all, as one for each; NULL: it is no such
 * thing, or it failed. */
static float *read_bias(struct lowering *l, const struct value *value, const onnx_tensor *added)
{
    const size_t outputs = value->affine->outputs;
    bool fits = added && added->floats && added->rank <= value->rank;
    for (size_t d = 0; fits && d < added->rank; d++) {
        const size_t axis = value->rank - added->rank + d;
        fits = added->dims[d] == 1 || (axis == value->affine_axis && added->dims[d] == outputs);
    }
    float *bias = fits ? lower_take(l, outputs, sizeof *bias) : NULL;
    for (size_t o = 0; bias && o < outputs; o++)
        bias[o] = added->floats[added->count == 1 ? 0 : o];
    return bias;
}

bool lower_affine_takes(struct lowering *l, bool *taken)
{
    static const char *const functions[][2] = {
        {"Relu", "relu"}, {"Sigmoid", "sigmoid"}, {"Tanh", "tanh"}};
    const bool adds = !strcmp(l->node->op, "Add");
    struct value *value = lower_input(l, 0);
    const onnx_tensor *added = lower_constant(l, 1);
    if (adds && !value->affine) {
        value = lower_input(l, 1);
        added = lower_constant(l, 0);
    }
    *taken = false;
    if (!value || !value->affine || value->uses != 1 || value->affine->after)
        return true;
    struct affine affine = *value->affine;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (!strcmp(functions[i][0], l->node->op))
            affine.after = functions[i][1];
    if (adds && !affine.bias)
        affine.bias = read_bias(l, value, added);
    if (affine.after == value->affine->after && affine.bias == value->affine->bias)
        return true;
    *value->affine = affine;
    struct value *result = lower_output(l, 0);
    lower_set_view(result, &value->view, false);
    result->affine = value->affine;
    result->affine_axis = value->affine_axis;
    *taken = true;
    return write_cell(l, &affine);
}
