/* SPDX-License-Identifier: MIT */
/* What a file is: JSON begins with a brace, as no ONNX file does; and whose it is, the keys at its
 * top say. */
#define _GNU_SOURCE /* strndup */
#include "formats/formats.h"
#include "common/files.h"

#include <stdlib.h>
#include <string.h>

#ifdef WEIR_HAS_CJSON
#include "formats/json.h"
#include "formats/readers.h"

static const struct {
    const char *keys[2]; /* both of which its files have, and those of no other */
    bool (*read)(struct network *network, const cJSON *top);
} readers[] = {
    {{"architecture", "config"}, read_nam},
    {{"model_data", "state_dict"}, read_guitarml},
    {{"in_shape", "layers"}, read_rtneural},
};

static bool read_top(struct network *network, const cJSON *top)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (json_has(top, readers[i].keys[0]) && json_has(top, readers[i].keys[1]))
            return readers[i].read(network, top);
    return fail(network->failure,
                "it is JSON of no model that is known, expected the keys architecture and config "
                "(Neural Amp Modeler), model_data and state_dict (GuitarML), or in_shape and "
                "layers (RTNeural)");
}

/* What a network takes is at most the size of its text and so many bytes: it is in memory twice, as
 * it is made and as bytes, and so are those and the model that is read of them. 8 bytes a weight
 * are less in any text that json_parse takes; what a reader makes of two sizes alone can be more.
 */
enum { NETWORK_MORE = 6 << 20 };

/* The bytes of an ONNX file of the model, which the caller frees. Of reading it nothing else is
 * left then, so that its memory is not needed twice. */
static void *translate(const char *text, size_t size, char **carry, size_t *translated,
                       struct failure *failure)
{
    struct network network;
    void *bytes = NULL;
    cJSON *top = json_parse(text, size, failure);
    if (top && network_create(&network, carry, size + NETWORK_MORE, failure)) {
        if (read_top(&network, top)) {
            cJSON_Delete(top);
            top = NULL;
            bytes = network_bytes(&network, translated);
        }
        if (bytes && carry)
            *carry = text_format("%s", network.carry.length ? network.carry.chars : "");
        network_free(&network);
    }
    cJSON_Delete(top);
    return bytes;
}

/* As a whole, or with `carry` as a stream. */
static onnx_model *load_json(const char *text, size_t size, char **carry, struct failure *failure)
{
    size_t translated;
    void *bytes = translate(text, size, carry, &translated, failure);
    onnx_model *model = bytes ? onnx_load(bytes, translated, NULL, failure) : NULL;
    free(bytes);
    return model;
}
#else
static onnx_model *load_json(const char *text, size_t size, char **carry, struct failure *failure)
{
    (void)text;
    (void)size;
    (void)carry;
    fail(failure, "it is JSON, which reading takes cJSON, without which this was built");
    return NULL;
}
#endif

static bool is_json(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size && text[at] && strchr(" \t\r\n", text[at]))
        at++;
    return at < size && text[at] == '{';
}

onnx_model *model_load(const void *data, size_t size, const onnx_place *place,
                       struct failure *failure)
{
    return is_json(data, size) ? load_json(data, size, NULL, failure)
                               : onnx_load(data, size, place, failure);
}

/* Puts which file it is before what is wrong with it. */
static void fail_file(const char *path, struct failure *failure)
{
    fail(failure, "%.500s: %s", path, failure->sentence);
}

onnx_model *model_load_file(const char *path, bool links, struct failure *failure)
{
    size_t size;
    char *bytes = file_read_regular(path, SIZE_MAX - 1, &size, failure);
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    const onnx_place place = {folder, links};
    onnx_model *model = bytes && folder ? model_load(bytes, size, &place, failure) : NULL;
    if (bytes && !folder)
        fail_memory(failure);
    if (bytes && !model)
        fail_file(path, failure);
    free(bytes);
    free(folder);
    return model;
}

bool model_load_stream(const char *path, onnx_model **model, char **carry, struct failure *failure)
{
    size_t size;
    char *bytes = file_read_regular(path, SIZE_MAX - 1, &size, failure);
    const bool reads = bytes && is_json(bytes, size);
    *carry = NULL;
    *model = reads ? load_json(bytes, size, carry, failure) : NULL;
    if (reads && !*model)
        fail_file(path, failure);
    free(bytes);
    return bytes && (*model || !reads);
}
