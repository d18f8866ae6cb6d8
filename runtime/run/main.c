/* SPDX-License-Identifier: MIT */
/* weir-run: the command line. What it can do with a model is in actions.c and timing.c. */
#define _GNU_SOURCE /* getopt_long */
#include "run/actions.h"
#include "run/internal.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_BAD = 2 };

static const char help[] =
    "weir-run: run an ONNX model whose recurrent nodes are kernels of Weir\n"
    "\n"
    "  weir-run MODEL.onnx --inspect         nodes, shapes, cells, parameters, kernels\n"
    "  weir-run MODEL.onnx --data DIR        run input_*.pb, compare with output_*.pb\n"
    "  weir-run MODEL.onnx --input X.npy --output Y.npy\n"
    "  weir-run MODEL.onnx --time [--cpu N]  how long a call takes, on one core\n"
    "\n"
    "  --input FILE      an input, .npy or .pb; once for each, in the model's order\n"
    "  --output FILE     where to write an output, .npy or .pb; once for each, in that order\n"
    "  --tolerance X     the largest difference that --data accepts (default 1e-5)\n"
    "  --stream          keep states between calls; of every --input, the first dimension\n"
    "                    counts the calls, and so does that of every --output\n"
    "  --carry OUT=IN    with --stream: an output is that input of the next call, too; its file\n"
    "                    holds what the first call is given\n"
    "  --cpu N           the core to pin to (default: the one it runs on)\n"
    "  -h, --help        this text\n"
    "\n"
    "A cell that this build has no kernel for is generated, compiled by cc (or $CC) and kept in\n"
    "$XDG_CACHE_HOME/weir. Without --input, --time runs on zeros; a dimension that the model "
    "leaves\n"
    "open is 1. The exit status is 1 where outputs differ, and 2 where something is wrong.\n";

static _Noreturn void fail(const char *sentence)
{
    fprintf(stderr, "weir-run: %s\n", sentence);
    exit(EXIT_BAD);
}

static _Noreturn void fail_usage(const char *what)
{
    fprintf(stderr, "weir-run: %s; weir-run --help tells how to call it\n", what);
    exit(EXIT_BAD);
}

static double parse_number(const char *option, const char *given, double most)
{
    char *end, sentence[256];
    errno = 0;
    const double number = strtod(given, &end);
    if (!errno && end != given && !*end && number >= 0 && number <= most)
        return number;
    snprintf(sentence, sizeof sentence, "%s '%.100s' is not a number that it can be", option,
             given);
    fail_usage(sentence);
}

static void add_path(const char **paths, size_t *count, const char *path)
{
    if (*count == FILES_MAX)
        fail_usage("there are too many files");
    paths[(*count)++] = path;
}

static struct request parse(int argc, char **argv)
{
    static const struct option options[] = {{"inspect", no_argument, NULL, 'n'},
                                            {"data", required_argument, NULL, 'd'},
                                            {"input", required_argument, NULL, 'i'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"tolerance", required_argument, NULL, 't'},
                                            {"time", no_argument, NULL, 'm'},
                                            {"carry", required_argument, NULL, 'y'},
                                            {"cpu", required_argument, NULL, 'c'},
                                            {"stream", no_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct request request = {.tolerance = 1e-5, .cpu = -1};
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case 'n':
            request.inspects = true;
            break;
        case 'd':
            request.data = optarg;
            break;
        case 'i':
            add_path(request.inputs, &request.input_count, optarg);
            break;
        case 'o':
            add_path(request.outputs, &request.output_count, optarg);
            break;
        case 't':
            request.tolerance = parse_number("--tolerance", optarg, 1e30);
            break;
        case 'm':
            request.times = true;
            break;
        case 'c':
            request.cpu = (long)parse_number("--cpu", optarg, 1 << 20);
            break;
        case 'y':
            add_path(request.carries, &request.carry_count, optarg);
            break;
        case 's':
            request.streams = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            fputs("weir-run --help tells how to call it\n", stderr);
            exit(EXIT_BAD);
        }
    }
    if (optind + 1 != argc)
        fail_usage(optind < argc ? "there is more than one model" : "the model is missing");
    request.model = argv[optind];
    if (request.inspects + !!request.data + (request.times || request.input_count > 0) != 1)
        fail_usage("one of --inspect, --data, --input and --time is wanted");
    if (request.streams && (request.times || !request.input_count))
        fail_usage("--stream goes with --input and --output");
    if (request.carry_count && !request.streams)
        fail_usage("--carry goes with --stream");
    return request;
}

int main(int argc, char **argv)
{
    const struct request request = parse(argc, argv);
    onnx_error error;
    onnx_model *model = onnx_load_file(request.model, &error);
    if (!model)
        fail(error.message);
    if (model->has_double)
        fprintf(stderr, "weir-run: %s holds float64 tensors, which are computed in float32\n",
                request.model);
    const int status = request.inspects ? action_inspect(&request, model, &error)
                       : request.data   ? action_compare(&request, model, &error)
                       : request.times  ? action_time(&request, model, &error)
                                        : action_convert(&request, model, &error);
    onnx_free(model);
    if (status == EXIT_BAD)
        fail(error.message);
    return status;
}
