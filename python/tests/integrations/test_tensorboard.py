"""A sweep as runs: TensorBoard reads back every cost, key and score."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import EXPERIMENT, Workplace
from serving import served
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import layerchain
from layerchain import LayerchainError


def test_a_run_has_the_history_and_the_scores_of_its_trial(results: Path, tmp_path: Path) -> None:
    sweep = layerchain.read(results)
    directory = sweep.to_tensorboard(tmp_path / "runs")
    assert len(list(directory.iterdir())) == 12 + 1
    trial = sweep.trials.set_index(["model.hidden", "train.learning_rate", "seed"]).loc[((5, 3), 0.05, 2)]
    events = EventAccumulator(str(directory / "hidden=[5,3],learning_rate=0.05,seed=2")).Reload()
    history = sweep.history[sweep.history["trial"] == trial["trial"]]
    for tag, column in (("cost", "cost"), ("gradient_norm_3", "gradient_norm_3")):
        scalars = events.Scalars(tag)
        assert [scalar.step for scalar in scalars] == history["iteration"].tolist()
        np.testing.assert_allclose([scalar.value for scalar in scalars], history[column], rtol=1e-7)
    (score,) = events.Scalars("train_accuracy")
    assert score.step == 20 and score.value == np.float32(trial["train_accuracy"])
    times = [scalar.wall_time for scalar in events.Scalars("cost")]
    assert times == sorted(times) and times[-1] - times[0] < trial["seconds"] + 1e-3


def test_runs_are_not_mixed_with_earlier_ones_and_can_be_chosen(results: Path, tmp_path: Path) -> None:
    sweep = layerchain.read(results)
    chosen = sweep.trials["trial"][:2].tolist()
    directory = sweep.to_tensorboard(tmp_path / "runs", trials=chosen)
    assert len(list(directory.iterdir())) == 2 + 1
    with pytest.raises(LayerchainError, match="there is a run already; give a new directory"):
        sweep.to_tensorboard(tmp_path / "runs")
    with pytest.raises(LayerchainError, match="no finished trial 'none'"):
        sweep.to_tensorboard(tmp_path / "others", trials=["none"])


def test_a_cost_beyond_the_numbers_of_tensorboard_gives_a_warning(workplace: Workplace, tmp_path: Path) -> None:
    # The targets are so large that their squares are.
    x = np.linspace(0, 1, 40).reshape(20, 2)
    with h5py.File(workplace.folder / "large.h5", "w") as file:
        file["train_set_x"], file["train_set_y"] = x, x[:, :1] * 1e25
    experiment = EXPERIMENT.replace('set = "drawn"', 'train = "large.h5"')
    (workplace.folder / "large.toml").write_text(f"{experiment}[sweep]\nseed = [1]\n")
    workplace.run("sweep", "large.toml", "name=large", "train.learning_rate=1e-9", "--progress", "none")
    sweep = layerchain.read(workplace.folder / "results/large")
    with pytest.warns(UserWarning, match="no numbers above 3.4e38: larger costs and metrics are infinite there"):
        directory = sweep.to_tensorboard(tmp_path / "runs")
    assert EventAccumulator(str(directory / "seed=1")).Reload().Scalars("cost")[0].value == np.inf


def test_tensorboard_opens_it(results: Path, tmp_path: Path) -> None:
    sweep = layerchain.read(results)
    directory = sweep.to_tensorboard(tmp_path / "runs")
    command: list[str | Path] = [Path(sys.executable).with_name("tensorboard"), "--logdir", directory, "--host", "127.0.0.1", "--port", "{port}"]
    with served([*command, "--load_fast", "false"], "/data/environment") as url:
        with urllib.request.urlopen(f"{url}/data/plugin/scalars/tags") as answer:
            tags = json.load(answer)
        assert "cost" in tags["hidden=[],learning_rate=0.2,seed=1"] and len(tags) == 12
        body = json.dumps({"startIndex": 0, "sliceSize": 100, "allowedStatuses": ["STATUS_SUCCESS", "STATUS_FAILURE"]}).encode()
        request = urllib.request.Request(f"{url}/data/plugin/hparams/session_groups", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            groups = json.load(answer)["sessionGroups"]
        assert len(groups) == 12
        assert {group["hparams"]["train.learning_rate"] for group in groups} == {0.05, 0.2, 1e9}
        statuses = [group["sessions"][0]["status"] for group in groups]
        assert statuses.count("STATUS_FAILURE") == (sweep.trials["status"] == "diverged").sum() > 0
