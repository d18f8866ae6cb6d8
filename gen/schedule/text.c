/* SPDX-License-Identifier: MIT */
/* A schedule as C: one block a step. */
#include "schedule/schedule.h"

#include "common/text.h"

#include <math.h>
#include <string.h>

static const char *type_of(bool is_int)
{
    return is_int ? "int64_t" : "float";
}

static void add_constant_name(const struct schedule *schedule, size_t buffer, struct text *out)
{
    const size_t shared = schedule->buffers[buffer].shared;
    if (shared)
        text_add(out, "@NAME@_constant_%zu_", shared - 1);
    else
        text_add(out, schedule->is_beside ? "@NAME@_one_%zu_" : "@NAME@_constant_%zu_", buffer);
}

void schedule_pointer(const struct schedule *schedule, int buffer, ptrdiff_t offset,
                      struct text *out)
{
    const struct buffer *of = &schedule->buffers[buffer];
    const char *type = schedule_type(of);
    if (of->place == PLACE_ARENA)
        text_add(out, "(%s *)(void *)(arena + %zu)", type, of->at);
    else if (of->place == PLACE_KEPT)
        text_add(out, "(%s *)(void *)(kept + %zu)", type, of->at);
    else if (of->place == PLACE_CONSTANT)
        add_constant_name(schedule, (size_t)buffer, out);
    else if (of->place == PLACE_SLICE) {
        schedule_pointer(schedule, of->of, of->offset, out);
        text_add(out, " + (ptrdiff_t)n%zu * %td", of->repetition, of->move);
    } else
        text_add(out, "%c%zu", of->place == PLACE_INPUT ? 'x' : 'y', of->index);
    if (offset)
        text_add(out, " + %td", offset);
}

static void add_float(struct text *out, float value)
{
    if (isnan(value))
        text_add(out, "NAN");
    else if (isinf(value))
        text_add(out, value < 0 ? "-INFINITY" : "INFINITY");
    else
        text_add(out, "%af", (double)value);
}

void schedule_whole_text(enum whole whole, int64_t value, struct text *out)
{
    if (value == INT64_MIN)
        text_add(out, "INT64_MIN");
    else
        text_add(out, whole == WHOLE_64 ? "INT64_C(%lld)" : "%lld", (long long)value);
}

static bool is_constant(const struct buffer *buffer)
{
    return buffer->place == PLACE_CONSTANT && buffer->first <= buffer->last && !buffer->shared;
}

void schedule_declare_constants(const struct schedule *schedule, struct text *out)
{
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        if (!is_constant(buffer))
            continue;
        text_add(out, "extern WEIR_HIDDEN const %s ", schedule_type(buffer));
        add_constant_name(schedule, b, out);
        text_add(out, "[];\n");
    }
}

void schedule_constants(const struct schedule *schedule, struct text *out)
{
    for (size_t b = 0; b < schedule->buffer_count; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        if (!is_constant(buffer))
            continue;
        text_add(out, "const %s ", schedule_type(buffer));
        add_constant_name(schedule, b, out);
        text_add(out, "[] = {");
        for (size_t i = 0; i < buffer->count; i++) {
            text_add(out, i % (schedule_size(buffer) < 4 ? 16 : 6) ? " " : "\n    ");
            if (buffer->is_int)
                schedule_whole_text(buffer->whole, schedule_load(buffer, buffer->data, i), out);
            else
                add_float(out, ((const float *)buffer->data)[i]);
            text_add(out, ",");
        }
        text_add(out, "\n};\n");
    }
}

/* ---- Loops ---- */

static void add_index(struct text *out, const struct view *view, size_t dims)
{
    bool any = false;
    for (size_t d = 0; d < dims; d++) {
        if (view->strides[d] == 0)
            continue;
        text_add(out, any ? " + " : "");
        text_add(out, view->strides[d] == 1 ? "i%zu" : "i%zu * %td", d, view->strides[d]);
        any = true;
    }
    if (!any)
        text_add(out, "0");
}

/* An index that is outside of what there is ends the call. */
static void add_check(size_t term, size_t bound, const char *indent, struct text *out)
{
    text_add(out, "%sif (t%zu < -%zu || t%zu >= %zu)\n%s    return 1;\n", indent, term, bound, term,
             bound, indent);
}

/* How far it moves; below 0 it counts from the end. */
static void add_move(size_t term, size_t bound, ptrdiff_t step, struct text *out)
{
    text_add(out, " + (ptrdiff_t)(t%zu < 0 ? t%zu + %zu : t%zu) * %td", term, term, bound, term,
             step);
}

static void add_operand(const struct loop *loop, const struct term *term, const char *indent,
                        size_t t, struct text *out)
{
    const struct operand *operand = &loop->operands[term->operand];
    if (operand->is_indexed)
        add_check(operand->index, operand->bound, indent, out);
    text_add(out, "%sconst %s t%zu = p%zu[", indent, type_of(term->is_int), t, term->operand);
    add_index(out, &operand->view, loop->rank);
    if (operand->is_indexed)
        add_move(operand->index, operand->bound, operand->step, out);
    text_add(out, "];\n");
}

