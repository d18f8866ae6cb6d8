/* SPDX-License-Identifier: MIT */
/* weir.h: run recurrent layers on the CPU with kernels that were generated for them.
 *
 * Make a layer from a cell's name, its sizes and its weights; everything that can fail fails there,
 * with a status and a sentence. Then run it: no allocation, no lock, no system call, no failure.
 * (With a pool of threads, and only then, a call may wake those that sleep, and yield its core when
 * it waits long for one that does not get on: system calls both.)
 *
 * All data is float32. T, B, I, H, P are time steps, batch rows, input, hidden and projected size.
 * Results are bitwise the same on every ISA, for every batch size and number of threads, however a
 * sequence is cut into calls. A NaN in a result is always the quiet NaN 0x7fc00000.
 *
 * That is promised where floats are rounded to nearest and denormals are kept (no FTZ, no DAZ), the
 * mode in which C programs start. weir_layer_forward computes in the mode that the thread is in.
 * What makes and trains a layer (weir_layer_create, weir_layer_set_weights, weir_weights_from_...,
 * weir_layer_forward_train, weir_layer_backward) sets that mode, and gives back the caller's. */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WEIR_API __attribute__((visibility("default")))
#else
#define WEIR_API
#endif

/* The version of this header, and that of the library, as "MAJOR.MINOR.PATCH". Before 1.0 another
 * MINOR may change anything, and is another soname. */
#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 2
#define WEIR_VERSION_PATCH 0
WEIR_API const char *weir_version(void);

typedef enum weir_status {
    WEIR_OK,
    WEIR_INVALID, /* an argument, a size, a weight or an environment variable is wrong */
    WEIR_UNAVAILABLE, /* an ISA, a kernel or a cell asked for by name, or a core, is not to be had
                       */
    WEIR_NO_MEMORY
} weir_status;

/* What went wrong, in one sentence that says what to do. Filled when a call returns not WEIR_OK;
 * every function takes NULL for "do not tell me".
 *
 * A function that returns a status refuses any other NULL that it cannot do with, and any number
 * that is none of an enum's; one that returns a pointer or a size says NULL or 0 then, and
 * destroying NULL does nothing. What computes and returns nothing (forward, backward,
 * weir_layer_set_weights) asks nothing: it needs a layer, and arrays of the sizes said, but for
 * those said to be optional. */
typedef struct weir_error {
    weir_status status;
    char message[512];
} weir_error;

/* ---- What this build and this machine have ---- */

struct weir_kernel; /* kernel.h: what a generated kernel says of itself */

/* Kernels in this build, in a fixed order; NULL past the last. Some may need an ISA that this CPU
 * lacks: see weir_kernel_runs_here. */
WEIR_API size_t weir_kernel_count(void);
WEIR_API const struct weir_kernel *weir_kernel_at(size_t index);
WEIR_API bool weir_kernel_runs_here(const struct weir_kernel *kernel);

/* A kernel in words. I, H, P are 0 where it serves every size. tuned_for: the microarchitecture
 * that alone it is chosen on, and by which its name ends; NULL: it is for all. */
typedef struct weir_kernel_info {
    const char *name, *cell, *isa, *math, *type, *plan, *tuned_for;
    size_t I, H, P;
} weir_kernel_info;

WEIR_API weir_kernel_info weir_kernel_describe(const struct weir_kernel *kernel);

/* ISAs by name, in the order of preference: scalar; avx2 (AVX2, FMA and F16C), avx2vnni (with
 * AVX-VNNI), avx512 (F, BW, DQ, VL), avx512vnni (with AVX512_VNNI); neon (AArch64), neondot (with
 * its dot products). A CPU may lack one and have a later one. Decided once by CPUID and XGETBV. */
WEIR_API const char *weir_isa_name(size_t index); /* NULL past the last */
WEIR_API bool weir_isa_runs_here(const char *name);

/* The ISA whose float32 kernels run at a level: avx512 for avx512vnni, which adds products of bytes
 * alone, and itself for avx512. NULL: the name is none. */
WEIR_API const char *weir_isa_base(const char *name);

/* The microarchitecture of this CPU, such as "zen4", by CPUID; NULL: it is not one of those that
 * Weir knows. */
WEIR_API const char *weir_microarchitecture(void);

/* The level that selection will use: the best that the CPU has and WEIR_ISA allows. WEIR_INVALID or
 * WEIR_UNAVAILABLE, with a list of what is there, when WEIR_ISA names none or one the CPU lacks. */
