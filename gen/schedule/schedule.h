/* SPDX-License-Identifier: MIT */
/* A schedule: what a deployed model does in a call, as a list of steps over views of memory. Every
 * shape in it is a number. It knows nothing of where it comes from, and of kernels only what they
 * are given. Running out of memory while one is made ends the program. */
#ifndef WEIR_SCHEDULE_H
#define WEIR_SCHEDULE_H

#include "kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VIEW_RANK_MAX = 8, LOOP_OPERANDS_MAX = 12, LOOP_TERMS_MAX = 40, ARGUMENTS_MAX = 3 };
enum { SCHEDULE_ALIGN = 64 }; /* bytes, of buffers in the arena */

/* ---- Memory ---- */

/* Where a buffer is: in the memory that a call works in, which buffers share by their lifetimes; in
 * an argument of the call; in a constant; in what a state keeps from call to call; or it is part of
 * another buffer, which moves on from step to step of a repetition. */
enum place { PLACE_ARENA, PLACE_INPUT, PLACE_OUTPUT, PLACE_CONSTANT, PLACE_KEPT, PLACE_SLICE };

/* What whole numbers are, and how they lie; in a loop all have 64 bits. */
enum whole { WHOLE_64, WHOLE_I32, WHOLE_U32, WHOLE_I16, WHOLE_U16, WHOLE_I8, WHOLE_U8 };

/* Elements are floats, or whole numbers, which are in the range of how they lie. */
struct buffer {
    enum place place;
    bool is_int;
    enum whole whole;
    size_t count; /* elements */
    size_t index; /* which argument */
    const void *data; /* of a constant */
    size_t shared; /* from 1 on, the same constant of the schedule that this one stands beside */
    const char *name; /* of an argument */
    const char *rounded; /* the type of 16 bits that is rounded to there; NULL: none is */
    size_t rank, dims[VIEW_RANK_MAX]; /* of an argument */
    size_t first, last; /* the steps in which it is alive; none: first > last */
    size_t at; /* in the arena, or in what is kept: bytes */
    /* Of a slice: of which buffer, by which repetition; its first element in step 0, and how many
     * further on it is in the next one. */
    int of;
    size_t repetition;
    ptrdiff_t offset, move;
};

/* Elements of a buffer as a tensor. */
struct view {
    int buffer; /* -1: there is none */
    size_t rank, dims[VIEW_RANK_MAX];
    ptrdiff_t offset, strides[VIEW_RANK_MAX]; /* elements */
};

/* ---- Steps ---- */

/* A function of single elements (functions.def). */
struct function {
    const char *name; /* after weir_ */
    const char *kinds; /* what it gives, and then what it takes: F or I */
};

const struct function *function_find(const char *name); /* it is there */

/* A number, the value of an operand, or of a function of terms before this one; or how many
 * elements there are of something, which is `whole`, as a float. */
enum term_kind { TERM_OPERAND, TERM_NUMBER, TERM_CALL, TERM_COUNT };

struct term {
    enum term_kind kind;
    bool is_int;
    size_t operand;
    float number;
    int64_t whole;
    const struct function *function;
    size_t of[ARGUMENTS_MAX];
};

/* What a loop reads: an element for each of its own, strides being 0 where it is the same one. An
 * indexed one is moved by the value of a term before that which reads it, times `step`; below 0 it
 * counts from the end of `bound` elements, and outside of them the call fails. */
struct operand {
    struct view view;
    bool is_indexed;
    size_t index, bound;
    ptrdiff_t step;
};

/* For every element of `dims` the last term. Of the last `reduced` dimensions those are combined in
 * order, from `start` on, and of every other dimension one is left; `to` has these.
 * One that scatters stores each in a place that is moved as that of an indexed operand is, or what
 * the function makes of what is there and of that (NULL: there is none), in order. */
struct loop {
    size_t rank, dims[VIEW_RANK_MAX], reduced;
    const struct function *combine;
    float start;
    int64_t whole_start; /* where whole numbers are combined */
    bool open[VIEW_RANK_MAX]; /* dimensions that are known to have another size for other steps */
    struct operand operands[LOOP_OPERANDS_MAX];
    struct term terms[LOOP_TERMS_MAX];
    size_t operand_count, term_count;
    struct view to;
    bool scatters;
    const struct function *update;
    size_t index, bound;
    ptrdiff_t step;
};

/* A kernel, once for each row: [B] x [T] x units in, and the same out. Its states before the first
 * step are in rows[s][0], and after the last one in rows[s][T % 2], or where they settle in
 * rows[s][1]: buffers as [B][row], rows padded to WEIR_ROW. */
struct kernel_step {
    size_t layer;
    struct view x, y; /* strides of units are 1 */
    size_t state_count, row_step[WEIR_STATES_MAX]; /* from row to row; 0: all use one */
    int rows[WEIR_STATES_MAX][2];
    bool settles;
};

/* What comes before the end is done again and again: so many times, if not fewer are said, and as
 * long as the condition holds, which is looked at before each time. */
struct repeat_step {
    size_t repetition; /* its number: from 0 on, in order */
    int64_t most;
    struct view count, number; /* one whole number: how often; which time it is, written here */
    int64_t cost; /* of one time: steps of computing, beside those of repetitions inside */
};

