"""Times runner and its peers, one after the other and round after round on the same cores, and writes the results.

Each peer is a process that stays and waits between its turns; its imports, data and first steps don't count. Runner is
started anew at each turn, as a user would, and reports its own steps a second: drawing the weights, multiplying them by
X, evaluation and storing the results count, but not reading the examples, XᵀX and the self-check. The lines "whole
process" count everything from its start to its end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

import report  # noqa: E402
from cases import CASES, Case  # noqa: E402
from entry import Entry  # noqa: E402
from layerchain import ROOT, Runner  # noqa: E402

HERE = Path(__file__).resolve().parent
REST = 0.3  # seconds between turns: threads that spin for more work must have gone to sleep


class Peer:
    """A library, in a process of its own."""

    def __init__(self, entry: Entry, steps: int) -> None:
        command = [sys.executable, "-B", str(HERE / "peer.py"), entry.who, entry.case, entry.dtype, str(entry.threads)]
        self.entry, self.steps = entry, steps
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        entry.version = self.answer()

    def answer(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"error: {self.entry.who} ended with code {self.process.wait()}")
        return line.strip()

    def turn(self) -> float:
        self.process.stdin.write(f"{self.steps}\n")
        self.process.stdin.flush()
        return float(self.answer()) / self.steps / self.entry.nets * 1e3

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def contestants(case: Case, dtype: str, cores: int) -> list[Peer | Runner]:
    """Returns the peers that take turns at a case."""
    threads = sorted({1, cores})

    def peer(who: str, count: int, steps: int = case.steps) -> Peer:
        return Peer(Entry(case.name, dtype, who, count), steps)

    def runner(who: str, count: int, *more: str, **options: object) -> Runner:
        return Runner(Entry(case.name, dtype, who, count), *more, **options)

    def one_net_of(count: int) -> list[str]:
        return ["run.jobs=1", f"run.threads={count}"]

    direct = "run.engine=direct"
    if case.name == "course":
        return [
            *[peer(who, count) for who in ("pytorch", "jax", "numpy") for count in threads],
            peer("scikit-learn", cores),
            peer("numpy-dual", 1, 4000),
            runner("layerchain", 1, "run.engine=dual"),
            runner("layerchain, whole process", 1, whole=True, steps=2500),
            *[runner("layerchain direct", count, direct, *one_net_of(count), steps=100) for count in threads],
        ]
    if case.name == "course-sweep":
        return [
            *[peer(who, cores) for who in ("pytorch-stacked", "jax")],
            *[runner("layerchain", jobs, f"run.jobs={jobs}") for jobs in threads],
            runner("layerchain, whole process", cores, f"run.jobs={cores}", whole=True),
        ]
    # What all of them do: every product of every step, in the order of the examples.
    in_order = ["train.shuffle=false"] if case.batches > 1 else []
    direct_in_order = [direct, *in_order]
    if case.nets > 1:
        fleet = [[f"run.jobs={jobs}", "run.threads=1"] for jobs in threads]
        return [
            *[peer(who, count) for who in ("pytorch-stacked", "jax") for count in threads],
            *[runner("layerchain", jobs, *direct_in_order, *run) for jobs, run in zip(threads, fleet)],
            runner("layerchain, shuffled", cores, direct, "train.shuffle=true", *fleet[-1]),
            runner("layerchain, auto engine", cores, "run.engine=auto", *in_order, *fleet[-1]),
        ]
    also = ("layerchain, shuffled", [direct, "train.shuffle=true"])
    if case.batches == 1:
        also = ("layerchain, auto engine", ["run.engine=auto"])
    return [
        *[peer(who, count) for who in ("pytorch", "jax", "scikit-learn") for count in threads],
        *[runner("layerchain", count, *direct_in_order, *one_net_of(count)) for count in threads],
        *[runner(also[0], count, *also[1], *one_net_of(count)) for count in threads],
    ]


def take_turns(group: list[Peer | Runner], rounds: int) -> None:
    for turn in range(rounds):
        for contestant in group:
            time.sleep(REST)
            entry = contestant.entry
            entry.milliseconds.append(contestant.turn())
            print(f"round {turn + 1}/{rounds}  {entry.dtype}  {entry.case}  {entry.who}, "
                  f"{entry.threads} thread(s): {entry.milliseconds[-1]:.4f} ms", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="turns of each (default: 7)")
    parser.add_argument("--case", choices=CASES, action="append", help="what to time (default: everything)")
    parser.add_argument("--dtype", choices=["f32", "f64"], action="append",
                        help="element types (default: both for the course's nets, f32 for the others)")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="where to write (default: results)")
    options = parser.parse_args()
    os.environ.setdefault("CATVNONCAT", str(ROOT / "data"))
    cases = [CASES[name] for name in dict.fromkeys(options.case or CASES)]
    found = (Path(os.environ["CATVNONCAT"]) / "train_catvnoncat.h5").exists()
    if any(case.is_course for case in cases) and not found:
        sys.exit("error: the real cat pictures are needed: set CATVNONCAT to their folder, or runner data fetch catvnoncat")

    entries, machine = [], ""
    for case in cases:
        for dtype in options.dtype or (["f32", "f64"] if case.is_course else ["f32"]):
            group = contestants(case, dtype, len(os.sched_getaffinity(0)))
            take_turns(group, options.rounds)
            for contestant in group:
                machine = getattr(contestant, "machine", machine)
                contestant.end()
                entries.append(contestant.entry)
            # After each case: what fails later, or is interrupted, takes nothing of it away.
            paths = report.write(entries, machine, options.out)
    for path in paths:
        print(path)


if __name__ == "__main__":
    main()