WEIR_API weir_status weir_isa_level(const char **name, weir_error *error);

/* ---- Cells and their weights ---- */

/* A learned matrix [rows][cols], or vector [rows] with cols = 1, under its name in the cell file:
 * for lstm Wi Ui bi Wf Uf bf Wg Ug bg Wo Uo bo. Row r gives unit r. Row-major, any alignment. Where
 * rows and cols are given they must be those of the cell (weir_cell_weights tells them); where both
 * are 0 nothing is checked. */
typedef struct weir_weight {
    const char *name;
    const float *data; /* of type f32; of another it is not read */
    size_t rows, cols;
    /* For weights that are not float32: what their numbers are, and where, row-major, at any
     * alignment. NULL: "f32". "bf16" and "f16": uint16_t, the bits of a bfloat16 or of IEEE's
     * binary16; a layer of that type keeps them as they are, one of f32 widens them, exactly, and
     * so does every layer vectors. "i8" (int8_t) and "u8" (uint8_t), of matrices alone: in column k
     * of row r the weight is scale[r] * (number - zero_point[r]); layers of type i8 and u8 keep
     * numbers, scales and zero points as they are. Every layer takes f32; other pairs of types are
     * refused. */
    const char *type;
    const void *numbers;
    /* Of i8 and u8: a scale, finite and above 0, for each row, or one for all (1); and zero points
     * of the numbers' own type, also one for each row or one for all, or none, which is zeros. */
    const float *scales;
    size_t scale_count;
    const void *zero_points;
    size_t zero_point_count;
} weir_weight;

typedef struct weir_shape {
    const char *name;
    size_t rows, cols;
} weir_shape;

/* The weights that a cell wants, and its states, at given sizes (P = 0 where the cell has no
 * projection). Writes at most `capacity` of them, and how many there are to *count. */
WEIR_API weir_status weir_cell_weights(const char *cell, size_t I, size_t H, size_t P,
                                       weir_shape *shapes, size_t capacity, size_t *count,
                                       weir_error *error);
WEIR_API weir_status weir_cell_states(const char *cell, size_t I, size_t H, size_t P,
                                      weir_shape *shapes, size_t capacity, size_t *count,
                                      weir_error *error);

/* ---- Weights from frameworks ---- */

/* Where a layer with a reset gate (a GRU) applies it: after the product with h, whose bias is then
 * apart (the cell gru: PyTorch, cuDNN, Keras with reset_after=True, ONNX with
 * linear_before_reset=1, oneDNN's lbr_gru); or before it (the cell gru_before). */
typedef enum weir_reset { WEIR_RESET_UNKNOWN, WEIR_RESET_AFTER, WEIR_RESET_BEFORE } weir_reset;

/* One layer and direction as a framework has it, gates stacked in the framework's order. Of PyTorch
 * weight_ih, weight_hh, bias_ih, bias_hh, weight_hr; of Keras kernel, recurrent_kernel, bias; of
 * ONNX W, R, B, P; of oneDNN weights_layer and weights_iter (ldigo), bias, weights_projection. */
typedef struct weir_stacked {
    const char *cell; /* the cell whose maths the layer has: lstm, lstm_projected, lstm_peephole,
                         gru, gru_before, rnn_tanh, rnn_relu, or one with such names of your own */
    size_t I, H, P;
    const float *input, *recurrent; /* the matrices; all arrays here have any alignment */
    const float *bias, *recurrent_bias; /* NULL: none. The second is PyTorch's bias_hh */
    size_t bias_count; /* floats in bias: they tell a convention */
    const float *projection, *peephole; /* where the cell has them */
    weir_reset reset; /* where nothing else tells; a contradiction is an error */
} weir_stacked;

/* How many weights a cell has, and floats in all of them; NULL: not wanted. */
WEIR_API weir_status weir_weights_size(const char *cell, size_t I, size_t H, size_t P,
                                       size_t *count, size_t *floats, weir_error *error);

/* Fill weights[count] for weir_layer_config, with data in memory[floats], which must stay until the
 * layer is made. Biases are added or kept apart as the cell wants. WEIR_INVALID, with the question
 * to answer in `reset`, where nothing tells which maths a layer with a reset gate has. */
WEIR_API weir_status weir_weights_from_pytorch(const weir_stacked *from, weir_weight *weights,
                                               float *memory, weir_error *error);
