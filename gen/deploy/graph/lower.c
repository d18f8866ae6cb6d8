/* SPDX-License-Identifier: MIT */
/* From the graph of an ONNX model to a schedule: its nodes in order. */
#include "deploy/graph/lower.h"
#include "deploy/graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What becomes of each operator that is neither recurrent nor has branches, and that is not in the
 * table of elementwise.c. */
static const struct {
    const char *op;
    lower_operator *lower;
} operators[] = {
    {"Cast", lower_cast},
    {"Clip", lower_clip},
    {"Mean", lower_mean},
    {"Pow", lower_pow},
    {"Mod", lower_mod},
    {"Gather", lower_gather},
    {"Where", lower_where},
    {"MatMul", lower_matmul},
    {"Einsum", lower_einsum},
    {"DFT", lower_dft},
    {"STFT", lower_stft},
    {"Gemm", lower_gemm},
    {"Conv", lower_conv},
    {"ConvTranspose", lower_conv_transpose},
    {"MaxPool", lower_pool},
    {"AveragePool", lower_pool},
    {"ArgMax", lower_arg},
    {"ArgMin", lower_arg},
    {"CumSum", lower_cum_sum},
    {"TopK", lower_top_k},
    {"OneHot", lower_one_hot},
    {"Compress", lower_compress},
    {"NonZero", lower_unsized},
    {"Range", lower_unsized},
    {"Gelu", lower_gelu},
    {"Softmax", lower_softmax},
    {"LogSoftmax", lower_softmax},
    {"ReduceMean", lower_reduce},
    {"ReduceSum", lower_reduce},
    {"ReduceMax", lower_reduce},
    {"ReduceMin", lower_reduce},
    {"ReduceL1", lower_reduce},
    {"ReduceL2", lower_reduce},
    {"ReduceLogSum", lower_reduce},
    {"ReduceProd", lower_reduce},
    {"GlobalMaxPool", lower_reduce},
    {"ReduceSumSquare", lower_reduce},
    {"GlobalAveragePool", lower_reduce},
    {"ReduceLogSumExp", lower_reduce_log_sum_exp},
    {"LayerNormalization", lower_layer_norm},
    {"GroupNormalization", lower_group_norm},
    {"InstanceNormalization", lower_instance_norm},
    {"BatchNormalization", lower_batch_norm},
    {"MatMulInteger", lower_matmul_integer},
    {"ConvInteger", lower_conv_integer},
    {"QLinearMatMul", lower_qlinear_matmul},
    {"QLinearConv", lower_qlinear_conv},
    {"QuantizeLinear", lower_quantize_linear},
    {"DequantizeLinear", lower_dequantize_linear},
    {"DynamicQuantizeLinear", lower_dynamic_quantize_linear},
    {"Concat", lower_move},
    {"Dropout", lower_move},
    {"Expand", lower_move},
    {"Flatten", lower_move},
    {"GatherElements", lower_gather_elements},
    {"GatherND", lower_gather_nd},
    {"Identity", lower_move},
    {"Pad", lower_move},
    {"Reshape", lower_move},
    {"Resize", lower_move},
    {"Scatter", lower_scatter_elements},
    {"ScatterElements", lower_scatter_elements},
    {"ScatterND", lower_scatter_nd},
    {"Upsample", lower_move},
    {"ReverseSequence", lower_reverse_sequence},
    {"Slice", lower_move},
    {"Split", lower_move},
    {"Squeeze", lower_move},
    {"Tile", lower_move},
    {"Transpose", lower_move},
    {"Unsqueeze", lower_move},
};

bool lower_refuse(const struct lowering *l, const char *reason, ...)
{
    char given[1024];
    va_list arguments;
    va_start(arguments, reason);
    vsnprintf(given, sizeof given, reason, arguments);
    va_end(arguments);
    return fail(l->failure, "the node '%.1000s' (%.100s, opset %lld) cannot be deployed: %s",
                l->node->name, l->node->op, (long long)l->node->opset, given);
}

void *lower_take(struct lowering *l, size_t count, size_t size)
{
    void *memory = onnx_memory_take(l->onnx->memory, count, size);
    if (!memory)
        fail(l->failure, "the graph needs more memory than a model of its size may take");
    return memory;
}

/* ---- Constants ---- */

