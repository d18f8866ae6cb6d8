/* SPDX-License-Identifier: MIT */
/* test_repeat: Loop and Scan as weir-run evaluates them, on models whose outputs were worked out by
 * hand; and those that mean harm, or are wrong, which a sentence ends. */
#include "onnx/text.h"
#include "run/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 4 << 20 }; /* of a call */

#define ENDLESS "4611686018427387904" /* 2^62 */

static const struct {
    const char *name, *text;
} right[] = {
    {"a sum, and each step of it", "in n i [] = 3\n"
                                   "in y f [1] = -2\n"
                                   "const x f [5] = 1 2 3 4 5\n"
                                   "const axes i [1] = 0\n"
                                   "Loop n - y -> last all {\n"
                                   "  in i i []\n"
                                   "  in go b []\n"
                                   "  in h f [1]\n"
                                   "  Gather x i -> one axis=0\n"
                                   "  Add h one -> next\n"
                                   "  Unsqueeze next axes -> kept\n"
                                   "  Identity go -> on\n"
                                   "  out on\n"
                                   "  out next\n"
                                   "  out kept\n"
                                   "}\n"
                                   "out last [1] = 4\n"
                                   "out all [3,1,1] = -1 1 4\n"},
    {"a condition ends it", "in y f [2] = 1 3\n"
                            "in go b [] = 1\n"
                            "const most f [] = 20\n"
                            "Loop - go y -> last all {\n"
                            "  in i i [1]\n"
                            "  in go2 b [1]\n"
                            "  in h f [2]\n"
                            "  Add h h -> next\n"
                            "  ReduceMax next -> top keepdims=0\n"
                            "  Less top most -> on\n"
                            "  out on\n"
                            "  out next\n"
                            "  out i\n"
                            "}\n"
                            "out last [2] = 8 24\n"
                            "out all [3,1] = 0 1 2\n"},
    {"no step", "in n i [1] = 0\n"
                "in y f [2] = 1 3\n"
                "Loop n - y -> last all {\n"
                "  in i i []\n"
                "  in go b []\n"
                "  in h f [2]\n"
                "  Add h h -> next\n"
                "  out go\n"
                "  out next\n"
                "  out h [2]\n"
                "}\n"
                "out last [2] = 1 3\n"
                "out all [0,2] =\n"},
    {"fewer steps than none", "in n i [] = -5\n"
                              "in y f [1] = 1\n"
                              "Loop n - y -> last {\n"
                              "  in i i []\n"
                              "  in go b []\n"
                              "  in h f [1]\n"
                              "  Add h h -> next\n"
                              "  out go\n"
                              "  out next\n"
                              "}\n"
                              "out last [1] = 1\n"},
    {"a condition that does not hold", "in n i [] = 5\n"
                                       "in go b [] = 0\n"
                                       "in y f [1] = 1\n"
                                       "Loop n go y -> last {\n"
                                       "  in i i []\n"
                                       "  in go2 b []\n"
                                       "  in h f [1]\n"
                                       "  Add h h -> next\n"
                                       "  out go2\n"
                                       "  out next\n"
                                       "}\n"
                                       "out last [1] = 1\n"},
    {"states that change places, and one that stays", "in n i [] = 3\n"
                                                      "in x f [1] = 1\n"
                                                      "in y f [1] = 2\n"
                                                      "in z f [1] = 5\n"
                                                      "Loop n - x y z -> a b c all {\n"
                                                      "  in i i []\n"
                                                      "  in go b []\n"
                                                      "  in p f [1]\n"
                                                      "  in q f [1]\n"
                                                      "  in s f [1]\n"
                                                      "  Add p s -> sum\n"
                                                      "  Identity q -> other\n"
                                                      "  out go\n"
                                                      "  out other\n"
                                                      "  out sum\n"
                                                      "  out s\n"
                                                      "  out q\n"
                                                      "}\n"
                                                      "out a [1] = 7\n"
                                                      "out b [1] = 11\n"
                                                      "out c [1] = 5\n"
                                                      "out all [3,1] = 2 6 7\n"},
    {"a state that grows, from nothing",
     "in n i [] = 20\n"
     "in y f [?] [0] =\n"
     "const axes i [1] = 0\n"
     "Loop n - y -> last all {\n"
     "  in i i []\n"
     "  in go b []\n"
     "  in h f [?]\n"
     "  Unsqueeze i axes -> one\n"
     "  Cast one -> number to=1\n"
     "  Concat h number -> next axis=0\n"
     "  out go\n"
     "  out next\n"
     "  out i\n"
     "}\n"
     "out last [20] = 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 "
     "17 18 19\n"
     "out all [20] = 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 "
     "18 19\n"},
    {"a loop in a loop, and an If in that", "in n i [] = 3\n"
                                            "in y f [1] = 0\n"
                                            "in step f [1] = 10\n"
                                            "const two i [] = 2\n"
                                            "const zero i [] = 0\n"
                                            "Loop n - y -> last all {\n"
                                            "  in i i []\n"
                                            "  in go b []\n"
                                            "  in h f [1]\n"
                                            "  Loop i - h -> inner each {\n"
                                            "    in j i []\n"
                                            "    in go2 b []\n"
                                            "    in k f [1]\n"
                                            "    Equal j zero -> first\n"
                                            "    If first -> next {\n"
                                            "      Add k step -> next1\n"
                                            "      out next1\n"
                                            "    } else {\n"
                                            "      Cast i -> outer to=1\n"
                                            "      Add k outer -> next2\n"
                                            "      out next2\n"
                                            "    }\n"
                                            "    out go2\n"
                                            "    out next\n"
                                            "    out next\n"
                                            "  }\n"
                                            "  ReduceSum each -> sum keepdims=0\n"
                                            "  out go\n"
                                            "  out inner\n"
                                            "  out sum\n"
                                            "}\n"
                                            "out last [1] = 22\n"
                                            "out all [3] = 0 10 42\n"},
    {"a Scan from the end, over the last axis",
     "in h f [2] = 1 2\n"
     "in x f [2,3] = 1 2 3 10 20 30\n"
     "in m i [3] = 5 6 7\n"
     "Scan h x m -> last all back num_scan_inputs=2 "
     "scan_input_axes=[1,-1] scan_input_directions=[1,0] "
     "scan_output_axes=[-1,0] "
     "scan_output_directions=[1,0] {\n"
     "  in h1 f [2]\n"
     "  in x1 f [2]\n"
     "  in m1 i []\n"
     "  Add h1 x1 -> h2\n"
     "  out h2\n"
     "  out h2\n"
     "  out m1\n"
     "}\n"
     "out last [2] = 7 62\n"
     "out all [2,3] = 7 6 4 62 52 32\n"
     "out back [3] = 5 6 7\n"},
    {"a Scan without states, whose first output is not wanted",
     "in x f [2,2] = 1 2 3 4\n"
     "Scan x -> - double num_scan_inputs=1 scan_output_axes=[0,1] {\n"
     "  in x1 f [2]\n"
     "  Add x1 x1 -> y\n"
     "  Neg x1 -> z\n"
     "  out z\n"
     "  out y\n"
     "}\n"
     "out double [2,2] = 2 6 4 8\n"},
    {"a Scan over nothing", "in x f [?,2] [0,2] =\n"
                            "in h f [2] = 3 4\n"
                            "Scan h x -> last all num_scan_inputs=1 {\n"
                            "  in h1 f [2]\n"
                            "  in x1 f [2]\n"
                            "  Add h1 x1 -> y\n"
                            "  out y\n"
                            "  out x1 [2]\n"
                            "}\n"
                            "out last [2] = 3 4\n"
                            "out all [0,2] =\n"},
};

