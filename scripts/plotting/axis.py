"""A swept key with its values: how it is named, spaced and written."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Iterable, Optional

import numpy as np

SEED = "seed"
LEARNING_RATE = "train.learning_rate"
DEPTH = "model.depth"
LAYER = "layer"  # no key: what a metric has a value for each of
TRIAL = "trial"  # no key: the id of the trial at a point, which points share that differ in keys that are no part of it
CLOSE = 0.08  # of the way from the first value to the last: nearer neighbours cannot be told apart, nor their labels
CLOSE_LOG = 0.11  # the same on a log scale, whose numbers have longer labels
EVEN = 0.85  # of the mean distance of neighbours: where all are as far apart, side by side is no further
MANY = 12  # values that can be named, or have a panel, each

# The name of a swept key in words, and its unit where it has one.
WORDS = {
    DEPTH: ("depth", "layers"),
    "model.width": ("width", "units per hidden layer"),
    "model.hidden": ("hidden layers", "units"),
    "model.init": ("initialisation", ""),
    "model.dtype": ("number type", ""),
}


@dataclass(frozen=True)
class Axis:
    """One swept key with every planned value: numbers in ascending order, anything else as declared."""

    key: str
    scale: str
    values: tuple
    factor: Optional[int] = None  # keys of one factor advance together
    columns: tuple = ()  # of a joint axis: its keys, each value a tuple over them
    title: str = ""  # what a person calls it, instead of its name
    partial: bool = False  # whether the key is no part of some trials, which have no value of it

    @property
    def name(self) -> str:
        """The key in words: `train.learning_rate` is "learning rate"."""
        if self.title:
            return self.title
        if self.columns:
            return " and ".join(column.name for column in self.columns)
        return WORDS.get(self.key, (self.key.rsplit(".", 1)[-1].replace("_", " "), ""))[0]

    @property
    def label(self) -> str:
        """The name with its unit, for the side of a plot."""
        unit = "" if self.title else WORDS.get(self.key, ("", ""))[1]
        return f"{self.name} ({unit})" if unit else self.name

    @cached_property
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
    def wide(self) -> bool:
        """Whether it has more numbers than can be told apart one by one."""
        return self.ordered and len(self.values) > MANY

    @cached_property
    def logarithmic(self) -> bool:
        """Whether the values are better seen on a log scale, and have room there."""
        return self._even_as_logs and not self.close

    @cached_property
    def _even_as_logs(self) -> bool:
        """Whether their ratios are more even than their differences: declared so, or over a decade and more."""
        if not self.ordered or min(self.values) <= 0:
            return False
        if self.scale == "log":
            return True
        if len(self.values) < 3 or max(self.values) / min(self.values) < 10:
            return False
        return _unevenness(np.diff(np.log(self.values))) < _unevenness(np.diff(self.values))

    @cached_property
    def close(self) -> bool:
        """Whether a few numbers lie so unevenly, as 0, 0.0001 and 0.01 do, that some of them would be at one place."""
        if not self.ordered or self.wide or len(self.values) < 3:
            return False
        gaps = np.diff(np.log(self.values) if self._even_as_logs else self.values)
        least = CLOSE_LOG if self._even_as_logs else CLOSE
        return bool(np.min(gaps) < min(least * np.sum(gaps), EVEN * np.mean(gaps)))

    @property
    def positions(self) -> np.ndarray:
        """Where the values lie along a side: numbers at themselves, names and close numbers side by side."""
        return np.array(self.values if self.numeric and not self.close else range(len(self.values)), dtype=float)

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
        return value_text(value, self._digits)

    @cached_property
    def _digits(self) -> Optional[int]:
        # Written values keep three digits; those of a range are rarely round, and two tell them apart.
        for digits in (3, 4, 6, 9, 12) if self.scale == "list" else (2, 3, 4, 6, 9, 12):
            if len({value_text(v, digits) for v in self.values}) == len(self.values):
                return digits
        return None

    def said(self, value: Any) -> str:
        """Its name with a value: "momentum 0.9", or "no momentum" where the key is no part of the trial."""
        return f"no {self.name}" if value is None else f"{self.name} {self.text(value)}"

    def span(self, values: Iterable[Any]) -> str:
        """From the lowest to the highest of some of its values, in words."""
        ends = sorted(values)
        first, last = self.text(ends[0]), self.text(ends[-1])
        return first if first == last else f"{first} to {last}"

    def groups(self, most: int) -> list[tuple]:
        """Its values in order as at most the given number of groups, of equal size to within one."""
        count = len(self.values)
        cuts = np.linspace(0, count, min(most, count) + 1).round().astype(int)
        return [self.values[a:b] for a, b in zip(cuts[:-1], cuts[1:])]

    def called(self, titles: dict[str, str]) -> Axis:
        """The same axis with the titles that a person gave."""
        columns = tuple(column.called(titles) for column in self.columns)
        return replace(self, title=titles.get(self.key, self.title), columns=columns)


def _unevenness(gaps: np.ndarray) -> float:
    """The standard deviation of gaps as a share of their mean. Their squares alone could overflow, or be 0."""
    shares = gaps / gaps.max()
    return float(np.std(shares) / np.mean(shares))


def axis_values(values: Iterable[Any]) -> tuple:
    """The distinct values, numbers in ascending order."""
    distinct = tuple(dict.fromkeys(values))
    return tuple(sorted(distinct)) if Axis("", "", distinct).numeric else distinct


def value_text(value: Any, digits: Optional[int] = 3) -> str:
    """A swept value as a person writes it: 0.0075, 1e-5, relu, true, 20-7-5; with all of its digits if None are given."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return short_exponent(repr(value) if digits is None else f"{value:.{digits}g}")
    if isinstance(value, tuple):
        return "-".join(value_text(v, digits) for v in value) or "none"
    return "not set" if value is None else str(value)


def short_exponent(number: str) -> str:
    """A formatted number with the exponent as a person writes it: 1e-5 for 1e-05, 1e15 for 1e+15."""
    return number.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
