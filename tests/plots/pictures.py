"""What stands on a picture, and the sweeps that several tests draw."""

import itertools

import numpy as np
from matplotlib.figure import Figure
from support import RATE, run
from plotting.axis import Axis
from plotting.sweep import arranged

SEEDS = {"seed": [1, 2, 3]}
KIND, DECAY, MOMENTUM = "train.optimizer", "train.weight_decay", "train.momentum"


def rates(count: int) -> list:
    return np.geomspace(1e-3, 1.0, count).tolist()


def entries(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def said(figure: Figure) -> str:
    return " | ".join(text.get_text() for text in figure.texts)


def one(figures) -> Figure:
    (_, figure), = figures
    return figure


def halved(trial=lambda p: run(p, steps=p["train.iterations"]), rates=(0.1, 0.2, 0.3)):
    """A sweep of rates, of which the last went on to the second rung."""
    points = [*({RATE: rate, "train.iterations": 3} for rate in rates), {RATE: rates[-1], "train.iterations": 6}]
    axes = [Axis(RATE, "list", (), 0), Axis("train.iterations", "rungs", (), 1)]
    return arranged("t", "", axes, points, [trial(point) for point in points], validated=False)


def with_optimizers(others: dict[str, list]):
    """A sweep of gd, which has no momentum, and momentum."""
    kinds = [("gd", None), ("momentum", 0.5), ("momentum", 0.9)]
    points = [{KIND: kind, MOMENTUM: momentum, **dict(zip(others, values))}
              for kind, momentum in kinds for values in itertools.product(*others.values())]
    axes = [Axis(key, "list", (), place) for place, key in enumerate(points[0])]
    return arranged("t", "", axes, points, [run(p, cost=p[MOMENTUM] or 0.1) for p in points], validated=False)
