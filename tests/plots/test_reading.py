"""Reading records."""

import contextlib
import json
import sqlite3
import tempfile
import unittest
from pathlib import Path

import numpy as np
from support import RATE, SCHEMA, record
from plotting.record import RecordError, read_sweep

AXES = {RATE: [0.1, 0.2], "seed": [1, 2, 3]}


def a_record(folder: Path) -> Path:
    names = json.dumps(["validation_cost", "gradient_norm_1"])
    return record(folder, AXES, lambda p: {"final_cost": p[RATE], "validation_cost": 0.6, "metrics": names},
                  lambda p: [(i, 0.7 - 0.1 * i, json.dumps([0.8, None if i else 1.5])) for i in range(3)])


KIND, MOMENTUM = "train.optimizer", "train.momentum"
HIDDEN, DROPOUT = "model.hidden", "model.dropout"


def with_optimizers(folder: Path) -> Path:
    """A record in which gd has no momentum, and its configuration leaves out what is at its default."""
    def row(point: dict) -> dict:
        gd = point[KIND] == "gd"
        config = {} if gd else {key: value for key, value in point.items() if key == KIND or value != 0.9}
        return {"id": "gd" if gd else f"momentum {point[MOMENTUM]}", "final_cost": 0.5, "config": json.dumps(config)}
    return record(folder, {KIND: ["gd", "momentum"], MOMENTUM: [0.5, 0.9]}, row, lambda p: [(0, 0.7, None)])


