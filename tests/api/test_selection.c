/* SPDX-License-Identifier: MIT */
/* Which kernel is chosen, on whatever CPU and build this runs: the best level, caps by WEIR_ISA and
 * by the configuration, kernels by name, and what is said when something is not to be had. Every
 * kernel that is chosen is also run, so that a wrong answer of CPUID dies here. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include "api/refusal.h"
#include "support/inputs.h"

/* A layer that this build has a kernel of its own for, found in the registry. */
static struct problem problem;
static const char *level; /* the best that this CPU has */

static void clear_environment(void)
{
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    unsetenv("WEIR_VERBOSE");
}

static weir_layer_config make_config(void)
{
    return (weir_layer_config){.cell = problem.cell,
                               .I = problem.I,
                               .H = problem.H,
                               .P = problem.P,
                               .weights = problem.weights,
                               .weight_count = problem.weight_count};
}

static bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* The kernel that is chosen, having run it for one step; with no name when there is none. */
static weir_kernel_info chosen_for(const weir_layer_config *config)
{
    weir_layer *layer;
    weir_error error = {0};
    if (!EXPECT(weir_layer_create(&layer, config, &error) == WEIR_OK, "%s", error.message))
        return (weir_kernel_info){.name = "", .isa = "", .math = "", .cell = ""};
    const weir_sequence step = {.T = 1, .B = 1, .x = problem.x};
    weir_layer_forward(layer, &step);
    const weir_kernel_info info = weir_kernel_describe(weir_layer_kernel(layer));
    weir_layer_destroy(layer);
    return info;
}

/* A kernel of that level, or of its base. */
static void expect_kernel(const weir_layer_config *config, const char *isa, const char *math,
                          size_t H)
{
    const weir_kernel_info info = chosen_for(config);
    isa = weir_isa_base(isa);
    EXPECT(strcmp(info.isa, isa) == 0 && strcmp(info.math, math) == 0 && info.H == H &&
               strcmp(info.cell, config->cell) == 0,
           "%s was chosen for %s, %s, %s, H=%zu", info.name, config->cell, isa, math, H);
}

/* ---- The level ---- */

static void check_level(void)
{
    const char *name = "nothing";
    weir_error error = {0};
    clear_environment();
    EXPECT(weir_isa_level(&name, &error) == WEIR_OK, "%s", error.message);
    EXPECT(strcmp(name, level) == 0, "%s, not %s", name, level);
    EXPECT(weir_isa_runs_here(name) && weir_isa_runs_here("scalar"), "the level does not run");
    EXPECT(!weir_isa_runs_here("avx3") && !weir_isa_runs_here(NULL), "an ISA that is none runs");
    EXPECT(!weir_isa_base("avx3") && !weir_isa_base(NULL), "an ISA that is none has a base");
    EXPECT(!strcmp(weir_isa_base("avx512vnni"), "avx512") &&
               !strcmp(weir_isa_base("avx2vnni"), "avx2") &&
               !strcmp(weir_isa_base("neondot"), "neon") &&
               !strcmp(weir_isa_base("avx512"), "avx512"),
           "another base");
    for (size_t k = 0; (name = weir_isa_name(k)); k++) {
        const char *found = "nothing";
        setenv("WEIR_ISA", name, 1);
        const weir_status status = weir_isa_level(&found, &error);
        if (weir_isa_runs_here(name)) {
            EXPECT(status == WEIR_OK && strcmp(found, name) == 0, "WEIR_ISA=%s gives %s", name,
                   found);
        } else {
            const weir_layer_config config = make_config();
            EXPECT(status == WEIR_UNAVAILABLE, "status %d", status);
            EXPECT(contains(error.message, name) && contains(error.message, level), "%s",
                   error.message);
            EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "WEIR_ISA=", name, level);
        }
    }
    static const char *const wrong[] = {"AVX2", "avx2 ", "avx3", "best", "0"};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        setenv("WEIR_ISA", wrong[k], 1);
        EXPECT(weir_isa_level(&name, &error) == WEIR_INVALID, "WEIR_ISA=%s is taken", wrong[k]);
        const weir_layer_config config = make_config();
        EXPECT_REFUSAL(&config, WEIR_INVALID, "WEIR_ISA=", "scalar", level);
    }
    EXPECT(weir_isa_level(&name, NULL) == WEIR_INVALID, "another status without weir_error");
    clear_environment();
    const char *usual;
    EXPECT(!weir_isa_level(&usual, NULL), "no level");
    setenv("WEIR_ISA", "", 1);
    setenv("WEIR_KERNEL", "", 1);
    EXPECT(!weir_isa_level(&name, &error) && name == usual, "empty is not unset: %s",
           error.message);
    const weir_layer_config config = make_config();
    weir_layer *layer;
    EXPECT(!weir_layer_create(&layer, &config, &error), "empty is not unset: %s", error.message);
    weir_layer_destroy(layer);
    clear_environment();
}

