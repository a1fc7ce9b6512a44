"""What `runner export` writes, in the programs that it is for."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import onnxruntime
import pytest
from conftest import Workplace
from numpy.typing import NDArray
from safetensors import safe_open
from test_model import DRAWN, HIDDEN, NETS, SUMS, TOLERANCE, examples

import layerchain


def exported(workplace: Workplace, model: Path, format: str) -> Path:
    path = model.with_suffix(f".{format}")
    workplace.run("export", str(model), f"--{format}", str(path), "--force")
    return path


def answers_in_onnxruntime(workplace: Workplace, model: Path, file: str) -> NDArray[np.float64]:
    session = onnxruntime.InferenceSession(exported(workplace, model, "onnx"), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"examples": examples(workplace, file)})
    return np.asarray(found, dtype=np.float64)


# ONNX runtimes have no erf of f64: the runner refuses that one.
HAVE_OPERATORS = [(activation, dtype) for activation in HIDDEN for dtype in ("f32", "f64") if (activation, dtype) != ("gelu", "f64")]


@pytest.mark.parametrize(("activation", "dtype"), HAVE_OPERATORS)
def test_every_activation_answers_in_onnxruntime_as_in_the_runner(workplace: Workplace, activation: str, dtype: str) -> None:
    model = workplace.model(f"model.activation={activation}", f"model.dtype={dtype}", "model.hidden=[6, 5]")
    found = answers_in_onnxruntime(workplace, model, DRAWN)
    np.testing.assert_allclose(found, workplace.answers(model, DRAWN), rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("net", NETS)
def test_every_output_and_scaling_answers_in_onnxruntime_as_in_the_runner(workplace: Workplace, net: str) -> None:
    file, keys = NETS[net]
    model = workplace.model(*keys)
    found = answers_in_onnxruntime(workplace, model, file)
    np.testing.assert_allclose(found, workplace.answers(model, file), rtol=0, atol=TOLERANCE["f32" if "f32" in net else "f64"])


def test_a_graph_says_what_it_takes_what_it_gives_and_where_it_comes_from(workplace: Workplace) -> None:
    model = workplace.model("model.dtype=f32", "model.hidden=[6, 5]")
    session = onnxruntime.InferenceSession(exported(workplace, model, "onnx"), providers=["CPUExecutionProvider"])
    (taken,), (given,) = session.get_inputs(), session.get_outputs()
    assert (taken.name, taken.type, taken.shape) == ("examples", "tensor(uint8)", ["examples", 8, 8, 3])
    assert (given.name, given.type, given.shape) == ("probabilities", "tensor(float)", ["examples", 2])
    metadata = session.get_modelmeta()
    assert metadata.producer_name == "layerchain"
    described = metadata.custom_metadata_map
    assert json.loads(described["classes"]) == ["non-cat", "cat"]
    assert json.loads(described["activations"]) == ["relu", "relu", "sigmoid"]
    assert described["scaling"] == "divide-255"
    assert json.loads(described["provenance"]) == layerchain.load(model).provenance


def test_safetensors_and_numpy_hold_every_bit(workplace: Workplace) -> None:
    for keys in (("model.dtype=f32", "model.hidden=[6, 5]"), SUMS):
        path = workplace.model(*keys)
        model = layerchain.load(path)
        archive = np.load(exported(workplace, path, "npz"))
        with safe_open(exported(workplace, path, "safetensors"), framework="numpy") as tensors, h5py.File(path) as file:
            for place, layer in enumerate(model.layers):
                for name, parameter, values in (("w", "weight", layer.w), ("b", "bias", layer.b)):
                    np.testing.assert_array_equal(tensors.get_tensor(f"layers.{place}.{parameter}"), values, strict=True)
                    np.testing.assert_array_equal(archive[f"layer_{place + 1}/{name}"], values, strict=True)
            if model.scaling.std is not None:
                np.testing.assert_array_equal(tensors.get_tensor("std"), model.scaling.std)
                np.testing.assert_array_equal(archive["scaling/std"], file["scaling/std"][:])
            assert json.loads(tensors.metadata()["layerchain"]) == json.loads(bytes(archive["layerchain"]))
