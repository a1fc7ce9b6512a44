"""What a comparison saw, as a table for people, a table for programs and a picture."""

from __future__ import annotations

import csv
import statistics
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

if TYPE_CHECKING:
    from compare import Entry

BLUE, GREY = "#0072b2", "#999999"


def write(entries: list[Entry], machine: str, out: Path) -> list[Path]:
    """Writes peers.md, peers.csv and peers.png into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"peers.{ending}" for ending in ("md", "csv", "png")]
    paths[0].write_text(as_markdown(entries, tomllib.loads(machine)))
    with paths[1].open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["case", "dtype", "who", "version", "threads", "nets", "round", "ms_per_net_step"])
        for e in entries:
            for turn, value in enumerate(e.milliseconds, 1):
                table.writerow([e.case, e.dtype, e.who, e.version, e.threads, e.nets, turn, f"{value:.6g}"])
    draw(entries, paths[2])
    return paths


def groups(entries: list[Entry]) -> list[tuple[str, str, list[Entry]]]:
    """(case, dtype, entries), as they were run."""
    keys = list(dict.fromkeys((e.case, e.dtype) for e in entries))
    return [(case, dtype, [e for e in entries if (e.case, e.dtype) == (case, dtype)]) for case, dtype in keys]


def ours(entries: list[Entry]) -> Entry:
    """Layerchain as a user runs it, with all threads of the case."""
    return [e for e in entries if e.who == "layerchain"][-1]


def median(entry: Entry) -> float:
    return statistics.median(entry.milliseconds)


def as_markdown(entries: list[Entry], machine: dict) -> str:
    versions = dict.fromkeys(f"{e.who.split('-stacked')[0].split('-dual')[0].split(',')[0]} {e.version}"
                             for e in entries if " direct" not in e.who)
    blas = machine["openblas"]
    lines = [
        "# Layerchain and its peers",
        "",
        f"{machine['cpu']}, {machine['cores']} cores; OpenBLAS {blas['version']} (core {blas['core']}) under Layerchain;",
        f"{', '.join(versions)}.",
        "",
        "The course's net 12288-20-7-5-1, all 209 cat pictures at each step, gradient descent. Milliseconds a step and net:",
        f"median (lowest to highest) of {len(entries[0].milliseconds)} rounds in which all took turns. *Times as long* is",
        "the median of the ratios to the line of 1 in the same round. Not counted: a peer's imports, data and first steps;",
        "Layerchain's reading of the pictures, XᵀX and self-check, which \"whole process\" counts.",
    ]
    for case, dtype, group in groups(entries):
        best = ours(group)
        lines += ["", f"## {case}, {dtype}", "", "| | threads | ms | | times as long |", "|---|---|---|---|---|"]
        for e in group:
            ratio = statistics.median(a / b for a, b in zip(e.milliseconds, best.milliseconds))
            spread = f"{min(e.milliseconds):.4g} to {max(e.milliseconds):.4g}"
            lines.append(f"| {e.who} | {e.threads} | {median(e):.4g} | {spread} | {ratio:.3g} |")
        lines += ["", *summary(case, group)]
    return "\n".join(lines) + "\n"


def summary(case: str, group: list[Entry]) -> list[str]:
    """The factors that the tables are made for."""
    best, find = ours(group), lambda who: [e for e in group if e.who == who]

    def over(ours: Entry, theirs: list[Entry]) -> str:
        """The best of `theirs` in each round over ours."""
        rounds = [min(values) for values in zip(*(e.milliseconds for e in theirs))]
        ratios = [a / b for a, b in zip(rounds, ours.milliseconds)]
        return f"{statistics.median(ratios):.3g} ({min(ratios):.3g} to {max(ratios):.3g})"

    if case == "64 nets":
        peers = find("pytorch-stacked") + find("jax")
        return [f"The better of stacked PyTorch and JAX vmap takes {over(best, peers)} times as long a net and step."]
    whole, torch, direct = find("layerchain, whole process")[0], find("pytorch"), find("layerchain direct")
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
    """Bars on a logarithmic scale, a panel for each table."""
    tables = groups(entries)
    heights = [len(group) for *_, group in tables]
    figure, panels = pyplot.subplots(len(tables), 1, figsize=(8, 0.28 * sum(heights) + 0.8 * len(tables)),
                                     height_ratios=heights, sharex=True, squeeze=False, layout="constrained")
    for panel, (case, dtype, group) in zip(panels[:, 0], tables):
        labels = [f"{e.who}, {e.threads} thread{'s' * (e.threads > 1)}" for e in group]
        colours = [BLUE if e.who.startswith("layerchain") else GREY for e in group]
        values = [median(e) for e in group]
        panel.barh(labels, values, color=colours, xerr=[
            [v - min(e.milliseconds) for v, e in zip(values, group)],
            [max(e.milliseconds) - v for v, e in zip(values, group)],
        ], error_kw={"elinewidth": 0.8, "ecolor": "#444444"})
        for place, (value, e) in enumerate(zip(values, group)):
            panel.annotate(f"{value:.3g}", (max(e.milliseconds), place), xytext=(4, 0), textcoords="offset points",
                           va="center", fontsize=8)
        panel.set_xscale("log")
        panel.invert_yaxis()
        panel.margins(x=0.15)
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_title(f"{case}, {dtype}", fontsize=9.5, loc="left", fontweight="bold")
    panels[-1, 0].set_xlabel("milliseconds a step and net; shorter is faster", fontsize=9)
    figure.savefig(path, dpi=120, metadata={"Software": None})
