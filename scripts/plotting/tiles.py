"""A map of many places: each a tile, its score read from a colour bar."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from .axis import Axis
from .best import judged_by
from .maps import (
    BAD, FADED, FAINT, MISSING, NOTHING, Map, Shades, best_of, empty_handles, ends_in_words, fate, lost_in_words,
    map_of,
)
from .measure import Measure
from .page import Page, absent, source
from .style import INK, mark
from .sweep import Sweep
from .ticks import place_ticks, value_ticks
from .wish import Wish

ROW = (0.12, 0.3)  # inches: the height of a row of tiles, where there are many or few
MOST_ROW_LABELS = 14


def tile_figure(sweep: Sweep, down: Axis, across: Axis, measures: list[Measure], wish: Wish) -> Figure:
    """A map for each measure, one above the other, of the setting that is best at each place."""
    rows, columns = len(down.values), len(across.values)
    found = map_of(sweep, down, across)
    shades = [Shades.of(measure, found.values(measure).flat, sweep.runs) for measure in measures]
    height = float(np.clip(ROW[0] * rows, min(1.0, ROW[1] * rows), 3.2))
    page = Page(len(measures), 1, max(0.8, height), f"{sweep.name}: outcome over {down.name} and {across.name}",
                [source(sweep), judged_by(sweep), best_of(sweep, down, across), absent(sweep, down, across),
                 _reading(found), ends_in_words(measures, shades)],
                size=wish.size, legend=[_legend(sweep, found)],
                left=max(0.75, 0.45 + 0.075 * max(len(down.text(v)) for v in down.values)), gap=(0.3, 0.45), bars=1)
    every = max(1, -(-rows // MOST_ROW_LABELS))
    for axes, measure, colours in zip(page.panels[:, 0], measures, shades):
        values = found.values(measure)
        axes.imshow(_picture(found, values, colours), aspect="auto", interpolation="nearest")
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        if found.best:
            axes.plot(*found.best[::-1], marker="o", markersize=9, color="none", markeredgecolor="white",
                      markeredgewidth=3.2, clip_on=False)
            axes.plot(*found.best[::-1], marker="o", markersize=9, color="none", markeredgecolor=INK,
                      markeredgewidth=1.5, clip_on=False)
        axes.set_title(measure.name, loc="left", pad=5)
        axes.set_yticks(range(0, rows, every))
        axes.set_yticklabels([down.text(v) for v in down.values[::every]])
        axes.set_ylabel(down.label)
        (place_ticks if across.wide else value_ticks)(axes, across, range(columns))
        page.colour_bar(ScalarMappable(colours.norm, colours.colours), "",
                        beside=axes, extend="max" if colours.clipped else "neither")
    page.panels[-1][0].set_xlabel(across.label)
    return page.figure


def _picture(found: Map, values: np.ndarray, shades: Shades) -> np.ndarray:
    """Red, green and blue of each tile."""
    known = np.isfinite(values)
    picture = shades.colours(shades.norm(np.where(known, values, 1.0)))[..., :3]
    run, awaited, dropped = (np.array([[of(cell) for cell in row] for row in found.cells], dtype=bool)
                             for of in (lambda cell: cell.trials, lambda cell: cell.awaited, lambda cell: cell.rung))
    picture[~known & run] = to_rgb(BAD)
    picture[~known & ~run] = to_rgb(NOTHING)
    picture[~known & ~run & awaited] = to_rgb(MISSING)
    picture[dropped] = FADED * picture[dropped] + 1 - FADED
    return picture


def _reading(found: Map) -> str:
    some = sum(cell.diverged > 0 and any(run.completed for run in cell.chosen) for row in found.cells for cell in row)
    places = "place" if some == 1 else "places"
    return f"at {some:,} {places} some trials diverged: the colour is of the others" if some else ""


def _legend(sweep: Sweep, found: Map) -> list[Artist]:
    cells = [cell for row in found.cells for cell in row]
    handles: list[Artist] = []
    if found.best:
        handles.append(mark("best", "o", 8, "none", markeredgecolor=INK, markeredgewidth=1.5))
    if any(cell.rung for cell in cells):
        handles.append(Patch(facecolor=FAINT, label=f"faint: {fate(sweep)} at an earlier rung"))
    lost = [cell for cell in cells if cell.trials and not any(run.completed for run in cell.chosen)]
    if lost:
        handles.append(Patch(facecolor=BAD, label=lost_in_words(all(cell.diverged == cell.trials for cell in lost))))
    return handles + empty_handles(sweep, cells)
