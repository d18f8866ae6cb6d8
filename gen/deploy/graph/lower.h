/* SPDX-License-Identifier: MIT */
/* A graph of an ONNX model while it becomes a schedule (schedule/schedule.h): node by node, all
 * shapes being numbers. What is done to it returns false where it fails, with the sentence in the
 * failure.
 *
 * A value is a constant, which is folded as far as it goes; a view; or deferred: a loop over single
 * elements that whoever uses the value once becomes part of. */
#ifndef WEIR_DEPLOY_LOWER_H
#define WEIR_DEPLOY_LOWER_H

#include "deploy/deploy.h"
#include "onnx/onnx.h"
#include "schedule/schedule.h"

/* A product with a constant matrix whose cell can still take what is done to its outputs. */
struct affine {
    size_t layer, inputs, outputs;
    const float *matrix, *bias; /* NULL: there is none */
    const char *after; /* a function; NULL: none */
};

struct value {
    bool is_int;
    enum whole whole; /* of whole numbers: where they wrap around; bools are of 64 bits */
    size_t rank, dims[ONNX_RANK_MAX];
    const onnx_tensor *constant; /* NULL: it is none */
    struct view view; /* buffer -1: there is none, or not yet */
    struct loop *deferred; /* NULL: it is not */
    struct affine *affine; /* what gives all of it, each output of which is an element of an axis */
    size_t affine_axis; /* this one */
    size_t uses; /* by nodes and outputs of the model */
    bool open[ONNX_RANK_MAX]; /* axes that are known to have another size for other steps */
    bool counts; /* a constant that says how many elements there are of something */
};

/* What is noted of a value that is no constant, to be compared with what it is for another number
 * of steps. */
struct value_shape {
    size_t rank, dims[ONNX_RANK_MAX];
};

/* What a product multiplies: anything; or whole numbers, whose sums are exact in float32, and which
 * are so themselves, or in bfloat16, too: no other type of weights may be asked for. */
enum exact { EXACT_NONE, EXACT_FLOAT, EXACT_SHORT };

/* Values that a node in work may have beside those of the model, after these. */
enum { LOWER_SPARE = 3 };

struct lowering {
    const onnx_model *onnx;
    const struct deploy_request *request;
    struct deploy_model *model;
    struct schedule *schedule;
    struct failure *failure;
    onnx_memory *scratch; /* of the node in work */
    const onnx_node *node; /* that one */
    struct value *values; /* of every value of the model */
    const bool (*open)[ONNX_RANK_MAX]; /* which of their axes are; NULL: that is not known */
    bool opens; /* what is made is to be right for fewer steps, too */
    enum exact exact; /* of the node in work */
    bool keeps; /* recurrent nodes go on where the last call ended */
    bool has_failed; /* where a view is asked for, which cannot tell by itself */
    struct loop_room *spare; /* of loops that were deferred */
    size_t deferred; /* those that are */
    size_t counted; /* elements computed to know how many steps there are: counts.c */
};

/* Room for a deferred loop, which is large: it is used again. */
struct loop_room {
    struct loop loop;
    struct loop_room *next;
};

enum { LOWER_DEFERRED_MAX = 256, LOWER_STEPS_MAX = 6144 };

/* Fails: the node in work cannot be deployed. */
bool lower_refuse(const struct lowering *l, const char *reason, ...)
    __attribute__((format(printf, 2, 3)));

/* Memory that lives as long as the model; NULL and a sentence where there is none. */
void *lower_take(struct lowering *l, size_t count, size_t size);

/* How a model is lowered for some number of steps. */
struct lower_steps {
    struct value_shape *shapes; /* of every value, which are noted there; or NULL */
    const bool (*open)[ONNX_RANK_MAX]; /* what is known of them; NULL: these are the only steps */
};

/* The model for the steps that are asked for: its layers, and its schedule, which is empty yet. */
bool lower_model(const onnx_model *onnx, const struct deploy_request *request,
                 const struct lower_steps *steps, struct deploy_model *model,
                 struct failure *failure);

/* All nodes of a graph. */
bool lower_graph(struct lowering *l, const onnx_graph *graph);

/* inputs.c: the shapes of the model's inputs, and their buffers; and what the model gives. */
bool lower_inputs(struct lowering *l);
bool lower_outputs(struct lowering *l);

/* carry.c: which outputs are inputs of the next call, found and printed where that is asked for;
 * the input that an output is, and its buffer; and storing them, at the end. What follows NAME= in
 * a list of lines; NULL: it is not there. */
bool lower_pairs(const onnx_model *onnx, struct deploy_request *request, struct failure *failure);
bool lower_is_kept(const struct lowering *l, const char *input);
const struct buffer *lower_find_kept(const struct lowering *l, const char *output, int *number);
bool lower_carry(struct lowering *l);
const char *lower_find_line(const char *lines, const char *name);
const char *lower_next_line(const char *lines); /* NULL: there is none */

