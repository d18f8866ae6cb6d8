/* SPDX-License-Identifier: MIT */
/* A file of results as JSON, and its circumstances; see results.h. cJSON recurses as deeply as a
 * text says, takes some 80 bytes for a value of two, and finds the first of two keys: all of that
 * is looked at before. */
#include "results.h"

#include "common/files.h"
#include "number.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* No file that weir-bench writes is near any of these. */
enum {
    FILE_MAX = 64 << 20,
    NESTING_MAX = 32,
    KEYS_MAX = 128,
    TEXT_LONGEST = 4096,
    VALUES_ALWAYS = 1000,
    BYTES_A_VALUE = 5
};

/* ---- The whole ---- */

static bool look_at(const char *path, const char *text, size_t size, struct failure *failure)
{
    size_t depth = 0, values = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"') {
            while (++i < size && text[i] != '"')
                i += text[i] == '\\';
        } else if (text[i] == '[' || text[i] == '{') {
            values++;
            if (++depth > NESTING_MAX)
                return fail(failure, "%s: its JSON is nested more than %d deep", path, NESTING_MAX);
        } else if ((text[i] == ']' || text[i] == '}') && depth) {
            depth--;
        } else if (text[i] == ',') {
            values++;
        }
    }
    return values <= VALUES_ALWAYS + size / BYTES_A_VALUE ||
           fail(failure, "%s: its JSON has %zu values, too many for a file of results of its size",
                path, values);
}

/* In this object, and in all that is in it. */
static bool keys_check(const cJSON *in, const char *path, struct failure *failure)
{
    size_t count = 0;
    for (const cJSON *item = in->child; item; item = item->next) {
        if (!keys_check(item, path, failure))
            return false;
        if (!cJSON_IsObject(in))
            continue;
        if (++count > KEYS_MAX)
            return fail(failure, "%s: an object of its JSON has more than %d keys", path, KEYS_MAX);
        for (const cJSON *other = in->child; other != item; other = other->next)
            if (!strcmp(other->string, item->string))
                return fail(failure, "%s: its JSON has the key '%s' twice in an object", path,
                            quote(item->string).text);
    }
    return true;
}

static cJSON *json_parse(const char *path, const char *text, size_t size, struct failure *failure)
{
    if (!look_at(path, text, size, failure))
        return NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(text, size + 1, NULL, true);
    if (!json)
        fail(failure, "%s: expected JSON as weir-bench --out writes it, and it is none", path);
    else if (keys_check(json, path, failure))
        return json;
    cJSON_Delete(json);
    return NULL;
}

/* ---- Circumstances ---- */

bool result_is_plain(const char *text, size_t longest)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return strlen(text) <= longest;
}

/* Google Benchmark's lists of caches and loads are left out. */
static bool context_read(struct result *result, const cJSON *context, struct failure *failure)
{
    char *texts = result->texts = malloc(KEYS_MAX * NUMBER_MAX);
    result->context = calloc(KEYS_MAX, sizeof *result->context);
    if (!texts || !result->context)
        return fail_memory(failure);
    for (const cJSON *item = context->child; item; item = item->next) {
        struct result_entry *entry = &result->context[result->context_count];
        *entry = (struct result_entry){item->string, item->valuestring};
        if (cJSON_IsNumber(item) && isfinite(item->valuedouble)) {
            number_write(texts, item->valuedouble);
            entry->text = texts;
            texts += NUMBER_MAX;
        } else if (cJSON_IsBool(item)) {
            entry->text = cJSON_IsTrue(item) ? "true" : "false";
        }
        if (!entry->text)
            continue;
        if (!result_is_plain(entry->key, TEXT_LONGEST) ||
            !result_is_plain(entry->text, TEXT_LONGEST))
            return fail(failure,
                        "%s: its circumstance '%s' is longer than %d characters, or has control "
                        "characters",
                        result->path, quote(entry->key).text, TEXT_LONGEST);
        result->context_count++;
    }
    return true;
}

bool result_parse_context(struct result *result, const char *path, const char *text, size_t size,
                          struct failure *failure)
{
    *result = (struct result){.path = path, .json = json_parse(path, text, size, failure)};
    if (!result->json)
        return false;
    const cJSON *context = cJSON_GetObjectItemCaseSensitive(result->json, "context");
    if (cJSON_IsObject(context) ? context_read(result, context, failure)
                                : fail(failure,
                                       "%s: expected an object 'context' with the circumstances of "
                                       "a run, as weir-bench --out writes it",
                                       path))
        return true;
    result_free(result);
    return false;
}

/* Reads the file and has it parsed. */
static bool file_parse(struct result *result, const char *path,
                       bool parse(struct result *, const char *, const char *, size_t,
                                  struct failure *),
                       struct failure *failure)
{
    size_t size;
    char *text = file_read(path, FILE_MAX, &size, failure);
    const bool good = text && parse(result, path, text, size, failure);
    free(text);
    return good;
}

bool result_open(struct result *result, const char *path, struct failure *failure)
{
    return file_parse(result, path, result_parse_context, failure);
}

bool result_read(struct result *result, const char *path, struct failure *failure)
{
    return file_parse(result, path, result_parse, failure);
}

const char *result_context(const struct result *result, const char *key)
{
    for (size_t i = 0; i < result->context_count; i++)
        if (!strcmp(result->context[i].key, key))
            return result->context[i].text;
    return NULL;
}

double result_context_number(const struct result *result, const char *key)
{
    const char *text = result_context(result, key);
    char *end = NULL;
    const double number = text ? strtod(text, &end) : NAN;
    return text && end != text && !*end && isfinite(number) ? number : NAN;
}

void result_free(struct result *result)
{
    cJSON_Delete(result->json);
    free(result->context);
    free(result->rows);
    free(result->times);
    free(result->texts);
    *result = (struct result){0};
}
