/* SPDX-License-Identifier: MIT */
/* From a model to a directory: the files of its kernels, and those around them. */
#include "deploy/deployment.h"

#include "common/files.h"
#include "common/text.h"
#include "emit/emit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Files that a directory gets a copy of, as far as it needs them. */
static const struct {
    const char *name, *text;
} shipped[] = {
#define WEIR_SHIPPED(name, text) {name, text},
#include "shipped.inc"
#undef WEIR_SHIPPED
};

static const char *shipped_text(const char *name)
{
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        if (!strcmp(shipped[i].name, name))
            return shipped[i].text;
    abort();
}

bool deploy_ships(const char *name)
{
    const size_t length = strlen(name);
    bool ships = false;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        ships |= !strncmp(shipped[i].name, name, length) && !strcmp(shipped[i].name + length, ".h");
    return ships;
}

/* ---- Writing it ---- */

/* A model, and who gets its files. */
struct writing {
    const struct deployment *deployment;
    const struct values *values;
    const struct deploy_sink *sink;
    struct failure *failure;
};

static FILE *begin_file(const struct writing *w, const char *folder, const char *name)
{
    return w->sink->begin(w->sink->context, folder, name, w->failure);
}

static bool end_file(const struct writing *w, bool whole)
{
    return w->sink->end(w->sink->context, whole, w->failure) && whole;
}

/* Hands over a file of a folder; its text is freed. In its name, NAME stands for the model's. */
static bool write_file(const struct writing *w, const char *folder, const char *name,
                       struct text *text)
{
    const bool named = !strncmp(name, "NAME", strlen("NAME"));
    char *whole = text_format("%s%s", named ? w->deployment->model->name : "",
                              name + (named ? strlen("NAME") : 0));
    FILE *file = begin_file(w, folder, whole);
    if (file)
        fwrite(text->chars, 1, text->length, file);
    const bool written = file && end_file(w, true);
    text_free(text);
    free(whole);
    return written;
}

static bool write_copy(const struct writing *w, const char *folder, const char *name)
{
    struct text copy = {0};
    text_add(&copy, "%s", shipped_text(name));
    return write_file(w, folder, name, &copy);
}

static bool write_header(const struct writing *w, const char *name)
{
    return write_copy(w, "src/", name);
}

/* A file that comes from the template of its name. */
static bool write_expanded(const struct writing *w, const char *folder, const char *name)
{
    char *template = text_format("deploy/%s.in", name);
    struct text text = {0};
    template_add(&text, template, w->values->rows, w->values->count);
    free(template);
    return write_file(w, folder, name, &text);
}

/* NAME_weights.c, whose numbers are never a text in memory. */
static bool write_weights_in_c(const struct writing *w)
{
    struct text text = {0};
    char *name = text_format("%s_weights.c", w->deployment->model->name);
    template_add(&text, "deploy/NAME_weights.c.in", w->values->rows, w->values->count);
    char *numbers = strstr(text.chars, DEPLOY_WEIGHTS_HERE);
    FILE *file = begin_file(w, "src/", name);
    bool written = file;
    if (file) {
        fwrite(text.chars, 1, (size_t)(numbers - text.chars), file);
        written = deploy_write_numbers(w->deployment, file, w->failure);
        fputs(numbers + strlen(DEPLOY_WEIGHTS_HERE), file);
        written = end_file(w, written);
    }
    text_free(&text);
    free(name);
    return written;
}

static bool write_weights(const struct writing *w)
{
    const char *path = w->deployment->model->weights_file;
    if (!path)
        return write_weights_in_c(w);
    FILE *file = begin_file(w, NULL, path);
    if (!file)
        return false;
    deploy_weights_file(w->deployment, file);
    return end_file(w, true) && write_header(w, "hash.h");
}

/* The kernels in one form, whose programs it renames; `many`: of several streams, by other plans.
 */
static bool write_kernels(const struct writing *w, size_t f, bool many)
{
    const struct form *form = &w->deployment->forms[f];
    const struct deployment *d = w->deployment;
    const struct alone alone = {.parts = d->parts[f],
                                .count = d->kernel_count,
                                .name = d->model->name,
                                .form = form->name,
                                .origin = values_find(w->values, "ORIGIN"),
                                .packs = !many && !deployment_is_packed(d),
                                .streams = !many && deployment_streams(d),
                                .many = many,
                                .bytes = deployment_has_bytes(d)};
    struct text kernels = emit_alone(&alone);
    const struct isa *base = isa_base(form->isa); /* whose header that of a bundle includes */
    char *name = text_format("NAME_%s%s.c", many ? "many_" : "", form->name);
    const bool written = write_file(w, "src/", name, &kernels) &&
                         write_header(w, form->isa->header) &&
                         (!base || write_header(w, base->header));
    free(name);
    return written;
}

/* The plans of kernels for several streams in the place of those for one. */
static void plan_many(const struct deployment *d, size_t f)
{
    for (size_t k = 0; k < d->kernel_count; k++) {
        struct kernel_parts *parts = d->parts[f][k];
        struct plan plan[ROLE_COUNT] = {{0}};
        plan[ROLE_FORWARD] =
            plan_together(parts->program[ROLE_FORWARD], parts->isa, &parts->plan[ROLE_FORWARD]);
        kernel_parts_replan(parts, plan);
    }
}

