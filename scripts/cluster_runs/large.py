"""What takes longer: 2,000 trials, experiments/depth.toml, a time limit of Slurm's own, and the efficiency against one machine."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from bench import SMALL, Bench, expect, said
from slurm import Slurm, run as command, wait

MANY = """
name = "many"

[data]
set = "drawn"

[model]
width = 4

[train]
iterations = 200

[sweep]
"model.depth" = [2, 3, 4, 5]
"train.learning_rate" = { from = 0.001, to = 0.1, count = 25, scale = "log" }
seed = { from = 1, to = 20, count = 20 }
"""


def run(bench: Bench, slurm: Slurm) -> None:
    bench.write("many.toml", MANY)
    equal(bench, slurm, "many.toml", "many", "2,000 trials")
    if "CATVNONCAT" in os.environ:
        shutil.copy(Path(__file__).parents[2] / "experiments/depth.toml", bench.folder / "depth.toml")
        equal(bench, slurm, "depth.toml", "depth", "experiments/depth.toml")
    efficiency(bench, slurm)
    limit(bench, slurm)


def equal(bench: Bench, slurm: Slurm, file: str, name: str, what: str) -> None:
    """Compares eight shards on two nodes with one machine."""
    expected = bench.one_machine(file, f"alone-{name}")
    began = time.monotonic()
    bench.run("submit", file, "--shards", "8", "--max-parallel", "2")
    finish(bench, slurm, f"results/{name}", 1200)
    expect(bench.history(f"results/{name}") == expected, f"{what}: the history of one machine, byte for byte")
    said(f"{what} in 8 shards: the history of one machine, byte for byte, after {time.monotonic() - began:.0f} s")


def finish(bench: Bench, slurm: Slurm, out: str, seconds: float) -> None:
    slurm.wait_for(bench.submitted(out)[-1], seconds)
    wait(lambda: "merge" not in command(["squeue", "-h", "-o", "%j"]), 120, "the merge")


def efficiency(bench: Bench, slurm: Slurm) -> None:
    """Puts shards of a minute, two at once, beside one machine with two jobs."""
    began = time.monotonic()
    bench.one_machine("small.toml", "again", jobs=1)
    # Of 18 trials, in as many fleets: the shards are equal if their number divides 18.
    shards = 6
    iterations = int(12000 * 60 * shards / (time.monotonic() - began))
    bench.write("long.toml", SMALL.format(iterations=iterations).replace('"small"', '"long"'))
    began = time.monotonic()
    expected = bench.one_machine("long.toml", "alone-long", jobs=2)
    alone = time.monotonic() - began
    began = time.monotonic()
    bench.run("submit", "long.toml", "--shards", str(shards), "--max-parallel", "2", "--time", "30m")
    finish(bench, slurm, "results/long", 1800)
    on_nodes = time.monotonic() - began
    expect(bench.history("results/long") == expected, "the history of one machine, byte for byte")
    said(f"{shards} shards of some {2 * on_nodes / shards:.0f} s, two at once: {on_nodes:.0f} s with submission and merge, one machine with -j 2 "
         f"{alone:.0f} s: efficiency {100 * alone / on_nodes:.0f}%")


def limit(bench: Bench, slurm: Slurm) -> None:
    """Lets Slurm itself end a shard at its time limit, again and again, until it is done."""
    bench.write("limit.toml", SMALL.format(iterations=20000).replace('"small"', '"limit"'))
    expected = bench.one_machine("limit.toml", "alone-limit")
    bench.run("submit", "limit.toml", "--shards", "1", "--time", "2m", "--signal", "100s")
    finish(bench, slurm, "results/limit", 1800)
    expect(bench.history("results/limit") == expected, "the history of one machine, byte for byte")
    starts = bench.log("results/limit", 0).count("OpenBLAS")
    expect(starts > 1, f"the shard has reached its time limit: {bench.log('results/limit', 0)}")
    said(f"a shard that reached its time limit went on by itself, {starts - 1} times: the history of one machine, byte for byte")
