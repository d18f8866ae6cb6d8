/* SPDX-License-Identifier: MIT */
/* A library beside Weir's kernels that has weights of fewer bits: it is timed if what it gives is
 * as near as its type can be, it stands beside kernels of its own type and of float32, and what it
 * does not offer is said once. The library is made up, so that none need be here. */
#define _GNU_SOURCE
#include "report.h"
#include "support/expect.h"
#include "trial.h"

#include <stdlib.h>
#include <string.h>

static const char *version(void)
{
    return "Other 1.0";
}

/* ---- Its output ---- */

/* What Weir gives with weights of float32, and so much more. */
struct answer {
    const struct workload *workload;
    float off;
};

static bool prepare(struct contender *self, const struct workload *workload,
                    struct failure *failure)
{
    (void)failure;
    ((struct answer *)self->choice)->workload = workload;
    return true;
}

static void run(struct contender *self)
{
    const struct answer *answer = self->choice;
    const struct workload *workload = answer->workload;
    for (size_t i = 0; i < workload->T * workload->B * workload->shape->output; i++)
        workload->got.y[i] = workload->reference.y[i] + answer->off;
}

static const struct contender_kind other = {
    .name = "Other", .version = version, .prepare = prepare, .run = run};

static void try(struct workload *workload, float off, double tolerance, enum trial wanted)
{
    struct answer answer = {.off = off};
    struct contender contender = {.kind = &other,
                                  .type = tolerance > 0 ? "i8" : NULL,
                                  .tolerance = tolerance,
                                  .choice = &answer};
    struct failure why = {""};
    double seconds;
    const enum trial found = contender_try(&contender, workload, &seconds, &why);
    EXPECT(found == wanted, "%d for an output off by %g with tolerance %g: %s", (int)found,
           (double)off, tolerance, why.sentence);
}

static void test_tolerance(const struct shape *shape)
{
    struct workload workload;
    struct failure failure;
    if (!EXPECT(workload_create(&workload, shape, &failure), "%s", failure.sentence))
        return;
    try(&workload, 0.01f, 0.02, TRIAL_GOOD);
    try(&workload, 0.03f, 0.02, TRIAL_WRONG);
    try(&workload, 1e-5f, 0, TRIAL_GOOD);
    try(&workload, 0.01f, 0, TRIAL_WRONG);
    workload_destroy(&workload);
}

/* ---- What is said of it ---- */

static struct row row_make(const struct shape *shape, const struct contender_kind *kind,
                           const char *name, const char *type, double microseconds)
{
    struct row row = {.shape = shape,
                      .contender = {.kind = kind, .type = type},
                      .bound = 1e-6,
                      .fate = ROW_READY,
                      .samples = calloc(1, sizeof *row.samples),
                      .sample_count = microseconds > 0};
    snprintf(row.contender.name, sizeof row.contender.name, "%s", name);
    snprintf(row.name, sizeof row.name, "%s/%s", shape->name, name);
    if (microseconds > 0) {
        row.samples[0].real = 1e-6 * microseconds;
        return row;
    }
    row.fate = ROW_LEFT_OUT;
    fail(&row.why, "is not offered by %s here", version());
    return row;
}

static void expect_line(const char *page, const char *line)
{
    EXPECT(strstr(page, line) != NULL, "no line with %s in\n%s", line, page);
}

static void test_report(const struct shapes *shapes, const char *types)
{
    const struct shape *a = &shapes->at[0], *b = &shapes->at[1];
    const struct options options = {.types = types, .rounds = 1};
    struct row rows[] = {
        row_make(a, &contender_weir, "k_f32", "f32", 100),
        row_make(a, &contender_weir, "k_bf16", "bf16", 50),
        row_make(a, &contender_weir, "k_i8", "i8", 25),
        row_make(a, &contender_baseline, "baseline", NULL, 1000),
        row_make(a, &other, "other", NULL, 200),
        row_make(a, &other, "other_bf16", types ? "bf16" : NULL, 75),
        row_make(a, &other, "other_i8", "i8", 0),
        row_make(b, &contender_weir, "k_i8", "i8", 10),
        row_make(b, &other, "other", NULL, 30),
        row_make(b, &other, "other_i8", "i8", 0),
    };
    const struct calibration calibration = {.count = 0};
    const struct sweep sweep = {.options = &options,
                                .calibration = &calibration,
                                .rows = rows,
                                .row_count = sizeof rows / sizeof *rows,
                                .seconds = 1,
                                .cpu_seconds = 1};
    char *page = NULL;
    size_t size;
    FILE *file = open_memstream(&page, &size);
    report_print(&sweep, file, true);
    fclose(file);
    if (types) {
        expect_line(page, "| baseline f32 us | times faster | Other us | times faster | "
                          "Other f32 us | times faster |");
        expect_line(page, "| k_f32 | 100 | 0.01 | 1000 | 10.0 | 200 | 2.00 | 200 | 2.00 |");
        expect_line(page, "| k_bf16 | 50.0 | 0.02 | 1000 | 20.0 | 75.0 | 1.50 | 200 | 4.00 |");
        expect_line(page, "| k_i8 | 25.0 | 0.04 | 1000 | 40.0 | - | - | 200 | 8.00 |");
        expect_line(page, "| k_i8 | 10.0 | 0.10 | - | - | - | - | 30.0 | 3.00 |");
    } else {
        expect_line(page, "| baseline us | times faster | Other us | times faster |");
        expect_line(page, "| k_f32 | 100 | 0.01 | 1000 | 10.0 | 75.0 | 0.75 |");
    }
    expect_line(page, "- left out: a/other_i8 and 1 more: is not offered by Other 1.0 here\n");
    EXPECT(!strstr(page, "b/other_i8"), "what was said for a is said for b, too:\n%s", page);
    free(page);
    for (size_t r = 0; r < sweep.row_count; r++)
        free(rows[r].samples);
}

int main(void)
{
    struct shapes shapes[2], both = {.count = 2};
    struct failure failure;
    if (!shapes_single(&shapes[0], "a lstm 3 20 4 2", false, &failure) ||
        !shapes_single(&shapes[1], "b gru 3 20 4 2", false, &failure)) {
        fprintf(stderr, "test_report: %s\n", failure.sentence);
        return 1;
    }
    both.at = (struct shape[]){shapes[0].at[0], shapes[1].at[0]};
    test_tolerance(&both.at[0]);
    test_report(&both, "f32,bf16,i8");
    test_report(&both, NULL);
    shapes_free(&shapes[0]);
    shapes_free(&shapes[1]);
    return expect_verdict("test_report");
}
