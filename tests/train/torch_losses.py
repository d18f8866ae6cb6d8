#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes losses.txt: the first ten losses of two small training runs, by PyTorch in float64.

An LSTM, and a GRU (reset after), of 8 units on 2 inputs, 10 steps and 4 rows; a dense layer on the
last output; binary cross-entropy of its logit; Adam with Keras's defaults. Weights and data come from
integer arithmetic, so that check_losses makes the very same ones. Needs PyTorch (Debian:
python3-torch, then run with /usr/bin/python3): torch_losses.py > losses.txt
"""

import math

import torch

T, B, I, H, STEPS = 10, 4, 2, 8, 10

# The names that Weir's cells give to the rows of PyTorch's weights, in PyTorch's order.
GATES = {"lstm": "ifgo", "gru": "rzn"}


def whole(name, k):
    """A number from -30 to 30, by an array's name and a place in it."""
    n = sum((at + 1) * ord(letter) for at, letter in enumerate(name))
    return (7 * k * k + 13 * k + 29 * n) % 61 - 30


def array(name, *shape):
    values = [whole(name, k) / 64 for k in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def recurrent(cell):
    """PyTorch's layer with Weir's weights, and which of its parameters learn. PyTorch has two biases
    a gate; Weir has a second one in the GRU's n only, so that the others stay zeros."""
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    layer = kind(I, H).double()
    gates = GATES[cell]
    second = [array("un", H) if cell == "gru" and gate == "n" else torch.zeros(H).double()
              for gate in gates]
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.cat([array("W" + gate, H, I) for gate in gates]))
        layer.weight_hh_l0.copy_(torch.cat([array("U" + gate, H, H) for gate in gates]))
        layer.bias_ih_l0.copy_(torch.cat([array("b" + gate, H) for gate in gates]))
        layer.bias_hh_l0.copy_(torch.cat(second))
    learns = torch.cat([torch.full((H,), float(cell == "gru" and gate == "n")) for gate in gates])
    layer.bias_hh_l0.register_hook(lambda gradient: gradient * learns)
    return layer


def losses(cell):
    layer = recurrent(cell)
    dense = torch.nn.Linear(H, 1).double()
    with torch.no_grad():
        dense.weight.copy_(array("W", 1, H))
        dense.bias.copy_(array("b", 1))
    x = 4 * array("x", T, B, I)
    targets = torch.tensor([[float(b % 2)] for b in range(B)], dtype=torch.float64)
    adam = torch.optim.Adam([*layer.parameters(), *dense.parameters()], lr=0.001,
                            betas=(0.9, 0.999))
    for step in range(1, STEPS + 1):
        # Keras adds epsilon before it corrects for the bias of the second moment, PyTorch after.
        adam.param_groups[0]["eps"] = 1e-7 / math.sqrt(1 - 0.999**step)
        adam.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(dense(layer(x)[0][-1]), targets)
        loss.backward()
        adam.step()
        yield loss.item()


print("# The first ten losses of two training runs, by PyTorch in float64: see torch_losses.py.")
for name in GATES:
    for value in losses(name):
        print(f"{name} {value:.12f}")
