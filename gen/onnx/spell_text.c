/* SPDX-License-Identifier: MIT */
/* The text of a cell from terms, and its weights. What is added together becomes one sum, whose
 * constants are one bias; what is used more than once, and each gate, gets a name. */
#include "common/hash.h"
#include "onnx/memory.h"
#include "onnx/spell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SUM_MAX = 24, NAME_MAX = 16 };

static const char *const state_names[SPELL_STATES] = {"h", "c"};

struct author {
    struct spell *spell;
    onnx_memory *memory;
    onnx_pass *pass;
    const int *next;
    size_t state_count;
    bool seen[SPELL_TERMS];
    size_t sums, values; /* numbered so far */
    const char *lines;
    bool failed;
};

static const char *write_term(struct author *a, int term, int level);

static const char *check(struct author *a, const char *text)
{
    a->failed |= !text;
    return text ? text : "";
}

static const struct spell_term *term_at(const struct author *a, int term)
{
    return &a->spell->terms[term];
}

/* ---- Weights ---- */

/* A name that no weight has yet. */
static const char *name_weight(struct author *a, char letter, size_t number)
{
    const char *name = check(a, onnx_format(a->memory, "%c%zu", letter, number));
    for (size_t again = 2, i = 0; i < a->pass->weight_count; i++)
        if (!strcmp(a->pass->weights[i].name, name)) {
            name = check(a, onnx_format(a->memory, "%c%zu_%zu", letter, number, again++));
            i = (size_t)-1;
        }
    return name;
}

/* A weight of H rows; without data: room for it. NULL: there are too many. */
static float *add_weight(struct author *a, const char *name, size_t cols, const float *data)
{
    const size_t rows = a->spell->H;
    float *room = NULL;
    if (a->pass->weight_count == ONNX_WEIGHTS_MAX || rows > SIZE_MAX / cols)
        a->failed = true;
    else if (!data)
        a->failed |= !(room = onnx_memory_take(a->memory, rows * cols, sizeof *room));
    if (!a->failed)
        a->pass->weights[a->pass->weight_count++] =
            (onnx_weight){.name = name, .rows = rows, .cols = cols, .data = data ? data : room};
    return a->failed ? NULL : room;
}

/* Element r of a vector. */
static float element_of(const struct spell_term *t, size_t r)
{
    return t->kind == SPELL_NUMBER ? t->number : t->tensor->floats[t->row + r] * t->number;
}

/* The part of a matrix that was copied before; NULL: it was not. */
static const float *find_copy(const struct author *a, const struct spell_term *t)
{
    const struct spell_copies *copies = a->spell->copies;
    for (size_t i = 0; i < copies->count; i++) {
        const struct spell_term *of = &copies->copy[i].of;
        if (of->tensor == t->tensor && of->turned == t->turned && of->row == t->row &&
            of->col == t->col && of->cols == t->cols && of->number == t->number &&
            of->uses == a->spell->H)
            return copies->copy[i].data;
    }
    return NULL;
}

static void keep_copy(struct author *a, const struct spell_term *t, const float *data)
{
    struct spell_copies *copies = a->spell->copies;
    if (copies->count == SPELL_COPIES)
        return;
    copies->copy[copies->count].of = *t;
    copies->copy[copies->count].of.uses = a->spell->H;
    copies->copy[copies->count++].data = data;
}

/* The matrix of a product as a weight. */
static void add_matrix(struct author *a, const struct spell_term *t, const char *name)
{
    const size_t rows = a->spell->H, stride = t->tensor->dims[1];
    const float *from = t->tensor->floats;
    float *data = add_weight(a, name, t->cols, find_copy(a, t));
    if (!data)
        return;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < t->cols; c++)
            data[r * t->cols + c] =
                t->number * (t->turned ? from[(t->row + r) * stride + t->col + c]
                                       : from[(t->col + c) * stride + t->row + r]);
    keep_copy(a, t, data);
}

static const char *write_product(struct author *a, const struct spell_term *t, size_t number)
{
    const bool of_x = t->args[0] == SPELL_X;
    const struct spell_term *of = of_x ? NULL : term_at(a, t->args[0]);
    const char letter = of_x ? 'W' : of->kind == SPELL_STATE ? "UV"[of->state] : 'R';
    const char *name = name_weight(a, letter, number);
    add_matrix(a, t, name);
    const char *operand = of_x ? "x" : write_term(a, t->args[0], 2);
    const bool bare = of_x || of->name || of->kind == SPELL_STATE;
    return check(
        a, onnx_format(a->memory, bare || *operand == '(' ? "%s@%s" : "%s@(%s)", name, operand));
}

/* ---- Sums ---- */

/* What is added together; negative: taken away. */
struct sum {
    struct sum_part {
        const struct spell_term *term;
        int index;
        bool negative;
    } part[SUM_MAX];
    size_t count;
};

/* Where in a sum a term stands: what is not taken away first, so that the text need not begin with
 * a sign; and products of the input, of states, of other values. */
