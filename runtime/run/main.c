/* SPDX-License-Identifier: MIT */
/* weir-run: the command line. What it can do with a model is in the other files of actions.h. */
#define _GNU_SOURCE /* getopt_long, strtok_r */
#include "common/ending.h"
#include "common/rooms.h"
#include "common/setting.h"
#include "formats/formats.h"
#include "packing.h"
#include "plan/tuning.h"
#include "run/actions.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is done with a model, each by the option that asks for it. */
enum command { INSPECT, COMPARE, LOSE, CONVERT, TIME };

static const struct {
    const char *option;
    int (*act)(const struct request *request, const onnx_model *model, struct failure *failure);
} commands[] = {[INSPECT] = {"--inspect", action_inspect},
                [COMPARE] = {"--data", action_compare},
                [LOSE] = {"--inspect and --data", action_lose_by_node},
                [CONVERT] = {"--input", action_convert},
                [TIME] = {"--time", action_time}};

enum id {
    ID_INSPECT,
    ID_DATA,
    ID_TIME,
    ID_INPUT,
    ID_OUTPUT,
    ID_TOLERANCE,
    ID_TYPE,
    ID_KEEP,
    ID_STREAM,
    ID_CARRY,
    ID_CPU,
    ID_CALLS,
    ID_LINKS,
    ID_PLAIN,
    ID_HELP,
    ID_COUNT
};

enum { CALLS_MOST = 10000000 }; /* a number is kept of each */
enum { EVERY = 1 << INSPECT | 1 << COMPARE | 1 << LOSE | 1 << CONVERT | 1 << TIME };

static const struct {
    const char *name, *value; /* NULL: it takes none */
    unsigned commands; /* which use it: a bit each */
    const char *help; /* NULL: it is among the ways to call weir-run */
} options[ID_COUNT] = {
    [ID_INSPECT] = {"inspect", NULL, 1 << INSPECT | 1 << LOSE, NULL},
    [ID_DATA] = {"data", "DIR", 1 << COMPARE | 1 << LOSE, NULL},
    [ID_TIME] = {"time", NULL, 1 << TIME, NULL},
    [ID_INPUT] = {"input", "FILE", 1 << CONVERT | 1 << TIME,
                  "an input, .npy or .pb; once for each, in the model's order"},
    [ID_OUTPUT] = {"output", "FILE", 1 << CONVERT,
                   "where to write an output, .npy or .pb; once for each, in that order"},
    [ID_TOLERANCE] =
        {"tolerance", "X", 1 << COMPARE | 1 << LOSE,
         "the largest difference that --data accepts (default 1e-5 of the largest\n"
         "                    number expected of an output, or of 1, and for outputs of\n"
         "                    float16 or bfloat16 one step of theirs; with --type: any)"},
    [ID_TYPE] =
        {"type", "T", EVERY,
         "what weights of recurrent nodes are stored as: f32 (default), bf16, f16\n"
         "                    or i8; then --data compares with f32, not with output_*.pb, and\n"
         "                    with --inspect says what each node loses"},
    [ID_KEEP] = {"keep", "NODE,...", EVERY, "recurrent nodes that stay f32 all the same"},
    [ID_STREAM] = {"stream", NULL, 1 << CONVERT,
                   "keep states between calls; of every --input, the first dimension\n"
                   "                    counts the calls, and so does that of every --output"},
    [ID_CARRY] = {"carry", "OUT=IN", 1 << CONVERT,
                  "with --stream: an output is that input of the next call, too; its file\n"
                  "                    holds what the first call is given"},
    [ID_CPU] = {"cpu", "N", 1 << TIME, "the core to pin to (default: the one it runs on)"},
    [ID_CALLS] = {"calls", "N", 1 << TIME,
                  "how many calls to time, however long that takes (default: 10,000, or\n"
                  "                    what 2 seconds hold, where that is fewer)"},
    [ID_LINKS] = {"links", NULL, EVERY,
                  "files with weights beside the model may be symbolic links, as in a\n"
                  "                    cache of Hugging Face, that lead to regular files anywhere"},
    [ID_PLAIN] = {"plain", NULL, EVERY & ~(1 << INSPECT),
                  "interpret the model, each node by itself, instead of compiling all of\n"
                  "                    it: slower, and what the other way is held to"},
    [ID_HELP] = {"help", NULL, 0, "this text"},
};

