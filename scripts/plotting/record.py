"""Reads the record of a sweep (results.db) without ever writing to it."""

from __future__ import annotations

import json
import math
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from . import seal

SCHEMA_VERSION = 4
SEED = "seed"
LEARNING_RATE = "train.learning_rate"
DEPTH = "model.depth"
MOST_ROWS = 12  # of what advances together, to be drawn as one axis of names

# The name of a swept key in words, and its unit where it has one.
WORDS = {
    DEPTH: ("depth", "layers"),
    "model.width": ("width", "units per hidden layer"),
    "model.hidden": ("hidden layers", "units"),
    "model.init": ("initialisation", ""),
    "model.dtype": ("number type", ""),
}


class RecordError(Exception):
    """The record cannot be drawn; the message is one line that names the file and the reason."""


@dataclass(frozen=True)
class Axis:
    """One swept key with every planned value: numbers in ascending order, anything else as declared."""

    key: str
    scale: str
    values: tuple
    factor: Optional[int] = None  # keys of one factor advance together
    columns: tuple = ()  # of a joint axis: its keys, each value a tuple over them

    @property
    def name(self) -> str:
        """The key in words: `train.learning_rate` is "learning rate"."""
        if self.columns:
            return " and ".join(column.name for column in self.columns)
        return WORDS.get(self.key, (self.key.rsplit(".", 1)[-1].replace("_", " "), ""))[0]

    @property
    def label(self) -> str:
        """The name with its unit, for the side of a plot."""
        unit = WORDS.get(self.key, ("", ""))[1]
        return f"{self.name} ({unit})" if unit else self.name

    @property
    def numeric(self) -> bool:
        """Whether every value is a finite number, so that distances on the axis mean something."""
        return not self.columns and all(
            isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in self.values
        )

    @property
    def ordered(self) -> bool:
        """Whether a line from one value to the next means something; a seed is a name, though a number."""
        return self.numeric and self.key != SEED

    @property
    def logarithmic(self) -> bool:
        """Whether the values are better seen on a log scale: declared so, or a decade and more of even ratios."""
        if not self.ordered or min(self.values) <= 0:
            return False
        if self.scale == "log":
            return True
        if len(self.values) < 3 or max(self.values) / min(self.values) < 10:
            return False
        ratios, steps = np.diff(np.log(self.values)), np.diff(self.values)
        return bool(np.std(ratios) / np.mean(ratios) < np.std(steps) / np.mean(steps))

    def at(self, point: dict) -> Any:
        """The value that a point has on this axis."""
        return tuple(column.at(point) for column in self.columns) if self.columns else point.get(self.key)

    def holds(self, key: str) -> bool:
        """Whether it is the axis of this key, or has it among its columns."""
        return key == self.key or any(column.key == key for column in self.columns)

    def text(self, value: Any) -> str:
        """A value as short as it can be written while it still differs from its neighbours."""
        if self.columns:
            return ", ".join(column.text(part) for column, part in zip(self.columns, value))
        # Written values keep three digits; those of a range are rarely round, and two tell them apart.
        for digits in (3, 4, 6) if self.scale == "list" else (2, 3, 4, 6):
            texts = [value_text(v, digits) for v in self.values]
            if len(set(texts)) == len(texts):
                return value_text(value, digits)
        return value_text(value, 17)


@dataclass(frozen=True)
class Run:
    """One trial at one point of the sweep. Costs and iterations are of the recorded history, in order."""

    point: dict
    status: str
    diverged_at: Optional[int]
    final_cost: float
    train_accuracy: float
    test_accuracy: float
    iterations: np.ndarray
    costs: np.ndarray

    @property
    def completed(self) -> bool:
        return self.status == "completed"

    @property
    def diverged(self) -> bool:
        return self.status == "diverged"

    def values(self, axes: list[Axis]) -> tuple:
        """Where this run lies on the given axes."""
        return tuple(axis.at(self.point) for axis in axes)


