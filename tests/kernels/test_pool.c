/* SPDX-License-Identifier: MIT */
/* test_pool: pools keep what weir.h says of them: a core for each thread, no thread too many, sleep
 * when there is nothing to do. Where there is one core only, what needs two is skipped aloud. */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernels/split_kernel.h"
#include "kernels/threads.h"
#include "support/expect.h"
#include "support/outcome.h"

enum { SKIPPED = 77 };

static bool has_two_cores(void)
{
    weir_pool *pool;
    weir_error error;
    if (weir_pool_create(&pool, 2, &error) == WEIR_OK) {
        weir_pool_destroy(pool);
        return true;
    }
    printf("test_pool: SKIPPED: what needs two threads: %s\n", error.message);
    return false;
}

/* An lstm of 33 units on the kernel that serves any size. */
static const size_t some_sizes[3] = {20, 33, 0};

static bool make_problem(struct problem *problem, size_t T, enum pattern pattern)
{
    return EXPECT(problem_create(problem, "lstm", some_sizes, T, 5, pattern, 2), "no problem");
}

/* That the comparisons above can fail. */
static void test_missing_barrier(void)
{
    struct problem problem;
    if (!make_problem(&problem, 17, PATTERN_NORMAL))
        return;
    weir_layer *layer = threads_layer(&problem, NULL, NULL);
    struct weir_kernel split;
    struct outcome one, other;
    char what[256];
    split_kernel_make(&split, weir_layer_kernel(layer), 2, false);
    weir_layer *broken = outcome_layer(&problem, NULL, &split, 0);
    outcome_create(&one, &problem, 0);
    outcome_create(&other, &problem, 0);
    outcome_run(&one, layer);
    outcome_run(&other, broken);
    EXPECT(!outcome_equal(&one, &other, what, sizeof what), "nothing is missed without a barrier");
    outcome_destroy(&one);
    outcome_destroy(&other);
    weir_layer_destroy(layer);
    weir_layer_destroy(broken);
    problem_destroy(&problem);
}

#if defined(__x86_64__)

/* The caller's mode of floating point holds for all threads, or denormals would tell them apart. */
static void test_denormals(weir_pool *pool)
{
    const unsigned flush_to_zero_and_denormals_are_zero = 0x8040;
    const unsigned before = __builtin_ia32_stmxcsr();
    struct problem problem;
    char what[256];
    if (!make_problem(&problem, 17, PATTERN_DENORMAL))
        return;
    weir_layer *layer = threads_layer(&problem, NULL, NULL);
    struct outcome usual, flushed;
    outcome_create(&usual, &problem, 0);
    outcome_create(&flushed, &problem, 0);
    outcome_run(&usual, layer);
    __builtin_ia32_ldmxcsr(before | flush_to_zero_and_denormals_are_zero);
    outcome_run(&flushed, layer);
    threads_expect_same(&flushed, threads_layer(&problem, NULL, pool), "lstm",
                        "that flush denormals", 2);
    __builtin_ia32_ldmxcsr(before);
    threads_expect_same(&usual, threads_layer(&problem, NULL, pool), "lstm", "that flush no more",
                        2);
    EXPECT(!outcome_equal(&usual, &flushed, what, sizeof what), "flushing changes nothing");
    outcome_destroy(&usual);
    outcome_destroy(&flushed);
    weir_layer_destroy(layer);
    problem_destroy(&problem);
}

#else

static void test_denormals(weir_pool *pool)
{
    (void)pool;
}

#endif

/* ---- How many threads ---- */

static void expect_too_many(size_t threads, const char *part)
{
    weir_pool *pool = (weir_pool *)&pool;
    weir_error error = {0};
    const weir_status status = weir_pool_create(&pool, threads, &error);
    EXPECT(status == WEIR_UNAVAILABLE && error.status == status && !pool, "%zu threads: %d: %s",
           threads, status, error.message);
    EXPECT(strstr(error.message, part), "\"%s\" is not in: %s", part, error.message);
    EXPECT(weir_pool_create(&pool, threads, NULL) == WEIR_UNAVAILABLE, "without a weir_error");
    if (status == WEIR_OK)
        weir_pool_destroy(pool);
}

