"""Test accuracy and final cost over two swept keys: which settings train well, and which not at all?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import NullLocator

from .record import DEPTH, LEARNING_RATE, Axis, Run, Sweep, grouped
from .style import INK, SOFT, WIDTH, Page, diverged_mark, log_worthwhile, scale_ticks, source, value_ticks

MOST_COLUMNS_SIDE_BY_SIDE = 8
MISSING, BAD = "#f4f4f4", "#dcdcdc"


@dataclass(frozen=True)
class Measure:
    """What a map shows: `sign` is 1 where more is better and -1 where less is."""

    name: str
    field: str
    sign: int
    colours: str


MEASURES = (
    Measure("test accuracy", "test_accuracy", 1, "viridis"),
    Measure("final cost J", "final_cost", -1, "viridis_r"),  # light is good in both
)


@dataclass(frozen=True)
class Cell:
    """One place of a map: the best setting's value (None where none has one) and how its trials ended."""

    value: Optional[float]
    trials: int
    diverged: int
    failed: int


def heatmap_figures(sweep: Sweep) -> Iterator[tuple[str, Figure]]:
    """One figure with both maps, when at least two keys are swept: depth and learning rate, else the first two."""
    chosen = _two_axes(sweep)
    if chosen:
        scattered = any(axis in sweep.scattered for axis in chosen)
        yield "heatmap", (_scattered if scattered else _figure)(sweep, *chosen)


def _two_axes(sweep: Sweep) -> Optional[tuple[Axis, Axis]]:
    depth, rate = sweep.factor(DEPTH), sweep.factor(LEARNING_RATE)
    if depth and rate and depth is not rate:
        return depth, rate
    ordered = sorted(sweep.factors, key=lambda a: not a.numeric)[:2]
    if len(ordered) < 2:
        return None
    # The learning rate reads best from left to right.
    return (ordered[1], ordered[0]) if ordered[0].key == LEARNING_RATE else (ordered[0], ordered[1])


def _figure(sweep: Sweep, down: Axis, across: Axis) -> Figure:
    rows, columns = len(down.values), len(across.values)
    stacked = columns > MOST_COLUMNS_SIDE_BY_SIDE
    others = [axis for axis in sweep.factors if axis not in (down, across)]
    maps = [_cells(sweep.runs, down, across, others, measure) for measure in MEASURES]
    left = max(0.75, 0.45 + 0.075 * max(len(down.text(v)) for v in down.values))
    page = Page(
        2 if stacked else 1, 1 if stacked else 2, max(1.0, (0.36 if rows > 8 else 0.48) * rows),
        f"{sweep.name}: outcome over {down.name} and {across.name}", [source(sweep), _reading(sweep, True)],
        legend=_legend([cell for cells in maps for row in cells for cell in row]), left=left,
        width=max(WIDTH, left + 0.47 * columns), gap=(0.3, 0.45),
    )
    for axes, measure, cells in zip(page.panels.flat, MEASURES, maps):
        _draw(axes, cells, measure)
        axes.set_title(_title(measure, others), loc="left", pad=5)
        value_ticks(axes, across, range(columns))
        axes.set_yticks(range(rows))
        axes.set_yticklabels([down.text(v) for v in down.values])
    for axes in page.panels[-1]:
        axes.set_xlabel(across.label)
    for axes in page.panels[:, 0]:
        axes.set_ylabel(down.label)
    return page.figure


def _scattered(sweep: Sweep, down: Axis, across: Axis) -> Figure:
    """Where points were drawn there are no cells: a dot for each, coloured as a cell would be."""
    others = [axis for axis in sweep.factors if axis not in (down, across)]
    page = Page(1, 2, 3.2, f"{sweep.name}: outcome over {down.name} and {across.name}",
                [source(sweep), _reading(sweep, False)],
                legend=[Line2D([], [], color="none", marker="o", markeredgecolor=INK, markersize=10, label="best"),
                        *([diverged_mark()] if any(run.diverged for run in sweep.runs) else [])], gap=(0.55, 0))
    ys, xs = ({value: float(value) if axis.numeric else float(i) for i, value in enumerate(axis.values)}
              for axis in (down, across))
    for axes, measure in zip(page.panels[0], MEASURES):
        # The worst first, so that the best lie on top.
        places = grouped(sweep.runs, [down, across]).items()
        found = [(xs[x], ys[y], _cell(runs, others, measure)) for (y, x), runs in places]
        good = sorted((row for row in found if row[2].value is not None), key=lambda row: measure.sign * row[2].value)
        blown = [row for row in found if row[2].value is None and row[2].diverged]
        axes.plot([x for x, _, _ in blown], [y for _, y, _ in blown], color=INK, marker="x", linestyle="none")
        if good:
            values = [cell.value for _, _, cell in good]
            log = measure.sign < 0 and log_worthwhile(values)
            dots = axes.scatter([x for x, _, _ in good], [y for _, y, _ in good], c=values, s=36, cmap=measure.colours,
                                norm=(LogNorm if log else Normalize)(min(values), max(values)), edgecolor="white",
                                linewidth=0.5, zorder=3)
            axes.plot(*good[-1][:2], color="none", marker="o", markeredgecolor=INK, markersize=10, zorder=4)
            page.figure.colorbar(dots, ax=axes, pad=0.02)
        axes.set(xscale="log" if across.logarithmic else "linear", yscale="log" if down.logarithmic else "linear")
        for axis, side, places in ((across, axes.xaxis, xs), (down, axes.yaxis, ys)):
            if axis in sweep.scattered:
                scale_ticks(side)
            else:
                side.set_ticks([places[value] for value in axis.values], labels=[axis.text(v) for v in axis.values])
                side.set_minor_locator(NullLocator())
        axes.set_title(_title(measure, others), loc="left", pad=5)
        axes.set_xlabel(across.label)
    page.panels[0][0].set_ylabel(down.label)
    return page.figure


