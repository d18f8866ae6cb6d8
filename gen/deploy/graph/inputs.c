/* SPDX-License-Identifier: MIT */
/* What the model is given and gives: the shapes of inputs, of which every axis must be a number. It
 * is declared, or asked for; an open batch is one unless it is said, and open time is --steps. */
#include "deploy/graph.h"
#include "deploy/graph/lower.h"
#include "deploy/graph/roles.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- Shapes that are asked for ---- */

/* Numbers with commas between them, at most so many. */
static bool read_shape(const char *text, size_t *rank, size_t *dims)
{
    *rank = 0;
    for (;;) {
        char *end;
        const unsigned long long number =
            *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
        if (!number || number > INT32_MAX || *rank == ONNX_RANK_MAX)
            return false;
        dims[(*rank)++] = (size_t)number;
        if (*end == '\0' || *end == '\n')
            return true;
        if (*end != ',')
            return false;
        text = end + 1;
    }
}

static bool set_shape(struct lowering *l, const onnx_value *declared, const char *given,
                      struct value *value)
{
    size_t rank, dims[ONNX_RANK_MAX];
    if (!read_shape(given, &rank, dims))
        return fail(l->failure, "--shape of '%.80s' is no list of sizes, such as 1,30,9",
                    quote(declared->name).text);
    bool fits = !declared->has_shape || declared->rank == rank;
    for (size_t d = 0; d < rank && fits && declared->has_shape; d++)
        fits = declared->dims[d] < 0 || declared->dims[d] == (int64_t)dims[d];
    if (!fits)
        return fail(l->failure, "--shape of '%.80s' is another than the model declares",
                    quote(declared->name).text);
    value->rank = rank;
    memcpy(value->dims, dims, sizeof value->dims);
    return true;
}

/* That of a call, which was held to what is declared. */
static bool take_shape(struct lowering *l, const onnx_value *declared,
                       const struct deploy_shape *given, struct value *value)
{
    value->rank = given->rank;
    memcpy(value->dims, given->dims, sizeof value->dims);
    for (size_t d = 0; d < given->rank; d++)
        if (!given->dims[d])
            return fail(l->failure, "the input '%.80s' has no elements",
                        quote(declared->name).text);
    return true;
}

static void add_open(struct text *open, const onnx_value *declared, size_t axis)
{
    const char *name = declared->axes[axis];
    text_add(open, "%saxis %zu of '%.80s'", open->length ? ", " : "", axis,
             quote(declared->name).text);
    if (name)
        text_add(open, " (%.40s)", quote(name).text);
}

/* What --shape says of an axis of this name of any input; 0: nothing. */
static size_t size_by_name(const struct lowering *l, const char *name)
{
    const onnx_graph *graph = &l->onnx->graph;
    for (size_t i = 0; i < graph->input_count && name; i++) {
        const onnx_value *declared = &l->onnx->values[graph->inputs[i]];
        const char *given = lower_find_line(l->request->shapes, declared->name);
        size_t rank, dims[ONNX_RANK_MAX];
        if (!given || !read_shape(given, &rank, dims))
            continue;
        for (size_t d = 0; d < rank && declared->has_shape && d < declared->rank; d++)
            if (declared->axes[d] && !strcmp(declared->axes[d], name))
                return dims[d];
    }
    return 0;
}

/* The size of an axis that is declared to be open; 0: nothing says it. */
static size_t size_of_open(const struct lowering *l, const char *name, enum meaning meaning)
{
    const size_t named = size_by_name(l, name);
    if (meaning == MEANS_BATCH)
        return l->request->batch ? l->request->batch : named ? named : 1;
    return meaning == MEANS_TIME && l->request->steps ? l->request->steps : named;
}

/* --batch and --shape say the same of an axis that counts batches. */
static bool check_batch(const struct lowering *l, const onnx_value *declared,
                        const enum meaning *meanings)
{
    const struct value *value = &l->values[declared - l->onnx->values];
    for (size_t d = 0; d < value->rank && l->request->batch && declared->has_shape; d++)
        if (meanings[d] == MEANS_BATCH && declared->dims[d] < 0 &&
            value->dims[d] != l->request->batch)
            return fail(l->failure, "--shape of '%.80s' has a batch of %zu, and --batch says %zu",
                        quote(declared->name).text, value->dims[d], l->request->batch);
    return true;
}

