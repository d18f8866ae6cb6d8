/* SPDX-License-Identifier: MIT */
/* Models that stand alone: a model, as layers with their weights and the order in which a call runs
 * them, becomes a directory of C that needs nothing of Weir. Its files are
 * kernels/templates/deploy/, with what varies put in. */
#ifndef WEIR_DEPLOY_H
#define WEIR_DEPLOY_H

#include "common/failure.h"
#include "common/text.h"
#include "deploy/layout.h"
#include "deploy/sha256.h"
#include "language/source.h"
#include "packing.h"
#include "plan/variants.h"
#include "schedule/schedule.h"

#include <stdio.h>

enum { DEPLOY_LAYERS_MAX = LAYOUT_LAYERS_MAX, DEPLOY_PASSES_MAX = 2 };
enum { DEPLOY_NAME_SIZE = 25 }; /* of a model's name, with its end */
enum { DEPLOY_STEPS_MAX = 1 << 20, DEPLOY_FILES_MAX = 2 };

struct deploy_shape {
    size_t rank, dims[VIEW_RANK_MAX];
};

/* What is asked for: a cell with weights from a file, or a trained model. NULL: nothing is said. */
struct deploy_request {
    const char *out; /* the directory */
    const char *name; /* of the model; NULL: the cell's or the file's */
    const char *weights_file;
    const char *command; /* what was asked for in words, which deploy_quote wrote */
    size_t steps; /* 0: nothing is said */
    bool no_test;
    bool isas[WEIR_ISA_COUNT], names_isas; /* or they are all */
    enum weir_type type; /* of matrices */
    struct tuning *tuning; /* measured plans; what it warns of is the caller's to tell */
    const struct variants_list *variants; /* those for other processors, beside each ISA's own */
    /* Of a cell. */
    const char *cell, *from;
    double size[4];
    bool has_projection, lengths, reverse, bidirectional;
    /* Of a model; shapes and what is carried are lines NAME=... */
    const char *model, *node, *data, *shapes, *carry;
    bool links; /* its external data may be symbolic links */
    const char *keep; /* nodes whose matrices stay float32, with commas */
    size_t batch; /* 0: nothing is said */
    /* For calls by weir-run: the shape of every input, NULL: nothing is said; and whether recurrent
     * nodes go on where the last call ended. */
    const struct deploy_shape *inputs;
    bool keep_states;
};

/* An input of the model, by its name, that says where a state starts: so many of its floats, from
 * one on. NULL: none does. */
struct deploy_input {
    const char *name;
    size_t from, all; /* all: that the input has */
};

/* One direction of a layer: its cell, its parameters [rows][cols] in the order of the cell's graph,
 * and where its states start (NULL: zeros), also in the self-test where that is another start, and
 * which input of the model says so (NULL: none). Parameters are floats, or matrices bytes. */
struct deploy_pass {
    struct source cell;
    bool reversed;
    struct weir_numbers params[PARAMS_MAX];
    const float *initial[WEIR_STATES_MAX], *tested[WEIR_STATES_MAX];
    struct deploy_input input[WEIR_STATES_MAX];
};

/* What of its outputs a layer passes on: those of all steps, of the last one, or the final states,
 * which differ from the last outputs where a sequence ends early or is read backwards. */
enum deploy_gives { GIVES_ALL, GIVES_LAST, GIVES_FINAL };

/* Passes over the same input, of cells of the same sizes, whose outputs stand side by side. */
struct deploy_layer {
    const char *node; /* of the model that it comes from; NULL: it comes from a cell */
    enum weir_type type; /* of its matrices */
    bool has_bytes; /* that is how they came: no type that is asked for changes it */
    double size[4];
    struct deploy_pass passes[DEPLOY_PASSES_MAX];
    size_t pass_count;
    bool by_length; /* stops where the sequence ends; outputs past that are zeros */
    bool is_product; /* no step of it depends on another */
    bool is_exact; /* of whole numbers, which its type holds: no other that is asked for changes it
                    */
    bool is_work; /* it has no matrix */
    enum deploy_gives gives;
    size_t softmax; /* over every so many of what it gives; 0: there is none */
};

/* An input of the model's own, and what it should give within the tolerance of the model. */
struct deploy_data {
    const float *input, *output; /* NULL: there is none */
    size_t steps, length, count; /* count: floats of the output */
    double step; /* from 1 to the next float that the output's type has, if that has 16 bits */
};

/* The elements of an input or output of a schedule: floats, or whole numbers of 64 bits. */
struct deploy_tensor {
    const void *elements;
    double step; /* from 1 to the next float that its type has, if that has 16 bits */
};

