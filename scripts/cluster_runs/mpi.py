"""One net shared by the ranks of an MPI job on both nodes: the bytes of one rank, also after a rank was killed and the job has begun again."""

from __future__ import annotations

import os
import time
from pathlib import Path

from bench import Bench, expect, said
from slurm import Slurm, kill, processes, run as command, wait

EXPERIMENT = """
name = "shared"

[data]
train = "pictures/train_drawn.h5"
test = "pictures/test_drawn.h5"

[model]
hidden = [64, 32]
init = "he"

[train]
learning_rate = 0.02
iterations = {iterations}

[run]
checkpoint_every = "500 iterations"
"""
AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
MPIRUN = ["mpirun", "--bind-to", "none", "--mca", "oob_tcp_if_include", "lo", "--mca", "btl_tcp_if_include", "lo"]
# mpirun takes the nodes from the job, and starts its servers there by srun.
JOB = """#!/bin/bash
#SBATCH --nodes=2 --ntasks=2 --ntasks-per-node=1 --requeue --open-mode=append --output=mpi.txt
unset OPENBLAS_CORETYPE
export {variables}
{mpirun} {runner} train shared.toml --mpi --force --out of-two-nodes.h5 && exit
[ "${{SLURM_RESTART_COUNT:-0}}" -lt 3 ] && scontrol requeue "$SLURM_JOB_ID"
exit 1
"""


def run(bench: Bench, slurm: Slurm) -> None:
    began = time.monotonic()
    # Eight micro-batches, four for each rank.
    bench.run("data", "generate", "--out", "pictures", "--train", "256", "--test", "12", "--side", "8")
    bench.write("shared.toml", EXPERIMENT.format(iterations=3000))
    bench.write("mpi.sh", JOB.format(runner=bench.runner, mpirun=" ".join(MPIRUN), variables=" ".join(f"{name}={value}" for name, value in AS_ROOT.items())))
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"} | AS_ROOT
    command([*MPIRUN, "-np", "1", str(bench.runner), "train", "shared.toml", "--mpi", "--out", "of-one-rank.h5"], cwd=bench.folder, env=environment)
    job = command(["sbatch", "--parsable", "mpi.sh"], cwd=bench.folder).strip()
    checkpoint = bench.folder / "of-two-nodes.h5.ckpt"
    wait(checkpoint.exists, 60, "a checkpoint of the net on two nodes")
    ranks = [pid for pid in processes("--out of-two-nodes.h5") if runs(pid, bench.runner)]
    expect(len(ranks) == 2, f"there are two ranks: {ranks}")
    kill(ranks[1])
    slurm.wait_for(job, 120)
    log = (bench.folder / "mpi.txt").read_text()
    expect("goes on from iteration" in log, f"the job has begun again, from its checkpoint: {log}")
    one, two = ((bench.folder / name).read_bytes() for name in ("of-one-rank.h5", "of-two-nodes.h5"))
    expect(one == two, f"the model of two nodes is that of one rank, byte for byte: {log}")
    said(f"a net on two nodes, of which a rank was killed: the model of one rank, byte for byte, after {time.monotonic() - began:.0f} s")


def runs(pid: int, program: Path) -> bool:
    try:
        return Path(os.readlink(f"/proc/{pid}/exe")) == program
    except OSError:
        return False
