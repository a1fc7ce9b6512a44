"""The Python examples of the documentation, run as they are printed."""

from __future__ import annotations

import ast
import importlib.util
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import REPOSITORY, Workplace

# Methods that take a package which may not be installed.
OPTIONAL = {"to_torch": "torch", "to_optuna": "optuna", "to_tensorboard": "tensorboard", "to_mlflow": "mlflow"}


def blocks(path: Path) -> list[str]:
    """The examples in Python of a page."""
    return [rest.split("```")[0] for rest in path.read_text().split("```python\n")[1:]]


def missing(packages: Iterable[str]) -> list[str]:
    """Those of the packages that are not installed."""
    return [package for package in packages if importlib.util.find_spec(package) is None]


def imported(example: ast.Module) -> list[str]:
    """The packages that an example imports."""
    imports = [node for node in example.body if isinstance(node, ast.Import)]
    return [name.name.partition(".")[0] for node in imports for name in node.names]


def taken(statement: str) -> list[str]:
    """The optional packages that a statement takes."""
    return [package for method, package in OPTIONAL.items() if f".{method}(" in statement]


@pytest.fixture
def checkout(workplace: Workplace, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the files that the examples name."""
    shutil.copytree(results, tmp_path / "results/depth")
    (tmp_path / "results/course-4layer").mkdir()
    shutil.copy(workplace.model(), tmp_path / "results/course-4layer/model.h5")
    (tmp_path / "data").mkdir()
    shutil.copy(workplace.folder / "data/test_drawn.h5", tmp_path / "data/test_catvnoncat.h5")
    workplace.run("trace", "one.toml", "--hdf5", str(tmp_path / "step.h5"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", ["docs/python.md", "python/README.md", "docs/model-format.md", "docs/trace.md"])
def test_the_examples_of_a_page_run_one_after_the_other(checkout: Path, page: str) -> None:
    examples = blocks(REPOSITORY / page)
    assert examples
    names: dict[str, object] = {}
    ran, left_out = 0, []
    for example in map(ast.parse, examples):
        if absent := missing(imported(example)):
            left_out.append(f"an example without {', '.join(absent)}")
            continue
        for statement in example.body:
            text = ast.unparse(statement)
            if absent := missing(taken(text)):
                left_out.append(f"`{text}` without {', '.join(absent)}")
                continue
            exec(text, names)  # noqa: S102
            ran += 1
    assert ran
    if left_out:
        pytest.skip(f"{page}: all was run except {'; '.join(left_out)}")
