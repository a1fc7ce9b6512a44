"""The runs of scripts/cluster, inside its namespace."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import faults  # noqa: E402
import large  # noqa: E402
import mpi  # noqa: E402
import ssh  # noqa: E402
from bench import Bench  # noqa: E402
from slurm import Slurm  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", choices=["faults", "ssh", "large", "mpi"], help="run only these")
    parser.add_argument("runner", nargs="?", default="target/debug/runner")
    arguments = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="layerchain-cluster-", ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder) / "work", Path(arguments.runner).resolve())
        faults.before(bench)
        try:
            slurm = Slurm(Path(folder) / "slurm", cpus=4)
        except SystemExit as problem:
            print(f"cluster: skipped: Slurm does not start here: {problem}")
            return
        try:
            if arguments.only in (None, "faults"):
                faults.run(bench, slurm)
            if arguments.only in (None, "ssh"):
                ssh.run(bench, Path(folder) / "ssh")
            if arguments.long or arguments.only == "large":
                large.run(bench, slurm)
            if arguments.only == "mpi":
                mpi.run(bench, slurm)
        except SystemExit:
            print(slurm.last_words(), flush=True)
            raise
    print(f"cluster: all is as it should be, in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
