/* SPDX-License-Identifier: MIT */
/* Memory of a model or a run: given back all at once, and bounded, so that no file makes the reader
 * take more than what onnx.h states. */
#include "onnx/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ALIGN = 64, CHUNK = 64 << 10 };
enum { STEPS_PER_BYTE = 256 }; /* of memory that is allowed: with 1 GB, minutes of plain loops */

struct chunk {
    struct chunk *next;
    size_t size, used; /* of what follows the header */
};

enum { HEADER = (sizeof(struct chunk) + ALIGN - 1) / ALIGN * ALIGN };

struct onnx_memory {
    struct chunk *first, *spare; /* in use, the newest first; kept for reuse */
    struct onnx_memory *payer; /* whose limits these are: its own, or those of what it is within */
    size_t limit, taken; /* bytes of chunks, in use or spare */
    size_t allowed; /* the size of the largest file beside the model */
    size_t spent; /* steps */
};

onnx_memory *onnx_memory_create(size_t limit)
{
    onnx_memory *memory = calloc(1, sizeof *memory);
    if (memory)
        *memory = (onnx_memory){.payer = memory, .limit = limit};
    return memory;
}

onnx_memory *onnx_memory_within(onnx_memory *outer)
{
    onnx_memory *memory = calloc(1, sizeof *memory);
    if (memory)
        memory->payer = outer->payer;
    return memory;
}

static void free_chunks(onnx_memory *memory, struct chunk *chunk)
{
    while (chunk) {
        struct chunk *next = chunk->next;
        memory->payer->taken -= HEADER + chunk->size;
        free(chunk);
        chunk = next;
    }
}

void onnx_memory_destroy(onnx_memory *memory)
{
    if (!memory)
        return;
    free_chunks(memory, memory->first);
    free_chunks(memory, memory->spare);
    free(memory);
}

void onnx_memory_clear(onnx_memory *memory)
{
    memory->spent = 0;
    while (memory->first) {
        struct chunk *chunk = memory->first;
        memory->first = chunk->next;
        chunk->next = memory->spare;
        chunk->used = 0;
        memory->spare = chunk;
    }
}

void onnx_memory_allow(onnx_memory *memory, size_t size)
{
    if (size <= memory->allowed || size > SIZE_MAX / 2 / ONNX_MEMORY_TIMES)
        return;
    memory->limit += (size - memory->allowed) * ONNX_MEMORY_TIMES;
    memory->allowed = size;
}

size_t onnx_memory_limit(const onnx_memory *memory)
{
    return memory->payer->limit;
}

size_t onnx_memory_steps(const onnx_memory *memory)
{
    const size_t limit = onnx_memory_limit(memory);
    return limit > SIZE_MAX / STEPS_PER_BYTE ? SIZE_MAX : limit * STEPS_PER_BYTE;
}

bool onnx_memory_spend(onnx_memory *memory, size_t steps)
{
    onnx_memory *payer = memory->payer;
    if (payer == memory)
        return true;
    if (steps > onnx_memory_steps(memory) - payer->spent)
        return false;
    payer->spent += steps;
    return true;
}

size_t onnx_memory_used(const onnx_memory *memory)
{
    return memory->payer->taken;
}

/* A chunk with room for `size` bytes: a spare one, or a new one where the limit allows it. */
static struct chunk *add_chunk(onnx_memory *memory, size_t size)
{
    struct chunk **link = &memory->spare;
    while (*link && (*link)->size < size)
        link = &(*link)->next;
    struct chunk *chunk = *link;
    if (chunk) {
        *link = chunk->next;
    } else {
        const size_t room = size > CHUNK - HEADER ? size : CHUNK - HEADER;
        onnx_memory *payer = memory->payer;
        if (room > payer->limit || payer->limit - room < payer->taken + HEADER)
            return NULL;
        chunk = aligned_alloc(ALIGN, HEADER + room);
        if (!chunk)
            return NULL;
        *chunk = (struct chunk){.size = room};
        payer->taken += HEADER + room;
    }
    /* A chunk that is all taken goes behind the one that still has room. */
    if (memory->first && size == chunk->size) {
        chunk->next = memory->first->next;
        memory->first->next = chunk;
    } else {
        chunk->next = memory->first;
        memory->first = chunk;
    }
    return chunk;
}

static void *take(onnx_memory *memory, size_t bytes, size_t align)
{
    struct chunk *chunk = memory->first;
    size_t start = chunk ? (chunk->used + align - 1) / align * align : 0;
    if (!chunk || start > chunk->size || chunk->size - start < bytes) {
        chunk = add_chunk(memory, bytes);
        start = 0;
    }
    if (!chunk)
        return NULL;
    chunk->used = start + bytes;
    return (char *)chunk + HEADER + start;
}

void *onnx_memory_take(onnx_memory *memory, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX - 2 * CHUNK) / size)
        return NULL;
    const size_t bytes = (count * size + ALIGN - 1) / ALIGN * ALIGN;
    return take(memory, bytes ? bytes : ALIGN, ALIGN);
}

void *onnx_memory_take_small(onnx_memory *memory, size_t size)
{
    enum { SMALL = 16 };
    if (size > SIZE_MAX - 2 * CHUNK)
        return NULL;
    const size_t bytes = (size + SMALL - 1) / SMALL * SMALL;
    if (bytes > CHUNK / 2)
        return take(memory, (bytes + ALIGN - 1) / ALIGN * ALIGN, ALIGN);
    return take(memory, bytes ? bytes : SMALL, SMALL);
}

char *onnx_format(onnx_memory *memory, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *text = length < 0 ? NULL : onnx_memory_take(memory, (size_t)length + 1, 1);
    va_start(list, format);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, list);
    va_end(list);
    return text;
}
