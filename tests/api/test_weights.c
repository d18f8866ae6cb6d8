/* SPDX-License-Identifier: MIT */
/* Weights from frameworks: layers made of what each framework stacks compute what the framework's
 * own documentation says, typed here anew in float64 and over the framework's own arrays; and what
 * cannot be known is asked for. */
#include "support/expect.h"
#include "weir.h"

#include <math.h>
#include <string.h>

enum { I = 5, H = 7, P = 3, T = 4, ROWS_MAX = 8 * H, FLOATS = 4 * H * (I + H) + 8 * H };

static float input[4 * H * I], recurrent[4 * H * H], bias[ROWS_MAX], bias_h[ROWS_MAX];
static float projection[P * H], peephole[3 * H], x[T][I];

static void fill(float *to, size_t count, unsigned seed)
{
    for (size_t k = 0; k < count; k++) {
        seed = seed * 1664525u + 1013904223u;
        to[k] = (float)(seed >> 8) / (float)(1 << 24) - 0.5f;
    }
}

static void fill_all(void)
{
    fill(input, 4 * H * I, 1);
    fill(recurrent, 4 * H * H, 2);
    fill(bias, ROWS_MAX, 3);
    fill(bias_h, ROWS_MAX, 4);
    fill(projection, P * H, 5);
    fill(peephole, 3 * H, 6);
    fill(x[0], T * I, 7);
}

static double sigmoid(double a)
{
    return 1 / (1 + exp(-a));
}

/* ---- Products over stacked arrays ---- */

/* PyTorch and ONNX: [gates * H][n]; Keras and oneDNN: [n][gates * H]. */
static double rows(const float *matrix, size_t row, size_t n, const double *v)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += matrix[row * n + k] * v[k];
    return sum;
}

static double columns(const float *matrix, size_t width, size_t column, size_t n, const double *v)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += matrix[k * width + column] * v[k];
    return sum;
}

/* ---- The frameworks: h and c after one step, from those before ---- */

struct states {
    double h[H], c[H];
};

typedef void step(const double *in, struct states *s, bool biased);

/* pytorch.org/docs: torch.nn.LSTM, with W_ii, W_if, W_ig, W_io one below the other; its proj_size
 * makes W_hi [4H][P] and h_t = W_hr h_t. */
static void pytorch_lstm(const double *in, struct states *s, bool biased, size_t h_size)
{
    double out[H];
    for (size_t j = 0; j < H; j++) {
        double gate[4];
        for (size_t k = 0; k < 4; k++)
            gate[k] = rows(input, k * H + j, I, in) + rows(recurrent, k * H + j, h_size, s->h) +
                      (biased ? (double)bias[k * H + j] + bias_h[k * H + j] : 0);
        s->c[j] = sigmoid(gate[1]) * s->c[j] + sigmoid(gate[0]) * tanh(gate[2]);
        out[j] = sigmoid(gate[3]) * tanh(s->c[j]);
    }
    for (size_t j = 0; j < h_size; j++)
        s->h[j] = h_size == P ? rows(projection, j, H, out) : out[j];
}

static void pytorch_plain_lstm(const double *in, struct states *s, bool biased)
{
    pytorch_lstm(in, s, biased, H);
}

static void pytorch_projected_lstm(const double *in, struct states *s, bool biased)
{
    pytorch_lstm(in, s, biased, P);
}

/* torch.nn.GRU: r, z, n; n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h = (1 - z) n + z h. */
static void pytorch_gru(const double *in, struct states *s, bool biased)
{
    double next[H];
    for (size_t j = 0; j < H; j++) {
        double by_x[3], by_h[3];
        for (size_t k = 0; k < 3; k++) {
            by_x[k] = rows(input, k * H + j, I, in) + (biased ? (double)bias[k * H + j] : 0);
            by_h[k] =
                rows(recurrent, k * H + j, H, s->h) + (biased ? (double)bias_h[k * H + j] : 0);
        }
        const double r = sigmoid(by_x[0] + by_h[0]), z = sigmoid(by_x[1] + by_h[1]);
        next[j] = (1 - z) * tanh(by_x[2] + r * by_h[2]) + z * s->h[j];
    }
    memcpy(s->h, next, sizeof next);
}

