#!/usr/bin/env python3
# /// script
# requires-python = ">=3.9"
# dependencies = ["matplotlib>=3.5", "numpy>=1.21"]
# ///
"""Draws the plots of a sweep from its results directory.

  cost*       cost against iteration: how fast each setting learns, and where it diverges
  final-*     final cost and accuracies against each swept key: which value is best
  heatmap     final cost and test accuracy over depth and learning rate: which settings train at all
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Iterator, Optional, Sequence

sys.dont_write_bytecode = True  # a plot leaves nothing behind but plots

try:
    from plotting import curves, heatmap, outcomes, record, style
except ModuleNotFoundError as error:
    if error.name not in ("matplotlib", "numpy"):
        raise
    sys.exit(f"error: the plots need the Python package {error.name}: run scripts/setup, "
             "or: python3 -m pip install matplotlib numpy")


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Draws everything the record allows; prints the path of each file. Returns the exit code."""
    options = parse(arguments)
    out = options.out or options.results / "plots"
    try:
        sweep = record.read_sweep(options.results)
        for table in sweep.edited:
            print(f"warning: {options.results / table} was edited since it was written; the plots are of results.db",
                  file=sys.stderr)
        style.use_style()
        for stem, figure in figures(sweep):
            for path in style.write(figure, out, stem, options.format):
                style.tell(path)
    except record.RecordError as error:
        return fail(str(error))
    except OSError as error:
        return fail(f"{error.filename or out}: cannot write the plots: {error.strerror or error}")
    return 0


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """Reads and checks the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, metavar="RESULTS",
                        help="the directory a sweep wrote, with its results.db (e.g. results/depth); it is only read")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to put the plots (default: RESULTS/plots)")
    parser.add_argument("--format", type=formats, default=["png", "svg"], metavar="LIST",
                        help=f"formats with commas between, of {', '.join(style.FORMATS)} (default: png,svg)")
    return parser.parse_args(arguments)


def formats(text: str) -> list[str]:
    """Reads the value of --format. Raises ArgumentTypeError for a format that is not offered."""
    names = list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in style.FORMATS]
    if unknown or not names:
        found = f"unknown format {unknown[0]!r}" if unknown else "no format named"
        raise argparse.ArgumentTypeError(f"{found}; allowed: {', '.join(style.FORMATS)}")
    return names


def figures(sweep: record.Sweep) -> Iterator[tuple[str, style.Figure]]:
    """Yields every picture of a sweep with its file name, without the ending."""
    yield from curves.cost_figures(sweep)
    yield from outcomes.outcome_figures(sweep)
    yield from heatmap.heatmap_figures(sweep)


def fail(message: str) -> int:
    """Reports an error in one line; returns the exit code of bad input."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
