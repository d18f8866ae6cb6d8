/* SPDX-License-Identifier: MIT */
/* Weights as frameworks stack them, one array for all gates, under the names of a cell file. The
 * order of gates is that of gate_orders.h, conventions of biases are written down here; a cell is
 * known by the names of its weights only (W, U, b, u, p and a gate; R), so that one of a user's
 * own is converted like those of Weir. */
#include "float_mode.h"
#include "gate_orders.h"
#include "libweir.h"

#include <string.h>

enum { WEIGHTS_MAX = 64, FORMS_MAX = 2 };

/* A form of the array of biases, in rows of H: how often all gates are in it, and whether a row of
 * its own for the recurrent product of the last gate is; and, of cells with a reset gate, where
 * that is applied in layers which have biases of this form. */
struct bias_form {
    size_t copies, extra;
    weir_reset reset;
};

/* All frameworks mix as they do, (1 - z)*n + z*h. */
struct framework {
    const char *name;
    const struct weir_gate_order *order;
    bool transposed; /* matrices are [column][gate][row], not [gate][row][column] */
    bool projects;
    weir_reset reset; /* of every layer; WEIR_RESET_UNKNOWN: it depends */
    struct bias_form forms[FORMS_MAX]; /* the second: none where copies are 0 */
    const char *question;
};

static const struct framework pytorch = {
    /* torch.nn: weight_ih_l0, weight_hh_l0, bias_ih_l0 and, apart, bias_hh_l0; weight_hr_l0 */
    .name = "PyTorch",
    .order = &weir_order_pytorch,
    .projects = true,
    .reset = WEIR_RESET_AFTER, /* of all its GRUs */
    .forms = {{1, 0, WEIR_RESET_AFTER}},
};

static const struct framework keras = {
    /* tf.keras.layers: kernel, recurrent_kernel, bias */
    .name = "Keras",
    .order = &weir_order_keras,
    .transposed = true,
    .forms = {{1, 0, WEIR_RESET_BEFORE}, {2, 0, WEIR_RESET_AFTER}},
    .question = "was it made with reset_after=True (WEIR_RESET_AFTER) or False "
                "(WEIR_RESET_BEFORE)?",
};

static const struct framework onnx = {
    /* one direction of W, R, B, P */
    .name = "ONNX",
    .order = &weir_order_onnx,
    .forms = {{2, 0, WEIR_RESET_UNKNOWN}},
    .question = "is its attribute linear_before_reset 1 (WEIR_RESET_AFTER) or 0, which is the "
                "default (WEIR_RESET_BEFORE)?",
};

static const struct framework onednn = {
    /* one layer and direction of weights_layer and weights_iter in ldigo, bias in ldgo, and
     * weights_projection in ldio */
    .name = "oneDNN",
    .order = &weir_order_onednn,
    .transposed = true,
    .projects = true,
    .forms = {{1, 0, WEIR_RESET_BEFORE}, {1, 1, WEIR_RESET_AFTER}},
    .question = "is it of the linear-before-reset kind (WEIR_RESET_AFTER) or the plain one "
                "(WEIR_RESET_BEFORE)?",
};

/* ---- What a cell has ---- */

struct names {
    weir_shape shapes[WEIGHTS_MAX];
    size_t count, gates, H; /* H: rows of a gate */
    bool recurs; /* it has matrices of h */
    bool resets, keeps_bias; /* it has gates z, r, n; a recurrent bias of its own in n */
};

static const weir_shape *find_shape(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (!strcmp(names->shapes[i].name, name))
            return &names->shapes[i];
    return NULL;
}

static weir_status read_names(const weir_stacked *from, struct names *names, weir_error *error)
{
    const weir_status status = weir_cell_weights(from->cell, from->I, from->H, from->P,
                                                 names->shapes, WEIGHTS_MAX, &names->count, error);
    if (status)
        return status;
    if (names->count > WEIGHTS_MAX)
        return weir_fail(error, WEIR_INVALID,
                         "%.64s has %zu weights, more than any layer of a framework: name each of "
                         "them in weir_layer_config.",
                         from->cell, names->count);
    names->H = from->H;
    for (size_t i = 0; i < names->count; i++) {
        names->gates += names->shapes[i].name[0] == 'W';
        names->recurs |= names->shapes[i].name[0] == 'U';
    }
    names->resets = names->gates == 3 && find_shape(names, "Wz") && find_shape(names, "Wr") &&
                    find_shape(names, "Wn");
    names->keeps_bias = find_shape(names, "un");
    return WEIR_OK;
}

/* ---- Where each weight comes from ---- */

/* What is to be converted, by the first letter of a weight's name. */
struct conversion {
    const struct framework *framework;
    const weir_stacked *from;
    const struct names *names;
    const struct bias_form *form; /* NULL: no biases */
    weir_reset reset;
};

/* The place of a gate among those of the framework; its number where there is none. */
static size_t place_of(const struct conversion *c, const char *gate)
{
    const char *order = c->framework->order->gates[c->names->gates];
    const char *at = *gate ? strchr(order, *gate) : order;
    return at && strlen(gate) <= 1 && !*gate == !*order ? (size_t)(at - order) : c->names->gates;
}

