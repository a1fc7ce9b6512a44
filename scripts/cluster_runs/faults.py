"""Everything that goes wrong on a cluster, in one submitted sweep: `status` tells the truth, and `submit --resume` leads to the same bytes."""

from __future__ import annotations

import os
import re
import time

from bench import SMALL, Bench, expect, said
from slurm import Slurm, kill, processes, run as command, wait

SHARDS = 8
# What happens to the first shards, which begin at once, and to the last one.
KILLED, ORPHANED, AT_ITS_LIMIT, ON_A_FULL_DISK, ON_A_DEAD_NODE, NEVER_BEGUN = 0, 1, 2, 3, 4, 7
OUT = "results/small"


def before(bench: Bench) -> None:
    """Trains the sweep on one machine, which all others are compared with."""
    bench.write("small.toml", SMALL.format(iterations=12000))
    began = time.monotonic()
    bench.one_machine("small.toml", "alone")
    said(f"one machine, -j 1: 18 trials in {time.monotonic() - began:.1f} s")


def run(bench: Bench, slurm: Slurm) -> None:
    full = bench.folder / f"{OUT}.shards/{ON_A_FULL_DISK}-of-{SHARDS}"
    full.mkdir(parents=True)
    # Room for a record, and not for its trials.
    command(["mount", "-t", "tmpfs", "-o", "size=160k", "none", str(full)])
    began = time.monotonic()
    bench.run("submit", "small.toml", "--shards", str(SHARDS), "--time", "30m")
    [job] = bench.submitted(OUT)
    command(["scancel", f"{job}_{NEVER_BEGUN}"])
    expect("submitted before" in bench.run("submit", "small.toml", code=2).stderr, "a second submission is refused")

    for shard in (ORPHANED, AT_ITS_LIMIT, ON_A_DEAD_NODE):
        runner_of(shard)
    at = nodes(job)
    node = at[ON_A_DEAD_NODE]
    expect(node not in (at[KILLED], at[AT_ITS_LIMIT]), f"the first four shards are on another node: {at}")
    lost = sorted(shard for shard, of in at.items() if of == node)
    slurm.kill_node(node)
    kill(parent(parent(runner_of(ORPHANED))))
    runner = runner_of(KILLED)
    wait(lambda: "[1/" in bench.log(OUT, KILLED), 60, "the first trial of a shard")
    kill(runner)
    wait(lambda: state(bench, KILLED) == "stopped", 10, "status tells that a killed shard has stopped")
    expect(state(bench, AT_ITS_LIMIT) == "running", "a shard at work is running")
    command(["scancel", "--signal=USR1", "--batch", f"{job}_{AT_ITS_LIMIT}"])
    wait(lambda: "interrupted" in bench.log(OUT, AT_ITS_LIMIT), 20, "the orderly end of a shard before its time limit")
    # The controller saves what it knows every few seconds: one that dies earlier forgets tasks, which the records bring to light all the same,
    # but not the same ones each time. The node is up again by then, as after a power cut.
    time.sleep(7)
    slurm.restart_controller()
    slurm.start("slurmd", "-N", node)
    slurm.wait_for(job, 150)
    said(f"{SHARDS} shards, of which one was killed, one lost its slurmstepd, one reached its time limit, one had a full disk, one never "
         f"began, {lost} were on a node that died, and the controller was restarted: {time.monotonic() - began:.0f} s")

    status = bench.status(OUT)
    states = [shard["state"] for shard in status["shards"]]
    # A controller that is restarted may have forgotten that the killed shard's task has ended, and run it again.
    expect(states[KILLED] in ("stopped", "done"), f"a killed shard has stopped: {states}")
    expect(states[ON_A_FULL_DISK] in ("stopped", "not_begun"), f"a shard on a full disk has not finished: {states}")
    expect(states[NEVER_BEGUN] == "not_begun", f"a shard that never began has not begun: {states}")
    expect(states[AT_ITS_LIMIT] == "done", f"a shard at its time limit went on by itself: {states}")
    expect(status["trials"] == 18 and status["trials_left"] > 0, f"{status}")
    expect("full" in bench.log(OUT, ON_A_FULL_DISK), f"the full disk is named: {bench.log(OUT, ON_A_FULL_DISK)}")
    went_on = bench.log(OUT, AT_ITS_LIMIT)
    expect(went_on.count("OpenBLAS") >= 2, f"the shard at its limit ran twice: {went_on}")
    wait(lambda: "merge" not in command(["squeue", "-h", "-o", "%j"]), 60, "the merge")
    merged = bench.log(OUT, "merge")
    expect("missing" in merged, f"the merge tells what is missing: {merged}")
    said(f"status and merge tell what is missing: {status['trials_left']} trials of shards "
         f"{[place for place, found in enumerate(states) if found != 'done']}")

    command(["umount", str(full)])
    began = time.monotonic()
    resumed = bench.run("submit", "small.toml", "--resume")
    sent = re.search(r"shards? \(([^)]*)\)", resumed.stderr).group(1)
    slurm.wait_for(bench.submitted(OUT)[-1], 120)
    wait(lambda: "merge" not in command(["squeue", "-h", "-o", "%j"]), 60, "the merge")
    expect(bench.history(OUT) == bench.history("alone"), "the merged history is that of one machine, byte for byte")
    status = bench.status(OUT)
    expect(status["done"] == SHARDS and status["trials_finished"] == 18, f"all is done: {status}")
    expect("every trial is in a record" in bench.run("submit", "small.toml", "--resume").stderr, "nothing is submitted again")
    said(f"submit --resume sent shards {sent}: the history of one machine, byte for byte, after {time.monotonic() - began:.0f} s")


def runner_of(shard: int) -> int:
    """The process of a shard's runner, once there is one."""
    found: list[int] = []

    def is_there() -> bool:
        found[:] = [pid for pid in processes(f" --shard {shard}/{SHARDS} ") if program(pid).startswith("runner")]
        return bool(found)

    wait(is_there, 60, f"the runner of shard {shard}")
    return found[0]


def program(pid: int) -> str:
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


def parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return int(stat.read().rsplit(")", 1)[1].split()[1])


def nodes(job: str) -> dict[int, str]:
    """The nodes of the tasks that run."""
    lines = command(["squeue", "-h", "-r", "-t", "R", "-j", job, "-o", "%i %N"], check=False).splitlines()
    return {int(task.split("_")[1]): node for task, node in (line.split() for line in lines)}


def state(bench: Bench, shard: int) -> str:
    return bench.status(OUT)["shards"][shard]["state"]
