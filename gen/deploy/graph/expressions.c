/* SPDX-License-Identifier: MIT */
/* Expressions of single elements, which are written as words, and what is combined over axes. */
#include "deploy/graph/lower.h"
#include "onnx/call.h"
#include "onnx/walk.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 40, STACK_MAX = 16 };

/* An expression while it is read: the terms of its values, and those that are not taken yet. */
struct expression {
    struct lowering *l;
    struct loop *loop;
    size_t values[ARGUMENTS_MAX], stack[STACK_MAX], depth;
};

static size_t add_term(struct loop *loop, struct term term)
{
    if (loop->term_count == LOOP_TERMS_MAX)
        abort();
    loop->terms[loop->term_count] = term;
    return loop->term_count++;
}

/* ---- Values ---- */

/* Whether what is deferred can become part of the loop, and leave room for what is done to it: the
 * longest words, Gelu's, are 13 terms, and what makes the last of them the result is one. */
static bool fits(const struct loop *loop, const struct loop *part)
{
    enum { MORE_TERMS = 14, MORE_OPERANDS = 2 };
    return loop->term_count + part->term_count + MORE_TERMS <= LOOP_TERMS_MAX &&
           loop->operand_count + part->operand_count + MORE_OPERANDS <= LOOP_OPERANDS_MAX;
}

/* Adds all of a loop over fewer elements to one that it is broadcast to. */
static size_t add_part(struct loop *loop, const struct loop *part)
{
    const size_t first_operand = loop->operand_count, first_term = loop->term_count;
    for (size_t k = 0; k < part->operand_count; k++) {
        struct operand *operand = &loop->operands[loop->operand_count++];
        *operand = part->operands[k];
        operand->view = view_broadcast(&part->operands[k].view, loop->rank, loop->dims);
        operand->index += first_term;
    }
    for (size_t t = 0; t < part->term_count; t++) {
        struct term term = part->terms[t];
        term.operand += first_operand;
        for (size_t k = 0; k < ARGUMENTS_MAX; k++)
            term.of[k] += first_term;
        add_term(loop, term);
    }
    return loop->term_count - 1;
}

static size_t add_value(struct lowering *l, struct loop *loop, struct value *value)
{
    const onnx_tensor *constant = value->constant;
    if (constant && value->counts)
        return add_term(loop,
                        (struct term){.kind = TERM_COUNT, .whole = (int64_t)constant->floats[0]});
    if (constant && constant->count == 1)
        return add_term(loop,
                        (struct term){.kind = TERM_NUMBER,
                                      .is_int = value->is_int,
                                      .number = value->is_int ? 0 : constant->floats[0],
                                      .whole = value->is_int ? onnx_whole_at(constant, 0) : 0});
    if (value->deferred && value->uses == 1 && fits(loop, value->deferred)) {
        struct loop *part = value->deferred;
        value->deferred = NULL;
        const size_t last = add_part(loop, part);
        lower_give_loop(l, part);
        return last;
    }
    const struct view view = lower_view(l, value);
    loop->operands[loop->operand_count].view = view_broadcast(&view, loop->rank, loop->dims);
    return add_term(loop, (struct term){.kind = TERM_OPERAND,
                                        .is_int = value->is_int,
                                        .operand = loop->operand_count++});
}

/* ---- Words ---- */

static bool push_call(struct expression *e, const char *word)
{
    struct loop *loop = e->loop;
    const struct function *function = function_find(word);
    const size_t count = strlen(function->kinds) - 2;
    struct term term = {
        .kind = TERM_CALL, .is_int = function->kinds[0] == 'I', .function = function};
    if (e->depth < count)
        abort();
    e->depth -= count;
    for (size_t k = 0; k < count; k++) {
        term.of[k] = e->stack[e->depth + k];
        if (loop->terms[term.of[k]].is_int != (function->kinds[2 + k] == 'I'))
            return lower_refuse(e->l, "it works on elements of another type");
    }
    e->stack[e->depth++] = add_term(loop, term);
    return true;
}

static void push_number(struct expression *e, float number)
{
    e->stack[e->depth++] = add_term(e->loop, (struct term){.kind = TERM_NUMBER, .number = number});
}

static void push_whole(struct expression *e, int64_t whole)
{
    e->stack[e->depth++] =
        add_term(e->loop, (struct term){.kind = TERM_NUMBER, .is_int = true, .whole = whole});
}

static bool push_word(struct expression *e, const char *word)
{
    char name[WORD_MAX];
    const char *equals = strchr(word, '=');
    if (word[0] >= 'a' && word[0] <= 'c' && !word[1]) {
        e->stack[e->depth++] = e->values[word[0] - 'a'];
        return true;
    }
    if (equals) {
        memcpy(name, word, (size_t)(equals - word));
        name[equals - word] = '\0';
        push_number(e, onnx_attribute_float(e->l->node, name, strtof(equals + 1, NULL)));
        return true;
    }
    if (word[0] == '#') {
        push_whole(e, strtoll(word + 1, NULL, 10));
        return true;
    }
    if (strchr("-0123456789", word[0])) {
        push_number(e, strtof(word, NULL));
        return true;
    }
    return push_call(e, word);
}

