/* SPDX-License-Identifier: MIT */
/* How a model is called, which NAME.h says, the end of NAME.c does, and the self-test uses. */
#include "deploy/deployment.h"

/* A stream gets one step a call, a sequence several, with or without a length. */
static void add_step(const struct deployment *d, struct values *values)
{
    enum { STREAM, SEQUENCE, LENGTHS };
    static const struct {
        const char *folder, *arguments;
    } ways[] = {
        [STREAM] = {"stream", "model, state, x, y"},
        [SEQUENCE] = {"sequence", "model, state, steps, x, y"},
        [LENGTHS] = {"lengths", "model, state, steps, length, x, y"},
    };
    const int way = d->model->lengths ? LENGTHS : d->model->steps > 1 ? SEQUENCE : STREAM;
    const char *calls = d->model->steps == 1 ? "stream" : "sequence";
    values_choose(values, "KERNEL_FUNCTION", calls, "kernel.h");
    values_choose(values, "RUN_PASS", calls, "pass.c");
    values_choose(values, "STEP_DECLARATION", ways[way].folder, "step.h");
    values_choose(values, "STEP", ways[way].folder, "step.c");
    values_choose(values, "TEST_STEP", ways[way].folder, "test.c");
    values_add(values, "STEP_ARGUMENTS", "%s", ways[way].arguments);
    values_add(values, "STEPS_WRONG", "%s",
               d->model->exact_steps ? "steps != @UPPER@_STEPS"
                                     : "steps < 1 || steps > @UPPER@_STEPS");
    values_add(values, "STEPS_RANGE", "%s",
               d->model->exact_steps ? "always @UPPER@_STEPS" : "1 to @UPPER@_STEPS");
    values_add(values, "CALLS", "%s",
               deployment_is_whole(d) ? "Each call is a whole sequence."
                                      : "A stream goes on from call to call.");
    values_add(values, "STEPS_OUT", "%s", deployment_gives_last(d) ? "1" : "steps");
}

/* Where a sequence ends: where a call says, or always at the same step. */
static void add_length(const struct deployment *d, struct values *values)
{
    if (d->model->length == DEPLOY_ANY_LENGTH) {
        values_add(values, "LENGTH_WRONG", "length > steps");
        values_add(values, "LENGTH_RANGE", "`length`");
        return;
    }
    values_add(values, "LENGTH_WRONG", "length != %zu || length > steps", d->model->length);
    values_add(values, "LENGTH_RANGE", "`length`, always %zu", d->model->length);
}

static void add_softmax(const struct deployment *d, struct values *values)
{
    const bool has = deployment_has_softmax(d);
    values_add(values, "INCLUDE_SOFTMAX", "%s", has ? "#include \"softmax.h\"" : "");
    values_add(values, "SOFTMAX_FIELD", "%s",
               has ? "    size_t softmax; /* over every so many of them; 0: there is none */" : "");
    values_add(values, "SOFTMAX_FUNCTION", "%s",
               has ? template_text("deploy/softmax/function.c.in") : "");
    values_add(values, "SOFTMAX_CALL", "%s", has ? template_text("deploy/softmax/call.c.in") : "");
}

static void add_reset(const struct deployment *d, struct values *values)
{
    const bool whole = deployment_is_whole(d);
    values_choose(values, "RESET_COMMENT", whole ? "whole" : "parts", "reset.h");
    values_add(values, "RESET_FIRST", "%s", whole ? "    reset((struct state *)state);" : "");
}

/* Weights come from a file, or are a table of the model's, which may be packed. */
static void add_init(const struct deployment *d, struct values *values)
{
    const bool file = d->model->weights_file, packed = deployment_is_packed(d);
    const char *folder = file ? "weights_file" : "weights_table";
    values_choose(values, "INIT_DECLARATION", packed ? "weights_packed" : folder, "init.h");
    values_choose(values, "INIT", folder, "init.c");
    values_choose(values, "TEST_INIT", folder, "test.c");
    values_choose(values, "ADD_TEST", folder, "test.cmake");
    values_add(values, "MODEL_MEMORY", "%s",
               packed ? "NULL; /* the weights lie in the program */"
                      : "aligned_alloc(@UPPER@_ALIGN, @NAME@_model_size());");
    values_add(values, "INIT_ARGUMENTS", "%s",
               file ? "model, NULL, weights, bytes" : "model, NULL");
    values_add(values, "INCLUDE_HASH", "%s", file ? "#include \"hash.h\"" : "");
}

/* What is the same of chains and of schedules, each in a folder of its own. */
static void choose_kind(const struct deployment *d, struct values *values)
{
    static const struct {
        const char *name, *file;
    } texts[] = {{"SIZES", "sizes.h"},        {"BODY", "body.c"},
                 {"PLACES", "places.h"},      {"STATE_BEGINS", "begins.h"},
                 {"COPY_CURRENT", "saved.c"}, {"TEST_CHECK", "test.c"}};
    const char *folder = d->model->schedule ? "schedule" : "layers";
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        values_choose(values, texts[i].name, folder, texts[i].file);
}

static void add_layers(const struct deployment *d, struct values *values)
{
    values_add(values, "INPUTS", "%zu", d->inputs);
    values_add(values, "OUTPUTS", "%zu", d->outputs);
    values_add(values, "STEPS", "%zu", d->model->steps);
    values_choose(values, "STATE_ROWS", "layers", "rows.h");
    values_choose(values, "LAYERS_TABLE", "layers", "table.h");
    values_add(values, "INCLUDE_STDINT", "%s", "");
    values_add(values, "INCLUDE_STEPS", "%s", "");
    values_add(values, "FAST_LOOPS", "%s", "");
    add_reset(d, values);
    add_step(d, values);
    add_length(d, values);
    add_softmax(d, values);
}

void deploy_interface(const struct deployment *d, struct values *values)
{
    values_add(values, "NAME", "%s", d->model->name);
    values_add(values, "UPPER", "%s", d->upper);
    add_init(d, values);
    choose_kind(d, values);
    if (d->model->schedule)
        deploy_schedule(d, values);
    else
        add_layers(d, values);
}
