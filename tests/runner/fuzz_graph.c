/* SPDX-License-Identifier: MIT */
/* libFuzzer's way into the lowering of graphs: a model that loads becomes a schedule, or one
 * sentence. A schedule is written as C and run, in buffers of which each is a piece of memory by
 * itself, so that nothing is read or written outside of them unseen; what a kernel would be given
 * must lie inside, too. */
#include "common/text.h"
#include "deploy/deploy.h"
#include "deploy/graph.h"
#include "schedule/schedule.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 2, ELEMENTS_MOST = 1 << 16, STEPS_MOST = 256, COST_MOST = 1 << 22 };

/* Open axes have two elements; false: an input is too large. */
static bool find_shapes(const onnx_model *model, struct deploy_shape *shapes)
{
    for (size_t i = 0; i < model->graph.input_count; i++) {
        const onnx_value *value = &model->values[model->graph.inputs[i]];
        size_t count = 1;
        shapes[i].rank = value->rank;
        for (size_t d = 0; d < value->rank; d++) {
            shapes[i].dims[d] = value->dims[d] < 0 ? FEW : (size_t)value->dims[d];
            if (shapes[i].dims[d] > ELEMENTS_MOST || (count *= shapes[i].dims[d]) > ELEMENTS_MOST)
                return false;
        }
    }
    return true;
}

/* ---- Running it ---- */

/* A run whose buffers have memory. */
struct running {
    const struct schedule *schedule;
    void **memory;
};

static void check_view(const struct running *r, const struct view *view)
{
    ptrdiff_t least = view->offset, most = view->offset;
    for (size_t d = 0; d < view->rank; d++) {
        const ptrdiff_t span = view->strides[d] * (ptrdiff_t)(view->dims[d] - 1);
        least += span < 0 ? span : 0;
        most += span > 0 ? span : 0;
    }
    if (least < 0 || most >= (ptrdiff_t)r->schedule->buffers[view->buffer].count)
        abort();
}

/* In place of the kernel, its outputs are 0. */
static void run_kernel(void *context, const struct kernel_step *step)
{
    const struct running *r = context;
    float *y = (float *)r->memory[step->y.buffer] + step->y.offset;
    check_view(r, &step->x);
    check_view(r, &step->y);
    for (size_t b = 0; b < step->y.dims[0]; b++)
        for (size_t t = 0; t < step->y.dims[1]; t++)
            for (size_t u = 0; u < step->y.dims[2]; u++)
                y[(ptrdiff_t)b * step->y.strides[0] + (ptrdiff_t)t * step->y.strides[1] +
                  (ptrdiff_t)u] = 0;
}

static void write_kernel(void *context, const struct kernel_step *step)
{
    (void)context;
    (void)step;
}

static void run_schedule(const struct schedule *schedule)
{
    struct running r = {schedule, calloc(schedule->buffer_count + 1, sizeof *r.memory)};
    size_t elements = 0;
    for (size_t b = 0; b < schedule->buffer_count; b++)
        elements += schedule->buffers[b].count;
    for (size_t b = 0; b < schedule->buffer_count && elements <= ELEMENTS_MOST; b++) {
        const struct buffer *buffer = &schedule->buffers[b];
        if (buffer->place == PLACE_SLICE)
            continue;
        const size_t bytes = buffer->count * schedule_size(buffer);
        r.memory[b] = calloc(bytes ? bytes : 1, 1);
        if (buffer->place == PLACE_CONSTANT)
            memcpy(r.memory[b], buffer->data, bytes);
    }
    if (elements <= ELEMENTS_MOST && schedule->step_count <= STEPS_MOST)
        schedule_run(schedule, r.memory, COST_MOST, run_kernel, &r);
    for (size_t b = 0; b < schedule->buffer_count; b++)
        if (schedule->buffers[b].place != PLACE_SLICE)
            free(r.memory[b]);
    free(r.memory);
}

/* ---- Making it ---- */

static void lower(const onnx_model *onnx)
{
    struct deploy_shape *shapes = calloc(onnx->graph.input_count + 1, sizeof *shapes);
    struct deploy_model *model = calloc(1, sizeof *model);
    struct failure failure = {""};
    struct text text = {0};
    const struct deploy_request request = {.name = "m", .inputs = shapes};
    model->schedule = schedule_create();
    graph_find_room(onnx, model);
    if (find_shapes(onnx, shapes)) {
        if (graph_lower(onnx, &request, model, &failure)) {
            schedule_text(model->schedule, write_kernel, NULL, &text);
            run_schedule(model->schedule);
        } else if (!failure.sentence[0]) {
            abort();
        }
    }
    text_free(&text);
    schedule_free(model->schedule);
    free(model);
    free(shapes);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct failure failure = {""};
    onnx_model *model = onnx_load(data, size, NULL, &failure);
    if (!model)
        return 0;
    onnx_recognise(model);
    lower(model);
    onnx_free(model);
    return 0;
}
