/* SPDX-License-Identifier: MIT */
/* What the files of the oneDNN module share: a primitive with its arguments, and what one
 * contender holds. Version 3 has other types than version 2 and other calls to describe memory and
 * layers: those are here and in onednn_v2.c and onednn_v3.c, of which the build takes one. */
#ifndef BENCH_PEERS_ONEDNN_H
#define BENCH_PEERS_ONEDNN_H

#include "peers.h"

#include <dnnl.h>

enum { GATES_MAX = 4, ARGUMENTS_MAX = 16, MEMORIES_MAX = 24 };

/* Gates in oneDNN's order, by the names of their weights in the cell. */
struct layout {
    const char *cell;
    bool is_lstm;
    size_t gates;
    const char *W[GATES_MAX], *U[GATES_MAX];
    size_t biases;
    const char *b[GATES_MAX];
};

/* What a layer's arrays are of, but for biases, which are always float32. */
struct precision {
    const char *type; /* as Weir calls that of the weights; NULL: float32 */
    dnnl_data_type_t x, weights, y;
    double tolerance; /* as of a contender */
};

struct variant {
    const char *name;
    const struct precision *precision;
    dnnl_prop_kind_t propagation;
    dnnl_format_tag_t weights;
    /* Of those that are trained. */
    bool train;
    dnnl_format_tag_t backward_weights;
    bool accumulate; /* gradients are added up from call to call, as backward does by itself */
};

/* How memory is laid out, as the functions that both versions have take it. */
#if DNNL_VERSION_MAJOR < 3
typedef const dnnl_memory_desc_t *memory_layout;
#else
typedef const_dnnl_memory_desc_t memory_layout;
#endif

/* An array: its extents, in that order, where they lie, and what of. */
struct array {
    int count;
    dnnl_dims_t extents;
    dnnl_format_tag_t tag;
    dnnl_data_type_t type;
};

/* What a recurrent layer works on. A gradient that is not listed is laid out as what it is by. */
enum array_name { ARRAY_X, ARRAY_Y, ARRAY_W, ARRAY_U, ARRAY_B, ARRAY_STATE, ARRAY_DW, ARRAY_DU };
enum { ARRAYS = ARRAY_DU + 1 };

/* A primitive, and what it is executed with. */
struct call {
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arguments[ARGUMENTS_MAX];
    int count;
};

struct running {
    const struct layout *layout;
    const struct variant *variant;
    const struct workload *workload;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_attr_t attributes; /* how floats become bytes; NULL: they stay what they are */
    float scale; /* of activations as bytes */
    struct call forward, backward;
    struct {
        dnnl_memory_t memory;
        void *pages; /* NULL: the caller's */
    } memories[MEMORIES_MAX];
    size_t memory_count;
};

/* ---- onednn_v2.c or onednn_v3.c: what the versions spell differently ---- */

/* Memory of the caller's. */
dnnl_status_t array_create(dnnl_memory_t *memory, const struct array *array, dnnl_engine_t engine,
                           void *data);

/* The layer forward or, after it, backward. In training the initial states are given. */
dnnl_status_t forward_describe(struct running *running, const struct array arrays[ARRAYS]);
dnnl_status_t backward_describe(struct running *running, const struct array arrays[ARRAYS]);

/* ---- onednn_memory.c: arguments, and weights in oneDNN's layouts ---- */

/* Of the layer, with its weights laid out so; those of gradients are the library's to choose. */
void arrays_describe(struct array arrays[ARRAYS], const struct running *running,
                     dnnl_format_tag_t weights);

/* Gives the call an argument of the layout that its primitive wants: memory of the caller's or,
 * for NULL, zeroes of its own. */
dnnl_status_t argument_add(struct running *running, struct call *call, int argument, void *data);

/* Gives it one that another call has, too. */
dnnl_status_t argument_share(struct call *call, const struct call *from, int argument);

/* NULL: the call has no such argument. */
dnnl_memory_t argument_find(const struct call *call, int argument);

/* The weights of every gate as one argument: reordered, or the bias. */
dnnl_status_t weights_add(struct running *running, struct call *call, int argument,
                          const char *const *names, size_t columns);
dnnl_status_t bias_add(struct running *running, struct call *call);

/* Gradients by them, into the workload. */
dnnl_status_t weights_collect(struct running *running, int argument, const char *const *names,
                              size_t columns);
void bias_collect(struct running *running);

/* ---- onednn_types.c: arrays that are not float32 ---- */

/* Attributes that all calls of the layer need: how weights and activations become bytes. */
dnnl_status_t types_describe(struct running *running);

/* The workload's x as the layer takes it, and room for y as it gives it. */
dnnl_status_t types_add(struct running *running, struct call *call);

/* y into the workload, as floats. */
void types_collect(const struct running *running);

/* ---- onednn_train.c ---- */

/* After forward has been prepared. */
dnnl_status_t train_prepare(struct running *running);
void train_backward(struct contender *self);
void train_collect(struct contender *self);

#endif
