"""Scores over two swept keys: which settings train well, and which not at all?"""

from __future__ import annotations

from typing import Iterator, Optional

from matplotlib.figure import Figure

from .axis import DEPTH, LEARNING_RATE, Axis
from .best import criterion
from .cells import cell_figure
from .measure import SCORES, TEST_ACCURACY, Measure, outcomes
from .points import point_figure
from .sweep import Sweep
from .tiles import tile_figure
from .wish import Wish

MOST_ROWS, MOST_COLUMNS = 16, 16  # of cells with a number each; beyond, colours must do


def heatmap_figures(sweep: Sweep, wish: Wish) -> Iterator[tuple[str, Figure]]:
    """One figure of two maps, when at least two keys are swept: depth and learning rate, else the first two."""
    chosen, measures = _two_axes(sweep, wish), _measures(sweep, wish)
    if not chosen or not measures:
        return
    down, across = chosen
    if down in sweep.scattered or across in sweep.scattered:
        draw = point_figure
    elif len(down.values) > MOST_ROWS or len(across.values) > MOST_COLUMNS:
        draw = tile_figure
    else:
        draw = cell_figure
    yield "heatmap", draw(sweep, down, across, measures, wish)


def _two_axes(sweep: Sweep, wish: Wish) -> Optional[tuple[Axis, Axis]]:
    """Which key goes down and which across."""
    if wish.x and wish.y:
        asked = [next((axis for axis in sweep.axes if axis.key == key), None) for key in (wish.y, wish.x)]
        return (asked[0], asked[1]) if asked[0] and asked[1] else None
    depth, rate = sweep.factor(DEPTH), sweep.factor(LEARNING_RATE)
    if depth and rate and depth is not rate:
        return depth, rate
    ordered = sorted(sweep.factors, key=lambda a: (a.partial, not a.numeric))[:2]
    if len(ordered) < 2:
        return None
    # The learning rate, or else the longer one, reads best from left to right.
    first, second = ordered
    turned = first.key == LEARNING_RATE or (second.key != LEARNING_RATE and len(first.values) > len(second.values))
    return (second, first) if turned else (first, second)


def _measures(sweep: Sweep, wish: Wish) -> list[Measure]:
    """The test accuracy, and what settings are judged by."""
    if wish.metric:
        return [SCORES[wish.metric]] if wish.metric in SCORES else []
    shown = outcomes(sweep)
    judged = criterion(sweep)
    beside = [TEST_ACCURACY] if TEST_ACCURACY in shown else [measure for measure in shown if measure is not judged][:1]
    return [*beside, judged]