static void print_help(void)
{
    enum { COLUMN = 20 };
    fputs(
        "weir-run: run a model whose recurrent nodes are kernels of Weir: of ONNX, or JSON of "
        "Neural\n"
        "Amp Modeler (.nam), GuitarML or RTNeural\n"
        "\n"
        "  weir-run MODEL.onnx --inspect         its inputs, nodes, cells, outputs; runs nothing\n"
        "  weir-run MODEL.onnx --input X.npy --output Y.npy\n"
        "                                        one call; what it gives, into files\n"
        "  weir-run MODEL.onnx --stream [--carry OUT=IN] --input X.npy --output Y.npy\n"
        "                                        a call for each X[k], which goes on where the\n"
        "                                        last one ended\n"
        "  weir-run MODEL.onnx --data DIR        a call of DIR/input_*.pb, compared with "
        "output_*.pb\n"
        "  weir-run MODEL.onnx --data DIR --inspect --type i8\n"
        "                                        which node loses most by that type of weights\n"
        "  weir-run MODEL.onnx --time            how long a call takes, on one core\n"
        "\n",
        stdout);
    for (size_t i = 0; i < ID_COUNT; i++) {
        if (!options[i].help)
            continue;
        const int width =
            printf("  %s--%s%s%s", i == ID_HELP ? "-h, " : "", options[i].name,
                   options[i].value ? " " : "", options[i].value ? options[i].value : "");
        printf("%*s%s\n", COLUMN - width, "", options[i].help);
    }
    fputs(
        "\n"
        "Recurrent nodes run by the best ISA of this CPU; WEIR_ISA=scalar or another caps it. A\n"
        "model becomes C for the shapes of its inputs, which is compiled by cc (or $CC) and kept\n"
        "in $XDG_CACHE_HOME/weir: that takes some seconds the first time. What is no such C, and\n"
        "what --type or WEIR_KERNEL asks for, is interpreted, which is said; then a cell that\n"
        "this build has no kernel for is compiled in the same way. Plans that weir-tune found are\n"
        "in $XDG_CONFIG_HOME/weir/tuning.\n"
        "\n"
        "Without --input, --time runs on zeros, of 1 along each dimension that the model leaves\n"
        "open; SIGINT or SIGTERM end it with the times that there are. The exit status is 1 where\n"
        "outputs differ, 2 where something is wrong, and 130 when stopped.\n",
        stdout);
}

static bool read_number(const char *given, double most, double *number)
{
    char *end;
    errno = 0;
    *number = strtod(given, &end);
    return !errno && end != given && !*end && *number >= 0 && *number <= most;
}

static bool add_path(const char **paths, size_t *count, const char *path)
{
    if (*count == FILES_MAX)
        return false;
    paths[(*count)++] = path;
    return true;
}

/* One option and its value. */
static bool take_option(struct request *request, enum id id, const char *value,
                        struct failure *failure)
{
    bool fits = true, is_number = true;
    double number = 0;
    switch (id) {
    case ID_INSPECT:
    case ID_TIME:
        break;
    case ID_DATA:
        request->data = value;
        break;
    case ID_INPUT:
        fits = add_path(request->inputs, &request->input_count, value);
        break;
    case ID_OUTPUT:
        fits = add_path(request->outputs, &request->output_count, value);
        break;
    case ID_TOLERANCE:
        is_number = read_number(value, 1e30, &request->tolerance);
        break;
    case ID_TYPE:
        if ((int)weir_type_named(value) >= WEIR_TYPES_OF_FLOATS)
            return fail(failure, "--type '%.100s' is none, expected f32, bf16, f16 or i8", value);
        request->type = weir_type_named(value) == WEIR_TYPE_F32 ? NULL : value;
        break;
    case ID_KEEP:
        request->keep = value;
        break;
    case ID_STREAM:
        request->streams = true;
        break;
    case ID_PLAIN:
        request->plain = true;
        break;
    case ID_CARRY:
        fits = add_path(request->carries, &request->carry_count, value);
        break;
    case ID_CPU:
        is_number = read_number(value, 1 << 20, &number);
        request->cpu = (long)number;
        break;
    case ID_LINKS:
        request->links = true;
        break;
    case ID_CALLS:
        is_number =
            read_number(value, CALLS_MOST, &number) && number >= 1 && number == floor(number);
        request->calls = (size_t)number;
        break;
    default:
        print_help();
        exit(end_program("weir-run", 0));
    }
    if (!is_number)
        return fail(failure, "--%s '%.100s' is not a number that it can be", options[id].name,
                    value);
    return fits || fail(failure, "there are too many files");
}

/* All options; bit k of *given is that option k was there. */
static bool take_options(int argc, char **argv, struct request *request, unsigned *given,
                         struct failure *failure)
{
    struct option names[ID_COUNT + 1] = {0};
    for (int i = 0; i < ID_COUNT; i++)
        names[i] = (struct option){options[i].name,
                                   options[i].value ? required_argument : no_argument, NULL, i};
    opterr = 0;
    for (int id; (id = getopt_long(argc, argv, "h", names, NULL)) != -1;) {
        if (id == '?')
            return fail(failure, "'%.200s' is no option of it, or lacks its value",
                        argv[optind - 1]);
        id = id == 'h' ? ID_HELP : id;
        *given |= 1u << id;
        if (!take_option(request, (enum id)id, optarg, failure))
            return false;
    }
    return true;
}

