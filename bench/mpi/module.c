/* SPDX-License-Identifier: MIT */
/* The module that knows MPI; see cluster.h. Every rank makes the sum of its share of a part's
 * gradients: it gets that share of each sum in the tree that another rank has, joins them as the
 * tree does, and sends the total to all. So no rank sends or receives more than twice what the
 * gradients take (for ranks whose slices are one subtree), and bits depend on the tree alone. */
#include "mpi/cluster.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parts of a model whose sums are under way at once, and tags of their messages. */
enum { FLIGHTS_MAX = 160, TAG_TOTAL = 63, TAGS = 64 };

struct nodes {
    weir_node node[WEIR_NODES_MAX];
    size_t count;
};

/* The sum of one part. */
struct flight {
    size_t floats;
    float *sums[WEIR_NODES_MAX], *total; /* the caller's */
    float *received; /* this rank's share of every sum of others */
    size_t room; /* floats in it */
    MPI_Request *requests;
    int request_count;
    bool is_joined; /* and its totals are under way */
};

static struct {
    struct cluster cluster;
    size_t slices;
    cluster_join *join;
    const volatile sig_atomic_t *asked;
    struct nodes *nodes; /* of each rank */
    size_t node_count; /* of all */
    int *counts, *places; /* of losses of each rank */
    double *losses;
    struct flight flights[FLIGHTS_MAX];
    size_t flight_count;
} here;

static void give_up(const char *why)
{
    fprintf(stderr, "weir-mpi: rank %zu: %s\n", here.cluster.rank, why);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
}

static void *room_for(void *memory, size_t count, size_t bytes)
{
    void *room = realloc(memory, count * bytes + 1);
    if (!room)
        give_up("not enough memory for what others send");
    return room;
}

/* ---- Bytes ---- */

static void broadcast(void *bytes, size_t count)
{
    char *place = bytes;
    for (size_t done = 0, more; done < count; done += more) {
        more = count - done < INT_MAX ? count - done : INT_MAX;
        MPI_Bcast(place + done, (int)more, MPI_BYTE, 0, MPI_COMM_WORLD);
    }
}

static void collect(const void *mine, size_t count, void *all)
{
    MPI_Allgather(mine, (int)count, MPI_BYTE, all, (int)count, MPI_BYTE, MPI_COMM_WORLD);
}

/* ---- What is delivered ---- */

enum { TAG_DELIVERED = FLIGHTS_MAX * TAGS };

/* Kept until rank 0 has taken it. */
struct parcel {
    MPI_Request request;
    struct parcel *next;
    char bytes[];
};
static struct parcel *parcels;

static void deliver(const void *bytes, size_t count)
{
    struct parcel *parcel = room_for(NULL, sizeof *parcel + count, 1);
    if (count)
        memcpy(parcel->bytes, bytes, count);
    MPI_Isend(parcel->bytes, (int)count, MPI_BYTE, 0, TAG_DELIVERED, MPI_COMM_WORLD,
              &parcel->request);
    parcel->next = parcels;
    parcels = parcel;
    for (struct parcel **at = &parcels; *at;) {
        int is_done = 0;
        struct parcel *one = *at;
        MPI_Test(&one->request, &is_done, MPI_STATUS_IGNORE);
        if (is_done) {
            *at = one->next;
            free(one);
        } else {
            at = &one->next;
        }
    }
}

static void delivered(void)
{
    while (parcels) {
        struct parcel *one = parcels;
        parcels = one->next;
        MPI_Wait(&one->request, MPI_STATUS_IGNORE);
        free(one);
    }
}

static bool take(size_t *rank, char **bytes, size_t *count)
{
    int is_there = 0, size;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, TAG_DELIVERED, MPI_COMM_WORLD, &is_there, &status);
    if (!is_there)
        return false;
    MPI_Get_count(&status, MPI_BYTE, &size);
    *rank = (size_t)status.MPI_SOURCE;
    *count = (size_t)size;
    *bytes = room_for(NULL, *count, 1);
    MPI_Recv(*bytes, size, MPI_BYTE, status.MPI_SOURCE, TAG_DELIVERED, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    (*bytes)[*count] = 0;
    return true;
}

/* ---- One part's sum ---- */

/* Where the share of a rank begins. */
static size_t share_of(size_t floats, size_t rank)
{
    return (size_t)((unsigned __int128)floats * rank / here.cluster.ranks);
}

static size_t share_size(size_t floats, size_t rank)
{
    return share_of(floats, rank + 1) - share_of(floats, rank);
}

static int tag_of(const struct flight *flight, size_t node)
{
    return (int)((size_t)(flight - here.flights) * TAGS + node);
}

