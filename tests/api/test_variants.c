/* SPDX-License-Identifier: MIT */
/* Kernels that are tuned for a microarchitecture: the runtime is compiled once more with the lists
 * in variants/ and on CPUs that are played here. Its kernels only say which they are. */
#define _POSIX_C_SOURCE 200809L
#include "api/refusal.h"
#include "libweir.h"
#include "microarchitecture.h"

/* ---- The CPU that is played ---- */

static const char *here;
static enum weir_isa best;
static unsigned lacks; /* one bit an ISA below the best */

const char *weir_microarchitecture(void)
{
    return here;
}

bool weir_cpu_has_isa(enum weir_isa isa)
{
    return isa <= best && !(lacks >> isa & 1);
}

unsigned weir_cpu_features(void)
{
    return weir_isas[best].features;
}

const char *weir_isa_name(size_t index)
{
    return index < WEIR_ISA_COUNT ? weir_isas[index].name : NULL;
}

/* ---- Kernels that do nothing ---- */

static void write_scales(size_t I, size_t H, size_t P, float *scale)
{
    (void)I, (void)H, (void)P;
    scale[0] = 1;
}

static size_t hoist_nothing(size_t B, size_t I, size_t H, size_t P)
{
    (void)B, (void)I, (void)H, (void)P;
    return 0;
}

static void do_nothing(const struct weir_run *run)
{
    (void)run;
}

static const struct weir_param params[] = {{"b", WEIR_H, WEIR_ONE}};
static const struct weir_state states[] = {{"h", WEIR_H}};
static const struct weir_region regions[] = {
    {WEIR_H, WEIR_ONE, 1, (const unsigned char[]){0}, NULL, 0, 0, WEIR_TYPE_F32}};

#define TYPED(stem, isa_value, math_value, type_value, I_value, H_value, tuned)                    \
    extern const struct weir_kernel weir_##stem;                                                   \
    const struct weir_kernel weir_##stem = {.contract = WEIR_CONTRACT,                             \
                                            .name = #stem,                                         \
                                            .cell = "cell",                                        \
                                            .plan = "",                                            \
                                            .isa = isa_value,                                      \
                                            .math = math_value,                                    \
                                            .type = type_value,                                    \
                                            .tuned_for = tuned,                                    \
                                            .I = I_value,                                          \
                                            .H = H_value,                                          \
                                            .lanes = 1,                                            \
                                            .params = params,                                      \
                                            .param_count = 1,                                      \
                                            .states = states,                                      \
                                            .state_count = 1,                                      \
                                            .regions = regions,                                    \
                                            .region_count = 1,                                     \
                                            .scales = write_scales,                                \
                                            .hoist_floats = hoist_nothing,                         \
                                            .forward = do_nothing}
#define KERNEL(stem, isa, math, I, H, tuned) TYPED(stem, isa, math, WEIR_TYPE_F32, I, H, tuned)

KERNEL(any_scalar, WEIR_SCALAR, WEIR_INLINE, 0, 0, NULL);
KERNEL(any_avx2, WEIR_AVX2, WEIR_INLINE, 0, 0, NULL);
KERNEL(sized_avx2, WEIR_AVX2, WEIR_INLINE, 2, 3, NULL);
KERNEL(sized_avx2_zen3, WEIR_AVX2, WEIR_INLINE, 2, 3, "zen3");
KERNEL(sized_avx2_zen4, WEIR_AVX2, WEIR_INLINE, 2, 3, "zen4");
KERNEL(sized_avx2_sleef, WEIR_AVX2, WEIR_SLEEF, 2, 3, NULL);
KERNEL(sized_avx2_sleef_zen3, WEIR_AVX2, WEIR_SLEEF, 2, 3, "zen3");
KERNEL(any_avx512, WEIR_AVX512, WEIR_INLINE, 0, 0, NULL);
TYPED(bytes_avx512, WEIR_AVX512, WEIR_INLINE, WEIR_TYPE_I8, 0, 0, NULL);
TYPED(halves_avx512, WEIR_AVX512, WEIR_INLINE, WEIR_TYPE_F16, 0, 0, NULL);
KERNEL(any_avx512_zen5, WEIR_AVX512, WEIR_INLINE, 0, 0, "zen5");
KERNEL(own_avx512vnni, WEIR_AVX512VNNI, WEIR_INLINE, 0, 0, NULL); /* in no list */

