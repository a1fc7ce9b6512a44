"""The tables of a record: those of trials.csv and history.csv, with their types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._columns import Column, Table, reals
from ._record import SCORES, Point, Record, Trial


def trials_table(record: Record) -> Table:
    """One row for each finished point: trial, every swept key, its end and its scores."""
    finished = [(point, point.trial) for point in record.points if point.trial is not None]
    trials = [trial for _, trial in finished]
    columns: dict[str, Column] = {"trial": Column("text", [trial.id for trial in trials])}
    for axis in record.axes:
        columns[axis.key] = Column.of([point.values.get(axis.key) for point, _ in finished])
    columns["status"] = Column("text", [trial.status for trial in trials])
    for score in SCORES:
        columns[score] = Column("real", reals([trial.scores[score] for trial in trials]))
    columns["seconds"] = Column("real", reals([trial.seconds for trial in trials]))
    columns["engine"] = Column("text", [trial.engine for trial in trials])
    columns["drift"] = Column("real", reals([trial.drift for trial in trials]))
    columns["ended_at"] = Column("integer", [trial.ended_at for trial in trials])
    columns["reason"] = Column("text", [trial.reason for trial in trials])
    return columns | _machines(trials, lambda trial: 1)


def history_table(record: Record) -> Table:
    """One row for each recorded cost, and a column for each metric that some trial records."""
    trials = distinct_trials(record.points)
    names = list(dict.fromkeys(name for trial in trials for name in trial.metrics))

    def metric(trial: Trial, name: str) -> Any:
        return trial.metrics.get(name, np.full(len(trial.costs), np.nan))

    def joined(part: Callable[[Trial], Any], dtype: Any) -> Any:
        return np.concatenate([np.empty(0, dtype), *map(part, trials)]).astype(dtype, copy=False)

    ids = [trial.id for trial in trials for _ in trial.costs]
    columns = {
        "trial": Column("text", ids),
        "iteration": Column("integer", joined(lambda trial: trial.iterations, np.int64)),
        "cost": Column("real", joined(lambda trial: trial.costs, np.float64)),
    }
    for name in names:
        columns[name] = Column("real", joined(lambda trial, name=name: metric(trial, name), np.float64))  # type: ignore[misc]
    return columns | _machines(trials, lambda trial: len(trial.costs))


def distinct_trials(points: Sequence[Point]) -> list[Trial]:
    """The finished trials, each once, though several points may share one."""
    return list({point.trial.id: point.trial for point in points if point.trial is not None}.values())


def _machines(trials: Sequence[Trial], rows: Callable[[Trial], int]) -> dict[str, Column]:
    """The column of the machines, if there were several."""
    if len({trial.machine for trial in trials}) < 2:
        return {}
    return {"machine": Column("text", [trial.machine for trial in trials for _ in range(rows(trial))])}
