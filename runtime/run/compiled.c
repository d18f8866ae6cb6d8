/* SPDX-License-Identifier: MIT */
/* A model as C that is compiled while the program runs. It is what weir-gen --model writes of a
 * graph whose shapes are those of a call's inputs, for the ISA that would be chosen, with its
 * weights apart: so models that differ in those alone share it. */
#define _GNU_SOURCE
#include "deploy/deploy.h"
#include "deploy/graph.h"
#include "plan/isa.h"
#include "run/run.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "m"
#define CALLED_FROM "../include/"

/* Beyond these it takes a compiler too long: bytes of C, and of its constants. */
enum { TEXT_MOST = 8 << 20, CONSTANTS_MOST = 1 << 20, ALIGN = 64 };

/* What the C has for whoever loads it, here and there. */
#define ENTRY                                                                                      \
    struct {                                                                                       \
        size_t model_size, state_size;                                                             \
        const char *(*model_init)(void *model, const char *isa, const void *weights,               \
                                  size_t bytes);                                                   \
        const char *(*state_init)(const void *model, void *state, const float *initial);           \
        int (*call)(const void *model, void *state, const void *const *x, void *const *y);         \
    }
#define TEXT(...) #__VA_ARGS__
#define TEXT_OF(...) TEXT(__VA_ARGS__)

typedef ENTRY entry;

static const char entry_text[] =
    "const " TEXT_OF(ENTRY) " " NAME "_entry = {M_MODEL_SIZE, M_STATE_SIZE, " NAME
                            "_model_init, " NAME "_state_init, call_by_list};\n";

struct run_compiled {
    const onnx_model *onnx;
    struct deploy_shape *shapes; /* of inputs */
    onnx_memory *memory, *checking; /* all of this; that of one call */
    const entry *entry;
    void *model, *state;
    const void **x;
    void **y;
    const onnx_tensor **outputs;
    struct buffer *arguments; /* how inputs and then outputs lie */
};

/* ---- What is made of the model ---- */

/* Files on their way to the compiler, and the one that is being written. */
struct files {
    bool loads; /* they are wanted, and not only whether there can be such */
    struct run_header *of;
    size_t count, bytes;
    char *weights;
    size_t weight_bytes;
    FILE *stream;
    char *name, *text; /* NULL: the weights */
    size_t length;
    bool counts;
};

static void free_files(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free((char *)(uintptr_t)files->of[i].name);
        free((char *)(uintptr_t)files->of[i].text);
    }
    free(files->of);
    free(files->weights);
}

/* Sources and headers are compiled; but of sources, not what only others call. */
static bool is_compiled(const char *folder, const char *name)
{
    return (!strcmp(folder, "src/") || !strcmp(folder, "include/")) &&
           strcmp(name, NAME "_many.c") != 0 && strcmp(name, NAME "_saved.c") != 0;
}

static FILE *begin_file(void *context, const char *folder, const char *name,
                        struct failure *failure)
{
    struct files *files = context;
    files->counts = folder && is_compiled(folder, name);
    files->name = folder ? text_format("%s%s", *folder == 's' ? "" : CALLED_FROM, name) : NULL;
    files->stream = open_memstream(&files->text, &files->length);
    if (!files->stream) {
        free(files->name);
        fail_memory(failure);
    }
    return files->stream;
}

/* Takes the file that was written, or frees it. */
static bool take_file(struct files *files, struct failure *failure)
{
    const bool is_weights = !files->name, takes = files->loads && (files->counts || is_weights);
    struct run_header *more = files->of;
    if (takes && !is_weights)
        more = realloc(files->of, (files->count + 1) * sizeof *more);
    if (takes && is_weights) {
        files->weights = files->text;
        files->weight_bytes = files->length;
        return true;
    }
    if (takes && more) {
        files->of = more;
        more[files->count++] = (struct run_header){files->name, files->text};
        return true;
    }
    free(files->name);
    free(files->text);
    return !takes || fail_memory(failure);
}

static bool end_file(void *context, bool whole, struct failure *failure)
{
    struct files *files = context;
    const bool ended = (!fclose(files->stream) || fail_memory(failure)) && whole;
    if (files->counts)
        files->bytes += files->length;
    return take_file(files, failure) && ended &&
           (files->bytes <= TEXT_MOST ||
            fail(failure, "it would be more than %d MB of C", TEXT_MOST >> 20));
}

