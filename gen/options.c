/* SPDX-License-Identifier: MIT */
/* The command line of weir-gen: one table of options and of the commands that use them, from which
 * the help, the reading and the checks come. */
#define _GNU_SOURCE /* getopt_long */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* ---- The table ---- */

enum {
    KERNEL = 1 << COMMAND_KERNEL,
    PRODUCT = 1 << COMMAND_PRODUCT,
    DUMP = 1 << COMMAND_DUMP,
    CHECK = 1 << COMMAND_CHECK,
    DEPLOY = 1 << COMMAND_DEPLOY,
    MODEL = 1 << COMMAND_MODEL
};

#define AT(field) offsetof(struct request, field)

/* An option: its name (-o where that is one letter, else --name), what it takes or NULL, the
 * commands that use it, where it goes in a request (a text, or a bool where it takes nothing), and
 * what the help says. */
static const struct {
    const char *name, *value;
    unsigned commands;
    size_t place;
    const char *meaning;
} options[] = {
    {"input", "I|any", KERNEL | CHECK | DEPLOY, AT(size[WEIR_I]),
     "input size; any: one kernel for every size"},
    {"hidden", "H|any", KERNEL | CHECK | DEPLOY, AT(size[WEIR_H]),
     "hidden size; any where the input is any"},
    {"projection", "P|any", KERNEL | CHECK | DEPLOY, AT(size[WEIR_P]),
     "size P, for a cell that has a state of that size"},
    {"isa", "ISA", KERNEL | PRODUCT | DEPLOY | MODEL, AT(isa),
     "one of those that --list shows, such as avx2; of a model, a list with commas, by default of "
     "all"},
    {"math", "inline|sleef", KERNEL, AT(math), "Weir's own exponential (default) or SLEEF's"},
    {"type", "f32|bf16|f16|i8|u8", KERNEL | DEPLOY | MODEL, AT(type),
     "what the weights of products are stored as: float32 (default), bfloat16, IEEE's binary16, or "
     "bytes with a scale for every row; of a kernel also bytes with zero points, u8"},
    {"train", NULL, KERNEL, AT(trains),
     "with what training needs: saved values, backward, gradients"},
    {"profile", NULL, KERNEL, AT(profiled),
     "with time stamps between the phases of the forward pass, for bench/explain"},
    {"plan", "FIELD=VALUE,...", KERNEL, AT(plan),
     "override decisions; --list shows the fields; backward.FIELD and input.FIELD are those of "
     "training's other passes"},
    {"tuning", "FILE", KERNEL | DEPLOY | MODEL, AT(tuning),
     "take plans that weir-tune measured; what does not fit is said and not used"},
    {"variant", "FILE,...", KERNEL | DEPLOY | MODEL, AT(variant),
     "by the plans of such a file of any CPU, MICROARCHITECTURE.tune, for that CPU alone: the "
     "kernel, or beside each ISA of a model those that gain more than 3 %"},
    {"o", "FILE", KERNEL | PRODUCT, AT(output), "write there instead of to stdout"},
    {"backward", NULL, DUMP, AT(backward), "the cell's gradient, too: one step backward"},
    {"out", "DIR", DEPLOY | MODEL, AT(out), "the directory to write"},
    {"name", "NAME", DEPLOY | MODEL, AT(name),
     "what names in C begin with; by default made of the cell's or file's"},
    {"weights", "FILE", DEPLOY | MODEL, AT(weights),
     "write the weights there, with a checksum, instead of as C"},
    {"steps", "T", DEPLOY | MODEL, AT(steps),
     "at most so many time steps a call; by default a stream, one a call"},
    {"from", "FILE", DEPLOY, AT(from),
     "the weights, float32, little-endian, each in the order in which the cell first names it, "
     "[rows][cols]; then those of the second direction"},
    {"lengths", NULL, DEPLOY, AT(lengths),
     "a call says where its sequence ends; what is past that is zero"},
    {"reverse", NULL, DEPLOY, AT(reverse), "backwards in time"},
    {"bidirectional", NULL, DEPLOY, AT(bidirectional), "both ways side by side"},
    {"no-test", NULL, DEPLOY | MODEL, AT(no_test), "without the self-test"},
    {"node", "NAME,...", MODEL, AT(node),
     "this recurrent node alone, wherever it stands, or a few that follow one another"},
    {"keep", "NAME,...", MODEL, AT(keep),
     "the nodes, recurrent ones and products, whose weights stay float32 all the same"},
    {"shape", "NAME=SIZE,...", MODEL, AT(shape),
     "the shape of an input, where it is not declared or has axes that are open; once for each"},
    {"batch", "N", MODEL, AT(batch), "as many rows as an open batch has; by default one"},
    {"carry", "OUT=IN|auto", MODEL, AT(carry),
     "an output is that input of the next call, and both are kept in the state; once for each; "
     "auto: those that names or shapes tell, which are printed"},
    {"links", NULL, MODEL, AT(links),
     "files with weights beside the model may be symbolic links, as in a cache of Hugging Face, "
     "that lead to regular files anywhere"},
    {"data", "DIR", MODEL, AT(data),
     "the self-test's inputs and outputs, as in ONNX's test data: input_0.pb, output_0.pb"},
};

