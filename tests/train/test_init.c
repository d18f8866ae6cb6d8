/* SPDX-License-Identifier: MIT */
/* Initial weights: limits and fans, orthogonality, signs against a QR decomposition that shares no
 * code with the kit, and which weight gets what. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/expect.h"
#include "support/inputs.h"
#include "weir_train.h"

enum { SEED = 11, STREAM = 5, WEIGHTS_MAX = 64 };

/* A cell's weights at some sizes, drawn. */
struct drawn {
    const char *cell;
    weir_shape shapes[WEIGHTS_MAX];
    float *values[WEIGHTS_MAX];
    size_t count;
};

static void drawn_destroy(struct drawn *drawn)
{
    for (size_t k = 0; k < drawn->count; k++)
        free(drawn->values[k]);
}

/* False where the build has no such cell. */
static bool drawn_create(struct drawn *drawn, const char *cell, size_t I, size_t H, size_t P)
{
    weir_error error = {0};
    *drawn = (struct drawn){.cell = cell};
    if (weir_cell_weights(cell, I, H, P, drawn->shapes, WEIGHTS_MAX, &drawn->count, NULL))
        return false;
    for (size_t k = 0; k < drawn->count; k++) {
        const size_t size = drawn->shapes[k].rows * drawn->shapes[k].cols;
        drawn->values[k] = malloc(size * sizeof(float));
        if (!drawn->values[k])
            abort();
        memset(drawn->values[k], 0xff, size * sizeof(float)); /* NaN: must be overwritten */
    }
    EXPECT(weir_init_cell(cell, I, H, P, SEED, STREAM, drawn->values, &error) == WEIR_OK, "%s",
           error.message);
    return true;
}

static size_t find(const struct drawn *drawn, const char *name)
{
    for (size_t k = 0; k < drawn->count; k++)
        if (strcmp(drawn->shapes[k].name, name) == 0)
            return k;
    printf("%s has no %s\n", drawn->cell, name);
    abort();
}

/* ---- Matrices of x ---- */

/* Uniform within the limit: none is beyond it, the largest of many is close, the variance is a
 * third of its square. */
static void check_uniform(const struct drawn *drawn, const char *name, double limit)
{
    const size_t k = find(drawn, name), size = drawn->shapes[k].rows * drawn->shapes[k].cols;
    double largest = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < size; i++) {
        const double value = drawn->values[k][i];
        largest = fabs(value) > largest ? fabs(value) : largest;
        sum += value;
        squares += value * value;
    }
    const double n = (double)size;
    EXPECT(largest <= limit && largest > 0.99 * limit, "%s %s: %g of %g", drawn->cell, name,
           largest, limit);
    EXPECT(fabs(sum / n) < 4 * limit / sqrt(3 * n), "%s %s: mean %g", drawn->cell, name, sum / n);
    EXPECT(fabs(squares / n / (limit * limit / 3) - 1) < 4 / sqrt(n), "%s %s: variance %g",
           drawn->cell, name, squares / n);
}

/* ---- Matrices of states ---- */

/* Largest error of the products of columns (or rows) of a stack of matrices. */
static double orthogonality(const struct drawn *drawn, const char *const *names, size_t count,
                            bool of_columns)
{
    const weir_shape *shape = &drawn->shapes[find(drawn, names[0])];
    const size_t rows = shape->rows, cols = shape->cols;
    const size_t vectors = of_columns ? cols : count * rows,
                 length = of_columns ? count * rows : cols;
    double worst = 0;
    for (size_t a = 0; a < vectors; a++)
        for (size_t b = 0; b <= a; b++) {
            double product = a == b ? -1 : 0;
            for (size_t i = 0; i < length; i++) {
                const size_t row_a = of_columns ? i : a, col_a = of_columns ? a : i;
                const size_t row_b = of_columns ? i : b, col_b = of_columns ? b : i;
                product +=
                    (double)drawn
                        ->values[find(drawn, names[row_a / rows])][row_a % rows * cols + col_a] *
                    drawn->values[find(drawn, names[row_b / rows])][row_b % rows * cols + col_b];
            }
            worst = fabs(product) > worst ? fabs(product) : worst;
        }
    return worst;
}

