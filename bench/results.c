/* SPDX-License-Identifier: MIT */
/* Rows of a file of results; see results.h. They are found by the names of entries, which are
 * sorted for that: their order in a file is Google Benchmark's business. */
#include "results.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LONGEST = 255 };

static const double size_most = 1e9, microseconds_most = 1e15;

/* What every sentence begins with: which entry of the list, counted from 0. */
struct place {
    const char *path;
    size_t index;
    struct failure *failure;
};

#define FAIL_AT(place, format, ...)                                                                \
    fail((place)->failure, "%s: entry %zu of benchmarks: " format, (place)->path, (place)->index,  \
         __VA_ARGS__)

/* ---- One entry ---- */

static bool text_get(const char **text, const cJSON *entry, const char *key,
                     const struct place *place)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(entry, key);
    if (item && !cJSON_IsString(item))
        return FAIL_AT(place, "'%s' is no text", key);
    if (item && !result_is_plain(item->valuestring, NAME_LONGEST))
        return FAIL_AT(place, "'%s' has more than %d characters, or control characters", key,
                       NAME_LONGEST);
    *text = item ? item->valuestring : "";
    return true;
}

/* null is what weir-bench writes of what is no number. */
static bool number_get(double *number, const cJSON *entry, const char *key,
                       const struct place *place)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(entry, key);
    *number = NAN;
    if (!item || cJSON_IsNull(item))
        return true;
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble))
        return FAIL_AT(place, "'%s' is no number", key);
    *number = item->valuedouble;
    return true;
}

static bool size_get(size_t *size, const cJSON *entry, const char *key, const struct place *place)
{
    double number;
    if (!number_get(&number, entry, key, place))
        return false;
    if (number < 0 || number > size_most || number != floor(number))
        if (!isnan(number))
            return FAIL_AT(place, "'%s' is %g; expected a whole number up to %g", key, number,
                           size_most);
    *size = isnan(number) ? 0 : (size_t)number;
    return true;
}

/* A time in microseconds. */
static bool time_get(double *time, const cJSON *entry, const char *key, double unit,
                     const struct place *place)
{
    if (!number_get(time, entry, key, place))
        return false;
    *time *= unit;
    if (*time < 0 || *time > microseconds_most)
        return FAIL_AT(place, "'%s' is %g; expected a time", key, *time);
    return true;
}

static bool unit_get(double *unit, const cJSON *entry, const struct place *place)
{
    static const struct {
        const char *name;
        double microseconds;
    } units[] = {{"", 1e-3}, {"ns", 1e-3}, {"us", 1}, {"ms", 1e3}, {"s", 1e6}};
    const char *name;
    if (!text_get(&name, entry, "time_unit", place))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(name, units[i].name)) {
            *unit = units[i].microseconds;
            return true;
        }
    return FAIL_AT(place, "the time_unit '%s'; expected ns, us, ms or s", quote(name).text);
}

/* The threads that a name tells of: Google Benchmark's own number is of threads that call. */
static size_t threads_of(const char *name)
{
    const char *at = strstr(name, "/threads:");
    const long threads = at ? strtol(at + strlen("/threads:"), NULL, 10) : 1;
    return threads < 1 ? 1 : (size_t)threads;
}

static bool aggregate_read(struct result_row *row, const cJSON *entry, double unit,
                           const struct place *place)
{
    const struct {
        const char *key;
        double *number;
        double factor; /* 0: a number that is no time */
    } numbers[] = {{"real_time", &row->median, unit},
                   {"cpu_time", &row->cpu, unit},
                   {"bound_us", &row->bound, 1},
                   {"forward_us", &row->forward, 1},
                   {"backward_us", &row->backward, 1},
                   {"spread", &row->spread, 0},
                   {"fraction_of_ceiling", &row->fraction, 0},
                   {"GFLOP/s", &row->gflops, 0},
                   {"weights_GB/s", &row->gbps, 0},
                   {"error", &row->error, 0},
                   {"weights_bytes", &row->weights_bytes, 0},
                   {"times_baseline", &row->times_baseline, 0}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].factor > 0
                ? !time_get(numbers[i].number, entry, numbers[i].key, numbers[i].factor, place)
                : !number_get(numbers[i].number, entry, numbers[i].key, place))
            return false;
    return true;
}