/* The shape of an input; what is open of it is added to a list. */
static bool find_shape(struct lowering *l, struct telling *t, size_t i, struct text *open)
{
    const int number = l->onnx->graph.inputs[i];
    const onnx_value *declared = &l->onnx->values[number];
    struct value *value = &l->values[number];
    const char *given = lower_find_line(l->request->shapes, declared->name);
    if (l->request->inputs)
        return take_shape(l, declared, &l->request->inputs[i], value);
    if (given)
        return set_shape(l, declared, given, value) && check_batch(l, declared, t->meanings[i + 1]);
    if (!declared->has_shape)
        return fail(l->failure,
                    "the shape of the input '%.80s' is not declared, expected --shape NAME=...",
                    quote(declared->name).text);
    value->rank = declared->rank;
    for (size_t d = 0; d < value->rank; d++) {
        const enum meaning meaning = t->meanings[i + 1][d];
        value->dims[d] = declared->dims[d] >= 0 ? (size_t)declared->dims[d]
                                                : size_of_open(l, declared->axes[d], meaning);
        if (meaning == MEANS_TIME && l->request->steps && value->dims[d] != l->request->steps)
            return fail(l->failure,
                        "the model reads whole sequences of %zu steps, expected no --steps",
                        value->dims[d]);
        t->took_steps |= meaning == MEANS_TIME && l->request->steps;
        l->model->asks_steps |=
            meaning == MEANS_TIME && declared->dims[d] < 0 && l->request->steps > 1;
        t->took_batch |= meaning == MEANS_BATCH && declared->dims[d] < 0;
        if (declared->dims[d] == 0)
            return fail(l->failure, "the input '%.80s' has an axis of size 0",
                        quote(declared->name).text);
        if (!value->dims[d])
            add_open(open, declared, d);
    }
    return true;
}

/* Whether what was asked for is there; one of each is what there is without being asked for. */
static bool check_asked(const struct lowering *l, const struct telling *t)
{
    const onnx_graph *graph = &l->onnx->graph;
    if (l->request->steps > 1 && !t->took_steps)
        return fail(l->failure, "--steps: no open axis of the model's inputs is known to be time, "
                                "expected --shape NAME=SIZE,...");
    if (l->request->batch > 1 && !t->took_batch)
        return fail(l->failure, "--batch: no open axis of the model's inputs is known to count "
                                "batches, expected --shape NAME=SIZE,...");
    for (const char *line = l->request->shapes; line; line = lower_next_line(line)) {
        bool is_there = false;
        for (size_t i = 0; i < graph->input_count; i++) {
            const char *name = l->onnx->values[graph->inputs[i]].name;
            is_there |= !strncmp(line, name, strlen(name)) && line[strlen(name)] == '=';
        }
        if (!is_there)
            return fail(l->failure,
                        "--shape '%.80s' is of no input of the model, expected "
                        "NAME=SIZE,...",
                        quote(line).text);
    }
    return true;
}

/* ---- Buffers ---- */

/* The buffer of an input or output, as a view. */
static struct view make_argument(struct lowering *l, const onnx_value *declared,
                                 const struct value *value, enum place place)
{
    const int buffer = schedule_buffer(l->schedule, place, value->is_int, lower_count(value));
    struct buffer *made = &l->schedule->buffers[buffer];
    made->whole = value->is_int ? lower_argument_whole(value->whole) : WHOLE_64;
    made->name = declared->name;
    made->rounded = onnx_type_is_half(declared->type) ? onnx_type_name(declared->type) : NULL;
    made->rank = value->rank;
    memcpy(made->dims, value->dims, sizeof made->dims);
    if (place == PLACE_INPUT)
        made->index = l->schedule->input_count++;
    if (place == PLACE_OUTPUT)
        made->index = l->schedule->output_count++;
    return view_dense(buffer, value->rank, value->dims);
}

