"""Times runner and its peers, one after the other and round after round on the same cores, and writes what it saw.

Each peer is a process that stays and waits between its turns; its imports, data and first three steps don't count. Runner
is started anew at each turn, as a user would, and reports its own steps a second: drawing the weights, multiplying them
by X, evaluation and storing the results count, but not reading the pictures, XᵀX and the self-check. The lines "whole
process" count everything from its start to its end.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True

import report  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RUNNER = ROOT / "target/release/runner"
COURSE = ROOT / "experiments/course-4layer.toml"
SWEEP_OF_64 = "sweep.train.learning_rate={ from = 0.001, to = 0.01, count = 64 }"
REST = 0.3  # seconds between turns: threads that spin for more work must have gone to sleep


@dataclass
class Entry:
    """Who is timed at what; `milliseconds` a step and net, one for each round."""

    case: str
    dtype: str
    who: str
    threads: int
    nets: int
    steps: int
    milliseconds: list[float] = field(default_factory=list)
    version: str = ""


class Peer:
    """A library, in a process of its own."""

    def __init__(self, entry: Entry) -> None:
        command = [sys.executable, "-B", str(HERE / "peer.py"), entry.who]
        command += [str(entry.nets), entry.dtype, str(entry.threads)]
        self.entry = entry
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        entry.version = self.answer()

    def answer(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"error: {self.entry.who} ended with code {self.process.wait()}")
        return line.strip()

    def turn(self) -> float:
        self.process.stdin.write(f"{self.entry.steps}\n")
        self.process.stdin.flush()
        return float(self.answer()) / self.entry.steps / self.entry.nets * 1e3

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


class Runner:
    """Layerchain: `runner sweep` on the course's experiment."""

    def __init__(self, entry: Entry, *settings: str, whole: bool = False) -> None:
        self.entry, self.settings, self.whole = entry, settings, whole
        self.folder = tempfile.TemporaryDirectory()
        entry.version = subprocess.run([RUNNER, "--version"], capture_output=True, text=True).stdout.split()[-1]

    def turn(self) -> float:
        out = Path(self.folder.name) / "results"
        command = [RUNNER, "sweep", COURSE, *self.settings, f"model.dtype={self.entry.dtype}", "--out", out, "--fresh",
                   f"train.iterations={self.entry.steps}", "--progress", "none"]
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        seconds = time.perf_counter() - begin
        speed = re.search(r"([0-9]+) net-steps/s", done.stderr)
        if done.returncode != 0 or not speed:
            sys.exit(f"error: runner: {done.stderr.strip()}")
        self.machine = (out / "machine.toml").read_text()
        return seconds / self.entry.steps / self.entry.nets * 1e3 if self.whole else 1e3 / float(speed[1])

    def end(self) -> None:
        self.folder.cleanup()


def contestants(dtype: str, cores: int) -> list[list[Peer | Runner]]:
    """Who takes turns with whom."""
    threads = sorted({1, cores})

    def peer(case: str, who: str, count: int, nets: int, steps: int) -> Peer:
        return Peer(Entry(case, dtype, who, count, nets, steps))

    def runner(case: str, who: str, count: int, nets: int, steps: int, *settings: str, whole: bool = False) -> Runner:
        return Runner(Entry(case, dtype, who, count, nets, steps), *settings, whole=whole)

    one_net = [peer("one net", who, count, 1, 60) for who in ("pytorch", "jax", "numpy") for count in threads]
    one_net += [
        peer("one net", "scikit-learn", cores, 1, 60),
        peer("one net", "numpy-dual", 1, 1, 4000),
        runner("one net", "layerchain", 1, 1, 20_000, "run.engine=dual"),
        runner("one net", "layerchain, whole process", 1, 1, 2500, whole=True),
    ]
    one_net += [
        runner("one net", "layerchain direct", count, 1, 100, "run.engine=direct", f"run.blas_threads={count}")
        for count in threads
    ]
    sweep = [
        peer("64 nets", "pytorch-stacked", cores, 64, 10),
        peer("64 nets", "jax", cores, 64, 10),
        *[runner("64 nets", "layerchain", jobs, 64, 2500, SWEEP_OF_64, f"run.jobs={jobs}") for jobs in threads],
        runner("64 nets", "layerchain, whole process", cores, 64, 2500, SWEEP_OF_64, f"run.jobs={cores}", whole=True),
    ]
    return [one_net, sweep]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="turns of each (default: 7)")
    parser.add_argument("--dtype", choices=["f32", "f64"], action="append", help="element types (default: both)")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="where to write (default: results)")
    options = parser.parse_args()
    os.environ.setdefault("CATVNONCAT", str(ROOT / "data"))
    if not (Path(os.environ["CATVNONCAT"]) / "train_catvnoncat.h5").exists():
        sys.exit("error: the real cat pictures are needed: set CATVNONCAT to their folder, or runner data fetch catvnoncat")

    entries, machine = [], ""
    for dtype in options.dtype or ["f32", "f64"]:
        for group in contestants(dtype, len(os.sched_getaffinity(0))):
            for turn in range(options.rounds):
                for contestant in group:
                    time.sleep(REST)
                    contestant.entry.milliseconds.append(contestant.turn())
                    entry = contestant.entry
                    print(f"round {turn + 1}/{options.rounds}  {dtype}  {entry.case}  {entry.who}, "
                          f"{entry.threads} thread(s): {entry.milliseconds[-1]:.4f} ms", file=sys.stderr)
            for contestant in group:
                machine = getattr(contestant, "machine", machine)
                contestant.end()
                entries.append(contestant.entry)
    for path in report.write(entries, machine, options.out):
        print(path)


if __name__ == "__main__":
    main()
