/* SPDX-License-Identifier: MIT */
/* random_models SEED MODELS [FOLDER]: writes that many random valid models of one recurrent node,
 * over all attributes together, runs each as weir-run does, and compares with a reference in double
 * precision (reference64.c). What a cell computes is drawn from a pool, since each has to be
 * compiled; sizes, weights, directions, layouts, lengths, how constants are put into the graph and
 * which inputs and outputs there are is drawn for every model. With a FOLDER, models with their
 * inputs and outputs are written there, for others to run (models.mjs). */
#include "onnx/constants.h"
#include "run/run.h"
#include "runner/export.h"
#include "runner/reference64.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL = 399, FLOATS_MAX = 4096, TRIES = 20, LAYOUT_SINCE = 14 };
static const double tolerance = 1e-5;

static const char *const ops[] = {"RNN", "LSTM", "GRU"};
static const size_t gates_of[] = {1, 4, 3}, functions_of[] = {1, 3, 2};

static const struct {
    const char *name;
    size_t parameters;
    float alpha, beta; /* ONNX's defaults */
} activations[ACTIVATIONS] = {{"Relu", 0, 0, 0},          {"Tanh", 0, 0, 0},
                              {"Sigmoid", 0, 0, 0},       {"Affine", 2, 0, 0},
                              {"LeakyRelu", 1, 0.01f, 0}, {"ThresholdedRelu", 1, 1, 0},
                              {"ScaledTanh", 2, 0, 0},    {"HardSigmoid", 2, 0.2f, 0.5f},
                              {"Elu", 1, 1, 0},           {"Softsign", 0, 0, 0},
                              {"Softplus", 0, 0, 0}};

/* What a cell computes. */
struct maths {
    enum kind kind;
    enum activation functions[3];
    bool usual; /* the node names no activations */
    float alphas[3], betas[3];
    size_t alpha_count, beta_count;
    float clip;
    bool coupled, reset_after, peepholes;
};

/* A model, and the arrays behind it. */
struct model {
    struct case64 c;
    struct maths maths[2];
    int64_t opset;
    enum onnx_type type;
    bool batch_first, has_bias, has_lens, has_initial[2], wants[3];
    float X[FLOATS_MAX], W[FLOATS_MAX], R[FLOATS_MAX], bias[FLOATS_MAX], P[FLOATS_MAX];
    float initial[2][FLOATS_MAX];
    int lens[16];
    double Y[FLOATS_MAX], final[2][FLOATS_MAX];
};

/* Between -1 and 1. */
static float number(struct random *random)
{
    return (float)((double)(random_next(random) >> 11) * 0x1p-52 - 1);
}

static bool one_in(struct random *random, size_t n)
{
    return random_below(random, n) == 0;
}

/* ---- Drawing ---- */

static struct maths draw_maths(struct random *random, size_t index)
{
    struct maths m = {.kind = (enum kind)(index % 3), .usual = one_in(random, 4)};
    static const enum activation usual[3][3] = {{TANH}, {SIGMOID, TANH, TANH}, {SIGMOID, TANH}};
    m.clip = one_in(random, 3) ? 0.3f + fabsf(number(random)) : 0;
    m.coupled = m.kind == LSTM && one_in(random, 3);
    m.peepholes = m.kind == LSTM && one_in(random, 2);
    m.reset_after = m.kind == GRU && one_in(random, 2);
    for (size_t k = 0; k < functions_of[m.kind]; k++) {
        m.functions[k] =
            m.usual ? usual[m.kind][k] : (enum activation)random_below(random, ACTIVATIONS);
        const size_t parameters = activations[m.functions[k]].parameters;
        if (parameters > 0)
            m.alphas[m.alpha_count++] = 0.1f + 0.9f * fabsf(number(random));
        if (parameters > 1)
            m.betas[m.beta_count++] = 0.5f * number(random);
    }
    /* Values that are left out at the end are ONNX's, where it has any. */
    for (size_t k = 0; k < functions_of[m.kind]; k++)
        if (m.functions[k] == AFFINE || m.functions[k] == SCALED_TANH)
            return m;
    m.alpha_count = one_in(random, 4) ? random_below(random, m.alpha_count + 1) : m.alpha_count;
    m.beta_count = one_in(random, 4) ? random_below(random, m.beta_count + 1) : m.beta_count;
    return m;
}

