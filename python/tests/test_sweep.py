"""A sweep's tables are those that the runner writes, with their types."""

from __future__ import annotations

import csv
import json
import math
import shutil
import sqlite3
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import REPOSITORY, Workplace

import layerchain
from layerchain import LayerchainError, MissingPackage
from layerchain._applied import CONDITIONS, OF_HIDDEN_LAYERS
from layerchain._columns import Column, to_polars
from layerchain._record import plain


def test_the_tables_are_trials_csv_and_history_csv(results: Path, validated: Path) -> None:
    for directory in (results, validated):
        trials, history = layerchain.read(directory).to_pandas()
        written = pd.read_csv(directory / "trials.csv")
        lists = [column for column in trials if trials[column].map(lambda value: isinstance(value, tuple)).any()]
        assert lists == ["model.hidden"]
        read = trials.assign(**{"model.hidden": trials["model.hidden"].map(plain)})
        # The table rounds seconds to a microsecond.
        pd.testing.assert_frame_equal(read.round({"seconds": 6}), written, check_dtype=False)
        written = pd.read_csv(directory / "history.csv")
        pd.testing.assert_frame_equal(history, written, check_dtype=False)


def test_a_shard_knows_how_many_trials_are_of_others(workplace: Workplace) -> None:
    workplace.run("sweep", "sweep.toml", "name=parts", "--progress", "none", "--shard", "0/3")
    sweep = layerchain.read(workplace.folder / "results/parts.shards/0-of-3")
    with pytest.warns(UserWarning, match="parts: 8 of 12 trials are of other shards, not here"):
        sweep.best()


def test_columns_have_the_types_of_their_values(results: Path) -> None:
    trials, history = layerchain.read(results).to_pandas()
    assert trials["seed"].dtype == "int64" and trials["train.learning_rate"].dtype == "float64"
    assert trials["ended_at"].dtype == "Int64" and trials["ended_at"].isna().any()
    assert set(trials["status"]) == {"completed", "diverged"}
    assert history["iteration"].dtype == "int64" and history["test_cost"].dtype == "float64"
    assert {"gradient_norm_1", "gradient_norm_3"} <= set(history) and history["gradient_norm_3"].isna().any()
    assert trials.groupby(["model.hidden", "train.learning_rate"]).size().eq(2).all()


def test_polars_has_the_same_values(results: Path) -> None:
    sweep = layerchain.read(results)
    for ours, theirs in zip(sweep.to_polars(), sweep.to_pandas()):
        assert ours.columns == list(theirs)
        for name in ours.columns:
            mine, other = ours[name].to_list(), theirs[name].tolist()
            assert [list(value) if isinstance(value, tuple) else None if pd.isna(value) else value for value in other] == mine
    schema = sweep.to_polars().trials.schema
    assert schema["model.hidden"] == pl.List(pl.Int64) and schema["ended_at"] == pl.Int64
    assert schema["reason"] == pl.String and schema["seed"] == pl.Int64


