"""The activations a = g(z) of docs/model-format.md in NumPy: each keeps the type of z, and its relative accuracy for small a."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LEAKY_SLOPE = 0.01
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def sigmoid(z: Array) -> Array:
    """1 / (1 + e⁻ᶻ), of which no exponential overflows."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def softmax(z: Array) -> Array:
    """eᶻ over the sum of eᶻ along the last axis."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    result: Array = e / e.sum(axis=-1, keepdims=True)
    return result


def gelu(z: Array) -> Array:
    """z Φ(z), where Φ is the normal distribution function."""
    cdf = _erfc(-z.astype(np.float64) / math.sqrt(2)) / 2 if z.size else z
    return (z * cdf).astype(z.dtype)


def gelu_tanh(z: Array) -> Array:
    """z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2."""
    return z * sigmoid(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z * z * z))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky-relu": lambda z: np.where(z >= 0, z, LEAKY_SLOPE * z),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "identity": lambda z: z,
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "softplus": lambda z: np.logaddexp(z, np.zeros_like(z)),
    "gelu": gelu,
    "gelu-tanh": gelu_tanh,
    "hard-tanh": lambda z: np.clip(z, -1, 1),
    "silu": lambda z: z * sigmoid(z),
    "softmax": softmax,
}
