/* SPDX-License-Identifier: MIT */
/* Models of one node whose attributes or inputs ask for more memory or time than there is, or for
 * what is nowhere. */
#include "onnx/hostile.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY "more memory than is allowed"
#define STEPS "more steps than are allowed"
#define LARGE "2147483647"

const struct hostile_node hostile_nodes[] = {
    {"Range", 14, "0 549755813888 1", "", MEMORY},
    {"Range", 14, "0 9 0", "", "it has no end"},
    {"Range", 14, "-9223372036854775808 9223372036854775807 1", "", "too far"},
    {"Tile", 14, "x [1,1," LARGE "]", "", MEMORY},
    {"Tile", 14, "x [" LARGE "," LARGE "," LARGE "]", "", "more elements than memory has bytes"},
    {"Tile", 14, "x [1,1,-1]", "", "must be 0 or more"},
    {"OneHot", 14, "x " LARGE " [0,1]", "", MEMORY},
    {"OneHot", 14, "x -1 [0,1]", "", "its depth is -1"},
    {"Pad", 14, "x [0,0," LARGE ",0,0,0]", "", MEMORY},
    {"Pad", 19, "x [0,0,1,0,0,0] - [2]", "", "its pads must be 2 numbers"},
    {"Pad", 19, "x [0,0,0,0,0,-9]", "mode:wrap", "take more than there is"},
    {"Expand", 14, "x [1," LARGE ",8]", "", MEMORY},
    {"Resize", 14, "x - - [1," LARGE ",8]", "", MEMORY},
    {"Resize", 14, "x - - [1,-1,8]", "", "its size -1"},
    {"Resize", 14, "x - - [1,8]", "", "its scales or sizes are 2 for 3"},
    {"Resize", 14, "x - - -", "mode:cubic", "its mode 'cubic'"},
    {"MaxPool", 14, "x", "kernel_shape=[" LARGE "] pads=[1073842000,1073842000]", STEPS},
    {"MaxPool", 14, "x", "kernel_shape=[1] pads=[" LARGE "," LARGE "]", MEMORY},
    {"AveragePool", 14, "x", "kernel_shape=[9]",
     "its kernel is larger than its input; it was run on zeros, of 1 along each open dimension: "
     "--input gives others"},
    {"AveragePool", 19, "x",
     "kernel_shape=[" LARGE "] dilations=[" LARGE "] pads=[" LARGE "," LARGE "]",
     "its kernel is larger"},
    {"AveragePool", 14, "x", "kernel_shape=[1] strides=[0]", "its strides must be 1 or more"},
    {"AveragePool", 14, "x", "kernel_shape=[1,1]", "its kernel_shape must be 1 numbers"},
    {"TopK", 14, "x [9]", "", "its K is 9"},
    {"TopK", 14, "x [-1]", "", "its K is -1"},
    {"Split", 14, "x [9223372036854775807]", "axis=2", "longer than what there is"},
    {"Split", 14, "x [-8]", "axis=2", "longer than what there is"},
    {"Split", 18, "x", "axis=2 num_outputs=0", "its parts are not as many"},
    {"CumSum", 14, "x 3", "", "axis 3 is none"},
    {"ReduceSum", 14, "x [-4]", "", "axis -4 is none"},
    {"ArgMax", 14, "x", "axis=-9223372036854775808", "is none of a tensor"},
    {"GatherElements", 14, "x [0]", "", "do not go together"},
    {"GatherND", 14, "x [-2]", "", "its index -2 is outside of 1"},
    {"GatherND", 14, "x [0]", "batch_dims=9223372036854775807", "do not go together"},
    {"ReverseSequence", 14, "x [-1]", "", "its length -1"},
    {"DFT", 17, "x " LARGE, "axis=1", "in the last dimension"},
    {"STFT", 17, "x 0", "", "[batch][length][1 or 2]"},
    {"Einsum", 14, "x", "equation:abcdefghi->a", "its equation"},
    {"Einsum", 14, "x", "equation:............", "its equation"},
    {"Einsum", 14, "x", "equation:abc->aaaaaaaaa", "its equation"},
    {"GroupNormalization", 21, "x [1] [1]", "num_groups=0", "its num_groups"},
    {"BatchNormalization", 15, "x x x x x", "", "must be a list of 1"},
    {"QuantizeLinear", 21, "x [1]", "output_dtype=9223372036854775807", "to quantise to"},
    {"DequantizeLinear", 21, "x x", "", "to dequantise float32 is not supported"},
    {"Compress", 14, "x [1,1]", "axis=0", "longer than its input"},
    {"Cast", 14, "x", "to=9223372036854775807", "a cast to"},
    {"ConvTranspose", 14, "x x", "strides=[" LARGE "]", "its strides or dilations are too large"},
    {"ConvTranspose", 14, "x x", "output_shape=[" LARGE "]", MEMORY},
    {NULL, 0, NULL, NULL, NULL}};

