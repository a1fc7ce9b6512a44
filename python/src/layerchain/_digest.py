"""The digest of a model's content, as `crates/runner/src/model/digest.rs` makes it."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._model import Model


def digest(model: Model, provenance: str) -> str:
    """Returns SHA-256, in hexadecimal digits, over the content in the order of docs/model-format.md."""
    sha256 = hashlib.sha256()

    def text(value: str) -> None:
        data = value.encode()
        sha256.update(struct.pack("<Q", len(data)) + data)

    for value in (_NAMES[model.dtype.name], model.cost, _NAMES[model.input.name]):
        text(value)
    text(" ".join(map(str, model.image_shape or ())))
    text(model.scaling.kind)
    text(provenance)
    for values in (model.scaling.mean, model.scaling.std):
        if values is not None:
            sha256.update(values.tobytes())
    for layer in model.layers:
        text("{} {}".format(*layer.w.shape))
        sha256.update(layer.w.tobytes())
        sha256.update(layer.b.tobytes())
        text(layer.activation)
    for name in model.classes:
        text(name)
    for dataset in ("feature_names", "target_names"):
        if names := getattr(model, dataset):
            for value in (dataset, *names):
                text(value)
    return sha256.hexdigest()


_NAMES = {"uint8": "u8", "float32": "f32", "float64": "f64"}
