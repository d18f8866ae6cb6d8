/* SPDX-License-Identifier: MIT */
/* Text into HTML; see html.h. */
#include "html/html.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* How many bytes the character at `text` takes; 0: it is none. Longer forms than need be and halves
 * of pairs are none. */
static size_t character_length(const char *text)
{
    static const struct {
        unsigned char lead, bits, least, most; /* the first byte, and the range of the second */
        size_t length;
    } forms[] = {{0x00, 0x80, 0, 0xff, 1},    {0xc0, 0xfe, 1, 0, 0},
                 {0xc0, 0xe0, 0x80, 0xbf, 2}, {0xe0, 0xff, 0xa0, 0xbf, 3},
                 {0xed, 0xff, 0x80, 0x9f, 3}, {0xe0, 0xf0, 0x80, 0xbf, 3},
                 {0xf0, 0xff, 0x90, 0xbf, 4}, {0xf4, 0xff, 0x80, 0x8f, 4},
                 {0xf4, 0xfc, 1, 0, 0},       {0xf0, 0xf8, 0x80, 0xbf, 4}};
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if ((bytes[0] & forms[f].bits) != forms[f].lead)
            continue;
        if (forms[f].length < 2)
            return forms[f].length;
        if (bytes[1] < forms[f].least || bytes[1] > forms[f].most)
            return 0;
        for (size_t i = 2; i < forms[f].length; i++)
            if ((bytes[i] & 0xc0) != 0x80)
                return 0;
        return forms[f].length;
    }
    return 0;
}

void html_text(struct text *page, const char *text)
{
    static const struct {
        char sign;
        const char *spelling;
    } signs[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    while (*text) {
        const size_t length = character_length(text);
        const char *spelling = length ? NULL : "\xef\xbf\xbd";
        for (size_t s = 0; s < sizeof signs / sizeof *signs; s++)
            if (*text == signs[s].sign)
                spelling = signs[s].spelling;
        if (spelling)
            text_add(page, "%s", spelling);
        else
            text_add_bytes(page, text, length);
        text += length ? length : 1;
    }
}

struct number html_number(double value)
{
    struct number number;
    snprintf(number.text, sizeof number.text, "%.*f",
             value < 9.995   ? 2
             : value < 99.95 ? 1
                             : 0,
             value);
    return number;
}
