/* SPDX-License-Identifier: MIT */
/* A pool of threads that do one job together: how they are called, how they wait for each other
 * within a run, and how they sleep between runs. On which cores they sit is decided in cores.c; who
 * computes what, a kernel decides by its number.
 *
 * Waiting is what a step costs, so nothing here takes a lock: threads that run count themselves in
 * at a barrier and watch the count, and threads that do not, each watch a line of their own. */
#define _GNU_SOURCE
#include "cores.h"
#include "float_mode.h"
#include "libweir.h"

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long a thread looks for its next call before it sleeps: longer than what lies between calls
 * that follow one another, short enough to cost nothing when none does. */
enum { AWAKE_NANOSECONDS = 50000 };

/* How often a thread pauses at the barrier before it offers its core, pause by pause, to whoever
 * else would run there: 10 to 40 microseconds, more than balanced parts differ by. */
enum { PAUSES = 1000 };

/* Two lines, because some CPUs fetch them in pairs. */
enum { LINE = 128 };

/* What a thread is to do; who sets it. */
enum mail {
    NOTHING, /* the thread, having seen that it is called */
    CALLED, /* the caller */
    ASLEEP, /* the thread: whoever replaces this has to ring */
    DISMISSED /* weir_pool_destroy */
};

struct part {
    _Alignas(LINE) uint64_t target; /* of `arrived`, when the barrier it came to last opens */
    size_t index;
    struct weir_pool *pool;
    pthread_t thread;
    _Alignas(LINE) atomic_int mail;
    sem_t bell;
};

struct weir_pool {
    size_t threads; /* the caller's among them */
    unsigned generation; /* of the process whose threads they are */
    struct weir_cores *cores;
    struct weir_share_cost cost;
    /* The call: written by the caller before it sends the mail, and read until the first barrier.
     */
    _Alignas(LINE) weir_work *work;
    const void *job;
    size_t parts;
    uint64_t start; /* `arrived` at the beginning */
    /* Of the caller: all parts have to have it, or results would depend on the number of threads.
     */
    weir_mode mode;
    /* How often any part has come to a barrier, ever. */
    _Alignas(LINE) _Atomic uint64_t arrived;
    struct part part[];
};

static inline void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb"); /* `yield` does nothing on most cores */
#endif
}

/* ---- Forked processes ---- */

/* A forked process has all memory of a pool, but none of its threads, which would be waited for
 * for ever: how many forks lie between the first process and this one tells. */
static unsigned generation;

static void count_fork(void)
{
    generation++;
}

static int fork_fault;
static pthread_once_t watching = PTHREAD_ONCE_INIT;

static void watch_forks(void)
{
    fork_fault = pthread_atfork(NULL, NULL, count_fork);
}

bool weir_pool_has_threads(const weir_pool *pool)
{
    return pool->generation == generation;
}

/* ---- The barrier ---- */

/* One count that only grows: whoever comes last goes on at once, nothing needs setting back, and a
 * part that is already at the next barrier does no harm. */
static void wait_for_all(void *barrier)
{
    struct part *part = barrier;
    struct weir_pool *pool = part->pool;
    const uint64_t target = part->target += pool->parts;
    size_t pauses = 0;
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) + 1 == target)
        return;
    while (atomic_load_explicit(&pool->arrived, memory_order_acquire) < target) {
        pause_briefly();
        if (++pauses > PAUSES)
            sched_yield();
    }
}

/* ---- Between runs ---- */

static long long nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Looks for mail for a while. */
static int look(struct part *part)
{
    enum { LOOKS = 64 }; /* as looking at the clock takes about as long as a pause */
    const long long until = nanoseconds() + AWAKE_NANOSECONDS;
    int mail = NOTHING;
    do {
        for (size_t i = 0; i < LOOKS && mail == NOTHING; i++) {
            pause_briefly();
            mail = atomic_load_explicit(&part->mail, memory_order_acquire);
        }
    } while (mail == NOTHING && nanoseconds() < until);
    return mail;
}

/* Returns when there is a call, or false when there will be none. */
static bool await_call(struct part *part)
{
    int mail = look(part), expected = NOTHING;
    if (mail == NOTHING && atomic_compare_exchange_strong(&part->mail, &expected, ASLEEP)) {
        while (sem_wait(&part->bell) && errno == EINTR)
            continue;
    }
    mail = atomic_load_explicit(&part->mail, memory_order_acquire);
    if (mail == DISMISSED)
        return false;
    /* The caller sends no more before this part has come to the barrier. */
    atomic_store_explicit(&part->mail, NOTHING, memory_order_relaxed);
    return true;
}

