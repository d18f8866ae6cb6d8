/* SPDX-License-Identifier: MIT */
/* What a recurrent node computes, written as a cell file. Nothing else knows these formulas, and
 * nothing that reads the text knows that it comes from here. The formulas are those of the ONNX
 * operator specification, RNN, LSTM and GRU; the candidate gates that it calls c and h are g and n
 * here, as in kernels/cells/. */
#include "onnx/cell.h"

#include "common/hash.h"
#include "gate_orders.h"
#include "onnx/memory.h"

#include <stdio.h>
#include <string.h>

enum { CALL_MAX = 320 };

/* An activation of a sum, which is clipped before. */
static const char *call(char *text, const onnx_maths *maths, size_t which, const char *sum)
{
    const onnx_activation *activation = &maths->activation[which];
    char clipped[CALL_MAX / 2], parameters[64] = "";
    snprintf(clipped, sizeof clipped, "%s", sum);
    if (maths->clip > 0)
        snprintf(clipped, sizeof clipped, "clip(%s, -%.9g, %.9g)", sum, (double)maths->clip,
                 (double)maths->clip);
    if (activation->parameters == 1)
        snprintf(parameters, sizeof parameters, ", %.9g", (double)activation->alpha);
    if (activation->parameters == 2)
        snprintf(parameters, sizeof parameters, ", %.9g, %.9g", (double)activation->alpha,
                 (double)activation->beta);
    snprintf(text, CALL_MAX, "%s(%s%s)", activation->function, clipped, parameters);
    return text;
}

static char *write_rnn(onnx_memory *memory, const onnx_maths *maths)
{
    char h[CALL_MAX];
    return onnx_format(memory,
                       "input x\n"
                       "state h\n"
                       "\n"
                       "h' = %s\n",
                       call(h, maths, 0, "W@x + U@h + b"));
}

/* Peepholes let the output gate see the next cell state: it comes after it then. */
static char *write_lstm(onnx_memory *memory, const onnx_maths *maths)
{
    const bool peeps = maths->peepholes;
    char i[CALL_MAX], f[CALL_MAX], g[CALL_MAX], o[CALL_MAX], h[CALL_MAX];
    call(i, maths, 0, peeps ? "Wi@x + Ui@h + pi*c + bi" : "Wi@x + Ui@h + bi");
    call(f, maths, 0, peeps ? "Wf@x + Uf@h + pf*c + bf" : "Wf@x + Uf@h + bf");
    call(g, maths, 1, "Wg@x + Ug@h + bg");
    call(o, maths, 0, peeps ? "Wo@x + Uo@h + po*c' + bo" : "Wo@x + Uo@h + bo");
    const char *gate = onnx_format(memory, "o  = %s\n", o);
    return gate ? onnx_format(memory,
                              "input x\n"
                              "state h, c\n"
                              "\n"
                              "i  = %s\n"
                              "f  = %s\n"
                              "g  = %s\n"
                              "%s"
                              "c' = f*c + i*g\n"
                              "%s"
                              "\n"
                              "h' = o*%s\n",
                              i, maths->coupled ? "1 - i" : f, g, peeps ? "" : gate,
                              peeps ? gate : "", call(h, maths, 2, "c'"))
                : NULL;
}

static char *write_gru(onnx_memory *memory, const onnx_maths *maths)
{
    char z[CALL_MAX], r[CALL_MAX], n[CALL_MAX];
    const char *candidate =
        maths->reset_after ? "Wn@x + bn + r*(Un@h + un)" : "Wn@x + Un@(r*h) + bn";
    return onnx_format(memory,
                       "input x\n"
                       "state h\n"
                       "\n"
                       "z  = %s\n"
                       "r  = %s\n"
                       "n  = %s\n"
                       "\n"
                       "h' = (1 - z)*n + z*h\n",
                       call(z, maths, 0, "Wz@x + Uz@h + bz"), call(r, maths, 0, "Wr@x + Ur@h + br"),
                       call(n, maths, 1, candidate));
}

