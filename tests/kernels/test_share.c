/* SPDX-License-Identifier: MIT */
/* test_share: a call is shared by the threads of a pool where that makes it faster, or where the
 * caller says so, and by no more parts than it has units for. That the number of parts changes no
 * bit is proved by the suites of threads. */
#include <math.h>

#include "libweir.h"
#include "support/expect.h"
#include "support/outcome.h"

enum { SKIPPED = 77 };

/* How many parts the last call of the kernel had. */
static size_t parts_seen;
static const struct weir_kernel *watched;

static void watch(const struct weir_run *run)
{
    if (run->part == 0)
        parts_seen = run->parts;
    watched->forward(run);
}

/* The parts of a call of an lstm with I = H = size. */
static size_t parts_of(weir_pool *pool, size_t threads, size_t size, size_t B)
{
    struct problem problem;
    weir_error error = {0};
    weir_layer *layer = NULL;
    const size_t sizes[3] = {size, size, 0};
    if (!EXPECT(problem_create(&problem, "lstm", sizes, 2, B, PATTERN_NORMAL, 1), "no problem"))
        return 0;
    weir_layer_config config = {.cell = "lstm",
                                .I = size,
                                .H = size,
                                .weights = problem.weights,
                                .weight_count = problem.weight_count};
    if (EXPECT(weir_layer_create(&layer, &config, &error) == WEIR_OK, "%s", error.message)) {
        watched = weir_layer_kernel(layer);
        weir_layer_destroy(layer);
        struct weir_kernel own = *watched;
        own.forward = watch;
        config.own = &own;
        config.pool = pool;
        config.threads = threads;
        if (EXPECT(weir_layer_create(&layer, &config, &error) == WEIR_OK, "%s", error.message))
            weir_layer_forward(layer, &(weir_sequence){.T = 2, .B = B, .x = problem.x});
        weir_layer_destroy(layer);
    }
    problem_destroy(&problem);
    return parts_seen;
}

static void check_decision(void)
{
    const size_t sizes[] = {8, 33, 64, 128, 512}, count = sizeof sizes / sizeof *sizes;
    const struct weir_kernel *kernel;
    weir_error error = {0};
    if (!EXPECT(weir_cell_find("lstm", &kernel, &error) == WEIR_OK, "%s", error.message))
        return;
    for (size_t n = 0; n < count; n++) {
        const weir_layer layer = {.kernel = kernel, .sizes = {sizes[n], sizes[n], 0}};
        size_t before = 1;
        for (double cost = 0; cost < 1e9; cost = 2 * cost + 1) {
            const size_t least = weir_share_least(&layer, 2, &(struct weir_share_cost){cost, 0});
            EXPECT(least >= before, "%zu rows after %zu", least, before);
            EXPECT(cost > 0 || least == 1, "%zu rows where sharing costs nothing", least);
            before = least;
        }
        EXPECT(weir_share_least(&layer, 2, &(struct weir_share_cost){INFINITY, 0}) == SIZE_MAX,
               "shared at any cost");
        EXPECT(weir_share_least(&layer, 2, &(struct weir_share_cost){1, 1e9}) == SIZE_MAX,
               "rows that take longer to read than to compute are shared");
    }
}

int main(void)
{
    weir_pool *pool;
    weir_error error = {0};
    check_decision();
    if (weir_pool_create(&pool, 2, &error)) {
        printf("test_share: SKIPPED: what needs two threads: %s\n", error.message);
        return expect_verdict("test_share") == EXIT_SUCCESS ? SKIPPED : EXIT_FAILURE;
    }
    EXPECT(weir_pool_cost(pool)->barrier > 0, "threads meet in no time");
    EXPECT(parts_of(NULL, 0, 512, 64) == 1, "%zu parts without a pool", parts_seen);
    EXPECT(parts_of(pool, 0, 17, 1) == 1, "%zu parts of a small call", parts_seen);
    EXPECT(parts_of(pool, 0, 512, 64) == 2, "%zu parts of a large call", parts_seen);
    EXPECT(parts_of(pool, 2, 64, 1) == 2, "%zu parts where two are asked for", parts_seen);
    EXPECT(parts_of(pool, 9, 64, 1) == 2, "%zu parts where nine are asked for", parts_seen);
    EXPECT(parts_of(pool, 1, 512, 64) == 1, "%zu parts where one is asked for", parts_seen);
    EXPECT(parts_of(pool, 2, 1, 1) == 1, "%zu parts of one unit", parts_seen);
    weir_pool_destroy(pool);
    return expect_verdict("test_share");
}
