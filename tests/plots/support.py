"""Sweeps to draw: made in memory, or as the record that a runner writes."""

from __future__ import annotations

import itertools
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

ROOT = Path(__file__).parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts"))

from plotting import style  # noqa: E402
from plotting._seal import PLAN, TRIALS, seal  # noqa: E402
from plotting.axis import Axis  # noqa: E402
from plotting.sweep import Run, Sweep, arranged  # noqa: E402

style.use_style()
SCHEMA = (ROOT / "crates/runner/src/record/record.sql").read_text()
RATE, DEPTH, WIDTH = "train.learning_rate", "model.depth", "model.width"


def run(point: dict, cost: float = 0.5, status: str = "completed", steps: int = 6, ended_at: Optional[int] = None,
        **scores: float) -> Run:
    """A trial whose cost falls from 0.7 to the given one."""
    costs = np.linspace(0.7, cost, steps) if status == "completed" else np.array([0.7, 50.0])
    scores = {"final_cost": cost, "train_accuracy": 0.9, "test_accuracy": 0.7, **scores} if status == "completed" else {}
    return Run(point, status, ended_at, scores, np.arange(len(costs)), {"cost": costs})


def sweep(axes: dict[str, list], trial: Callable[[dict], Run], scale: str = "list", **more: Any) -> Sweep:
    """The full grid of the axes, trained by a function of the point."""
    points = [dict(zip(axes, values)) for values in itertools.product(*axes.values())]
    runs = [trial(point) for point in points]
    declared = [Axis(key, scale, (), place) for place, key in enumerate(axes)]
    validated = any("validation_cost" in run.scores for run in runs)
    return arranged("trial", "data", declared, points, runs, validated=validated, **more)


def record(folder: Path, axes: dict[str, list], row: Callable[[dict], dict], history: Callable[[dict], list]) -> Path:
    """A results directory with the record of the full grid of the axes, sealed; a trial is a row of its columns, and
    points whose rows have one id share one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "results.db"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.execute("PRAGMA user_version = 4")
    points = [dict(zip(axes, values)) for values in itertools.product(*axes.values())]
    connection.execute("INSERT INTO machine VALUES (1, 'm', '')")
    connection.execute("INSERT INTO data VALUES (1, 'd')")
    connection.execute("INSERT INTO fleet VALUES (1, '[]')")
    for place, key in enumerate(axes):
        connection.execute("INSERT INTO axis VALUES (?, ?, 'list', ?)", (place, key, place))
    connection.execute("INSERT INTO experiment VALUES ('trial', '', '', 'data', '')")
    trained = set()
    for place, point in enumerate(points):
        columns = {"number": place + 1, "id": f"{place:012x}", "config": json.dumps({**point, "model.dtype": "f32"}),
                   "engine": "dual", "status": "completed", "seconds": 0.1, "metrics": "[]", "machine": 1, "data": 1,
                   "fleet": 1, "digest": "", **row(point)}
        if columns["id"] not in trained:
            trained.add(columns["id"])
            names = ", ".join(columns)
            connection.execute(f"INSERT INTO trial ({names}) VALUES ({', '.join('?' * len(columns))})", [*columns.values()])
            connection.executemany("INSERT INTO history VALUES (?, ?, ?, ?)", [(place + 1, *rest) for rest in history(point)])
        connection.execute("INSERT INTO plan VALUES (?, ?, ?)", (place, columns["id"], json.dumps(point)))
    _seal(connection)
    connection.commit()
    connection.close()
    return folder


def _seal(connection: sqlite3.Connection) -> None:
    plan = [row for select in PLAN for row in connection.execute(select)]
    connection.execute("UPDATE experiment SET digest = ?", (seal("plan", plan),))
    for number, _, *sealed in connection.execute(TRIALS).fetchall():
        history = connection.execute("SELECT iteration, cost, metrics FROM history WHERE trial = ? ORDER BY iteration",
                                     (number,)).fetchall()
        connection.execute("UPDATE trial SET digest = ? WHERE number = ?", (seal("trial", [sealed, *history]), number))
