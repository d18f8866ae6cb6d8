/* SPDX-License-Identifier: MIT */
/* From programs, plans and an ISA to the text of a kernel. Nothing is chosen here. The caller frees
 * what these return. */
#ifndef WEIR_EMIT_H
#define WEIR_EMIT_H

#include "common/text.h"
#include "plan/kernel_parts.h"

/* One kernel. command is what made it, for its header. */
struct text emit_kernel(const struct kernel_parts *parts, const char *command);

/* The kernel of gradients of weights for an ISA. */
struct text emit_product(const struct isa *isa);

/* The kernels of a model that stands alone, in one form, which is their ISA's or a variant of that,
 * as one file; `name` begins every name that others see, `form` ends that of the table, `origin`
 * ends the comment at its head. packs: with what packing weights takes. streams: a call is one
 * step, and plans are for that. many: a call is one step of several rows, and these are a second
 * file's, for the same weights. bytes: weights of some are bytes. Programs are renamed: parts are
 * for nothing else after. */
struct alone {
    struct kernel_parts *const *parts;
    size_t count;
    const char *name, *form, *origin;
    bool packs, streams, many, bytes;
};
struct text emit_alone(const struct alone *alone);

/* The floats that such a kernel computes ahead for one row. */
size_t emit_alone_products(const struct kernel_parts *parts);

/* Those that it needs for operands as bytes of one row, after its values. */
size_t emit_alone_bytes(const struct kernel_parts *parts);

/* What stands in a kernel's place where there is none, under its name. */
struct text emit_no_kernel(const struct kernel_parts *parts, const char *command);

/* The name of a kernel: cell_f32_iI_hH[_pP]__isa[_sleef][_microarchitecture], or cell_f32_any__...
 */
char *emit_name(const struct kernel_parts *parts);

/* A type as C says it, WEIR_TYPE_BF16; nothing to free. */
const char *emit_type_constant(enum weir_type type);

#endif