static void copy_matrix(float *to, const float *from, const weir_shape *shape, size_t row_step,
                        size_t col_step)
{
    for (size_t row = 0; row < shape->rows; row++)
        for (size_t col = 0; col < shape->cols; col++)
            *to++ = weir_float_at(from, row * row_step + col * col_step);
}

/* A matrix of a gate among those of all gates. */
static void copy_gate(const struct conversion *c, float *to, const float *from,
                      const weir_shape *shape, size_t place)
{
    const size_t rows = c->names->gates * shape->rows;
    if (c->framework->transposed)
        copy_matrix(to, from + place * shape->rows, shape, 1, rows);
    else
        copy_matrix(to, from + place * shape->rows * shape->cols, shape, shape->cols, 1);
}

/* The biases of a gate by x and by h; NULL: there is none. */
static const float *bias_by_x(const struct conversion *c, size_t place)
{
    return c->form ? c->from->bias + place * c->names->H : NULL;
}

static const float *bias_by_h(const struct conversion *c, size_t place)
{
    const size_t H = c->names->H, gates = c->names->gates;
    if (!c->form)
        return NULL;
    if (c->from->recurrent_bias)
        return c->from->recurrent_bias + place * H;
    if (c->form->copies == 2)
        return c->from->bias + (gates + place) * H;
    return c->form->extra && place + 1 == gates ? c->from->bias + gates * H : NULL;
}

/* The sum of two vectors, either of which may be missing. */
static void copy_vectors(float *to, const float *a, const float *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = a && b ? weir_float_at(a, i) + weir_float_at(b, i)
                : a    ? weir_float_at(a, i)
                : b    ? weir_float_at(b, i)
                       : 0;
}

static bool copy_peephole(const struct conversion *c, float *to, const char *gate, size_t size)
{
    const char *order = c->framework->order->peepholes;
    const char *at = order && *gate ? strstr(order, gate) : NULL;
    if (!at || !c->from->peephole)
        return false;
    copy_vectors(to, c->from->peephole + (size_t)(at - order) * size, NULL, size);
    return true;
}

static bool copy_projection(const struct conversion *c, float *to, const weir_shape *shape)
{
    const bool transposed = c->framework->transposed;
    if (!c->framework->projects || !c->from->projection)
        return false;
    copy_matrix(to, c->from->projection, shape, transposed ? 1 : shape->cols,
                transposed ? shape->rows : 1);
    return true;
}

/* Writes one weight; false where the framework has none such. */
static bool convert(const struct conversion *c, const weir_shape *shape, float *to)
{
    const char letter = shape->name[0], *gate = shape->name + 1;
    const size_t place = place_of(c, gate);
    const char apart[] = {'u', *gate, 0};
    if (strchr("WUbu", letter) && place == c->names->gates)
        return false;
    switch (letter) {
    case 'W':
        copy_gate(c, to, c->from->input, shape, place);
        return true;
    case 'U':
        copy_gate(c, to, c->from->recurrent, shape, place);
        return true;
    case 'b':
        copy_vectors(to, bias_by_x(c, place),
                     find_shape(c->names, apart) ? NULL : bias_by_h(c, place), shape->rows);
        return true;
    case 'u':
        copy_vectors(to, NULL, bias_by_h(c, place), shape->rows);
        return true;
    case 'p':
        return copy_peephole(c, to, gate, shape->rows);
    case 'R':
        return !*gate && copy_projection(c, to, shape);
    default:
        return false;
    }
}

/* ---- What must be known ---- */

static weir_status check_arrays(const struct framework *framework, const weir_stacked *from,
                                const struct names *names, weir_error *error)
{
    if (!from->input || (names->recurs && !from->recurrent))
        return weir_fail(error, WEIR_INVALID,
                         "The matrices of %.64s are missing: set input and recurrent to the arrays "
                         "that %s has.",
                         from->cell, framework->name);
    if (names->gates > WEIR_GATES_MAX || !framework->order->gates[names->gates])
        return weir_fail(
            error, WEIR_INVALID,
            "%s stacks 1, 3 or 4 gates, but %.64s has %zu: name each of its weights in "
            "weir_layer_config.",
            framework->name, from->cell, names->gates);
    if (!from->bias != !from->bias_count || (from->recurrent_bias && !from->bias))
        return weir_fail(error, WEIR_INVALID,
                         "bias and bias_count are both set or both left out, and a recurrent_bias "
                         "stands beside a bias.");
    if (!from->recurrent_bias != (framework != &pytorch || !from->bias))
        return weir_fail(error, WEIR_INVALID,
                         "recurrent_bias is for PyTorch, which has bias_ih and bias_hh or none of "
                         "them: %s.",
                         from->recurrent_bias ? "leave it out here" : "set it too");
    return WEIR_OK;
}

