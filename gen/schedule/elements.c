/* SPDX-License-Identifier: MIT */
/* Elements of buffers: floats, and whole numbers of all sizes. */
#include "schedule/schedule.h"

#include <string.h>

static const struct {
    const char *type;
    size_t size;
    bool has_sign;
} wholes[] = {
    [WHOLE_64] = {"int64_t", 8, true},    [WHOLE_I32] = {"int32_t", 4, true},
    [WHOLE_U32] = {"uint32_t", 4, false}, [WHOLE_I16] = {"int16_t", 2, true},
    [WHOLE_U16] = {"uint16_t", 2, false}, [WHOLE_I8] = {"int8_t", 1, true},
    [WHOLE_U8] = {"uint8_t", 1, false},
};

const char *schedule_type(const struct buffer *buffer)
{
    return buffer->is_int ? wholes[buffer->whole].type : "float";
}

size_t schedule_size(const struct buffer *buffer)
{
    return buffer->is_int ? wholes[buffer->whole].size : sizeof(float);
}

int64_t schedule_wrap(enum whole whole, int64_t value)
{
    const unsigned above = 64 - 8 * (unsigned)wholes[whole].size;
    const uint64_t upper = (uint64_t)value << above;
    return wholes[whole].has_sign ? (int64_t)upper >> above : (int64_t)(upper >> above);
}

void schedule_range(enum whole whole, int64_t *least, int64_t *greatest)
{
    const unsigned bits = 8 * (unsigned)wholes[whole].size - wholes[whole].has_sign;
    *greatest = (int64_t)(UINT64_MAX >> (64 - bits));
    *least = wholes[whole].has_sign ? -*greatest - 1 : 0;
}

/* The lowest bytes of a number, of which the first is the lowest. */
int64_t schedule_load(const struct buffer *buffer, const void *memory, size_t i)
{
    const size_t size = wholes[buffer->whole].size;
    uint64_t value = 0;
    for (size_t k = size; k-- > 0;)
        value = value << 8 | ((const uint8_t *)memory)[i * size + k];
    return schedule_wrap(buffer->whole, (int64_t)value);
}

void schedule_store(const struct buffer *buffer, void *memory, size_t i, int64_t value)
{
    const size_t size = wholes[buffer->whole].size;
    for (size_t k = 0; k < size; k++)
        ((uint8_t *)memory)[i * size + k] = (uint8_t)((uint64_t)value >> 8 * k);
}
