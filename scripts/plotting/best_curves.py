"""The curves of the best settings, each by name, before all the others."""

from __future__ import annotations

from typing import Iterator

import numpy as np
from matplotlib.figure import Figure

from .best import criterion, distinct, judged_by, mean_score, ranked
from .curves import BROKEN, draw_series, ends_early, has_band, name_sides
from .limits import linear_limits
from .measure import COST, TEST_ACCURACY, recorded
from .page import Page, source
from .series import over_seeds, over_settings
from .style import SOFT, band, line, palette
from .sweep import Run, Sweep, setting_text
from .ticks import log_cost_ticks, log_worthwhile
from .wish import Wish


def best_figures(sweep: Sweep, wish: Wish) -> Iterator[tuple[str, Figure]]:
    """The curves of as many of the best settings as are asked for, if there are more settings than that."""
    completed = [run for run in sweep.runs if run.completed]
    settings = distinct(ranked(sweep, completed, sweep.factors))
    whole = distinct(ranked(sweep, sweep.runs, sweep.factors))
    if sweep.factors and 0 < wish.best < len(settings):
        best = [setting for setting in whole if any(run.completed for run in setting)][:wish.best]
        yield "best", _figure(sweep, best, settings, len(whole), wish)


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
    page = Page(1, 1, 3.6, f"{sweep.name}: the {len(best)} best of {count:,} settings",
                [source(sweep), judged_by(sweep)], size=wish.size, legend=[*names, handles], titled=False)
    axes = page.panels[0][0]
    if everything:
        draw_series(axes, everything, "#bbbbbb", 0.25, 0.0)
        axes.plot(everything.iterations, everything.middle, color=SOFT, linestyle=":", linewidth=1.4, zorder=2)
    for place, series in reversed(lines.items()):
        draw_series(axes, series, colours[place], 0.16, 1.7)
    middles = np.concatenate([series.middle for series in lines.values()])
    values = np.concatenate([series.lower for series in lines.values()])
    tops = np.concatenate([series.upper for series in lines.values()])
    low, high = float(np.nanmin(values)), float(max(np.nanquantile(tops, 0.99), np.nanmax(middles)))
    if log_worthwhile([low, high]):
        axes.set(yscale="log", ylim=(low / 1.2, high * 1.3))
        log_cost_ticks(axes)
    else:
        axes.set_ylim(*linear_limits(low, high))
    axes.set_xlim(0, 1.02 * max(series.iterations[-1] for series in lines.values()))
    name_sides(page, measure)
    return page.figure


def _named(sweep: Sweep, place: int, setting: list[Run]) -> str:
    """The rank of a setting, its values, what it is judged by, and what it comes to on the test examples."""
    values = setting_text(setting[0].point, sweep.axes)
    judged = criterion(sweep)
    said = f"{place}  {values}: {judged.name if judged is not COST else 'cost'} {mean_score(setting, judged.field):.3g}"
    test = mean_score(setting, TEST_ACCURACY.field)
    return said + (f", test accuracy {test:.2f}" if np.isfinite(test) else "")