/* What weir-gen writes where a plan does not fit. */
#define NO_KERNEL(stem)                                                                            \
    extern const struct weir_kernel weir_##stem;                                                   \
    const struct weir_kernel weir_##stem = {0}
NO_KERNEL(none_zen3);
NO_KERNEL(none_zen4);
NO_KERNEL(none_zen5);

/* ---- Which CPU is of which ---- */

/* Of each kind some that can be bought, and numbers on either side of a range. */
static void check_models(void)
{
    static const struct {
        const char *vendor;
        unsigned family, model;
        const char *name; /* NULL: not known */
    } rows[] = {
        {"AuthenticAMD", 0x17, 0x31, "zen2"}, /* EPYC 7002 */
        {"AuthenticAMD", 0x17, 0x71, "zen2"}, /* Ryzen 3000 */
        {"AuthenticAMD", 0x17, 0x01, NULL}, /* EPYC 7001, Zen */
        {"AuthenticAMD", 0x19, 0x01, "zen3"}, /* EPYC 7003 */
        {"AuthenticAMD", 0x19, 0x21, "zen3"}, /* Ryzen 5000 */
        {"AuthenticAMD", 0x19, 0x0f, "zen3"},
        {"AuthenticAMD", 0x19, 0x10, "zen4"},
        {"AuthenticAMD", 0x19, 0x11, "zen4"}, /* EPYC 9004 */
        {"AuthenticAMD", 0x19, 0x1f, "zen4"},
        {"AuthenticAMD", 0x19, 0x20, "zen3"},
        {"AuthenticAMD", 0x19, 0x61, "zen4"}, /* Ryzen 7000 */
        {"AuthenticAMD", 0x19, 0xa0, "zen4"}, /* EPYC 97x4 */
        {"AuthenticAMD", 0x19, 0x80, NULL},
        {"AuthenticAMD", 0x1a, 0x02, "zen5"}, /* EPYC 9005 */
        {"AuthenticAMD", 0x1a, 0x44, "zen5"}, /* Ryzen 9000 */
        {"AuthenticAMD", 0x1a, 0x50, NULL},
        {"GenuineIntel", 6, 0x3f, "haswell"}, /* Xeon E5 v3 */
        {"GenuineIntel", 6, 0x4f, "broadwell"}, /* Xeon E5 v4 */
        {"GenuineIntel", 6, 0x55, "skylakex"}, /* Xeon Gold 6148 */
        {"GenuineIntel", 6, 0x6a, "icelakex"}, /* Xeon Platinum 8380 */
        {"GenuineIntel", 6, 0x8f, "sapphirerapids"}, /* Xeon Platinum 8480 */
        {"GenuineIntel", 0x19, 0x01, NULL},
        {"AuthenticAMD", 6, 0x55, NULL},
        {"", 0, 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *name = weir_microarchitecture_of(rows[i].vendor, rows[i].family, rows[i].model);
        EXPECT(rows[i].name ? name && !strcmp(name, rows[i].name) : !name, "%s %#x %#x is %s",
               rows[i].vendor, rows[i].family, rows[i].model, name ? name : "unknown");
    }
}

/* ---- Selection ---- */

static weir_layer_config make_config(size_t H)
{
    static const float zeros[16];
    static const weir_weight weights[] = {{.name = "b", .data = zeros}};
    return (weir_layer_config){
        .cell = "cell", .I = 2, .H = H, .weights = weights, .weight_count = 1};
}

static void expect_kernel(const weir_layer_config *config, const char *name, const char *why)
{
    struct weir_choice choice;
    weir_error error = {0};
    if (!EXPECT(weir_select(config, &choice, &error) == WEIR_OK, "%s", error.message))
        return;
    const weir_kernel_info info = weir_kernel_describe(choice.kernel);
    EXPECT(strcmp(info.name, name) == 0, "%s was chosen instead of %s", info.name, name);
    EXPECT(strstr(choice.why, why), "\"%s\" is not in: %s", why, choice.why);
}

/* On each CPU the kernel for it, and on others that for all. */
static void check_preference(void)
{
    static const struct {
        const char *here, *math, *name, *why;
        size_t H;
        enum weir_isa best;
    } rows[] = {
        {"zen3", NULL, "sized_avx2_zen3",
         "made for these sizes and tuned for zen3, which this CPU is", 3, WEIR_AVX2},
        {"zen4", NULL, "sized_avx2_zen4", "tuned for zen4", 3, WEIR_AVX2},
        {"zen", NULL, "sized_avx2", "made for these sizes;", 3, WEIR_AVX2},
        {"zen33", NULL, "sized_avx2", "made for these sizes;", 3, WEIR_AVX2},
        {NULL, NULL, "sized_avx2", "made for these sizes;", 3, WEIR_AVX2},
        {"zen3", NULL, "any_avx2", "for any size", 4, WEIR_AVX2},
        {"zen3", "sleef", "sized_avx2_sleef_zen3", "tuned for zen3", 3, WEIR_AVX2},
        {"zen4", "sleef", "sized_avx2_sleef", "made for these sizes;", 3, WEIR_AVX2},
        {"zen3", NULL, "any_scalar", "for any size", 3, WEIR_SCALAR},
        /* The ISA counts more. */
        {"zen4", NULL, "any_avx512", "for any size: none is made for these;", 3, WEIR_AVX512},
        {"zen5", NULL, "any_avx512_zen5", "tuned for zen5", 3, WEIR_AVX512},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_layer_config config = make_config(rows[i].H);
        here = rows[i].here;
        best = rows[i].best;
        config.math = rows[i].math;
        expect_kernel(&config, rows[i].name, rows[i].why);
    }
    here = "zen3";
    best = WEIR_AVX512;
    weir_layer_config config = make_config(3);
    config.isa = "avx2"; /* a whole word: the ISA, with what is tuned */
    expect_kernel(&config, "sized_avx2_zen3", "avx2 is the level named by config.isa");
    config.isa = "avx2_zen3";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.isa=avx2_zen3 names no ISA");
}

/* A bundle of an ISA and one instruction more, of which this build has no kernels, and one that a
 * CPU may lack though it has a later one, as a Zen 4 does. */
static void check_bundles(void)
{
    weir_layer_config config = make_config(3);
    here = NULL;
    best = WEIR_AVX512VNNI;
    lacks = 1u << WEIR_AVX2VNNI;
    expect_kernel(&config, "any_avx512",
                  "avx512vnni is the best level of this CPU, where float32 runs on avx512");
    config.isa = "avx512vnni";
    expect_kernel(&config, "any_avx512",
                  "avx512vnni is the level named by config.isa, where float32 runs on avx512");
    config.isa = "avx512";
    expect_kernel(&config, "any_avx512", "avx512 is the level named by config.isa");
    config.isa = "avx2";
    expect_kernel(&config, "sized_avx2", "avx2 is the level named by config.isa");
    config.isa = "avx2vnni";
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "only scalar, avx2, avx512, avx512vnni;");
    /* Down past what is lacking; what was named is not left below its base. */
    config.isa = NULL;
    config.math = "sleef";
    expect_kernel(&config, "sized_avx2_sleef", "but this build has no such kernel");
    config.isa = "avx512vnni";
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "config.isa=avx512vnni, but this build has no such");
    lacks = 0;
    best = WEIR_AVX2VNNI;
    config.isa = "avx2vnni";
    config.math = NULL;
    expect_kernel(&config, "sized_avx2", "where float32 runs on avx2");
}

