/* SPDX-License-Identifier: MIT */
/* What a layer takes of a recurrent node, be the model a chain or not. */
#ifndef WEIR_DEPLOY_RECURRENT_H
#define WEIR_DEPLOY_RECURRENT_H

#include "deploy/deploy.h"
#include "onnx/onnx.h"

/* Fills the parameters of a pass of a layer, by the names of its cell, which it has, from a
 * direction of the node; and says of the layer of what type its matrices are, if they are bytes. */
bool recurrent_weights(const onnx_recurrent *recurrent, size_t direction,
                       struct deploy_layer *layer, size_t pass, struct failure *failure);

#endif
