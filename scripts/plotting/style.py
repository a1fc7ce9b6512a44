"""How every picture looks: type, colours, frame and header, and how it is written to a file."""

from __future__ import annotations

import io
import os
import re
import sys
import textwrap
from pathlib import Path
from typing import Iterable, Sequence

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from .record import Axis, Sweep

WIDTH = 9.0  # inches; about 100 pixels an inch where a README shows the picture
INK, SOFT, FAINT = "#222222", "#666666", "#e6e6e6"
BLUE, ORANGE = "#0072b2", "#d55e00"
# Okabe and Ito's colours without yellow and black: told apart with any kind of colour vision.
CATEGORIES = (BLUE, ORANGE, "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
# Without these the same record would give other bytes on every run.
UNDATED = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
FORMATS = tuple(UNDATED)
MOST_TURNED = 9  # tick labels of numbers under one small panel


def use_style() -> None:
    """Sets Matplotlib up from its defaults, so that a user's own matplotlibrc changes nothing."""
    matplotlib.rcdefaults()
    matplotlib.rcParams.update({
        "font.family": "DejaVu Sans", "font.size": 9, "text.color": INK,
        "axes.titlesize": 9.5, "axes.labelsize": 9, "axes.labelcolor": INK, "axes.edgecolor": "#999999",
        "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
        "axes.grid": True, "axes.axisbelow": True, "grid.color": FAINT, "grid.linewidth": 0.7,
        "xtick.labelsize": 8.5, "ytick.labelsize": 8.5, "xtick.color": "#999999", "ytick.color": "#999999",
        "xtick.labelcolor": INK, "ytick.labelcolor": INK, "hatch.linewidth": 0.6,
        "legend.frameon": False, "legend.fontsize": 9, "legend.title_fontsize": 9,
        "lines.linewidth": 1.6, "figure.facecolor": "white", "savefig.facecolor": "white",
        "axes.formatter.useoffset": False, "axes.unicode_minus": True, "svg.hashsalt": "layerchain",
    })


def palette(axis: Axis) -> list[str]:
    """A colour for each value: a dark-to-light scale where the values have an order, else distinct hues."""
    count = len(axis.values)
    if not axis.numeric and count <= len(CATEGORIES):
        return list(CATEGORIES[:count])
    # The last fifth of viridis is too light for a line on white.
    return [to_hex(c) for c in matplotlib.colormaps["viridis"](np.linspace(0.0, 0.82, count))]


class Page:
    """A figure with a title, notes in small print, room for a legend and a grid of equal panels; lengths in inches."""

    def __init__(self, rows: int, columns: int, panel_height: float, title: str, notes: Iterable[str], *,
                 legend: Sequence[Artist] = (), legend_title: str = "", width: float = WIDTH, left: float = 0.75,
                 right: float = 0.2, gap: tuple[float, float] = (0.18, 0.35), share: bool = True,
                 titled: bool = True) -> None:
        notes = [line for note in notes for line in textwrap.wrap(note, int(width * 13))]
        lines = int(np.ceil(sum(0.08 * len(h.get_label()) + 0.55 for h in legend) / width))
        legend_top = 0.42 + 0.19 * len(notes)
        header, bottom = legend_top + 0.21 * (lines + bool(legend_title)) + (0.26 if titled else 0.08), 0.55
        height = header + rows * panel_height + (rows - 1) * gap[1] + bottom
        panel_width = (width - left - right - (columns - 1) * gap[0]) / columns
        self.figure = Figure(figsize=(width, height))
        self.panels = self.figure.subplots(rows, columns, squeeze=False, sharex=share, sharey=share, gridspec_kw={
            "left": left / width, "right": 1 - right / width, "bottom": bottom / height, "top": 1 - header / height,
            "wspace": gap[0] / panel_width, "hspace": gap[1] / panel_height,
        })
        self.figure.text(*self._at(0.1, 0.1), title, fontsize=12, fontweight="bold", va="top")
        for line, note in enumerate(notes):
            self.figure.text(*self._at(0.1, 0.35 + 0.19 * line), note, fontsize=8.5, color=SOFT, va="top")
        if legend:
            self._legend(legend, legend_title, legend_top, -(-len(legend) // lines))

    def _legend(self, handles: Sequence[Artist], title: str, below_top: float, columns: int) -> None:
        by_rows = [handle for column in range(columns) for handle in handles[column::columns]]
        legend = self.figure.legend(
            handles=by_rows, title=title or None, loc="upper left", bbox_to_anchor=self._at(0.1, below_top),
            ncol=columns, handlelength=1.8, columnspacing=1.4, handletextpad=0.5, borderaxespad=0, borderpad=0,
        )
        legend._legend_box.align = "left"  # `alignment=` is newer than the oldest Matplotlib in use

    def _at(self, x: float, below_top: float) -> tuple[float, float]:
        width, height = self.figure.get_size_inches()
        return x / width, 1 - below_top / height


def source(sweep: Sweep) -> str:
    """What a picture is drawn from: the data, how many trials there are and how they ended."""
    data = re.sub(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b", r"\1…", " ".join(sweep.data.split()))
    data = textwrap.shorten(data, 80, placeholder=" …") if " " in data else data[:80]
    return "  ·  ".join(filter(None, (data, sweep.summary)))


def log_worthwhile(values: Iterable[float]) -> bool:
    """Whether positive values span more than a decade, so that a log scale shows what a linear one hides."""
    finite = [v for v in values if np.isfinite(v)]
    return bool(finite) and min(finite) > 0 and max(finite) / min(finite) > 10


def log_cost_ticks(axes: Axes) -> None:
    """Ticks at 1, 2 and 5 in each decade where there are few decades, written as plain numbers."""
    low, high = axes.get_ylim()
    decades = np.log10(high / low)
    steps = (1, 2, 5) if decades < 1.7 else (1, 3) if decades < 2.6 else (1,)
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    ticks = [m * 10.0**e for e in range(first, last + 1) for m in steps if low <= m * 10.0**e <= high]
    if len(ticks) > 7:
        ticks = ticks[:: int(np.ceil(len(ticks) / 7))]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{t:.6g}".replace("e-0", "e-") for t in ticks]))
    axes.yaxis.set_minor_locator(LogLocator(subs=range(2, 10)) if decades < 4 else NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())


def scale_ticks(side: XAxis | YAxis) -> None:
    """Ticks of the scale itself, for values too many to be ticked one by one; powers of ten as plain numbers."""
    if side.get_scale() == "log":
        low, high = side.get_view_interval()
        side.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("e-0", "e-")))
        side.set_minor_formatter(NullFormatter())


def value_ticks(axes: Axes, axis: Axis, positions: Iterable[float]) -> None:
    """One tick for each swept value along x; labels that would run into one another are turned, or left out where
    there are many numbers."""
    texts = [axis.text(value) for value in axis.values]
    room = axes.get_position().width * axes.figure.get_figwidth()
    crowd = len(texts) * (max(map(len, texts)) * 0.075 + 0.1) / room
    if axis.numeric and len(texts) > MOST_TURNED:
        every = int(np.ceil(min(crowd, len(texts) / MOST_TURNED)))
        texts = [text if i % every == 0 else "" for i, text in enumerate(texts)]
        crowd = min(crowd, 1.01 if crowd > every else 1)
    axes.xaxis.set_major_locator(FixedLocator(list(positions)))
    axes.xaxis.set_major_formatter(FixedFormatter(texts))
    axes.xaxis.set_minor_locator(NullLocator())
    if crowd > 1:
        for label in axes.get_xticklabels():
            label.set(rotation=35, horizontalalignment="right", rotation_mode="anchor")


def tell(path: Path) -> None:
    """Prints the path of a file that was drawn. A reader that has gone is no reason not to draw the next."""
    try:
        print(path, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write(figure: Figure, directory: Path, stem: str, formats: Iterable[str]) -> list[Path]:
    """Writes a figure once for each format, whole or not at all, and returns the paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind in formats:
        picture = io.BytesIO()
        figure.savefig(picture, format=kind, dpi=150, bbox_inches="tight", pad_inches=0.1, metadata=UNDATED[kind])
        path = directory / f"{stem}.{kind}"
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(picture.getvalue())
        os.replace(partial, path)
        paths.append(path)
    return paths


def slug(text: str) -> str:
    """A text as part of a file name."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-").lower() or "value"


def diverged_mark() -> Line2D:
    """The entry of a legend for the cross: a trial whose cost stopped being finite."""
    return Line2D([], [], color=INK, marker="x", linestyle="none", markersize=6, markeredgewidth=1.6, label="diverged")
