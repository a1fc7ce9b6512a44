"""A trained net as a module of PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from ._activations import LEAKY_SLOPE
from ._model import Model

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(LEAKY_SLOPE),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
    "elu": nn.ELU,
    # By default PyTorch takes x for softplus(x) from 20 on, which is 2e-9 off.
    "softplus": lambda: nn.Softplus(threshold=40),
    "gelu": nn.GELU,
    "gelu-tanh": lambda: nn.GELU(approximate="tanh"),
    "hard-tanh": nn.Hardtanh,
    "silu": nn.SiLU,
    "softmax": lambda: nn.Softmax(dim=1),
}


class Net(nn.Module):
    """The layers of a model, and before them its scaling, in f64 as the runner has it.

    The names of the parameters are those that `runner export --safetensors` writes: layers.0.weight, layers.0.bias, ...
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.scaling = model.scaling.kind
        self.dtype = {4: torch.float32, 8: torch.float64}[model.dtype.itemsize]
        if model.scaling.mean is not None and model.scaling.std is not None:
            self.register_buffer("mean", torch.from_numpy(model.scaling.mean))
            self.register_buffer("std", torch.from_numpy(model.scaling.std))
        self.layers = nn.ModuleList()
        self.activations = nn.ModuleList()
        for layer in model.layers:
            n_out, n_in = layer.w.shape
            linear = nn.Linear(n_in, n_out, dtype=self.dtype)
            linear.load_state_dict({"weight": torch.from_numpy(layer.w), "bias": torch.from_numpy(layer.b)})
            self.layers.append(linear)
            self.activations.append(ACTIVATIONS[layer.activation]())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """a[L] of unscaled examples in rows, of any shape that has the model's number of features."""
        a = x.flatten(1)
        if self.scaling == "divide-255":
            a = a.double() / 255
        elif self.scaling == "standardize":
            a = (a.double() - self.mean) / self.std
        a = a.to(self.dtype)
        for linear, activation in zip(self.layers, self.activations):
            a = activation(linear(a))
        return a
