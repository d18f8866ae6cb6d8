/* SPDX-License-Identifier: MIT */
/* Running a model: all of it compiled; or interpreted, its recurrent nodes and their heads by
 * libweir and everything around them plainly. weir-run is made of this, and so are the tests of the
 * importer. */
#ifndef WEIR_RUN_H
#define WEIR_RUN_H

#include "onnx/onnx.h"

struct weir_kernel;
struct text;

/* How a model runs, and how kernels are had that the build has not. Zeros: as weir-run does. */
typedef struct run_options {
    bool keep_states; /* each call goes on where the last one ended */
    bool plain; /* heads are run by their nodes, beside the cells */
    bool any_size; /* kernels that serve every size, so that models share them */
    /* The most that the tensors of one call may take; 0: 1 GB, and 16 times what the model has. */
    size_t memory;
    struct tuning *tuning; /* measured plans (plan/tuning.h); NULL: those that are chosen */
    const char *flags; /* of the C compiler, in place of those that the build's kernels have */
    const char *notice; /* said on stderr before a whole model is compiled; NULL: nothing */
    /* What the weights of a recurrent node are stored as, as weir_layer_config.type names it, by
     * the node's index. NULL, as the list or in it: f32. */
    const char *const *types;
} run_options;

/* ---- Kernels ---- */

/* What serves a cell: a kernel of the build's, by its cell's name, or one that was generated. */
typedef struct run_kernel {
    const char *cell;
    const struct weir_kernel *own; /* NULL: the build's */
} run_kernel;

/* A kernel for a cell, at sizes I, H and P (0: it has none), with weights of a type. It is
 * generated, compiled into the cache and loaded where the build has none that computes the same. */
bool run_kernel_find(const onnx_pass *pass, const size_t sizes[3], const char *type,
                     const run_options *options, run_kernel *kernel, struct failure *failure);

/* The ISA of kernels with weights of a type here: of a bundle its base, but for bytes. */
bool run_isa(const char *type, const char **isa, struct failure *failure);

/* The type of a recurrent node's weights, by name: its own, where they came as bytes. */
const char *run_type_of(const run_options *options, const onnx_recurrent *recurrent);

/* The cell of the build that computes the same, or NULL: no compiler is started. */
const char *run_built_in(const onnx_pass *pass);

/* C files, so many, that need no other; and what is said on stderr before a compiler is started,
 * NULL: nothing. */
struct run_source {
    const char *const *texts;
    size_t count;
    const char *flags, *notice;
};

/* They become a shared library in the cache, unless it is there already, which is loaded. */
void *run_compile(const struct run_source *source, struct failure *failure);

/* A file that others include, by the words between the quotation marks. */
struct run_header {
    const char *name, *text;
};

/* Adds a text with what it includes of these in place. */
void run_join(struct text *whole, const char *text, const struct run_header *headers, size_t count);

/* ---- Sessions ---- */

/* A model that is ready to run: every recurrent node whose weights are constants has its layers. */
typedef struct run_session run_session;

run_session *run_create(const onnx_model *model, const run_options *options,
                        struct failure *failure);
void run_destroy(run_session *session); /* or NULL */

/* Why a head of the model runs plainly, beside its cell, or nodes that spell out a cell do: that
 * could not be compiled. NULL: there are none. */
const char *run_apart(const run_session *session);

/* One call. Inputs are in the model's order; outputs, in its order too, live until the next call.
 */
bool run_call(run_session *session, const onnx_tensor *const *inputs, const onnx_tensor **outputs,
              struct failure *failure);

/* Whether a tensor is what the model declares as an input. */
bool run_check_input(const onnx_model *model, size_t input, const onnx_tensor *tensor,
                     struct failure *failure);

/* A tensor as input number i of the model, in memory where it is not as it is: of its type, and
 * held to what the model declares; NULL: it is another. */
const onnx_tensor *run_input(const onnx_model *model, size_t i, const onnx_tensor *tensor,
                             onnx_memory *memory, struct failure *failure);

/* Whether two tensors have one shape, and both floats or both whole numbers. */
bool run_is_alike(const onnx_tensor *a, const onnx_tensor *b);

/* Whether one is of such elements and of such a shape as another has beside one of its axes. */
bool run_is_slice(const onnx_tensor *slice, const onnx_tensor *whole, size_t axis);

/* The most memory that a call of the model may take by itself. */
size_t run_memory(const onnx_model *model);

/* A value of the model as the last call computed it; NULL: it did not, as it is of a branch that
 * was not taken or was inside of a cell. */
const onnx_tensor *run_value(const run_session *session, int value);

/* The values that a recurrent node gives: its outputs, the first of them as the head that is part
 * of its cell gives it; -1: that one is not wanted. */
void run_gives(const run_session *session, const onnx_recurrent *recurrent, int values[3]);

/* The cell and weights of a direction of a recurrent node, with the head that is part of it. */
const onnx_pass *run_pass_of(const run_session *session, const onnx_recurrent *recurrent,
                             size_t direction);

/* The kernel of a direction of a recurrent node; NULL where its weights are not constants. */
const struct weir_kernel *run_kernel_of(const run_session *session, const onnx_recurrent *recurrent,
                                        size_t direction);

/* States go back to the model's initial ones. */
void run_reset(run_session *session);

/* ---- Compiled ---- */

/* A model as C that is made for inputs of certain shapes, as weir-gen --model writes it, compiled
 * into the cache and loaded. It stays loaded until the program ends. */
typedef struct run_compiled run_compiled;

/* NULL and why it is not: no such C can be made, or it is too much, or there is no compiler. The
 * inputs are those of a call, only whose types and shapes matter. Without `loads` it is not
 * compiled, but only found out whether that may be. */
run_compiled *run_compiled_create(const onnx_model *model, const onnx_tensor *const *inputs,
                                  const run_options *options, bool loads, struct failure *failure);
void run_compiled_destroy(run_compiled *compiled); /* or NULL */

/* One call, as run_call is one. False: the inputs are not the model's, or of other shapes, or the C
 * is not made for what they hold, and then it is not known how far states have gone on. */
bool run_compiled_call(run_compiled *compiled, const onnx_tensor *const *inputs,
                       const onnx_tensor **outputs, struct failure *failure);

#endif
