/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4), which tells people's own tools and ours the same of a file. */
#ifndef WEIR_DEPLOY_SHA256_H
#define WEIR_DEPLOY_SHA256_H

#include <stddef.h>

enum { SHA256_TEXT = 65 };

/* The hash of some bytes, as 64 digits. */
void sha256_text(const void *bytes, size_t count, char text[SHA256_TEXT]);

#endif
