/* SPDX-License-Identifier: MIT */
/* The odd cells in float64, typed from the maths of the cell files and of ONNX's activations. */
#include "kernels/odd_reference.h"

#include <math.h>
#include <string.h>

#include "kernels/backward_reference.h"
#include "kernels/reference.h"

/* ---- What cells are written with ---- */

/* Row k of the matrix times v. */
static double M(const struct odd_step *s, const char *name, const double *v, size_t k)
{
    size_t cols;
    const double *w = precise_weight(s->inputs, name, &cols);
    double sum = 0;
    for (size_t j = 0; j < cols; ++j)
        sum += w[k * cols + j] * v[j];
    return sum;
}

static double V(const struct odd_step *s, const char *name, size_t k)
{
    return precise_weight(s->inputs, name, NULL)[k];
}

/* NaN where either is: C's fmin and fmax hide it. */
static double least(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : fmin(a, b);
}

static double most(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : fmax(a, b);
}

static double clip(double a, double low, double high)
{
    return least(most(a, low), high);
}

static double sigmoid(double a)
{
    return 1 / (1 + exp(-a));
}

static double leaky_relu(double a, double alpha)
{
    return a < 0 ? alpha * a : a;
}

static double elu(double a, double alpha)
{
    return a < 0 ? alpha * expm1(a) : a;
}

static double softplus(double a)
{
    return isnan(a) ? a : fmax(a, 0) + log1p(exp(-fabs(a)));
}

static double softsign(double a)
{
    return isinf(a) ? copysign(1, a) : a / (1 + fabs(a));
}

static double hard_sigmoid(double a, double alpha, double beta)
{
    return clip(alpha * a + beta, 0, 1);
}

static double thresholded_relu(double a, double alpha)
{
    return a > alpha || isnan(a) ? a : 0;
}

/* ---- The cells ---- */

/* odd_functions: what is computed of the products of unit k. */
static double functions_output(const struct odd_step *s, size_t k, double a, double b, double e,
                               double f, double g)
{
    const double *x = s->x, *h = s->prev[0];
    const double l = thresholded_relu(M(s, "L", x, k) + V(s, "bl", k), 1) +
                     thresholded_relu(M(s, "V", h, k) + V(s, "bl", k), 0.3);
    const double m = clip(M(s, "M", x, k) + V(s, "bm", k), -0.5, 0.75) + clip(1 + a, b - 1, 2);
    const double n = least(a, b) - most(e, -f) + fabs(g) + least(0.5, e);
    const double o = exp(-fabs(M(s, "O", x, k) + V(s, "bo", k))) / sqrt((double)s->H) +
                     exp(least(f, 1)) / (1 + sqrt((double)(s->H + s->I)));
    return (tanh((l + m) / 2 - n * o + s->next[2][k]) -
            most(fabs(s->next[1][k]), 0.125) / (2 + f)) /
           8;
}

static void functions(const struct odd_step *s)
{
    const double *x = s->x, *h = s->prev[0], *c = s->prev[1];
    for (size_t k = 0; k < s->H; ++k) {
        const double Uh = M(s, "U", h, k), Vh = M(s, "V", h, k), Bh = M(s, "B", h, k);
        const double Ax = M(s, "A", x, k) + V(s, "ba", k);
        const double a = most(Ax, 0) - leaky_relu(Bh + V(s, "bb", k), 0.01);
        const double b = leaky_relu(Ax, 0.25);
        const double e = elu(M(s, "E", x, k) + Uh, 1) + elu(Uh + V(s, "be", k), 0.5);
        const double f = softplus(M(s, "F", x, k) + M(s, "U", c, k));
        const double g = softsign(M(s, "G", x, k) + Vh + V(s, "bg", k));
        const double i = hard_sigmoid(M(s, "W", x, k) + Vh, 0.2, 0.5) -
                         hard_sigmoid(Vh + V(s, "bi", k), 0.3, 0.4);
        const double j = M(s, "J", x, k) + 0.5 * Bh - (1.5 * b - 0.25);
        const double kk = 1.5 * tanh(0.75 * (M(s, "K", x, k) + Uh)) - tanh(a);
        s->next[1][k] = (tanh(a + b - e) * sigmoid(f) + c[k] - 0.5 * g) / 4;
        s->next[2][k] = (i + j - kk) / (1 + fabs(s->next[1][k])) - 1;
        s->next[0][k] = functions_output(s, k, a, b, e, f, g);
    }
}

