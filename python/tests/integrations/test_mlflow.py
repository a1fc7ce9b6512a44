"""A sweep as an experiment: MLflow finds every run by its keys and scores."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

import layerchain
from conftest import EXPERIMENT, Workplace
from layerchain import LayerchainError
from layerchain._record import plain


# MLflow's own.
@pytest.mark.filterwarnings("ignore")
def test_a_run_has_the_keys_the_history_and_the_scores_of_its_trial(results: Path, tmp_path: Path) -> None:
    sweep = layerchain.read(results)
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    id = sweep.to_mlflow(store)
    client = MlflowClient(store)
    assert client.get_experiment(id).name == "plain"
    runs = {run.data.tags["trial"]: run for run in client.search_runs([id], max_results=1000)}
    trials = sweep.trials.set_index("trial")
    assert set(runs) == set(trials.index)
    for trial, run in runs.items():
        row = trials.loc[trial]
        assert float(run.data.params["train.learning_rate"]) == row["train.learning_rate"]
        assert run.data.params["model.hidden"] == plain(row["model.hidden"])
        assert run.data.params["train.iterations"] == "20"
        assert run.data.params["run.flush_subnormals"] == "true"
        assert not {"None", "True", "False"} & set(run.data.params.values())
        assert run.data.tags["status"] == row["status"]
        assert run.info.status == ("FINISHED" if row["status"] == "completed" else "FAILED")
        if row["status"] == "completed":
            assert run.data.metrics["train_accuracy"] == row["train_accuracy"]
            assert run.data.metrics["test_cost"] == row["test_cost"], "the score after the last update is the last one"
            history = sweep.history[sweep.history["trial"] == trial]
            costs = client.get_metric_history(run.info.run_id, "cost")
            found = sorted((metric.step, metric.value) for metric in costs)
            assert found == list(zip(history["iteration"].tolist(), history["cost"].tolist()))
    best = client.search_runs([id], "metrics.train_accuracy >= 0", order_by=["metrics.final_cost ASC"])[0]
    completed = trials[trials["status"] == "completed"]
    assert best.data.tags["trial"] == completed["final_cost"].idxmin()


@pytest.mark.filterwarnings("ignore")
def test_a_run_has_the_swept_keys_that_are_part_of_its_trial(workplace: Workplace, tmp_path: Path) -> None:
    swept = {"model.depth": [2, 3], "train.optimizer": ["gd", "momentum"], "train.momentum": [0.5, 0.9]}
    text = EXPERIMENT.replace("hidden = [4]", "width = 4") + "[sweep]\n" + "".join(f"{key} = {values}\n" for key, values in swept.items())
    (workplace.folder / "depths.toml").write_text(text)
    workplace.run("sweep", "depths.toml", "--progress", "none", "--out", "results/depths")
    sweep = layerchain.read(workplace.folder / "results/depths")
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    runs = MlflowClient(store).search_runs([sweep.to_mlflow(store)])
    found = {tuple(run.data.params.get(key) for key in swept) for run in runs}
    assert found == {(depth, *rest) for depth in "23" for rest in (("gd", None), ("momentum", "0.5"), ("momentum", "0.9"))}


@pytest.mark.filterwarnings("ignore")
def test_a_swept_value_has_the_name_that_the_experiment_gives_it(workplace: Workplace, tmp_path: Path) -> None:
    decay = ("train.weight_decay=0.1", "train.decoupled=true", "train.learning_rate=0.01")
    (workplace.folder / "optimizers.toml").write_text(f'{EXPERIMENT}[sweep]\ntrain.optimizer = ["gd", "adam"]\n')
    workplace.run("sweep", "optimizers.toml", "--progress", "none", *decay)
    sweep = layerchain.read(workplace.folder / "results/drawn")
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    runs = MlflowClient(store).search_runs([sweep.to_mlflow(store)])
    assert {run.data.params["train.optimizer"] for run in runs} == set(sweep.trials["train.optimizer"]) == {"gd", "adam"}


@pytest.mark.filterwarnings("ignore")
def test_equal_values_of_a_key_are_one_text(workplace: Workplace, tmp_path: Path) -> None:
    included = '[[sweep.include]]\nmodel.dropout = 0.5\nseed = 3\n'
    axes = "[sweep]\ntrain.weight_decay = [0, 1]\nmodel.dropout = [0, 0.5]\n"
    (workplace.folder / "decays.toml").write_text(EXPERIMENT + axes + included)
    workplace.run("sweep", "decays.toml", "--progress", "none", "--out", "results/decays")
    sweep = layerchain.read(workplace.folder / "results/decays")
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    runs = MlflowClient(store).search_runs([sweep.to_mlflow(store)])
    assert len(runs) == 5
    assert {run.data.params["train.weight_decay"] for run in runs} == {"0", "1"}


@pytest.mark.filterwarnings("ignore")
def test_a_trial_is_not_written_twice_into_an_experiment(results: Path, tmp_path: Path) -> None:
    sweep = layerchain.read(results)
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    first, *rest = sweep.trials["trial"]
    id = sweep.to_mlflow(store, trials=[first])
    with pytest.raises(LayerchainError, match=f"the experiment 'plain' of MLflow has a run of the trial {first} already"):
        sweep.to_mlflow(store)
    sweep.to_mlflow(store, trials=rest)
    assert len(MlflowClient(store).search_runs([id])) == len(rest) + 1
    assert sweep.to_mlflow(store, experiment="again", trials=[first]) != id