static const onnx_kind kinds[] = {
    {"RNN", 1, 1, 1, 6, {"Tanh"}, write_rnn},
    {"LSTM", 4, 2, 3, 8, {"Sigmoid", "Tanh", "Tanh"}, write_lstm},
    {"GRU", 3, 1, 2, 6, {"Sigmoid", "Tanh"}, write_gru},
};

const onnx_kind *onnx_kind_find(const char *op)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].op, onnx_is_quantised(op) ? "LSTM" : op))
            return &kinds[i];
    return NULL;
}

/* The name tells cells apart: it ends with a hash of the text. */
bool onnx_cell_write(onnx_memory *memory, const onnx_maths *maths, onnx_pass *pass)
{
    const char *body = maths->kind->write(memory, maths);
    if (!body)
        return false;
    char name[32];
    const uint64_t hash = hash_bytes(HASH_START, body, strlen(body));
    snprintf(name, sizeof name, "onnx_%s_%08x", maths->kind->op, (unsigned)(hash ^ hash >> 32));
    for (char *c = name; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    pass->name = onnx_format(memory, "%s", name);
    pass->cell = onnx_format(memory, "cell  %s\n%s", name, body);
    return pass->name && pass->cell;
}

/* ---- Weights ---- */

/* Where a weight comes from: a gate's rows of W or R; its bias of W, of R, or their sum; a row of
 * P. */
enum source { FROM_W, FROM_R, FROM_BIASES, FROM_BIAS_W, FROM_BIAS_R, FROM_P };

enum condition { ALWAYS, UNCOUPLED, PEEPHOLES, PEEPHOLES_UNCOUPLED, RESET_BEFORE, RESET_AFTER };

/* One row a weight; its name ends with that of its gate. */
static const struct part {
    const char *op, *name;
    enum source source;
    enum condition condition;
} parts[] = {
    {"RNN", "W", FROM_W, ALWAYS},
    {"RNN", "U", FROM_R, ALWAYS},
    {"RNN", "b", FROM_BIASES, ALWAYS},
    {"LSTM", "Wi", FROM_W, ALWAYS},
    {"LSTM", "Ui", FROM_R, ALWAYS},
    {"LSTM", "bi", FROM_BIASES, ALWAYS},
    {"LSTM", "pi", FROM_P, PEEPHOLES},
    {"LSTM", "Wf", FROM_W, UNCOUPLED},
    {"LSTM", "Uf", FROM_R, UNCOUPLED},
    {"LSTM", "bf", FROM_BIASES, UNCOUPLED},
    {"LSTM", "pf", FROM_P, PEEPHOLES_UNCOUPLED},
    {"LSTM", "Wg", FROM_W, ALWAYS},
    {"LSTM", "Ug", FROM_R, ALWAYS},
    {"LSTM", "bg", FROM_BIASES, ALWAYS},
    {"LSTM", "Wo", FROM_W, ALWAYS},
    {"LSTM", "Uo", FROM_R, ALWAYS},
    {"LSTM", "bo", FROM_BIASES, ALWAYS},
    {"LSTM", "po", FROM_P, PEEPHOLES},
    {"GRU", "Wz", FROM_W, ALWAYS},
    {"GRU", "Uz", FROM_R, ALWAYS},
    {"GRU", "bz", FROM_BIASES, ALWAYS},
    {"GRU", "Wr", FROM_W, ALWAYS},
    {"GRU", "Ur", FROM_R, ALWAYS},
    {"GRU", "br", FROM_BIASES, ALWAYS},
    {"GRU", "Wn", FROM_W, ALWAYS},
    {"GRU", "Un", FROM_R, ALWAYS},
    {"GRU", "bn", FROM_BIASES, RESET_BEFORE},
    {"GRU", "bn", FROM_BIAS_W, RESET_AFTER},
    {"GRU", "un", FROM_BIAS_R, RESET_AFTER},
};

static bool holds(const onnx_maths *maths, enum condition condition)
{
    const bool claims[] = {[ALWAYS] = true,
                           [UNCOUPLED] = !maths->coupled,
                           [PEEPHOLES] = maths->peepholes,
                           [PEEPHOLES_UNCOUPLED] = maths->peepholes && !maths->coupled,
                           [RESET_BEFORE] = !maths->reset_after,
                           [RESET_AFTER] = maths->reset_after};
    return claims[condition];
}

/* The next part of this cell from one on, or NULL. */
static const struct part *next_part(const onnx_maths *maths, const struct part *part)
{
    const struct part *end = parts + sizeof parts / sizeof *parts;
    while (part < end && (strcmp(part->op, maths->kind->op) || !holds(maths, part->condition)))
        part++;
    return part < end ? part : NULL;
}

void onnx_cell_weights(const onnx_maths *maths, size_t I, size_t H, onnx_pass *pass)
{
    pass->weight_count = 0;
    for (const struct part *part = parts; (part = next_part(maths, part)); part++)
        pass->weights[pass->weight_count++] = (onnx_weight){.name = part->name,
                                                            .rows = H,
                                                            .cols = part->source == FROM_W   ? I
                                                                    : part->source == FROM_R ? H
                                                                                             : 1};
}

/* The place of the weight's gate among those that are stacked. */
static size_t gate_of(const onnx_maths *maths, const struct part *part)
{
    const char *order = part->source == FROM_P ? weir_order_onnx.peepholes
                                               : weir_order_onnx.gates[maths->kind->gates];
    return (size_t)(strchr(order, part->name[1]) - order);
}

/* The bias of a gate, of the 2 * gates vectors of a direction in B; zeros where there is no B. */
static float *make_bias(onnx_memory *memory, const float *B, enum source source, size_t gate,
                        size_t gates, size_t H)
{
    float *bias = onnx_memory_take(memory, H, sizeof *bias);
    for (size_t k = 0; bias && k < H; k++) {
        const float of_w = B && source != FROM_BIAS_R ? B[gate * H + k] : 0;
        const float of_r = B && source != FROM_BIAS_W ? B[(gates + gate) * H + k] : 0;
        bias[k] = of_w + of_r;
    }
    return bias;
}

/* Sets what a weight is made of; false: there is no memory. */
static bool take_weight(onnx_memory *memory, const onnx_maths *maths, const struct part *part,
                        size_t direction, const onnx_tensor *const given[ONNX_GIVEN],
                        onnx_weight *weight)
{
    const size_t gates = maths->kind->gates, gate = gate_of(maths, part), H = weight->rows;
    const size_t which = part->source == FROM_R;
    const float *B = given[2] ? given[2]->floats + direction * 2 * gates * H : NULL;
    if (part->source == FROM_P)
        weight->data = given[3]->floats + (direction * 3 + gate) * H;
    else if (part->source != FROM_W && part->source != FROM_R)
        weight->data = make_bias(memory, B, part->source, gate, gates, H);
    else if (given[which]->floats)
        weight->data = given[which]->floats + (direction * gates + gate) * H * weight->cols;
    else
        weight->bytes = onnx_quantised_matrix(memory, given, which, direction, gate, H);
    return weight->data || weight->bytes;
}

bool onnx_cell_split(onnx_memory *memory, const onnx_maths *maths, size_t direction, size_t I,
                     size_t H, const onnx_tensor *const given[ONNX_GIVEN], onnx_pass *pass)
{
    onnx_weight *weight = pass->weights;
    onnx_cell_weights(maths, I, H, pass);
    for (const struct part *part = parts; (part = next_part(maths, part)); part++, weight++)
        if (!take_weight(memory, maths, part, direction, given, weight))
            return false;
    return true;
}