@dataclass(frozen=True)
class Sweep:
    """A sweep as far as it has been run. `axes` are those with at least two values; the seed is kept apart.

    `factors` are the same with the columns of a zip as one axis; keys that were drawn stay apart, and are `scattered`
    where they have too many values for a line or a panel each. Of a sweep that halves, the runs are each setting's longest.
    """

    name: str
    data: str
    axes: list[Axis]
    factors: list[Axis]
    scattered: list[Axis]
    halved: bool
    seeds: Optional[Axis]
    runs: list[Run]
    planned: int
    edited: list[str]  # tables beside the record that are no longer what was written

    def axis(self, key: str) -> Optional[Axis]:
        """The axis of a key, if that key is swept."""
        return next((axis for axis in self.axes if axis.key == key), None)

    def factor(self, key: str) -> Optional[Axis]:
        """The factor of a key, if that key is swept."""
        return next((factor for factor in self.factors if factor.holds(key)), None)

    @property
    def summary(self) -> str:
        """How many trials there are and how they ended, in words."""
        done = len(self.runs)
        parts = [f"{done} trial{'s' * (done != 1)}" if done == self.planned else f"{done} of {self.planned} trials"]
        for status in ("diverged", "failed"):
            count = sum(run.status == status for run in self.runs)
            if count:
                parts.append(f"{count} {status}")
        if self.halved:
            parts.append("each setting at its last rung")
        return ", ".join(parts)


def grouped(runs: list[Run], axes: list[Axis]) -> dict[tuple, list[Run]]:
    """The runs at each place on the given axes; runs that differ only elsewhere (in their seed) share a group."""
    groups: dict[tuple, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.values(axes), []).append(run)
    return groups


