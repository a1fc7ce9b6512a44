"""A sweep as a study: Optuna's best trial is the best setting, and its plots and its dashboard open it."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna import visualization
from optuna.trial import TrialState
from serving import served
from test_best import record

import layerchain
from conftest import Workplace
from layerchain import LayerchainError
from layerchain._best import best
from layerchain._optuna import write_study
from layerchain._record import plain


def test_a_trial_is_a_setting_and_the_best_one_is_the_best_setting(results: Path, validated: Path) -> None:
    for directory in (results, validated):
        sweep = layerchain.read(directory)
        study, best = sweep.to_optuna(), sweep.best()
        assert len(study.trials) == len(sweep.trials) / 2, "two seeds are a trial"
        assert study.best_params == {key: plain(value) for key, value in best.setting.items()}
        assert study.best_value == best.mean and study.metric_names == [best.metric]
        assert study.best_trial.user_attrs["trials"] == list(best.trials)


def test_a_setting_that_diverged_is_pruned_and_has_its_costs(results: Path) -> None:
    sweep = layerchain.read(results)
    pruned = sweep.to_optuna().get_trials(states=[TrialState.PRUNED])
    diverged = sweep.trials[sweep.trials["status"] == "diverged"]
    assert pruned and all("diverged" in trial.user_attrs["status"] for trial in pruned)
    assert {id for trial in pruned for id in trial.user_attrs["trials"]} >= set(diverged["trial"])
    completed = sweep.to_optuna().best_trial
    costs = sweep.history[sweep.history["trial"].isin(completed.user_attrs["trials"])]
    means = costs.groupby("iteration")["cost"].mean()
    assert list(completed.intermediate_values) == means.index.tolist()
    np.testing.assert_allclose(list(completed.intermediate_values.values()), means)


def test_keys_are_ranges_of_numbers_or_choices(results: Path) -> None:
    distributions = layerchain.read(results).to_optuna().best_trial.distributions
    assert distributions == {
        "model.hidden": optuna.distributions.CategoricalDistribution(["[5,3]", "[]"]),
        "train.learning_rate": optuna.distributions.FloatDistribution(0.05, 1e9, log=True),
    }


def test_of_means_that_differ_by_the_rounding_of_their_sums_the_first_is_the_best() -> None:
    rows = [(rate, seed, "completed", {"final_cost": cost}) for rate, costs in ((1, (0.3, 0.1, 0.2)), (2, (0.1, 0.2, 0.3))) for seed, cost in enumerate(costs)]
    made = record([(value, seed, state, costs | {"final_cost": costs["final_cost"] * (1 + (value == 1) * 1e-15)}) for value, seed, state, costs in rows])
    study = write_study(made, None, "equal", None, False)
    assert study.best_params == {"rate": 1} == best(made, None).setting


def test_a_long_history_has_50_intermediate_values_from_its_beginning_to_its_end(workplace: Workplace) -> None:
    long = workplace.sweep("long", "train.iterations=200", "train.record_every=1", "sweep.train.learning_rate=[0.1]")
    for trial in layerchain.read(long).to_optuna().trials:
        iterations = list(trial.intermediate_values)
        assert len(iterations) == 50 and (iterations[0], iterations[-1]) == (0, 199)


def test_a_key_that_is_no_part_of_a_setting_is_no_parameter_of_its_trial(workplace: Workplace) -> None:
    swept = ["sweep.train.optimizer=['gd','momentum']", "sweep.train.momentum=[0.5,0.9]", "sweep.model.hidden=[[4]]"]
    study = layerchain.read(workplace.sweep("conditional", *swept, "sweep.train.learning_rate=[0.1]")).to_optuna()
    assert [trial.params.get("train.momentum") for trial in study.trials] == [None, 0.5, 0.9]
    assert study.trials[0].params == {"model.hidden": "[4]", "train.learning_rate": 0.1, "train.optimizer": "gd"}


def test_a_setting_that_successive_halving_dropped_is_pruned_at_its_last_rung(workplace: Workplace) -> None:
    keys = ("train.iterations=18", "sweep.halving.least=2", "train.record_every=1", "sweep.train.learning_rate=[0.01, 0.05, 0.2]")
    sweep = layerchain.read(workplace.sweep("halved", *keys))
    study, trials = sweep.to_optuna(), sweep.trials
    places = trials.groupby(["model.hidden", "train.learning_rate"])["train.iterations"].max()
    assert len(study.trials) == len(places) == 6 and set(places) == {2, 6, 18}
    for trial in study.trials:
        hidden = tuple(json.loads(trial.params["model.hidden"]))
        length = int(places[hidden, trial.params["train.learning_rate"]])
        assert (trial.params["train.iterations"], max(trial.intermediate_values)) == (length, length - 1)
        assert trial.state == (TrialState.COMPLETE if length == 18 else TrialState.PRUNED)
        assert set(trials[trials["trial"].isin(trial.user_attrs["trials"])]["train.iterations"]) == {length}
    assert study.best_trial.user_attrs["trials"] == list(sweep.best().trials) and study.best_value == sweep.best().mean


def test_an_accuracy_is_maximised(results: Path) -> None:
    sweep = layerchain.read(results)
    study = sweep.to_optuna(metric="test_accuracy")
    assert study.direction == optuna.study.StudyDirection.MAXIMIZE
    assert study.best_value == sweep.best("test_accuracy").mean


def test_a_study_is_not_written_twice_unless_it_is_to_be_replaced(results: Path, tmp_path: Path) -> None:
    sweep = layerchain.read(results)
    for replace in (False, True):
        sweep.to_optuna(tmp_path / "s.db", replace=replace)
    with pytest.raises(LayerchainError, match="there is a study 'plain' already; replace=True replaces it"):
        sweep.to_optuna(tmp_path / "s.db")
    with pytest.raises(LayerchainError, match="no/s.db: there is no folder .*/no; make it first$"):
        sweep.to_optuna(tmp_path / "no/s.db")
    sweep.to_optuna(tmp_path / "s.db", study_name="other", metric="test_cost")
    storage = f"sqlite:///{tmp_path / 's.db'}"
    assert sorted(optuna.get_all_study_names(storage)) == ["other", "plain"]
    assert len(optuna.load_study(study_name="plain", storage=storage).trials) == 6


@pytest.mark.parametrize("plot", ["optimization_history", "parallel_coordinate", "slice", "contour", "edf", "param_importances", "intermediate_values"])
def test_every_plot_of_optuna_draws_it(validated: Path, plot: str) -> None:
    figure = getattr(visualization, f"plot_{plot}")(layerchain.read(validated).to_optuna())
    assert sum(len(trace.to_plotly_json()) > 1 for trace in figure.data) > 0


def test_optuna_dashboard_opens_it(validated: Path, tmp_path: Path) -> None:
    layerchain.read(validated).to_optuna(tmp_path / "s.db")
    program = Path(sys.executable).with_name("optuna-dashboard")
    with served([program, f"sqlite:///{tmp_path / 's.db'}", "--host", "127.0.0.1", "--port", "{port}"], "/api/studies") as url:
        with urllib.request.urlopen(f"{url}/api/studies") as answer:
            (study,) = json.load(answer)["study_summaries"]
        assert study["study_name"] == "validated"
        with urllib.request.urlopen(f"{url}/api/studies/{study['study_id']}?after=0") as answer:
            detail = json.load(answer)
        assert len(detail["trials"]) == 6 and {trial["state"] for trial in detail["trials"]} == {"Complete"}
