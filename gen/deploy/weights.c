/* SPDX-License-Identifier: MIT */
/* The weights of a model, for NAME_weights.c, as they were learned, rounded to their type or
 * packed, and as a file. */
#include "deploy/deployment.h"

#include "common/hash.h"

#include <stdlib.h>
#include <string.h>

/* ---- As they are stored ---- */

/* What such numbers are in C: their type, the field that they are where there are others, and how
 * many stand in a line. */
static const struct {
    const char *c_type, *field;
    size_t line;
} kinds[STORE_COUNT] = {
    {"float", "floats", 6}, {"uint16_t", "halves", 12}, {"int8_t", "bytes", 16}};

/* Numbers in memory, from an address on, in C. */
static void add_number(struct text *out, enum storage storage, const void *numbers, size_t i)
{
    if (storage == STORE_FLOATS)
        text_add(out, "%af,", (double)((const float *)numbers)[i]);
    else if (storage == STORE_BYTES)
        text_add(out, "%d,", ((const int8_t *)numbers)[i]);
    else
        text_add(out, "0x%04x,", ((const uint16_t *)numbers)[i]);
}

static void add_rows(struct text *out, enum storage storage, const void *numbers, size_t count)
{
    const size_t line = kinds[storage].line;
    for (size_t i = 0; i < count; i++) {
        text_add(out, "%s", i % line ? "" : "    ");
        add_number(out, storage, numbers, i);
        text_add(out, "%s", i % line == line - 1 || i + 1 == count ? "\n" : " ");
    }
}

/* Whether numbers of several kinds are stored. */
static bool is_mixed(const struct deployment *d)
{
    size_t count = 0;
    for (size_t k = 0; k < STORE_COUNT; k++)
        count += d->stored[k] > 0;
    return count > 1;
}

static void store_halves(const struct piece *piece, uint16_t *to)
{
    const float *from = piece->numbers.data;
    for (size_t i = 0; i < piece->rows * piece->cols; i++)
        to[i] = piece->type == WEIR_TYPE_BF16 ? bfloat_narrow(from[i]) : half_narrow(from[i]);
}

/* Those that have no sign get one: they and their zero points are 128 less. */
static void store_bytes(const struct piece *piece, int8_t *to, float *scales, int8_t *zeros)
{
    for (size_t row = 0; row < piece->rows; row++) {
        const size_t first = row * piece->cols;
        scales[row] = weir_scale_of(&piece->numbers, row, first, 1, piece->cols);
        for (size_t i = first; i < first + piece->cols; i++)
            to[i] = weir_byte_at(&piece->numbers, i, scales[row]);
        if (piece->type == WEIR_TYPE_U8)
            zeros[row] = weir_zero_of(&piece->numbers, row);
    }
}

/* All that is stored, floats first. */
struct storing {
    const struct deployment *deployment;
    unsigned char *to;
};

static void store_piece(void *context, const struct piece *piece)
{
    const struct storing *storing = context;
    const struct deployment *d = storing->deployment;
    const enum storage storage = deployment_storage(piece->type);
    void *to = storing->to + deployment_bytes_before(d, storage, piece->at);
    if (storage == STORE_FLOATS)
        memcpy(to, piece->numbers.data, piece->rows * piece->cols * sizeof(float));
    else if (storage == STORE_HALVES)
        store_halves(piece, to);
    else
        store_bytes(piece, to, (float *)(void *)storing->to + piece->scales,
                    (int8_t *)storing->to + deployment_bytes_before(d, STORE_BYTES, piece->zeros));
}

/* What the caller frees; NULL: there is no memory. */
static unsigned char *store(const struct deployment *d, struct failure *failure)
{
    struct storing storing = {d, malloc(deployment_bytes(d) + 1)};
    if (storing.to)
        deployment_weights(d, store_piece, &storing);
    else
        fail_memory(failure);
    return storing.to;
}

static bool add_stored(const struct deployment *d, struct text *out, struct failure *failure)
{
    unsigned char *bytes = store(d, failure);
    if (!bytes)
        return false;
    const char *before = is_mixed(d) ? "{\n" : "", *after = is_mixed(d) ? "}" : "";
    for (enum storage k = STORE_FLOATS; k < STORE_COUNT; k++) {
        if (!d->stored[k])
            continue;
        text_add(out, "%s", before);
        add_rows(out, k, bytes + deployment_bytes_before(d, k, 0), d->stored[k]);
        text_add(out, "%s", after);
        before = is_mixed(d) ? ", {\n" : "";
    }
    free(bytes);
    return true;
}

/* ---- Packed ---- */

/* The weights and initial states of a model as the memory of one has them, for its only ISA, as the
 * words that they are. */
static bool add_packed(const struct deployment *d, struct text *out, struct failure *failure)
{
    const size_t *at = d->layout.packed[0];
    size_t number = 0, pass_number = 0;
    for (size_t l = 0; l < d->model->layer_count; l++)
        number += d->model->layers[l].pass_count;
    const size_t count = at[number] + d->layout.initial_count;
    float *packed = calloc(count, sizeof *packed);
    if (!packed)
        return fail_memory(failure);
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++, pass_number++) {
            const struct deploy_pass *pass = &d->model->layers[l].passes[p];
            const struct graph *graph = deployment_program(d, l, p)->graph;
            pack_weights(d->parts[0][d->kernel_of[l][p]], pass->params, packed + at[pass_number]);
            for (int s = 0; s < graph->state_count; s++)
                if (pass->initial[s])
                    memcpy(packed + at[number] + d->layout.place[pass_number][s], pass->initial[s],
                           sizeof *packed * deployment_size(&d->model->layers[l], graph,
                                                            graph->states[s].extent));
        }
    const bool narrow = deployment_is_narrow(d);
    for (size_t i = 0; i < count && narrow; i++)
        text_add(out, "%s0x%08x,%s", i % 8 ? "" : "    ", (unsigned)halves_bits(packed[i]),
                 i % 8 == 7 || i + 1 == count ? "\n" : " ");
    if (!narrow)
        add_rows(out, STORE_FLOATS, packed, count);
    free(packed);
    return true;
}

