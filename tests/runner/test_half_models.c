/* SPDX-License-Identifier: MIT */
/* test_half_models: models with floats of 16 bits. Every one of them is read from each form that
 * ONNX has for it, and written again; weights of such types give the bits of the same weights as
 * float32; and a model made of float16 throughout is computed in float32, and rounded where values
 * enter, leave and are cast. */
#define _GNU_SOURCE
#include "formats/formats.h"
#include "halves.h"
#include "onnx/constants.h"
#include "run/run.h"
#include "support/expect.h"
#include "support/folder.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT = 1 << 16, T = 7, B = 2, I = 3, H = 5, GATES = 4 };

struct type {
    enum onnx_type type;
    float (*widen)(uint16_t bits);
    uint16_t (*narrow)(float value);
};

static const struct type types[] = {{ONNX_FLOAT16, half_widen, half_narrow},
                                    {ONNX_BFLOAT16, bfloat_widen, bfloat_narrow}};

static onnx_memory *memory;

static onnx_model *load(const struct writer *writer)
{
    struct failure failure = {""};
    onnx_model *model = writer_load(writer, &failure);
    EXPECT(model, "%s", failure.sentence);
    if (!model)
        exit(EXIT_FAILURE);
    return model;
}

/* ---- Forms ---- */

static uint16_t all[COUNT];

static void expect_all(const onnx_tensor *tensor, const struct type *type, const char *form)
{
    size_t different = 0;
    for (size_t k = 0; tensor && tensor->count == COUNT && k < COUNT; k++)
        different += halves_bits(tensor->floats[k]) != halves_bits(type->widen((uint16_t)k));
    EXPECT(tensor && tensor->type == type->type && tensor->count == COUNT && !different,
           "%s, by %s: %zu others", onnx_type_name(type->type), form, different);
}

/* A model of three initialisers, one of each form, and nothing else. */
static void check_forms(struct writer *writer, const struct folder *folder, const struct type *type)
{
    static const char *const names[] = {"raw", "list", "beside"};
    static char beside[3 + 2 * COUNT];
    const size_t count = COUNT;
    struct failure failure = {""};
    size_t size;
    writer_clear(writer, 14);
    for (size_t k = 0; k < 3; k++) {
        Onnx__Tensor *tensor = writer_halves(writer, all, 1, &count, type->type, k != 1);
        if (k == 2)
            writer_external(writer, tensor, "halves.bin", "3", "131072");
        writer_initializer(writer, tensor, writer_text(writer, names[k]));
        writer_output(writer, writer_text(writer, names[k]));
    }
    memcpy(beside + 3, all, sizeof all);
    void *bytes = writer_bytes(writer, &size);
    write_file(folder->path, "halves.bin", beside, sizeof beside);
    write_file(folder->path, "model.onnx", bytes, size);
    free(bytes);
    onnx_model *model = model_load_file(folder_file(folder, "model.onnx").path, false, &failure);
    EXPECT(model && !model->has_half, "%s", failure.sentence);
    for (size_t k = 0; model && k < 3; k++) {
        const onnx_tensor *read = model->values[model->graph.outputs[k]].constant;
        expect_all(read, type, names[k]);
        const void *saved = onnx_tensor_save(memory, read, &size);
        expect_all(onnx_tensor_load(memory, saved, size, &failure), type, "what was written");
    }
    onnx_free(model);
}

/* ---- Weights ---- */

static struct random state;

/* Numbers in [-1/2, 1/2) that the type has. */
static uint16_t *draw(struct writer *writer, const struct type *type, size_t count)
{
    uint16_t *bits = writer_take(writer, count, sizeof *bits);
    for (size_t k = 0; k < count; k++)
        bits[k] = type->narrow((float)random_below(&state, 1000) / 1000 - 0.5f);
    return bits;
}

enum form { FORM_FLOATS, FORM_CAST, FORM_HALVES };

/* An initialiser of a type: as float32, cast to that, or as it is. */
static char *weights(struct writer *writer, const struct type *type, enum form form,
                     const size_t dims[3])
{
    const size_t count = dims[0] * dims[1] * dims[2];
    const uint16_t *bits = draw(writer, type, count);
    float *wide = writer_take(writer, count, sizeof *wide);
    for (size_t k = 0; k < count; k++)
        wide[k] = type->widen(bits[k]);
    if (form == FORM_FLOATS)
        return writer_constant(writer, writer_floats(writer, wide, 3, dims, ONNX_FLOAT, true));
    char *name = writer_constant(writer, writer_halves(writer, bits, 3, dims, type->type, true));
    if (form == FORM_HALVES)
        return name;
    char *cast = writer_name(writer);
    writer_int(writer, writer_node(writer, "Cast", (char *[]){name, NULL}, (char *[]){cast, NULL}),
               "to", ONNX_FLOAT);
    return cast;
}

/* X, an LSTM, Y, always with the same weights. */
static onnx_model *make_lstm(struct writer *writer, const struct type *type, enum form form)
{
    state = (struct random){5};
    writer_clear(writer, 14);
    char *x = writer_text(writer, "X"), *y = writer_text(writer, "Y");
    writer_input(writer, x, form == FORM_HALVES ? type->type : ONNX_FLOAT, 3, (size_t[]){T, B, I});
    char *w = weights(writer, type, form, (size_t[]){1, GATES * H, I});
    char *r = weights(writer, type, form, (size_t[]){1, GATES * H, H});
    writer_node(writer, "LSTM", (char *[]){x, w, r, NULL}, (char *[]){y, NULL});
    writer_output(writer, y);
    return load(writer);
}

