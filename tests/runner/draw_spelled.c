/* SPDX-License-Identifier: MIT */
/* Drawing a cell and spelling it out, as the text of a model; see draw_spelled.h. */
#include "runner/draw_spelled.h"

#include <stdio.h>

enum { POOL = 48, VALUES_LEAST = 3, VALUES_MORE = 8 };

/* A cell while it is drawn: the names of its vectors of H elements. */
struct drawn {
    struct random *random;
    struct text *text;
    size_t I, H, values, constants; /* how many have a name */
    char pool[POOL][16];
    size_t pool_count;
};

static size_t below(struct drawn *d, size_t bound)
{
    return random_below(d->random, bound);
}

static const char *pick(struct drawn *d)
{
    return d->pool[below(d, 2) ? d->pool_count - 1 : below(d, d->pool_count)];
}

/* The number of a new value, v%zu. */
static size_t add_value(struct drawn *d)
{
    if (d->pool_count < POOL)
        snprintf(d->pool[d->pool_count++], sizeof *d->pool, "v%zu", d->values);
    return d->values++;
}

static size_t add_matrix(struct drawn *d, size_t rows, size_t cols)
{
    text_add(d->text, "const m%zu f [%zu,%zu] ~\n", d->constants, rows, cols);
    return d->constants++;
}

/* ---- Nodes ---- */

/* A product, of several times H units, whose number is w%zu. */
static size_t draw_product(struct drawn *d, const char *of, size_t size, size_t parts)
{
    const size_t number = d->values++, out = parts * d->H;
    switch (below(d, 3)) {
    case 0:
        text_add(d->text, "MatMul %s m%zu -> w%zu\n", of, add_matrix(d, size, out), number);
        break;
    case 1:
        text_add(d->text, "Gemm %s m%zu -> w%zu transB=1 alpha=0.5\n", of, add_matrix(d, out, size),
                 number);
        break;
    default: {
        const size_t matrix = add_matrix(d, size, out), bias = d->constants++;
        text_add(d->text, "const m%zu f [%zu] ~\nGemm %s m%zu m%zu -> w%zu\n", bias, out, of,
                 matrix, bias, number);
    }
    }
    return number;
}

/* Gates: products of the input and the state, or of both joined, taken apart. */
static void draw_gates(struct drawn *d)
{
    const size_t parts = 2 + below(d, 3);
    size_t sum;
    if (below(d, 3)) {
        const size_t a = draw_product(d, "x", d->I, parts), b = draw_product(d, "h", d->H, parts);
        sum = d->values++;
        text_add(d->text, "Add w%zu w%zu -> w%zu\n", a, b, sum);
    } else {
        const size_t joined = d->values++;
        char name[32];
        snprintf(name, sizeof name, "w%zu", joined);
        text_add(d->text, below(d, 2) ? "Concat x h -> %s axis=1\n" : "Concat h x -> %s axis=-1\n",
                 name);
        sum = draw_product(d, name, d->I + d->H, parts);
    }
    text_add(d->text, "Split w%zu ->", sum);
    for (size_t k = 0; k < parts; k++)
        text_add(d->text, " v%zu", add_value(d));
    text_add(d->text, " axis=%s\n", below(d, 2) ? "1" : "-1");
}

/* A product of one of the vectors, or a gate alone. */
static void draw_matrix(struct drawn *d)
{
    char of[16];
    snprintf(of, sizeof of, "%s", pick(d));
    const size_t product = draw_product(d, of, d->H, 1);
    text_add(d->text, "Identity w%zu -> v%zu\n", product, add_value(d));
}

static void draw_unary(struct drawn *d)
{
    static const char *const ops[] = {"Sigmoid", "Tanh",     "Tanh",        "Relu",     "Neg",
                                      "Abs",     "Softsign", "HardSigmoid", "Identity", "Sigmoid"};
    const char *of = pick(d);
    text_add(d->text, "%s %s -> ", ops[below(d, sizeof ops / sizeof *ops)], of);
    text_add(d->text, "v%zu\n", add_value(d));
}

static void draw_binary(struct drawn *d)
{
    static const char *const ops[] = {"Add", "Sub", "Mul", "Max", "Min", "Mul"};
    const char *op = ops[below(d, sizeof ops / sizeof *ops)];
    char left[16], right[16];
    snprintf(left, sizeof left, "%s", pick(d));
    snprintf(right, sizeof right, "%s", pick(d));
    if (!below(d, 4)) {
        const bool single = below(d, 2);
        snprintf(right, sizeof right, "m%zu", d->constants++);
        text_add(d->text, single ? "const %s f [] ~\n" : "const %s f [%zu] ~\n", right, d->H);
    }
    const bool turned = below(d, 2);
    text_add(d->text, "%s %s %s -> ", op, turned ? right : left, turned ? left : right);
    text_add(d->text, "v%zu\n", add_value(d));
}

/* ---- Models ---- */

static void draw_body(struct drawn *d, size_t states)
{
    draw_gates(d);
    for (size_t k = VALUES_LEAST + below(d, VALUES_MORE); k > 0; k--) {
        void (*const draw[])(struct drawn *) = {draw_gates,  draw_matrix, draw_unary,  draw_unary,
                                                draw_unary,  draw_binary, draw_binary, draw_binary,
                                                draw_binary, draw_binary};
        draw[below(d, sizeof draw / sizeof *draw)](d);
    }
    text_add(d->text, "Tanh %s -> h1\n", d->pool[d->pool_count - 1]);
    if (states > 1)
        text_add(d->text, "Sigmoid %s -> c1\n", pick(d));
}

void draw_spelled(struct random *random, struct text *text)
{
    struct drawn d = {.random = random, .text = text, .pool = {"h", "c"}};
    const size_t states = 1 + random_below(random, 2), B = 1 + random_below(random, 2);
    d.I = 1 + below(&d, 5);
    d.H = 2 + below(&d, 4);
    d.pool_count = states;
    const bool scans = below(&d, 3);
    text_add(text, scans ? "in X f [4,%zu,%zu] ~\n" : "in x f [%zu,%zu] ~\n", B, d.I);
    text_add(text, "in %s f [%zu,%zu] ~\n", scans ? "h0" : "h", B, d.H);
    if (states > 1)
        text_add(text, "in %s f [%zu,%zu] ~\n", scans ? "c0" : "c", B, d.H);
    if (scans)
        text_add(text, "Scan h0 %s X -> hT %s Y num_scan_inputs=1 {\nin h f\n%sin x f\n",
                 states > 1 ? "c0" : "", states > 1 ? "cT" : "", states > 1 ? "in c f\n" : "");
    draw_body(&d, states);
    text_add(text, states > 1 ? "out h1\nout c1\n" : "out h1\n");
    if (scans)
        text_add(text, "out %s\n}\nout Y\nout hT\n%s", states > 1 && below(&d, 2) ? "c1" : "h1",
                 states > 1 ? "out cT\n" : "");
}
