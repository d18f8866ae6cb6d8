/* SPDX-License-Identifier: MIT */
/* The command line of weir-gen: one table of options and of the commands that use them, from which
 * the help, the reading and the checks come. */
#define _GNU_SOURCE /* getopt_long */
#include "options.h"

#include "inspect/check.h"
#include "packing.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_LIMIT = 1 << 20 };

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
    {"type", "f32|bf16|f16|i8", KERNEL, AT(type),
     "what the weights of products are stored as: float32 (default), bfloat16, IEEE's binary16, or "
     "bytes with a scale for every row"},
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
     "what names in C begin with; by default the cell's or file's"},
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
    {"data", "DIR", MODEL, AT(data),
     "the self-test's input and output, as in ONNX's test data: input_0.pb, output_0.pb"},
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
    "  weir-gen --model MODEL.onnx --out DIR [options]   the same of a trained model\n"
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
    if (!takes)
        *(bool *)at = true;
    else if (optarg)
        *(const char **)(void *)at = optarg;
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

/* ---- What texts mean ---- */

/* The ISA of that name, or NULL and a fault; `more` ends a sentence that names all. */
static const struct isa *find_isa(const char *name, const char *type, const char *more,
                                  struct failure *failure)
{
    const bool bytes = type && !strcmp(type, weir_type_name(WEIR_TYPE_I8));
    const struct isa *isa = name ? isa_find(name) : NULL;
    const struct isa *base = isa && !bytes ? isa_base(isa) : NULL;
    char *names = isa_names();
    if (!isa)
        fail(failure, "--isa %.1000s, expected %s%s", name ? name : "is missing", names, more);
    if (base)
        fail(failure, "--isa %s: only weights of i8 gain from what it has beyond %s, name that",
             name, base->name);
    free(names);
    return base ? NULL : isa;
}

const struct isa *options_isa(const struct request *request, struct failure *failure)
{
    return find_isa(request->isa, request->type, "", failure);
}

bool options_math(const struct request *request, enum weir_math *math, struct failure *failure)
{
    *math = request->math && !strcmp(request->math, "sleef") ? WEIR_SLEEF : WEIR_INLINE;
    return !request->math || *math == WEIR_SLEEF || !strcmp(request->math, "inline") ||
           fail(failure, "--math %.1000s, expected inline or sleef", request->math);
}

bool options_type(const struct request *request, enum weir_type *type, struct failure *failure)
{
    const bool sleef = request->math && !strcmp(request->math, "sleef");
    *type = request->type ? weir_type_named(request->type) : WEIR_TYPE_F32;
    if (*type == WEIR_TYPE_COUNT)
        return fail(failure, "--type %.1000s, expected f32, bf16, f16 or i8", request->type);
    return *type == WEIR_TYPE_F32 || (!request->trains && !sleef) ||
           fail(failure, "--type %s is not for %s, which takes weights of float32", request->type,
                request->trains ? "--train" : "--math sleef");
}

/* Whether it is a number from 1 to a limit. */
static bool read_number(const char *given, unsigned long limit, unsigned long *number)
{
    char *stop;
    errno = 0;
    *number = strtoul(given, &stop, 10);
    return !errno && !*stop && given[0] >= '0' && given[0] <= '9' && *number >= 1 &&
           *number <= limit;
}

/* A size as given: a number, or 0 for any. */
static bool read_size(const char *option, const char *given, double *size, struct failure *failure)
{
    unsigned long number;
    if (!given)
        return fail(failure, "%s is missing, expected a size or 'any'", option);
    *size = 0;
    if (!strcmp(given, "any"))
        return true;
    if (!read_number(given, SIZE_LIMIT, &number))
        return fail(failure, "%s '%.1000s' is not a size, expected 1 to %d or 'any'", option, given,
                    SIZE_LIMIT);
    *size = (double)number;
    return true;
}

bool options_sizes(const struct request *request, double size[4], struct failure *failure)
{
    size[WEIR_ONE] = 1;
    size[WEIR_P] = 0;
    if (!read_size("--input", request->size[WEIR_I], &size[WEIR_I], failure) ||
        !read_size("--hidden", request->size[WEIR_H], &size[WEIR_H], failure) ||
        (request->size[WEIR_P] &&
         !read_size("--projection", request->size[WEIR_P], &size[WEIR_P], failure)))
        return false;
    if (request->profiled && !(size[WEIR_I] > 0))
        return fail(failure, "--profile is for a kernel of known sizes, not for 'any'");
    return (size[WEIR_I] > 0) == (size[WEIR_H] > 0) ||
           fail(failure, "--input and --hidden are both sizes or both 'any'");
}

bool options_check_sizes(const struct request *request, double size[4], struct failure *failure)
{
    static const struct {
        const char *option;
        unsigned long size;
    } defaults[] = {[WEIR_ONE] = {NULL, 1},
                    [WEIR_I] = {"--input", 3},
                    [WEIR_H] = {"--hidden", 4},
                    [WEIR_P] = {"--projection", 2}};
    for (size_t extent = 0; extent < 4; extent++) {
        const char *given = request->size[extent];
        unsigned long number = defaults[extent].size;
        if (given && !read_number(given, CHECK_SIZE_MAX, &number))
            return fail(failure,
                        "%s '%.1000s' is not a size to check a gradient for, expected 1 to %d",
                        defaults[extent].option, given, CHECK_SIZE_MAX);
        size[extent] = (double)number;
    }
    return true;
}

/* The ISAs of a list with commas; NULL: all. */
static bool read_isas(const char *list, bool chosen[WEIR_ISA_COUNT], struct failure *failure)
{
    static const char several[] = ", or several with commas between";
    bool any = false;
    for (size_t i = 0; i < WEIR_ISA_COUNT; i++)
        chosen[i] = !list && !isa_base(&isas[i]);
    while (list && *list) {
        const size_t length = strcspn(list, ",");
        char *name = text_format("%.*s", (int)length, list);
        const struct isa *isa = find_isa(name, NULL, several, failure);
        if (isa)
            chosen[isa - isas] = any = true;
        free(name);
        if (!isa)
            return false;
        list += length + (list[length] == ',');
    }
    return !list || any || find_isa("is empty", NULL, several, failure);
}

bool options_deploy(const struct request *request, struct deploy_request *deploy,
                    struct failure *failure)
{
    unsigned long steps = 0;
    *deploy = (struct deploy_request){
        .out = request->out,
        .name = request->name,
        .weights_file = request->weights,
        .cell = request->cell,
        .from = request->from,
        .has_projection = request->size[WEIR_P],
        .lengths = request->lengths,
        .reverse = request->reverse,
        .bidirectional = request->bidirectional,
        .no_test = request->no_test,
        .model = request->model,
        .node = request->node,
        .data = request->data,
    };
    if (request->command == COMMAND_DEPLOY && !options_sizes(request, deploy->size, failure))
        return false;
    if (request->steps && !read_number(request->steps, DEPLOY_STEPS_MAX, &steps))
        return fail(failure, "--steps '%.1000s' is not a number of time steps, expected 1 to %d",
                    request->steps, DEPLOY_STEPS_MAX);
    deploy->steps = steps;
    if (!request->out)
        return fail(failure, "--out is missing, expected the directory to write");
    if (request->lengths && steps <= 1)
        return fail(failure, "--lengths is for calls of several steps, expected --steps as well");
    if (request->reverse && request->bidirectional)
        return fail(failure, "--reverse is one way and --bidirectional both, expected one of them");
    return read_isas(request->isa, deploy->isas, failure);
}