/* Whether a term is the result, or part of another one. */
static bool is_used(const struct loop *loop, size_t t)
{
    bool used = t + 1 == loop->term_count;
    for (size_t k = t + 1; k < loop->term_count; k++)
        for (size_t i = 0;
             loop->terms[k].kind == TERM_CALL && i < strlen(loop->terms[k].function->kinds) - 2;
             i++)
            used |= loop->terms[k].of[i] == t;
    return used;
}

static void add_term(const struct loop *loop, size_t t, const char *indent, struct text *out)
{
    const struct term *term = &loop->terms[t];
    if (term->kind == TERM_NUMBER && !is_used(loop, t))
        return;
    if (term->kind == TERM_OPERAND) {
        add_operand(loop, term, indent, t, out);
        return;
    }
    text_add(out, "%sconst %s t%zu = ", indent, type_of(term->is_int), t);
    if (term->kind == TERM_COUNT) {
        text_add(out, "(float)%lld", (long long)term->whole);
    } else if (term->kind == TERM_NUMBER) {
        if (term->is_int)
            schedule_whole_text(WHOLE_64, term->whole, out);
        else
            add_float(out, term->number);
    } else {
        text_add(out, "weir_%s(", term->function->name);
        for (size_t k = 0; k < strlen(term->function->kinds) - 2; k++)
            text_add(out, "%st%zu", k ? ", " : "", term->of[k]);
        text_add(out, ")");
    }
    text_add(out, ";\n");
}

static void add_pointers(const struct schedule *schedule, const struct loop *loop, struct text *out)
{
    for (size_t k = 0; k < loop->operand_count; k++) {
        const struct view *view = &loop->operands[k].view;
        text_add(out, "        const %s *WEIR_RESTRICT p%zu = ",
                 schedule_type(&schedule->buffers[view->buffer]), k);
        schedule_pointer(schedule, view->buffer, view->offset, out);
        text_add(out, ";\n");
    }
    text_add(out,
             "        %s *WEIR_RESTRICT to = ", schedule_type(&schedule->buffers[loop->to.buffer]));
    schedule_pointer(schedule, loop->to.buffer, loop->to.offset, out);
    text_add(out, ";\n");
}

/* Opens loops over some dimensions; the indent of what is in them. */
static void open_loops(const struct loop *loop, size_t from, size_t to, struct text *out)
{
    for (size_t d = from; d < to; d++)
        text_add(out, "        for (ptrdiff_t i%zu = 0; i%zu < %zu; i%zu++)\n", d, d, loop->dims[d],
                 d);
    text_add(out, "        {\n");
}

/* Whether sums of the last dimension that is left are added up side by side, which compilers make
 * vectors of: each is what it would be by itself. */
static bool is_abreast(const struct schedule *schedule, const struct loop *loop)
{
    enum { LEAST = 8 };
    const size_t kept = loop->rank - loop->reduced;
    bool abreast = loop->combine && kept > 0 && loop->dims[kept - 1] >= LEAST &&
                   loop->to.strides[kept - 1] == 1 &&
                   schedule->buffers[loop->to.buffer].whole == WHOLE_64;
    for (size_t k = 0; k < loop->operand_count && abreast; k++) {
        const ptrdiff_t stride = loop->operands[k].view.strides[kept - 1];
        abreast = (stride == 0 || stride == 1) && !loop->operands[k].is_indexed;
    }
    return abreast;
}

/* What sums begin with. */
static void add_start(const struct loop *loop, struct text *out)
{
    if (loop->combine->kinds[0] == 'I')
        schedule_whole_text(WHOLE_64, loop->whole_start, out);
    else
        add_float(out, loop->start);
}

/* What is written becomes of the type of what it is written to, where that is narrower. */
static const char *cast_of(const struct schedule *schedule, const struct loop *loop)
{
    static const char *const casts[] = {
        [WHOLE_64] = "",           [WHOLE_I32] = "(int32_t)",  [WHOLE_U32] = "(uint32_t)",
        [WHOLE_I16] = "(int16_t)", [WHOLE_U16] = "(uint16_t)", [WHOLE_I8] = "(int8_t)",
        [WHOLE_U8] = "(uint8_t)"};
    return casts[schedule->buffers[loop->to.buffer].whole];
}

static void add_abreast(const struct loop *loop, struct text *out)
{
    static const char indent[] = "            ";
    const size_t kept = loop->rank - loop->reduced, last = loop->term_count - 1;
    open_loops(loop, 0, kept - 1, out);
    open_loops(loop, kept - 1, kept, out);
    text_add(out, "%sto[", indent);
    add_index(out, &loop->to, kept);
    text_add(out, "] = ");
    add_start(loop, out);
    text_add(out, ";\n        }\n");
    open_loops(loop, kept, loop->rank, out);
    open_loops(loop, kept - 1, kept, out);
    for (size_t t = 0; t <= last; t++)
        add_term(loop, t, indent, out);
    text_add(out, "%sto[", indent);
    add_index(out, &loop->to, kept);
    text_add(out, "] = weir_%s(to[", loop->combine->name);
    add_index(out, &loop->to, kept);
    text_add(out, "], t%zu);\n        }\n        }\n        }\n", last);
}