const onnx_tensor *lower_shape(struct lowering *l, const struct value *value)
{
    static float nothing;
    onnx_tensor *tensor = onnx_memory_take(l->scratch, 1, sizeof *tensor);
    if (!tensor) {
        fail_memory(l->failure);
        return NULL;
    }
    *tensor = (onnx_tensor){.type = lower_type(value),
                            .rank = value->rank,
                            .count = lower_count(value),
                            .floats = value->is_int ? NULL : &nothing};
    memcpy(tensor->dims, value->dims, sizeof tensor->dims);
    return tensor;
}

/* Computes the node where it depends on constants and shapes alone. */
static bool fold(struct lowering *l, bool *folded)
{
    const onnx_node *node = l->node;
    const bool shapes =
        !strcmp(node->op, "Shape") || !strcmp(node->op, "Size") || !strcmp(node->op, "EyeLike");
    const onnx_tensor **inputs =
        onnx_memory_take(l->scratch, node->input_count + 1, sizeof *inputs);
    const onnx_tensor **outputs = onnx_memory_take(l->scratch, node->output_count, sizeof *outputs);
    *folded = node->operator!= NULL;
    if (!inputs || !outputs)
        return fail_memory(l->failure);
    for (size_t i = 0; i < node->input_count && *folded; i++) {
        inputs[i] = lower_constant(l, i);
        if (lower_input(l, i) && !inputs[i])
            inputs[i] = shapes ? lower_shape(l, lower_input(l, i)) : NULL;
        *folded = inputs[i] || !lower_input(l, i);
    }
    if (!*folded)
        return true;
    if (!onnx_evaluate(node, inputs, outputs, l->onnx->memory, l->failure))
        return lower_refuse(l, "%s", l->failure->sentence);
    for (size_t i = 0; i < node->output_count; i++)
        if (lower_output(l, i))
            lower_set_constant(lower_output(l, i), outputs[i]);
    return true;
}

/* ---- Nodes ---- */

static bool is_used(const struct lowering *l)
{
    bool used = false;
    for (size_t i = 0; i < l->node->output_count; i++)
        used |= lower_output(l, i) && lower_output(l, i)->uses;
    return used;
}

/* What others ask for is something by now. */
static bool check_outputs(const struct lowering *l)
{
    for (size_t i = 0; i < l->node->output_count; i++) {
        const struct value *value = lower_output(l, i);
        if (value && value->uses && !value->constant && !value->deferred && value->view.buffer < 0)
            return lower_refuse(l, "its output %zu is none of those that are deployed", i);
    }
    return true;
}

/* What has no elements is known: a constant, of which nothing is in memory. */
static bool settle_empty(struct lowering *l)
{
    for (size_t i = 0; i < l->node->output_count; i++) {
        struct value *value = lower_output(l, i);
        if (!value || !value->uses || value->constant || lower_count(value) > 0)
            continue;
        onnx_tensor *none = onnx_tensor_create(l->onnx->memory, lower_type(value), value->rank,
                                               value->dims, l->failure);
        if (!none)
            return false;
        *value = lower_blank(value->uses);
        lower_set_constant(value, none);
    }
    return true;
}

static bool lower_operation(struct lowering *l)
{
    bool folded;
    if (!fold(l, &folded))
        return false;
    if (folded)
        return true;
    if (l->node->recurrent)
        return lower_recurrent(l);
    if (l->node->branch[0])
        return l->node->branch[1] ? lower_if(l) : lower_cell(l);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (!strcmp(operators[i].op, l->node->op))
            return operators[i].lower(l);
    return lower_elementwise(l);
}

/* Where very much is deferred, no more is. */
static bool check_size(struct lowering *l)
{
    for (size_t i = 0; i < l->node->output_count; i++) {
        struct value *value = lower_output(l, i);
        size_t count = 1;
        for (size_t d = 0; value && d < value->rank; d++)
            count = weir_times(count, value->dims[d]);
        if (count > INT32_MAX)
            return lower_refuse(l, "it gives more elements than a call can have");
        if (value && value->deferred && l->deferred > LOWER_DEFERRED_MAX)
            lower_view(l, value);
    }
    return l->schedule->step_count <= LOWER_STEPS_MAX ||
           lower_refuse(l, "a call would have more than %d steps", LOWER_STEPS_MAX);
}

