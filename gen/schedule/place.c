/* SPDX-License-Identifier: MIT */
/* Where buffers lie: those that are never alive at once may share memory. The larger ones are
 * placed first, each where it fits best, that is lowest; other orders are tried where that is not
 * as little memory as there can be. */
#include "schedule/schedule.h"

#include <stdlib.h>
#include <string.h>

static void note(struct schedule *schedule, int buffer, size_t step)
{
    if (buffer < 0)
        return;
    struct buffer *of = &schedule->buffers[buffer];
    of->first = step < of->first ? step : of->first;
    of->last = step > of->last ? step : of->last;
    if (of->place == PLACE_SLICE)
        note(schedule, of->of, step);
}

/* What is alive before a repetition, and used in it, is so until it ends; what is used after it,
 * from where it begins: every step of it may write a part of that. */
static void stretch(struct schedule *schedule, size_t begin)
{
    const size_t end = schedule_end(schedule, begin);
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        struct buffer *buffer = &schedule->buffers[b];
        if (buffer->first < begin && buffer->last >= begin && buffer->last < end)
            buffer->last = end;
        if (buffer->first > begin && buffer->first <= end && buffer->last > end)
            buffer->first = begin;
    }
}

static void find_lifetimes(struct schedule *schedule)
{
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        schedule->buffers[b].first = SIZE_MAX;
        schedule->buffers[b].last = 0;
    }
    for (size_t s = 0; s < schedule->step_count; s++) {
        const struct step *step = &schedule->steps[s];
        if (step->kind == STEP_IF || step->kind == STEP_REPEAT)
            note(schedule, step->condition.buffer, s);
        if (step->kind == STEP_REPEAT) {
            note(schedule, step->repeat.count.buffer, s);
            note(schedule, step->repeat.number.buffer, s);
        }
        if (step->kind == STEP_LOOP) {
            note(schedule, step->loop.to.buffer, s);
            for (size_t k = 0; k < step->loop.operand_count; k++)
                note(schedule, step->loop.operands[k].view.buffer, s);
        }
        if (step->kind == STEP_KERNEL) {
            note(schedule, step->kernel.x.buffer, s);
            note(schedule, step->kernel.y.buffer, s);
            for (size_t k = 0; k < 2 * step->kernel.state_count; k++)
                note(schedule, step->kernel.rows[k / 2][k % 2], s);
        }
    }
    for (size_t s = schedule->step_count; s-- > 0;) /* those inside of others first */
        if (schedule->steps[s].kind == STEP_REPEAT)
            stretch(schedule, s);
}

static bool is_placed(const struct buffer *buffer)
{
    return buffer->place == PLACE_ARENA && buffer->first <= buffer->last;
}

static bool meet(const struct buffer *a, const struct buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest place that no buffer placed before, which is alive at the same time, takes part of. */
static size_t find_place(const struct schedule *schedule, const size_t *order, size_t count)
{
    const struct buffer *buffer = &schedule->buffers[order[count]];
    size_t at = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t k = 0; k < count; k++) {
            const struct buffer *other = &schedule->buffers[order[k]];
            const size_t end = other->at + schedule_bytes(other);
            if (meet(buffer, other) && at < end && other->at < at + schedule_bytes(buffer)) {
                at = end;
                moved = true;
            }
        }
    }
    return at;
}

static void sum_alive(struct schedule *schedule)
{
    schedule->alive = 0;
    for (size_t s = 0; s < schedule->step_count; s++) {
        size_t alive = 0;
        for (size_t b = 0; b < schedule->buffer_count; b++) {
            const struct buffer *buffer = &schedule->buffers[b];
            if (is_placed(buffer) && buffer->first <= s && s <= buffer->last)
                alive += schedule_bytes(buffer);
        }
        schedule->alive = alive > schedule->alive ? alive : schedule->alive;
    }
}

/* Places all in this order; how much memory they take, and which of the order ends it. */
static size_t place_all(struct schedule *schedule, const size_t *order, size_t count, size_t *last)
{
    size_t arena = 0;
    *last = 0;
    for (size_t k = 0; k < count; k++) {
        struct buffer *buffer = &schedule->buffers[order[k]];
        buffer->at = find_place(schedule, order, k);
        if (buffer->at + schedule_bytes(buffer) > arena) {
            arena = buffer->at + schedule_bytes(buffer);
            *last = k;
        }
    }
    return arena;
}

static void move_first(size_t *order, size_t k)
{
    const size_t first = order[k];
    memmove(order + 1, order, k * sizeof *order);
    order[0] = first;
}

/* As long as more memory is taken than is alive at once, what ends it is placed before all others;
 * the best of so many orders is that of the buffers. */
static void improve(struct schedule *schedule, size_t *order, size_t count)
{
    enum { TRIES = 64, PAIRS = 1 << 21 }; /* of buffers, in all of the tries */
    size_t *best = calloc(count + 1, sizeof *best), last, arena;
    if (!best)
        abort();
    memcpy(best, order, count * sizeof *best);
    schedule->arena = arena = place_all(schedule, order, count, &last);
    for (size_t k = 0; k < TRIES && k * count * count < PAIRS && schedule->arena > schedule->alive;
         k++) {
        move_first(order, last);
        arena = place_all(schedule, order, count, &last);
        if (arena < schedule->arena) {
            schedule->arena = arena;
            memcpy(best, order, count * sizeof *best);
        }
    }
    if (arena > schedule->arena)
        place_all(schedule, best, count, &last);
    free(best);
}

void schedule_place(struct schedule *schedule)
{
    size_t *order = calloc(schedule->buffer_count + 1, sizeof *order), count = 0;
    if (!order)
        abort();
    find_lifetimes(schedule);
    schedule->kept = 0;
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        struct buffer *buffer = &schedule->buffers[b];
        if (buffer->place == PLACE_KEPT) {
            buffer->at = schedule->kept;
            schedule->kept += schedule_bytes(buffer);
        }
        if (!is_placed(buffer))
            continue;
        size_t k = count++; /* the larger ones before it */
        for (; k > 0 && schedule_bytes(&schedule->buffers[order[k - 1]]) < schedule_bytes(buffer);
             k--)
            order[k] = order[k - 1];
        order[k] = b;
    }
    sum_alive(schedule);
    improve(schedule, order, count);
    free(order);
}