static void receive(struct flight *flight, float *to, size_t floats, size_t rank, size_t node)
{
    MPI_Irecv(to, (int)floats, MPI_FLOAT, (int)rank, tag_of(flight, node), MPI_COMM_WORLD,
              &flight->requests[flight->request_count++]);
}

static void post(struct flight *flight, const float *from, size_t floats, size_t rank, size_t node)
{
    MPI_Isend(from, (int)floats, MPI_FLOAT, (int)rank, tag_of(flight, node), MPI_COMM_WORLD,
              &flight->requests[flight->request_count++]);
    here.cluster.bytes += (double)floats * sizeof *from;
}

/* Sends everyone's shares of the sums that are here, and awaits this rank's of all others. */
static void flight_start(struct flight *flight)
{
    const size_t rank = here.cluster.rank, mine = share_size(flight->floats, rank);
    float *to = flight->received;
    flight->request_count = 0;
    flight->is_joined = false;
    for (size_t r = 0; r < here.cluster.ranks; r++)
        for (size_t k = 0; r != rank && k < here.nodes[r].count; k++, to += mine)
            receive(flight, to, mine, r, k);
    for (size_t step = 1; step < here.cluster.ranks; step++) {
        const size_t r = (rank + step) % here.cluster.ranks; /* not all to the same one at once */
        for (size_t k = 0; k < here.nodes[rank].count; k++)
            post(flight, flight->sums[k] + share_of(flight->floats, r),
                 share_size(flight->floats, r), r, k);
    }
}

/* All of this rank's share is here: joins it, in the order of slices. */
static const float *flight_join(struct flight *flight)
{
    const size_t rank = here.cluster.rank, mine = share_size(flight->floats, rank);
    const size_t place = share_of(flight->floats, rank);
    float *sums[WEIR_NODES_MAX], *next = flight->received;
    weir_node nodes[WEIR_NODES_MAX];
    size_t count = 0;
    for (size_t r = 0; r < here.cluster.ranks; r++)
        for (size_t k = 0; k < here.nodes[r].count; k++) {
            size_t top = count;
            sums[top] = r == rank ? flight->sums[k] + place : next;
            next += r == rank ? 0 : mine;
            for (size_t j = here.join(nodes, &count, here.nodes[r].node[k], here.slices); j-- > 0;
                 top--)
                for (size_t i = 0; i < mine; i++)
                    sums[top - 1][i] += sums[top][i];
        }
    return sums[0];
}

/* Sends the total of this rank's share to all, and awaits theirs: once nothing is read any more of
 * what totals are written to. */
static void flight_turn(struct flight *flight)
{
    const size_t rank = here.cluster.rank, mine = share_size(flight->floats, rank);
    float *own = flight->total + share_of(flight->floats, rank);
    const float *sum = flight_join(flight);
    if (sum != own)
        memcpy(own, sum, mine * sizeof *own);
    flight->request_count = 0;
    flight->is_joined = true;
    for (size_t step = 1; step < here.cluster.ranks; step++) {
        const size_t r = (rank + step) % here.cluster.ranks;
        receive(flight, flight->total + share_of(flight->floats, r), share_size(flight->floats, r),
                r, TAG_TOTAL);
        post(flight, own, mine, r, TAG_TOTAL);
    }
}

/* ---- The exchange ---- */

static void flight_make(struct flight *flight)
{
    const size_t ranks = here.cluster.ranks, rank = here.cluster.rank;
    const size_t mine = share_size(flight->floats, rank);
    const size_t others = here.node_count - here.nodes[rank].count;
    const size_t posted = (ranks - 1) * here.nodes[rank].count;
    if (mine > INT_MAX / 2)
        give_up("a layer has more weights than a message of MPI can hold: use more ranks");
    if (others * mine > flight->room || !flight->received) {
        flight->received = room_for(flight->received, others * mine, sizeof *flight->received);
        flight->room = others * mine;
    }
    flight->requests =
        room_for(flight->requests, others + posted + 2 * ranks, sizeof *flight->requests);
}

static void begin(void *context, const weir_node *nodes, size_t count, float *const *sums,
                  size_t floats, float *total)
{
    const double started = MPI_Wtime();
    struct flight *flight = &here.flights[here.flight_count++];
    (void)context, (void)nodes;
    if (here.flight_count > FLIGHTS_MAX || count != here.nodes[here.cluster.rank].count)
        give_up("the model is not cut as this exchange was told");
    flight->floats = floats;
    flight->total = total;
    if (count)
        memcpy(flight->sums, sums, count * sizeof *sums);
    flight_make(flight);
    flight_start(flight);
    for (struct flight *f = here.flights; f < flight; f++) {
        int is_done = 0;
        MPI_Testall(f->request_count, f->requests, &is_done, MPI_STATUSES_IGNORE);
        if (is_done && !f->is_joined)
            flight_turn(f);
    }
    here.cluster.seconds += MPI_Wtime() - started;
}

