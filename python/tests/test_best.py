"""Which setting is the best, on records that are made up for it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from layerchain._applied import applied, planned
from layerchain._best import best, dropped, settings
from layerchain._errors import LayerchainError
from layerchain._record import SCORES, Axis, Point, Record, Trial

NONE = dict.fromkeys(SCORES, math.nan)


def record(points: list[tuple[float, int, str | None, dict[str, float]]], key: str = "rate", scale: str = "list") -> Record:
    """A record of points: value, seed, status (None where it has not finished) and scores."""

    def point(place: int, value: float, seed: int, status: str | None, scores: dict[str, float]) -> Point:
        empty = np.empty(0)
        trial = Trial(
            str(place), {}, "direct", status or "", None, None, NONE | scores, math.nan, 0.1, "", "", empty.astype(np.int64), empty, {}
        )
        return Point({key: value, "seed": seed}, trial.id, trial if status else None)

    axes = [Axis(key, scale, 0), Axis("seed", "list", 1)]
    return Record("made up", "", "", "", axes, [point(place, *row) for place, row in enumerate(points)])


def cost(value: float) -> dict[str, float]:
    return {"final_cost": value}


def test_the_mean_decides_and_not_the_luckiest_seed() -> None:
    found = best(record([(1, 1, "completed", cost(0.1)), (1, 2, "completed", cost(0.9)), (2, 1, "completed", cost(0.4)), (2, 2, "completed", cost(0.3))]), None)
    assert (found.setting, found.metric, found.trials, found.best_trial) == ({"rate": 2}, "final_cost", ["2", "3"], "3")
    assert math.isclose(found.mean, 0.35) and found.deviation is not None and math.isclose(found.deviation, 0.05 * math.sqrt(2))


@pytest.mark.parametrize("status", ["diverged", "failed", None])
def test_a_setting_that_lacks_a_trial_comes_after_those_whose_trials_all_completed(status: str | None) -> None:
    lacking = [(1.0, 1, "completed", cost(0.1)), (1.0, 2, status, cost(9.0))]
    whole = [(2.0, 1, "completed", cost(0.5)), (2.0, 2, "completed", cost(0.5))]
    assert best(record([*lacking, *whole]), None).setting == {"rate": 2}
    assert best(record(lacking), None).mean == 0.1, "where there is no other"


def test_trials_of_other_shards_are_warned_of_and_a_setting_that_lacks_a_seed_is_not_the_best() -> None:
    here = record([(1, 1, "completed", cost(0.1)), (2, 1, "completed", cost(0.5)), (2, 2, "completed", cost(0.5))])
    assert best(here, None).setting == {"rate": 1}
    with pytest.warns(UserWarning, match="made up: 3 of 6 trials are of other shards, not here"):
        assert best(replace(here, elsewhere=3), None).setting == {"rate": 2}


@pytest.mark.parametrize("list_of_sweep", ["exclude", "include"])
def test_a_setting_may_have_fewer_seeds_than_others_where_the_experiment_gives_it_fewer(list_of_sweep: str) -> None:
    here = record([(1, 1, "completed", cost(0.1)), (2, 1, "completed", cost(0.5)), (2, 2, "completed", cost(0.5))])
    toml = f"[[sweep.{list_of_sweep}]]\nseed = 2\nrate = 1\n"
    with pytest.warns(UserWarning, match="3 of 6 trials are of other shards, not here"):
        assert best(replace(here, elsewhere=3, toml=toml), None).setting == {"rate": 1}


def test_of_successive_halving_the_last_rung_counts_alone() -> None:
    points: list[tuple[float, int, str | None, dict[str, float]]] = [(10, 1, "completed", cost(0.1)), (30, 1, "completed", cost(0.4))]
    assert best(record(points, "train.iterations", "rungs"), None).setting == {"train.iterations": 30}
    assert best(record(points, "train.iterations", "list"), None).setting == {"train.iterations": 10}


def test_settings_that_successive_halving_dropped_are_those_of_the_last_rung_that_they_reached() -> None:
    made = record([(rate, 1, "completed", cost(0.1 * rate)) for rate in (1, 2, 3, 2, 3, 3)])
    lengths = (10, 10, 10, 30, 30, 90)
    points = [replace(point, values={**point.values, "train.iterations": length}) for point, length in zip(made.points, lengths)]
    halved = replace(made, axes=[*made.axes, Axis("train.iterations", "rungs", 2)], points=points)
    assert [setting.values for setting in settings(halved)] == [{"rate": 3, "train.iterations": 90}]
    assert [(setting.values, [trial.id for trial in setting.trials]) for setting in dropped(halved)] == [
        ({"rate": 1, "train.iterations": 10}, ["0"]),
        ({"rate": 2, "train.iterations": 30}, ["3"]),
    ]
    assert dropped(made) == []


def test_validation_examples_decide_where_there_are_any_and_test_examples_only_where_they_are_asked_to() -> None:
    one = {"final_cost": 0.1, "validation_cost": 0.9, "test_accuracy": 0.7, "test_cost": 0.1}
    two = {"final_cost": 0.2, "validation_cost": 0.8, "test_accuracy": 0.6, "test_cost": 0.2}
    both = record([(1, 1, "completed", one), (2, 1, "completed", two)])
    assert (best(both, None).setting, best(both, None).metric) == ({"rate": 2}, "validation_cost")
    assert best(both, "final_cost").setting == {"rate": 1}
    assert best(both, "test_accuracy").setting == {"rate": 1}, "of accuracies the highest"
    assert best(both, None).deviation is None


def test_where_nothing_completed_there_is_no_best() -> None:
    with pytest.raises(LayerchainError, match="made up: no completed trial has a final_cost"):
        best(record([(1, 1, "diverged", cost(9.0))]), None)


def test_points_that_share_their_trials_are_one_setting_without_the_keys_in_which_they_differ() -> None:
    made_up = record([(rate, seed, "completed", cost(rate + 0.1 * seed)) for rate in (1, 2, 3) for seed in (1, 2)])
    trial = {(point.values["rate"], point.values["seed"]): point for point in made_up.points}
    # The rate is no part of the trials of 1 and 2; the point of rate 1 and seed 1 is left out.
    points = [
        replace(trial[1, 2], trial=trial[2, 2].trial, trial_id=trial[2, 2].trial_id),
        *(point for (rate, _), point in trial.items() if rate > 1),
    ]
    found = best(replace(made_up, points=points), None)
    assert found.setting == {"rate": None} and len(settings(replace(made_up, points=points))) == 2
    assert found.trials == [trial[2, 2].trial_id, trial[2, 1].trial_id] and math.isclose(found.mean, 2.15)


def test_a_key_that_is_no_part_of_a_trial_has_no_value_though_the_plan_has_one() -> None:
    made = record([(0.5, 1, "completed", cost(0.1)), (0.5, 1, "completed", cost(0.2)), (0.9, 1, "completed", cost(0.3))], "train.momentum")
    kinds = ("adam", "momentum", "momentum")
    points = [replace(point, values={"train.optimizer": kind, **point.values}) for kind, point in zip(kinds, made.points)]
    made = replace(made, axes=[Axis("train.optimizer", "list", 2), *made.axes], points=points)
    assert [setting.values for setting in settings(made)] == [
        {"train.optimizer": "adam", "train.momentum": None},
        {"train.optimizer": "momentum", "train.momentum": 0.5},
        {"train.optimizer": "momentum", "train.momentum": 0.9},
    ]
    assert best(made, None).setting == {"train.optimizer": "adam", "train.momentum": None}


def test_where_the_optimizer_is_not_swept_a_trial_that_has_not_finished_has_that_of_the_experiment() -> None:
    made = record([(0.5, 1, "completed", cost(0.1)), (0.5, 2, None, {})], "train.momentum")
    made = replace(made, toml='[train]\noptimizer = "momentum"\n[sweep]\n"train.momentum" = [0.5]\n')
    finished = replace(made.points[0], trial=replace(made.points[0].trial, config={"train.optimizer": "momentum"}))  # type: ignore[type-var]
    (setting,) = settings(replace(made, points=[finished, made.points[1]]))
    assert (setting.values, setting.planned) == ({"train.momentum": 0.5}, 2)


def test_an_unfinished_trial_of_adamw_has_the_decay_that_it_will_have() -> None:
    keys = ("train.optimizer", "train.decay_biases")
    points = [Point(dict(zip(keys, values, strict=True)), "0", None) for values in (("adamw", True), ("gd", True))]
    made_up = Record("made up", "", "[train]\niterations = 1\n", "", [], points)
    assert [made_up.own_values(point)["train.decay_biases"] for point in points] == [True, None]


@pytest.mark.parametrize(
    ("point", "config"),
    [
        ({"model.hidden": ()}, {"model.hidden": ()}),
        ({"model.hidden": (5,)}, {"model.hidden": (5,), "model.dropout": 0.2}),
        # A trial has its hidden layers, and the plan their number.
        ({"model.depth": 1}, {"model.hidden": ()}),
        ({"model.depth": 2}, {"model.hidden": (5,), "model.dropout": 0.2}),
    ],
)
def test_dropout_is_no_part_of_a_net_without_hidden_layers(point: dict[str, Any], config: dict[str, Any]) -> None:
    dropout = config.get("model.dropout")
    point = {**point, "model.dropout": 0.2}
    assert applied(point, config)["model.dropout"] == dropout
    # Whatever the trial that its settings are guessed from has.
    for other in ({"model.hidden": ()}, {"model.hidden": (5,)}):
        assert planned(point, other)["model.dropout"] == dropout
