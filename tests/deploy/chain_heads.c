/* SPDX-License-Identifier: MIT */
/* Kinds of make_chain about heads, and about what skips a layer. */
#include "deploy/make_chain.h"

/* What is added to the product of a layer's rows with a matrix. */
static void skip(struct chain *chain, char *to, char *what, size_t outputs)
{
    part_node(chain->writer, "MatMul", to, part_floats(chain->writer, 2, (size_t[]){H, outputs}),
              "product");
    part_node(chain->writer, "Tanh", "product", NULL, "tanh");
    part_node(chain->writer, "Add", what, "tanh", "y");
}

static void head_skip(struct chain *chain)
{
    chain_layer(chain, "a");
    part_node(chain->writer, "Unsqueeze", "a", part_int(chain->writer, 1), "b");
    part_node(chain->writer, "Squeeze", "b", part_int(chain->writer, 1), "c");
    skip(chain, "c", "x", I);
}

static const int64_t turn[] = {1, 0, 2};

/* The model's input is moved before the layer takes it. */
static void turned_layer(struct chain *chain)
{
    chain->dims[0] = 1, chain->dims[1] = T;
    writer_list(chain->writer, part_node(chain->writer, "Transpose", "x", NULL, "a"), "perm", turn,
                3);
    chain_gru(chain, "a", 1, I, chain_none, "layer", "");
    part_node(chain->writer, "Squeeze", "layer", part_int(chain->writer, 1), "b");
}

/* ... and its output back. */
static void head_moved(struct chain *chain)
{
    turned_layer(chain);
    writer_list(chain->writer, part_node(chain->writer, "Transpose", "b", NULL, "c"), "perm", turn,
                3);
    skip(chain, "c", "x", I);
}

/* Heads that stay layers: of two directions, of the last step; and the second of two. */
static void head_both(struct chain *chain)
{
    const int64_t perm[] = {0, 2, 1, 3}, shape[] = {0, 1, 2 * H};
    chain_gru(chain, "x", 2, I, chain_none, "layer", "");
    writer_list(chain->writer, part_node(chain->writer, "Transpose", "layer", NULL, "a"), "perm",
                perm, 4);
    part_node(chain->writer, "Reshape", "a", part_ints(chain->writer, shape, 3), "b");
    part_node(chain->writer, "MatMul", "b", part_floats(chain->writer, 2, (size_t[]){2 * H, 2}),
              "y");
}

static void head_last(struct chain *chain)
{
    chain_gru(chain, "x", 1, I, chain_none, "", "state");
    part_node(chain->writer, "MatMul", "state", part_floats(chain->writer, 2, (size_t[]){H, 2}),
              "y");
}

static void head_two(struct chain *chain)
{
    chain_layer(chain, "a");
    part_node(chain->writer, "MatMul", "a", part_floats(chain->writer, 2, (size_t[]){H, 4}), "b");
    part_node(chain->writer, "Relu", "b", NULL, "c");
    part_node(chain->writer, "MatMul", "c", part_floats(chain->writer, 2, (size_t[]){4, 2}), "y");
}

static void head_three(struct chain *chain)
{
    chain_layer(chain, "a");
    part_node(chain->writer, "MatMul", "a", part_floats(chain->writer, 2, (size_t[]){H, I}), "b");
    part_node(chain->writer, "Add", "b", "x", "c");
    part_node(chain->writer, "MatMul", "c", part_floats(chain->writer, 2, (size_t[]){I, 2}), "y");
}

/* From before the layer, but not what it takes; of another size; of other axes. */
static void skip_other(struct chain *chain)
{
    chain_layer(chain, "a");
    chain_gru(chain, "a", 1, H, chain_none, "second", "");
    part_node(chain->writer, "Squeeze", "second", part_int(chain->writer, 1), "b");
    skip(chain, "b", "x", I);
}

static void skip_wide(struct chain *chain)
{
    chain_layer(chain, "a");
    skip(chain, "a", "x", 1);
}

static void skip_turned(struct chain *chain)
{
    turned_layer(chain);
    skip(chain, "b", "x", I);
}

const struct chain_kind chain_heads[] = {{"head_skip", head_skip},     {"head_moved", head_moved},
                                         {"head_both", head_both},     {"head_last", head_last},
                                         {"head_two", head_two},       {"head_three", head_three},
                                         {"skip_other", skip_other},   {"skip_wide", skip_wide},
                                         {"skip_turned", skip_turned}, {NULL, NULL}};
