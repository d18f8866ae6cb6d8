/* SPDX-License-Identifier: MIT */
/* The random numbers of this program: functions of seed, stream and index, so that nothing has to
 * be remembered to go on after a stop. The model has its own streams, from 2^56 on. */
#ifndef STOCK_DRAWS_H
#define STOCK_DRAWS_H

#include "weir_train.h"

#define STREAM_PRICES (UINT64_C(1) << 48)
#define STREAM_ORDER (UINT64_C(2) << 48) /* + epoch */
#define STREAM_ADDING (UINT64_C(3) << 48) /* + part */

/* Uniform in [0, 1), in steps of 2^-24. */
static inline float draw_uniform(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}

#endif
