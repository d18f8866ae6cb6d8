/* SPDX-License-Identifier: MIT */
/* Running a model on files: comparing with expected outputs, and writing outputs. */
#include "run/actions.h"
#include "common/files.h"
#include "common/setting.h"
#include "common/text.h"
#include "run/files.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOLERANCE 1e-5
enum { PATH_SIZE = 4096 };

run_session *action_session(const struct request *request, const onnx_model *model,
                            struct failure *failure)
{
    const run_options options = {.keep_states = request->streams,
                                 .plain = request->plain,
                                 .tuning = request->tuning,
                                 .types = request->types};
    run_session *session = run_create(model, &options, failure);
    if (session && run_apart(session))
        fprintf(stderr,
                "weir-run: what follows a recurrent node, or spells out a cell, runs plainly and "
                "not as part of a kernel, whose results may differ in the last places: %s\n",
                run_apart(session));
    return session;
}

bool action_prepare(struct prepared *prepared, const struct request *request,
                    const onnx_model *model, struct failure *failure)
{
    *prepared =
        (struct prepared){.request = request,
                          .model = model,
                          .memory = onnx_memory_create(SIZE_MAX / 2),
                          .inputs = calloc(model->graph.input_count + 1, sizeof(onnx_tensor *)),
                          .outputs = calloc(model->graph.output_count + 1, sizeof(onnx_tensor *))};
    return (prepared->memory && prepared->inputs && prepared->outputs) || fail_memory(failure);
}

void action_release(struct prepared *prepared)
{
    run_compiled_destroy(prepared->compiled);
    run_destroy(prepared->session);
    onnx_memory_destroy(prepared->memory);
    free(prepared->inputs);
    free(prepared->outputs);
}

bool action_check_input(const onnx_model *model, size_t input, const onnx_tensor *tensor,
                        const char *path, struct failure *failure)
{
    return run_check_input(model, input, tensor, failure) ||
           fail(failure, "%.300s: %s", path, failure->sentence);
}

static bool fail_count(const struct request *request, const onnx_model *model,
                       struct failure *failure)
{
    struct text names = {0};
    for (size_t i = 0; i < model->graph.input_count; i++)
        text_add(&names, "%s'%.80s'", i ? ", " : "",
                 quote(model->values[model->graph.inputs[i]].name).text);
    fail(failure,
         "the model has %zu inputs, and %zu are given; expected one --input for each of %.2000s",
         model->graph.input_count, request->input_count, names.length ? names.chars : "none");
    text_free(&names);
    return false;
}

/* ---- Calls ---- */

/* Where it cannot be interpreted either, that alone is told. */
static bool interpret(struct prepared *prepared, const char *why, struct failure *failure)
{
    struct failure other;
    run_compiled_destroy(prepared->compiled);
    prepared->compiled = NULL;
    prepared->session = action_session(prepared->request, prepared->model, &other);
    if (!prepared->session)
        return fail(failure, "%s", other.sentence);
    if (why)
        fprintf(stderr, "weir-run: the model is interpreted, which takes longer: %s\n", why);
    return true;
}

const char *action_why_interpreted(const struct request *request)
{
    if (request->plain) /* which says so itself */
        return NULL;
    if (request->type)
        return "--type is for its recurrent nodes alone";
    return setting("WEIR_KERNEL") ? "WEIR_KERNEL is for kernels of this build" : NULL;
}

bool action_begin(struct prepared *prepared, const onnx_tensor *const *inputs,
                  struct failure *failure)
{
    const struct request *request = prepared->request;
    const run_options options = {
        .keep_states = request->streams,
        .tuning = request->tuning,
        .notice = "weir-run: the model is compiled for inputs of these shapes, which is done once"};
    struct failure why;
    for (size_t i = 0; i < prepared->model->graph.input_count; i++)
        if (!run_input(prepared->model, i, inputs[i], prepared->memory, failure))
            return false;
    if (request->plain || action_why_interpreted(request))
        return interpret(prepared, action_why_interpreted(request), failure);
    prepared->compiled = run_compiled_create(prepared->model, inputs, &options, true, &why);
    return prepared->compiled || interpret(prepared, why.sentence, failure);
}

bool action_call(struct prepared *prepared, const onnx_tensor *const *inputs,
                 const onnx_tensor **outputs, struct failure *failure)
{
    const size_t before = prepared->calls++;
    if (prepared->compiled && run_compiled_call(prepared->compiled, inputs, outputs, failure))
        return true;
    if (prepared->compiled && before && prepared->request->streams)
        return fail(failure, "%s; with --plain the model can go on", failure->sentence);
    if (prepared->compiled && !interpret(prepared, failure->sentence, failure))
        return false;
    return run_call(prepared->session, inputs, outputs, failure);
}

bool action_read_inputs(const struct request *request, const onnx_model *model, onnx_memory *memory,
                        const onnx_tensor **inputs, struct failure *failure)
{
    if (request->input_count != model->graph.input_count)
        return fail_count(request, model, failure);
    for (size_t i = 0; i < request->input_count; i++) {
        const char *path = request->inputs[i];
        /* Of a stream, a call takes a part. */
        if (!(inputs[i] = file_read_tensor(memory, path, failure)) ||
            !(request->streams || action_check_input(model, i, inputs[i], path, failure)))
            return false;
    }
    return true;
}

/* ---- Comparing ---- */

