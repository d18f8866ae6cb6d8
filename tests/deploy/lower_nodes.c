/* SPDX-License-Identifier: MIT */
/* lower_nodes OUT.c FOLDER...: each folder, with model.onnx and test_data_set_0/, as weir-gen
 * --model makes a graph of it. What runs kernels is deployed to nowhere, which runs it on the data;
 * of what runs none, as most tests of single operators, the schedule is run here, held to the data,
 * and written to OUT.c as a function with what it is given and must give, to the bit. Where there
 * are several inputs that is done twice: once with all but the first as constants, which is how
 * models mostly have them. Every refusal is one sentence, a line of the output after the folder's
 * name; the last line counts. */
#include "common/files.h"
#include "common/text.h"
#include "deploy/deploy.h"
#include "deploy/graph.h"
#include "emit/template.h"
#include "formats/formats.h"
#include "onnx/onnx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 64, MEMORY = 1 << 28, OLDEST = 7, GUARD = 64 };

/* As weir-run holds models to data that others made. */
#define TOLERANCE 1e-4

static size_t passed, refused, wrong, functions;

/* One folder. */
struct trial {
    const char *folder;
    bool constants; /* all inputs but the first */
    onnx_memory *memory;
    onnx_model *onnx;
    struct deploy_model *model;
    struct deploy_shape shapes[INPUTS];
    struct failure failure;
};

static void tell(struct trial *t)
{
    const char *slash = strrchr(t->folder, '/');
    printf("%s%s: %s\n", slash ? slash + 1 : t->folder, t->constants ? " (constants)" : "",
           t->failure.sentence);
}

/* A file whose last bytes say an opset that is too old says 7, in which its operator is the same:
 * as operators.sh does. */
static onnx_model *load(struct trial *t)
{
    static const onnx_place nowhere = {.folder = NULL};
    char *path = text_format("%s/model.onnx", t->folder);
    size_t size;
    char *bytes = file_read(path, MEMORY, &size, &t->failure);
    free(path);
    if (!bytes)
        return NULL;
    if (size > 2 && bytes[size - 2] == 0x10 && bytes[size - 1] > 0 && bytes[size - 1] < OLDEST)
        bytes[size - 1] = OLDEST;
    onnx_model *model = onnx_load(bytes, size, &nowhere, &t->failure);
    free(bytes);
    return model;
}

static bool read_shapes(struct trial *t)
{
    for (size_t i = 0; i < t->onnx->graph.input_count; i++) {
        char *path = text_format("%s/test_data_set_0/input_%zu.pb", t->folder, i);
        const onnx_tensor *tensor =
            i < INPUTS ? onnx_tensor_load_file(t->memory, path, &t->failure) : NULL;
        free(path);
        if (!tensor)
            return false;
        t->shapes[i].rank = tensor->rank;
        memcpy(t->shapes[i].dims, tensor->dims, sizeof tensor->dims);
        if (t->constants && i > 0)
            t->onnx->values[t->onnx->graph.inputs[i]].constant = tensor;
    }
    if (t->constants)
        t->onnx->graph.input_count = 1;
    return true;
}

/* ---- With kernels: all that weir-gen does, but to write it ---- */

static FILE *begin_nothing(void *context, const char *folder, const char *name,
                           struct failure *failure)
{
    (void)folder, (void)name;
    FILE **stream = context;
    *stream = fopen("/dev/null", "w");
    return *stream || fail_memory(failure) ? *stream : NULL;
}

static bool end_nothing(void *context, bool whole, struct failure *failure)
{
    FILE **stream = context;
    (void)failure;
    return !fclose(*stream) && whole;
}

static bool deploy_to_nowhere(struct trial *t, const struct deploy_request *request)
{
    FILE *stream;
    return deploy_types(request, t->model, &t->failure) &&
           deploy_files(t->model, &(struct deploy_sink){&stream, begin_nothing, end_nothing},
                        &t->failure);
}

/* ---- Without ---- */