static void test_numbers(void)
{
    weir_pool *pool, *other;
    weir_error error;
    char part[96];
    EXPECT(weir_pool_create(NULL, 1, &error) == WEIR_INVALID, "a pool nowhere");
    EXPECT(weir_pool_threads(NULL) == 1, "%zu threads without a pool", weir_pool_threads(NULL));
    weir_pool_destroy(NULL);
    if (!EXPECT(weir_pool_create(&pool, 0, &error) == WEIR_OK, "%s", error.message))
        return;
    const size_t cores = weir_pool_threads(pool);
    EXPECT(cores >= 2, "%zu", cores);
    expect_too_many(2, "taken by other pools: ask for at most 1,");
    EXPECT(weir_pool_create(&other, 1, &error) == WEIR_OK, "%s", error.message);
    weir_pool_destroy(other);
    weir_pool_destroy(pool);
    snprintf(part, sizeof part, "may use %zu cores: ask for at most %zu,", cores, cores);
    expect_too_many(cores + 1, part);
    expect_too_many((size_t)-1, part);
    EXPECT(weir_pool_create(&pool, 1, &error) == WEIR_OK, "%s", error.message);
    EXPECT(weir_pool_threads(pool) == 1, "%zu", weir_pool_threads(pool));
    weir_pool_destroy(pool);
}

/* Counts the CPUs that threads of this process are pinned to one by one; adds them to *set. */
static size_t count_pinned(cpu_set_t *set)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    CPU_ZERO(set);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        cpu_set_t own;
        const int id = atoi(task->d_name);
        if (id <= 0 || sched_getaffinity(id, sizeof own, &own) || CPU_COUNT(&own) != 1)
            continue;
        count++;
        CPU_OR(set, set, &own);
    }
    if (tasks)
        closedir(tasks);
    return count;
}

/* Every thread of a pool on a CPU of its own, and the caller where it was. */
static void test_pinning(void)
{
    cpu_set_t before, after, pinned;
    weir_pool *pool;
    weir_error error;
    sched_getaffinity(0, sizeof before, &before);
    const size_t others = count_pinned(&pinned);
    if (!EXPECT(weir_pool_create(&pool, 0, &error) == WEIR_OK, "%s", error.message))
        return;
    const size_t threads = weir_pool_threads(pool);
    EXPECT(count_pinned(&pinned) == others + threads - 1, "%zu", count_pinned(&pinned));
    EXPECT((size_t)CPU_COUNT(&pinned) == threads - 1, "%d CPUs", CPU_COUNT(&pinned));
    sched_getaffinity(0, sizeof after, &after);
    EXPECT(CPU_EQUAL(&before, &after), "the caller was pinned");
    weir_pool_destroy(pool);
}

/* A thread that made a pool keeps its core, which no other thread's pool takes. */
static void *take_all(void *argument)
{
    weir_pool *pool;
    cpu_set_t *core = argument;
    pthread_setaffinity_np(pthread_self(), sizeof *core, core);
    sched_yield();
    if (weir_pool_create(&pool, 0, NULL))
        return NULL;
    CPU_ZERO(core);
    count_pinned(core);
    weir_pool_destroy(pool);
    return NULL;
}

