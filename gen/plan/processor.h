/* SPDX-License-Identifier: MIT */
/* The processor that this program runs on, as Linux names it: what a measured plan is bound to. */
#ifndef WEIR_PROCESSOR_H
#define WEIR_PROCESSOR_H

/* Vendor, family, model, stepping and the sizes of its caches, such as "AuthenticAMD 25 1 1, caches
 * 32K 32K 512K 32768K"; of the first core. What is unknown is left out. The caller frees it. */
char *processor_name(void);

/* The microarchitecture of a processor by such a name; NULL: it is not known. */
const char *processor_microarchitecture(const char *name);

#endif
