"""What is measured of a trial, in words: its scores after training, and the metrics recorded in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .sweep import Sweep


@dataclass(frozen=True)
class Measure:
    """A score (a column of trials.csv) or a recorded metric. `accuracy` is the share of right answers, at most 1."""

    field: str
    name: str
    accuracy: bool = False

    @property
    def share(self) -> bool:
        """Whether it is from 0 to 1: an accuracy, or the share of units that are dead."""
        return self.accuracy or bool(re.fullmatch(r"dead_relu(_\d+)?", self.field))


COST = Measure("final_cost", "final cost J")
VALIDATION_COST = Measure("validation_cost", "validation cost")
VALIDATION_ACCURACY = Measure("validation_accuracy", "validation accuracy", accuracy=True)
TRAIN_ACCURACY = Measure("train_accuracy", "train accuracy", accuracy=True)
TEST_ACCURACY = Measure("test_accuracy", "test accuracy", accuracy=True)
TEST_COST = Measure("test_cost", "test cost")
TRAIN_COST = Measure("train_cost", "train cost")
SCORES = {measure.field: measure for measure in (
    COST, TRAIN_COST, VALIDATION_COST, TEST_COST, TRAIN_ACCURACY, VALIDATION_ACCURACY, TEST_ACCURACY)}


def recorded(name: str) -> Measure:
    """What is recorded under this name while a trial trains."""
    if name in SCORES:
        return SCORES[name]
    return Measure(name, "cost J" if name == "cost" else name.replace("_", " "))


def outcomes(sweep: Sweep) -> list[Measure]:
    """What to show of finished trials: costs, then accuracies, or costs alone in a regression."""
    validated = [VALIDATION_COST, VALIDATION_ACCURACY] if sweep.validated else [TRAIN_ACCURACY]
    offered = [COST, *validated, TEST_ACCURACY]
    if not sweep.has_score(TEST_ACCURACY.field):
        offered.append(TEST_COST)
    shown = [measure for measure in offered if sweep.has_score(measure.field)] or [COST]
    return sorted(shown, key=lambda measure: measure.accuracy)