static void fill(struct random *random, float *values, size_t count, float scale)
{
    if (count > FLOATS_MAX)
        abort();
    for (size_t i = 0; i < count; i++)
        values[i] = scale * number(random);
}

/* alpha and beta are taken in order by the functions that have them. */
static void resolve(struct model *m)
{
    for (size_t d = 0; d < m->c.D; d++) {
        const struct maths *own = &m->maths[d];
        size_t a = 0, b = 0;
        for (size_t k = 0; k < functions_of[m->c.kind]; k++) {
            const enum activation f = own->functions[k];
            struct function *function = &m->c.functions[d][k];
            *function =
                (struct function){f, (double)activations[f].alpha, (double)activations[f].beta};
            if (activations[f].parameters > 0 && a < own->alpha_count)
                function->alpha = (double)own->alphas[a++];
            if (activations[f].parameters > 1 && b < own->beta_count)
                function->beta = (double)own->betas[b++];
        }
    }
}

static size_t parameters_of(const struct maths *m, size_t least)
{
    size_t count = 0;
    for (size_t k = 0; k < functions_of[m->kind]; k++)
        count += activations[m->functions[k]].parameters >= least;
    return count;
}

/* The second direction may have other activations, where the first leaves none of its values to it.
 */
static void draw_directions(struct random *random, const struct maths *pool, struct model *m)
{
    const size_t index = random_below(random, POOL);
    m->maths[0] = m->maths[1] = pool[index];
    const struct maths *other = &pool[(index + 3 * random_below(random, POOL / 3)) % POOL];
    const bool goes_with = other->kind == m->maths[0].kind && other->clip == m->maths[0].clip &&
                           other->coupled == m->maths[0].coupled &&
                           other->peepholes == m->maths[0].peepholes &&
                           other->reset_after == m->maths[0].reset_after;
    if (goes_with && !other->usual && !m->maths[0].usual)
        m->maths[1] = *other;
    m->c.D = one_in(random, 3) ? 2 : 1;
    m->c.back = m->c.D == 1 && one_in(random, 2);
    /* What the first leaves out, the second cannot give. */
    if (m->maths[0].alpha_count < parameters_of(&m->maths[0], 1) ||
        m->maths[0].beta_count < parameters_of(&m->maths[0], 2))
        m->maths[1] = m->maths[0];
    if (m->maths[0].alpha_count < parameters_of(&m->maths[0], 1))
        m->maths[1].alpha_count = 0;
    if (m->maths[0].beta_count < parameters_of(&m->maths[0], 2))
        m->maths[1].beta_count = 0;
}

static void draw_arrays(struct random *random, struct model *m)
{
    struct case64 *c = &m->c;
    const size_t gates = gates_of[c->kind];
    const float scale = 0.7f / sqrtf((float)(c->H + c->I));
    fill(random, m->X, c->T * c->B * c->I, 1);
    fill(random, m->W, c->D * gates * c->H * c->I, scale);
    fill(random, m->R, c->D * gates * c->H * c->H, scale);
    fill(random, m->bias, c->D * 2 * gates * c->H, 0.4f);
    fill(random, m->P, c->D * 3 * c->H, 0.5f);
    fill(random, m->initial[0], c->D * c->B * c->H, 0.6f);
    fill(random, m->initial[1], c->D * c->B * c->H, 0.6f);
    for (size_t b = 0; b < c->B; b++)
        m->lens[b] = (int)random_below(random, c->T + 1);
    c->X = m->X;
    c->W = m->W;
    c->R = m->R;
    c->Y = m->Y;
    c->Bias = m->has_bias ? m->bias : NULL;
    c->P = m->maths[0].peepholes ? m->P : NULL;
    c->lens = m->has_lens ? m->lens : NULL;
    for (size_t s = 0; s < 2; s++) {
        c->initial[s] = m->has_initial[s] ? m->initial[s] : NULL;
        c->final[s] = m->final[s];
    }
}

