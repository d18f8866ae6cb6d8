/* SPDX-License-Identifier: MIT */
/* Claims, and counting those that do not hold: all that a test program in one file needs. A failure
 * says where, which claim, and what was found instead; the program goes on. */
#ifndef WEIR_TESTS_EXPECT_H
#define WEIR_TESTS_EXPECT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static size_t expect_claims, expect_failures;

__attribute__((format(printf, 5, 6))) static inline bool
expect_claim(bool holds, const char *claim, const char *file, int line, const char *found, ...)
{
    expect_claims++;
    if (holds)
        return true;
    expect_failures++;
    va_list arguments;
    va_start(arguments, found);
    printf("%s:%d: should hold: %s; ", file, line, claim);
    vprintf(found, arguments);
    printf("\n");
    va_end(arguments);
    return false;
}

/* EXPECT(claim, "what was found, as printf", ...) */
#define EXPECT(claim, ...) expect_claim((claim), #claim, __FILE__, __LINE__, __VA_ARGS__)

/* The last line, and what main returns. */
static inline int expect_verdict(const char *program)
{
    if (!expect_claims)
        printf("%s: FAILED: nothing was checked\n", program);
    else if (expect_failures)
        printf("%s: FAILED: %zu of %zu claims do not hold\n", program, expect_failures,
               expect_claims);
    else
        printf("%s: all %zu claims hold\n", program, expect_claims);
    return expect_failures || !expect_claims ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