/* ---- In C ---- */

/* Of several kinds, a field each. */
static void add_struct(const struct deployment *d, struct text *out)
{
    text_add(out, "struct %s_learned {\n", d->model->name);
    for (size_t k = 0; k < STORE_COUNT; k++) {
        if (!d->stored[k])
            continue;
        text_add(out, "    %s %s[%zu];", kinds[k].c_type, kinds[k].field, d->stored[k]);
        if (k == STORE_FLOATS)
            text_add(out, " /* what stays float32%s */",
                     deployment_has_bytes(d) ? ", and the scales of rows of bytes" : "");
        if (k == STORE_BYTES && d->of_type[WEIR_TYPE_U8])
            text_add(out, " /* of each matrix that has them its zero points, too */");
        text_add(out, "\n");
    }
    text_add(out, "};\n");
}

/* The variable that weights are: its type, and its address; what declares it. */
static void add_variable(const struct deployment *d, struct values *values)
{
    const bool packed = deployment_is_packed(d);
    const char *name = packed ? "packed" : "weights";
    const bool mixed = !packed && is_mixed(d);
    const bool words = packed && deployment_is_narrow(d);
    const char *c_type = words ? "uint32_t"
                         : packed || d->stored[STORE_FLOATS]
                             ? kinds[STORE_FLOATS].c_type
                             : kinds[STORE_HALVES].c_type; /* bytes have scales, which are floats */
    struct text type = {0}, declaration = {0};
    if (mixed) {
        add_struct(d, &declaration);
        text_add(&type, "struct %s_learned %s_%s", d->model->name, d->model->name, name);
    } else {
        text_add(&type, "%s %s_%s[]", c_type, d->model->name, name);
    }
    text_add(&declaration, "WEIR_ALIGNED extern WEIR_HIDDEN const %s;", type.chars);
    values_add(values, "WEIGHTS_DECLARATION", "%s",
               d->model->weights_file ? "" : declaration.chars);
    values_take(values, "WEIGHTS_TYPE", &type);
    text_free(&declaration);
    values_add(values, "WEIGHTS_ADDRESS", "%s%s@NAME@_%s",
               words ? "(const float *)(const void *)" : "", mixed ? "&" : "", name);
}

static void add_words(const struct deployment *d, struct values *values)
{
    static const char *const types[WEIR_TYPE_COUNT] = {
        [WEIR_TYPE_BF16] = "bfloat16 (bf16)",
        [WEIR_TYPE_F16] = "IEEE's binary16 (f16)",
        [WEIR_TYPE_I8] = "bytes with a scale a row (i8)",
        [WEIR_TYPE_U8] = "bytes with a scale and a zero point a row (u8)"};
    struct text words = {0};
    bool rounds = false;
    for (size_t l = 0; l < d->model->layer_count; l++)
        rounds |= d->model->layers[l].type != WEIR_TYPE_F32 && !d->model->layers[l].has_bytes;
    values_add(
        values, "WEIGHTS_WORDS", "%s",
        deployment_is_packed(d) ? ", packed for its ISA, and after them its initial states."
        : rounds
            ? ": matrices of fewer bits rounded, all else as learned: @NAME@_model_init packs them."
            : ", as they were learned: @NAME@_model_init packs them.");
    values_add(values, "WEIGHT_COUNT", "%zu", d->weight_count);
    values_add(values, "WEIGHT_BYTES", "%zu", deployment_bytes(d));
    values_add(values, "SHAPE", "0x%016llx", (unsigned long long)d->shape);
    for (size_t t = 0; t < WEIR_TYPE_COUNT; t++)
        if (types[t] && d->of_type[t])
            text_add(&words, "%zu of them, in matrices, as %s, ", d->of_type[t], types[t]);
    text_add(&words, words.length ? "the others as float32" : "float32");
    values_take(values, "TYPE_WORDS", &words);
}

bool deploy_weights(const struct deployment *d, struct values *values, struct failure *failure)
{
    struct text numbers = {0};
    bool added = true;
    if (deployment_is_packed(d))
        added = add_packed(d, &numbers, failure);
    else if (!d->model->weights_file)
        added = add_stored(d, &numbers, failure);
    values_take(values, "WEIGHTS", &numbers);
    add_variable(d, values);
    add_words(d, values);
    return added;
}

bool deploy_weights_file(const struct deployment *d, struct text *out, struct failure *failure)
{
    unsigned char *bytes = store(d, failure);
    const size_t count = deployment_bytes(d);
    if (!bytes)
        return false;
    const uint64_t head[] = {d->shape, d->weight_count, hash_bytes(HASH_START, bytes, count)};
    text_add_bytes(out, "weights\n", 8);
    text_add_bytes(out, head, sizeof head);
    text_add_bytes(out, bytes, count);
    free(bytes);
    return true;
}
