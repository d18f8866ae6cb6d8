/* SPDX-License-Identifier: MIT */
/* Other processes of the same program, which mpirun has started on this machine and on others. What
 * knows MPI is a module of its own, loaded by --mpi alone: no program depends on it otherwise. */
#ifndef BENCH_CLUSTER_H
#define BENCH_CLUSTER_H

#include "common/failure.h"
#include "weir_train.h"

#include <signal.h>

/* weir_nodes_join, which the module is given. */
typedef size_t cluster_join(weir_node *nodes, size_t *count, weir_node next, size_t slices);

/* What all calls here have in common: every process makes the same ones in the same order. Where a
 * process ends without cluster_close, mpirun ends the others. */
struct cluster {
    size_t rank, ranks;
    void (*broadcast)(void *bytes, size_t count); /* those of rank 0, to all */
    void (*collect)(const void *mine, size_t count,
                    void *all); /* as many of each, in their order */

    /* An exchange for models of so many slices, of which every rank has about as many. In the end
     * of each step they agree whether a process was asked to end, too. */
    void (*share)(weir_exchange *exchange, size_t slices, cluster_join *join,
                  const volatile sig_atomic_t *asked);
    volatile sig_atomic_t agreed;
    double seconds, bytes; /* that this process has spent in exchanges, and sent */

    /* For those who work apart, and may die of it: bytes go to rank 0, whatever it does meanwhile,
     * and are taken there one after another, in their order of each rank. Nobody else is waited for
     * but, in `delivered`, rank 0. */
    void (*deliver)(const void *bytes, size_t count);
    void (*delivered)(void);
    bool (*take)(size_t *rank, char **bytes, size_t *count); /* false: there is nothing now */

    void (*close)(void);
};

/* The one cluster that there is; NULL with a sentence, where this build has no MPI. */
struct cluster *cluster_open(struct failure *failure);

/* Whether a command line has --mpi, alone or with a value, right or wrong as it may be otherwise.
 */
bool cluster_wanted(int argc, char **argv);

/* What the module is asked for. */
#define CLUSTER_START "cluster_start"
typedef struct cluster *cluster_start_function(void);

/* ---- Agreeing; a cluster that is NULL is this process alone ---- */

/* Whether all are good. Where not, the sentence of the first that is not is kept, and that of
 * others is made empty: nobody is to hear it many times. */
bool cluster_agree(const struct cluster *cluster, bool is_good, struct failure *failure);

/* The bytes of a file that rank 0 alone has to have, as a path that can be read here, which goes
 * away with the process; `there` is false everywhere where rank 0 has none. */
struct cluster_file {
    bool is_there;
    char path[64]; /* empty on rank 0: the file itself */
    int descriptor;
};
bool cluster_file(struct cluster_file *file, const struct cluster *cluster, const char *path,
                  struct failure *failure);
void cluster_file_close(struct cluster_file *file);

#endif
