/* SPDX-License-Identifier: MIT */
/* Files of results are read as they were written, in the order of their entries, and what is none
 * is refused with one sentence that begins with the path. */
#include "common/text.h"
#include "results.h"
#include "support/expect.h"

#include <math.h>
#include <string.h>

#define RUN(name, more)                                                                            \
    "{\"name\": \"" name "\", \"run_type\": \"iteration\", \"time_unit\": \"us\"" more "}"
#define MEDIAN(name, more)                                                                         \
    "{\"name\": \"" name "_median\", \"run_name\": \"" name "\", \"run_type\": \"aggregate\", "    \
    "\"aggregate_name\": \"median\", \"time_unit\": \"us\"" more "}"
#define FILE_OF(entries) "{\"context\": {\"cpu\": \"C\"}, \"benchmarks\": [" entries "]}"

static bool parse(struct result *result, const char *text, struct failure *failure)
{
    return result_parse(result, "x.json", text, strlen(text), failure);
}

/* ---- What is read ---- */

static void test_rows(void)
{
    struct result result;
    struct failure failure;
    /* clang-format off */
    static const char text[] = FILE_OF(
        RUN("s/b/threads:2/train", ", \"real_time\": 2, \"repetition_index\": 0") ","
        RUN("s/a", ", \"real_time\": 7e3, \"repetition_index\": 0, \"error_occurred\": true") ","
        RUN("s/b/threads:2/train", ", \"real_time\": 4, \"repetition_index\": 1") ","
        "{\"name\": \"s/a\", \"run_type\": \"iteration\", \"real_time\": 3000}" ","
        MEDIAN("s/b/threads:2/train",
               ", \"real_time\": 3, \"shape\": \"s\", \"I\": 5, \"train\": true, \"type\": \"i8\","
               " \"error\": null, \"fraction_of_ceiling\": 0.5"));
    /* clang-format on */
    if (!EXPECT(parse(&result, text, &failure), "%s", failure.sentence))
        return;
    EXPECT(result.row_count == 2, "%zu rows", result.row_count);
    const struct result_row *b = &result.rows[0], *a = &result.rows[1];
    EXPECT(!strcmp(b->name, "s/b/threads:2/train") && b->threads == 2 && b->train, "%s", b->name);
    EXPECT(b->median == 3 && b->round_count == 2 && b->rounds[0] == 2 && b->rounds[1] == 4,
           "%zu rounds, median %g", b->round_count, b->median);
    EXPECT(b->I == 5 && !strcmp(b->type, "i8") && isnan(b->error) && b->fraction == 0.5, "%zu %s",
           b->I, b->type);
    EXPECT(!strcmp(a->name, "s/a") && a->median == 3 && a->round_count == 1 && a->threads == 1,
           "nanoseconds are the usual unit, and the round of an error is none: %g of %zu",
           a->median, a->round_count);
    EXPECT(!strcmp(a->type, "f32") && !*a->shape && !a->I, "what it does not say: %s", a->type);
    EXPECT(!strcmp(result_context(&result, "cpu"), "C") && !result_context(&result, "x"), "%s",
           "circumstances");
    result_free(&result);
}

/* ---- What is refused ---- */

static void refuse(const char *what, const char *text, const char *why)
{
    struct result result;
    struct failure failure = {""};
    if (EXPECT(!parse(&result, text, &failure), "%s is read", what))
        EXPECT(!strncmp(failure.sentence, "x.json: ", 8) && strstr(failure.sentence, why) &&
                   !strchr(failure.sentence, '\n'),
               "of %s it says: %s", what, failure.sentence);
    else
        result_free(&result);
}

