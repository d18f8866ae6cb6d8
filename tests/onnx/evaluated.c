/* SPDX-License-Identifier: MIT */
/* Evaluating single operators; see evaluated.h. */
#include "onnx/evaluated.h"
#include "onnx/operators.h"
#include "support/inputs.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUTS = 4 };

static const onnx_tensor last;
const onnx_tensor *const LAST = &last;
static onnx_memory *memory;
static struct failure failure;
static char said[sizeof failure.sentence + 200];

const char *trial_said(void)
{
    return said;
}

/* Always false. */
__attribute__((format(printf, 2, 3))) static bool say(const struct trial *trial, const char *format,
                                                      ...)
{
    va_list arguments;
    const int length = snprintf(said, sizeof said, "%s, opset %d: ", trial->op, (int)trial->opset);
    va_start(arguments, format);
    vsnprintf(said + length, sizeof said - (size_t)length, format, arguments);
    va_end(arguments);
    return false;
}

void forget_trials(void)
{
    onnx_memory_destroy(memory);
    memory = NULL;
}

static onnx_memory *room(void)
{
    if (!memory && !(memory = onnx_memory_create(64 << 20)))
        abort();
    return memory;
}

static size_t read_shape(const char *shape, size_t dims[ONNX_RANK_MAX])
{
    size_t rank = 0;
    char *end;
    for (size_t dim = strtoul(shape, &end, 10); end != shape; dim = strtoul(shape, &end, 10)) {
        dims[rank++] = dim;
        shape = end;
    }
    return rank;
}

onnx_tensor *make_tensor(enum onnx_type type, const char *shape, const double *values)
{
    static struct random random = {5};
    size_t dims[ONNX_RANK_MAX];
    const size_t rank = read_shape(shape, dims);
    onnx_tensor *tensor = onnx_tensor_create(room(), type, rank, dims, &failure);
    if (!tensor)
        abort();
    for (size_t i = 0; i < tensor->count; i++) {
        const size_t drawn = random_below(&random, 4096);
        if (tensor->floats)
            tensor->floats[i] = values ? (float)values[i] : (float)drawn / 1024 - 2;
        else
            tensor->ints[i] = values ? (int64_t)values[i] : (int64_t)(drawn % 16) - 8;
    }
    return tensor;
}

static const onnx_tensor *const *evaluate(const struct trial *trial)
{
    static const onnx_tensor *outputs[OUTPUTS];
    static int wanted[OUTPUTS] = {0, 1, 2, 3}, given[9];
    onnx_node node = {.name = "",
                      .op = trial->op,
                      .opset = trial->opset,
                      .operator= onnx_operator_find(trial->op),
                      .inputs = given,
                      .outputs = wanted,
                      .output_count = trial->outputs ? trial->outputs : 1,
                      .attributes = trial->attributes};
    while (trial->inputs[node.input_count] != LAST)
        node.input_count++;
    while (trial->attributes[node.attribute_count].name)
        node.attribute_count++;
    failure.sentence[0] = 0;
    if (!node.operator)
        abort();
    return onnx_evaluate(&node, trial->inputs, outputs, room(), &failure) ? outputs : NULL;
}

bool output_is(const struct trial *trial, size_t output, enum onnx_type type, const char *shape,
               const double *values)
{
    const onnx_tensor *const *outputs = evaluate(trial);
    size_t dims[ONNX_RANK_MAX];
    const size_t rank = read_shape(shape, dims);
    if (!outputs)
        return say(trial, "%s", failure.sentence);
    const onnx_tensor *y = outputs[output];
    if (y->type != type || y->rank != rank || memcmp(y->dims, dims, rank * sizeof *dims) != 0)
        return say(trial, "type %s, %zu dimensions, the first %zu", onnx_type_name(y->type),
                   y->rank, y->rank ? y->dims[0] : 0);
    for (size_t i = 0; i < y->count; i++) {
        const double got = y->floats ? (double)y->floats[i] : (double)y->ints[i];
        const double most = y->floats ? 2e-6 * fmax(1, fabs(values[i])) : 0;
        if (isnan(values[i]) ? !isnan(got) : !(fabs(got - values[i]) <= most))
            return say(trial, "element %zu is %.9g and should be %.9g", i, got, values[i]);
    }
    return true;
}

bool is_refused(const struct trial *trial, const char *words)
{
    const bool refused = !evaluate(trial);
    say(trial, "%s", refused ? failure.sentence : "it was evaluated");
    return refused && strstr(failure.sentence, words) && !strchr(failure.sentence, '\n');
}
