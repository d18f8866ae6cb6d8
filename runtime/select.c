/* SPDX-License-Identifier: MIT */
/* Which kernel a layer runs: the level that the CPU, WEIR_ISA and the layer's configuration allow,
 * then the kernel made for the sizes, else the size-generic one, and of either the one that is
 * tuned for this CPU's microarchitecture, where there is one; or the one kernel that was asked for
 * by name, or brought. Whatever is asked for and not to be had is an error that says what is there:
 * never is something else run instead. */
#include "common/setting.h"
#include "libweir.h"
#include "packing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The level ---- */

struct level {
    enum weir_isa isa;
    const char *named_by; /* WEIR_ISA or config.isa; NULL: the best that the CPU has */
};

static const char *list_isas(struct weir_list *list)
{
    for (int isa = 0; isa < WEIR_ISA_COUNT; isa++)
        if (weir_cpu_has_isa((enum weir_isa)isa))
            weir_list_add(list, weir_isas[isa].name);
    return weir_list_end(list);
}

/* Lowers the level to the ISA named by `value`, which must be one that the CPU has. */
static weir_status cap_level(struct level *level, const char *source, const char *value,
                             weir_error *error)
{
    struct weir_list have = {0};
    int isa = 0;
    if (!value)
        return WEIR_OK;
    while (isa < WEIR_ISA_COUNT && strcmp(value, weir_isas[isa].name) != 0)
        isa++;
    if (isa == WEIR_ISA_COUNT)
        return weir_fail(error, WEIR_INVALID,
                         "%s=%.64s names no ISA: this CPU has %s; name one of these, or none for "
                         "the best.",
                         source, value, list_isas(&have));
    if (!weir_cpu_has_isa((enum weir_isa)isa))
        return weir_fail(error, WEIR_UNAVAILABLE,
                         "%s=%s, but this CPU has only %s; name one of these, or none for the "
                         "best.",
                         source, value, list_isas(&have));
    if ((enum weir_isa)isa <= level->isa)
        *level = (struct level){(enum weir_isa)isa, source};
    return WEIR_OK;
}

static weir_status find_level(struct level *level, const char *config_isa, weir_error *error)
{
    level->named_by = NULL;
    for (int isa = 0; isa < WEIR_ISA_COUNT; isa++)
        if (weir_cpu_has_isa((enum weir_isa)isa))
            level->isa = (enum weir_isa)isa;
    const weir_status status = cap_level(level, "WEIR_ISA", setting("WEIR_ISA"), error);
    return status ? status : cap_level(level, "config.isa", config_isa, error);
}

weir_status weir_isa_level(const char **name, weir_error *error)
{
    struct level level;
    if (!name)
        return weir_fail(error, WEIR_INVALID,
                         "weir_isa_level needs a place for the name: it may not be NULL.");
    const weir_status status = find_level(&level, NULL, error);
    if (!status)
        *name = weir_isas[level.isa].name;
    return status;
}

/* ---- What a layer wants ---- */

struct request {
    const char *cell;
    struct weir_sizes sizes;
    struct level level;
    bool any_math; /* nothing was said, so a kernel asked for by name decides */
    enum weir_math math;
    bool any_type;
    enum weir_type type;
    const struct weir_kernel *own;
    const char *name, *named_by; /* a kernel by name, and who says so */
};

static const char *const maths[] = {[WEIR_INLINE] = "inline", [WEIR_SLEEF] = "sleef"};

static weir_status read_math(struct request *want, const char *math, weir_error *error)
{
    want->any_math = !math;
    want->math = math && strcmp(math, "sleef") == 0 ? WEIR_SLEEF : WEIR_INLINE;
    if (math && strcmp(math, maths[want->math]) != 0)
        return weir_fail(error, WEIR_INVALID,
                         "config.math=%.64s is no form of the maths: use inline or sleef.", math);
    return WEIR_OK;
}

static weir_status read_type(struct request *want, const weir_layer_config *config,
                             weir_error *error)
{
    want->any_type = !config->type;
    want->type = config->type ? weir_type_named(config->type) : weir_type_of_weights(config);
    if (want->type == WEIR_TYPE_COUNT)
        return weir_fail(error, WEIR_INVALID,
                         "config.type=%.64s is no type of weights: use f32, bf16, f16, i8 or "
                         "u8.",
                         config->type);
    return WEIR_OK;
}

/* The configuration and the environment may each ask for a kernel; two must ask for the same. */
static weir_status ask_for(struct request *want, const char *source, const char *name,
                           weir_error *error)
{
    if (!name)
        return WEIR_OK;
    if (want->name && strcmp(want->name, name) != 0)
        return weir_fail(error, WEIR_INVALID,
                         "%s asks for the kernel %.64s and %s for %.64s: leave one of them out.",
                         want->named_by, want->name, source, name);
    if (!want->name) {
        want->name = name;
        want->named_by = source;
    }
    return WEIR_OK;
}