class Records(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def test_a_record_has_its_runs_axes_scores_and_metrics(self) -> None:
        sweep = read_sweep(a_record(self.folder))
        self.assertEqual([axis.key for axis in sweep.axes], [RATE])
        self.assertEqual(sweep.seeds.values, (1, 2, 3))
        self.assertEqual(len(sweep.runs), 6)
        self.assertTrue(sweep.validated)
        self.assertEqual(sweep.metrics(), ["validation_cost", "gradient_norm_1"])
        first = sweep.runs[0]
        self.assertEqual(first.score("final_cost"), 0.1)
        self.assertTrue(np.isnan(first.score("test_accuracy")))
        np.testing.assert_allclose(first.series("cost"), [0.7, 0.6, 0.5])
        np.testing.assert_equal(first.series("gradient_norm_1"), [1.5, np.nan, np.nan])

    def test_a_history_that_was_edited_is_refused(self) -> None:
        folder = a_record(self.folder)
        with sqlite3.connect(folder / "results.db") as connection:
            connection.execute("UPDATE history SET cost = 0.4 WHERE trial = 2 AND iteration = 1")
        with self.assertRaises(RecordError) as caught:
            read_sweep(folder)
        self.assertIn("trial 000000000001 is damaged", str(caught.exception))

    def test_a_record_that_is_a_link_is_read_with_what_is_still_in_its_log(self) -> None:
        path = a_record(self.folder / "there") / "results.db"
        here = self.folder / "here"
        here.mkdir()
        (here / "results.db").symlink_to(path)
        with contextlib.closing(sqlite3.connect(path)) as writer:
            writer.execute("PRAGMA journal_mode = WAL")
            writer.execute("UPDATE experiment SET name = 'changed'")
            writer.commit()
            with self.assertRaisesRegex(RecordError, "not what was stored"):
                read_sweep(here)

    def test_a_record_of_a_sweep_that_has_just_begun_has_no_results_yet(self) -> None:
        path = self.folder / "results.db"
        for script in ("", SCHEMA + "; PRAGMA user_version = 4"):
            with contextlib.closing(sqlite3.connect(path)) as connection:
                connection.executescript(script)
            self.assertTrue(path.is_file())
            with self.assertRaisesRegex(RecordError, "results.db: the sweep has only just begun; no results yet"):
                read_sweep(self.folder)

    def test_a_record_whose_costs_have_no_metrics_is_sound(self) -> None:
        folder = record(self.folder, AXES, lambda p: {"final_cost": 0.5}, lambda p: [(0, 0.7, None), (9, 0.5, None)])
        self.assertEqual(read_sweep(folder).runs[5].end, 9)

    def test_a_key_that_is_no_part_of_a_trial_has_no_value_and_such_points_are_one(self) -> None:
        sweep = read_sweep(with_optimizers(self.folder))
        self.assertEqual([(run.point[KIND], run.point[MOMENTUM]) for run in sweep.runs],
                         [("gd", None), ("momentum", 0.5), ("momentum", 0.9)])
        self.assertEqual([(axis.key, axis.values, axis.partial) for axis in sweep.axes],
                         [(KIND, ("gd", "momentum"), False), (MOMENTUM, (0.5, 0.9), True)])

    def test_dropout_is_no_part_of_a_net_without_hidden_layers(self) -> None:
        def row(point: dict) -> dict:
            return {"final_cost": 0.5, "config": json.dumps(point if point[HIDDEN] else {HIDDEN: []})}
        folder = record(self.folder, {HIDDEN: [[], [5]], DROPOUT: [0.2]}, row, lambda p: [(0, 0.7, None)])
        self.assertEqual([run.point[DROPOUT] for run in read_sweep(folder).runs], [None, 0.2])
        self.assertEqual([run.point[HIDDEN] for run in read_sweep(folder, "dropout != 0.2").runs], [()])

    def test_a_condition_on_a_key_that_is_no_part_of_a_trial_fits_as_in_runner_show(self) -> None:
        folder = with_optimizers(self.folder)
        for condition, momenta in (("momentum = 0.9", [0.9]), ("momentum != 0.9", [None, 0.5]), ("not momentum < 0.9", [None, 0.9])):
            self.assertEqual([run.point[MOMENTUM] for run in read_sweep(folder, condition).runs], momenta)

    def test_a_condition_is_on_the_swept_value_and_not_on_another_name_of_it(self) -> None:
        def row(point: dict) -> dict:
            canonical = {**point, KIND: "adamw"} if point[KIND] == "adam" else point
            return {"final_cost": 0.5, "config": json.dumps(canonical)}
        folder = record(self.folder, {KIND: ["gd", "adam"]}, row, lambda p: [(0, 0.7, None)])
        self.assertEqual([run.point[KIND] for run in read_sweep(folder, "optimizer = adam").runs], ["adam"])
        self.assertEqual([run.point[KIND] for run in read_sweep(folder, "optimizer != adam").runs], ["gd"])

    def test_a_condition_on_a_default_that_the_record_does_not_have_is_refused(self) -> None:
        def row(point: dict) -> dict:
            return {"final_cost": 0.5, "config": json.dumps({} if point[RATE] == 0.1 else {"train.dropout": 0.5})}
        folder = record(self.folder, {RATE: [0.1, 0.2]}, row, lambda p: [(0, 0.7, None)])
        for condition, message in (("dropout != 0.5", "some trials leave train.dropout at its default, which the record does not have; runner show"),
                                   ("momentum = 0.9", "there are .*; runner show --where also knows those that all trials leave")):
            with self.assertRaisesRegex(RecordError, message):
                read_sweep(folder, condition)

    def test_a_condition_leaves_the_trials_that_fit(self) -> None:
        folder = a_record(self.folder)
        sweep = read_sweep(folder, "learning_rate > 0.1 and seed != 2 and dtype = f32 and validation_cost < 1")
        self.assertEqual([run.point["seed"] for run in sweep.runs], [1, 3])
        self.assertIn("2 of 6 trials, where learning_rate > 0.1", sweep.summary)
        for condition, message in (("seed = 9", "no finished trial of 6 fits seed = 9"), ("sed = 1", "no key sed")):
            with self.assertRaises(RecordError) as caught:
                read_sweep(folder, condition)
            self.assertIn(message, str(caught.exception))
