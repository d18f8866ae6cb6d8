/* SPDX-License-Identifier: MIT */
/* What the files that write a model which stands alone share. */
#ifndef WEIR_DEPLOYMENT_H
#define WEIR_DEPLOYMENT_H

#include "common/text.h"
#include "deploy/deploy.h"
#include "plan/kernel_parts.h"

#include <stdint.h>

/* A model on its way into a directory. Passes of the same cell and sizes share a kernel. */
struct deployment {
    const struct deploy_model *model;
    /* By ISA and kernel. */
    struct kernel_parts *parts[WEIR_ISA_COUNT][DEPLOY_LAYERS_MAX * DEPLOY_PASSES_MAX];
    size_t kernel_of[DEPLOY_LAYERS_MAX][DEPLOY_PASSES_MAX], kernel_count;
    size_t inputs, outputs; /* floats a step */
    size_t weight_count;
    uint64_t shape; /* a hash of what the weights are for */
    char *upper; /* the name, in capitals */
};

/* NULL: a cell that is no kernel, or weights that are not finite. */
struct deployment *deployment_create(const struct deploy_model *model, struct failure *failure);
void deployment_free(struct deployment *d); /* or NULL */

/* The program of a pass, which is the same for every ISA. */
const struct program *deployment_program(const struct deployment *d, size_t layer, size_t pass);
size_t deployment_size(const struct deploy_layer *layer, const struct graph *graph, int extent);
size_t deployment_outputs(const struct deployment *d, size_t layer); /* floats a step */
bool deployment_is_whole(const struct deployment *d); /* a call is a whole sequence */
bool deployment_gives_last(const struct deployment *d); /* one step of outputs a call */

/* Calls visit with every piece of the weights, in order, and where it begins. */
typedef void deployment_visit(void *context, size_t layer, size_t pass, const float *piece,
                              size_t at, size_t count);
void deployment_weights(const struct deployment *d, deployment_visit *visit, void *context);

/* deploy_tables.c: the tables of alone_model.h, and the weights as C and as a file. */
void deploy_model_tables(const struct deployment *d, struct text *out);
void deploy_weights_c(const struct deployment *d, struct text *out);
void deploy_weights_file(const struct deployment *d, struct text *out);

/* deploy_texts.c: the header, what is appended to alone.c, CMakeLists.txt and README.md. */
void deploy_header(const struct deployment *d, struct text *out);
void deploy_entry(const struct deployment *d, struct text *out);
void deploy_cmake(const struct deployment *d, struct text *out);
void deploy_readme(const struct deployment *d, struct text *out);

/* self_test.c: the self-test, with an input and what the model makes of it. False: which is not
 * what the model brings as its output. */
bool deploy_test(const struct deployment *d, struct text *out, struct failure *failure);

/* text_add, with ALONE and alone replaced by the model's name in capitals and as it is. */
void deploy_add(const struct deployment *d, struct text *out, const char *text);

#endif