static double uniform(uint64_t stream, size_t counter, size_t index)
{
    uint32_t words[4];
    weir_random_block(SEED, stream, counter, words);
    return ldexp((double)(((uint64_t)words[2 * index + 1] << 32 | words[2 * index]) >> 11), -52) -
           1;
}

/* The normal matrix [n][m] that is decomposed, drawn anew, with the C library's logarithm. */
static void draw_normal(uint64_t stream, double *matrix, size_t size)
{
    size_t counter = 0;
    for (size_t i = 0; i < size; i += 2) {
        double u, v, s;
        do {
            u = uniform(stream, counter, 0);
            v = uniform(stream, counter, 1);
            s = u * u + v * v;
            counter++;
        } while (s >= 1 || s == 0);
        matrix[i] = u * sqrt(-2 * log(s) / s);
        if (i + 1 < size)
            matrix[i + 1] = v * sqrt(-2 * log(s) / s);
    }
}

/* Householder's QR of a [n][m], n >= m; q becomes Q [n][m] with each column's sign such that R's
 * diagonal is positive. */
static void decompose(double *a, double *q, size_t n, size_t m)
{
    double *reflector = calloc(n * m, sizeof *reflector), *diagonal = calloc(m, sizeof *diagonal);
    for (size_t k = 0; k < m; k++) {
        double norm = 0, *v = reflector + k * n, length = 0;
        for (size_t i = k; i < n; i++)
            norm += a[i * m + k] * a[i * m + k];
        norm = a[k * m + k] > 0 ? -sqrt(norm) : sqrt(norm);
        for (size_t i = k; i < n; i++)
            v[i] = a[i * m + k] - (i == k ? norm : 0);
        for (size_t i = k; i < n; i++)
            length += v[i] * v[i];
        for (size_t i = k; i < n; i++)
            v[i] /= sqrt(length);
        for (size_t c = k; c < m; c++) {
            double part = 0;
            for (size_t i = k; i < n; i++)
                part += v[i] * a[i * m + c];
            for (size_t i = k; i < n; i++)
                a[i * m + c] -= 2 * part * v[i];
        }
        diagonal[k] = a[k * m + k];
    }
    for (size_t i = 0; i < n * m; i++)
        q[i] = i / m == i % m;
    for (size_t k = m; k-- > 0;)
        for (size_t c = 0; c < m; c++) {
            double part = 0;
            for (size_t i = k; i < n; i++)
                part += reflector[k * n + i] * q[i * m + c];
            for (size_t i = k; i < n; i++)
                q[i * m + c] -= 2 * part * reflector[k * n + i];
        }
    for (size_t i = 0; i < n * m; i++)
        q[i] *= diagonal[i % m] < 0 ? -1 : 1;
    free(reflector);
    free(diagonal);
}

/* Keras: the fused kernel [in][out] is Q of [in][out], or the transpose of Q of [out][in] where out
 * is more. Weir's matrices, stacked, are the kernel's transpose. */
static void check_against_qr(const struct drawn *drawn, const char *const *names, size_t count)
{
    const size_t first = find(drawn, names[0]);
    const size_t in = drawn->shapes[first].cols, rows = drawn->shapes[first].rows;
    const size_t out = count * rows, n = in > out ? in : out, m = in > out ? out : in;
    double *a = calloc(n * m + 1, sizeof *a), *q = calloc(n * m, sizeof *q), worst = 0;
    draw_normal(STREAM + first, a, n * m);
    decompose(a, q, n, m);
    for (size_t i = 0; i < in; i++)
        for (size_t o = 0; o < out; o++) {
            const double kernel = in < out ? q[o * m + i] : q[i * m + o];
            const double own = drawn->values[find(drawn, names[o / rows])][o % rows * in + i];
            worst = fabs(kernel - own) > worst ? fabs(kernel - own) : worst;
        }
    EXPECT(worst < 1e-7, "%s %s..: %g from the reference", drawn->cell, names[0], worst);
    free(a);
    free(q);
}

