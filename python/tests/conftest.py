"""A directory with drawn pictures, and sweeps and models that `runner` makes there."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

REPOSITORY = Path(__file__).resolve().parents[2]

EXPERIMENT = """
name = "drawn"
description = "small nets on drawn pictures"
[data]
set = "drawn"
[model]
hidden = [4]
dtype = "f64"
[train]
learning_rate = 0.1
iterations = 20
record_every = 5
"""

SWEEP = """
[sweep]
model.hidden = [[5, 3], []]
train.learning_rate = [1e9, 0.05, 0.2]
seed = [1, 2]
"""


@dataclass
class Workplace:
    """A directory with drawn pictures, and the runner."""

    runner: Path
    folder: Path
    models: dict[tuple[str, ...], Path] = field(default_factory=dict)

    def run(self, *arguments: str) -> str:
        """Runs the runner, and returns what it prints."""
        done = subprocess.run([self.runner, *arguments], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sweep(self, name: str, *keys: str) -> Path:
        """Runs a sweep, and returns its results directory."""
        self.run("sweep", "sweep.toml", f"name={name}", "--progress", "none", *keys)
        return self.folder / "results" / name

    def model(self, *keys: str) -> Path:
        """Trains a net, once, and returns its model file."""
        if keys not in self.models:
            path = self.folder / f"{len(self.models)}.h5"
            self.run("train", "one.toml", "--progress", "none", "--out", str(path), *keys)
            self.models[keys] = path
        return self.models[keys]

    def answers(self, model: Path, examples: str) -> NDArray[np.float64]:
        """The probabilities or values that `runner predict` prints, [examples, K]."""
        lines = map(json.loads, self.run("predict", str(model), examples, "--json").splitlines())
        return np.array([line["probabilities"] if "probabilities" in line else line["values"] for line in lines])


def row(name: str, i: int) -> str:
    """A line of a table: of three classes, or of two sums."""
    features = f"{i % 7},{i * 3 % 5}"
    return f"{features},{('ash', 'elm', 'oak')[i % 3]}" if name == "trees" else f"{features},{i % 7 * 0.5 + 0.25},{i % 5}"


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    runner = Path(os.environ.get("LAYERCHAIN_RUNNER", REPOSITORY / "target/debug/runner")).resolve()
    assert runner.is_file(), f"{runner}: build it by cargo build, or name another as LAYERCHAIN_RUNNER"
    workplace = Workplace(runner, tmp_path_factory.mktemp("work"))
    workplace.run("data", "generate", "--train", "40", "--test", "12", "--side", "8")
    (workplace.folder / "one.toml").write_text(EXPERIMENT)
    (workplace.folder / "sweep.toml").write_text(EXPERIMENT + SWEEP)
    for name, columns, target in (("trees", "a,b,tree", "--label"), ("sums", "a,b,half,again", "--target")):
        (workplace.folder / f"{name}.csv").write_text(columns + "\n" + "".join(f"{row(name, i)}\n" for i in range(60)))
        targets = columns.removeprefix("a,b,")
        workplace.run("data", "import", f"{name}.csv", target, targets, "--test-share", "0.2")
    return workplace


@pytest.fixture(scope="session")
def results(workplace: Workplace) -> Path:
    """A sweep of nets without validation examples; those of the rate 1e9 diverge."""
    return workplace.sweep("plain", 'train.metrics=["test_cost", "gradient_norm"]', "model.activation=identity")


@pytest.fixture(scope="session")
def validated(workplace: Workplace) -> Path:
    """A sweep of nets with validation examples."""
    return workplace.sweep("validated", "data.validation=0.25", "sweep.train.learning_rate=[0.05, 0.2, 0.5]")
