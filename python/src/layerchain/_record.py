"""The record of a sweep (results.db): read in one snapshot, proved by its seals, and never written."""

from __future__ import annotations

import json
import math
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._applied import applied, planned
from ._errors import LayerchainError
from ._seal import PLAN, TRIALS, seal

SCHEMA = 4
DATABASE = "results.db"

_HISTORY = "SELECT iteration, cost, metrics FROM history WHERE trial = ? ORDER BY iteration"

# The scores of a trial, in the order of its row and of trials.csv.
SCORES = (
    "final_cost",
    "train_cost",
    "train_accuracy",
    "test_accuracy",
    "test_cost",
    "validation_accuracy",
    "validation_cost",
)


@dataclass(frozen=True)
class Axis:
    """A swept key. `scale` is list, linear, log or rungs; keys of one `factor` advance together."""

    key: str
    scale: str
    factor: int | None


@dataclass(frozen=True)
class Trial:
    """A finished trial: its configuration, its end, and its history, with an element for each recorded iteration."""

    id: str
    config: Mapping[str, Any]
    engine: str
    status: str
    reason: str | None
    ended_at: int | None
    scores: Mapping[str, float]  # NaN where there is none
    drift: float
    seconds: float
    machine: str  # the fingerprint
    machine_toml: str
    iterations: NDArray[np.int64]
    costs: NDArray[np.float64]
    metrics: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Point:
    """A place in the sweep, with its trial if that has finished."""

    values: Mapping[str, Any]
    trial_id: str
    trial: Trial | None


@dataclass(frozen=True)
class Record:
    """A record as far as its sweep has run."""

    name: str
    description: str
    toml: str
    data: str
    axes: Sequence[Axis]
    points: Sequence[Point]
    elsewhere: int = 0  # the trials of the whole sweep that are of other shards, and have no point here

    def own_values(self, point: Point) -> dict[str, Any]:
        """The values of a point, None for each key that is no part of its trial."""
        if point.trial is None:
            return planned(point.values, _base(self.toml))
        return applied(point.values, point.trial.config)


def read_record(directory: Path) -> Record:
    """Reads the record in a results directory.

    Raises LayerchainError if there is none, or it is damaged, or of another version.
    """
    path = directory / DATABASE
    if not directory.is_dir():
        raise LayerchainError(f"{directory}: no such results directory; run the sweep first")
    if not path.is_file():
        raise LayerchainError(f"{path}: no record there; give the directory that a sweep wrote, e.g. results/depth")
    try:
        with closing(_connect(path)) as connection:
            return _read(connection, path)
    except sqlite3.Error as error:
        raise LayerchainError(f"{path}: cannot be read as a record: {error}") from error


@cache
def _base(toml: str) -> dict[str, Any]:
    """The settings of an experiment outside of [sweep], by dotted keys."""
    tables = {table: keys for table, keys in tomllib.loads(toml).items() if isinstance(keys, dict) and table != "sweep"}
    return {f"{table}.{key}": _frozen(value) for table, keys in tables.items() for key, value in keys.items()}


def _connect(path: Path) -> sqlite3.Connection:
    # A reader of a WAL database makes a -wal and a -shm file, which a directory without write
    # permission refuses. With no -wal file there is no writer either, so the file can be read as it is.
    path = path.resolve()  # both are beside the file itself, not beside a link to it
    at_rest = not path.with_name(path.name + "-wal").exists()
    return sqlite3.connect(path.as_uri() + ("?mode=ro&immutable=1" if at_rest else "?mode=ro"), uri=True)


def _read(connection: sqlite3.Connection, path: Path) -> Record:
    connection.execute("BEGIN")  # one snapshot, though a sweep may be writing
    begun = LayerchainError(f"{path}: the sweep has only just begun; no results yet")
    # A sweep makes the file first, then its tables, then its plan.
    if connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,):
        raise begun
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA:
        raise LayerchainError(f"{path}: the record has schema {version}, this package reads schema {SCHEMA}")
    experiment = connection.execute("SELECT name, description, toml, data, digest FROM experiment").fetchone()
    if experiment is None:
        raise begun
    name, description, toml, data, digest = experiment
    if digest != seal("plan", (row for select in PLAN for row in connection.execute(select))):
        raise LayerchainError(f"{path}: the experiment, its axes or its plan are not what was stored; run the sweep again")
    trials = {trial.id: trial for trial in _trials(connection, path)}
    axes = [Axis(*row) for row in connection.execute("SELECT key, scale, factor FROM axis ORDER BY position")]
    points = [
        Point({key: _frozen(value) for key, value in json.loads(point).items()}, trial, trials.get(trial))
        for trial, point in connection.execute("SELECT trial, point FROM plan ORDER BY position")
    ]
    return Record(name, description, toml, data, axes, points, _elsewhere(connection))


def _elsewhere(connection: sqlite3.Connection) -> int:
    """Counts the trials of the whole sweep that are not in the plan of this record, which is of some of its shards."""
    if connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'whole_plan'").fetchone() == (0,):
        return 0
    whole = connection.execute("SELECT trials - (SELECT COUNT(DISTINCT trial) FROM plan) FROM whole_plan").fetchone()
    return max(0, whole[0]) if whole else 0


def _trials(connection: sqlite3.Connection, path: Path) -> Iterator[Trial]:
    for number, digest, *sealed in connection.execute(TRIALS):
        history = connection.execute(_HISTORY, (number,)).fetchall()
        if digest != seal("trial", [sealed, *history]):
            raise LayerchainError(
                f"{path}: trial {sealed[0]} is damaged in the record; run the sweep again to train it anew"
            )
        yield _trial(sealed, history)


def _trial(row: Sequence[Any], history: Sequence[Any]) -> Trial:
    id, config, engine, status, reason, ended_at = row[:6]
    after = 6 + len(SCORES)
    drift, seconds, metrics, fingerprint, toml = row[after : after + 5]
    names = json.loads(metrics)
    # Of a trial without metrics, the rows have none either.
    recorded = [json.loads(metrics) if metrics else [] for _, _, metrics in history]
    columns = np.array(recorded, dtype=np.float64).reshape(len(history), len(names))
    return Trial(
        id=id,
        config={key: _frozen(value) for key, value in json.loads(config).items()},
        engine=engine,
        status=status,
        reason=reason,
        ended_at=ended_at,
        scores=dict(zip(SCORES, map(_number, row[6:after]))),
        drift=_number(drift),
        seconds=seconds,
        machine=fingerprint,
        machine_toml=toml,
        iterations=np.array([iteration for iteration, _, _ in history], dtype=np.int64),
        costs=np.array([cost for _, cost, _ in history], dtype=np.float64),
        metrics={name: columns[:, place] for place, name in enumerate(names)},
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _frozen(value: Any) -> Any:
    """A list as a tuple, which can be a key."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """A value with its type, but a list as its JSON text."""
    return text(value) if isinstance(value, tuple) else value


def text(value: Any) -> str:
    """A value as trials.csv has it: a list is its JSON text."""
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    """A value as JSON, in which numbers are written as runner writes them: 0.00001 and 2.5e-7."""
    if isinstance(value, tuple):
        return f"[{','.join(map(_json, value))}]"
    if not isinstance(value, float):
        return json.dumps(value, ensure_ascii=False)
    digits, _, exponent = repr(value).partition("e")
    if exponent == "-05":
        sign, digits = ("-", digits[1:]) if value < 0 else ("", digits)
        return f"{sign}0.0000{digits.replace('.', '')}"
    return f"{digits}e{int(exponent)}" if exponent else digits
