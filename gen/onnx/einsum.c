/* SPDX-License-Identifier: MIT */
/* Einsum of one or two operands: a walk over all labels, those of the output first, so that each
 * output is one sum over the others. */
#include "onnx/einsum.h"
#include "onnx/operators.h"
#include "onnx/walk.h"

#include <ctype.h>
#include <string.h>

enum { OPERANDS = EINSUM_OPERANDS, LABELS_MAX = EINSUM_LABELS, ELLIPSIS = 128 };

/* The labels of an operand or of the output: a letter each, or ELLIPSIS and which dimension of it,
 * counted from its end. */
struct term {
    size_t count;
    int labels[ONNX_RANK_MAX];
    bool has_ellipsis;
};

/* ---- The equation ---- */

/* A term as it is written; an ellipsis becomes so many dimensions. */
static bool read_term(const char **at, size_t ellipsis, struct term *term)
{
    *term = (struct term){0, {0}, false};
    for (; isalpha((unsigned char)**at) || **at == '.' || **at == ' '; (*at)++) {
        const bool dots = **at == '.';
        if (**at == ' ')
            continue;
        if (dots && (strncmp(*at, "...", 3) != 0 || term->has_ellipsis))
            return false;
        const size_t more = dots ? ellipsis : 1;
        if (more > ONNX_RANK_MAX - term->count)
            return false;
        for (size_t k = 0; k < more; k++)
            term->labels[term->count++] = dots ? ELLIPSIS + (int)(more - 1 - k) : **at;
        if (dots) {
            term->has_ellipsis = true;
            *at += 2;
        }
    }
    return true;
}

/* How many dimensions the ellipsis of an operand stands for: those that no letter does. */
static size_t ellipsis_of(const char *at, size_t rank)
{
    size_t letters = 0;
    for (; *at && *at != ',' && *at != '-'; at++)
        letters += isalpha((unsigned char)*at) != 0;
    return letters < rank ? rank - letters : 0;
}

/* Where none is written: what the ellipsis stands for, and every letter that is there once. */
static bool imply_output(const struct term *terms, size_t count, struct term *output)
{
    size_t times[ELLIPSIS + ONNX_RANK_MAX] = {0};
    for (size_t t = 0; t < count; t++)
        for (size_t k = 0; k < terms[t].count; k++)
            times[terms[t].labels[k]]++;
    *output = (struct term){0, {0}, false};
    for (int name = ELLIPSIS + ONNX_RANK_MAX - 1; name >= 0; name--) {
        const int label = name >= ELLIPSIS ? name : ELLIPSIS - 1 - name; /* letters upwards */
        if (label >= ELLIPSIS ? !times[label] : times[label] != 1)
            continue;
        if (output->count == ONNX_RANK_MAX)
            return false;
        output->labels[output->count++] = label;
    }
    return true;
}

static bool read_equation(const onnx_call *call, struct term terms[OPERANDS], struct term *output)
{
    const char *text = onnx_attribute_string(call->node, "equation", ""), *at = text;
    const size_t count = call->node->input_count;
    size_t ellipsis = 0;
    bool read = true;
    for (size_t t = 0; read && t < count; t++) {
        const size_t own = ellipsis_of(at, call->inputs[t]->rank);
        read = read_term(&at, own, &terms[t]) && terms[t].count == call->inputs[t]->rank;
        ellipsis = terms[t].has_ellipsis && own > ellipsis ? own : ellipsis;
        if (read && t + 1 < count)
            read = *at++ == ',';
    }
    if (read && !strncmp(at, "->", 2)) {
        at += 2;
        read = read_term(&at, ellipsis, output) && !*at;
    } else if (read) {
        read = !*at && imply_output(terms, count, output);
    }
    return read || fail(call->failure, "its equation '%s' does not go together with its inputs",
                        quote(text).text);
}

/* ---- Labels ---- */

static struct einsum_label *find_label(struct einsum *sum, int name)
{
    size_t i = 0;
    while (i < sum->count && sum->labels[i].name != name)
        i++;
    if (i == LABELS_MAX)
        return NULL;
    if (i == sum->count)
        sum->labels[sum->count++] = (struct einsum_label){name, 1, false, {0, 0}};
    return &sum->labels[i];
}

