/* SPDX-License-Identifier: MIT */
/* The readers, one a format: a network is made of what JSON holds, or there is a sentence. */
#ifndef WEIR_FORMATS_READERS_H
#define WEIR_FORMATS_READERS_H

#include "formats/network.h"

#include <cjson/cJSON.h>

/* Layers of a model; what has more is refused. And units, inputs and the like of one. */
enum { LAYERS_MOST = 256, WIDTH_MOST = 1 << 20 };

bool read_nam(struct network *network, const cJSON *top);
bool read_guitarml(struct network *network, const cJSON *top);
bool read_rtneural(struct network *network, const cJSON *top);

#endif
