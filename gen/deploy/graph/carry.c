/* SPDX-License-Identifier: MIT */
/* Outputs that are inputs of the next call, and are kept in the state until then: those that are
 * said, or with `auto` those that names or shapes tell. */
#include "deploy/graph/lower.h"

#include "common/text.h"

#include <stdio.h>
#include <string.h>

const char *lower_next_line(const char *lines)
{
    const char *end = strchr(lines, '\n');
    return end ? end + 1 : NULL;
}

const char *lower_find_line(const char *lines, const char *name)
{
    const size_t length = strlen(name);
    for (; lines; lines = lower_next_line(lines))
        if (!strncmp(lines, name, length) && lines[length] == '=')
            return lines + length + 1;
    return NULL;
}

/* ---- Pairs by themselves ---- */

/* A name without what tells an output from an input. */
static void reduce(const char *name, bool is_output, char reduced[128])
{
    static const char *const ends[2][8] = {
        {"_in", "_prev", "_init", "_0", "0", ".in", "_i", "_old"},
        {"_out", "_new", "_next", "N", "n", ".out", "_o", "1"}};
    static const char *const begins[2][4] = {{"in_", "prev_", "init_", "old_"},
                                             {"out_", "new_", "next_", "output_"}};
    size_t length = strlen(name);
    for (size_t k = 0; k < 4; k++)
        if (!strncmp(name, begins[is_output][k], strlen(begins[is_output][k]))) {
            name += strlen(begins[is_output][k]);
            length = strlen(name);
            break;
        }
    for (size_t k = 0; k < 8; k++) {
        const size_t end = strlen(ends[is_output][k]);
        if (length > end && !strcmp(name + length - end, ends[is_output][k])) {
            length -= end;
            break;
        }
    }
    snprintf(reduced, 128, "%.*s", (int)length, name);
}

static bool same_name(const char *output, const char *input)
{
    char a[128], b[128];
    reduce(output, true, a);
    reduce(input, false, b);
    return *a && (!strcmp(a, b) || !strcmp(a, input));
}

/* Whether two are of floats and of one shape, as far as it is declared; more than a list. */
static bool same_shape(const onnx_value *a, const onnx_value *b)
{
    bool same = onnx_type_is_float(a->type) && onnx_type_is_float(b->type) && a->has_shape &&
                b->has_shape && a->rank == b->rank && a->rank > 1;
    for (size_t d = 0; d < a->rank && same; d++)
        same = a->dims[d] == b->dims[d] || a->dims[d] < 0 || b->dims[d] < 0;
    return same;
}

/* The only output that may be an input's next value; -1: there is none, or more than one. */
static int find_output(const onnx_model *onnx, const onnx_value *input, bool by_name)
{
    int found = -1, count = 0;
    for (size_t i = 0; i < onnx->graph.output_count; i++) {
        const onnx_value *output = &onnx->values[onnx->graph.outputs[i]];
        if (!same_shape(output, input) || (by_name && !same_name(output->name, input->name)))
            continue;
        found = (int)i;
        count++;
    }
    return count == 1 ? found : -1;
}

static bool is_only_input(const onnx_model *onnx, const onnx_value *output)
{
    size_t count = 0;
    for (size_t i = 0; i < onnx->graph.input_count; i++)
        count += same_shape(output, &onnx->values[onnx->graph.inputs[i]]);
    return count == 1;
}

/* By names, or else, but for the first input, where no other has such a shape. */
static void find_pairs(const onnx_model *onnx, struct text *pairs)
{
    for (size_t i = 0; i < onnx->graph.input_count; i++) {
        const onnx_value *input = &onnx->values[onnx->graph.inputs[i]];
        int output = find_output(onnx, input, true);
        if (output < 0 && i > 0) {
            output = find_output(onnx, input, false);
            if (output >= 0 && !is_only_input(onnx, &onnx->values[onnx->graph.outputs[output]]))
                output = -1;
        }
        if (output >= 0)
            text_add(pairs, "%s%s=%s", pairs->length ? "\n" : "",
                     onnx->values[onnx->graph.outputs[output]].name, input->name);
    }
}

bool lower_pairs(const onnx_model *onnx, struct deploy_request *request, struct failure *failure)
{
    struct text pairs = {0};
    if (!request->carry || strcmp(request->carry, "auto") != 0)
        return true;
    find_pairs(onnx, &pairs);
    char *lines = pairs.length ? onnx_memory_take(onnx->memory, pairs.length + 1, 1) : NULL;
    const bool found = pairs.length > 0;
    if (lines) {
        memcpy(lines, pairs.chars, pairs.length + 1);
        printf("%s\n", lines);
    }
    text_free(&pairs);
    request->carry = lines;
    if (found)
        return lines || fail_memory(failure);
    return fail(failure, "--carry auto finds no output that is plainly an input of the next call, "
                         "expected OUT=IN");
}

/* ---- What is carried ---- */

bool lower_is_kept(const struct lowering *l, const char *name)
{
    for (const char *line = l->request->carry; line; line = lower_next_line(line)) {
        const char *equals = strchr(line, '=');
        const size_t length = equals ? strcspn(equals + 1, "\n") : 0;
        if (equals && length == strlen(name) && !strncmp(equals + 1, name, length))
            return true;
    }
    return false;
}

/* The input that an output is at the next call, or NULL. */
const struct buffer *lower_find_kept(const struct lowering *l, const char *output, int *number)
{
    const char *line = lower_find_line(l->request->carry, output);
    for (size_t b = 0; b < l->schedule->buffer_count && line; b++) {
        const struct buffer *buffer = &l->schedule->buffers[b];
        *number = (int)b;
        if (buffer->place == PLACE_KEPT && strlen(buffer->name) == strcspn(line, "\n") &&
            !strncmp(buffer->name, line, strlen(buffer->name)))
            return buffer;
    }
    return NULL;
}

/* What is carried is computed before any of it is stored, as it may be read until then. */
bool lower_carry(struct lowering *l)
{
    const onnx_graph *graph = &l->onnx->graph;
    size_t carried = 0, kept = 0, asked = 0;
    if (!l->request->carry)
        return true;
    for (const char *line = l->request->carry; line; line = lower_next_line(line))
        asked++;
    for (int stores = 0; stores < 2; stores++)
        for (size_t i = 0; i < graph->output_count; i++) {
            int number = -1;
            struct value *value = &l->values[graph->outputs[i]];
            const struct buffer *buffer =
                lower_find_kept(l, l->onnx->values[graph->outputs[i]].name, &number);
            if (!buffer)
                continue;
            if (value->rank != buffer->rank || value->is_int || buffer->is_int ||
                memcmp(value->dims, buffer->dims, value->rank * sizeof *value->dims) != 0)
                return fail(l->failure, "--carry: '%.80s' and '%.80s' have different shapes",
                            quote(l->onnx->values[graph->outputs[i]].name).text,
                            quote(buffer->name).text);
            struct view view = lower_view(l, value);
            if (stores) {
                const struct view to = view_dense(number, view.rank, view.dims);
                lower_copy(l, &view, &to);
            } else if (l->schedule->buffers[view.buffer].place == PLACE_KEPT) {
                value->view = lower_pack(l, &view);
            }
            carried += (size_t)stores;
        }
    for (size_t b = 0; b < l->schedule->buffer_count; b++)
        kept += l->schedule->buffers[b].place == PLACE_KEPT;
    return (kept == carried && kept == asked) ||
           fail(l->failure, "--carry names an output or an input that the model has not, or one "
                            "twice, expected OUT=IN");
}
