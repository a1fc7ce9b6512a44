"""The comparison with peers keeps what it has timed."""

import contextlib
import csv
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

if sys.version_info < (3, 11):
    raise unittest.SkipTest("the comparison needs tomllib, which came with Python 3.11")
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "peers"))

import compare  # noqa: E402
from entry import Entry  # noqa: E402

MACHINE = 'cpu = "a"\ncores = 2\n[blas]\nname = "OpenBLAS"\nversion = "1"\ncore = "Zen"\n'


class Contestant:
    """A peer whose turns take a millisecond, and that fails at the case `large`."""

    def __init__(self, case, dtype, who):
        self.entry, self.machine = Entry(case.name, dtype, who, 1, version="1"), MACHINE

    def turn(self):
        if self.entry.case == "large":
            sys.exit("error: pytorch ended with code 1")
        return 1.0

    def end(self):
        pass


class Failures(unittest.TestCase):
    def test_a_case_that_fails_leaves_the_report_of_those_before_it(self):
        def group(case, dtype, _):
            return [Contestant(case, dtype, who) for who in ("pytorch", "layerchain")]

        with tempfile.TemporaryDirectory() as folder:
            arguments = ["compare.py", "--case", "small", "--case", "medium", "--case", "large", "--rounds", "2", "--out", folder]
            with (mock.patch.object(sys, "argv", arguments), mock.patch.object(compare, "contestants", group),
                  mock.patch.object(compare, "REST", 0), contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit)):
                compare.main()
            with (Path(folder) / "peers.csv").open(newline="") as table:
                self.assertEqual(list(dict.fromkeys(row["case"] for row in csv.DictReader(table))), ["small", "medium"])
            names = ["peers-overview.png", "peers.csv", "peers.md", "peers.png"]
            self.assertEqual(sorted(path.name for path in Path(folder).iterdir()), names)


if __name__ == "__main__":
    unittest.main()