/* How much of what a schedule is made for would be in the text, and in memory. */
static bool check_sizes(const struct schedule *schedule, const onnx_model *model,
                        struct failure *failure)
{
    size_t constants = 0;
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        constants += buffer->place == PLACE_CONSTANT && buffer->first <= buffer->last
                         ? buffer->count * schedule_size(buffer)
                         : 0;
    }
    if (constants > CONSTANTS_MOST)
        return fail(failure, "%zu bytes of constants beside its matrices would be part of the C",
                    constants);
    return schedule->arena + schedule->kept <= run_memory(model) ||
           fail(failure, "a call would take %zu bytes", schedule->arena + schedule->kept);
}

/* What an output is of: as it is declared, or else as it lies. */
static enum onnx_type type_of(const onnx_model *model, const struct buffer *output)
{
    static const enum onnx_type wholes[] = {
        [WHOLE_64] = ONNX_INT64,  [WHOLE_I32] = ONNX_INT32,  [WHOLE_U32] = ONNX_UINT32,
        [WHOLE_I16] = ONNX_INT16, [WHOLE_U16] = ONNX_UINT16, [WHOLE_I8] = ONNX_INT8,
        [WHOLE_U8] = ONNX_UINT8};
    const enum onnx_type type = model->values[model->graph.outputs[output->index]].type;
    if (type != ONNX_NONE)
        return type;
    return output->is_int ? wholes[output->whole] : ONNX_FLOAT;
}

/* Whether the schedule's arguments are what a call has. */
static bool check_arguments(const struct schedule *schedule, const onnx_model *model,
                            const onnx_tensor *const *inputs, struct failure *failure)
{
    bool fits = schedule->input_count == model->graph.input_count &&
                schedule->output_count == model->graph.output_count;
    for (size_t b = 0; b < schedule->buffer_count && fits; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        if (buffer->place == PLACE_INPUT)
            fits = buffer->is_int == !!inputs[buffer->index]->ints &&
                   buffer->count == inputs[buffer->index]->count;
        if (buffer->place == PLACE_OUTPUT)
            fits = fits && buffer->is_int == !onnx_type_is_float(type_of(model, buffer));
    }
    return fits || fail(failure, "an input or output is of another type than the model declares");
}

/* The schedule, whose arguments the compiled model's are, and the files. */
static bool lower(const run_compiled *compiled, const onnx_tensor *const *inputs,
                  const run_options *options, struct deploy_model *model, struct files *files,
                  struct failure *failure)
{
    struct deploy_request request = {.name = NAME,
                                     .weights_file = NAME,
                                     .command = "weir-run",
                                     .no_test = true,
                                     .type = WEIR_TYPE_F32,
                                     .tuning = options->tuning,
                                     .inputs = compiled->shapes,
                                     .keep_states = options->keep_states};
    const char *isa;
    if (!run_isa("f32", &isa, failure))
        return false;
    request.isas[isa_find(isa) - isas] = request.names_isas = true;
    model->schedule = schedule_create();
    graph_find_room(compiled->onnx, model);
    return deploy_options(&request, model, NAME, failure) &&
           graph_lower(compiled->onnx, &request, model, failure) &&
           deploy_types(&request, model, failure) &&
           check_sizes(model->schedule, compiled->onnx, failure) &&
           check_arguments(model->schedule, compiled->onnx, inputs, failure) &&
           deploy_files(model, &(struct deploy_sink){files, begin_file, end_file}, failure);
}

/* ---- Loading it ---- */

/* A function that calls the model by lists of its arguments. */
static void add_entry(const struct schedule *schedule, struct text *out)
{
    text_add(out, "static int call_by_list(const void *model, void *state, const void *const *x, "
                  "void *const *y)\n{\n    return " NAME "_step(model, state");
    for (size_t i = 0; i < schedule->input_count; i++)
        text_add(out, ", x[%zu]", i);
    for (size_t i = 0; i < schedule->output_count; i++)
        text_add(out, ", y[%zu]", i);
    text_add(out, ");\n}\n%s", entry_text);
}

