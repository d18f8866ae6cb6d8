/* SPDX-License-Identifier: MIT */
/* test_fork: a process that is forked has a pool and its layers, but none of its threads: what was
 * made before and after the fork runs and trains there with the bits that it has elsewhere, and all
 * can be destroyed; the first process goes on as before. Skipped aloud where there is one core. */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/threads.h"
#include "support/expect.h"
#include "support/pass.h"

enum { SKIPPED = 77, SECONDS = 60 };

static struct problem problem;

static weir_layer *make_layer(weir_pool *pool)
{
    weir_error error = {0};
    weir_layer *layer = pass_layer(
        &problem, &(weir_layer_config){.pool = pool, .threads = weir_pool_threads(pool)}, &error);
    if (!layer) {
        printf("test_fork: %s\n", error.message);
        exit(EXIT_FAILURE);
    }
    return layer;
}

/* Trains and runs a layer. */
static void expect_same(weir_layer *layer, const struct pass *alone, const struct outcome *expected,
                        const char *how)
{
    struct pass pass;
    struct outcome outcome;
    char what[256] = "";
    pass_create(&pass, &problem, 0);
    pass_run(&pass, layer, &(struct pass_manner){.garbage = 0x7fa5b00b});
    EXPECT(areas_equal(&pass.gradients, &alone->gradients, what, sizeof what) &&
               areas_equal(&pass.outcome, &alone->outcome, what, sizeof what) &&
               pass_guarded(&pass, what, sizeof what),
           "%s: %s", how, what);
    pass_destroy(&pass);
    outcome_create(&outcome, &problem, 0);
    outcome_run(&outcome, layer);
    EXPECT(outcome_equal(&outcome, expected, what, sizeof what), "%s: %s", how, what);
    outcome_destroy(&outcome);
}

/* What the child does; what main returns. */
static int run_forked(weir_layer *layer, weir_pool *pool, const struct pass *alone,
                      const struct outcome *expected)
{
    alarm(SECONDS); /* who waits for threads that are not there would wait for ever */
    EXPECT(weir_pool_threads(pool) == 1, "%zu threads", weir_pool_threads(pool));
    weir_layer *other = make_layer(pool);
    expect_same(layer, alone, expected, "in a forked process");
    expect_same(other, alone, expected, "made in a forked process");
    weir_layer_destroy(layer);
    weir_layer_destroy(other);
    weir_pool_destroy(pool);
    return expect_verdict("test_fork, forked");
}

static void check(weir_pool *pool)
{
    struct pass alone;
    struct outcome expected;
    int status = -1;
    weir_layer *layer = make_layer(NULL);
    pass_create(&alone, &problem, 0);
    pass_run(&alone, layer, &(struct pass_manner){.garbage = 0});
    outcome_create(&expected, &problem, 0);
    outcome_run(&expected, layer);
    weir_layer_destroy(layer);
    layer = make_layer(pool);
    expect_same(layer, &alone, &expected, "before a fork");
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        const int verdict = run_forked(layer, pool, &alone, &expected);
        fflush(stdout);
        _exit(verdict);
    }
    EXPECT(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
               WEXITSTATUS(status) == EXIT_SUCCESS,
           "status %d", status);
    expect_same(layer, &alone, &expected, "after a fork");
    weir_layer_destroy(layer);
    pass_destroy(&alone);
    outcome_destroy(&expected);
}

int main(void)
{
    static const size_t sizes[3] = {20, 33, 0};
    weir_pool *pool;
    weir_error error;
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    if (weir_pool_create(&pool, 2, &error)) {
        printf("test_fork: SKIPPED: it needs two threads: %s\n", error.message);
        return SKIPPED;
    }
    if (EXPECT(problem_create(&problem, "lstm", sizes, 17, 5, PATTERN_NORMAL, 2), "no problem")) {
        problem_add_loss(&problem, PATTERN_NORMAL, 2);
        check(pool);
        problem_destroy(&problem);
    }
    weir_pool_destroy(pool);
    return expect_verdict("test_fork");
}
