/* SPDX-License-Identifier: MIT */
/* RNN, LSTM and GRU nodes, and DynamicQuantizeLSTM: their attributes, checked, become what a cell
 * computes (cell.c writes it down), and their inputs W, R, B and P, checked, its weights. */
#include "onnx/cell.h"
#include "onnx/importer.h"
#include "onnx/memory.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { SIZE_LIMIT = 1 << 20 };

/* The inputs of all three, in order; LSTM goes on with initial_c and P, and DynamicQuantizeLSTM
 * with the scales and zero points of W and of R. */
enum { IN_X, IN_W, IN_R, IN_B, IN_SEQUENCE_LENS, IN_INITIAL_H, IN_INITIAL_C, IN_P, IN_SCALES };
enum { QUANTISED_INPUTS = IN_SCALES + 4 };

static const struct {
    const char *name, *function;
    size_t parameters;
    float alpha, beta; /* where the node gives none; NaN: ONNX has no default either */
} activations[] = {{"Relu", "relu", 0, 0, 0},
                   {"Tanh", "tanh", 0, 0, 0},
                   {"Sigmoid", "sigmoid", 0, 0, 0},
                   {"Affine", "affine", 2, NAN, NAN},
                   {"LeakyRelu", "leaky_relu", 1, 0.01f, 0},
                   {"ThresholdedRelu", "thresholded_relu", 1, 1, 0},
                   {"ScaledTanh", "scaled_tanh", 2, NAN, NAN},
                   {"HardSigmoid", "hard_sigmoid", 2, 0.2f, 0.5f},
                   {"Elu", "elu", 1, 1, 0},
                   {"Softsign", "softsign", 0, 0, 0},
                   {"Softplus", "softplus", 0, 0, 0}};

enum { ACTIVATION_COUNT = sizeof activations / sizeof *activations };

/* The last ones are none of DynamicQuantizeLSTM. */
static const char *const known_attributes[] = {
    "activation_alpha", "activation_beta", "activations",         "clip",   "direction",
    "hidden_size",      "input_forget",    "linear_before_reset", "layout", "output_sequence"};

enum {
    ATTRIBUTES = sizeof known_attributes / sizeof *known_attributes,
    QUANTISED_ATTRIBUTES = ATTRIBUTES - 3
};

bool onnx_is_recurrent(const char *domain, const char *op)
{
    const bool quantised = !strcmp(domain, "com.microsoft");
    return onnx_kind_find(op) && onnx_is_quantised(op) == quantised;
}

/* ---- Attributes ---- */

/* activation_alpha or activation_beta. By ONNX its values are taken in order by the activations
 * that have such a parameter; some exporters give one for every activation. Both are read, where
 * they come to the same. */
struct parameters {
    const char *name;
    const float *values;
    size_t count, taken;
    bool differ; /* a value that was taken is not that of the activation's own place */
};

static struct parameters parameters_of(const onnx_node *node, const char *name)
{
    const onnx_attribute *attribute = onnx_attribute_find(node, name);
    return attribute
               ? (struct parameters){name, attribute->floats, attribute->float_count, 0, false}
               : (struct parameters){name, NULL, 0, 0, false};
}

/* The value of activation k that is next, or what stands in for it. */
static float take(struct parameters *given, size_t k, float otherwise)
{
    if (given->taken == given->count)
        return otherwise;
    const float value = given->values[given->taken++];
    given->differ |= k >= given->count || given->values[k] != value;
    return value;
}

/* Whether it is clear who takes which of the values. */
static bool check_taken(const struct parameters *given, size_t activations, struct failure *failure)
{
    if (given->taken == given->count || (given->count == activations && !given->differ))
        return true;
    return fail(failure,
                "its %s has %zu values, where %zu of its %zu activations take one, and it is not "
                "clear which: in order%s",
                given->name, given->count, given->taken, activations,
                given->count == activations ? ", or each that of its own place" : "");
}