static bool push_words(struct expression *e, const char *words)
{
    char word[WORD_MAX];
    bool pushed = true;
    while (*words && pushed) {
        const size_t length = strcspn(words, " ");
        memcpy(word, words, length);
        word[length] = '\0';
        pushed = push_word(e, word);
        words += length + (words[length] == ' ');
    }
    return pushed;
}

/* ---- What is made of them ---- */

/* A loop over what all values are broadcast to, whose last term is the result. */
static struct loop *read_loop(struct lowering *l, struct value *const *of, size_t count,
                              const char *words)
{
    struct loop *loop = lower_take_loop(l);
    struct expression e = {.l = l, .loop = loop};
    if (!loop)
        return NULL;
    for (size_t k = 0; k < count; k++) {
        size_t dims[ONNX_RANK_MAX], rank;
        if (!onnx_broadcast_dims(loop->dims, loop->rank, of[k]->dims, of[k]->rank, dims, &rank)) {
            lower_refuse(l, "the shapes of its inputs do not go together");
            return NULL;
        }
        loop->rank = rank;
        memcpy(loop->dims, dims, sizeof dims);
    }
    for (size_t k = 0; k < count; k++)
        for (size_t d = 0; d < of[k]->rank; d++)
            loop->open[loop->rank - of[k]->rank + d] |= of[k]->open[d];
    for (size_t k = 0; k < count; k++) {
        if (of[k]->deferred && lower_is_apart(of[k]->deferred, words))
            lower_view(l, of[k]);
        e.values[k] = add_value(l, loop, of[k]);
    }
    if (!push_words(&e, words))
        return NULL;
    const size_t top = e.stack[0]; /* is to be the last one */
    if (top + 1 < loop->term_count)
        push_call(&e, loop->terms[top].is_int ? "int_same" : "same");
    return loop;
}

bool lower_expression(struct lowering *l, struct value *const *of, size_t count, const char *words,
                      struct value *result)
{
    struct loop *loop = read_loop(l, of, count, words);
    if (!loop)
        return false;
    result->deferred = loop;
    result->is_int = loop->terms[loop->term_count - 1].is_int;
    result->whole = WHOLE_64;
    result->rank = loop->rank;
    memcpy(result->dims, loop->dims, sizeof result->dims);
    for (size_t d = 0; d < loop->rank; d++)
        result->open[d] |= loop->open[d];
    return true;
}

bool lower_wrapped(struct lowering *l, struct value *const *of, size_t count, const char *words,
                   enum whole whole, struct value *result)
{
    static const char *const functions[] = {[WHOLE_64] = "",
                                            [WHOLE_I32] = " int_narrow",
                                            [WHOLE_U32] = " int_as_u32",
                                            [WHOLE_I16] = " int_as_i16",
                                            [WHOLE_U16] = " int_as_u16",
                                            [WHOLE_I8] = " int_as_i8",
                                            [WHOLE_U8] = " int_as_u8"};
    struct text all = {0};
    text_add(&all, "%s%s", words, functions[whole]);
    const bool lowered = lower_expression(l, of, count, all.chars, result);
    text_free(&all);
    result->whole = whole;
    return lowered;
}

/* What a reduction begins with. */
struct start {
    float real;
    int64_t whole;
};

static bool reduce(struct lowering *l, struct value *of, const bool axes[ONNX_RANK_MAX],
                   const char *words, const char *combine, struct start start, struct value *result)
{
    struct loop *loop = read_loop(l, &of, 1, words);
    if (!loop)
        return false;
    struct loop turned = *loop;
    size_t dims[ONNX_RANK_MAX], count = 1;
    turned.rank = 0;
    for (int reduced = 0; reduced < 2; reduced++)
        for (size_t d = 0; d < of->rank; d++) {
            if (axes[d] != reduced)
                continue;
            turned.dims[turned.rank] = of->dims[d];
            turned.open[turned.rank] = of->open[d];
            for (size_t k = 0; k < loop->operand_count; k++)
                turned.operands[k].view.strides[turned.rank] = loop->operands[k].view.strides[d];
            turned.rank++;
            turned.reduced += (size_t)reduced;
        }
    for (size_t d = 0; d < of->rank; d++) {
        dims[d] = axes[d] ? 1 : of->dims[d];
        result->open[d] = of->open[d] && !axes[d];
        count *= dims[d];
    }
    turned.combine = function_find(combine);
    turned.start = start.real;
    turned.whole_start = start.whole;
    const bool is_int = turned.combine->kinds[0] == 'I';
    const int buffer = schedule_buffer(l->schedule, PLACE_ARENA, is_int, count);
    const struct view view = view_dense(buffer, of->rank, dims);
    turned.to = view; /* without those that are gone */
    lower_drop_axes(&turned.to, axes);
    loop_simplify(&turned);
    schedule_step(l->schedule, STEP_LOOP, l->node->name)->loop = turned;
    lower_give_loop(l, loop);
    lower_set_view(result, &view, is_int);
    return true;
}

bool lower_reduction(struct lowering *l, struct value *of, const bool axes[ONNX_RANK_MAX],
                     const char *words, const char *combine, float start, struct value *result)
{
    return reduce(l, of, axes, words, combine, (struct start){start, 0}, result);
}

bool lower_whole_reduction(struct lowering *l, struct value *of, const bool axes[ONNX_RANK_MAX],
                           const char *words, const char *combine, int64_t start,
                           struct value *result)
{
    return reduce(l, of, axes, words, combine, (struct start){0, start}, result);
}
