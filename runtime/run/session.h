/* SPDX-License-Identifier: MIT */
/* What a session is made of, for the files that run its nodes. */
#ifndef WEIR_RUN_SESSION_H
#define WEIR_RUN_SESSION_H

#include "run/recurrent.h"
#include "run/run.h"

/* What starting a node takes, in steps of computing, where it is one of many. */
enum { RUN_START_STEPS = 4096 };

struct run_session {
    const onnx_model *model;
    run_options options;
    struct node_layers *layers; /* by the index of recurrent nodes */
    struct fold *folds; /* by the same */
    const struct fold **inside; /* by value: the head whose nodes give it, or NULL */
    struct failure apart; /* as run_apart tells it, or empty */
    const onnx_tensor **values; /* of the current call */
    onnx_memory *memory; /* of the current call, or of the step of a loop in it */
    size_t depth; /* of loops */
};

/* The nodes of a graph, whose inputs are among the values; what they give becomes values. */
bool run_graph(run_session *session, const onnx_graph *graph, struct failure *failure);

/* A Loop or Scan: repeat.c. */
bool run_repeat(run_session *session, const onnx_node *node, struct failure *failure);

#endif