static bool read_activation(const char *name, size_t k, struct parameters given[2],
                            onnx_activation *activation, struct failure *failure)
{
    size_t row = 0;
    while (row < ACTIVATION_COUNT && strcasecmp(activations[row].name, name) != 0)
        row++;
    if (row == ACTIVATION_COUNT)
        return fail(failure, "'%s' is no activation that ONNX has", quote(name).text);
    const size_t parameters = activations[row].parameters;
    *activation = (onnx_activation){activations[row].function, parameters, activations[row].alpha,
                                    activations[row].beta};
    if (parameters > 0)
        activation->alpha = take(&given[0], k, activation->alpha);
    if (parameters > 1)
        activation->beta = take(&given[1], k, activation->beta);
    return (isfinite(activation->alpha) && isfinite(activation->beta)) ||
           fail(failure,
                "its activation '%s' needs finite numbers as alpha and beta, for which there "
                "may be no default",
                quote(name).text);
}

/* The activations of every direction. */
static bool read_activations(const onnx_node *node, size_t directions, onnx_maths maths[2],
                             struct failure *failure)
{
    const onnx_attribute *given = onnx_attribute_find(node, "activations");
    const onnx_kind *kind = maths->kind;
    const size_t count = directions * kind->activations;
    struct parameters parameters[2] = {parameters_of(node, "activation_alpha"),
                                       parameters_of(node, "activation_beta")};
    if (given && given->string_count && given->string_count != count)
        return fail(failure, "it has %zu activations, and needs %zu", given->string_count, count);
    for (size_t k = 0; k < count; k++) {
        const size_t which = k % kind->activations;
        const char *name = given && given->string_count ? given->strings[k] : kind->defaults[which];
        if (!read_activation(name, k, parameters, &maths[k / kind->activations].activation[which],
                             failure))
            return false;
    }
    return check_taken(&parameters[0], count, failure) &&
           check_taken(&parameters[1], count, failure);
}

static bool read_direction(const onnx_node *node, onnx_recurrent *recurrent,
                           struct failure *failure)
{
    const onnx_attribute *given = onnx_attribute_find(node, "direction");
    const char *direction = given && given->s ? given->s : "forward";
    const bool both = !strcmp(direction, "bidirectional"), back = !strcmp(direction, "reverse");
    if (!both && !back && strcmp(direction, "forward") != 0)
        return fail(failure,
                    "its direction is '%s', and may be forward, reverse or "
                    "bidirectional",
                    quote(direction).text);
    recurrent->directions = both ? 2 : 1;
    recurrent->pass[0].reversed = back;
    recurrent->pass[1].reversed = both;
    return true;
}

/* What each direction computes. */
static bool read_maths(const onnx_node *node, const onnx_recurrent *recurrent, onnx_maths maths[2],
                       struct failure *failure)
{
    const onnx_attribute *clip = onnx_attribute_find(node, "clip");
    if (clip && !(clip->f > 0))
        return fail(failure, "its clip is %g, and must be above 0", (double)clip->f);
    for (size_t d = 0; d < 2; d++)
        maths[d] =
            (onnx_maths){.kind = onnx_kind_find(node->op),
                         .clip = clip && isfinite(clip->f) ? clip->f : 0,
                         .coupled = onnx_attribute_int(node, "input_forget", 0) != 0,
                         .reset_after = onnx_attribute_int(node, "linear_before_reset", 0) != 0,
                         .peepholes = recurrent->p >= 0};
    return read_activations(node, recurrent->directions, maths, failure);
}

static bool check_attributes(const onnx_node *node, struct failure *failure)
{
    const size_t known = onnx_is_quantised(node->op) ? QUANTISED_ATTRIBUTES : ATTRIBUTES;
    for (size_t i = 0; i < node->attribute_count; i++) {
        size_t k = 0;
        while (k < known && strcmp(known_attributes[k], node->attributes[i].name) != 0)
            k++;
        if (k == known)
            return fail(failure, "it has an attribute '%s', which ONNX does not know",
                        quote(node->attributes[i].name).text);
    }
    const int64_t layout = onnx_attribute_int(node, "layout", 0);
    return layout == 0 || layout == 1 ||
           fail(failure, "its layout is %lld, and may be 0 or 1", (long long)layout);
}

/* ---- Weights ---- */

static bool check_shape(const onnx_tensor *tensor, const char *name, size_t rank, size_t dim0,
                        size_t dim1, size_t dim2, struct failure *failure)
{
    const onnx_tensor wanted = {.rank = rank, .dims = {dim0, dim1, dim2}};
    const bool equal =
        tensor->rank == rank && !memcmp(tensor->dims, wanted.dims, rank * sizeof *wanted.dims);
    if (!tensor->floats)
        return fail(failure, "its %s is of type %s, and must be a float", name,
                    onnx_type_name(tensor->type));
    return equal || fail(failure, "its %s has the shape %s, and must be %s", name,
                         onnx_shape_of(tensor).text, onnx_shape_of(&wanted).text);
}