WEIR_API weir_status weir_weights_from_keras(const weir_stacked *from, weir_weight *weights,
                                             float *memory, weir_error *error);
WEIR_API weir_status weir_weights_from_onnx(const weir_stacked *from, weir_weight *weights,
                                            float *memory, weir_error *error);
WEIR_API weir_status weir_weights_from_onednn(const weir_stacked *from, weir_weight *weights,
                                              float *memory, weir_error *error);

/* ---- Threads ---- */

/* Threads that share the units of a layer with the thread that calls. Each is pinned to a core of
 * its own, that of the caller left out; the caller stays where it is, and does well to pin itself
 * before it makes the pool. For 50 microseconds after a call they look out for the next one, then
 * they sleep; a call that comes later wakes them first.
 *
 * A process that is forked has none of these threads: layers that use the pool compute there on the
 * calling thread alone, with the same bits, and the pool counts one thread. It may make one of its
 * own. */
typedef struct weir_pool weir_pool;

/* Takes about a millisecond, in which the pool measures what its threads take to meet. `threads`
 * counts the caller's; 0: one for each core this process may use. WEIR_UNAVAILABLE for
 * more than that, with the number there is, or without hwloc. No core serves two pools, nor a pool
 * and the thread that made another. */
WEIR_API weir_status weir_pool_create(weir_pool **pool, size_t threads, weir_error *error);
WEIR_API void weir_pool_destroy(weir_pool *pool); /* after the layers that use it */
WEIR_API size_t weir_pool_threads(const weir_pool *pool); /* NULL: 1 */

/* ---- Layers ---- */

typedef struct weir_layer weir_layer;

/* Zero what you do not need: {.cell = "lstm", .I = 2, .H = 64, .weights = w, .weight_count = n}. */
typedef struct weir_layer_config {
    const char *cell;
    size_t I, H, P;
    const weir_weight *weights; /* every weight of the cell, in any order; copied */
    size_t weight_count;
    size_t max_batch; /* rows computed together; a larger batch runs in slices. 0: 64 */
    const char *math; /* "inline" or "sleef"; NULL: inline */
    /* What the weights of products are stored as, rounded to nearest even: "f32", "bf16" (bfloat16)
     * or "f16" (IEEE's binary16), which take half of the memory; or "i8", bytes with a scale for
     * every row of a matrix, which take a quarter, and what they multiply becomes bytes too, with a
     * scale for every row of the batch and step; or "u8", for weights that are given as bytes: as
     * i8, but that rows have zero points (cells lstm and lstm_peephole). All other arithmetic stays
     * float32, and results are the same bits on every ISA, for each type. WEIR_INVALID, with the
     * place, where a finite weight of a matrix would become infinite, or of i8 and u8 one is not
     * finite, or there are more columns than it adds exactly (133,144; of given bytes with -128
     * among them 132,104, and with zero points that are not in the middle 66,311); or where train
     * is set with a type other than f32. NULL: that of the kernel that is asked for by name; else
     * f32, or where matrices are given as bytes i8, unless they have zero points: u8. */
    const char *type;
    const char *isa; /* cap the level for this layer, as WEIR_ISA does for all; NULL: the best */
    const char *kernel; /* a kernel by name, as WEIR_KERNEL does for all; NULL: the best */
    const struct weir_kernel *own; /* a kernel of your own, linked or loaded by you; or NULL */
    /* NULL: the calling thread alone. May serve several layers, one call at a time. */
    weir_pool *pool;
    /* How many of the pool's threads share a call, if all can have units. 0: all of them where that
     * makes it faster, judged by the layer's size, the rows of the call and what the pool measured;
     * else one. */
    size_t threads;
    bool
        train; /* the layer is to be trained, too: its weights are packed once more, for backward */
} weir_layer_config;

/* Choose a kernel, check and pack the weights, allocate all that running needs. The environment
 * variables WEIR_ISA, WEIR_KERNEL and WEIR_VERBOSE are read here. */
WEIR_API weir_status weir_layer_create(weir_layer **layer, const weir_layer_config *config,
                                       weir_error *error);
WEIR_API void weir_layer_destroy(weir_layer *layer);
WEIR_API const struct weir_kernel *weir_layer_kernel(const weir_layer *layer);

/* A sequence: x[T][B][I] in, y[T][B][output] out, where output is the size of the first state.
 * Strides are in floats; 0 means dense (step: B * width, row: width). A negative x_step with x at
 * the last step reads backwards in time. */
