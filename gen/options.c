/* SPDX-License-Identifier: MIT */
/* The command line of weir-gen. */
#define _GNU_SOURCE /* getopt_long */
#include "options.h"

#include "cell/graph.h"
#include "common/text.h"
#include "inspect/check.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_LIMIT = 1 << 20 };

static const char help[] =
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
    "  --cell NAME|FILE      a built-in cell, or a file with one\n"
    "  --input I|any         input size; any: one kernel for every size\n"
    "  --hidden H|any        hidden size; any where the input is any\n"
    "  --projection P|any    size P, for a cell that has a state of that size\n"
    "  --isa ISA             one of those that --list shows, such as avx2\n"
    "  --math inline|sleef   Weir's own exponential (default) or SLEEF's\n"
    "  --train               with what training needs: saved values, backward, gradients\n"
    "  --plan FIELD=VALUE,...  override decisions; --list shows the fields; backward.FIELD and\n"
    "                        input.FIELD are those of training's other passes\n"
    "  -o FILE               write there instead of to stdout\n"
    "  --out DIR             with --deploy and --model: where to; --isa is then a list, by\n"
    "                        default of all\n"
    "  --node NAME,...       with --model: this recurrent node alone, wherever it stands, or a\n"
    "                        few that follow one another\n"
    "  --data DIR            with --model: the self-test's input and output, as in ONNX's test\n"
    "                        data: input_0.pb, output_0.pb\n"
    "  --name NAME           what names in C begin with; by default the cell's or file's\n"
    "  --weights FILE        write the weights there, with a checksum, instead of as C\n"
    "  --from FILE           with --deploy: the weights, float32, little-endian, each in the "
    "order\n"
    "                        in which the cell first names it, [rows][cols]; then those of the\n"
    "                        second direction\n"
    "  --steps T             at most so many time steps a call; by default a stream, one a call\n"
    "  --lengths             with --deploy: a call says where its sequence ends; what is past\n"
    "                        that is zero\n"
    "  --reverse, --bidirectional   with --deploy: backwards in time, or both ways side by side\n"
    "  -h, --help            this text\n"
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

_Noreturn void fail(const char *sentence)
{
    fprintf(stderr, "weir-gen: %s\n", sentence);
    exit(EXIT_BAD);
}

static _Noreturn void fail_usage(void)
{
    fputs("weir-gen --help tells how to call it\n", stderr);
    exit(EXIT_BAD);
}

/* ---- Sizes ---- */

/* Whether it is a number from 1 to a limit. */
static bool read_size(const char *given, unsigned long limit, double *size)
{
    char *stop;
    errno = 0;
    const unsigned long value = strtoul(given, &stop, 10);
    *size = (double)value;
    return !errno && !*stop && given[0] >= '0' && given[0] <= '9' && value >= 1 && value <= limit;
}

/* A size as given: a number, or 0 for any. */
static double parse_size(const char *option, const char *given)
{
    double size = 0;
    if (!given)
        fail(text_format("%s is missing, expected a size or 'any'", option));
    if (!strcmp(given, "any"))
        return 0;
    if (!read_size(given, SIZE_LIMIT, &size))
        fail(text_format("%s '%s' is not a size, expected 1 to %d or 'any'", option, given,
                         SIZE_LIMIT));
    return size;
}

void options_sizes(const struct request *request, double size[4])
{
    size[WEIR_ONE] = 1;
    size[WEIR_I] = parse_size("--input", request->size[WEIR_I]);
    size[WEIR_H] = parse_size("--hidden", request->size[WEIR_H]);
    size[WEIR_P] = request->size[WEIR_P] ? parse_size("--projection", request->size[WEIR_P]) : 0;
    if ((size[WEIR_I] > 0) != (size[WEIR_H] > 0))
        fail("--input and --hidden are both sizes or both 'any'");
}

void options_check_sizes(const struct request *request, double size[4])
{
    static const struct {
        const char *option;
        double size;
    } defaults[] = {[WEIR_ONE] = {NULL, 1},
                    [WEIR_I] = {"--input", 3},
                    [WEIR_H] = {"--hidden", 4},
                    [WEIR_P] = {"--projection", 2}};
    for (size_t extent = 0; extent < 4; extent++) {
        const char *given = request->size[extent];
        size[extent] = defaults[extent].size;
        if (given && !read_size(given, CHECK_SIZE_MAX, &size[extent]))
            fail(text_format("%s '%s' is not a size to check a gradient for, expected 1 to %d",
                             defaults[extent].option, given, CHECK_SIZE_MAX));
    }
}

void options_check_projection(const struct request *request, const struct graph *graph,
                              const double size[4])
{
    const bool has = graph_has_extent(graph, WEIR_P);
    if (has && !request->size[WEIR_P])
        fail(text_format("the cell '%s' has a state of size P, expected --projection as well",
                         graph->name));
    if (!has && request->size[WEIR_P])
        fail(text_format("the cell '%s' has no state of size P, expected no --projection",
                         graph->name));
    if (has && (size[WEIR_I] > 0) != (size[WEIR_P] > 0))
        fail("--input, --hidden and --projection are all sizes or all 'any'");
}

/* ---- Options ---- */