/* The command that options ask for; an option that it does not use is refused. */
static bool choose_command(unsigned given, enum command *command, struct failure *failure)
{
    const bool inspects = given >> ID_INSPECT & 1, compares = given >> ID_DATA & 1;
    const bool times = given >> ID_TIME & 1, has_inputs = given >> ID_INPUT & 1;
    if ((inspects || compares) + (times || has_inputs) != 1)
        return fail(failure, "one of --inspect, --data, --input and --time is wanted");
    *command = inspects && compares ? LOSE
               : inspects           ? INSPECT
               : compares           ? COMPARE
               : times              ? TIME
                                    : CONVERT;
    for (size_t i = 0; i < ID_HELP; i++) {
        enum command other = INSPECT;
        if (!(given >> i & 1) || options[i].commands >> *command & 1)
            continue;
        while (!(options[i].commands >> other & 1))
            other++;
        return fail(failure, "--%s goes with %s, not with %s", options[i].name,
                    commands[other].option, commands[*command].option);
    }
    return true;
}

static bool parse(int argc, char **argv, struct request *request, enum command *command,
                  struct failure *failure)
{
    unsigned given = 0;
    *request = (struct request){.tolerance = -1, .cpu = -1};
    if (!take_options(argc, argv, request, &given, failure))
        return false;
    if (optind + 1 != argc)
        return fail(failure,
                    optind < argc ? "there is more than one model" : "the model is missing");
    request->model = argv[optind];
    if (!choose_command(given, command, failure))
        return false;
    if (!request->type && *command == LOSE)
        return fail(failure, "--inspect and --data together want --type bf16, f16 or i8");
    if (!request->type && request->keep)
        return fail(failure, "--keep goes with --type bf16, f16 or i8");
    return request->streams || !request->carry_count || fail(failure, "--carry goes with --stream");
}

/* The user's measured plans: $XDG_CONFIG_HOME/weir/tuning, or ~/.config/weir/tuning. A file that
 * nobody has named is no reason not to run: what is wrong with it is said. */
static void open_tuning(struct tuning *tuning)
{
    const char *config = setting("XDG_CONFIG_HOME"), *home = setting("HOME");
    struct failure failure;
    char *path = config && *config == '/' ? text_format("%s/weir/tuning", config)
                 : home && *home == '/'   ? text_format("%s/.config/weir/tuning", home)
                                          : NULL;
    *tuning = (struct tuning){0};
    if (path && !access(path, F_OK) && !tuning_open(tuning, path, &failure))
        text_add(&tuning->warnings, "%s; it is not used\n", failure.sentence);
    free(path);
}

/* Says what was made of them. */
static void close_tuning(struct tuning *tuning)
{
    if (tuning->used)
        fprintf(stderr, "weir-run: kernels with measured plans from %s: %zu\n", tuning->path,
                tuning->used);
    char *rest, *line = tuning->warnings.chars;
    for (line = line ? strtok_r(line, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest))
        fprintf(stderr, "weir-run: %s\n", line);
    tuning_free(tuning);
}

int main(int argc, char **argv)
{
    struct request request;
    struct failure failure;
    enum command command = INSPECT;
    keep_rooms_apart();
    if (!parse(argc, argv, &request, &command, &failure)) {
        fprintf(stderr, "weir-run: %s; weir-run --help tells how to call it\n", failure.sentence);
        return BAD;
    }
    struct tuning tuning = {0};
    if (command != INSPECT)
        open_tuning(&tuning);
    request.tuning = &tuning;
    onnx_model *model = model_load_file(request.model, request.links, &failure);
    if (model)
        onnx_recognise(model);
    if (model && model->has_double)
        fprintf(stderr, "weir-run: %s holds float64 tensors, which are computed in float32\n",
                request.model);
    if (model && model->has_half)
        fprintf(stderr,
                "weir-run: %s has values of float16 or bfloat16, which are computed in float32, "
                "and rounded by Cast and as inputs and outputs\n",
                request.model);
    if (model && model->has_bytes)
        fprintf(stderr, "weir-run: " ONNX_BYTES_WORDS "\n", request.model);
    if (model && model->doubt)
        fprintf(stderr, "weir-run: %s: %s\n", request.model, model->doubt);
    request.types = model ? action_types(&request, model, &failure) : NULL;
    const int status = request.types ? commands[command].act(&request, model, &failure) : BAD;
    onnx_free(model);
    free(request.types);
    close_tuning(&tuning);
    if (status == BAD)
        fprintf(stderr, "weir-run: %s\n", failure.sentence);
    return end_program("weir-run", status);
}
