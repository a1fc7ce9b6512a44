"""The package as it is installed."""

from __future__ import annotations

import importlib.resources
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import REPOSITORY, Workplace

import layerchain
from layerchain import MissingPackage


def test_its_version_is_the_runners_and_it_is_typed() -> None:
    with open(REPOSITORY / "Cargo.toml", "rb") as file:
        assert layerchain.__version__ == tomllib.load(file)["workspace"]["package"]["version"]
    with open(REPOSITORY / "python/pyproject.toml", "rb") as file:
        assert layerchain.__version__ == tomllib.load(file)["project"]["version"]
    assert (importlib.resources.files("layerchain") / "py.typed").is_file()
    assert "site-packages" in layerchain.__file__, "the installed package is tested, not the folder"


def test_an_import_takes_numpy_and_h5py_alone() -> None:
    code = "import sys, layerchain; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert {"numpy", "h5py"} <= loaded
    assert not loaded & {"pandas", "polars", "torch", "optuna", "tensorboard", "mlflow", "matplotlib"}


def hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Makes a package as good as not installed."""
    for name in [name for name in sys.modules if name.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"layerchain._{package}", raising=False)


@pytest.mark.parametrize("package", ["optuna", "tensorboard", "mlflow"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    hide(monkeypatch, package)
    sweep = layerchain.read(results)
    jobs: dict[str, Callable[[], object]] = {
        "optuna": sweep.to_optuna,
        "tensorboard": lambda: sweep.to_tensorboard(tmp_path / "runs"),
        "mlflow": sweep.to_mlflow,
    }
    with pytest.raises(MissingPackage) as caught:
        jobs[package]()
    assert str(caught.value) == f"to_{package}() needs the package {package}: python3 -m pip install {package}"
    assert isinstance(caught.value, ImportError)


def test_a_model_says_so_where_torch_is_missing(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "torch")
    model = layerchain.load(workplace.model())
    with pytest.raises(MissingPackage, match=r"^to_torch\(\) needs the package torch: python3 -m pip install torch$"):
        model.to_torch()
