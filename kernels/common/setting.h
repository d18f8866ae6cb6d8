/* SPDX-License-Identifier: MIT */
/* What the environment says: one rule for every variable that Weir reads. */
#ifndef WEIR_SETTING_H
#define WEIR_SETTING_H

#include <stdlib.h>

/* The value of a variable, or NULL where it is not set: `NAME= program` sets none. */
static inline const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

#endif
