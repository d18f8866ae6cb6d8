/* SPDX-License-Identifier: MIT */
/* test_integers SEED COUNT [FOLDER]: what weir-run compiles of whole numbers and quantised ones
 gives
 * the bits that it interprets; or the models go to the folder, with what they are given and give:
 every type of whole numbers, at its ends; scales and zero points as they should not
 * be; and products that were drawn, on each ISA that there is here. */
#define _POSIX_C_SOURCE 200809L
#include "common/text.h"
#include "onnx/text.h"
#include "run/run.h"
#include "runner/distance.h"
#include "runner/export.h"
#include "support/expect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLAGS "-O0" /* which makes the same bits, sooner */

static bool is_identical(const onnx_tensor *a, const onnx_tensor *b)
{
    bool same = a->rank == b->rank && a->count == b->count && !a->floats == !b->floats;
    for (size_t d = 0; d < a->rank && same; d++)
        same = a->dims[d] == b->dims[d];
    for (size_t i = 0; i < a->count && same; i++)
        same = a->ints ? a->ints[i] == b->ints[i]
                       : (isnan(a->floats[i]) && isnan(b->floats[i])) ||
                             !memcmp(&a->floats[i], &b->floats[i], sizeof(float));
    return same;
}

/* ---- A model ---- */

static const char *folder; /* where models go; NULL: they are compared */

static void give_away(const struct writer *writer, const onnx_model *model,
                      const struct text_values *values, const onnx_tensor *const *outputs)
{
    static size_t index;
    struct given given = {.count = values->given_count};
    size_t size;
    void *bytes = writer_bytes(writer, &size);
    memcpy(given.tensors, values->given, given.count * sizeof *given.tensors);
    export_model(folder, index++, bytes, size, model, &given, outputs);
    free(bytes);
}

/* As it was written, both ways; its outputs are named. */
static void compare(const struct writer *writer, const struct text_values *values, const char *what)
{
    const run_options options = {.flags = FLAGS};
    const onnx_tensor *made[TEXT_VALUES], *wanted[TEXT_VALUES], *const *inputs = values->given;
    struct failure failure = {""};
    onnx_model *model = writer_load(writer, &failure);
    run_session *session = model ? run_create(model, &options, &failure) : NULL;
    bool ran = session && run_call(session, inputs, wanted, &failure);
    run_compiled *compiled =
        ran && !folder ? run_compiled_create(model, inputs, &options, true, &failure) : NULL;
    ran = ran && (folder || (compiled && run_compiled_call(compiled, inputs, made, &failure)));
    EXPECT(ran, "%s: %s", what, failure.sentence);
    if (ran && folder)
        give_away(writer, model, values, wanted);
    for (size_t i = 0; ran && !folder && i < model->graph.output_count; i++)
        EXPECT(is_identical(made[i], wanted[i]) ||
                   (!strncmp(model->values[model->graph.outputs[i]].name, "near", 4) &&
                    tensor_distance(made[i], wanted[i]) <= 1e-6),
               "%s: %s differs", what, model->values[model->graph.outputs[i]].name);
    run_compiled_destroy(compiled);
    run_destroy(session);
    onnx_free(model);
}

/* The same of a text; a product is added, without which nothing is compiled. */
static void compare_text(struct writer *writer, const char *text, const char *what)
{
    struct text_values values = {.memory = onnx_memory_create(1 << 24)};
    char *whole =
        text_format("in X f [1,1] ~\nconst W f [1,1] ~\nMatMul X W -> Y\nout Y\n%s", text);
    writer_clear(writer, 13);
    writer_model(writer, whole, &values);
    compare(writer, &values, what);
    onnx_memory_destroy(values.memory);
    free(whole);
}

/* ---- Types of whole numbers ---- */

static const struct kind {
    char letter;
    enum onnx_type type;
    const char *name;
} kinds[] = {{'u', ONNX_UINT8, "uint8"}, {'c', ONNX_INT8, "int8"},     {'v', ONNX_UINT16, "uint16"},
             {'s', ONNX_INT16, "int16"}, {'w', ONNX_UINT32, "uint32"}, {'n', ONNX_INT32, "int32"},
             {'i', ONNX_INT64, "int64"}};

