"""A trained net, and its answers in NumPy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._activations import ACTIVATIONS
from ._errors import LayerchainError, needed

if TYPE_CHECKING:
    from ._torch import Net

Array = NDArray[Any]

BINARY, SOFTMAX, REGRESSION = "binary-cross-entropy", "softmax-cross-entropy", "mean-squared-error"


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
    feature_names: Sequence[str] = ()  # of the columns of the table that the examples came from; empty if they have none
    target_names: Sequence[str] = ()  # of the values of a regression, likewise

    def __repr__(self) -> str:
        widths = "-".join(map(str, [self.features, *(len(layer.b) for layer in self.layers)]))
        return f"<Model {widths} in {self.dtype.name}: {', '.join(layer.activation for layer in self.layers)}>"

    @property
    def features(self) -> int:
        """n[0], the number of features of an example."""
        return int(self.layers[0].w.shape[1])

    def scaled(self, x: ArrayLike) -> Array:
        """a[0], [examples, n[0]]: the examples as the net sees them.

        Raises LayerchainError if they are not of the shape, the columns or the elements that the net was trained on, or not finite.
        """
        columns = getattr(x, "columns", None)
        if np.ma.is_masked(x):
            raise LayerchainError("some values of the examples are masked; the model takes a value for each")
        x = np.asarray(x)
        shape = self.image_shape or (self.features,)
        fits = x.ndim >= 2 and math.prod(x.shape[1:]) == self.features
        if self.image_shape and x.ndim > 2:  # channels come last; any other order has the same number of elements
            grey = self.image_shape[:2] if self.image_shape[2] == 1 else None
            fits = x.shape[1:] in (self.image_shape, grey)
        if not fits:
            one = "; one example is x[None]" if x.size == self.features else ""
            raise LayerchainError(f"the model takes examples of shape {('m', *shape)}, found {x.shape}{one}")
        # Numbers that pandas gives by itself are no names.
        if columns is not None and self.feature_names and any(isinstance(column, str) for column in columns):
            self._check_columns(list(columns))
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

    def _check_columns(self, found: Sequence[object]) -> None:
        for place, (name, own) in enumerate(zip(found, self.feature_names)):
            if str(name) != own:
                order = "; x[model.feature_names] has them in order" if set(found) == set(self.feature_names) else ""
                raise LayerchainError(f"column {place} of the examples is {str(name)!r}, the model takes {own!r} there{order}")

    def activations(self, x: ArrayLike) -> list[Array]:
        """a[0] to a[L], each [examples, n[l]]; infinite or NaN where the numbers of the net's type overflow."""
        # What overflows on the way is no fault where the output is finite: tanh of an infinity is 1.
        with np.errstate(over="ignore", invalid="ignore"):
            a = [self.scaled(x)]
            for layer in self.layers:
                a.append(ACTIVATIONS[layer.activation](a[-1] @ layer.w.T + layer.b))
        return a

    def __call__(self, x: ArrayLike) -> Array:
        """a[L], [examples, n[L]]: the probability of class 1, the probabilities of the classes, or values.

        Raises LayerchainError if they are not finite, as where examples are far from those that the net was trained on.
        """
        a = self.activations(x)[-1]
        finite = np.isfinite(a).all(axis=1)
        if not finite.all():
            raise LayerchainError(f"example {int(finite.argmin())}: the net's output is not finite for it")
        return a

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
