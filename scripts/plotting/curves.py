"""Curves: how fast does each setting learn, how far does it get, and where does it blow up?"""

from __future__ import annotations

from typing import Iterable, Iterator, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .axis import Axis, short_exponent
from .best import best, criterion, judged_by
from .colouring import Colouring
from .files import slug
from .limits import MOST_RISE, accuracy_limits, linear_limits, lowest_positive
from .measure import Measure, recorded
from .page import Page, source
from .roles import Roles, layout, roles
from .series import Series, over_seeds, over_settings, thinned
from .style import band, diverged_mark, line, text_width
from .sweep import UNKNOWN, Run, Sweep, count_trials, grouped, layer_by_layer
from .ticks import iteration_ticks, log_cost_ticks, log_worthwhile
from .wish import Wish

MOST_PAGES = 6
BROKEN = (0, (4, 2))  # a line of which some seeds have ended
SPIKES = 0.97  # the share of recorded values that the picture shows


def curve_figures(sweep: Sweep, wish: Wish) -> Iterator[tuple[str, Figure]]:
    """Cost and metrics against iteration, one panel for each pair of settings, one colour for each learning rate.

    Axes beyond the colour and the two of the panels get a page for each of their settings; when that would be too
    many pages, each line is the best over them. Runs that differ only in their seed are one line with a band.
    """
    for field in _fields(sweep, wish):
        named = field == "cost" or field in sweep.metrics()
        yield from _pages(sweep if named else layer_by_layer(sweep, field), recorded(field), wish)


def _fields(sweep: Sweep, wish: Wish) -> list[str]:
    """What to draw: the metric that is asked for, else the cost, and what settings are judged by if it was recorded."""
    if wish.metric:
        return [wish.metric] if wish.metric in recorded_fields(sweep) else []
    judged = criterion(sweep).field
    if sweep.rungs:
        return []  # drawn by rung
    return ["cost", *([judged] if judged in sweep.metrics() else [])]


def recorded_fields(sweep: Sweep) -> list[str]:
    """The names that curves can be drawn of; `gradient_norm` is all layers, `gradient_norm_2` one."""
    names = sweep.metrics()
    layered = [name.rpartition("_")[0] for name in names if name.rpartition("_")[2].isdigit()]
    return ["cost", *dict.fromkeys(layered), *names]


def _pages(sweep: Sweep, measure: Measure, wish: Wish) -> Iterator[tuple[str, Figure]]:
    shown = roles(sweep)
    stem = slug(measure.field)
    pages = grouped(sweep.runs, shown.rest)
    if len(pages) > MOST_PAGES:
        places = grouped(sweep.runs, shown.shown).values()
        chosen = [run for place in places for run in best(sweep, place, shown.rest)]
        chooses = any(len(grouped(place, shown.rest)) > 1 for place in places)
        yield stem, _page(sweep, chosen, measure, shown, _choice(sweep, shown) if chooses else "", wish)
        return
    for setting, runs in pages.items():
        fixed = [axis.said(value) for axis, value in zip(shown.rest, setting)]
        yield "-".join([stem, *map(slug, fixed)]), _page(sweep, runs, measure, shown, ", ".join(fixed), wish)


def _choice(sweep: Sweep, shown: Roles) -> str:
    """Which settings are drawn where there are several at a place, in words."""
    others = ", ".join(axis.name for axis in shown.rest)
    if shown.colour and Colouring.of(shown.colour).kind == "bands":
        return f"median over {shown.colour.name} of the best {others}; {judged_by(sweep)}"
    return f"each line is the best setting of {others}; {judged_by(sweep)}"


def _page(sweep: Sweep, runs: list[Run], measure: Measure, shown: Roles, note: str, wish: Wish) -> Figure:
    rows, columns, places = layout(shown.panels, runs)
    colouring = Colouring.of(shown.colour)
    height = 3.6 if rows * columns == 1 else 2.3 if rows == 1 else 1.75
    limits = _limits(runs, measure)
    in_panel = grouped(runs, shown.panels)
    lines = {place: _lines(sweep, in_panel[place], measure, colouring) for place in places}

    def page_with(more: str, filled: Iterable[tuple[int, int]]) -> Page:
        return Page(rows, columns, height, f"{sweep.name}: {measure.name} while training",
                    [source(sweep), note, _reading(sweep), leaving(runs, measure, *limits[:2]), more],
                    size=wish.size, legend=_handles(sweep, colouring, runs), legend_title=colouring.title,
                    least=1.3 * columns, right=0.35 if len(shown.panels) == 2 else 0.2,
                    gap=(0.16, 0.2 if len(shown.panels) == 2 else 0.4), titled=bool(shown.panels),
                    bars=int(colouring.kind == "bar"), filled=filled)

    unnamed = _unnamed(page_with("", filled=()), shown.panels)
    page = page_with("; ".join(f"{side}: {axis.name}" for side, axis in unnamed.items()), places.values())
    # The limits first: else each line looks for new ones in all panels that share them.
    low, high, log = limits
    page.lead.set(yscale="log" if log else "linear", ylim=(low, high))
    last = max(1, *(run.end for run in runs))
    page.lead.set_xlim(-0.02 * last, 1.02 * last)
    for place, (row, column) in places.items():
        _panel(page.panels[row][column], in_panel[place], measure, colouring, lines[place])
        names = [axis.text(value) if axis in unnamed.values() and value is not None else axis.said(value)
                 for axis, value in zip(shown.panels, place)]
        _name_panel(page, names, row, column)
    if log:
        log_cost_ticks(page.lead)
    name_sides(page, measure)
    colouring.bar(page)
    return page.figure


