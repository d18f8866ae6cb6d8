/* SPDX-License-Identifier: MIT */
/* What tuned kernels gain, and whole models; see parts.h. */
#include "html/parts.h"
#include "microarchitecture.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Kernels for a microarchitecture ---- */

/* The length of a kernel's name without the microarchitecture that it ends in; 0: in none. */
static size_t plain_length(const char *name)
{
    const char *last = strrchr(name, '_');
    for (size_t i = 0; last && i < sizeof weir_models / sizeof *weir_models; i++)
        if (!strcmp(last + 1, weir_models[i].name))
            return (size_t)(last - name);
    return 0;
}

/* The kernel by the chosen plan that took part in the same rounds; NULL: none did. */
static const struct result_row *plain_of(const struct run *run, size_t tuned)
{
    const struct result_row *row = &run->result.rows[tuned];
    const size_t length = plain_length(row->contender);
    for (size_t r = 0; length && r < run->result.row_count; r++) {
        const struct result_row *other = &run->result.rows[r];
        if (run->problem[r] == run->problem[tuned] && !strcmp(other->shape, row->shape) &&
            other->threads == row->threads && strlen(other->contender) == length &&
            !strncmp(other->contender, row->contender, length))
            return other;
    }
    return NULL;
}

void part_tuned(struct text *page, const struct site *site)
{
    for (const struct run *run = site->runs; run < site->runs + site->run_count; run++)
        for (size_t r = 0; r < run->result.row_count; r++) {
            const struct result_row *row = &run->result.rows[r], *plain = plain_of(run, r);
            if (!plain)
                continue;
            text_add(page, "<tr data-machine=\"%zu\"><th scope=\"row\">", run->machine);
            problem_text(page, &site->problems[run->problem[r]]);
            text_add(page,
                     "%s%s</th><td class=\"n\"><b>%s</b></td><td class=\"n\">%s</td><td "
                     "class=\"n\">%s</td><td><code>",
                     row->threads > 1 ? ", threads" : "", row->train ? ", trained" : "",
                     html_number(plain->median / row->median).text, html_number(plain->median).text,
                     html_number(row->median).text);
            html_text(page, row->contender);
            text_add(page, "</code></td><td>");
            html_text(page, site->machines[run->machine].name);
            text_add(page, "</td><td>");
            run_link(page, site, run);
            text_add(page, "</td></tr>\n");
        }
}

/* ---- Whole models ---- */

static int by_number(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Of a list of rounds; NAN where there is none. */
static double median_of(const cJSON *model, const char *key)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(model, key);
    const size_t count = cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0;
    double *rounds = calloc(count + 1, sizeof *rounds), median = NAN;
    size_t known = 0;
    for (const cJSON *item = count ? list->child : NULL; rounds && item; item = item->next)
        if (cJSON_IsNumber(item) && isfinite(item->valuedouble) && item->valuedouble > 0)
            rounds[known++] = item->valuedouble;
    if (known && known == count) {
        qsort(rounds, known, sizeof *rounds, by_number);
        median = (rounds[(known - 1) / 2] + rounds[known / 2]) / 2;
    }
    free(rounds);
    return median;
}

static void text_cell(struct text *page, const cJSON *model, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(model, key);
    text_add(page, "<td>");
    html_text(page, cJSON_IsString(item) ? item->valuestring : "-");
    text_add(page, "</td>");
}

static void number_cell(struct text *page, double value, bool is_result)
{
    const char *begin = is_result ? "<b>" : "", *end = is_result ? "</b>" : "";
    text_add(page, "<td class=\"n\">%s%s%s</td>", begin,
             isfinite(value) ? html_number(value).text : "-", end);
}

/* What a model that hands its inputs back takes in ONNX Runtime by Node is no time of the model. */
static void model_add(struct text *page, const struct site *site, const struct run *run,
                      const cJSON *model)
{
    const double theirs = median_of(model, "runtime"), around = median_of(model, "around");
    const double net = theirs > around ? theirs - around : NAN; /* what is around it hides it */
    const double ours[] = {median_of(model, "run"), median_of(model, "deployed")};
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(model, "name");
    text_add(page, "<tr data-machine=\"%zu\"><th scope=\"row\">", run->machine);
    html_text(page, cJSON_IsString(name) ? name->valuestring : "-");
    text_add(page, "</th>");
    text_cell(page, model, "isa");
    number_cell(page, theirs, false);
    number_cell(page, around, false);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        number_cell(page, ours[i], false);
        number_cell(page, net / ours[i], true);
    }
    text_add(page, "<td>");
    html_text(page, site->machines[run->machine].name);
    text_add(page, "</td><td>");
    run_link(page, site, run);
    text_add(page, "</td>");
    text_cell(page, model, "from");
    text_add(page, "</tr>\n");
}

void part_models(struct text *page, const struct site *site)
{
    for (const struct run *run = site->runs; run < site->runs + site->run_count; run++) {
        const cJSON *models = cJSON_GetObjectItemCaseSensitive(run->result.json, "models");
        for (const cJSON *model = models ? models->child : NULL; model; model = model->next)
            model_add(page, site, run, model);
    }
}
