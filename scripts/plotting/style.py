"""How every picture looks: type, colours and marks."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import Colormap, ListedColormap, to_hex
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.textpath import text_to_path

from .axis import Axis

INK, SOFT, FAINT = "#222222", "#666666", "#e6e6e6"
BLUE, ORANGE = "#0072b2", "#d55e00"
# Okabe and Ito's colours without yellow and black: told apart with any kind of colour vision.
CATEGORIES = (BLUE, ORANGE, "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
LIGHTEST = 0.86  # the rest of the scale is too light for a line on white
TEXT = 9.0  # points


def use_style() -> None:
    """Sets Matplotlib up from its defaults, so that a user's own matplotlibrc changes nothing."""
    matplotlib.rcdefaults()
    matplotlib.rcParams.update({
        "font.family": "DejaVu Sans", "font.size": TEXT, "text.color": INK,
        "axes.titlesize": 9.5, "axes.labelsize": TEXT, "axes.labelcolor": INK, "axes.edgecolor": "#999999",
        "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
        "axes.grid": True, "axes.axisbelow": True, "grid.color": FAINT, "grid.linewidth": 0.7,
        "xtick.labelsize": 8.5, "ytick.labelsize": 8.5, "xtick.color": "#999999", "ytick.color": "#999999",
        "xtick.labelcolor": INK, "ytick.labelcolor": INK, "hatch.linewidth": 0.6,
        "legend.frameon": False, "legend.fontsize": TEXT, "legend.title_fontsize": TEXT,
        "lines.linewidth": 1.6, "figure.facecolor": "white", "savefig.facecolor": "white",
        "axes.formatter.useoffset": False, "axes.unicode_minus": True, "svg.hashsalt": "layerchain",
        "text.parse_math": False,  # names and labels are text of others: a dollar sign is one
        # Text that can be searched, copied and edited; journals refuse PDFs with Type 3 fonts.
        "svg.fonttype": "none", "pdf.fonttype": 42,
    })


def scale() -> Colormap:
    """The dark-to-light colours of what has an order."""
    return ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0.0, LIGHTEST, 256)), "dark to light")


def palette(count: int, ordered: bool) -> list[str]:
    """As many colours as asked for: a dark-to-light scale where there is an order, else distinct hues."""
    if not ordered and count <= len(CATEGORIES):
        return list(CATEGORIES[:count])
    return [to_hex(c) for c in scale()(np.linspace(0.0, 1.0, max(count, 1)))]


def colours_of(axis: Axis) -> list[str]:
    """A colour for each value of an axis."""
    return palette(len(axis.values), axis.numeric)


def text_width(text: str, points: float = TEXT) -> float:
    """The width of a line of text, in inches."""
    return text_to_path.get_text_width_height_descent(text, FontProperties(size=points), False)[0] / 72


def line(label: str, colour: str = SOFT, style: object = "-", **look: object) -> Line2D:
    """The entry of a legend for a line."""
    return Line2D([], [], color=colour, linestyle=style, label=label, **{"linewidth": 2.2, **look})


def mark(label: str, marker: str, size: float, colour: str, **look: object) -> Line2D:
    """The entry of a legend for a marker."""
    return Line2D([], [], color=colour, marker=marker, linestyle="none", markersize=size, label=label, **look)


def band(label: str, colour: str = SOFT) -> Artist:
    """The entry of a legend for a band."""
    return Patch(facecolor=colour, alpha=0.3, label=label)


def diverged_mark(label: str = "diverged") -> Line2D:
    """The entry of a legend for the cross: a trial that diverged."""
    return mark(label, "x", 6, INK, markeredgewidth=1.6)
