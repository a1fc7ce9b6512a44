#!/usr/bin/env python3
# /// script
# requires-python = ">=3.9"
# dependencies = ["matplotlib>=3.6", "numpy>=1.21"]
# ///
"""Draws the plots of a sweep from its results directory, or the curves of one training.

  cost*       cost against iteration: how fast each setting learns, and where it diverges; the same of a metric
  best        the curves of the best settings, each by name
  rungs       successive halving, rung by rung
  final-*     final cost and accuracies against each swept key: which value is best
  heatmap     test accuracy and cost over two keys: which settings train at all

Best is the lowest validation cost, mean over the seeds, where there are validation examples, else the lowest final
cost; a setting with a trial that diverged comes after all others. Examples:

  plot.py results/depth
  plot.py results/depth --where 'depth >= 4 and status = completed' --x learning_rate --y width
  plot.py results/depth --metric gradient_norm --label 'learning_rate=step size' --format pdf --width 5
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Iterator, Optional, Sequence

sys.dont_write_bytecode = True  # a plot leaves nothing behind but plots

try:
    from matplotlib.figure import Figure

    from plotting import best_curves, curves, files, heatmap, outcomes, record, rungs, style, training
    from plotting.asking import AskError, asked
    from plotting.page import Size
    from plotting.sweep import Sweep
    from plotting.wish import Wish
except ModuleNotFoundError as error:
    if error.name not in ("matplotlib", "numpy"):
        raise
    sys.exit(f"error: the plots need the Python package {error.name}: run scripts/setup, "
             "or: python3 -m pip install matplotlib numpy")


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Draws everything the record allows; prints the path of each file. Returns the exit code."""
    options = parse(arguments)
    results = options.results
    out = options.out or (results if results.is_dir() else results.parent) / "plots"
    try:
        sweep = read(results, options.where)
        sweep, wish = asked(sweep, x=options.x, y=options.y, metric=options.metric, best=options.best,
                            size=Size(*(options.size or (options.width, None))), labels=options.label)
        style.use_style()
        drawn = []
        for stem, figure in figures(sweep, wish):
            drawn.append(stem)
            for path in files.write(figure, out, stem, options.format):
                files.tell(path)
        if options.best and "best" not in drawn:
            print(f"warning: --best {options.best}: {best_curves.why_none(sweep, wish)}", file=sys.stderr)
        if not drawn:
            return fail(f"{results}: nothing there to draw by what was asked for")
    except (record.RecordError, AskError) as error:
        return fail(str(error))
    except OSError as error:
        return fail(f"{error.filename or out}: cannot write the plots: {error.strerror or error}")
    return 0


def read(results: Path, where: str) -> Sweep:
    """The sweep in a results directory, or the training that wrote a directory or file."""
    if not results.exists():
        raise record.RecordError(f"{results}: no such results directory; run the sweep first")
    if not (results / record.DATABASE).is_file():
        if where:
            raise record.RecordError(f"{results}: --where chooses trials of a sweep, and there is no results.db")
        return training.read_training(results)
    sweep = record.read_sweep(results, where)
    for table in record.edited_tables(results):
        print(f"warning: {results / table} was edited since it was written; the plots are of results.db",
              file=sys.stderr)
    return sweep


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """Reads and checks the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, metavar="RESULTS",
                        help="the directory that a sweep or a training wrote (e.g. results/depth), or the file of "
                             "runner train --history; it is only read")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to put the plots (default: RESULTS/plots)")
    parser.add_argument("--format", type=formats, default=["png", "svg"], metavar="LIST",
                        help=f"formats with commas between, of {', '.join(files.FORMATS)} (default: png,svg)")
    parser.add_argument("--where", default="", metavar="EXPR",
                        help="only the trials that fit, such as 'depth >= 4 and not (activation = relu or seed > 2)': "
                             "= != < <= > >=, and, or, not; keys, scores and status as runner show names them, "
                             "but for keys that are not swept and at their default, which the record does not have")
    parser.add_argument("--x", metavar="KEY", help="only the scores against this key; with --y, only the map over both")
    parser.add_argument("--y", metavar="KEY", help="the key of the map's other side")
    parser.add_argument("--metric", metavar="NAME",
                        help="only the pictures of this score or recorded metric, e.g. test_accuracy or gradient_norm")
    parser.add_argument("--best", type=count, metavar="K",
                        help="how many of the best settings have their curves drawn (default: 5, if there are more; 0: no such "
                             "picture)")
    parser.add_argument("--label", action="append", default=[], metavar="KEY=TEXT",
                        help="what to call a key; repeatable")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--width", type=inches, metavar="INCHES", help="how wide a picture is (default: 9, or as needed)")
    size.add_argument("--size", type=extent, metavar="WxH", help="how wide and high a picture is, in inches")
    options = parser.parse_args(arguments)
    if options.y and not options.x:
        parser.error("--y is for the map over two keys; give --x too")
    return options


def formats(text: str) -> list[str]:
    """Reads the value of --format. Raises ArgumentTypeError for a format that is not offered."""
    names = list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in files.FORMATS]
    if unknown or not names:
        found = f"unknown format {unknown[0]!r}" if unknown else "no format named"
        raise argparse.ArgumentTypeError(f"{found}; allowed: {', '.join(files.FORMATS)}")
    return names


def count(text: str) -> int:
    """The value of --best. Raises ArgumentTypeError for what is no number from 0 to 20."""
    if text.isdecimal() and int(text) <= 20:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r}: a whole number from 0 to 20")


def inches(text: str) -> float:
    """A length of a picture. Raises ArgumentTypeError for what is no number from 2 to 60."""
    try:
        length = float(text)
    except ValueError:
        length = 0.0
    if not 2 <= length <= 60:
        raise argparse.ArgumentTypeError(f"{text!r}: a number of inches from 2 to 60")
    return length


def extent(text: str) -> tuple[float, float]:
    """The value of --size. Raises ArgumentTypeError for what is not of the form 8x5."""
    width, cross, height = text.lower().partition("x")
    if not cross:
        raise argparse.ArgumentTypeError(f"{text!r}: width and height in inches, such as 8x5")
    return inches(width), inches(height)


def figures(sweep: Sweep, wish: Wish) -> Iterator[tuple[str, Figure]]:
    """Every picture that is asked for with its file name, without the ending."""
    if not wish.x:
        yield from curves.curve_figures(sweep, wish)
        if not wish.metric:
            yield from rungs.rung_figures(sweep, wish)
            yield from best_curves.best_figures(sweep, wish)
    if not wish.y:
        yield from outcomes.outcome_figures(sweep, wish)
    if wish.y or not wish.x:
        yield from heatmap.heatmap_figures(sweep, wish)


def fail(message: str) -> int:
    """Reports an error in one line; returns the exit code of bad input."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
