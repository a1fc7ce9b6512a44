"""Ticks and limits that read well: plain numbers, at round places, and never more than there is room for."""

from __future__ import annotations

from typing import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis as Side
from matplotlib.ticker import (
    FixedFormatter, FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator,
)

from .axis import Axis, short_exponent
from .style import text_width

MOST_TURNED = 9  # tick labels of numbers under one small panel


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
    axes.yaxis.set_major_formatter(FixedFormatter([short_exponent(f"{t:.6g}") for t in ticks]))
    axes.yaxis.set_minor_locator(LogLocator(subs=range(2, 10)) if decades < 4 else NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())


def iteration_ticks(axes: Axes) -> None:
    """Whole iterations along x, no more than there is room for."""
    room = axes.get_position().width * axes.figure.get_figwidth()
    axes.xaxis.set_major_locator(MaxNLocator(int(np.clip(room / 0.45, 2, 8)), steps=[1, 2, 5, 10], integer=True))


def scale_ticks(side: Side) -> None:
    """Ticks of the scale itself, for values too many to be ticked one by one; powers of ten as plain numbers, as many
    as there is room for."""
    if side.get_scale() == "log":
        low, high = side.get_view_interval()
        subs = (1, 2, 5) if high < 100 * low else (1,)
        locators = [LogLocator(subs=subs, numticks=most) for most in range(8, 1, -1)]
        side.set_major_locator(next((locator for locator in locators if _fits(side, locator.tick_values(low, high))), locators[-1]))
        side.set_major_formatter(FuncFormatter(lambda value, _: short_exponent(f"{value:g}")))
        side.set_minor_formatter(NullFormatter())


def _fits(side: Side, ticks: Iterable[float]) -> bool:
    """Whether the labels of ticks along x have room side by side."""
    low, high = side.get_view_interval()
    shown = [short_exponent(f"{tick:g}") for tick in ticks if low <= tick <= high]
    room = side.axes.get_position().width * side.axes.figure.get_figwidth()
    return side.axis_name != "x" or sum(text_width(text, 8.5) + 0.12 for text in shown) <= room


def place_ticks(axes: Axes, axis: Axis, positions: Sequence[float]) -> None:
    """Round numbers where they lie between the values, which are side by side along x."""
    low, high = axis.positions[0], axis.positions[-1]
    locator = LogLocator(numticks=9) if axis.logarithmic else MaxNLocator(8)
    ticks = [tick for tick in locator.tick_values(low, high) if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    log = np.log if axis.logarithmic else np.asarray
    axes.xaxis.set_major_locator(FixedLocator(list(np.interp(log(ticks), log(axis.positions), positions))))
    axes.xaxis.set_major_formatter(FixedFormatter([short_exponent(f"{t:g}") for t in ticks]))
    axes.xaxis.set_minor_locator(NullLocator())


def value_ticks(axes: Axes, axis: Axis, positions: Iterable[float]) -> None:
    """One tick for each swept value along x; labels that would run into one another are turned, or left out where
    there are many numbers."""
    texts = [axis.text(value) for value in axis.values]
    room = axes.get_position().width * axes.figure.get_figwidth()
    crowd = len(texts) * (max(text_width(text, 8.5) for text in texts) + 0.1) / room
    if axis.numeric and len(texts) > MOST_TURNED:
        every = int(np.ceil(max(min(crowd, len(texts) / MOST_TURNED), len(texts) / 40)))
        texts = [text if i % every == 0 else "" for i, text in enumerate(texts)]
        crowd = min(crowd, 1.01 if crowd > every else 1)
    shown = [(position, text) for position, text in zip(positions, texts) if text]
    axes.xaxis.set_major_locator(FixedLocator([position for position, _ in shown]))
    axes.xaxis.set_major_formatter(FixedFormatter([text for _, text in shown]))
    axes.xaxis.set_minor_locator(NullLocator())
    if crowd > 1:
        for label in axes.get_xticklabels():
            label.set(rotation=35, horizontalalignment="right", rotation_mode="anchor")
