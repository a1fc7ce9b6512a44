"""Which setting is best: the one answer that every picture gives, and `runner` too (docs/results.md).

A setting is judged by the mean over its seeds of the validation cost where there are validation examples, else of the
final training cost, never by the test examples. One with a trial that diverged, failed or is missing comes after all
whose trials completed; of a sweep that halves, one that was dropped comes after all that reached the next rung.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Iterable, Sequence

from .axis import TRIAL, Axis
from .measure import COST, VALIDATION_COST, Measure
from .sweep import Run, Sweep, grouped


def criterion(sweep: Sweep) -> Measure:
    """The score by which settings of this sweep are judged."""
    return VALIDATION_COST if sweep.validated and sweep.has_score(VALIDATION_COST.field) else COST


def judged_by(sweep: Sweep) -> str:
    """The criterion in words, for the small print of a picture."""
    if criterion(sweep) is VALIDATION_COST:
        words = "best: the lowest validation cost"
    else:
        why = "" if sweep.validated else "; no validation examples"
        words = f"best: the lowest final cost J (training{why})"
    if sweep.seeds:
        words += f", {sweep.over_seeds}"
    if sweep.rungs:
        words += ", of the last rung that fits" if sweep.condition else ", of the last rung"
    return words


def mean_score(runs: Iterable[Run], field: str) -> float:
    """The mean of a score over the completed runs, NaN where none has it."""
    found = [run.scores[field] for run in runs if run.status == "completed" and field in run.scores]
    found = [score for score in found if math.isfinite(score)]  # Python's own: NumPy is slow with few numbers
    return sum(found) / len(found) if found else math.nan


def rank(sweep: Sweep, setting: Sequence[Run]) -> tuple:
    """What orders settings: first those of a later rung, then those whose trials all completed, then the lower mean.

    Means are compared to 12 digits, as `runner` does it: the rounding of a sum decides nothing.
    """
    mean = mean_score(setting, criterion(sweep).field)
    lost = any(not run.completed for run in setting) or sweep.misses(setting[0])
    rung = max(sweep.rungs.at(run.point) for run in setting) if sweep.rungs else 0
    return (-rung, math.isnan(mean), lost, math.inf if math.isnan(mean) else float(f"{mean:.11e}"))


def ranked(sweep: Sweep, runs: Iterable[Run], axes: Sequence[Axis]) -> list[list[Run]]:
    """The settings on these axes, each as the runs over its seeds, the best first."""
    return sorted(grouped(runs, axes).values(), key=lambda setting: rank(sweep, setting))


def distinct(settings: Iterable[list[Run]]) -> list[list[Run]]:
    """The settings of different trials: points that share a trial are one, without the values in which they differ, as
    those keys are no part of it."""
    alike: dict[frozenset, list[list[Run]]] = {}
    for number, setting in enumerate(settings):
        alike.setdefault(frozenset(run.point.get(TRIAL, (number,)) for run in setting), []).append(setting)
    return [group[0] if len(group) == 1 else _joined(group) for group in alike.values()]


def _joined(settings: list[list[Run]]) -> list[Run]:
    others = [{run.point[TRIAL]: run.point for run in setting} for setting in settings]
    return [replace(run, point={key: value for key, value in run.point.items()
                                if all(points[run.point[TRIAL]].get(key) == value for points in others)})
            for run in settings[0]]


def best(sweep: Sweep, runs: Iterable[Run], axes: Sequence[Axis]) -> list[Run]:
    """The runs of the best setting on these axes."""
    return min(grouped(runs, axes).values(), key=lambda setting: rank(sweep, setting))
