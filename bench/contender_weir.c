/* SPDX-License-Identifier: MIT */
/* Weir's kernels as contenders: every one that this machine can run, WEIR_ISA allows and the shape
 * fits, specialised and size-generic, run or trained through weir.h with the kernel forced. On
 * several threads they are a kind of their own, so that one thread meets one thread; and so are
 * kernels from files, made with other plans than this build's. A shape of one step is one of a
 * stream: its states are the caller's, given and taken by every call. */
#define _GNU_SOURCE
#include "contender.h"

#include "packing.h"
#include "pages.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 8 };

struct running {
    weir_layer *layer;
    weir_sequence sequence;
    weir_gradients gradients;
    void *workspace; /* NULL: the layer is not trained */
    float *state[STATES_MAX]; /* of a stream; NULL: there are no more */
};

/* One for all contenders: no core serves two. NULL until asked for. */
static weir_pool *pool;

/* Kernels from files. */
enum { OWN_MAX = 64 };
static struct {
    const struct weir_kernel *kernel;
    char name[96];
} own[OWN_MAX];
static size_t own_count;

static size_t isa_index(const char *isa)
{
    size_t index = 0;
    while (weir_isa_name(index) && strcmp(weir_isa_name(index), isa) != 0)
        index++;
    return index;
}

static bool kernel_fits(const weir_kernel_info *kernel, const struct shape *shape)
{
    if (strcmp(kernel->cell, shape->cell) != 0)
        return false;
    if (kernel->I == 0)
        return true;
    return kernel->I == shape->I && kernel->H == shape->H && kernel->P == shape->P;
}

static void list_kernels(const struct contender_kind *kind, const struct shape *shape,
                         contender_add *add, void *to)
{
    const char *level;
    if (weir_isa_level(&level, NULL))
        return;
    const struct weir_kernel *kernel;
    for (size_t i = 0; (kernel = weir_kernel_at(i)) != NULL; i++) {
        const weir_kernel_info info = weir_kernel_describe(kernel);
        if (!kernel_fits(&info, shape) || !weir_kernel_runs_here(kernel) ||
            isa_index(info.isa) > isa_index(level))
            continue;
        struct contender contender = {
            .kind = kind, .isa = info.isa, .type = info.type, .choice = kernel};
        contender.to_the_bit = strcmp(info.math, "inline") == 0;
        if (kind == &contender_weir)
            snprintf(contender.name, sizeof contender.name, "%s", info.name);
        else
            snprintf(contender.name, sizeof contender.name, "%s/threads:%zu", info.name,
                     weir_pool_threads(pool));
        add(to, &contender);
    }
}

static void list(const struct shape *shape, contender_add *add, void *to)
{
    list_kernels(&contender_weir, shape, add, to);
}

static void list_threads(const struct shape *shape, contender_add *add, void *to)
{
    list_kernels(&contender_threads, shape, add, to);
}

static void list_own(const struct shape *shape, contender_add *add, void *to)
{
    for (size_t i = 0; i < own_count; i++) {
        const weir_kernel_info info = weir_kernel_describe(own[i].kernel);
        struct contender contender = {
            .kind = &contender_own, .isa = info.isa, .type = info.type, .choice = own[i].kernel};
        if (!kernel_fits(&info, shape) || !weir_kernel_runs_here(own[i].kernel))
            continue;
        contender.to_the_bit = strcmp(info.math, "inline") == 0;
        snprintf(contender.name, sizeof contender.name, "%s", own[i].name);
        add(to, &contender);
    }
}

/* The states of a stream begin as zeros, so that its first step is what others give. */
static bool keep_states(struct running *running, const struct shape *shape, struct failure *failure)
{
    weir_shape states[STATES_MAX];
    size_t count = 0;
    if (shape->T > 1 || shape->train)
        return true;
    if (weir_cell_states(shape->cell, shape->I, shape->H, shape->P, states, STATES_MAX, &count,
                         NULL))
        return fail(failure, "has no states that are known");
    for (size_t s = 0; s < count; s++) {
        running->state[s] = calloc(shape->B * states[s].rows, sizeof(float));
        if (!running->state[s])
            return fail(failure, "finds not enough memory");
    }
    running->sequence.initial = (const float *const *)running->state;
    running->sequence.final = running->state;
    return true;
}

static void running_free(struct running *running)
{
    for (size_t s = 0; s < STATES_MAX; s++)
        free(running->state[s]);
    weir_layer_destroy(running->layer);
    free(running->workspace);
    free(running);
}

