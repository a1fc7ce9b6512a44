"""Reading trainings."""

import json
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
from pictures import one, said
from plotting.curves import curve_figures
from plotting.record import RecordError
from plotting.sweep import Sweep
from plotting.training import read_training
from plotting.wish import Wish


class Trainings(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def test_the_history_of_a_training_is_a_sweep_of_one_run(self) -> None:
        (self.folder / "model.csv").write_text("iteration,cost,test_accuracy\n0,0.7,0.3\n100,0.25,\n")
        sweep = read_training(self.folder)
        self.assertEqual(sweep.metrics(), ["test_accuracy"])
        np.testing.assert_equal(sweep.runs[0].series("test_accuracy"), [0.3, np.nan])
        self.assertEqual(read_training(self.folder / "model.csv").name, "model")

    def test_a_training_without_a_history_says_how_to_get_one(self) -> None:
        (self.folder / "model.h5").write_bytes(b"")
        (self.folder / "other.csv").write_text("a,b\n1,2\n")
        with self.assertRaises(RecordError) as caught:
            read_training(self.folder)
        self.assertIn(f"--history {self.folder / 'model.csv'} --force", str(caught.exception))

    def test_a_broken_history_is_refused_with_its_reason(self) -> None:
        for rows, reason in (("0,x\n", "could not convert string to float: 'x'"), ("", "it has no rows")):
            (self.folder / "broken.csv").write_text("iteration,cost\n" + rows)
            with self.assertRaises(RecordError) as caught:
                read_training(self.folder / "broken.csv")
            self.assertIn(f"broken.csv: cannot be read as a history: {reason}", str(caught.exception))

    def trained(self, final_cost: float) -> Sweep:
        """Reads a history that ends at 0.25 beside a model of a training that ended at the given cost."""
        (self.folder / "model.csv").write_text("iteration,cost\n0,0.7\n100,0.25\n")
        result = {"status": "completed", "ended_at": None, "final_cost": final_cost, "test_accuracy": 0.9}
        with h5py.File(self.folder / "model.h5", "w") as file:
            file.attrs["provenance"] = json.dumps({"experiment": "cats", "iterations": 101, "result": result})
        return read_training(self.folder / "model.csv")

    def test_the_model_of_a_training_says_how_it_ended(self) -> None:
        sweep = self.trained(0.25)
        self.assertEqual((sweep.name, sweep.data, sweep.runs[0].status), ("cats", "101 iterations", "completed"))
        self.assertEqual(sweep.runs[0].scores, {"final_cost": 0.25, "test_accuracy": 0.9})
        self.assertIn("final cost 0.25  ·  test accuracy 0.900", said(one(curve_figures(sweep, Wish()))))

    def test_the_model_of_an_earlier_training_says_nothing(self) -> None:
        sweep = self.trained(0.3)
        self.assertEqual((sweep.name, sweep.data, sweep.runs[0].status, sweep.runs[0].scores), ("model", "", "unknown", {}))
        figure = one(curve_figures(sweep, Wish()))
        self.assertIn("how it ended is not known without its model", said(figure))
        self.assertNotIn("final cost", said(figure))
        self.assertEqual([list(line.get_ydata()) for line in figure.axes[0].lines], [[0.7, 0.25]])
