"""Scores against one swept key: which value is best, and how much does the rest matter?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import rungs, trends
from .axis import Axis
from .best import judged_by, mean_score, ranked
from .diverged import COUNTS, mark_counts
from .files import slug
from .limits import beyond, key_limits, score_limits, smallest_gap
from .measure import SCORES, Measure, outcomes
from .page import Page, absent, source
from .style import BLUE, ORANGE, SOFT, band, line, mark
from .sweep import Run, Sweep, grouped
from .ticks import value_ticks
from .wish import Wish

MANY_DOTS = 60  # at one value: more of them say nothing


def outcome_figures(sweep: Sweep, wish: Wish) -> Iterator[tuple[str, Figure]]:
    """A figure for each swept key (for the seed only when nothing else is swept), a panel for each measure.

    At each value: where nothing else is swept, the mean over the seeds with a band from the lowest to the highest;
    else every setting of the other keys as a dot (its mean over the seeds), their median and middle half, and the best
    of them. A key with more values than can be read one by one is drawn as trends.
    """
    measures = [SCORES[wish.metric]] if wish.metric in SCORES else [] if wish.metric else outcomes(sweep)
    axes = sweep.axes or ([sweep.seeds] if sweep.seeds else [])
    for axis in axes if measures else ():
        if wish.x in (None, axis.key):
            draw = rungs.rung_outcomes if sweep.rungs else trends.trend_figure if axis.wide else _figure
            yield f"final-{slug(axis.key.rsplit('.', 1)[-1])}", draw(sweep, axis, measures, wish)


@dataclass(frozen=True)
class Place:
    """What is drawn at one value of the axis: the means of its settings, middle and band, and the best of them."""

    means: list[float]  # none where they are too many for a dot each
    band: tuple[float, float, float]
    best: float


def _places(sweep: Sweep, axis: Axis, measures: list[Measure]) -> list[list[Optional[Place]]]:
    """For each measure, what is drawn at each value; the best setting is the same in all."""
    others = [other for other in sweep.axes if other is not axis]
    at_value = grouped(sweep.runs, [axis])
    settings = [ranked(sweep, at_value.get((value,), []), others) for value in axis.values]
    return [[_place(ordered, measure.field, several=bool(others)) for ordered in settings] for measure in measures]


def _place(ordered: list[list[Run]], field: str, several: bool) -> Optional[Place]:
    means = [mean for mean in (mean_score(setting, field) for setting in ordered) if np.isfinite(mean)]
    if not means:
        return None
    chosen = mean_score(ordered[0], field)
    if several:
        return Place(means if len(means) <= MANY_DOTS else [], tuple(np.quantile(means, [0.25, 0.5, 0.75])), chosen)
    trials = [run.score(field) for run in ordered[0] if run.completed and np.isfinite(run.score(field))]
    return Place(trials, (min(trials), means[0], max(trials)), chosen)


def _figure(sweep: Sweep, axis: Axis, measures: list[Measure], wish: Wish) -> Figure:
    blown = any(run.diverged for run in sweep.runs)
    several = len(sweep.axes) > 1
    places = _places(sweep, axis, measures)
    shown = [np.array([y for place in found if place for y in (*place.means, *place.band, place.best)])
             for found in places]
    notes = [source(sweep), judged_by(sweep) if several else "", absent(sweep, axis),
             COUNTS if blown else "",
             beyond(measures, shown, sweep.runs)]
    dots = any(place.means for found in places for place in found if place)
    page = Page(1, len(measures), 2.7, f"{sweep.name}: outcome against {axis.name}", notes, size=wish.size,
                legend=[_handles(sweep, axis, dots)] if several or sweep.seeds is not axis else (), gap=(0.55, 0),
                left=0.55, share=False)
    for axes, measure, found in zip(page.panels[0], measures, places):
        if axis.logarithmic:
            axes.set_xscale("log")
        axes.set_xlim(*key_limits(axis))
        _draw(axes, axis, found, several, measure)
        value_ticks(axes, axis, axis.positions)
        axes.set_title(measure.name, loc="left")
        axes.set_xlabel(axis.label)
    score_limits(page.panels[0], measures, shown, sweep.runs)
    mark_counts(page.panels[0][0], axis, sweep)
    return page.figure


def _draw(axes: Axes, axis: Axis, places: list[Optional[Place]], several: bool, measure: Measure) -> None:
    gap = smallest_gap(axis)
    for place, x in zip(places, axis.positions):
        if place and len(place.means) > 1:
            axes.plot(_spread(x, len(place.means), gap, axis), place.means, linestyle="none", marker="o", markersize=3,
                      color=SOFT, alpha=0.45, markeredgewidth=0, zorder=2, clip_on=not measure.accuracy)
    nothing = (np.nan,) * 3
    lower, middle, upper = np.array([place.band if place else nothing for place in places]).T
    if axis.ordered:
        axes.fill_between(axis.positions, lower, upper, color=BLUE, alpha=0.14, linewidth=0, zorder=1)
    else:
        axes.vlines(axis.positions, lower, upper, color=BLUE, alpha=0.35, linewidth=5, zorder=1)
    # Between names there is nothing to pass through.
    axes.plot(axis.positions, middle, color=BLUE, linestyle="-" if axis.ordered else "none", marker="o", markersize=5.5,
              zorder=3, clip_on=not measure.accuracy)
    if several:
        axes.plot(axis.positions, [place.best if place else np.nan for place in places], color=ORANGE, markersize=4.5,
                  linestyle="--" if axis.ordered else "none", marker="D", zorder=4, clip_on=not measure.accuracy)


def _spread(x: float, count: int, gap: float, axis: Axis) -> np.ndarray:
    """Dots strewn around their value, within a third of the way to the next, the same on every run."""
    golden = (np.sqrt(5) - 1) / 2
    shift = (np.arange(1, count + 1) * golden % 1 - 0.5) * 0.32 * gap
    return x * np.exp(shift) if axis.logarithmic else x + shift


def _handles(sweep: Sweep, axis: Axis, dots: bool) -> list[Artist]:
    joined, dashed = ("-", "--") if axis.ordered else ("none", "none")
    several = len(sweep.axes) > 1
    over_seeds = sweep.over_seeds if sweep.seeds else ""
    if several:
        one = mark(": ".join(filter(None, ("one setting", over_seeds))), "o", 3.5, SOFT)
        return [line("median setting", BLUE, joined, marker="o", markersize=5.5, linewidth=1.6),
                band("middle half of the settings", BLUE),
                line("best setting", ORANGE, dashed, marker="D", markersize=4.5, linewidth=1.6),
                *([one] if dots else [])]
    if not sweep.seeds:
        return []
    return [line(over_seeds, BLUE, joined, marker="o", markersize=5.5, linewidth=1.6),
            band("lowest to highest seed", BLUE), mark("one trial", "o", 3.5, SOFT)]
