/* SPDX-License-Identifier: MIT */
/* Functions of single elements: the table, and calls by what they take. */
#include "schedule/functions.h"

#include "elementwise.h"

#include <stdlib.h>

/* A function, and its address as one of its kinds. */
struct row {
    struct function function;
    union {
        float (*F_F)(float a);
        float (*F_FF)(float a, float b);
        int64_t (*I_FF)(float a, float b);
        int64_t (*I_I)(int64_t a);
        int64_t (*I_II)(int64_t a, int64_t b);
        int64_t (*I_III)(int64_t a, int64_t b, int64_t c);
        float (*F_I)(int64_t a);
        int64_t (*I_F)(float a);
        float (*F_IFF)(int64_t a, float b, float c);
        int64_t (*I_FI)(float a, int64_t b);
        float (*F_II)(int64_t a, int64_t b);
    } call;
};

static const struct row rows[] = {
#define FUNCTION(kinds, name) {{#name, #kinds}, {.kinds = weir_##name}},
#include "schedule/functions.def"
#undef FUNCTION
};

const struct function *function_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].function.name, name))
            return &rows[i].function;
    abort();
}

#define KIND(words) (!strcmp(function->kinds, words))

union element function_call(const struct function *function, const union element *of)
{
    const struct row *row = (const struct row *)(const void *)function;
    union element result = {0};
    if (KIND("F_F"))
        result.real = row->call.F_F(of[0].real);
    else if (KIND("F_FF"))
        result.real = row->call.F_FF(of[0].real, of[1].real);
    else if (KIND("I_FF"))
        result.whole = row->call.I_FF(of[0].real, of[1].real);
    else if (KIND("I_I"))
        result.whole = row->call.I_I(of[0].whole);
    else if (KIND("I_II"))
        result.whole = row->call.I_II(of[0].whole, of[1].whole);
    else if (KIND("I_III"))
        result.whole = row->call.I_III(of[0].whole, of[1].whole, of[2].whole);
    else if (KIND("F_I"))
        result.real = row->call.F_I(of[0].whole);
    else if (KIND("I_F"))
        result.whole = row->call.I_F(of[0].real);
    else if (KIND("I_FI"))
        result.whole = row->call.I_FI(of[0].real, of[1].whole);
    else if (KIND("F_II"))
        result.real = row->call.F_II(of[0].whole, of[1].whole);
    else
        result.real = row->call.F_IFF(of[0].whole, of[1].real, of[2].real);
    return result;
}
