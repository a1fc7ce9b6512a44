"""Reads the record of a sweep (results.db) without ever writing to it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, Iterator, Optional

import numpy as np

from . import seal
from ._applied import CONDITIONS, applied, planned
from .axis import TRIAL, Axis
from .measure import SCORES
from .sweep import Run, Sweep, arranged, count_trials
from .where import WhereError, parse

SCHEMA_VERSION = 4
DATABASE = "results.db"
# What a condition may ask for beside the keys of a trial.
ASKED = ("id", "engine", "status", "reason", "ended_at", "drift", "seconds", *SCORES)


class RecordError(Exception):
    """The record cannot be drawn; the message is one line that names the file and the reason."""


def read_sweep(directory: Path, where: str = "") -> Sweep:
    """The trials of the sweep recorded in a results directory that fit a condition.

    Raises RecordError when there is nothing to draw.
    """
    path = directory / DATABASE
    try:
        connection = _connect(path)
        try:
            return _read(connection, path, where)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise RecordError(f"{path}: cannot be read as a record: {error}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise RecordError(f"{path}: the record holds a value that cannot be read: {error}") from error


def edited_tables(directory: Path) -> list[str]:
    """The tables beside the record that are no longer what was written."""
    connection = _connect(directory / DATABASE)
    try:
        return seal.edited_tables(connection, directory)
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    # A reader of a WAL database makes a -wal and a -shm file, which a directory without write
    # permission refuses. With no -wal file there is no writer either, so the file can be read as it is.
    path = path.resolve()  # both are beside the file itself, not beside a link to it
    at_rest = not path.with_name(path.name + "-wal").exists()
    return sqlite3.connect(path.as_uri() + ("?mode=ro&immutable=1" if at_rest else "?mode=ro"), uri=True)


def _read(connection: sqlite3.Connection, path: Path, where: str) -> Sweep:
    connection.execute("BEGIN")  # one snapshot, though a sweep may be writing
    begun = RecordError(f"{path}: the sweep has only just begun; no results yet")
    # A sweep makes the file first, then its tables, then its plan.
    if connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,):
        raise begun
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        raise RecordError(f"{path}: the record has schema {version}, these plots read schema {SCHEMA_VERSION}")
    experiment = connection.execute("SELECT name, data FROM experiment").fetchone()
    if experiment is None:
        raise begun
    if not seal.plan_is_sound(connection):
        raise RecordError(f"{path}: the experiment, its axes or its plan are not what was stored; run the sweep again")
    damaged = seal.damaged_trials(connection)
    if damaged:
        more = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
        raise RecordError(f"{path}: trial {damaged[0]}{more} is damaged in the record; run the sweep again to train it anew")
    axes = [
        Axis(key, scale, (), factor)
        for key, scale, factor in connection.execute("SELECT key, scale, factor FROM axis ORDER BY position")
        if factor is not None  # what follows from the others is not an axis
    ]
    configs = _configs(connection)
    points = _points(connection, configs)
    trials = dict(_trials(connection, configs if where else {}))
    runs = [Run(point, *trials[point[TRIAL]]) for point in points if point[TRIAL] in trials]
    if not any(run.completed or run.diverged for run in runs):
        failed = f"; all {count_trials(runs)} trials run so far failed" if runs else ""
        raise RecordError(f"{path}: no trial has finished yet{failed}")
    validated = any(np.isfinite(run.score("validation_cost")) for run in runs)
    fitting = _fitting(runs, where) if where else runs
    chosen = [run.point for run in fitting] if where else points
    return arranged(str(experiment[0]), str(experiment[1] or ""), axes, chosen, fitting, validated=validated,
                    plan=points, condition=where)


def _fitting(runs: list[Run], where: str) -> list[Run]:
    trials = _values(runs)
    try:
        condition = parse(where, trials)
    except WhereError as error:
        raise RecordError(f"--where: {error}") from error
    fitting = [run for run, values in zip(runs, trials) if condition(values)]
    if not any(run.completed or run.diverged for run in fitting):
        raise RecordError(f"--where: no finished trial of {count_trials(runs)} fits {where}")
    return fitting


def _values(runs: list[Run]) -> list[dict[str, Any]]:
    """What a condition may ask for of each run, by full names: None for a key that is no part of its trial, and without
    those that its configuration leaves out as they are at their defaults."""
    # A configuration has another name for some swept values: it calls adam with decoupled decay adamw.
    values = [{**run.keys, **{key: value for key, value in run.point.items() if value is not None}} for run in runs]
    keys = dict.fromkeys(key for trial in values for key in trial)
    return [{**trial, **{key: None for key in keys if key in CONDITIONS and not CONDITIONS[key](trial)}} for trial in values]


def _configs(connection: sqlite3.Connection) -> dict[str, dict]:
    """The configuration of each trial that has finished, by its id."""
    rows = connection.execute("SELECT id, config FROM trial WHERE id IN (SELECT trial FROM plan)")
    return {trial: {k: _frozen(v) for k, v in json.loads(config).items()} for trial, config in rows}


def _points(connection: sqlite3.Connection, configs: dict[str, dict]) -> list[dict]:
    """The planned points with the keys that are part of their trials, each once; other keys are None."""
    plan = connection.execute("SELECT trial, point FROM plan ORDER BY position")
    points = [{**{k: _frozen(v) for k, v in json.loads(point).items()}, TRIAL: trial} for trial, point in plan]
    # What is not swept is the same in all trials.
    known = next(iter(configs.values()), {})
    base = {key: value for key, value in known.items() if points and key not in points[0]}
    own = [applied(point, configs[point[TRIAL]]) if point[TRIAL] in configs else planned(point, base) for point in points]
    return list({tuple(point.items()): point for point in own}.values())


def _trials(connection: sqlite3.Connection, configs: dict[str, dict]) -> Iterator[tuple[str, tuple]]:
    """The id of each planned trial, and what makes a run of it beside its point: with the configurations, also what a
    condition may ask for."""
    columns = ("number", "metrics", *ASKED)
    names: dict[int, list[str]] = {}
    found = []
    for row in connection.execute(f"SELECT {', '.join(columns)} FROM trial WHERE id IN (SELECT trial FROM plan)"):
        trial = dict(zip(columns, row))
        names[trial["number"]] = json.loads(trial["metrics"])
        found.append(trial)
    histories = _histories(connection, names)
    nothing: tuple[np.ndarray, dict] = (np.empty(0, dtype=int), {})
    for trial in found:
        scores = {name: _number(trial[name]) for name in SCORES}
        keys: dict[str, Any] = {}
        if configs:
            keys = {**configs[trial["id"]], **{name: trial[name] for name in ASKED if name != "id"}}
        iterations, history = histories.get(trial["number"], nothing)
        yield trial["id"], (trial["status"], trial["ended_at"], scores, iterations, history, keys)


def _histories(connection: sqlite3.Connection, names: dict[int, list[str]]) -> dict[int, tuple[np.ndarray, dict]]:
    """The recorded iterations of each trial, with the cost and every metric at them."""
    planned = "SELECT number FROM trial WHERE id IN (SELECT trial FROM plan)"
    rows = connection.execute("SELECT trial, iteration, cost, metrics FROM history "
                              f"WHERE trial IN ({planned}) ORDER BY trial, iteration").fetchall()
    if not rows:
        return {}
    numbers, iterations, costs, metrics = zip(*rows)
    numbers, iterations = np.array(numbers), np.array(iterations)
    costs = np.array(costs, dtype=float)
    starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    histories = {}
    for first, end in zip(starts[:-1], starts[1:]):
        number = int(numbers[first])
        history = {"cost": costs[first:end]}
        if names[number]:
            values = np.array([json.loads(text) for text in metrics[first:end]], dtype=float)
            history.update(zip(names[number], values.T))
        histories[number] = (iterations[first:end], history)
    return histories


def _number(value: Optional[float]) -> float:
    return np.nan if value is None else float(value)  # SQLite keeps NaN as NULL


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value