static void pytorch_rnn(const double *in, struct states *s, bool biased)
{
    double next[H];
    for (size_t j = 0; j < H; j++)
        next[j] = tanh(rows(input, j, I, in) + rows(recurrent, j, H, s->h) +
                       (biased ? (double)bias[j] + bias_h[j] : 0));
    memcpy(s->h, next, sizeof next);
}

/* keras.layers.LSTM: kernel [I][4H] of i, f, c, o, and bias [4H]; oneDNN's ldigo and ldgo of
 * i, f, c~, o are the same, with a projection [H][P]. */
static void keras_lstm(const double *in, struct states *s, bool biased, size_t h_size)
{
    double out[H];
    for (size_t j = 0; j < H; j++) {
        double gate[4];
        for (size_t k = 0; k < 4; k++)
            gate[k] = columns(input, 4 * H, k * H + j, I, in) +
                      columns(recurrent, 4 * H, k * H + j, h_size, s->h) +
                      (biased ? (double)bias[k * H + j] : 0);
        s->c[j] = sigmoid(gate[1]) * s->c[j] + sigmoid(gate[0]) * tanh(gate[2]);
        out[j] = sigmoid(gate[3]) * tanh(s->c[j]);
    }
    for (size_t j = 0; j < h_size; j++)
        s->h[j] = h_size == P ? columns(projection, P, j, H, out) : out[j];
}

static void keras_plain_lstm(const double *in, struct states *s, bool biased)
{
    keras_lstm(in, s, biased, H);
}

static void onednn_projected_lstm(const double *in, struct states *s, bool biased)
{
    keras_lstm(in, s, biased, P);
}

/* keras.layers.GRU: z, r, h. reset_after: bias [2][3H], hh = tanh(x_h + r * recurrent_h); else bias
 * [3H], hh = tanh(x_h + (r * h) @ U_h). h = z * h + (1 - z) * hh. oneDNN: u, r, o, with the bias u'
 * of lbr_gru after those three. */
static void stacked_gru(const double *in, struct states *s, bool after, const float *b_h_z,
                        const float *b_h_n, bool biased)
{
    double z[H], r[H], reset[H], next[H];
    for (size_t j = 0; j < H; j++) {
        double gate[2];
        for (size_t k = 0; k < 2; k++)
            gate[k] = columns(input, 3 * H, k * H + j, I, in) +
                      columns(recurrent, 3 * H, k * H + j, H, s->h) +
                      (biased ? (double)bias[k * H + j] : 0) +
                      (b_h_z ? (double)b_h_z[k * H + j] : 0);
        z[j] = sigmoid(gate[0]);
        r[j] = sigmoid(gate[1]);
        reset[j] = r[j] * s->h[j];
    }
    for (size_t j = 0; j < H; j++) {
        const double by_x =
            columns(input, 3 * H, 2 * H + j, I, in) + (biased ? (double)bias[2 * H + j] : 0);
        const double by_h = after ? r[j] * (columns(recurrent, 3 * H, 2 * H + j, H, s->h) +
                                            (b_h_n ? (double)b_h_n[j] : 0))
                                  : columns(recurrent, 3 * H, 2 * H + j, H, reset);
        next[j] = z[j] * s->h[j] + (1 - z[j]) * tanh(by_x + by_h);
    }
    memcpy(s->h, next, sizeof next);
}

static void keras_gru_after(const double *in, struct states *s, bool biased)
{
    stacked_gru(in, s, true, biased ? bias + 3 * H : NULL, biased ? bias + 5 * H : NULL, biased);
}

static void keras_gru_before(const double *in, struct states *s, bool biased)
{
    stacked_gru(in, s, false, NULL, NULL, biased);
}

static void onednn_lbr_gru(const double *in, struct states *s, bool biased)
{
    stacked_gru(in, s, true, NULL, biased ? bias + 3 * H : NULL, biased);
}

static void keras_rnn(const double *in, struct states *s, bool biased)
{
    double next[H];
    for (size_t j = 0; j < H; j++)
        next[j] = fmax(0, columns(input, H, j, I, in) + columns(recurrent, H, j, H, s->h) +
                              (biased ? (double)bias[j] : 0));
    memcpy(s->h, next, sizeof next);
}

