/* SPDX-License-Identifier: MIT */
/* Types and sizes of tensors, and tensors in words: what reading and writing files shares. */
#include "train/training_kit.h"

#include <stdio.h>

static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {
    [WEIR_BOOL] = {"BOOL", 1}, [WEIR_U8] = {"U8", 1},   [WEIR_I8] = {"I8", 1},
    [WEIR_U16] = {"U16", 2},   [WEIR_I16] = {"I16", 2}, [WEIR_F16] = {"F16", 2},
    [WEIR_BF16] = {"BF16", 2}, [WEIR_U32] = {"U32", 4}, [WEIR_I32] = {"I32", 4},
    [WEIR_F32] = {"F32", 4},   [WEIR_U64] = {"U64", 8}, [WEIR_I64] = {"I64", 8},
    [WEIR_F64] = {"F64", 8},
};

const char *weir_train_dtype_name(weir_dtype dtype)
{
    return (size_t)dtype < sizeof dtypes / sizeof *dtypes ? dtypes[dtype].name : NULL;
}

size_t weir_train_dtype_bytes(weir_dtype dtype)
{
    return dtypes[dtype].bytes;
}

size_t weir_train_tensor_bytes(const weir_tensor *tensor)
{
    size_t bytes = dtypes[tensor->dtype].bytes;
    for (size_t d = 0; d < tensor->rank; d++)
        bytes = train_times(bytes, tensor->shape[d]);
    return bytes;
}

struct train_words weir_train_tensor_words(const weir_tensor *tensor)
{
    struct train_words words;
    int length =
        snprintf(words.text, sizeof words.text, "%s [", weir_train_dtype_name(tensor->dtype));
    for (size_t d = 0; d < tensor->rank; d++)
        length += snprintf(words.text + length, sizeof words.text - (size_t)length, "%s%zu",
                           d ? ", " : "", tensor->shape[d]);
    snprintf(words.text + length, sizeof words.text - (size_t)length, "]");
    return words;
}

/* One character of the standard's table 3-7: no overlong forms, no surrogates, no more than
 * U+10FFFF. */
static size_t utf8_length(const unsigned char *text, size_t length)
{
    static const struct {
        unsigned char first, last, second, second_last;
        size_t length;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (*text < forms[f].first || *text > forms[f].last)
            continue;
        if (forms[f].length > length)
            return 0;
        bool is_whole =
            forms[f].length == 1 || (text[1] >= forms[f].second && text[1] <= forms[f].second_last);
        for (size_t k = 2; k < forms[f].length; k++)
            is_whole = is_whole && (text[k] & 0xc0) == 0x80;
        return is_whole ? forms[f].length : 0;
    }
    return 0;
}

bool weir_train_is_utf8(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    while (length) {
        const size_t step = utf8_length(bytes, length);
        if (!step)
            return false;
        bytes += step;
        length -= step;
    }
    return true;
}