static void elementwise(const struct odd_step *s)
{
    double q[ODD_SIZE_MAX], u[ODD_SIZE_MAX];
    for (size_t k = 0; k < s->I; ++k) {
        q[k] = tanh(s->x[k]);
        u[k] = q[k] * sigmoid(V(s, "p", k) * s->x[k] + s->prev[1][k]);
        s->next[1][k] = s->prev[1][k] / 2 + q[k] - u[k] * s->prev[1][k];
    }
    for (size_t k = 0; k < s->H; ++k)
        s->next[0][k] = tanh(M(s, "W", q, k) + M(s, "V", u, k) + M(s, "R", s->next[1], k) +
                             M(s, "U", s->prev[0], k) + V(s, "b", k));
}

static void phases(const struct odd_step *s)
{
    const double *x = s->x, *h = s->prev[0], *c = s->prev[1];
    double r[ODD_SIZE_MAX], Ch[ODD_SIZE_MAX], BCh[ODD_SIZE_MAX];
    double rh[ODD_SIZE_MAX], rc[ODD_SIZE_MAX], rest[ODD_SIZE_MAX];
    for (size_t k = 0; k < s->H; ++k) {
        r[k] = sigmoid(M(s, "Wr", x, k) + M(s, "Ur", h, k) + V(s, "br", k));
        Ch[k] = M(s, "C", h, k);
    }
    for (size_t k = 0; k < s->H; ++k)
        BCh[k] = M(s, "B", Ch, k);
    for (size_t k = 0; k < s->H; ++k) {
        s->next[1][k] = r[k] * c[k] + (1 - r[k]) * tanh(M(s, "A", BCh, k) + M(s, "W", x, k));
        rh[k] = r[k] * h[k];
        rc[k] = r[k] * s->next[1][k];
        rest[k] = h[k] - s->next[1][k];
    }
    for (size_t k = 0; k < s->H; ++k)
        s->next[0][k] =
            r[k] * tanh(M(s, "A", rh, k) + M(s, "A", rc, k) + M(s, "B", rest, k) + M(s, "V", x, k));
}

static double gate(const struct odd_step *s, const char *letter, size_t k)
{
    char W[] = "W?", U[] = "U?", b[] = "b?";
    W[1] = U[1] = b[1] = letter[0];
    return M(s, W, s->x, k) + M(s, U, s->prev[0], k) + V(s, b, k);
}

static void gates(const struct odd_step *s)
{
    const double *c = s->prev[1];
    for (size_t k = 0; k < s->H; ++k) {
        const double j = tanh(M(s, "Wj", s->x, k) + V(s, "bj", k));
        const double kk = tanh(M(s, "Uk", s->prev[0], k) + V(s, "pk", k) * c[k] + V(s, "bk", k));
        s->next[1][k] = sigmoid(gate(s, "f", k)) * c[k] +
                        sigmoid(gate(s, "a", k)) * tanh(gate(s, "g", k)) +
                        sigmoid(gate(s, "b", k)) * tanh(gate(s, "i", k));
        s->next[0][k] =
            sigmoid(gate(s, "d", k)) * tanh(s->next[1][k]) + sigmoid(gate(s, "e", k)) * (j - kk);
    }
}

