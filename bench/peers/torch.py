#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch on the shapes of weir-bench: LSTM and GRU layers, float32, one pinned thread, forward or,
with --train, forward and backward.

Needs PyTorch (Debian: python3-torch). Prints weir-bench's table and, with --out, writes Google
Benchmark's JSON, so that both can stand beside a run of weir-bench on the same machine. Before a
time counts, the output, and in training every gradient, is compared with the formulas, computed here
in float64.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # read when the libraries are loaded
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)

# This file has the library's name: it must not be what `import torch` finds.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path = [path for path in sys.path if os.path.abspath(path) != HERE]

try:
    import torch
except ImportError:
    sys.exit("torch.py: there is no PyTorch for this Python; install it (Debian: python3-torch, "
             "then run with /usr/bin/python3)")

GATES = {"lstm": 4, "gru": 3}


def closes_read(path):
    with open(path, encoding="ascii") as file:
        return [float(line.split(",")[1]) for line in file.read().splitlines()[1:]]


def shapes_read(path):
    """The shapes whose cell PyTorch has; the others are named on stderr."""
    shapes = []
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            fields = line.split("#")[0].split()
            if not fields:
                continue
            try:
                name, cell, I, H, T, B = fields[:6]
                options = dict(field.split("=", 1) for field in fields[6:])
                I, H, T = int(I), int(H), int(T)
                closes = None
                if "data" in options:
                    closes = closes_read(os.path.join(os.path.dirname(path), options["data"]))
                B = len(closes) - 1 - T if B == "windows" else int(B)
            except (ValueError, TypeError, IndexError, OSError) as error:
                sys.exit(f"torch.py: {path}:{number}: expected name cell I H T B [data=file] ({error})")
            if cell in GATES:
                shapes.append((name, cell, I, H, T, B, closes))
            else:
                print(f"left out: {name}: PyTorch has no {cell}", file=sys.stderr)
    return shapes


def input_make(I, T, B, closes):
    if closes is None:
        return torch.rand(T, B, I) * 2 - 1
    gains = [100 * (now / before - 1) for before, now in zip(closes, closes[1:])]
    days = [(now, now - before) for before, now in zip(gains, gains[1:])]
    days = torch.tensor(days[-(T + B - 1):])
    return days.unfold(0, T, 1).permute(2, 0, 1).contiguous()


def formulas(cell, weights, x):
    """The outputs by the cell's formulas, from weights as the layer orders them."""
    W, U, b, c_bias = weights
    h = torch.zeros(x.shape[1], U.shape[1], dtype=x.dtype)
    c = h
    outputs = []
    for step in x:
        if cell == "lstm":
            i, f, g, o = (step @ W.T + b + h @ U.T + c_bias).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        else:
            x_r, x_z, x_n = (step @ W.T + b).chunk(3, 1)
            h_r, h_z, h_n = (h @ U.T + c_bias).chunk(3, 1)
            z = (x_z + h_z).sigmoid()
            h = (1 - z) * (x_n + (x_r + h_r).sigmoid() * h_n).tanh() + z * h
        outputs.append(h)
    return torch.stack(outputs)


class Inference:
    """One call: forward, from zero states."""
    suffix = ""

    def __init__(self, cell, layer, x):
        self.cell, self.layer, self.x = cell, layer.eval(), x

    def __call__(self):
        """Returns the seconds of the forward part where there is another, and else 0."""
        self.layer(self.x)
        return 0.0

    def differences(self):
        """From the formulas: names, and how far off."""
        weights = [weight.double() for weight in self.layer.parameters()]
        want = formulas(self.cell, weights, self.x[:2].double())
        yield "output", (self.layer(self.x)[0][:2].double() - want).abs().max().item()


class Training:
    """One call: forward and backward, from zero states and a given gradient by every output, to new
    gradients by the inputs and all weights."""
    suffix = "/train"

    def __init__(self, cell, layer, x):
        self.cell, self.layer, self.x = cell, layer.train(), x.requires_grad_()
        self.wanted = [self.x, *layer.parameters()]
        self.d_y = torch.rand(x.shape[0], x.shape[1], layer.hidden_size) * 2 - 1

    def __call__(self):
        start = time.perf_counter()
        y = self.layer(self.x)[0]
        forward = time.perf_counter() - start
        torch.autograd.grad(y, self.wanted, self.d_y)
        return forward

    def differences(self):
        exact = [value.detach().double().requires_grad_() for value in self.wanted]
        names = ["x", *(name for name, _ in self.layer.named_parameters())]
        want_y, y = formulas(self.cell, exact[1:], exact[0]), self.layer(self.x)[0]
        yield "output", (y.double() - want_y).abs().max().item()
        want = torch.autograd.grad(want_y, exact, self.d_y.double())
        got = torch.autograd.grad(y, self.wanted, self.d_y)
        for name, exactly, about in zip(names, want, got):
            off = (about.double() - exactly).abs().max() / exactly.abs().max()
            yield f"gradient by {name}", off.item()


def seconds_a_call(call, at_least):
    """Seconds by the clock, seconds of the processor, calls, seconds of the forward part."""
    calls = 1
    while True:
        start, start_cpu = time.perf_counter(), time.process_time()
        forward = sum(call() for _ in range(calls))
        took, took_cpu = time.perf_counter() - start, time.process_time() - start_cpu
        if took >= at_least:
            return took / calls, took_cpu / calls, calls, forward / calls
        calls = max(calls + 1, min(10 * calls, int(1.4 * at_least / took * calls)))


