/* SPDX-License-Identifier: MIT */
/* Loops over single elements with exponentials in them, as cells without a matrix: kernels have
 * those for every ISA, and plain C is slow at them. One operand is the cell's input, others are
 * states, constants are learned vectors. */
#include "deploy/graph/lower.h"

#include "common/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { UNITS_LEAST = 4, UNITS_MOST = 8192, TERMS_MOST = 24, LAYERS_MOST = 192 };

/* How a function is written in a cell, with what it takes for %s. Sums of fractions that have an
 * exponential with those of which it is made could overflow: they are not mixed. */
enum weight { LIGHT, EXPONENTIAL, FRACTION };

static const struct {
    const char *name, *before, *between, *after;
    enum weight weight;
} rows[] = {
    {"same", "", "", "", LIGHT},           {"canonical", "", "", "", LIGHT},
    {"neg", "-(", "", ")", LIGHT},         {"abs", "abs(", "", ")", LIGHT},
    {"relu", "relu(", "", ")", LIGHT},     {"add", "(", " + ", ")", LIGHT},
    {"sub", "(", " - ", ")", LIGHT},       {"mul", "(", "*", ")", LIGHT},
    {"min", "min(", ", ", ")", LIGHT},     {"max", "max(", ", ", ")", LIGHT},
    {"exp", "exp(", "", ")", EXPONENTIAL}, {"sigmoid", "sigmoid(", "", ")", FRACTION},
    {"tanh", "tanh(", "", ")", FRACTION},
};

static size_t row_of(const char *function)
{
    size_t i = 0;
    while (i < sizeof rows / sizeof *rows && strcmp(rows[i].name, function) != 0)
        i++;
    return i;
}

/* ---- Whether it can be one ---- */

static bool is_constant(const struct lowering *l, const struct loop *loop, size_t operand)
{
    return l->schedule->buffers[loop->operands[operand].view.buffer].place == PLACE_CONSTANT;
}

/* What functions of a loop, or of words, are: how many there are of each weight, and whether there
 * are others. */
struct survey {
    size_t count[3];
    bool others;
};

static void note(struct survey *survey, size_t row)
{
    if (row == sizeof rows / sizeof *rows)
        survey->others = true;
    else
        survey->count[rows[row].weight]++;
}

static struct survey survey_loop(const struct loop *loop)
{
    struct survey survey = {0};
    for (size_t t = 0; t < loop->term_count; t++)
        if (loop->terms[t].kind == TERM_CALL)
            note(&survey, row_of(loop->terms[t].function->name));
    return survey;
}

static struct survey survey_words(const char *words)
{
    struct survey survey = {0};
    char word[40];
    for (size_t length; *words; words += length + (words[length] == ' ')) {
        length = strcspn(words, " ");
        memcpy(word, words, length);
        word[length] = '\0';
        if (length > 1 && !strchr(word, '=') && !strchr("-#0123456789", word[0]))
            note(&survey, row_of(word));
    }
    return survey;
}

static bool has_exponentials(const struct survey *survey)
{
    return survey->count[EXPONENTIAL] > 0 || survey->count[FRACTION] > 0;
}

bool lower_is_apart(const struct loop *loop, const char *words)
{
    const struct survey part = survey_loop(loop), whole = survey_words(words);
    if (!has_exponentials(&part) && !has_exponentials(&whole))
        return false;
    const bool mixed = (part.count[EXPONENTIAL] || whole.count[EXPONENTIAL]) &&
                       (part.count[FRACTION] || whole.count[FRACTION]);
    return part.others != whole.others || mixed;
}

static bool check_terms(const struct loop *loop)
{
    const struct survey survey = survey_loop(loop);
    for (size_t t = 0; t < loop->term_count; t++) {
        const struct term *term = &loop->terms[t];
        if (term->is_int || term->kind == TERM_COUNT ||
            (term->kind == TERM_NUMBER && !isfinite(term->number)))
            return false;
    }
    return loop->term_count <= TERMS_MOST && !survey.others &&
           (survey.count[FRACTION] > 0) != (survey.count[EXPONENTIAL] > 0);
}

/* Rows of elements that lie one after another, in what is written and in all that is read; where
 * more than one operand changes from row to row, one row. */
static bool check_operands(const struct lowering *l, const struct loop *loop)
{
    const size_t last = loop->rank - 1;
    size_t moving = 0;
    if (loop->rank < 1 || loop->rank > 2 || loop->open[last] || loop->to.strides[last] != 1)
        return false;
    for (size_t k = 0; k < loop->operand_count; k++) {
        const struct operand *operand = &loop->operands[k];
        if (operand->is_indexed || operand->view.strides[last] != 1 ||
            (is_constant(l, loop, k) && last && operand->view.strides[0]))
            return false;
        moving += !is_constant(l, loop, k);
    }
    const size_t units = loop->dims[last];
    return moving >= 1 && moving < WEIR_STATES_MAX && (loop->rank == 1 || moving == 1) &&
           units >= UNITS_LEAST && units <= UNITS_MOST && l->model->layer_count < LAYERS_MOST;
}