static void products(const struct odd_step *s)
{
    const double *x = s->x, *h = s->prev[0], *c = s->prev[1];
    for (size_t k = 0; k < s->H; ++k) {
        const double a = sigmoid(gate(s, "a", k)), b = sigmoid(gate(s, "b", k));
        const double d = tanh(gate(s, "d", k));
        const double e = sigmoid(M(s, "We", x, k) + M(s, "Ue", c, k) + V(s, "be", k));
        const double f = tanh(M(s, "Wf", x, k) + V(s, "bf", k));
        const double p = a * b * d * e * f;
        const double q = (1 - a) * (1 - b) * (1 - e) * d + p;
        const double c_next = p + q * c[k] - pow(a * b, 2) + (d - e) * (1 - a * e) / (2 + fabs(f));
        s->next[1][k] = c_next;
        s->next[0][k] =
            a * b * d + a * b * e * f - a * b * e * a * tanh(c_next) + (1 - a * b) * h[k];
    }
}

static void copies(const struct odd_step *s)
{
    for (size_t k = 0; k < s->H; ++k) {
        s->next[0][k] = tanh(M(s, "W", s->x, k) + M(s, "U", s->prev[2], k) +
                             M(s, "V", s->prev[4], k) + M(s, "R", s->prev[5], k));
        s->next[1][k] = s->prev[0][k];
        s->next[2][k] = s->prev[1][k];
        s->next[5][k] = V(s, "b", k);
    }
    for (size_t k = 0; k < s->I; ++k) {
        s->next[3][k] = s->x[k];
        s->next[4][k] = s->prev[3][k];
    }
}

static void sizes(const struct odd_step *s)
{
    const double *in = s->prev[0], *m = s->prev[1], *h = s->prev[2];
    for (size_t k = 0; k < s->H; ++k)
        s->next[2][k] = tanh(M(s, "A", in, k) + M(s, "B", m, k) + V(s, "b", k));
    for (size_t k = 0; k < s->P; ++k)
        s->next[1][k] =
            sigmoid(M(s, "C", s->next[2], k) + M(s, "D", in, k) + M(s, "E", m, k)) * m[k] / 2 +
            tanh(M(s, "F", h, k)) / ((double)s->P + 1);
    for (size_t k = 0; k < s->I; ++k)
        s->next[0][k] = s->x[k] * tanh(M(s, "G", s->next[1], k) + V(s, "e", k)) / 2 - in[k] / 4;
}

static void constants(const struct odd_step *s)
{
    const double I = (double)s->I, H = (double)s->H, *h = s->prev[0], *c = s->prev[1];
    for (size_t k = 0; k < s->H; ++k) {
        const double q = M(s, "W", s->x, k) * sqrt(H), b = V(s, "b", k);
        s->next[1][k] = tanh(q / H * I + H * b + q * H - c[k] * H / I + 2);
        s->next[0][k] = tanh(M(s, "U", h, k) / sqrt(I + H) - I / H * s->next[1][k] - b * I) *
                            (fmin(H, I) / fmax(H, I)) +
                        fabs(I - H) / (I + H) * h[k];
    }
}

