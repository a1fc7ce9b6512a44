"""Measures what a shard, a trial, a point of the plan and a merge cost: seconds, bytes, memory and operations of the file system."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .costs import Costs

# The system calls that name or lock a file, or wait for the disk: what the servers of a shared file system count.
METADATA = "open,openat,creat,mkdir,unlink,rename,renameat,link,linkat,stat,lstat,newfstatat,statx,access,faccessat2,fsync,fdatasync,ftruncate,fcntl"
SMALL = """name = "small"
[data]
set = "drawn"
[model]
hidden = [6]
[train]
iterations = {rows}
record_every = 1
[sweep]
"train.learning_rate" = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07]
seed = [{seeds}]
"""


@dataclass(frozen=True)
class Ran:
    """A process that has ended."""

    seconds: float  # by the clock
    busy: float  # seconds of the processor: what others do on the machine adds nothing
    peak: int  # bytes of memory
    err: str


def run(*call: object, cwd: Path, core: int | None = None) -> Ran:
    """Runs a command to its end; on one core, if that is given."""
    with tempfile.TemporaryFile("w+") as err:
        begin = time.perf_counter()
        child = subprocess.Popen([str(part) for part in call], cwd=cwd, stdout=subprocess.DEVNULL, stderr=err,
                                 preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}))
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begin
        err.seek(0)
        said = err.read()
    if child.returncode:
        raise RuntimeError(f"{call}: exit code {child.returncode}: {said}")
    return Ran(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, said)


def write_small(runner: Path, folder: Path, points: int, rows: int) -> None:
    """Writes small.toml, `points` nets (a multiple of 10) with histories of `rows` rows, and its data."""
    run(runner, "data", "generate", "--out", "data", "--train", 40, "--test", 20, "--side", 16, cwd=folder)
    seeds = ", ".join(str(seed) for seed in range(points // 10))
    (folder / "small.toml").write_text(SMALL.format(rows=rows, seeds=seeds))


def trained(results: Path) -> float:
    """Adds up the seconds of the trials in a results directory."""
    with (results / "trials.csv").open() as file:
        return sum(float(row["seconds"]) for row in csv.DictReader(file))


def planning(runner: Path, sizes: list[int], repeats: int) -> dict[int, tuple[float, int]]:
    """Plans experiments of these numbers of points: seconds of the processor and memory of each, medians."""
    figures = {}
    for points in sizes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write_small(runner, folder, points, 1)
            runs = [run(runner, "sweep", "small.toml", "--dry-run", "--shard", "0/1000", cwd=folder) for _ in range(repeats)]
        figures[points] = (statistics.median(one.busy for one in runs), int(statistics.median(one.peak for one in runs)))
    return figures


@dataclass(frozen=True)
class Joined:
    """Shards that were trained and joined."""

    points: int
    shards: int
    rows: int
    fleets: int
    outside: float  # seconds of a shard by the clock, but for the training of its trials: the median
    merge: float  # seconds of the processor
    merge_peak: int
    shard_peak: int
    shard_bytes: int  # results.db of a shard, the median
    db_bytes: int  # the joined results.db
    plan_bytes: int  # of its table of points
    history_bytes: int
    trials_bytes: int


def join(runner: Path, points: int, shards: int, rows: int, repeats: int = 3) -> Joined:
    """Trains an experiment in shards, one after another on one core, and joins them."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_small(runner, folder, points, rows)
        out, outside, peaks = folder / "results/small", [], []
        for shard in range(shards):
            ran = run(runner, "sweep", "small.toml", "--shard", f"{shard}/{shards}", "-j", 1, "--progress", "none", cwd=folder, core=0)
            outside.append(ran.seconds - trained(out.with_name("small.shards") / f"{shard}-of-{shards}"))
            peaks.append(ran.peak)
        merges = []
        for _ in range(repeats):
            shutil.rmtree(out, ignore_errors=True)
            merges.append(run(runner, "merge", "results/small.shards", cwd=folder))
        dry = run(runner, "sweep", "small.toml", "--dry-run", "--out", "none", cwd=folder)
        said = re.search(r"trials in (\d+) fleets?", dry.err.replace(",", ""))
        assert said, dry.err
        sizes = [path.stat().st_size for path in out.with_name("small.shards").glob("*/results.db")]
        size = {name: (out / name).stat().st_size for name in ("results.db", "history.csv", "trials.csv")}
        with contextlib.closing(sqlite3.connect(out / "results.db")) as record:
            (plan,) = record.execute("SELECT SUM(LENGTH(trial) + LENGTH(point)) FROM plan").fetchone()
        return Joined(points, shards, rows, int(said[1]), statistics.median(outside), statistics.median(one.busy for one in merges),
                      max(one.peak for one in merges), max(peaks), int(statistics.median(sizes)),
                      size["results.db"], plan, size["history.csv"], size["trials.csv"])


