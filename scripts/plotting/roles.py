"""Which swept keys of a sweep become colours, which become panels, and which are left over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional, Sequence

from .axis import LAYER, LEARNING_RATE, MANY, Axis
from .sweep import Run, Sweep

MOST_COLUMNS = 6


@dataclass(frozen=True)
class Roles:
    """The axis of the colour, those of the panels (two at most: rows, then columns), and the others."""

    colour: Optional[Axis]
    panels: list[Axis]
    rest: list[Axis]

    @property
    def shown(self) -> list[Axis]:
        """The axes that can be seen in the picture."""
        return [axis for axis in (*self.panels, self.colour) if axis]


def roles(sweep: Sweep) -> Roles:
    """The colour is the layer, the learning rate, or else what has an order; panels are the longest that fit."""
    if not sweep.factors:
        return Roles(None, [], [])
    preferences: tuple[Callable[[Axis], bool], ...] = (
        lambda a: a.key == LAYER,
        lambda a: a.holds(LEARNING_RATE),
        lambda a: a.wide,
        lambda a: a.numeric and a.scale == "log",
        lambda a: not a.numeric and len(a.values) <= MANY,
        lambda a: True,
    )
    colour = next(axis for wanted in preferences for axis in sweep.factors if wanted(axis))
    # What has too many values for a panel each can only be the colour.
    fitting = [a for a in sweep.factors if a is not colour and len(a.values) <= MANY]
    panels = sorted(fitting, key=lambda a: (a.partial, -len(a.values)))[:2]
    rest = [a for a in sweep.factors if a is not colour and a not in panels]
    # Rows, then columns: a landscape page, unless that makes the panels too narrow.
    panels.sort(key=lambda a: len(a.values), reverse=bool(panels) and len(panels[0].values) > MOST_COLUMNS)
    return Roles(colour, panels, rest)


def layout(panels: list[Axis], runs: Sequence[Run]) -> tuple[int, int, dict[tuple, tuple[int, int]]]:
    """How many rows and columns the runs need, and the row and column of each setting; those without a key come last."""
    there = {run.values(panels) for run in runs}
    sides = [[value for value in (*axis.values, None) if value in {place[side] for place in there}]
             for side, axis in enumerate(panels)]
    if not sides:
        return 1, 1, {(): (0, 0)}
    if len(sides) == 1:
        count = len(sides[0])
        columns = count if count <= 4 else 3 if count in (5, 6, 9) else 4
        return -(-count // columns), columns, {(v,): divmod(i, columns) for i, v in enumerate(sides[0])}
    down, across = sides
    places = {place: (down.index(place[0]), across.index(place[1])) for place in there}
    return len(down), len(across), places