static weir_status read_request(struct request *want, const weir_layer_config *config,
                                weir_error *error)
{
    *want = (struct request){
        .cell = config->cell, .sizes = {config->I, config->H, config->P}, .own = config->own};
    weir_status status = find_level(&want->level, config->isa, error);
    if (!status)
        status = read_math(want, config->math, error);
    if (!status)
        status = read_type(want, config, error);
    if (!status && config->own)
        status = ask_for(want, "config.own", config->own->name, error);
    if (!status)
        status = ask_for(want, "config.kernel", config->kernel, error);
    if (!status)
        status = ask_for(want, "WEIR_KERNEL", setting("WEIR_KERNEL"), error);
    return status;
}

/* ---- The kernel ---- */

static bool serves_sizes(const struct weir_kernel *kernel, struct weir_sizes sizes)
{
    return !kernel->I || (kernel->I == sizes.I && kernel->H == sizes.H && kernel->P == sizes.P);
}

/* Whether a kernel of that ISA, made for the layer's sizes or for any, could run it here. */
static bool is_candidate(const struct weir_kernel *kernel, const struct request *want,
                         enum weir_isa isa, bool for_any)
{
    return kernel->isa == isa && (kernel->I == 0) == for_any &&
           strcmp(kernel->cell, want->cell) == 0 && serves_sizes(kernel, want->sizes) &&
           weir_kernel_runs_here(kernel);
}

/* The kernels that could be asked for instead, the fastest first, because not all may fit. */
static const char *list_kernels(struct weir_list *list, const struct request *want)
{
    const struct weir_kernel *kernel;
    for (int isa = (int)want->level.isa; isa >= 0; isa--)
        for (int for_any = 0; for_any < 2; for_any++)
            for (size_t i = 0; (kernel = weir_kernel_at(i)); i++)
                if (is_candidate(kernel, want, (enum weir_isa)isa, for_any))
                    weir_list_add(list, kernel->name);
    return weir_list_end(list);
}

/* Fails with the sentence so far, and what is there. */
static weir_status fail_with_list(const struct request *want, weir_status status, const char *fault,
                                  weir_error *error)
{
    struct weir_list list = {0};
    return weir_fail(error, status,
                     "%s; kernels for %.32s %s that can run here: %s (weir-info --kernels lists "
                     "all).",
                     fault, want->cell, weir_sizes_in_words(want->sizes).text,
                     list_kernels(&list, want));
}

/* Whether a kernel that was asked for can be this layer's. */
static weir_status check_asked(const struct request *want, const struct weir_kernel *kernel,
                               weir_error *error)
{
    char fault[160];
    weir_status status = WEIR_INVALID;
    const int space = sizeof fault;
    if (strcmp(kernel->cell, want->cell) != 0)
        snprintf(fault, space, "%s=%.64s is a kernel of the cell %.32s", want->named_by, want->name,
                 kernel->cell);
    else if (!serves_sizes(kernel, want->sizes))
        snprintf(fault, space, "%s=%.64s does not serve these sizes", want->named_by, want->name);
    else if (!want->any_math && kernel->math != want->math)
        snprintf(fault, space, "%s=%.64s is not the %s form of the maths", want->named_by,
                 want->name, maths[want->math]);
    else if (!want->any_type && kernel->type != want->type)
        snprintf(fault, space, "%s=%.64s has weights of %s, not of %s", want->named_by, want->name,
                 weir_type_name(kernel->type), weir_type_name(want->type));
    else if (!weir_kernel_runs_here(kernel)) {
        status = WEIR_UNAVAILABLE;
        snprintf(fault, space, "%s=%.64s needs %s, which this CPU lacks", want->named_by,
                 want->name, weir_cpu_has_isa(kernel->isa) ? "FMA" : weir_isas[kernel->isa].name);
    } else if (kernel->isa > want->level.isa)
        snprintf(fault, space, "%s=%.64s is above the level %s that %s allows", want->named_by,
                 want->name, weir_isas[want->level.isa].name, want->level.named_by);
    else
        return WEIR_OK;
    return fail_with_list(want, status, fault, error);
}

static weir_status choose_asked(const struct request *want, struct weir_choice *choice,
                                weir_error *error)
{
    choice->kernel = want->own ? want->own : weir_registry_find(want->name);
    if (!choice->kernel) {
        char fault[128];
        snprintf(fault, sizeof fault, "%s=%.64s names no kernel of this build", want->named_by,
                 want->name);
        return fail_with_list(want, WEIR_UNAVAILABLE, fault, error);
    }
    snprintf(choice->why, sizeof choice->why, "%s asks for it", want->named_by);
    return check_asked(want, choice->kernel, error);
}