/* What a loop that scatters does with an element. */
static void add_scatter(const struct loop *loop, const char *indent, struct text *out)
{
    const size_t last = loop->term_count - 1;
    add_check(loop->index, loop->bound, indent, out);
    text_add(out, "%sconst ptrdiff_t at = ", indent);
    add_index(out, &loop->to, loop->rank);
    add_move(loop->index, loop->bound, loop->step, out);
    if (loop->update)
        text_add(out, ";\n%sto[at] = weir_%s(to[at], t%zu);\n        }\n", indent,
                 loop->update->name, last);
    else
        text_add(out, ";\n%sto[at] = t%zu;\n        }\n", indent, last);
}

static void add_loop(const struct schedule *schedule, const struct loop *loop, struct text *out)
{
    static const char indent[] = "            ";
    const size_t kept = loop->rank - loop->reduced, last = loop->term_count - 1;
    add_pointers(schedule, loop, out);
    if (is_abreast(schedule, loop)) {
        add_abreast(loop, out);
        return;
    }
    open_loops(loop, 0, kept, out);
    if (loop->combine) {
        text_add(out, "%s%s all = ", indent, type_of(loop->combine->kinds[0] == 'I'));
        add_start(loop, out);
        text_add(out, ";\n");
        open_loops(loop, kept, loop->rank, out);
    }
    for (size_t t = 0; t <= last; t++)
        add_term(loop, t, indent, out);
    if (loop->scatters) {
        add_scatter(loop, indent, out);
        return;
    }
    if (loop->combine)
        text_add(out, "%sall = weir_%s(all, t%zu);\n        }\n", indent, loop->combine->name,
                 last);
    text_add(out, "%sto[", indent);
    add_index(out, &loop->to, kept);
    if (loop->combine)
        text_add(out, "] = %sall;\n        }\n", cast_of(schedule, loop));
    else
        text_add(out, "] = %st%zu;\n        }\n", cast_of(schedule, loop), last);
}

/* ---- Steps ---- */

static void add_name(const char *name, struct text *out)
{
    for (; *name; name++)
        text_add(out,
                 strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-", *name)
                     ? "%c"
                     : "_",
                 *name);
}

static void add_whole(const struct schedule *schedule, const struct view *view, bool written,
                      struct text *out)
{
    text_add(out, written ? "*(%s *)(" : "*(const %s *)(",
             schedule_type(&schedule->buffers[view->buffer]));
    schedule_pointer(schedule, view->buffer, view->offset, out);
    text_add(out, ")");
}

static void add_repeat(const struct schedule *schedule, const struct step *step, struct text *out)
{
    const struct repeat_step *repeat = &step->repeat;
    const size_t n = repeat->repetition;
    text_add(out, "    for (int64_t n%zu = 0; n%zu < ", n, n);
    schedule_whole_text(WHOLE_64, repeat->most, out);
    if (repeat->count.buffer >= 0) {
        text_add(out, " && n%zu < ", n);
        add_whole(schedule, &repeat->count, false, out);
    }
    if (step->condition.buffer >= 0) {
        text_add(out, " && ");
        add_whole(schedule, &step->condition, false, out);
    }
    text_add(out, "; n%zu++) {\n    left -= ", n);
    schedule_whole_text(WHOLE_64, repeat->cost, out);
    text_add(out, ";\n    if (left < 0)\n        return 1;\n");
    if (repeat->number.buffer >= 0) {
        text_add(out, "    ");
        add_whole(schedule, &repeat->number, true, out);
        text_add(out, " = n%zu;\n", n);
    }
}

void schedule_text(const struct schedule *schedule, schedule_kernel *kernel, void *context,
                   struct text *out)
{
    bool repeats = false;
    for (size_t s = 0; s < schedule->step_count; s++)
        repeats |= schedule->steps[s].kind == STEP_REPEAT;
    if (repeats) {
        text_add(out, "    int64_t left = ");
        schedule_whole_text(WHOLE_64, SCHEDULE_COST_MOST, out);
        text_add(out, ";\n");
    }
    for (size_t s = 0; s < schedule->step_count; s++) {
        const struct step *step = &schedule->steps[s];
        if (step->kind == STEP_ELSE || step->kind == STEP_END) {
            text_add(out, step->kind == STEP_END ? "    }\n" : "    } else {\n");
            continue;
        }
        text_add(out, "    /* ");
        add_name(step->name, out);
        text_add(out, " */\n");
        if (step->kind == STEP_IF) {
            text_add(out, "    if (");
            add_whole(schedule, &step->condition, false, out);
            text_add(out, ") {\n");
            continue;
        }
        if (step->kind == STEP_REPEAT) {
            add_repeat(schedule, step, out);
            continue;
        }
        if (step->kind == STEP_FAIL) {
            text_add(out, "    return 1;\n");
            continue;
        }
        text_add(out, "    {\n");
        if (step->kind == STEP_LOOP)
            add_loop(schedule, &step->loop, out);
        else
            kernel(context, &step->kernel);
        text_add(out, "    }\n");
    }
}
