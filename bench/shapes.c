/* SPDX-License-Identifier: MIT */
/* Reads a shapes file, strictly, and works out of each shape's cell what it costs; see shapes.h.
 * Weights and inputs are made in workload.c. */
#define _GNU_SOURCE
#include "shapes.h"

#include "common/text.h"
#include "lines.h"
#include "packing.h"
#include "weir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SHAPES_MAX = 1000, SIZE_LIMIT = 65536, FIELDS_MAX = 8, FILE_MAX = 1 << 20 };

/* The largest array a shape may ask for, in floats. */
static const double array_limit = 1 << 28;

/* Where in which file: what every sentence begins with. */
struct place {
    const struct lines *lines;
    struct failure *failure;
};

#define FAIL_AT(place, format, ...)                                                                \
    fail((place)->failure, "%s:%zu: " format, (place)->lines->path, (place)->lines->number,        \
         __VA_ARGS__)

static bool size_parse(size_t *size, const char *text, const char *what, const struct place *place)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || value < 1 || value > SIZE_LIMIT)
        return FAIL_AT(place, "%s is '%s'; expected a number from 1 to %d", what, text, SIZE_LIMIT);
    *size = value;
    return true;
}

/* Names become part of a benchmark's name and of a file's. */
static bool name_parse(char *name, size_t capacity, const char *text, const struct place *place)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (strlen(text) >= capacity || text[strspn(text, allowed)])
        return FAIL_AT(place, "the name '%s': expected at most %zu of a-z A-Z 0-9 _ - .", text,
                       capacity - 1);
    strcpy(name, text);
    return true;
}

static bool cell_weights(const struct shape *shape, size_t more_I, size_t more_H,
                         weir_shape *weights, size_t *count, const struct place *place)
{
    weir_error error = {0};
    const size_t P = shape->P ? shape->P + more_H : 0;
    if (weir_cell_weights(shape->cell, shape->I + more_I, shape->H + more_H, P, weights,
                          WEIGHTS_MAX, count, &error))
        return FAIL_AT(place, "%s", error.message);
    if (*count > WEIGHTS_MAX)
        return FAIL_AT(place, "the cell %s has more than %d weights", shape->cell, WEIGHTS_MAX);
    return true;
}

/* The matrix work of a weight of that many elements, one call. Backward does a product's work
 * twice, for the gradient by the weight and for that by what it was multiplied with; the latter not
 * at the first step where that is a state, for nobody asks for the gradient by the initial one. */
static double product_flop(const struct shape *shape, double floats, bool is_input)
{
    const size_t T = shape->T;
    const size_t steps = shape->train ? (is_input ? 3 * T : 3 * T - 1) : T;
    return 2 * floats * (double)steps * (double)shape->B;
}

/* What the cell costs. A weight whose columns grow with I belongs to a product with x, one whose
 * columns grow with H or P to a product with a state, and one whose columns never do is a vector.
 */
static bool shape_cost(struct shape *shape, const struct place *place)
{
    weir_shape now[WEIGHTS_MAX], wider[WEIGHTS_MAX], taller[WEIGHTS_MAX], states[WEIGHTS_MAX];
    size_t count = 0, state_count = 0;
    weir_error error = {0};
    if (!cell_weights(shape, 0, 0, now, &count, place) ||
        !cell_weights(shape, 1, 0, wider, &count, place) ||
        !cell_weights(shape, 0, 1, taller, &count, place))
        return false;
    if (weir_cell_states(shape->cell, shape->I, shape->H, shape->P, states, WEIGHTS_MAX,
                         &state_count, &error))
        return FAIL_AT(place, "%s", error.message);
    shape->output = states[0].rows;
    shape->recurrent_passes = shape->train ? 2 * shape->T - 1 : shape->T;
    shape->input_passes = shape->train ? 2 : 1;
    for (size_t w = 0; w < count; w++) {
        const double floats = (double)now[w].rows * (double)now[w].cols;
        const bool is_input = wider[w].cols != now[w].cols;
        const bool is_matrix = is_input || taller[w].cols != now[w].cols;
        if (floats > array_limit)
            return FAIL_AT(place, "%s would have %.0f elements; at most %.0f", now[w].name, floats,
                           array_limit);
        if (is_matrix)
            shape->flop += product_flop(shape, floats, is_input);
        for (int type = 0; type < WEIR_TYPE_COUNT; type++) {
            /* No type makes a vector smaller. */
            const double words = is_matrix ? (double)weir_matrix_words((enum weir_type)type,
                                                                       now[w].rows, now[w].cols)
                                           : floats;
            (is_input ? shape->input_bytes : shape->recurrent_bytes)[type] += words * sizeof(float);
        }
    }
    return true;
}

/* The optional columns: P=size and data=file. */
static bool option_parse(struct shape *shape, const char *text, const struct place *place)
{
    if (strncmp(text, "P=", 2) == 0 && !shape->P)
        return size_parse(&shape->P, text + 2, "P", place);
    if (strncmp(text, "data=", 5) == 0 && !shape->prices.days) {
        const char *slash = strrchr(place->lines->path, '/');
        const int folder = text[5] != '/' && slash ? (int)(slash - place->lines->path + 1) : 0;
        char *path = text_format("%.*s%s", folder, place->lines->path, text + 5);
        const bool good = prices_read(&shape->prices, path, place->failure);
        free(path);
        return good;
    }
    return FAIL_AT(place, "'%s': expected nothing more, P=size or data=file, each once", text);
}