static bool load(run_compiled *compiled, const struct files *files, const struct schedule *schedule,
                 const run_options *options, struct failure *failure)
{
    struct text texts[3] = {{0}}; /* NAME.c, its steps with AVX2, and the kernels */
    for (size_t i = 0; i < files->count; i++) {
        const char *name = files->of[i].name;
        const size_t which = !strcmp(name, NAME ".c")              ? 0
                             : !strcmp(name, NAME "_steps_avx2.c") ? 1
                                                                   : 2;
        if (!strcmp(name + strlen(name) - 2, ".c"))
            run_join(&texts[which], files->of[i].text, files->of, files->count);
    }
    add_entry(schedule, &texts[0]);
    const struct run_source source = {
        .texts = (const char *const[]){texts[0].chars, texts[2].chars, texts[1].chars},
        .count = texts[1].chars ? 3 : 2,
        .flags = options->flags ? options->flags : "-O2",
        .notice = options->notice};
    void *library = run_compile(&source, failure);
    compiled->entry = library ? dlsym(library, NAME "_entry") : NULL;
    if (library && !compiled->entry)
        fail(failure, "what was compiled has no " NAME "_entry");
    text_free(&texts[0]);
    text_free(&texts[1]);
    text_free(&texts[2]);
    return compiled->entry;
}

static bool begin(run_compiled *compiled, const struct files *files, struct failure *failure)
{
    const entry *entry = compiled->entry;
    compiled->model = aligned_alloc(ALIGN, entry->model_size);
    compiled->state = aligned_alloc(ALIGN, entry->state_size);
    if (!compiled->model || !compiled->state)
        return fail_memory(failure);
    const char *wrong =
        entry->model_init(compiled->model, NULL, files->weights, files->weight_bytes);
    wrong = wrong ? wrong : entry->state_init(compiled->model, compiled->state, NULL);
    return !wrong || fail(failure, "%s", wrong);
}

/* ---- Making one ---- */

/* Whole numbers of a tensor are of 64 bits; those of a call may have fewer, and get a room. */
static bool is_narrow(const struct buffer *buffer)
{
    return buffer->is_int && buffer->whole != WHOLE_64;
}

static bool make_output(run_compiled *compiled, const struct buffer *buffer,
                        struct failure *failure)
{
    const onnx_tensor *made = onnx_tensor_create(compiled->memory, type_of(compiled->onnx, buffer),
                                                 buffer->rank, buffer->dims, failure);
    if (!made)
        return false;
    void *room = made->floats ? (void *)made->floats : (void *)made->ints;
    if (is_narrow(buffer) &&
        !(room = onnx_memory_take(compiled->memory, buffer->count, schedule_size(buffer))))
        return fail_memory(failure);
    compiled->outputs[buffer->index] = made;
    compiled->y[buffer->index] = room;
    return true;
}

static bool make_arguments(run_compiled *compiled, const struct schedule *schedule,
                           struct failure *failure)
{
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        if (buffer->place == PLACE_INPUT)
            compiled->arguments[buffer->index] = *buffer;
        if (buffer->place == PLACE_OUTPUT)
            compiled->arguments[schedule->input_count + buffer->index] = *buffer;
        if (buffer->place == PLACE_OUTPUT && !make_output(compiled, buffer, failure))
            return false;
    }
    return true;
}

static bool make_room(run_compiled *compiled, const onnx_tensor *const *inputs,
                      struct failure *failure)
{
    const onnx_graph *graph = &compiled->onnx->graph;
    onnx_memory *memory = compiled->memory = onnx_memory_create(SIZE_MAX / 2);
    compiled->checking = onnx_memory_create(run_memory(compiled->onnx));
    if (!memory || !compiled->checking)
        return fail_memory(failure);
    compiled->shapes = onnx_memory_take(memory, graph->input_count, sizeof *compiled->shapes);
    compiled->x = onnx_memory_take(memory, graph->input_count, sizeof *compiled->x);
    compiled->y = onnx_memory_take(memory, graph->output_count, sizeof *compiled->y);
    compiled->outputs = onnx_memory_take(memory, graph->output_count, sizeof *compiled->outputs);
    compiled->arguments = onnx_memory_take(memory, graph->input_count + graph->output_count,
                                           sizeof *compiled->arguments);
    if (!compiled->shapes || !compiled->x || !compiled->y || !compiled->outputs ||
        !compiled->arguments)
        return fail_memory(failure);
    for (size_t i = 0; i < graph->input_count; i++) {
        compiled->shapes[i].rank = inputs[i]->rank;
        memcpy(compiled->shapes[i].dims, inputs[i]->dims, sizeof inputs[i]->dims);
    }
    return true;
}

