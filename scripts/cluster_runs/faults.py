"""Everything that goes wrong on a cluster, in one submitted sweep: `status` tells the truth, and `submit --resume` leads to the same bytes."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import NamedTuple

from bench import SMALL, Bench, expect, said
from slurm import Slurm, kill, processes, run as command, wait

SHARDS = 8
# What happens to the first shards, which begin at once, and to the last one.
KILLED, ORPHANED, AT_ITS_LIMIT, ON_A_FULL_DISK, ON_A_DEAD_NODE, NEVER_BEGUN = 0, 1, 2, 3, 6, 7
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
    lost = disturb(bench, slurm, job)
    slurm.wait_for(job, 150)
    wait(lambda: not runners(f" --shard [0-9]+/{SHARDS} "), 60, "the end of shards that Slurm does not know of")
    said(f"{SHARDS} shards, of which one was killed, one lost its slurmstepd and refused a second runner, one reached its time limit, one had a "
         f"full disk, one never began, {lost} were on a node that died and began again on the other one, and the controller was restarted: "
         f"{time.monotonic() - began:.0f} s")
    missing(bench, lost)
    command(["umount", str(full)])
    resume(bench, slurm)


def disturb(bench: Bench, slurm: Slurm, job: str) -> list[int]:
    """Does to the shards what can go wrong. Returns those on the node that dies."""
    orphan, at_limit, killed = (runner_of(shard) for shard in (ORPHANED, AT_ITS_LIMIT, KILLED))
    on_a_dead_node = runner_of(ON_A_DEAD_NODE)
    wait(lambda: f"shard {ON_A_DEAD_NODE}/" in bench.log(OUT, ON_A_DEAD_NODE), 60, "the record of a shard")
    os.kill(on_a_dead_node, signal.SIGSTOP)  # It ends with its node, and not before.
    at = nodes(job)
    node = at[ON_A_DEAD_NODE]
    expect(node not in (at[KILLED], at[ORPHANED], at[AT_ITS_LIMIT]), f"the first four shards are on another node: {at}")
    wait(lambda: f"shard {ORPHANED}/" in bench.log(OUT, ORPHANED), 60, "the record of a shard")
    script = parent(orphan)
    step = parent(script)
    kill(step)
    wait(lambda: parent(script) != step, 10, "the end of a slurmstepd")
    # It holds its record until the second runner of the shard has come. Stopped earlier it would get SIGHUP when its group loses slurmstepd.
    os.kill(orphan, signal.SIGSTOP)
    # Its trials are one fleet, which ends whole.
    wait(lambda: f"shard {AT_ITS_LIMIT}/" in bench.log(OUT, AT_ITS_LIMIT), 60, "the record of a shard")
    os.kill(at_limit, signal.SIGSTOP)
    wait(lambda: "[1/" in bench.log(OUT, KILLED), 60, "the first trial of a shard")
    os.kill(killed, signal.SIGKILL)
    lost = sorted(shard for shard, of in nodes(job).items() if of == node)
    expect(ON_A_DEAD_NODE in lost, f"a shard of the other node is at work: {lost}")
    slurm.kill_node(node)
    all_run = time.monotonic()
    wait(lambda: state(bench, KILLED) == "stopped", 10, "status tells that a killed shard has stopped")
    expect(state(bench, AT_ITS_LIMIT) == "running", "a shard at work is running")
    os.kill(at_limit, signal.SIGCONT)
    command(["scancel", "--signal=USR1", "--batch", f"{job}_{AT_ITS_LIMIT}"])
    wait(lambda: "interrupted" in bench.log(OUT, AT_ITS_LIMIT), 20, "the orderly end of a shard before its time limit")
    # Nodes report their tasks once a minute, or when they read their configuration again; the controller misses one that is at least
    # BatchStartTimeout + MessageTimeout old.
    time.sleep(max(0.0, all_run + 21 - time.monotonic()))
    second_runner(bench, slurm, job, orphan, at[ORPHANED])
    dead_node(slurm, job, node, lost)
    return lost


def second_runner(bench: Bench, slurm: Slurm, job: str, orphan: int, node: str) -> None:
    """Lets Slurm begin a shard again whose first runner is still there, without its slurmstepd."""
    os.kill(slurm.pid(f"slurmd.{node}"), signal.SIGHUP)
    wait(lambda: ran(job, ORPHANED).ended, 60, "the second runner of a shard without its slurmstepd")
    second, log = ran(job, ORPHANED), bench.log(OUT, ORPHANED)
    expect(second.exit_code == 2 and "another runner is at work here" in log, f"a second runner is refused: {second}\n{log}")
    expect(state(bench, ORPHANED) == "running", "the shard goes on without its task")
    os.kill(orphan, signal.SIGCONT)


def dead_node(slurm: Slurm, job: str, node: str, lost: list[int]) -> None:
    """Waits until the shards of a dead node are on another one, restarts the controller, and lets the node return."""
    wait(lambda: all(ran(job, shard).node not in ("", node) for shard in lost), 60, f"shards {lost} on another node than {node}")
    expect(slurm.node_state(node).startswith("DOWN"), f"the node is down meanwhile: {slurm.node_state(node)}")
    at_work = runner_of(ON_A_DEAD_NODE)
    os.kill(at_work, signal.SIGSTOP)
    # The controller saves what it knows every five seconds. One that has forgotten that a task has begun starts it again, and may hold it.
    time.sleep(6)
    slurm.restart_controller()
    slurm.start("slurmd", "-N", node)
    os.kill(at_work, signal.SIGCONT)
    wait(lambda: re.fullmatch(r"(IDLE|MIXED|ALLOCATED)(\+PLANNED)?", slurm.node_state(node)), 30, "the return of the node")


def missing(bench: Bench, lost: list[int]) -> None:
    """Checks what status, the logs and the merge tell of the shards, of which `lost` were on the node that died."""
    status = bench.status(OUT)
    states = [shard["state"] for shard in status["shards"]]
    # A controller that is restarted may have forgotten that the killed shard's task has ended, and run it again.
    expect(states[KILLED] in ("stopped", "done"), f"a killed shard has stopped: {states}")
    expect(states[ON_A_FULL_DISK] in ("stopped", "not_begun"), f"a shard on a full disk has not finished: {states}")
    expect(states[NEVER_BEGUN] == "not_begun", f"a shard that never began has not begun: {states}")
    expect(states[AT_ITS_LIMIT] == "done", f"a shard at its time limit went on by itself: {states}")
    expect(states[ORPHANED] == "done", f"a shard without its task has finished: {states}")
    expect(all(states[shard] == "done" for shard in lost), f"the shards of the dead node have finished: {states}")
    expect(status["trials"] == 18 and status["trials_left"] > 0, f"{status}")
    log = bench.log(OUT, ON_A_FULL_DISK)
    # By SQLite, or by the system if the record has found room and a file beside it has not.
    expect("disk is full" in log or "No space left on device" in log, f"the full disk is named: {log}")
    went_on = bench.log(OUT, AT_ITS_LIMIT)
    expect(went_on.count("OpenBLAS") >= 2, f"the shard at its limit ran twice: {went_on}")
    wait(lambda: "merge" not in command(["squeue", "-h", "-o", "%j"]), 60, "the merge")
    merged = bench.log(OUT, "merge")
    expect("missing" in merged, f"the merge tells what is missing: {merged}")
    said(f"status and merge tell what is missing: {status['trials_left']} trials of shards "
         f"{[place for place, found in enumerate(states) if found != 'done']}")


def resume(bench: Bench, slurm: Slurm) -> None:
    """Submits what is missing, and compares the merged history with that of one machine."""
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
        found[:] = runners(f" --shard {shard}/{SHARDS} ")
        return bool(found)

    wait(is_there, 60, f"the runner of shard {shard}")
    return found[0]


def runners(words: str) -> list[int]:
    """The runners whose command lines have these words, a regular expression."""
    return [pid for pid in processes(words) if program(pid).startswith("runner")]


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


class Ran(NamedTuple):
    """A task as Slurm knows it: its last node, empty while it waits, and its end."""

    node: str
    ended: bool
    exit_code: int


def ran(job: str, shard: int) -> Ran:
    found = dict(re.findall(r"(\w+)=(\S*)", command(["scontrol", "show", "job", "-o", f"{job}_{shard}"], check=False)))
    ended = found.get("JobState") in ("COMPLETED", "FAILED")
    is_waiting = found.get("JobState", "PENDING") == "PENDING"
    return Ran("" if is_waiting else found.get("NodeList", ""), ended, int(found.get("ExitCode", "0:0").split(":")[0]))


def state(bench: Bench, shard: int) -> str:
    return bench.status(OUT)["shards"][shard]["state"]