def _reading(sweep: Sweep, cells: bool) -> str:
    words = []
    if sweep.seeds:
        words.append(f"median over {len(sweep.seeds.values)} seeds, a diverged one counting as the worst")
    if any(run.diverged for run in sweep.runs) and cells:
        words.append("× n/m: n of the m trials there diverged")
    return "  ·  ".join(words)


def _title(measure: Measure, others: list[Axis]) -> str:
    most = "highest" if measure.sign > 0 else "lowest"
    return measure.name + (f", {most} over {', '.join(axis.name for axis in others)}" if others else "")


def _cells(runs: list[Run], down: Axis, across: Axis, others: list[Axis], measure: Measure) -> list[list[Cell]]:
    places = grouped(runs, [down, across])
    return [[_cell(places.get((y, x), []), others, measure) for x in across.values] for y in down.values]


def _cell(runs: list[Run], others: list[Axis], measure: Measure) -> Cell:
    """The best setting of the other axes, each judged by the median over its seeds with a diverged one as the worst."""
    scores = []
    for group in grouped(runs, others).values():
        results = [getattr(run, measure.field) if run.completed else np.nan for run in group if run.status != "failed"]
        if results:
            scores.append(np.median([measure.sign * r if np.isfinite(r) else -np.inf for r in results]))
    best = max(scores, default=-np.inf)
    value = measure.sign * float(best) if np.isfinite(best) else None
    return Cell(value, len(runs), sum(run.diverged for run in runs), sum(run.status == "failed" for run in runs))


def _draw(axes: Axes, cells: list[list[Cell]], measure: Measure) -> None:
    """Colours and labels every cell, and frames the best."""
    values = np.array([[np.nan if cell.value is None else cell.value for cell in row] for row in cells])
    finite = values[np.isfinite(values)]
    norm: Normalize = Normalize(0, 1)
    if finite.size:
        norm = (LogNorm if measure.sign < 0 and log_worthwhile(finite) else Normalize)(finite.min(), finite.max())
    colours = matplotlib.colormaps[measure.colours]
    best = measure.sign * np.max(measure.sign * finite) if finite.size else None
    for (row, column), value in np.ndenumerate(values):
        cell = cells[row][column]
        fill = colours(norm(value)) if cell.value is not None else BAD if cell.trials else MISSING
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=fill, edgecolor="white", linewidth=1.5,
                                 hatch="////" if cell.value is None and cell.diverged else None))
        axes.text(column, row, _text(cell, measure), ha="center", va="center", fontsize=8.5, linespacing=1.15,
                  color=_readable(fill) if cell.value is not None else INK)
        if cell.value is not None and cell.value == best:
            axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, edgecolor=INK, linewidth=1.8,
                                     zorder=3))
    axes.set_xlim(-0.5, values.shape[1] - 0.5)
    axes.set_ylim(values.shape[0] - 0.5, -0.5)
    axes.grid(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _text(cell: Cell, measure: Measure) -> str:
    lines = []
    if cell.value is not None:
        short = f"{cell.value:.2f}" if measure.sign > 0 else f"{cell.value:#.2g}".rstrip(".")
        lines.append(short.replace("e-0", "e-").replace("e+0", "e"))
    if cell.diverged:
        lines.append(f"× {cell.diverged}/{cell.trials}")
    if cell.trials and cell.failed == cell.trials:
        lines.append("failed")
    return "\n".join(lines)


def _readable(fill: tuple) -> str:
    red, green, blue = fill[:3]
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def _legend(cells: list[Cell]) -> list[Artist]:
    """The meaning of each mark in use."""
    handles: list[Artist] = []
    if any(cell.value is not None for cell in cells):
        handles.append(Patch(facecolor="none", edgecolor=INK, linewidth=1.6, label="best"))
    if any(cell.value is None and cell.diverged for cell in cells):
        handles.append(Patch(facecolor=BAD, edgecolor="white", hatch="////", label="diverged"))
    if any(not cell.trials for cell in cells):
        handles.append(Patch(facecolor=MISSING, edgecolor=SOFT, linewidth=0.5, label="not run yet"))
    return handles
