/* SPDX-License-Identifier: MIT */
/* weir_train.h: what training takes beside the gradients of weir.h: random numbers, initial
 * weights, losses, dropout, optimisers, checkpoints, and a model that puts them together.
 *
 * Everything here gives the same bits on every machine, for any ISA and number of threads: random
 * numbers are functions of their index, sums run in one fixed order, and only exactly rounded
 * operations are used (but a NaN may have any payload). Whatever mode of floating point the caller
 * has set (rounding, FTZ, DAZ), everything here is done in the default one, and the caller's is as
 * it was after. What can fail returns a status and says why
 * in one sentence; nothing else can. What returns nothing needs what it names, none of it NULL
 * unless it is said to be optional or there are 0 elements; of other functions weir.h says what
 * they do with NULL. Values are float32; T, B, I, H, P are steps, batch rows, input, hidden,
 * projected size. */
#ifndef WEIR_TRAIN_H
#define WEIR_TRAIN_H

#include "weir.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Random numbers ---- */

/* Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11): four words
 * that depend on nothing else. Its key is the seed, its counter the counter and the stream, low
 * words first. */
WEIR_API void weir_random_block(uint64_t seed, uint64_t stream, uint64_t counter,
                                uint32_t words[4]);

/* 0 .. count - 1 in an order that depends on seed and stream alone (Fisher & Yates). */
WEIR_API void weir_random_shuffle(uint64_t seed, uint64_t stream, size_t *indices, size_t count);

/* ---- Initial weights, as Keras makes them ---- */

/* Fills a cell's weights, in the order of weir_cell_weights: vectors with zeros, but bf, the bias
 * of a forget gate, with ones (unit_forget_bias); matrices named W.., which are taken to be those
 * of x, by Glorot & Bengio (AISTATS 2010), uniform within sqrt(6 / (fan_in + fan_out)); all others,
 * those of states, orthogonally (Saxe et al., ICLR 2014): Q of a normal matrix, with the signs that
 * make R's diagonal positive.
 *
 * Keras keeps the matrices of all gates in one kernel [in][gates * units], and these are properties
 * of that kernel: so here matrices with the same first letter and as many columns are one. fan_out
 * is the sum of their rows, and they are orthogonal as a whole, stacked.
 *
 * Weight k draws from stream + k; WEIR_NO_MEMORY when there is none to orthogonalise in. */
WEIR_API weir_status weir_init_cell(const char *cell, size_t I, size_t H, size_t P, uint64_t seed,
                                    uint64_t stream, float *const *weights, weir_error *error);

/* ---- Losses: of outputs[rows][cols] against targets of the same shape ---- */

typedef enum weir_loss {
    WEIR_LOSS_MSE, /* mean over all elements of (output - target)^2 */
    WEIR_LOSS_BCE, /* mean over all elements of binary cross-entropy; outputs are logits */
    WEIR_LOSS_SOFTMAX /* mean over rows of cross-entropy; outputs are logits, targets
                         distributions over cols */
} weir_loss;

/* The loss; and its gradient by the outputs, which may be their array; NULL: not wanted. Finite
 * logits of any size give finite results. 0 where there are no elements; a NaN where the loss is
 * none of weir_loss, or outputs or targets are NULL. */
WEIR_API double weir_loss_value(weir_loss loss, size_t rows, size_t cols, const float *outputs,
                                const float *targets, float *gradient);

/* What outputs say under a loss: themselves, their sigmoids, or the softmax of each row. In place
 * where both arrays are one. */
WEIR_API void weir_loss_predict(weir_loss loss, size_t rows, size_t cols, const float *outputs,
                                float *predictions);

/* ---- Dropout ---- */

/* Inverted dropout (Srivastava et al., JMLR 15, 2014): element k becomes 0 with probability rate,
 * in [0, 1), by the word k of (seed, stream), and is multiplied by 1 / (1 - rate) otherwise. Of
 * outputs on the way forward; of gradients, with the same seed and stream, on the way back. In
 * place where both arrays are one. */
WEIR_API void weir_dropout(float rate, uint64_t seed, uint64_t stream, const float *from, float *to,
                           size_t count);

/* ---- Optimisers ---- */

/* A learned matrix [rows][cols], or vector with cols = 1, and its gradient. */
typedef struct weir_parameter {
    const char *name;
    size_t rows, cols;
    float *values, *gradients;
} weir_parameter;

typedef enum weir_method {
    WEIR_SGD, /* v = momentum v - rate g; w += v */
    WEIR_ADAM /* Kingma & Ba, ICLR 2015, in Keras's form: w -= a m / (sqrt(v) + epsilon) with
                 a = rate sqrt(1 - beta2^t) / (1 - beta1^t) */
} weir_method;

/* 0 stands for Keras's default, which is given here. */
typedef struct weir_optimiser_config {
    weir_method method;
    double rate; /* 0.01 for WEIR_SGD, 0.001 for WEIR_ADAM */
    double momentum; /* 0, which is none */
    double beta1, beta2, epsilon; /* 0.9, 0.999, 1e-7 */
} weir_optimiser_config;

