/* SPDX-License-Identifier: MIT */
/* What this CPU can run. Which ISA is used in the end is decided in select.c. */
#ifndef WEIR_CPU_H
#define WEIR_CPU_H

#include "cpu_features.h"

#include <stdbool.h>

/* The features of this CPU, as a set of enum weir_feature. Asked once; any thread may ask first. */
unsigned weir_cpu_features(void);

bool weir_cpu_has_isa(enum weir_isa isa);

#endif
