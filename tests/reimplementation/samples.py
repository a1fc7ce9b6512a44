"""The samples of `method = "random"` as docs/experiments.md states them, from its text alone."""

import hashlib
import math
import struct

from streams import Stream

COUNT, SEED = 12, 5
WHOLE, LOG_WHOLE, LOG, LINEAR = (1, 6), (2, 30), (0.001, 1), (0.01, 0.35)
INITS, OPTIMIZERS, ACTIVATIONS = ["he", "xavier", "lecun"], ["gd", "rmsprop"], ["relu", "tanh"]

# An axis of each kind.
EXPERIMENT = f"""
[model]
depth = 1
width = 3
[train]
learning_rate = 0.1
iterations = 1
[sweep]
method = "random"
samples = {COUNT}
sample_seed = {SEED}
"model.depth" = {{ from = {WHOLE[0]}, to = {WHOLE[1]} }}
"model.width" = {{ from = {LOG_WHOLE[0]}, to = {LOG_WHOLE[1]}, scale = "log" }}
"train.learning_rate" = {{ from = {LOG[0]}, to = {LOG[1]}, scale = "log" }}
"train.weight_decay" = {{ from = {LINEAR[0]}, to = {LINEAR[1]} }}
"model.init" = {INITS}
[[sweep.zip]]
"train.optimizer" = {OPTIMIZERS}
"model.activation" = {ACTIVATIONS}
"""


def uniform(index, key):
    """The number of [0, 1) of a sample that the axis of this key takes."""
    digest = hashlib.sha256(f"{SEED} {key}".encode()).digest()
    return Stream(None, index, struct.unpack("<8I", digest)).half_open()


def linear(u, a, b):
    return a + (b - a) * u


def log(u, a, b):
    return a * (b / a) ** u


def whole(u, scale, a, b):
    return math.floor(scale(u, a - 0.5, b + 0.5) + 0.5)


def readable(value, a, b):
    """Rounded to the ninth digit of itself or of b - a, whichever is finer."""
    first_digit = min(math.floor(math.log10(abs(value))), math.floor(math.log10(b - a)))
    return round(value, 8 - first_digit)


def sample(index):
    """The values of a sample, by their keys."""
    row = math.floor(len(OPTIMIZERS) * uniform(index, "train.optimizer"))
    return {
        "model.depth": whole(uniform(index, "model.depth"), linear, *WHOLE),
        "model.width": whole(uniform(index, "model.width"), log, *LOG_WHOLE),
        "train.learning_rate": readable(log(uniform(index, "train.learning_rate"), *LOG), *LOG),
        "train.weight_decay": readable(linear(uniform(index, "train.weight_decay"), *LINEAR), *LINEAR),
        "model.init": INITS[math.floor(len(INITS) * uniform(index, "model.init"))],
        "train.optimizer": OPTIMIZERS[row],
        "model.activation": ACTIVATIONS[row],
    }
