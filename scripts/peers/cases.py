"""The nets that are timed, and the examples that they are trained on."""

from __future__ import annotations

import os
from dataclasses import dataclass

import h5py
import numpy as np


@dataclass(frozen=True)
class Case:
    """A net, its batches, and the number of `steps` of a peer's turn, whole epochs; `runner_steps` is that of Layerchain."""

    name: str
    widths: list[int]
    batch: int
    steps: int
    runner_steps: int
    batches: int = 10
    optimizer: str = "gd"
    learning_rate: float = 0.01
    nets: int = 1
    rates: tuple[float, float] = (0.001, 0.01)  # several nets have their own learning rates, evenly from one to another

    @property
    def is_course(self) -> bool:
        return self.name.startswith("course")

    def learning_rates(self) -> list[float]:
        return [self.learning_rate] if self.nets == 1 else list(np.linspace(*self.rates, self.nets))

    def title(self) -> str:
        net = "-".join(map(str, self.widths))
        nets = f"{self.nets} nets {net}" if self.nets > 1 else net
        examples = f"batches of {self.batch}" if self.batches > 1 else f"all {self.batch:,} examples"
        return f"{nets}, {examples}, {'Adam' if self.optimizer == 'adam' else 'gradient descent'}"

    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns X, f32 or u8 as it is stored, one example per row, and its classes."""
        if self.is_course:
            with h5py.File(os.path.join(os.environ["CATVNONCAT"], "train_catvnoncat.h5")) as file:
                return file["train_set_x"][:].reshape(self.batch, -1), file["train_set_y"][:]
        stream = np.random.default_rng(0)
        count = self.batch * self.batches
        return stream.random((count, self.widths[0]), np.float32), stream.integers(0, self.widths[-1], count)


COURSE = [12288, 20, 7, 5, 1]
SMALL = [784, 128, 64, 10]
LARGE = [2048, 2048, 2048, 2048, 10]
CASES = {
    case.name: case
    for case in (
        Case("course", COURSE, 209, 60, 20_000, batches=1, learning_rate=0.0075),
        Case("course-sweep", COURSE, 209, 10, 2500, batches=1, nets=64),
        Case("small", SMALL, 64, 300, 6000),
        Case("small-adam", SMALL, 64, 300, 6000, optimizer="adam", learning_rate=0.001),
        Case("small-sweep", SMALL, 64, 50, 1000, nets=16),
        Case("medium", [784, 512, 512, 10], 128, 60, 1000),
        Case("edge", [3072, 200, 200, 10], 5000, 4, 40, batches=1),
        Case("large", LARGE, 1024, 2, 60, batches=2),
    )
}
