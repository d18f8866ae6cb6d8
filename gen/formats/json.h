/* SPDX-License-Identifier: MIT */
/* What readers take out of JSON, each checked: sizes, texts, numbers in arrays. A sentence names
 * the key. */
#ifndef WEIR_FORMATS_JSON_H
#define WEIR_FORMATS_JSON_H

#include "common/failure.h"
#include "onnx/onnx.h"

#include <cjson/cJSON.h>

/* NULL and a sentence where a text is no JSON, is nested too deep, has a key twice, or holds more
 * values than the memory that formats.h states has room for. To be freed by cJSON_Delete. */
cJSON *json_parse(const char *text, size_t size, struct failure *failure);

bool json_has(const cJSON *object, const char *key);

/* The object under a key; NULL and a sentence. */
const cJSON *json_object(const cJSON *object, const char *key, struct failure *failure);

/* The text under a key; NULL and a sentence. */
const char *json_text(const cJSON *object, const char *key, struct failure *failure);

/* A whole number under a key, or the last one of an array there. */
bool json_size(const cJSON *object, const char *key, size_t least, size_t most, size_t *size,
               struct failure *failure);

/* A number that a float32 holds. */
bool json_number(const cJSON *object, const char *key, double *number, struct failure *failure);

enum { JSON_RANK_MAX = 3 };

/* Arrays in arrays of numbers, of exactly this shape, in memory; NULL and a sentence. */
const float *json_floats(onnx_memory *memory, const cJSON *array, const char *name, size_t rank,
                         const size_t *dims, struct failure *failure);

#endif
