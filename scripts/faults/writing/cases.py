"""The commands that write files: how each is set up, run, and its files compared."""

from __future__ import annotations

import csv
import functools
import http.server
import io
import os
import shutil
import sqlite3
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

EXPERIMENT = """
name = "small"
[data]
set = "drawn"
scale = "standardize"
[model]
hidden = [7, 5]
dtype = "f64"
[train]
learning_rate = 0.05
iterations = 30
record_every = 10
"""
SWEPT = EXPERIMENT + """
[sweep]
"train.learning_rate" = [0.05, 0.1]
seed = [1, 2]
"""
TABLE = "a,b,c,kind\n" + "".join(f"{i * 0.25},{i * i % 7},{-i},{'kind of cat' if i % 3 else 'other'}\n" for i in range(40))


@dataclass
class Case:
    """A command, the files that it writes, and what lies there before it."""

    name: str
    arguments: list[str]
    files: list[str]  # must be whole or as they were
    prepare: Callable[[Path], None]
    again: list[str] = field(default_factory=list)  # further arguments where files may be there
    together: bool = False  # whether its files are a pair: both new, or both as they were
    record: str = ""  # the folder of its record, if it has one


def content(path: Path) -> bytes | None:
    """Returns the content that must be equal in two runs; None if there is no file."""
    if not path.exists():
        return None
    if path.name == "results.db":
        return rows_of(path)
    raw = path.read_bytes()
    return without_seconds(raw) if path.name == "trials.csv" else raw


def without_seconds(table: bytes) -> bytes:
    """Returns the lines of a table without the column that differs from run to run; the last has an end if it had one."""
    rows = list(csv.reader(io.StringIO(table.decode(errors="replace"), newline="")))
    lines = [repr([cell for name, cell in zip(rows[0], row) if name != "seconds"]) for row in rows]
    return ("\n".join(lines) + "\n" * table.endswith(b"\n")).encode()


def rows_of(path: Path) -> bytes:
    """Returns the rows of a record without its times, and SQLite's verdict on it."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        trials = connection.execute("SELECT id, config, status, final_cost, test_accuracy FROM trial ORDER BY id").fetchall()
        history = connection.execute(
            "SELECT id, iteration, cost FROM history JOIN trial ON trial = number ORDER BY id, iteration").fetchall()
    connection.close()
    return repr((verdict, trials, history)).encode()


def cases(runner: Path, scratch: Path) -> list[Case]:
    """Returns every command that writes files; `data fetch` only if the course's files are at hand."""
    drawn = scratch / "drawn"
    small = ["--train", "20", "--test", "10", "--side", "8"]
    quietly = functools.partial(subprocess.run, check=True, capture_output=True)
    quietly([str(runner), "data", "generate", *small, "--out", str(drawn)])
    old = scratch / "old"
    quietly([str(runner), "data", "generate", *small, "--seed", "2", "--out", str(old)])
    for name in ("train", "test"):
        (old / f"{name}_table.h5").write_bytes(b"what was there before")

    def with_data(experiment: str) -> Callable[[Path], None]:
        def prepare(folder: Path) -> None:
            shutil.copytree(drawn, folder / "data")
            (folder / "small.toml").write_text(experiment)
        return prepare

    def with_table(folder: Path) -> None:
        shutil.copytree(old, folder / "data")
        (folder / "table.csv").write_text(TABLE)

    found = [
        Case("train", ["train", "small.toml", "--out", "out/m.h5", "--history", "out/h.csv", "--progress", "none"],
             ["out/m.h5", "out/h.csv"], with_data(EXPERIMENT), again=["--force"]),
        Case("data generate", ["data", "generate", *small], ["data/train_drawn.h5", "data/test_drawn.h5"],
             lambda folder: drop(shutil.copytree(old, folder / "data")), together=True),
        Case("data import", ["data", "import", "table.csv", "--test-share", "0.2", "--force", "--progress", "none"],
             ["data/train_table.h5", "data/test_table.h5"], with_table, together=True),
        Case("sweep", ["sweep", "small.toml", "-j", "2", "--progress", "none"],
             [f"results/small/{name}" for name in ("history.csv", "trials.csv", "experiment.toml", "machine.toml")],
             with_data(SWEPT), record="results/small"),
    ]
    course = os.environ.get("CATVNONCAT")
    if course:
        address = serve(Path(course))
        found.insert(3, Case("data fetch", ["data", "fetch", "--from", address, "--out", "data"],
                             ["data/train_catvnoncat.h5", "data/test_catvnoncat.h5"], lambda folder: None))
    else:
        print("data fetch: skipped: set CATVNONCAT to the folder of the course's two files")
    return found


def drop(_: object) -> None:
    """Does nothing."""


def serve(folder: Path) -> str:
    """Starts a server of `folder` that lives as long as this process, and returns its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        """A handler that logs no requests."""

        def log_message(self, *_: object) -> None:
            """Does nothing."""

    class Calm(http.server.ThreadingHTTPServer):
        """A server that logs no broken connections."""

        def handle_error(self, *_: object) -> None:
            """Does nothing."""

    server = Calm(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
