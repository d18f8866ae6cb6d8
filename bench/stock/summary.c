/* SPDX-License-Identifier: MIT */
/* A model's summary; see summary.h. Nothing here knows a cell: weights are counted by their shapes,
 * and put together by the first letter of their names (Wi Wf Wg Wo). */
#define _GNU_SOURCE
#include "stock/summary.h"

#include "stock/series.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { SHAPES_MAX = 64, WIDTH = 84 };

struct grouped grouped(size_t number)
{
    struct grouped grouped = {""};
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%zu", number);
    char *to = grouped.text;
    for (int k = 0; k < length; k++) {
        if (k > 0 && (length - k) % 3 == 0)
            *to++ = ',';
        *to++ = digits[k];
    }
    *to = 0;
    return grouped;
}

/* ---- The sum that leads to a number of parameters ---- */

/* Weights of one kind: matrices of one letter and width, or vectors. */
struct group {
    char letter;
    size_t cols, weights;
};

static size_t groups_find(struct group *groups, const weir_shape *shapes, size_t count, size_t rows)
{
    size_t found = 0;
    for (size_t s = 0; s < count; s++) {
        if (shapes[s].rows != rows)
            continue;
        const char letter = isupper((unsigned char)*shapes[s].name) ? *shapes[s].name : 0;
        size_t g = 0;
        while (g < found && (groups[g].letter != letter || groups[g].cols != shapes[s].cols))
            g++;
        if (g == found)
            groups[found++] = (struct group){letter, shapes[s].cols, 0};
        groups[g].weights++;
    }
    return found;
}

/* k*rows*(a+b+c) where all groups have k weights, rows*(k*a+m*b+c) where they differ. */
static void formula_add(FILE *file, const struct group *groups, size_t count, size_t rows)
{
    size_t common = groups[0].weights;
    for (size_t g = 1; g < count; g++)
        common = groups[g].weights == common ? common : 1;
    if (common > 1)
        fprintf(file, "%zu*", common);
    fprintf(file, count > 1 ? "%zu*(" : "%zu*", rows);
    for (size_t g = 0; g < count; g++) {
        const size_t times = groups[g].weights / common, cols = groups[g].cols;
        fputs(g ? "+" : "", file);
        if (times > 1 && cols > 1)
            fprintf(file, "%zu*%zu", times, cols);
        else
            fprintf(file, "%zu", times * cols);
    }
    fputs(count > 1 ? ")" : "", file);
}

size_t formula_of(const weir_shape *shapes, size_t count, char formula[FORMULA_MAX])
{
    size_t total = 0;
    char text[FORMULA_MAX] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    for (size_t s = 0; s < count; s++) {
        bool is_new = true;
        for (size_t before = 0; before < s; before++)
            is_new = is_new && shapes[before].rows != shapes[s].rows;
        total += shapes[s].rows * shapes[s].cols;
        if (!is_new || !file)
            continue;
        struct group groups[SHAPES_MAX];
        const size_t found = groups_find(groups, shapes, count, shapes[s].rows);
        fputs(s ? " + " : "", file);
        formula_add(file, groups, found, shapes[s].rows);
    }
    if (file)
        fclose(file);
    memcpy(formula, text, FORMULA_MAX);
    return total;
}

/* ---- The table ---- */

/* A layer of the model: a cell, and the size of what it gives. */
struct learned {
    weir_shape shapes[SHAPES_MAX];
    size_t count, output;
};

static bool learned_find(struct learned *learned, const char *cell, size_t I, size_t H, size_t P,
                         struct failure *failure)
{
    weir_error error;
    weir_shape states[SHAPES_MAX];
    size_t state_count;
    if (weir_cell_weights(cell, I, H, P, learned->shapes, SHAPES_MAX, &learned->count, &error) ||
        weir_cell_states(cell, I, H, P, states, SHAPES_MAX, &state_count, &error))
        return fail(failure, "%s", error.message);
    learned->output = states[0].rows;
    return learned->count <= SHAPES_MAX || fail(failure, "%s has too many weights", cell);
}

static bool layers_find(struct learned *cell_learned, struct learned *head,
                        const struct options *options, const char *cell, struct failure *failure)
{
    return learned_find(cell_learned, cell, FEATURES, options->units, options->projection,
                        failure) &&
           learned_find(head, "dense", cell_learned->output, 1, 0, failure);
}

bool summary_count(const struct options *options, const char *cell, size_t *learned,
                   struct failure *failure)
{
    struct learned layer, head;
    char formula[FORMULA_MAX];
    if (!layers_find(&layer, &head, options, cell, failure))
        return false;
    *learned = formula_of(layer.shapes, layer.count, formula) +
               formula_of(head.shapes, head.count, formula);
    return true;
}

static void rule(FILE *file, char c)
{
    for (int k = 0; k < WIDTH; k++)
        fputc(c, file);
    fputc('\n', file);
}

static size_t row_print(FILE *file, const char *name, const char *type, size_t output,
                        const struct learned *learned)
{
    char layer[96], shape[48], formula[FORMULA_MAX] = "";
    const size_t count = learned ? formula_of(learned->shapes, learned->count, formula) : 0;
    snprintf(layer, sizeof layer, "%s (%s)", name, type);
    snprintf(shape, sizeof shape, "(None, %zu)", output);
    fprintf(file, " %-30s %-16s %s%s%s\n", layer, shape, formula, learned ? " = " : "",
            grouped(count).text);
    return count;
}

bool summary_print(FILE *file, const struct options *options, const char *cell,
                   struct failure *failure)
{
    struct learned layer, head;
    char rate[32];
    if (!layers_find(&layer, &head, options, cell, failure))
        return false;
    snprintf(rate, sizeof rate, "rate %g", options->dropout);
    fprintf(file, "Model: \"%s\"\n", cell);
    rule(file, '_');
    fprintf(file, " %-30s %-16s %s\n", "Layer (type)", "Output Shape", "Param #");
    rule(file, '=');
    fprintf(file, " %-30s (None, %" PRIu64 ", %d)   0\n", "input", options->window, FEATURES);
    size_t total = row_print(file, cell, "recurrent", layer.output, &layer);
    row_print(file, "dropout", rate, layer.output, NULL);
    total += row_print(file, "dense", "one step", 1, &head);
    if (options->source != DATA_ADDING)
        row_print(file, "sigmoid", "activation", 1, NULL);
    rule(file, '=');
    fprintf(file, "Total params: %s\nTrainable params: %s\nNon-trainable params: 0\n",
            grouped(total).text, grouped(total).text);
    rule(file, '_');
    return true;
}
