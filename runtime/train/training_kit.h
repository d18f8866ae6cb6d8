/* SPDX-License-Identifier: MIT */
/* What the files of the training kit share with one another and with nobody else. All of it is
 * hidden in the shared library. */
#ifndef WEIR_TRAINING_KIT_H
#define WEIR_TRAINING_KIT_H

#include "fail.h"
#include "weir_train.h"

/* ---- Sizes ---- */

/* Arithmetic that stays at SIZE_MAX, which is more than there is of anything. */
static inline size_t train_times(size_t a, size_t b)
{
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

static inline size_t train_plus(size_t a, size_t b)
{
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

/* ---- tensors.c: what reading and writing share ---- */

const char *weir_train_dtype_name(weir_dtype dtype); /* NULL past the last */
size_t weir_train_dtype_bytes(weir_dtype dtype);
size_t
weir_train_tensor_bytes(const weir_tensor *tensor); /* SIZE_MAX where no machine has that much */

/* "F32 [3, 4]". */
struct train_words {
    char text[200];
};
struct train_words weir_train_tensor_words(const weir_tensor *tensor);

bool weir_train_is_utf8(const char *text, size_t length);

/* The key that holds the texts of a file. */
#define TRAIN_METADATA "__metadata__"

/* ---- optimiser.c: what a checkpoint holds of an optimiser ---- */

enum { TRAIN_SLOTS_MAX = 2 };

/* Arrays of one value a learned value, in the order of the parameters, each with a name; and powers
 * of beta1 and beta2. */
struct weir_optimiser {
    weir_optimiser_config config;
    weir_parameter *parameters;
    size_t count;
    size_t slot_count;
    const char *slot_name[TRAIN_SLOTS_MAX];
    float *slot[TRAIN_SLOTS_MAX];
    double power[2];
};

/* ---- model.c: what a checkpoint holds of a model ---- */

enum { TRAIN_DIRECTIONS = 2, TRAIN_LAYERS_MAX = 64, TRAIN_NAME_MAX = 160 };

/* What a model draws random numbers for, each from streams of its own, all beyond the first 2^56,
 * which are left to those who use the seed for something else. */
enum train_purpose { TRAIN_INIT = 1, TRAIN_DROPOUT };

static inline uint64_t train_stream(enum train_purpose purpose, size_t layer, uint64_t rest)
{
    return (uint64_t)purpose << 56 | (uint64_t)layer << 48 | (rest & 0xffffffffffff);
}

/* loss.c: the sum of losses, and gradients of their mean over all rows; and that mean. */
double weir_train_loss_sum(weir_loss loss, size_t rows, size_t all_rows, size_t cols,
                           const float *outputs, const float *targets, float *gradient);
double weir_train_loss_mean(weir_loss loss, size_t rows, size_t cols, double sum);

/* random.c: weir_dropout for elements from first on. */
void weir_train_dropout(float rate, uint64_t seed, uint64_t stream, uint64_t first, float *values,
                        size_t count);

/* One layer of weir.h, with its place in the list of parameters. */
struct train_part {
    weir_layer *layer;
    size_t first, weight_count; /* its parameters */
    size_t place, floats; /* of theirs in weir_model.gradients */
    void *workspace;
};

/* A recurrent layer and what flows through it: one part for each direction. */
struct train_stage {
    weir_model_layer config;
    struct train_part part[TRAIN_DIRECTIONS];
    size_t directions, input, output; /* sizes; output is that of one direction */
    float *y, *d_y; /* [T][B][directions * output], or [B][...] without sequences */
};

/* What of a batch is computed at once: some of its rows. */
struct train_slice {
    weir_batch batch; /* of these rows alone; its targets have no gaps */
    size_t first, rows; /* the first of them, and how many the whole batch has */
};

/* Sums of gradients, each in a slot of weir_model.gradients of its own, and of losses. */
struct train_sums {
    weir_node nodes[WEIR_NODES_MAX];
    double losses[WEIR_NODES_MAX];
    size_t count; /* once the slice in work, which goes to `slot`, has joined those before it */
    size_t slot, joins;
    bool is_last; /* of this process */
};

struct weir_model {
    weir_model_config config;
    weir_exchange exchange; /* of a process alone: all slices, and no functions */
    struct train_sums sums;
    size_t floats; /* of all parameters */
    float *targets; /* of a slice whose targets do not lie side by side */
    struct train_stage *stages;
    struct train_part head;
    weir_parameter *parameters;
    size_t parameter_count;
    char (*names)[TRAIN_NAME_MAX];
    float *values; /* of all parameters, one after the other */
    float *gradients; /* slots of as many: the first has those of the batch, in the end */
    float **value_list, **gradient_list; /* one pointer a parameter, as weir.h takes them */
    weir_optimiser *optimiser;
    float *d_x; /* the gradient by the input of a backward direction */
    float *last[TRAIN_DIRECTIONS]; /* the last output of each direction of a layer */
    float *d_last[TRAIN_DIRECTIONS];
    float *outputs, *d_outputs; /* of the head */
    uint64_t seed, steps;
};

/* ---- slices.c ---- */

weir_status weir_train_check_slices(const weir_model_config *config, weir_error *error);
size_t weir_train_slots(const weir_exchange *exchange, size_t slices); /* that sums need */

/* The rows of the largest slice of a batch. */
static inline size_t train_slice_rows(size_t rows, size_t slices)
{
    return rows / slices + (rows % slices != 0);
}

/* Cuts a slice out of a batch. */
struct train_slice weir_train_cut(const weir_model *model, const weir_batch *batch, size_t slice);

/* Has the gradients of a slice go to a slot of their own; of an empty one they are zeros. */
void weir_train_slice_begin(weir_model *model, size_t slice, bool is_empty);

/* The gradients of a part have been computed for this slice: joins them with those before. */
void weir_train_part_end(weir_model *model, const struct train_part *part);
void weir_train_slice_end(weir_model *model, double loss);

/* For a process without slices: it has part in the sums of others. */
void weir_train_part_share(weir_model *model, const struct train_part *part);

#endif