typedef struct weir_optimiser weir_optimiser;

/* The parameters are copied, the arrays they point to are not. WEIR_INVALID for a rate or epsilon
 * that is negative or not finite, and for a momentum or beta outside of [0, 1). */
WEIR_API weir_status weir_optimiser_create(weir_optimiser **optimiser,
                                           const weir_optimiser_config *config,
                                           const weir_parameter *parameters, size_t count,
                                           weir_error *error);
WEIR_API void weir_optimiser_destroy(weir_optimiser *optimiser);
WEIR_API void weir_optimiser_step(weir_optimiser *optimiser); /* values, by gradients */

/* Scales all gradients by limit / norm where their Euclidean norm, taken over all of them together,
 * is above the limit (Pascanu et al., ICML 2013; Keras's global_clipnorm). Returns the norm. */
WEIR_API double weir_clip(const weir_parameter *parameters, size_t count, double limit);

/* ---- Files of tensors: the safetensors format, github.com/huggingface/safetensors ---- */

typedef enum weir_dtype {
    WEIR_BOOL,
    WEIR_U8,
    WEIR_I8,
    WEIR_U16,
    WEIR_I16,
    WEIR_F16,
    WEIR_BF16,
    WEIR_U32,
    WEIR_I32,
    WEIR_F32,
    WEIR_U64,
    WEIR_I64,
    WEIR_F64
} weir_dtype;

enum { WEIR_RANK_MAX = 8 };

typedef struct weir_tensor {
    const char *name;
    weir_dtype dtype;
    size_t rank, shape[WEIR_RANK_MAX]; /* rank 0: one number */
    const void *data; /* row-major, little-endian, any alignment */
} weir_tensor;

typedef struct weir_text {
    const char *key, *value; /* UTF-8 */
} weir_text;

/* Writes a file beside the path, has it reach the disk, and renames it: after a crash at any moment
 * the path holds all of the old file or all of the new one. Names are distinct, and none is
 * __metadata__, which holds the texts. WEIR_INVALID where it cannot be written. */
WEIR_API weir_status weir_tensors_write(const char *path, const weir_tensor *tensors, size_t count,
                                        const weir_text *texts, size_t text_count,
                                        weir_error *error);

/* A file, read and checked as a whole: whatever is in it, every tensor lies inside of it. For a
 * file that is not there, cannot be read, or is wrong in any way, WEIR_INVALID. */
typedef struct weir_tensors weir_tensors;

WEIR_API weir_status weir_tensors_open(weir_tensors **file, const char *path, weir_error *error);
WEIR_API void weir_tensors_close(weir_tensors *file);

/* In the order of their data; NULL past the last. Valid until the file is closed. */
WEIR_API const weir_tensor *weir_tensors_at(const weir_tensors *file, size_t index);
WEIR_API const weir_text *weir_tensors_text_at(const weir_tensors *file, size_t index);
WEIR_API const char *weir_tensors_text(const weir_tensors *file, const char *key); /* or NULL */

/* The tensor of wanted->name, which must have the dtype and shape of *wanted: copies its data to
 * `data`, which may be NULL to have it checked only. One of WEIR_F16 or WEIR_BF16 is read as
 * WEIR_F32, too, with the same values. */
WEIR_API weir_status weir_tensors_read(const weir_tensors *file, const weir_tensor *wanted,
                                       void *data, weir_error *error);

/* One layer and direction of a PyTorch state dictionary: the arrays PREFIXweight_ih_lLAYER,
 * weight_hh, bias_ih and bias_hh (both or neither) and, with P, weight_hr; of one that runs
 * backwards they end in _reverse. */
typedef struct weir_pytorch {
    const char *prefix; /* "encoder.rnn."; NULL: none */
    size_t layer;
    bool reverse;
    const char *cell; /* and its sizes, as in weir_stacked */
    size_t I, H, P;
} weir_pytorch;

/* Fills weights and memory as weir_weights_from_pytorch does. WEIR_INVALID where an array is not
 * there, or not float32, float16 or bfloat16 in the shape that the sizes ask for. */
WEIR_API weir_status weir_weights_read_pytorch(const weir_tensors *file, const weir_pytorch *from,
                                               weir_weight *weights, float *memory,
                                               weir_error *error);

/* ---- Slices: a step of training in pieces, which several processes may share ---- */

/* A batch of B rows is cut into the S slices of its configuration, whoever computes them: slice s
 * has the rows from s * B / S up to (s + 1) * B / S, rounded down; with fewer rows than slices some
 * have none. Gradients of slices, and their losses, are added in one binary tree: for d = 1, 2, 4
 * .. below S, the sum at every slice i that is a multiple of 2 d gets that at i + d added to it, if
 * there is one. A slice without rows adds zeros. */
enum { WEIR_SLICES_MAX = 65536, WEIR_NODES_MAX = 40 };

