"""From where to where the sides and colours of a picture go: shares end at 1, and outliers leave."""

from __future__ import annotations

from typing import Sequence

import numpy as np
from matplotlib.axes import Axes

from .axis import Axis, short_exponent
from .measure import Measure
from .sweep import Run
from .ticks import log_cost_ticks, log_worthwhile

MOST_RISE = 1.5  # times the cost where training begins, or of the median setting: what is above may leave the picture
FENCE = 1.5  # Tukey's: interquartile ranges above the upper quartile, of the logarithms


def accuracy_limits(low: float, high: float) -> tuple[float, float]:
    """Limits of a share: a little room at either end, but none below 0 or above 1."""
    margin = max(0.02, 0.06 * (high - low))
    return max(0.0, low - margin), min(1.0, high + margin)


def linear_limits(low: float, high: float) -> tuple[float, float]:
    """Limits with a little room; from 0 where the values come near it."""
    margin = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    return 0.0 if 0 <= low <= high / 2 else low - margin, high + margin


def lowest_positive(values: np.ndarray) -> float:
    """Where a logarithmic side may begin, which has no place for a cost of 0; 0 if nothing is above it."""
    positive = values[values > 0]
    return float(positive.min()) if positive.size else 0.0


def key_limits(axis: Axis) -> tuple[float, float]:
    """Limits with the same margin on either side of a key's values, whether or not anything is drawn at the outer ones."""
    places = np.log(axis.positions) if axis.logarithmic else axis.positions
    margin = max(0.06 * (places[-1] - places[0]), 0.3 * smallest_gap(axis))
    limits = np.array([places[0] - margin, places[-1] + margin])
    return tuple(np.exp(limits) if axis.logarithmic else limits)


def smallest_gap(axis: Axis) -> float:
    """The smallest distance between two values of a key, of their logarithms on a logarithmic axis."""
    return float(np.min(np.diff(np.log(axis.positions) if axis.logarithmic else axis.positions)))


def score_limits(panels: Sequence[Axes], measures: Sequence[Measure], shown: Sequence[np.ndarray], runs: Sequence[Run]) -> None:
    """All accuracies share one scale that ends at 1; costs keep room at the top where some trials diverged.

    `shown` is what each panel shows of the runs. A cost far beyond most others, or beyond where training begins, leaves
    at the top: it would press them together.
    """
    shares = np.concatenate([values[np.isfinite(values)] for values, m in zip(shown, measures) if m.accuracy] or [np.empty(0)])
    sides = accuracy_limits(float(shares.min()), float(shares.max())) if shares.size else (0.0, 1.0)
    for axes, measure, values in zip(panels, measures, shown):
        if measure.accuracy:
            axes.set_ylim(*sides)
            continue
        low, high, logarithmic = _cost_limits(values, measure, runs)
        axes.set_yscale("log" if logarithmic else "linear")
        axes.set_ylim(low, high)
        if logarithmic:
            log_cost_ticks(axes)


def beyond(measures: Sequence[Measure], shown: Sequence[np.ndarray], runs: Sequence[Run]) -> str:
    """What is outside of the picture, in words."""
    tops = [(measure.name, _cost_limits(values, measure, runs)[1], values) for measure, values in zip(measures, shown)
            if not measure.accuracy]
    return "  ·  ".join(f"{name} above {short_exponent(f'{top:.3g}')} is outside of the picture" for name, top, values in tops
                        if np.any(values > top))


def _cost_limits(values: np.ndarray, measure: Measure, runs: Sequence[Run]) -> tuple[float, float, bool]:
    """Limits of a cost, with room at the top for crosses if some trials diverged, and whether they are logarithmic."""
    room = 0.24 if any(run.diverged for run in runs) else 0.06
    low, high = _robust_range(values, beginning(runs, measure.field))
    if log_worthwhile([low, high]):
        return low / (high / low) ** 0.06, high * (high / low) ** room, True
    low = 0.0 if 0 <= low < high / 2 else low
    return low - 0.03 * (high - low), (high + room * (high - low)) if high > low else low + max(1, 0.05 * low), False


def _robust_range(costs: np.ndarray, begin: float) -> tuple[float, float]:
    """From the lowest cost to the highest that is no outlier, which is above both MOST_RISE medians and the fence, or
    above MOST_RISE times where training begins, if that is above the lowest."""
    costs = costs[np.isfinite(costs)]
    if not costs.size:
        return 0.0, 1.0
    high = MOST_RISE * np.median(costs)
    positive = costs[costs > 0]
    if positive.size:
        lower, upper = np.quantile(np.log(positive), [0.25, 0.75])
        high = max(high, np.exp(upper + FENCE * (upper - lower)))
    if MOST_RISE * begin > costs.min():
        high = min(high, MOST_RISE * begin)
    return float(costs.min()), float(min(costs.max(), high))


def beginning(runs: Sequence[Run], field: str) -> float:
    """Where training begins: the median of the first recorded values of a cost, NaN where there are none."""
    fields = [name for name in (field, "cost") if any(name in run.history for run in runs)][:1]
    first = np.array([run.series(name)[0] for name in fields for run in runs if len(run.iterations)])
    first = first[np.isfinite(first)]
    return float(np.median(first)) if first.size else np.nan
