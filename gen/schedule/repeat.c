/* SPDX-License-Identifier: MIT */
/* Repetitions: slices that move with their steps, what these cost, and where they end. */
#include "schedule/schedule.h"

#include <string.h>

struct view schedule_slice(struct schedule *schedule, const struct view *view, size_t axis,
                           bool reversed, size_t repetition)
{
    const size_t last = view->dims[axis] ? view->dims[axis] - 1 : 0;
    struct view slice = *view;
    for (size_t d = axis; d + 1 < view->rank; d++) {
        slice.dims[d] = view->dims[d + 1];
        slice.strides[d] = view->strides[d + 1];
    }
    slice.rank--;
    slice.offset = 0;
    size_t count = 1;
    for (size_t d = 0; d < slice.rank; d++)
        count += (slice.dims[d] - 1) * (size_t)slice.strides[d];
    slice.buffer = schedule_buffer(schedule, PLACE_SLICE, schedule_is_int(schedule, view), count);
    struct buffer *made = &schedule->buffers[slice.buffer];
    made->whole = schedule->buffers[view->buffer].whole;
    made->of = view->buffer;
    made->repetition = repetition;
    made->offset = view->offset + (reversed ? view->strides[axis] * (ptrdiff_t)last : 0);
    made->move = reversed ? -view->strides[axis] : view->strides[axis];
    return slice;
}

struct step *schedule_repeat(struct schedule *schedule, const char *name, size_t repetition)
{
    struct step *step = schedule_step(schedule, STEP_REPEAT, name);
    step->repeat.repetition = repetition;
    step->repeat.most = INT64_MAX;
    step->condition.buffer = step->repeat.count.buffer = step->repeat.number.buffer = -1;
    return step;
}

/* ---- What steps cost ---- */

static int64_t times(int64_t cost, size_t count)
{
    const int64_t most = SCHEDULE_COST_MOST;
    return count && cost > most / (int64_t)(count < (size_t)most ? count : (size_t)most)
               ? most
               : cost * (int64_t)count;
}

static int64_t cost_of(const struct step *step)
{
    enum { GATES = 4 };
    int64_t cost = 1;
    if (step->kind == STEP_KERNEL) {
        const struct view *x = &step->kernel.x, *y = &step->kernel.y;
        cost = times(times(times(times(GATES, x->dims[0]), x->dims[1]), x->dims[2]), y->dims[2]);
    }
    if (step->kind == STEP_LOOP) {
        cost = (int64_t)step->loop.term_count;
        for (size_t d = 0; d < step->loop.rank; d++)
            cost = times(cost, step->loop.dims[d]);
    }
    return cost;
}

int64_t schedule_cost(const struct schedule *schedule, size_t first)
{
    enum { LEAST = 4096 }; /* of starting a step, as weir-run counts it */
    int64_t cost = LEAST;
    for (size_t s = first; s < schedule->step_count && cost < SCHEDULE_COST_MOST; s++) {
        if (schedule->steps[s].kind == STEP_REPEAT)
            s = schedule_end(schedule, s);
        cost += cost_of(&schedule->steps[s]);
    }
    return cost;
}

/* ---- Blocks ---- */

size_t schedule_end(const struct schedule *schedule, size_t step)
{
    size_t depth = 0;
    for (step++;; step++) {
        const enum step_kind kind = schedule->steps[step].kind;
        if (depth == 0 && (kind == STEP_ELSE || kind == STEP_END))
            return step;
        depth += kind == STEP_IF || kind == STEP_REPEAT;
        depth -= kind == STEP_END;
    }
}
