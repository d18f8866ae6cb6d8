/* SPDX-License-Identifier: MIT */
/* Layers of a PyTorch state dictionary: each array is found under its name, for every layer and
 * direction, and gives what weir_weights_from_pytorch gives for it, as that of floats of 16 bits
 * does of their values. */
#define _GNU_SOURCE
#include "halves.h"
#include "support/expect.h"
#include "support/folder.h"
#include "weir_train.h"

#include <string.h>

enum { I = 3, H = 5, P = 2, G = 4 * H, FLOATS = G * (I + H + 2) + P * H };

static float floats[2][FLOATS], rounded[3 * H * (I + H)];
static uint16_t halves[3 * H * I], bfloats[3 * H * H];

/* The arrays of a layer with P > 0 and biases, in two directions. */
static weir_tensor tensors[] = {
    {"rnn.weight_ih_l1", WEIR_F32, 2, {G, I}, floats[0]},
    {"rnn.weight_hh_l1", WEIR_F32, 2, {G, P}, floats[0] + G *I},
    {"rnn.bias_ih_l1", WEIR_F32, 1, {G}, floats[0] + G *(I + H)},
    {"rnn.bias_hh_l1", WEIR_F32, 1, {G}, floats[0] + G *(I + H + 1)},
    {"rnn.weight_hr_l1", WEIR_F32, 2, {P, H}, floats[0] + G *(I + H + 2)},
    {"rnn.weight_ih_l1_reverse", WEIR_F32, 2, {G, I}, floats[1]},
    {"rnn.weight_hh_l1_reverse", WEIR_F32, 2, {G, P}, floats[1] + G *I},
    {"rnn.bias_ih_l1_reverse", WEIR_F32, 1, {G}, floats[1] + G *(I + H)},
    {"rnn.bias_hh_l1_reverse", WEIR_F32, 1, {G}, floats[1] + G *(I + H + 1)},
    {"rnn.weight_hr_l1_reverse", WEIR_F32, 2, {P, H}, floats[1] + G *(I + H + 2)},
    {"weight_ih_l0", WEIR_F32, 2, {3 * H, I}, floats[0]},
    {"weight_hh_l0", WEIR_F32, 2, {3 * H, H}, floats[0] + 3 * H *I},
    {"half.weight_ih_l0", WEIR_F16, 2, {3 * H, I}, halves},
    {"half.weight_hh_l0", WEIR_BF16, 2, {3 * H, H}, bfloats},
    {"wide.weight_ih_l0", WEIR_F64, 2, {3 * H, I}, floats[0]},
    {"wide.weight_hh_l0", WEIR_F32, 2, {3 * H, H}, floats[0] + 3 * H *I},
    {"one.weight_ih_l0", WEIR_F32, 2, {3 * H, I}, floats[0]},
    {"one.weight_hh_l0", WEIR_F32, 2, {3 * H, H}, floats[0] + 3 * H *I},
    {"one.bias_hh_l0", WEIR_F32, 1, {3 * H}, floats[0]},
};

static void expect_same(const weir_tensors *file, const weir_pytorch *from, const float *start,
                        bool biased)
{
    weir_weight found[16], wanted[16];
    static float memory[2][FLOATS + G];
    const size_t gates = from->P ? 4 : 3, width = from->P ? from->P : H;
    const float *bias = from->P ? start + G * (I + H) : NULL;
    const weir_stacked stacked = {.cell = from->cell,
                                  .I = I,
                                  .H = H,
                                  .P = from->P,
                                  .input = start,
                                  .recurrent = start + gates * H * I,
                                  .bias = biased ? bias : NULL,
                                  .bias_count = biased ? G : 0,
                                  .recurrent_bias = biased ? bias + G : NULL,
                                  .projection = from->P ? start + G * (I + H + 2) : NULL};
    weir_error error = {0};
    size_t count = 0, size = 0;
    EXPECT(!weir_weights_size(from->cell, I, H, from->P, &count, &size, &error) && width, "%s",
           error.message);
    EXPECT(!weir_weights_read_pytorch(file, from, found, memory[0], &error), "%s", error.message);
    EXPECT(!weir_weights_from_pytorch(&stacked, wanted, memory[1], &error), "%s", error.message);
    EXPECT(!memcmp(memory[0], memory[1], size * sizeof **memory), "%s: other weights", from->cell);
}

static void expect_refused(const weir_tensors *file, const weir_pytorch *from, const char *word)
{
    weir_weight weights[16];
    static float memory[FLOATS + G];
    weir_error error = {0};
    const weir_status status = weir_weights_read_pytorch(file, from, weights, memory, &error);
    EXPECT(status && strstr(error.message, word), "%d, \"%s\"", (int)status, error.message);
}

int main(void)
{
    struct folder folder;
    weir_tensors *file = NULL;
    weir_error error = {0};
    for (size_t i = 0; i < 2 * FLOATS; i++)
        floats[i / FLOATS][i % FLOATS] = (float)i / 64;
    for (size_t i = 0; i < 3 * H * I; i++)
        rounded[i] = half_widen(halves[i] = half_narrow(floats[0][i] / 3));
    for (size_t i = 0; i < 3 * H * H; i++)
        rounded[3 * H * I + i] = bfloat_widen(bfloats[i] = bfloat_narrow(-floats[0][i] / 7));
    folder_create(&folder);
    const struct folder_file path = folder_file(&folder, "state.safetensors");
    EXPECT(!weir_tensors_write(path.path, tensors, sizeof tensors / sizeof *tensors, NULL, 0,
                               &error) &&
               !weir_tensors_open(&file, path.path, &error),
           "%s", error.message);
    if (file) {
        weir_pytorch from = {.prefix = "rnn.", .layer = 1, .cell = "lstm_projected"};
        from.I = I, from.H = H, from.P = P;
        expect_same(file, &from, floats[0], true);
        from.reverse = true;
        expect_same(file, &from, floats[1], true);
        from.layer = 2;
        expect_refused(file, &from, "rnn.weight_ih_l2_reverse");
        from.layer = 1, from.H = H + 1;
        expect_refused(file, &from, "rnn.weight_ih_l1_reverse");
        from = (weir_pytorch){.cell = "gru", .I = I, .H = H};
        expect_same(file, &from, floats[0], false);
        from.prefix = "half.";
        expect_same(file, &from, rounded, false);
        from.prefix = "wide.";
        expect_refused(file, &from, "wide.weight_ih_l0");
        from.prefix = "one.";
        expect_refused(file, &from, "one.bias_ih_l0");
        expect_refused(NULL, &from, "NULL");
        from.cell = "none";
        expect_refused(file, &from, "no cell");
        weir_tensors_close(file);
    }
    folder_destroy(&folder);
    return expect_verdict("test_train_pytorch");
}
