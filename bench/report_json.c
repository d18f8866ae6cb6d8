/* SPDX-License-Identifier: MIT */
/* A sweep in Google Benchmark's JSON format, so that its tools read it, with what its own file
 * cannot have: circumstances that are known only when all is over, and medians over rounds. */
#include "report.h"

static void string_print(const char *text, FILE *file)
{
    fputc('"', file);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c < ' ')
            fprintf(file, "\\u%04x", c);
        else
            fputc(c, file);
    }
    fputc('"', file);
}

static void context_print(const struct context *context, FILE *file)
{
    fputs("  \"context\": {\n", file);
    for (size_t i = 0; i < context->count; i++) {
        const struct context_entry *entry = &context->at[i];
        fputs("    ", file);
        string_print(entry->key, file);
        fputs(": ", file);
        if (entry->is_number)
            fputs(entry->value, file);
        else
            string_print(entry->value, file);
        fputs(i + 1 < context->count ? ",\n" : "\n", file);
    }
    fputs("  },\n", file);
}

static void row_head(const struct row *row, const char *suffix, const char *run_type, FILE *file)
{
    fputs("    {\n      \"name\": ", file);
    char name[sizeof row->name + 16];
    snprintf(name, sizeof name, "%s%s", row->name, suffix);
    string_print(name, file);
    fputs(",\n      \"run_name\": ", file);
    string_print(row->name, file);
    fprintf(file, ",\n      \"run_type\": \"%s\",\n", run_type);
}

static void sample_print(const struct sweep *sweep, const struct row *row, size_t i, FILE *file)
{
    const struct sample *sample = &row->samples[i];
    row_head(row, "", "iteration", file);
    fprintf(file,
            "      \"repetitions\": %zu,\n      \"repetition_index\": %zu,\n"
            "      \"threads\": 1,\n      \"iterations\": %lld,\n"
            "      \"real_time\": %.6g,\n      \"cpu_time\": %.6g,\n"
            "      \"time_unit\": \"us\"\n    },\n",
            sweep->options->rounds, i, (long long)sample->calls, 1e6 * sample->real,
            1e6 * sample->cpu);
}

static void median_print(const struct sweep *sweep, const struct row *row, FILE *file)
{
    const struct figures figures = figures_of(sweep, row);
    const struct shape *shape = row->shape;
    row_head(row, "_median", "aggregate", file);
    fprintf(file,
            "      \"aggregate_name\": \"median\",\n      \"aggregate_unit\": \"time\",\n"
            "      \"repetitions\": %zu,\n      \"threads\": 1,\n      \"iterations\": %zu,\n"
            "      \"real_time\": %.6g,\n      \"cpu_time\": %.6g,\n      \"time_unit\": \"us\",\n"
            "      \"spread\": %.4g,\n      \"GFLOP/s\": %.6g,\n      \"weights_GB/s\": %.6g,\n"
            "      \"fraction_of_ceiling\": %.6g,\n      \"bound_us\": %.6g,\n",
            sweep->options->rounds, row->sample_count, 1e6 * figures.median,
            1e6 * figures.cpu_median, figures.spread, 1e-9 * figures.flops,
            1e-9 * figures.weight_bytes, figures.fraction, 1e6 * row->bound);
    if (shape->train)
        fprintf(
            file,
            "      \"train\": true,\n      \"forward_us\": %.6g,\n      \"backward_us\": %.6g,\n",
            1e6 * figures.forward, 1e6 * figures.backward);
    if (figures.times_baseline > 0)
        fprintf(file, "      \"times_baseline\": %.6g,\n", figures.times_baseline);
    fprintf(file, "      \"kind\": \"%s\",\n      \"contender\": \"%s\",\n",
            row->contender.kind->name, row->contender.name);
    fprintf(file,
            "      \"shape\": \"%s\",\n      \"cell\": \"%s\",\n      \"I\": %zu, \"H\": %zu, "
            "\"P\": %zu, \"T\": %zu, \"B\": %zu,\n",
            shape->name, shape->cell, shape->I, shape->H, shape->P, shape->T, shape->B);
    fprintf(file, "      \"isa\": \"%s\"\n    }",
            calibration_find(sweep->calibration, row->contender.isa)->isa);
}

void report_json(const struct sweep *sweep, const struct context *context, FILE *file)
{
    bool is_first = true;
    fputs("{\n", file);
    context_print(context, file);
    fputs("  \"benchmarks\": [\n", file);
    for (size_t r = 0; r < sweep->row_count; r++) {
        const struct row *row = &sweep->rows[r];
        if (row->sample_count == 0)
            continue;
        if (!is_first)
            fputs(",\n", file);
        is_first = false;
        for (size_t i = 0; i < row->sample_count; i++)
            sample_print(sweep, row, i, file);
        median_print(sweep, row, file);
    }
    fputs("\n  ]\n}\n", file);
}
