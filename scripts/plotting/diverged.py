"""The crosses along the top of a picture of scores: what diverged at each value."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from .axis import Axis
from .style import INK
from .sweep import Sweep, grouped, placed

CROWD = 6  # values from which on counts are written upright
MOST_BINS = 40
SHARES = "diverged, fainter where fewer did"  # in a legend
# The small print of a picture with counts.
COUNTS = "× n/m: n of the m trials at that value diverged; the means leave them out"


def mark_counts(axes: Axes, axis: Axis, sweep: Sweep) -> None:
    """A cross at each value at which trials diverged, with how many of them did."""
    at_value = grouped(sweep.runs, [axis])
    turn = 0 if len(axis.values) <= CROWD else 90
    for value, x in zip(axis.values, axis.positions):
        group = at_value.get((value,), [])
        count = sum(run.diverged for run in group)
        if count:
            axes.plot([x], [0.97], transform=axes.get_xaxis_transform(), marker="x", color=INK, markersize=5.5,
                      markeredgewidth=1.5, clip_on=False, zorder=5)
            said = f"{count}/{len(group)}" if len(group) < 100 else f"{100 * count / len(group):.2g}%"
            axes.annotate(said, (x, 0.97), xycoords=axes.get_xaxis_transform(), xytext=(0, -6),
                          textcoords="offset points", ha="center", va="top", fontsize=7.5, rotation=turn)


def mark_shares(axes: Axes, axis: Axis, sweep: Sweep) -> None:
    """A cross for each of some neighbouring values, from faint to full by the share of the trials that diverged."""
    for values in axis.groups(MOST_BINS):
        inside = [run for run in placed(sweep.runs, axis) if values[0] <= axis.at(run.point) <= values[-1]]
        share = sum(run.diverged for run in inside) / max(1, len(inside))
        if share:
            x = float(np.median(values))
            axes.plot([x], [0.97], transform=axes.get_xaxis_transform(), marker="x", color=INK, markersize=4.5,
                      markeredgewidth=1.3, alpha=0.25 + 0.75 * share, clip_on=False, zorder=5)