static weir_status find_form(struct conversion *c, weir_error *error)
{
    const size_t H = c->names->H, gates = c->names->gates;
    size_t counts[FORMS_MAX] = {0};
    for (size_t i = 0; i < FORMS_MAX && c->framework->forms[i].copies; i++) {
        const struct bias_form *form = &c->framework->forms[i];
        /* The second form is that of layers with a reset gate alone. */
        counts[i] = i == 0 || c->names->resets ? (form->copies * gates + form->extra) * H : 0;
        if (counts[i] && c->from->bias_count == counts[i])
            c->form = form;
    }
    if (c->form || !c->from->bias)
        return WEIR_OK;
    if (counts[1])
        return weir_fail(error, WEIR_INVALID,
                         "bias_count is %zu: the biases of %.64s with H=%zu by %s are %zu or %zu "
                         "floats.",
                         c->from->bias_count, c->from->cell, H, c->framework->name, counts[0],
                         counts[1]);
    return weir_fail(error, WEIR_INVALID,
                     "bias_count is %zu: the biases of %.64s with H=%zu by %s are %zu floats.",
                     c->from->bias_count, c->from->cell, H, c->framework->name, counts[0]);
}

/* Where a layer's reset gate is applied, and whether the cell does as much. */
static weir_status find_reset(struct conversion *c, weir_error *error)
{
    const weir_reset by_form = c->form ? c->form->reset : WEIR_RESET_UNKNOWN;
    const weir_reset known = c->framework->reset ? c->framework->reset : by_form;
    const char *words[] = {"nowhere", "after the product", "before the product"};
    if (!c->names->resets)
        return WEIR_OK;
    if ((unsigned)c->from->reset > WEIR_RESET_BEFORE)
        return weir_fail(error, WEIR_INVALID,
                         "reset is %d, which is none of the values of weir_reset.",
                         (int)c->from->reset);
    c->reset = c->from->reset ? c->from->reset : known;
    if (!c->reset)
        return weir_fail(error, WEIR_INVALID,
                         "What %s gives here does not tell where the layer applies its reset gate: "
                         "%s",
                         c->framework->name, c->framework->question);
    if (known && c->reset != known)
        return weir_fail(error, WEIR_INVALID,
                         "The reset gate of this layer of %s is applied %s, as its %s: leave reset "
                         "at WEIR_RESET_UNKNOWN, or check it.",
                         c->framework->name, words[known],
                         c->framework->reset ? "always is" : "biases tell");
    if (c->names->keeps_bias != (c->reset == WEIR_RESET_AFTER))
        return weir_fail(error, WEIR_INVALID,
                         "This layer of %s applies its reset gate %s, %.64s applies it %s: choose "
                         "a cell that %s.",
                         c->framework->name, words[c->reset], c->from->cell,
                         words[WEIR_RESET_AFTER + WEIR_RESET_BEFORE - c->reset],
                         c->reset == WEIR_RESET_AFTER ? "has a recurrent bias of its own, un"
                                                      : "has no recurrent bias un");
    return WEIR_OK;
}

/* ---- All of it ---- */

static weir_status convert_layer(const struct framework *framework, const weir_stacked *from,
                                 weir_weight *weights, float *memory, weir_error *error)
{
    struct names names = {0};
    if (!from || !weights || !memory)
        return weir_fail(error, WEIR_INVALID,
                         "Converting weights takes what to convert, and places for weights and for "
                         "their floats: none of them may be NULL.");
    struct conversion c = {.framework = framework, .from = from, .names = &names};
    weir_status status = read_names(from, &names, error);
    if (!status)
        status = check_arrays(framework, from, &names, error);
    if (!status)
        status = find_form(&c, error);
    if (!status)
        status = find_reset(&c, error);
    for (size_t i = 0; i < names.count && !status; i++) {
        const weir_shape *shape = &names.shapes[i];
        weights[i] = (weir_weight){
            .name = shape->name, .data = memory, .rows = shape->rows, .cols = shape->cols};
        if (!convert(&c, shape, memory))
            status = weir_fail(error, WEIR_INVALID,
                               "%.64s has a weight %.32s, but nothing of it is in what %s gives.",
                               from->cell, shape->name, framework->name);
        memory += shape->rows * shape->cols;
    }
    return status;
}

/* Biases may be added. */
static weir_status convert_all(const struct framework *framework, const weir_stacked *from,
                               weir_weight *weights, float *memory, weir_error *error)
{
    const weir_mode mode = weir_mode_begin();
    const weir_status status = convert_layer(framework, from, weights, memory, error);
    weir_mode_set(mode);
    return status;
}

weir_status weir_weights_from_pytorch(const weir_stacked *from, weir_weight *weights, float *memory,
                                      weir_error *error)
{
    return convert_all(&pytorch, from, weights, memory, error);
}

weir_status weir_weights_from_keras(const weir_stacked *from, weir_weight *weights, float *memory,
                                    weir_error *error)
{
    return convert_all(&keras, from, weights, memory, error);
}

weir_status weir_weights_from_onnx(const weir_stacked *from, weir_weight *weights, float *memory,
                                   weir_error *error)
{
    return convert_all(&onnx, from, weights, memory, error);
}

weir_status weir_weights_from_onednn(const weir_stacked *from, weir_weight *weights, float *memory,
                                     weir_error *error)
{
    return convert_all(&onednn, from, weights, memory, error);
}