/* ONNX's LSTM: W, R [4H][..] of i, o, f, c; B [8H]: Wb, then Rb; P [3H] of i, o, f, and the output
 * gate sees the new cell state. */
static void onnx_lstm_with(const double *in, struct states *s, bool biased, bool peepholes)
{
    double h[H];
    for (size_t j = 0; j < H; j++) {
        double gate[4];
        for (size_t k = 0; k < 4; k++)
            gate[k] = rows(input, k * H + j, I, in) + rows(recurrent, k * H + j, H, s->h) +
                      (biased ? (double)bias[k * H + j] + bias[4 * H + k * H + j] : 0);
        if (peepholes) {
            gate[0] += peephole[j] * s->c[j];
            gate[2] += peephole[2 * H + j] * s->c[j];
        }
        s->c[j] = sigmoid(gate[2]) * s->c[j] + sigmoid(gate[0]) * tanh(gate[3]);
        if (peepholes)
            gate[1] += peephole[H + j] * s->c[j];
        h[j] = sigmoid(gate[1]) * tanh(s->c[j]);
    }
    memcpy(s->h, h, sizeof h);
}

static void onnx_lstm(const double *in, struct states *s, bool biased)
{
    onnx_lstm_with(in, s, biased, false);
}

static void onnx_peepholes(const double *in, struct states *s, bool biased)
{
    onnx_lstm_with(in, s, biased, true);
}

/* ONNX's GRU: z, r, h; Ht = (1 - zt) (.) ht + zt (.) Ht-1. */
static void onnx_gru(const double *in, struct states *s, bool biased, bool linear_before_reset)
{
    double gate[3][H], reset[H], next[H];
    for (size_t k = 0; k < 2; k++)
        for (size_t j = 0; j < H; j++)
            gate[k][j] =
                sigmoid(rows(input, k * H + j, I, in) + rows(recurrent, k * H + j, H, s->h) +
                        (biased ? (double)bias[k * H + j] + bias[(3 + k) * H + j] : 0));
    for (size_t j = 0; j < H; j++)
        reset[j] = gate[1][j] * s->h[j];
    for (size_t j = 0; j < H; j++) {
        const double b_x = biased ? (double)bias[2 * H + j] : 0;
        const double b_h = biased ? (double)bias[5 * H + j] : 0;
        const double by_h = linear_before_reset
                                ? gate[1][j] * (rows(recurrent, 2 * H + j, H, s->h) + b_h)
                                : rows(recurrent, 2 * H + j, H, reset) + b_h;
        const double n = tanh(rows(input, 2 * H + j, I, in) + b_x + by_h);
        next[j] = (1 - gate[0][j]) * n + gate[0][j] * s->h[j];
    }
    memcpy(s->h, next, sizeof next);
}

static void onnx_gru_after(const double *in, struct states *s, bool biased)
{
    onnx_gru(in, s, biased, true);
}

static void onnx_gru_before(const double *in, struct states *s, bool biased)
{
    onnx_gru(in, s, biased, false);
}

static void onnx_rnn(const double *in, struct states *s, bool biased)
{
    double next[H];
    for (size_t j = 0; j < H; j++)
        next[j] = tanh(rows(input, j, I, in) + rows(recurrent, j, H, s->h) +
                       (biased ? (double)bias[j] + bias[H + j] : 0));
    memcpy(s->h, next, sizeof next);
}

/* ---- What is converted ---- */

typedef weir_status from(const weir_stacked *stacked, weir_weight *weights, float *memory,
                         weir_error *error);

