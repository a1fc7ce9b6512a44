"""Reads what Layerchain writes: sweeps as data frames, trained nets in NumPy and PyTorch.

    sweep = layerchain.read("results/depth")     # sweep.trials, sweep.history, sweep.best()
    model = layerchain.load("results/course-4layer/model.h5")
    model.predict(examples)                      # an array with an example in each row, as it is in the data file
"""

from ._best import Best
from ._errors import LayerchainError, MissingPackage
from ._model import Layer, Model, Scaling
from ._model_file import load
from ._sweep import Sweep, Tables, read

__version__ = "0.1.0"
__all__ = [
    "Best",
    "LayerchainError",
    "Layer",
    "MissingPackage",
    "Model",
    "Scaling",
    "Sweep",
    "Tables",
    "load",
    "read",
]
