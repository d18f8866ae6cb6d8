/* SPDX-License-Identifier: MIT */
/* Pow: to some constants by few exactly rounded operations, to all else by a function of
 * kernels/elementwise.h; and Mod. */
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

/* Of whole numbers the result is of the type of the first. */
static bool express(struct lowering *l, struct value *const of[2], const char *words)
{
    const enum whole whole = of[0]->is_int ? of[0]->whole : WHOLE_64;
    return lower_wrapped(l, of, 2, words, whole, lower_output(l, 0));
}

/* Of two types: the result is of the first. A whole number to a float that is whole, too, is what
 * no float might hold. */
bool lower_pow(struct lowering *l)
{
    struct value *x = lower_input(l, 0), *power = lower_input(l, 1);
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
        words = power->is_int ? "a b int_pow"
                              : "b b floor equal a b to_int int_pow a to_float b pow to_int "
                                "int_where";
    return express(l, (struct value *const[]){x, power}, words);
}

/* With the sign of what it is divided by, or as C has it; of floats as C alone. */
bool lower_mod(struct lowering *l)
{
    struct value *const of[] = {lower_input(l, 0), lower_input(l, 1)};
    const bool as_c = onnx_attribute_int(l->node, "fmod", 0) != 0;
    if (!of[0] || !of[1] || (!of[0]->is_int && !as_c))
        return lower_refuse(l, "its inputs are no numbers for which it is defined");
    return express(l, of, !of[0]->is_int ? "a b fmod" : as_c ? "a b int_rest" : "a b int_mod");
}
