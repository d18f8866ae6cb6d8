/* SPDX-License-Identifier: MIT */
/* What weir-gen was asked for, by the command line. main.c alone includes this. */
#ifndef WEIR_OPTIONS_H
#define WEIR_OPTIONS_H

#include "common/failure.h"
#include "common/text.h"
#include "deploy/deploy.h"
#include "plan/isa.h"

enum command {
    COMMAND_NONE,
    COMMAND_KERNEL,
    COMMAND_PRODUCT,
    COMMAND_DUMP,
    COMMAND_CHECK,
    COMMAND_DEPLOY,
    COMMAND_MODEL,
    COMMAND_LIST,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_COUNT
};

/* Texts as they were given; NULL: not given. */
struct request {
    enum command command;
    bool trains, profiled, backward;
    bool lengths, reverse, bidirectional, no_test, links;
    const char *cell, *output, *isa, *math, *type, *plan, *tuning, *variant;
    const char *size[4]; /* by extent */
    /* Of a model that stands alone. */
    const char *model, *node, *keep, *data, *out, *name, *from, *weights, *steps, *shape, *batch,
        *carry;
};

/* Reads the command line, whose strings are kept. False: on one that makes no sense; there is
 * something to free all the same. */
bool options_read(int argc, char **argv, struct request *request, struct failure *failure);
void options_free(struct request *request);

void options_help(struct text *out);

/* What was asked for as one line, which the caller frees: the options in the order of the table,
 * with files called without their folders. */
char *options_command(const struct request *request);

/* What texts mean: the ISA that must be given; the form of the maths; the type of the weights; the
 * sizes of a kernel, 0 for any; those to check a gradient for, which are all known; and what a
 * model that stands alone is made of. */
const struct isa *options_isa(const struct request *request, struct failure *failure);
bool options_math(const struct request *request, enum weir_math *math, struct failure *failure);
bool options_type(const struct request *request, enum weir_type *type, struct failure *failure);
bool options_sizes(const struct request *request, double size[4], struct failure *failure);
bool options_check_sizes(const struct request *request, double size[4], struct failure *failure);
bool options_deploy(const struct request *request, struct deploy_request *deploy,
                    struct failure *failure);

#endif
