/* SPDX-License-Identifier: MIT */
/* What NAME_many.c and NAME_saved.c have: many streams in one call, together where a call is one
 * step, and states as bytes that can be kept. */
#include "deploy/deployment.h"

/* ---- Many streams ---- */

/* Kernels for several streams by form, in the order of the forms (tables.c). */
static void add_kernels(const struct deployment *d, struct values *values)
{
    struct text kernels = {0}, rows = {0};
    for (size_t f = d->form_count; f-- > 0;) {
        const struct form *form = &d->forms[f];
        const char *guard = form->isa->guard, *name = d->model->name;
        text_add(&kernels, "extern WEIR_HIDDEN const struct %s_kernel_many %s_kernels_many_%s[];\n",
                 name, name, form->name);
        if (guard)
            text_add(&rows, "#if defined(%s)\n", guard);
        text_add(&rows, "    %s_kernels_many_%s, /* %s */\n", name, form->name, form->name);
        if (guard)
            text_add(&rows, "#endif\n");
    }
    values_take(values, "MANY_KERNELS", &kernels);
    values_take(values, "MANY_ISAS", &rows);
}

/* They are computed together: where that is, and by what. */
static void add_together(const struct deployment *d, struct values *values)
{
    const struct layout *layout = &d->layout;
    add_kernels(d, values);
    values_add(values, "TOGETHER", "%zu", layout->together);
    values_add(values, "WIDE", "%zu", layout->wide);
    values_add(values, "ROWS", "%zu", layout->rows);
    values_add(values, "WORK", "%zu", layout->work);
    values_add(values, "WORK_AT", "%zu", layout->work_at);
    values_add(values, "STACK", "%zu", layout->together * layout->lot * sizeof(float));
    values_add(values, "MANY_BYTES", "%s",
               deployment_has_bytes(d)
                   ? "    run.bytes =\n        many->room->work + @UPPER@_TOGETHER_ * "
                     "(pass->values[pass->value_count] - @UPPER@_WORK_AT_);"
                   : "");
}

void deploy_many(const struct deployment *d, struct values *values)
{
    static const char *const texts[] = {"KERNEL_MANY",          "MANY_PLACES", "MANY_SOFTMAX",
                                        "MANY_SOFTMAX_INCLUDE", "TEST_MANY",   "CHECK_MANY"};
    const bool together = d->layout.together, softmax = together && deployment_has_softmax(d);
    const char *way = d->model->schedule    ? "schedule"
                      : d->model->lengths   ? "lengths"
                      : d->model->steps > 1 ? "sequence"
                      : together            ? "stream"
                                            : "stream_each";
    const char *const found[] = {
        together ? template_text("deploy/stream/many_table.h.in") : "",
        together ? template_text("deploy/stream/many_places.h.in") : "",
        softmax ? template_text("deploy/softmax/many.c.in") : "",
        softmax ? "#include \"softmax.h\"" : "",
        together ? template_text("deploy/stream/many_test.c.in") : "",
        together ? "    right = right && check_many(@INITIAL_ARGUMENT@);" : "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        values_add(values, texts[i], "%s", found[i]);
    values_choose(values, "MANY_DECLARATION", way, "many.h");
    values_choose(values, "MANY_BODY", way, "many.c");
    values_add(values, "MANY_WORDS", "%s",
               together ? ", by kernels of their own. A program that has no use for that leaves "
                          "this\n * file out, and those of these kernels"
                        : ", one after another. A program that has no use for that leaves this "
                          "file\n * out");
    if (together)
        add_together(d, values);
}

/* ---- Saved states ---- */

void deploy_saved(const struct deployment *d, struct values *values)
{
    enum { HEAD = 20 };
    values_add(values, "SAVED_BYTES", "%zu", HEAD + 2 * sizeof(float) * d->layout.initial_count);
}
