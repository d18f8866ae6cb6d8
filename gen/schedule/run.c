/* SPDX-License-Identifier: MIT */
/* Running a schedule: what weir-gen knows the results of a model by. */
#include "schedule/functions.h"

/* One run of a loop. */
struct running {
    const struct schedule *schedule;
    const struct loop *loop;
    void *const *memory;
    size_t index[VIEW_RANK_MAX];
    union element values[LOOP_TERMS_MAX];
};

static ptrdiff_t place_in(const struct running *r, const struct view *view, size_t dims)
{
    ptrdiff_t at = view->offset;
    for (size_t d = 0; d < dims; d++)
        at += view->strides[d] * (ptrdiff_t)r->index[d];
    return at;
}

/* An index below 0 counts from the end; false: it is outside. */
static bool move(const struct running *r, size_t term, size_t bound, ptrdiff_t step, ptrdiff_t *at)
{
    const int64_t index = r->values[term].whole, all = (int64_t)bound;
    if (index < -all || index >= all)
        return false;
    *at += step * (ptrdiff_t)(index < 0 ? index + all : index);
    return true;
}

static bool read_operand(struct running *r, const struct operand *operand, union element *value)
{
    ptrdiff_t at = place_in(r, &operand->view, r->loop->rank);
    const void *memory = r->memory[operand->view.buffer];
    const struct buffer *buffer = &r->schedule->buffers[operand->view.buffer];
    if (operand->is_indexed && !move(r, operand->index, operand->bound, operand->step, &at))
        return false;
    if (buffer->is_int)
        value->whole = schedule_load(buffer, memory, (size_t)at);
    else
        value->real = ((const float *)memory)[at];
    return true;
}

/* All terms of an element. */
static bool compute(struct running *r)
{
    for (size_t t = 0; t < r->loop->term_count; t++) {
        const struct term *term = &r->loop->terms[t];
        union element *value = &r->values[t], of[ARGUMENTS_MAX];
        if (term->kind == TERM_OPERAND &&
            !read_operand(r, &r->loop->operands[term->operand], value))
            return false;
        if (term->kind == TERM_NUMBER && term->is_int)
            value->whole = term->whole;
        else if (term->kind == TERM_NUMBER)
            value->real = term->number;
        if (term->kind == TERM_COUNT)
            value->real = (float)term->whole;
        for (size_t k = 0; k < ARGUMENTS_MAX && term->kind == TERM_CALL; k++)
            of[k] = r->values[term->of[k]];
        if (term->kind == TERM_CALL)
            *value = function_call(term->function, of);
    }
    return true;
}

static bool advance(struct running *r, size_t from, size_t to)
{
    for (size_t d = to; d-- > from;) {
        if (++r->index[d] < r->loop->dims[d])
            return true;
        r->index[d] = 0;
    }
    return false;
}

static void update(const struct running *r, ptrdiff_t at, union element *value)
{
    const struct view *to = &r->loop->to;
    union element of[2] = {{0}, *value};
    if (schedule_is_int(r->schedule, to))
        of[0].whole =
            schedule_load(&r->schedule->buffers[to->buffer], r->memory[to->buffer], (size_t)at);
    else
        of[0].real = ((const float *)r->memory[to->buffer])[at];
    *value = function_call(r->loop->update, of);
}

static bool store(const struct running *r, union element *value)
{
    const struct loop *loop = r->loop;
    const struct view *to = &loop->to;
    ptrdiff_t at = place_in(r, to, loop->rank - loop->reduced);
    if (loop->scatters && !move(r, loop->index, loop->bound, loop->step, &at))
        return false;
    if (loop->update)
        update(r, at, value);
    if (schedule_is_int(r->schedule, to))
        schedule_store(&r->schedule->buffers[to->buffer], r->memory[to->buffer], (size_t)at,
                       value->whole);
    else
        ((float *)r->memory[to->buffer])[at] = value->real;
    return true;
}

static bool run_loop(const struct schedule *schedule, const struct loop *loop, void *const *memory)
{
    struct running r = {.schedule = schedule, .loop = loop, .memory = memory};
    const size_t kept = loop->rank - loop->reduced, last = loop->term_count - 1;
    do {
        union element all = {.real = loop->start};
        if (loop->combine && loop->combine->kinds[0] == 'I')
            all.whole = loop->whole_start;
        do {
            if (!compute(&r))
                return false;
            const union element of[2] = {all, r.values[last]};
            all = loop->combine ? function_call(loop->combine, of) : r.values[last];
        } while (advance(&r, kept, loop->rank));
        if (!store(&r, &all))
            return false;
    } while (advance(&r, 0, kept));
    return true;
}

/* ---- Steps ---- */

/* A run of a schedule. */
struct run {
    const struct schedule *schedule;
    void **memory;
    schedule_kernel *kernel;
    void *context;
    int64_t cost; /* that repetitions may still take */
};

static int64_t whole(const struct run *run, const struct view *view)
{
    return schedule_load(&run->schedule->buffers[view->buffer], run->memory[view->buffer],
                         (size_t)view->offset);
}

/* Where slices are in a step of a repetition. */
static void move_slices(const struct run *run, size_t repetition, int64_t number)
{
    for (size_t b = 0; b < run->schedule->buffer_count; b++) {
        const struct buffer *buffer = &run->schedule->buffers[b];
        if (buffer->place == PLACE_SLICE && buffer->repetition == repetition)
            run->memory[b] = (char *)run->memory[buffer->of] +
                             (buffer->offset + buffer->move * (ptrdiff_t)number) *
                                 (ptrdiff_t)schedule_size(buffer);
    }
}

static bool run_steps(struct run *run, size_t from, size_t to);

static bool run_repeat(struct run *run, size_t from, size_t to)
{
    const struct step *step = &run->schedule->steps[from];
    const struct repeat_step *repeat = &step->repeat;
    for (int64_t n = 0; n < repeat->most; n++) {
        if ((repeat->count.buffer >= 0 && n >= whole(run, &repeat->count)) ||
            (step->condition.buffer >= 0 && !whole(run, &step->condition)))
            break;
        run->cost -= repeat->cost;
        if (run->cost < 0)
            return false;
        move_slices(run, repeat->repetition, n);
        if (repeat->number.buffer >= 0)
            schedule_store(&run->schedule->buffers[repeat->number.buffer],
                           run->memory[repeat->number.buffer], (size_t)repeat->number.offset, n);
        if (!run_steps(run, from + 1, to))
            return false;
    }
    return true;
}

static bool run_steps(struct run *run, size_t from, size_t to)
{
    const struct schedule *schedule = run->schedule;
    for (size_t s = from; s < to; s++) {
        const struct step *step = &schedule->steps[s];
        if (step->kind == STEP_FAIL ||
            (step->kind == STEP_LOOP && !run_loop(schedule, &step->loop, run->memory)))
            return false;
        if (step->kind == STEP_KERNEL)
            run->kernel(run->context, &step->kernel);
        if (step->kind == STEP_REPEAT) {
            const size_t end = schedule_end(schedule, s);
            if (!run_repeat(run, s, end))
                return false;
            s = end;
        } else if (step->kind == STEP_ELSE ||
                   (step->kind == STEP_IF && !whole(run, &step->condition))) {
            s = schedule_end(schedule, s);
        }
    }
    return true;
}

bool schedule_run(const struct schedule *schedule, void **memory, int64_t cost,
                  schedule_kernel *kernel, void *context)
{
    struct run run = {schedule, memory, kernel, context, cost};
    return run_steps(&run, 0, schedule->step_count);
}