/* A file that the model is made from. */
struct deploy_file {
    const char *path;
    char sha256[SHA256_TEXT];
};

enum { DEPLOY_TEST_BYTES = 64 };
#define DEPLOY_ANY_LENGTH SIZE_MAX

struct deploy_model {
    const char *name; /* begins every name that others see */
    char made_name[DEPLOY_NAME_SIZE]; /* it, where none is asked for */
    struct schedule *schedule; /* of a call; NULL: it is that of a chain, layer after layer */
    /* Of calls of other numbers of steps: of one step less, which differs from it as those of all
     * others do, and of one step, where that does not. NULL: there is none. */
    struct schedule *less, *one;
    bool asks_steps; /* a call says how many they are, from `least` on; of a schedule alone */
    size_t least;
    struct deploy_layer layers[DEPLOY_LAYERS_MAX];
    size_t layer_count;
    size_t steps; /* at most, a call; 1: a stream */
    bool exact_steps; /* exactly so many: a constant of it depends on that */
    bool lengths; /* a call says where its sequence ends */
    size_t length; /* where it always must, or DEPLOY_ANY_LENGTH */
    bool isas[WEIR_ISA_COUNT];
    const char *weights_file; /* NULL: the weights are a C file, too */
    bool no_test; /* it gets no self-test */
    /* Bytes that its weights may take as they are written, and so many times as many as numbers in
     * the self-test, which are C text there; and those that a run of it may. 0: any. */
    size_t most, room;
    struct tuning *tuning;
    const struct variants_list *variants;
    struct deploy_data data; /* of the self-test */
    const struct deploy_tensor *inputs, *outputs; /* the same of a schedule; NULL: there are none */
    const char *command;
    struct deploy_file files[DEPLOY_FILES_MAX];
    size_t file_count; /* 0: it does not matter which they are */
};

/* Who gets the files, one after the other: each is begun, with its folder ("", "src/" and so on)
 * and its name, written to the stream, and ended; not whole: there is a sentence already. Without a
 * folder it is model->weights_file. NULL or false: there is a sentence, and no more are wanted. */
struct deploy_sink {
    void *context;
    FILE *(*begin)(void *context, const char *folder, const char *name, struct failure *failure);
    bool (*end)(void *context, bool whole, struct failure *failure);
};

bool deploy_files(const struct deploy_model *model, const struct deploy_sink *sink,
                  struct failure *failure);

/* Writes the directory, which is made if it is not there. */
bool deploy_write(const struct deploy_model *model, const char *directory, struct failure *failure);

/* What the request says of a model; where it says no name, one is made from that of a cell or file.
 */
bool deploy_options(const struct deploy_request *request, struct deploy_model *model,
                    const char *from, struct failure *failure);

/* Gives the layers of a model the type that is asked for, but those of nodes that are kept, and
 * those whose matrices are bytes; and leaves out ISAs from which these types gain nothing. False
 * where a node that is kept is no layer, or such an ISA was asked for. */
bool deploy_types(const struct deploy_request *request, struct deploy_model *model,
                  struct failure *failure);

/* Whether a layer's matrices came as bytes. */
bool deploy_has_bytes(const struct deploy_model *model);

/* The calls of a schedule as statements of C, in which n is the number of steps where a call says
 * it; that of another one, with its own numbers. */
void deploy_calls_text(const struct deploy_model *model, struct text *out);
void deploy_schedule_text(const struct schedule *schedule, struct text *out);

/* All that is written of a schedule and goes on with the steps: that, and what is said of its
 * arguments. */
void deploy_trial_text(const struct schedule *schedule, struct text *out);

void deploy_free_schedules(struct deploy_model *model);

/* Notes a file, by its bytes, that the model is made from. */
void deploy_add_file(struct deploy_model *model, const char *path, const void *bytes, size_t count);

/* Adds words so that in any comment or shell they are one word of letters, digits and signs that
 * mean nothing: other bytes become %XX. Of a path, what it is called without its folder. */
void deploy_quote(struct text *out, const char *words);
void deploy_quote_file(struct text *out, const char *path);

/* Whether the directory gets a header NAME.h of Weir's, whatever the model's name is. */
bool deploy_ships(const char *name);

/* weir-gen --deploy: one layer of the cell, whose graph this is, with weights from a file. */
bool deploy_cell(const struct deploy_request *request, const struct source *cell,
                 const struct graph *graph, struct failure *failure);

/* weir-gen --model: a trained model of any format. */
bool deploy_model(const struct deploy_request *request, struct failure *failure);

#endif
