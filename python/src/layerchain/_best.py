"""The best setting: one rule for `best()`, `to_optuna()` and `runner best`, in docs/results.md."""

from __future__ import annotations

import math
import statistics
import tomllib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ._errors import LayerchainError
from ._record import SCORES, Point, Record, Trial
from ._tables import distinct_trials

SEED = "seed"
RUNGS = "rungs"
_ACCURACY = "accuracy"


@dataclass(frozen=True)
class Setting:
    """Swept values without the seed, with the finished trials of its seeds."""

    values: Mapping[str, Any]
    trials: Sequence[Trial]
    planned: int

    @property
    def completed(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.status == "completed"]

    @property
    def is_complete(self) -> bool:
        """Whether no trial of it diverged, failed or is missing."""
        return len(self.completed) == self.planned


@dataclass(frozen=True)
class Best:
    """The best setting by the mean of `metric` over its seeds."""

    setting: Mapping[str, Any]
    metric: str
    mean: float
    deviation: float | None  # with n - 1 in the denominator; None if there is one seed
    trials: Sequence[str]  # the ids of all its finished trials
    best_trial: str  # the id of the best one of them


def settings(record: Record) -> list[Setting]:
    """The settings in the order of the experiment; of successive halving, those of the last rung.

    Costs after different numbers of iterations are not comparable.
    """
    return _settings_of(record, _rungs(record)[-1])


def dropped(record: Record) -> list[Setting]:
    """The settings that successive halving dropped before the last rung, each on the last rung that it reached."""
    rungs, key = _rungs(record), _rung_key(record)
    found: dict[Any, tuple[int, Setting]] = {}
    for rung, points in enumerate(rungs if len(rungs) > 1 else ()):
        for setting in _settings_of(record, points):
            found[tuple(value for name, value in setting.values.items() if name != key)] = rung, setting
    return [setting for rung, setting in found.values() if rung < len(rungs) - 1]


def _rungs(record: Record) -> list[list[Point]]:
    """The points of each rung that has a finished trial, the shortest first; of a sweep that doesn't halve, all points."""
    key = _rung_key(record)
    if key is None:
        return [list(record.points)]
    lengths = sorted({point.values[key] for point in record.points if point.trial is not None})
    return [[point for point in record.points if point.values[key] == length] for length in lengths] or [[]]


def _rung_key(record: Record) -> str | None:
    """The key of the rungs' lengths, if the sweep halves."""
    return next((axis.key for axis in record.axes if axis.scale == RUNGS), None)


def _settings_of(record: Record, points: Sequence[Point]) -> list[Setting]:
    """The settings of some points. Where trials are of other shards and all settings have the same seeds, one with fewer lacks some."""
    seeds = {point.values.get(SEED) for point in points} if record.elsewhere and _has_equal_seeds(record) else set()
    keys = [axis.key for axis in record.axes if axis.key != SEED]
    own = {id(point): record.own_values(point) for point in points}
    groups: dict[int, list[Point]] = {}
    number_of: dict[Any, int] = {}
    for number, point in enumerate(points):
        names = (tuple(own[id(point)].get(key) for key in keys), point.trial_id)
        # Points that share a trial differ in keys that are no part of it: they are of one setting.
        known = sorted({number_of[name] for name in names if name in number_of})
        members = [member for group in known for member in groups.pop(group)] + [point]
        number = known[0] if known else number
        groups[number] = members
        for member in members if len(known) > 1 else [point]:
            for name in (tuple(own[id(member)].get(key) for key in keys), member.trial_id):
                number_of[name] = number
    return [
        Setting(
            _common(keys, [own[id(point)] for point in group]), trials, max(len(seeds), len({point.trial_id for point in group}))
        )
        for _, group in sorted(groups.items())
        if (trials := distinct_trials(group))
    ]


def _has_equal_seeds(record: Record) -> bool:
    """Whether the seeds are an axis by themselves, of which no setting leaves out a value or has a further one."""
    factors = [axis.factor for axis in record.axes]
    alone = all(factors.count(axis.factor) == 1 for axis in record.axes if axis.key == SEED)
    sweep = tomllib.loads(record.toml).get("sweep", {})
    return alone and not sweep.get("exclude") and not any(SEED in point for point in sweep.get("include", ()))


def _common(keys: Sequence[str], points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The values in which points agree; None for the keys that are no part of their trials."""
    first = points[0]
    return {key: first.get(key) if all(point.get(key) == first.get(key) for point in points) else None for key in keys}


def chosen_metric(record: Record, metric: str | None) -> str:
    """The metric to judge by: the given one, else the cost of the validation examples, or of the training examples
    where none were set aside. Never the test examples' unless they are asked for."""
    if metric is None:
        has_validation = any(values_of(setting, "validation_cost") for setting in settings(record))
        return "validation_cost" if has_validation else "final_cost"
    if metric not in SCORES:
        raise LayerchainError(f"unknown metric {metric!r}; allowed: {', '.join(SCORES)}")
    return metric


def higher_is_better(metric: str) -> bool:
    """Whether the metric is an accuracy."""
    return metric.endswith(_ACCURACY)


def values_of(setting: Setting, metric: str) -> list[float]:
    """The metric of the completed trials that have it."""
    values = (trial.scores[metric] for trial in setting.completed)
    return [value for value in values if not math.isnan(value)]


def best(record: Record, metric: str | None) -> Best:
    """The setting with the best mean over its seeds; one with a trial that diverged, failed or is missing comes after all
    others. Warns if trials are of other shards."""
    if record.elsewhere:
        known = len({point.trial_id for point in record.points})
        warnings.warn(
            f"{record.name}: {record.elsewhere} of {record.elsewhere + known} trials are of other shards, not here;"
            " the best setting of all may be another one",
            stacklevel=3,
        )
    by = chosen_metric(record, metric)
    sign = -1.0 if higher_is_better(by) else 1.0
    ranked = [
        (not setting.is_complete, rounded(sign * statistics.fmean(values)), place, setting, values)
        for place, setting in enumerate(settings(record))
        if (values := values_of(setting, by))
    ]
    if not ranked:
        raise LayerchainError(f"{record.name}: no completed trial has a {by}")
    _, _, _, setting, values = min(ranked, key=lambda row: row[:3])
    return Best(
        setting=setting.values,
        metric=by,
        mean=statistics.fmean(values),
        deviation=statistics.stdev(values) if len(values) > 1 else None,
        trials=[trial.id for trial in setting.trials],
        best_trial=min(setting.completed, key=lambda trial: _loss(trial.scores[by], sign)).id,
    )


def rounded(mean: float) -> float:
    """Rounds to 12 digits, as runner does: means that differ by the rounding of their sums are equal."""
    return float(f"{mean:.11e}")


def _loss(score: float, sign: float) -> float:
    return math.inf if math.isnan(score) else sign * score
