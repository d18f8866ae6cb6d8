/* SPDX-License-Identifier: MIT */
/* Evaluates the graph of a cell, as weir-gen reads it from its text; see exact.h. That is slow, one
 * product after another, and so is done for the first rows of a batch only: the others are no
 * different. */
#include "exact.h"

#include "cell/evaluate.h"
#include "language/source.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS_MAX = 4 };

struct cell_run {
    struct graph *graph;
    struct evaluation evaluation;
    double *memory; /* parameters, input and states */
    double *input, *state[WEIR_STATES_MAX];
};

static size_t state_size(const struct cell_run *run, int state)
{
    return evaluation_extent(run->graph, run->graph->states[state].extent);
}

static size_t doubles_needed(const struct cell_run *run, const struct workload *workload)
{
    size_t count = workload->shape->I;
    for (size_t w = 0; w < workload->weight_count; w++)
        count += workload->extent[w].rows * workload->extent[w].cols;
    for (int s = 0; s < run->graph->state_count; s++)
        count += state_size(run, s);
    return count;
}

static bool run_create(struct cell_run *run, const struct workload *workload,
                       struct failure *failure)
{
    const struct shape *shape = workload->shape;
    const double size[4] = {1, (double)shape->I, (double)shape->H, (double)shape->P};
    *run = (struct cell_run){.graph = source_graph(shape->cell, size, failure)};
    if (!run->graph)
        return false;
    double *next = run->memory = calloc(doubles_needed(run, workload), sizeof *next);
    if (!next) {
        graph_free(run->graph);
        return fail_memory(failure);
    }
    run->evaluation = evaluation_create(run->graph);
    for (int p = 0; p < run->graph->param_count; p++) {
        const size_t w = workload_find(workload, run->graph->params[p].name);
        const size_t count = workload->extent[w].rows * workload->extent[w].cols;
        for (size_t i = 0; i < count; i++)
            next[i] = workload->weight[w].data[i];
        run->evaluation.param[p] = next;
        next += count;
    }
    run->evaluation.input = run->input = next;
    next += workload->shape->I;
    for (int s = 0; s < run->graph->state_count; s++) {
        run->evaluation.state[s] = run->state[s] = next;
        next += state_size(run, s);
    }
    return true;
}

static void run_free(struct cell_run *run)
{
    evaluation_free(&run->evaluation);
    free(run->memory);
    graph_free(run->graph);
}

/* One sequence, from zero states; y is `step` apart. */
static void run_row(struct cell_run *run, const struct workload *workload, size_t row, double *y,
                    size_t step)
{
    const struct graph *graph = run->graph;
    const size_t I = workload->shape->I;
    for (int s = 0; s < graph->state_count; s++)
        memset(run->state[s], 0, state_size(run, s) * sizeof(double));
    for (size_t t = 0; t < workload->shape->T; t++) {
        for (size_t i = 0; i < I; i++)
            run->input[i] = workload->x[(t * workload->B + row) * I + i];
        evaluate(&run->evaluation);
        for (int s = 0; s < graph->state_count; s++)
            memcpy(run->state[s], evaluation_value(&run->evaluation, graph->states[s].next),
                   state_size(run, s) * sizeof(double));
        memcpy(y + t * step, run->state[0], workload->shape->output * sizeof *y);
    }
}

bool exact_create(struct exact *exact, const struct workload *workload, struct failure *failure)
{
    const struct shape *shape = workload->shape;
    struct cell_run run;
    *exact = (struct exact){.rows = shape->B < ROWS_MAX ? shape->B : ROWS_MAX};
    const size_t step = exact->rows * shape->output;
    if (!run_create(&run, workload, failure))
        return false;
    exact->y = calloc(shape->T * step, sizeof *exact->y);
    for (size_t row = 0; exact->y && row < exact->rows; row++)
        run_row(&run, workload, row, exact->y + row * shape->output, step);
    run_free(&run);
    return exact->y || fail_memory(failure);
}

void exact_free(struct exact *exact)
{
    free(exact->y);
    *exact = (struct exact){0};
}

double exact_error(const struct exact *exact, const struct workload *workload)
{
    const size_t output = workload->shape->output;
    double most = 0;
    for (size_t t = 0; t < workload->shape->T; t++)
        for (size_t i = 0; i < exact->rows * output; i++) {
            const double got = workload->got.y[t * workload->B * output + i];
            const double error = fabs(got - exact->y[t * exact->rows * output + i]);
            most = error <= most ? most : error; /* a NaN is kept as well */
            if (isnan(most))
                return most;
        }
    return most;
}
