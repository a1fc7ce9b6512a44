"""Cost curves: how fast does each setting learn, how far does it get, and where does it blow up?"""

from __future__ import annotations

import itertools
from typing import Iterator, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .record import LEARNING_RATE, Axis, Run, Sweep, grouped
from .style import (
    BLUE, SOFT, WIDTH, Page, diverged_mark, log_cost_ticks, log_worthwhile, palette, slug, source,
)

MOST_PAGES = 12
MOST_LEGEND_ENTRIES = 8
MOST_COLUMNS = 6
BROKEN = (0, (4, 2))  # a line of which some seeds have ended


def cost_figures(sweep: Sweep) -> Iterator[tuple[str, Figure]]:
    """Cost against iteration, one panel for each pair of settings, one coloured line for each learning rate.

    Axes beyond the colour and the two of the panels get a page for each of their settings; when that would be too
    many pages, each line is the best over them. Runs that differ only in their seed are one line with a band.
    """
    colour, panels, rest = _roles(sweep)
    pages = grouped(sweep.runs, rest)
    if len(pages) > MOST_PAGES:
        shown = [axis for axis in (*panels, colour) if axis]
        best = f"each line is the best over {', '.join(axis.name for axis in rest)}"
        yield "cost", _page(sweep, _best_of(sweep.runs, shown, rest), colour, panels, best)
        return
    for setting, runs in pages.items():
        fixed = [f"{axis.name} {axis.text(value)}" for axis, value in zip(rest, setting)]
        yield "-".join(["cost", *map(slug, fixed)]), _page(sweep, runs, colour, panels, ", ".join(fixed))


def _roles(sweep: Sweep) -> tuple[Optional[Axis], list[Axis], list[Axis]]:
    """Which axis is the colour, which are the panels (the longest two at most) and which are left over.

    What is scattered can only be the colour: each of its values has a line or two in all.
    """
    axes = sweep.factors
    if not axes:
        return None, [], []
    preferences = (
        lambda a: a.holds(LEARNING_RATE),
        lambda a: a.numeric and a.scale == "log",
        lambda a: not a.numeric and len(a.values) <= MOST_LEGEND_ENTRIES,
        lambda a: True,
    )
    colour = next(axis for wanted in preferences for axis in axes if wanted(axis))
    others = sorted((a for a in axes if a is not colour and a not in sweep.scattered), key=lambda a: -len(a.values))
    panels, rest = others[:2], others[2:]
    # Rows, then columns: a landscape page, unless that makes the panels too narrow.
    panels.sort(key=lambda a: len(a.values), reverse=bool(panels) and len(panels[0].values) > MOST_COLUMNS)
    return colour, panels, rest


def _best_of(runs: list[Run], shown: list[Axis], rest: list[Axis]) -> list[Run]:
    """For each place on the shown axes, the runs at the one setting of the rest with the lowest final cost."""
    kept = []
    for place in grouped(runs, shown).values():
        kept += min(grouped(place, rest).values(), key=_typical_cost)
    return kept


def _typical_cost(runs: list[Run]) -> float:
    costs = [run.final_cost if run.completed else np.inf for run in runs]
    return float(np.median(np.nan_to_num(costs, nan=np.inf)))


def _page(sweep: Sweep, runs: list[Run], colour: Optional[Axis], panels: list[Axis], note: str) -> Figure:
    rows, columns, places = _layout(panels)
    colours = palette(colour) if colour else [BLUE]
    width = max(WIDTH, 1.3 * columns)
    height = 3.6 if rows * columns == 1 else 2.3 if rows == 1 else 1.65
    page = Page(rows, columns, height, f"{sweep.name}: cost while training", [source(sweep), _reading(sweep, note)],
                legend=_handles(sweep, runs, colour, colours), legend_title=_legend_title(colour), width=width,
                right=0.35 if len(panels) == 2 else 0.2, gap=(0.16, 0.2 if len(panels) == 2 else 0.4),
                titled=bool(panels))
    low, high, log = _cost_range(runs)
    in_panel = grouped(runs, panels)
    for place, (row, column) in places.items():
        axes = page.panels[row][column]
        _panel(axes, in_panel.get(place, []), colour, colours, sweep.scattered)
        _name_panel(axes, panels, place, row, column, columns)
    for axes in page.panels.flat[len(places):] if len(panels) < 2 else ():
        axes.set_visible(False)
    for axes in page.panels.flat:
        axes.set_yscale("log" if log else "linear")
        axes.set_ylim(low, high)
    if log:
        log_cost_ticks(page.panels[0][0])
    last = max(1, *(_end(run) for run in runs), *(int(run.iterations[-1]) for run in runs if len(run.iterations)))
    page.panels[0][0].set_xlim(-0.02 * last, 1.02 * last)
    page.panels[0][0].xaxis.get_major_locator().set_params(nbins=3 if columns > 3 else 6, steps=[1, 2, 5, 10])
    _name_sides(page, rows, columns, len(places), len(panels))
    return page.figure