def flop_of(cell, I, H, T, B, train):
    """Of the matrices, as weir-bench counts it."""
    W, U = 2.0 * GATES[cell] * H * I * B, 2.0 * GATES[cell] * H * H * B
    return W * 3 * T + U * (3 * T - 1) if train else (W + U) * T


def shape_run(shape, work, rounds, at_least):
    name, cell, I, H, T, B, closes = shape
    layer = (torch.nn.LSTM if cell == "lstm" else torch.nn.GRU)(I, H)
    call = work(cell, layer, input_make(I, T, B, closes))
    for what, difference in call.differences():
        if not difference <= 1e-4:
            sys.exit(f"torch.py: {name}: {what} differs from the formulas by {difference}: no time counts")
    call()
    samples = [seconds_a_call(call, at_least) for _ in range(rounds)]
    return {"shape": name, "cell": cell, "I": I, "H": H, "T": T, "B": B, "samples": samples,
            "suffix": work.suffix, "median": statistics.median(sample[0] for sample in samples),
            "cpu_median": statistics.median(sample[1] for sample in samples),
            "forward": statistics.median(sample[3] for sample in samples),
            "backward": statistics.median(sample[0] - sample[3] for sample in samples),
            "flop": flop_of(cell, I, H, T, B, work is Training)}


def benchmarks(result, rounds):
    name = f"{result['shape']}/torch{result['suffix']}"
    parts = {}
    if result["suffix"]:
        parts = {"train": True, "forward_us": 1e6 * result["forward"],
                 "backward_us": 1e6 * result["backward"]}
    for index, (took, took_cpu, calls, _) in enumerate(result["samples"]):
        yield {"name": name, "run_name": name, "run_type": "iteration", "repetitions": rounds,
               "repetition_index": index, "threads": 1, "iterations": calls,
               "real_time": 1e6 * took, "cpu_time": 1e6 * took_cpu, "time_unit": "us"}
    yield {"name": name + "_median", "run_name": name, "run_type": "aggregate",
           "aggregate_name": "median", "aggregate_unit": "time", "repetitions": rounds,
           "threads": 1, "iterations": rounds, "real_time": 1e6 * result["median"],
           "cpu_time": 1e6 * result["cpu_median"], "time_unit": "us", "kind": "PyTorch",
           "contender": "torch", "GFLOP/s": 1e-9 * result["flop"] / result["median"],
           **{key: result[key] for key in ("shape", "cell", "I", "H", "T", "B")}, **parts}


def head_print(train):
    parts = f"{'forward':>12}{'backward':>12}" if train else ""
    print(f"{'shape':40}{'kernel':10}{'us/call':>12}{parts}{'GFLOP/s':>10}")


def result_print(result, train):
    words = "{shape}: {cell} {I}x{H} T{T} B{B}".format(**result)
    parts = f"{1e6 * result['forward']:12.2f}{1e6 * result['backward']:12.2f}" if train else ""
    print(f"{words:40}{'torch':10}{1e6 * result['median']:12.2f}{parts}"
          f"{1e-9 * result['flop'] / result['median']:10.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", help="(bench/shapes/default.txt, or training.txt)")
    parser.add_argument("--train", action="store_true", help="forward and backward")
    parser.add_argument("--out", metavar="PREFIX", help="write PREFIX.json")
    parser.add_argument("--cpu", type=int, help="the core to pin to (default: the last)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--min-time", type=float, default=0.05, help="seconds a round (0.05)")
    options = parser.parse_args()
    allowed = os.sched_getaffinity(0)
    cpu = max(allowed) if options.cpu is None else options.cpu
    if cpu not in allowed or options.rounds < 1:
        sys.exit(f"torch.py: --cpu is one of {sorted(allowed)}, --rounds at least 1")
    os.sched_setaffinity(0, {cpu})
    torch.set_num_threads(1)
    torch.manual_seed(42)

    if options.shapes is None:
        file = "training.txt" if options.train else "default.txt"
        options.shapes = os.path.join(HERE, "..", "shapes", file)
    try:
        shapes = shapes_read(options.shapes)
    except (OSError, UnicodeError) as error:
        sys.exit(f"torch.py: {options.shapes}: cannot be read ({error}); give a shapes file with --shapes")
    results = []
    head_print(options.train)
    with torch.inference_mode(not options.train):
        for shape in shapes:
            work = Training if options.train else Inference
            results.append(shape_run(shape, work, options.rounds, options.min_time))
            result_print(results[-1], options.train)
    if options.out:
        os.makedirs(os.path.dirname(options.out) or ".", exist_ok=True)
        context = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds"),
                   "PyTorch": torch.__version__, "python": platform.python_version(),
                   "kernel": platform.platform(), "pinned_core": cpu}
        unfinished = options.out + ".json.unfinished"
        with open(unfinished, "w", encoding="ascii") as file:
            json.dump({"context": context,
                       "benchmarks": [entry for result in results
                                      for entry in benchmarks(result, options.rounds)]},
                      file, indent=2)
        os.rename(unfinished, options.out + ".json")


if __name__ == "__main__":
    main()