enum { QUANTISED = 4, KINDS = sizeof kinds / sizeof *kinds, ENDS = 8 };

/* Some of each end and in the middle; `turn` is another order of them. */
static void add_ends(struct text *text, const struct kind *kind, size_t turn)
{
    int64_t least, greatest;
    onnx_type_range(kind->type, &least, &greatest);
    if (kind->type == ONNX_INT64) { /* what a text's number holds */
        least = -(INT64_C(1) << 53);
        greatest = INT64_C(1) << 53;
    }
    const int64_t ends[ENDS] = {least, greatest, 0, 1, least ? -1 : 2, greatest / 2, 7, least + 1};
    for (size_t i = 0; i < ENDS; i++)
        text_add(text, " %lld", (long long)ends[(i * (2 * turn + 1) + turn) % ENDS]);
    text_add(text, "\n");
}

static void compare_elements(struct writer *writer, const struct kind *kind)
{
    static const char *const ones[] = {"Abs", "Neg", "Sign", "Relu"},
                             *const twos[] = {"Add", "Sub",   "Mul",  "Div",   "Min",
                                              "Max", "PRelu", "Less", "Equal", "GreaterOrEqual"},
                             *const all[] = {"ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
                                             "ReduceSumSquare"};
    struct text text = {0};
    for (size_t k = 0; k < 3; k++) {
        text_add(&text, "in %c %c [2,4] =", "abc"[k], kind -> letter);
        add_ends(&text, kind, k);
    }
    text_add(&text,
             "in f f [8] = 1.5 -2.5 300 -1e30 inf -inf nan 65535.5\n"
             "const low %c [] = 1\nconst high %c [] = 5\n",
             kind->letter, kind->letter);
    text_add(&text,
             "Clip a low high -> clip\nout clip\nClip a low -> clip1\nout clip1\n"
             "Less a b -> less\nWhere less a c -> where\nout where\n"
             "Max a b c -> max3\nout max3\nMin a -> min1\nout min1\n"
             "ReduceSum a -> sum keepdims=0\nout sum\n"
             "ArgMax a -> argmax axis=1\nout argmax\n"
             "ArgMin a -> argmin axis=0 keepdims=0 select_last_index=1\nout argmin\n"
             "Concat a b -> cat axis=1\nTranspose cat -> turned\nout turned\n"
             "const pads i [4] = 1 0 0 1\nPad a pads low -> padded\nout padded\n"
             "const places i [3] = 1 0 1\nGather a places -> rows\nout rows\n"
             "Mul a b -> mul1\nAdd mul1 c -> chained\nout chained\n"
             "Cast f -> fromf to=%d\nout fromf\nCast a -> tof to=1\nout tof\n"
             "Cast a -> tob to=9\nCast tob -> fromb to=%d\nout fromb\n",
             (int)kind->type, (int)kind->type);
    for (size_t k = 0; k < sizeof ones / sizeof *ones; k++)
        text_add(&text, "%s a -> one%zu\nout one%zu\n", ones[k], k, k);
    for (size_t k = 0; k < sizeof twos / sizeof *twos; k++)
        text_add(&text, "%s a b -> two%zu\nout two%zu\n", twos[k], k, k);
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        text_add(&text, "%s a -> all%zu axes=[1]\nout all%zu\n", all[k], k, k);
    for (size_t k = 0; k < KINDS; k++)
        text_add(&text, "Cast a -> to%zu to=%d\nout to%zu\n", k, (int)kinds[k].type, k);
    compare_text(writer, text.chars, kind->name);
    text_free(&text);
}

/* ---- Scales ---- */

