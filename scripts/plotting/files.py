"""How pictures become files, and their names are told."""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path
from typing import Iterable

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

# Without these the same record would give other bytes on every run.
UNDATED = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
FORMATS = tuple(UNDATED)
MARGIN = 0.08  # inches around all that is drawn
DOTS = 150  # a pixel's part of an inch in a PNG


def write(figure: Figure, directory: Path, stem: str, formats: Iterable[str]) -> list[Path]:
    """Writes a figure once for each format, whole or not at all, and returns the paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    frame = _frame(figure)
    for kind in formats:
        picture = io.BytesIO()
        figure.savefig(picture, format=kind, dpi=DOTS, bbox_inches=frame, metadata=UNDATED[kind])
        path = directory / f"{stem}.{kind}"
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(picture.getvalue())
        os.replace(partial, path)
        paths.append(path)
    return paths


def _frame(figure: Figure) -> Bbox:
    """The page as wide as it was asked for, and as high as what is drawn on it; wider only if something sticks out."""
    drawn = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
    return Bbox.from_extents(min(0.0, drawn.x0 - MARGIN), drawn.y0 - MARGIN,
                             max(figure.get_figwidth(), drawn.x1 + MARGIN), drawn.y1 + MARGIN)


def tell(path: Path) -> None:
    """Prints the path of a file that was drawn. A reader that has gone is no reason not to draw the next."""
    try:
        print(path, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def slug(text: str) -> str:
    """A text as part of a file name."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-").lower() or "value"