/* What a model makes of floats: a copy. */
static const onnx_tensor *run(const onnx_model *model, const onnx_tensor *x)
{
    struct failure failure = {""};
    const onnx_tensor *y = NULL;
    onnx_tensor *copy = NULL;
    run_session *session = run_create(model, &(run_options){0}, &failure);
    if (EXPECT(session && run_call(session, &x, &y, &failure), "%s", failure.sentence)) {
        copy = onnx_tensor_create(memory, y->type, y->rank, y->dims, &failure);
        memcpy(copy->floats, y->floats, y->count * sizeof *y->floats);
    }
    run_destroy(session);
    if (!copy)
        exit(EXIT_FAILURE);
    return copy;
}

static bool same_floats(const onnx_tensor *a, const onnx_tensor *b)
{
    return a->count == b->count && !memcmp(a->floats, b->floats, a->count * sizeof *a->floats);
}

static onnx_tensor *make_x(void)
{
    struct failure failure;
    onnx_tensor *x = onnx_tensor_create(memory, ONNX_FLOAT, 3, (size_t[]){T, B, I}, &failure);
    for (size_t k = 0; k < x->count; k++)
        x->floats[k] = (float)(k % 11) / 5 - 1;
    return x;
}

static void round_all(onnx_tensor *tensor, const struct type *type)
{
    for (size_t k = 0; k < tensor->count; k++)
        tensor->floats[k] = type->widen(type->narrow(tensor->floats[k]));
}

static void check_lstms(struct writer *writer, const struct type *type)
{
    const char *name = onnx_type_name(type->type);
    onnx_tensor *x = make_x();
    onnx_model *floats = make_lstm(writer, type, FORM_FLOATS);
    onnx_model *cast = make_lstm(writer, type, FORM_CAST);
    onnx_model *halves = make_lstm(writer, type, FORM_HALVES);
    EXPECT(same_floats(run(cast, x), run(floats, x)), "%s weights: other bits", name);
    EXPECT(!cast->has_half && !floats->has_half && halves->has_half, "%s: it is not told", name);
    /* Given as floats that are no halves: they enter rounded, as they would be as halves. */
    const onnx_tensor *found = run(halves, x);
    round_all(x, type);
    onnx_tensor *wanted = (onnx_tensor *)run(floats, x);
    EXPECT(!same_floats(found, wanted), "%s: nothing is rounded", name);
    round_all(wanted, type);
    EXPECT(found->type == type->type && same_floats(found, wanted), "%s: other bits", name);
    x->type = type->type;
    EXPECT(same_floats(run(halves, x), wanted), "%s given as such: other bits", name);
    onnx_free(floats);
    onnx_free(cast);
    onnx_free(halves);
}

/* ---- Casts ---- */

/* (float)(half)X: what leaves as float32 was rounded, to the even one of two, or to infinity. */
static void check_cast(struct writer *writer, const struct type *type)
{
    static float given[] = {0x1.008p0f,      0x1.018p0f, 0x1.002p0f, 0x1.006p0f, 65520,
                            0x1.fffffep127f, 0x1p-25f,   -0x1p-140f, -0.0f};
    enum { GIVEN = sizeof given / sizeof *given };
    const size_t count = GIVEN;
    onnx_tensor x = {
        .type = ONNX_FLOAT, .rank = 1, .dims = {GIVEN}, .count = GIVEN, .floats = given};
    writer_clear(writer, 14);
    char *names[] = {writer_text(writer, "X"), writer_text(writer, "half"),
                     writer_text(writer, "Y")};
    writer_input(writer, names[0], ONNX_FLOAT, 1, &count);
    for (size_t k = 0; k < 2; k++)
        writer_int(
            writer,
            writer_node(writer, "Cast", (char *[]){names[k], NULL}, (char *[]){names[k + 1], NULL}),
            "to", k ? ONNX_FLOAT : (int64_t)type->type);
    writer_output(writer, names[2]);
    onnx_model *model = load(writer);
    const onnx_tensor *y = run(model, &x);
    EXPECT(model->has_half && y->type == ONNX_FLOAT, "%s", onnx_type_name(y->type));
    for (size_t k = 0; k < GIVEN; k++)
        EXPECT(halves_bits(y->floats[k]) == halves_bits(type->widen(type->narrow(given[k]))),
               "%a becomes %a", (double)given[k], (double)y->floats[k]);
    onnx_free(model);
}

int main(void)
{
    struct folder folder;
    struct writer *writer = writer_create();
    memory = onnx_memory_create(1 << 24);
    folder_create(&folder);
    for (size_t k = 0; k < COUNT; k++)
        all[k] = (uint16_t)k;
    for (size_t k = 0; k < 2; k++) {
        check_forms(writer, &folder, &types[k]);
        check_lstms(writer, &types[k]);
        check_cast(writer, &types[k]);
    }
    folder_destroy(&folder);
    onnx_memory_destroy(memory);
    writer_free(writer);
    return expect_verdict("test_half_models");
}