static void test_refusals(void)
{
    /* clang-format off */
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "it is none"},
        {"{\"context\": {}, \"benchm", "it is none"},
        {"{\"context\": {}, \"benchmarks\": []} x", "it is none"},
        {"[]", "'context'"},
        {"{\"context\": []}", "'context'"},
        {"{\"context\": {}}", "'benchmarks'"},
        {"{\"context\": {}, \"models\": []}", "whole models"},
        {"{\"context\": {\"a\": 1, \"a\": 2}, \"benchmarks\": []}", "'a' twice"},
        {"{\"context\": {\"a\": \"\\u001b\"}, \"benchmarks\": []}", "control"},
        {FILE_OF("3"), "expected an object"},
        {FILE_OF("{}"), "no 'name'"},
        {FILE_OF("{\"name\": 3}"), "no text"},
        {FILE_OF(RUN("a", "")), "no time above 0"},
        {FILE_OF(RUN("a", ", \"real_time\": 0")), "no time above 0"},
        {FILE_OF(RUN("a", ", \"real_time\": null")), "no time above 0"},
        {FILE_OF(RUN("a", ", \"real_time\": 1e999")), "no number"},
        {FILE_OF(RUN("a", ", \"real_time\": -1")), "expected a time"},
        {FILE_OF(RUN("a", ", \"real_time\": \"1\"")), "no number"},
        {FILE_OF(RUN("a", ", \"real_time\": 1, \"I\": 1.5")), "whole number"},
        {FILE_OF(RUN("a", ", \"real_time\": 1, \"I\": 1e10")), "whole number"},
        {FILE_OF(RUN("a\\n", ", \"real_time\": 1")), "control characters"},
        {FILE_OF("{\"name\": \"a\", \"real_time\": 1, \"time_unit\": \"h\"}"), "expected ns"},
        {FILE_OF(RUN("a", ", \"real_time\": 1, \"repetition_index\": 3") ","
                 RUN("a", ", \"real_time\": 2, \"repetition_index\": 3")),
         "a second round 3"},
        {FILE_OF(MEDIAN("a", ", \"real_time\": 1") "," MEDIAN("a", ", \"real_time\": 1")),
         "a second median"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(cases[i].text, cases[i].text, cases[i].why);
}

/* What would take stack, memory or time without end. */
static void test_masses(void)
{
    struct text deep = {0}, many = {0}, wide = {0}, name = {0};
    for (size_t i = 0; i < 1 << 20; i++) {
        text_add(&deep, "[");
        text_add(&many, "%s0", i ? "," : FILE_OF("") "[");
    }
    for (size_t i = 0; i < 1000; i++) {
        text_add(&wide, "%s\"key%zu\": \"value\"", i ? "," : "{\"context\": {", i);
        text_add(&name, "%s", i ? "n" : "{\"context\": {}, \"benchmarks\": [{\"name\": \"");
    }
    text_add(&wide, "}}");
    text_add(&name, "\"}]}");
    refuse("a deep file", deep.chars, "nested");
    refuse("a file of many values", many.chars, "too many");
    refuse("an object of many keys", wide.chars, "more than 128 keys");
    refuse("a long name", name.chars, "more than 255 characters");
    text_free(&deep);
    text_free(&many);
    text_free(&wide);
    text_free(&name);
}

/* Those that are kept: each is what this reads, or says that it is of whole models. */
static void test_files(int count, char **paths)
{
    for (int i = 0; i < count; i++) {
        struct result result;
        struct failure failure;
        if (!result_read(&result, paths[i], &failure)) {
            EXPECT(strstr(failure.sentence, "whole models"), "%s", failure.sentence);
            continue;
        }
        for (size_t r = 0; r < result.row_count; r++)
            EXPECT(result.rows[r].round_count > 0 && result.rows[r].H > 0, "%s of %s",
                   result.rows[r].name, paths[i]);
        EXPECT(result.row_count > 0, "no rows in %s", paths[i]);
        result_free(&result);
    }
}

int main(int argc, char **argv)
{
    test_rows();
    test_refusals();
    test_masses();
    test_files(argc - 1, argv + 1);
    return expect_verdict("test_results");
}
