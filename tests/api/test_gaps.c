/* SPDX-License-Identifier: MIT */
/* Selection in a build that lacks kernels, as a full build never does, and hwloc: the runtime is
 * compiled once more with the list in gaps/kernels.inc, whose kernels are made here and only say
 * which they are.
 * What is chosen from a full build is tested by test_selection.c. */
#define _POSIX_C_SOURCE 200809L
#include "api/refusal.h"
#include "kernel.h"

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

#define KERNEL(stem, cell_name, isa_value, math_value, I_value, H_value)                           \
    extern const struct weir_kernel weir_##stem;                                                   \
    const struct weir_kernel weir_##stem = {.contract = WEIR_CONTRACT,                             \
                                            .name = #stem,                                         \
                                            .cell = cell_name,                                     \
                                            .plan = "",                                            \
                                            .isa = isa_value,                                      \
                                            .math = math_value,                                    \
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

/* In avx512, `full` has only the generic kernel. */
KERNEL(full_any_scalar, "full", WEIR_SCALAR, WEIR_INLINE, 0, 0);
KERNEL(full_2x3_scalar, "full", WEIR_SCALAR, WEIR_INLINE, 2, 3);
KERNEL(full_any_avx2, "full", WEIR_AVX2, WEIR_INLINE, 0, 0);
KERNEL(full_2x3_avx2, "full", WEIR_AVX2, WEIR_INLINE, 2, 3);
KERNEL(full_any_avx512, "full", WEIR_AVX512, WEIR_INLINE, 0, 0);
KERNEL(full_any_neon, "full", WEIR_NEON, WEIR_INLINE, 0, 0);
KERNEL(full_2x3_neon, "full", WEIR_NEON, WEIR_INLINE, 2, 3);
/* Nothing above scalar; nothing generic; nothing inline. */
KERNEL(low_any_scalar, "low", WEIR_SCALAR, WEIR_INLINE, 0, 0);
KERNEL(small_2x3_scalar, "small", WEIR_SCALAR, WEIR_INLINE, 2, 3);
KERNEL(only_sleef_any_scalar, "only_sleef", WEIR_SCALAR, WEIR_SLEEF, 0, 0);
/* More names than a message holds. */
#define MANY "many_kernels_with_rather_long_names_of_which_a_message_holds_only_some"
KERNEL(many_any_1, "many", WEIR_SCALAR, WEIR_INLINE, 0, 0);
#define LONG_KERNEL(stem, number)                                                                  \
    extern const struct weir_kernel weir_##stem;                                                   \
    const struct weir_kernel weir_##stem = {                                                       \
        .name = MANY number, .cell = "many", .isa = WEIR_SCALAR, .math = WEIR_INLINE}
LONG_KERNEL(many_any_2, "_2");
LONG_KERNEL(many_any_3, "_3");
LONG_KERNEL(many_any_4, "_4");
LONG_KERNEL(many_any_5, "_5");
LONG_KERNEL(many_any_6, "_6");
LONG_KERNEL(many_any_7, "_7");
LONG_KERNEL(many_any_8, "_8");

/* More weights than any cell of the build. */
enum { WEIGHTS = 71 };
static struct weir_param many_params[WEIGHTS];
extern const struct weir_kernel weir_heavy_any_scalar;
const struct weir_kernel weir_heavy_any_scalar = {.name = "heavy_any_scalar",
                                                  .cell = "heavy",
                                                  .isa = WEIR_SCALAR,
                                                  .params = many_params,
                                                  .param_count = WEIGHTS};

/* ---- The checks ---- */

static const char *level;

static weir_layer_config make_config(const char *cell, size_t I, size_t H)
{
    static const float zeros[16];
    static const weir_weight weights[] = {{.name = "b", .data = zeros}};
    return (weir_layer_config){.cell = cell, .I = I, .H = H, .weights = weights, .weight_count = 1};
}

static void expect_kernel(const weir_layer_config *config, const char *name)
{
    weir_layer *layer;
    weir_error error = {0};
    if (!EXPECT(weir_layer_create(&layer, config, &error) == WEIR_OK, "%s", error.message))
        return;
    const weir_kernel_info info = weir_kernel_describe(weir_layer_kernel(layer));
    EXPECT(strcmp(info.name, name) == 0, "%s was chosen instead of %s", info.name, name);
    weir_layer_destroy(layer);
}

