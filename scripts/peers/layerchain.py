"""Layerchain's turns: `runner sweep` on a case of cases.py."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py

from cases import CASES, Case
from entry import Entry

ROOT = Path(__file__).resolve().parent.parent.parent
RUNNER = ROOT / "target/release/runner"
COURSE = ROOT / "experiments/course-4layer.toml"
TEST_EXAMPLES = 64  # an image set has some; runner looks at them once, after the training


class Drawn:
    """The drawn examples of a case as an image set, with an experiment on them, made at their first use."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()

    def experiment(self, case: Case) -> Path:
        # One set for all the cases that differ in the optimiser or the number of nets only.
        path = Path(self.folder.name) / f"{'-'.join(map(str, case.widths))}.toml"
        if not path.exists():
            x, y = case.examples()
            with h5py.File(path.with_suffix(".h5"), "w") as file:
                for part, rows in (("train", slice(None)), ("test", slice(TEST_EXAMPLES))):
                    file[f"{part}_set_x"], file[f"{part}_set_y"] = x[rows], y[rows]
            path.write_text(
                f'name = "peers"\n'
                f'[data]\ntrain = "{path.with_suffix(".h5")}"\ntest = "{path.with_suffix(".h5")}"\nscale = "none"\n'
                f'[model]\nhidden = {case.widths[1:-1]}\nactivation = "relu"\ninit = "he"\n'
                f'cost = "softmax-cross-entropy"\n'
                f"[train]\nmetrics = []\n"
            )
        return path


DRAWN = Drawn()


def settings(case: Case) -> list[str]:
    """Returns a case as overrides of its experiment."""
    steps = case.runner_steps
    rates = case.learning_rates()
    several = f"sweep.train.learning_rate={{ from = {rates[0]}, to = {rates[-1]}, count = {case.nets} }}"
    said = [several if case.nets > 1 else f"train.learning_rate={case.learning_rate}"]
    if not case.is_course:
        batch = case.batch if case.batches > 1 else '"full"'
        said += [f"train.batch={batch}", f"train.optimizer={case.optimizer}", f"train.record_every={steps}"]
    return said


class Runner:
    """Runner, started anew at each turn as a user would; `whole`: from its start to its end."""

    def __init__(self, entry: Entry, *more: str, whole: bool = False, steps: int | None = None) -> None:
        case = CASES[entry.case]
        self.entry, self.whole, self.steps = entry, whole, steps or case.runner_steps
        self.folder = tempfile.TemporaryDirectory()
        experiment = COURSE if case.is_course else DRAWN.experiment(case)
        self.command = [RUNNER, "sweep", experiment, *settings(case), f"model.dtype={entry.dtype}", *more]
        self.command += [f"train.iterations={self.steps}", "--out", self.out, "--fresh", "--progress", "none"]
        entry.version = subprocess.run([RUNNER, "--version"], capture_output=True, text=True).stdout.split()[-1]

    @property
    def out(self) -> Path:
        return Path(self.folder.name) / "results"

    def turn(self) -> float:
        """Returns the milliseconds per step and net."""
        begin = time.perf_counter()
        done = subprocess.run(self.command, capture_output=True, text=True)
        seconds = time.perf_counter() - begin
        speed = re.search(r"([0-9.]+) net-steps/s", done.stderr)
        if done.returncode != 0 or not speed:
            sys.exit(f"error: runner: {done.stderr.strip()}")
        self.machine = (self.out / "machine.toml").read_text()
        return seconds / self.steps / self.entry.nets * 1e3 if self.whole else 1e3 / float(speed[1])

    def end(self) -> None:
        self.folder.cleanup()
