/* SPDX-License-Identifier: MIT */
/* A sweep by several hosts: with --mpi each all of them measure all of it, with share each some of
 * the shapes. Rank 0 collects; a host that dies costs what it had not yet handed in. */
#ifndef BENCH_HOSTS_H
#define BENCH_HOSTS_H

#include "context.h"
#include "mpi/cluster.h"
#include "sweep.h"

/* NULL: this process is alone. */
struct hosts;

/* Refuses two processes on one host. All of what follows is called by all of them. */
bool hosts_open(struct hosts **hosts, struct cluster *cluster, struct options *options,
                struct failure *failure);

/* Ends the process, where hosts were lost. */
void hosts_close(struct hosts *hosts, int status);

bool hosts_agree(const struct hosts *hosts, bool is_good, struct failure *failure);

/* Whether this is rank 0, which alone writes files. */
bool hosts_reports(const struct hosts *hosts);

/* Which shapes are measured here; of share with --resume, none that have been. Refuses hosts of
 * several kinds there. */
bool hosts_divide(struct hosts *hosts, struct sweep *sweep, const struct machine *machine,
                  struct failure *failure);

/* Hands in what was measured here; rank 0 awaits all of the others, or their end, and then has it:
 * of share in the sweep, of each in files of every host. */
bool hosts_collect(struct hosts *hosts, struct sweep *sweep, struct context *context,
                   struct failure *failure);

/* Of each: all hosts on one page. */
bool hosts_page(const struct hosts *hosts, struct failure *failure);

/* False with a sentence where one was lost. */
bool hosts_are_all_there(const struct hosts *hosts, struct failure *failure);

#endif