/* I and H from W, R and hidden_size, and whether all shapes agree. Bytes are transposed. */
static bool check_weights(const onnx_node *node, const onnx_tensor *const given[ONNX_GIVEN],
                          onnx_recurrent *recurrent, struct failure *failure)
{
    const size_t gates = onnx_kind_find(node->op)->gates, D = recurrent->directions;
    const bool quantised = onnx_is_quantised(node->op);
    if (given[0]->rank != 3 || given[1]->rank != 3)
        return fail(failure, "its W and R must have three dimensions");
    const size_t I = given[0]->dims[quantised ? 1 : 2], H = given[1]->dims[quantised ? 1 : 2];
    const int64_t hidden = onnx_attribute_int(node, "hidden_size", (int64_t)H);
    if (H < 1 || I < 1 || H > SIZE_LIMIT || I > SIZE_LIMIT || hidden != (int64_t)H)
        return fail(failure,
                    "its input size %zu, hidden size %zu and hidden_size %lld must "
                    "agree and be 1 to %d",
                    I, H, (long long)hidden, SIZE_LIMIT);
    recurrent->I = I;
    recurrent->H = H;
    return (quantised ? onnx_quantised_check(given, recurrent, failure)
                      : check_shape(given[0], "W", 3, D, gates * H, I, failure) &&
                            check_shape(given[1], "R", 3, D, gates * H, H, failure)) &&
           (!given[2] || check_shape(given[2], "B", 2, D, 2 * gates * H, 0, failure)) &&
           (!given[3] || check_shape(given[3], "P", 2, D, 3 * H, 0, failure));
}

bool onnx_recurrent_fill(const onnx_node *node, const onnx_tensor *const given[ONNX_GIVEN],
                         onnx_recurrent *filled, onnx_memory *memory, struct failure *failure)
{
    onnx_maths maths[2];
    *filled = *node->recurrent;
    if (!check_weights(node, given, filled, failure) || !read_maths(node, filled, maths, failure))
        return false;
    for (size_t d = 0; d < filled->directions; d++)
        if (!onnx_cell_split(memory, &maths[d], d, filled->I, filled->H, given, &filled->pass[d]))
            return fail_limit(failure);
    filled->weights_known = true;
    return true;
}

/* ---- Importing ---- */

static int input_of(const onnx_node *node, size_t index)
{
    return index < node->input_count ? node->inputs[index] : -1;
}

static int output_of(const onnx_node *node, size_t index)
{
    return index < node->output_count ? node->outputs[index] : -1;
}

static bool check_inputs(const onnx_node *node, struct failure *failure)
{
    const onnx_kind *kind = onnx_kind_find(node->op);
    const bool quantised = onnx_is_quantised(node->op);
    const size_t inputs = quantised ? QUANTISED_INPUTS : kind->inputs;
    if (node->input_count > inputs || node->output_count > 1 + kind->states)
        return fail(failure, "it has %zu inputs and %zu outputs, and may have %zu and %zu",
                    node->input_count, node->output_count, inputs, 1 + kind->states);
    for (size_t i = IN_X; i <= IN_R; i++)
        if (input_of(node, i) < 0)
            return fail(failure, "its input X, W or R is missing");
    for (size_t i = IN_SCALES; i < QUANTISED_INPUTS && quantised; i++)
        if (input_of(node, i) < 0)
            return fail(failure, "a scale or a zero point of its W or R is missing");
    return true;
}

/* Sizes that are declared, where weights are not known. */
static void guess_sizes(const onnx_model *model, const onnx_node *node, onnx_recurrent *recurrent)
{
    const onnx_value *w = &model->values[recurrent->w], *r = &model->values[recurrent->r];
    const int64_t hidden = onnx_attribute_int(node, "hidden_size", 0);
    if (w->constant ? w->constant->rank == 3 : w->has_shape && w->rank == 3 && w->dims[2] > 0)
        recurrent->I = w->constant ? w->constant->dims[2] : (size_t)w->dims[2];
    if (r->constant ? r->constant->rank == 3 : r->has_shape && r->rank == 3 && r->dims[2] > 0)
        recurrent->H = r->constant ? r->constant->dims[2] : (size_t)r->dims[2];
    if (hidden > 0)
        recurrent->H = (size_t)hidden;
}

