"""A directory with data, experiments, and the runner."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

SMALL = """
name = "small"

[data]
set = "drawn"

[model]
width = 12
activation = "identity"
init = "he"

[train]
iterations = {iterations}
record_every = 300

[sweep]
"model.depth" = [1, 2, 3]
"train.learning_rate" = {{ from = 0.001, to = 0.1, count = 3, scale = "log" }}
seed = [1, 2]
"""


class Bench:
    """The user's directory."""

    def __init__(self, folder: Path, runner: Path):
        self.folder, self.runner = folder, runner
        folder.mkdir(parents=True)
        # A user's own files have no part in this, and the variable of one machine must not reach the nodes.
        os.environ["HOME"] = str(folder)
        os.environ["OPENBLAS_CORETYPE"] = "Haswell"
        os.environ.pop("XDG_CONFIG_HOME", None)
        self.run("data", "generate", "--train", "40", "--test", "12", "--side", "8")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def run(self, *words: str, code: int = 0, **options) -> subprocess.CompletedProcess:
        done = subprocess.run([self.runner, *words], cwd=self.folder, capture_output=True, text=True, timeout=1800, **options)
        if done.returncode != code:
            raise SystemExit(f"runner {' '.join(words)}: {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        return done

    def one_machine(self, experiment: str, out: str, jobs: int = 1) -> bytes:
        """The history of the sweep on one machine, with the core that the nodes choose."""
        environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
        self.run("sweep", experiment, "-j", str(jobs), "--out", out, "--progress", "none", env=environment)
        return self.history(out)

    def history(self, out: str) -> bytes:
        return (self.folder / out / "history.csv").read_bytes()

    def submitted(self, out: str) -> list[str]:
        """The numbers of the array jobs of a sweep."""
        return json.loads((self.folder / f"{out}.shards" / "submission.json").read_text())["jobs"]

    def status(self, out: str) -> dict:
        """What `runner status` says."""
        done = subprocess.run([self.runner, "status", f"{out}.shards", "--json"], cwd=self.folder, capture_output=True, text=True,
                              timeout=120)
        if done.returncode not in (0, 1):
            raise SystemExit(f"runner status: {done.returncode}\n{done.stderr}")
        status = json.loads(done.stdout)
        expect((done.returncode == 0) == (status["trials_finished"] == status["trials"]), f"exit code {done.returncode} of {status}")
        return status

    def log(self, out: str, shard: int | str) -> str:
        path = self.folder / f"{out}.shards" / "log" / f"{shard}.txt"
        return path.read_text() if path.exists() else ""


def expect(is_so: bool, what: str) -> None:
    if not is_so:
        raise SystemExit(f"cluster: FAILED: {what}")


def said(what: str) -> None:
    print(f"cluster: {what}", flush=True)
