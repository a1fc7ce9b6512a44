"""The curves of the best settings, each by name, before all the others."""

from __future__ import annotations

from typing import Iterator

import numpy as np
from matplotlib.figure import Figure

from .axis import short_exponent
from .best import criterion, distinct, judged_by, mean_score, ranked
from .curves import BROKEN, draw_series, ends_early, has_band, leaving, name_sides
from .limits import linear_limits, lowest_positive
from .measure import COST, TEST_ACCURACY, recorded
from .page import Page, source
from .series import Series, over_seeds, over_settings
from .style import SOFT, band, line, palette
from .sweep import Run, Sweep, setting_text
from .ticks import log_cost_ticks, log_worthwhile
from .wish import Wish

FEW = 5  # settings that are drawn unless a number is asked for


def best_figures(sweep: Sweep, wish: Wish) -> Iterator[tuple[str, Figure]]:
    """The curves of as many of the best settings as are asked for; else of a few, if there are more settings than that."""
    completed = [run for run in sweep.runs if run.completed]
    settings = distinct(ranked(sweep, completed, sweep.factors))
    whole = distinct(ranked(sweep, sweep.runs, sweep.factors))
    most = FEW if wish.best is None else wish.best
    if sweep.factors and settings and most and (wish.best or most < len(settings)):
        best = [setting for setting in whole if any(run.completed for run in setting)][:most]
        yield "best", _figure(sweep, best, settings, len(whole), wish)


def why_none(sweep: Sweep, wish: Wish) -> str:
    """Why there is no picture of the best settings, though it is asked for."""
    if wish.x or wish.metric:
        return f"{'--x' if wish.x else '--metric'} chooses other pictures; leave it out, and the best settings are drawn"
    return "no trial has completed" if sweep.factors else "there is one setting, and no other that it is better than"


def _figure(sweep: Sweep, best: list[list[Run]], completed: list[list[Run]], count: int, wish: Wish) -> Figure:
    """The curves of the best settings before those of all `completed` ones, out of `count` settings."""
    judged = criterion(sweep)
    measure = recorded(judged.field if judged.field in sweep.metrics() else "cost")
    colours = palette(len(best), ordered=False)
    shown = [run for setting in best for run in setting if run.completed]
    names = [[line(_named(sweep, place, setting), colour)]
             for place, (setting, colour) in enumerate(zip(best, colours), start=1)]
    once = [run for setting in completed for run in setting]
    everything = None if sweep.rungs else over_settings(once, sweep.factors, bool(sweep.seeds), measure.field)
    lines = {place: series for place, setting in enumerate(best)
             if (series := over_seeds([run for run in setting if run.completed], measure.field))}
    handles = []
    if everything:
        those = " of those that still train" if ends_early(once, []) else ""
        handles += [line(f"{len(completed):,} settings that completed: median{those}", style=":"),
                    band("from the lowest tenth to the highest")]
    if any(has_band(series) for series in lines.values()):
        handles.append(band("in colour: lowest to highest seed"))
    if ends_early(shown, sweep.factors):
        handles.append(line("some seeds have ended", style=BROKEN))
    low, high, log = _limits(list(lines.values()))
    page = Page(1, 1, 3.6, f"{sweep.name}: the {len(best)} best of {count:,} settings",
                [source(sweep), judged_by(sweep), leaving(shown, measure, low, high)], size=wish.size, legend=[*names, handles],
                titled=False)
    axes = page.panels[0][0]
    if everything:
        draw_series(axes, everything, "#bbbbbb", 0.25, 0.0)
        axes.plot(everything.iterations, everything.middle, color=SOFT, linestyle=":", linewidth=1.4, zorder=2)
    for place, series in reversed(lines.items()):
        draw_series(axes, series, colours[place], 0.16, 1.7)
    axes.set(yscale="log" if log else "linear", ylim=(low, high))
    if log:
        log_cost_ticks(axes)
    axes.set_xlim(0, 1.02 * max(series.iterations[-1] for series in lines.values()))
    name_sides(page, measure)
    return page.figure


def _limits(lines: list[Series]) -> tuple[float, float, bool]:
    """Limits of these lines and their bands, and whether they are logarithmic."""
    middles, values, tops = (np.concatenate([getattr(series, part) for series in lines]) for part in ("middle", "lower", "upper"))
    low, high = float(np.nanmin(values)), float(max(np.nanquantile(tops, 0.99), np.nanmax(middles)))
    # Costs that reach 0 come by any number below on their way: what counts is where settings end.
    begin = low if low > 0 else lowest_positive(np.array([series.middle[-1] for series in lines])) or lowest_positive(values)
    if log_worthwhile([begin, high]):
        return begin / 1.2, high * 1.3, True
    return (*linear_limits(low, high), False)


def _named(sweep: Sweep, place: int, setting: list[Run]) -> str:
    """The rank of a setting, its values, what it is judged by, and what it comes to on the test examples."""
    values = setting_text(setting[0].point, sweep.axes)
    judged = criterion(sweep)
    score = short_exponent(f"{mean_score(setting, judged.field):.3g}")
    said = f"{place}  {values}: {judged.name if judged is not COST else 'cost'} {score}"
    test = mean_score(setting, TEST_ACCURACY.field)
    return said + (f", test accuracy {test:.2f}" if np.isfinite(test) else "")
