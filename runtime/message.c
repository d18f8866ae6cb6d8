/* SPDX-License-Identifier: MIT */
/* The version in words, and lists of names and sizes in words, which must fit into an error. What
 * is wrong, and what to do about it, is said where it is found. */
#include "libweir.h"

#include <stdio.h>
#include <string.h>

#define WORDS(number) #number
#define VERSION(major, minor, patch) WORDS(major) "." WORDS(minor) "." WORDS(patch)

const char *weir_version(void)
{
    return VERSION(WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR, WEIR_VERSION_PATCH);
}

void weir_list_add(struct weir_list *list, const char *name)
{
    enum { ENOUGH_FOR_THE_REST = sizeof " and 18446744073709551615 more" };
    const char *separator = list->length ? ", " : "";
    const size_t needed = strlen(separator) + strlen(name);
    if (list->left_out || needed + ENOUGH_FOR_THE_REST > sizeof list->text - list->length) {
        list->left_out++;
        return;
    }
    snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s", separator, name);
    list->length += needed;
}

const char *weir_list_end(struct weir_list *list)
{
    char *rest = list->text + list->length;
    const size_t space = sizeof list->text - list->length;
    if (list->left_out)
        snprintf(rest, space, "%s%zu more", list->length ? " and " : "", list->left_out);
    else if (!list->length)
        snprintf(rest, space, "none");
    return list->text;
}

struct weir_words weir_sizes_in_words(struct weir_sizes sizes)
{
    struct weir_words words;
    int length = snprintf(words.text, sizeof words.text, "I=%zu, H=%zu", sizes.I, sizes.H);
    if (sizes.P)
        snprintf(words.text + length, sizeof words.text - (size_t)length, ", P=%zu", sizes.P);
    return words;
}