def test_values_of_several_kinds_are_texts_in_polars(workplace: Workplace) -> None:
    rates = ("train.iterations=3", "sweep.train.learning_rate=[0.1]", "sweep.seed=[1]")
    swept = {"model.activation": '["relu", ["tanh", "relu"]]', "train.clip_norm": '["off", 1e-5, 2.5e-7]', "model.init_scale": "[1, [1, 2, 3]]"}
    keys = [f"sweep.{key}={values}" for key, values in swept.items()]
    sweep = layerchain.read(workplace.sweep("kinds", "sweep.model.hidden=[[5,4]]", *rates, *keys))
    trials = sweep.to_polars().trials
    with open(sweep.directory / "trials.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for key in swept:
        assert trials.schema[key] == pl.String and trials[key].to_list() == [row[key] for row in rows]
    assert trials.filter(pl.col("model.activation") == '["tanh","relu"]').height == 6
    assert trials.group_by(*swept).len()["len"].to_list() == [1] * 12
    assert Column.of([(1, 0.5), ()]).kind == "list" and Column.of([(1, "a")]).kind == Column.of([((1,),)]).kind == "other"
    lists = to_polars({"x": Column.of([(1, 0.5), None, ()])})
    assert lists.schema["x"] == pl.List(pl.Float64) and lists["x"].to_list() == [[1.0, 0.5], None, []]


def test_numpy_has_them_without_a_package_for_frames(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = layerchain.read(results).to_pandas().history
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert isinstance(layerchain.read(results).trials, pl.DataFrame)
    monkeypatch.setitem(sys.modules, "polars", None)
    sweep = layerchain.read(results)
    with pytest.raises(MissingPackage, match="pandas or polars: python3 -m pip install pandas"):
        _ = sweep.trials
    with pytest.raises(MissingPackage, match="needs the package polars: python3 -m pip install polars"):
        sweep.to_polars()
    history = sweep.to_numpy().history
    assert history["cost"].dtype == np.float64 and history["iteration"].dtype == np.int64
    np.testing.assert_array_equal(history["cost"], expected["cost"])


def test_a_sweep_knows_its_experiment_its_machine_and_every_key(results: Path) -> None:
    sweep = layerchain.read(results)
    assert (sweep.name, sweep.description) == ("plain", "small nets on drawn pictures")
    assert sweep.keys == ["model.hidden", "train.learning_rate", "seed"]
    assert sweep.experiment == tomllib.loads((results / "experiment.toml").read_text())
    assert sweep.machine == tomllib.loads((results / "machine.toml").read_text())
    config = sweep.config(sweep.trials["trial"][0])
    assert config["model.activation"] == "identity" and config["train.iterations"] == 20
    assert repr(sweep) == "<Sweep 'plain': 12 of 12 trials over model.hidden, train.learning_rate, seed>"
    with pytest.raises(LayerchainError, match="no finished trial 'none'"):
        sweep.config("none")


def test_the_best_setting_has_the_least_mean_of_the_cost_that_it_is_chosen_by(results: Path, validated: Path) -> None:
    for directory, metric in ((results, "final_cost"), (validated, "validation_cost")):
        sweep = layerchain.read(directory)
        completed = sweep.trials[sweep.trials["status"] == "completed"]
        means = completed.groupby(["model.hidden", "train.learning_rate"])[metric].agg(["mean", "std", "size"])
        best = sweep.best()
        place = means["mean"].idxmin()
        assert (best.metric, tuple(best.setting.values())) == (metric, place)
        assert math.isclose(best.mean, means["mean"][place]) and best.deviation is not None
        assert math.isclose(best.deviation, means["std"][place]) and len(best.trials) == means["size"][place] == 2
    most = layerchain.read(results).best("test_accuracy")
    assert math.isclose(most.mean, completed_mean(layerchain.read(results), "test_accuracy"))


def completed_mean(sweep: layerchain.Sweep, metric: str) -> float:
    completed = sweep.trials[sweep.trials["status"] == "completed"]
    return float(completed.groupby(["model.hidden", "train.learning_rate"])[metric].mean().max())


def test_of_successive_halving_only_the_last_rung_counts(workplace: Workplace) -> None:
    # Rates at which the costs rise: an earlier rung has lower ones than the last.
    rising = ("sweep.model.hidden=[[]]", "sweep.train.learning_rate=[0.3, 0.4, 0.5]")
    keys = ("train.iterations=18", "sweep.halving.least=2", "train.record_every=1", *rising)
    sweep = layerchain.read(workplace.sweep("halved", *keys))
    best = sweep.best()
    assert best.setting["train.iterations"] == sweep.trials["train.iterations"].max()
    assert sweep.trials.groupby(["train.learning_rate", "train.iterations"])["final_cost"].mean().min() < best.mean


def test_a_metric_that_is_none_is_refused(results: Path) -> None:
    sweep = layerchain.read(results)
    for column in ("cost", "seconds"):
        with pytest.raises(LayerchainError, match=f"unknown metric '{column}'; allowed: final_cost, "):
            sweep.best(column)
    with pytest.raises(LayerchainError, match="plain: no completed trial has a validation_cost"):
        sweep.best("validation_cost")


def test_what_is_no_record_is_refused_in_one_line(results: Path, tmp_path: Path) -> None:
    with pytest.raises(LayerchainError, match="none: no such results directory; run the sweep first"):
        layerchain.read(tmp_path / "none")
    with pytest.raises(LayerchainError, match=r"results.db: no record there; give the directory"):
        layerchain.read(tmp_path)
    (tmp_path / "results.db").write_text("text" * 1000)
    with pytest.raises(LayerchainError, match="cannot be read as a record"):
        layerchain.read(tmp_path)


def test_a_record_of_a_sweep_that_has_just_begun_has_no_results_yet(tmp_path: Path) -> None:
    tables = (REPOSITORY / "crates/runner/src/record/record.sql").read_text()
    for script in ("", f"{tables}; PRAGMA user_version = 4"):
        with closing(sqlite3.connect(tmp_path / "results.db")) as connection:
            connection.executescript(script)
        assert (tmp_path / "results.db").is_file()
        with pytest.raises(LayerchainError, match="results.db: the sweep has only just begun; no results yet"):
            layerchain.read(tmp_path)


def test_a_record_that_was_changed_is_refused(results: Path, tmp_path: Path) -> None:
    changes = {
        "UPDATE trial SET final_cost = 0.1 WHERE number = 1": r"trial [0-9a-f]{12} is damaged",
        "UPDATE history SET cost = 0.1 WHERE trial = 2 AND iteration = 5": r"trial [0-9a-f]{12} is damaged",
        "UPDATE plan SET point = '{}' WHERE position = 0": "not what was stored",
        "PRAGMA user_version = 99": "the record has schema 99, this package reads schema",
    }
    for change, message in changes.items():
        shutil.copy(results / "results.db", tmp_path)
        with sqlite3.connect(tmp_path / "results.db") as connection:
            connection.execute(change)
        connection.close()
        with pytest.raises(LayerchainError, match=message):
            layerchain.read(tmp_path)


def test_a_record_is_only_read(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(results / "results.db", tmp_path)
    before = (tmp_path / "results.db").read_bytes()
    connect = sqlite3.connect
    opened: list[str] = []

    def noted(database: str, **options: Any) -> sqlite3.Connection:
        opened.append(database)
        connection: sqlite3.Connection = connect(database, **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", noted)
    tmp_path.chmod(0o500)
    assert len(layerchain.read(tmp_path).trials) == 12
    tmp_path.chmod(0o700)
    # Root may write into any directory: it is the mode that keeps SQLite from doing so.
    assert [database.partition("?")[2] for database in opened] == ["mode=ro&immutable=1"]
    assert [path.name for path in tmp_path.iterdir()] == ["results.db"]
    assert (tmp_path / "results.db").read_bytes() == before


def test_a_record_that_is_a_link_is_read_with_what_is_still_in_its_log(results: Path, tmp_path: Path) -> None:
    for folder in ("there", "here"):
        (tmp_path / folder).mkdir()
    shutil.copy(results / "results.db", tmp_path / "there")
    (tmp_path / "here/results.db").symlink_to(tmp_path / "there/results.db")
    with closing(sqlite3.connect(tmp_path / "there/results.db")) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE experiment SET name = 'changed'")
        writer.commit()
        with pytest.raises(LayerchainError, match="not what was stored"):
            layerchain.read(tmp_path / "here")


def test_the_conditional_keys_are_those_of_the_runner(workplace: Workplace) -> None:
    definitions = json.loads(workplace.run("schema"))["definitions"]
    described = {name.removeprefix("value."): said["description"] for name, said in definitions.items() if name.startswith("value.")}
    assert {key for key, words in described.items() if "Only with" in words} == set(CONDITIONS) - set(OF_HIDDEN_LAYERS)
