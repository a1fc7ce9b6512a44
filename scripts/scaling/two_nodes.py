"""Real shards on two nodes of one core each, as a Slurm array 0-7%2 runs them: one pinned process on each core at a time.

The clock of a node is the processor time of its shards, which is the time that they would take if nobody else used the machine: by
the wall, the same run took from 75 to 117 s on a machine that others shared. A node that is free waits until no other node's
clock is behind its own, so that shards are taken in the order of these clocks.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from .cluster import Cluster, Task, simulate
from .costs import Costs
from .measure import run, trained

TREE = Path(__file__).resolve().parent.parent.parent
NODES = 2
SHARDS = 8
CALIBRATING = 2  # seeds
Kind = tuple[str, str]  # the depth and the width of a net of depth.toml


@dataclass(frozen=True)
class Compared:
    """A real run beside its simulation, in seconds of the nodes' clocks."""

    what: str
    real: float
    wall: float
    simulated: float
    load: float  # the machine's load average when it began

    @property
    def error(self) -> float:
        return self.simulated / self.real - 1


class Runs:
    """Sweeps of depth.toml with other seeds, so that its nets are trained for the first time in each."""

    def __init__(self, runner: Path, folder: Path, seeds: int) -> None:
        self.runner, self.folder, self.seeds, self.first_seed = runner, folder, seeds, 1

    def sweep(self, seeds: int, name: str, *more: object) -> list[object]:
        """The command line that trains `seeds` seeds from the next one on."""
        listed = ", ".join(str(self.first_seed + seed) for seed in range(seeds))
        return [self.runner, "sweep", TREE / "experiments/depth.toml", f"sweep.seed=[{listed}]", "-j", 1, "--progress", "none",
                "--out", self.folder / name, *more]

    def calibrate(self, start_up: float) -> dict[Kind, float]:
        """Trains a few other seeds on both nodes at once: the mean seconds of a trial by depth and width."""
        children = [self.start(self.sweep(CALIBRATING, "calibration", "--shard", f"{shard}/{NODES}"), shard) for shard in range(NODES)]
        seconds: dict[Kind, list[float]] = {}
        for shard, child in enumerate(children):
            _, status, used = os.wait4(child, 0)
            if status:
                raise RuntimeError(f"the calibration ended with exit code {os.waitstatus_to_exitcode(status)}")
            results = self.folder / f"calibration.shards/{shard}-of-{NODES}"
            # Recorded seconds are of the wall.
            share = (used.ru_utime + used.ru_stime - start_up) / trained(results)
            with (results / "trials.csv").open() as file:
                for row in csv.DictReader(file):
                    seconds.setdefault((row["model.depth"], row["model.width"]), []).append(share * float(row["seconds"]))
        shutil.rmtree(self.folder / "calibration.shards")
        self.first_seed += CALIBRATING
        return {kind: statistics.fmean(times) for kind, times in seconds.items()}

    def start(self, call: list[object], core: int) -> int:
        """Starts a process on a core; returns its number."""
        return subprocess.Popen([str(part) for part in call], cwd=TREE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                preexec_fn=lambda: os.sched_setaffinity(0, {core})).pid

    def shards(self) -> list[tuple[Counter[Kind], int]]:
        """Counts the trials of each kind, and the fleets, of every shard, as `--dry-run` lists them."""
        shards = []
        for shard in range(SHARDS):
            call = self.sweep(self.seeds, "real", "--shard", f"{shard}/{SHARDS}", "--dry-run")
            dry = subprocess.run([str(part) for part in call], cwd=TREE, capture_output=True, text=True)
            if dry.returncode:
                raise RuntimeError(dry.stderr)
            head, *rows = [re.split(r"  +", line.strip()) for line in dry.stdout.splitlines()]
            depth, width = head.index("model.depth"), head.index("model.width")
            fleets = re.search(r"trials in (\d+) fleets?", dry.stderr)
            assert fleets, dry.stderr
            shards.append((Counter((row[depth], row[width]) for row in rows), int(fleets[1])))
        return shards

    def real(self, kill_at: float | None) -> float:
        """Runs all shards, two at a time; the one on the first node is killed when its clock is at `kill_at`, and started again."""
        waiting, ended = list(range(SHARDS)), [0.0] * NODES
        running: dict[int, tuple[int, int]] = {}  # process and shard, by node
        while waiting or running:
            clocks = [ended[node] + (busy(running[node][0]) if node in running else 0.0) for node in range(NODES)]
            first = min(range(NODES), key=lambda node: clocks[node])
            if waiting and first not in running:
                shard = waiting.pop(0)
                running[first] = (self.start(self.sweep(self.seeds, "real", "--shard", f"{shard}/{SHARDS}"), first), shard)
            if kill_at is not None and clocks[0] >= kill_at and 0 in running:
                kill_at = None
                os.kill(running[0][0], signal.SIGKILL)
            time.sleep(0.01)
            for node, (process, shard) in list(running.items()):
                pid, status, used = os.wait4(process, os.WNOHANG)
                if pid == 0:
                    continue
                del running[node]
                ended[node] += used.ru_utime + used.ru_stime
                if os.WIFSIGNALED(status):
                    waiting.append(shard)
                elif status:
                    raise RuntimeError(f"shard {shard} ended with exit code {os.waitstatus_to_exitcode(status)}")
        # Its exit code tells whether trials are missing.
        run(self.runner, "merge", self.folder / "real.shards", cwd=TREE)
        shutil.rmtree(self.folder / "real.shards")
        shutil.rmtree(self.folder / "real")
        self.first_seed += self.seeds
        return max(ended)


def busy(process: int) -> float:
    """Reads the processor time of a running process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(runner: Path, costs: Costs, seeds: int, repeats: int) -> Iterator[Compared]:
    """Runs and simulates, without and with a killed shard in turn. The seconds of a trial are measured before and after each run, on
    other seeds, and their mean taken."""
    with tempfile.TemporaryDirectory(dir=TREE / "target") as place:
        runs = Runs(runner, Path(place), seeds)
        shards, before = runs.shards(), runs.calibrate(costs.start_up)
        for repeat in range(2 * repeats):
            load = os.getloadavg()[0]
            kill_at = None
            if repeat % 2:
                # In the middle of the second shard of the first node.
                kill_at = 1.5 * (costs.start_up + sum(task.seconds for task in tasks(shards, before)) / SHARDS)
            begin = time.perf_counter()
            real = runs.real(kill_at)
            wall = time.perf_counter() - begin
            after = runs.calibrate(costs.start_up)
            seconds = {kind: (before[kind] + after[kind]) / 2 for kind in before}
            kills = () if kill_at is None else ((kill_at, 0),)
            outcome = simulate(tasks(shards, seconds), Cluster(NODES, start_up=costs.start_up, kills=kills))
            yield Compared("one shard killed" if kills else "undisturbed", real, wall, outcome.makespan, load)
            before = after


def tasks(shards: list[tuple[Counter[Kind], int]], seconds: dict[Kind, float]) -> list[Task]:
    """Foretells the training of each shard from the seconds of a trial of each kind."""
    whole = [sum(number * seconds[kind] for kind, number in kinds.items()) for kinds, _ in shards]
    return [Task(training, training / fleets) for training, (_, fleets) in zip(whole, shards)]
