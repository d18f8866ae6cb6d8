/* SPDX-License-Identifier: MIT */
/* The tables of the ISAs. What takes more than one instruction is a function v_... of the ISA's
 * math header, kernels/math_<isa>.h. */
#include "plan/isa.h"

#include "common/text.h"
#include "cpu_features.h"

#include <string.h>

/* Spelled the same everywhere. */
#define SEVERAL_LANES .window = "V_WINDOW(%1$s, %2$s, %3$s)", .three = "v_three(%1$s, %2$s, %3$s)"
#define COMMON_OPS                                                                                 \
    [OP_MIN] = "v_min(%1$s, %2$s)", [OP_MAX] = "v_max(%1$s, %2$s)", [OP_ABS] = "v_abs(%1$s)",      \
    [OP_EXP] = "v_exp(%1$s)", [OP_EXP2] = "v_exp2(%1$s)", [OP_LOG1P] = "v_log1p(%1$s)",            \
    [OP_CLAMP] = "v_clamp(%1$s, %2$s)", [OP_WHERE] = "v_where(%1$s, %2$s, %3$s)",                  \
    [OP_COPY] = "%1$s", [OP_MUL] = "v_mul(%1$s, %2$s)"

/* x86 intrinsics of one width. */
#define X86_OPS(mm)                                                                                \
    .load = mm "_load_ps(%1$s + %2$s)", .load_any = mm "_loadu_ps(%1$s + %2$s)",                   \
    .store = mm "_store_ps(%1$s, %2$s)", .store_any = mm "_storeu_ps(%1$s, %2$s)",                 \
    .load_first = "v_load_first(%1$s, %2$s)", .store_first = "v_store_first(%1$s, %2$s, %3$s)",    \
    .zero = mm "_setzero_ps()", .set1 = mm "_set1_ps(%1$s)", SEVERAL_LANES,                        \
    .op = {[OP_ADD] = mm "_add_ps(%1$s, %2$s)",                                                    \
           [OP_SUB] = mm "_sub_ps(%1$s, %2$s)",                                                    \
           [OP_DIV] = mm "_div_ps(%1$s, %2$s)",                                                    \
           [OP_NEG] = "v_neg(%1$s)",                                                               \
           [OP_ZERO] = mm "_setzero_ps()",                                                         \
           [OP_FMA] = mm "_fmadd_ps(%1$s, %2$s, %3$s)",                                            \
           [OP_FMS] = mm "_fmsub_ps(%1$s, %2$s, %3$s)",                                            \
           [OP_FNMA] = mm "_fnmadd_ps(%1$s, %2$s, %3$s)",                                          \
           COMMON_OPS}

/* What a bundle has of its base: all but its name and its header. */
#define AVX2                                                                                       \
    .vector = "__m256", .lanes = 8, .accumulators = 12, .half_accumulators = 11,                   \
    X86_OPS("_mm256"), .guard = "__x86_64__",                                                      \
    .sleef = {[OP_EXP] = "Sleef_finz_expf8_u10avx2(%1$s)",                                         \
              [OP_LOG1P] = "Sleef_finz_log1pf8_u10avx2(%1$s)"}
#define AVX512                                                                                     \
    .vector = "__m512", .lanes = 16, .accumulators = 24, .half_accumulators = 23,                  \
    X86_OPS("_mm512"), .guard = "__x86_64__",                                                      \
    .sleef = {[OP_EXP] = "Sleef_finz_expf16_u10avx512f(%1$s)",                                     \
              [OP_LOG1P] = "Sleef_finz_log1pf16_u10avx512f(%1$s)"}
#define NEON                                                                                       \
    .vector = "float32x4_t", .lanes = 4, .accumulators = 24, .half_accumulators = 19,              \
    .byte_accumulators = 16, .load = "vld1q_f32(%1$s + %2$s)",                                     \
    .load_any = "vld1q_f32(%1$s + %2$s)", .store = "vst1q_f32(%1$s, %2$s)",                        \
    .store_any = "vst1q_f32(%1$s, %2$s)", .load_first = "v_load_first(%1$s, %2$s)",                \
    .store_first = "v_store_first(%1$s, %2$s, %3$s)", .zero = "vdupq_n_f32(0.0f)",                 \
    .set1 = "vdupq_n_f32(%1$s)", SEVERAL_LANES,                                                    \
    .op = {[OP_ADD] = "vaddq_f32(%1$s, %2$s)",                                                     \
           [OP_SUB] = "vsubq_f32(%1$s, %2$s)",                                                     \
           [OP_DIV] = "vdivq_f32(%1$s, %2$s)",                                                     \
           [OP_NEG] = "vnegq_f32(%1$s)",                                                           \
           [OP_ZERO] = "vdupq_n_f32(0.0f)",                                                        \
           [OP_FMA] = "vfmaq_f32(%3$s, %1$s, %2$s)",                                               \
           [OP_FMS] = "vfmaq_f32(vnegq_f32(%3$s), %1$s, %2$s)",                                    \
           [OP_FNMA] = "vfmsq_f32(%3$s, %1$s, %2$s)",                                              \
           COMMON_OPS},                                                                            \
    .guard = "__aarch64__",                                                                        \
    .sleef = {[OP_EXP] = "Sleef_finz_expf4_u10advsimd(%1$s)",                                      \
              [OP_LOG1P] = "Sleef_finz_log1pf4_u10advsimd(%1$s)"}
