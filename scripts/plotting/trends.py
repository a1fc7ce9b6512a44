"""Scores against a key of many values: the trend of its settings as bands, the best of them as a mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .axis import Axis
from .best import best, judged_by, mean_score
from .diverged import MOST_BINS, SHARES, mark_shares
from .limits import beyond, score_limits
from .measure import Measure
from .page import Page, absent, source
from .style import BLUE, INK, band, diverged_mark, line, mark, palette
from .sweep import Run, Sweep, grouped, placed
from .ticks import scale_ticks
from .wish import Wish

LEAST_IN_BIN = 8  # settings, for a quantile of them to say something
MOST_DOTS = 400
MOST_HUES = 6


@dataclass(frozen=True)
class Dots:
    """The settings of one hue: where they lie on the axis, and their mean score."""

    xs: np.ndarray
    ys: np.ndarray


def trend_figure(sweep: Sweep, axis: Axis, measures: list[Measure], wish: Wish) -> Figure:
    """A panel for each measure; a line and a band for each value of one other key, where one has few."""
    hue = _hue(sweep, axis)
    settings = list(grouped(placed(sweep.runs, axis), sweep.axes).values())
    parts = [(value, [s for s in settings if not hue or hue.at(s[0].point) == value])
             for value in (hue.values if hue else [None])]
    colours = palette(len(parts), hue.numeric) if hue else [BLUE]
    dots = [[_dots(part, axis, measure.field) for _, part in parts] for measure in measures]
    shown = [np.concatenate([hued.ys for hued in row]) for row in dots]
    winner = placed(best(sweep, sweep.runs, sweep.factors), axis)
    page = Page(1, len(measures), 2.7, f"{sweep.name}: outcome against {axis.name}",
                [source(sweep), judged_by(sweep), absent(sweep, axis), beyond(measures, shown, sweep.runs)],
                size=wish.size, legend=_handles(sweep, hue, colours, len(settings), bool(winner)),
                legend_title=hue.label if hue else "", gap=(0.55, 0), left=0.55, share=False)
    for axes, measure, row in zip(page.panels[0], measures, dots):
        axes.set_xscale("log" if axis.logarithmic else "linear")
        for (_, part), hued, colour in zip(parts, row, colours):
            _draw(axes, axis, hued, colour, _bins(axis, len(part), axis in sweep.scattered), len(settings) <= MOST_DOTS)
        if winner:
            axes.plot([axis.at(winner[0].point)], [mean_score(winner, measure.field)], color="white", marker="D",
                      markersize=6.5, markeredgecolor=INK, markeredgewidth=1.6, zorder=6, clip_on=False, linestyle="none")
        axes.set_xlim(axis.values[0], axis.values[-1])
        scale_ticks(axes.xaxis)
        axes.set_title(measure.name, loc="left")
        axes.set_xlabel(axis.label)
    score_limits(page.panels[0], measures, shown, sweep.runs)
    mark_shares(page.panels[0][0], axis, sweep)
    return page.figure


def _hue(sweep: Sweep, axis: Axis) -> Optional[Axis]:
    """The other key whose values get a line each: names rather than numbers, and few of them, that all trials have."""
    few = [other for other in sweep.axes if other is not axis and len(other.values) <= MOST_HUES and not other.partial]
    return min(few, key=lambda other: other.numeric, default=None)


def _dots(settings: Sequence[Sequence[Run]], axis: Axis, field: str) -> Dots:
    found = [(axis.at(setting[0].point), mean_score(setting, field)) for setting in settings]
    xs, ys = np.array([(x, y) for x, y in found if np.isfinite(y)], dtype=float).reshape(-1, 2).T
    return Dots(xs, ys)


def _bins(axis: Axis, settings: int, drawn: bool) -> int:
    """How many bins the settings fill: each value, if there are few or one setting each, else neighbours together. Where
    the other keys were drawn too, a line through single settings would show them."""
    if not drawn and settings <= len(axis.values) <= 2 * MOST_BINS:
        return len(axis.values)
    return int(np.clip(settings / LEAST_IN_BIN, 1, min(MOST_BINS, len(axis.values))))


def _draw(axes: Axes, axis: Axis, dots: Dots, colour: str, bins: int, each: bool) -> None:
    if each:
        axes.plot(dots.xs, dots.ys, linestyle="none", marker="o", markersize=3, color=colour, alpha=0.4,
                  markeredgewidth=0, zorder=2)
    places, rows = [], []
    for values in axis.groups(bins):
        inside = dots.ys[(dots.xs >= values[0]) & (dots.xs <= values[-1])]
        if inside.size:
            ends = np.array([values[0], values[-1]], dtype=float)
            places.append(float(np.sqrt(ends.prod()) if axis.logarithmic else ends.mean()))
            rows.append(np.quantile(inside, [0.25, 0.5, 0.75]))
    if len(places) > 1:
        lower, middle, upper = np.array(rows).T
        axes.fill_between(places, lower, upper, color=colour, alpha=0.16, linewidth=0, zorder=1)
        axes.plot(places, middle, color=colour, zorder=3)


def _handles(sweep: Sweep, hue: Optional[Axis], colours: list[str], settings: int, winner: bool) -> list[list[Artist]]:
    names = [line(hue.text(value), colour) for value, colour in zip(hue.values, colours)] if hue else []
    handles = [line("median setting"), band("middle half of the settings")]
    if settings <= MOST_DOTS:
        each = f"one setting: {sweep.over_seeds}" if sweep.seeds else "one setting"
        handles.append(mark(each, "o", 3.5, BLUE))
    if winner:
        handles.append(mark("best setting", "D", 6, "white", markeredgecolor=INK, markeredgewidth=1.5))
    if any(run.diverged for run in sweep.runs):
        handles.append(diverged_mark(SHARES))
    return [names, handles]