/* A sum in that tree: of slices side by side. No process has more than WEIR_NODES_MAX at once. */
typedef struct weir_node {
    size_t first, count;
} weir_node;

/* Appends a node to a list of those before it, and joins the last two for as long as the tree does.
 * Returns how often: so often, the last of the sums is to be added to the one before it, which then
 * is the last. */
WEIR_API size_t weir_nodes_join(weir_node *nodes, size_t *count, weir_node next, size_t slices);

/* How processes that train the same model share a step, each with the same batch: this one computes
 * `count` slices (0: none) from `first` on, and all get the sums of all. Who implements it takes
 * the sums of each process to where they are joined, by weir_nodes_join in the order of slices, and
 * the totals back; every process makes the same calls in the same order. */
typedef struct weir_exchange {
    void *context;
    size_t first, count;
    /* Gradients of one layer, or of the head, are ready: sums[k], of `floats` numbers, over the
     * slices of nodes[k]. May return at once; the layers below are computed meanwhile. Until `end`,
     * sums and total, which is sums[0] where there are any, belong to the exchange. */
    void (*begin)(void *context, const weir_node *nodes, size_t count, float *const *sums,
                  size_t floats, float *total);
    /* Returns when all totals are there; sets *loss to that of losses[k], which is one number a
     * node. Where it fails, the step of training is not taken. */
    weir_status (*end)(void *context, const weir_node *nodes, size_t count, const double *losses,
                       double *loss, weir_error *error);
} weir_exchange;

/* ---- Models: recurrent layers, one after the other, and a head ---- */

typedef struct weir_model weir_model;

typedef struct weir_model_layer {
    const char *cell; /* by name, as in weir_layer_config */
    size_t H, P; /* P = 0 where the cell has no projection */
    bool bidirectional; /* one more of it runs backwards in time; outputs side by side */
    bool sequences; /* outputs of all steps, not of the last alone: all layers but the last must */
    float dropout; /* of its outputs, in training */
} weir_model_layer;

typedef struct weir_model_config {
    size_t I;
    const weir_model_layer *layers;
    size_t layer_count;
    const char *head; /* a cell that is run for one step on what the last layer gives: "dense" */
    size_t outputs; /* units of the head */
    weir_loss loss;
    weir_optimiser_config optimiser;
    double clip; /* limit of weir_clip; 0: none */
    uint64_t seed; /* of initial weights and of dropout */
    size_t max_T, max_B; /* memory is made for these */
    weir_pool *pool; /* as in weir_layer_config; NULL: the calling thread alone */
    const char *isa; /* as in weir_layer_config; NULL: the best */
    size_t slices; /* of each batch in training, at most max_B; 0: 1. It decides bits */
    const weir_exchange *exchange; /* copied, but for its context; NULL: no other process */
} weir_model_config;

/* Makes layers, initial weights and all memory; nothing is allocated after. */
WEIR_API weir_status weir_model_create(weir_model **model, const weir_model_config *config,
                                       weir_error *error);
WEIR_API void weir_model_destroy(weir_model *model);

/* Weights in a fixed order: layer0/forward/Wi .. layer0/backward/Wi .. layer1/.. and those of the
 * head under its cell's name: dense/W. Gradients are those of the last weir_model_train, after
 * clipping. Who changes values calls weir_model_changed before the next run. */
WEIR_API const weir_parameter *weir_model_parameters(const weir_model *model, size_t *count);
WEIR_API void weir_model_changed(weir_model *model);
WEIR_API uint64_t weir_model_steps(const weir_model *model); /* of training, so far */

/* x[T][B][I]; strides in floats as in weir_sequence, 0 is dense. targets is [B][outputs], or
 * [T][B][outputs] where the last layer gives sequences; forward reads none. */
typedef struct weir_batch {
    size_t T, B; /* at least 1, at most max_T, max_B */
    const float *x;
    ptrdiff_t x_step, x_row;
    const float *targets;
} weir_batch;

/* The head's outputs, in the shape of targets and before weir_loss_predict; without dropout. */
WEIR_API weir_status weir_model_forward(weir_model *model, const weir_batch *batch, float *outputs,
                                        weir_error *error);

/* One step of training. *loss (or NULL) is that before the step, with dropout. */
WEIR_API weir_status weir_model_train(weir_model *model, const weir_batch *batch, double *loss,
                                      weir_error *error);

/* Checkpoints: everything of a model that changes, so that one made from the same configuration
 * goes on with the same bits as if it had never stopped. Tensors and texts of the caller's own are
 * saved along; their names must not begin with optimiser/ or model/. Load changes the model only
 * when all of it is in the file. */
WEIR_API weir_status weir_model_save(const weir_model *model, const char *path,
                                     const weir_tensor *tensors, size_t count,
                                     const weir_text *texts, size_t text_count, weir_error *error);
WEIR_API weir_status weir_model_load(weir_model *model, const weir_tensors *file,
                                     weir_error *error);

#ifdef __cplusplus
}
#endif
#endif
