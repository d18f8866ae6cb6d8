/* SPDX-License-Identifier: MIT */
/* What the files that write a model which stands alone share. */
#ifndef WEIR_DEPLOYMENT_H
#define WEIR_DEPLOYMENT_H

#include "deploy/deploy.h"
#include "deploy/pack.h"
#include "deploy/values.h"
#include "plan/kernel_parts.h"

#include <stdint.h>
#include <stdio.h>

/* What a model has all its kernels in: an ISA, or that once more by plans for the CPUs of one
 * microarchitecture. The name is the ISA's, and then "_" and that. */
struct form {
    const struct isa *isa;
    const char *tuned_for; /* NULL: for all CPUs */
    char name[32];
};

/* How numbers are stored, the widest first: what stays float32, and with it the scales of rows of
 * bytes; numbers of 16 bits; bytes with a sign, and after those of a matrix its zero points. */
enum storage { STORE_FLOATS, STORE_HALVES, STORE_BYTES, STORE_COUNT };

/* A model on its way into a directory. Passes of the same cell and sizes share a kernel. */
struct deployment {
    const struct deploy_model *model;
    struct form forms[LAYOUT_FORMS_MAX]; /* the lowest ISA first, and its variants after it */
    size_t form_count;
    /* By form and kernel. */
    struct kernel_parts *parts[LAYOUT_FORMS_MAX][DEPLOY_LAYERS_MAX * DEPLOY_PASSES_MAX];
    size_t kernel_of[DEPLOY_LAYERS_MAX][DEPLOY_PASSES_MAX], kernel_count;
    size_t inputs, outputs; /* floats a step */
    size_t weight_count; /* and initial states */
    size_t of_type[WEIR_TYPE_COUNT]; /* of them */
    size_t stored[STORE_COUNT]; /* numbers */
    uint64_t shape; /* a hash of what the weights are for */
    uint64_t learned; /* and of what they are */
    char *upper; /* the name, in capitals */
    struct layout layout;
};

/* NULL: a cell that is no kernel, or weights that are not finite or not held by their type. */
struct deployment *deployment_create(const struct deploy_model *model, struct failure *failure);
void deployment_free(struct deployment *d); /* or NULL */

/* The program of a pass, which is the same for every ISA. */
const struct program *deployment_program(const struct deployment *d, size_t layer, size_t pass);
size_t deployment_size(const struct deploy_layer *layer, const struct graph *graph, int extent);
size_t deployment_outputs(const struct deployment *d, size_t layer); /* floats a step */
bool deployment_is_whole(const struct deployment *d); /* a call is a whole sequence */
bool deployment_has_softmax(const struct deployment *d);
bool deployment_gives_last(const struct deployment *d); /* one step of outputs a call */
bool deployment_has_variants(const struct deployment *d);
bool deployment_has_avx2(const struct deployment *d); /* whether any form is for a CPU with it */
bool deployment_has_bytes(const struct deployment *d); /* weights of 8 bits */
bool deployment_is_narrow(const struct deployment *d); /* or of 16 */
/* By how much its own output may be off: what bytes multiply others quantise in another way. */
double deployment_tolerance(const struct deployment *d);
/* There is one form, and weights in C: they are packed for it when that is written. */
bool deployment_is_packed(const struct deployment *d);
bool deployment_streams(const struct deployment *d); /* a call is one step */

/* A parameter of a pass, or an initial state, as it was learned: what it is stored as, which of the
 * numbers stored in that way is its first, and of bytes that of their scales, and of u8 that of
 * their zero points. */
struct piece {
    size_t layer, pass;
    const char *name;
    struct weir_numbers numbers;
    size_t rows, cols;
    enum weir_type type;
    size_t at, scales, zeros;
};

/* How numbers of a type are stored; the bytes before the numbers of one of these kinds. */
enum storage deployment_storage(enum weir_type type);
size_t deployment_width(enum storage storage); /* bytes of a number */
size_t deployment_bytes_before(const struct deployment *d, enum storage storage, size_t number);
size_t deployment_bytes(const struct deployment *d); /* of all that is stored */

/* Calls visit with every piece of the weights, in order. */
typedef void deployment_visit(void *context, const struct piece *piece);
void deployment_weights(const struct deployment *d, deployment_visit *visit, void *context);

/* What varies in the templates of kernels/templates/deploy/, by the file that finds it. */
void deploy_isa_strings(const struct deployment *d, struct values *values); /* NAME_test.c */
void deploy_origin(const struct deployment *d, struct values *values); /* all */
void deploy_interface(const struct deployment *d, struct values *values); /* NAME.h, NAME.c */
void deploy_initial(const struct deployment *d, struct values *values); /* NAME.h */
void deploy_tables(const struct deployment *d, struct values *values); /* NAME_model.h */
void deploy_packing(const struct deployment *d, struct values *values); /* NAME_model.h */
void deploy_choice(const struct deployment *d, struct values *values); /* NAME.c, NAME_internal.h */
void deploy_many(const struct deployment *d, struct values *values); /* NAME_many.c */
void deploy_saved(const struct deployment *d, struct values *values); /* NAME_saved.c */
void deploy_build(const struct deployment *d, struct values *values); /* CMakeLists, README */
void deploy_schedule(const struct deployment *d, struct values *values); /* of deploy_interface */
uint64_t deploy_schedule_hash(const struct deployment *d, uint64_t hash); /* goes on from it */

/* The same for NAME_weights.c, but its numbers, in whose place a line of its own stands; and for
 * NAME_test.c, where a model may give what is not the output that it brings. */
#define DEPLOY_WEIGHTS_HERE "\f\n"
void deploy_weights(const struct deployment *d, struct values *values);
bool deploy_self_test(const struct deployment *d, struct values *values, struct failure *failure);
bool deploy_schedule_test(const struct deployment *d, struct values *values,
                          struct failure *failure);

/* The numbers of NAME_weights.c, and the file of weights of a model that has them there: they are
 * written as they come, since all of them as text take more memory than a model does. */
bool deploy_write_numbers(const struct deployment *d, FILE *file, struct failure *failure);
void deploy_weights_file(const struct deployment *d, FILE *file);

#endif