def _reading(sweep: Sweep) -> str:
    """How the one training of a sweep ended, where there is only one."""
    if len(sweep.runs) > 1:
        return ""
    run = sweep.runs[0]
    if run.diverged:
        return f"diverged at iteration {run.end}"
    if run.status == UNKNOWN:
        return "how it ended is not known without its model"
    said = [("final cost", "final_cost", ".4g"), ("train accuracy", "train_accuracy", ".3f"),
            ("validation accuracy", "validation_accuracy", ".3f"), ("test accuracy", "test_accuracy", ".3f")]
    return "  ·  ".join(f"{name} {short_exponent(format(run.score(field), form))}" for name, field, form in said
                        if np.isfinite(run.score(field)))


def _limits(runs: Sequence[Run], measure: Measure) -> tuple[float, float, bool]:
    """Limits that all panels share, and whether they are logarithmic. What diverged, or grows beyond where training
    begins, does not set them: it leaves at the top."""
    series = [run.series(measure.field) for run in runs if run.has_line]
    values = np.concatenate(series) if series else np.empty(0)
    values = values[np.isfinite(values)]
    if not values.size:
        first = np.array([run.series(measure.field)[0] for run in runs if len(run.iterations)])
        first = first[np.isfinite(first)]
        return 0.0, (2 * float(first.max()) if first.size and first.max() > 0 else 1.0), False
    if measure.share:
        return (*accuracy_limits(float(values.min()), float(values.max())), False)
    high = float(np.quantile(values, SPIKES))
    if measure.field in ("cost", "validation_cost", "test_cost"):
        begin = np.array([s[0] for s in series if s.size and np.isfinite(s[0])] or [high])
        high = min(max(high, float(np.quantile(begin, SPIKES))), MOST_RISE * float(np.median(begin)))
    low = lowest_positive(values)
    if log_worthwhile([low, high]):
        low = max(low, high * 1e-8)
        return low / 1.25, high * (high / low) ** 0.08, True
    return (*linear_limits(float(values.min()), high), False)


def leaving(runs: Sequence[Run], measure: Measure, low: float, high: float) -> str:
    """How many trials leave the picture at its top and at its foot, without those that diverged."""
    if measure.share:
        return ""
    completed = "completed " if all(run.status != UNKNOWN for run in runs) else ""
    drawn = [(run, run.series(measure.field)) for run in runs if run.has_line]
    above = count_trials(run for run, series in drawn if np.any(series > high))
    below = count_trials(run for run, series in drawn if np.any(series < low))
    return "  ·  ".join(
        f"{count:,} {completed}{f'trial {verb}s' if count == 1 else f'trials {verb}'} {side} {short_exponent(f'{end:.2g}')}, "
        "out of the picture"
        for count, verb, side, end in ((above, "rise", "above", high), (below, "fall", "below", low)) if count)


def _lines(sweep: Sweep, runs: Sequence[Run], measure: Measure, colouring: Colouring) -> list[tuple[str, Series]]:
    """The colour and the series of every line of a panel."""
    lines = []
    for group, part in colouring.split([run for run in runs if run.has_line]):
        if colouring.kind == "bands":
            lines.append((group.colour, over_settings(part, sweep.factors, bool(sweep.seeds), measure.field)))
        else:
            lines += [(group.colour, over_seeds(seeds, measure.field))
                      for seeds in grouped(part, sweep.scattered).values()]
    return [(colour, series) for colour, series in lines if series]


