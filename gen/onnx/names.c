/* SPDX-License-Identifier: MIT */
/* Names of values, in scopes: a branch sees the names around it, a function does not, and their own
 * are gone when they end. A hash table whose order of additions is kept, so that leaving a scope
 * undoes its own. */
#include "onnx/names.h"
#include "common/hash.h"

#include <string.h>

struct entry {
    const char *name;
    int value;
    int next; /* with the same hash, or -1 */
};

struct name_table {
    onnx_memory *memory;
    struct entry *entries; /* in the order of addition */
    int *heads; /* by hash; -1: none */
    size_t count, capacity; /* a power of two; as many heads */
    size_t scopes[BRANCH_DEPTH_MAX + 2], depth; /* where each begins */
    size_t seen[BRANCH_DEPTH_MAX + 2]; /* from where on each sees names */
};

static size_t hash_of(const char *name)
{
    const uint64_t hash = hash_bytes(HASH_START, name, strlen(name));
    return (size_t)(hash ^ hash >> 29);
}

static void link_entry(struct name_table *names, size_t index)
{
    int *head = &names->heads[hash_of(names->entries[index].name) & (names->capacity - 1)];
    names->entries[index].next = *head;
    *head = (int)index;
}

/* Room for twice as many. */
static bool grow(struct name_table *names)
{
    const size_t capacity = names->capacity ? 2 * names->capacity : 256;
    struct entry *entries = onnx_memory_take(names->memory, capacity, sizeof *entries);
    int *heads = onnx_memory_take(names->memory, capacity, sizeof *heads);
    if (!entries || !heads || capacity > INT32_MAX)
        return false;
    if (names->count)
        memcpy(entries, names->entries, names->count * sizeof *entries);
    memset(heads, -1, capacity * sizeof *heads);
    names->entries = entries;
    names->heads = heads;
    names->capacity = capacity;
    for (size_t i = 0; i < names->count; i++)
        link_entry(names, i);
    return true;
}

struct name_table *onnx_names_create(onnx_memory *memory)
{
    struct name_table *names = onnx_memory_take(memory, 1, sizeof *names);
    if (!names)
        return NULL;
    *names = (struct name_table){.memory = memory};
    return grow(names) ? names : NULL;
}

bool onnx_names_add(struct name_table *names, const char *name, int value)
{
    if (names->count == names->capacity && !grow(names))
        return false;
    names->entries[names->count] = (struct entry){.name = name, .value = value};
    link_entry(names, names->count++);
    return true;
}

static int find_entry(const struct name_table *names, const char *name)
{
    int index = names->heads[hash_of(name) & (names->capacity - 1)];
    while (index >= 0 && strcmp(names->entries[index].name, name) != 0)
        index = names->entries[index].next;
    return index < (int)names->seen[names->depth] ? -1 : index;
}

int onnx_names_find(const struct name_table *names, const char *name)
{
    const int index = find_entry(names, name);
    return index < 0 ? -1 : names->entries[index].value;
}

bool onnx_names_is_in_scope(const struct name_table *names, const char *name)
{
    const int index = find_entry(names, name);
    return index >= 0 && (size_t)index >= names->scopes[names->depth];
}

void onnx_names_enter(struct name_table *names)
{
    names->scopes[++names->depth] = names->count;
    names->seen[names->depth] = names->seen[names->depth - 1];
}

void onnx_names_enter_closed(struct name_table *names)
{
    onnx_names_enter(names);
    names->seen[names->depth] = names->count;
}

void onnx_names_leave(struct name_table *names)
{
    while (names->count > names->scopes[names->depth]) {
        const struct entry *last = &names->entries[--names->count];
        names->heads[hash_of(last->name) & (names->capacity - 1)] = last->next;
    }
    names->depth--;
}