static void check_states_matrix(const struct drawn *drawn, const char *const *names, size_t count)
{
    const weir_shape *shape = &drawn->shapes[find(drawn, names[0])];
    const double worst = orthogonality(drawn, names, count, count * shape->rows >= shape->cols);
    EXPECT(worst < 1e-6, "%s %s..: products are off by %g", drawn->cell, names[0], worst);
    check_against_qr(drawn, names, count);
}

/* ---- Cells ---- */

static void check_vector(const struct drawn *drawn, const char *name, float expected)
{
    const size_t k = find(drawn, name);
    for (size_t i = 0; i < drawn->shapes[k].rows; i++)
        EXPECT(drawn->values[k][i] == expected, "%s %s[%zu] is %g", drawn->cell, name, i,
               (double)drawn->values[k][i]);
}

static uint64_t hash_of(const struct drawn *drawn)
{
    uint64_t hash = HASH_START;
    for (size_t k = 0; k < drawn->count; k++)
        for (size_t i = 0; i < drawn->shapes[k].rows * drawn->shapes[k].cols; i++)
            hash = hash_number(hash, float_bits(drawn->values[k][i]));
    return hash;
}

static void check_lstm(void)
{
    struct drawn drawn;
    if (!drawn_create(&drawn, "lstm", 40, 24, 0))
        return;
    const char *const inputs[] = {"Wi", "Wf", "Wg", "Wo"}, *const states[] = {"Ui", "Uf", "Ug",
                                                                              "Uo"};
    for (size_t k = 0; k < 4; k++)
        check_uniform(&drawn, inputs[k], sqrt(6.0 / (40 + 4 * 24)));
    check_states_matrix(&drawn, states, 4);
    check_vector(&drawn, "bi", 0);
    check_vector(&drawn, "bf", 1);
    check_vector(&drawn, "bg", 0);
    check_vector(&drawn, "bo", 0);
    EXPECT(hash_of(&drawn) == UINT64_C(0x2eab33467298f090), "0x%016llx",
           (unsigned long long)hash_of(&drawn));
    drawn_destroy(&drawn);
}

static void check_other_cells(void)
{
    struct drawn drawn;
    const char *const u[] = {"U"}, *const r[] = {"R"}, *const gru[] = {"Uz", "Ur", "Un"};
    if (drawn_create(&drawn, "rnn_tanh", 33, 33, 0)) { /* as many inputs as units */
        check_uniform(&drawn, "W", sqrt(6.0 / 66));
        check_states_matrix(&drawn, u, 1);
        check_vector(&drawn, "b", 0);
        drawn_destroy(&drawn);
    }
    if (drawn_create(&drawn, "dense", 64, 8, 0)) {
        check_uniform(&drawn, "W", sqrt(6.0 / 72));
        check_vector(&drawn, "b", 0);
        drawn_destroy(&drawn);
    }
    if (drawn_create(&drawn, "gru", 16, 20, 0)) {
        check_uniform(&drawn, "Wn", sqrt(6.0 / 76));
        check_states_matrix(&drawn, gru, 3);
        check_vector(&drawn, "un", 0);
        drawn_destroy(&drawn);
    }
    for (size_t P = 9; P < 30; P += 9) /* fewer, and more than H = 20 */
        if (drawn_create(&drawn, "lstm_projected", 16, 20, P)) {
            const char *const states[] = {"Ui", "Uf", "Ug", "Uo"};
            check_states_matrix(&drawn, states, 4);
            check_states_matrix(&drawn, r, 1);
            check_vector(&drawn, "bf", 1);
            drawn_destroy(&drawn);
        }
}

int main(void)
{
    weir_error error = {0};
    check_lstm();
    check_other_cells();
    EXPECT(weir_init_cell("no_such_cell", 1, 1, 0, 0, 0, NULL, &error) == WEIR_UNAVAILABLE &&
               strstr(error.message, "no_such_cell"),
           "%s", error.message);
    return expect_verdict("test_init");
}
