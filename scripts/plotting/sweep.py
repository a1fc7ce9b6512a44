"""A sweep as the pictures need it: its runs, and which of its keys are axes of what kind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Callable, Iterable, Iterator, Optional, Sequence

import numpy as np

from .axis import LAYER, MANY, SEED, TRIAL, Axis, axis_values

UNKNOWN = "unknown"  # the status of a training of which only the history is left
FULL = 0.5  # the share of a grid's places from which on it is a grid, not a sample


@dataclass(frozen=True)
class Run:
    """One trial at one point of the sweep: how it ended, its scores after that, and its recorded history in order."""

    point: dict
    status: str
    ended_at: Optional[int]
    scores: dict[str, float]  # by the names of trials.csv; NaN for what was not measured
    iterations: np.ndarray
    history: dict[str, np.ndarray]  # "cost" and the names of recorded metrics; a value for each iteration
    keys: dict[str, Any] = field(default_factory=dict)  # what else a condition may ask for

    @property
    def completed(self) -> bool:
        return self.status == "completed"

    @property
    def has_line(self) -> bool:
        """Whether its curve is a line like any other: it completed, or nothing else is known."""
        return self.status in ("completed", UNKNOWN)

    @property
    def diverged(self) -> bool:
        return self.status == "diverged"

    @property
    def end(self) -> int:
        """The last iteration that it trained or recorded."""
        if self.ended_at is not None:
            return self.ended_at
        return int(self.iterations[-1]) if len(self.iterations) else 0

    def score(self, name: str) -> float:
        """A score by its name in trials.csv, or NaN."""
        return self.scores.get(name, np.nan)

    def series(self, name: str) -> np.ndarray:
        """The cost or a metric at each recorded iteration, NaN where there is no number."""
        found = self.history.get(name)
        return np.full(len(self.iterations), np.nan) if found is None else found

    def values(self, axes: Sequence[Axis]) -> tuple:
        """Where this run lies on the given axes."""
        return tuple(axis.at(self.point) for axis in axes)


@dataclass(frozen=True)
class Sweep:
    """A sweep as far as it has been run. `axes` are those with at least two values; the seed is kept apart.

    `factors` are the same with the columns of a zip as one axis; keys that were drawn stay apart, and are `scattered`
    where they have too many values for a line or a panel each. `rungs` is the axis of lengths of a sweep that halves,
    with those that a condition leaves out; its runs are then each setting's longest.
    """

    name: str
    data: str
    axes: list[Axis]
    factors: list[Axis]
    scattered: list[Axis]
    rungs: Optional[Axis]
    seeds: Optional[Axis]
    runs: list[Run]
    planned: int
    validated: bool  # whether validation examples were set aside
    condition: str = ""  # what the runs were chosen by
    missing: frozenset = frozenset()  # the settings that have trials still to run, as values of the axes

    def misses(self, run: Run) -> bool:
        """Whether trials of the run's setting are still to run."""
        return bool(self.missing) and run.values(self.axes) in self.missing

    def factor(self, key: str) -> Optional[Axis]:
        """The factor of a key, if that key is swept."""
        return next((factor for factor in self.factors if factor.holds(key)), None)

    def metrics(self) -> list[str]:
        """The names of what was recorded beside the cost, in order."""
        return list(dict.fromkeys(name for run in self.runs for name in run.history if name != "cost"))

    def has_score(self, name: str) -> bool:
        """Whether a completed run has this score."""
        return any(run.completed and np.isfinite(run.score(name)) for run in self.runs)

    @property
    def summary(self) -> str:
        """How many trials there are and how they ended, in words."""
        done = count_trials(self.runs)
        parts = [f"{done:,} trial{'s' * (done != 1)}" if done == self.planned
                 else f"{done:,} of {self.planned:,} trials"]
        for status in ("diverged", "failed"):
            count = count_trials(run for run in self.runs if run.status == status)
            if count:
                parts.append(f"{count:,} {status}")
        if self.rungs:
            parts.append("each setting at its last rung")
        if self.condition:
            parts.append(f"where {self.condition}")
        return ", ".join(parts)

    @property
    def over_seeds(self) -> str:
        """Over how many seeds the mean of a setting is, in words."""
        completed = grouped([run for run in self.runs if run.completed], self.factors).values()
        counts = {len(runs) for runs in completed} or {len(self.seeds.values) if self.seeds else 1}
        most = max(counts)
        return f"mean over {'up to ' if len(counts) > 1 else ''}{most} seed{'s' * (most != 1)}"

    def called(self, titles: dict[str, str]) -> Sweep:
        """The same sweep with the titles that a person gave to its axes."""
        def called(axes: list[Axis]) -> list[Axis]:
            return [axis.called(titles) for axis in axes]
        return replace(self, axes=called(self.axes), factors=called(self.factors), scattered=called(self.scattered),
                       rungs=self.rungs and self.rungs.called(titles), seeds=self.seeds and self.seeds.called(titles))