static bool write_all(const struct writing *w)
{
    static const char *const headers[] = {"strict.h", "kernel.h", "cpu_features.h", "float_mode.h"};
    static const struct {
        const char *folder, *name;
    } expanded[] = {{"", "CMakeLists.txt"},    {"", "README.md"},
                    {"include/", "NAME.h"},    {"src/", "NAME_model.h"},
                    {"src/", "NAME.c"},        {"src/", "NAME_internal.h"},
                    {"src/", "NAME_memory.h"}, {"src/", "NAME_saved.c"},
                    {"src/", "NAME_many.c"},   {"test/", "NAME_test.c"}};
    const bool tests = !w->deployment->model->no_test, packs = !deployment_is_packed(w->deployment);
    const size_t count = sizeof expanded / sizeof *expanded - !tests;
    bool written = write_copy(w, "", "LICENSE");
    for (size_t i = 0; i < count && written; i++)
        written = write_expanded(w, expanded[i].folder, expanded[i].name);
    for (size_t i = 0; i < sizeof headers / sizeof *headers && written; i++)
        written = write_header(w, headers[i]);
    written = written && (!packs || write_header(w, "packing.h"));
    if (packs || w->deployment->model->schedule)
        written = written && write_header(w, "halves.h");
    if (deployment_has_variants(w->deployment))
        written = written && write_header(w, "microarchitecture.h");
    if (deployment_has_bytes(w->deployment))
        written = written && write_header(w, "quantise.h");
    if (deployment_has_softmax(w->deployment))
        written = written && write_header(w, "softmax.h") && write_header(w, "math_scalar.h");
    if (w->deployment->model->schedule)
        written = written && write_expanded(w, "src/", "NAME_steps.h") &&
                  (!deployment_has_avx2(w->deployment) ||
                   write_expanded(w, "src/", "NAME_steps_avx2.c")) &&
                  write_header(w, "elementwise.h") && write_header(w, "math_scalar.h");
    written = written && write_weights(w);
    for (size_t f = 0; f < w->deployment->form_count && written; f++) {
        written = write_kernels(w, f, false);
        if (w->deployment->layout.together) {
            plan_many(w->deployment, f);
            written = written && write_kernels(w, f, true);
        }
    }
    return written;
}

/* What varies is found before anything is written: a model may still be refused there. */
static bool find_values(const struct deployment *d, struct values *values, struct failure *failure)
{
    deploy_origin(d, values);
    deploy_interface(d, values);
    deploy_initial(d, values);
    deploy_tables(d, values);
    deploy_packing(d, values);
    deploy_choice(d, values);
    deploy_many(d, values);
    deploy_saved(d, values);
    deploy_build(d, values);
    deploy_weights(d, values);
    return d->model->schedule ? deploy_schedule_test(d, values, failure)
                              : deploy_self_test(d, values, failure);
}

/* Weights are written for each node that has them, and packed ones with room at the end of rows: a
 * small file can mean many. */
static bool check_size(const struct deployment *d, struct failure *failure)
{
    size_t passes = 0, bytes = deployment_bytes(d);
    for (size_t l = 0; l < d->model->layer_count; l++)
        passes += d->model->layers[l].pass_count;
    if (deployment_is_packed(d))
        bytes = (d->layout.packed[0][passes] + d->layout.initial_count) * sizeof(float);
    return !d->model->most || bytes <= d->model->most ||
           fail(failure,
                "the weights of the %zu layers take %zu bytes as they are deployed, and for a file "
                "of its size they may take %zu",
                d->model->layer_count, bytes, d->model->most);
}

bool deploy_files(const struct deploy_model *model, const struct deploy_sink *sink,
                  struct failure *failure)
{
    struct values values = {0};
    struct deployment *d = deployment_create(model, failure);
    const struct writing writing = {d, &values, sink, failure};
    const bool written =
        d && check_size(d, failure) && find_values(d, &values, failure) && write_all(&writing);
    values_free(&values);
    deployment_free(d);
    return written;
}

/* ---- A directory ---- */

static bool make_folder(const char *path, struct failure *failure)
{
    return !mkdir(path, 0777) || errno == EEXIST ||
           fail(failure, "--out %.1000s cannot be made: %s", path, strerror(errno));
}

/* A directory, and the file of it that is written. */
struct directory {
    const char *path;
    struct file_output output;
};

static FILE *begin_in(void *context, const char *folder, const char *name, struct failure *failure)
{
    struct directory *directory = context;
    char *in = folder ? text_format("%s/%s", directory->path, folder) : NULL;
    char *path = text_format("%s%s", in ? in : "", name);
    const bool begun =
        (!in || (make_folder(directory->path, failure) && make_folder(in, failure))) &&
        file_begin(&directory->output, path, failure);
    free(path);
    free(in);
    return begun ? directory->output.stream : NULL;
}

static bool end_in(void *context, bool whole, struct failure *failure)
{
    struct directory *directory = context;
    if (whole)
        return file_end_changed(&directory->output, failure);
    file_abandon(&directory->output);
    return false;
}

bool deploy_write(const struct deploy_model *model, const char *directory, struct failure *failure)
{
    struct directory written = {.path = directory};
    return deploy_files(model, &(struct deploy_sink){&written, begin_in, end_in}, failure);
}
