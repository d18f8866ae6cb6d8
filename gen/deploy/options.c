/* SPDX-License-Identifier: MIT */
/* What the command line says of a model that stands alone, whatever it is made from. */
#include "deploy/deploy.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 1 << 20, NAME_MAX_LENGTH = 24 };

static bool is_name(const char *name)
{
    const char *letters = "abcdefghijklmnopqrstuvwxyz",
               *all = "abcdefghijklmnopqrstuvwxyz0123456789_";
    return *name && strchr(letters, *name) && strspn(name, all) == strlen(name) &&
           strlen(name) <= NAME_MAX_LENGTH;
}

/* Whether the model's header would be taken for one of C, or for one that comes with the model. */
static bool hides_header(const char *name)
{
    static const char *const headers[] = {
        "assert",  "complex", "ctype",  "errno",  "fenv",   "float",       "inttypes", "iso646",
        "limits",  "locale",  "math",   "setjmp", "signal", "stdalign",    "stdarg",   "stdatomic",
        "stdbool", "stddef",  "stdint", "stdio",  "stdlib", "stdnoreturn", "string",   "tgmath",
        "threads", "time",    "uchar",  "wchar",  "wctype", "cpuid",       "features", "immintrin"};
    bool hides = deploy_ships(name);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        hides |= !strcmp(headers[i], name);
    return hides;
}

/* The ISAs of a list with commas; NULL: all. */
static void choose_isas(const char *list, bool chosen[WEIR_ISA_COUNT])
{
    for (size_t i = 0; i < WEIR_ISA_COUNT && !list; i++)
        chosen[i] = true;
    while (list && *list) {
        const size_t length = strcspn(list, ",");
        char *name = text_format("%.*s", (int)length, list);
        const struct isa *isa = isa_find(name);
        if (!isa)
            fail(text_format("--isa %s, expected %s, or several with commas between", name,
                             isa_names()));
        chosen[isa - isas] = true;
        free(name);
        list += length + (list[length] == ',');
    }
    bool any = false;
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        any |= chosen[i];
    if (!any)
        fail(text_format("--isa is empty, expected %s, or several with commas between",
                         isa_names()));
}

void deploy_options(const struct request *request, struct deploy_model *model, const char *name)
{
    char *stop;
    model->name = request->name ? request->name : name;
    if (!is_name(model->name))
        fail(text_format("--name '%s' cannot begin names in C, expected at most %d lower-case "
                         "letters, digits and underscores",
                         model->name, NAME_MAX_LENGTH));
    if (hides_header(model->name))
        fail(text_format("--name '%s' would hide another header %s.h, expected another name",
                         model->name, model->name));
    const long steps = request->steps ? strtol(request->steps, &stop, 10) : 1;
    if (request->steps && (steps < 1 || steps > STEPS_MAX || *stop))
        fail(text_format("--steps '%s' is not a number of time steps, expected 1 to %d",
                         request->steps, STEPS_MAX));
    model->steps = (size_t)steps;
    model->lengths = request->lengths;
    model->weights_file = request->weights;
    if (!request->out)
        fail("--out is missing, expected the directory to write");
    if (model->lengths && model->steps == 1)
        fail("--lengths is for calls of several steps, expected --steps as well");
    choose_isas(request->isa, model->isas);
}
