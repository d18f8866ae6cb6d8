/* SPDX-License-Identifier: MIT */
/* Making a schedule. */
#include "schedule/schedule.h"

#include <stdlib.h>

struct schedule *schedule_create(void)
{
    struct schedule *schedule = calloc(1, sizeof *schedule);
    if (!schedule)
        abort();
    return schedule;
}

void schedule_free(struct schedule *schedule)
{
    if (!schedule)
        return;
    free(schedule->buffers);
    free(schedule->steps);
    free(schedule);
}

void schedule_clear(struct schedule *schedule)
{
    *schedule = (struct schedule){.buffers = schedule->buffers,
                                  .steps = schedule->steps,
                                  .buffer_capacity = schedule->buffer_capacity,
                                  .step_capacity = schedule->step_capacity};
}

/* Room for one more of `size` bytes each. */
static void *grow(void *rows, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return rows;
    *capacity = *capacity ? 2 * *capacity : 16;
    rows = realloc(rows, *capacity * size);
    if (!rows)
        abort();
    return rows;
}

int schedule_buffer(struct schedule *schedule, enum place place, bool is_int, size_t count)
{
    schedule->buffers = grow(schedule->buffers, schedule->buffer_count, &schedule->buffer_capacity,
                             sizeof *schedule->buffers);
    schedule->buffers[schedule->buffer_count] =
        (struct buffer){.place = place, .is_int = is_int, .count = count};
    return (int)schedule->buffer_count++;
}

struct step *schedule_step(struct schedule *schedule, enum step_kind kind, const char *name)
{
    schedule->steps = grow(schedule->steps, schedule->step_count, &schedule->step_capacity,
                           sizeof *schedule->steps);
    struct step *step = &schedule->steps[schedule->step_count++];
    *step = (struct step){.kind = kind, .name = name};
    return step;
}

bool schedule_is_int(const struct schedule *schedule, const struct view *view)
{
    return schedule->buffers[view->buffer].is_int;
}

size_t schedule_bytes(const struct buffer *buffer)
{
    const size_t bytes = buffer->count * schedule_size(buffer);
    return (bytes + SCHEDULE_ALIGN - 1) / SCHEDULE_ALIGN * SCHEDULE_ALIGN;
}
