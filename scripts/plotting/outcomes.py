"""Final cost and accuracies against one swept key: which value is best, and how much does the rest matter?"""

from __future__ import annotations

from typing import Callable, Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .record import Axis, Run, Sweep, grouped
from .style import (
    BLUE, INK, ORANGE, SOFT, Page, log_cost_ticks, log_worthwhile, slug, source, value_ticks,
)

MANY_VALUES = 12  # beyond which markers and counts need to be slimmer
# What is measured, where it is kept in a run, and which end of it is the best.
MEASURES: tuple[tuple[str, str, Callable], ...] = (
    ("final cost J", "final_cost", np.min),
    ("train accuracy", "train_accuracy", np.max),
    ("test accuracy", "test_accuracy", np.max),
)


def outcome_figures(sweep: Sweep) -> Iterator[tuple[str, Figure]]:
    """A figure for each swept key (for the seed only when nothing else is swept): three panels with every trial as
    a dot, the median and the middle half of the trials at each value, and the best of them."""
    for axis in sweep.axes or ([sweep.seeds] if sweep.seeds else []):
        yield f"final-{slug(axis.name)}", _figure(sweep, axis)


def _figure(sweep: Sweep, axis: Axis) -> Figure:
    crowded = max(map(len, grouped(sweep.runs, [axis]).values())) > 1
    blown = any(run.diverged for run in sweep.runs)
    note = "× n/m: n of the m trials at that value diverged; the medians leave them out" if blown else ""
    page = Page(1, len(MEASURES), 2.7, f"{sweep.name}: outcome against {axis.name}", [source(sweep), note],
                legend=_handles(axis) if crowded else (), gap=(0.55, 0), left=0.55, share=False)
    positions = _positions(axis)
    for axes, (name, field, best) in zip(page.panels[0], MEASURES):
        if axis.logarithmic:
            axes.set_xscale("log")
        axes.set_xlim(*_ends(axis, positions))
        _draw(axes, axis, positions, sweep.runs, field, best)
        axes.set_title(name, loc="left")
        axes.set_xlabel(axis.label)
        value_ticks(axes, axis, positions)
    _limits(page.panels[0], sweep.runs)
    _mark_diverged(page.panels[0][0], axis, positions, sweep.runs)
    return page.figure


def _positions(axis: Axis) -> list[float]:
    return [float(v) for v in axis.values] if axis.numeric else [float(i) for i in range(len(axis.values))]


def _draw(axes: Axes, axis: Axis, positions: list[float], runs: list[Run], field: str, best: Callable) -> None:
    at_value = grouped(runs, [axis])
    gap = _smallest_gap(axis, positions)
    rows = []
    for value, x in zip(axis.values, positions):
        group = [run for run in at_value.get((value,), []) if run.completed]
        found = np.array([y for y in (getattr(run, field) for run in group) if np.isfinite(y)])
        if not found.size:
            rows.append((np.nan,) * 4)
            continue
        rows.append((*np.quantile(found, [0.25, 0.5, 0.75]), best(found)))
        if found.size > 1:
            axes.plot(_spread(x, found.size, gap, axis), found, linestyle="none", marker="o", markersize=3,
                      color=SOFT, alpha=0.45, markeredgewidth=0, zorder=2)
    lower, median, upper, best_found = np.array(rows).T
    line = "-" if axis.ordered else "none"  # between names there is nothing to pass through
    scale = 1.0 if len(positions) <= MANY_VALUES else 0.65
    several = any(len(group) > 1 for group in at_value.values())
    if several and axis.ordered:
        axes.fill_between(positions, lower, upper, color=BLUE, alpha=0.14, linewidth=0, zorder=1)
    elif several:
        axes.vlines(positions, lower, upper, color=BLUE, alpha=0.35, linewidth=5, zorder=1)
    if several:
        axes.plot(positions, best_found, color=ORANGE, linestyle="--" if axis.ordered else "none", marker="D",
                  markersize=4.5 * scale, zorder=4)
    axes.plot(positions, median, color=BLUE, linestyle=line, marker="o", markersize=5.5 * scale, zorder=3)


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


def _mark_diverged(axes: Axes, axis: Axis, positions: list[float], runs: list[Run]) -> None:
    at_value = grouped(runs, [axis])
    turn = 0 if len(positions) <= MANY_VALUES / 2 else 90
    for value, x in zip(axis.values, positions):
        group = at_value.get((value,), [])
        count = sum(run.diverged for run in group)
        if count:
            axes.plot([x], [0.97], transform=axes.get_xaxis_transform(), marker="x", color=INK, markersize=5.5,
                      markeredgewidth=1.5, clip_on=False, zorder=5)
            axes.annotate(f"{count}/{len(group)}", (x, 0.97), xycoords=axes.get_xaxis_transform(), xytext=(0, -6),
                          textcoords="offset points", ha="center", va="top", fontsize=7.5, rotation=turn)


def _handles(axis: Axis) -> list:
    line, dashed = ("-", "--") if axis.ordered else ("none", "none")
    return [
        Line2D([], [], color=BLUE, linestyle=line, marker="o", markersize=5.5, label="median"),
        Patch(facecolor=BLUE, alpha=0.3, label="middle half"),
        Line2D([], [], color=ORANGE, linestyle=dashed, marker="D", markersize=4.5, label="best trial"),
        Line2D([], [], color=SOFT, linestyle="none", marker="o", markersize=3.5, alpha=0.6, label="one trial"),
    ]