/* What is given has whole numbers of 64 bits. */
static void give_element(const struct buffer *buffer, void *memory, size_t i, const void *given)
{
    if (buffer->is_int)
        schedule_store(buffer, memory, i, ((const int64_t *)given)[i]);
    else
        ((float *)memory)[i] = ((const float *)given)[i];
}

static void **make_memory(const struct trial *t)
{
    const struct schedule *schedule = t->model->schedule;
    void **memory = calloc(schedule->buffer_count + 1, sizeof *memory);
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        const size_t bytes = (buffer->count + GUARD) * schedule_size(buffer);
        if (buffer->place == PLACE_SLICE) /* in another one */
            continue;
        memory[b] = memset(malloc(bytes), 0xff, bytes); /* NaN, where it is read all the same */
        for (size_t i = 0; buffer->place == PLACE_INPUT && i < buffer->count; i++)
            give_element(buffer, memory[b], i, t->model->inputs[buffer->index].elements);
        if (buffer->place == PLACE_CONSTANT)
            memcpy(memory[b], buffer->data, buffer->count * schedule_size(buffer));
    }
    return memory;
}

static void free_memory(const struct trial *t, void **memory)
{
    for (size_t b = 0; b < t->model->schedule->buffer_count; b++)
        if (t->model->schedule->buffers[b].place != PLACE_SLICE)
            free(memory[b]);
    free(memory);
}

static double element(bool is_int, const void *given, size_t i)
{
    return is_int ? (double)((const int64_t *)given)[i] : (double)((const float *)given)[i];
}

static bool compare(struct trial *t, void *const *memory)
{
    const struct schedule *schedule = t->model->schedule;
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        if (buffer->place != PLACE_OUTPUT)
            continue;
        const struct deploy_tensor *given = &t->model->outputs[buffer->index];
        double most = 1, worst = 0;
        for (size_t i = 0; i < buffer->count; i++) {
            const double a = element(buffer->is_int, given->elements, i);
            const double y = buffer->is_int ? (double)schedule_load(buffer, memory[b], i)
                                            : element(false, memory[b], i);
            const double off = a == y || (isnan(a) && isnan(y)) ? 0 : fabs(a - y);
            most = isfinite(a) ? fmax(most, fabs(a)) : most;
            const double step = isfinite(a) ? given->step * fabs(a) : 0;
            worst = isnan(off) ? INFINITY : fmax(worst, off - step);
        }
        if (worst > TOLERANCE * most)
            return fail(&t->failure, "the output '%s' is off by %g of %g", buffer->name, worst,
                        most);
    }
    return true;
}

static void add_array(const struct buffer *buffer, const void *memory, struct text *out)
{
    const char kind = buffer->place == PLACE_INPUT ? 'x' : 'y';
    text_add(out, "    static const %s %c%zu_given[] = {",
             buffer->is_int ? schedule_type(buffer) : "uint32_t", kind, buffer->index);
    for (size_t i = 0; i < buffer->count; i++) {
        uint32_t bits = 0;
        if (buffer->is_int) {
            schedule_whole_text(buffer->whole, schedule_load(buffer, memory, i), out);
            text_add(out, ",");
            continue;
        }
        memcpy(&bits, (const float *)memory + i, sizeof bits);
        text_add(out, "0x%xu,", (unsigned)bits);
    }
    text_add(out, "};\n    static %s %c%zu[%zu];\n", schedule_type(buffer), kind, buffer->index,
             buffer->count);
    if (kind == 'x')
        text_add(out, "    memcpy(x%zu, x%zu_given, sizeof x%zu);\n", buffer->index, buffer->index,
                 buffer->index);
}

