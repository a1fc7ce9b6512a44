"""Finds what of a record, or of the tables beside it, is no longer what was stored."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import struct
from pathlib import Path

from ._seal import PLAN, TRIALS, encoded, seal

HISTORY = """
SELECT trial, iteration, cost, metrics FROM history
WHERE trial IN (SELECT number FROM trial WHERE id IN (SELECT trial FROM plan)) ORDER BY trial, iteration
"""
TABLES = ("trials.csv", "history.csv")


def plan_is_sound(connection: sqlite3.Connection) -> bool:
    """Whether the experiment, its axes and its plan are what was stored."""
    (stored,) = connection.execute("SELECT digest FROM experiment").fetchone()
    return bool(stored == seal("plan", (row for select in PLAN for row in connection.execute(select))))


def damaged_trials(connection: sqlite3.Connection) -> list[str]:
    """The ids of the planned trials that are not what was stored."""
    # A row of a history is written out at once: there are many, and most have no metrics.
    histories = {
        number: b"".join(
            struct.pack("<cqcdc", b"i", iteration, b"r", cost, b"n") if metrics is None and isinstance(cost, float)
            else encoded((iteration, cost, metrics))
            for _, iteration, cost, metrics in rows
        )
        for number, rows in itertools.groupby(connection.execute(HISTORY), key=lambda row: row[0])
    }
    return [
        str(sealed[0]) for number, digest, *sealed in connection.execute(TRIALS)
        if digest != hashlib.sha256(encoded(("trial", *sealed)) + histories.get(number, b"")).hexdigest()
    ]


def edited_tables(connection: sqlite3.Connection, directory: Path) -> list[str]:
    """The tables beside the record that are not what the last run wrote."""
    hashes = dict(connection.execute("SELECT name, sha256 FROM file"))
    return [
        name for name in TABLES
        if name in hashes and (directory / name).is_file()
        and hashlib.sha256((directory / name).read_bytes()).hexdigest() != hashes[name]
    ]