static void send(struct part *part, enum mail mail)
{
    if (atomic_exchange(&part->mail, mail) == ASLEEP)
        sem_post(&part->bell);
}

/* What a thread does all its life. */
static void *serve(void *argument)
{
    struct part *part = argument;
    const struct weir_pool *pool = part->pool;
    while (await_call(part)) {
        part->target = pool->start;
        weir_mode_set(pool->mode);
        pool->work(pool->job, part->index, part);
    }
    return NULL;
}

void weir_pool_run(weir_pool *pool, weir_work *work, const void *job, size_t parts)
{
    pool->work = work;
    pool->job = job;
    pool->parts = parts;
    pool->start = atomic_load_explicit(&pool->arrived, memory_order_relaxed);
    pool->mode = weir_mode_get();
    pool->part[0].target = pool->start;
    for (size_t i = 1; i < parts; i++)
        send(&pool->part[i], CALLED);
    work(job, 0, &pool->part[0]);
}

void weir_pool_share(weir_pool *pool, struct weir_run *run, size_t most)
{
    const size_t threads = weir_pool_threads(pool);
    run->part = 0;
    run->parts = threads < most ? threads : most;
    run->wait = pool ? wait_for_all : NULL;
    run->barrier = pool ? &pool->part[0] : NULL;
}

/* ---- Creation ---- */

static weir_status start_thread(weir_pool *pool, size_t index, weir_error *error)
{
    struct part *part = &pool->part[index];
    sigset_t all, before;
    if (sem_init(&part->bell, 0, 0))
        return weir_fail(error, WEIR_UNAVAILABLE,
                         "The system has no semaphore for a pool (%s): run without one.",
                         strerror(errno));
    /* Signals are for the program's own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int fault = pthread_create(&part->thread, NULL, serve, part);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (fault) {
        sem_destroy(&part->bell);
        return weir_fail(error, WEIR_UNAVAILABLE,
                         "The system does not start another thread (%s): raise its limit, or ask "
                         "for fewer.",
                         strerror(fault));
    }
    pool->threads = index + 1;
    return weir_cores_pin(pool->cores, index - 1, part->thread, error);
}

static weir_pool *allocate_pool(size_t threads)
{
    void *memory;
    const size_t bytes = sizeof(weir_pool) + threads * sizeof(struct part);
    if (posix_memalign(&memory, LINE, bytes))
        return NULL;
    weir_pool *pool = memset(memory, 0, bytes);
    atomic_init(&pool->arrived, 0);
    for (size_t i = 0; i < threads; i++) {
        struct part *part = &pool->part[i];
        part->index = i;
        part->pool = pool;
        atomic_init(&part->mail, NOTHING);
    }
    return pool;
}

weir_status weir_pool_create(weir_pool **pool, size_t threads, weir_error *error)
{
    struct weir_cores *cores;
    if (!pool)
        return weir_fail(error, WEIR_INVALID,
                         "weir_pool_create needs a place for the pool: it may not be NULL.");
    *pool = NULL;
    pthread_once(&watching, watch_forks);
    if (fork_fault)
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for a pool: free some.");
    weir_status status = weir_cores_take(&cores, &threads, error);
    if (status)
        return status;
    weir_pool *made = allocate_pool(threads);
    if (!made) {
        weir_cores_give_back(cores);
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for a pool: free some.");
    }
    made->cores = cores;
    made->threads = 1;
    made->generation = generation;
    for (size_t i = 1; i < threads && !status; i++)
        status = start_thread(made, i, error);
    if (!status && !weir_share_measure(made, &made->cost))
        status = weir_fail(error, WEIR_NO_MEMORY, "There is no memory for a pool: free some.");
    if (status) {
        weir_pool_destroy(made);
        return status;
    }
    *pool = made;
    return WEIR_OK;
}

void weir_pool_destroy(weir_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 1; weir_pool_has_threads(pool) && i < pool->threads; i++)
        send(&pool->part[i], DISMISSED);
    for (size_t i = 1; weir_pool_has_threads(pool) && i < pool->threads; i++) {
        pthread_join(pool->part[i].thread, NULL);
        sem_destroy(&pool->part[i].bell);
    }
    weir_cores_give_back(pool->cores);
    free(pool);
}

size_t weir_pool_threads(const weir_pool *pool)
{
    return pool && weir_pool_has_threads(pool) ? pool->threads : 1;
}

const struct weir_share_cost *weir_pool_cost(const weir_pool *pool)
{
    return &pool->cost;
}
