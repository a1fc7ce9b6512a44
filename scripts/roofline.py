#!/usr/bin/env python3
# /// script
# requires-python = ">=3.9"
# dependencies = ["matplotlib>=3.6", "numpy>=1.21"]
# ///
"""Draws the roofline of a record of `runner bench --save NAME`: speed over arithmetic intensity.

A product can't be faster than the peak of the cores, nor than its bytes can be moved (Williams, Waterman and Patterson,
CACM 52(4), 2009). Each product is a column of marks, one a library.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path
from typing import Any, Optional, Sequence

sys.dont_write_bytecode = True  # a plot leaves nothing behind but plots

try:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from plotting import files, style
    from plotting.page import Page
    from plotting.ticks import scale_ticks
except ModuleNotFoundError as error:
    if error.name not in ("matplotlib", "numpy"):
        raise
    sys.exit(f"error: the plots need the Python package {error.name}: run scripts/setup, "
             "or: python3 -m pip install matplotlib numpy")

MARKS = "osD^vP"
MOST_LABELS = 14  # a panel
LINE, LABEL = 0.15, 1.3  # inches: the distance between labels, and the width of a label


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Draws the picture and prints the path of each file. Returns the exit code."""
    options = parse(arguments)
    style.use_style()
    try:
        record = json.loads(options.record.read_text())
        figure = roofline(record)
        for path in files.write(figure, options.out or options.record.parent, options.record.stem + "-roofline",
                                options.format):
            files.tell(path)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return fail(f"{options.record}: no record of runner bench --save: {error}")
    except OSError as error:
        return fail(f"{error.filename or options.record}: {error.strerror or error}")
    return 0


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """Reads and checks the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=Path, metavar="RECORD", help="such as results/bench/NAME.json; it is only read")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to put the picture (default: beside the record)")
    parser.add_argument("--format", nargs="+", choices=files.FORMATS, default=["png", "svg"], metavar="KIND",
                        help=f"formats, of {', '.join(files.FORMATS)} (default: png svg)")
    return parser.parse_args(arguments)


def roofline(record: dict[str, Any]) -> Figure:
    """Draws a panel for each element type."""
    if not record["products"]:
        raise ValueError("it has no products")
    dtypes = sorted({product["dtype"] for product in record["products"]})
    names = [library["name"] for library in record["libraries"]]
    handles = [Line2D([], [], color=colour(i), marker=MARKS[i % len(MARKS)], linestyle="none", markersize=6, label=name)
               for i, name in enumerate(names)]
    threads = record["threads"]
    note = (f"{record['host']['cpu']}, {record['host']['vectors']}, {threads} thread{'s' if threads > 1 else ''}. "
            f"{textwrap.shorten(record['what'], 150, placeholder=' …')}")
    page = Page(1, len(dtypes), 4.2, "How near each product comes to what the machine allows", [note],
                legend=[handles], gap=(0.3, 0.35), left=0.7)
    limits = ends(record, inches(page.panels[0][0])[0])
    for axes, dtype in zip(page.panels[0], dtypes):
        axes.set(xscale="log", yscale="log", xlim=limits[0], ylim=limits[1])
        panel(axes, record, dtype)
    page.panels[0][0].set_ylabel("GFLOP/s")
    return page.figure


def ends(record: dict[str, Any], width: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Returns the ends of both axes of panels of this size in inches, with room for the labels."""
    x = [product["flop"] / product["bytes"] for product in record["products"]]
    speeds = [result["gflops"] for product in record["products"] for result in product["results"]]
    peak = max(record["limits"]["peak"].values()) / 1e9
    left, marks = min(min(x) / 1.6, 0.4), max(max(x) * 1.8, 10)
    right = left * (marks / left) ** (width / (width - LABEL))
    return (left, right), (min(speeds) / 1.8, max(peak, *speeds) * 1.5)


def panel(axes: Axes, record: dict[str, Any], dtype: str) -> None:
    """Draws the roofs, marks and labels of one element type."""
    products = [product for product in record["products"] if product["dtype"] == dtype]
    x = np.array([product["flop"] / product["bytes"] for product in products])
    speeds = np.array([[result["gflops"] for result in product["results"]] for product in products])
    peak = record["limits"]["peak"][dtype] / 1e9
    axes.set(title=dtype, xlabel="floating-point operations for each byte that must be moved")
    roofs(axes, record, peak, axes.get_xlim())
    for at, column in zip(x, speeds):
        axes.plot([at, at], [column.min(), column.max()], color="#cccccc", linewidth=0.8, zorder=2)
    for i in range(speeds.shape[1]):
        # Side by side, since marks of equally fast libraries would hide one another.
        beside = 10 ** ((i - (speeds.shape[1] - 1) / 2) * 0.06 / inches(axes)[0] * np.ptp(np.log10(axes.get_xlim())))
        axes.plot(x * beside, speeds[:, i], MARKS[i % len(MARKS)], color=colour(i), markersize=5, alpha=0.9, zorder=3 + i)
    labels(axes, products, x, speeds, peak)
    scale_ticks(axes.xaxis)
    scale_ticks(axes.yaxis)