/* Bytes are what a bundle is for: where one is named, they do not run on its base instead. */
static void check_bundle_types(void)
{
    weir_layer_config config = make_config(3);
    here = NULL;
    best = WEIR_AVX512VNNI;
    lacks = 0;
    config.type = "f16";
    expect_kernel(&config, "halves_avx512", "where f16 runs on avx512");
    config.isa = "avx512vnni";
    expect_kernel(&config, "halves_avx512", "where f16 runs on avx512");
    config.type = "i8";
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE,
                   "config.isa=avx512vnni, but this build has no such kernel with weights of i8");
    config.isa = NULL;
    expect_kernel(&config, "bytes_avx512",
                  "avx512vnni is the best level of this CPU, but this build has no such kernel");
}

/* A kernel of a bundle runs at no lower level. */
static void check_own_bundle(void)
{
    weir_layer_config config = make_config(3);
    config.own = &weir_own_avx512vnni;
    best = WEIR_AVX512VNNI;
    expect_kernel(&config, "own_avx512vnni", "config.own asks for it");
    config.isa = "avx512";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "is above the level avx512 that config.isa allows");
    config.isa = NULL;
    best = WEIR_AVX512;
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "needs avx512vnni, which this CPU lacks");
}

/* By name any can be had anywhere, as the bits are the same. */
static void check_forced(void)
{
    weir_layer_config config = make_config(3);
    best = WEIR_AVX2;
    for (int k = 0; k < 3; k++) {
        here = (const char *const[]){"zen3", "zen4", NULL}[k];
        setenv("WEIR_KERNEL", "sized_avx2", 1);
        expect_kernel(&config, "sized_avx2", "WEIR_KERNEL asks for it");
        setenv("WEIR_KERNEL", "sized_avx2_zen3", 1);
        expect_kernel(&config, "sized_avx2_zen3", "WEIR_KERNEL asks for it");
        unsetenv("WEIR_KERNEL");
        config.kernel = "sized_avx2_zen4";
        expect_kernel(&config, "sized_avx2_zen4", "config.kernel asks for it");
        config.kernel = NULL;
    }
    config.kernel = "none_zen3";
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "config.kernel=none_zen3 names no kernel",
                   "sized_avx2");
    config.kernel = "any_avx512_zen5";
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "needs avx512, which this CPU lacks");
}