static onnx_recurrent connect(const onnx_node *node)
{
    const bool has_c = onnx_kind_find(node->op)->states > 1;
    return (onnx_recurrent){.state_count = has_c ? 2 : 1,
                            .batch_first = onnx_attribute_int(node, "layout", 0) == 1,
                            .x = input_of(node, IN_X),
                            .w = input_of(node, IN_W),
                            .r = input_of(node, IN_R),
                            .b = input_of(node, IN_B),
                            .sequence_lens = input_of(node, IN_SEQUENCE_LENS),
                            .initial_h = input_of(node, IN_INITIAL_H),
                            .initial_c = has_c ? input_of(node, IN_INITIAL_C) : -1,
                            .p = has_c ? input_of(node, IN_P) : -1,
                            .y = output_of(node, 0),
                            .y_h = output_of(node, 1),
                            .y_c = has_c ? output_of(node, 2) : -1};
}

/* The weights, where they are constants. */
static bool fill_known(importer *importer, const onnx_node *node, onnx_recurrent *recurrent)
{
    int values[ONNX_GIVEN] = {recurrent->w, recurrent->r, recurrent->b, recurrent->p};
    const onnx_tensor *given[ONNX_GIVEN];
    bool known = true;
    for (size_t i = 4; i < ONNX_GIVEN; i++)
        values[i] = input_of(node, IN_SCALES + i - 4);
    for (size_t i = 0; i < ONNX_GIVEN; i++) {
        given[i] = values[i] < 0 ? NULL : importer->model->values[values[i]].constant;
        known &= values[i] < 0 || given[i];
    }
    onnx_recurrent filled;
    if (!known && onnx_is_quantised(node->op))
        return fail(importer->failure,
                    "its weights, scales and zero points must be constants of the model");
    if (!known)
        return true;
    if (!onnx_recurrent_fill(node, given, &filled, importer->model->memory, importer->failure))
        return false;
    *recurrent = filled;
    importer->model->has_bytes |= filled.type != NULL;
    return true;
}

/* PyTorch's GRU multiplies by the reset gate after the product. Its exporter by torch.export has
 * written GRUs that do so before it, whose results are others than PyTorch's. */
static bool doubt_reset(importer *importer, const onnx_node *node, const onnx_maths *maths)
{
    onnx_model *model = importer->model;
    if (strcmp(node->op, "GRU") != 0 || maths->reset_after || model->doubt ||
        strcmp(importer->producer, "pytorch") != 0)
        return true;
    model->doubt = onnx_format(
        model->memory,
        "the node '%.80s' (GRU) has no linear_before_reset = 1, which every GRU of PyTorch has, "
        "and PyTorch wrote this file: some of its exporters of 2026 left it out (pytorch issue "
        "189225), and then results are not PyTorch's; it is computed as the file says, and that "
        "attribute mends the file",
        quote(node->name).text);
    return model->doubt || fail_limit(importer->failure);
}

bool onnx_import_recurrent(importer *importer, onnx_node *node)
{
    onnx_memory *memory = importer->model->memory;
    onnx_maths maths[2];
    onnx_recurrent *recurrent = onnx_memory_take(memory, 1, sizeof *recurrent);
    if (!recurrent)
        return fail_limit(importer->failure);
    if (!check_attributes(node, importer->failure) || !check_inputs(node, importer->failure))
        return false;
    *recurrent = connect(node);
    recurrent->index = importer->model->recurrent_count++;
    if (!read_direction(node, recurrent, importer->failure) ||
        !read_maths(node, recurrent, maths, importer->failure) ||
        !doubt_reset(importer, node, maths))
        return false;
    guess_sizes(importer->model, node, recurrent);
    for (size_t d = 0; d < recurrent->directions; d++) {
        if (!onnx_cell_write(memory, &maths[d], &recurrent->pass[d]))
            return fail_limit(importer->failure);
        onnx_cell_weights(&maths[d], recurrent->I, recurrent->H, &recurrent->pass[d]);
    }
    node->recurrent = recurrent;
    return fill_known(importer, node, recurrent);
}
