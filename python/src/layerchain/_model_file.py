"""A trained net from its model file (docs/model-format.md)."""

from __future__ import annotations

import json
import math
import os
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import h5py
import numpy as np

from ._activations import ACTIVATIONS
from ._digest import digest
from ._errors import LayerchainError
from ._model import BINARY, REGRESSION, SOFTMAX, Array, Layer, Model, Scaling

T = TypeVar("T")

FORMAT = "layerchain-model"
VERSION = 1
OUTPUTS = {BINARY: "sigmoid", SOFTMAX: "softmax", REGRESSION: "identity"}
_DTYPES: dict[str, np.dtype[Any]] = {"f32": np.dtype(np.float32), "f64": np.dtype(np.float64)}
_INPUTS: dict[str, np.dtype[Any]] = {"u8": np.dtype(np.uint8), **_DTYPES}
_LONGEST_SHOWN = 80  # characters of a value in a message
_SCALINGS = ("none", "divide-255", "standardize")


def load(path: str | os.PathLike[str]) -> Model:
    """Reads a model file of `runner train`. Raises LayerchainError, which names the file and the place, if it is another."""
    path = Path(path)
    if path.is_dir():
        raise LayerchainError(f"{path}: a folder, not a model file; layerchain.read() reads the results directory of a sweep")
    if not path.is_file():
        raise LayerchainError(f"{path}: no such file; runner train writes one")
    try:
        if not h5py.is_hdf5(path):
            raise LayerchainError(f"{path}: not an HDF5 file")
        with h5py.File(path) as file:
            return _Reader(path, file).model()
    except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:  # those of h5py, where the file is damaged
        raise LayerchainError(f"{path}: damaged: {' '.join(str(error).split())}") from error


