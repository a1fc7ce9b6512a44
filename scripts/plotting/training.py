"""Reads what `runner train` wrote: the history of one net (`--history`), and the model beside it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .axis import value_text
from .measure import SCORES
from .record import RecordError
from .sweep import UNKNOWN, Run, Sweep, arranged

FIRST = ["iteration", "cost"]  # the columns of a history; those of metrics follow


def read_training(path: Path) -> Sweep:
    """The training as a sweep of one run, from its directory, or from its history or model.

    A model tells how its training ended. A later training that diverged leaves the model of the earlier one where it was:
    only a model whose final cost is among those of the history is taken, else the run has no scores and its status is UNKNOWN.
    Raises RecordError when there is no history.
    """
    history, model = _files(path)
    iterations, series = _history(history)
    told = _provenance(model) if model else {}
    result = told.get("result", {})
    if result.get("final_cost") not in series["cost"].tolist():
        told = result = {}
    scores = {name: float(result[name]) for name in SCORES if result.get(name) is not None}
    run = Run({}, result.get("status", UNKNOWN), result.get("ended_at"), scores, iterations, series)
    name = str(told.get("experiment") or (path.name if path.is_dir() else history.stem))
    return arranged(name, _setting(told), [], [{}], [run], validated="validation_cost" in scores)


def _files(path: Path) -> tuple[Path, Optional[Path]]:
    """The history and the model, where there is one."""
    if path.is_dir():
        folder, models = path, sorted(path.glob("*.h5"))
        histories = [file for file in sorted(path.glob("*.csv")) if _is_history(file)]
    else:
        folder, models = path.parent, [path] if path.suffix == ".h5" else [path.with_suffix(".h5")]
        histories = [path.with_suffix(".csv")] if path.suffix == ".h5" else [path]
        histories = [file for file in histories if _is_history(file)]
    if len(histories) > 1:
        raise RecordError(f"{folder}: {len(histories)} histories; give one of them, such as {histories[0]}")
    if not histories:
        if path.suffix == ".csv":
            raise RecordError(f"{path}: is not the history of a training, whose first line begins iteration,cost")
        if not any(model.is_file() for model in models):
            raise RecordError(f"{path}: no results.db and no history there; give the directory that a sweep wrote, "
                              "e.g. results/depth")
        file = models[0].with_suffix(".csv")
        raise RecordError(f"{path}: a model without its history; train it with --history {file} --force")
    beside = [histories[0].with_suffix(".h5"), *models]
    return histories[0], next((model for model in beside if model.is_file()), None)


def _is_history(file: Path) -> bool:
    try:
        with file.open(newline="") as lines:
            return next(csv.reader(lines), [])[:2] == FIRST
    except (OSError, UnicodeDecodeError, csv.Error):
        return False


def _history(file: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    with file.open(newline="") as lines:
        names, *rows = csv.reader(lines)
    if not rows:
        raise RecordError(f"{file}: cannot be read as a history: it has no rows")
    try:
        numbers = np.array([[float(cell) if cell else np.nan for cell in row] for row in rows], dtype=float)
    except ValueError as error:
        raise RecordError(f"{file}: cannot be read as a history: {error}") from error
    iterations, *columns = numbers.T
    return iterations.astype(int), dict(zip(names[1:], columns))


def _provenance(model: Path) -> dict[str, Any]:
    """What the model file tells of its training; nothing where it, or h5py, cannot be read."""
    try:
        import h5py  # only this needs it
        with h5py.File(model) as file:
            told = file.attrs["provenance"]
        told = json.loads(told)
    except (ImportError, OSError, KeyError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _setting(told: dict[str, Any]) -> str:
    """The data, the hidden layers, the rate and the number of iterations, as far as they are known."""
    source = told.get("data", {}).get("source", {})
    data = source.get("set") or Path(str(source.get("train", ""))).name
    config = told.get("config", {})
    parts = [data] if data else []
    if "model.hidden" in config:
        parts.append(f"hidden layers {value_text(tuple(config['model.hidden']))}")
    if "train.learning_rate" in config:
        parts.append(f"learning rate {value_text(config['train.learning_rate'], 6)}")
    if "iterations" in told:
        parts.append(f"{told['iterations']} iterations")
    return ", ".join(parts)