#define BODY                                                                                       \
    "  in i i []\n"                                                                                \
    "  in go b []\n"                                                                               \
    "  in h f [1]\n"

static const struct {
    const char *name, *sentence, *text;
} wrong[] = {
    {"no body", "it must have a body and an output", "in n i [] = 1\nLoop n - -> y\nout y\n"},
    {"a body with too few inputs", "its body has 2 inputs and 2 outputs, and must have 3 and 2",
     "in n i [] = 1\nin y f [1] = 1\nLoop n - y -> z {\n in i i []\n in go b []\n out go\n out "
     "i\n}\n"
     "out z\n"},
    {"a body with too few outputs", "its body has 3 inputs and 1 outputs, and must have 3 and 2",
     "in n i [] = 1\nin y f [1] = 1\nLoop n - y -> z {\n" BODY " out go\n}\nout z\n"},
    {"more outputs than the body makes", "it has 3 outputs, and its body makes 2",
     "in n i [] = 1\nin y f [1] = 1\nLoop n - y -> z u v {\n" BODY
     " out go\n out h\n out h\n}\nout z\n"},
    {"a state left out", "its input 2 is missing",
     "in n i [] = 1\nin y f [1] = 1\nLoop n - - y -> z u {\n" BODY
     " in k f [1]\n out go\n out h\n out k\n}\nout z\n"},
    {"a body that uses what comes later", "'later' is made by nothing before it",
     "in n i [] = 1\nin y f [1] = 1\nLoop n - y -> z {\n" BODY
     " Add h later -> k\n out go\n out k\n}\nAdd y y -> later\nout z\n"},
    {"what is inside seen outside", "'k' is made by nothing before it",
     "in n i [] = 1\nin y f [1] = 1\nLoop n - y -> z {\n" BODY
     " Add h h -> k\n out go\n out k\n}\nAdd k y -> u\nout u\n"},
    {"an input that is a constant", "an input of its body is a constant there, too",
     "in n i [] = 1\nin y f [1] = 1\nLoop n - y -> z {\n const h f [1] = 1\n" BODY
     " out go\n out h\n}\nout z\n"},
    {"a condition that never ends", "was stopped after",
     "in y f [1] = 1\nLoop - - y -> z {\n" BODY " out go\n out h\n}\nout z\n"},
    {"steps without number", "was stopped after",
     "in n i [] = " ENDLESS "\nin y f [1] = 1\nLoop n - y -> z {\n" BODY
     " Neg h -> k\n out go\n out k\n}\nout z\n"},
    {"steps without number in steps without number", "was stopped after",
     "in n i [] = " ENDLESS "\nin y f [1] = 1\nLoop n - y -> z {\n" BODY
     " Loop n - h -> k {\n in i1 i []\n in go1 b []\n in h1 f [1]\n out go1\n out h1\n }\n"
     " out go\n out k\n}\nout z\n"},
    {"steps that are long", "more steps than are allowed",
     "in n i [] = " ENDLESS "\nin y f [300,300] ~\nLoop n - y -> z {\n in i i []\n in go b []\n"
     " in h f [300,300]\n MatMul h y -> k\n out go\n out k\n}\nout z\n"},
    {"recurrent steps that are long", "more steps than are allowed",
     "in n i [] = " ENDLESS "\nin x f [100,4,4] ~\nconst w f [1,4,4] ~\nconst r f [1,4,4] ~\n"
     "Loop n - x -> z {\n in i i []\n in go b []\n in h f [100,4,4]\n"
     " RNN h w r -> k hidden_size=4\n Squeeze k -> s axes=[1]\n out go\n out s\n}\nout z\n"},
    {"what is collected fills memory", "more elements than memory has bytes|more memory than is",
     "in n i [] = " ENDLESS "\nin y f [100000] ~\nLoop n - y -> z u {\n in i i []\n in go b []\n"
     " in h f [100000]\n out go\n out h\n out h\n}\nout u\n"},
    {"a state that grows fills memory", "more memory than is",
     "in n i [] = " ENDLESS "\nin y f [1] = 1\nLoop n - y -> z {\n in i i []\n in go b []\n"
     " in h f [?]\n Concat h h -> k axis=0\n out go\n out k\n}\nout z\n"},
    {"what is collected changes its shape", "has another type or shape in step 1 than before",
     "in n i [] = 3\nin y f [1] = 1\nLoop n - y -> z u {\n in i i []\n in go b []\n in h f [?]\n"
     " Concat h h -> k axis=0\n out go\n out k\n out k\n}\nout z\n"},
    {"what is collected shrinks where room for more is made",
     "has another type or shape in step 16 than before",
     "in n i [] = 40\nin y f [5000] ~\nconst few f [1] = 0\nconst most i [] = 16\n"
     "Loop n - y -> z u {\n in i i []\n in go b []\n in h f [5000]\n Less i most -> early\n"
     " If early -> k {\n Identity h -> k1\n out k1\n } else {\n Identity few -> k2\n out k2\n }\n"
     " out go\n out h\n out k\n}\nout u\n"},
    {"what is collected becomes whole numbers where room for more is made",
     "has another type or shape in step 16 than before",
     "in n i [] = 40\nin y f [] = 1\nconst most i [] = 16\n"
     "Loop n - y -> z u {\n in i i []\n in go b []\n in h f []\n Less i most -> early\n"
     " If early -> k {\n Identity h -> k1\n out k1\n } else {\n Identity i -> k2\n out k2\n }\n"
     " out go\n out h\n out k\n}\nout u\n"},
    {"a state that changes its type",
     "its state 0 is of type float32, and becomes one of type int64",
     "in n i [] = 3\nin y f [1] = 1\nLoop n - y -> z {\n" BODY " out go\n out i\n}\nout z\n"},
    {"a Scan's state that changes its shape", "its state 0 changes its shape",
     "in x f [2,2] = 1 2 3 4\nin y f [1] = 1\nScan y x -> z num_scan_inputs=1 {\n in h f [?]\n"
     " in u f [2]\n Concat h h -> k axis=0\n out k\n}\nout z\n"},
    {"a condition that is a number", "its condition must be one bool",
     "in n i [] = 3\nin y f [1] = 1\nLoop n - y -> z {\n" BODY " out h\n out h\n}\nout z\n"},
    {"a trip count that is two", "its trip count must be one whole number",
     "in n i [2] = 3 3\nin y f [1] = 1\nLoop n - y -> z {\n" BODY " out go\n out h\n}\nout z\n"},
    {"no sequence", "its num_scan_inputs is 0",
     "in x f [2] = 1 2\nScan x -> z {\n in u f []\n out u\n}\nout z\n"},
    {"more sequences than inputs", "its num_scan_inputs is 3",
     "in x f [2] = 1 2\nScan x -> z num_scan_inputs=3 {\n in u f []\n out u\n}\nout z\n"},
    {"sequences of different lengths", "its sequences have 2 and 3 steps",
     "in x f [2] = 1 2\nin y f [3] = 1 2 3\nScan x y -> z num_scan_inputs=2 {\n in u f []\n"
     " in v f []\n out u\n}\nout z\n"},
    {"a sequence without an axis", "axis 0 is none of a tensor of 0 dimensions",
     "in x f [] = 1\nScan x -> z num_scan_inputs=1 {\n in u f []\n out u\n}\nout z\n"},
    {"an axis that is not there", "axis 2 is none of a tensor of 1 dimensions",
     "in x f [2] = 1 2\nScan x -> z num_scan_inputs=1 scan_output_axes=[2] {\n in u f []\n"
     " out u\n}\nout z\n"},
    {"axes of more than there is", "its scan_input_axes and scan_input_directions must be 1",
     "in x f [2] = 1 2\nScan x -> z num_scan_inputs=1 scan_input_axes=[0,0] {\n in u f []\n"
     " out u\n}\nout z\n"},
    {"a sequence of tensors", "sequences are not supported",
     "in x f [2] = 1 2\nSequenceConstruct x -> s\nSequenceLength s -> z\nout z\n"},
};

