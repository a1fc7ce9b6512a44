"""A sweep as runs of TensorBoard."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2, summary_v2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from ._errors import LayerchainError
from ._record import SCORES, Record, Trial, plain

# File systems take names of 255 bytes.
_LONGEST_NAME = 120
# A scalar of TensorBoard is an f32.
_LARGEST = 3.4028234663852886e38


def write_runs(record: Record, trials: Sequence[Trial], directory: Path) -> Path:
    """Writes a run for each trial, and the table of their keys and scores; see `Sweep.to_tensorboard`."""
    points = {point.trial_id: record.own_values(point) for point in reversed(record.points)}
    names = _names([axis.key for axis in record.axes], points, trials)
    for name in names.values():
        if (directory / name).exists():
            raise LayerchainError(f"{directory / name}: there is a run already; give a new directory")
    scores = [score for score in SCORES if any(not math.isnan(trial.scores[score]) for trial in trials)]
    scores.sort(key=lambda score: not score.startswith("validation"))  # HPARAMS shows the first five by itself
    end = time.time()
    hparams = [summary_v2.HParam(axis.key) for axis in record.axes]
    metrics = [summary_v2.Metric(score) for score in scores]
    with _Run(directory) as run:
        run.add(summary_v2.hparams_config_pb(hparams, metrics, time_created_secs=end), end)
    too_large = False
    for trial in trials:
        start = end - trial.seconds
        keys = {key: _value(value) for key, value in points[trial.id].items()}
        with _Run(directory / names[trial.id]) as run:
            run.add(summary_v2.hparams_pb(keys, trial_id=trial.id, start_time_secs=start), start)
            for tag, step, value in _scalars(trial):
                too_large |= _LARGEST < abs(value) < math.inf
                at = start + trial.seconds * step / _steps(trial)
                run.add(Summary(value=[Summary.Value(tag=tag, simple_value=value)]), at, step)
            run.add(_session_end(trial, end), end)
    if too_large:
        warnings.warn("TensorBoard has no numbers above 3.4e38: larger costs and metrics are infinite there", stacklevel=3)
    return directory


class _Run:
    """An event file that is being written."""

    def __init__(self, directory: Path) -> None:
        self.writer = EventFileWriter(str(directory))

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def add(self, summary: Any, wall_time: float, step: int = 0) -> None:
        self.writer.add_event(Event(wall_time=wall_time, step=step, summary=summary))


def _scalars(trial: Trial) -> Iterator[tuple[str, int, float]]:
    """Tag, step and value of the history, and of the scores after the last update."""
    for tag, values in {"cost": trial.costs, **trial.metrics}.items():
        for step, value in zip(trial.iterations.tolist(), values.tolist()):
            yield tag, step, value
    for tag, value in trial.scores.items():
        if not math.isnan(value):
            yield tag, _steps(trial), value


def _steps(trial: Trial) -> int:
    """The number of updates: one after the last record."""
    return int(trial.iterations[-1]) + 1 if len(trial.iterations) else 1


def _session_end(trial: Trial, end: float) -> Summary:
    status = api_pb2.STATUS_SUCCESS if trial.status == "completed" else api_pb2.STATUS_FAILURE
    info = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=end)
    content = metadata.create_summary_metadata(plugin_data_pb2.HParamsPluginData(session_end_info=info))
    value = Summary.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=content, tensor=metadata.NULL_TENSOR)
    return Summary(value=[value])


def _names(keys: Sequence[str], points: Mapping[str, Mapping[str, Any]], trials: Sequence[Trial]) -> dict[str, str]:
    """The folder of each trial: its swept keys in words, or its id where those are long or name two trials."""
    texts = {trial.id: ",".join(f"{_last(key)}={_text(points[trial.id][key])}" for key in keys) for trial in trials}
    fit = all(0 < len(text) <= _LONGEST_NAME for text in texts.values()) and len(set(texts.values())) == len(texts)
    return texts if fit else {trial.id: trial.id for trial in trials}


def _last(key: str) -> str:
    """The name of a key without its table."""
    return key.rpartition(".")[2]


def _text(value: Any) -> str:
    """A value as a part of a folder's name."""
    text = f"{value:.6g}" if isinstance(value, float) else str(_value(value))
    return text.replace("/", "_").replace(" ", "")


def _value(value: Any) -> bool | int | float | str:
    value = plain(value)
    return value if isinstance(value, (bool, int, float, str)) else "not set"