def metadata(runner: Path, points: int) -> tuple[int, int]:
    """Counts the operations of the file system of a shard that is a whole small sweep: all of them, and the syncs among them.
    Fleets that end while the record is written share its next transaction, and each transaction has one sync."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_small(runner, folder, points, 500)
        run("strace", "-f", "-qq", "-e", f"trace={METADATA}", "-o", "calls", runner, "sweep", "small.toml", "--shard", "0/1", "-j", 1, cwd=folder)
        calls = [line.split(maxsplit=1)[1] for line in (folder / "calls").read_text().splitlines()]
    # Other calls of fcntl, and other files, are the local system's.
    local = re.compile(r'fcntl\(\d+, F_(?!SETLK)|"/(proc|sys|dev|etc|usr|lib|opt|root)')
    calls = [call for call in calls if "(" in call and not local.search(call)]
    return len(calls), sum(call.startswith(("fsync", "fdatasync")) for call in calls)


def starting(runner: Path) -> tuple[float, str]:
    """Trains one fleet on data of the course's size: the seconds of the processor beside the training, and the machine: its
    processor, the BLAS with its core, and the build."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_small(runner, folder, 10, 2)
        run(runner, "data", "generate", "--out", "large", cwd=folder)
        beside = []
        for number in range(5):
            results = folder / f"results{number}"
            ran = run(runner, "sweep", "small.toml", "data.train=large/train_drawn.h5", "data.test=large/test_drawn.h5", "sweep.seed=[1]",
                      "-j", 1, "--progress", "none", "--out", results, cwd=folder, core=0)
            beside.append(max(ran.busy - trained(results), 0.0))
        said = tomllib.loads((results / "machine.toml").read_text())
    blas, build = said["blas"], said["runner"]
    words = f"{said['cpu']}, {blas['name']} {blas['version']} {blas['core']}, {build['profile']} build"
    return statistics.median(beside), words


def measured(runner: Path) -> Costs:
    """Measures all costs: differences between experiments of two sizes, so that what both have cancels out."""
    plans = planning(runner, [10_000, 100_000], 3)
    few, many = join(runner, 10_000, 4, 2), join(runner, 60_000, 4, 2, 1)
    long, parts = join(runner, 2_000, 4, 252), join(runner, 10_000, 24, 2)
    (calls, syncs), (more_calls, more_syncs) = metadata(runner, 10), metadata(runner, 600)
    trials, rows = many.points - few.points, long.points * (long.rows - few.rows)
    row_bytes, row_table = ((getattr(long, name) - getattr(few, name) * long.points / few.points) / rows for name in ("db_bytes", "history_bytes"))
    merge_shard = max(parts.merge - few.merge, 0) / (parts.shards - few.shards)
    with_rows = (many.merge - few.merge) / trials
    merge_row = max(long.merge - few.shards * merge_shard - long.points * with_rows, 0) / rows
    commit = (many.outside - few.outside) / ((many.fleets - few.fleets) / few.shards)
    plan_seconds = (plans[100_000][0] - plans[10_000][0]) / 90_000
    fleet_metadata = (more_calls - calls) / (more_syncs - syncs)
    start_up, words = starting(runner)
    return Costs(
        machine=words,
        start_up=start_up,
        plan_seconds=plan_seconds,
        plan_memory=(plans[100_000][1] - plans[10_000][1]) / 90_000,
        commit=commit - plan_seconds * trials / ((many.fleets - few.fleets) / few.shards),
        trial_bytes=(many.db_bytes - few.db_bytes) / trials - few.rows * row_bytes,
        row_bytes=row_bytes,
        trial_table_bytes=many.trials_bytes / many.points,
        row_table_bytes=row_table,
        whole_plan_bytes=(many.plan_bytes - few.plan_bytes) / trials,
        shard_metadata=calls,
        fleet_metadata=fleet_metadata,
        merge_shard=merge_shard,
        merge_trial=with_rows - few.rows * merge_row,
        merge_row=merge_row,
        merge_memory=(many.merge_peak - few.merge_peak) / trials,
    )