/* Ties, ends, and what is no number, by scales of all kinds. */
static void compare_scales(struct writer *writer, const struct kind *kind)
{
    static const char *const scales[] = {"1", "0.1", "1e-38", "3e38", "0", "-0.5", "nan", "inf"};
    struct text text = {0};
    text_add(&text,
             "in x f [2,8] = 0.5 1.5 -0.5 -2.5 127.5 -128.5 254.5 255.5 1e30 -1e30 inf -inf "
             "nan 0 -0 32767.5\nin q %c [2,4] =",
             kind->letter);
    add_ends(&text, kind, 0);
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
        text_add(&text, "const s%zu f [] = %s\nconst z%zu %c [1] =", k, scales[k], k, kind->letter);
        int64_t least, greatest;
        onnx_type_range(kind->type, &least, &greatest);
        text_add(&text, " %lld\n", (long long)(k % 3 == 0 ? least : k % 3 == 1 ? greatest : 3));
        text_add(&text, "QuantizeLinear x s%zu z%zu -> q%zu\nout q%zu\n", k, k, k, k);
        text_add(&text, "DequantizeLinear q s%zu z%zu -> d%zu\nout d%zu\n", k, k, k, k);
    }
    text_add(&text,
             "in sa f [2] = 0.3 -2\nconst za %c [2] = 1 2\n"
             "QuantizeLinear x sa za -> along axis=0\nout along\n"
             "const sl f [8] = 1 2 0.3 0 inf 1e-30 0.7 0.01\n"
             "const zl %c [8] = 1 2 3 4 5 6 7 8\n"
             "QuantizeLinear x sl zl -> last axis=-1\nout last\n"
             "DequantizeLinear last sl zl -> back\nout back\n"
             "QuantizeLinear x s1 -> none\nout none\n"
             "const sb f [2,3] = 1 2 3 0.1 0.2 0.3\nconst zb %c [2,3] = 1 2 3 4 5 6\n"
             "QuantizeLinear x sb zb -> blocks block_size=3 axis=1\nout blocks\n"
             "DequantizeLinear blocks sb zb -> unblocked block_size=3 axis=1\nout unblocked\n"
             "Sigmoid unblocked -> gate\nQuantizeLinear gate s1 z1 -> gated\nout gated\n",
             kind->letter, kind->letter, kind->letter);
    compare_text(writer, text.chars, kind->name);
    text_free(&text);
}

static void compare_dynamic(struct writer *writer)
{
    static const char *const rows[] = {"0 0 0 -0",        "1 2 3 4.5",      "-1 -2 -3 nan",
                                       "nan nan nan nan", "inf 1 2 -1",     "-inf inf 0 1",
                                       "1e-45 0 0 0",     "3e38 -3e38 1 2", "-1.5 0.25 2 -0.75"};
    struct text text = {0};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        text_add(&text,
                 "in x%zu f [2,2] = %s\nDynamicQuantizeLinear x%zu -> q%zu s%zu z%zu\n"
                 "out q%zu\nout s%zu\nout z%zu\n",
                 k, rows[k], k, k, k, k, k, k, k);
    text_add(&text, "in n n [4] = -2147483648 2147483647 5 16777217\nconst sn f [] = 0.5\n"
                    "const zn n [] = -2147483648\nDequantizeLinear n sn zn -> dn\nout dn\n"
                    "DequantizeLinear n sn -> dm\nout dm\nQuantizeLinear n sn -> qn\nout qn\n");
    compare_text(writer, text.chars, "dynamic");
    text_free(&text);
}

/* As quantisers write it: floats around products of what is quantised. Scales are powers of two, so
 * that sums are exact; but for the LSTM. */