#define NAMED(isa, is_constant) .name = isa, .constant = is_constant, .header = "math_" isa ".h"

const struct isa isas[WEIR_ISA_COUNT] = {
    [WEIR_SCALAR] = {.name = "scalar",
                     .constant = "WEIR_SCALAR",
                     .header = "math_scalar.h",
                     .vector = "float",
                     .lanes = 1,
                     .accumulators = 8,
                     .half_accumulators = 8,
                     .byte_accumulators = 8,
                     .load = "%1$s[%2$s]",
                     .load_any = "%1$s[%2$s]",
                     .store = "*(%1$s) = %2$s",
                     .store_any = "*(%1$s) = %2$s",
                     .load_first = "v_load_first(%1$s, %2$s)",
                     .store_first = "v_store_first(%1$s, %2$s, %3$s)",
                     .zero = "0.0f",
                     .set1 = "%1$s",
                     .three = "%1$s",
                     .op = {[OP_ADD] = "%1$s + %2$s",
                            [OP_SUB] = "%1$s - %2$s",
                            [OP_DIV] = "%1$s / %2$s",
                            [OP_NEG] = "-%1$s",
                            [OP_ZERO] = "0.0f",
                            [OP_FMA] = "v_fma(%1$s, %2$s, %3$s)",
                            [OP_FMS] = "v_fma(%1$s, %2$s, -%3$s)",
                            [OP_FNMA] = "v_fma(-%1$s, %2$s, %3$s)",
                            COMMON_OPS},
                     .sleef = {[OP_EXP] = "Sleef_finz_expf1_u10purecfma(%1$s)",
                               [OP_LOG1P] = "Sleef_finz_log1pf1_u10purecfma(%1$s)"}},
    [WEIR_AVX2] = {NAMED("avx2", "WEIR_AVX2"), AVX2, .byte_accumulators = 9},
    [WEIR_AVX2VNNI] = {NAMED("avx2vnni", "WEIR_AVX2VNNI"), AVX2, .byte_accumulators = 12},
    [WEIR_AVX512] = {NAMED("avx512", "WEIR_AVX512"), AVX512, .byte_accumulators = 20},
    [WEIR_AVX512VNNI] = {NAMED("avx512vnni", "WEIR_AVX512VNNI"), AVX512, .byte_accumulators = 24},
    [WEIR_NEON] = {NAMED("neon", "WEIR_NEON"), NEON},
    [WEIR_NEONDOT] = {NAMED("neondot", "WEIR_NEONDOT"), NEON},
};

const struct isa *isa_find(const char *name)
{
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        if (!strcmp(isas[i].name, name))
            return &isas[i];
    return NULL;
}

const struct isa *isa_base(const struct isa *isa)
{
    const enum weir_isa own = (enum weir_isa)(isa - isas), base = weir_isas[own].base;
    return base == own ? NULL : &isas[base];
}

bool isa_has_avx2(const struct isa *isa)
{
    return isa->guard && !strcmp(isa->guard, "__x86_64__");
}

bool isa_check(const struct isa *isa, bool bytes, struct failure *failure)
{
    const struct isa *base = isa_base(isa);
    return !base || bytes ||
           fail(failure, "--isa %s: only weights of i8 gain from what it has beyond %s, name that",
                isa->name, base->name);
}

char *isa_names(void)
{
    struct text names = {0};
    size_t last = WEIR_ISA_COUNT - 1;
    while (isa_base(&isas[last]))
        last--;
    for (size_t i = 0; i <= last; i++)
        if (!isa_base(&isas[i]))
            text_add(&names, "%s%s", i == 0 ? "" : i < last ? ", " : " or ", isas[i].name);
    return names.chars;
}