/* ---- Values: values.c ---- */

/* An input or output of the node in work; NULL: it is left out. */
struct value *lower_input(const struct lowering *l, size_t input);
struct value *lower_output(const struct lowering *l, size_t output);
const onnx_tensor *lower_constant(const struct lowering *l, size_t input); /* or NULL */

/* An axis of the input of the node in work, which may be counted from the end. */
bool lower_axis(const struct lowering *l, int64_t given, const struct value *input, size_t *axis);

/* What whole numbers of a type are; a type of a value, which wraps around as its type does; and
 * what an argument of a call has for it: int64_t for all but those of 8 and 16 bits. */
enum whole lower_whole(enum onnx_type type);
enum onnx_type lower_type(const struct value *value);
enum whole lower_argument_whole(enum whole whole);

/* A new buffer for so many elements that are those of a value. */
int lower_room(struct lowering *l, const struct value *like, size_t count);

/* One that is nothing yet; its elements. */
struct value lower_blank(size_t uses);
size_t lower_count(const struct value *value);

void lower_set_view(struct value *value, const struct view *view, bool is_int);
void lower_set_constant(struct value *value, const onnx_tensor *tensor);

/* Numbers along an axis, first + step * i, as a constant that is broadcast to values of this rank;
 * NULL: there is no memory. */
struct value *lower_count_up(struct lowering *l, size_t rank, size_t axis, size_t count,
                             int64_t first, int64_t step, bool is_int);

/* A number for each channel, as a constant that is broadcast to values of this rank. */
bool lower_set_channels(struct lowering *l, struct value *value, size_t rank, size_t channels,
                        const float *numbers);

/* An input with a number for each channel, as a value that is broadcast to so many dimensions: the
 * channels are the second one, or that and the one after it, of these sizes (0: it is not).
 * normalise.c. */
bool lower_read_channels(struct lowering *l, size_t input, size_t rank, const size_t sizes[2],
                         struct value *value);

/* Leaves axes of size 1 out of a view. */
void lower_drop_axes(struct view *view, const bool axes[ONNX_RANK_MAX]);

/* The value as a view: what is deferred is computed, constants become buffers. */
struct view lower_view(struct lowering *l, struct value *value);

/* A copy of a view, without gaps. */
struct view lower_pack(struct lowering *l, const struct view *view);

/* A loop to be deferred; giving it back, once it is part of another, or a step. */
struct loop *lower_take_loop(struct lowering *l);
void lower_give_loop(struct lowering *l, struct loop *loop);

/* A step that copies from one view to another of the same shape; fills one with a number,
 * which is the whole one where its elements are. */
void lower_copy(struct lowering *l, const struct view *from, const struct view *to);
void lower_fill(struct lowering *l, float number, int64_t whole, const struct view *to);

/* Computes the value into a view. */
void lower_into(struct lowering *l, struct value *value, const struct view *to);

/* Computes all that is deferred: branches follow, of which one runs. */
void lower_settle(struct lowering *l);

/* What is deferred in a branch or a body has no use after it, and is computed nowhere else: what it
 * reads is there in that alone. */
void lower_forget(struct lowering *l, const onnx_graph *graph);

/* Whether a loop, in as few dimensions as there need be, became a kernel: work.c. False: it failed.
 */
bool lower_work(struct lowering *l, const struct loop *loop, bool *made);
/* Whether what is deferred is to be computed by itself before words are applied to it: one of them
 * can be a kernel, and both together cannot. */
bool lower_is_apart(const struct loop *loop, const char *words);

/* ---- Expressions: expressions.c ---- */

/* Some values under a text of words, the last one first in none: a, b, c are the values, words with
 * letters else are functions of kernels/elementwise.h or name=number an attribute of the node with
 * what stands in for it, numbers are floats, and after # whole ones. Each function takes what it
 * takes from the end of what stands before it. The result is deferred. */
bool lower_expression(struct lowering *l, struct value *const *of, size_t count, const char *words,
                      struct value *result);

/* The words of rounding to a type of 16 bits. */
const char *lower_rounding(enum onnx_type type);

/* The same combined over some axes, which become 1; the result is a view. The start of whole
 * numbers is one, too, and what they give is of 64 bits. */
bool lower_reduction(struct lowering *l, struct value *of, const bool axes[ONNX_RANK_MAX],
                     const char *words, const char *combine, float start, struct value *result);
bool lower_whole_reduction(struct lowering *l, struct value *of, const bool axes[ONNX_RANK_MAX],
                           const char *words, const char *combine, int64_t start,
                           struct value *result);

/* The same as lower_expression, whose result wraps around as whole numbers of this kind do. */
bool lower_wrapped(struct lowering *l, struct value *const *of, size_t count, const char *words,
                   enum whole whole, struct value *result);

/* The number of elements over some axes, as a value: reductions.c. */
bool lower_axes_count(struct lowering *l, const struct value *x, const bool axes[ONNX_RANK_MAX],
                      struct value *count);

