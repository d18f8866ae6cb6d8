/* SPDX-License-Identifier: MIT */
/* A sweep in Google Benchmark's JSON format, so that its tools read it, with what its own file
 * cannot have: circumstances that are known only when all is over, and medians over rounds. */
#include "report.h"

#include "number.h"
#include "packing.h"

#include <cjson/cJSON.h>
#include <math.h>

/* An object that is being filled. */
struct object {
    cJSON *json;
    bool *good; /* false: memory has run out somewhere */
};

static void text_set(struct object to, const char *key, const char *text)
{
    *to.good = *to.good && cJSON_AddStringToObject(to.json, key, text);
}

/* cJSON's own numbers do not always read back as they were. */
static void number_set(struct object to, const char *key, double number)
{
    char text[NUMBER_MAX] = "null";
    if (isfinite(number))
        number_write(text, number);
    *to.good = *to.good && cJSON_AddRawToObject(to.json, key, text);
}

static void context_set(struct object to, const struct context *context)
{
    for (size_t i = 0; i < context->count; i++) {
        const struct context_entry *entry = &context->at[i];
        if (entry->is_number)
            number_set(to, entry->key, entry->number);
        else
            text_set(to, entry->key, entry->value);
    }
}

/* One entry of the list, and what every one begins with. */
static struct object entry_add(struct object benchmarks, const struct sweep *sweep,
                               const struct row *row, const char *suffix, const char *run_type)
{
    char name[sizeof row->name + 16];
    const struct object entry = {*benchmarks.good ? cJSON_CreateObject() : NULL, benchmarks.good};
    *entry.good = *entry.good && cJSON_AddItemToArray(benchmarks.json, entry.json);
    snprintf(name, sizeof name, "%s%s", row->name, suffix);
    text_set(entry, "name", name);
    text_set(entry, "run_name", row->name);
    text_set(entry, "run_type", run_type);
    if (*suffix) {
        text_set(entry, "aggregate_name", suffix + 1);
        text_set(entry, "aggregate_unit", "time");
    }
    number_set(entry, "repetitions",
               (double)(sweep->options->is_auto ? row->sample_count : sweep->options->rounds));
    return entry;
}

static void times_set(struct object to, double calls, double real, double cpu)
{
    number_set(to, "threads", 1);
    number_set(to, "iterations", calls);
    number_set(to, "real_time", 1e6 * real);
    number_set(to, "cpu_time", 1e6 * cpu);
    text_set(to, "time_unit", "us");
}

static void shape_set(struct object to, const struct shape *shape)
{
    text_set(to, "shape", shape->name);
    text_set(to, "cell", shape->cell);
    number_set(to, "I", (double)shape->I);
    number_set(to, "H", (double)shape->H);
    number_set(to, "P", (double)shape->P);
    number_set(to, "T", (double)shape->T);
    number_set(to, "B", (double)shape->B);
}

static void median_add(struct object benchmarks, const struct sweep *sweep, const struct row *row)
{
    const struct figures figures = figures_of(sweep, row);
    const struct object entry = entry_add(benchmarks, sweep, row, "_median", "aggregate");
    times_set(entry, (double)row->sample_count, figures.median, figures.cpu_median);
    number_set(entry, "spread", figures.spread);
    number_set(entry, "GFLOP/s", 1e-9 * figures.flops);
    number_set(entry, "weights_GB/s", 1e-9 * figures.weight_bytes);
    number_set(entry, "fraction_of_ceiling", figures.fraction);
    number_set(entry, "bound_us", 1e6 * row->bound);
    if (row->shape->train) {
        *entry.good = *entry.good && cJSON_AddTrueToObject(entry.json, "train");
        number_set(entry, "forward_us", 1e6 * figures.forward);
        number_set(entry, "backward_us", 1e6 * figures.backward);
    }
    if (sweep->options->types) {
        const char *type = report_type(row);
        text_set(entry, "type", type);
        number_set(entry, "weights_bytes",
                   shape_recurrent_bytes(row->shape, type) + shape_input_bytes(row->shape, type));
        number_set(entry, "error", row->error);
    }
    if (figures.times_baseline > 0)
        number_set(entry, "times_baseline", figures.times_baseline);
    text_set(entry, "kind", row->contender.kind->name);
    text_set(entry, "contender", row->contender.name);
    shape_set(entry, row->shape);
    text_set(entry, "isa", calibration_find(sweep->calibration, row->contender.isa)->isa);
}

static void row_add(struct object benchmarks, const struct sweep *sweep, const struct row *row)
{
    for (size_t i = 0; i < row->sample_count; i++) {
        const struct sample *sample = &row->samples[i];
        const struct object entry = entry_add(benchmarks, sweep, row, "", "iteration");
        number_set(entry, "repetition_index", (double)i);
        times_set(entry, (double)sample->calls, sample->real, sample->cpu);
    }
    if (row->sample_count > 0)
        median_add(benchmarks, sweep, row);
}

bool report_json(const struct sweep *sweep, const struct context *context, FILE *file)
{
    bool good = true;
    cJSON *report = cJSON_CreateObject();
    context_set((struct object){cJSON_AddObjectToObject(report, "context"), &good}, context);
    const struct object benchmarks = {cJSON_AddArrayToObject(report, "benchmarks"), &good};
    for (size_t r = 0; r < sweep->row_count; r++)
        row_add(benchmarks, sweep, &sweep->rows[r]);
    char *text = good ? cJSON_Print(report) : NULL;
    if (text)
        fprintf(file, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(report);
    return text != NULL;
}