/* Where all that is written and read lies in one piece, one row of it, for which constants are
 * repeated. */
static bool flatten(struct lowering *l, struct loop *loop)
{
    struct loop flat = *loop;
    size_t units = 1;
    for (size_t d = 0; d < loop->rank; d++)
        units *= loop->dims[d];
    flat.rank = 1;
    flat.dims[0] = units;
    bool together = loop->rank > 1 && units <= UNITS_MOST;
    for (size_t d = 0; d < loop->rank; d++)
        together &= !loop->open[d]; /* a kernel has as many units for any steps */
    for (size_t k = 0; k <= loop->operand_count && together; k++) {
        const bool is_operand = k < loop->operand_count;
        struct view view = is_operand ? loop->operands[k].view : loop->to;
        view.rank = loop->rank;
        memcpy(view.dims, loop->dims, sizeof view.dims);
        together = (is_operand && is_constant(l, loop, k)) || view_is_dense(&view);
        *(is_operand ? &flat.operands[k].view : &flat.to) = (struct view){.buffer = view.buffer,
                                                                          .rank = 1,
                                                                          .offset = view.offset,
                                                                          .dims = {units},
                                                                          .strides = {1}};
    }
    for (size_t k = 0; k < loop->operand_count && together; k++) {
        const struct view *from = &loop->operands[k].view;
        if (!is_constant(l, loop, k))
            continue;
        float *all = lower_take(l, units, sizeof *all);
        for (size_t i = 0; i < units && all; i++) {
            ptrdiff_t at = from->offset;
            for (size_t d = loop->rank, rest = i; d-- > 0; rest /= loop->dims[d])
                at += from->strides[d] * (ptrdiff_t)(rest % loop->dims[d]);
            all[i] = ((const float *)l->schedule->buffers[from->buffer].data)[at];
        }
        const int buffer = schedule_buffer(l->schedule, PLACE_CONSTANT, false, units);
        l->schedule->buffers[buffer].data = all;
        flat.operands[k].view.buffer = buffer;
        flat.operands[k].view.offset = 0;
        together = all;
    }
    if (together)
        *loop = flat;
    return together;
}

/* ---- The cell ---- */

/* What each operand is called; the order of what is learned is that in which it is named. */
struct writing {
    struct lowering *l;
    const struct loop *loop;
    char names[LOOP_OPERANDS_MAX][24];
    size_t states[WEIR_STATES_MAX], state_count, input; /* operands */
    bool has_vector;
    struct text text;
};

static void name_operands(struct writing *w)
{
    bool has_input = false;
    for (size_t k = 0; k < w->loop->operand_count; k++) {
        if (is_constant(w->l, w->loop, k)) {
            w->has_vector = true;
            snprintf(w->names[k], sizeof w->names[k], "v%zu", k);
        } else if (!has_input) {
            w->input = k;
            has_input = true;
            snprintf(w->names[k], sizeof w->names[k], "x");
        } else {
            snprintf(w->names[k], sizeof w->names[k], "s%zu", w->state_count);
            w->states[w->state_count++] = k;
        }
    }
}

static void add_name(struct writing *w, size_t t)
{
    const struct term *term = &w->loop->terms[t];
    if (term->kind == TERM_OPERAND)
        text_add(&w->text, "%s", w->names[term->operand]);
    else if (term->kind == TERM_NUMBER)
        text_add(&w->text, signbit(term->number) ? "(-%.9g)" : "%.9g", fabs((double)term->number));
    else
        text_add(&w->text, "t%zu", t);
}

static void add_call(struct writing *w, const struct term *term)
{
    const size_t row = row_of(term->function->name), count = strlen(term->function->kinds) - 2;
    text_add(&w->text, "%s", rows[row].before);
    for (size_t k = 0; k < count; k++) {
        text_add(&w->text, "%s", k ? rows[row].between : "");
        add_name(w, term->of[k]);
    }
    text_add(&w->text, "%s\n", rows[row].after);
}

/* The first state becomes the result: that of an operand, or one that is not read. A cell learns
 * something: where there is no constant, zeros, which are taken away. */