def _panel(axes: Axes, runs: Sequence[Run], measure: Measure, colouring: Colouring, lines: list) -> None:
    crowd = {"each": 1.0 if len(colouring.groups) <= 6 else 0.6, "bar": 0.0, "bands": 0.7}[colouring.kind]
    for colour, series in lines:
        draw_series(axes, series, colour, 0.22 * crowd, 1.0 if colouring.kind == "bar" else 1.6)
    diverged = colouring.split([run for run in runs if run.diverged])
    if not diverged:
        return
    if colouring.kind != "each":
        count = sum(len(part) for _, part in diverged)
        axes.annotate(f"× {count:,} of {len(runs):,}", (1, 1), xycoords="axes fraction", xytext=(-3, -3),
                      textcoords="offset points", ha="right", va="top", fontsize=8, zorder=6,
                      bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1})
        return
    # One height for each colour, 0.11 inches apart: settings that blow up at once would hide one another.
    step = min(0.11 / (axes.get_position().height * axes.figure.get_figheight()), 0.3 / len(diverged))
    for order, (group, part) in enumerate(diverged):
        for run in part:
            axes.plot(run.iterations, run.series(measure.field), color=group.colour, linewidth=0.8, alpha=0.7, zorder=2)
        axes.plot([run.end for run in part], [0.97 - step * order] * len(part), transform=axes.get_xaxis_transform(),
                  color=group.colour, marker="x", linestyle="none", markersize=5, markeredgewidth=1.5, clip_on=False,
                  zorder=5)


def draw_series(axes: Axes, series: Series, colour: object, alpha: float, width: float) -> None:
    """The middle as a line, broken once some have ended; between lower and upper a band."""
    iterations, whole = series.iterations, series.whole
    marker = "o" if len(iterations) == 1 else None
    axes.plot(iterations[:whole], series.middle[:whole], color=colour, zorder=3, marker=marker, linewidth=width)
    if whole < len(iterations):
        rest = slice(max(whole - 1, 0), None)
        axes.plot(iterations[rest], series.middle[rest], color=colour, zorder=3, marker=marker, linestyle=BROKEN,
                  linewidth=width)
    if alpha and has_band(series):
        axes.fill_between(*thinned(series), color=colour, alpha=alpha, linewidth=0, zorder=1)


def has_band(series: Series) -> bool:
    """Whether anything lies between lower and upper."""
    return not np.array_equal(series.lower, series.upper)


def _unnamed(page: Page, panels: list[Axis]) -> dict[str, Axis]:
    """The axes whose names do not fit beside their values on each panel, by the side that the small print calls them by."""
    place, (width, height) = page.place(0, 0), page.figure.get_size_inches()
    sides = {"panels": place.width * width} if len(panels) == 1 else {"rows": place.height * height, "columns": place.width * width}
    return {side: axis for (side, room), axis in zip(sides.items(), panels)
            if any(text_width(f"{axis.name} {axis.text(value)}", 9.5) > room for value in axis.values)}


def _name_panel(page: Page, names: list[str], row: int, column: int) -> None:
    axes = page.panels[row][column]
    if len(names) == 1:
        axes.set_title(names[0], loc="left", pad=4)
    elif len(names) == 2:
        if page.is_top(row, column):
            axes.set_title(names[1], pad=5)
        if page.is_last(row, column):
            axes.annotate(names[0], (1, 0.5), xycoords="axes fraction", xytext=(6, 0), textcoords="offset points",
                          rotation=-90, va="center", fontsize=9.5)


def name_sides(page: Page, measure: Measure) -> None:
    """One label for each side, in the middle of all panels."""
    iteration_ticks(page.lead)
    first, last = page.place(0, 0), page.place(-1, -1)
    width, height = page.figure.get_size_inches()
    page.figure.text((first.x0 + last.x1) / 2, 0.1 / height, "iteration", ha="center", va="bottom", fontsize=9)
    page.figure.text(0.12 / width, (first.y1 + last.y0) / 2, measure.name, ha="left", va="center", rotation=90,
                     fontsize=9)


def _handles(sweep: Sweep, colouring: Colouring, runs: Sequence[Run]) -> list[list[Artist]]:
    handles: list[Artist] = []
    if colouring.kind == "bands":
        median = "median of the settings that still train" if ends_early(runs, []) else "median setting"
        handles += [line(median), band("from the lowest tenth to the highest")]
    elif sweep.seeds:
        handles.append(line(sweep.over_seeds))
        if colouring.kind == "each":
            handles.append(band("lowest to highest seed"))
        if ends_early(runs, sweep.factors):
            handles.append(line("of the seeds that still train: some have ended", style=BROKEN))
    if any(run.diverged for run in runs):
        of_all = "" if colouring.kind == "each" else ", of all trials in the panel"
        handles.append(diverged_mark(f"diverged{of_all}"))
    return [colouring.handles(), handles]


def ends_early(runs: Sequence[Run], settings: Sequence[Axis]) -> bool:
    """Whether some seeds of a setting end before others."""
    completed = [run for run in runs if run.completed and len(run.iterations)]
    return any(len({int(run.iterations[-1]) for run in seeds}) > 1 for seeds in grouped(completed, settings).values())