static bool make_input(struct lowering *l, size_t i)
{
    const int number = l->onnx->graph.inputs[i];
    const onnx_value *declared = &l->onnx->values[number];
    struct value *value = &l->values[number];
    const bool is_int = declared->type != ONNX_NONE && !onnx_type_is_float(declared->type);
    const bool kept = lower_is_kept(l, declared->name);
    size_t count = 1;
    if (is_int && !onnx_type_is_read(declared->type))
        return fail(l->failure, "the input '%.80s' is of type %s, which is not supported",
                    quote(declared->name).text, onnx_type_name(declared->type));
    for (size_t d = 0; d < value->rank; d++) {
        if (value->dims[d] > (size_t)INT32_MAX / count)
            return fail(l->failure, "the input '%.80s' is too large", quote(declared->name).text);
        count *= value->dims[d];
    }
    value->is_int = is_int;
    value->whole = lower_whole(declared->type);
    const struct view view = make_argument(l, declared, value, kept ? PLACE_KEPT : PLACE_INPUT);
    lower_set_view(value, &view, is_int);
    if (!onnx_type_is_half(declared->type))
        return true;
    struct value *given = lower_take(l, 1, sizeof *given);
    if (!given)
        return false;
    *given = *value;
    value->view.buffer = -1;
    return lower_expression(l, &given, 1, lower_rounding(declared->type), value);
}

bool lower_inputs(struct lowering *l)
{
    static const struct telling blank;
    const onnx_graph *graph = &l->onnx->graph;
    struct telling *t = lower_take(l, 1, sizeof *t);
    struct text open = {0};
    if (!t)
        return false;
    if (graph->input_count > INPUTS_MOST)
        return fail(l->failure, "the model has more than %d inputs", INPUTS_MOST);
    *t = blank;
    bool found = lower_find_roles(l, t);
    for (size_t i = 0; i < graph->input_count && found; i++)
        found = find_shape(l, t, i, &open);
    if (found && open.length)
        found = fail(l->failure,
                     "axes of the model's inputs are open: %.2000s; expected their sizes by "
                     "--steps T, --batch N or --shape NAME=SIZE,...",
                     open.chars);
    text_free(&open);
    found = found && check_asked(l, t);
    for (size_t i = 0; i < graph->input_count && found; i++)
        found = make_input(l, i);
    return found;
}

/* ---- What it gives ---- */

/* Of a type of 16 bits it is rounded to that. Which type is not told by what is computed, as that
 * is float32. */
static bool give_output(struct lowering *l, const onnx_value *declared, struct value *value,
                        const struct view *to)
{
    struct value rounded = lower_blank(1);
    if (declared->type == ONNX_NONE && l->onnx->has_half)
        return fail(l->failure,
                    "the type of the output '%.80s' is not declared, and may be one of "
                    "16 bits",
                    quote(declared->name).text);
    if (!onnx_type_is_half(declared->type)) {
        lower_into(l, value, to);
        return true;
    }
    if (value->is_int)
        return fail(l->failure,
                    "the output '%.80s' is of whole numbers, and declared to be of "
                    "type %s",
                    quote(declared->name).text, onnx_type_name(declared->type));
    if (!lower_expression(l, &value, 1, lower_rounding(declared->type), &rounded))
        return false;
    lower_into(l, &rounded, to);
    return true;
}

bool lower_outputs(struct lowering *l)
{
    const onnx_graph *graph = &l->onnx->graph;
    l->node = NULL;
    for (size_t i = 0; i < graph->output_count; i++) {
        const onnx_value *declared = &l->onnx->values[graph->outputs[i]];
        struct value *value = &l->values[graph->outputs[i]];
        int number;
        if (lower_find_kept(l, declared->name, &number)) /* it is rounded where it is read */
            continue;
        if (lower_count(value) == 0)
            return fail(l->failure, "the output '%.80s' has no elements",
                        quote(declared->name).text);
        const struct view to = make_argument(l, declared, value, PLACE_OUTPUT);
        if (!give_output(l, declared, value, &to))
            return false;
    }
    return lower_carry(l);
}