static void test_callers(void)
{
    cpu_set_t set, before, own, other;
    weir_pool *pool;
    pthread_t thread;
    int first = 0, last = CPU_SETSIZE - 1;
    sched_getaffinity(0, sizeof before, &before);
    while (!CPU_ISSET(first, &before))
        first++;
    while (!CPU_ISSET(last, &before))
        last--;
    CPU_ZERO(&own);
    CPU_SET(first, &own);
    CPU_ZERO(&other);
    CPU_SET(last, &other);
    sched_setaffinity(0, sizeof own, &own);
    EXPECT(weir_pool_create(&pool, 1, NULL) == WEIR_OK, "no pool");
    sched_setaffinity(0, sizeof before, &before); /* not to be counted */
    set = other;
    if (!pthread_create(&thread, NULL, take_all, &set))
        pthread_join(thread, NULL);
    CPU_AND(&set, &set, &own);
    EXPECT(CPU_COUNT(&set) == 0, "another's pool sits on the core of the first one's maker");
    weir_pool_destroy(pool);
}

/* ---- Processes that have one core ---- */

/* What this program does as its own child: see test_confinement. */
static int run_as_child(const char *how)
{
    weir_pool *pool;
    weir_error error = {0};
    cpu_set_t set;
    if (strcmp(how, "--confined") == 0) {
        const weir_status status = weir_pool_create(&pool, 2, &error);
        printf("confined: %s\n", error.message);
        return status == WEIR_UNAVAILABLE && strstr(error.message, "use 1 core: ") ? 0 : 1;
    }
    /* The last CPU: not the first that a pool might take for its own. */
    sched_getaffinity(0, sizeof set, &set);
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &set))
        last--;
    CPU_ZERO(&set);
    CPU_SET(last, &set);
    if (sched_setaffinity(0, sizeof set, &set) || weir_pool_create(&pool, 2, &error)) {
        printf("pinned: %s\n", error.message);
        return 1;
    }
    count_pinned(&set); /* whose threads may be more: a sanitizer has one of its own */
    weir_pool_destroy(pool);
    printf("pinned: threads on %d CPUs\n", CPU_COUNT(&set));
    return CPU_COUNT(&set) == 2 ? 0 : 1;
}

static void expect_child(const char *how, const cpu_set_t *set)
{
    int status = -1;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        if (set && sched_setaffinity(0, sizeof *set, set))
            _exit(SKIPPED);
        execl("/proc/self/exe", "test_pool", how, (char *)NULL);
        _exit(SKIPPED);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        status = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        printf("test_pool: SKIPPED: %s: an emulator cannot start this program again\n", how);
    else
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %d", how, status);
}

/* A process that was given one core gets no pool of two; one that pinned itself to it does. */
static void test_confinement(void)
{
    cpu_set_t set, one;
    int cpu = 0;
    sched_getaffinity(0, sizeof set, &set);
    while (!CPU_ISSET(cpu, &set))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    expect_child("--confined", &one);
    expect_child("--pinned", NULL);
}

/* ---- Calls ---- */

