/* SPDX-License-Identifier: MIT */
/* OpenBLAS as a contender: what one writes who has a good BLAS. One matrix product for the inputs
 * of all steps, then each step one product (a vector's, for a batch of one) that adds to it, and
 * loops over the units that the compiler makes vectors of: this file is compiled with -O3
 * -ffast-math for this very machine. Recurrent weights as they are or transposed, for either may be
 * faster. */
#include <cblas.h>
#undef I /* which it gets from complex.h, and which is the input size here */

#include "peers.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GATES_MAX = 4 };

struct running;

struct cell {
    const char *name;
    size_t gates;
    const char *W[GATES_MAX], *U[GATES_MAX], *b[GATES_MAX];
    /* One row: pre-activations of the gates in, the next h out; `other` is c, or what U@h gave. */
    void (*units)(const struct running *running, const float *a, const float *h, float *other,
                  float *y);
    const char *un; /* the bias that the reset gate multiplies too; NULL: none */
    bool is_apart; /* U@h must not be added to W@x at once */
};

struct running {
    const struct cell *cell;
    size_t T, B, I, H, GH;
    const float *x;
    float *y;
    bool is_transposed; /* W and U are [columns][gates * H] */
    float *W, *U, *bias, *un;
    float *products; /* [T][B][gates * H] */
    float *recurrent; /* [B][gates * H], where the cell keeps it apart */
    float *zero, *c; /* [B][H] */
};

/* ---- The units ---- */

