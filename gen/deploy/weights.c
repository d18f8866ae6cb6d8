/* SPDX-License-Identifier: MIT */
/* The weights of a model, for NAME_weights.c, as they were learned, rounded to their type or
 * packed, and as a file. */
#include "deploy/deployment.h"

#include "common/hash.h"

#include <stdio.h>
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

/* Numbers of a kind that are written, of which there are so many, and how many were. */
struct rows {
    FILE *file;
    enum storage storage;
    bool as_words; /* floats as the words that they are */
    size_t count, written;
};

static void write_number(const struct rows *rows, const void *numbers, size_t i)
{
    if (rows->storage == STORE_BYTES)
        fprintf(rows->file, "%d,", ((const int8_t *)numbers)[i]);
    else if (rows->storage == STORE_HALVES)
        fprintf(rows->file, "0x%04x,", ((const uint16_t *)numbers)[i]);
    else if (rows->as_words)
        fprintf(rows->file, "0x%08x,", (unsigned)halves_bits(((const float *)numbers)[i]));
    else
        fprintf(rows->file, "%af,", (double)((const float *)numbers)[i]);
}

static void write_rows(struct rows *rows, const void *numbers, size_t count)
{
    const size_t line = rows->as_words ? 8 : kinds[rows->storage].line;
    for (size_t i = 0; i < count; i++) {
        fputs(rows->written % line ? "" : "    ", rows->file);
        write_number(rows, numbers, i);
        rows->written++;
        fputs(rows->written % line == 0 || rows->written == rows->count ? "\n" : " ", rows->file);
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

/* What takes numbers of a kind, some at a time, in the order in which they are stored. */
typedef void take_numbers(void *context, enum storage storage, const void *numbers, size_t count);

/* What is stored: numbers of one kind. Nothing of it is in memory twice. */
struct storing {
    take_numbers *take;
    void *context;
    enum storage storage;
};

enum { AT_ONCE = 512 };

static void store_halves(const struct storing *storing, const struct piece *piece)
{
    const float *from = piece->numbers.data;
    const size_t all = piece->rows * piece->cols;
    uint16_t halves[AT_ONCE];
    for (size_t first = 0; first < all; first += AT_ONCE) {
        const size_t count = all - first < AT_ONCE ? all - first : AT_ONCE;
        for (size_t i = 0; i < count; i++)
            halves[i] = piece->type == WEIR_TYPE_BF16 ? bfloat_narrow(from[first + i])
                                                      : half_narrow(from[first + i]);
        storing->take(storing->context, STORE_HALVES, halves, count);
    }
}

static float scale_of(const struct piece *piece, size_t row)
{
    return weir_scale_of(&piece->numbers, row, row * piece->cols, 1, piece->cols);
}

/* Those that have no sign get one: they and their zero points are 128 less. */
static void store_bytes(const struct storing *storing, const struct piece *piece)
{
    int8_t bytes[AT_ONCE];
    for (size_t row = 0; row < piece->rows; row++) {
        const float scale = scale_of(piece, row);
        for (size_t col = 0; col < piece->cols; col += AT_ONCE) {
            const size_t count = piece->cols - col < AT_ONCE ? piece->cols - col : AT_ONCE;
            for (size_t i = 0; i < count; i++)
                bytes[i] = weir_byte_at(&piece->numbers, row * piece->cols + col + i, scale);
            storing->take(storing->context, STORE_BYTES, bytes, count);
        }
    }
    for (size_t row = 0; row < piece->rows && piece->type == WEIR_TYPE_U8; row++) {
        const int8_t zero = weir_zero_of(&piece->numbers, row);
        storing->take(storing->context, STORE_BYTES, &zero, 1);
    }
}

static void store_floats(const struct storing *storing, const struct piece *piece)
{
    if (piece->type == WEIR_TYPE_F32)
        storing->take(storing->context, STORE_FLOATS, piece->numbers.data,
                      piece->rows * piece->cols);
    for (size_t row = 0; row < piece->rows && weir_is_bytes(piece->type); row++) {
        const float scale = scale_of(piece, row);
        storing->take(storing->context, STORE_FLOATS, &scale, 1);
    }
}

static void store_piece(void *context, const struct piece *piece)
{
    const struct storing *storing = context;
    if (storing->storage == STORE_FLOATS)
        store_floats(storing, piece);
    else if (storing->storage == deployment_storage(piece->type))
        (storing->storage == STORE_HALVES ? store_halves : store_bytes)(storing, piece);
}

/* All that is stored of a kind. */
static void store(const struct deployment *d, enum storage storage, take_numbers *take,
                  void *context)
{
    deployment_weights(d, store_piece, &(struct storing){take, context, storage});
}

static void take_rows(void *context, enum storage storage, const void *numbers, size_t count)
{
    (void)storage;
    write_rows(context, numbers, count);
}

/* In C: of several kinds, each in its field. */
static void write_stored(const struct deployment *d, FILE *file)
{
    const bool mixed = is_mixed(d);
    const char *before = mixed ? "{\n" : "";
    for (enum storage k = STORE_FLOATS; k < STORE_COUNT; k++) {
        struct rows rows = {.file = file, .storage = k, .count = d->stored[k]};
        if (!d->stored[k])
            continue;
        fputs(before, file);
        store(d, k, take_rows, &rows);
        before = mixed ? "}, {\n" : "";
    }
    fputs(mixed ? "}\n" : "", file);
}

/* ---- Packed ---- */

static void pack_pass(const struct deployment *d, size_t l, size_t p, float *packed)
{
    const struct deploy_pass *pass = &d->model->layers[l].passes[p];
    pack_weights(d->parts[0][d->kernel_of[l][p]], pass->params, packed);
}

static void put_initial(const struct deployment *d, size_t l, size_t p, const size_t *place,
                        float *initial)
{
    const struct deploy_layer *layer = &d->model->layers[l];
    const struct graph *graph = deployment_program(d, l, p)->graph;
    for (int s = 0; s < graph->state_count; s++)
        if (layer->passes[p].initial[s])
            memcpy(initial + place[s], layer->passes[p].initial[s],
                   sizeof *initial * deployment_size(layer, graph, graph->states[s].extent));
}

/* The weights and initial states of a model as the memory of one has them, for its only ISA; where
 * some are no floats, as the words that they are. One pass is in memory at a time. */
static bool write_packed(const struct deployment *d, FILE *file, struct failure *failure)
{
    const size_t *at = d->layout.packed[0];
    size_t number = 0, largest = 0, pass = 0;
    for (size_t l = 0; l < d->model->layer_count; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++, number++)
            largest = at[number + 1] - at[number] > largest ? at[number + 1] - at[number] : largest;
    float *packed = malloc((largest + 1) * sizeof *packed);
    float *initial = calloc(d->layout.initial_count + 1, sizeof *initial);
    const bool there = packed && initial;
    struct rows rows = {.file = file,
                        .as_words = deployment_is_narrow(d),
                        .count = at[number] + d->layout.initial_count};
    for (size_t l = 0; l < d->model->layer_count && there; l++)
        for (size_t p = 0; p < d->model->layers[l].pass_count; p++, pass++) {
            memset(packed, 0, (at[pass + 1] - at[pass]) * sizeof *packed);
            pack_pass(d, l, p, packed);
            write_rows(&rows, packed, at[pass + 1] - at[pass]);
            put_initial(d, l, p, d->layout.place[pass], initial);
        }
    if (there)
        write_rows(&rows, initial, d->layout.initial_count);
    free(packed);
    free(initial);
    return there || fail_memory(failure);
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
        rounds |= d->model->layers[l].type != WEIR_TYPE_F32 && !d->model->layers[l].has_bytes &&
                  !d->model->layers[l].is_exact;
    values_add(
        values, "WEIGHTS_WORDS", "%s",
        deployment_is_packed(d) ? ", packed for its ISA, and after them its initial states."
        : rounds
            ? ": matrices of fewer bits rounded, all else as learned: @NAME@_model_init packs them."
            : ", as they were learned: @NAME@_model_init packs them.");
    values_add(values, "WEIGHT_COUNT", "%zu", d->weight_count);
    values_add(values, "WEIGHT_BYTES", "%zu", deployment_bytes(d));
    values_add(values, "SHAPE", "0x%016llx", (unsigned long long)d->shape);
    values_add(values, "LEARNED", "0x%016llx", (unsigned long long)d->learned);
    for (size_t t = 0; t < WEIR_TYPE_COUNT; t++)
        if (types[t] && d->of_type[t])
            text_add(&words, "%zu of them, in matrices, as %s, ", d->of_type[t], types[t]);
    text_add(&words, words.length ? "the others as float32" : "float32");
    values_take(values, "TYPE_WORDS", &words);
}

void deploy_weights(const struct deployment *d, struct values *values)
{
    values_add(values, "WEIGHTS", "%s", DEPLOY_WEIGHTS_HERE);
    add_variable(d, values);
    add_words(d, values);
}

bool deploy_write_numbers(const struct deployment *d, FILE *file, struct failure *failure)
{
    if (deployment_is_packed(d))
        return write_packed(d, file, failure);
    write_stored(d, file);
    return true;
}

/* ---- As a file ---- */

static void hash_numbers(void *context, enum storage storage, const void *numbers, size_t count)
{
    uint64_t *hash = context;
    *hash = hash_bytes(*hash, numbers, count * deployment_width(storage));
}

static void write_numbers(void *context, enum storage storage, const void *numbers, size_t count)
{
    fwrite(numbers, deployment_width(storage), count, context);
}

void deploy_weights_file(const struct deployment *d, FILE *file)
{
    uint64_t head[] = {d->shape, d->weight_count, HASH_START};
    for (enum storage k = STORE_FLOATS; k < STORE_COUNT; k++)
        store(d, k, hash_numbers, &head[2]);
    fwrite("weights\n", 1, 8, file);
    fwrite(head, 1, sizeof head, file);
    for (enum storage k = STORE_FLOATS; k < STORE_COUNT; k++)
        store(d, k, write_numbers, file);
}