/* How many floats lie between two, in units of the last place. */
static double ulp_distance(float a, float b)
{
    int32_t p, q;
    memcpy(&p, &a, sizeof p);
    memcpy(&q, &b, sizeof q);
    const int64_t from = p < 0 ? (int64_t)INT32_MIN - p : p,
                  to = q < 0 ? (int64_t)INT32_MIN - q : q;
    return fabs((double)(from - to));
}

/* What a difference is held to where nothing else is asked: the largest number that is expected, or
 * 1. Whole numbers are never off by a part of one. */
static double scale_of(const onnx_tensor *wanted)
{
    double largest = 1;
    for (size_t i = 0; wanted->floats && i < wanted->count; i++)
        if (isfinite(wanted->floats[i]))
            largest = fmax(largest, fabs((double)wanted->floats[i]));
    return largest;
}

/* The largest differences of an output; infinite where one is no number and the other is. Whether
 * all are within the tolerance. */
static bool measure(const onnx_tensor *got, const onnx_tensor *wanted, double tolerance,
                    double *absolute, double *ulp)
{
    const double allowed = TOLERANCE * scale_of(wanted);
    bool within = true;
    *absolute = *ulp = 0;
    for (size_t i = 0; i < got->count; i++) {
        const float a = got->floats ? got->floats[i] : (float)got->ints[i];
        const float b = wanted->floats ? wanted->floats[i] : (float)wanted->ints[i];
        if (a == b || (isnan(a) && isnan(b)))
            continue;
        const double difference = fabs((double)a - (double)b);
        const double most =
            tolerance >= 0 ? tolerance : allowed + onnx_type_step(wanted->type) * fabs((double)b);
        within = within && isfinite(difference) && difference <= most;
        *absolute = isnan(difference) ? INFINITY : fmax(*absolute, difference);
        *ulp = isnan(difference) ? INFINITY : fmax(*ulp, ulp_distance(a, b));
    }
    return within;
}

static bool compare(const char *name, const onnx_tensor *got, const onnx_tensor *wanted,
                    double tolerance)
{
    double absolute, ulp;
    if (!run_is_alike(got, wanted)) {
        printf("%-24s is %s%s, expected %s%s\n", name, onnx_type_name(got->type),
               onnx_shape_of(got).text, onnx_type_name(wanted->type), onnx_shape_of(wanted).text);
        return false;
    }
    const bool within = measure(got, wanted, tolerance, &absolute, &ulp);
    printf("%-24s %zu elements, largest difference %.3g, %.0f ULP%s\n", name, got->count, absolute,
           ulp, within ? "" : ": too large");
    return within;
}

struct data_path {
    char text[PATH_SIZE];
};

/* The file of an input or output in a folder of test data. */
static struct data_path data_path(const struct request *request, const char *what, size_t index)
{
    struct data_path path;
    snprintf(path.text, sizeof path.text, "%.4000s/%s_%zu.pb", request->data, what, index);
    return path;
}

bool action_read_data(const struct request *request, const onnx_model *model,
                      struct prepared *prepared, struct failure *failure)
{
    for (size_t i = 0; i < model->graph.input_count; i++) {
        const struct data_path path = data_path(request, "input", i);
        if (!(prepared->inputs[i] = file_read_tensor(prepared->memory, path.text, failure)) ||
            !action_check_input(model, i, prepared->inputs[i], path.text, failure))
            return false;
    }
    return true;
}

static int compare_all(const struct request *request, const onnx_model *model,
                       struct prepared *prepared, struct failure *failure)
{
    int status = PASSED;
    if (!action_read_data(request, model, prepared, failure) ||
        !action_begin(prepared, prepared->inputs, failure) ||
        !action_call(prepared, prepared->inputs, prepared->outputs, failure))
        return BAD;
    for (size_t i = 0; i < model->graph.output_count; i++) {
        const onnx_tensor *wanted =
            file_read_tensor(prepared->memory, data_path(request, "output", i).text, failure);
        if (!wanted)
            return BAD;
        if (!compare(quote(model->values[model->graph.outputs[i]].name).text, prepared->outputs[i],
                     wanted, request->tolerance))
            status = DIFFERENT;
    }
    return status;
}

int action_compare(const struct request *request, const onnx_model *model, struct failure *failure)
{
    struct prepared prepared;
    if (request->type)
        return action_lose(request, model, failure);
    const bool opened = action_prepare(&prepared, request, model, failure);
    const int status = opened ? compare_all(request, model, &prepared, failure) : BAD;
    action_release(&prepared);
    return status;
}

/* ---- Writing outputs ---- */

int action_convert(const struct request *request, const onnx_model *model, struct failure *failure)
{
    struct prepared prepared;
    if (request->output_count > model->graph.output_count) {
        fail(failure, "the model has %zu outputs, and %zu are wanted", model->graph.output_count,
             request->output_count);
        return BAD;
    }
    for (size_t i = 0; i < request->output_count; i++)
        if (!file_try(request->outputs[i], failure))
            return BAD;
    bool done =
        action_prepare(&prepared, request, model, failure) &&
        action_read_inputs(request, model, prepared.memory, prepared.inputs, failure) &&
        (request->streams ? action_stream(request, model, &prepared, failure)
                          : action_begin(&prepared, prepared.inputs, failure) &&
                                action_call(&prepared, prepared.inputs, prepared.outputs, failure));
    for (size_t i = 0; done && i < request->output_count; i++)
        done =
            file_write_tensor(prepared.memory, prepared.outputs[i], request->outputs[i], failure);
    action_release(&prepared);
    return done ? PASSED : BAD;
}
