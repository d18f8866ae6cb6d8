/* SPDX-License-Identifier: MIT */
/* test_model CELL...: models of these cells. Outputs against layers run by hand,
 * gradients against central differences, the same bits however a model is run, and learning. */
#include <math.h>

#include "train/toy_model.h"

static const struct toy_kind kinds[] = {
    {"last", 1, {{.H = 5}}, WEIR_LOSS_BCE},
    {"sequences", 1, {{.H = 4, .sequences = true}}, WEIR_LOSS_MSE},
    {"both directions", 1, {{.H = 4, .bidirectional = true}}, WEIR_LOSS_SOFTMAX},
    {"both directions, sequences",
     1,
     {{.H = 4, .bidirectional = true, .sequences = true}},
     WEIR_LOSS_SOFTMAX},
    {"two layers", 2, {{.H = 4, .sequences = true}, {.H = 3}}, WEIR_LOSS_MSE},
    {"three layers, both directions",
     3,
     {{.H = 3, .bidirectional = true, .sequences = true},
      {.H = 4, .bidirectional = true, .sequences = true},
      {.H = 3, .bidirectional = true}},
     WEIR_LOSS_BCE},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t rows_of(const struct toy_kind *kind, const weir_batch *batch)
{
    return kind->layers[kind->layer_count - 1].sequences ? batch->T * batch->B : batch->B;
}

/* ---- Outputs ---- */

/* The parameters of one layer in one direction, or of the head, by their names. */
static weir_layer *layer_of(const weir_model *model, const char *prefix, const char *cell, size_t I,
                            size_t H)
{
    weir_weight weights[64];
    size_t all, count = 0;
    const weir_parameter *parameters = weir_model_parameters(model, &all);
    weir_layer *layer;
    weir_error error = {0};
    for (size_t k = 0; k < all; k++)
        if (strncmp(parameters[k].name, prefix, strlen(prefix)) == 0)
            weights[count++] = (weir_weight){.name = parameters[k].name + strlen(prefix),
                                             .data = parameters[k].values};
    const weir_layer_config config = {
        .cell = cell, .I = I, .H = H, .weights = weights, .weight_count = count};
    if (weir_layer_create(&layer, &config, &error)) {
        printf("%s: %s\n", prefix, error.message);
        exit(EXIT_FAILURE);
    }
    return layer;
}

/* One layer of both directions in sequences, the second by an input that is turned around. */
static void run_by_hand(const weir_model *model, const char *cell, const float *x, float *y)
{
    enum { H = 4 };
    float turned[TOY_T * TOY_B * TOY_I], one[TOY_T * TOY_B * H];
    for (size_t d = 0; d < 2; d++) {
        weir_layer *layer =
            layer_of(model, d ? "layer0/backward/" : "layer0/forward/", cell, TOY_I, H);
        for (size_t t = 0; t < TOY_T; t++)
            memcpy(turned + t * TOY_B * TOY_I, x + (d ? TOY_T - 1 - t : t) * TOY_B * TOY_I,
                   TOY_B * TOY_I * sizeof *x);
        weir_layer_forward(layer, &(weir_sequence){.T = TOY_T, .B = TOY_B, .x = turned, .y = one});
        for (size_t r = 0; r < TOY_T * TOY_B; r++) {
            const size_t t = d ? TOY_T - 1 - r / TOY_B : r / TOY_B;
            memcpy(y + (t * TOY_B + r % TOY_B) * 2 * H + d * H, one + r * H, H * sizeof *one);
        }
        weir_layer_destroy(layer);
    }
}

/* Both directions: with sequences, and with the last outputs, of which the second direction's is
 * that at step 0. */
static void check_directions(const char *cell, const struct toy_kind *kind, bool sequences)
{
    enum { WIDTH = 8 };
    struct toy_config toy;
    struct toy_batch batch;
    float all[TOY_T * TOY_B * WIDTH], last[TOY_B * WIDTH];
    float expected[TOY_T * TOY_B * TOY_OUTPUTS], found[TOY_T * TOY_B * TOY_OUTPUTS];
    toy_config_set(&toy, kind, cell);
    toy_batch_set(&batch, 1);
    weir_model *model = toy_model(&toy.config);
    run_by_hand(model, cell, batch.x, all);
    for (size_t b = 0; b < TOY_B; b++)
        for (size_t k = 0; k < WIDTH; k++)
            last[b * WIDTH + k] = all[((k < WIDTH / 2 ? TOY_T - 1 : 0) * TOY_B + b) * WIDTH + k];
    weir_layer *head = layer_of(model, "dense/", "dense", WIDTH, TOY_OUTPUTS);
    const size_t rows = rows_of(kind, &batch.batch);
    weir_layer_forward(
        head, &(weir_sequence){.T = 1, .B = rows, .x = sequences ? all : last, .y = expected});
    EXPECT(weir_model_forward(model, &batch.batch, found, NULL) == WEIR_OK, "forward");
    EXPECT(memcmp(expected, found, rows * TOY_OUTPUTS * sizeof *found) == 0,
           "%s, %s: outputs are not those of layers run by hand", cell, kind->name);
    weir_layer_destroy(head);
    weir_model_destroy(model);
}

/* Steps and rows of the caller's, and steps backwards, are read as copies of them would be. */
static void check_strides(const char *cell)
{
    enum { T = 3, B = 2 };
    struct toy_config toy;
    struct toy_batch batch;
    float copy[T * B * TOY_I], expected[B * TOY_OUTPUTS], found[B * TOY_OUTPUTS];
    toy_config_set(&toy, &kinds[2], cell);
    toy_batch_set(&batch, 1);
    weir_model *model = toy_model(&toy.config);
    for (int is_backward = 0; is_backward < 2; is_backward++) {
        for (size_t k = 0; k < T * B * TOY_I; k++) {
            const size_t t = k / (B * TOY_I), b = k / TOY_I % B;
            copy[k] = batch.x[b * 20 + (is_backward ? T - 1 - t : t) * 5 + k % TOY_I];
        }
        weir_batch given = {.T = T, .B = B, .x = batch.x, .x_step = 5, .x_row = 20};
        if (is_backward)
            given =
                (weir_batch){.T = T, .B = B, .x = batch.x + (T - 1) * 5, .x_step = -5, .x_row = 20};
        weir_model_forward(model, &given, found, NULL);
        weir_model_forward(model, &(weir_batch){.T = T, .B = B, .x = copy}, expected, NULL);
        EXPECT(memcmp(found, expected, sizeof found) == 0, "%s: strides, %s", cell,
               is_backward ? "backward" : "forward");
    }
    weir_model_destroy(model);
}

/* ---- Gradients ---- */

static double loss_of(weir_model *model, const struct toy_kind *kind, const weir_batch *batch)
{
    float outputs[TOY_T * TOY_B * TOY_OUTPUTS];
    weir_model_changed(model);
    EXPECT(weir_model_forward(model, batch, outputs, NULL) == WEIR_OK, "forward");
    return weir_loss_value(kind->loss, rows_of(kind, batch), TOY_OUTPUTS, outputs, batch->targets,
                           NULL);
}

/* Differences of the fourth order: losses are known to 7 digits only, so that steps must be wide.
 */
static void check_parameter(weir_model *model, const struct toy_kind *kind, const weir_batch *batch,
                            const weir_parameter *parameter)
{
    static const struct {
        float steps;
        double weight;
    } points[] = {{-2, 1}, {-1, -8}, {1, 8}, {2, -1}};
    const float step = 0x1p-6f;
    for (size_t i = 0; i < parameter->rows * parameter->cols; i++) {
        const float value = parameter->values[i];
        double difference = 0;
        for (size_t p = 0; p < sizeof points / sizeof *points; p++) {
            parameter->values[i] = value + points[p].steps * step;
            difference += points[p].weight * loss_of(model, kind, batch) / (12 * (double)step);
        }
        parameter->values[i] = value;
        EXPECT(fabs(difference - parameter->gradients[i]) < 1e-4, "%s: %s[%zu] is %g, not %g",
               kind->name, parameter->name, i, (double)parameter->gradients[i], difference);
    }
}

static void check_gradients(const char *cell, const struct toy_kind *kind, const weir_batch *batch)
{
    struct toy_config toy;
    size_t count;
    double loss;
    toy_config_set(&toy, kind, cell);
    toy.config.optimiser = (weir_optimiser_config){.method = WEIR_SGD, .rate = 1e-30};
    weir_model *model = toy_model(&toy.config);
    const weir_parameter *parameters = weir_model_parameters(model, &count);
    const double before = loss_of(model, kind, batch);
    EXPECT(weir_model_train(model, batch, &loss, NULL) == WEIR_OK, "training");
    EXPECT(loss == before, "%s, %s: the loss in training is %.17g, and %.17g outside", cell,
           kind->name, loss, before);
    for (size_t k = 0; k < count; k++)
        check_parameter(model, kind, batch, &parameters[k]);
    weir_model_destroy(model);
}

/* Whole batches, smaller ones, and one of which each row is a sequence of the caller's. */
static void check_batches(const char *cell, const struct toy_kind *kind)
{
    struct toy_batch toy;
    toy_batch_set(&toy, 1);
    check_gradients(cell, kind, &toy.batch);
    toy.batch.T = 1;
    toy.batch.B = 1;
    check_gradients(cell, kind, &toy.batch);
    toy.batch.T = 3;
    toy.batch.B = 2;
    toy.batch.x_step = TOY_I;
    toy.batch.x_row = TOY_T * TOY_I;
    check_gradients(cell, kind, &toy.batch);
}

/* ---- Bits ---- */

static uint64_t trained_hash(const weir_model_config *config)
{
    weir_model *model = toy_model(config);
    toy_train(model, 1, 10);
    const uint64_t hash = toy_hash(model);
    EXPECT(weir_model_steps(model) == 10, "%llu steps",
           (unsigned long long)weir_model_steps(model));
    weir_model_destroy(model);
    return hash;
}

/* Threads, ISAs and the memory that a model has change nothing; its seed does. */
static void check_bits(const char *cell)
{
    struct toy_config toy;
    weir_pool *pool;
    toy_config_set(&toy, &kinds[KINDS - 1], cell);
    for (size_t s = 0; s < toy.config.layer_count; s++)
        toy.layers[s].dropout = 0.25f;
    toy.layers[0].H = 40; /* enough for two threads */
    toy.config.clip = 0.5;
    const uint64_t hash = trained_hash(&toy.config);
    toy.config.isa = "scalar";
    EXPECT(trained_hash(&toy.config) == hash, "%s: other bits on scalar C", cell);
    toy.config.isa = NULL;
    toy.config.max_T = 9;
    toy.config.max_B = 70;
    EXPECT(trained_hash(&toy.config) == hash, "%s: other bits with more memory", cell);
    if (!weir_pool_create(&pool, 2, NULL)) {
        toy.config.pool = pool;
        EXPECT(trained_hash(&toy.config) == hash, "%s: other bits by two threads", cell);
        toy.config.pool = NULL;
        weir_pool_destroy(pool);
    }
    toy.config.seed++;
    EXPECT(trained_hash(&toy.config) != hash, "%s: another seed changes nothing", cell);
}

/* ---- Learning ---- */

/* Whether a sequence's first input of the first kind is positive: to be remembered to its end. */
static void remember_set(struct toy_batch *toy, uint64_t seed)
{
    toy_batch_set(toy, seed);
    for (size_t b = 0; b < TOY_B; b++) {
        toy->x[b * TOY_I] = b % 2 ? 1.0f : -1.0f;
        toy->targets[b * TOY_OUTPUTS] = b % 2 ? 1.0f : 0.0f;
        toy->targets[b * TOY_OUTPUTS + 1] = b % 2 ? 0.0f : 1.0f;
    }
}

static void check_learning(const char *cell, const struct toy_kind *kind, weir_method method)
{
    struct toy_config toy;
    struct toy_batch batch;
    double first = 0, loss = 0;
    toy_config_set(&toy, kind, cell);
    toy.layers[0].H = 16;
    toy.config.loss = WEIR_LOSS_BCE;
    toy.config.clip = 1;
    toy.config.optimiser = (weir_optimiser_config){
        .method = method, .rate = method == WEIR_ADAM ? 0.01 : 0.1, .momentum = 0.9};
    weir_model *model = toy_model(&toy.config);
    for (size_t step = 0; step < 300; step++) {
        remember_set(&batch, step);
        EXPECT(weir_model_train(model, &batch.batch, &loss, NULL) == WEIR_OK, "training");
        first = step ? first : loss;
    }
    EXPECT(first > 0.4 && loss < 0.05, "%s, %s: the loss goes from %g to %g", cell, kind->name,
           first, loss);
    weir_model_destroy(model);
}

/* ---- Dropout and clipping ---- */

/* With a rate of nothing learned, losses differ by their masks alone; and forward has none. */
static void check_dropout(const char *cell)
{
    struct toy_config toy;
    struct toy_batch batch;
    double loss[3];
    toy_config_set(&toy, &kinds[4], cell);
    toy.config.optimiser = (weir_optimiser_config){.method = WEIR_SGD, .rate = 1e-30};
    toy_batch_set(&batch, 1);
    for (size_t s = 0; s < 3; s++) { /* dropout of no layer, the first, the second */
        toy.layers[0].dropout = s == 1 ? 0.5f : 0;
        toy.layers[1].dropout = s == 2 ? 0.5f : 0;
        weir_model *model = toy_model(&toy.config);
        const double without = loss_of(model, &kinds[4], &batch.batch);
        for (size_t step = 0; step < 3; step++)
            weir_model_train(model, &batch.batch, &loss[step], NULL);
        EXPECT((loss[0] != loss[1] && loss[1] != loss[2]) == (s > 0), "%s, %zu: %g, %g, %g", cell,
               s, loss[0], loss[1], loss[2]);
        EXPECT(without == loss_of(model, &kinds[4], &batch.batch), "%s, %zu: forward has dropout",
               cell, s);
        weir_model_destroy(model);
    }
}

/* The loss of a first step, whose masks depend on the seed alone, with one value changed; and,
 * where `gradient` is not NULL, its gradient by that value. */
static double first_loss(const weir_model_config *config, const weir_batch *batch, size_t parameter,
                         size_t index, float change, double *gradient)
{
    size_t count;
    double loss = 0;
    weir_model *model = toy_model(config);
    const weir_parameter *parameters = weir_model_parameters(model, &count);
    parameters[parameter].values[index] += change;
    weir_model_changed(model);
    weir_model_train(model, batch, &loss, NULL);
    if (gradient)
        *gradient = parameters[parameter].gradients[index];
    weir_model_destroy(model);
    return loss;
}

/* Gradients pass through the masks that outputs have passed. */
static void check_dropout_gradients(const char *cell)
{
    struct toy_config toy;
    struct toy_batch batch;
    toy_config_set(&toy, &kinds[4], cell);
    toy.config.optimiser = (weir_optimiser_config){.method = WEIR_SGD, .rate = 1e-30};
    toy.layers[0].dropout = 0.4f;
    toy.layers[1].dropout = 0.3f;
    toy_batch_set(&batch, 1);
    for (size_t parameter = 0; parameter < 6; parameter++) {
        const float step = 0x1p-7f;
        double gradient;
        const double high = first_loss(&toy.config, &batch.batch, parameter, 1, step, NULL);
        const double low = first_loss(&toy.config, &batch.batch, parameter, 1, -step, NULL);
        const double difference = (high - low) / (2 * (double)step);
        first_loss(&toy.config, &batch.batch, parameter, 1, 0, &gradient);
        EXPECT(fabs(difference - gradient) < 1e-3 * (1 + fabs(gradient)),
               "%s: parameter %zu is %g, not %g", cell, parameter, gradient, difference);
    }
}

static void check_clip(const char *cell)
{
    struct toy_config toy;
    size_t count;
    toy_config_set(&toy, &kinds[0], cell);
    toy.config.clip = 1e-3;
    weir_model *model = toy_model(&toy.config);
    toy_train(model, 1, 1);
    const weir_parameter *parameters = weir_model_parameters(model, &count);
    const double norm = weir_clip(parameters, count, 1e9);
    EXPECT(fabs(norm - 1e-3) < 1e-8, "%s: the norm after clipping is %g", cell, norm);
    weir_model_destroy(model);
}

int main(int argc, char **argv)
{
    for (int k = 1; k < argc; k++) {
        const char *cell = argv[k];
        if (!toy_has_cell(cell) || !toy_has_cell("dense"))
            continue;
        if (!usual_projection(cell, TOY_I, 4)) {
            check_directions(cell, &kinds[2], false);
            check_directions(cell, &kinds[3], true);
        }
        check_strides(cell);
        for (size_t kind = 0; kind < KINDS; kind++)
            check_batches(cell, &kinds[kind]);
        check_bits(cell);
        check_learning(cell, &kinds[0], WEIR_ADAM);
        check_learning(cell, &kinds[0], WEIR_SGD);
        check_learning(cell, &kinds[KINDS - 1], WEIR_ADAM);
        check_dropout(cell);
        check_dropout_gradients(cell);
        check_clip(cell);
    }
    return expect_verdict("test_model");
}
