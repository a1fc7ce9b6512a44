"""The seals of a record, as `crates/runner/src/record/seal.rs` makes them: what is read is what was stored.

`scripts/plotting` has this file too, by a link: it imports nothing but the standard library, and runs on Python 3.9.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import Union

Value = Union[None, int, float, str, bytes]

# The rows that the seal of a plan covers, each after the name of its table.
PLAN = (
    "SELECT 'experiment', name, description, toml, data FROM experiment",
    "SELECT 'axis', position, key, scale, factor FROM axis ORDER BY position",
    "SELECT 'plan', position, trial, point FROM plan ORDER BY position",
)
# What the seal of a trial covers, after its number and the seal itself.
TRIALS = """
SELECT trial.number, trial.digest, trial.id, trial.config, trial.engine, trial.status, trial.reason, trial.ended_at,
       trial.final_cost, trial.train_cost, trial.train_accuracy, trial.test_accuracy, trial.test_cost,
       trial.validation_accuracy, trial.validation_cost, trial.drift, trial.seconds, trial.metrics,
       machine.fingerprint, machine.toml, data.said, fleet.trials
FROM trial LEFT JOIN machine ON machine.number = trial.machine LEFT JOIN data ON data.number = trial.data
           LEFT JOIN fleet ON fleet.number = trial.fleet
WHERE trial.id IN (SELECT trial FROM plan) ORDER BY trial.number
"""


def seal(kind: str, rows: Iterable[Iterable[Value]]) -> str:
    """Returns SHA-256 over the values of `rows`, each with its type, in hexadecimal digits."""
    sha256 = hashlib.sha256(encoded((kind,)))
    for row in rows:
        sha256.update(encoded(row))
    return sha256.hexdigest()


def encoded(values: Iterable[Value]) -> bytes:
    """Returns the bytes of values, each with its type, of which a seal is the hash."""
    return b"".join(map(_bytes, values))


def _bytes(value: Value) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, int):
        return struct.pack("<cq", b"i", value)
    if isinstance(value, float):
        return struct.pack("<cd", b"r", value)
    kind, data = (b"t", value.encode()) if isinstance(value, str) else (b"b", value)
    return struct.pack("<cQ", kind, len(data)) + data
