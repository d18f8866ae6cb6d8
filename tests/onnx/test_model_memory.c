/* SPDX-License-Identifier: MIT */
/* test_model_memory WEIR_RUN WEIR_GEN FOLDER: reading a model and deploying it take at most 8 times
 * its size and 64 MB. Small files that mean much: constants that are filled, weights that many
 * layers share, inputs as wide as they can be; and ones that are large themselves. */
#include "onnx/started.h"
#include "onnx/writer.h"
#include "support/expect.h"

#include <string.h>

static struct writer *writer;
static char *weir_run, *weir_gen;
static const char *folder;

/* A constant that ConstantOfShape fills. */
static char *filled(size_t a, size_t b, size_t c)
{
    const int64_t dims[] = {(int64_t)a, (int64_t)b, (int64_t)c};
    char *shape = writer_constant(writer, writer_ints(writer, dims, 1, &(size_t){3}, ONNX_INT64));
    char *made = writer_name(writer);
    writer_node(writer, "ConstantOfShape", (char *[]){shape, NULL}, (char *[]){made, NULL});
    return made;
}

/* Bytes, which DequantizeLinear makes floats of. */
static char *quantised(size_t a, size_t b, size_t c)
{
    const float scale = 0.01f;
    const size_t dims[] = {a, b, c};
    uint8_t *bytes = writer_take(writer, a * b * c, 1);
    Onnx__Tensor *tensor = writer_ints(writer, &(int64_t){0}, 0, NULL, ONNX_INT8);
    for (size_t i = 0; i < a * b * c; i++)
        bytes[i] = (uint8_t)i;
    tensor->n_int32_data = 0;
    tensor->n_dims = 3;
    tensor->dims = writer_take(writer, 3, sizeof *tensor->dims);
    for (size_t d = 0; d < 3; d++)
        tensor->dims[d] = (int64_t)dims[d];
    tensor->has_raw_data = 1;
    tensor->raw_data = (ProtobufCBinaryData){a * b * c, bytes};
    char *made = writer_name(writer);
    char *const inputs[] = {
        writer_constant(writer, tensor),
        writer_constant(writer, writer_floats(writer, &scale, 0, NULL, ONNX_FLOAT, true)), NULL};
    writer_node(writer, "DequantizeLinear", inputs, (char *[]){made, NULL});
    return made;
}

static char *learned(size_t a, size_t b, size_t c)
{
    const size_t dims[] = {a, b, c};
    float *values = writer_take(writer, a * b * c, sizeof *values);
    for (size_t i = 0; i < a * b * c; i++)
        values[i] = (float)(i % 1000) * 1e-4f;
    return writer_constant(writer, writer_floats(writer, values, 3, dims, ONNX_FLOAT, true));
}

static char *input(size_t steps, size_t size)
{
    writer_clear(writer, 21);
    writer_input(writer, "x", ONNX_FLOAT, 3, (const size_t[]){steps, 1, size});
    return writer_text(writer, "x");
}

/* A recurrent node, its output without the axis of directions. */
static char *layer(const char *op, char *x, char *w, char *r)
{
    char *y = writer_name(writer), *rows = writer_name(writer);
    char *axis =
        writer_constant(writer, writer_ints(writer, &(int64_t){1}, 1, &(size_t){1}, ONNX_INT64));
    writer_node(writer, op, (char *[]){x, w, r, NULL}, (char *[]){y, NULL});
    writer_node(writer, "Squeeze", (char *[]){y, axis, NULL}, (char *[]){rows, NULL});
    return rows;
}

/* What is said where a program refuses it; NULL: it takes it. Deploying much text takes long. */
static const char not_deployed[] = "";

