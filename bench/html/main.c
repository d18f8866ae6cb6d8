/* SPDX-License-Identifier: MIT */
/* weir-report: files of results as one page; bench/report calls it. */
#include "common/ending.h"
#include "common/files.h"
#include "common/text.h"
#include "html/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* STATUS_WRONG: what was asked for cannot be had. */
enum { STATUS_WRONG = 2 };

struct options {
    const char *folder;
    const char **paths;
    size_t count;
    bool help;
};

static void help(void)
{
    fputs(
        "weir-report FILE... --out FOLDER: makes FOLDER/index.html of files of results.\n\n"
        "FILE is JSON of weir-bench --out, of bench/peers/ort.mjs or torch.py, or of\n"
        "bench/peers/ort_models.mjs. The page needs nothing beside it, no server and no network;\n"
        "filters and sorting are its only script. The same files in the same order give the same\n"
        "bytes. Status: 0; 2 when a file is none of these or nothing can be written.\n",
        stdout);
}

static bool options_parse(struct options *options, int argc, char **argv, struct failure *failure)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            options->help = true;
            return true;
        }
        if (strcmp(argv[i], "--out") && argv[i][0] == '-')
            return fail(failure, "'%s' is no option; --help tells what there is",
                        quote(argv[i]).text);
        if (strcmp(argv[i], "--out")) {
            options->paths[options->count++] = argv[i];
            continue;
        }
        if (++i == argc || !*argv[i])
            return fail(failure, "--out needs a folder");
        options->folder = argv[i];
    }
    if (!options->count)
        return fail(failure, "expected files of results; --help tells which");
    return options->folder || fail(failure, "expected --out FOLDER, where the page goes");
}

static bool report(const struct options *options, struct failure *failure)
{
    struct site site;
    struct text page = {0};
    if (!site_read(&site, options->paths, options->count, failure))
        return false;
    page_make(&page, &site, options->folder);
    char *path = text_format("%s/index.html", options->folder);
    const bool good = file_write(path, page.chars, page.length, failure);
    if (good)
        printf("Written: %s, of %zu files\n", path, options->count);
    free(path);
    text_free(&page);
    site_free(&site);
    return good;
}

int main(int argc, char **argv)
{
    struct options options = {.paths = calloc((size_t)argc + 1, sizeof *options.paths)};
    struct failure failure;
    int status = STATUS_WRONG;
    const bool good =
        options.paths ? options_parse(&options, argc, argv, &failure) : fail_memory(&failure);
    if (good && options.help) {
        help();
        status = 0;
    } else if (good && report(&options, &failure)) {
        status = 0;
    } else {
        fprintf(stderr, "weir-report: %s\n", failure.sentence);
    }
    free(options.paths);
    return end_program("weir-report", status);
}