static void write_cell(struct writing *w)
{
    const size_t last = w->loop->term_count - 1;
    text_add(&w->text, "cell work\ninput x\nstate %s[I]", w->state_count ? "s0" : "y");
    for (size_t s = 1; s < w->state_count; s++)
        text_add(&w->text, ", s%zu[I]", s);
    text_add(&w->text, "\n\n");
    for (size_t t = 0; t <= last; t++) {
        const struct term *term = &w->loop->terms[t];
        if (term->kind != TERM_CALL)
            continue;
        text_add(&w->text, "t%zu = ", t);
        add_call(w, term);
    }
    text_add(&w->text, "%s' = ", w->state_count ? "s0" : "y");
    add_name(w, last);
    text_add(&w->text, w->has_vector ? "\n" : " - z\n");
    for (size_t s = 1; s < w->state_count; s++)
        text_add(&w->text, "s%zu' = s%zu\n", s, s);
}

/* ---- The step ---- */

static bool set_vectors(struct writing *w, struct deploy_layer *layer)
{
    struct deploy_pass *pass = &layer->passes[0];
    const size_t units = w->loop->dims[w->loop->rank - 1];
    float *zeros = w->has_vector ? NULL : lower_take(w->l, units, sizeof *zeros);
    if (!w->has_vector && !zeros)
        return false;
    for (size_t i = 0; i < units && zeros; i++)
        zeros[i] = 0;
    pass->params[0].data = zeros;
    struct graph *graph = source_parse(&pass->cell, layer->size, w->l->failure);
    if (!graph)
        return false;
    for (int i = 0; i < graph->param_count; i++)
        for (size_t k = 0; k < w->loop->operand_count; k++)
            if (!strcmp(graph->params[i].name, w->names[k])) {
                const struct view *view = &w->loop->operands[k].view;
                pass->params[i].data =
                    (const float *)w->l->schedule->buffers[view->buffer].data + view->offset;
            }
    graph_free(graph);
    return true;
}

/* An operand as a row of a state, which is aligned, and belongs to nobody else's memory. */
static int state_row(struct writing *w, size_t operand, size_t units)
{
    const struct view *view = &w->loop->operands[operand].view;
    const size_t row = weir_round_up(units, WEIR_ROW);
    const struct buffer *buffer = &w->l->schedule->buffers[view->buffer];
    if (buffer->place == PLACE_ARENA && view->offset == 0)
        return view->buffer;
    const int made = schedule_buffer(w->l->schedule, PLACE_ARENA, false, row);
    const struct view from = {.buffer = view->buffer,
                              .rank = 1,
                              .offset = view->offset,
                              .dims = {units},
                              .strides = {1}},
                      to = view_dense(made, 1, &units);
    lower_copy(w->l, &from, &to);
    return made;
}

static struct view as_rows(const struct view *view, size_t count, size_t units, size_t rank)
{
    return (struct view){.buffer = view->buffer,
                         .rank = 3,
                         .offset = view->offset,
                         .dims = {1, count, units},
                         .strides = {0, rank == 2 ? view->strides[0] : 0, 1}};
}

static void add_step(struct writing *w, const char *name, size_t layer)
{
    const struct loop *loop = w->loop;
    const size_t units = loop->dims[loop->rank - 1],
                 rows_count = loop->rank == 2 ? loop->dims[0] : 1;
    const size_t row = weir_round_up(units, WEIR_ROW);
    const size_t states = w->state_count ? w->state_count : 1;
    struct kernel_step kernel = {
        .layer = layer,
        .x = as_rows(&loop->operands[w->input].view, rows_count, units, loop->rank),
        .y = as_rows(&loop->to, rows_count, units, loop->rank),
        .state_count = states};
    for (size_t s = 0; s < states; s++) {
        kernel.rows[s][0] = s < w->state_count
                                ? state_row(w, w->states[s], units)
                                : schedule_buffer(w->l->schedule, PLACE_ARENA, false, row);
        kernel.rows[s][1] = schedule_buffer(w->l->schedule, PLACE_ARENA, false, row);
    }
    schedule_step(w->l->schedule, STEP_KERNEL, name)->kernel = kernel;
}

bool lower_work(struct lowering *l, const struct loop *loop, bool *made)
{
    struct loop flat = *loop;
    *made = loop->reduced == 0 && loop->rank > 0 && check_terms(loop) &&
            (check_operands(l, loop) || (flatten(l, &flat) && check_operands(l, &flat)));
    if (!*made)
        return true;
    loop = &flat;
    struct writing w = {.l = l, .loop = loop};
    const double size[4] = {1, (double)loop->dims[loop->rank - 1], 1, 0};
    const size_t number = l->model->layer_count;
    name_operands(&w);
    write_cell(&w);
    struct deploy_layer *layer = lower_layer(l, w.text.chars, size);
    text_free(&w.text);
    if (!layer || !set_vectors(&w, layer))
        return false;
    layer->is_work = true;
    add_step(&w, l->node ? l->node->name : "outputs", number);
    return true;
}
