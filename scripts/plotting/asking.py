"""What a person asks for, checked against the sweep that is there."""

from __future__ import annotations

from typing import Iterable, Optional

from .curves import recorded_fields
from .measure import SCORES
from .page import Size
from .sweep import Sweep
from .wish import Wish


class AskError(Exception):
    """What is asked for is not there; the message is one line that names the option and what there is."""


def asked(sweep: Sweep, *, x: Optional[str], y: Optional[str], metric: Optional[str], best: Optional[int], size: Size,
          labels: Iterable[str]) -> tuple[Sweep, Wish]:
    """The sweep with its titles, and the wish with full keys. Raises AskError for what the sweep does not have."""
    titles = {}
    for label in labels:
        key, equals, text = label.partition("=")
        if not equals or not text.strip():
            raise AskError(f"--label {label}: not of the form KEY=TEXT, such as 'learning_rate=step size'")
        titles[_key(sweep, "--label", key.strip())] = text.strip()
    x, y = (name and _key(sweep, option, name) for option, name in (("--x", x), ("--y", y)))
    if sweep.seeds and sweep.axes and sweep.seeds.key in (x, y):
        option = "--x" if x == sweep.seeds.key else "--y"
        raise AskError(f"{option} {sweep.seeds.key}: scores are means over the seeds; ask for {' or '.join(axis.key for axis in sweep.axes)}")
    if x and x == y:
        raise AskError(f"--x and --y are both {x}; a map needs two keys")
    if metric:
        offered = list(dict.fromkeys([*recorded_fields(sweep), *(name for name in SCORES if sweep.has_score(name))]))
        if metric not in offered:
            raise AskError(f"--metric {metric}: neither recorded nor a score here; there are {', '.join(offered)}")
    return sweep.called(titles), Wish(x, y, metric, best, size)


def _key(sweep: Sweep, option: str, name: str) -> str:
    keys = [axis.key for axis in (*sweep.axes, *filter(None, [sweep.seeds]))]
    found = [key for key in keys if key == name] or [key for key in keys if key.endswith("." + name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise AskError(f"{option} {name}: may be {' or '.join(found)}; write which")
    raise AskError(f"{option} {name}: is not swept here; swept are {', '.join(keys) or 'no keys'}")