static void compare_pairs(struct writer *writer)
{
    compare_text(
        writer,
        "in x f [3,6] ~\nconst s f [] = 0.0078125\nconst z u [] = 128\n"
        "QuantizeLinear x s z -> q\nDequantizeLinear q s z -> d\n"
        "const w c [6,4] = 1 -2 3 127 -128 5 6 7 8 9 10 -11 12 13 14 15 16 17 -18 19 20 21 22 23\n"
        "const sw f [4] = 0.03125 0.25 0.5 0.0625\nconst zw c [4] = 0 1 -3 127\n"
        "DequantizeLinear w sw zw -> dw axis=1\nMatMul d dw -> m\n"
        "const b n [4] = 100 -200 3000 70000\n"
        "const sb f [4] = 0.000244140625 0.001953125 0.00390625 0.00048828125\n"
        "DequantizeLinear b sb -> db axis=0\nAdd m db -> sum\nout sum\n"
        "const sy f [] = 0.125\nconst zy c [] = -5\nQuantizeLinear sum sy zy -> qs\nout qs\n"
        "DequantizeLinear qs sy zy -> ds\nRelu ds -> r\nQuantizeLinear r sy zy -> qr\nout qr\n"
        "DequantizeLinear qr sy zy -> dr\n"
        "const g c [2,4] = 5 -6 7 -8 9 -10 11 -12\nconst sg f [] = 0.5\n"
        "DequantizeLinear g sg -> dg\nGemm dr dg -> gemm transB=1\nout gemm\n"
        "const shape i [3] = 1 6 3\nReshape d shape -> planes\n"
        "const k c [2,6,3] = 1 2 3 4 5 6 7 8 9 10 11 12 -13 14 15 16 17 18 "
        "-128 127 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n"
        "const sk f [2] = 0.25 0.125\nDequantizeLinear k sk -> dk axis=0\n"
        "Conv planes dk -> conv pads=[1,1]\nout conv\n"
        "const again i [3] = 3 2 3\nReshape d again -> steps\n"
        "const lw c [1,8,3] = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24\n"
        "const lr c [1,8,2] = 9 -8 7 6 5 -4 3 2 1 2 3 4 5 6 7 8\nconst sl f [] = 0.02\n"
        "DequantizeLinear lw sl -> dlw\nDequantizeLinear lr sl -> dlr\n"
        "LSTM steps dlw dlr -> near hidden_size=2\nout near\n",
        "pairs");
}

/* ---- Products ---- */

struct drawing {
    struct text text;
    struct random random;
    size_t number;
};

/* Numbers of a type, all at its ends, or of any kind. */
static void draw(struct drawing *d, const struct kind *kind, size_t count, bool extreme)
{
    int64_t least, greatest;
    onnx_type_range(kind->type, &least, &greatest);
    const size_t range = (size_t)(greatest - least) + 1, end = random_below(&d->random, 3);
    for (size_t i = 0; i < count; i++) {
        const bool up = end == 2 ? random_below(&d->random, 2) : end;
        text_add(&d->text, " %lld",
                 (long long)(extreme ? (up ? greatest : least)
                                     : least + (int64_t)random_below(&d->random, range)));
    }
    text_add(&d->text, "\n");
}

static const struct kind *draw_kind(struct drawing *d)
{
    return &kinds[random_below(&d->random, random_below(&d->random, 8) ? 2 : QUANTISED)];
}

/* A zero point, or one for each of `count`; whether there is one. */
static bool draw_zero(struct drawing *d, const char *name, const struct kind *kind, size_t count,
                      bool may_be_input)
{
    const bool each = count && random_below(&d->random, 3) == 0;
    const char *how = may_be_input && random_below(&d->random, 2) ? "in" : "const";
    if (random_below(&d->random, 4) == 0)
        return false;
    text_add(&d->text, "%s %s%zu %c ", how, name, d->number, kind->letter);
    text_add(&d->text, each ? "[%zu] =" : "[] =", count);
    draw(d, kind, each ? count : 1, random_below(&d->random, 3) == 0);
    return true;
}

static void draw_scale(struct drawing *d, const char *name, size_t count, double about)
{
    const bool each = count && random_below(&d->random, 2);
    text_add(&d->text, "const %s%zu f ", name, d->number);
    text_add(&d->text, each ? "[%zu] =" : "[] =", count);
    for (size_t i = 0; i < (each ? count : 1); i++)
        text_add(&d->text, " %g", about * (0.5 + (double)random_below(&d->random, 100) / 100));
    text_add(&d->text, "\n");
}

/* The names of what a node reads, those that are not there left out. */
static void add_node(struct drawing *d, const char *op, const char *const *names, size_t count,
                     const bool *there)
{
    text_add(&d->text, "%s", op);
    for (size_t k = 0; k < count; k++)
        if (there[k])
            text_add(&d->text, " %s%zu", names[k], d->number);
        else
            text_add(&d->text, " -");
    text_add(&d->text, " -> y%zu", d->number);
}

