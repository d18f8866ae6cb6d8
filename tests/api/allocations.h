/* SPDX-License-Identifier: MIT */
/* A malloc and friends of the test's own, in front of glibc's, which count and can fail: for a
 * program that links allocations.c. A sanitizer has such functions too: where HAS_SANITIZER is 1
 * nothing is counted, and a test of it is skipped aloud. */
#ifndef WEIR_TESTS_ALLOCATIONS_H
#define WEIR_TESTS_ALLOCATIONS_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

/* So far; growing in place counts as both. */
extern size_t allocations, frees;
extern size_t fail_at; /* the allocation that fails, counted from 1; 0: none */

#endif