def roofs(axes: Axes, record: dict[str, Any], peak: float, ends: tuple[float, float]) -> None:
    """Draws the peak, and the bandwidths of the smallest and of the largest working set."""
    axes.plot(ends, [peak, peak], color=style.INK, linewidth=1.4)
    axes.annotate(f"peak {peak:.3g}", (ends[1], peak), (0, 3), textcoords="offset points", ha="right", fontsize=8)
    bandwidths = {int(size): rate for size, rate in record["limits"]["bandwidth"].items()}
    for size, line in zip(sorted({min(bandwidths), max(bandwidths)}), ("--", ":")):
        rate = bandwidths[size] / 1e9
        xs = np.array([ends[0], peak / rate])
        axes.plot(xs, xs * rate, color=style.INK, linewidth=1.1, linestyle=line)
        low, high = axes.get_ylim()
        at = max(ends[0] * 1.05, 1.3 * low / rate)
        inside = at < peak / rate
        if inside:
            axes.annotate(f"{in_words(size)}: {rate:.3g} GB/s", (at, at * rate), (2, 3), textcoords="offset points",
                          fontsize=8, color=style.SOFT, rotation=slope(axes), rotation_mode="anchor")


def slope(axes: Axes) -> float:
    """Returns the angle of a line of slope 1 on the logarithmic scales, in degrees."""
    (width, height), (x, y) = inches(axes), (np.ptp(np.log10(axes.get_xlim())), np.ptp(np.log10(axes.get_ylim())))
    return float(np.degrees(np.arctan2(height / y, width / x)))


def labels(axes: Axes, products: Sequence[dict[str, Any]], x: np.ndarray, speeds: np.ndarray, peak: float) -> None:
    """Names the products, those with the most operations in a step first, in a column to the right of all marks, each as near to the
    height of its best mark as the others allow."""
    (bottom, top), height = np.log10(axes.get_ylim()), inches(axes)[1]
    line = LINE / height * (top - bottom)
    places = sorted(range(min(len(products), MOST_LABELS)), key=lambda place: -speeds[place].max())
    heights: list[float] = []
    for place in places:
        above = heights[-1] - line if heights else np.log10(peak) - 0.8 * line
        heights.append(min(above, np.log10(speeds[place].max())))
    if heights and heights[-1] < bottom + line:  # the lowest ones push the others up
        for i in range(len(heights) - 1, -1, -1):
            heights[i] = max(heights[i], bottom + line * (len(heights) - i))
    column = 10 ** (np.log10(axes.get_xlim()[1]) - LABEL / inches(axes)[0] * np.ptp(np.log10(axes.get_xlim())))
    for place, y in zip(places, heights):
        axes.annotate(name(products[place]), (x[place], speeds[place].max()), (column, 10**y), fontsize=7.5, va="center",
                      zorder=1, arrowprops={"arrowstyle": "-", "color": "#c4c4c4", "linewidth": 0.6, "shrinkA": 0,
                                            "relpos": (0, 0.5)})


def inches(axes: Axes) -> tuple[float, float]:
    """Returns the width and the height of a panel."""
    box, (width, height) = axes.get_position(), axes.figure.get_size_inches()
    return box.width * width, box.height * height


def name(product: dict[str, Any]) -> str:
    """Formats a product as `nt+ 20×209×20`."""
    marks = ("+" if product["adds"] else "") + ("|" if product["column_major"] else "")
    return f"{product['form']}{marks} {product['m']}×{product['n']}×{product['k']}"


def in_words(size: int) -> str:
    """Formats the size of a working set."""
    return f"{size // 1024} KiB" if size < 1 << 20 else f"{size >> 20} MiB"


def colour(library: int) -> str:
    """Returns the colour of a library."""
    return style.CATEGORIES[library % len(style.CATEGORIES)]


def fail(message: str) -> int:
    """Reports an error in one line; returns the exit code of bad input."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
