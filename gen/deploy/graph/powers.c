/* SPDX-License-Identifier: MIT */
/* Pow: to some constants by few exactly rounded operations, to all else by a function of
 * kernels/elementwise.h. */
#include "deploy/graph/lower.h"

#include <string.h>

/* As powers, roots of -0 and -infinity are those of what has no sign: these are twice themselves.
 */
#define ROOT "a a a add equal a abs a where sqrt"

/* NULL: none is for this power. */
static const char *words_of(float power)
{
    static const struct {
        float power;
        const char *words;
    } powers[] = {{1, "a same"},
                  {2, "a a mul"},
                  {3, "a a mul a mul"},
                  {0.5f, ROOT},
                  {-1, "a reciprocal"},
                  {-0.5f, ROOT " reciprocal"},
                  {4, "a a mul a a mul mul"}};
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++)
        if (powers[i].power == power)
            return powers[i].words;
    return NULL;
}

/* To one that is a number for all; the result has its dimensions, too. */
static bool lower_constant_power(struct lowering *l, struct value *x, const onnx_tensor *power,
                                 const char *words)
{
    struct value wide;
    if (power->rank > x->rank) {
        size_t dims[ONNX_RANK_MAX] = {0};
        for (size_t d = 0; d < power->rank; d++)
            dims[d] = d < power->rank - x->rank ? 1 : x->dims[d - (power->rank - x->rank)];
        const struct view view = lower_view(l, x), more = view_broadcast(&view, power->rank, dims);
        wide = lower_blank(1);
        lower_set_view(&wide, &more, false);
        x = &wide;
    }
    return lower_expression(l, &x, 1, words, lower_output(l, 0));
}

/* Of two types: the result is of the first. */
bool lower_pow(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *power = lower_input(l, 1), *y = lower_output(l, 0);
    if (!x || !power)
        return lower_refuse(l, "an input is missing");
    const onnx_tensor *constant = power->constant;
    const char *words =
        constant && constant->count == 1 && !x->is_int
            ? words_of(constant->floats ? constant->floats[0] : (float)constant->ints[0])
            : NULL;
    if (words)
        return lower_constant_power(l, x, constant, words);
    words = power->is_int ? "a b to_float pow" : "a b pow";
    if (x->is_int)
        words = power->is_int ? "a b int_pow" : "a to_float b pow to_int";
    struct value *of[] = {x, power};
    if (!x->is_int || !x->is_narrow)
        return lower_expression(l, of, 2, words, y);
    struct value wide = lower_blank(1), *narrow = &wide;
    y->is_narrow = true;
    return lower_expression(l, of, 2, words, &wide) &&
           lower_expression(l, &narrow, 1, "a int_narrow", y);
}