/* A command: the option that asks for it, whether that takes something, and where that goes. */
static const struct {
    const char *name;
    int argument;
    size_t place;
} commands[COMMAND_COUNT] = {
    [COMMAND_KERNEL] = {"cell", required_argument, AT(cell)},
    [COMMAND_PRODUCT] = {"product", no_argument, 0},
    [COMMAND_DUMP] = {"dump", optional_argument, AT(cell)}, /* may stand anywhere after it */
    [COMMAND_CHECK] = {"check", optional_argument, AT(cell)},
    [COMMAND_DEPLOY] = {"deploy", required_argument, AT(cell)},
    [COMMAND_MODEL] = {"model", required_argument, AT(model)},
    [COMMAND_LIST] = {"list", no_argument, 0},
    [COMMAND_HELP] = {"help", no_argument, 0},
    [COMMAND_VERSION] = {"version", no_argument, 0},
};

enum { OPTION_COUNT = sizeof options / sizeof *options };

static bool is_short(size_t option)
{
    return !options[option].name[1];
}

static const char *dashes(size_t option)
{
    return is_short(option) ? "-" : "--";
}

/* Commands in words: "--a, --b or --c". */
static void add_commands(struct text *out, unsigned of, const char *last)
{
    for (unsigned command = 0; command < COMMAND_COUNT; command++) {
        if (!(of >> command & 1))
            continue;
        const bool is_first = !(of & ((1u << command) - 1)), is_last = !(of >> command >> 1);
        text_add(out, "%s--%s", is_first ? "" : is_last ? last : ", ", commands[command].name);
    }
}

/* ---- Help ---- */

static const char help_head[] =
    "weir-gen: write a recurrent kernel in C from a cell file\n"
    "\n"
    "  weir-gen --cell NAME|FILE --input I --hidden H --isa ISA [options]   one kernel\n"
    "  weir-gen --product --isa ISA [-o FILE]   gradients of weights, for every cell and size\n"
    "  weir-gen --dump NAME|FILE    the graph of a cell as maths\n"
    "  weir-gen --dump --backward NAME|FILE    and its gradient: one step backward\n"
    "  weir-gen --check NAME|FILE   its gradient against differences of the cell itself\n"
    "  weir-gen --deploy NAME|FILE --input I --hidden H --from FILE --out DIR [options]\n"
    "                               a directory of C that needs nothing of Weir\n"
    "  weir-gen --model MODEL.onnx --out DIR [options]   the same of a trained model: ONNX, or\n"
    "                               JSON of Neural Amp Modeler (.nam), GuitarML or RTNeural\n"
    "  weir-gen --list              cells, ISAs, maths forms, plan fields, operations\n"
    "\n"
    "A cell is a built-in one, or a file with one. Options, and the commands that use them:\n"
    "\n";

