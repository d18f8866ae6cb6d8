#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""export_torch.py DIR: models as PyTorch exports them, DIR/NAME/model.onnx, with an input x.npy and
what PyTorch makes of it, y.npy. Skipped (77) where there is no PyTorch."""
import os
import sys
import warnings

try:
    import numpy
    import torch
except ImportError as error:
    print(f"SKIPPED: no PyTorch for {sys.executable}: {error}")
    sys.exit(77)


class Net(torch.nn.Module):
    """Recurrent layers, of which `how` says what goes on to a head."""

    def __init__(self, kind, both, batch_first, layers, how):
        super().__init__()
        self.recurrent = getattr(torch.nn, kind)(6, 10, layers, batch_first=batch_first,
                                                 bidirectional=both)
        self.head = torch.nn.Linear(20 if both else 10, 3)
        self.how, self.batch_first = how, batch_first

    def forward(self, x):
        y, final = self.recurrent(x)
        if self.how == "last":
            y = y[:, -1] if self.batch_first else y[-1]
        if self.how == "final":
            y = (final[0] if isinstance(final, tuple) else final)[-1]
        if self.how == "relu":
            return torch.sigmoid(self.head(torch.relu(y)))
        return self.head(y)


ROWS = {"stream": ("LSTM", False, False, 1, "all"), "both": ("GRU", True, True, 2, "all"),
        "last": ("LSTM", False, True, 1, "last"), "final": ("GRU", False, False, 1, "final"),
        "relu": ("RNN", True, False, 2, "relu")}


def main():
    warnings.simplefilter("ignore")
    torch.manual_seed(3)
    for name, row in ROWS.items():
        folder = os.path.join(sys.argv[1], name)
        os.makedirs(folder)
        net = Net(*row).eval()
        x = torch.randn((1, 9, 6) if row[2] else (9, 1, 6))
        torch.onnx.export(net, x, os.path.join(folder, "model.onnx"), input_names=["x"],
                          output_names=["y"], opset_version=13,
                          dynamic_axes={"x": {0: "b", 1: "t"} if row[2] else {0: "t", 1: "b"}})
        numpy.save(os.path.join(folder, "x.npy"), x.numpy())
        numpy.save(os.path.join(folder, "y.npy"), net(x).detach().numpy())


main()
