"""The comparison in one table and one picture: the time of the best peer over that of Layerchain."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

from matplotlib import pyplot, ticker

from cases import CASES
from entry import Entry

COLOURS = {1: "#0072b2", 2: "#d55e00"}


@dataclass(frozen=True)
class Row:
    """A case on some threads: in each round, the best peer's time over Layerchain's."""

    case: str
    dtype: str
    threads: int
    peer: str
    peer_ms: float
    our_ms: float
    ratios: list[float]


def rows(entries: list[Entry]) -> list[Row]:
    """Returns a row for each case, type and number of threads at which Layerchain and a peer were timed."""
    found = []
    for case, dtype in dict.fromkeys((e.case, e.dtype) for e in entries):
        group = [e for e in entries if (e.case, e.dtype) == (case, dtype)]
        for ours in [e for e in group if e.who == "layerchain"]:
            # One net of the course's is trained by one thread, whatever the peers use.
            peers = [e for e in group if not e.who.startswith("layerchain") and "-dual" not in e.who
                     and (e.threads == ours.threads or case == "course")]
            if not peers:
                continue
            best = [min(values) for values in zip(*(e.milliseconds for e in peers))]
            peer = min(peers, key=lambda e: statistics.median(e.milliseconds))
            ratios = [theirs / own for theirs, own in zip(best, ours.milliseconds)]
            found.append(Row(case, dtype, ours.threads, peer.who, statistics.median(peer.milliseconds),
                             statistics.median(ours.milliseconds), ratios))
    return found


def as_table(found: list[Row]) -> list[str]:
    lines = ["| net | | threads | best peer | its ms | layerchain | times as long |", "|---|---|---|---|---|---|---|"]
    for row in found:
        ratio = f"{times(statistics.median(row.ratios))} ({times(min(row.ratios))} to {times(max(row.ratios))})"
        lines.append(f"| {CASES[row.case].title()} | {row.dtype} | {row.threads} | {row.peer} | {row.peer_ms:.3g} | "
                     f"{row.our_ms:.3g} | {ratio} |")
    return lines


def times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def draw(found: list[Row], path: Path) -> None:
    """Draws a point for each row, the median with its range, on one logarithmic scale."""
    labels = [f"{CASES[row.case].title()}, {row.dtype}".replace(", ", "\n", 1) for row in found]
    places = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    figure, panel = pyplot.subplots(figsize=(9, 0.46 * len(places) + 1), layout="constrained")
    for row, label in zip(found, labels):
        place = places[label] + (labels.count(label) > 1) * (0.17 if row.threads > 1 else -0.17)
        colour = COLOURS[1 if row.threads == 1 else 2]
        panel.hlines(place, min(row.ratios), max(row.ratios), colors=colour, linewidth=2)
        panel.scatter(statistics.median(row.ratios), place, color=colour, s=40, zorder=2)
        panel.annotate(times(statistics.median(row.ratios)), (max(row.ratios), place), xytext=(5, 0),
                       textcoords="offset points", va="center", fontsize=10, color=colour)
    for threads in sorted({row.threads for row in found}):
        colour = COLOURS[1 if threads == 1 else 2]
        panel.scatter([], [], color=colour, s=40, label=f"{threads} thread{'s' * (threads > 1)}")
    panel.axvline(1, color="#888888", linewidth=1)
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    panel.xaxis.set_major_formatter("{x:g}")
    panel.xaxis.set_minor_formatter(ticker.NullFormatter())
    panel.set_yticks(list(places.values()), list(places), fontsize=9)
    panel.invert_yaxis()
    panel.margins(x=0.08)
    figure.supxlabel("how many times as long the best of PyTorch, JAX, NumPy and scikit-learn takes as Layerchain", fontsize=10)
    panel.grid(axis="x", color="#dddddd", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.legend(loc="upper center", frameon=False, fontsize=10)
    figure.savefig(path, dpi=120, metadata={"Software": None})
    pyplot.close(figure)
