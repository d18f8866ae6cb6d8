/* SPDX-License-Identifier: MIT */
/* What weir-run does with a model. Each action returns the exit status: 0, 1 where outputs differ,
 * 2 and a sentence, or 130 where a signal stopped it. */
#ifndef WEIR_RUN_ACTIONS_H
#define WEIR_RUN_ACTIONS_H

#include "run/run.h"

enum { FILES_MAX = 32 };

struct request {
    const char *model, *data;
    const char *inputs[FILES_MAX], *outputs[FILES_MAX];
    const char *carries[FILES_MAX]; /* OUTPUT=INPUT */
    size_t input_count, output_count, carry_count;
    bool streams;
    bool plain; /* it is interpreted, and heads are run by their nodes */
    bool links; /* external data may be symbolic links */
    double tolerance; /* below 0: what outputs of their types are held to */
    struct tuning *tuning; /* measured plans */
    const char *type; /* of weights; NULL: f32 */
    const char *keep; /* nodes whose weights are f32 all the same, with commas; NULL: none */
    const char **types; /* what these say, as run_options has it */
    long cpu; /* -1: the one it runs on */
    size_t calls; /* to time; 0: TIMED_CALLS, or as many as two seconds hold */
};

enum { TIMED_CALLS = 10000 };

/* How a command ends. */
enum { PASSED = 0, DIFFERENT = 1, BAD = 2, STOPPED = 130 };

int action_inspect(const struct request *request, const onnx_model *model, struct failure *failure);
int action_compare(const struct request *request, const onnx_model *model, struct failure *failure);
/* How far a model with weights of the type is from itself with f32; and that of every node. */
int action_lose(const struct request *request, const onnx_model *model, struct failure *failure);
int action_lose_by_node(const struct request *request, const onnx_model *model,
                        struct failure *failure);
int action_convert(const struct request *request, const onnx_model *model, struct failure *failure);
int action_time(const struct request *request, const onnx_model *model, struct failure *failure);

/* A model that is interpreted; says so where a head is not part of its cell. NULL: it is not. */
run_session *action_session(const struct request *request, const onnx_model *model,
                            struct failure *failure);

/* A model, with room for what goes in and comes out, and once its calls begin how it runs: compiled
 * or interpreted. */
struct prepared {
    const struct request *request;
    const onnx_model *model;
    onnx_memory *memory;
    run_compiled *compiled;
    run_session *session;
    size_t calls;
    const onnx_tensor **inputs, **outputs;
};

bool action_prepare(struct prepared *prepared, const struct request *request,
                    const onnx_model *model, struct failure *failure);
void action_release(struct prepared *prepared);

/* Why what is asked for is interpreted, whatever the model is; NULL: it need not be. */
const char *action_why_interpreted(const struct request *request);

/* The first call is to have such inputs: finds out how the model runs, and says why where it is
 * interpreted. */
bool action_begin(struct prepared *prepared, const onnx_tensor *const *inputs,
                  struct failure *failure);

/* One call, as run_call is one. */
bool action_call(struct prepared *prepared, const onnx_tensor *const *inputs,
                 const onnx_tensor **outputs, struct failure *failure);

/* What --type and --keep say of a model's recurrent nodes, which the caller frees; NULL: a name is
 * none of theirs. */
const char **action_types(const struct request *request, const onnx_model *model,
                          struct failure *failure);

/* Call after call: inputs are prepared->inputs over all calls, and so become outputs. */
bool action_stream(const struct request *request, const onnx_model *model,
                   struct prepared *prepared, struct failure *failure);

/* Tensors of the shapes that inputs are declared to have, not cleared; a dimension that is left
 * open is 1. */
bool action_shapes(const onnx_model *model, onnx_memory *memory, const onnx_tensor **inputs,
                   struct failure *failure);

/* The inputs of a model from files, one each. */
bool action_read_inputs(const struct request *request, const onnx_model *model, onnx_memory *memory,
                        const onnx_tensor **inputs, struct failure *failure);

/* Whether a tensor of a file is what the model declares as an input. */
bool action_check_input(const onnx_model *model, size_t input, const onnx_tensor *tensor,
                        const char *path, struct failure *failure);

/* The inputs of a model from a folder of test data. */
bool action_read_data(const struct request *request, const onnx_model *model,
                      struct prepared *prepared, struct failure *failure);

#endif
