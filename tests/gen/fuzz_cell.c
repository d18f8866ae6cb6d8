/* SPDX-License-Identifier: MIT */
/* The fuzzer of the generator (libFuzzer): any bytes are read as a cell file. What is refused must
 * be refused with one sentence in the one form; what is read is printed, with its gradient, and
 * goes all the way to the text of kernels, for sizes that are known and for any, in both forms of
 * the maths. A small cell's gradient is checked, too. A hash of the bytes chooses sizes, ISA and
 * plan, so that a cell file as it stands is an input, and an input can be given to weir-gen. */
#include "common/hash.h"
#include "emit/emit.h"
#include "inspect/check.h"
#include "inspect/dump.h"
#include "language/parse.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char file[] = "fuzz.cell";

static uint64_t draw(uint64_t *hash, uint64_t bound)
{
    *hash = *hash * 6364136223846793005u + 1442695040888963407u;
    return (*hash >> 33) % bound;
}

static void expect(bool holds, const char *claim, const char *found)
{
    if (holds)
        return;
    fprintf(stderr, "should hold: %s; found: %s\n", claim, found);
    abort();
}

/* "file:line:column: sentence", the line, and a caret: three lines. */
static void check_failure(const struct failure *failure)
{
    int line = 0, column = 0, sentence = 0, lines = 0;
    sscanf(failure->sentence, "fuzz.cell:%d:%d: %n", &line, &column, &sentence);
    for (const char *c = failure->sentence; *c; c++)
        lines += *c == '\n';
    expect(line > 0 && column > 0 && sentence > 0 && lines == 3, "an error has its form",
           failure->sentence);
}

/* Half of the plans are the chosen one, half have some fields with any value they may have. */
static struct plan any_plan(const struct program *program, const struct isa *isa, uint64_t *hash)
{
    struct plan plan = plan_choose(program, isa);
    const bool varies = draw(hash, 2);
#define FIELD(name, least, greatest, meaning)                                                      \
    if (varies && draw(hash, 2))                                                                   \
        plan.name = (size_t)(least + draw(hash, greatest - least + 1));
    PLAN_FIELDS(FIELD)
#undef FIELD
    return plan;
}

static void make_kernel(struct graph *graph, enum weir_math math, uint64_t *hash)
{
    struct failure failure = {""};
    const struct isa *isa = &isas[draw(hash, WEIR_ISA_COUNT)];
    const enum weir_type type =
        draw(hash, 2) ? WEIR_TYPE_F32 : (enum weir_type)draw(hash, WEIR_TYPE_COUNT);
    const bool trains = type == WEIR_TYPE_F32 && draw(hash, 2);
    struct kernel_parts *parts = kernel_parts_create(graph, math, type, isa, trains, &failure);
    if (!parts) {
        expect(failure.sentence[0], "a cell that is no kernel is told why", "nothing");
        return;
    }
    for (size_t role = 0; role < ROLE_COUNT; role++)
        if (parts->program[role])
            parts->plan[role] = any_plan(parts->program[role], isa, hash);
    struct text kernel = emit_kernel(parts, "weir-gen");
    expect(kernel.length > 0, "a kernel has a text", "nothing");
    text_free(&kernel);
    kernel_parts_free(parts);
}

/* A cell as maths; then its gradient, of a graph of the same text that may be changed. */
static void print_cell(const struct graph *graph, struct graph *other)
{
    struct text dump = {0};
    struct failure failure = {""};
    dump_graph(graph, &dump);
    text_free(&dump);
    const bool derived = dump_gradient(other, &dump, &failure);
    expect(derived ? dump.length > 0 : failure.sentence[0],
           "a gradient is printed, or told why not", "nothing");
    text_free(&dump);
    graph_free(other);
}

/* Of a cell that is small enough to be checked in a moment. Whether it is right is no matter here:
 * differences of x + 1e30 are not. */
static void check_cell(const char *data, size_t size)
{
    const double few[] = {1, 2, 3, 2};
    struct text out = {0};
    struct failure failure = {""};
    struct graph *graph = cell_parse(file, data, size, few, &failure);
    if (!graph) {
        check_failure(&failure);
        return;
    }
    if (graph->count < 100 && graph->param_count < 8) {
        const enum check_result result = check_gradient(graph, &out, &failure);
        expect((result == CHECK_PASSED) == !failure.sentence[0], "what is wrong is told",
               "nothing");
    }
    text_free(&out);
    graph_free(graph);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t hash = hash_bytes(HASH_START, data, size);
    hash ^= hash >> 29; /* the last byte reaches all that is drawn */
    const double known[] = {1, 1 + (double)draw(&hash, 40), 1 + (double)draw(&hash, 40),
                            1 + (double)draw(&hash, 40)};
    const double any[] = {1, 0, 0, 0};
    for (int variant = 0; variant < 4; variant++) {
        const double *sizes = variant & 1 ? any : known;
        struct failure failure;
        struct graph *graph = cell_parse(file, (const char *)data, size, sizes, &failure);
        if (!graph) {
            check_failure(&failure);
            continue;
        }
        print_cell(graph, cell_parse(file, (const char *)data, size, sizes, &failure));
        if (variant == 0 && draw(&hash, 8) == 0)
            check_cell((const char *)data, size);
        make_kernel(graph, variant & 2 ? WEIR_SLEEF : WEIR_INLINE, &hash);
    }
    return 0;
}
