#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_torch.py LIBWEIR.SO: layers of PyTorch, with weights that PyTorch drew, give through
weir_weights_from_pytorch what they give in PyTorch. Skipped (77) where there is no PyTorch."""
import ctypes
import sys

try:
    import torch
except ImportError as error:
    print(f"SKIPPED: no PyTorch for {sys.executable}: {error}")
    sys.exit(77)

F = ctypes.POINTER(ctypes.c_float)
Z = ctypes.c_size_t
C = ctypes.c_char_p


class Stacked(ctypes.Structure):
    _fields_ = [("cell", C), ("I", Z), ("H", Z), ("P", Z), ("input", F), ("recurrent", F),
                ("bias", F), ("recurrent_bias", F), ("bias_count", Z), ("projection", F),
                ("peephole", F), ("reset", ctypes.c_int)]


class Weight(ctypes.Structure):
    _fields_ = [("name", C), ("data", F), ("rows", Z), ("cols", Z), ("type", C),
                ("numbers", ctypes.c_void_p), ("scales", F), ("scale_count", Z),
                ("zero_points", ctypes.c_void_p), ("zero_point_count", Z)]


class Config(ctypes.Structure):
    _fields_ = [("cell", C), ("I", Z), ("H", Z), ("P", Z), ("weights", ctypes.POINTER(Weight)),
                ("weight_count", Z), ("max_batch", Z), ("math", C), ("type", C), ("isa", C),
                ("kernel", C), ("own", ctypes.c_void_p), ("pool", ctypes.c_void_p), ("threads", Z),
                ("train", ctypes.c_bool)]


class Sequence(ctypes.Structure):
    _fields_ = [("T", Z), ("B", Z), ("x", F), ("x_step", Z), ("x_row", Z), ("y", F),
                ("y_step", Z), ("y_row", Z), ("initial", ctypes.c_void_p),
                ("final", ctypes.c_void_p)]


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("message", ctypes.c_char * 512)]


def floats(tensor):
    return ctypes.cast(tensor.data_ptr(), F)


def check(weir, cell, module, width):
    """The largest difference between a layer of PyTorch and that of Weir."""
    named = {name: value.detach().contiguous() for name, value in module.named_parameters()}
    I, H, P = module.input_size, module.hidden_size, getattr(module, "proj_size", 0)
    stacked = Stacked(cell.encode(), I, H, P, floats(named["weight_ih_l0"]),
                      floats(named["weight_hh_l0"]))
    if "bias_ih_l0" in named:
        stacked.bias = floats(named["bias_ih_l0"])
        stacked.recurrent_bias = floats(named["bias_hh_l0"])
        stacked.bias_count = named["bias_ih_l0"].numel()
    if "weight_hr_l0" in named:
        stacked.projection = floats(named["weight_hr_l0"])
    error, count, size, layer = Error(), Z(), Z(), ctypes.c_void_p()

    def must(status):
        if status:
            sys.exit(f"FAILED: {module}: {error.message.decode()}")

    must(weir.weir_weights_size(cell.encode(), Z(I), Z(H), Z(P), ctypes.byref(count),
                                ctypes.byref(size), ctypes.byref(error)))
    weights, memory = (Weight * count.value)(), (ctypes.c_float * size.value)()
    must(weir.weir_weights_from_pytorch(ctypes.byref(stacked), weights, memory,
                                        ctypes.byref(error)))
    must(weir.weir_layer_create(ctypes.byref(layer),
                                ctypes.byref(Config(cell.encode(), I, H, P, weights, count.value)),
                                ctypes.byref(error)))
    x, y = torch.randn(11, 3, I), torch.zeros(11, 3, width)
    weir.weir_layer_forward(layer, ctypes.byref(Sequence(11, 3, floats(x), 0, 0, floats(y))))
    weir.weir_layer_destroy(layer)
    with torch.no_grad():
        return float((module(x)[0] - y).abs().max())


def main():
    weir = ctypes.CDLL(sys.argv[1])
    torch.manual_seed(1)
    rows = [("lstm", torch.nn.LSTM(5, 17), 17), ("gru", torch.nn.GRU(5, 17), 17),
            ("lstm", torch.nn.LSTM(5, 17, bias=False), 17),
            ("gru", torch.nn.GRU(5, 17, bias=False), 17),
            ("lstm_projected", torch.nn.LSTM(5, 17, proj_size=9), 9),
            ("rnn_tanh", torch.nn.RNN(5, 17), 17),
            ("rnn_relu", torch.nn.RNN(5, 17, nonlinearity="relu"), 17)]
    for cell, module, width in rows:
        worst = check(weir, cell, module, width)
        print(f"{module}: off by {worst:.2g}")
        if not worst < 2e-6:
            sys.exit(f"FAILED: {module} differs from PyTorch {torch.__version__}")


main()
