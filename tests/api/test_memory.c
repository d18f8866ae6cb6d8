/* SPDX-License-Identifier: MIT */
/* Running allocates nothing and makes no system call, nor does training; creation survives the
 * failure of each of its allocations with WEIR_NO_MEMORY, and leaks nothing. Under a sanitizer
 * (see allocations.h), and where the kernel cannot forbid system calls, what cannot be tested is
 * skipped aloud. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/allocations.h"
#include "api/toy_kernel.h"
#include "support/expect.h"
#include "support/inputs.h"
#include "support/pass.h"

enum { SKIPPED = 77 };

#ifdef HAS_SANITIZER

int main(void)
{
    printf("test_memory: SKIPPED: a sanitizer has taken malloc's place\n");
    return SKIPPED;
}

#else

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* ---- Without system calls ---- */

/* Runs `work` in a process that may only leave. Returns whether it left in peace, or SKIPPED. */
static int run_confined(void (*work)(void *), void *argument)
{
    /* Emulators refuse even the question; some of them do not survive a fork either. */
    if (prctl(PR_GET_SECCOMP) != 0)
        return SKIPPED;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
            _exit(SKIPPED);
        work(argument);
        syscall(SYS_exit, 0); /* _exit would be exit_group, which is forbidden */
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return SKIPPED;
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        return SKIPPED;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void call_the_system(void *unused)
{
    (void)unused;
    syscall(SYS_getppid);
}

struct call {
    weir_layer *layer;
    weir_sequence sequence;
    /* Of training: */
    weir_gradients gradients;
    void *workspace;
    const float *const *weights;
};

static void call_forward(void *argument)
{
    struct call *call = argument;
    weir_layer_forward(call->layer, &call->sequence);
}

/* A step of streams that have the same input. */
static void call_many(void *argument)
{
    enum { STREAMS = 5 };
    struct call *call = argument;
    const float *x[STREAMS];
    for (size_t k = 0; k < STREAMS; k++)
        x[k] = call->sequence.x;
    weir_layer_step_many(call->layer, &(weir_streams){.n = STREAMS, .x = x});
}

/* All that one step does. */
static void call_training(void *argument)
{
    struct call *call = argument;
    weir_layer_forward_train(call->layer, &call->sequence, call->workspace);
    weir_layer_backward(call->layer, &call->sequence, &call->gradients, call->workspace);
    weir_layer_set_weights(call->layer, call->weights);
}

/* ---- The checks ---- */

/* That the means of this test work: without it, silence would prove nothing. */
static bool check_means(void)
{
    /* A compiler may leave out a call of malloc whose memory nobody uses. */
    void *(*volatile request)(size_t) = malloc;
    size_t before = allocations;
    void *memory = request(1);
    free(memory);
    EXPECT(allocations == before + 1, "a call of malloc is not counted");
    before = allocations;
    fail_at = allocations + 1;
    memory = request(1);
    EXPECT(!memory && allocations == before + 1, "malloc cannot be made to fail");
    fail_at = 0;
    const int confined = run_confined(call_the_system, NULL);
    EXPECT(confined != 1, "a system call went unnoticed");
    if (confined == SKIPPED)
        printf("test_memory: skipped: system calls cannot be forbidden here, so only allocations "
               "are counted\n");
    return confined != SKIPPED;
}

static void check_quiet(const char *name, const char *what, void (*work)(void *), struct call *call,
                        bool can_confine)
{
    const size_t before = allocations + frees;
    work(call);
    const size_t calls = allocations + frees - before;
    EXPECT(calls == 0, "%s: %zu calls of malloc and friends in %s", name, calls, what);
    if (can_confine)
        EXPECT(run_confined(work, call) == 1, "%s: a system call in %s", name, what);
}

/* Several slices, T = 1 and more, with states and without. */
static void check_quiet_shapes(const char *name, weir_layer *layer, const weir_sequence *whole,
                               bool can_confine)
{
    struct call call = {.layer = layer, .sequence = *whole};
    const char *what = "weir_layer_forward";
    check_quiet(name, what, call_forward, &call, can_confine);
    check_quiet(name, "weir_layer_step_many", call_many, &call, can_confine);
    call.sequence.y = NULL;
    check_quiet(name, what, call_forward, &call, can_confine);
    call.sequence.T = call.sequence.B = 1;
    check_quiet(name, what, call_forward, &call, can_confine);
    call.sequence.T = 0;
    check_quiet(name, what, call_forward, &call, can_confine);
}

/* Everything given and wanted, overwritten and accumulated; several batches of several lengths. */
static void check_quiet_training(const char *name, struct problem *problem, bool can_confine)
{
    const size_t Ts[] = {3, 1, 0};
    weir_error error = {0};
    struct pass pass;
    weir_layer *layer = pass_layer(problem, NULL, &error);
    if (!layer) {
        EXPECT(error.status == WEIR_UNAVAILABLE, "%s: %s", name, error.message);
        printf("test_memory: skipped: %s\n", error.message);
        return;
    }
    problem_add_loss(problem, PATTERN_NORMAL, 1);
    pass_create(&pass, problem, 0);
    float *initial[PROBLEM_STATES_MAX], *weights[PROBLEM_WEIGHTS_MAX];
    for (size_t s = 0; s < problem->state_count; s++)
        initial[s] = pass.gradients.area[1 + s].data;
    for (size_t n = 0; n < problem->weight_count; n++)
        weights[n] = pass.gradients.area[pass.weights_at + n].data;
    struct call call = {.layer = layer, .weights = (const float *const *)problem->values};
    call.gradients = (weir_gradients){.y = problem->d_y,
                                      .final = (const float *const *)problem->d_final,
                                      .x = pass.gradients.area[0].data,
                                      .initial = initial,
                                      .weights = weights};
    for (size_t n = 0; n < 2 * sizeof Ts / sizeof *Ts; n++) {
        call.gradients.accumulate = n % 2;
        call.sequence = (weir_sequence){.T = Ts[n / 2], .B = 5, .x = problem->x};
        call.sequence.y = pass.outcome.area[0].data;
        call.sequence.initial = (const float *const *)problem->initial;
        void *memory = allocate(weir_layer_workspace(layer, call.sequence.T, 5) + 64);
        call.workspace = (char *)memory + (64 - (uintptr_t)memory % 64);
        check_quiet(name, "a step of training", call_training, &call, can_confine);
        free(memory);
    }
    pass_destroy(&pass);
    weir_layer_destroy(layer);
}

static void check_cell(const char *cell, const char *math, bool can_confine)
{
    const size_t sizes[] = {5, 9, usual_projection(cell, 5, 9)};
    struct problem problem;
    weir_layer *layer;
    weir_error error = {0};
    if (!EXPECT(problem_create(&problem, cell, sizes, 3, 5, PATTERN_NORMAL, 1), "%s", cell))
        return;
    const weir_layer_config config = {.cell = cell,
                                      .I = problem.I,
                                      .H = problem.H,
                                      .P = problem.P,
                                      .math = math,
                                      .weights = problem.weights,
                                      .weight_count = problem.weight_count,
                                      .max_batch = 2};
    if (strcmp(math, "inline") == 0)
        check_quiet_training(cell, &problem, can_confine);
    if (weir_layer_create(&layer, &config, &error) == WEIR_OK) {
        float *y = allocate(problem.T * problem.B * problem.states[0].rows * sizeof *y);
        const weir_sequence sequence = {.T = problem.T,
                                        .B = problem.B,
                                        .x = problem.x,
                                        .y = y,
                                        .initial = (const float *const *)problem.initial,
                                        .final = problem.initial};
        check_quiet_shapes(cell, layer, &sequence, can_confine);
        free(y);
        weir_layer_destroy(layer);
    } else {
        /* SLEEF's scalar functions need FMA. */
        EXPECT(error.status == WEIR_UNAVAILABLE && strcmp(math, "sleef") == 0, "%s: %s", cell,
               error.message);
    }
    problem_destroy(&problem);
}

/* Every allocation of a creation fails in turn. */
static void check_failing(const weir_layer_config *config)
{
    weir_layer *layer;
    weir_error error = {0};
    size_t failed = 0;
    weir_status status;
    do {
        const size_t held = allocations - frees;
        fail_at = allocations + ++failed;
        status = weir_layer_create(&layer, config, &error);
        const bool has_failed = allocations >= fail_at;
        fail_at = 0;
        if (status == WEIR_OK) {
            EXPECT(!has_failed, "allocation %zu failed and nobody said so", failed);
            weir_layer_destroy(layer);
        } else {
            EXPECT(status == WEIR_NO_MEMORY, "allocation %zu fails: %s", failed, error.message);
            EXPECT(!layer, "allocation %zu fails, but there is a layer", failed);
            /* The one that failed was counted too. */
            EXPECT(allocations - frees == held + 1, "allocation %zu fails: %zu leaks", failed,
                   allocations - frees - held - 1);
        }
        if (status == WEIR_OK)
            EXPECT(allocations - frees == held, "%zu leaks", allocations - frees - held);
    } while (status != WEIR_OK && failed < 100);
    EXPECT(failed > 5 && failed < 100, "%zu allocations in all", failed);
}

static void check_failing_training(void)
{
    struct problem problem;
    if (!EXPECT(problem_create(&problem, "lstm", (size_t[]){3, 5, 0}, 1, 1, PATTERN_NORMAL, 1),
                "no problem"))
        return;
    check_failing(&(weir_layer_config){.cell = "lstm",
                                       .I = 3,
                                       .H = 5,
                                       .weights = problem.weights,
                                       .weight_count = problem.weight_count,
                                       .train = true});
    problem_destroy(&problem);
}

int main(void)
{
    const bool can_confine = check_means();
    struct toy_problem problem = toy_problem_create(3, 5, 3, 5, 2, true);
    weir_layer_config config = toy_config(&problem);
    config.max_batch = 2;
    weir_layer *layer;
    if (EXPECT(weir_layer_create(&layer, &config, NULL) == WEIR_OK, "no layer of the toy cell")) {
        const weir_sequence sequence = {.T = 3,
                                        .B = 5,
                                        .x = problem.x,
                                        .y = problem.y,
                                        .initial = (const float *const *)problem.initial,
                                        .final = problem.final};
        check_quiet_shapes("toy", layer, &sequence, can_confine);
        weir_layer_destroy(layer);
    }
    check_failing(&config);
    check_failing_training();
    toy_problem_destroy(&problem);
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const char *cell = weir_kernel_describe(weir_kernel_at(i)).cell;
        if (i && strcmp(cell, weir_kernel_describe(weir_kernel_at(i - 1)).cell) == 0)
            continue;
        check_cell(cell, "inline", can_confine);
        check_cell(cell, "sleef", can_confine);
    }
    return expect_verdict("test_memory");
}

#endif