static bool identity_read(struct result_row *row, const cJSON *entry, const struct place *place)
{
    const struct {
        const char *key, **text;
    } texts[] = {{"kind", &row->kind},   {"contender", &row->contender},
                 {"shape", &row->shape}, {"cell", &row->cell},
                 {"isa", &row->isa},     {"type", &row->type}};
    const struct {
        const char *key;
        size_t *size;
    } sizes[] = {{"I", &row->I}, {"H", &row->H}, {"P", &row->P}, {"T", &row->T}, {"B", &row->B}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!text_get(texts[i].text, entry, texts[i].key, place))
            return false;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (!size_get(sizes[i].size, entry, sizes[i].key, place))
            return false;
    if (!*row->type)
        row->type = "f32";
    row->train = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(entry, "train"));
    row->threads = threads_of(row->name);
    return true;
}

/* ---- Rows ---- */

/* An entry of the list that counts: a round, or a median. */
struct found {
    const cJSON *entry;
    const char *name;
    size_t index;
    double repetition; /* of a round that says it */
    bool is_median;
};

static int order(double a, double b)
{
    return (a > b) - (a < b);
}

/* Rounds first, those of a name in the order of the file. */
static int by_name(const void *a, const void *b)
{
    const struct found *left = a, *right = b;
    const int names = strcmp(left->name, right->name);
    return names ? names : order((double)left->index, (double)right->index);
}

static int by_number(const void *a, const void *b)
{
    return order(*(const double *)a, *(const double *)b);
}

/* Of numbers that it sorts. */
static double median_of(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, by_number);
    return (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
}

/* Files that were glued together have a round twice. */
static bool repetitions_check(const struct found *found, size_t count, double *room,
                              const struct place *place)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (!found[i].is_median && !isnan(found[i].repetition))
            room[known++] = found[i].repetition;
    qsort(room, known, sizeof *room, by_number);
    for (size_t i = 1; i < known; i++)
        if (room[i] == room[i - 1])
            return FAIL_AT(place, "a second round %.0f of %s", room[i], quote(found->name).text);
    return true;
}

static bool round_read(double *round, const struct found *found, double unit,
                       const struct place *place)
{
    if (!time_get(round, found->entry, "real_time", unit, place))
        return false;
    return *round > 0 || FAIL_AT(place, "%s has no time above 0", quote(found->name).text);
}

/* The entries of one name; times go to `rounds`, and as much behind it is room for work. */
static bool row_read(struct result_row *row, const struct found *found, size_t count,
                     double *rounds, struct place *place)
{
    const struct found *median = NULL;
    *row = (struct result_row){.name = found->name, .rounds = rounds};
    row->cpu = row->bound = row->forward = row->backward = row->spread = row->fraction =
        row->gflops = row->gbps = row->error = row->weights_bytes = row->times_baseline = NAN;
    for (size_t i = 0; i < count; i++) {
        double unit = 1;
        place->index = found[i].index;
        if (!unit_get(&unit, found[i].entry, place))
            return false;
        if (found[i].is_median && median)
            return FAIL_AT(place, "a second median of %s", quote(row->name).text);
        if (found[i].is_median)
            median = &found[i];
        if (found[i].is_median ? !aggregate_read(row, found[i].entry, unit, place)
                               : !round_read(&rounds[row->round_count++], &found[i], unit, place))
            return false;
    }
    double *room = rounds + count;
    if (!repetitions_check(found, count, room, place) ||
        !identity_read(row, median ? median->entry : found->entry, place))
        return false;
    if (!median) { /* Google Benchmark's own of a run without repetitions */
        memcpy(room, rounds, row->round_count * sizeof *room);
        row->median = median_of(room, row->round_count);
    }
    return row->median > 0 || FAIL_AT(place, "%s has no time above 0", quote(row->name).text);
}

