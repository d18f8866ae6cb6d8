/* SPDX-License-Identifier: MIT */
/* Where a step of training keeps what: one walk over everything it needs, which counts and, where
 * there is memory, hands it out. */
#include "libweir.h"

/* What is handed out: from `memory` on, or only counted. */
struct arena {
    float *memory;
    size_t floats;
};

static float *take(struct arena *arena, size_t floats)
{
    float *piece = arena->memory ? arena->memory + arena->floats : NULL;
    arena->floats = weir_plus(arena->floats, weir_round_up(floats, WEIR_ROW));
    return piece;
}

size_t weir_step_floats(const weir_layer *layer, enum weir_extent extent, size_t B)
{
    return weir_times(B, weir_round_up(weir_extent_of(extent, layer->sizes), WEIR_ROW));
}

static bool wants_x(const struct weir_training *training)
{
    bool wants = false;
    for (size_t i = 0; i < training->backward->given_count; i++)
        wants |= training->backward->givens[i].source == WEIR_X;
    return wants;
}

bool weir_deltas_pay(size_t rows, size_t cols)
{
    return weir_times(rows, cols) >= 3 << 16;
}

/* Whether any gradient's deltas are copied. */
static bool wants_deltas(const weir_layer *layer)
{
    const struct weir_training *training = layer->kernel->training;
    bool wants = false;
    for (size_t i = 0; i < training->outer_count; i++) {
        const struct weir_param *param = &layer->kernel->params[training->outers[i].param];
        wants |= weir_deltas_pay(weir_extent_of(param->rows, layer->sizes),
                                 weir_extent_of(param->cols, layer->sizes));
    }
    return wants;
}

static void take_values(const weir_layer *layer, struct arena *arena, size_t T, size_t B,
                        struct weir_workspace *workspace)
{
    const struct weir_kernel *kernel = layer->kernel;
    const struct weir_training *training = kernel->training;
    const struct weir_pass *backward = training->backward;
    for (size_t v = 0; v < kernel->value_count + training->saved_count; v++) {
        const enum weir_extent extent =
            v < kernel->value_count ? kernel->values[v] : training->saved[v - kernel->value_count];
        workspace->value[v] = take(arena, weir_times(T, weir_step_floats(layer, extent, B)));
    }
    workspace->panel = take(arena, weir_times(layer->parts, WEIR_PANEL));
    workspace->deltas =
        wants_deltas(layer) ? take(arena, weir_times(layer->parts, WEIR_DELTAS)) : NULL;
    for (size_t v = 0; v < backward->value_count; v++) {
        const size_t step = weir_step_floats(layer, backward->values[v], B);
        workspace->delta[v] = take(arena, v < training->delta_count ? weir_times(T, step) : step);
    }
}

size_t weir_workspace_lay(const weir_layer *layer, size_t T, size_t B, float *memory,
                          struct weir_workspace *workspace)
{
    const struct weir_kernel *kernel = layer->kernel;
    const struct weir_sizes sizes = layer->sizes;
    struct arena arena = {.memory = memory};
    size_t widest = weir_step_floats(layer, WEIR_I, B);
    if (B > WEIR_SIZE_MAX)
        return SIZE_MAX;
    for (size_t s = 0; s < kernel->state_count; s++) {
        const size_t step = weir_times(B, layer->state_row[s]);
        widest = step > widest ? step : widest;
    }
    /* Behind each piece that is seldom used in full stands one that is needed at the same time: one
     * that is too short shows in the results. */
    workspace->unwanted = take(&arena, widest);
    workspace->products = take(&arena, kernel->hoist_floats(B, sizes.I, sizes.H, sizes.P));
    workspace->zeros = take(&arena, widest);
    for (size_t s = 0; s < kernel->state_count; s++) {
        const size_t step = weir_times(B, layer->state_row[s]);
        workspace->state[s] = take(&arena, weir_times(weir_plus(T, 1), step));
        workspace->d_state[0][s] = take(&arena, step);
        workspace->d_state[1][s] = take(&arena, step);
    }
    workspace->x = NULL;
    if (wants_x(kernel->training))
        workspace->x = take(&arena, weir_times(T, weir_step_floats(layer, WEIR_I, B)));
    take_values(layer, &arena, T, B, workspace);
    return arena.floats;
}

size_t weir_layer_workspace(const weir_layer *layer, size_t T, size_t B)
{
    struct weir_workspace workspace;
    if (!layer || !layer->product)
        return 0;
    return weir_times(weir_workspace_lay(layer, T, B, NULL, &workspace), sizeof(float));
}