static size_t order_of(const struct author *a, const struct spell_term *t, bool negative)
{
    enum { OTHER = SPELL_STATES + 2, ORDERS };
    size_t order = OTHER;
    if (t->kind == SPELL_PRODUCT && t->args[0] == SPELL_X)
        order = 0;
    else if (t->kind == SPELL_PRODUCT)
        order = term_at(a, t->args[0])->kind == SPELL_STATE ? 1 + term_at(a, t->args[0])->state
                                                            : OTHER - 1;
    return negative ? ORDERS + order : order;
}

static void sort(const struct author *a, struct sum *sum)
{
    for (size_t i = 1; i < sum->count; i++)
        for (size_t k = i; k > 0 && order_of(a, sum->part[k - 1].term, sum->part[k - 1].negative) >
                                        order_of(a, sum->part[k].term, sum->part[k].negative);
             k--) {
            const struct sum_part part = sum->part[k];
            sum->part[k] = sum->part[k - 1];
            sum->part[k - 1] = part;
        }
}

static void gather(struct author *a, int term, bool negative, bool whole, struct sum *sum)
{
    const struct spell_term *t = term_at(a, term);
    if (t->kind == SPELL_SUM && (whole || (t->uses == 1 && !t->name))) {
        gather(a, t->args[0], negative, false, sum);
        gather(a, t->args[1], negative != (*t->sign == '-'), false, sum);
    } else if (sum->count == SUM_MAX) {
        a->failed = true;
    } else {
        sum->part[sum->count].term = t;
        sum->part[sum->count].index = term;
        sum->part[sum->count++].negative = negative;
    }
}

/* All constants of a sum as one: a vector where one of them is; "" where there are none. */
static const char *write_bias(struct author *a, const struct sum *sum, size_t number)
{
    size_t vectors = 0, numbers = 0;
    float single = 0;
    for (size_t i = 0; i < sum->count; i++) {
        vectors += sum->part[i].term->kind == SPELL_VECTOR;
        if (sum->part[i].term->kind == SPELL_NUMBER) {
            numbers++;
            single +=
                sum->part[i].negative ? -sum->part[i].term->number : sum->part[i].term->number;
        }
    }
    if (!vectors)
        return numbers ? check(a, onnx_format(a->memory, "%.9g", (double)single)) : "";
    const char *name = name_weight(a, 'b', number);
    float *data = add_weight(a, name, 1, NULL);
    for (size_t r = 0; data && r < a->spell->H; r++) {
        data[r] = 0;
        for (size_t i = 0; i < sum->count; i++)
            if (sum->part[i].term->kind == SPELL_VECTOR || sum->part[i].term->kind == SPELL_NUMBER)
                data[r] +=
                    (sum->part[i].negative ? -1.0f : 1.0f) * element_of(sum->part[i].term, r);
    }
    return name;
}

static const char *append(struct author *a, const char *text, bool negative, const char *more)
{
    return check(a, onnx_format(a->memory, "%s%s%s", text,
                                *text ? (negative ? " - " : " + ") : (negative ? "-" : ""), more));
}

/* The sum that a term is, or a product alone. */
static const char *write_sum(struct author *a, int term)
{
    struct sum sum = {.count = 0};
    const char *text = "";
    gather(a, term, false, true, &sum);
    sort(a, &sum);
    const size_t number = ++a->sums;
    for (size_t i = 0; i < sum.count; i++) {
        const struct spell_term *t = sum.part[i].term;
        if (t->kind != SPELL_VECTOR && t->kind != SPELL_NUMBER)
            text =
                append(a, text, sum.part[i].negative,
                       t->kind == SPELL_PRODUCT && !t->name ? write_product(a, t, number)
                                                            : write_term(a, sum.part[i].index, 1));
    }
    const char *bias = write_bias(a, &sum, number);
    if (!*bias)
        return text;
    return *text == '-' || !*text ? append(a, bias, *text == '-', *text == '-' ? text + 1 : "")
                                  : append(a, text, *bias == '-', bias + (*bias == '-'));
}

/* ---- Terms ---- */

static const char *write_call(struct author *a, const struct spell_term *t)
{
    if (!strcmp(t->sign, "-"))
        return check(a, onnx_format(a->memory, "-%s", write_term(a, t->args[0], 2)));
    const char *text = check(a, onnx_format(a->memory, "%s(", t->sign));
    for (size_t i = 0; i < t->arg_count; i++)
        text = check(
            a, onnx_format(a->memory, "%s%s%s", text, i ? ", " : "", write_term(a, t->args[i], 0)));
    return check(a, onnx_format(a->memory, "%s)", text));
}

