"""What is no model file is refused, in one line that names the file and the place."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import Workplace
from test_model import DRAWN, SUMS

import layerchain
from layerchain import LayerchainError

DELETED = object()


def test_what_is_no_model_is_refused_in_one_line(workplace: Workplace, tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no HDF5")
    for path, message in (
        (tmp_path / "none.h5", "none.h5: no such file"),
        (tmp_path / "text.h5", "text.h5: not an HDF5 file"),
        (tmp_path, r"a folder, not a model file; layerchain\.read\(\) reads the results directory of a sweep"),
        (workplace.folder / DRAWN, "test_drawn.h5: attribute `format`: not in the file"),
    ):
        with pytest.raises(LayerchainError, match=message):
            layerchain.load(path)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("version", 2, "attribute `version`: found 2, this package reads 1"),
        ("scaling", "halve", "attribute `scaling`: found 'halve'; allowed: none, divide-255, standardize"),
        ("layers", 1, "attribute `activation` of `layer_1`: found 'relu'; allowed: sigmoid, the output of the file's `cost`"),
        ("layers", 0, "attribute `layers`: found 0; allowed: 1 or more"),
        ("layer_1/activation", "softmax", "attribute `activation` of `layer_1`: found 'softmax'; allowed: relu, .*, silu$"),
        ("features", 5, r"dataset `layer_1/w`: its shape is \(4, 192\); allowed: \(n_out, 5\)"),
        ("dtype", "f32", "dataset `layer_1/w`: found float64 of 2 dimensions; allowed: float32 of 2"),
        ("layer_1/activation", "sine", "attribute `activation` of `layer_1`: found 'sine'; allowed: relu, "),
        ("layer_2/b", None, "dataset `layer_2/b`: not in the file"),
        ("layers", "two", "attribute `layers`: found b'two'; allowed: an integer"),
        ("layers", [1, 2], r"attribute `layers`: found \[1, 2\]; allowed: an integer"),
        ("version", 1.0, "attribute `version`: found 1.0; allowed: an integer"),
        ("format", 3, "attribute `format`: found 3; allowed: a text in UTF-8"),
        ("cost", b"\xff", r"attribute `cost`: found b'\\xff'; allowed: a text in UTF-8"),
        ("provenance", DELETED, "attribute `provenance`: not in the file"),
        ("provenance", "{", "attribute `provenance`: not a JSON object"),
        ("provenance", "[1]", "attribute `provenance`: not a JSON object"),
        ("provenance", '{"a": NaN}', "attribute `provenance`: not a JSON object"),
        ("provenance", '{"a": 1e999}', "attribute `provenance`: not a JSON object"),
        ("provenance", r'{"a": "\ud800"}', "attribute `provenance`: not a JSON object"),
        ("layers", np.int32(2), "attribute `layers`: found 2; allowed: an integer of 64 bits"),
        ("layer_1/activation", DELETED, "attribute `activation` of `layer_1`: not in the file"),
        ("image_shape", [8, 24], r"attribute `image_shape`: found \[8, 24\]; allowed: height, width and channels, whose product is 192"),
        ("image_shape", [-8, -8, 3], r"attribute `image_shape`: found \[-8, -8, 3\]; allowed: height, width and channels"),
        ("image_shape", [8, 8, 1], r"attribute `image_shape`: found \[8, 8, 1\]; allowed: .* product is 192"),
    ],
)
def test_a_model_that_breaks_the_format_is_refused(
    workplace: Workplace, tmp_path: Path, place: str, value: object, message: str
) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes(workplace.model().read_bytes())
    with h5py.File(path, "r+") as file:
        group, _, name = place.rpartition("/")
        if value is None:
            del file[place]
        elif value is DELETED:
            del file[group or "/"].attrs[name]
        else:
            file[group or "/"].attrs[name] = np.bytes_(value) if isinstance(value, (str, bytes)) else value
    with pytest.raises(LayerchainError, match=f"m.h5: {message}"):
        layerchain.load(path)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("layer_1/w", None, "dataset `layer_1/w`: a group is there"),
        ("classes", None, "dataset `classes`: a group is there"),
        ("classes", [0, 1], "dataset `classes`: found int64 of 1 dimensions; allowed: text of 1"),
        ("classes", b"cat", r"dataset `classes`: found object of 0 dimensions; allowed: text of 1"),
        ("classes", np.array([b"\xff", b"cat"]), r"dataset `classes`: found b'\\xff'; allowed: a text in UTF-8"),
        ("classes", ["non-cat", "cat"], "dataset `classes`: found object of 1 dimensions; allowed: text of 1, of fixed length"),
        ("classes", np.array([b"a", b"b", b"c"]), "dataset `classes`: found 3 names; the net has 2"),
        ("classes", np.array([b"a", b""]), "dataset `classes`: name 1 is ''; allowed: non-empty text without control characters"),
        ("classes", np.array([b"a\nb", b"c"]), r"dataset `classes`: name 0 is 'a\\nb'; allowed: non-empty text"),
        ("feature_names", np.array([b"a", b"b"]), "dataset `feature_names`: found 2 names; the net has 192"),
        ("target_names", np.array([b"a"]), "dataset `target_names`: found 1 names; the net has 0"),
        ("scaling/mean", [0.0], r"dataset `scaling/mean`: its shape is \(1,\); allowed: \(192,\)"),
        ("scaling/mean", [np.inf] * 192, "dataset `scaling/mean`: the value at 0 is inf; every value must be finite"),
        ("scaling/std", [1.0, 0.0] * 96, "dataset `scaling/std`: the value of feature 1 is 0.0; allowed: above 0"),
        ("scaling/std", [-1.0] * 192, "dataset `scaling/std`: the value of feature 0 is -1.0; allowed: above 0"),
        ("layer_1/w", [[1.0] * 192, [1.0] * 191 + [np.nan]], "dataset `layer_1/w`: the value at 1, 191 is nan; every value must be finite"),
        ("layer_1/w", np.empty((0, 192)), r"dataset `layer_1/w`: its shape is \(0, 192\); allowed: each side at least 1"),
        ("layer_2/w", h5py.SoftLink("/layer_1/w"), "dataset `layer_2/w`: there is a link"),
        ("layer_3", None, "attribute `layers`: found 2, but there is a group `layer_3`"),
    ],
)
def test_another_object_in_the_place_of_a_dataset_is_refused(
    workplace: Workplace, tmp_path: Path, place: str, value: object, message: str
) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes(workplace.model("data.scale=standardize").read_bytes())
    with h5py.File(path, "r+") as file:
        del file.attrs["sha256"]
        if place in file:
            del file[place]
        if value is None:
            file.create_group(place)
        else:
            file[place] = value
    with pytest.raises(LayerchainError, match=f"m.h5: {message}"):
        layerchain.load(path)


def test_what_the_cost_forbids_is_refused(workplace: Workplace, tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes(workplace.model().read_bytes())
    with h5py.File(path, "r+") as file:
        w = file["layer_2/w"][:]
        del file.attrs["sha256"], file["layer_2/w"], file["layer_2/b"]
        file["layer_2/w"], file["layer_2/b"] = np.vstack([w, w]), np.zeros(2)
    with pytest.raises(LayerchainError, match="dataset `layer_2/w`: it has 2 rows; allowed: 1, the output of binary-cross-entropy"):
        layerchain.load(path)
    path.write_bytes(workplace.model(*SUMS).read_bytes())
    with h5py.File(path, "r+") as file:
        del file.attrs["sha256"]
        file["classes"] = np.array([b"a", b"b"])
    with pytest.raises(LayerchainError, match="dataset `classes`: found 2 names; the net has 0"):
        layerchain.load(path)


def test_a_file_that_is_cut_off_or_has_other_bytes_is_refused_in_one_line(workplace: Workplace, tmp_path: Path) -> None:
    whole = workplace.model("data.scale=standardize").read_bytes()
    path = tmp_path / "m.h5"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LayerchainError, match="m.h5: damaged: .*truncated file"):
        layerchain.load(path)
    draws = np.random.default_rng(1)
    refused = 0
    for _ in range(300):
        damaged = bytearray(whole)
        for place in draws.integers(0, len(whole), 3):
            damaged[place] = draws.integers(0, 256)
        path.write_bytes(damaged)
        try:
            layerchain.load(path)
        except LayerchainError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 100