def value_text(value: Any, digits: int = 3) -> str:
    """A swept value as a person writes it: 0.0075, 1e-5, relu, true, 20-7-5."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.{digits}g}".replace("e-0", "e-").replace("e+0", "e")
    if isinstance(value, tuple):
        return "-".join(value_text(v, digits) for v in value) or "none"
    return "not set" if value is None else str(value)


def read_sweep(directory: Path) -> Sweep:
    """The sweep recorded in a results directory. Raises RecordError when there is nothing to draw."""
    path = directory / "results.db"
    if not directory.is_dir():
        raise RecordError(f"{directory}: no such results directory; run the sweep first")
    if not path.is_file():
        raise RecordError(f"{path}: no record there; give the directory that a sweep wrote, e.g. results/depth")
    try:
        connection = _connect(path)
        try:
            return _read(connection, path)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise RecordError(f"{path}: cannot be read as a record: {error}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise RecordError(f"{path}: the record holds a value that cannot be read: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    # A reader of a WAL database makes a -wal and a -shm file, which a directory without write
    # permission refuses. With no -wal file there is no writer either, so the file can be read as it is.
    at_rest = not path.with_name(path.name + "-wal").exists()
    return sqlite3.connect(uri + ("?mode=ro&immutable=1" if at_rest else "?mode=ro"), uri=True)


def _read(connection: sqlite3.Connection, path: Path) -> Sweep:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        raise RecordError(f"{path}: the record has schema {version}, these plots read schema {SCHEMA_VERSION}")
    connection.execute("BEGIN")  # one snapshot, though a sweep may be writing
    experiment = connection.execute("SELECT name, data FROM experiment").fetchone()
    if experiment is None:
        raise RecordError(f"{path}: the record names no experiment")
    if not seal.plan_is_sound(connection):
        raise RecordError(f"{path}: the experiment, its axes or its plan are not what was stored; run the sweep again")
    damaged = seal.damaged_trials(connection)
    if damaged:
        more = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
        raise RecordError(f"{path}: trial {damaged[0]}{more} is damaged in the record; run the sweep again to train it anew")
    plan = list(dict.fromkeys(connection.execute("SELECT trial, point FROM plan ORDER BY position")))
    points = [(trial, {k: _frozen(v) for k, v in json.loads(point).items()}) for trial, point in plan]
    axes = [
        Axis(key, scale, _values([point.get(key) for _, point in points]), factor)
        for key, scale, factor in connection.execute("SELECT key, scale, factor FROM axis ORDER BY position")
        if factor is not None  # what follows from the others is not an axis
    ]
    trials = {row[1]: row for row in connection.execute(
        "SELECT number, id, status, ended_at, final_cost, train_accuracy, test_accuracy FROM trial"
    )}
    histories = _histories(connection)
    runs = [_run(point, trials[trial], histories) for trial, point in points if trial in trials]
    if not any(run.completed or run.diverged for run in runs):
        failed = f"; all {len(runs)} trials run so far failed" if runs else ""
        raise RecordError(f"{path}: no trial has finished yet{failed}")
    rungs = next((axis for axis in axes if axis.scale == "rungs"), None)
    if rungs:
        axes = [axis for axis in axes if axis is not rungs]
        runs = _longest(axes, rungs, runs, lambda run: run.point)
        points = _longest(axes, rungs, points, lambda point: point[1])
    varied = [axis for axis in axes if len(axis.values) > 1]
    swept = [axis for axis in varied if axis.key != SEED]
    factors = _factors(swept, [point for _, point in points])
    return Sweep(
        name=str(experiment[0]),
        data=str(experiment[1] or ""),
        axes=swept,
        factors=factors,
        scattered=[axis for axis in factors if axis.numeric and len(axis.values) > MOST_ROWS],
        halved=rungs is not None,
        seeds=next((axis for axis in varied if axis.key == SEED), None),
        runs=runs,
        planned=len(points),
        edited=seal.edited_tables(connection, path.parent),
    )


def _longest(axes: list[Axis], rungs: Axis, items: list, point_of: Callable) -> list:
    """What is on the last rung of each place: the lower rungs are the beginnings of the same."""
    last: dict[tuple, Any] = {}
    for item in items:
        place = tuple(axis.at(point_of(item)) for axis in axes)
        if place not in last or rungs.at(point_of(item)) >= rungs.at(point_of(last[place])):
            last[place] = item
    return list(last.values())


def _factors(axes: list[Axis], points: list[dict]) -> list[Axis]:
    """The axes, with those that advance together as one where they have few enough rows."""
    factors: list[Axis] = []
    for axis in axes:
        columns = tuple(other for other in axes if other.factor == axis.factor)
        if len(columns) == 1:
            factors.append(axis)
            continue
        rows = tuple(dict.fromkeys(tuple(column.at(point) for column in columns) for point in points))
        if len(rows) > MOST_ROWS:
            factors.append(axis)
        elif axis is columns[0]:
            factors.append(Axis(" ".join(column.key for column in columns), "list", rows, axis.factor, columns))
    return factors


def _histories(connection: sqlite3.Connection) -> dict[int, tuple[list, list]]:
    histories: dict[int, tuple[list, list]] = {}
    planned = "SELECT number FROM trial WHERE id IN (SELECT trial FROM plan)"
    rows = f"SELECT trial, iteration, cost FROM history WHERE trial IN ({planned}) ORDER BY trial, iteration"
    for trial, iteration, cost in connection.execute(rows):
        iterations, costs = histories.setdefault(trial, ([], []))
        iterations.append(iteration)
        costs.append(_number(cost))
    return histories


def _run(point: dict, row: tuple, histories: dict[int, tuple[list, list]]) -> Run:
    number, _, status, diverged_at, final_cost, train_accuracy, test_accuracy = row
    iterations, costs = histories.get(number, ([], []))
    return Run(
        point, status, diverged_at, _number(final_cost), _number(train_accuracy), _number(test_accuracy),
        np.array(iterations, dtype=int), np.array(costs, dtype=float),
    )


def _number(value: Optional[float]) -> float:
    return math.nan if value is None else float(value)  # SQLite keeps NaN as NULL


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


def _values(values: list) -> tuple:
    distinct = tuple(dict.fromkeys(values))
    return tuple(sorted(distinct)) if Axis("", "", distinct).numeric else distinct