static bool batch_parse(struct shape *shape, const char *text, const struct place *place)
{
    const bool has_data = shape->prices.days > 0;
    const size_t windows = prices_windows(&shape->prices, shape->T);
    if (has_data && shape->I != PRICES_INPUTS)
        return FAIL_AT(place, "I is %zu; data has %d inputs a day", shape->I, PRICES_INPUTS);
    if (has_data && windows == 0)
        return FAIL_AT(place, "the data has %zu days, too few for a window of %zu",
                       shape->prices.days, shape->T);
    if (strcmp(text, "windows") == 0) {
        if (!has_data)
            return FAIL_AT(place, "%s", "B is 'windows', which needs data=file; or give a number");
        shape->B = windows;
    } else if (!size_parse(&shape->B, text, "B", place)) {
        return false;
    }
    if (has_data && shape->B > windows)
        return FAIL_AT(place, "B is %zu; the data has %zu windows", shape->B, windows);
    return true;
}

static bool shape_parse(struct shape *shape, char *line, const struct place *place)
{
    char *field[FIELDS_MAX + 1], *rest = line;
    size_t count = 0;
    for (char *word; (word = strtok_r(rest, " \t", &rest)) != NULL && count <= FIELDS_MAX;)
        field[count++] = word;
    if (count < 6 || count > FIELDS_MAX)
        return FAIL_AT(place, "%zu fields; expected: name cell I H T B [P=size] [data=file]",
                       count);
    if (!name_parse(shape->name, sizeof shape->name, field[0], place) ||
        !name_parse(shape->cell, sizeof shape->cell, field[1], place) ||
        !size_parse(&shape->I, field[2], "I", place) ||
        !size_parse(&shape->H, field[3], "H", place) ||
        !size_parse(&shape->T, field[4], "T", place))
        return false;
    for (size_t i = 6; i < count; i++)
        if (!option_parse(shape, field[i], place))
            return false;
    if (!batch_parse(shape, field[5], place) || !shape_cost(shape, place))
        return false;
    const double rows = (double)shape->T * (double)shape->B;
    if (rows * (double)shape->I > array_limit || rows * (double)shape->output > array_limit)
        return FAIL_AT(place, "%s: inputs or outputs of more than %.0f elements", shape->name,
                       array_limit);
    return true;
}

static bool shape_add(struct shapes *shapes, char *line, bool train, const struct place *place)
{
    if (shapes->count == SHAPES_MAX)
        return FAIL_AT(place, "more than %d shapes; cut the file", SHAPES_MAX);
    struct shape *grown = realloc(shapes->at, (shapes->count + 1) * sizeof *grown);
    if (!grown)
        return FAIL_AT(place, "%s", "not enough memory");
    shapes->at = grown;
    struct shape *shape = &grown[shapes->count];
    *shape = (struct shape){.train = train};
    shapes->count++; /* before parsing, so that shapes_free finds prices already read */
    if (!shape_parse(shape, line, place))
        return false;
    for (size_t i = 0; i + 1 < shapes->count; i++)
        if (strcmp(grown[i].name, shape->name) == 0)
            return FAIL_AT(place, "a second shape named %s; every name is used once", shape->name);
    return true;
}

/* Cuts the comment off; false with a sentence when a byte before it is no text. */
static bool line_clean(char *line, size_t length, const struct place *place)
{
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '#') {
            line[i] = 0;
            return true;
        }
        if ((line[i] < ' ' || line[i] > '~') && line[i] != '\t')
            return lines_fail_byte(place->lines, line, i, place->failure);
    }
    return true;
}

bool shapes_read(struct shapes *shapes, const char *path, bool train, struct failure *failure)
{
    struct lines lines;
    const struct place place = {&lines, failure};
    char *line;
    size_t length;
    bool good = true;
    *shapes = (struct shapes){0};
    if (!lines_open(&lines, path, FILE_MAX, failure))
        return fail(failure, "%s; give a shapes file with --shapes", failure->sentence);
    while (good && (line = lines_next(&lines, &length)) != NULL) {
        good = line_clean(line, length, &place);
        if (good && line[strspn(line, " \t")])
            good = shape_add(shapes, line, train, &place);
    }
    if (good && shapes->count == 0)
        good = fail(failure, "%s: no shapes in it; expected lines: name cell I H T B", path);
    lines_close(&lines);
    if (!good)
        shapes_free(shapes);
    return good;
}

bool shapes_single(struct shapes *shapes, const char *fields, bool train, struct failure *failure)
{
    const struct lines lines = {.path = "command line", .number = 1};
    const struct place place = {&lines, failure};
    char *line = text_format("%s", fields);
    *shapes = (struct shapes){0};
    const bool good = shape_add(shapes, line, train, &place);
    free(line);
    if (!good)
        shapes_free(shapes);
    return good;
}

void shapes_free(struct shapes *shapes)
{
    for (size_t i = 0; i < shapes->count; i++)
        prices_free(&shapes->at[i].prices);
    free(shapes->at);
    *shapes = (struct shapes){0};
}

static enum weir_type type_of(const char *type)
{
    return type ? weir_type_named(type) : WEIR_TYPE_F32;
}

double shape_recurrent_bytes(const struct shape *shape, const char *type)
{
    return shape->recurrent_bytes[type_of(type)];
}

double shape_input_bytes(const struct shape *shape, const char *type)
{
    return shape->input_bytes[type_of(type)];
}

double shape_walk(const struct shape *shape, const char *type)
{
    return shape_recurrent_bytes(shape, type) * (double)shape->recurrent_passes +
           shape_input_bytes(shape, type) * (double)shape->input_passes;
}
