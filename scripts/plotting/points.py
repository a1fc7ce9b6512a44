"""A map of points that were drawn: a dot for each setting, or tiles where there are too many dots."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from .axis import Axis
from .best import best, judged_by, mean_score, ranked
from .maps import BAD, Shades, ends_in_words, lost_in_words
from .measure import Measure
from .page import Page, absent, source
from .style import INK, diverged_mark, mark
from .sweep import Run, Sweep, placed
from .ticks import scale_ticks
from .wish import Wish

MOST_DOTS = 600
TILES = (48, 28)  # across and down


def point_figure(sweep: Sweep, down: Axis, across: Axis, measures: list[Measure], wish: Wish) -> Figure:
    """A map for each measure; a setting is the mean over its seeds, and the best lie on top."""
    settings = ranked(sweep, placed(sweep.runs, down, across), sweep.factors)[::-1]
    tiled = len(settings) > MOST_DOTS
    words = [source(sweep), judged_by(sweep), absent(sweep, down, across)]
    if sweep.rungs and not tiled:
        words.append("small dots: below the last rung, scored as they were then")
    if tiled:
        words.append("colour: the median of the settings in each tile")
    scores = [np.array([mean_score(setting, measure.field) for setting in settings]) for measure in measures]
    shades = [Shades.of(measure, values, sweep.runs) for measure, values in zip(measures, scores)]
    words.append(ends_in_words(measures, shades))
    page = Page(1, len(measures), 3.2, f"{sweep.name}: outcome over {down.name} and {across.name}", words,
                size=wish.size, legend=[_legend(settings, tiled)], gap=(0.55, 0), bars=len(measures), share=False)
    place = {axis: dict(zip(axis.values, axis.positions)) for axis in (down, across)}
    spots = np.array([[place[axis][axis.at(s[0].point)] for axis in (across, down)] for s in settings])
    whole = np.array([not sweep.rungs or sweep.rungs.at(s[0].point) == sweep.rungs.values[-1] for s in settings])
    sizes = np.where(whole, 30 if len(settings) <= MOST_DOTS / 4 else 14, 8)
    winner = best(sweep, sweep.runs, sweep.factors)
    for axes, measure, values, colours in zip(page.panels[0], measures, scores, shades):
        known = np.isfinite(values)
        _sides(axes, sweep, down, across)
        if tiled:
            _tiles(axes, spots, values, colours)
        else:
            _dots(axes, spots[known], values[known], sizes[known], colours)
            axes.plot(*spots[~known].T, color=INK, marker="x", linestyle="none", markersize=4.5)
        if any(run.completed for run in placed(winner, down, across)):
            axes.plot(*[place[axis][axis.at(winner[0].point)] for axis in (across, down)], color="none", marker="o",
                      markeredgecolor=INK, markeredgewidth=1.6, markersize=11, zorder=5, linestyle="none")
        axes.set_title(measure.name, loc="left", pad=5)
        page.colour_bar(ScalarMappable(colours.norm, colours.colours), "", beside=axes,
                        extend="max" if colours.clipped else "neither")
    page.panels[0][0].set_ylabel(down.label)
    return page.figure


def _dots(axes: Axes, spots: np.ndarray, values: np.ndarray, sizes: np.ndarray, shades: Shades) -> None:
    axes.scatter(*spots.T, c=values, s=sizes, cmap=shades.colours, norm=shades.norm,
                 linewidth=0, zorder=3)


def _tiles(axes: Axes, spots: np.ndarray, values: np.ndarray, shades: Shades) -> None:
    """A tile for each part of the map in which settings lie: the median of their values, BAD where none has one."""
    edges = [_edges(axes, name, np.unique(part), count) for name, part, count in zip("xy", spots.T, TILES)]
    across, down = (np.clip(np.searchsorted(e, part, side="right") - 1, 0, len(e) - 2)
                    for e, part in zip(edges, spots.T))
    shape = (len(edges[1]) - 1, len(edges[0]) - 1)
    tile = down * shape[1] + across
    known = np.isfinite(values)
    order = np.argsort(tile[known], kind="stable")
    numbers, starts = np.unique(tile[known][order], return_index=True)
    medians, lost = np.full((2, shape[0] * shape[1]), np.nan)
    medians[numbers] = [np.median(part) for part in np.split(values[known][order], starts[1:]) if part.size]
    lost[np.setdiff1d(tile, numbers)] = 1.0
    axes.pcolormesh(*edges, np.ma.masked_invalid(medians.reshape(shape)), cmap=shades.colours, norm=shades.norm,
                    rasterized=True, zorder=2)
    axes.pcolormesh(*edges, np.ma.masked_invalid(lost.reshape(shape)), cmap=ListedColormap([BAD]), rasterized=True, zorder=2)


def _edges(axes: Axes, name: str, places: np.ndarray, count: int) -> np.ndarray:
    """The edges of the tiles on one side: as many tiles as asked for, or one for each place where there are fewer."""
    log = getattr(axes, f"get_{name}scale")() == "log"
    ends, places = np.array(getattr(axes, f"get_{name}lim")()), places.astype(float)
    if log:
        ends, places = np.log(ends), np.log(places)
    middles = (places[1:] + places[:-1]) / 2
    edges = np.linspace(*ends, count + 1) if len(places) > count else np.array([ends[0], *middles, ends[1]])
    return np.exp(edges) if log else edges


def _sides(axes: Axes, sweep: Sweep, down: Axis, across: Axis) -> None:
    for axis, name in ((across, "x"), (down, "y")):
        side = getattr(axes, f"{name}axis")
        getattr(axes, f"set_{name}scale")("log" if axis.logarithmic else "linear")
        places = np.log(axis.positions) if axis.logarithmic else axis.positions
        ends = places[[0, -1]]
        margin = 0.03 * (ends[1] - ends[0]) if axis.wide else 0.5 * float(np.min(np.diff(places)))
        limits = ends + np.array([-margin, margin])
        getattr(axes, f"set_{name}lim")(*(np.exp(limits) if axis.logarithmic else limits))
        if axis in sweep.scattered or axis.wide:
            scale_ticks(side)
        else:
            side.set_ticks(axis.positions, labels=[axis.text(v) for v in axis.values])
            side.set_minor_locator(NullLocator())
    axes.set_xlabel(across.label)


def _legend(settings: list[list[Run]], tiled: bool) -> list[Artist]:
    handles: list[Artist] = [mark("best", "o", 10, "none", markeredgecolor=INK, markeredgewidth=1.5)]
    lost = [run for setting in settings if not any(run.completed for run in setting) for run in setting]
    if lost:
        blown = all(run.diverged for run in lost)
        handles.append(Patch(facecolor=BAD, label=lost_in_words(blown)) if tiled
                       else diverged_mark("diverged" if blown else "not completed"))
    return handles
