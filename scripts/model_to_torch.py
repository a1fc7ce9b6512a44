#!/usr/bin/env python3
"""Converts a model of `runner train` to a torch.nn.Sequential, and compares its outputs with those of `runner predict --json`.

    model_to_torch.py model.h5                              # the module
    model_to_torch.py model.h5 examples.h5                  # a JSON line for each example: probabilities or values
    model_to_torch.py model.h5 examples.h5 --beside FILE    # the largest difference to the lines in FILE

Needs torch, h5py and numpy. The format is in docs/model-format.md.
"""

import argparse
import json
import sys

try:
    import h5py
    import numpy as np
    import torch
    from torch import nn
except ModuleNotFoundError as error:
    if error.name not in ("h5py", "numpy", "torch"):
        raise
    sys.exit(f"error: a model as a torch module needs the Python package {error.name}: "
             "python3 -m pip install torch h5py numpy")

ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(0.01),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
    "elu": nn.ELU,
    # By default PyTorch replaces softplus(x) by x from 20 on, which is 2e-9 off.
    "softplus": lambda: nn.Softplus(threshold=40),
    "gelu": nn.GELU,
    "gelu-tanh": lambda: nn.GELU(approximate="tanh"),
    "hard-tanh": nn.Hardtanh,
    "silu": nn.SiLU,
    "softmax": lambda: nn.Softmax(dim=1),
}


def load(path):
    """Returns the net, a function from raw examples (one per row, as in HDF5) to its inputs, and the names of the classes."""
    with h5py.File(path) as file:
        text = lambda group, name: group.attrs[name].decode()
        assert (text(file, "format"), file.attrs["version"]) == ("layerchain-model", 1), path
        dtype = {"f32": torch.float32, "f64": torch.float64}[text(file, "dtype")]
        modules = []
        for l in range(1, file.attrs["layers"] + 1):
            layer = file[f"layer_{l}"]
            n_out, n_in = layer["w"].shape
            linear = nn.Linear(n_in, n_out, dtype=dtype)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(layer["w"][:]))
                linear.bias.copy_(torch.from_numpy(layer["b"][:]))
            modules += [linear, ACTIVATIONS[text(layer, "activation")]()]
        kind = text(file, "scaling")
        mean, std = (file["scaling/mean"][:], file["scaling/std"][:]) if kind == "standardize" else (0.0, 1.0)
        mean, std = (0.0, 255.0) if kind == "divide-255" else (mean, std)
        classes = [name.decode() for name in file["classes"]] if "classes" in file else []

    def inputs(examples):
        rows = np.asarray(examples).reshape(len(examples), -1)
        # Scaled in f64 and then rounded, as the runner does.
        return torch.from_numpy((rows.astype(np.float64) - mean) / std).to(dtype)

    return nn.Sequential(*modules).eval(), inputs, classes


def answers(net, outputs):
    """Returns the probabilities, or values, as in `runner predict --json`."""
    outputs = outputs.to(torch.float64)
    if isinstance(net[-1], nn.Sigmoid):
        return "probabilities", torch.cat([1.0 - outputs, outputs], dim=1).tolist()
    return "probabilities" if isinstance(net[-1], nn.Softmax) else "values", outputs.tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("examples", nargs="?", help="an HDF5 file")
    parser.add_argument("--dataset", default="test_set_x")
    parser.add_argument("--beside", metavar="FILE", help="lines of `runner predict --json` for the same examples")
    args = parser.parse_args()
    net, inputs, classes = load(args.model)
    if args.examples is None:
        print(net, classes)
        return
    with h5py.File(args.examples) as file, torch.no_grad():
        kind, found = answers(net, net(inputs(file[args.dataset][:])))
    if args.beside is None:
        for answer in found:
            print(json.dumps({kind: answer}))
        return
    with open(args.beside) as lines:
        runner = np.array([json.loads(line)[kind] for line in lines])
    found = np.array(found)
    if runner.shape != found.shape:
        sys.exit(f"{args.beside} has answers of shape {runner.shape}, PyTorch of {found.shape}")
    print(f"{len(found)} examples, largest difference {np.abs(runner - found).max():.3g}")


if __name__ == "__main__":
    main()