/* A layer that writes to `to`, with that kernel or, for NULL, the one that Weir chooses. */
static bool running_create(struct running **created, const struct workload *workload,
                           const struct outcome *to, const weir_layer_config *how,
                           struct failure *failure)
{
    const struct shape *shape = workload->shape;
    const size_t T = workload->T, B = workload->B;
    weir_layer_config config = *how;
    struct running *running = calloc(1, sizeof *running);
    weir_error error = {0};
    if (!running)
        return fail(failure, "finds not enough memory");
    config.cell = shape->cell;
    config.I = shape->I;
    config.H = shape->H;
    config.P = shape->P;
    config.weights = workload->weight;
    config.weight_count = workload->weight_count;
    config.train = shape->train;
    bool good = weir_layer_create(&running->layer, &config, &error) == WEIR_OK ||
                fail(failure, "cannot be had: %s", error.message);
    if (good && shape->train) {
        running->workspace = pages_create(weir_layer_workspace(running->layer, T, B));
        good = running->workspace || fail(failure, "finds not enough memory to train in");
    }
    running->sequence = (weir_sequence){.T = T, .B = B, .x = workload->x, .y = to->y};
    good = good && keep_states(running, shape, failure);
    running->gradients =
        (weir_gradients){.y = workload->d_y, .x = to->d_x, .weights = to->d_weight};
    if (good)
        *created = running;
    else
        running_free(running);
    return good;
}

static bool prepare(struct contender *self, const struct workload *workload,
                    struct failure *failure)
{
    const weir_kernel_info info = weir_kernel_describe(self->choice);
    const bool is_own = self->kind == &contender_own;
    const weir_layer_config how = {.math = info.math,
                                   .kernel = is_own ? NULL : info.name,
                                   .own = is_own ? self->choice : NULL,
                                   .pool = self->kind == &contender_threads ? pool : NULL};
    struct running *running;
    if (!running_create(&running, workload, &workload->got, &how, failure))
        return false;
    self->state = running;
    return true;
}

static void run(struct contender *self)
{
    struct running *running = self->state;
    if (running->workspace)
        weir_layer_forward_train(running->layer, &running->sequence, running->workspace);
    else
        weir_layer_forward(running->layer, &running->sequence);
}

static void backward(struct contender *self)
{
    struct running *running = self->state;
    weir_layer_backward(running->layer, &running->sequence, &running->gradients,
                        running->workspace);
}

static void release(struct contender *self)
{
    running_free(self->state);
    self->state = NULL;
}

bool contender_reference(struct workload *workload, const char *type, struct failure *failure)
{
    struct running *running;
    struct workload whole = *workload;
    type = type ? type : weir_type_name(WEIR_TYPE_F32);
    if (workload->reference_type && strcmp(workload->reference_type, type) == 0)
        return true;
    whole.T = workload->shape->T;
    if (!running_create(&running, &whole, &workload->reference, &(weir_layer_config){.type = type},
                        failure))
        return false;
    struct contender chosen = {.state = running};
    run(&chosen);
    if (workload->shape->train)
        backward(&chosen);
    release(&chosen);
    workload->reference_type = type;
    return true;
}

#define WEIR_KIND(called, how)                                                                     \
    {                                                                                              \
        .name = (called), .list = (how), .prepare = prepare, .run = run, .backward = backward,     \
        .release = release                                                                         \
    }
const struct contender_kind contender_weir = WEIR_KIND("weir", list);
const struct contender_kind contender_own = WEIR_KIND("own", list_own);
const struct contender_kind contender_threads = WEIR_KIND("threads", list_threads);

/* The library stays loaded, as its kernel is used until the end. */
static bool own_load(const char *path, struct failure *failure)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    const size_t length = strlen(file), ending = length > 3 && !strcmp(file + length - 3, ".so");
    char symbol[96];
    snprintf(symbol, sizeof symbol, "weir_%.*s", (int)strcspn(file, "."), file);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return fail(failure, "--own: %s", dlerror());
    const struct weir_kernel *kernel = dlsym(library, symbol);
    if (!kernel)
        return fail(failure, "--own: %s, by its name, should hold %s, and does not", path, symbol);
    snprintf(own[own_count].name, sizeof own->name, "%.*s", (int)(length - 3 * ending), file);
    own[own_count++].kernel = kernel;
    return true;
}

bool contender_own_open(const char *paths, struct failure *failure)
{
    while (*paths) {
        char path[4096];
        size_t length = strcspn(paths, ",");
        /* A plan in a name has commas of its own: a path ends at ".so". */
        while (paths[length] && (length < 3 || strncmp(paths + length - 3, ".so", 3) != 0))
            length += 1 + strcspn(paths + length + 1, ",");
        if (own_count == OWN_MAX)
            return fail(failure, "--own: more than %d kernels", OWN_MAX);
        /* A name without a folder would be looked for among the system's libraries. */
        const bool has_folder = memchr(paths, '/', length) != NULL;
        snprintf(path, sizeof path, "%s%.*s", has_folder ? "" : "./", (int)length, paths);
        if (!own_load(path, failure))
            return false;
        paths += length + (paths[length] == ',');
    }
    return true;
}

bool contender_threads_open(size_t threads, struct failure *failure)
{
    weir_error error = {0};
    return weir_pool_create(&pool, threads, &error) == WEIR_OK ||
           fail(failure, "--threads %zu: %s", threads, error.message);
}

void contender_threads_close(void)
{
    weir_pool_destroy(pool);
    pool = NULL;
}
