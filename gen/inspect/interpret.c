/* SPDX-License-Identifier: MIT */
/* A program in float32: sums in the order in which every kernel adds them, and the functions of the
 * scalar kernels. */
#include "inspect/interpret.h"

#include "math_scalar.h"
#include "quantise.h"

#include <stdlib.h>

/* A matrix as bytes. */
struct matrix {
    int8_t *bytes, *zeros; /* NULL: it is not */
    float *scales;
};

/* An operand as bytes. */
struct row {
    int8_t *bytes;
    struct weir_quantised as;
};

struct interpretation {
    const struct program *program;
    struct matrix matrices[PARAMS_MAX];
    struct row rows[REGIONS_MAX]; /* of a stage's regions */
    const struct weir_numbers *params;
    enum weir_type type; /* of matrices */
    const float *x;
    float *state[WEIR_STATES_MAX], *next[WEIR_STATES_MAX];
    float *values; /* of every computed node, from its place on */
    size_t *places;
    size_t stride; /* of the largest there is: an input, a state */
};

static size_t extent_size(const struct interpretation *in, enum weir_extent extent)
{
    return extent == WEIR_ONE ? 1 : (size_t)in->program->graph->size[extent];
}

static float *allocate(size_t count)
{
    float *memory = calloc(count ? count : 1, sizeof *memory);
    if (!memory)
        abort();
    return memory;
}

/* All matrices as bytes. */
static void quantise(struct interpretation *in)
{
    const struct graph *graph = in->program->graph;
    for (int i = 0; i < graph->param_count; i++) {
        const struct param *param = &graph->params[i];
        const struct weir_numbers *numbers = &in->params[i];
        if (!param->is_matrix)
            continue;
        const size_t rows = extent_size(in, graph_extent(graph, param->rows));
        const size_t cols = extent_size(in, graph_extent(graph, param->cols));
        struct matrix *matrix = &in->matrices[i];
        matrix->scales = allocate(rows);
        matrix->zeros = (int8_t *)allocate(rows / sizeof(float) + 1);
        matrix->bytes = (int8_t *)allocate(rows * cols / sizeof(float) + 1);
        for (size_t row = 0; row < rows; row++) {
            matrix->scales[row] = weir_scale_of(numbers, row, row * cols, 1, cols);
            matrix->zeros[row] = weir_zero_of(numbers, row);
            for (size_t k = row * cols; k < (row + 1) * cols; k++)
                matrix->bytes[k] = weir_byte_at(numbers, k, matrix->scales[row]);
        }
    }
    for (size_t r = 0; r < REGIONS_MAX; r++)
        in->rows[r].bytes = (int8_t *)allocate(weir_bytes(in->stride));
}

/* Whether matrices came as bytes. */
static bool has_bytes(const struct interpretation *in)
{
    bool has = false;
    for (int i = 0; i < in->program->graph->param_count; i++)
        has |= weir_is_bytes(in->params[i].type);
    return has;
}

/* As many values of every node as its stage has units. */
static void place_values(struct interpretation *in)
{
    const struct program *program = in->program;
    const size_t count = (size_t)program->graph->count;
    size_t values = 0;
    in->places = calloc(count + 1, sizeof *in->places);
    if (!in->places)
        abort();
    for (size_t node = 0; node < count; node++) {
        const int stage = program->stage_of[node];
        in->places[node] = values;
        values += stage < 0 ? 0 : extent_size(in, program->stages[stage].extent);
    }
    in->values = allocate(values);
}

struct interpretation *interpret_create(const struct program *program,
                                        const struct weir_numbers *params, bool exact)
{
    struct interpretation *in = calloc(1, sizeof *in);
    if (!in)
        abort();
    in->program = program;
    in->params = params;
    in->type = exact && !has_bytes(in) ? WEIR_TYPE_F32 : program->type;
    for (int extent = WEIR_ONE; extent <= WEIR_P; extent++)
        if (extent_size(in, (enum weir_extent)extent) > in->stride)
            in->stride = extent_size(in, (enum weir_extent)extent);
    place_values(in);
    for (int s = 0; s < program->graph->state_count; s++) {
        in->state[s] = allocate(in->stride);
        in->next[s] = allocate(in->stride);
    }
    if (weir_is_bytes(in->type))
        quantise(in);
    return in;
}

