"""The seals of a record, as `crates/runner/src/record/seal.rs` makes them: what is drawn is what was stored."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import struct
from pathlib import Path
from typing import Any, Iterable

# The rows that a plan's seal covers, each after the name of its table.
PLAN = (
    "SELECT 'experiment', name, description, toml, data FROM experiment",
    "SELECT 'axis', position, key, scale, factor FROM axis ORDER BY position",
    "SELECT 'plan', position, trial, point FROM plan ORDER BY position",
)
TRIAL = """
SELECT trial.number, trial.digest, trial.id, trial.config, trial.engine, trial.status, trial.reason, trial.ended_at,
       trial.final_cost, trial.train_cost, trial.train_accuracy, trial.test_accuracy, trial.test_cost,
       trial.validation_accuracy, trial.validation_cost, trial.drift, trial.seconds, trial.metrics,
       machine.fingerprint, machine.toml, data.said, fleet.trials
FROM trial LEFT JOIN machine ON machine.number = trial.machine LEFT JOIN data ON data.number = trial.data
           LEFT JOIN fleet ON fleet.number = trial.fleet
WHERE trial.id IN (SELECT trial FROM plan)
"""
HISTORY = """
SELECT trial, iteration, cost, metrics FROM history
WHERE trial IN (SELECT number FROM trial WHERE id IN (SELECT trial FROM plan)) ORDER BY trial, iteration
"""
TABLES = ("trials.csv", "history.csv")


def plan_is_sound(connection: sqlite3.Connection) -> bool:
    """Whether the experiment, its axes and its plan are what was stored."""
    (stored,) = connection.execute("SELECT digest FROM experiment").fetchone()
    rows = b"".join(_row(row) for select in PLAN for row in connection.execute(select))
    return stored == hashlib.sha256(_bytes("plan") + rows).hexdigest()


def damaged_trials(connection: sqlite3.Connection) -> list[str]:
    """The ids of the planned trials that are not what was stored."""
    # A row of a history is written out at once: there are many, and most have no metrics.
    histories = {
        number: b"".join(
            struct.pack("<cqcdc", b"i", iteration, b"r", cost, b"n") if metrics is None and isinstance(cost, float)
            else _row((iteration, cost, metrics))
            for _, iteration, cost, metrics in rows
        )
        for number, rows in itertools.groupby(connection.execute(HISTORY), key=lambda row: row[0])
    }
    return [
        str(sealed[0]) for number, digest, *sealed in connection.execute(TRIAL)
        if digest != hashlib.sha256(_bytes("trial") + _row(sealed) + histories.get(number, b"")).hexdigest()
    ]


def edited_tables(connection: sqlite3.Connection, directory: Path) -> list[str]:
    """The tables beside the record that are not what the last run wrote."""
    hashes = dict(connection.execute("SELECT name, sha256 FROM file"))
    return [
        name for name in TABLES
        if name in hashes and (directory / name).is_file()
        and hashlib.sha256((directory / name).read_bytes()).hexdigest() != hashes[name]
    ]


def _row(values: Iterable[Any]) -> bytes:
    return b"".join(map(_bytes, values))


def _bytes(value: Any) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, int):
        return struct.pack("<cq", b"i", value)
    if isinstance(value, float):
        return struct.pack("<cd", b"r", value)
    kind, data = (b"t", value.encode()) if isinstance(value, str) else (b"b", value)
    return struct.pack("<cQ", kind, len(data)) + data