/* 2^x by a polynomial on [-1/2, 1/2], to 2e-7 of its value: more would only cost time. */
static inline float exp2_fast(float x)
{
    const float clamped = fminf(fmaxf(x, -126), 126);
    const float whole = rintf(clamped), r = clamped - whole;
    float p = 0.00132647273f;
    p = p * r + 0.00967151299f;
    p = p * r + 0.0555073358f;
    p = p * r + 0.240222424f;
    p = p * r + 0.693147004f;
    p = p * r + 1;
    const int32_t bits = ((int32_t)whole + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

static inline float sigmoid_fast(float x)
{
    return 1 / (1 + exp2_fast(-1.44269504f * x));
}

static inline float tanh_fast(float x)
{
    return 2 / (1 + exp2_fast(-2.88539008f * x)) - 1;
}

static void lstm_units(const struct running *running, const float *restrict a,
                       const float *restrict h, float *restrict c, float *restrict y)
{
    const size_t H = running->H;
    const float *restrict b = running->bias;
    (void)h;
    for (size_t j = 0; j < H; j++) {
        const float i = sigmoid_fast(a[j] + b[j]);
        const float f = sigmoid_fast(a[H + j] + b[H + j]);
        const float g = tanh_fast(a[2 * H + j] + b[2 * H + j]);
        const float o = sigmoid_fast(a[3 * H + j] + b[3 * H + j]);
        c[j] = f * c[j] + i * g;
        y[j] = o * tanh_fast(c[j]);
    }
}

static void gru_units(const struct running *running, const float *restrict a,
                      const float *restrict h, float *restrict Uh, float *restrict y)
{
    const size_t H = running->H;
    const float *restrict b = running->bias, *restrict un = running->un;
    for (size_t j = 0; j < H; j++) {
        const float z = sigmoid_fast(a[j] + Uh[j] + b[j]);
        const float r = sigmoid_fast(a[H + j] + Uh[H + j] + b[H + j]);
        const float n = tanh_fast(a[2 * H + j] + b[2 * H + j] + r * (Uh[2 * H + j] + un[j]));
        y[j] = (1 - z) * n + z * h[j];
    }
}

static const struct cell cells[] = {
    {"lstm",
     4,
     {"Wi", "Wf", "Wg", "Wo"},
     {"Ui", "Uf", "Ug", "Uo"},
     {"bi", "bf", "bg", "bo"},
     lstm_units,
     NULL,
     false},
    {"gru", 3, {"Wz", "Wr", "Wn"}, {"Uz", "Ur", "Un"}, {"bz", "br", "bn"}, gru_units, "un", true},
};

static const struct cell *cell_of(const struct shape *shape)
{
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (strcmp(cells[i].name, shape->cell) == 0)
            return &cells[i];
    return NULL;
}

/* ---- The contender ---- */

static const char *isa;

static bool cap(const char *level, struct failure *failure)
{
    (void)failure;
    isa = level;
    openblas_set_num_threads(1);
    return true;
}

static const char *version(void)
{
    static char text[256];
    snprintf(text, sizeof text, "%s, kernels for %s", openblas_get_config(),
             openblas_get_corename());
    return text;
}

static const bool as_they_are = false, transposed = true;

static void list(const struct shape *shape, contender_add *add, void *to)
{
    if (!cell_of(shape))
        return;
    struct contender contender = {
        .kind = &peer.kind, .name = "openblas", .isa = isa, .choice = &as_they_are};
    add(to, &contender);
    contender = (struct contender){
        .kind = &peer.kind, .name = "openblas_transposed", .isa = isa, .choice = &transposed};
    add(to, &contender);
}

/* Gates one below the other, or, transposed, side by side. */
static float *weights_stack(const struct running *running, const struct workload *workload,
                            const char *const *names, size_t columns)
{
    const size_t H = running->H, GH = running->GH;
    float *stacked = aligned_alloc(64, (GH * columns * sizeof *stacked + 63) / 64 * 64);
    for (size_t row = 0; stacked && row < GH; row++) {
        const float *from = workload_weight(workload, names[row / H]) + row % H * columns;
        for (size_t k = 0; k < columns; k++)
            stacked[running->is_transposed ? k * GH + row : row * columns + k] = from[k];
    }
    return stacked;
}

static float *zeros(size_t count)
{
    const size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
    float *memory = aligned_alloc(64, bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

static void running_free(struct running *running)
{
    free(running->W);
    free(running->U);
    free(running->bias);
    free(running->un);
    free(running->products);
    free(running->recurrent);
    free(running->zero);
    free(running->c);
    free(running);
}

static bool prepare(struct contender *self, const struct workload *workload,
                    struct failure *failure)
{
    struct running *running = calloc(1, sizeof *running);
    if (!running)
        return fail(failure, "finds not enough memory");
    const struct cell *cell = cell_of(workload->shape);
    const size_t T = workload->T, B = workload->B, I = workload->shape->I, H = workload->shape->H;
    const size_t GH = cell->gates * H;
    *running = (struct running){.cell = cell, .T = T, .B = B, .I = I, .H = H, .GH = GH};
    running->x = workload->x;
    running->y = workload->got.y;
    running->is_transposed = *(const bool *)self->choice;
    running->W = weights_stack(running, workload, cell->W, I);
    running->U = weights_stack(running, workload, cell->U, H);
    running->bias = zeros(GH);
    running->un = zeros(H);
    running->products = zeros(T * B * GH);
    running->recurrent = zeros(B * GH);
    running->zero = zeros(B * H);
    running->c = zeros(B * H);
    if (!running->W || !running->U || !running->bias || !running->un || !running->products ||
        !running->recurrent || !running->zero || !running->c) {
        running_free(running);
        return fail(failure, "finds not enough memory");
    }
    for (size_t gate = 0; gate < cell->gates; gate++)
        memcpy(running->bias + gate * H, workload_weight(workload, cell->b[gate]),
               H * sizeof(float));
    if (cell->un)
        memcpy(running->un, workload_weight(workload, cell->un), H * sizeof(float));
    self->state = running;
    return true;
}

/* out[rows][GH] = in[rows][columns] * weights, or that added to out. */
static void product(const struct running *running, const float *weights, const float *in,
                    size_t rows, size_t columns, bool is_added, float *out)
{
    const int n = (int)running->GH, k = (int)columns;
    const int stride = running->is_transposed ? n : k;
    if (rows == 1)
        cblas_sgemv(CblasRowMajor, running->is_transposed ? CblasTrans : CblasNoTrans,
                    running->is_transposed ? k : n, running->is_transposed ? n : k, 1, weights,
                    stride, in, 1, is_added, out, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, running->is_transposed ? CblasNoTrans : CblasTrans,
                    (int)rows, n, k, 1, in, k, weights, stride, is_added, out, n);
}

static void run(struct contender *self)
{
    struct running *r = self->state;
    const size_t H = r->H, B = r->B, GH = r->GH;
    const float *h = r->zero;
    product(r, r->W, r->x, r->T * B, r->I, false, r->products);
    memset(r->c, 0, B * H * sizeof *r->c);
    for (size_t t = 0; t < r->T; t++) {
        float *sums = r->products + t * B * GH;
        float *y = r->y + t * B * H;
        product(r, r->U, h, B, H, !r->cell->is_apart, r->cell->is_apart ? r->recurrent : sums);
        for (size_t b = 0; b < B; b++)
            r->cell->units(r, sums + b * GH, h + b * H,
                           r->cell->is_apart ? r->recurrent + b * GH : r->c + b * H, y + b * H);
        h = y;
    }
}

static void release(struct contender *self)
{
    running_free(self->state);
    self->state = NULL;
}

const struct peer peer = {
    .kind = {.name = "OpenBLAS",
             .version = version,
             .list = list,
             .prepare = prepare,
             .run = run,
             .release = release},
    .cap = cap,
};
