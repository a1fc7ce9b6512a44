"""Every script says what it does, and does nothing else, when it is called with --help."""

import os
import signal
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WRAPPERS = {"cmake"}  # scripts that pass every option to another program
SECONDS = 60


def scripts():
    """Lists the scripts that people call."""
    for path in sorted((ROOT / "scripts").glob("*")) + sorted((ROOT / "scripts" / "faults").glob("*")):
        if path.is_file() and os.access(path, os.X_OK) and path.name not in WRAPPERS:
            yield path


def help_of(path):
    """Returns what `path --help` prints, and its exit code: None if it went on to do its work, and was ended with all that it had started."""
    environment = {**os.environ, "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        [path, "--help"], cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )
    try:
        return process.communicate(timeout=SECONDS)[0], process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0], None


class Help(unittest.TestCase):
    def test_every_script_says_what_it_does(self):
        found = list(scripts())
        self.assertGreater(len(found), 20)
        for path in found:
            with self.subTest(path.relative_to(ROOT)):
                shell = path.read_text().startswith("#!/usr/bin/env bash")
                if shell:  # before it is run: without this line it would begin its work
                    self.assertIn("begin.sh", path.read_text())
                printed, code = help_of(path)
                self.assertEqual(code, 0, printed)
                self.assertGreater(len(printed.split()), 8)
                if shell:
                    comment = path.read_text().splitlines()[1].removeprefix("# ")
                    self.assertEqual(printed.splitlines()[0], comment)
                    self.assertNotIn("set -euo", printed)


if __name__ == "__main__":
    unittest.main()
