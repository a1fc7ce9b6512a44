"""A trained net from its model file (docs/model-format.md), and its answers in NumPy."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._activations import ACTIVATIONS
from ._digest import digest
from ._errors import LayerchainError, needed

if TYPE_CHECKING:
    from ._torch import Net

Array = NDArray[Any]
T = TypeVar("T")

FORMAT = "layerchain-model"
VERSION = 1
BINARY, SOFTMAX, REGRESSION = "binary-cross-entropy", "softmax-cross-entropy", "mean-squared-error"
OUTPUTS = {BINARY: "sigmoid", SOFTMAX: "softmax", REGRESSION: "identity"}
_DTYPES: dict[str, np.dtype[Any]] = {"f32": np.dtype(np.float32), "f64": np.dtype(np.float64)}
_INPUTS: dict[str, np.dtype[Any]] = {"u8": np.dtype(np.uint8), **_DTYPES}
_SCALINGS = ("none", "divide-255", "standardize")


@dataclass(frozen=True)
class Layer:
    """One layer: a = g(W a_prev + b), with `w` [n_out, n_in] and `b` [n_out]."""

    w: Array
    b: Array
    activation: str


@dataclass(frozen=True)
class Scaling:
    """The scaling of each feature before the net sees it, in f64: v, v / 255 or (v - mean) / std."""

    kind: str
    mean: NDArray[np.float64] | None = None
    std: NDArray[np.float64] | None = None

    def __call__(self, values: Array) -> Array:
        if self.kind == "none":
            return values
        if self.mean is None or self.std is None:
            return values.astype(np.float64) / 255
        return (values.astype(np.float64) - self.mean) / self.std


@dataclass(frozen=True)
class Model:
    """A trained net with its scaling and classes. Examples are rows, unscaled, as they are in the data files."""

    layers: Sequence[Layer]
    dtype: np.dtype[Any]
    cost: str
    input: np.dtype[Any]
    image_shape: tuple[int, ...] | None  # height, width, channels
    scaling: Scaling
    classes: Sequence[str]  # label 0 first; empty where they have no names
    provenance: Mapping[str, Any]

    def __repr__(self) -> str:
        widths = "-".join(map(str, [self.features, *(len(layer.b) for layer in self.layers)]))
        return f"<Model {widths} in {self.dtype.name}: {', '.join(layer.activation for layer in self.layers)}>"

    @property
    def features(self) -> int:
        """n[0], the number of features of an example."""
        return int(self.layers[0].w.shape[1])

    def scaled(self, x: ArrayLike) -> Array:
        """a[0], [examples, n[0]]: the examples as the net sees them.

        Raises LayerchainError if they are not of the shape or the elements that the net was trained on, or not finite.
        """
        x = np.asarray(x)
        shape = self.image_shape or (self.features,)
        fits = x.ndim >= 2 and math.prod(x.shape[1:]) == self.features
        if self.image_shape and x.ndim > 2:  # channels come last; any other order has the same number of elements
            grey = self.image_shape[:2] if self.image_shape[2] == 1 else None
            fits = x.shape[1:] in (self.image_shape, grey)
        if not fits:
            one = "; one example is x[None]" if x.size == self.features else ""
            raise LayerchainError(f"the model takes examples of shape {('m', *shape)}, found {x.shape}{one}")
        # Bytes and floats are on different scales: a picture that was divided by 255 before would be divided again.
        if self.input == np.uint8 or x.dtype == np.uint8:
            fits = x.dtype == self.input
        else:
            fits = x.dtype.kind in ("biuf" if self.input == np.float64 else "f")
        if not fits:
            raise LayerchainError(f"the model takes {self.input.name} as in its training data, unscaled; found {x.dtype.name}")
        rows = x.reshape(len(x), math.prod(x.shape[1:]))
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            raise LayerchainError(f"every value must be finite; example {int(finite.argmin())} has a NaN or an infinity")
        return self.scaling(rows).astype(self.dtype)

    def activations(self, x: ArrayLike) -> list[Array]:
        """a[0] to a[L], each [examples, n[l]]."""
        a = [self.scaled(x)]
        for layer in self.layers:
            a.append(ACTIVATIONS[layer.activation](a[-1] @ layer.w.T + layer.b))
        return a

    def __call__(self, x: ArrayLike) -> Array:
        """a[L], [examples, n[L]]: the probability of class 1, the probabilities of the classes, or values."""
        return self.activations(x)[-1]

    def predict_proba(self, x: ArrayLike) -> Array:
        """The probability of each class, [examples, K]. Raises LayerchainError for a regression."""
        if self.cost == REGRESSION:
            raise LayerchainError("a regression has no classes; predict() gives its values")
        a = self(x).astype(np.float64)
        return np.hstack([1 - a, a]) if self.cost == BINARY else a

    def predict(self, x: ArrayLike) -> Array:
        """The most probable class of each example, as its label; of a regression the values, [examples, n[L]].

        A name for each label is `numpy.array(model.classes)[labels]`.
        """
        if self.cost == REGRESSION:
            return self(x)
        labels: Array = self.predict_proba(x).argmax(axis=1)
        return labels

    def to_torch(self) -> Net:
        """The net as a torch.nn.Module in evaluation mode, which takes the same unscaled examples."""
        with needed("torch", "to_torch()"):
            from ._torch import Net

        net = Net(self)
        net.eval()
        return net


def load(path: str | os.PathLike[str]) -> Model:
    """Reads a model file of `runner train`. Raises LayerchainError, which names the file and the place, if it is another."""
    path = Path(path)
    if path.is_dir():
        raise LayerchainError(f"{path}: a folder, not a model file; layerchain.read() reads the results directory of a sweep")
    if not path.is_file():
        raise LayerchainError(f"{path}: no such file; runner train writes one")
    if not h5py.is_hdf5(path):
        raise LayerchainError(f"{path}: not an HDF5 file")
    with h5py.File(path) as file:
        return _Reader(path, file).model()


class _Reader:
    """A model file that is being read."""

    def __init__(self, path: Path, file: h5py.File) -> None:
        self.path, self.file = path, file

    def model(self) -> Model:
        self.one_of("format", {FORMAT: FORMAT})
        if (version := int(self.attribute("version"))) != VERSION:
            raise self.error("attribute `version`", f"found {version}, this package reads {VERSION}")
        dtype = self.one_of("dtype", _DTYPES)
        cost = self.one_of("cost", {name: name for name in OUTPUTS})
        count = int(self.attribute("layers"))
        layers = [self.layer(number, dtype) for number in range(1, count + 1)]
        widths = [int(self.attribute("features")), *(len(layer.b) for layer in layers)]
        for number, (layer, n_in) in enumerate(zip(layers, widths), 1):
            if layer.w.shape[1] != n_in:
                raise self.error(f"dataset `layer_{number}/w`", f"its shape is {layer.w.shape}; allowed: (n_out, {n_in})")
        if not layers or layers[-1].activation != OUTPUTS[cost]:
            raise self.error(f"group `layer_{count}`", f"must end in {OUTPUTS[cost]}, the output of {cost}")
        shape = self.file.attrs.get("image_shape")
        provenance = self.text(self.file, "provenance")
        model = Model(
            layers=layers,
            dtype=dtype,
            cost=cost,
            input=self.one_of("input", _INPUTS),
            image_shape=None if shape is None else tuple(map(int, shape)),
            scaling=self.scaling(),
            classes=[name.decode() for name in self.file["classes"][:]] if "classes" in self.file else [],
            provenance=json.loads(provenance),
        )
        self.check_digest(model, provenance)
        return model

    def check_digest(self, model: Model, provenance: str) -> None:
        """Models of earlier runners have no digest."""
        if "sha256" in self.file.attrs and self.text(self.file, "sha256") != digest(model, provenance):
            changed = "the file was changed after it was written; train the net again, or delete the attribute if the change was meant"
            raise self.error("attribute `sha256`", f"not that of the content: {changed}")

    def layer(self, number: int, dtype: np.dtype[Any]) -> Layer:
        name = f"layer_{number}"
        w, b = self.array(f"{name}/w", dtype, 2), self.array(f"{name}/b", dtype, 1)
        if len(w) != len(b):
            raise self.error(f"dataset `{name}/b`", f"its shape is {b.shape}; allowed: ({len(w)},)")
        activation = self.text(self.file[name], "activation")
        if activation not in ACTIVATIONS:
            raise self.error(f"attribute `activation` of `{name}`", _refused(activation, ACTIVATIONS))
        return Layer(w, b, activation)

    def scaling(self) -> Scaling:
        kind = self.one_of("scaling", {kind: kind for kind in _SCALINGS})
        if kind != "standardize":
            return Scaling(kind)
        mean, std = (self.array(f"scaling/{name}", np.dtype(np.float64), 1) for name in ("mean", "std"))
        return Scaling(kind, mean, std)

    def array(self, name: str, dtype: np.dtype[Any], dimensions: int) -> Array:
        if name not in self.file:
            raise self.error(f"dataset `{name}`", "not in the file")
        dataset = self.file[name]
        if dataset.dtype != dtype or dataset.ndim != dimensions:
            found = f"found {dataset.dtype.name} of {dataset.ndim} dimensions"
            raise self.error(f"dataset `{name}`", f"{found}; allowed: {dtype.name} of {dimensions}")
        array: Array = dataset[:]
        return array

    def attribute(self, name: str) -> Any:
        if name not in self.file.attrs:
            raise self.error(f"attribute `{name}`", "not in the file; runner train writes models, runner sweep records")
        return self.file.attrs[name]

    def one_of(self, name: str, table: Mapping[str, T]) -> T:
        self.attribute(name)
        found = self.text(self.file, name)
        if found not in table:
            raise self.error(f"attribute `{name}`", _refused(found, table))
        return table[found]

    def text(self, group: Any, name: str) -> str:
        found = group.attrs.get(name)
        return found.decode() if isinstance(found, bytes) else str(found)

    def error(self, place: str, problem: str) -> LayerchainError:
        return LayerchainError(f"{self.path}: {place}: {problem}")


def _refused(found: str, table: Mapping[str, Any]) -> str:
    return f"found {found!r}; allowed: {', '.join(table)}"