/* Caps, by either way and by both: the lower one counts. */
static void check_caps(void)
{
    weir_layer_config config = make_config();
    clear_environment();
    expect_kernel(&config, level, "inline", problem.H);
    for (size_t k = 0; weir_isa_name(k); k++) {
        const char *isa = weir_isa_name(k);
        if (!weir_isa_runs_here(isa)) {
            config.isa = isa;
            EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "config.isa=", isa, level);
            continue;
        }
        config.isa = isa;
        expect_kernel(&config, isa, "inline", problem.H);
        setenv("WEIR_ISA", level, 1);
        expect_kernel(&config, isa, "inline", problem.H);
        setenv("WEIR_ISA", "scalar", 1);
        expect_kernel(&config, "scalar", "inline", problem.H);
        setenv("WEIR_ISA", isa, 1);
        config.isa = NULL;
        expect_kernel(&config, isa, "inline", problem.H);
        config.isa = "scalar";
        expect_kernel(&config, "scalar", "inline", problem.H);
        config.isa = "avx";
        EXPECT_REFUSAL(&config, WEIR_INVALID, "config.isa=avx", level);
        clear_environment();
    }
}

/* ---- Sizes and maths ---- */

/* The kernels of a build serve every size: the generic one those that none is made for. */
static void check_sizes(void)
{
    struct problem odd;
    const size_t sizes[] = {problem.I + 1000, 11, problem.P};
    clear_environment();
    if (!EXPECT(problem_create(&odd, problem.cell, sizes, 1, 1, PATTERN_NORMAL, 1), "no problem"))
        return;
    weir_layer_config config = make_config();
    config.I = odd.I;
    config.H = odd.H;
    config.weights = odd.weights;
    struct problem kept = problem;
    problem.x = odd.x;
    expect_kernel(&config, level, "inline", 0);
    config.isa = "scalar";
    expect_kernel(&config, "scalar", "inline", 0);
    problem = kept;
    problem_destroy(&odd);
}

static bool has_sleef(const char *isa)
{
    const struct weir_kernel *kernel;
    for (size_t i = 0; (kernel = weir_kernel_at(i)); i++) {
        const weir_kernel_info info = weir_kernel_describe(kernel);
        if (strcmp(info.isa, isa) == 0 && strcmp(info.math, "sleef") == 0)
            return weir_kernel_runs_here(kernel);
    }
    return false;
}

static void check_maths(void)
{
    weir_layer_config config = make_config();
    clear_environment();
    config.math = "inline";
    expect_kernel(&config, level, "inline", problem.H);
    config.math = "fast";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.math=fast", "inline", "sleef");
    config.math = "";
    EXPECT_REFUSAL(&config, WEIR_INVALID, "config.math=", "inline", "sleef");
    config.math = "sleef";
    if (has_sleef(weir_isa_base(level)))
        expect_kernel(&config, level, "sleef", problem.H);
    else
        EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, "sleef", problem.cell);
}

/* ---- Kernels by name ---- */

enum source { BY_CONFIG, BY_ENVIRONMENT };

static void ask_for(weir_layer_config *config, enum source source, const char *name)
{
    config->kernel = source == BY_CONFIG ? name : NULL;
    if (source == BY_ENVIRONMENT)
        setenv("WEIR_KERNEL", name, 1);
}

