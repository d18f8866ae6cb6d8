/* SPDX-License-Identifier: MIT */
/* Loads the module that knows MPI, and what ranks agree on by it; see cluster.h. */
#define _GNU_SOURCE /* memfd_create */
#include "mpi/cluster.h"

#include "common/files.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef BENCH_HAS_MPI
#define BENCH_HAS_MPI 0
#endif

/* No checkpoint is larger. */
#define FILE_MOST ((size_t)1 << 40)

/* A file beside the program. */
static bool path_beside(char *path, size_t size, const char *name, struct failure *failure)
{
    const ssize_t length = readlink("/proc/self/exe", path, size - 1);
    path[length > 0 ? length : 0] = 0;
    char *slash = strrchr(path, '/');
    const size_t folder = slash ? (size_t)(slash - path + 1) : 0;
    if (folder + strlen(name) >= size)
        return fail(failure, "%s: its path is too long", name);
    memcpy(path + folder, name, strlen(name) + 1);
    return true;
}

struct cluster *cluster_open(struct failure *failure)
{
    char path[4096];
    if (!BENCH_HAS_MPI) {
        fail(failure, "--mpi: MPI was not found when this was configured (Debian: libopenmpi-dev "
                      "openmpi-bin): install it, configure and build again");
        return NULL;
    }
    if (!path_beside(path, sizeof path, "weir-mpi.so", failure))
        return NULL;
    /* What MPI itself loads later looks for its functions among all that are there. */
    void *module = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    cluster_start_function *start = NULL;
    if (module)
        *(void **)&start = dlsym(module, CLUSTER_START);
    if (!start) {
        fail(failure, "--mpi: %s; build again, or leave --mpi out", dlerror());
        return NULL;
    }
    struct cluster *cluster = start();
    if (!cluster)
        fail(failure, "--mpi: MPI could not be started");
    return cluster;
}

bool cluster_wanted(int argc, char **argv)
{
    bool is_wanted = false;
    for (int a = 1; a < argc; a++)
        is_wanted =
            is_wanted || strcmp(argv[a], "--mpi") == 0 || strncmp(argv[a], "--mpi=", 6) == 0;
    return is_wanted;
}

bool cluster_agree(const struct cluster *cluster, bool is_good, struct failure *failure)
{
    if (!cluster)
        return is_good;
    enum { BAD, QUIET, GOOD }; /* QUIET: bad, and another has said why */
    char *all = malloc(cluster->ranks);
    bool are_good = true, is_said = false;
    if (!all)
        abort(); /* others would wait for ever; so mpirun ends them */
    cluster->collect(&(char){is_good ? GOOD : *failure->sentence ? BAD : QUIET}, 1, all);
    for (size_t r = 0; r < cluster->ranks; r++) {
        are_good = are_good && all[r] == GOOD;
        if (r == cluster->rank && (is_said || all[r] != BAD))
            failure->sentence[0] = 0;
        is_said = is_said || all[r] == BAD;
    }
    free(all);
    return are_good;
}

/* ---- A file that rank 0 has ---- */

static bool file_make(struct cluster_file *file, const char *bytes, size_t size,
                      struct failure *failure)
{
    file->descriptor = memfd_create("weir-checkpoint", MFD_CLOEXEC);
    for (size_t done = 0; file->descriptor >= 0 && done < size;) {
        const ssize_t more = write(file->descriptor, bytes + done, size - done);
        if (more < 0)
            return fail(failure, "what rank 0 has read could not be kept: %s", strerror(errno));
        done += (size_t)more;
    }
    if (file->descriptor < 0)
        return fail(failure, "what rank 0 has read could not be kept: %s", strerror(errno));
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->descriptor);
    return true;
}

bool cluster_file(struct cluster_file *file, const struct cluster *cluster, const char *path,
                  struct failure *failure)
{
    struct {
        bool is_there, is_good;
        size_t size;
    } state = {access(path, F_OK) == 0, true, 0};
    char *bytes = NULL;
    *file = (struct cluster_file){.descriptor = -1, .is_there = state.is_there};
    if (!cluster)
        return true;
    if (state.is_there && cluster->rank == 0) {
        bytes = file_read_regular(path, FILE_MOST, &state.size, failure);
        state.is_good = bytes != NULL;
    }
    cluster->broadcast(&state, sizeof state);
    file->is_there = state.is_there;
    bool is_good = state.is_good;
    if (is_good && state.is_there && cluster->rank) {
        bytes = malloc(state.size + 1);
        is_good = bytes || fail_memory(failure);
    }
    is_good = cluster_agree(cluster, is_good, failure);
    if (is_good && state.is_there) {
        cluster->broadcast(bytes, state.size);
        is_good = cluster->rank == 0 || file_make(file, bytes, state.size, failure);
        is_good = cluster_agree(cluster, is_good, failure);
    }
    free(bytes);
    return is_good;
}

void cluster_file_close(struct cluster_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
}
