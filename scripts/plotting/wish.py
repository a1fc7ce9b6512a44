"""What a person asks of the pictures: which keys, which metric, how many of the best, what size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from .page import Size


@dataclass(frozen=True)
class Wish:
    """The choices of the command line; what is None is chosen by the picture."""

    x: Optional[str] = None  # full keys
    y: Optional[str] = None
    metric: Optional[str] = None
    best: Optional[int] = None
    size: Size = Size()
