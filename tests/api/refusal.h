/* SPDX-License-Identifier: MIT */
/* The claim that weir_layer_create refuses a configuration, with a status and a sentence. */
#ifndef WEIR_TESTS_REFUSAL_H
#define WEIR_TESTS_REFUSAL_H

#include <string.h>

#include "support/expect.h"
#include "weir.h"

enum { REFUSAL_PARTS = 4 };

/* The message must be one whole sentence that contains these parts, of which NULL is the end. */
static inline void expect_refusal(int line, const weir_layer_config *config, weir_status expected,
                                  const char *const parts[REFUSAL_PARTS])
{
    weir_layer *layer = (weir_layer *)&layer;
    weir_error error = {0};
    const weir_status status = weir_layer_create(&layer, config, &error);
    const size_t length = strlen(error.message);
    EXPECT(status == expected && error.status == status, "line %d: status %d, not %d: %s", line,
           status, expected, error.message);
    EXPECT(!layer, "line %d: there is a layer all the same", line);
    EXPECT(length && length < sizeof error.message - 1 && error.message[length - 1] == '.',
           "line %d: %s", line, error.message);
    for (size_t k = 0; k < REFUSAL_PARTS && parts[k]; k++)
        EXPECT(strstr(error.message, parts[k]), "line %d: \"%s\" is not in: %s", line, parts[k],
               error.message);
    if (status == WEIR_OK)
        weir_layer_destroy(layer);
    EXPECT(weir_layer_create(&layer, config, NULL) == expected,
           "line %d: another status without a weir_error", line);
}

#define EXPECT_REFUSAL(config, status, ...)                                                        \
    expect_refusal(__LINE__, (config), (status), (const char *const[REFUSAL_PARTS]){__VA_ARGS__})

#endif