/* What is no kernel is not in the list. */
static void check_list(void)
{
    static const char *const names[] = {"any_scalar",      "any_avx2",
                                        "sized_avx2",      "sized_avx2_sleef",
                                        "any_avx512",      "bytes_avx512",
                                        "halves_avx512",   "sized_avx2_zen3",
                                        "sized_avx2_zen4", "sized_avx2_sleef_zen3",
                                        "any_avx512_zen5"};
    const size_t count = sizeof names / sizeof *names;
    EXPECT(weir_kernel_count() == count, "%zu kernels", weir_kernel_count());
    for (size_t i = 0; i < count; i++) {
        const struct weir_kernel *kernel = weir_kernel_at(i);
        EXPECT(kernel && !strcmp(kernel->name, names[i]), "%s is not at %zu", names[i], i);
    }
    EXPECT(!weir_kernel_at(count) && !weir_kernel_at(SIZE_MAX), "a kernel past the last");
    const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(7));
    EXPECT(info.tuned_for && !strcmp(info.tuned_for, "zen3") && !strcmp(info.isa, "avx2"), "%s",
           info.isa);
}

int main(void)
{
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    unsetenv("WEIR_VERBOSE");
    check_models();
    check_preference();
    check_bundles();
    check_bundle_types();
    check_own_bundle();
    check_forced();
    check_list();
    return expect_verdict("test_variants");
}
