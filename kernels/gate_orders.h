/* SPDX-License-Identifier: MIT */
/* In which order frameworks stack the gates of a recurrent layer, by the letters that Weir's cells
 * give them: i f g o (LSTM; g is the candidate of the cell) and z r n (GRU; n is the candidate). */
#ifndef WEIR_GATE_ORDERS_H
#define WEIR_GATE_ORDERS_H

enum { WEIR_GATES_MAX = 4 };

struct weir_gate_order {
    const char *gates[WEIR_GATES_MAX + 1]; /* by how many there are */
    const char *peepholes; /* NULL: it has none */
};

/* torch.nn */
static const struct weir_gate_order weir_order_pytorch = {{[1] = "", [3] = "rzn", [4] = "ifgo"}, 0};
/* tf.keras.layers */
static const struct weir_gate_order weir_order_keras = {{[1] = "", [3] = "zrn", [4] = "ifgo"}, 0};
/* The operators RNN, GRU and LSTM. */
static const struct weir_gate_order weir_order_onnx = {{[1] = "", [3] = "zrn", [4] = "iofg"},
                                                       "iof"};
/* dnnl::vanilla_rnn, gru, lbr_gru and lstm */
static const struct weir_gate_order weir_order_onednn = {{[1] = "", [3] = "zrn", [4] = "ifgo"}, 0};

#endif
