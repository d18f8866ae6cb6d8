/* SPDX-License-Identifier: MIT */
/* test_trained_types WEIR_STOCK'S OPTIONS...: trains each cell on the adding problem, and runs what
 * was learned with weights of every type: it still counts as solved. A layer is run as any user
 * runs it, by weights alone; the dense head follows in plain C. */
#include "packing.h"
#include "stock/training.h"
#include "support/expect.h"
#include "weir.h"

#include <math.h>
#include <string.h>

enum { WEIGHTS_MAX = 32 };

static const double solved_below = 0.01;

/* ---- What was learned ---- */

struct learned {
    weir_weight weights[WEIGHTS_MAX]; /* of the cell */
    size_t count;
    const float *W, *b; /* of the head */
};

static struct learned learned_of(const weir_model *model)
{
    static const char layer[] = "layer0/forward/";
    struct learned learned = {.count = 0};
    size_t count;
    const weir_parameter *parameters = weir_model_parameters(model, &count);
    for (size_t k = 0; k < count; k++) {
        const weir_parameter *one = &parameters[k];
        if (strncmp(one->name, layer, sizeof layer - 1) == 0)
            learned.weights[learned.count++] = (weir_weight){.name = one->name + sizeof layer - 1,
                                                             .data = one->values,
                                                             .rows = one->rows,
                                                             .cols = one->cols};
        else if (strcmp(one->name, "dense/W") == 0)
            learned.W = one->values;
        else if (strcmp(one->name, "dense/b") == 0)
            learned.b = one->values;
    }
    return learned;
}

/* ---- Running it ---- */

/* Mean squared error over the part held out; the largest change of a sum from `first`, which it
 * fills where `type` is float32. */
static double loss_of(const struct training *training, const char *type, double *first,
                      double *change)
{
    const struct task *task = training->task;
    const struct learned learned = learned_of(training->model);
    const size_t H = training->options->units, T = task->T, count = task->count[PART_TEST];
    const bool is_first = strcmp(type, weir_type_name(WEIR_TYPE_F32)) == 0;
    const weir_layer_config config = {.cell = training->cell,
                                      .I = FEATURES,
                                      .H = H,
                                      .weights = learned.weights,
                                      .weight_count = learned.count,
                                      .type = type};
    float *x = calloc(T * count, FEATURES * sizeof *x), *targets = calloc(count, sizeof *targets);
    float *y = calloc(T * count, H * sizeof *y);
    double sum = 0;
    weir_layer *layer;
    weir_error error;
    if (!EXPECT(x && targets && y, "no memory") ||
        !EXPECT(weir_layer_create(&layer, &config, &error) == WEIR_OK, "%s", error.message))
        exit(1);
    task_part(task, PART_TEST, 0, count, x, targets);
    weir_layer_forward(layer, &(weir_sequence){.T = T, .B = count, .x = x, .y = y});
    *change = 0;
    for (size_t row = 0; row < count; row++) {
        double said = (double)learned.b[0];
        for (size_t k = 0; k < H; k++)
            said += (double)learned.W[k] * (double)y[((T - 1) * count + row) * H + k];
        if (is_first)
            first[row] = said;
        *change = fmax(*change, fabs(said - first[row]));
        sum += (said - (double)targets[row]) * (said - (double)targets[row]);
    }
    weir_layer_destroy(layer);
    free(x);
    free(targets);
    free(y);
    return sum / (double)count;
}

static void check_types(struct training *training)
{
    double *first = calloc(training->task->count[PART_TEST], sizeof *first);
    double loss, accuracy, change;
    struct failure failure;
    if (!EXPECT(first != NULL, "no memory") ||
        !EXPECT(training_measure(training, PART_TEST, &loss, &accuracy, NULL, &failure), "%s",
                failure.sentence))
        exit(1);
    for (int type = 0; type < WEIR_TYPES_OF_FLOATS; type++) {
        const char *name = weir_type_name((enum weir_type)type);
        const double here = loss_of(training, name, first, &change);
        printf("%s, %s: mean squared error %.5f; sums are off by at most %.1e\n", training->cell,
               name, here, change);
        EXPECT(here < solved_below, "%s, %s: %g", training->cell, name, here);
        EXPECT(type != WEIR_TYPE_F32 || fabs(here - loss) < 1e-6 * loss,
               "%s: %g, and the model itself has %g", training->cell, here, loss);
        EXPECT(type == WEIR_TYPE_F32 || change > 0, "%s, %s: what float32 gives", training->cell,
               name);
    }
    free(first);
}

/* ---- Training ---- */

static bool train(const struct options *options, const struct task *task, const char *cell)
{
    static const volatile sig_atomic_t stop;
    struct training training;
    struct failure failure = {""};
    FILE *nowhere = fopen("/dev/null", "w");
    if (!nowhere || !training_create(&training, options, task, cell, NULL, &failure))
        return EXPECT(false, "%s", failure.sentence);
    const bool done = training_run(&training, NULL, &stop, nowhere, &failure) == TRAINING_DONE;
    if (EXPECT(done, "%s", failure.sentence))
        check_types(&training);
    training_destroy(&training);
    fclose(nowhere);
    return done;
}

int main(int argc, char **argv)
{
    struct options options;
    struct task task;
    struct failure failure;
    if (!options_parse(&options, argc, argv, &failure) || !task_create(&task, &options, &failure)) {
        fprintf(stderr, "test_trained_types: %s\n", failure.sentence);
        return 1;
    }
    for (size_t k = 0; k < options.cell_count; k++)
        train(&options, &task, options.cells[k]);
    task_destroy(&task);
    return expect_verdict("test_trained_types");
}