void interpret_free(struct interpretation *in)
{
    if (!in)
        return;
    for (size_t i = 0; i < PARAMS_MAX; i++) {
        free(in->matrices[i].bytes);
        free(in->matrices[i].zeros);
        free(in->matrices[i].scales);
    }
    for (size_t r = 0; r < REGIONS_MAX; r++)
        free(in->rows[r].bytes);
    for (size_t s = 0; s < WEIR_STATES_MAX; s++) {
        free(in->state[s]);
        free(in->next[s]);
    }
    free(in->values);
    free(in->places);
    free(in);
}

float *interpret_state(struct interpretation *in, size_t state)
{
    return in->state[state];
}

/* ---- One unit ---- */

/* A weight as it is packed. */
static float weight(const struct interpretation *in, const struct slot *slot, size_t index)
{
    const struct graph *graph = in->program->graph;
    const float scale = slot->scale < 0 ? 1.0f : (float)graph->nodes[slot->scale].number;
    const float learned = weir_number_at(&in->params[slot->param], index);
    const float from =
        graph->params[slot->param].is_matrix ? weir_rounded(in->type, learned) : learned;
    return weir_scaled(from, scale);
}

static float value_of(const struct interpretation *in, int node, size_t unit)
{
    const struct graph *graph = in->program->graph;
    const struct node *n = &graph->nodes[node];
    const struct slot vector = {.param = n->index, .scale = n->arg[0]};
    if (graph_is_constant(graph, node))
        return (float)n->number;
    switch (n->op) {
    case OP_INPUT:
        return in->x[unit];
    case OP_STATE:
        return in->state[n->index][unit];
    case OP_VECTOR:
        return weight(in, &vector, unit);
    default:
        return in->values[in->places[node] + unit];
    }
}

/* A product of few rows: sixteen partial sums of every sixteenth column, and those by halves. */
static float few_product(const struct interpretation *in, const struct region *region,
                         const struct slot *slot, size_t unit)
{
    const size_t cols = extent_size(in, region->cols);
    float partial[WEIR_PARTIAL_SUMS] = {0};
    for (size_t col = 0; col < cols || col % WEIR_PARTIAL_SUMS; col++) {
        float *sum = &partial[col % WEIR_PARTIAL_SUMS];
        *sum = col < cols ? v_fma(weight(in, slot, unit * cols + col),
                                  value_of(in, region->operand, col), *sum)
                          : v_fma(0, 0, *sum);
    }
    for (size_t half = WEIR_PARTIAL_SUMS / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            partial[i] += partial[i + half];
    return partial[0];
}

/* A product of bytes, which is added to a sum. */
static float add_bytes(const struct interpretation *in, const struct region *region, size_t r,
                       const struct slot *slot, size_t unit, float sum)
{
    const size_t cols = extent_size(in, region->cols);
    const struct matrix *matrix = &in->matrices[slot->param];
    int32_t products = 0;
    for (size_t col = 0; col < cols; col++)
        products +=
            in->rows[r].bytes[col] * (matrix->bytes[unit * cols + col] - matrix->zeros[unit]);
    return v_fma((float)products, in->rows[r].as.scale * matrix->scales[unit], sum);
}

/* The sum with this index of a stage of few rows, or of bytes: vectors, then whole products. */
static float whole_sum_of(const struct interpretation *in, const struct stage *stage, int sum,
                          size_t unit)
{
    float total = 0;
    bool begun = false;
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        for (size_t k = 0; k < region->count; k++) {
            const struct slot *slot = &region->slots[k];
            if (slot->sum != sum)
                continue;
            if (region->operand >= 0 && weir_is_bytes(in->type))
                total = add_bytes(in, region, r, slot, unit, total);
            else if (region->operand >= 0)
                total += few_product(in, region, slot, unit);
            else
                total = begun ? total + weight(in, slot, unit) : weight(in, slot, unit);
            begun = true;
        }
    }
    return total;
}

