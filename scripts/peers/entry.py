"""A line of the comparison: who took part in which case, and the times of its turns."""

from __future__ import annotations

from dataclasses import dataclass, field

from cases import CASES


@dataclass
class Entry:
    """A peer, its case, and the `milliseconds` per step and net of each round."""

    case: str
    dtype: str
    who: str
    threads: int
    milliseconds: list[float] = field(default_factory=list)
    version: str = ""

    @property
    def nets(self) -> int:
        return CASES[self.case].nets
