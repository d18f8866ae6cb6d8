/* SPDX-License-Identifier: MIT */
/* MatMulInteger, ConvInteger, QLinearMatMul and QLinearConv. Numbers less their zero points are
 * floats without an error, and so are their products and sums up to 2^24, in any order: a product
 * with constants is done as MatMul or Conv of floats, by the same kernels, in as many parts as it
 * takes for no sum of magnitudes in one to be larger. Whole numbers add up the parts. */
#include "deploy/graph/lower.h"
#include "onnx/scales.h"
#include "onnx/walk.h"

#include <stdio.h>
#include <string.h>

enum { EXACT_MOST = 1 << 24, BFLOAT_MOST = 1 << 8, PARTS_MOST = 32 };

/* Where among the inputs of a node its factors are. */
struct factors {
    size_t a, a_zero, b, b_zero;
    bool is_convolution;
};

/* A product in work: the first factor less its zero points, as floats, and the second one, which
 * is a constant as its zero points are, one or one for each output; NULL: there are none. */
struct product {
    struct lowering *l;
    const struct factors *factors;
    struct value a;
    int64_t greatest; /* the largest magnitude that a may have */
    const onnx_tensor *b, *zero;
};

/* ---- Zero points and scales ---- */

/* One number for all, or one for each row or channel, where so many dimensions follow these, as a
 * value that broadcasts to a shape. */
static bool place(struct lowering *l, const struct value *to, struct value *given, size_t following,
                  struct value *placed)
{
    size_t dims[ONNX_RANK_MAX], rank;
    const bool one = lower_count(given) == 1;
    if (!one || !given->constant)
        lower_view(l, given);
    *placed = *given;
    placed->uses = 1;
    if (one) {
        placed->rank = placed->view.rank = 0;
        return true;
    }
    placed->constant = NULL;
    for (size_t d = 1; d <= following && given->rank == 1; d++) {
        placed->view.rank = placed->rank = d + 1;
        placed->view.dims[d] = placed->dims[d] = 1;
        placed->view.strides[d] = 0;
    }
    return (placed->rank <= to->rank &&
            onnx_broadcast_dims(to->dims, to->rank, placed->dims, placed->rank, dims, &rank) &&
            !memcmp(dims, to->dims, rank * sizeof *dims)) ||
           lower_refuse(l, "the shapes of its scales and zero points do not go together with its "
                           "inputs'");
}

/* A factor less its zero points, as floats or whole numbers. */
static bool centre(struct lowering *l, const struct factors *factors, bool is_second, bool floats,
                   struct value *result)
{
    struct value *x = lower_input(l, is_second ? factors->b : factors->a),
                 *given = lower_input(l, is_second ? factors->b_zero : factors->a_zero), zero;
    if (!x || !x->is_int || !lower_quantise_word(x->whole) ||
        (given && (!given->is_int || !lower_quantise_word(given->whole))))
        return lower_refuse(l, "it works on whole numbers of 8 or 16 bits only");
    *result = lower_blank(1);
    if (!given)
        return lower_expression(l, &x, 1, floats ? "a to_float" : "a int_same", result);
    struct value *of[] = {x, &zero};
    const bool by_row = !is_second && !factors->is_convolution && x->rank > 1;
    return place(l, x, given, by_row, &zero) &&
           lower_expression(l, of, 2, floats ? "a b dequantise" : "a b int_sub", result);
}

/* The largest magnitude of a number of one kind less one of another, or less those that there are.
 */
static int64_t greatest_of(const struct value *x, const struct value *zero)
{
    int64_t range[2], from[2] = {0, 0};
    schedule_range(x->whole, &range[0], &range[1]);
    if (zero && !zero->constant)
        schedule_range(zero->whole, &from[0], &from[1]);
    for (size_t i = 0; zero && zero->constant && i < zero->constant->count; i++) {
        const int64_t at = onnx_whole_at(zero->constant, i);
        from[0] = i == 0 || at < from[0] ? at : from[0];
        from[1] = i == 0 || at > from[1] ? at : from[1];
    }
    const int64_t low = from[1] - range[0], high = range[1] - from[0];
    return low > high ? low : high;
}

/* ---- Parts ---- */

/* How the second factor lies: along one axis sums are, and along another what they are for. */
struct lying {
    size_t count, outputs, inner; /* inner: of the kernel of a convolution */
    size_t step, output_step;
};