bool lower_graph(struct lowering *l, const onnx_graph *graph)
{
    bool lowered = true;
    for (size_t n = 0; n < graph->node_count && lowered; n++) {
        l->node = &graph->nodes[n];
        onnx_memory_clear(l->scratch);
        if (l->node->output_count == 0 || (l->node->output_count == 1 && !lower_output(l, 0)))
            return lower_refuse(l, "it has no output");
        lowered = !is_used(l) || (lower_operation(l) && settle_empty(l) && check_outputs(l) &&
                                  check_size(l) && !l->has_failed);
    }
    return lowered;
}

/* ---- The model ---- */

static void count_uses(struct lowering *l, const onnx_graph *graph)
{
    for (size_t n = 0; n < graph->node_count; n++) {
        const onnx_node *node = &graph->nodes[n];
        for (size_t i = 0; i < node->input_count; i++)
            if (node->inputs[i] >= 0)
                l->values[node->inputs[i]].uses++;
        for (size_t b = 0; b < 2 && node->branch[b]; b++)
            count_uses(l, node->branch[b]);
        if (node->form)
            count_uses(l, &node->form->graph);
    }
    for (size_t i = 0; i < graph->output_count; i++)
        l->values[graph->outputs[i]].uses++;
}

static void begin(struct lowering *l)
{
    for (size_t v = 0; v < l->onnx->value_count; v++) {
        l->values[v] = lower_blank(0);
        if (l->open)
            memcpy(l->values[v].open, l->open[v], sizeof *l->open);
        if (l->onnx->values[v].constant)
            lower_set_constant(&l->values[v], l->onnx->values[v].constant);
    }
    count_uses(l, &l->onnx->graph);
}

/* A model without kernels gets one that no step runs, of one number: what is deployed has tables of
 * kernels and weights, which are never empty. */
static bool add_kernel(struct lowering *l)
{
    static const float zero;
    static const double size[4] = {1, 1, 1, 0};
    struct deploy_layer *layer =
        l->model->layer_count == 0
            ? lower_layer(l, "cell none\ninput x\nstate y\n\ny' = D@x\n", size)
            : NULL;
    if (!layer)
        return l->model->layer_count > 0;
    layer->is_product = true;
    layer->passes[0].params[0].data = &zero;
    return true;
}

static void note_shapes(const struct lowering *l, struct value_shape *shapes)
{
    for (size_t v = 0; v < l->onnx->value_count; v++) {
        shapes[v].rank = l->values[v].constant ? 0 : l->values[v].rank;
        memcpy(shapes[v].dims, l->values[v].dims, sizeof shapes[v].dims);
    }
}

bool lower_model(const onnx_model *onnx, const struct deploy_request *request,
                 const struct lower_steps *steps, struct deploy_model *model,
                 struct failure *failure)
{
    const size_t most = onnx_memory_limit(onnx->memory), used = onnx_memory_used(onnx->memory);
    struct lowering l = {.onnx = onnx,
                         .request = request,
                         .model = model,
                         .schedule = model->schedule,
                         .failure = failure,
                         .keeps = request->keep_states,
                         .open = steps->open,
                         .opens = steps->open != NULL,
                         .scratch = onnx_memory_create(most > used ? most - used : 0),
                         .values = calloc(onnx->value_count + LOWER_SPARE, sizeof *l.values)};
    bool lowered = (l.scratch && l.values) || fail_memory(failure);
    if (lowered) {
        begin(&l);
        lowered =
            lower_inputs(&l) && lower_graph(&l, &onnx->graph) && lower_outputs(&l) && !l.has_failed;
    }
    lowered = lowered && add_kernel(&l);
    if (lowered && !request->keep) /* which names each by itself */
        lowered = lower_share(&l);
    if (lowered)
        schedule_place(l.schedule);
    if (lowered && steps->shapes)
        note_shapes(&l, steps->shapes);
    free(l.values);
    onnx_memory_destroy(l.scratch);
    return lowered;
}

void graph_find_room(const onnx_model *onnx, struct deploy_model *model)
{
    const size_t used = onnx_memory_used(onnx->memory);
    model->most = onnx_memory_limit(onnx->memory);
    model->room = model->most > used ? model->most - used : 0;
}