/* Every kernel of the build is asked for by name: it is taken, or refused for the right reason. */
static void check_each_name(enum source source)
{
    const char *by = source == BY_CONFIG ? "config.kernel" : "WEIR_KERNEL";
    const struct weir_kernel *kernel;
    clear_environment();
    for (size_t i = 0; (kernel = weir_kernel_at(i)); i++) {
        const weir_kernel_info info = weir_kernel_describe(kernel);
        const bool serves =
            !info.I || (info.I == problem.I && info.H == problem.H && info.P == problem.P);
        weir_layer_config config = make_config();
        ask_for(&config, source, info.name);
        if (strcmp(info.cell, problem.cell) != 0)
            EXPECT_REFUSAL(&config, WEIR_INVALID, by, info.name, info.cell);
        else if (!serves)
            EXPECT_REFUSAL(&config, WEIR_INVALID, by, info.name, "sizes");
        else if (!weir_kernel_runs_here(kernel))
            EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, by, info.name, "this CPU lacks");
        else
            EXPECT(strcmp(chosen_for(&config).name, info.name) == 0, "%s", info.name);
    }
}

static void check_names(enum source source)
{
    weir_layer_config config = make_config();
    const char *best, *by = source == BY_CONFIG ? "config.kernel=" : "WEIR_KERNEL=";
    char long_name[4096];
    clear_environment();
    best = chosen_for(&config).name;
    ask_for(&config, source, "no_such_kernel");
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, by, "no_such_kernel", best);
    ask_for(&config, source, "");
    if (source == BY_CONFIG) /* an empty variable is as if it were not set */
        EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, by, best, "weir-info --kernels");
    else
        EXPECT(strcmp(chosen_for(&config).name, best) == 0, "not %s", best);
    memset(long_name, 'k', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    ask_for(&config, source, long_name);
    EXPECT_REFUSAL(&config, WEIR_UNAVAILABLE, by, "kkkk", "weir-info --kernels");
    /* Of the other form of the maths, and above the cap. */
    ask_for(&config, source, best);
    config.math = "sleef";
    EXPECT_REFUSAL(&config, WEIR_INVALID, best, "sleef");
    config.math = "inline";
    EXPECT(strcmp(chosen_for(&config).name, best) == 0, "%s is not taken", best);
    if (strcmp(level, "scalar") != 0) {
        config.isa = "scalar";
        EXPECT_REFUSAL(&config, WEIR_INVALID, best, "config.isa", "scalar");
        config.isa = NULL;
        setenv("WEIR_ISA", "scalar", 1);
        EXPECT_REFUSAL(&config, WEIR_INVALID, best, "WEIR_ISA", "scalar");
    }
    clear_environment();
}

/* Asked for twice: the same one, or an error. */
static void check_conflict(void)
{
    weir_layer_config config = make_config();
    clear_environment();
    const char *best = chosen_for(&config).name;
    config.kernel = best;
    setenv("WEIR_KERNEL", best, 1);
    EXPECT(strcmp(chosen_for(&config).name, best) == 0, "%s is not taken", best);
    config.isa = "scalar";
    config.kernel = NULL;
    unsetenv("WEIR_KERNEL");
    const char *scalar = chosen_for(&config).name;
    config.isa = NULL;
    config.kernel = "another";
    setenv("WEIR_KERNEL", scalar, 1);
    EXPECT_REFUSAL(&config, WEIR_INVALID, "another", scalar, "WEIR_KERNEL");
    clear_environment();
}

/* ---- WEIR_VERBOSE ---- */

/* The kernel that is chosen, and what creating the layer says on stderr. */
static const char *hear_creation(const weir_layer_config *config, char *text, size_t size)
{
    FILE *file = tmpfile();
    fflush(stderr);
    const int kept = dup(STDERR_FILENO);
    text[0] = '\0';
    if (!EXPECT(file && kept >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0, "no temporary file"))
        return "";
    const char *name = chosen_for(config).name;
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    return name;
}

static void expect_line(const weir_layer_config *config, const char *why)
{
    char text[1024];
    const char *name = hear_creation(config, text, sizeof text), *end = strchr(text, '\n');
    EXPECT(end && !end[1], "not one line: %s", text);
    EXPECT(strncmp(text, "weir: ", 6) == 0 && contains(text, name) && contains(text, why),
           "\"%s\" and \"%s\" are not in: %s", name, why, text);
}

