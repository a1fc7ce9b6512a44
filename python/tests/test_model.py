"""A model answers in NumPy what the runner answers."""

from __future__ import annotations

import json
import subprocess

import h5py
import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import Workplace

import layerchain
from layerchain import LayerchainError
from layerchain._activations import ACTIVATIONS

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]
TREES = ("data.train=data/train_trees.h5", "data.test=data/test_trees.h5")
SUMS = ("data.train=data/train_sums.h5", "data.test=data/test_sums.h5", "data.scale=standardize")
DRAWN = "data/test_drawn.h5"
# How far answers may be apart: some hundred roundings.
TOLERANCE = {"f32": 2e-5, "f64": 1e-13}
NETS = {
    "pictures in f32": ((DRAWN), ("model.dtype=f32", "model.hidden=[6, 5]")),
    "pictures standardized": ((DRAWN), ("data.scale=standardize",)),
    "three classes": (("data/test_trees.h5"), (*TREES, "model.hidden=[]")),
    "three classes in f32": (("data/test_trees.h5"), (*TREES, "model.dtype=f32")),
    "two values": (("data/test_sums.h5"), SUMS),
}


def examples(workplace: Workplace, name: str) -> np.ndarray:
    with h5py.File(workplace.folder / name) as file:
        return file["test_set_x"][:]  # type: ignore[no-any-return]


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("activation", HIDDEN)
def test_every_activation_answers_as_the_runner_does(workplace: Workplace, activation: str, dtype: str) -> None:
    path = workplace.model(f"model.activation={activation}", f"model.dtype={dtype}", "model.hidden=[6, 5]")
    model = layerchain.load(path)
    assert [layer.activation for layer in model.layers] == [activation, activation, "sigmoid"]
    found = model.predict_proba(examples(workplace, DRAWN))
    np.testing.assert_allclose(found, workplace.answers(path, DRAWN), rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("net", NETS)
def test_every_output_and_scaling_answers_as_the_runner_does(workplace: Workplace, net: str) -> None:
    file, keys = NETS[net]
    path = workplace.model(*keys)
    model, x = layerchain.load(path), examples(workplace, file)
    found = model(x) if net == "two values" else model.predict_proba(x)
    np.testing.assert_allclose(found, workplace.answers(path, file), rtol=0, atol=TOLERANCE["f32" if "f32" in net else "f64"])


@pytest.mark.parametrize("net", NETS)
def test_no_examples_have_no_answers(workplace: Workplace, net: str) -> None:
    file, keys = NETS[net]
    model, x = layerchain.load(workplace.model(*keys)), examples(workplace, file)
    for none in (x[:0], x[:0].reshape(0, model.features)):
        assert [len(a) for a in (model(none), model.predict(none), *model.activations(none))] == [0] * (3 + len(model.layers))
        assert model(none).shape == (0, len(model.layers[-1].b))


def test_classes_are_those_of_predict(workplace: Workplace) -> None:
    for file, keys in ((DRAWN, ()), ("data/test_trees.h5", TREES)):
        path = workplace.model(*keys)
        model = layerchain.load(path)
        said = [json.loads(line) for line in workplace.run("predict", str(path), file, "--json").splitlines()]
        labels = model.predict(examples(workplace, file))
        assert labels.tolist() == [line["class"] for line in said]
        assert np.array(model.classes)[labels].tolist() == [line["name"] for line in said]
    assert len({line["class"] for line in said}) > 1


def test_all_that_a_model_file_holds_is_there(workplace: Workplace) -> None:
    model = layerchain.load(workplace.model("model.dtype=f32", "model.hidden=[6, 5]"))
    assert repr(model) == "<Model 192-6-5-1 in float32: relu, relu, sigmoid>"
    assert (model.features, model.image_shape, model.scaling.kind) == (192, (8, 8, 3), "divide-255")
    assert (model.input, model.dtype) == (np.dtype("u1"), np.dtype("f4"))
    assert model.classes == ["non-cat", "cat"] and model.provenance["experiment"] == "drawn"


def test_a_model_that_was_changed_is_refused(workplace: Workplace) -> None:
    written = workplace.model("model.dtype=f32", "model.hidden=[6, 5]", *SUMS[2:])
    path = written.with_name("changed.h5")
    for place in ("layer_1/w", "layer_3/b", "scaling/mean", "scaling/std"):
        path.write_bytes(written.read_bytes())
        with h5py.File(path, "r+") as file:
            first = (0,) * file[place].ndim
            file[place][first] = np.nextafter(file[place][first], np.inf, dtype=file[place].dtype)
        with pytest.raises(LayerchainError, match="attribute `sha256`: not that of the content"):
            layerchain.load(path)
        with h5py.File(path, "r+") as file:
            del file.attrs["sha256"]
        layerchain.load(path)


def test_hidden_activations_can_be_looked_at(workplace: Workplace) -> None:
    model = layerchain.load(workplace.model("model.dtype=f32", "model.hidden=[6, 5]"))
    x = examples(workplace, DRAWN)
    a = model.activations(x)
    assert [values.shape for values in a] == [(12, 192), (12, 6), (12, 5), (12, 1)]
    assert all(values.dtype == np.float32 for values in a)
    np.testing.assert_array_equal(a[-1], model(x))


def test_examples_on_another_scale_or_of_another_shape_are_refused(workplace: Workplace) -> None:
    model = layerchain.load(workplace.model())
    x = examples(workplace, DRAWN)
    np.testing.assert_array_equal(model(x), model(x.reshape(len(x), -1)))
    with pytest.raises(LayerchainError, match="takes uint8 as in its training data, unscaled; found float64"):
        model(x / 255)
    with pytest.raises(LayerchainError, match=r"shape \('m', 8, 8, 3\), found \(8, 8, 3\); one example is x\[None\]"):
        model(x[0])
    with pytest.raises(LayerchainError, match=r"found \(12, 7, 8, 3\)$"):
        model(x[:, 1:])
    with pytest.raises(LayerchainError, match=r"shape \('m', 8, 8, 3\), found \(12, 3, 8, 8\)$"):
        model(x.transpose(0, 3, 1, 2))
    regression = layerchain.load(workplace.model(*SUMS))
    sums = examples(workplace, "data/test_sums.h5")
    for bad in (np.nan, np.inf):
        holed = np.array(sums, dtype=float)
        holed[2, 0] = bad
        with pytest.raises(LayerchainError, match="must be finite; example 2 has a NaN or an infinity"):
            regression(holed)
    assert regression(np.ones((2, regression.features), bool)).shape == (2, 2)
    with pytest.raises(LayerchainError, match="a regression has no classes"):
        regression.predict_proba(sums)
    with pytest.raises(LayerchainError, match="takes float64 .*found uint8"):
        regression(np.ones((3, 2), np.uint8))


def test_an_example_whose_output_is_not_finite_is_refused_in_the_words_of_the_runner(workplace: Workplace) -> None:
    path, far = workplace.model(*SUMS, "model.dtype=f32"), workplace.folder / "far.h5"
    x = examples(workplace, "data/test_sums.h5").astype(float)
    x[3] = 1e300
    with h5py.File(far, "w") as file:
        file["test_set_x"] = x
    refused = subprocess.run([workplace.runner, "predict", path, far], capture_output=True, text=True)
    with pytest.raises(LayerchainError) as caught:
        layerchain.load(path).predict(x)
    assert refused.returncode == 2 and refused.stderr.strip() == f"error: {far} {caught.value}"
    classes = layerchain.load(workplace.model(*TREES, "model.dtype=f32"))
    for predict in (classes, classes.predict, classes.predict_proba):
        with pytest.raises(LayerchainError, match="^example 3: the net's output is not finite for it$"):
            predict(x)


def test_numbers_that_overflow_on_the_way_to_a_finite_output_are_no_fault(workplace: Workplace) -> None:
    model = layerchain.load(workplace.model(*SUMS, "model.dtype=f32", "model.activation=gelu-tanh"))
    assert np.isfinite(model(np.full((1, 2), 1e15))).all()


def test_a_data_frame_with_other_columns_and_masked_values_are_refused(workplace: Workplace) -> None:
    model = layerchain.load(workplace.model(*SUMS))
    x = examples(workplace, "data/test_sums.h5").astype(float)
    for frame in (pd.DataFrame(x, columns=["a", "b"]), pl.DataFrame(x, schema=["a", "b"])):
        np.testing.assert_array_equal(model(frame), model(x))
        order = r"column 0 of the examples is 'b', the model takes 'a' there; x\[model.feature_names\] has them in order$"
        with pytest.raises(LayerchainError, match=order):
            model(frame[["b", "a"]])
        np.testing.assert_array_equal(model(frame[["b", "a"]][model.feature_names]), model(x))
        np.testing.assert_array_equal(model(pd.DataFrame(x)), model(x), "numbers are no names")
    with pytest.raises(LayerchainError, match="column 1 of the examples is '1', the model takes 'b' there$"):
        model(pd.DataFrame(x, columns=["a", 1]))
    np.testing.assert_array_equal(model(np.ma.masked_greater(x, 1e9)), model(x))
    with pytest.raises(LayerchainError, match="some values of the examples are masked; the model takes a value for each"):
        model(np.ma.masked_greater(x, 3))


def test_a_model_of_a_table_has_the_names_of_its_columns(workplace: Workplace) -> None:
    values = layerchain.load(workplace.model(*SUMS))
    assert (values.feature_names, values.target_names) == (["a", "b"], ["half", "again"])
    classes = layerchain.load(workplace.model(*TREES))
    assert (classes.feature_names, classes.target_names, classes.classes) == (["a", "b"], [], ["ash", "elm", "oak"])
    pictures = layerchain.load(workplace.model())
    assert (pictures.feature_names, pictures.target_names) == ([], [])
