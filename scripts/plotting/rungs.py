"""Successive halving, rung by rung: which settings went on, and what was dropped when."""

from __future__ import annotations

from typing import Iterator

import numpy as np
from matplotlib.figure import Figure

from .axis import Axis
from .best import best, criterion, judged_by, mean_score
from .curves import draw_series, leaving, name_sides
from .diverged import COUNTS, SHARES, mark_counts, mark_shares
from .limits import beyond, key_limits, linear_limits, lowest_positive, score_limits
from .measure import Measure, recorded
from .page import Page, absent, source
from .series import over_seeds, over_settings
from .style import INK, ORANGE, band, diverged_mark, line, mark, palette
from .sweep import Run, Sweep, grouped, placed, setting_text
from .ticks import log_cost_ticks, log_worthwhile, scale_ticks, value_ticks
from .wish import Wish

MOST_LINES = 60  # settings of one rung that are drawn a line each


def rung_figures(sweep: Sweep, wish: Wish) -> Iterator[tuple[str, Figure]]:
    """The cost of every setting as far as it came, coloured by its last rung."""
    if sweep.rungs:
        yield "rungs", _figure(sweep, wish)


def _figure(sweep: Sweep, wish: Wish) -> Figure:
    judged = criterion(sweep).field
    field = judged if judged in sweep.metrics() else "cost"
    all_by_rung = grouped(sweep.runs, [sweep.rungs])
    lengths = [length for length in sweep.rungs.values if (length,) in all_by_rung]
    counts = {length: len(grouped(all_by_rung[length,], sweep.factors)) for length in lengths}
    by_rung = grouped([run for run in sweep.runs if run.completed], [sweep.rungs])
    colours = _colours(sweep)
    winner = [run for run in best(sweep, sweep.runs, sweep.factors) if run.completed]
    handles = [line(_fate(sweep, length, counts[length]), colours[length]) for length in lengths]
    if any(count > MOST_LINES for count in counts.values()):
        handles.append(band("where many were: median, lowest to highest tenth"))
    handles += [line(f"best: {setting_text(winner[0].point, sweep.axes)}", ORANGE)] if winner else []
    bare = sum(counts.values()) - sum(len(grouped(runs, sweep.factors)) for runs in by_rung.values())
    have = "has" if bare == 1 else "have"
    note = f"{bare:,} of the settings {have} no completed trial, and so no line" if bare else ""
    completed = [run for runs in by_rung.values() for run in runs]
    low, high, log = _limits(completed, field)
    page = Page(1, 1, 3.6, f"{sweep.name}: successive halving, rung by rung",
                [source(sweep), judged_by(sweep), note, leaving(completed, recorded(field), low, high)],
                size=wish.size, legend=[[handle] for handle in handles], titled=False)
    axes = page.panels[0][0]
    for (length,), runs in sorted(by_rung.items()):
        if counts[length] > MOST_LINES:
            lines = [over_settings(runs, sweep.factors, bool(sweep.seeds), field)]
        else:
            lines = [over_seeds(seeds, field) for seeds in grouped(runs, sweep.factors).values()]
        for series in filter(None, lines):
            draw_series(axes, series, colours[length], 0.3 if len(lines) == 1 else 0.0, 1.0)
        end = max(run.end for run in runs)
        axes.axvline(end, color=INK, linewidth=0.7, linestyle=":", zorder=1)
    series = over_seeds(winner, field) if winner else None
    if series:
        draw_series(axes, series, ORANGE, 0.2, 2.2)
    axes.set(yscale="log" if log else "linear", ylim=(low, high), xlim=(0, 1.02 * max([1, *(run.end for run in completed)])))
    if log:
        log_cost_ticks(axes)
    name_sides(page, recorded(field))
    return page.figure


def rung_outcomes(sweep: Sweep, axis: Axis, measures: list[Measure], wish: Wish) -> Figure:
    """The scores of every setting against one key, coloured by the rung on which they are its scores."""
    settings = list(grouped(placed(sweep.runs, axis), sweep.factors).values())
    scores = [np.array([mean_score(setting, measure.field) for setting in settings]) for measure in measures]
    lengths = np.array([sweep.rungs.at(setting[0].point) for setting in settings])
    place = dict(zip(axis.values, axis.positions))
    xs = np.array([place[axis.at(setting[0].point)] for setting in settings])
    winner = best(sweep, sweep.runs, sweep.factors)
    handles = [mark(_fate(sweep, length, int(np.sum(lengths == length))), "o", 5, colour)
               for length, colour in _colours(sweep).items() if np.any(lengths == length)]
    handles.append(mark("best setting", "D", 6, "white", markeredgecolor=INK, markeredgewidth=1.5))
    blown = any(run.diverged for run in sweep.runs)
    handles += [diverged_mark(SHARES)] if blown and axis.wide else []
    page = Page(1, len(measures), 2.7, f"{sweep.name}: outcome against {axis.name}",
                [source(sweep), judged_by(sweep), absent(sweep, axis), COUNTS if blown and not axis.wide else "",
                 beyond(measures, scores, sweep.runs)],
                size=wish.size, legend=[handles], gap=(0.55, 0), left=0.55, share=False)
    for axes, measure, ys in zip(page.panels[0], measures, scores):
        axes.set_xscale("log" if axis.logarithmic else "linear")
        axes.set_xlim(*key_limits(axis))
        for length, colour in _colours(sweep).items():
            there = lengths == length
            axes.plot(xs[there], ys[there], "o", color=colour, markersize=4, alpha=0.8, markeredgewidth=0)
        there = [setting == winner for setting in settings]
        axes.plot(xs[there], ys[there], "D", color="white", markersize=6.5, markeredgecolor=INK, markeredgewidth=1.6)
        if axis.wide:
            scale_ticks(axes.xaxis)
        else:
            value_ticks(axes, axis, axis.positions)
        axes.set_title(measure.name, loc="left")
        axes.set_xlabel(axis.label)
    score_limits(page.panels[0], measures, scores, sweep.runs)
    (mark_shares if axis.wide else mark_counts)(page.panels[0][0], axis, sweep)
    return page.figure


def _colours(sweep: Sweep) -> dict[int, str]:
    return dict(zip(sweep.rungs.values, palette(len(sweep.rungs.values), True)[::-1]))


def _fate(sweep: Sweep, length: int, count: int) -> str:
    settings = f"{count:,} setting{'s' * (count != 1)}"
    if sweep.condition and length != sweep.rungs.values[-1]:
        return f"{settings} at {length:,}"  # later rungs may be left out
    if length == sweep.rungs.values[-1]:
        return f"{settings} went all the way to {length:,}"
    return f"{settings} dropped after {length:,}"


def _limits(runs: list[Run], field: str) -> tuple[float, float, bool]:
    """From the lowest cost to where training begins, and whether that is logarithmic; what grows leaves at the top."""
    costs = [run.series(field) for run in runs if len(run.iterations)]
    if not costs:
        return 0.0, 1.0, False
    values = np.concatenate(costs)
    low, high = lowest_positive(values), 1.3 * float(np.median([c[0] for c in costs]))
    if log_worthwhile([low, high]):
        return low / 1.2, high, True
    return (*linear_limits(float(np.nanmin(values)), high), False)