/* The entries that count, in `found`, which has room for all. */
static bool entries_find(const cJSON *list, struct found *found, size_t *count, struct place *place)
{
    size_t index = 0;
    for (const cJSON *entry = list->child; entry; entry = entry->next) {
        const char *name, *run_name, *run_type, *aggregate;
        struct found here = {.entry = entry, .index = index};
        double repetitions;
        place->index = index++;
        if (!cJSON_IsObject(entry))
            return FAIL_AT(place, "expected an object, found %s", "none");
        if (!text_get(&name, entry, "name", place) ||
            !text_get(&run_name, entry, "run_name", place) ||
            !text_get(&run_type, entry, "run_type", place) ||
            !text_get(&aggregate, entry, "aggregate_name", place) ||
            !number_get(&repetitions, entry, "repetitions", place) ||
            !number_get(&here.repetition, entry, "repetition_index", place))
            return false;
        if (repetitions == 1) /* weir-bench registers rounds one by one: each is number 0 there */
            here.repetition = NAN;
        here.name = *run_name ? run_name : name;
        here.is_median = !strcmp(run_type, "aggregate");
        if (!*here.name)
            return FAIL_AT(place, "it has no '%s'", "name");
        if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(entry, "error_occurred")) &&
            (!here.is_median || !strcmp(aggregate, "median")))
            found[(*count)++] = here;
    }
    return true;
}

/* A row, and where its first entry stands. */
struct placed {
    struct result_row row;
    size_t index;
};

static int by_entry(const void *a, const void *b)
{
    return order((double)((const struct placed *)a)->index,
                 (double)((const struct placed *)b)->index);
}

/* Rows out of entries, in the order of the file. */
static bool rows_read(struct result *result, struct found *found, size_t count,
                      struct placed *placed, struct place *place)
{
    size_t rows = 0;
    qsort(found, count, sizeof *found, by_name);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && !strcmp(found[end].name, found[first].name); end++)
            ;
        placed[rows].index = found[first].index;
        if (!row_read(&placed[rows++].row, found + first, end - first, result->times + 2 * first,
                      place))
            return false;
    }
    qsort(placed, rows, sizeof *placed, by_entry);
    for (size_t r = 0; r < rows; r++)
        result->rows[r] = placed[r].row;
    result->row_count = rows;
    return true;
}

static bool list_read(struct result *result, const cJSON *list, struct failure *failure)
{
    struct place place = {.path = result->path, .failure = failure};
    const size_t most = (size_t)cJSON_GetArraySize(list) + 1;
    struct found *found = calloc(most, sizeof *found);
    struct placed *placed = calloc(most, sizeof *placed);
    size_t count = 0;
    result->rows = calloc(most, sizeof *result->rows);
    result->times = calloc(2 * most, sizeof *result->times);
    const bool good = found && placed && result->rows && result->times
                          ? entries_find(list, found, &count, &place) &&
                                rows_read(result, found, count, placed, &place)
                          : fail_memory(failure);
    free(found);
    free(placed);
    return good;
}

bool result_parse(struct result *result, const char *path, const char *text, size_t size,
                  struct failure *failure)
{
    if (!result_parse_context(result, path, text, size, failure))
        return false;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(result->json, "benchmarks");
    const bool has_models = cJSON_GetObjectItemCaseSensitive(result->json, "models");
    if (cJSON_IsArray(list) ? list_read(result, list, failure)
                            : fail(failure,
                                   "%s: expected a list 'benchmarks', as weir-bench --out writes "
                                   "it%s",
                                   path, has_models ? ", found one of whole models" : ""))
        return true;
    result_free(result);
    return false;
}