static struct lying lying_of(const struct product *p)
{
    const onnx_tensor *b = p->b;
    if (!p->factors->is_convolution)
        return (struct lying){b->dims[0], b->dims[1], 1, b->dims[1], 1};
    const size_t inner = b->count / b->dims[0] / b->dims[1];
    return (struct lying){b->dims[1], b->dims[0], inner, inner, inner * b->dims[1]};
}

/* A number of the second factor less its zero point. */
static int64_t weight_at(const struct product *p, const struct lying *lying, size_t k, size_t o,
                         size_t i)
{
    const int64_t number = onnx_whole_at(p->b, k * lying->step + o * lying->output_step + i);
    return p->zero ? number - onnx_whole_at(p->zero, p->zero->count == 1 ? 0 : o) : number;
}

/* How many along the axis of sums, from one on, are a part; 0: that one alone is too much. */
static size_t find_part(const struct product *p, const struct lying *lying, size_t from,
                        int64_t *sums)
{
    memset(sums, 0, lying->outputs * sizeof *sums);
    for (size_t k = from; k < lying->count; k++)
        for (size_t o = 0; o < lying->outputs; o++)
            for (size_t i = 0; i < lying->inner; i++) {
                const int64_t w = weight_at(p, lying, k, o, i);
                sums[o] += p->greatest * (w < 0 ? -w : w);
                if (sums[o] > EXACT_MOST)
                    return k - from;
            }
    return lying->count - from;
}

/* So much of the second factor as floats; *is_short: bfloat16 has them all. */
static onnx_tensor *take_weights(const struct product *p, const struct lying *lying, size_t from,
                                 size_t count, bool *is_short)
{
    size_t dims[ONNX_RANK_MAX];
    const bool rows = p->factors->is_convolution; /* outputs come first */
    memcpy(dims, p->b->dims, sizeof dims);
    dims[rows] = count;
    onnx_memory *memory = rows ? p->l->onnx->memory : p->l->scratch;
    onnx_tensor *part = onnx_tensor_create(memory, ONNX_FLOAT, p->b->rank, dims, p->l->failure);
    *is_short = true;
    for (size_t k = 0; k < count && part; k++)
        for (size_t o = 0; o < lying->outputs; o++)
            for (size_t i = 0; i < lying->inner; i++) {
                const int64_t w = weight_at(p, lying, from + k, o, i);
                const size_t at = rows ? o * count + k : k * lying->outputs + o;
                part->floats[at * lying->inner + i] = (float)w;
                *is_short &= w <= BFLOAT_MOST && w >= -BFLOAT_MOST;
            }
    return part;
}

/* The node as one of floats over a part, by values of its own. */
static bool multiply_part(struct product *p, const onnx_tensor *weights, size_t from, size_t count,
                          bool is_short, struct value *sums)
{
    struct lowering *l = p->l;
    const onnx_node *node = l->node;
    const int first = (int)l->onnx->value_count;
    int inputs[] = {first, first + 1}, outputs[] = {first + 2};
    onnx_node floats = *node;
    floats.op = p->factors->is_convolution ? "Conv" : "MatMul";
    floats.inputs = inputs;
    floats.input_count = 2;
    floats.outputs = outputs;
    floats.output_count = 1;
    const size_t axis = p->factors->is_convolution ? 1 : p->a.rank - 1;
    struct view view = p->a.view;
    struct value *x = &l->values[first];
    const size_t groups = p->a.dims[axis] / p->b->dims[!p->factors->is_convolution ? 0 : 1];
    view.dims[axis] = count * groups;
    view.offset += view.strides[axis] * (ptrdiff_t)from;
    x[0] = x[1] = x[2] = lower_blank(1);
    lower_set_view(&x[0], &view, false);
    lower_set_constant(&x[1], weights);
    l->node = &floats;
    l->exact = is_short ? EXACT_SHORT : EXACT_FLOAT;
    const bool done = p->factors->is_convolution ? lower_conv(l) : lower_matmul(l);
    l->node = node;
    l->exact = EXACT_NONE;
    *sums = x[2];
    sums->affine = NULL;
    sums->uses = 1;
    return done;
}

/* What there is so far, and a part's sums, as whole numbers. */
static bool add_part(struct lowering *l, struct value *part, bool is_first, struct value *total)
{
    struct value before = *total, *of[] = {part, &before};
    *total = lower_blank(1);
    return lower_expression(l, of, is_first ? 1 : 2, is_first ? "a to_int" : "b a to_int int_add",
                            total);
}