static size_t failures;

static bool is_expected(const onnx_tensor *tensor, const onnx_tensor *expected)
{
    bool same = tensor->rank == expected->rank && tensor->count == expected->count;
    for (size_t d = 0; same && d < tensor->rank; d++)
        same = tensor->dims[d] == expected->dims[d];
    for (size_t i = 0; same && i < tensor->count; i++)
        same = expected->floats[i] == (tensor->floats ? tensor->floats[i] : (float)tensor->ints[i]);
    return same;
}

/* Loads and runs the model of a text; the session, which holds the outputs. NULL: a sentence. */
static run_session *run(struct writer *writer, const char *text, const run_options *options,
                        struct text_values *values, onnx_model **model,
                        const onnx_tensor *outputs[TEXT_VALUES], struct failure *failure)
{
    writer_clear(writer, 12);
    writer->set.version = strstr(text, "Unsqueeze") ? 13 : 12;
    writer_model(writer, text, values);
    *failure = (struct failure){""};
    *model = writer_load(writer, failure);
    run_session *session = *model ? run_create(*model, options, failure) : NULL;
    if (session && run_call(session, values->given, outputs, failure))
        return session;
    run_destroy(session);
    return NULL;
}

static void check_right(struct writer *writer, struct text_values *values, size_t row)
{
    struct failure failure;
    onnx_model *model;
    const onnx_tensor *outputs[TEXT_VALUES];
    run_session *session = run(writer, right[row].text, &(run_options){.memory = MEMORY}, values,
                               &model, outputs, &failure);
    bool same = session != NULL;
    for (size_t i = 0; same && i < values->expected_count; i++)
        same = is_expected(outputs[i], values->expected[i]);
    /* Again: nothing is left of the first call. */
    same = same && run_call(session, values->given, outputs, &failure);
    for (size_t i = 0; same && i < values->expected_count; i++)
        same = is_expected(outputs[i], values->expected[i]);
    if (!same)
        fprintf(stderr, "%s: not what is expected. %s\n", right[row].name, failure.sentence);
    failures += !same;
    run_destroy(session);
    onnx_free(model);
}