static void draw_model(struct random *random, const struct maths *pool, struct model *m)
{
    draw_directions(random, pool, m);
    m->c.kind = m->maths[0].kind;
    m->c.T = 1 + random_below(random, 6);
    m->c.B = 1 + random_below(random, 4);
    m->c.I = 1 + random_below(random, 9);
    m->c.H = 1 + random_below(random, 20);
    m->c.clip = (double)m->maths[0].clip;
    m->c.coupled = m->maths[0].coupled;
    m->c.reset_after = m->maths[0].reset_after;
    m->opset = ONNX_OPSET_LEAST +
               (int64_t)random_below(random, ONNX_OPSET_GREATEST - ONNX_OPSET_LEAST + 1);
    m->batch_first = m->opset >= LAYOUT_SINCE && one_in(random, 2);
    m->type = one_in(random, 4) ? ONNX_DOUBLE : ONNX_FLOAT;
    m->has_bias = !one_in(random, 4);
    m->has_lens = one_in(random, 3);
    m->has_initial[0] = one_in(random, 2);
    m->has_initial[1] = m->c.kind == LSTM && one_in(random, 2);
    const size_t outputs = m->c.kind == LSTM ? 3 : 2, sure = random_below(random, outputs);
    for (size_t k = 0; k < 3; k++)
        m->wants[k] = k < outputs && (k == sure || one_in(random, 2));
    resolve(m);
    draw_arrays(random, m);
}

/* ---- Writing ---- */

/* As layout 1 has it: [a][b][...] becomes [b][a][...]. */
static const float *swap_first(struct writer *writer, const float *values, size_t a, size_t b,
                               size_t rest)
{
    float *swapped = writer_take(writer, a * b * rest, sizeof *swapped);
    for (size_t p = 0; p < a; p++)
        for (size_t q = 0; q < b; q++)
            memcpy(swapped + (q * a + p) * rest, values + (p * b + q) * rest,
                   rest * sizeof *values);
    return swapped;
}

static char *add_state(struct writer *writer, struct random *random, const struct model *m,
                       size_t s, struct given *given)
{
    const struct case64 *c = &m->c;
    const size_t dims[3] = {m->batch_first ? c->B : c->D, m->batch_first ? c->D : c->B, c->H};
    const float *values =
        m->batch_first ? swap_first(writer, m->initial[s], c->D, c->B, c->H) : m->initial[s];
    if (!m->has_initial[s])
        return writer_format(writer, "%s", "");
    return constant_add(writer, random, values, 3, dims, m->type, true, given);
}

static char *add_x(struct writer *writer, const struct model *m, struct given *given)
{
    const struct case64 *c = &m->c;
    const size_t dims[3] = {m->batch_first ? c->B : c->T, m->batch_first ? c->T : c->B, c->I};
    char *name = writer_name(writer);
    writer_input(writer, name, m->type, 3, dims);
    given_floats(given, m->batch_first ? swap_first(writer, m->X, c->T, c->B, c->I) : m->X, 3, dims,
                 m->type);
    return name;
}

static char *add_lens(struct writer *writer, struct random *random, const struct model *m,
                      struct given *given)
{
    char *name = writer_name(writer);
    int64_t lens[16];
    if (!m->has_lens)
        return writer_format(writer, "%s", "");
    for (size_t b = 0; b < m->c.B; b++)
        lens[b] = m->lens[b];
    if (one_in(random, 2)) {
        writer_initializer(writer, writer_ints(writer, lens, 1, &m->c.B, ONNX_INT32), name);
        return name;
    }
    writer_input(writer, name, ONNX_INT32, 1, &m->c.B);
    given_ints(given, m->lens, m->c.B);
    return name;
}

static void add_strings(struct writer *writer, Onnx__Node *node, const char *name, char **strings,
                        size_t count)
{
    Onnx__Attribute *attribute = writer_attribute(writer, node, name);
    attribute->n_strings = count;
    attribute->strings = writer_take(writer, count, sizeof *attribute->strings);
    for (size_t i = 0; i < count; i++)
        attribute->strings[i] = (ProtobufCBinaryData){strlen(strings[i]), (uint8_t *)strings[i]};
}

