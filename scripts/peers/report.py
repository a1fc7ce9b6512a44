"""The results of a comparison, as a table for people, a table for programs and a picture."""

from __future__ import annotations

import csv
import statistics
import tomllib
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402

import overview  # noqa: E402
from cases import CASES  # noqa: E402
from entry import Entry  # noqa: E402

BLUE, GREY = "#0072b2", "#999999"


def write(entries: list[Entry], machine: str, out: Path) -> list[Path]:
    """Writes peers.md, peers.csv, peers.png and peers-overview.png into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"peers{ending}" for ending in (".md", ".csv", ".png", "-overview.png")]
    paths[0].write_text(as_markdown(entries, tomllib.loads(machine)))
    with paths[1].open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["case", "dtype", "who", "version", "threads", "nets", "round", "ms_per_net_step"])
        for e in entries:
            for turn, value in enumerate(e.milliseconds, 1):
                table.writerow([e.case, e.dtype, e.who, e.version, e.threads, e.nets, turn, f"{value:.6g}"])
    draw(entries, paths[2])
    overview.draw(overview.rows(entries), paths[3])
    return paths


def groups(entries: list[Entry]) -> list[tuple[str, str, list[Entry]]]:
    """Groups the entries as (case, dtype, entries), in the order in which they were run."""
    keys = list(dict.fromkeys((e.case, e.dtype) for e in entries))
    return [(case, dtype, [e for e in entries if (e.case, e.dtype) == (case, dtype)]) for case, dtype in keys]


def ours(entries: list[Entry], threads: int | None = None) -> Entry:
    """Returns the entry of Layerchain as a user runs it, with this number of threads, or else with the most."""
    found = [e for e in entries if e.who == "layerchain"]
    return next((e for e in found if e.threads == threads), found[-1])


def median(entry: Entry) -> float:
    return statistics.median(entry.milliseconds)


def as_markdown(entries: list[Entry], machine: dict) -> str:
    versions = dict.fromkeys(f"{e.who.split('-stacked')[0].split('-dual')[0].split(',')[0]} {e.version}"
                             for e in entries if " direct" not in e.who)
    blas = machine["blas"]
    lines = [
        "# Layerchain and its peers",
        "",
        f"{machine['cpu']}, {machine['cores']} cores; {blas['name']} {blas['version']} (core {blas['core']}) under Layerchain;",
        f"{', '.join(versions)}.",
        "",
        "Milliseconds for a step of a net: median (lowest to highest) of "
        f"{len(entries[0].milliseconds)} rounds in which all took turns. *Times as long* is",
        "the median of the ratios, in the same round, to the line of Layerchain with as many threads, or else to its last one.",
        "Not counted: a peer's imports, data and first steps; Layerchain's reading of the examples, XᵀX and self-check, which",
        "\"whole process\" counts. The course's examples are the 209 cat pictures, those of the other cases drawn numbers. These",
        "are taken in their order, every batch ready and contiguous: drawing batches counts for Layerchain alone, where it says",
        "\"shuffled\". There Layerchain multiplies everything out, as the peers do (`run.engine = \"direct\"`), unless \"auto\" is said.",
    ]
    lines += ["", "## In short", "", *overview.as_table(overview.rows(entries))]
    for case, dtype, group in groups(entries):
        lines += ["", f"## {case}, {dtype}", "", f"{CASES[case].title()}.", ""]
        lines += ["| | threads | ms | | times as long |", "|---|---|---|---|---|"]
        for e in group:
            ratio = statistics.median(a / b for a, b in zip(e.milliseconds, ours(group, e.threads).milliseconds))
            spread = f"{min(e.milliseconds):.4g} to {max(e.milliseconds):.4g}"
            lines.append(f"| {e.who} | {e.threads} | {median(e):.4g} | {spread} | {ratio:.3g} |")
        lines += ["", *summary(case, group)]
    return "\n".join(lines) + "\n"


def over(ours: Entry, theirs: list[Entry]) -> str:
    """Formats the best time of `theirs` over ours: its median and range over the rounds."""
    rounds = [min(values) for values in zip(*(e.milliseconds for e in theirs))]
    ratios = [a / b for a, b in zip(rounds, ours.milliseconds)]
    return f"{statistics.median(ratios):.3g} ({min(ratios):.3g} to {max(ratios):.3g})"


def summary(case: str, group: list[Entry]) -> list[str]:
    """Writes the sentences that sum up a case."""
    if case == "course":
        return course_summary(group)
    lines = []
    for threads in sorted({e.threads for e in group if e.who == "layerchain"}):
        peers = [e for e in group if not e.who.startswith("layerchain") and e.threads == threads]
        if peers:
            on = f"{threads} thread{'s' * (threads > 1)}"
            best = min(peers, key=median).who
            lines.append(f"On {on} the best peer of each round takes {over(ours(group, threads), peers)} times as long as "
                         f"Layerchain; mostly {best}.")
    return lines


def course_summary(group: list[Entry]) -> list[str]:
    """Writes the sentences that sum up the course's net: the gain of the algebra, and that of the kernels."""
    def find(who: str) -> list[Entry]:
        return [e for e in group if e.who == who]

    best, whole = ours(group), find("layerchain, whole process")[0]
    torch, direct = find("pytorch"), find("layerchain direct")
    algebra = over(find("numpy-dual")[0], [find("numpy")[0]])
    return [
        f"The best of PyTorch's takes {over(best, torch)} times as long a step. 2,500 steps of its loop alone take "
        f"{over(whole, torch)} times",
        "as long as the whole process of `runner sweep` for as many, from its start to the results on the disk.",
        f"What the algebra gives: NumPy directly takes {algebra} times as long as NumPy by inner products, one thread.",
        f"What the kernels give: NumPy by inner products takes {over(best, find('numpy-dual'))} times as long as Layerchain;",
        f"without the algebra, the best of PyTorch's takes {over(min(direct, key=median), torch)} times as long as the best of",
        "Layerchain's direct engine.",
    ]


