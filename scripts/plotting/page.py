"""The page of every picture: a title, notes in small print, a legend, a grid of panels and a colour bar beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, Iterator, Optional, Sequence

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from .axis import Axis
from .style import SOFT, text_width
from .sweep import Sweep, count_trials, placed
from .ticks import scale_ticks

WIDTH = 9.0  # inches; about 100 pixels an inch where a README shows the picture
SIDE = 0.1  # inches from the left edge to the title
HANDLE, SPACE = 0.36, 0.2  # inches: of a legend's line with its gap, and from one entry to the next
BAR, BAR_ROOM = 0.13, 0.85  # inches: of a colour bar, and of the bar with its numbers and label
LEAST_PANEL = 0.3  # inches: the width of a panel


@dataclass(frozen=True)
class Size:
    """What size a picture is to have, in inches: as it needs to be where nothing is given."""

    width: Optional[float] = None
    height: Optional[float] = None


class Page:
    """A figure with its header and a grid of equal panels; lengths in inches. Each part of the legend begins a line.

    `filled` are the places of the grid that have a panel, by default all. Panels that share their sides have numbers at the
    left of each row and at the foot of each column.
    """

    def __init__(self, rows: int, columns: int, panel_height: float, title: str, notes: Iterable[str], *,
                 size: Size = Size(), legend: Sequence[Sequence[Artist]] = (), legend_title: str = "", least: float = WIDTH,
                 left: float = 0.75, right: float = 0.2, gap: tuple[float, float] = (0.18, 0.35), share: bool = True,
                 titled: bool = True, bars: int = 0,
                 filled: Optional[Iterable[tuple[int, int]]] = None) -> None:
        width = size.width or max(WIDTH, least)
        notes = [line for note in notes for line in wrapped(note, width - 2 * SIDE, 8.5)]
        heading = wrapped(title, width - 2 * SIDE, 12 * 1.12)  # bold letters are wider
        lines = [line for part in legend for line in flowed(part, width - SIDE)]
        legend_top = 0.22 + 0.2 * len(heading) + 0.19 * len(notes)
        header = legend_top + 0.21 * (len(lines) + bool(legend_title)) + (0.26 if titled else 0.08)
        bottom = 0.55
        if size.height:
            panel_height = max(0.4, (size.height - header - bottom - (rows - 1) * gap[1]) / rows)
        height = header + rows * panel_height + (rows - 1) * gap[1] + bottom
        self._beside = right - 0.06  # inches from the panels to a colour bar: past what is named there
        right += BAR_ROOM if bars == 1 else 0.0
        gap = (gap[0] + BAR_ROOM, gap[1]) if bars > 1 else gap
        right += BAR_ROOM if bars > 1 else 0.0
        left = min(left, width - right - LEAST_PANEL)  # labels that are wider than the page reach over its side
        panel_width = max(LEAST_PANEL, (width - left - right - (columns - 1) * gap[0]) / columns)
        self.figure = Figure(figsize=(width, height))
        self._grid = self.figure.add_gridspec(
            rows, columns, left=left / width, right=1 - right / width, bottom=bottom / height, top=1 - header / height,
            wspace=gap[0] / panel_width, hspace=gap[1] / panel_height,
        )
        self.panels = np.full((rows, columns), None, dtype=object)
        self._add_panels(sorted(np.ndindex(rows, columns) if filled is None else filled), share)
        for row, text in enumerate(heading):
            self.figure.text(*self._at(SIDE, 0.1 + 0.2 * row), text, fontsize=12, fontweight="bold", va="top")
        for row, text in enumerate(notes):
            below = 0.15 + 0.2 * len(heading) + 0.19 * row
            self.figure.text(*self._at(SIDE, below), text, fontsize=8.5, color=SOFT, va="top")
        if legend_title:
            self.figure.text(*self._at(SIDE, legend_top), legend_title, va="top")
        for row, handles in enumerate(lines):
            self.figure.legend(
                handles=handles, loc="upper left", ncol=len(handles), handlelength=1.8, columnspacing=1.4,
                bbox_to_anchor=self._at(SIDE, legend_top + 0.21 * (row + bool(legend_title))), handletextpad=0.5,
                borderaxespad=0, borderpad=0,
            )

    def _add_panels(self, places: list[tuple[int, int]], share: bool) -> None:
        first = None
        for row, column in places:
            axes = self.figure.add_subplot(self._grid[row, column], sharex=first, sharey=first)
            self.panels[row, column] = axes
            first = (first or axes) if share else None
        for row, column in places if share else ():
            left, below = self.panels[row, :column], self.panels[row + 1:, column]
            self.panels[row, column].tick_params(labelleft=not left.any(), labelbottom=not below.any())

    def is_last(self, row: int, column: int) -> bool:
        """Whether no panel of the row is further right."""
        return not self.panels[row, column + 1:].any()

    def is_top(self, row: int, column: int) -> bool:
        """Whether no panel of the column is further up."""
        return not self.panels[:row, column].any()

    @property
    def lead(self) -> Axes:
        """The first panel, whose sides and ticks are those of all that share them."""
        return next(axes for axes in self.panels.flat if axes)

    def place(self, row: int, column: int) -> Bbox:
        """Where a panel lies in the figure, or would lie."""
        return self._grid[row, column].get_position(self.figure)

    def colour_bar(self, colours: ScalarMappable, label: str, beside: Optional[Axes] = None, **look: object) -> Colorbar:
        """A colour bar to the right of one panel, or of them all."""
        place = beside.get_position() if beside else self.place(0, -1)
        low = place.y0 if beside else self.place(-1, -1).y0
        width, height = self.figure.get_size_inches()
        long = min(place.y1 - low, 2.6 / height) if not beside else place.y1 - low
        axes = self.figure.add_axes((place.x1 + self._beside / width, place.y1 - long, BAR / width, long))
        bar = self.figure.colorbar(colours, cax=axes, **look)
        bar.outline.set_visible(False)
        scale_ticks(bar.ax.yaxis)
        axes.tick_params(length=2, labelsize=8)
        bar.set_label(label, fontsize=8.5)
        return bar

    def _at(self, x: float, below_top: float) -> tuple[float, float]:
        width, height = self.figure.get_size_inches()
        return x / width, 1 - below_top / height


def wrapped(text: str, width: float, points: float) -> list[str]:
    """A text as lines of at most the given width in inches, broken between words."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, points) <= width:
            lines[-1] = longer
        elif text:
            lines.append(word)
    return lines


def flowed(handles: Sequence[Artist], width: float) -> Iterator[list[Artist]]:
    """The entries of a legend as lines of at most the given width in inches."""
    row: list[Artist] = []
    used = 0.0
    for handle in handles:
        needed = HANDLE + text_width(str(handle.get_label()), matplotlib.rcParams["legend.fontsize"]) + SPACE
        if row and used + needed > width:
            yield row
            row, used = [], 0.0
        row.append(handle)
        used += needed
    if row:
        yield row


def source(sweep: Sweep) -> str:
    """What a picture is drawn from: the data, how many trials there are and how they ended."""
    data = re.sub(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b", r"\1…", " ".join(sweep.data.split()))
    return "  ·  ".join(filter(None, (data, sweep.summary)))


def absent(sweep: Sweep, *axes: Axis) -> str:
    """How many trials a picture over these axes leaves out, as the keys are no part of them."""
    parts = [(axis, count_trials(sweep.runs) - count_trials(placed(sweep.runs, axis))) for axis in axes if axis.partial]
    return "  ·  ".join(f"{count:,} trial{'s have' if count > 1 else ' has'} no {axis.name}, and no place here"
                        for axis, count in parts if count)
