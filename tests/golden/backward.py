"""Writes backward.json: one forward and backward pass of small nets in PyTorch (f64), one net for each activation.

usage: python tests/golden/backward.py > tests/golden/backward.json          needs: torch (from PyPI)

The gradients come from autograd on the mean binary cross-entropy from logits, an oracle that shares no code with
Layerchain. The seed and PyTorch's version stand in the file.
"""

import json
import sys

import torch
import torch.nn.functional as F

SEED = 20
WIDTHS = [6, 5, 4, 1]
ACTIVATIONS = {
    "relu": torch.relu,
    "leaky-relu": lambda z: F.leaky_relu(z, 0.01),
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda z: z,
}


def one_pass(name, examples):
    """The inputs, parameters, cost and gradients of one net."""
    real = {"dtype": torch.float64}
    x = torch.randn(WIDTHS[0], examples, **real)
    y = torch.randint(0, 2, (1, examples)).to(torch.float64)
    w = [torch.randn(o, i, **real).requires_grad_() for i, o in zip(WIDTHS, WIDTHS[1:])]
    b = [torch.randn(o, **real).requires_grad_() for o in WIDTHS[1:]]
    a, z, steps = x, x, []
    for l in range(len(w)):
        z = w[l] @ a + b[l][:, None]
        z.retain_grad()
        steps.append(z)
        a = ACTIVATIONS[name](z) if l < len(w) - 1 else torch.sigmoid(z)
    cost = F.binary_cross_entropy_with_logits(z, y)
    cost.backward()
    layers = [
        # autograd's gradient of z carries the 1/m that the course's dz doesn't.
        {"w": w_l.tolist(), "b": b_l.tolist(), "z": z_l.tolist(), "dz": (z_l.grad * examples).tolist(),
         "dw": w_l.grad.tolist(), "db": b_l.grad.tolist()}
        for w_l, b_l, z_l in zip(w, b, steps)
    ]
    return {"activation": name, "x": x.tolist(), "y": y.tolist(), "cost": cost.item(), "layers": layers}


torch.manual_seed(SEED)
json.dump(
    {
        "torch": torch.__version__,
        "seed": SEED,
        "passes": [one_pass(name, examples) for name in ACTIVATIONS for examples in (7, 1)],
    },
    sys.stdout,
)