/* The one that is tuned for a microarchitecture, or for none in particular (NULL). */
static const struct weir_kernel *find_tuned(const struct request *want, enum weir_isa isa,
                                            bool for_any, const char *tuned_for)
{
    const struct weir_kernel *kernel;
    for (size_t i = 0; (kernel = weir_kernel_at(i)); i++)
        if (kernel->math == want->math && kernel->type == want->type &&
            is_candidate(kernel, want, isa, for_any) && !tuned_for == !kernel->tuned_for &&
            (!tuned_for || strcmp(tuned_for, kernel->tuned_for) == 0))
            return kernel;
    return NULL;
}

/* The kernel of one ISA: made for the sizes, else for any; of several the one for this CPU. */
static const struct weir_kernel *find_kernel(const struct request *want, enum weir_isa isa)
{
    const char *here = weir_microarchitecture();
    const struct weir_kernel *kernel = NULL;
    for (int for_any = 0; for_any < 2 && !kernel; for_any++) {
        kernel = here ? find_tuned(want, isa, for_any, here) : NULL;
        kernel = kernel ? kernel : find_tuned(want, isa, for_any, NULL);
    }
    return kernel;
}

static weir_status choose_best(const struct request *want, struct weir_choice *choice,
                               weir_error *error)
{
    const struct level *level = &want->level;
    /* Bytes are what a bundle is for. */
    const bool is_own = weir_is_bytes(want->type);
    const enum weir_isa base = is_own ? level->isa : weir_isas[level->isa].base;
    const char *isa = weir_isas[level->isa].name, *named_by = level->named_by;
    /* A level that was named is meant, and of a bundle what else runs on there; the best one is a
     * wish, and the next best will do. */
    const int lowest = named_by ? (int)base : 0;
    choice->kernel = NULL;
    for (int i = (int)level->isa; i >= lowest && !choice->kernel; i--)
        choice->kernel = find_kernel(want, (enum weir_isa)i);
    if (!choice->kernel) {
        char fault[128];
        const char *type = weir_type_name(want->type), *math = maths[want->math];
        if (named_by)
            snprintf(fault, sizeof fault,
                     "%s=%s, but this build has no such kernel with weights of %s and %s maths",
                     named_by, isa, type, math);
        else
            snprintf(fault, sizeof fault,
                     "This build has no kernel with weights of %s and %s maths for this CPU", type,
                     math);
        return fail_with_list(want, WEIR_UNAVAILABLE, fault, error);
    }
    const char *tuned_for = choice->kernel->tuned_for;
    const enum weir_isa found = choice->kernel->isa;
    char where[64] = ", but this build has no such kernel";
    if (found == base)
        snprintf(where, sizeof where, ", where %s runs on %s",
                 want->type == WEIR_TYPE_F32 ? "float32" : weir_type_name(want->type),
                 weir_isas[base].name);
    snprintf(choice->why, sizeof choice->why, "%s%s%s%s; %s is %s%s%s",
             choice->kernel->I ? "made for these sizes" : "for any size: none is made for these",
             tuned_for ? " and tuned for " : "", tuned_for ? tuned_for : "",
             tuned_for ? ", which this CPU is" : "", isa,
             named_by ? "the level named by " : "the best level of this CPU",
             named_by ? named_by : "", found == level->isa ? "" : where);
    return WEIR_OK;
}

/* ---- Saying so ---- */

static weir_status read_verbose(bool *verbose, weir_error *error)
{
    const char *value = setting("WEIR_VERBOSE");
    *verbose = value && strcmp(value, "1") == 0;
    if (value && !*verbose && strcmp(value, "0") != 0)
        return weir_fail(error, WEIR_INVALID,
                         "WEIR_VERBOSE=%.64s is neither 0 nor 1: set it to 1 to hear which kernel "
                         "is chosen, or unset it.",
                         value);
    return WEIR_OK;
}

weir_status weir_select(const weir_layer_config *config, struct weir_choice *choice,
                        weir_error *error)
{
    bool verbose;
    struct request want;
    weir_status status = read_verbose(&verbose, error);
    if (!status)
        status = read_request(&want, config, error);
    if (!status)
        status = want.name ? choose_asked(&want, choice, error) : choose_best(&want, choice, error);
    if (!status && verbose)
        fprintf(stderr, "weir: %s %s: %s (%s)\n", want.cell, weir_sizes_in_words(want.sizes).text,
                choice->kernel->name, choice->why);
    return status;
}
