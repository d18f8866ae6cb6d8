/* SPDX-License-Identifier: MIT */
/* Messages of the format, by protobuf-c, after a look at their bytes: protobuf-c recurses as deeply
 * as a file says, and takes what it says for true. Here the nesting is bounded, and every length
 * lies within what holds it. How much memory unpacking takes is bounded by memory.c. */
#include "onnx/message.h"
#include "onnx/memory.h"

#include <string.h>

enum { NESTING_MAX = 64 };
enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct span {
    const uint8_t *at, *end;
};

static bool read_varint(struct span *span, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && span->at < span->end; shift += 7) {
        const uint8_t byte = *span->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* Skips the value of a field; for bytes, *inside becomes what they are. */
static bool skip_value(struct span *span, unsigned wire, struct span *inside)
{
    uint64_t value = 0;
    if (wire == WIRE_VARINT)
        return read_varint(span, &value);
    if (wire == WIRE_64)
        value = 8;
    else if (wire == WIRE_32)
        value = 4;
    else if (wire != WIRE_BYTES || !read_varint(span, &value))
        return false;
    if (value > (uint64_t)(span->end - span->at))
        return false;
    *inside = (struct span){span->at, span->at + value};
    span->at += value;
    return true;
}

static bool scan(const ProtobufCMessageDescriptor *descriptor, struct span span, unsigned depth,
                 struct failure *failure)
{
    if (depth > NESTING_MAX)
        return fail(failure, "its messages are nested more than %d deep", NESTING_MAX);
    while (span.at < span.end) {
        uint64_t key;
        struct span inside = {0};
        if (!read_varint(&span, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3 ||
            !skip_value(&span, key & 7, &inside))
            return fail(failure, "it is no ONNX file, or is cut off or damaged");
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(key >> 3));
        if (field && field->type == PROTOBUF_C_TYPE_MESSAGE && (key & 7) == WIRE_BYTES &&
            !scan(field->descriptor, inside, depth + 1, failure))
            return false;
    }
    return true;
}

static void *allocate(void *memory, size_t size)
{
    return onnx_memory_take_small(memory, size);
}

static void leave(void *memory, void *pointer)
{
    (void)memory;
    (void)pointer;
}

void *onnx_message(onnx_memory *memory, const ProtobufCMessageDescriptor *descriptor,
                   const void *data, size_t size, struct failure *failure)
{
    const uint8_t *bytes = data;
    ProtobufCAllocator allocator = {allocate, leave, memory};
    if (!scan(descriptor, (struct span){bytes, bytes + size}, 1, failure))
        return NULL;
    void *message = protobuf_c_message_unpack(descriptor, &allocator, size, data);
    if (!message)
        fail(failure, "it is damaged, or holds more messages than its size warrants");
    return message;
}