/* The sum with this index of a stage: vectors, then products, column by column. */
static float sum_of(const struct interpretation *in, const struct stage *stage, int sum,
                    size_t unit)
{
    float total = 0;
    bool begun = false;
    if (stage->few == FEW_ALWAYS || weir_is_bytes(in->type))
        return whole_sum_of(in, stage, sum, unit);
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        const size_t cols = extent_size(in, region->cols);
        for (size_t col = 0; col < cols; col++)
            for (size_t k = 0; k < region->count; k++) {
                const struct slot *slot = &region->slots[k];
                if (slot->sum != sum)
                    continue;
                const float w = weight(in, slot, unit * cols + col);
                if (region->operand >= 0)
                    total = v_fma(w, value_of(in, region->operand, col), total);
                else
                    total = begun ? total + w : w;
                begun = true;
            }
    }
    return total;
}

static float compute(const struct interpretation *in, const struct node *n, size_t unit)
{
    float v[3] = {0};
    for (size_t i = 0; i < op_arity(n->op); i++)
        v[i] = value_of(in, n->arg[i], unit);
    switch (n->op) {
    case OP_ADD:
        return v[0] + v[1];
    case OP_SUB:
        return v[0] - v[1];
    case OP_MUL:
        return v[0] * v[1];
    case OP_DIV:
        return v[0] / v[1];
    case OP_NEG:
        return -v[0];
    case OP_FMA:
        return v_fma(v[0], v[1], v[2]);
    case OP_FMS:
        return v_fma(v[0], v[1], -v[2]);
    case OP_FNMA:
        return v_fma(-v[0], v[1], v[2]);
    case OP_MIN:
        return v_min(v[0], v[1]);
    case OP_MAX:
        return v_max(v[0], v[1]);
    case OP_ABS:
        return v_abs(v[0]);
    case OP_EXP:
        return v_exp(v[0]);
    case OP_EXP2:
        return v_exp2(v[0]);
    case OP_LOG1P:
        return v_log1p(v[0]);
    case OP_CLAMP:
        return v_clamp(v[0], v[1]);
    case OP_WHERE:
        return v_where(v[0], v[1], v[2]);
    case OP_COPY:
        return v[0];
    default:
        return 0;
    }
}

/* ---- One step ---- */

/* Makes bytes of what a stage multiplies. */
static void quantise_operands(struct interpretation *in, const struct stage *stage)
{
    float *row = allocate(in->stride);
    for (size_t r = 0; r < stage->region_count; r++) {
        const struct region *region = &stage->regions[r];
        const size_t cols = extent_size(in, region->cols);
        for (size_t col = 0; col < cols && region->operand >= 0; col++)
            row[col] = value_of(in, region->operand, col);
        if (region->operand >= 0)
            weir_quantise_row(row, cols, in->rows[r].bytes, &in->rows[r].as);
    }
    free(row);
}

static void run_stage(struct interpretation *in, size_t index)
{
    const struct program *program = in->program;
    const struct stage *stage = &program->stages[index];
    const size_t units = extent_size(in, stage->extent);
    if (weir_is_bytes(in->type))
        quantise_operands(in, stage);
    for (size_t i = 0; i < stage->order_count; i++) {
        const int node = stage->order[i];
        const struct node *n = &program->graph->nodes[node];
        int sum = 0;
        if (program->stage_of[node] != (int)index)
            continue;
        while (n->op == OP_SUM && stage->sums[sum] != node)
            sum++;
        for (size_t unit = 0; unit < units; unit++)
            in->values[in->places[node] + unit] =
                n->op == OP_SUM ? sum_of(in, stage, sum, unit) : compute(in, n, unit);
    }
}

void interpret_step(struct interpretation *in, const float *x, float *y)
{
    const struct graph *graph = in->program->graph;
    in->x = x;
    for (size_t i = 0; i < in->program->stage_count; i++)
        run_stage(in, i);
    for (int s = 0; s < graph->state_count; s++) {
        const size_t size = extent_size(in, graph_extent(graph, graph->states[s].extent));
        for (size_t unit = 0; unit < size; unit++)
            in->next[s][unit] = value_of(in, graph->states[s].next, unit);
        for (size_t unit = 0; unit < size && s == 0 && y; unit++)
            y[unit] = v_canonical(in->next[s][unit]);
    }
    for (int s = 0; s < graph->state_count; s++) {
        float *swap = in->state[s];
        in->state[s] = in->next[s];
        in->next[s] = swap;
    }
}
