"""The seals of a record, as `crates/runner/src/record/seal.rs` makes them: what is read is what was stored."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

Value = None | int | float | str | bytes


def seal(kind: str, rows: Iterable[Iterable[Value]]) -> str:
    """Returns SHA-256 over the values of `rows`, each with its type, in hexadecimal digits."""
    sha256 = hashlib.sha256(_bytes(kind))
    for row in rows:
        for value in row:
            sha256.update(_bytes(value))
    return sha256.hexdigest()


def _bytes(value: Value) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, int):
        return struct.pack("<cq", b"i", value)
    if isinstance(value, float):
        return struct.pack("<cd", b"r", value)
    kind, data = (b"t", value.encode()) if isinstance(value, str) else (b"b", value)
    return struct.pack("<cQ", kind, len(data)) + data
