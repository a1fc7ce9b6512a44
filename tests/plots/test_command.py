"""scripts/plot.py as a person runs it."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from support import DEPTH, RATE, record
import plot


def drawn(*arguments: object) -> tuple[int, str, str]:
    """The exit code and what was printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = plot.main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code
    return code, out.getvalue(), err.getvalue()


class Command(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = record(Path(cls.temporary.name) / "r", {RATE: [0.1, 0.2, 0.3], DEPTH: [2, 4]},
                            lambda p: {"final_cost": p[RATE], "train_accuracy": 0.9, "test_accuracy": 0.6},
                            lambda p: [(0, 0.7, None), (10, p[RATE], None)])

    @classmethod
    def tearDownClass(cls) -> None:
        cls.temporary.cleanup()

    def test_all_pictures_are_drawn_and_their_paths_printed(self) -> None:
        code, out, err = drawn(self.folder, "--format", "png", "--out", self.folder / "all")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([Path(line).name for line in out.split()],
                         ["cost.png", "best.png", "final-learning-rate.png", "final-depth.png", "heatmap.png"])

    def test_a_picture_of_the_best_that_is_asked_for_and_not_drawn_is_said(self) -> None:
        def said(folder: Path, *options: str) -> tuple[int, str]:
            code, out, err = drawn(folder, "--format", "png", "--out", self.folder / "best", *options)
            self.assertNotIn("best.png", out)
            return code, err
        chooses = "chooses other pictures; leave it out, and the best settings are drawn\n"
        self.assertEqual(said(self.folder, "--metric", "test_accuracy", "--best", "2"), (0, f"warning: --best 2: --metric {chooses}"))
        self.assertEqual(said(self.folder, "--x", "depth", "--best", "2"), (0, f"warning: --best 2: --x {chooses}"))
        alone = record(self.folder / "one", {"seed": [1, 2]}, lambda p: {"final_cost": 0.1}, lambda p: [(0, 0.7, None)])
        self.assertEqual(said(alone, "--best", "2"),
                         (0, "warning: --best 2: there is one setting, and no other that it is better than\n"))
        for options in (["--metric", "test_accuracy"], ["--x", "depth", "--best", "0"]):
            self.assertEqual(said(self.folder, *options), (0, ""))
        self.assertIn("best.png", drawn(self.folder, "--format", "png", "--out", self.folder / "best", "--best", "9")[1])

    def test_text_in_svg_and_pdf_is_text(self) -> None:
        drawn(self.folder, "--format", "svg,pdf", "--x", "depth", "--label", "depth=number of layers")
        picture = (self.folder / "plots" / "final-depth.svg").read_text()
        self.assertIn(">number of layers</text>", picture)
        pdf = (self.folder / "plots" / "final-depth.pdf").read_bytes()
        self.assertIn(b"/Type0", pdf)
        self.assertNotIn(b"/Type3", pdf)

    def test_the_same_record_gives_the_same_bytes(self) -> None:
        pictures = []
        for name in ("a", "b"):
            drawn(self.folder, "--out", self.folder / name, "--metric", "test_accuracy")
            pictures.append({path.name: path.read_bytes() for path in (self.folder / name).iterdir()})
        self.assertEqual(pictures[0], pictures[1])
        self.assertEqual(len(pictures[0]), 6)

    def test_x_and_y_choose_the_map(self) -> None:
        code, out, _ = drawn(self.folder, "--format", "png", "--x", "depth", "--y", "learning_rate", "--width", "4")
        self.assertEqual((code, [Path(line).name for line in out.splitlines()]), (0, ["heatmap.png"]))

    def test_dollar_signs_in_a_label_are_text(self) -> None:
        label = "depth=cost $5 \\foo$"
        code, _, err = drawn(self.folder, "--format", "svg,png,pdf", "--out", self.folder / "dollars", "--label", label)
        self.assertEqual((code, err), (0, ""))
        self.assertIn(">cost $5 \\foo$</text>", (self.folder / "dollars" / "final-depth.svg").read_text())

    def test_seeds_are_no_side_of_a_picture_of_settings(self) -> None:
        folder = record(self.folder / "seeds", {RATE: [0.1, 0.2], "seed": [1, 2]}, lambda p: {"final_cost": p[RATE]},
                        lambda p: [(0, 0.7, None)])
        for options in (["--x", "seed"], ["--x", "learning_rate", "--y", "seed"]):
            code, out, err = drawn(folder, *options)
            self.assertEqual((code, out), (2, ""))
            self.assertIn("seed: scores are means over the seeds; ask for train.learning_rate", err)
        alone = record(self.folder / "alone", {"seed": [1, 2]}, lambda p: {"final_cost": 0.1}, lambda p: [(0, 0.7, None)])
        self.assertEqual(drawn(alone, "--x", "seed", "--format", "png")[0], 0)

    def test_what_is_not_there_is_told_in_one_line(self) -> None:
        for arguments, message in (
            (["--x", "width"], "--x width: is not swept here; swept are train.learning_rate, model.depth"),
            (["--x", "depth", "--y", "model.depth"], "--x and --y are both model.depth"),
            (["--metric", "dead_relu"], "neither recorded nor a score here; there are cost, final_cost"),
            (["--label", "depth"], "not of the form KEY=TEXT"),
            (["--where", "depth = 9"], "no finished trial of 6 fits depth = 9"),
        ):
            code, out, err = drawn(self.folder, *arguments)
            self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)
            self.assertIn(message, err)
        for arguments in (["--y", "depth"], ["--size", "8"], ["--width", "1"], ["--best", "x"], ["--format", "gif"]):
            self.assertEqual(drawn(self.folder, *arguments)[0], 2, arguments)
        self.assertIn("no such results directory", drawn(self.folder / "nowhere")[2])