enum { WORDS = 6, NUMBERS = 8 };

/* Cuts a text at its blanks; returns how many words that makes. */
static size_t cut(char *text, char *words[WORDS])
{
    size_t count = 0;
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        if (count == WORDS)
            abort();
        words[count++] = word;
    }
    return count;
}

/* A number alone, or a list in brackets. Returns how many; *is_list: which of them. */
static size_t read_numbers(const char *text, int64_t numbers[NUMBERS], bool *is_list)
{
    size_t count = 0;
    *is_list = *text == '[';
    for (char *end; *text && *text != ']'; text = end) {
        text += *text == '[' || *text == ',';
        numbers[count++] = strtoll(text, &end, 10);
    }
    return count;
}

static void add_attribute(struct writer *writer, Onnx__Node *node, char *word)
{
    int64_t numbers[NUMBERS];
    bool is_list;
    char *value = word + strcspn(word, "=:");
    const bool is_string = *value == ':';
    *value++ = 0;
    if (is_string) {
        writer_string(writer, node, word, value);
        return;
    }
    const size_t count = read_numbers(value, numbers, &is_list);
    if (is_list)
        writer_list(writer, node, word, numbers, count);
    else
        writer_int(writer, node, word, numbers[0]);
}

/* The name of an input: "x" is that of the model, "-" left out, all others are constants. */
static char *add_input(struct writer *writer, char *word)
{
    int64_t numbers[NUMBERS];
    bool is_list;
    if (!strcmp(word, "x") || !strcmp(word, "-"))
        return writer_format(writer, "%s", *word == 'x' ? "x" : "");
    const size_t count = read_numbers(word, numbers, &is_list);
    return writer_constant(writer, writer_ints(writer, numbers, is_list, &count, ONNX_INT64));
}

unsigned char *hostile_node_make(struct writer *writer, const struct hostile_node *row,
                                 size_t *size)
{
    char *words[WORDS], *names[WORDS + 1];
    writer_clear(writer, row->opset);
    writer_input(writer, writer_format(writer, "x"), ONNX_FLOAT, 3, (size_t[]){1, 1, 8});
    const size_t inputs = cut(writer_format(writer, "%s", row->inputs), words);
    for (size_t i = 0; i < inputs; i++)
        names[i] = add_input(writer, words[i]);
    names[inputs] = NULL;
    char *y = writer_format(writer, "y"), *second = writer_format(writer, "second");
    const bool has_two = !strcmp(row->op, "TopK");
    Onnx__Node *node =
        writer_node(writer, row->op, names, (char *[]){y, has_two ? second : NULL, NULL});
    const size_t attributes = cut(writer_format(writer, "%s", row->attributes), words);
    for (size_t i = 0; i < attributes; i++)
        add_attribute(writer, node, words[i]);
    writer_output(writer, y);
    return writer_bytes(writer, size);
}
