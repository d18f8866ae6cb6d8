/* SPDX-License-Identifier: MIT */
/* Loads peers; see peers.h. What each does with a shape is in peers/. */
#define _GNU_SOURCE
#include "peers.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef BENCH_HAS_ONEDNN
#define BENCH_HAS_ONEDNN 0
#endif
#ifndef BENCH_HAS_OPENBLAS
#define BENCH_HAS_OPENBLAS 0
#endif

static const struct {
    const char *module, *library, *package;
    bool is_built;
} table[] = {
    {"weir-peer-onednn.so", "oneDNN", "libdnnl-dev", BENCH_HAS_ONEDNN},
    {"weir-peer-openblas.so", "OpenBLAS", "libopenblas-dev", BENCH_HAS_OPENBLAS},
};

/* What the libraries are to find in their environment, whatever was there: one thread each, float32
 * where that is asked for, no caps but ours, and OpenBLAS's own choice of its kernels where the
 * level is the CPU's. */
static const struct {
    const char *level; /* NULL: every one */
    const char *name;
    const char *value; /* NULL: it is not to be there */
} environment[] = {
    {NULL, "OMP_NUM_THREADS", "1"},
    {NULL, "OPENBLAS_NUM_THREADS", "1"},
    {NULL, "OPENBLAS_L2_SIZE", NULL},
    {"avx512", "OPENBLAS_CORETYPE", NULL},
    {"avx2", "OPENBLAS_CORETYPE", "Haswell"},
    {NULL, "DNNL_MAX_CPU_ISA", NULL},
    {NULL, "ONEDNN_MAX_CPU_ISA", NULL},
    {NULL, "DNNL_DEFAULT_FPMATH_MODE", NULL},
    {NULL, "ONEDNN_DEFAULT_FPMATH_MODE", NULL},
};

static void environment_set(const char *level)
{
    for (size_t i = 0; i < sizeof environment / sizeof *environment; i++) {
        const char *name = environment[i].name, *value = environment[i].value;
        const char *found = getenv(name);
        if (environment[i].level && strcmp(environment[i].level, level) != 0)
            continue;
        if (found && (!value || strcmp(found, value) != 0))
            fprintf(stderr, "weir-bench: %s=%s does not count here: peers run %s%s\n", name, found,
                    value ? "with " : "without it", value ? value : "");
        if (value)
            setenv(name, value, 1);
        else
            unsetenv(name);
    }
}

static const struct contender_kind *module_load(const char *name, const char *level,
                                                struct failure *failure)
{
    char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    char *slash = strrchr(path, '/');
    const size_t folder = slash ? (size_t)(slash - path + 1) : 0;
    if (folder + strlen(name) >= sizeof path) {
        fail(failure, "%s: its path is too long", name);
        return NULL;
    }
    strcpy(path + folder, name);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct peer *peer = module ? dlsym(module, "peer") : NULL;
    if (!peer) {
        fail(failure, "--peers: %s; build again, or leave --peers out", dlerror());
        return NULL;
    }
    return peer->cap(level, failure) ? &peer->kind : NULL;
}

bool peers_open(struct peers *peers, const char *level, struct failure *failure)
{
    *peers = (struct peers){0};
    environment_set(level);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!table[i].is_built) {
            fprintf(stderr,
                    "weir-bench: %s is left out: it was not found when this was configured "
                    "(Debian: %s)\n",
                    table[i].library, table[i].package);
            continue;
        }
        const struct contender_kind *kind = module_load(table[i].module, level, failure);
        if (!kind)
            return false;
        peers->kinds[peers->count++] = kind;
    }
    return true;
}
