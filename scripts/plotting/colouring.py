"""How the values of an axis share out the colours: one each, a colour bar, or bands of neighbouring values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize

from .axis import Axis
from .page import Page
from .style import BLUE, SOFT, colours_of, line, palette, scale
from .sweep import Run

MOST_ON_BAR = 24  # thin lines of ordered colours that can still be followed
BANDS = 5


@dataclass(frozen=True)
class Group:
    """Values of the axis that share a colour, and how the legend calls them."""

    values: tuple
    colour: str
    name: str


@dataclass(frozen=True)
class Colouring:
    """The groups of an axis. `kind` is "each" (a legend entry for each value), "bar" or "bands"."""

    axis: Optional[Axis]
    kind: str
    groups: list[Group]

    @staticmethod
    def of(axis: Optional[Axis]) -> Colouring:
        """The colouring that stays readable for as many values as the axis has."""
        if axis is None:
            return Colouring(None, "each", [Group((None,), BLUE, "")])
        kind = "each" if not axis.wide else "bar" if len(axis.values) <= MOST_ON_BAR else "bands"
        rest = [Group((None,), SOFT, f"no {axis.name}")] if axis.partial else []
        if kind == "bands":
            parts = axis.groups(BANDS)
            groups = [Group(p, c, axis.span(p)) for p, c in zip(parts, palette(len(parts), True))]
            return Colouring(axis, kind, groups + rest)
        if kind == "bar":
            places = _norm(axis)(axis.positions)
            colours: Sequence = [tuple(c) for c in scale()(places)]
        else:
            colours = colours_of(axis)
        return Colouring(axis, kind, [Group((v,), c, axis.text(v)) for v, c in zip(axis.values, colours)] + rest)

    def split(self, runs: Sequence[Run]) -> list[tuple[Group, list[Run]]]:
        """The runs of each group, those without a run left out."""
        if self.axis is None:
            return [(self.groups[0], list(runs))] if runs else []
        place = {value: index for index, group in enumerate(self.groups) for value in group.values}
        parts: list[list[Run]] = [[] for _ in self.groups]
        for run in runs:
            parts[place[self.axis.at(run.point)]].append(run)
        return [(group, part) for group, part in zip(self.groups, parts) if part]

    @property
    def title(self) -> str:
        """What stands above the legend."""
        if self.axis is None or self.kind == "bar":
            return ""
        if self.kind == "bands":
            return f"{self.axis.label}, {len(self.axis.values)} values in {len(self.groups) - self.axis.partial} bands"
        return self.axis.label

    def handles(self) -> list[Artist]:
        """The entries of the legend: every group, unless a colour bar shows them."""
        if self.axis is None:
            return []
        on_bar = self.axis.values if self.kind == "bar" else ()
        return [line(group.name, group.colour) for group in self.groups if group.values[0] not in on_bar]

    def bar(self, page: Page) -> None:
        """Draws the colour bar beside the panels, where there is one."""
        if self.axis and self.kind == "bar":
            page.colour_bar(ScalarMappable(_norm(self.axis), scale()), self.axis.label)


def _norm(axis: Axis) -> Normalize:
    return (LogNorm if axis.logarithmic else Normalize)(float(np.min(axis.positions)), float(np.max(axis.positions)))