/* Whether there are parts that are exact, and not too many. */
static bool can_split(const struct product *p, const struct lying *lying, int64_t *sums)
{
    const bool groups =
        p->factors->is_convolution && onnx_attribute_int(p->l->node, "group", 1) != 1;
    size_t count = 1, parts = 0;
    for (size_t from = 0; from < lying->count && count > 0; from += count) {
        count = find_part(p, lying, from, sums);
        if ((groups && count < lying->count) || ++parts > PARTS_MOST)
            count = 0;
    }
    return count > 0;
}

static bool multiply_parts(struct product *p, const struct lying *lying, int64_t *sums,
                           struct value *total)
{
    struct lowering *l = p->l;
    bool done = true;
    *total = lower_blank(1);
    lower_view(l, &p->a);
    for (size_t from = 0; from < lying->count && done;) {
        const size_t count = find_part(p, lying, from, sums);
        bool is_short;
        struct value part;
        const onnx_tensor *weights = take_weights(p, lying, from, count, &is_short);
        done = (weights || lower_refuse(l, "%s", l->failure->sentence)) &&
               multiply_part(p, weights, from, count, is_short, &part) &&
               add_part(l, &part, from == 0, total);
        from += count;
    }
    return done;
}

/* ---- Sums ---- */

/* Of whole numbers, where the second factor is no constant, or its numbers are too large. */
static bool multiply_whole(struct lowering *l, const struct factors *factors, struct value *total)
{
    struct value a, b;
    if (factors->is_convolution)
        return lower_refuse(l, "its weights are no constants, or too large");
    if (!centre(l, factors, false, false, &a) || !centre(l, factors, true, false, &b))
        return false;
    const struct view x = lower_view(l, &a), y = lower_view(l, &b);
    *total = lower_blank(1);
    return lower_multiply(l, &x, &y, total);
}

/* Whether shapes go together, so far as parts are taken by them. */
static bool check_shapes(const struct lowering *l, const struct factors *factors)
{
    const struct value *a = lower_input(l, factors->a), *b = lower_input(l, factors->b);
    const int64_t group = onnx_attribute_int(l->node, "group", 1);
    const bool fits = factors->is_convolution
                          ? a->rank > 2 && b->rank == a->rank && group > 0 && group <= INT32_MAX &&
                                a->dims[1] == b->dims[1] * (size_t)group
                          : a->rank > 0 && b->rank > 0 &&
                                a->dims[a->rank - 1] == b->dims[b->rank > 1 ? b->rank - 2 : 0];
    if (lower_count(a) == 0 || lower_count(b) == 0)
        return lower_refuse(l, "it has an input without elements");
    return fits || lower_refuse(l, "the shapes of its inputs do not go together");
}

/* Whether the second factor is a constant that can be a matrix of a kernel, or several. */
static bool has_weights(const struct lowering *l, const struct product *p)
{
    const struct value *zero = lower_input(l, p->factors->b_zero);
    if (!p->b || !onnx_type_is_quantised(p->b->type) || (zero && !p->zero) ||
        (!p->factors->is_convolution && p->b->rank != 2))
        return false;
    const size_t outputs = p->b->dims[p->factors->is_convolution ? 0 : 1];
    return !zero || (lower_quantise_word(zero->whole) && zero->is_int &&
                     (p->zero->count == 1 || (p->zero->rank == 1 && p->zero->count == outputs)));
}

/* The sums of products, as whole numbers of 64 bits. */
static bool multiply(struct lowering *l, const struct factors *factors, struct value *total)
{
    struct product p = {.l = l,
                        .factors = factors,
                        .b = lower_constant(l, factors->b),
                        .zero = lower_constant(l, factors->b_zero)};
    if (!lower_input(l, factors->a) || !lower_input(l, factors->b))
        return lower_refuse(l, "an input is missing");
    if (!check_shapes(l, factors))
        return false;
    if (!has_weights(l, &p))
        return multiply_whole(l, factors, total);
    if (!centre(l, factors, false, true, &p.a))
        return false;
    p.greatest = greatest_of(lower_input(l, factors->a), lower_input(l, factors->a_zero));
    const struct lying lying = lying_of(&p);
    int64_t *sums = onnx_memory_take(l->scratch, lying.outputs, sizeof *sums);
    if (!sums)
        return fail_memory(l->failure);
    return can_split(&p, &lying, sums) ? multiply_parts(&p, &lying, sums, total)
                                       : multiply_whole(l, factors, total);
}