class _Reader:
    """A model file that is being read."""

    def __init__(self, path: Path, file: h5py.File) -> None:
        self.path, self.file = path, file

    def model(self) -> Model:
        self.one_of("format", {FORMAT: FORMAT})
        if (version := self.integer("version")) != VERSION:
            raise self.error("attribute `version`", f"found {version}, this package reads {VERSION}")
        dtype = self.one_of("dtype", _DTYPES)
        cost = self.one_of("cost", {name: name for name in OUTPUTS})
        count, features = self.integer("layers"), self.integer("features")
        layers = self.layers(count, features, dtype, cost)
        n_out = len(layers[-1].b)
        provenance = self.text("provenance")
        model = Model(
            layers=layers,
            dtype=dtype,
            cost=cost,
            input=self.one_of("input", _INPUTS),
            image_shape=self.image_shape(features),
            scaling=self.scaling(features),
            classes=self.names("classes", {BINARY: 2, SOFTMAX: n_out, REGRESSION: 0}[cost]),
            provenance=self.parsed(provenance),
            feature_names=self.names("feature_names", features),
            target_names=self.names("target_names", n_out if cost == REGRESSION else 0),
        )
        # Models of earlier runners have no digest.
        if "sha256" in self.file.attrs and self.text("sha256") != digest(model, provenance):
            changed = "the file was changed after it was written; train the net again, or delete the attribute if the change was meant"
            raise self.error("attribute `sha256`", f"not that of the content: {changed}")
        return model

    def layers(self, count: int, features: int, dtype: np.dtype[Any], cost: str) -> list[Layer]:
        layers = [self.layer(number, dtype, OUTPUTS[cost] if number == count else None) for number in range(1, count + 1)]
        widths = [features, *(len(layer.b) for layer in layers)]
        for number, (layer, n_in) in enumerate(zip(layers, widths), 1):
            if layer.w.shape[1] != n_in:
                raise self.error(f"dataset `layer_{number}/w`", f"its shape is {layer.w.shape}; allowed: (n_out, {n_in})")
        if (further := f"layer_{count + 1}") in self.file:
            raise self.error("attribute `layers`", f"found {count}, but there is a group `{further}`")
        if cost == BINARY and widths[-1] != 1:
            raise self.error(f"dataset `layer_{count}/w`", f"it has {widths[-1]} rows; allowed: 1, the output of {cost}")
        return layers

    def layer(self, number: int, dtype: np.dtype[Any], output: str | None) -> Layer:
        """Reads a layer. `output` is the activation that the last layer must have."""
        name = f"layer_{number}"
        w, b = self.array(f"{name}/w", dtype, 2), self.array(f"{name}/b", dtype, 1)
        if len(w) != len(b):
            raise self.error(f"dataset `{name}/b`", f"its shape is {b.shape}; allowed: ({len(w)},)")
        activation = self.text("activation", name)
        allowed = [name for name in ACTIVATIONS if name != "softmax"] if output is None else [output]
        if activation not in allowed:
            what = "" if output is None else ", the output of the file's `cost`"
            raise self.error(f"attribute `activation` of `{name}`", _refused(activation, allowed) + what)
        return Layer(w, b, activation)

    def scaling(self, features: int) -> Scaling:
        kind = self.one_of("scaling", {kind: kind for kind in _SCALINGS})
        if kind != "standardize":
            return Scaling(kind)
        parts = {name: self.array(f"scaling/{name}", np.dtype(np.float64), 1) for name in ("mean", "std")}
        for name, part in parts.items():
            if len(part) != features:
                raise self.error(f"dataset `scaling/{name}`", f"its shape is {part.shape}; allowed: ({features},)")
        bad = np.flatnonzero(parts["std"] <= 0)
        if bad.size:
            problem = f"the value of feature {bad[0]} is {parts['std'][bad[0]]}; allowed: above 0"
            raise self.error("dataset `scaling/std`", problem)
        return Scaling(kind, **parts)

    def image_shape(self, features: int) -> tuple[int, ...] | None:
        if "image_shape" not in self.file.attrs:
            return None
        found = np.asarray(self.file.attrs["image_shape"])
        if found.shape != (3,) or not _is_integer(found) or found.min() < 1 or math.prod(found.tolist()) != features:
            allowed = f"height, width and channels, whose product is {features}"
            raise self.error("attribute `image_shape`", f"found {found.tolist()}; allowed: {allowed}")
        return tuple(found.tolist())

    def names(self, name: str, count: int) -> list[str]:
        """Reads `count` names, or none."""
        if name not in self.file:
            return []
        dataset, place = self.dataset(name), f"dataset `{name}`"
        text = h5py.check_string_dtype(dataset.dtype)
        if text is None or text.length is None or dataset.ndim != 1:
            allowed = "text of 1, of fixed length (for instance numpy's S16)"
            raise self.error(place, f"found {dataset.dtype} of {dataset.ndim} dimensions; allowed: {allowed}")
        if len(dataset) != count or not count:
            raise self.error(place, f"found {len(dataset)} names; the net has {count}")
        names = [self.decoded(place, value) for value in dataset[:]]
        for index, found in enumerate(names):
            if not found or any(unicodedata.category(character) == "Cc" for character in found):
                allowed = "non-empty text without control characters"
                raise self.error(place, f"name {index} is {_shown(found)}; allowed: {allowed}")
        return names

    def parsed(self, provenance: str) -> dict[str, Any]:
        try:
            found = json.loads(provenance, parse_constant=_refuse, parse_float=_finite)
            json.dumps(found, ensure_ascii=False).encode()  # which half of a surrogate pair has no bytes for
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self.error("attribute `provenance`", "not a JSON object")
        return found

    def array(self, name: str, dtype: np.dtype[Any], dimensions: int) -> Array:
        dataset = self.dataset(name)
        if dataset.dtype != dtype or dataset.ndim != dimensions:
            found = f"found {dataset.dtype} of {dataset.ndim} dimensions"
            raise self.error(f"dataset `{name}`", f"{found}; allowed: {dtype} of {dimensions}")
        if 0 in dataset.shape:
            raise self.error(f"dataset `{name}`", f"its shape is {dataset.shape}; allowed: each side at least 1")
        array: Array = dataset[:]
        finite = np.isfinite(array)
        if not finite.all():
            place = np.unravel_index(finite.argmin(), array.shape)
            problem = f"the value at {', '.join(map(str, place))} is {array[place]}; every value must be finite"
            raise self.error(f"dataset `{name}`", problem)
        return array

    def dataset(self, name: str) -> h5py.Dataset:
        if name not in self.file:
            raise self.error(f"dataset `{name}`", "not in the file")
        found = self.file[name]
        if not isinstance(found, h5py.Dataset):
            raise self.error(f"dataset `{name}`", "a group is there")
        parts = name.split("/")
        links = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
        if any(not isinstance(self.file.get(link, getlink=True), h5py.HardLink) for link in links):
            raise self.error(f"dataset `{name}`", "there is a link; write a copy of what it leads to")
        if found.is_virtual or found.external:
            raise self.error(f"dataset `{name}`", "its values are in another dataset or file; write a copy of them")
        return found

    def one_of(self, name: str, table: Mapping[str, T]) -> T:
        found = self.text(name)
        if found not in table:
            raise self.error(f"attribute `{name}`", _refused(found, table))
        return table[found]

    def integer(self, name: str) -> int:
        place, found = self.attribute(name)
        if not _is_integer(found) or np.ndim(found):
            raise self.error(place, f"found {_shown(found)}; allowed: an integer of 64 bits")
        if found < 1:
            raise self.error(place, f"found {found}; allowed: 1 or more")
        return int(found)

    def text(self, name: str, group: str = "") -> str:
        return self.decoded(*self.attribute(name, group))

    def decoded(self, place: str, found: object) -> str:
        if isinstance(found, bytes):  # h5py gives texts of variable length as str
            with suppress(UnicodeDecodeError):
                return found.decode()
        raise self.error(place, f"found {_shown(found)}; allowed: a text in UTF-8 of fixed length (numpy.bytes_ writes one)")

    def attribute(self, name: str, group: str = "") -> tuple[str, Any]:
        """Returns its place in words, and its value."""
        place = f"attribute `{name}`" + (f" of `{group}`" if group else "")
        attributes = self.file[group or "/"].attrs
        if name not in attributes:
            raise self.error(place, "not in the file; runner train writes models, runner sweep records")
        return place, attributes[name]

    def error(self, place: str, problem: str) -> LayerchainError:
        return LayerchainError(f"{self.path}: {place}: {problem}")


def _is_integer(found: object) -> bool:
    """Whether an attribute has the type of whole numbers in the format."""
    return isinstance(found, int) or np.asarray(found).dtype == np.dtype("<i8")


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        _refuse(number)
    return value


def _refused(found: str, table: Iterable[str]) -> str:
    return f"found {found!r}; allowed: {', '.join(table)}"


def _shown(found: object) -> str:
    """A value of a wrong kind, or its beginning, as one line."""
    text = " ".join(repr(found.tolist() if isinstance(found, (np.ndarray, np.generic)) else found).split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
