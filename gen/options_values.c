/* SPDX-License-Identifier: MIT */
/* What the texts of weir-gen's command line mean. */
#include "options.h"

#include "inspect/check.h"
#include "packing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_LIMIT = 1 << 20 };

/* The ISA of that name, or NULL and a fault; `more` ends a sentence that names all. */
static const struct isa *find_isa(const char *name, const char *more, struct failure *failure)
{
    const struct isa *isa = name ? isa_find(name) : NULL;
    char *names = isa_names();
    if (!isa)
        fail(failure, "--isa %.1000s, expected %s%s", name ? name : "is missing", names, more);
    free(names);
    return isa;
}

const struct isa *options_isa(const struct request *request, struct failure *failure)
{
    const bool bytes = request->type && weir_is_bytes(weir_type_named(request->type));
    const struct isa *isa = find_isa(request->isa, "", failure);
    return isa && isa_check(isa, bytes, failure) ? isa : NULL;
}

bool options_math(const struct request *request, enum weir_math *math, struct failure *failure)
{
    *math = request->math && !strcmp(request->math, "sleef") ? WEIR_SLEEF : WEIR_INLINE;
    return !request->math || *math == WEIR_SLEEF || !strcmp(request->math, "inline") ||
           fail(failure, "--math %.1000s, expected inline or sleef", request->math);
}

bool options_type(const struct request *request, enum weir_type *type, struct failure *failure)
{
    const bool sleef = request->math && !strcmp(request->math, "sleef");
    *type = request->type ? weir_type_named(request->type) : WEIR_TYPE_F32;
    const bool rounds = request->command != COMMAND_KERNEL; /* learned floats */
    if (*type == WEIR_TYPE_COUNT || (rounds && (int)*type >= WEIR_TYPES_OF_FLOATS))
        return fail(failure, "--type %.1000s, expected f32, bf16, f16%s", request->type,
                    rounds ? " or i8" : ", i8 or u8");
    return *type == WEIR_TYPE_F32 || (!request->trains && !sleef) ||
           fail(failure, "--type %s is not for %s, which takes weights of float32", request->type,
                request->trains ? "--train" : "--math sleef");
}

/* Whether it is a number from 1 to a limit. */
static bool read_number(const char *given, unsigned long limit, unsigned long *number)
{
    char *stop;
    errno = 0;
    *number = strtoul(given, &stop, 10);
    return !errno && !*stop && given[0] >= '0' && given[0] <= '9' && *number >= 1 &&
           *number <= limit;
}

/* A size as given: a number, or 0 for any. */
static bool read_size(const char *option, const char *given, double *size, struct failure *failure)
{
    unsigned long number;
    if (!given)
        return fail(failure, "%s is missing, expected a size or 'any'", option);
    *size = 0;
    if (!strcmp(given, "any"))
        return true;
    if (!read_number(given, SIZE_LIMIT, &number))
        return fail(failure, "%s '%.1000s' is not a size, expected 1 to %d or 'any'", option, given,
                    SIZE_LIMIT);
    *size = (double)number;
    return true;
}

bool options_sizes(const struct request *request, double size[4], struct failure *failure)
{
    size[WEIR_ONE] = 1;
    size[WEIR_P] = 0;
    if (!read_size("--input", request->size[WEIR_I], &size[WEIR_I], failure) ||
        !read_size("--hidden", request->size[WEIR_H], &size[WEIR_H], failure) ||
        (request->size[WEIR_P] &&
         !read_size("--projection", request->size[WEIR_P], &size[WEIR_P], failure)))
        return false;
    if (request->profiled && !(size[WEIR_I] > 0))
        return fail(failure, "--profile is for a kernel of known sizes, not for 'any'");
    return (size[WEIR_I] > 0) == (size[WEIR_H] > 0) ||
           fail(failure, "--input and --hidden are both sizes or both 'any'");
}

bool options_check_sizes(const struct request *request, double size[4], struct failure *failure)
{
    static const struct {
        const char *option;
        unsigned long size;
    } defaults[] = {[WEIR_ONE] = {NULL, 1},
                    [WEIR_I] = {"--input", 3},
                    [WEIR_H] = {"--hidden", 4},
                    [WEIR_P] = {"--projection", 2}};
    for (size_t extent = 0; extent < 4; extent++) {
        const char *given = request->size[extent];
        unsigned long number = defaults[extent].size;
        if (given && !read_number(given, CHECK_SIZE_MAX, &number))
            return fail(failure,
                        "%s '%.1000s' is not a size to check a gradient for, expected 1 to %d",
                        defaults[extent].option, given, CHECK_SIZE_MAX);
        size[extent] = (double)number;
    }
    return true;
}

/* The ISAs of a list with commas; NULL: all. */
static bool read_isas(const char *list, bool chosen[WEIR_ISA_COUNT], struct failure *failure)
{
    static const char several[] = ", or several with commas between";
    bool any = false;
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        chosen[i] = !list;
    while (list && *list) {
        const size_t length = strcspn(list, ",");
        char *name = text_format("%.*s", (int)length, list);
        const struct isa *isa = find_isa(name, several, failure);
        if (isa)
            chosen[isa - isas] = any = true;
        free(name);
        if (!isa)
            return false;
        list += length + (list[length] == ',');
    }
    return !list || any || find_isa("is empty", several, failure);
}

bool options_deploy(const struct request *request, struct deploy_request *deploy,
                    struct failure *failure)
{
    unsigned long steps = 0, batch = 0;
    *deploy = (struct deploy_request){
        .out = request->out,
        .name = request->name,
        .weights_file = request->weights,
        .cell = request->cell,
        .from = request->from,
        .has_projection = request->size[WEIR_P],
        .lengths = request->lengths,
        .reverse = request->reverse,
        .bidirectional = request->bidirectional,
        .no_test = request->no_test,
        .model = request->model,
        .node = request->node,
        .data = request->data,
        .keep = request->keep,
        .shapes = request->shape,
        .carry = request->carry,
        .links = request->links,
    };
    if (!options_type(request, &deploy->type, failure))
        return false;
    if (request->keep && deploy->type == WEIR_TYPE_F32)
        return fail(failure, "--keep is for weights of fewer bits, expected --type as well");
    if (request->command == COMMAND_DEPLOY && !options_sizes(request, deploy->size, failure))
        return false;
    if (request->steps && !read_number(request->steps, DEPLOY_STEPS_MAX, &steps))
        return fail(failure, "--steps '%.1000s' is not a number of time steps, expected 1 to %d",
                    request->steps, DEPLOY_STEPS_MAX);
    deploy->steps = steps;
    if (request->batch && !read_number(request->batch, DEPLOY_STEPS_MAX, &batch))
        return fail(failure, "--batch '%.1000s' is not a number of rows, expected 1 to %d",
                    request->batch, DEPLOY_STEPS_MAX);
    deploy->batch = batch;
    if (!request->out)
        return fail(failure, "--out is missing, expected the directory to write");
    if (request->lengths && steps <= 1)
        return fail(failure, "--lengths is for calls of several steps, expected --steps as well");
    if (request->reverse && request->bidirectional)
        return fail(failure, "--reverse is one way and --bidirectional both, expected one of them");
    deploy->names_isas = request->isa;
    return read_isas(request->isa, deploy->isas, failure);
}