/* All weights are counted, however many there are. */
static void check_sizes(void)
{
    size_t count = 0, floats = 0;
    weir_error error = {0};
    for (size_t i = 0; i < WEIGHTS; i++)
        many_params[i] = (struct weir_param){"w", WEIR_H, i % 2 ? WEIR_I : WEIR_ONE};
    EXPECT(weir_weights_size("heavy", 2, 3, 0, &count, &floats, &error) == WEIR_OK, "%s",
           error.message);
    EXPECT(count == WEIGHTS && floats == 36 * 3 + 35 * 6, "%zu weights of %zu floats", count,
           floats);
    EXPECT(weir_weights_size("heavy", 2, 3, 0, NULL, NULL, NULL) == WEIR_OK, "nothing wanted");
    EXPECT(weir_weights_size(NULL, 2, 3, 0, &count, &floats, NULL) == WEIR_INVALID, "no cell");
}

/* The level counts more than being made for the sizes. */
static void check_order(void)
{
    char name[64];
    weir_layer_config config = make_config("full", 2, 3);
    snprintf(name, sizeof name, "full_%s_%s", strcmp(level, "avx512") == 0 ? "any" : "2x3", level);
    expect_kernel(&config, name);
    config.H = 4;
    snprintf(name, sizeof name, "full_any_%s", level);
    expect_kernel(&config, name);
    config.isa = "scalar";
    expect_kernel(&config, "full_any_scalar");
    config.H = 3;
    expect_kernel(&config, "full_2x3_scalar");
}

/* What was not asked for by name goes down a level; what was does not. */
static void check_missing_level(void)
{
    weir_layer_config config = make_config("low", 5, 6);
    expect_kernel(&config, "low_any_scalar");
    config.isa = level;
    if (strcmp(level, "scalar") != 0)
        EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "config.isa=", level, "low_any_scalar");
    config.isa = NULL;
    setenv("WEIR_ISA", level, 1);
    if (strcmp(level, "scalar") != 0)
        EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "WEIR_ISA=", level, "low_any_scalar");
    setenv("WEIR_ISA", "scalar", 1);
    expect_kernel(&config, "low_any_scalar");
    unsetenv("WEIR_ISA");
}

static void check_missing_kernels(void)
{
    weir_layer_config config = make_config("small", 2, 3);
    expect_kernel(&config, "small_2x3_scalar");
    config.H = 4;
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "inline", "small I=2, H=4", "none");
    config = make_config("only_sleef", 2, 3);
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "inline", "only_sleef I=2, H=3",
                   weir_kernel_runs_here(&weir_only_sleef_any_scalar) ? "only_sleef_any_scalar"
                                                                      : "none");
    config.kernel = "full_any_neon";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.kernel=full_any_neon", "cell full");
    config = make_config("none", 2, 3);
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "full, low, small, only_sleef, many, heavy");
}

/* Too many names for a message: some, and how many more. */
static void check_long_list(void)
{
    weir_layer_config config = make_config("many", 2, 3);
    config.kernel = "absent";
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "many_any_1, " MANY "_2, ", " and 5 more",
                   "weir-info --kernels");
}

/* This runtime is also compiled without hwloc. */
static void check_no_pool(void)
{
    weir_pool *pool = (weir_pool *)&pool;
    weir_error error = {0};
    const weir_status status = weir_pool_create(&pool, 1, &error);
    EXPECT(status == WEIR_UNAVAILABLE && error.status == status && !pool, "%d", status);
    EXPECT(strstr(error.message, "without hwloc"), "%s", error.message);
}

int main(void)
{
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    unsetenv("WEIR_VERBOSE");
    for (size_t k = 0; weir_isa_name(k); k++)
        if (weir_isa_runs_here(weir_isa_name(k)))
            level = weir_isa_base(weir_isa_name(k));
    check_sizes();
    check_order();
    check_missing_level();
    check_missing_kernels();
    check_long_list();
    check_no_pool();
    return expect_verdict("test_gaps");
}