/* Whether a sentence holds one of some parts, with | between them. */
static bool holds(const char *sentence, const char *parts)
{
    for (const char *part = parts; part; part = strchr(part, '|') ? strchr(part, '|') + 1 : NULL) {
        char one[256];
        snprintf(one, sizeof one, "%.*s", (int)strcspn(part, "|"), part);
        if (strstr(sentence, one))
            return true;
    }
    return false;
}

static void expect_wrong(struct writer *writer, struct text_values *values, const char *name,
                         const char *text, const char *sentence, const run_options *options)
{
    struct failure failure;
    onnx_model *model;
    const onnx_tensor *outputs[TEXT_VALUES];
    run_session *session = run(writer, text, options, values, &model, outputs, &failure);
    if (session || !holds(failure.sentence, sentence)) {
        fprintf(stderr, "%s: should be refused with '%s', and it said: %s\n", name, sentence,
                failure.sentence);
        failures++;
    }
    run_destroy(session);
    onnx_free(model);
}

/* A state that begins with a constant would have to be kept by a stream. */
static void check_stream(struct writer *writer, struct text_values *values)
{
    static const char text[] = "in x f [2] = 1 2\nconst h f [] = 1\n"
                               "Scan h x -> last num_scan_inputs=1 {\n in h1 f []\n in x1 f []\n"
                               " Add h1 x1 -> h2\n out h2\n}\nout last\n";
    expect_wrong(writer, values, "a stream", text, "begins anew in each call, and cannot be kept",
                 &(run_options){.keep_states = true});
}

int main(void)
{
    enum { RIGHT = sizeof right / sizeof *right, WRONG = sizeof wrong / sizeof *wrong };
    struct writer *writer = writer_create();
    struct text_values values = {.memory = onnx_memory_create(64 << 20)};
    for (size_t row = 0; row < RIGHT; row++)
        check_right(writer, &values, row);
    for (size_t row = 0; row < WRONG; row++)
        expect_wrong(writer, &values, wrong[row].name, wrong[row].text, wrong[row].sentence,
                     &(run_options){.memory = MEMORY});
    check_stream(writer, &values);
    writer_clear(writer, 8);
    onnx_memory_destroy(values.memory);
    writer_free(writer);
    printf("%d models run, %d are refused, %zu not as they should\n", RIGHT, WRONG + 1, failures);
    return failures != 0;
}