/* Both factors are there; of a product that is quantised again, all. */
static void draw_matmul(struct drawing *d, bool quantised)
{
    static const char *const integer[] = {"a", "b", "za", "zb"}, *const all[] = {"a",  "sa", "za",
                                                                                 "b",  "sb", "zb",
                                                                                 "sy", "zy"};
    const bool extreme = random_below(&d->random, 3) == 0,
               varies = random_below(&d->random, 5) == 0;
    const size_t M = 1 + random_below(&d->random, 4), N = 1 + random_below(&d->random, 9);
    const size_t K =
        extreme ? 600 + random_below(&d->random, 300) : 1 + random_below(&d->random, 40);
    const struct kind *a = draw_kind(d), *b = draw_kind(d), *y = draw_kind(d);
    text_add(&d->text, "in a%zu %c [%zu,%zu] =", d->number, a->letter, M, K);
    draw(d, a, M * K, extreme && random_below(&d->random, 2));
    text_add(&d->text, "%s b%zu %c [%zu,%zu] =", varies ? "in" : "const", d->number, b->letter, K,
             N);
    draw(d, b, K * N, extreme);
    bool za, zb, zy;
    do {
        za = draw_zero(d, "za", a, M, true);
    } while (quantised && !za);
    do {
        zb = draw_zero(d, "zb", b, N, false);
    } while (quantised && !zb);
    if (!quantised) {
        add_node(d, "MatMulInteger", integer, 4, (bool[]){true, true, za, zb});
    } else {
        do {
            zy = draw_zero(d, "zy", y, 0, false);
        } while (!zy);
        draw_scale(d, "sa", M, 0.01);
        draw_scale(d, "sb", N, 0.02);
        draw_scale(d, "sy", 0, extreme ? 30 : 0.5);
        add_node(d, "QLinearMatMul", all, 8,
                 (bool[]){true, true, true, true, true, true, true, true});
    }
    text_add(&d->text, "\nout y%zu\n", d->number);
}

/* Over one or two dimensions, in groups or none. */
static void draw_conv(struct drawing *d, bool quantised)
{
    static const char *const integer[] = {"x", "w", "zx", "zw"}, *const all[] = {
                                                                     "x",  "sx", "zx", "w",   "sw",
                                                                     "zw", "sy", "zy", "bias"};
    const bool extreme = random_below(&d->random, 3) == 0, flat = random_below(&d->random, 2);
    const size_t groups = 1 + random_below(&d->random, 3),
                 planes = extreme && groups == 1 ? 300 : 1 + random_below(&d->random, 5);
    const size_t F = groups * (1 + random_below(&d->random, 3)),
                 size = 5 + random_below(&d->random, 4);
    const size_t taps = 1 + random_below(&d->random, 3);
    const struct kind *x = &kinds[random_below(&d->random, 2)],
                      *w = &kinds[random_below(&d->random, 2)], *y = draw_kind(d),
                      *bias = &kinds[5];
    text_add(&d->text, flat ? "in x%zu %c [2,%zu,%zu] =" : "in x%zu %c [1,%zu,%zu,2] =", d->number,
             x->letter, groups * planes, size);
    draw(d, x, 2 * groups * planes * size, extreme);
    text_add(&d->text,
             flat ? "const w%zu %c [%zu,%zu,%zu] =" : "const w%zu %c [%zu,%zu,%zu,1] =", d->number,
             w->letter, F, planes, taps);
    draw(d, w, F * planes * taps, extreme);
    bool zx, zw, zy = false, has = false;
    do {
        zx = draw_zero(d, "zx", x, 0, true);
    } while (quantised && !zx);
    do {
        zw = draw_zero(d, "zw", w, F, false);
    } while (quantised && !zw);
    if (!quantised) {
        add_node(d, "ConvInteger", integer, 4, (bool[]){true, true, zx, zw});
    } else {
        while (!zy)
            zy = draw_zero(d, "zy", y, 0, false);
        has = random_below(&d->random, 2);
        if (has) {
            text_add(&d->text, "const bias%zu n [%zu] =", d->number, F);
            draw(d, bias, F, false);
        }
        draw_scale(d, "sx", 0, 0.01);
        draw_scale(d, "sw", F, 0.02);
        draw_scale(d, "sy", 0, has ? 1e4 : 0.5);
        add_node(d, "QLinearConv", all, has ? 9 : 8,
                 (bool[]){true, true, true, true, true, true, true, true, has});
    }
    text_add(&d->text,
             flat ? " group=%zu pads=[1,2] strides=[2] dilations=[1]"
                  : " group=%zu pads=[1,0,2,1] strides=[1,1]",
             groups);
    text_add(&d->text, "\nout y%zu\n", d->number);
}