/* STEP_END: of an If or a repetition. STEP_FAIL: the call ends here, and says so. */
enum step_kind { STEP_LOOP, STEP_KERNEL, STEP_IF, STEP_ELSE, STEP_REPEAT, STEP_END, STEP_FAIL };

/* A call with repetitions ends, and says so, where they would take more than so many steps. */
#define SCHEDULE_COST_MOST (INT64_C(1) << 38)

struct step {
    enum step_kind kind;
    const char *name; /* of what it is for */
    struct view condition; /* STEP_IF, STEP_REPEAT: one whole number; buffer -1: there is none */
    union {
        struct loop loop;
        struct kernel_step kernel;
        struct repeat_step repeat;
    };
};

struct schedule {
    struct buffer *buffers;
    struct step *steps;
    size_t buffer_count, step_count, buffer_capacity, step_capacity;
    size_t input_count, output_count, repetition_count;
    bool is_beside; /* in C, its constants are called otherwise */
    size_t arena, kept; /* bytes; once it is placed: */
    size_t alive; /* the largest sum of what is alive at once */
};

struct schedule *schedule_create(void);
void schedule_free(struct schedule *schedule); /* or NULL */
void schedule_clear(struct schedule *schedule); /* empty, with the memory that it has */

/* The number of a new buffer, whose whole numbers are of 64 bits; a new step, which is all zeros.
 */
int schedule_buffer(struct schedule *schedule, enum place place, bool is_int, size_t count);
struct step *schedule_step(struct schedule *schedule, enum step_kind kind, const char *name);

/* A buffer whose elements are those of a view at one place of an axis, which in the steps of a
 * repetition is each in turn, from the first one on or from the last; and its view. Strides are not
 * negative. */
struct view schedule_slice(struct schedule *schedule, const struct view *view, size_t axis,
                           bool reversed, size_t repetition);

/* A repetition, for which there is an end; where none is said, its views have no buffer. */
struct step *schedule_repeat(struct schedule *schedule, const char *name, size_t repetition);

/* What the steps from one on cost, those of repetitions inside left out: elements and terms. */
int64_t schedule_cost(const struct schedule *schedule, size_t first);

/* The step with which ends what a step begins: an If's branch, or a repetition. */
size_t schedule_end(const struct schedule *schedule, size_t step);

bool schedule_is_int(const struct schedule *schedule, const struct view *view);
size_t schedule_bytes(const struct buffer *buffer); /* rounded up to SCHEDULE_ALIGN */

/* elements.c: the type of a buffer's elements in C, and its size; a whole number of one; and what
 * of a number's bits whole numbers keep. */
const char *schedule_type(const struct buffer *buffer);
size_t schedule_size(const struct buffer *buffer);
int64_t schedule_load(const struct buffer *buffer, const void *memory, size_t i);
void schedule_store(const struct buffer *buffer, void *memory, size_t i, int64_t value);
int64_t schedule_wrap(enum whole whole, int64_t value);
void schedule_range(enum whole whole, int64_t *least, int64_t *greatest);

/* ---- Views ---- */

size_t view_count(const struct view *view); /* elements */

/* All of a buffer, in the order of memory. */
struct view view_dense(int buffer, size_t rank, const size_t *dims);
bool view_is_dense(const struct view *view); /* it lies so */

/* The view as one of a shape that it is broadcast to. */
struct view view_broadcast(const struct view *view, size_t rank, const size_t *dims);

/* The loop without dimensions of size 1, with those as one that lie as one for all that it reads
 * and writes, and the others in the order of what it writes. Apart: those that are open stay, and
 * become one with no other. */
void loop_simplify(struct loop *loop);
void loop_simplify_apart(struct loop *loop);

/* ---- What is done with a schedule ---- */

/* place.c: finds the lifetimes of buffers, and places for them. */
void schedule_place(struct schedule *schedule);

/* Where a kernel step is run, or written, by who knows kernels. */
typedef void schedule_kernel(void *context, const struct kernel_step *step);

/* run.c: runs it; memory has an address for every buffer, but for slices, which are given one. No
 * more than `cost` steps of repetitions. False: the call fails. */
bool schedule_run(const struct schedule *schedule, void **memory, int64_t cost,
                  schedule_kernel *kernel, void *context);

/* text.c: the same as statements of C, in which @NAME@ stands for the model's name. */
struct text;
void schedule_text(const struct schedule *schedule, schedule_kernel *kernel, void *context,
                   struct text *out);
void schedule_constants(const struct schedule *schedule, struct text *out);
void schedule_declare_constants(const struct schedule *schedule, struct text *out);

/* A number as a constant of C, as large as it is. */
void schedule_whole_text(enum whole whole, int64_t value, struct text *out);

/* merge.c: the texts of schedules that differ by one step only, `steps` being the larger number. */
struct merging {
    const char *most, *less, *name;
    size_t steps;
};

/* Both as one, in which the number of steps has a name; that goes to `out`, or nowhere. False: they
 * are of another form, or for n steps that is not what is given (NULL: nothing is). */
bool schedule_merge(const struct merging *merging, const char *given, size_t n, struct text *out);

/* An element of a buffer as an expression of C that is a pointer. */
void schedule_pointer(const struct schedule *schedule, int buffer, ptrdiff_t offset,
                      struct text *out);

#endif
