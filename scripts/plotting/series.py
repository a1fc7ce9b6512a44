"""What several trials recorded, at common iterations: means over seeds, quantiles over settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

import numpy as np

from .axis import Axis
from .sweep import Run, grouped

QUANTILES = (0.1, 0.5, 0.9)
MOST_PLACES = 300  # along a band: more cannot be seen, and make an SVG large


@dataclass(frozen=True)
class Series:
    """Middle, lower and upper at each iteration; from `whole` on, some of the trials have ended."""

    iterations: np.ndarray
    middle: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    whole: int


def table(runs: Sequence[Run], field: str) -> tuple[np.ndarray, np.ndarray]:
    """The iterations that any of the runs recorded, and a row of values for each run, NaN where it has none."""
    first = runs[0].iterations
    if all(run.iterations is first or np.array_equal(run.iterations, first) for run in runs):
        values = np.array([run.series(field) for run in runs])
        return first, np.where(np.isfinite(values), values, np.nan)
    iterations = np.unique(np.concatenate([run.iterations for run in runs]))
    values = np.full((len(runs), len(iterations)), np.nan)
    for row, run in zip(values, runs):
        series = run.series(field)
        row[np.searchsorted(iterations, run.iterations)] = np.where(np.isfinite(series), series, np.nan)
    return iterations, values


def over_seeds(runs: Sequence[Run], field: str) -> Optional[Series]:
    """The mean over the seeds of a setting, from the lowest to the highest; None where nothing was recorded."""
    runs = [run for run in runs if len(run.iterations)]
    if not runs:
        return None
    iterations, values, training = _of_all_that_train(runs, field)
    if not len(iterations):
        return None
    whole = int(np.sum(training == len(runs)))
    return Series(iterations, np.nanmean(values, axis=0), np.nanmin(values, axis=0), np.nanmax(values, axis=0), whole)


def over_settings(runs: Sequence[Run], settings: Sequence[Axis], seeded: bool, field: str) -> Optional[Series]:
    """The median over the settings that still train (each the mean over its seeds), from the lowest to the highest tenth."""
    runs = [run for run in runs if len(run.iterations)]
    if not runs:
        return None
    iterations, values, _ = _of_all_that_train(runs, field)
    if not len(iterations):
        return None
    if seeded:
        places = {id(run): row for row, run in enumerate(runs)}
        rows = [[places[id(run)] for run in group] for group in grouped(runs, settings).values()]
        values = np.array([_column_means(values[row]) for row in rows])
    low, middle, high = _quantiles(values)
    return Series(iterations, middle, low, high, len(iterations))


def _of_all_that_train(runs: Sequence[Run], field: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The iterations that all runs that still train there have recorded, their values, and the number of these runs.

    Where one run ends it has a record that the others lack, and it may be recorded more often than they are.
    """
    iterations, values = table(runs, field)
    ends = np.array([run.iterations[-1] for run in runs])
    training = np.sum(iterations <= ends[:, None], axis=0)
    recorded = np.sum(~np.isnan(values), axis=0)
    known = (recorded > 0) & (recorded >= training)
    return iterations[known], values[:, known], training[known]


def thinned(series: Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The band of a series at no more places than can be seen: its lowest and highest between them."""
    count = len(series.iterations)
    starts = np.unique(np.linspace(0, count - 1, min(count, MOST_PLACES)).astype(int))
    return (series.iterations[starts], np.minimum.reduceat(series.lower, starts),
            np.maximum.reduceat(series.upper, starts))


def _column_means(values: np.ndarray) -> np.ndarray:
    counts = np.sum(~np.isnan(values), axis=0)
    with np.errstate(invalid="ignore"):
        return np.nansum(values, axis=0) / np.where(counts, counts, np.nan)


def _quantiles(values: np.ndarray) -> np.ndarray:
    if not np.isnan(values).any():
        return np.quantile(values, QUANTILES, axis=0)
    return np.array([np.quantile(column[~np.isnan(column)], QUANTILES) for column in values.T]).T
