"""A map of few places: each a cell with its number."""

from __future__ import annotations

from typing import Iterable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from .axis import Axis, short_exponent
from .best import judged_by
from .maps import (
    BAD, FADED, FAINT, MISSING, NOTHING, Cell, Map, Shades, best_of, empty_handles, ends_in_words, fate, map_of,
)
from .measure import Measure
from .page import WIDTH, Page, absent, source
from .style import INK
from .sweep import Sweep
from .ticks import value_ticks
from .wish import Wish

MOST_SIDE_BY_SIDE = 8  # columns
CELL = 0.47  # inches, for a number to have room


def cell_figure(sweep: Sweep, down: Axis, across: Axis, measures: list[Measure], wish: Wish) -> Figure:
    """A map for each measure, of the setting that is best at each place."""
    rows, columns = len(down.values), len(across.values)
    stacked = columns > MOST_SIDE_BY_SIDE or (wish.size.width or WIDTH) < 2 * CELL * columns + 1.5
    found = map_of(sweep, down, across)
    every = [cell for row in found.cells for cell in row]
    shades = [Shades.of(measure, found.values(measure).flat, sweep.runs) for measure in measures]
    left = max(0.75, 0.45 + 0.075 * max(len(down.text(v)) for v in down.values))
    notes = [source(sweep), judged_by(sweep), best_of(sweep, down, across), absent(sweep, down, across),
             _reading(every, measures, shades)]
    shape = (len(measures), 1) if stacked else (1, len(measures))
    page = Page(*shape, max(1.0, (0.36 if rows > 8 else 0.48) * rows),
                f"{sweep.name}: outcome over {down.name} and {across.name}", notes, size=wish.size,
                legend=[_legend(sweep, every)], left=left, least=max(WIDTH, left + CELL * columns), gap=(0.3, 0.45))
    for axes, measure, colours in zip(page.panels.flat, measures, shades):
        _draw(axes, found, measure, colours)
        axes.set_title(measure.name, loc="left", pad=5)
        value_ticks(axes, across, range(columns))
        axes.set_yticks(range(rows))
        axes.set_yticklabels([down.text(v) for v in down.values])
    for axes in page.panels[-1]:
        axes.set_xlabel(across.label)
    for axes in page.panels[:, 0]:
        axes.set_ylabel(down.label)
    return page.figure


def _reading(cells: Iterable[Cell], measures: list[Measure], shades: list[Shades]) -> str:
    words = []
    if any(cell.diverged for cell in cells):
        words.append("× n/m: n of the m trials there diverged; the numbers are of the others")
    return "  ·  ".join(filter(None, [*words, ends_in_words(measures, shades)]))


def _draw(axes: Axes, found: Map, measure: Measure, shades: Shades) -> None:
    """Colours and labels every cell, and frames the best."""
    for (row, column), value in np.ndenumerate(found.values(measure)):
        cell, known = found.cells[row][column], bool(np.isfinite(value))
        fill = to_rgb(shades.colours(shades.norm(value))) if known else to_rgb(BAD if cell.trials else MISSING if cell.awaited else NOTHING)
        if cell.rung:
            fill = tuple(FADED * part + 1 - FADED for part in fill)
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=fill, edgecolor="white", linewidth=1.5,
                                 hatch="////" if not known and cell.diverged else None))
        axes.text(column, row, _text(cell, measure), ha="center", va="center", fontsize=8.5, linespacing=1.15,
                  color=_readable(fill) if known else INK)
        if (row, column) == found.best:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=2.2,
                                     zorder=3, clip_on=False))
    rows, columns = len(found.cells), len(found.cells[0])
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    axes.grid(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _text(cell: Cell, measure: Measure) -> str:
    lines = []
    value = cell.value(measure)
    if np.isfinite(value):
        short = f"{value:.2f}" if measure.accuracy else f"{value:#.2g}".rstrip(".")
        lines.append(short_exponent(short))
    if cell.diverged:
        lines.append(f"× {cell.diverged}/{cell.trials}")
    if cell.rung:
        lines.append(f"at {cell.rung}")
    if cell.trials and cell.failed == cell.trials:
        lines.append("failed")
    return "\n".join(lines)


def _readable(fill: Iterable[float]) -> str:
    red, green, blue = fill
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def _legend(sweep: Sweep, cells: list[Cell]) -> list[Artist]:
    """The meaning of each mark in use."""
    handles: list[Artist] = []
    if any(run.completed for cell in cells for run in cell.chosen):
        handles.append(Patch(facecolor="none", edgecolor=INK, linewidth=1.6, label="best"))
    if any(cell.rung for cell in cells):
        handles.append(Patch(facecolor=FAINT, label=f"faint, at n: {fate(sweep)} after n"))
    if any(cell.diverged and not any(run.completed for run in cell.chosen) for cell in cells):
        handles.append(Patch(facecolor=BAD, edgecolor="white", hatch="////", label="diverged"))
    return handles + empty_handles(sweep, cells)