def _reading(sweep: Sweep, note: str) -> str:
    if len(sweep.runs) > 1:
        return note
    run = sweep.runs[0]
    if run.diverged:
        return f"the cost stopped being finite at iteration {_end(run)}"
    return (f"final cost {run.final_cost:.4g}  ·  train accuracy {run.train_accuracy:.3f}  ·  "
            f"test accuracy {run.test_accuracy:.3f}")


def _layout(panels: list[Axis]) -> tuple[int, int, dict[tuple, tuple[int, int]]]:
    """How many rows and columns there are, and the row and column of each setting."""
    if not panels:
        return 1, 1, {(): (0, 0)}
    if len(panels) == 1:
        count = len(panels[0].values)
        columns = count if count <= 4 else 3 if count in (5, 6, 9) else 4 if count <= 12 else MOST_COLUMNS
        return -(-count // columns), columns, {(v,): divmod(i, columns) for i, v in enumerate(panels[0].values)}
    down, across = panels
    places = {
        (down.values[r], across.values[c]): (r, c)
        for r, c in itertools.product(range(len(down.values)), range(len(across.values)))
    }
    return len(down.values), len(across.values), places


def _cost_range(runs: list[Run]) -> tuple[float, float, bool]:
    """Limits for the cost that all panels share. What diverged does not set them: it leaves at the top."""
    completed = [run.costs[np.isfinite(run.costs)] for run in runs if run.completed]
    costs = np.concatenate(completed) if completed else np.empty(0)
    if not costs.size:
        finite = np.concatenate([run.costs[np.isfinite(run.costs)][:1] for run in runs])
        return 0.0, (2 * float(finite.max()) if finite.size and finite.max() > 0 else 1.0), False
    # A few spikes may leave the picture; where the curves begin may not.
    high = max(float(np.quantile(costs, 0.995)), max(float(c[0]) for c in completed if c.size))
    positive = costs[costs > 0]
    low = max(float(positive.min()), high * 1e-8) if positive.size else 0.0
    if log_worthwhile([low, high]):
        return low / 1.25, high * (high / low) ** 0.08, True
    low = min(0.0, float(costs.min()))
    return low, high + 0.08 * (high - low) or 1.0, False


def _panel(axes: Axes, runs: list[Run], colour: Optional[Axis], colours: list[str], scattered: list[Axis]) -> None:
    lines = grouped(runs, [colour] if colour else [])
    blown = []
    for index, value in enumerate(colour.values if colour else [None]):
        group = lines.get((value,) if colour else (), [])
        settings = grouped([run for run in group if run.completed], scattered)
        for seeds in settings.values():
            _mean_and_band(axes, seeds, colours[index])
        diverged = [run for run in group if run.diverged]
        for run in diverged:
            axes.plot(run.iterations, run.costs, color=colours[index], linewidth=0.8, alpha=0.7, zorder=2)
        if diverged:
            blown.append((colours[index], [_end(run) for run in diverged]))
    # One height for each colour, 0.11 inches apart: settings that blow up at once would hide one another.
    step = 0.11 / (axes.get_position().height * axes.figure.get_figheight())
    for order, (hue, ends) in enumerate(blown):
        height = 0.97 - min(step, 0.3 / len(blown)) * order
        axes.plot(ends, [height] * len(ends), transform=axes.get_xaxis_transform(), color=hue, marker="x",
                  linestyle="none", markersize=5, markeredgewidth=1.5, clip_on=False, zorder=5)


def _end(run: Run) -> int:
    if run.diverged_at is not None:
        return run.diverged_at
    return int(run.iterations[-1]) if len(run.iterations) else 0


def _trains_at(run: Run, iterations: np.ndarray) -> np.ndarray:
    """Whether the run has got as far as each of these iterations."""
    return iterations <= (run.iterations[-1] if len(run.iterations) else -1)


def _ends_early(runs: list[Run], rest: list[Axis]) -> bool:
    """Whether some seeds of a setting end before others."""
    completed = [run for run in runs if run.completed and len(run.iterations)]
    return any(len({int(run.iterations[-1]) for run in seeds}) > 1 for seeds in grouped(completed, rest).values())


def _mean_and_band(axes: Axes, runs: list[Run], colour: str) -> None:
    """The mean over the seeds as a line, from the lowest to the highest seed as a band; broken once some seeds have ended."""
    if not any(len(run.iterations) for run in runs):
        return
    iterations = np.unique(np.concatenate([run.iterations for run in runs]))
    costs = np.full((len(runs), len(iterations)), np.nan)
    for row, run in zip(costs, runs):
        row[np.searchsorted(iterations, run.iterations)] = np.where(np.isfinite(run.costs), run.costs, np.nan)
    # Where one seed ends it has a record that the others lack: a mean is of all that still train.
    training = sum(_trains_at(run, iterations) for run in runs)
    recorded = np.sum(~np.isnan(costs), axis=0)
    known = (recorded > 0) & (recorded >= training)
    iterations, costs, training = iterations[known], costs[:, known], training[known]
    if not iterations.size:
        return
    mean, whole = np.nanmean(costs, axis=0), int(np.sum(training == len(runs)))
    marker = "o" if len(iterations) == 1 else None
    axes.plot(iterations[:whole], mean[:whole], color=colour, zorder=3, marker=marker)
    if whole < len(iterations):
        rest = slice(max(whole - 1, 0), None)
        axes.plot(iterations[rest], mean[rest], color=colour, zorder=3, marker=marker, linestyle=BROKEN)
    if len(runs) > 1:
        starts = np.unique(np.linspace(0, len(iterations) - 1, 300).astype(int))  # keeps an SVG small
        axes.fill_between(
            iterations[starts], np.minimum.reduceat(np.nanmin(costs, axis=0), starts),
            np.maximum.reduceat(np.nanmax(costs, axis=0), starts), color=colour, alpha=0.22, linewidth=0, zorder=1,
        )


def _name_panel(axes: Axes, panels: list[Axis], place: tuple, row: int, column: int, columns: int) -> None:
    if len(panels) == 1:
        axes.set_title(f"{panels[0].name} {panels[0].text(place[0])}", loc="left", pad=4)
    elif len(panels) == 2:
        if row == 0:
            axes.set_title(f"{panels[1].name} {panels[1].text(place[1])}", pad=5)
        if column == columns - 1:
            axes.annotate(f"{panels[0].name} {panels[0].text(place[0])}", (1, 0.5), xycoords="axes fraction",
                          xytext=(6, 0), textcoords="offset points", rotation=-90, va="center", fontsize=9.5)


def _name_sides(page: Page, rows: int, columns: int, places: int, panel_axes: int) -> None:
    """One label for each side, in the middle of all panels; x ticks under the lowest panel of each column."""
    if panel_axes == 1:
        for index in range(max(0, places - columns), places):
            page.panels.flat[index].tick_params(labelbottom=True)
    first, last = page.panels[0][0].get_position(), page.panels[-1][-1].get_position()
    width, height = page.figure.get_size_inches()
    page.figure.text((first.x0 + last.x1) / 2, 0.1 / height, "iteration", ha="center", va="bottom", fontsize=9)
    page.figure.text(0.12 / width, (first.y1 + last.y0) / 2, "cost J", ha="left", va="center", rotation=90, fontsize=9)


def _named(colour: Axis) -> list[int]:
    """The places of the values that the legend names: all, or some from the first to the last of many numbers."""
    count = len(colour.values)
    if not colour.numeric or count <= MOST_LEGEND_ENTRIES:
        return list(range(count))
    return sorted(set(np.linspace(0, count - 1, MOST_LEGEND_ENTRIES).astype(int).tolist()))


def _legend_title(colour: Optional[Axis]) -> str:
    """The name of the colour's axis, and how many of its values the legend names where it leaves some out."""
    if not colour:
        return ""
    named, count = len(_named(colour)), len(colour.values)
    return colour.name if named == count else f"{colour.name} ({named} of {count} values are named)"


def _handles(sweep: Sweep, runs: list[Run], colour: Optional[Axis], colours: list[str]) -> list:
    handles: list = []
    if colour:
        shown = _named(colour)
        handles += [Line2D([], [], color=colours[i], linewidth=2.2, label=colour.text(colour.values[i])) for i in shown]
    if sweep.seeds:
        handles.append(Line2D([], [], color=SOFT, linewidth=2.2, label=f"mean over {len(sweep.seeds.values)} seeds"))
        handles.append(Patch(facecolor=SOFT, alpha=0.3, label="lowest to highest seed"))
        if _ends_early(runs, sweep.factors):
            handles.append(Line2D([], [], color=SOFT, linewidth=2.2, linestyle=BROKEN, label="some seeds have ended"))
    if any(run.diverged for run in runs):
        handles.append(diverged_mark())
    return handles