/* The shape of a value as a tensor without elements, for those who ask for no more; NULL: there is
 * no memory. lower.c */
const onnx_tensor *lower_shape(struct lowering *l, const struct value *value);

/* A constant number, as a value. */
bool lower_set_number(struct lowering *l, struct value *value, float number);

/* ---- Products: affine.c ---- */

/* The product of rows with a matrix [outputs][inputs]: of a view whose last axis has the inputs, in
 * whose place come the outputs. */
bool lower_affine(struct lowering *l, const struct view *rows, const struct affine *affine,
                  struct value *result);

/* A view whose dimensions from `outer` on become one, in which elements lie one after another:
 * where they do not, a copy. */
struct view lower_flat_rows(struct lowering *l, const struct view *view, size_t outer);

/* Whether what is added, or the function, became part of the cell that gives a value. */
bool lower_affine_takes(struct lowering *l, bool *taken);

/* The product of two views, none of which need be a constant, by loops: products.c. */
bool lower_multiply(struct lowering *l, const struct view *a, const struct view *b,
                    struct value *result);

struct deploy_layer *lower_layer(struct lowering *l, const char *cell, const double size[4]);

/* share.c: kernels of the same weights become one. The sizes of what a layer has learned; and
 * whether another is the same kernel with the same weights, which have these sizes. */
struct lower_sizes {
    size_t count, rows[PARAMS_MAX], cols[PARAMS_MAX];
};

bool lower_share(struct lowering *l);
bool lower_read_sizes(const struct deploy_layer *layer, struct lower_sizes *sizes,
                      struct failure *failure);
bool lower_same_layer(const struct deploy_layer *a, const struct deploy_layer *b,
                      const struct lower_sizes *sizes);

/* ---- Quantised numbers: quantised.c ---- */

/* The function that quantises to whole numbers of a kind; NULL: none does. */
const char *lower_quantise_word(enum whole whole);

/* ---- Windows: windows.c ---- */

struct window;

/* The input of the node as [batch][channels] and three dimensions, in the memory around it what is
 * to be read there; and with this stride zeros between its elements, where that is more than 1. */
struct view lower_window_input(struct lowering *l, const struct window *window, float fill,
                               const int64_t spread[3]);

/* What is read for each output: [batch], the output, the kernel, [channels]. */
struct view lower_window_patches(const struct window *window, const struct view *x,
                                 size_t channels);

/* What lies as [batch], three dimensions, [channels] under the node's axes. */
struct view lower_window_output(const struct lowering *l, const struct view *made);

/* ---- Rows of indices: indexed.c ---- */

/* GatherND and ScatterND: rows of `depth` numbers that say where in the dimensions of x from
 * `batch` on, which have `bound` elements, a part of it is; and the shape of all parts. */
struct index_rows {
    size_t batch, depth, bound, rank, dims[VIEW_RANK_MAX];
};

bool lower_read_rows(struct lowering *l, struct value *x, struct value *indices, size_t batch,
                     struct index_rows *rows);

/* Their terms in a loop over all parts: the last one is the place among the `bound`. */
void lower_add_rows(struct lowering *l, const struct index_rows *rows, struct value *x,
                    struct value *indices, struct loop *loop);

/* ---- Operators ---- */

typedef bool lower_operator(struct lowering *l);

lower_operator lower_recurrent, lower_if, lower_cell; /* recurrent.c, branches.c */
lower_operator lower_repeat; /* repeats.c */
lower_operator lower_elementwise, lower_clip, lower_gelu, lower_cast, lower_mean,
    lower_where; /* elementwise.c */
lower_operator lower_move, lower_gather; /* moves.c */
lower_operator lower_gather_elements, lower_gather_nd, lower_reverse_sequence; /* indexed.c */
lower_operator lower_scatter_elements, lower_scatter_nd; /* scatter.c */
lower_operator lower_top_k, lower_one_hot, lower_compress, lower_unsized; /* ranks.c */
lower_operator lower_matmul, lower_gemm; /* products.c */
lower_operator lower_conv, lower_conv_transpose; /* convolution.c */
lower_operator lower_pool; /* pooling.c */
lower_operator lower_einsum; /* einsum.c */
lower_operator lower_dft, lower_stft; /* spectra.c */
lower_operator lower_arg, lower_cum_sum; /* order.c */
lower_operator lower_softmax, lower_reduce, lower_reduce_log_sum_exp; /* reductions.c */
lower_operator lower_batch_norm, lower_instance_norm, lower_group_norm,
    lower_layer_norm; /* normalise.c */
lower_operator lower_pow, lower_mod; /* powers.c */
lower_operator lower_quantize_linear, lower_dequantize_linear,
    lower_dynamic_quantize_linear; /* quantised.c */
lower_operator lower_matmul_integer, lower_conv_integer, lower_qlinear_matmul,
    lower_qlinear_conv; /* whole_products.c */

#endif
