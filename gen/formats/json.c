/* SPDX-License-Identifier: MIT */
/* JSON by cJSON, after a look at its text: cJSON recurses as deeply as a text says, and takes some
 * 80 bytes for a value of two. */
#include "formats/json.h"
#include "formats/formats.h"
#include "onnx/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 64 };

/* What a value takes: cJSON's own and what malloc puts before it, and 4 bytes each as it was read
 * and as a weight. What a string takes beside its characters. And what the program itself does. */
enum { VALUE_SIZE = sizeof(cJSON) + 16 + 8, STRING_SIZE = 32, PROGRAM_SIZE = 16 << 20 };

/* ---- The whole ---- */

struct look {
    size_t values, strings, depth, depth_most;
    bool ends; /* all that it opens */
};

static struct look look_at(const char *text, size_t size)
{
    struct look look = {.values = 1};
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"') {
            look.strings++;
            while (++i < size && text[i] != '"')
                i += text[i] == '\\';
            if (i >= size)
                return look;
        } else if (text[i] == ',') {
            look.values++;
        } else if (text[i] == '[' || text[i] == '{') {
            look.values++;
            if (++look.depth > look.depth_most)
                look.depth_most = look.depth;
        } else if ((text[i] == ']' || text[i] == '}') && look.depth) {
            look.depth--;
        }
    }
    look.ends = !look.depth;
    return look;
}

/* The text that stands where it is no JSON any more. */
static void fail_at(const char *text, size_t size, size_t at, struct failure *failure)
{
    char found[24] = {0};
    memcpy(found, text + at, size - at < sizeof found - 1 ? size - at : sizeof found - 1);
    found[strcspn(found, ",\r\n")] = 0;
    fail(failure, "it is no JSON at byte %zu: expected a value that JSON has, found '%s'", at,
         quote(found).text);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether no object has a key twice: cJSON would take the first, where Python takes the last. */
static bool check_keys(const cJSON *in, struct failure *failure)
{
    size_t count = 0, i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, in)
    {
        if (!check_keys(item, failure))
            return false;
        count++;
    }
    if (!cJSON_IsObject(in) || count < 2)
        return true;
    const char **keys = malloc(count * sizeof *keys);
    if (!keys)
        return fail_memory(failure);
    cJSON_ArrayForEach(item, in) keys[i++] = item->string;
    qsort(keys, count, sizeof *keys, compare);
    for (i = 1; i < count && strcmp(keys[i - 1], keys[i]) != 0;)
        i++;
    if (i < count)
        fail(failure, "its JSON has the key '%s' twice, expected it once in an object",
             quote(keys[i]).text);
    free(keys);
    return i == count;
}

cJSON *json_parse(const char *text, size_t size, struct failure *failure)
{
    const struct look look = look_at(text, size);
    const char *end = text;
    if (look.depth_most > NESTING_MAX) {
        fail(failure, "its JSON is nested %zu deep, expected at most %d", look.depth_most,
             NESTING_MAX);
        return NULL;
    }
    if (look.values * VALUE_SIZE + look.strings * STRING_SIZE >
        size * (FORMATS_MEMORY_TIMES - 2) + FORMATS_MEMORY_MORE - PROGRAM_SIZE) {
        fail(failure, "its JSON holds %zu values, more than a file of its size is allowed",
             look.values);
        return NULL;
    }
    cJSON *top = cJSON_ParseWithLengthOpts(text, size, &end, 0);
    size_t at = (size_t)(end - text);
    while (top && at < size && text[at] && strchr(" \t\r\n", text[at]))
        at++;
    bool right = false;
    if (top && at == size)
        right = check_keys(top, failure);
    else if (look.ends)
        fail_at(text, size, at, failure);
    else
        fail(failure, "it is cut off: its JSON does not end");
    if (right)
        return top;
    cJSON_Delete(top);
    return NULL;
}

/* ---- What is in it ---- */

bool json_has(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const cJSON *find(const cJSON *object, const char *key, struct failure *failure)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!item)
        fail(failure, "the key '%s' is missing", key);
    return item;
}

const cJSON *json_object(const cJSON *object, const char *key, struct failure *failure)
{
    const cJSON *item = find(object, key, failure);
    if (item && !cJSON_IsObject(item))
        fail(failure, "'%s' is of another type, expected an object", key);
    return cJSON_IsObject(item) ? item : NULL;
}

const char *json_text(const cJSON *object, const char *key, struct failure *failure)
{
    const cJSON *item = find(object, key, failure);
    if (item && !cJSON_IsString(item))
        fail(failure, "'%s' is of another type, expected a text", key);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

bool json_size(const cJSON *object, const char *key, size_t least, size_t most, size_t *size,
               struct failure *failure)
{
    const cJSON *item = find(object, key, failure);
    if (!item)
        return false;
    if (cJSON_IsArray(item))
        item = cJSON_GetArrayItem(item, cJSON_GetArraySize(item) - 1);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= (double)least) ||
        item->valuedouble > (double)most || floor(item->valuedouble) != item->valuedouble)
        return fail(failure, "'%s' is no size that can be, expected a whole number from %zu to %zu",
                    key, least, most);
    *size = (size_t)item->valuedouble;
    return true;
}

/* cJSON has an infinity for what is too large. */
static bool is_float(const cJSON *item)
{
    return cJSON_IsNumber(item) && isfinite((float)item->valuedouble);
}

bool json_number(const cJSON *object, const char *key, double *number, struct failure *failure)
{
    const cJSON *item = find(object, key, failure);
    if (item && !is_float(item))
        return fail(failure, "'%s' is no number that a float32 holds", key);
    *number = item ? item->valuedouble : 0;
    return item;
}

/* ---- Arrays ---- */

struct shape {
    const char *name;
    size_t rank;
    const size_t *dims;
    struct failure *failure;
};

/* How many elements an array has, of which no more than one too many are counted. */
static bool check_shape(const struct shape *shape, const cJSON *array, size_t d)
{
    static const char *const kinds[] = {"numbers", "arrays", "arrays of arrays"};
    const char *kind = kinds[shape->rank - d - 1];
    if (!cJSON_IsArray(array))
        return fail(shape->failure, "'%s' is of another type, expected %zu %s", shape->name,
                    shape->dims[d], kind);
    size_t count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array) count++;
    if (count != shape->dims[d])
        return fail(shape->failure, "'%s' has %zu %s%s, expected %zu", shape->name, count, kind,
                    d ? " in a row" : "", shape->dims[d]);
    size_t at = 0;
    cJSON_ArrayForEach(item, array)
    {
        if (d + 1 < shape->rank ? !check_shape(shape, item, d + 1) : false)
            return false;
        if (d + 1 == shape->rank && !is_float(item))
            return fail(shape->failure,
                        "'%s' has something else at %zu, expected a number that a float32 holds",
                        shape->name, at);
        at++;
    }
    return true;
}

static float *take(const cJSON *array, size_t rank, float *to)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (rank > 1)
            to = take(item, rank - 1, to);
        else
            *to++ = (float)item->valuedouble;
    }
    return to;
}

const float *json_floats(onnx_memory *memory, const cJSON *array, const char *name, size_t rank,
                         const size_t *dims, struct failure *failure)
{
    const struct shape shape = {name, rank, dims, failure};
    size_t count = 1;
    if (!check_shape(&shape, array, 0))
        return NULL;
    for (size_t d = 0; d < rank; d++)
        count *= dims[d];
    float *floats = onnx_memory_take(memory, count, sizeof *floats);
    if (!floats)
        fail_limit(failure);
    else
        take(array, rank, floats);
    return floats;
}