/* As a function that gives 0 where it is right. */
static void write_function(const struct trial *t, void *const *memory, FILE *out)
{
    const struct schedule *schedule = t->model->schedule;
    struct text text = {0}, expanded = {0};
    char *name = text_format("model_%zu", functions++);
    const struct template_value value = {"NAME", name};
    text_add(&text, "/* %s */\n", t->folder);
    schedule_constants(schedule, &text);
    text_add(&text, "static int %s(void)\n{\n    static char arena[%zu];\n", name,
             schedule->arena + SCHEDULE_ALIGN);
    text_add(&text, "    (void)arena;\n");
    for (size_t b = 0; b < schedule->buffer_count; b++)
        if (schedule->buffers[b].place == PLACE_INPUT || schedule->buffers[b].place == PLACE_OUTPUT)
            add_array(&schedule->buffers[b], memory[b], &text);
    schedule_text(schedule, NULL, NULL, &text);
    text_add(&text, "    return 0");
    for (size_t i = 0; i < schedule->output_count; i++)
        text_add(&text, " || memcmp(y%zu, y%zu_given, sizeof y%zu) != 0", i, i, i);
    text_add(&text, ";\n}\n\n");
    template_expand(&expanded, text.chars, &value, 1);
    fputs(expanded.chars, out);
    text_free(&expanded);
    text_free(&text);
    free(name);
}

static bool has_kernels(const struct schedule *schedule)
{
    bool has = false;
    for (size_t s = 0; s < schedule->step_count; s++)
        has |= schedule->steps[s].kind == STEP_KERNEL;
    return has;
}

static bool run_schedule(struct trial *t, FILE *out)
{
    void **memory = make_memory(t);
    const bool right = (schedule_run(t->model->schedule, memory, SCHEDULE_COST_MOST, NULL, NULL) ||
                        fail(&t->failure, "its schedule fails on its data")) &&
                       compare(t, memory);
    if (right)
        write_function(t, memory, out);
    free_memory(t, memory);
    wrong += !right;
    return right;
}

/* ---- All of them ---- */

static bool try_folder(struct trial *t, FILE *out)
{
    struct deploy_request request = {
        .name = "m", .weights_file = "m", .no_test = true, .command = "", .inputs = t->shapes};
    request.isas[0] = request.names_isas = true;
    t->onnx = load(t);
    if (!t->onnx || !read_shapes(t) || !deploy_options(&request, t->model, "m", &t->failure))
        return false;
    onnx_recognise(t->onnx);
    t->model->schedule = schedule_create();
    if (!graph_lower(t->onnx, &request, t->model, &t->failure))
        return false;
    char *data = text_format("%s/test_data_set_0", t->folder);
    const bool read = graph_data(t->onnx, data, t->model, t->memory, &t->failure);
    free(data);
    return read && (has_kernels(t->model->schedule) ? deploy_to_nowhere(t, &request)
                                                    : run_schedule(t, out));
}

/* Whether it has inputs that could be constants. */
static bool take_folder(const char *folder, bool constants, FILE *out)
{
    struct trial t = {.folder = folder,
                      .constants = constants,
                      .memory = onnx_memory_create(MEMORY),
                      .model = calloc(1, sizeof *t.model)};
    if (!t.memory || !t.model)
        abort();
    if (try_folder(&t, out)) {
        passed++;
    } else {
        tell(&t);
        refused++;
    }
    const bool more = t.onnx && t.onnx->graph.input_count > 1;
    onnx_free(t.onnx);
    schedule_free(t.model->schedule);
    free(t.model);
    onnx_memory_destroy(t.memory);
    return more;
}

int main(int count, char **words)
{
    FILE *out = count > 2 ? fopen(words[1], "w") : NULL;
    if (!out)
        return 2;
    fputs("#include \"elementwise.h\"\n#include <stddef.h>\n#include <stdio.h>\n#include "
          "<string.h>\n\n",
          out);
    for (int i = 2; i < count; i++)
        if (take_folder(words[i], false, out))
            take_folder(words[i], true, out);
    fputs("int main(void)\n{\n    int wrong = 0;\n", out);
    for (size_t i = 0; i < functions; i++)
        fprintf(out, "    if (model_%zu())\n        wrong = !!printf(\"model_%zu is wrong\\n\");\n",
                i, i);
    fputs("    return wrong;\n}\n", out);
    fclose(out);
    printf("%zu deployed, %zu not, of which %zu are wrong\n", passed, refused, wrong);
    return wrong != 0;
}