def draw(entries: list[Entry], path: Path) -> None:
    """Draws medians and ranges on logarithmic scales: a panel for each table, in two columns of similar height."""
    tables = groups(entries)
    sizes = [len(group) + 3 for *_, group in tables]  # in lines, with its title and the numbers below it
    left = min(range(1, len(tables) + 1), key=lambda count: max(sum(sizes[:count]), sum(sizes[count:])))
    columns = [column for column in (tables[:left], tables[left:]) if column]
    height = max(sum(sizes[:left]), sum(sizes[left:]))
    figure = pyplot.figure(figsize=(7.5 * len(columns), 0.26 * height + 0.4), layout="constrained")
    for place, column in zip(figure.subfigures(1, len(columns), squeeze=False)[0], columns):
        filled = [len(group) + 3 for *_, group in column]
        # What is left of the shorter column stays empty.
        grid = place.add_gridspec(len(column) + 1, 1, height_ratios=[*filled, max(height - sum(filled), 1e-3)])
        for row, (case, dtype, group) in enumerate(column):
            draw_table(place.add_subplot(grid[row]), f"{case}, {dtype}: {CASES[case].title()}", group)
    figure.supxlabel("milliseconds for a step of a net, median and range; further left is faster", fontsize=9)
    figure.savefig(path, dpi=120, metadata={"Software": None})
    pyplot.close(figure)


def draw_table(panel: pyplot.Axes, title: str, group: list[Entry]) -> None:
    labels = [f"{e.who}, {e.threads} thread{'s' * (e.threads > 1)}" for e in group]
    colours = [BLUE if e.who.startswith("layerchain") else GREY for e in group]
    values = [median(e) for e in group]
    # Points, not bars: a logarithmic scale has no zero for them to begin at.
    lows, highs = [min(e.milliseconds) for e in group], [max(e.milliseconds) for e in group]
    panel.hlines(labels, lows, highs, colors=colours, linewidth=1.5)
    panel.scatter(values, labels, c=colours, s=26, zorder=2)
    for place, (value, e) in enumerate(zip(values, group)):
        text = f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
        panel.annotate(text, (max(e.milliseconds), place), xytext=(4, 0), textcoords="offset points",
                       va="center", fontsize=8)
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    panel.xaxis.set_major_formatter("{x:g}")
    panel.xaxis.set_minor_formatter(ticker.NullFormatter())
    panel.invert_yaxis()
    panel.margins(x=0.15, y=0.06)
    panel.grid(axis="x", color="#dddddd", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_title(title, fontsize=9, loc="left", fontweight="bold")
