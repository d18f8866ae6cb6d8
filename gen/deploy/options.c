/* SPDX-License-Identifier: MIT */
/* What is asked for of a model that stands alone, whatever it is made from. */
#include "deploy/deploy.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = DEPLOY_NAME_SIZE - 1 };

/* What the names of models are made of; they begin with one of the letters. */
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CHARACTERS LETTERS "0123456789_"

static bool is_name(const char *name)
{
    return *name && strchr(LETTERS, *name) && strspn(name, CHARACTERS) == strlen(name) &&
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

void deploy_add_file(struct deploy_model *model, const char *path, const void *bytes, size_t count)
{
    struct deploy_file *file = &model->files[model->file_count++];
    file->path = path;
    sha256_text(bytes, count, file->sha256);
}

static bool fail_keep(const struct deploy_model *model, const char *name, struct failure *failure)
{
    struct text names = {0};
    for (size_t l = 0; l < model->layer_count; l++)
        text_add(&names, "%s'%s'", l ? ", " : "", model->layers[l].node);
    fail(failure, "--keep '%.1000s' is no layer of the model by itself, expected %.2000s", name,
         names.chars);
    text_free(&names);
    return false;
}

/* A node may be several layers. */
static bool keep_node(struct deploy_model *model, const char *name, struct failure *failure)
{
    bool found = false;
    for (size_t l = 0; l < model->layer_count; l++)
        if (!strcmp(model->layers[l].node, name)) {
            if (!model->layers[l].has_bytes)
                model->layers[l].type = WEIR_TYPE_F32;
            found = true;
        }
    return found || fail_keep(model, name, failure);
}

bool deploy_has_bytes(const struct deploy_model *model)
{
    bool has = false;
    for (size_t l = 0; l < model->layer_count; l++)
        has |= model->layers[l].has_bytes;
    return has;
}

static bool choose_isas(const struct deploy_request *request, struct deploy_model *model,
                        struct failure *failure)
{
    const bool bytes = weir_is_bytes(request->type) || deploy_has_bytes(model);
    bool chosen = true;
    for (size_t i = 0; i < WEIR_ISA_COUNT && chosen; i++) {
        if (request->names_isas)
            chosen = !model->isas[i] || isa_check(&isas[i], bytes, failure);
        else
            model->isas[i] = bytes || !isa_base(&isas[i]);
    }
    return chosen;
}

bool deploy_types(const struct deploy_request *request, struct deploy_model *model,
                  struct failure *failure)
{
    bool kept = true;
    for (size_t l = 0; l < model->layer_count; l++)
        if (!model->layers[l].has_bytes && !model->layers[l].is_exact)
            model->layers[l].type = model->layers[l].is_work ? WEIR_TYPE_F32 : request->type;
    for (const char *list = request->keep; list && kept;) {
        const size_t length = strcspn(list, ",");
        char *name = text_format("%.*s", (int)length, list);
        kept = keep_node(model, name, failure);
        free(name);
        list = list[length] ? list + length + 1 : NULL;
    }
    return kept && choose_isas(request, model, failure);
}

/* Whether names in C can begin with it. */
static bool check_name(const char *name, struct failure *failure)
{
    if (!is_name(name))
        return fail(failure,
                    "--name '%.1000s' cannot begin names in C, expected at most %d lower-case "
                    "letters, digits and underscores",
                    name, NAME_MAX_LENGTH);
    if (!strncmp(name, "weir", 4) && (!name[4] || name[4] == '_'))
        return fail(failure,
                    "--name '%s' begins names as Weir's own do, expected one that does not begin "
                    "with weir_",
                    name);
    return !hides_header(name) ||
           fail(failure, "--name '%s' would hide another header %s.h, expected another name", name,
                name);
}

/* Adds those characters of a text that a name can have, as far as there is room. */
static void add_characters(char name[DEPLOY_NAME_SIZE], const char *text, size_t length)
{
    size_t at = strlen(name);
    for (size_t i = 0; i < length && at < NAME_MAX_LENGTH; i++) {
        const char small = (char)tolower((unsigned char)text[i]);
        if (small && strchr(CHARACTERS, small))
            name[at++] = small;
    }
    name[at] = '\0';
}

/* A name from that of a cell or file, without folder and ending: what of it a name can have, after
 * a word that mends it where that alone is none. What is not as it was is told of. */
static void make_name(const char *from, char name[DEPLOY_NAME_SIZE])
{
    const char *slash = strrchr(from, '/'), *base = slash ? slash + 1 : from;
    const size_t length = strcspn(base, ".");
    struct failure why;
    *name = '\0';
    add_characters(name, base, length);
    if (!check_name(name, &why)) {
        strcpy(name, *name ? "model_" : "model");
        add_characters(name, base, length);
    }
    if (strlen(name) != length || memcmp(name, base, length) != 0)
        printf("names in C begin with %s; --name says another\n", name);
}

bool deploy_options(const struct deploy_request *request, struct deploy_model *model,
                    const char *from, struct failure *failure)
{
    if (!request->name)
        make_name(from, model->made_name);
    model->name = request->name ? request->name : model->made_name;
    if (!check_name(model->name, failure))
        return false;
    model->steps = request->steps ? request->steps : 1;
    model->lengths = request->lengths;
    model->length = DEPLOY_ANY_LENGTH;
    model->weights_file = request->weights_file;
    model->no_test = request->no_test;
    model->command = request->command;
    model->tuning = request->tuning;
    model->variants = request->variants;
    memcpy(model->isas, request->isas, sizeof model->isas);
    return true;
}