def arranged(name: str, data: str, declared: list[Axis], points: list[dict], runs: list[Run], *, validated: bool,
             plan: Optional[list[dict]] = None, condition: str = "") -> Sweep:
    """The sweep of these runs and planned points; the values of the declared axes are those that the points have.

    `plan` is all points where a condition has left some out: it decides which rung is the last.
    """
    plan = points if plan is None else plan
    axes = [_with_values(axis, points) for axis in declared]
    rungs = next((axis for axis in axes if axis.scale == "rungs"), None)
    if rungs:
        axes = [axis for axis in axes if axis is not rungs]
        rungs = replace(rungs, values=axis_values(rungs.at(point) for point in plan))
        runs = _longest(axes, rungs, runs, lambda run: run.point)
        points = _longest(axes, rungs, points, lambda point: point)
    varied = [axis for axis in axes if len(axis.values) > 1]
    swept = [axis for axis in varied if axis.key != SEED]
    factors = _factors(swept, points)
    trained = {_place(run.point) for run in runs}
    return Sweep(
        name=name, data=data, axes=swept, factors=factors, scattered=_scattered(factors, points), rungs=rungs,
        seeds=next((axis for axis in varied if axis.key == SEED), None), runs=runs,
        planned=len({_trial(point) for point in (points if rungs else plan)}), validated=validated, condition=condition,
        missing=frozenset(tuple(axis.at(point) for axis in swept) for point in points if _place(point) not in trained),
    )


def _with_values(axis: Axis, points: list[dict]) -> Axis:
    """A declared axis with the values that the points have."""
    found = {point.get(axis.key): None for point in points}
    return replace(axis, values=axis_values(value for value in found if value is not None), partial=None in found)


def grouped(runs: Iterable[Run], axes: Sequence[Axis]) -> dict[tuple, list[Run]]:
    """The runs at each place on the given axes; runs that differ only elsewhere (in their seed) share a group."""
    groups: dict[tuple, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.values(axes), []).append(run)
    return groups


def placed(runs: Iterable[Run], *axes: Axis) -> list[Run]:
    """The runs that have a value on each of the axes."""
    return [run for run in runs if all(axis.at(run.point) is not None for axis in axes)]


def setting_text(point: dict, axes: Iterable[Axis]) -> str:
    """The values of a point on the axes that it is on, in words."""
    return ", ".join(axis.said(axis.at(point)) for axis in axes if axis.at(point) is not None)


def count_trials(runs: Iterable[Run]) -> int:
    """How many trials these runs are: points share one, and so do the layers of a metric."""
    return len({_trial(run.point) for run in runs})


def layer_by_layer(sweep: Sweep, metric: str) -> Sweep:
    """The sweep with the layer as one more axis, where the metric has a value for each: METRIC_1, METRIC_2, ..."""
    def parts() -> Iterator[Run]:
        for run in sweep.runs:
            for name, series in run.history.items():
                stem, _, layer = name.rpartition("_")
                if stem == metric and layer.isdigit():
                    yield replace(run, point={**run.point, LAYER: int(layer)}, history={metric: series})
    runs = list(parts())
    layers = Axis(LAYER, "list", axis_values(run.point[LAYER] for run in runs))
    return replace(sweep, runs=runs, axes=[*sweep.axes, layers], factors=[*sweep.factors, layers])


def _place(point: dict) -> tuple:
    return tuple(point.items())


def _trial(point: dict) -> Any:
    return point.get(TRIAL) or _place({key: value for key, value in point.items() if key != LAYER})


def _longest(axes: list[Axis], rungs: Axis, items: list, point_of: Callable) -> list:
    """What is on the last rung of each place: the lower rungs are the beginnings of the same."""
    last: dict[tuple, Any] = {}
    for item in items:
        place = tuple(axis.at(point_of(item)) for axis in axes)
        if place not in last or rungs.at(point_of(item)) >= rungs.at(point_of(last[place])):
            last[place] = item
    return list(last.values())


def _factors(axes: list[Axis], points: list[dict]) -> list[Axis]:
    """The axes, with those that advance together as one where they have few enough rows."""
    factors: list[Axis] = []
    for axis in axes:
        columns = tuple(other for other in axes if other.factor == axis.factor)
        if len(columns) == 1:
            factors.append(axis)
            continue
        rows = tuple(dict.fromkeys(tuple(column.at(point) for column in columns) for point in points))
        if len(rows) > MANY:
            factors.append(axis)
        elif axis is columns[0]:
            factors.append(Axis(" ".join(column.key for column in columns), "list", rows, axis.factor, columns))
    return factors


def _scattered(factors: list[Axis], points: list[dict]) -> list[Axis]:
    """The wide axes of which most places of the grid are empty: each value was drawn for one setting, or a few."""
    places = len({tuple(axis.at(point) for axis in factors) for point in points})
    grid = int(np.prod([len(axis.values) for axis in factors], dtype=float)) if factors else 0
    return [axis for axis in factors if axis.wide] if len(factors) > 1 and places < FULL * grid else []