/* Where an option that takes a text puts it; NULL: it takes none. */
static const char **text_of(struct request *request, int option)
{
    const struct {
        int option;
        const char **text;
    } rows[] = {
        {'c', &request->cell},         {'d', &request->cell},         {'k', &request->cell},
        {'D', &request->cell},         {'I', &request->size[WEIR_I]}, {'H', &request->size[WEIR_H]},
        {'P', &request->size[WEIR_P]}, {'a', &request->isa},          {'m', &request->math},
        {'p', &request->plan},         {'o', &request->output},       {'O', &request->out},
        {'n', &request->name},         {'W', &request->weights},      {'F', &request->from},
        {'S', &request->steps},        {'M', &request->model},        {'N', &request->node},
        {'T', &request->data}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].option == option)
            return rows[i].text;
    return NULL;
}

/* Options that only mean something to --deploy, --model or both. */
static void check_alone(const struct request *request)
{
    const bool deploys = request->command == COMMAND_DEPLOY;
    const bool models = request->command == COMMAND_MODEL;
    const struct {
        const char *option;
        bool given, belongs;
        const char *to;
    } rows[] = {{"--from", request->from, deploys, "--deploy"},
                {"--lengths", request->lengths, deploys, "--deploy"},
                {"--reverse", request->reverse, deploys, "--deploy"},
                {"--bidirectional", request->bidirectional, deploys, "--deploy"},
                {"--node", request->node, models, "--model"},
                {"--data", request->data, models, "--model"},
                {"--out", request->out, deploys || models, "--deploy or --model"},
                {"--name", request->name, deploys || models, "--deploy or --model"},
                {"--weights", request->weights, deploys || models, "--deploy or --model"},
                {"--steps", request->steps, deploys || models, "--deploy or --model"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].given && !rows[i].belongs)
            fail(text_format("%s is for %s, expected that as well", rows[i].option, rows[i].to));
}

/* What the command line says as a whole. */
static void check_request(const struct request *request)
{
    if (request->command == COMMAND_NONE)
        fail("expected --cell, --deploy, --model, --dump, --check or --list; weir-gen --help tells "
             "how to call it");
    if (request->command < COMMAND_MODEL && !request->cell)
        fail(text_format("--%s lacks a cell, expected the name of a built-in one or a file",
                         request->command == COMMAND_DUMP ? "dump" : "check"));
    if (request->backward && request->command != COMMAND_DUMP)
        fail("--backward is for --dump, expected --dump as well");
    check_alone(request);
}

struct request options_read(int argc, char **argv)
{
    /* The cell of --dump and --check may stand anywhere after them. */
    static const struct option options[] = {{"cell", required_argument, NULL, 'c'},
                                            {"input", required_argument, NULL, 'I'},
                                            {"hidden", required_argument, NULL, 'H'},
                                            {"isa", required_argument, NULL, 'a'},
                                            {"projection", required_argument, NULL, 'P'},
                                            {"math", required_argument, NULL, 'm'},
                                            {"plan", required_argument, NULL, 'p'},
                                            {"train", no_argument, NULL, 't'},
                                            {"product", no_argument, NULL, 'w'},
                                            {"dump", optional_argument, NULL, 'd'},
                                            {"backward", no_argument, NULL, 'b'},
                                            {"check", optional_argument, NULL, 'k'},
                                            {"deploy", required_argument, NULL, 'D'},
                                            {"model", required_argument, NULL, 'M'},
                                            {"node", required_argument, NULL, 'N'},
                                            {"data", required_argument, NULL, 'T'},
                                            {"out", required_argument, NULL, 'O'},
                                            {"name", required_argument, NULL, 'n'},
                                            {"weights", required_argument, NULL, 'W'},
                                            {"from", required_argument, NULL, 'F'},
                                            {"steps", required_argument, NULL, 'S'},
                                            {"lengths", no_argument, NULL, 'L'},
                                            {"reverse", no_argument, NULL, 'R'},
                                            {"bidirectional", no_argument, NULL, 'B'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    static const enum command commands[UCHAR_MAX + 1] = {
        ['c'] = COMMAND_KERNEL, ['d'] = COMMAND_DUMP,  ['k'] = COMMAND_CHECK,
        ['D'] = COMMAND_DEPLOY, ['M'] = COMMAND_MODEL, ['w'] = COMMAND_PRODUCT,
        ['l'] = COMMAND_LIST};
    struct request request = {0};
    for (int option; (option = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
        const char **text = text_of(&request, option);
        if (option == 'h') {
            fputs(help, stdout);
            exit(0);
        }
        if (option == '?')
            fail_usage();
        if (commands[option] > request.command)
            request.command = commands[option];
        request.trains |= option == 't';
        request.backward |= option == 'b';
        request.lengths |= option == 'L';
        request.reverse |= option == 'R';
        request.bidirectional |= option == 'B';
        if (text && optarg)
            *text = optarg;
    }
    const bool takes_cell = request.command == COMMAND_DUMP || request.command == COMMAND_CHECK;
    if (takes_cell && !request.cell && optind < argc)
        request.cell = argv[optind++];
    if (optind < argc)
        fail(text_format("unexpected argument '%s'; weir-gen --help tells how to call it",
                         argv[optind]));
    check_request(&request);
    return request;
}
