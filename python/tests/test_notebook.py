"""The notebook runs from a sweep to its figure."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from conftest import REPOSITORY, Workplace
from nbclient import NotebookClient
from nbformat import NotebookNode

import layerchain

NOTEBOOK = REPOSITORY / "python/examples/from_sweep_to_figure.ipynb"


# Jupyter's own.
@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_and_draws_its_figures(
    workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER", str(workplace.runner))
    notebook: NotebookNode = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2
    best = layerchain.read(tmp_path / "results/depth-drawn").best()
    assert best.metric == "validation_cost"
    printed = "".join(output.get("data", {}).get("text/plain", "") for output in outputs)
    assert repr(best.mean) in printed
    assert (tmp_path / "figure.svg").read_text().startswith("<?xml")


def test_the_notebook_is_kept_with_its_outputs() -> None:
    notebook: NotebookNode = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), "run it from its start, and save it"
    assert not any(output.output_type == "error" for cell in code for output in cell.outputs)