/* odd_words: the same cell with names that say something. States a to f. */
static void words(const struct odd_step *s)
{
    const double *a = s->prev[0], *b = s->prev[1], *c = s->prev[2], *d = s->prev[3];
    const double *e = s->prev[4], *f = s->prev[5];
    double gate1[ODD_SIZE_MAX], gate2[ODD_SIZE_MAX], mixed[ODD_SIZE_MAX], count[ODD_SIZE_MAX];
    double sum[ODD_SIZE_MAX], count_a[ODD_SIZE_MAX], count_b[ODD_SIZE_MAX], after[ODD_SIZE_MAX];
    for (size_t k = 0; k < s->H; ++k) {
        gate1[k] = sigmoid(M(s, "A", s->x, k) + M(s, "B", a, k) + V(s, "float", k));
        gate2[k] = tanh(M(s, "C", s->x, k) + M(s, "D", b, k) + V(s, "vector", k) * gate1[k]);
        const double other = tanh(M(s, "E", d, k) + M(s, "F", e, k) + V(s, "static_t", k));
        mixed[k] = gate1[k] * gate2[k] + (1 - gate1[k]) * V(s, "at", k);
        count[k] = other * mixed[k] - V(s, "vaddq_f32", k);
        sum[k] = least(count[k], mixed[k]) + gate1[k] * gate2[k];
        count_a[k] = count[k] * a[k];
        count_b[k] = count[k] * b[k];
    }
    for (size_t k = 0; k < s->H; ++k)
        after[k] = tanh(M(s, "G", mixed, k) + M(s, "K", sum, k));
    for (size_t k = 0; k < s->H; ++k) {
        const double both = tanh(M(s, "G", count_a, k) + M(s, "M", count_b, k));
        s->next[0][k] = tanh(M(s, "L", after, k)) * gate1[k] + both;
        s->next[1][k] = mixed[k] * b[k] + count[k];
        s->next[2][k] = gate2[k] - V(s, "out", k) * c[k];
        s->next[3][k] = after[k] * d[k];
        s->next[4][k] = gate1[k] * e[k] + s->next[0][k];
    }
    for (size_t k = 0; k < s->H; ++k)
        s->next[5][k] = tanh(M(s, "N", f, k) + M(s, "O", s->next[4], k) + M(s, "Q", c, k));
}

/* Bounds are some four times the largest error measured over forty seeds; odd_constants multiplies
 * its sums, and their rounding errors, by up to 33*sqrt(33). */
const struct odd_cell odd_cells[] = {
    {"odd_functions", functions, 2e-6, true},
    {"odd_elementwise", elementwise, 4e-6, false},
    {"odd_phases", phases, 4e-6, false},
    {"odd_gates", gates, 2e-6, false},
    {"odd_products", products, 2e-6, false},
    {"odd_copies", copies, 2e-6, false},
    {"odd_sizes", sizes, 2e-6, true},
    {"odd_constants", constants, 1e-4, false},
    {"int", words, 4e-6, false},
};

const size_t odd_cell_count = sizeof odd_cells / sizeof *odd_cells;

/* ---- Whole sequences ---- */

static const struct odd_cell *cell_named(const char *name)
{
    for (size_t n = 0; n < odd_cell_count; ++n)
        if (strcmp(odd_cells[n].name, name) == 0)
            return &odd_cells[n];
    return NULL;
}

bool reference_has(const char *cell)
{
    return cell_named(cell) != NULL;
}

bool reference_forward(const struct precise *inputs, const struct precise_outcome *outcome)
{
    const struct problem *problem = inputs->problem;
    const struct odd_cell *cell = cell_named(problem->cell);
    double prev[PROBLEM_STATES_MAX][ODD_SIZE_MAX], next[PROBLEM_STATES_MAX][ODD_SIZE_MAX];
    struct odd_step step = {.inputs = inputs, .prev = prev, .next = next};
    step.I = problem->I;
    step.H = problem->H;
    step.P = problem->P;
    for (size_t b = 0; b < problem->B && cell != NULL; ++b) {
        const weir_shape *states = problem->states;
        for (size_t s = 0; s < problem->state_count; ++s)
            memcpy(prev[s], inputs->initial[s] + b * states[s].rows,
                   states[s].rows * sizeof **prev);
        for (size_t t = 0; t < problem->T; ++t) {
            step.x = inputs->x + (t * problem->B + b) * problem->I;
            cell->step(&step);
            memcpy(prev, next, sizeof prev);
            memcpy(outcome->y + (t * problem->B + b) * states[0].rows, prev[0],
                   states[0].rows * sizeof **prev);
        }
        for (size_t s = 0; s < problem->state_count; ++s)
            memcpy(outcome->final[s] + b * states[s].rows, prev[s], states[s].rows * sizeof **prev);
    }
    return cell != NULL;
}

/* Of none of them by hand. */
bool backward_reference_has(const char *cell)
{
    (void)cell;
    return false;
}

bool backward_reference(const struct precise *inputs, struct precise *gradients)
{
    (void)inputs;
    (void)gradients;
    return false;
}