typedef struct weir_sequence {
    size_t T, B;
    const float *x;
    ptrdiff_t x_step, x_row;
    float *y; /* must not overlap x; NULL: not wanted */
    ptrdiff_t y_step, y_row;
    /* One [B][size] dense array a state, in the order of weir_cell_states; NULL, as the list or in
     * it, means zeros, or not wanted. initial and final may be the same arrays: a stream. */
    const float *const *initial;
    float *const *final;
} weir_sequence;

/* Run. Needs the layer, the sequence and, unless T or B is 0, x. T = 0 or B = 0 leaves y alone and
 * copies initial states to final ones. One call at a time on
 * one layer, or on all layers of one pool; others are independent. */
WEIR_API void weir_layer_forward(weir_layer *layer, const weir_sequence *sequence);

/* ---- Many streams at once ---- */

/* One time step of n streams, which lie anywhere: stream k reads I floats from x[k], writes to y[k]
 * as many as the first state has, and goes on from states[s][k], in place: the floats of state s,
 * in the order and with the sizes of weir_cell_states. At any alignment. States are plain numbers:
 * whoever keeps, copies or restores a stream keeps, copies or restores these, NaN included.
 *
 *     float *const *const states[] = {h, c}; // of an lstm; h[k] and c[k] are those of stream k
 */
typedef struct weir_streams {
    size_t n;
    const float *const *x;
    float *const *y; /* NULL: not wanted */
    float *const *const *states; /* NULL, as the list or in it: zeros, and not wanted */
} weir_streams;

/* Run that step: the bits are those of n calls of weir_layer_forward, one a stream, and the weights
 * are read once for every max_batch streams. Needs the layer, streams and, unless n is 0, x.
 * Nothing that is written, a state or an output, may overlap anything of another stream, nor x;
 * above all no stream may stand there twice. Nothing is refused: what overlaps has no defined
 * result. */
WEIR_API void weir_layer_step_many(weir_layer *layer, const weir_streams *streams);

/* ---- Training: backpropagation through time, for layers made with config.train ---- */

/* The bytes that one step of training over T steps and B rows works in: memory of the caller's,
 * aligned to 64 bytes, that belongs to the call from weir_layer_forward_train to the end of
 * weir_layer_backward. SIZE_MAX where no machine has that much; 0 for a layer made without train.
 * The batch runs whole, whatever max_batch is. */
WEIR_API size_t weir_layer_workspace(const weir_layer *layer, size_t T, size_t B);

/* weir_layer_forward, with the same bits, that leaves in the workspace what backward needs. Needs a
 * layer made with config.train and, unless T or B is 0, its workspace for that T and B. */
WEIR_API void weir_layer_forward_train(weir_layer *layer, const weir_sequence *sequence,
                                       void *workspace);

/* The gradients of a loss. Given: by outputs and final states. Wanted: by inputs, initial states
 * and weights. Layouts, strides and NULL as in weir_sequence; what is wanted must not overlap what
 * is given. */
typedef struct weir_gradients {
    const float *y; /* NULL: zeros */
    ptrdiff_t y_step, y_row;
    const float *const *final; /* NULL, as the list or in it: zeros */
    float *x; /* NULL: not wanted */
    ptrdiff_t x_step, x_row;
    float *const *initial; /* NULL, as the list or in it: not wanted */
    /* One array a weight, row-major, in the order of weir_cell_weights; NULL as before. */
    float *const *weights;
    bool accumulate; /* add to the weights' arrays instead of overwriting them */
} weir_gradients;

/* Backward through the sequence that weir_layer_forward_train has just run with this workspace; x
 * is read again. Needs what that call needed, and gradients. Each sum over time and batch runs in
 * one fixed order (time, then rows, ascending), so that for a given batch gradients have the same
 * bits on every ISA and by any number of threads. Where a function has a kink (relu at 0, clip at
 * its bounds) the gradient is that of one side: relu has slope 0 there; gen/cell/ops.def has the
 * others. */
WEIR_API void weir_layer_backward(weir_layer *layer, const weir_sequence *sequence,
                                  const weir_gradients *gradients, void *workspace);

/* Replaces all weights, given in the order of weir_cell_weights, none of them NULL: after a step of
 * an optimiser. Nothing is refused: of what the layer's type does not hold 16 bits make an
 * infinity, and i8 and u8 a row whose sums are NaN. */
WEIR_API void weir_layer_set_weights(weir_layer *layer, const float *const *weights);

#ifdef __cplusplus
}
#endif
#endif