static void check(const char *name, char *output, const char *run_says, const char *gen_says)
{
    char path[4096], out[4096];
    size_t size;
    writer_output(writer, output);
    void *bytes = writer_bytes(writer, &size);
    snprintf(path, sizeof path, "%s/%s.onnx", folder, name);
    snprintf(out, sizeof out, "%s/out", folder);
    write_file(folder, strrchr(path, '/') + 1, bytes, size);
    free(bytes);
    char *const inspect[] = {weir_run, path, "--inspect", NULL};
    char *const deploy[] = {weir_gen, "--model", path, "--name", "net", "--out", out, NULL};
    char *const *const commands[] = {inspect, deploy};
    const char *const says[] = {run_says, gen_says};
    for (size_t i = 0; i < 2 && says[i] != not_deployed; i++) {
        const struct started ran = started_run(commands[i]);
        EXPECT(says[i] ? ran.status == 2 && strstr(ran.said, says[i]) : !ran.status,
               "%s %s: status %d: %s", commands[i][0], name, ran.status, ran.said);
        EXPECT(ran.memory <= started_most(size), "%s %s: %zu bytes for %zu", commands[i][0], name,
               ran.memory, size);
    }
}

/* Near all that a small file may fill. */
static void check_filled(void)
{
    enum { H = 600 };
    char *x = input(4, H);
    check("filled", layer("LSTM", x, filled(1, 4 * H, H), filled(1, 4 * H, H)), NULL, NULL);
    x = input(4, H);
    check("more", layer("LSTM", x, filled(1, 4 * H, H), filled(6, 4 * H, H)),
          "bytes for float32[6][2400][600], of 33", "more memory than is allowed");
}

/* The same weights, again and again. */
static void check_shared(void)
{
    enum { H = 500, LAYERS = 30 };
    char *y = input(4, H), *w = filled(1, 4 * H, H);
    for (size_t k = 0; k < LAYERS; k++)
        y = layer("LSTM", y, w, w);
    check("shared", y, NULL, "the weights of the 30 layers take 240240000 bytes as they are");
}

/* Kernels, each of a size of its own, for every ISA. */
static void check_kernels(void)
{
    enum { LEAST = 5, LAYERS = 24 };
    char *y = input(4, LEAST);
    for (size_t k = LEAST; k < LEAST + LAYERS; k++)
        y = layer("LSTM", y, learned(1, 4 * (k + 1), k), learned(1, 4 * (k + 1), k + 1));
    check("kernels", y, NULL, NULL);
}

/* What moves elements, to places that are computed when the model is read. */
static void check_moved(void)
{
    enum { MANY = 4000000 };
    char *x = input(1, 1), *made = writer_name(writer);
    const int64_t repeats[] = {MANY, 1, 1};
    char *times =
        writer_constant(writer, writer_ints(writer, repeats, 1, &(size_t){3}, ONNX_INT64));
    writer_node(writer, "Tile", (char *[]){x, times, NULL}, (char *[]){made, NULL});
    check("moved", layer("RNN", made, learned(1, 1, 1), learned(1, 1, 1)), NULL,
          "32000000 bytes for int64[4000000]");
}

/* A self-test of as few steps as there can be, or none. */
static void check_wide(void)
{
    enum { WIDE = 400000 };
    char *x = input(1, WIDE);
    check("wide", layer("RNN", x, filled(1, 1, WIDE), filled(1, 1, 1)), NULL, NULL);
    x = input(300, WIDE);
    check("long", layer("RNN", x, filled(1, 1, WIDE), filled(1, 1, 1)), NULL, NULL);
    x = input(1, 2 * WIDE);
    check("wider", layer("RNN", x, filled(1, 1, 2 * WIDE), filled(1, 1, 1)), NULL, "--no-test");
}

/* Files that are large, of whose numbers more is made. */
static void check_large(void)
{
    enum { H = 400, BYTES = 1000 };
    char *x = input(1, H);
    check("floats", layer("LSTM", x, learned(1, 4 * H, H), filled(1, 4 * H, H)), NULL, NULL);
    x = input(1, BYTES);
    check("bytes", layer("LSTM", x, quantised(1, 4 * BYTES, BYTES), quantised(1, 4 * BYTES, BYTES)),
          NULL, not_deployed);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "test_model_memory WEIR_RUN WEIR_GEN FOLDER\n");
        return 2;
    }
    weir_run = argv[1];
    weir_gen = argv[2];
    folder = argv[3];
    writer = writer_create();
    check_filled();
    check_shared();
    check_kernels();
    check_moved();
    check_wide();
    check_large();
    writer_free(writer);
    return expect_verdict("test_model_memory");
}