static bool make(run_compiled *compiled, const onnx_tensor *const *inputs,
                 const run_options *options, bool loads, struct failure *failure)
{
    struct files files = {.loads = loads};
    struct deploy_model *model = calloc(1, sizeof *model);
    bool made = model || fail_memory(failure);
    made = made && make_room(compiled, inputs, failure) &&
           lower(compiled, inputs, options, model, &files, failure) &&
           (!loads || (load(compiled, &files, model->schedule, options, failure) &&
                       begin(compiled, &files, failure) &&
                       make_arguments(compiled, model->schedule, failure)));
    free_files(&files);
    if (model)
        deploy_free_schedules(model);
    free(model);
    return made;
}

run_compiled *run_compiled_create(const onnx_model *model, const onnx_tensor *const *inputs,
                                  const run_options *options, bool loads, struct failure *failure)
{
    run_compiled *compiled = calloc(1, sizeof *compiled);
    if (!compiled) {
        fail_memory(failure);
        return NULL;
    }
    compiled->onnx = model;
    if (make(compiled, inputs, options, loads, failure))
        return compiled;
    run_compiled_destroy(compiled);
    return NULL;
}

void run_compiled_destroy(run_compiled *compiled)
{
    if (!compiled)
        return;
    onnx_memory_destroy(compiled->memory);
    onnx_memory_destroy(compiled->checking);
    free(compiled->model);
    free(compiled->state);
    free(compiled);
}

/* ---- A call ---- */

static bool has_shape(const onnx_tensor *tensor, const struct deploy_shape *shape)
{
    return tensor->rank == shape->rank &&
           !memcmp(tensor->dims, shape->dims, shape->rank * sizeof *shape->dims);
}

/* The elements of an input as the call has them; NULL: there is no memory. */
static const void *lay_input(run_compiled *compiled, size_t i, const onnx_tensor *input)
{
    const struct buffer *buffer = &compiled->arguments[i];
    if (!is_narrow(buffer))
        return input->floats ? (const void *)input->floats : (const void *)input->ints;
    void *room = onnx_memory_take(compiled->checking, input->count, schedule_size(buffer));
    for (size_t k = 0; room && k < input->count; k++)
        schedule_store(buffer, room, k, input->ints[k]);
    return room;
}

static void take_output(run_compiled *compiled, size_t i)
{
    const struct buffer *buffer = &compiled->arguments[compiled->onnx->graph.input_count + i];
    for (size_t k = 0; k < buffer->count && is_narrow(buffer); k++)
        compiled->outputs[i]->ints[k] = schedule_load(buffer, compiled->y[i], k);
}

bool run_compiled_call(run_compiled *compiled, const onnx_tensor *const *inputs,
                       const onnx_tensor **outputs, struct failure *failure)
{
    const onnx_graph *graph = &compiled->onnx->graph;
    onnx_memory_clear(compiled->checking);
    for (size_t i = 0; i < graph->input_count; i++) {
        const onnx_tensor *input =
            run_input(compiled->onnx, i, inputs[i], compiled->checking, failure);
        if (!input)
            return false;
        if (!has_shape(input, &compiled->shapes[i]))
            return fail(failure, "the input '%.80s' has another shape than in the first call",
                        quote(compiled->onnx->values[graph->inputs[i]].name).text);
        compiled->x[i] = lay_input(compiled, i, input);
        if (!compiled->x[i])
            return fail_memory(failure);
    }
    if (compiled->entry->call(compiled->model, compiled->state, compiled->x, compiled->y))
        return fail(failure, "what its inputs hold leads to where its C was not made for, or to "
                             "more steps than are allowed");
    for (size_t i = 0; i < graph->output_count; i++)
        take_output(compiled, i);
    memcpy(outputs, compiled->outputs, graph->output_count * sizeof *outputs);
    return true;
}