static const struct {
    const char *what;
    from *convert;
    step *step;
    const char *cell;
    size_t P, bias_rows, recurrent_rows;
    weir_reset reset;
} rows_of_test[] = {
    {"PyTorch LSTM", weir_weights_from_pytorch, pytorch_plain_lstm, "lstm", 0, 4, 4, 0},
    {"PyTorch LSTM, bias=False", weir_weights_from_pytorch, pytorch_plain_lstm, "lstm", 0, 0, 0, 0},
    {"PyTorch LSTM, proj_size", weir_weights_from_pytorch, pytorch_projected_lstm, "lstm_projected",
     P, 4, 4, 0},
    {"PyTorch GRU", weir_weights_from_pytorch, pytorch_gru, "gru", 0, 3, 3, 0},
    {"PyTorch GRU, bias=False", weir_weights_from_pytorch, pytorch_gru, "gru", 0, 0, 0, 0},
    {"PyTorch RNN", weir_weights_from_pytorch, pytorch_rnn, "rnn_tanh", 0, 1, 1, 0},
    {"Keras LSTM", weir_weights_from_keras, keras_plain_lstm, "lstm", 0, 4, 0, 0},
    {"Keras GRU, reset_after", weir_weights_from_keras, keras_gru_after, "gru", 0, 6, 0, 0},
    {"Keras GRU, not reset_after", weir_weights_from_keras, keras_gru_before, "gru_before", 0, 3, 0,
     0},
    {"Keras GRU, no bias", weir_weights_from_keras, keras_gru_after, "gru", 0, 0, 0,
     WEIR_RESET_AFTER},
    {"Keras SimpleRNN", weir_weights_from_keras, keras_rnn, "rnn_relu", 0, 1, 0, 0},
    {"ONNX LSTM", weir_weights_from_onnx, onnx_lstm, "lstm", 0, 8, 0, 0},
    {"ONNX LSTM, P", weir_weights_from_onnx, onnx_peepholes, "lstm_peephole", 0, 8, 0, 0},
    {"ONNX GRU, linear", weir_weights_from_onnx, onnx_gru_after, "gru", 0, 6, 0, WEIR_RESET_AFTER},
    {"ONNX GRU", weir_weights_from_onnx, onnx_gru_before, "gru_before", 0, 6, 0, WEIR_RESET_BEFORE},
    {"ONNX RNN", weir_weights_from_onnx, onnx_rnn, "rnn_tanh", 0, 2, 0, 0},
    {"oneDNN LSTM", weir_weights_from_onednn, keras_plain_lstm, "lstm", 0, 4, 0, 0},
    {"oneDNN LSTM, projected", weir_weights_from_onednn, onednn_projected_lstm, "lstm_projected", P,
     4, 0, 0},
    {"oneDNN lbr_gru", weir_weights_from_onednn, onednn_lbr_gru, "gru", 0, 4, 0, 0},
    {"oneDNN vanilla_gru", weir_weights_from_onednn, keras_gru_before, "gru_before", 0, 3, 0, 0},
    {"oneDNN vanilla_rnn", weir_weights_from_onednn, keras_rnn, "rnn_relu", 0, 1, 0, 0},
};

enum { ROW_COUNT = sizeof rows_of_test / sizeof *rows_of_test };

static weir_stacked stacked_of(size_t row)
{
    const size_t b = rows_of_test[row].bias_rows, b_h = rows_of_test[row].recurrent_rows;
    return (weir_stacked){.cell = rows_of_test[row].cell,
                          .I = I,
                          .H = H,
                          .P = rows_of_test[row].P,
                          .input = input,
                          .recurrent = recurrent,
                          .bias = b ? bias : NULL,
                          .bias_count = b * H,
                          .recurrent_bias = b_h ? bias_h : NULL,
                          .projection = projection,
                          .peephole = peephole,
                          .reset = rows_of_test[row].reset};
}

static void check_row(size_t row)
{
    static weir_weight weights[16];
    static float memory[FLOATS + P * H], y[T][H];
    const weir_stacked stacked = stacked_of(row);
    size_t count, floats;
    weir_error error = {0};
    weir_layer *layer = NULL;
    weir_status status = weir_weights_size(stacked.cell, I, H, stacked.P, &count, &floats, &error);
    EXPECT(!status && count <= 16 && floats <= FLOATS + P * H, "%s: %s", rows_of_test[row].what,
           error.message);
    status = rows_of_test[row].convert(&stacked, weights, memory, &error);
    if (!status)
        status = weir_layer_create(&layer,
                                   &(weir_layer_config){.cell = stacked.cell,
                                                        .I = I,
                                                        .H = H,
                                                        .P = stacked.P,
                                                        .weights = weights,
                                                        .weight_count = count},
                                   &error);
    EXPECT(!status, "%s: %s", rows_of_test[row].what, error.message);
    if (status)
        return;
    weir_layer_forward(layer, &(weir_sequence){.T = T, .B = 1, .x = x[0], .y = y[0]});
    struct states states = {{0}, {0}};
    const size_t width = stacked.P ? stacked.P : H;
    const float *outputs = y[0];
    double worst = 0;
    for (size_t t = 0; t < T; t++) {
        double in[I];
        for (size_t i = 0; i < I; i++)
            in[i] = x[t][i];
        rows_of_test[row].step(in, &states, stacked.bias);
        for (size_t j = 0; j < width; j++)
            worst = fmax(worst, fabs(outputs[t * width + j] - states.h[j]));
    }
    EXPECT(worst < 1e-6, "%s: off by %g", rows_of_test[row].what, worst);
    weir_layer_destroy(layer);
}

