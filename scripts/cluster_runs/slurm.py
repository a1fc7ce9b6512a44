"""A Slurm of two virtual nodes on this machine, in a directory of its own."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import time
from pathlib import Path

CONFIGURATION = """
ClusterName=layerchain
SlurmctldHost=onehost(127.0.0.1)
SlurmctldPort=17000
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge/sock,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool/%n
SlurmctldPidFile={root}/run/slurmctld.pid
SlurmdPidFile={root}/run/slurmd.%n.pid
SlurmctldLogFile={root}/log/slurmctld.log
SlurmdLogFile={root}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
SlurmdTimeout=10
KillWait=5
MinJobAge=3600
NodeName=n1 NodeHostname=onehost NodeAddr=127.0.0.1 Port=17001 CPUs={cpus} RealMemory=8000 State=UNKNOWN
NodeName=n2 NodeHostname=onehost NodeAddr=127.0.0.1 Port=17002 CPUs={cpus} RealMemory=8000 State=UNKNOWN
PartitionName=p Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""


class Slurm:
    """The controller and both nodes."""

    def __init__(self, root: Path, cpus: int):
        self.root = root
        for name in ("munge", "state", "spool", "log", "run"):
            (root / name).mkdir(parents=True)
        (root / "munge").chmod(0o711)
        key = root / "munge" / "key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o600)
        (root / "slurm.conf").write_text(CONFIGURATION.format(root=root, cpus=cpus))
        os.environ["SLURM_CONF"] = str(root / "slurm.conf")
        munge = root / "munge"
        run(["munged", "--force", "--num-threads=1", f"--key-file={key}", f"--socket={munge}/sock", f"--pid-file={munge}/pid",
             f"--log-file={munge}/log", f"--seed-file={munge}/seed"])
        self.start("slurmctld", "-c")
        self.start("slurmd", "-N", "n1")
        self.start("slurmd", "-N", "n2")
        wait(lambda: run(["sinfo", "-h", "-o", "%T"]).split() == ["idle"], 30, "both nodes")

    def start(self, *words: str) -> None:
        run(list(words))

    def last_words(self) -> str:
        """The ends of the logs."""
        logs = sorted((self.root / "log").iterdir())
        return "\n".join(line for log in logs for line in [f"{log.name}:", *log.read_text().splitlines()[-50:]])

    def pid(self, name: str) -> int:
        return int((self.root / "run" / f"{name}.pid").read_text())

    def restart_controller(self) -> None:
        old = self.pid("slurmctld")
        os.kill(old, signal.SIGKILL)
        wait(lambda: old not in processes("slurmctld"), 10, "the end of slurmctld")
        self.start("slurmctld")

    def kill_node(self, node: str) -> None:
        """Kills a node's daemon and everything that it runs, as a power cut does."""
        os.kill(self.pid(f"slurmd.{node}"), signal.SIGKILL)
        for pid in self.on_node(node):
            kill_tree(pid)

    def node_state(self, node: str) -> str:
        """Such as IDLE, MIXED+PLANNED or DOWN*+NOT_RESPONDING."""
        return re.search(r" State=(\S+)", run(["scontrol", "show", "node", "-o", node])).group(1)

    def on_node(self, node: str) -> list[int]:
        """The step daemons of a node's jobs."""
        steps = []
        for line in run(["squeue", "-h", "-r", "-t", "R", "-w", node, "-o", "%A"]).split():
            steps += [pid for pid in processes(rf"slurmstepd: \[{line}\.")]
        return steps

    def states(self, job: str) -> dict[int, str]:
        """The states of the tasks of a job that Slurm still has."""
        states = {}
        for line in run(["squeue", "-h", "-r", "-j", job, "-o", "%i %T"], check=False).splitlines():
            task, state = line.split()
            if "_" in task:
                states[int(task.split("_")[1])] = state
        return states

    def job_of(self, job: str, task: int) -> str:
        """The number of its own that a task has."""
        return run(["squeue", "-h", "-r", "-j", f"{job}_{task}", "-o", "%A"]).strip()

    def wait_for(self, job: str, seconds: float) -> None:
        """Waits until Slurm has no task of a job any more."""
        wait(lambda: not run(["squeue", "-h", "-j", job], check=False).strip(), seconds, f"the end of job {job}")


def run(words: list[str], check: bool = True, **options) -> str:
    """Runs a command, which may not hang, and returns what it prints."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, **options)
    if check and done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def wait(is_so, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"cluster: {what}: not within {seconds:.0f} s\n" + run(["squeue"], check=False) + run(["sinfo"], check=False))
        time.sleep(0.1)


def processes(part: str) -> list[int]:
    """The processes with a command line that has this part, a regular expression."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if re.search(part, line) and int(folder.name) != os.getpid():
                found.append(int(folder.name))
    return found


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def kill_tree(pid: int) -> None:
    below = children(pid)
    kill(pid)
    for child in below:
        kill_tree(child)