static const char *write_own(struct author *a, int term, int *level)
{
    const struct spell_term *t = term_at(a, term);
    *level = 2;
    switch (t->kind) {
    case SPELL_STATE:
        return state_names[t->state];
    case SPELL_NUMBER:
        *level = t->number < 0 ? 1 : 2;
        return check(a, onnx_format(a->memory, "%.9g", (double)t->number));
    case SPELL_VECTOR: {
        const char *name = name_weight(a, 'p', ++a->sums);
        float *data = add_weight(a, name, 1, NULL);
        for (size_t r = 0; data && r < a->spell->H; r++)
            data[r] = element_of(t, r);
        return name;
    }
    case SPELL_PRODUCT:
        return write_product(a, t, ++a->sums);
    case SPELL_SUM:
        *level = 0;
        return write_sum(a, term);
    case SPELL_TIMES: {
        *level = 1;
        const char *left = write_term(a, t->args[0], 1), *right = write_term(a, t->args[1], 2);
        return check(a, onnx_format(a->memory, "%s%s%s", left, t->sign, right));
    }
    default:
        *level = *t->sign == '-' ? 1 : 2;
        return write_call(a, t);
    }
}

/* A term where what binds less than the level stands in parentheses: 0 a sum, 1 a product, 2 what
 * is one. */
static const char *write_term(struct author *a, int term, int level)
{
    int own;
    if (term_at(a, term)->name)
        return term_at(a, term)->name;
    const char *text = write_own(a, term, &own);
    return own < level ? check(a, onnx_format(a->memory, "(%s)", text)) : text;
}

/* ---- Lines ---- */

static bool is_leaf(const struct spell_term *t)
{
    return t->kind == SPELL_STATE || t->kind == SPELL_VECTOR || t->kind == SPELL_NUMBER;
}

static void count_uses(struct author *a, int term)
{
    struct spell_term *t = &a->spell->terms[term];
    if (t->uses++)
        return;
    for (size_t i = 0; i < t->arg_count; i++)
        if (t->args[i] != SPELL_X)
            count_uses(a, t->args[i]);
}

/* A function of a sum: what is called a gate. */
static bool is_gate(const struct author *a, const struct spell_term *t)
{
    if (t->kind != SPELL_CALL || t->args[0] == SPELL_X || !strcmp(t->sign, "-"))
        return false;
    const struct spell_term *of = term_at(a, t->args[0]);
    return !of->name && (of->kind == SPELL_SUM || of->kind == SPELL_PRODUCT);
}

static void add_line(struct author *a, const char *name, const char *text)
{
    a->lines = check(a, onnx_format(a->memory, "%s%-3s = %s\n", a->lines, name, text));
}

/* Lines for the terms that get a name, those that they need before. */
static void write_lines(struct author *a, int term)
{
    struct spell_term *t = &a->spell->terms[term];
    if (a->seen[term])
        return;
    a->seen[term] = true;
    for (size_t i = 0; i < t->arg_count; i++)
        if (t->args[i] != SPELL_X)
            write_lines(a, t->args[i]);
    const char *name = NULL;
    for (size_t s = a->state_count; s-- > 0 && !is_leaf(t);)
        if (a->next[s] == term)
            name = check(a, onnx_format(a->memory, "%s'", state_names[s]));
    if (!name && !is_leaf(t) && (t->uses > 1 || is_gate(a, t)))
        name = check(a, onnx_format(a->memory, "v%zu", ++a->values));
    if (!name)
        return;
    add_line(a, name, write_term(a, term, 0));
    t->name = name;
}

static bool name_cell(struct author *a)
{
    const char *body = onnx_format(a->memory, "input x\nstate %s\n\n%s",
                                   a->state_count > 1 ? "h, c" : "h", a->lines);
    if (!body)
        return false;
    const uint64_t hash = hash_bytes(HASH_START, body, strlen(body));
    a->pass->name =
        onnx_format(a->memory, "onnx_cell_%08x", (unsigned)((hash ^ hash >> 32) & UINT32_MAX));
    a->pass->cell =
        a->pass->name ? onnx_format(a->memory, "cell  %s\n%s", a->pass->name, body) : NULL;
    return a->pass->cell != NULL;
}

bool spell_write(struct spell *spell, const int *next, size_t state_count, onnx_pass *pass)
{
    struct author *a = calloc(1, sizeof *a);
    if (!a)
        return false;
    *a = (struct author){.spell = spell,
                         .memory = spell->model->memory,
                         .pass = pass,
                         .next = next,
                         .state_count = state_count,
                         .lines = ""};
    pass->weight_count = 0;
    for (size_t i = 0; i < spell->term_count; i++) {
        spell->terms[i].uses = 0;
        spell->terms[i].name = NULL;
    }
    for (size_t s = 0; s < state_count; s++)
        count_uses(a, next[s]);
    for (size_t s = 0; s < state_count; s++)
        write_lines(a, next[s]);
    for (size_t s = 0; s < state_count; s++) {
        const char *name = check(a, onnx_format(a->memory, "%s'", state_names[s]));
        const char *written = term_at(a, next[s])->name;
        if (!written || strcmp(written, name) != 0)
            add_line(a, name, write_term(a, next[s], 0));
    }
    const bool right = !a->failed && name_cell(a);
    free(a);
    return right;
}
