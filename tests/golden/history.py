"""Writes history.json: the cost histories of small nets trained by plain NumPy (f64).

usage: python tests/golden/history.py > tests/golden/history.json            needs: numpy (from PyPI)

Weights, inputs and labels come from numpy.random.RandomState; full-batch gradient descent with the textbook's
da[L] = -y/a + (1-y)/(1-a). The cost at iteration i is taken before update i.
"""

import json
import sys

import numpy as np

ACTIVATIONS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: 1.0 * (z > 0)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
}
WIDTHS, EXAMPLES, ITERATIONS, SEED = [20, 8, 4, 1], 30, 150, 5


def train(activation, learning_rate):
    """One net's history, with the initial weights randn / sqrt(n_in), drawn layer by layer."""
    g, derivative = ACTIVATIONS[activation]
    stream = np.random.RandomState(SEED)
    W = [stream.randn(o, i) / np.sqrt(i) for i, o in zip(WIDTHS, WIDTHS[1:])]
    b = [np.zeros((o, 1)) for o in WIDTHS[1:]]
    X, Y = DATA
    costs = []
    for _ in range(ITERATIONS):
        A, Z = [X], []
        for l in range(len(W)):
            Z.append(W[l] @ A[-1] + b[l])
            A.append(g(Z[-1]) if l < len(W) - 1 else 1 / (1 + np.exp(-Z[-1])))
        costs.append(float(-np.mean(Y * np.log(A[-1]) + (1 - Y) * np.log(1 - A[-1]))))
        dA = -(Y / A[-1] - (1 - Y) / (1 - A[-1]))
        for l in reversed(range(len(W))):
            dZ = dA * (A[-1] * (1 - A[-1]) if l == len(W) - 1 else derivative(Z[l]))
            dA = W[l].T @ dZ
            W[l] = W[l] - learning_rate * dZ @ A[l].T / EXAMPLES
            b[l] = b[l] - learning_rate * dZ.mean(axis=1, keepdims=True)
    return {"activation": activation, "learning_rate": learning_rate, "costs": costs}


inputs = np.random.RandomState(100)
DATA = inputs.randn(WIDTHS[0], EXAMPLES), (inputs.randn(1, EXAMPLES) > 0) * 1.0
json.dump(
    {
        "numpy": np.__version__,
        "seed": SEED,
        "widths": WIDTHS,
        "x": DATA[0].tolist(),
        "y": DATA[1].tolist(),
        "histories": [train(activation, rate) for activation in ACTIVATIONS for rate in (0.01, 0.2)],
    },
    sys.stdout,
)