/* ---- What is refused ---- */

static void check_refusal(const char *what, from *convert, const weir_stacked *stacked,
                          const char *sentence)
{
    weir_weight weights[16];
    static float memory[FLOATS + P * H];
    weir_error error = {0};
    const weir_status status = convert(stacked, weights, memory, &error);
    EXPECT(status == WEIR_INVALID && strstr(error.message, sentence), "%s: %d, \"%s\"", what,
           (int)status, error.message);
}

static void check_refusals(void)
{
    const weir_stacked gru = {
        .cell = "gru", .I = I, .H = H, .input = input, .recurrent = recurrent};
    weir_stacked s = gru;
    check_refusal("Keras without bias", weir_weights_from_keras, &s, "reset_after=True");
    check_refusal("oneDNN without bias", weir_weights_from_onednn, &s, "linear-before-reset");
    s.bias = bias, s.bias_count = 6 * H;
    check_refusal("ONNX", weir_weights_from_onnx, &s, "linear_before_reset 1");
    s.reset = WEIR_RESET_BEFORE;
    check_refusal("ONNX before, cell after", weir_weights_from_onnx, &s, "choose a cell");
    check_refusal("Keras's biases say after", weir_weights_from_keras, &s, "as its biases tell");
    s.reset = (weir_reset)7;
    check_refusal("reset out of range", weir_weights_from_onnx, &s,
                  "none of the values of weir_reset");
    s.reset = WEIR_RESET_UNKNOWN, s.bias_count = 3 * H;
    check_refusal("Keras before, cell after", weir_weights_from_keras, &s, "no recurrent bias un");
    s.bias_count = 5 * H;
    check_refusal("five rows of bias", weir_weights_from_keras, &s, "21 or 42 floats");
    s.bias_count = 3 * H;
    check_refusal("bias_ih alone", weir_weights_from_pytorch, &s, "set it too");
    s.recurrent_bias = bias_h;
    check_refusal("bias_hh of Keras", weir_weights_from_keras, &s, "leave it out");
    s.cell = "gru_before";
    check_refusal("PyTorch before", weir_weights_from_pytorch, &s,
                  "has a recurrent bias of its own");
    s = gru, s.cell = "lstm", s.bias = bias, s.bias_count = 8 * H;
    check_refusal("Keras LSTM with two biases", weir_weights_from_keras, &s, "are 28 floats");
    s.bias_count = 0;
    check_refusal("bias without count", weir_weights_from_keras, &s, "both set or both left out");
    s = gru, s.recurrent = NULL;
    check_refusal("no recurrent", weir_weights_from_pytorch, &s, "input and recurrent");
    s = gru, s.cell = "lstm_peephole";
    check_refusal("peepholes of PyTorch", weir_weights_from_pytorch, &s, "has a weight pi");
    s = gru, s.cell = "lstm_projected", s.P = P;
    check_refusal("projection left out", weir_weights_from_pytorch, &s, "has a weight R");
    s = gru, s.cell = "gru_uncoupled";
    check_refusal("gates of none", weir_weights_from_pytorch, &s, "has a weight");
    check_refusal("nothing", weir_weights_from_pytorch, NULL, "may be NULL");
    s = gru, s.cell = "none";
    weir_error error = {0};
    weir_weight weight;
    EXPECT(weir_weights_from_onnx(&s, &weight, bias, &error) == WEIR_UNAVAILABLE, "%s",
           error.message);
}

int main(void)
{
    fill_all();
    for (size_t row = 0; row < ROW_COUNT; row++)
        check_row(row);
    check_refusals();
    return expect_verdict("test_weights");
}
