"""scripts/setup on machines of all ages, which stand-ins for their programs play; the environment that every script begins with."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# pip says what it is asked for; OpenBLAS can't be had from it.
PIP = """#!/bin/sh
case "$*" in
*--version*) echo "pip $PIP_VERSION from /somewhere" ;;
*openblas.txt*) exit 1 ;;
*) echo "pip $*" ;;
esac
"""
PROGRAMS = {
    "python3": '#!/bin/sh\n[ "$1" != -m ] || { mkdir -p .venv/bin; cp "$STANDINS/pip" .venv/bin/pip; }\n',
    "pip": PIP,
    "cargo": "#!/bin/sh\necho cargo 99.0.0\n",
    "cmake": "#!/bin/sh\necho cmake version 99.0\n",
    "dpkg-query": '#!/bin/sh\ncase "$*" in *Status*) printf installed ;; *) printf %s "$OPENBLAS_VERSION" ;; esac\n',
}


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree, self.standins = Path(folder.name, "tree"), Path(folder.name, "standins")
        shutil.copytree(ROOT / "scripts", self.tree / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "Cargo.toml", self.tree)
        self.standins.mkdir()
        for name, text in PROGRAMS.items():
            (self.standins / name).write_text(text)
            (self.standins / name).chmod(0o755)

    def set_up(self, pip, openblas, **variables):
        environment = {name: value for name, value in os.environ.items() if name != "LAYERCHAIN_BLAS"}
        environment |= {"PATH": f"{self.standins}:/usr/bin:/bin", "HOME": str(self.tree), "STANDINS": str(self.standins)}
        environment |= {"CARGO_HOME": str(self.tree), "PIP_VERSION": pip, "OPENBLAS_VERSION": openblas, **variables}
        return subprocess.run([self.tree / "scripts/setup"], env=environment, capture_output=True, text=True)

    def test_a_pip_that_does_not_know_the_wheels_of_openblas_is_replaced_first(self):
        for version, first in (("20.0.2", "pip.txt"), ("9.0.1", "pip.txt"), ("20.3.4", "requirements.txt"), ("23.2.1", "requirements.txt")):
            shutil.rmtree(self.tree / ".venv", ignore_errors=True)
            asked = self.set_up(version, "0.3.29+ds-1").stdout.splitlines()
            self.assertTrue(asked[0].endswith(f"-r scripts/{first}"), (version, asked))

    def test_an_openblas_of_the_system_that_is_too_old_is_refused_before_the_build(self):
        for version in ("0.3.8+ds-1", "0.3.13+ds-3+deb11u1", "0.3.20+ds-1"):
            done = self.set_up("23.2.1", version)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"error: the system's OpenBLAS is {version.split('+')[0]}, ", done.stderr.splitlines()[-1])
            self.assertEqual(self.set_up("23.2.1", version, LAYERCHAIN_BLAS="mkl").returncode, 0)
        self.assertEqual(self.set_up("23.2.1", "0.3.21+ds-4").returncode, 0)


class Begin(unittest.TestCase):
    def test_programs_are_built_into_target_whatever_the_environment_says(self):
        elsewhere = {name: "/elsewhere" for name in ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_TARGET")}
        script = '. "$1"; cd /; env'
        done = subprocess.run(
            ["bash", "-c", script, "script", "scripts/begin.sh"], cwd=ROOT, env=os.environ | elsewhere, capture_output=True, text=True, check=True
        )
        variables = dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("CARGO_"))
        self.assertEqual(variables.get("CARGO_TARGET_DIR"), str(ROOT / "target"))
        self.assertFalse(variables.keys() & {"CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_TARGET"}, variables)


if __name__ == "__main__":
    unittest.main()
