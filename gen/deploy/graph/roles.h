/* SPDX-License-Identifier: MIT */
/* Which axes of the model's inputs are time, and which count batches, as far as its nodes tell. */
#ifndef WEIR_DEPLOY_ROLES_H
#define WEIR_DEPLOY_ROLES_H

#include "deploy/graph/lower.h"

enum { INPUTS_MOST = 255 };

/* What nodes tell of the axes of inputs. */
enum meaning { MEANS_NOTHING, MEANS_TIME, MEANS_BATCH, MEANS_ROWS }; /* rows: of windows */

/* Which axis of which input an axis of a value is; input 0: of none. */
struct origin {
    int input; /* its place among the model's, from 1 on */
    size_t axis;
};

struct telling {
    const onnx_model *onnx;
    struct origin (*origins)[ONNX_RANK_MAX]; /* of every value */
    size_t *ranks; /* 0: not known */
    bool untold; /* which axis of what a recurrent node reads is time */
    bool took_steps, took_batch; /* some axis is what was asked for */
    enum meaning meanings[INPUTS_MOST + 1][ONNX_RANK_MAX];
};

bool lower_find_roles(struct lowering *l, struct telling *t);

#endif