static void add_floats(struct writer *writer, Onnx__Node *node, const char *name,
                       const float *values, size_t count)
{
    if (!count)
        return;
    Onnx__Attribute *attribute = writer_attribute(writer, node, name);
    attribute->n_floats = count;
    attribute->floats = writer_take(writer, count, sizeof *values);
    memcpy(attribute->floats, values, count * sizeof *values);
}

static void add_activations(struct writer *writer, Onnx__Node *node, const struct model *m)
{
    char *names[6];
    float alphas[6], betas[6];
    size_t count = 0, alpha_count = 0, beta_count = 0;
    for (size_t d = 0; d < m->c.D; d++) {
        const struct maths *own = &m->maths[d];
        for (size_t k = 0; k < functions_of[m->c.kind]; k++)
            names[count++] = writer_format(writer, "%s", activations[own->functions[k]].name);
        memcpy(alphas + alpha_count, own->alphas, own->alpha_count * sizeof *alphas);
        memcpy(betas + beta_count, own->betas, own->beta_count * sizeof *betas);
        alpha_count += own->alpha_count;
        beta_count += own->beta_count;
    }
    if (!m->maths[0].usual)
        add_strings(writer, node, "activations", names, count);
    add_floats(writer, node, "activation_alpha", alphas, alpha_count);
    add_floats(writer, node, "activation_beta", betas, beta_count);
}

static void add_attributes(struct writer *writer, struct random *random, Onnx__Node *node,
                           const struct model *m)
{
    const struct case64 *c = &m->c;
    const char *direction = c->D == 2 ? "bidirectional" : c->back ? "reverse" : "forward";
    add_activations(writer, node, m);
    if (c->D == 2 || c->back || one_in(random, 2))
        writer_string(writer, node, "direction", direction);
    if (c->clip > 0) {
        Onnx__Attribute *attribute = writer_attribute(writer, node, "clip");
        attribute->has_f = 1;
        attribute->f = m->maths[0].clip;
    }
    if (!one_in(random, 4))
        writer_int(writer, node, "hidden_size", (int64_t)c->H);
    if (c->coupled)
        writer_int(writer, node, "input_forget", 1);
    if (c->kind == GRU && (c->reset_after || one_in(random, 2)))
        writer_int(writer, node, "linear_before_reset", c->reset_after);
    if (m->batch_first)
        writer_int(writer, node, "layout", 1);
}

static void write_model(struct writer *writer, struct random *random, const struct model *m,
                        struct given *given)
{
    const struct case64 *c = &m->c;
    const size_t rows = gates_of[c->kind] * c->H;
    char *none = writer_format(writer, "%s", ""), *outputs[4] = {NULL}, *inputs[9] = {NULL};
    inputs[0] = add_x(writer, m, given);
    inputs[1] =
        constant_add(writer, random, m->W, 3, (size_t[]){c->D, rows, c->I}, m->type, true, given);
    inputs[2] =
        constant_add(writer, random, m->R, 3, (size_t[]){c->D, rows, c->H}, m->type, true, given);
    inputs[3] = none;
    if (m->has_bias)
        inputs[3] = constant_add(writer, random, m->bias, 2, (size_t[]){c->D, 2 * rows}, m->type,
                                 true, given);
    inputs[4] = add_lens(writer, random, m, given);
    inputs[5] = add_state(writer, random, m, 0, given);
    if (c->kind == LSTM) {
        inputs[6] = add_state(writer, random, m, 1, given);
        inputs[7] = none;
        if (c->P)
            inputs[7] = constant_add(writer, random, m->P, 2, (size_t[]){c->D, 3 * c->H}, m->type,
                                     true, given);
    }
    for (size_t k = 0; k < (c->kind == LSTM ? 3 : 2); k++)
        outputs[k] = m->wants[k] ? writer_name(writer) : none;
    for (size_t k = 0; k < 3; k++)
        if (m->wants[k])
            writer_output(writer, outputs[k]);
    add_attributes(writer, random, writer_node(writer, ops[c->kind], inputs, outputs), m);
}

/* ---- Comparing ---- */