static double seconds_of(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void pause_for(double seconds)
{
    const struct timespec time = {.tv_nsec = (long)(1e9 * seconds)};
    nanosleep(&time, NULL);
}

/* Threads that have nothing to do take no time, before their first call and after others. */
static void test_idleness(weir_pool *pool)
{
    struct problem problem;
    struct outcome outcome;
    if (!make_problem(&problem, 17, PATTERN_NORMAL))
        return;
    weir_layer *layer = threads_layer(&problem, NULL, pool);
    outcome_create(&outcome, &problem, 0);
    for (int calls = 0; calls < 3; calls++) {
        for (int n = 0; n < calls; n++)
            outcome_run(&outcome, layer);
        pause_for(0.05);
        const double before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        pause_for(0.3);
        const double used = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before;
        EXPECT(used < 0.02, "after %d calls %.3f s of 0.3", calls, used);
    }
    outcome_destroy(&outcome);
    weir_layer_destroy(layer);
    problem_destroy(&problem);
}

static void test_many_pools(void)
{
    struct problem problem;
    if (!make_problem(&problem, 2, PATTERN_NORMAL))
        return;
    weir_layer *alone = threads_layer(&problem, NULL, NULL);
    struct outcome expected;
    outcome_create(&expected, &problem, 0);
    outcome_run(&expected, alone);
    for (int n = 0; n < 60; n++) {
        weir_pool *pool;
        weir_error error;
        if (!EXPECT(weir_pool_create(&pool, 2, &error) == WEIR_OK, "%d: %s", n, error.message))
            break;
        if (n % 4 == 1) /* by then they sleep */
            pause_for(0.001);
        if (n % 2)
            threads_expect_same(&expected, threads_layer(&problem, NULL, pool), "lstm",
                                "of a new pool", 2);
        weir_pool_destroy(pool);
    }
    outcome_destroy(&expected);
    weir_layer_destroy(alone);
    problem_destroy(&problem);
}

struct turn {
    struct problem problem;
    struct outcome expected, outcome;
    weir_layer *layer;
};

static void *run_turn(void *argument)
{
    struct turn *turn = argument;
    char what[256] = "";
    outcome_run(&turn->outcome, turn->layer);
    EXPECT(outcome_equal(&turn->outcome, &turn->expected, what, sizeof what), "H=%zu: %s",
           turn->problem.H, what);
    return NULL;
}

/* Layers of several sizes, one of them too small to share, take turns; so do two callers, and now
 * and then the pool has fallen asleep. */
static void test_turns(weir_pool *pool)
{
    enum { TURNS = 3 };
    static const size_t sizes[TURNS][3] = {{20, 33, 0}, {1, 1, 0}, {7, 40, 0}};
    static const char *const cells[TURNS] = {"lstm", "gru", "gru_before"};
    struct turn turns[TURNS];
    for (size_t k = 0; k < TURNS; k++) {
        struct turn *turn = &turns[k];
        if (!EXPECT(problem_create(&turn->problem, cells[k], sizes[k], 17, 2, PATTERN_NORMAL, 3),
                    "no problem for %s", cells[k]))
            return;
        weir_layer *alone = threads_layer(&turn->problem, NULL, NULL);
        outcome_create(&turn->expected, &turn->problem, 0);
        outcome_create(&turn->outcome, &turn->problem, 0);
        outcome_run(&turn->expected, alone);
        weir_layer_destroy(alone);
        turn->layer = threads_layer(&turn->problem, NULL, pool);
    }
    for (int n = 0; n < 600; n++) {
        pthread_t caller;
        if (n % 50 == 0)
            pause_for(0.001);
        if (n % 20 != 0)
            run_turn(&turns[n % TURNS]);
        else if (pthread_create(&caller, NULL, run_turn, &turns[n % TURNS]) == 0)
            pthread_join(caller, NULL);
    }
    for (size_t k = 0; k < TURNS; k++) {
        weir_layer_destroy(turns[k].layer);
        outcome_destroy(&turns[k].expected);
        outcome_destroy(&turns[k].outcome);
        problem_destroy(&turns[k].problem);
    }
}

static void test_pools(weir_pool *pool)
{
    test_idleness(pool);
    test_turns(pool);
    test_denormals(pool);
}

int main(int argc, char **argv)
{
    weir_pool *pool = NULL;
    /* Kernels are asked for by name here: nothing outside may choose instead. */
    unsetenv("WEIR_ISA");
    unsetenv("WEIR_KERNEL");
    if (argc > 1 && argv[1][0] == '-')
        return run_as_child(argv[1]);
    const bool has_two = has_two_cores();
    if (has_two) {
        test_numbers();
        test_pinning();
        test_callers();
        test_confinement();
        test_many_pools();
    }
    EXPECT(!has_two || weir_pool_create(&pool, 2, NULL) == WEIR_OK, "no pool");
    test_missing_barrier();
    if (pool)
        test_pools(pool);
    weir_pool_destroy(pool);
    const int verdict = expect_verdict("test_pool");
    return verdict == EXIT_SUCCESS && !has_two ? SKIPPED : verdict;
}