static void check_verbose(void)
{
    char text[1024];
    weir_layer_config config = make_config();
    clear_environment();
    hear_creation(&config, text, sizeof text);
    EXPECT(!*text, "it says, unasked: %s", text);
    setenv("WEIR_VERBOSE", "", 1);
    hear_creation(&config, text, sizeof text);
    EXPECT(!*text, "it says, unasked: %s", text);
    setenv("WEIR_VERBOSE", "0", 1);
    hear_creation(&config, text, sizeof text);
    EXPECT(!*text, "it says, asked not to: %s", text);
    setenv("WEIR_VERBOSE", "1", 1);
    expect_line(&config, "made for these sizes");
    expect_line(&config, "the best level of this CPU");
    config.type = "bf16";
    expect_line(&config, "_bf16_");
    config.type = NULL;
    config.isa = "scalar";
    expect_line(&config, "named by config.isa");
    config.isa = NULL;
    setenv("WEIR_ISA", "scalar", 1);
    expect_line(&config, "named by WEIR_ISA");
    config.kernel = hear_creation(&config, text, sizeof text);
    expect_line(&config, "config.kernel asks for it");
    static const char *const wrong[] = {"yes", "2", "10", " 1"};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        setenv("WEIR_VERBOSE", wrong[k], 1);
        EXPECT_REFUSAL(&config, WEIR_INVALID, "WEIR_VERBOSE=", "neither 0 nor 1");
    }
    clear_environment();
}

/* ---- The registry ---- */

static void check_registry(void)
{
    const size_t count = weir_kernel_count();
    EXPECT(!weir_kernel_at(count) && !weir_kernel_at((size_t)-1), "a kernel past the last");
    for (size_t i = 0; i < count; i++) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(i));
        const size_t cell = strlen(info.cell);
        char how[64];
        snprintf(how, sizeof how, "__%s%s%s%s", info.isa,
                 strcmp(info.math, "sleef") == 0 ? "_sleef" : "", info.tuned_for ? "_" : "",
                 info.tuned_for ? info.tuned_for : "");
        EXPECT(strncmp(info.name, info.cell, cell) == 0 && info.name[cell] == '_' &&
                   strcmp(info.name + strlen(info.name) - strlen(how), how) == 0,
               "%s is of the cell %s and ends in %s", info.name, info.cell, how);
        size_t k = 0;
        while (strcmp(info.name, weir_kernel_describe(weir_kernel_at(k)).name) != 0)
            k++;
        EXPECT(k == i, "%s is there twice", info.name);
    }
}

/* How many kernels of the build are made for the cell and sizes of this one. */
static size_t count_alike(weir_kernel_info of)
{
    size_t count = 0;
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(i));
        count +=
            strcmp(info.cell, of.cell) == 0 && info.I == of.I && info.H == of.H && info.P == of.P;
    }
    return count;
}

/* The layer to test with: the first that most kernels are made for, those of every ISA and form; a
 * build may have other sizes for some of them only. */
static bool find_problem(void)
{
    weir_kernel_info best = {0};
    size_t most = 0;
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const weir_kernel_info info = weir_kernel_describe(weir_kernel_at(i));
        const size_t count = info.I ? count_alike(info) : 0;
        best = count > most ? info : best;
        most = count > most ? count : most;
    }
    return most && problem_create(&problem, best.cell, (size_t[]){best.I, best.H, best.P}, 1, 1,
                                  PATTERN_NORMAL, 1);
}

int main(void)
{
    clear_environment();
    for (size_t k = 0; weir_isa_name(k); k++)
        if (weir_isa_runs_here(weir_isa_name(k)))
            level = weir_isa_name(k);
    if (!EXPECT(find_problem(), "no kernel of this build is made for sizes"))
        return expect_verdict("test_selection");
    printf("test_selection: the level here is %s\n", level);
    check_registry();
    check_level();
    check_caps();
    check_sizes();
    check_maths();
    check_each_name(BY_CONFIG);
    check_each_name(BY_ENVIRONMENT);
    check_names(BY_CONFIG);
    check_names(BY_ENVIRONMENT);
    check_conflict();
    check_verbose();
    problem_destroy(&problem);
    return expect_verdict("test_selection");
}