static const char help_tail[] =
    "  -h, --help            this text\n"
    "  --version             the version of Weir\n"
    "\n"
    "--check compares the derivatives of a random loss, by the input, every state, matrix and\n"
    "vector, with central differences in double precision, over one step and over three, for five\n"
    "draws of each; of an array of more than 48 elements, 48. It prints the worst relative error "
    "of\n"
    "each: |derived - difference|, divided by the greatest difference of that array or by 0.001,\n"
    "whichever is more. The status is 1 if one is above 1e-6. Sizes are 3, 4 and 2 unless "
    "--input,\n"
    "--hidden or --projection says another, up to 128. At a kink (of min, max, abs, and so of "
    "relu,\n"
    "leaky_relu, elu, softplus, clip, softsign, hard_sigmoid) and at the jump of thresholded_relu\n"
    "there is no derivative to compare with: a draw with one in reach is drawn again, up to 100\n"
    "times.\n";

/* Adds words from a column on, in lines of a width. */
static void add_wrapped(struct text *out, const char *words, size_t column)
{
    enum { WIDTH = 95 };
    for (size_t at = column; *words; words += strspn(words, " ")) {
        const size_t length = strcspn(words, " ");
        if (at > column && at + 1 + length > WIDTH) {
            text_add(out, "\n%*s", (int)column, "");
            at = column;
        }
        text_add(out, "%s%.*s", at > column ? " " : "", (int)length, words);
        at += length + (at > column);
        words += length;
    }
    text_add(out, "\n");
}

void options_help(struct text *out)
{
    enum { COLUMN = 24 };
    text_add(out, "%s", help_head);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const size_t start = out->length;
        struct text words = {0};
        text_add(&words, "%s (", options[i].meaning);
        add_commands(&words, options[i].commands, ", ");
        text_add(&words, ")");
        text_add(out, "  %s%s%s%s", dashes(i), options[i].name, options[i].value ? " " : "",
                 options[i].value ? options[i].value : "");
        if (out->length - start >= COLUMN)
            text_add(out, "\n%*s", COLUMN, "");
        else
            text_add(out, "%*s", COLUMN - (int)(out->length - start), "");
        add_wrapped(out, words.chars, COLUMN);
        text_free(&words);
    }
    text_add(out, "%s", help_tail);
}

/* ---- The command in words ---- */

static void add_given(struct text *out, const struct request *request, size_t place, bool is_path)
{
    const char *given = *(const char *const *)(const void *)((const char *)request + place);
    text_add(out, " ");
    if (is_path)
        deploy_quote_file(out, given);
    else
        deploy_quote(out, given);
}

/* What is told of something by its name is told once for each, and kept as lines. */
static bool is_list(size_t place)
{
    return place == AT(shape) || place == AT(carry);
}

static void add_lines(struct text *out, const char *name, const char *lines)
{
    for (size_t length; *lines; lines += length + (lines[length] == '\n')) {
        length = strcspn(lines, "\n");
        char *line = text_format("%.*s", (int)length, lines);
        text_add(out, " --%s ", name);
        deploy_quote(out, line);
        free(line);
    }
}

static bool is_given(const struct request *request, size_t option)
{
    const char *at = (const char *)request + options[option].place;
    return options[option].value ? *(const char *const *)(const void *)at != NULL
                                 : *(const bool *)(const void *)at;
}

char *options_command(const struct request *request)
{
    struct text text = {0};
    text_add(&text, "weir-gen --%s", commands[request->command].name);
    add_given(&text, request, commands[request->command].place, true);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *value = options[i].value;
        if (!(options[i].commands >> request->command & 1) || !is_given(request, i))
            continue;
        if (is_list(options[i].place)) {
            add_lines(&text, options[i].name,
                      options[i].place == AT(shape) ? request->shape : request->carry);
            continue;
        }
        text_add(&text, " %s%s", dashes(i), options[i].name);
        if (value)
            add_given(&text, request, options[i].place,
                      !strncmp(value, "FILE", strlen("FILE")) || !strcmp(value, "DIR"));
    }
    return text.chars;
}

/* ---- Reading ---- */

/* What getopt gives: options from this number on, then commands. */
enum { FIRST_OPTION = 256, FIRST_COMMAND = FIRST_OPTION + OPTION_COUNT };

static void list_options(struct option list[OPTION_COUNT + COMMAND_COUNT])
{
    size_t count = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (!is_short((size_t)i))
            list[count++] =
                (struct option){options[i].name, options[i].value ? required_argument : no_argument,
                                NULL, FIRST_OPTION + i};
    for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
        list[count++] =
            (struct option){commands[i].name, commands[i].argument, NULL, FIRST_COMMAND + i};
    list[count] = (struct option){0};
}

