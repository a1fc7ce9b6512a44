"""The scripts that inject faults see what is wrong, and refuse to try nothing."""

import contextlib
import importlib.machinery
import importlib.util
import io
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ROOT / "scripts" / "faults"
sys.dont_write_bytecode = True
sys.path.insert(0, str(FAULTS))

from writing.cases import Case, content  # noqa: E402
from writing.strace import Ended, run  # noqa: E402


def loaded(name):
    """Loads a script, whose name has no ending, as a module."""
    loader = importlib.machinery.SourceFileLoader(f"faults_{name}", str(FAULTS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


blas, checkpoints, files, limits = (loaded(name) for name in ("blas", "checkpoints", "files", "limits"))


class Limits(unittest.TestCase):
    def test_every_code_of_failure_needs_one_line_on_stderr(self):
        for says, ends in (("", False), ("echo error: full", True), ("echo error: full; echo error: again", False),
                           ("echo results: 4 differences found", True)):
            for code in (1, 2, 3):
                command = ["/bin/sh", "-c", f"({says or ':'}) >&2; exit {code}"]
                found, problem = limits.run(command, Path("/"), limits.resource.RLIMIT_NOFILE, 40, 10)
                self.assertEqual((found, problem is None), (code, ends), problem)


class Halves(unittest.TestCase):
    HISTORY = b"trial,iteration,cost\na1,0,0.7\na1,10,0.65\nb2,0,0.71\n"
    TRIALS = b'trial,seed,seconds,reason\na1,1,0.5,"made, all"\nb2,2,0.7,all\n'

    def test_a_table_that_ends_within_a_line_is_no_part_of_the_whole_one(self):
        for end in range(len(self.HISTORY) + 1):
            found = self.HISTORY[:end]
            self.assertEqual(files.is_within(found, self.HISTORY), found.endswith(b"\n"), found)

    def test_a_table_of_trials_is_compared_line_by_line_without_its_seconds(self):
        def read(table):
            path = Path(folder) / "trials.csv"
            path.write_bytes(table)
            return content(path)

        with tempfile.TemporaryDirectory() as folder:
            whole = read(self.TRIALS)
            self.assertEqual(read(self.TRIALS.replace(b"0.5", b"0.9")), whole)
            for end in range(len(self.TRIALS) + 1):
                found = self.TRIALS[:end]
                self.assertEqual(files.is_within(read(found), whole), found.endswith(b"\n"), found)


class Nothing(unittest.TestCase):
    def test_an_unknown_name_is_refused(self):
        for script in ("limits", "signals"):
            done = subprocess.run([sys.executable, FAULTS / script, "--only", "typo"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("argument --only: invalid choice: 'typo'", done.stderr)

    def test_files_refuses_an_unknown_command_and_a_choice_without_a_call(self):
        class Bench:
            points = [("write", 1)]

            def __init__(self, *_):
                pass

        case = Case("check", [], [], lambda folder: None)
        with (mock.patch.object(files, "cases", lambda *_: [case]), mock.patch.object(files, "Bench", Bench),
              mock.patch.object(files.shutil, "which", lambda name: name)):
            for options, message in ((["--only", "typo"], "--only typo: no such command here; allowed: check"),
                                     (["--call", "close"], "nothing was tried")):
                said = io.StringIO()
                arguments = ["files", "--runner", sys.executable, *options]
                with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
                    self.assertEqual(files.main(), 2)
                self.assertIn(message, said.getvalue())

    def test_checkpoints_is_wrong_where_no_call_failed(self):
        with self.assertRaises(SystemExit) as ended, contextlib.redirect_stderr(io.StringIO()):
            with mock.patch.object(sys, "argv", ["checkpoints", "--kills", "0", "--no-calls"]):
                checkpoints.main()
        self.assertEqual(ended.exception.code, 2)
        bench = mock.Mock(whole=b"", **{"folder.side_effect": lambda _: Path(tempfile.mkdtemp()), "contents.return_value": b"",
                                        "resumed.return_value": ([], False)})
        for points in ({}, {"write": {1, 2}}):
            undisturbed = Ended(0, "", points, [], True)
            wrong = []
            with mock.patch.object(checkpoints, "run", lambda *_, **__: undisturbed), contextlib.redirect_stdout(io.StringIO()):
                checkpoints.each_call(bench, "sweep", wrong)
            self.assertEqual(len(wrong), len(checkpoints.FAULTS), wrong)

    def test_blas_refuses_a_training_without_a_call(self):
        bench = mock.Mock(**{"forms.return_value": (set(), set())})
        with self.assertRaises(SystemExit) as ended:
            blas.one_form_at_a_time(bench)
        self.assertIn("no call of a training", ended.exception.code)


def may_trace():
    """Returns whether strace is here, and may trace."""
    return shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


@unittest.skipUnless(may_trace(), "no process may be traced by strace here")
class Injected(unittest.TestCase):
    def test_a_process_is_killed_at_the_call_that_is_named(self):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "work"
            folder.mkdir()
            ended = run(["/bin/sh", "-c", "echo one >a; echo two >b; echo three >c"], folder, "?write:signal=KILL:when=2")
            self.assertEqual((ended.code, (folder / "a").read_text()), (-signal.SIGKILL, "one\n"))
            self.assertFalse((folder / "c").exists())


class Kept(unittest.TestCase):
    def test_mutants_makes_the_folder_for_what_it_keeps_before_it_begins(self):
        with tempfile.TemporaryDirectory() as folder:
            keep = Path(folder) / "a" / "b"
            subprocess.run([sys.executable, FAULTS / "mutants", "--runner", "/bin/false", "--keep", keep], capture_output=True)
            self.assertTrue(keep.is_dir())


if __name__ == "__main__":
    unittest.main()
