"""Final cost and accuracies against one swept key: which value is best, and how much does the rest matter?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterator, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .record import Axis, Run, Sweep, grouped
from .style import (
    BLUE, INK, ORANGE, SOFT, Page, log_cost_ticks, log_worthwhile, scale_ticks, slug, source, value_ticks,
)

MANY_VALUES = 12  # beyond which markers and counts need to be slimmer
# What is measured, where it is kept in a run, and which end of it is the best.
MEASURES: tuple[tuple[str, str, Callable], ...] = (
    ("final cost J", "final_cost", min),
    ("train accuracy", "train_accuracy", max),
    ("test accuracy", "test_accuracy", max),
)


def outcome_figures(sweep: Sweep) -> Iterator[tuple[str, Figure]]:
    """A figure for each swept key (for the seed only when nothing else is swept), of three panels.

    At each value: where nothing else is swept, the mean over the seeds with a band from the lowest to the highest;
    else every setting of the other keys as a dot (its mean over the seeds), their median and middle half, and the best
    of them with its band. Of a key with more values than can be read one by one, only the settings and the best.
    """
    for axis in sweep.axes or ([sweep.seeds] if sweep.seeds else []):
        yield f"final-{slug(axis.name)}", _figure(sweep, axis)


@dataclass(frozen=True)
class Setting:
    """The completed trials at one setting of every key but the seed: their mean, lowest and highest."""

    mean: float
    low: float
    high: float
    diverged: bool
    trials: tuple

    @staticmethod
    def of(runs: list[Run], field: str) -> Optional[Setting]:
        """None where no trial completed."""
        found = [y for y in (getattr(run, field) for run in runs if run.completed) if np.isfinite(y)]
        if not found:
            return None
        blown = any(run.diverged for run in runs)
        return Setting(float(np.mean(found)), min(found), max(found), blown, tuple(found))


def _settings(sweep: Sweep, axis: Axis, field: str) -> list[list[Setting]]:
    """At each value of the axis the settings of the others."""
    others = [other for other in sweep.axes if other is not axis]
    at_value = grouped(sweep.runs, [axis])
    at_values = [grouped(at_value.get((value,), []), others).values() for value in axis.values]
    return [[s for s in (Setting.of(runs, field) for runs in groups) if s] for groups in at_values]


def _best(settings: list[Setting], better: Callable) -> Setting:
    """The setting with the best mean, of those that never diverged if there are any."""
    safe = [setting for setting in settings if not setting.diverged] or settings
    return better(safe, key=lambda setting: setting.mean)


def _figure(sweep: Sweep, axis: Axis) -> Figure:
    blown = any(run.diverged for run in sweep.runs)
    note = "× n/m: n of the m trials at that value diverged; the means leave them out" if blown else ""
    crowded = max(map(len, grouped(sweep.runs, [axis]).values())) > 1
    page = Page(1, len(MEASURES), 2.7, f"{sweep.name}: outcome against {axis.name}", [source(sweep), note],
                legend=_handles(sweep, axis) if crowded or axis in sweep.scattered else (), gap=(0.55, 0), left=0.55,
                share=False)
    positions = _positions(axis)
    for axes, (name, field, better) in zip(page.panels[0], MEASURES):
        if axis.logarithmic:
            axes.set_xscale("log")
        axes.set_xlim(*_ends(axis, positions))
        settings = _settings(sweep, axis, field)
        if axis in sweep.scattered:
            _scatter(axes, positions, settings, better)
            scale_ticks(axes.xaxis)
        else:
            _draw(axes, axis, positions, settings, better)
            value_ticks(axes, axis, positions)
        axes.set_title(name, loc="left")
        axes.set_xlabel(axis.label)
    _limits(page.panels[0], sweep.runs)
    _mark_diverged(page.panels[0][0], axis, positions, sweep)
    return page.figure


def _positions(axis: Axis) -> list[float]:
    return [float(v) for v in axis.values] if axis.numeric else [float(i) for i in range(len(axis.values))]


def _draw(axes: Axes, axis: Axis, positions: list[float], settings: list[list[Setting]], better: Callable) -> None:
    gap = _smallest_gap(axis, positions)
    several = any(len(group) > 1 for group in settings)
    middle, bests = [], []
    for group, x in zip(settings, positions):
        if not group:
            middle.append((np.nan,) * 3)
            bests.append((np.nan,) * 3)
            continue
        best = _best(group, better)
        means = [setting.mean for setting in group]
        middle.append(tuple(np.quantile(means, [0.25, 0.5, 0.75])) if several else (best.low, best.mean, best.high))
        bests.append((best.low, best.mean, best.high))
        dots = np.array(means if several else group[0].trials)
        if dots.size > 1:
            axes.plot(_spread(x, dots.size, gap, axis), dots, linestyle="none", marker="o", markersize=3,
                      color=SOFT, alpha=0.45, markeredgewidth=0, zorder=2)
    scale = 1.0 if len(positions) <= MANY_VALUES else 0.65
    _line_and_band(axes, axis, positions, middle, BLUE, "o", 5.5 * scale)
    if several:
        _line_and_band(axes, axis, positions, bests, ORANGE, "D", 4.5 * scale)


def _line_and_band(axes: Axes, axis: Axis, positions: list[float], rows: list[tuple], colour: str, marker: str,
                   size: float) -> None:
    lower, middle, upper = np.array(rows).T
    # Between names there is nothing to pass through.
    line = "none" if not axis.ordered else "--" if colour == ORANGE else "-"
    if axis.ordered:
        axes.fill_between(positions, lower, upper, color=colour, alpha=0.14, linewidth=0, zorder=1)
    else:
        axes.vlines(positions, lower, upper, color=colour, alpha=0.35, linewidth=5 if colour == BLUE else 2, zorder=1)
    axes.plot(positions, middle, color=colour, linestyle=line, marker=marker, markersize=size,
              zorder=4 if colour == ORANGE else 3)


def _scatter(axes: Axes, positions: list[float], settings: list[list[Setting]], better: Callable) -> None:
    """Every setting with its seeds, and the best of all."""
    placed = [(x, setting) for x, group in zip(positions, settings) for setting in group]
    if not placed:
        return
    xs = [x for x, _ in placed]
    axes.vlines(xs, [s.low for _, s in placed], [s.high for _, s in placed], color=BLUE, alpha=0.35, linewidth=1.2)
    axes.plot(xs, [s.mean for _, s in placed], color=BLUE, linestyle="none", marker="o", markersize=4, zorder=3)
    best = _best([setting for _, setting in placed], better)
    axes.plot([x for x, s in placed if s is best], [best.mean], color=ORANGE, linestyle="none", marker="D",
              markersize=6, zorder=4)


def _ends(axis: Axis, positions: list[float]) -> tuple[float, float]:
    """Limits with the same margin on either side, whether or not anything is drawn at the outer values."""
    low, high = (np.log(positions[0]), np.log(positions[-1])) if axis.logarithmic else (positions[0], positions[-1])
    margin = max(0.06 * (high - low), 0.3 * _smallest_gap(axis, positions))
    limits = np.array([low - margin, high + margin])
    return tuple(np.exp(limits) if axis.logarithmic else limits)


def _smallest_gap(axis: Axis, positions: list[float]) -> float:
    return float(np.min(np.diff(np.log(positions) if axis.logarithmic else positions)))


def _spread(x: float, count: int, gap: float, axis: Axis) -> np.ndarray:
    """Dots strewn around their value, within a third of the way to the next, the same on every run."""
    golden = (np.sqrt(5) - 1) / 2
    shift = (np.arange(1, count + 1) * golden % 1 - 0.5) * 0.32 * gap
    return x * np.exp(shift) if axis.logarithmic else x + shift


def _limits(panels: np.ndarray, runs: list[Run]) -> None:
    """Both accuracies share one scale; the cost keeps room at its top for what diverged."""
    cost, train, test = panels
    costs = [run.final_cost for run in runs if run.completed and np.isfinite(run.final_cost)]
    accuracies = [a for run in runs if run.completed for a in (run.train_accuracy, run.test_accuracy) if np.isfinite(a)]
    room = 0.16 if any(run.diverged for run in runs) else 0.06
    low, high = (min(costs), max(costs)) if costs else (0.0, 1.0)
    if log_worthwhile(costs):
        cost.set_yscale("log")
        cost.set_ylim(low / (high / low) ** 0.06, high * (high / low) ** room)
        log_cost_ticks(cost)
    else:
        low = 0.0 if 0 <= low < high / 2 else low
        cost.set_ylim(low - 0.03 * (high - low), (high + room * (high - low)) if high > low else low + 1)
    low, high = (min(accuracies), max(accuracies)) if accuracies else (0.0, 1.0)
    margin = max(0.02, 0.06 * (high - low))
    for axes in (train, test):
        axes.set_ylim(low - margin, high + margin)


def _mark_diverged(axes: Axes, axis: Axis, positions: list[float], sweep: Sweep) -> None:
    at_value = grouped(sweep.runs, [axis])
    turn = 0 if len(positions) <= MANY_VALUES / 2 else 90
    for value, x in zip(axis.values, positions):
        group = at_value.get((value,), [])
        count = sum(run.diverged for run in group)
        if count:
            axes.plot([x], [0.97], transform=axes.get_xaxis_transform(), marker="x", color=INK, markersize=5.5,
                      markeredgewidth=1.5, clip_on=False, zorder=5)
        if count and axis not in sweep.scattered:
            axes.annotate(f"{count}/{len(group)}", (x, 0.97), xycoords=axes.get_xaxis_transform(), xytext=(0, -6),
                          textcoords="offset points", ha="center", va="top", fontsize=7.5, rotation=turn)


def _handles(sweep: Sweep, axis: Axis) -> list:
    line, dashed = ("-", "--") if axis.ordered else ("none", "none")
    several = len(sweep.axes) > 1
    seeds = len(sweep.seeds.values) if sweep.seeds and axis is not sweep.seeds else 0
    over_seeds, band = f"mean over {seeds} seeds", "lowest to highest seed"
    dot = "one setting" + (f": {over_seeds}" if seeds else "")
    if axis in sweep.scattered:
        marks = [(BLUE, "none", "o", 5.5, dot), (BLUE, "band", "", 0, band if seeds else ""),
                 (ORANGE, "none", "D", 4.5, "best")]
    elif several:
        marks = [(BLUE, line, "o", 5.5, "median setting"), (BLUE, "band", "", 0, "middle half of the settings"),
                 (ORANGE, dashed, "D", 4.5, "best setting"), (ORANGE, "band", "", 0, f"its {band}" if seeds else ""),
                 (SOFT, "none", "o", 3.5, dot)]
    else:
        marks = [(BLUE, line, "o", 5.5, over_seeds), (BLUE, "band", "", 0, band), (SOFT, "none", "o", 3.5, "one trial")]
    return [
        Patch(facecolor=colour, alpha=0.3, label=label) if style == "band"
        else Line2D([], [], color=colour, linestyle=style, marker=marker, markersize=size, label=label)
        for colour, style, marker, size, label in marks if label
    ]