static int option_of_letter(int letter)
{
    int option = 0;
    while (!is_short((size_t)option) || options[option].name[0] != letter)
        option++;
    return option;
}

static void keep(struct request *request, size_t place, bool takes)
{
    char *at = (char *)request + place;
    const char **text = (const char **)(void *)at;
    if (!takes) {
        *(bool *)at = true;
    } else if (is_list(place)) {
        char *list = *text ? text_format("%s\n%s", *text, optarg) : text_format("%s", optarg);
        free((char *)*text);
        *text = list;
    } else if (optarg) {
        *text = optarg;
    }
}

void options_free(struct request *request)
{
    free((char *)request->shape);
    free((char *)request->carry);
}

static bool keep_command(struct request *request, enum command command, struct failure *failure)
{
    if (request->command != COMMAND_NONE && request->command != command)
        return fail(failure, "--%s and --%s are two commands, expected one",
                    commands[request->command].name, commands[command].name);
    request->command = command;
    if (commands[command].argument != no_argument)
        keep(request, commands[command].place, true);
    return true;
}

/* Options, each of which is noted as given; --help is taken at once. */
static bool read_options(int argc, char **argv, struct request *request, bool given[OPTION_COUNT],
                         struct failure *failure)
{
    struct option list[OPTION_COUNT + COMMAND_COUNT];
    list_options(list);
    for (int found; (found = getopt_long(argc, argv, ":o:h", list, NULL)) != -1;) {
        if (found == 'h' || found == FIRST_COMMAND + COMMAND_HELP) {
            request->command = COMMAND_HELP;
            return true;
        }
        if (found == ':')
            return fail(failure,
                        "%.1000s lacks what it takes; weir-gen --help tells how to call it",
                        argv[optind - 1]);
        if (found == '?')
            return fail(failure,
                        "unexpected option '%.1000s'; weir-gen --help tells how to call it",
                        argv[optind - 1]);
        if (found >= FIRST_COMMAND) {
            if (!keep_command(request, (enum command)(found - FIRST_COMMAND), failure))
                return false;
            continue;
        }
        const int option = found < FIRST_OPTION ? option_of_letter(found) : found - FIRST_OPTION;
        keep(request, options[option].place, options[option].value);
        given[option] = true;
    }
    return true;
}

/* Whether the command uses all options that were given. */
static bool check_use(enum command command, const bool given[OPTION_COUNT], struct failure *failure)
{
    size_t i = 0;
    while (i < OPTION_COUNT && (!given[i] || options[i].commands >> command & 1))
        i++;
    if (i == OPTION_COUNT)
        return true;
    struct text users = {0};
    add_commands(&users, options[i].commands, " or ");
    fail(failure, "%s%s is for %s, not for --%s", dashes(i), options[i].name, users.chars,
         commands[command].name);
    text_free(&users);
    return false;
}

bool options_read(int argc, char **argv, struct request *request, struct failure *failure)
{
    static const char how[] = "weir-gen --help tells how to call it";
    bool given[OPTION_COUNT] = {false};
    *request = (struct request){0};
    if (!read_options(argc, argv, request, given, failure))
        return false;
    if (request->command == COMMAND_HELP)
        return true;
    const bool takes_cell = request->command == COMMAND_DUMP || request->command == COMMAND_CHECK;
    if (takes_cell && !request->cell && optind < argc)
        request->cell = argv[optind++];
    if (optind < argc)
        return fail(failure, "unexpected argument '%.1000s'; %s", argv[optind], how);
    if (request->command == COMMAND_NONE) {
        struct text all = {0};
        add_commands(&all, (1u << COMMAND_HELP) - (1u << COMMAND_KERNEL), " or ");
        fail(failure, "expected %s; %s", all.chars, how);
        text_free(&all);
        return false;
    }
    if (takes_cell && !request->cell)
        return fail(failure, "--%s lacks a cell, expected the name of a built-in one or a file",
                    commands[request->command].name);
    return check_use(request->command, given, failure);
}
