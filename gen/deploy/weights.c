/* SPDX-License-Identifier: MIT */
/* The weights of a model, for NAME_weights.c, as they were learned, rounded to their type or
 * packed, and as a file. */
#include "deploy/deployment.h"

#include "common/hash.h"

#include <stdlib.h>
#include <string.h>

/* ---- As they are stored ---- */

/* How numbers of a type are stored: in C; how many stand in a line. */
static const struct {
    const char *c_type;
    size_t line;
} stored[WEIR_TYPE_COUNT] = {
    [WEIR_TYPE_F32] = {"float", 6},
    [WEIR_TYPE_BF16] = {"uint16_t", 12},
    [WEIR_TYPE_F16] = {"uint16_t", 12},
    [WEIR_TYPE_I8] = {"int8_t", 16},
};

/* Numbers of a type, in memory from an address on, in C. */
static void add_number(struct text *out, enum weir_type type, const void *numbers, size_t i)
{
    if (type == WEIR_TYPE_F32)
        text_add(out, "%af,", (double)((const float *)numbers)[i]);
    else if (type == WEIR_TYPE_I8)
        text_add(out, "%d,", ((const int8_t *)numbers)[i]);
    else
        text_add(out, "0x%04x,", ((const uint16_t *)numbers)[i]);
}

static void add_rows(struct text *out, enum weir_type type, const void *numbers, size_t count)
{
    const size_t line = stored[type].line;
    for (size_t i = 0; i < count; i++) {
        text_add(out, "%s", i % line ? "" : "    ");
        add_number(out, type, numbers, i);
        text_add(out, "%s", i % line == line - 1 || i + 1 == count ? "\n" : " ");
    }
}

static float row_scale(const struct piece *piece, size_t row)
{
    const struct weir_numbers numbers = {.data = piece->data};
    return weir_row_scale(&numbers, row * piece->cols, 1, piece->cols);
}

/* A row of a piece as its type has it. */
static void narrow_row(const struct piece *piece, size_t row, float scale, void *to)
{
    const float *from = piece->data + row * piece->cols;
    for (size_t col = 0; col < piece->cols; col++)
        if (piece->type == WEIR_TYPE_I8)
            ((int8_t *)to)[col] = weir_byte(from[col], scale);
        else
            ((uint16_t *)to)[col] =
                piece->type == WEIR_TYPE_BF16 ? bfloat_narrow(from[col]) : half_narrow(from[col]);
}

/* All that is stored, floats first. */
struct storing {
    const struct deployment *deployment;
    unsigned char *to;
};

static void store_piece(void *context, const struct piece *piece)
{
    const struct storing *storing = context;
    unsigned char *to = storing->to + deployment_bytes_before(storing->deployment, piece);
    float *scales = (float *)(void *)storing->to + piece->scales;
    const size_t row_bytes = piece->cols * sizeof(float) / weir_word_columns(piece->type);
    if (piece->type == WEIR_TYPE_F32)
        memcpy(to, piece->data, piece->rows * row_bytes);
    for (size_t row = 0; row < piece->rows && piece->type != WEIR_TYPE_F32; row++) {
        const float scale = piece->type == WEIR_TYPE_I8 ? row_scale(piece, row) : 1;
        narrow_row(piece, row, scale, to + row * row_bytes);
        if (piece->type == WEIR_TYPE_I8)
            scales[row] = scale;
    }
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
    if (d->narrow_count && d->float_count)
        text_add(out, "{\n");
    add_rows(out, WEIR_TYPE_F32, bytes, d->float_count);
    if (d->narrow_count && d->float_count)
        text_add(out, "}, {\n");
    if (d->narrow_count)
        add_rows(out, d->type, bytes + d->float_count * sizeof(float), d->narrow_count);
    if (d->narrow_count && d->float_count)
        text_add(out, "}");
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
            struct weir_numbers params[PARAMS_MAX];
            for (int i = 0; i < graph->param_count; i++)
                params[i] = (struct weir_numbers){.data = pass->params[i]};
            pack_weights(d->parts[0][d->kernel_of[l][p]], params, packed + at[pass_number]);
            for (int s = 0; s < graph->state_count; s++)
                if (pass->initial[s])
                    memcpy(packed + at[number] + d->layout.place[pass_number][s], pass->initial[s],
                           sizeof *packed * deployment_size(&d->model->layers[l], graph,
                                                            graph->states[s].extent));
        }
    for (size_t i = 0; i < count && d->narrow_count; i++)
        text_add(out, "%s0x%08x,%s", i % 8 ? "" : "    ", (unsigned)halves_bits(packed[i]),
                 i % 8 == 7 || i + 1 == count ? "\n" : " ");
    if (!d->narrow_count)
        add_rows(out, WEIR_TYPE_F32, packed, count);
    free(packed);
    return true;
}

/* ---- In C ---- */

/* The variable that weights are: its type, and its address; what declares it. */
static void add_variable(const struct deployment *d, struct values *values)
{
    const bool packed = deployment_is_packed(d);
    const char *name = packed ? "packed" : "weights";
    const bool both = !packed && d->narrow_count && d->float_count;
    const char *c_type = packed && d->narrow_count ? "uint32_t"
                         : d->float_count          ? "float"
                                                   : stored[d->type].c_type;
    struct text type = {0}, declaration = {0};
    if (both) {
        text_add(&declaration, "struct %s_learned {\n    float floats[%zu]; /* what stays float32",
                 d->model->name, d->float_count);
        text_add(&declaration, "%s */\n    %s matrices[%zu];\n};\n",
                 d->type == WEIR_TYPE_I8 ? ", and the scales of rows of bytes" : "",
                 stored[d->type].c_type, d->narrow_count);
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
               packed && d->narrow_count ? "(const float *)(const void *)" : "", both ? "&" : "",
               name);
}

static void add_words(const struct deployment *d, struct values *values)
{
    static const char *const types[WEIR_TYPE_COUNT] = {[WEIR_TYPE_BF16] = "bfloat16 (bf16)",
                                                       [WEIR_TYPE_F16] = "IEEE's binary16 (f16)",
                                                       [WEIR_TYPE_I8] =
                                                           "bytes with a scale a row (i8)"};
    values_add(
        values, "WEIGHTS_WORDS", "%s",
        deployment_is_packed(d) ? ", packed for its ISA, and after them its initial states."
        : d->narrow_count
            ? ": matrices of fewer bits rounded, all else as learned: @NAME@_model_init packs them."
            : ", as they were learned: @NAME@_model_init packs them.");
    values_add(values, "WEIGHT_COUNT", "%zu", d->weight_count);
    values_add(values, "WEIGHT_BYTES", "%zu", deployment_bytes(d));
    values_add(values, "SHAPE", "0x%016llx", (unsigned long long)d->shape);
    if (d->narrow_count)
        values_add(values, "TYPE_WORDS", "%zu of them, in matrices, as %s, the others as float32",
                   d->narrow_count, types[d->type]);
    else
        values_add(values, "TYPE_WORDS", "float32");
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