/* Where element i of output k lies in the reference, whose layout is 0. */
static double expected(const struct model *m, size_t k, size_t i)
{
    const struct case64 *c = &m->c;
    const size_t u = i % c->H, rest = i / c->H;
    if (k) {
        const size_t d = m->batch_first ? rest % c->D : rest / c->B;
        const size_t b = m->batch_first ? rest / c->D : rest % c->B;
        return c->final[k - 1][(d * c->B + b) * c->H + u];
    }
    const size_t t = m->batch_first ? rest / c->D % c->T : rest / (c->B * c->D);
    const size_t d = m->batch_first ? rest % c->D : rest / c->B % c->D;
    const size_t b = m->batch_first ? rest / (c->D * c->T) : rest % c->B;
    return c->Y[((t * c->D + d) * c->B + b) * c->H + u];
}

/* The largest difference relative to the larger of 1 and the value. */
static double difference(const struct model *m, size_t k, const onnx_tensor *got)
{
    double largest = 0;
    for (size_t i = 0; i < got->count; i++) {
        const double value = expected(m, k, i);
        const double off = fabs((double)got->floats[i] - value) / fmax(1, fabs(value));
        largest = off <= largest ? largest : isnan(off) ? INFINITY : off;
    }
    return largest;
}

static bool check(const struct model *m, const struct writer *writer, const struct given *given,
                  double *largest, const char *folder, size_t index)
{
    const run_options options = {.any_size = true, .flags = "-O0"};
    const onnx_tensor *outputs[3] = {NULL};
    const size_t rank[3] = {4, 3, 3};
    struct failure failure = {""};
    size_t size;
    void *bytes = writer_bytes(writer, &size);
    onnx_model *model = onnx_load(bytes, size, NULL, &failure);
    run_session *session = model ? run_create(model, &options, &failure) : NULL;
    bool right = session && run_call(session, given->tensors, outputs, &failure);
    if (!right)
        fprintf(stderr, "%s\n", failure.sentence);
    for (size_t k = 0, at = 0; right && k < 3; k++)
        if (m->wants[k]) {
            const onnx_tensor *got = outputs[at++];
            const double off = got->rank == rank[k] ? difference(m, k, got) : INFINITY;
            *largest = fmax(*largest, off);
            if (!(off <= tolerance)) {
                fprintf(stderr, "output %zu is off by %g\n", k, off);
                right = false;
            }
        }
    if (right && folder)
        export_model(folder, index, bytes, size, model, given, outputs);
    if (!right && model && model->graph.node_count)
        for (size_t i = 0; i < model->graph.node_count; i++)
            if (model->graph.nodes[i].recurrent)
                fputs(model->graph.nodes[i].recurrent->pass[0].cell, stderr);
    run_destroy(session);
    onnx_free(model);
    free(bytes);
    return right;
}

int main(int argc, char **argv)
{
    struct random random = {argc > 1 ? strtoull(argv[1], NULL, 10) : 1};
    const size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000;
    static struct maths pool[POOL];
    static struct model m;
    struct writer *writer = writer_create();
    struct given given = {.memory = onnx_memory_create(SIZE_MAX / 2)};
    double largest = 0;
    size_t failed = 0;
    for (size_t i = 0; i < POOL; i++)
        pool[i] = draw_maths(&random, i);
    for (size_t i = 0; i < count; i++) {
        /* A jump that float32 may take the other way proves nothing: another one then. */
        for (size_t k = 0; k < TRIES && (!k || m.c.margin < 1e-4); k++) {
            draw_model(&random, pool, &m);
            reference64(&m.c);
        }
        writer_clear(writer, m.opset);
        onnx_memory_clear(given.memory);
        given.count = 0;
        write_model(writer, &random, &m, &given);
        if (!check(&m, writer, &given, &largest, argc > 3 ? argv[3] : NULL, i)) {
            fprintf(stderr, "model %zu (%s, opset %d, T %zu B %zu I %zu H %zu D %zu%s%s%s)\n", i,
                    ops[m.c.kind], (int)m.opset, m.c.T, m.c.B, m.c.I, m.c.H, m.c.D,
                    m.c.back ? ", reverse" : "", m.batch_first ? ", layout 1" : "",
                    m.has_lens ? ", sequence_lens" : "");
            failed++;
        }
    }
    printf("%zu models, %zu failed, largest difference %.3g\n", count, failed, largest);
    writer_free(writer);
    onnx_memory_destroy(given.memory);
    return failed != 0;
}