/* The dimensions of an operand under its labels; a dimension of 1 broadcasts. */
static bool add_operand(const onnx_call *call, const struct term *term, size_t t,
                        struct einsum *sum)
{
    const onnx_tensor *x = call->inputs[t];
    ptrdiff_t strides[ONNX_RANK_MAX];
    onnx_dense_strides(x, strides);
    for (size_t d = 0; d < x->rank; d++) {
        struct einsum_label *label = find_label(sum, term->labels[d]);
        if (!label || (label->dim != 1 && x->dims[d] != 1 && label->dim != x->dims[d]))
            return fail(call->failure, "the shapes of its inputs do not go together");
        label->is_known = true;
        if (x->dims[d] == 1)
            continue;
        label->dim = x->dims[d];
        label->stride[t] += strides[d];
    }
    return true;
}

bool onnx_einsum_read(const onnx_call *call, struct einsum *sum, size_t dims[ONNX_RANK_MAX])
{
    struct term terms[OPERANDS], output;
    if (call->node->input_count > OPERANDS)
        return fail(call->failure, "it has %zu operands, and at most two are supported",
                    call->node->input_count);
    *sum = (struct einsum){.count = 0};
    if (!read_equation(call, terms, &output))
        return false;
    for (size_t k = 0; k < output.count; k++)
        find_label(sum, output.labels[k]);
    sum->outputs = output.count;
    if (sum->count != output.count)
        return fail(call->failure, "its output has a label twice");
    for (size_t t = 0; t < call->node->input_count; t++)
        if (!add_operand(call, &terms[t], t, sum))
            return false;
    for (size_t k = 0; k < sum->outputs; k++) {
        dims[k] = sum->labels[k].dim;
        if (!sum->labels[k].is_known)
            return fail(call->failure, "its output has a label that no operand has");
    }
    return true;
}

/* ---- The sum ---- */

/* Goes on to the next place among labels from the first to before the last; false: that was all. */
static bool next(const struct einsum *sum, size_t first, size_t last, size_t *index, ptrdiff_t *at)
{
    for (size_t k = last; k-- > first;) {
        const struct einsum_label *label = &sum->labels[k];
        for (size_t t = 0; t < OPERANDS; t++)
            at[t] += label->stride[t];
        if (++index[k] < label->dim)
            return true;
        for (size_t t = 0; t < OPERANDS; t++)
            at[t] -= label->stride[t] * (ptrdiff_t)label->dim;
        index[k] = 0;
    }
    return false;
}

static void add_up(const onnx_call *call, const struct einsum *sum, onnx_tensor *y)
{
    const onnx_tensor *a = call->inputs[0], *b = onnx_input(call, 1);
    size_t index[LABELS_MAX] = {0};
    ptrdiff_t at[OPERANDS] = {0};
    for (size_t i = 0; i < y->count; i++) {
        float total = 0;
        uint64_t whole = 0;
        do {
            if (y->floats)
                total += a->floats[at[0]] * (b ? b->floats[at[1]] : 1);
            else
                whole += (uint64_t)a->ints[at[0]] * (b ? (uint64_t)b->ints[at[1]] : 1);
        } while (next(sum, sum->outputs, sum->count, index, at));
        if (y->floats)
            y->floats[i] = total;
        else
            y->ints[i] = (int64_t)whole;
        next(sum, 0, sum->outputs, index, at);
    }
    onnx_wrap(y);
}

bool onnx_einsum(onnx_call *call)
{
    const onnx_tensor *a = call->inputs[0], *b = onnx_input(call, 1);
    size_t dims[ONNX_RANK_MAX], work[LABELS_MAX + 1] = {8};
    struct einsum sum;
    if (b && !a->floats != !b->floats)
        return fail(call->failure, "its operands must be of one type");
    if (!onnx_einsum_read(call, &sum, dims))
        return false;
    bool empty = false;
    for (size_t k = 0; k < sum.count; k++) {
        work[1 + k] = sum.labels[k].dim;
        empty |= !sum.labels[k].dim;
    }
    onnx_tensor *y = onnx_output(call, a->type, sum.outputs, dims);
    if (!y || !onnx_check_work(call, 1 + sum.count, work))
        return false;
    if (empty)
        onnx_tensor_clear(y);
    else
        add_up(call, &sum, y);
    return true;
}