/* Joins losses, of each rank as many as it has nodes, and after them whether it was asked to end.
 */
static double end_losses(const double *losses, size_t count)
{
    double mine[WEIR_NODES_MAX + 1], sums[WEIR_NODES_MAX];
    weir_node nodes[WEIR_NODES_MAX];
    size_t stack = 0;
    if (count)
        memcpy(mine, losses, count * sizeof *losses);
    mine[count] = here.asked && *here.asked;
    MPI_Allgatherv(mine, (int)count + 1, MPI_DOUBLE, here.losses, here.counts, here.places,
                   MPI_DOUBLE, MPI_COMM_WORLD);
    for (size_t r = 0; r < here.cluster.ranks; r++) {
        const double *of = here.losses + here.places[r];
        for (size_t k = 0; k < here.nodes[r].count; k++) {
            size_t top = stack;
            sums[top] = of[k];
            for (size_t j = here.join(nodes, &stack, here.nodes[r].node[k], here.slices); j-- > 0;
                 top--)
                sums[top - 1] += sums[top];
        }
        if (of[here.nodes[r].count] != 0)
            here.cluster.agreed = 1;
    }
    return sums[0];
}

static weir_status end(void *context, const weir_node *nodes, size_t count, const double *losses,
                       double *loss, weir_error *error)
{
    const double started = MPI_Wtime();
    (void)context, (void)nodes, (void)error;
    for (size_t k = 0; k < here.flight_count; k++) {
        struct flight *flight = &here.flights[k];
        if (!flight->is_joined) {
            MPI_Waitall(flight->request_count, flight->requests, MPI_STATUSES_IGNORE);
            flight_turn(flight);
        }
    }
    for (size_t k = 0; k < here.flight_count; k++)
        MPI_Waitall(here.flights[k].request_count, here.flights[k].requests, MPI_STATUSES_IGNORE);
    here.flight_count = 0;
    *loss = end_losses(losses, count);
    here.cluster.seconds += MPI_Wtime() - started;
    return WEIR_OK;
}

static void share(weir_exchange *exchange, size_t slices, cluster_join *join,
                  const volatile sig_atomic_t *asked)
{
    const size_t ranks = here.cluster.ranks, rank = here.cluster.rank;
    here.slices = slices;
    here.join = join;
    here.asked = asked;
    here.node_count = 0;
    for (size_t r = 0; r < ranks; r++) {
        struct nodes *nodes = &here.nodes[r];
        nodes->count = 0;
        for (size_t s = r * slices / ranks; s < (r + 1) * slices / ranks; s++)
            join(nodes->node, &nodes->count, (weir_node){s, 1}, slices);
        here.counts[r] = (int)nodes->count + 1;
        here.places[r] = (int)(here.node_count + r);
        here.node_count += nodes->count;
    }
    here.losses = room_for(here.losses, here.node_count + ranks, sizeof *here.losses);
    *exchange = (weir_exchange){.first = rank * slices / ranks,
                                .count = (rank + 1) * slices / ranks - rank * slices / ranks,
                                .begin = begin,
                                .end = end};
}

/* ---- Start and end ---- */

static void close_all(void)
{
    for (size_t k = 0; k < FLIGHTS_MAX; k++) {
        free(here.flights[k].received);
        free(here.flights[k].requests);
    }
    free(here.nodes);
    free(here.counts);
    free(here.places);
    free(here.losses);
    MPI_Finalize();
}

cluster_start_function cluster_start;

struct cluster *cluster_start(void)
{
    int rank, ranks, threads;
    /* A pool has threads, but they know nothing of this. */
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &threads))
        return NULL;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    here.cluster = (struct cluster){.rank = (size_t)rank,
                                    .ranks = (size_t)ranks,
                                    .broadcast = broadcast,
                                    .collect = collect,
                                    .share = share,
                                    .deliver = deliver,
                                    .delivered = delivered,
                                    .take = take,
                                    .close = close_all};
    here.nodes = room_for(NULL, (size_t)ranks, sizeof *here.nodes);
    here.counts = room_for(NULL, (size_t)ranks, sizeof *here.counts);
    here.places = room_for(NULL, (size_t)ranks, sizeof *here.places);
    return &here.cluster;
}
