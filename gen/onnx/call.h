/* SPDX-License-Identifier: MIT */
/* One evaluation of a plain operator, and what all of them need. */
#ifndef WEIR_ONNX_CALL_H
#define WEIR_ONNX_CALL_H

#include "onnx/onnx.h"

/* What an operator is evaluated with. */
typedef struct onnx_call {
    const onnx_node *node;
    const onnx_tensor *const *inputs;
    const onnx_tensor **outputs;
    onnx_memory *memory;
    struct failure *failure;
} onnx_call;

/* An input; NULL: it is left out. */
const onnx_tensor *onnx_input(const onnx_call *call, size_t input);

/* Output 0, made with room for its elements; NULL and a sentence where that fails. */
onnx_tensor *onnx_output(onnx_call *call, enum onnx_type type, size_t rank, const size_t *dims);

/* Any output, likewise; and whether it is wanted. */
onnx_tensor *onnx_output_at(onnx_call *call, size_t output, enum onnx_type type, size_t rank,
                            const size_t *dims);
bool onnx_wants(const onnx_call *call, size_t output);

/* A view: the elements of a tensor under another shape, as output 0. */
onnx_tensor *onnx_output_view(onnx_call *call, const onnx_tensor *of, size_t rank,
                              const size_t *dims);

/* An axis of a tensor of this rank, counted from the end where it is negative. */
bool onnx_axis(const onnx_call *call, int64_t axis, size_t rank, size_t *place);

/* A string among attributes, or what stands in for it. */
const char *onnx_attribute_string(const onnx_node *node, const char *name, const char *otherwise);

/* Whether all inputs are floats, and those given of whole numbers are that. */
bool onnx_check_floats(const onnx_call *call);
bool onnx_check_whole(const onnx_call *call, size_t input);

/* Refuses what would take longer than anybody waits: so many steps, as factors. How many may be is
 * a multiple of the memory that is allowed. */
bool onnx_check_work(const onnx_call *call, size_t count, const size_t *factors);

/* An element of whole numbers, which may lie as bytes. */
int64_t onnx_whole_at(const onnx_tensor *tensor, size_t i);

/* Whole numbers as they are of their type. */
void onnx_wrap(onnx_tensor *tensor);

/* A tensor as lines along an axis: how many sets of them, their length, and how many lie side by
 * side, which is also how far apart the elements of one lie. All 0 where it is empty. */
struct onnx_lines {
    size_t outer, count, inner;
};
struct onnx_lines onnx_lines_of(const onnx_tensor *tensor, size_t axis);

/* Where line k begins. */
static inline size_t onnx_line_start(const struct onnx_lines *lines, size_t k)
{
    return k / lines->inner * lines->count * lines->inner + k % lines->inner;
}

/* An element, or a run of them, of one tensor into another of its kind. */
void onnx_copy(const onnx_tensor *from, size_t source, onnx_tensor *to, size_t target,
               size_t count);

/* Whole numbers from an input, or where that is left out, from an attribute; NULL with *count 0
 * where neither is there. */
bool onnx_whole_numbers(const onnx_call *call, size_t input, const char *attribute,
                        const int64_t **numbers, size_t *count);

#endif
