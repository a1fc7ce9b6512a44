"""What maps of every kind share: the best setting at each place, and the colours of its score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Optional, Sequence

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.patches import Patch

from .axis import Axis, short_exponent
from .best import best, mean_score
from .limits import beginning
from .measure import Measure
from .style import SOFT
from .sweep import Run, Sweep, grouped, placed
from .ticks import log_worthwhile

MISSING, BAD, NOTHING = "#f4f4f4", "#dcdcdc", "white"
FADED = 0.35  # what is left of the colour of a setting that was dropped
FAINT = "#c9d6cf"  # such a colour, in a legend


@dataclass(frozen=True)
class Cell:
    """One place of a map: the trials of its best setting, and how all of its trials ended."""

    chosen: Sequence[Run] = ()
    trials: int = 0
    diverged: int = 0
    failed: int = 0
    rung: Optional[int] = None  # the longest of its trials, where it is not the last rung
    awaited: bool = False  # whether a trial there is still to run

    def value(self, measure: Measure) -> float:
        """The mean over the seeds of the best setting, NaN where none completed."""
        return mean_score(self.chosen, measure.field)


@dataclass(frozen=True)
class Map:
    """The cells over two axes, row by row, and the place of the best setting of all."""

    cells: list[list[Cell]]
    best: Optional[tuple[int, int]]

    def values(self, measure: Measure) -> np.ndarray:
        """The value of each cell."""
        return np.array([[cell.value(measure) for cell in row] for row in self.cells])


@dataclass(frozen=True)
class Shades:
    """The colours of a measure: light is good. `clipped` is where they end, if some values are worse."""

    norm: Normalize
    colours: Colormap
    clipped: Optional[float]

    @staticmethod
    def of(measure: Measure, values: Iterable[float], runs: Sequence[Run]) -> Shades:
        """Colours from the best value to the worst, or to where training begins: worse than that is one colour."""
        found = np.array([value for value in values if np.isfinite(value)])
        if not found.size:
            return Shades(Normalize(0, 1), matplotlib.colormaps["viridis"], None)
        low, high = float(found.min()), float(found.max())
        if measure.accuracy:
            return Shades(Normalize(low, high), matplotlib.colormaps["viridis"], None)
        begin = beginning(runs, measure.field)
        clipped = begin if low < begin < 0.999 * high else None
        high = clipped or high
        norm = (LogNorm if log_worthwhile([low, high]) else Normalize)(low, high)
        return Shades(norm, matplotlib.colormaps["viridis_r"], clipped)


def map_of(sweep: Sweep, down: Axis, across: Axis) -> Map:
    """The best setting of the other keys at each place; the best of all is the same in every map."""
    others = others_than(sweep, down, across)
    places = grouped(sweep.runs, [down, across])
    winner = best(sweep, sweep.runs, sweep.factors)
    missing = [dict(zip((axis.key for axis in sweep.axes), values)) for values in sweep.missing]
    awaited = {(down.at(point), across.at(point)) for point in missing}
    cells = [[_cell(sweep, places.get((y, x), []), others, (y, x) in awaited) for x in across.values] for y in down.values]
    if not any(run.completed for run in placed(winner, down, across)):
        return Map(cells, None)
    place = winner[0].values([down, across])
    return Map(cells, (down.values.index(place[0]), across.values.index(place[1])))


def others_than(sweep: Sweep, *axes: Axis) -> list[Axis]:
    """The keys over which a place of the map shows the best."""
    return [axis for axis in sweep.axes if axis not in axes and not any(axis in shown.columns for shown in axes)]


def ends_in_words(measures: Sequence[Measure], shades: Sequence[Shades]) -> str:
    """Where the colours end though the values don't."""
    return "  ·  ".join(f"darkest: {measure.name} of {short_exponent(f'{colours.clipped:.2g}')}, where training begins, or more"
                        for measure, colours in zip(measures, shades) if colours.clipped)


def lost_in_words(diverged: bool) -> str:
    """What is said of places without a completed trial: that all trials there diverged, or else failed."""
    return "all diverged" if diverged else "none completed"


def fate(sweep: Sweep) -> str:
    """What became of the settings below the last rung."""
    return "scored" if sweep.condition else "dropped"


def empty_handles(sweep: Sweep, cells: Sequence[Cell]) -> list[Artist]:
    """The entries of a legend for places without a trial."""
    handles: list[Artist] = []
    if any(not cell.trials and cell.awaited for cell in cells):
        handles.append(Patch(facecolor=MISSING, edgecolor=SOFT, linewidth=0.5, label="not run yet"))
    if any(not cell.trials and not cell.awaited for cell in cells):
        why = "no trial fits" if sweep.condition else "not in the sweep"
        handles.append(Patch(facecolor=NOTHING, edgecolor=SOFT, linewidth=0.5, label=why))
    return handles


def best_of(sweep: Sweep, down: Axis, across: Axis) -> str:
    """Which setting a place of the map shows, in words."""
    names = [axis.name for axis in others_than(sweep, down, across)]
    both = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    return f"each place shows the best {both}" if names else ""


def _cell(sweep: Sweep, runs: Sequence[Run], others: Sequence[Axis], awaited: bool) -> Cell:
    if not runs:
        return Cell(awaited=awaited)
    chosen = best(sweep, runs, others)
    rung = None
    if sweep.rungs:
        length = max(sweep.rungs.at(run.point) for run in chosen)
        rung = length if length != sweep.rungs.values[-1] else None
    return Cell(chosen, len(runs), sum(run.diverged for run in runs), sum(run.status == "failed" for run in runs), rung,
                awaited)