/* As a layer that is quantised as it runs. */
static void draw_dynamic(struct drawing *d)
{
    const size_t K = 1 + random_below(&d->random, 500), N = 1 + random_below(&d->random, 20);
    text_add(&d->text, "in f%zu f [3,%zu] ~\nconst b%zu c [%zu,%zu] =", d->number, K, d->number, K,
             N);
    draw(d, &kinds[1], K * N, false);
    draw_scale(d, "s", N, 0.01);
    text_add(&d->text,
             "DynamicQuantizeLinear f%zu -> q%zu sq%zu zq%zu\nMul sq%zu s%zu -> m%zu\n"
             "MatMulInteger q%zu b%zu zq%zu -> i%zu\nCast i%zu -> c%zu to=1\n"
             "Mul c%zu m%zu -> y%zu\nout y%zu\n",
             d->number, d->number, d->number, d->number, d->number, d->number, d->number, d->number,
             d->number, d->number, d->number, d->number, d->number, d->number, d->number, d->number,
             d->number);
}

/* Sums of odd numbers beyond what floats hold, and numbers beyond what bfloat16 does. */
static void compare_large(struct writer *writer)
{
    enum { K = 901, C = 301, TAPS = 3 };
    struct text text = {0};
    text_add(&text, "in a u [1,%d] =", K);
    for (size_t k = 0; k < K; k++)
        text_add(&text, " 255");
    text_add(&text, "\nconst b c [%d,2] =", K);
    for (size_t k = 0; k < K; k++)
        text_add(&text, " 127 %d", k % 7 == 3 ? 120 : 127);
    text_add(&text, "\nMatMulInteger a b -> y\nout y\nin x u [1,%d,%d] =", C, TAPS);
    for (size_t k = 0; k < C * TAPS; k++)
        text_add(&text, " 255");
    text_add(&text, "\nconst w u [1,%d,%d] =", C, TAPS);
    for (size_t k = 0; k < C * TAPS; k++)
        text_add(&text, " 255");
    text_add(&text, "\nConvInteger x w -> z pads=[1,1]\nout z\n"
                    "in p c [2,2] = 127 125 -3 1\nconst q s [2,3] = 1023 257 -511 513 -1001 3\n"
                    "MatMulInteger p q -> r\nout r\n");
    compare_text(writer, text.chars, "large");
    text_free(&text);
}

static void compare_products(struct writer *writer, uint64_t seed)
{
    enum { EACH = 10 };
    struct drawing d = {.random = {seed}};
    for (; d.number < EACH; d.number++)
        switch (random_below(&d.random, 5)) {
        case 0:
            draw_matmul(&d, false);
            break;
        case 1:
            draw_matmul(&d, true);
            break;
        case 2:
            draw_conv(&d, false);
            break;
        case 3:
            draw_conv(&d, true);
            break;
        default:
            draw_dynamic(&d);
        }
    compare_text(writer, d.text.chars, "products");
    text_free(&d.text);
}

int main(int argc, char **argv)
{
    struct writer *writer = writer_create();
    const uint64_t seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    const uint64_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 2;
    const char *const isas[] = {"scalar", "avx2", "avx512"};
    folder = argc > 3 ? argv[3] : NULL;
    for (size_t i = 0; i < (folder ? 1 : sizeof isas / sizeof *isas); i++) {
        setenv("WEIR_ISA", isas[i], 1);
        for (uint64_t k = 0; k < count; k++)
            compare_products(writer, seed + k);
        compare_large(writer);
    }
    setenv("WEIR_ISA", "scalar", 1);
    compare_dynamic(writer);
    compare_pairs(writer);
    for (size_t k = 0; k < KINDS; k++)
        compare_elements(writer, &kinds[k]);
    for (size_t k = 0; k < QUANTISED; k++)
        compare_scales(writer, &kinds[k]);
    writer_free(writer);
    return expect_verdict("test_integers");
}
