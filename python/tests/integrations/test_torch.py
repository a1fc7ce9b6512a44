"""A model as a module of PyTorch answers what the runner answers, and takes the parameters that are exported."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from conftest import Workplace
from safetensors.torch import load_file
from test_export import exported
from test_model import DRAWN, HIDDEN, NETS, SUMS, TOLERANCE, examples

import layerchain


def answers_in_torch(workplace: Workplace, net: torch.nn.Module, file: str) -> np.ndarray:
    with torch.no_grad():
        a = net(torch.from_numpy(examples(workplace, file))).double().numpy()
    is_binary = isinstance(list(net.modules())[-1], torch.nn.Sigmoid)
    return np.hstack([1 - a, a]) if is_binary else a


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("activation", HIDDEN)
def test_every_activation_answers_in_torch_as_in_the_runner(workplace: Workplace, activation: str, dtype: str) -> None:
    model = workplace.model(f"model.activation={activation}", f"model.dtype={dtype}", "model.hidden=[6, 5]")
    found = answers_in_torch(workplace, layerchain.load(model).to_torch(), DRAWN)
    np.testing.assert_allclose(found, workplace.answers(model, DRAWN), rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("net", NETS)
def test_every_output_and_scaling_answers_in_torch_as_in_the_runner(workplace: Workplace, net: str) -> None:
    file, keys = NETS[net]
    model = workplace.model(*keys)
    found = answers_in_torch(workplace, layerchain.load(model).to_torch(), file)
    np.testing.assert_allclose(found, workplace.answers(model, file), rtol=0, atol=TOLERANCE["f32" if "f32" in net else "f64"])


def test_exported_safetensors_are_its_state(workplace: Workplace) -> None:
    for keys, file in ((("model.dtype=f32", "model.hidden=[6, 5]"), DRAWN), (SUMS, "data/test_sums.h5")):
        path = workplace.model(*keys)
        net = layerchain.load(path).to_torch()
        expected = answers_in_torch(workplace, net, file)
        with torch.no_grad():
            for value in net.state_dict().values():
                value.zero_()
        net.load_state_dict(load_file(exported(workplace, path, "safetensors")))
        np.testing.assert_array_equal(answers_in_torch(workplace, net, file), expected)


def test_it_can_be_trained_further_and_saved(workplace: Workplace) -> None:
    path = workplace.model("model.dtype=f32", "model.hidden=[6, 5]")
    net = layerchain.load(path).to_torch()
    assert not net.training
    x = torch.from_numpy(examples(workplace, DRAWN))
    net(x).sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(x), net(x))