/* ---- The operators ---- */

static bool lower_integer(struct lowering *l, const struct factors *factors)
{
    struct value total, *of[] = {&total};
    return multiply(l, factors, &total) &&
           lower_wrapped(l, of, 1, "a int_same", WHOLE_I32, lower_output(l, 0));
}

bool lower_matmul_integer(struct lowering *l)
{
    static const struct factors factors = {0, 2, 1, 3, false};
    return lower_integer(l, &factors);
}

bool lower_conv_integer(struct lowering *l)
{
    static const struct factors factors = {0, 2, 1, 3, true};
    return lower_integer(l, &factors);
}

/* The scales of the factors over that of the result; where all are constants, so is this. */
static bool find_scale(struct lowering *l, struct value *a, struct value *b, struct value *y,
                       const onnx_tensor *of_b, struct value *scale)
{
    struct value *of[] = {a, b, y};
    *scale = lower_blank(1);
    if (!a->constant || !of_b || !y->constant)
        return lower_expression(l, of, 3, "a b mul c div", scale);
    onnx_tensor *all =
        onnx_tensor_create(l->onnx->memory, ONNX_FLOAT, b->rank, b->dims, l->failure);
    for (size_t i = 0; all && i < all->count; i++)
        all->floats[i] = a->constant->floats[0] * of_b->floats[i] / y->constant->floats[0];
    if (all)
        lower_set_constant(scale, all);
    return all || lower_refuse(l, "%s", l->failure->sentence);
}

/* Sums brought to the scale of the result. */
static bool rescale(struct lowering *l, struct value *total, const size_t following[2])
{
    struct value *given[] = {lower_input(l, 1), lower_input(l, 4), lower_input(l, 6)},
                 *zero = lower_input(l, 7), placed[3], scale, last;
    char words[64];
    for (size_t k = 0; k < 3; k++) {
        if (!given[k] || given[k]->is_int)
            return lower_refuse(l, "its scales are no floats");
        if (!place(l, total, given[k], k < 2 ? following[k] : 0, &placed[k]))
            return false;
    }
    if (lower_count(given[2]) != 1 || !zero || !zero->is_int || lower_count(zero) != 1 ||
        !lower_quantise_word(zero->whole))
        return lower_refuse(l, "the scale and zero point of its result are not one number each");
    if (!place(l, total, zero, 0, &last) ||
        !find_scale(l, &placed[0], &placed[1], &placed[2], given[1]->constant, &scale))
        return false;
    struct value *of[] = {total, &scale, &last};
    snprintf(words, sizeof words, "a to_float b mul c %s", lower_quantise_word(zero->whole));
    const bool done = lower_expression(l, of, 3, words, lower_output(l, 0));
    lower_output(l, 0)->whole = zero->whole;
    return done;
}

bool lower_qlinear_matmul(struct lowering *l)
{
    static const struct factors factors = {0, 2, 3, 5, false};
    struct value total;
    if (!multiply(l, &factors, &total))
        return false;
    const size_t rows[] = {lower_input(l, 0)->rank > 1 && lower_input(l, 3)->rank > 1, 0};
    return rescale(l, &total, rows);
}

bool lower_qlinear_conv(struct lowering *l)
{
    static const struct factors factors = {0, 2, 3, 5, true};
    struct value *x_scale = lower_input(l, 1), *x_zero = lower_input(l, 2),
                 *w_scale = lower_input(l, 4), *bias = lower_input(l, 8), total, added, placed;
    if (!x_scale || !x_zero || lower_count(x_scale) != 1 || lower_count(x_zero) != 1 || !w_scale ||
        (lower_count(w_scale) > 1 && w_scale->rank != 1))
        return lower_refuse(l, "its scales and zero points are not one number each, or one for "
                               "each filter");
    if (bias && (!bias->is_int || bias->whole != WHOLE_I32 || bias->rank != 1))
        return lower_refuse(l, "its bias is not of int32");
    if (!multiply(l, &factors, &total))
        return false;
    const size_t following[] = {0, total.rank - 2};
    if (!bias)
        return rescale(l, &total, following);
    if (bias->dims[0] != total.dims[1])
        return lower_refuse(l, "the shapes of its inputs do not go together");
    added = lower_blank(1);
    struct value *of[] = {&total, &placed};
    return place(l, &total, bias, following[1], &placed) &&
           lower_expression(l, of, 2, "a b int_add", &added) && rescale(l, &added, following);
}
