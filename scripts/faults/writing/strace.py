"""Programs whose system calls fail, or in which they are killed."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# The calls that write or name files. strace ignores those that this machine doesn't have ("?").
CALLS = ["write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "ftruncate", "close"]
LINE = re.compile(r"^(?P<thread>\d+) +(?P<call>\w+)\((?P<rest>.*)$")


@dataclass
class Ended:
    """The end of a run, and the faults that were injected."""

    code: int  # below 0: by a signal
    stderr: str
    points: dict[str, set[int]]  # for each call, the numbers (per thread) of those about a file of the folder or stdout
    injected: list[str]  # the paths of the calls that failed
    synced_later: bool  # every failed sync was followed by a successful one of the same file


def run(command: list[str], folder: Path, fault: str | None, timeout: float = 120, calls: list[str] = CALLS,
        is_about: Callable[[str], bool] | None = None) -> Ended:
    """Runs a command in `folder` with a fault such as `write:error=EIO:when=3`. Points are those of `calls` about a file of the folder or
    stdout, or about a path that `is_about` takes.

    strace counts the calls of each thread for itself, so that the n-th call of every thread fails.
    """
    log = folder.parent / f"{folder.name}.strace"
    # Where seccomp stops a process, strace 6.1 loses the signal.
    quick = [] if fault and ":signal=" in fault else ["--seccomp-bpf"]
    traced = ["strace", "-f", "-y", *quick, "-qq", "-s", "0", "-o", str(log),
              "-e", "trace=" + ",".join("?" + call for call in calls)]
    if fault:
        traced += ["-e", f"inject={fault}"]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(traced + command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=timeout, check=False)
    ended = Ended(done.returncode, done.stderr.decode(errors="replace"), {}, [], True)
    counts: Counter[tuple[str, str]] = Counter()
    is_about = is_about or (lambda path: path.startswith(str(folder)) or path in ("1", "2"))
    unsynced = set()
    for line in log.read_text(errors="replace").splitlines():
        found = LINE.match(line)
        if not found:
            continue
        call, rest = found["call"], found["rest"]
        counts[found["thread"], call] += 1
        path = about(rest)
        if is_about(path):
            ended.points.setdefault(call, set()).add(counts[found["thread"], call])
        if "(INJECTED)" in rest:
            ended.injected.append(path)
        if call in ("fsync", "fdatasync"):
            (unsynced.add if "(INJECTED)" in rest else unsynced.discard)(path)
    log.unlink()
    ended.synced_later = not unsynced
    return ended


def about(arguments: str) -> str:
    """Returns the path that a call is about, or the descriptor if it has none, as stdout."""
    named = re.match(r'(?:AT_FDCWD(?:<(?P<folder>[^>]*)>)?, )?"(?P<name>[^"]*)"', arguments)
    if named:
        return os.path.join(named["folder"] or "", named["name"])
    number = re.match(r"(?P<number>-?\d+)(?:<(?P<path>[^>]*)>)?", arguments)
    if not number:
        return ""
    path = number["path"] or ""
    return path if path.startswith("/") else number["number"]
