"""A sweep as a study of Optuna."""

from __future__ import annotations

import os
import statistics
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import event

from ._best import SEED, Setting, chosen_metric, dropped, higher_is_better, rounded, settings, values_of
from ._errors import LayerchainError
from ._record import Axis, Record, Trial, plain

# Optuna writes each intermediate value by itself.
_MOST_COSTS = 50

Storage: TypeAlias = str | os.PathLike[str] | optuna.storages.BaseStorage | None


def write_study(record: Record, storage: Storage, name: str, metric: str | None, replace: bool) -> optuna.Study:
    """Writes a trial for each setting; see `Sweep.to_optuna`."""
    by = chosen_metric(record, metric)
    new_file = _new_file(storage)
    place = new_file or _place(storage)
    if replace:
        _delete(name, place)
    direction = StudyDirection.MAXIMIZE if higher_is_better(by) else StudyDirection.MINIMIZE
    try:
        study = optuna.create_study(storage=place, study_name=name, direction=direction)
    except optuna.exceptions.DuplicatedStudyError:
        raise LayerchainError(f"{place}: there is a study {name!r} already; replace=True replaces it") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names([by])  # else plots call it "Objective Value"
    study.set_user_attr("description", record.description)
    study.set_user_attr("data", record.data)
    last, earlier = settings(record), dropped(record)
    keys = [axis for axis in record.axes if axis.key != SEED]
    distributions = {axis.key: _distribution(axis, values) for axis in keys if (values := _values(axis.key, [*earlier, *last]))}
    # Of means that are equal but for the rounding of their sums, Optuna is to see one, as best() does.
    means: dict[float, float] = {}
    for setting in last:
        if setting.is_complete and (values := values_of(setting, by)):
            means.setdefault(rounded(statistics.fmean(values)), statistics.fmean(values))
    with _quick(new_file) if new_file else nullcontext():
        study.add_trials(_trial(setting, None, means, distributions) for setting in earlier)
        study.add_trials(_trial(setting, by, means, distributions) for setting in last)
    return study


@contextmanager
def _quick(storage: optuna.storages.RDBStorage) -> Iterator[None]:
    """Lets SQLite write a new file without waiting for the disk after each value; nothing is in it yet that could be lost."""
    engine = storage.engine

    def connected(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    engine.dispose()
    event.listen(engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(engine, "connect", connected)
        engine.dispose()


def _new_file(storage: Storage) -> optuna.storages.RDBStorage | None:
    """The storage of an SQLite file that is still to be made; None if it is there, or the storage is another."""
    if storage is None or isinstance(storage, optuna.storages.BaseStorage) or "://" in str(storage) or Path(storage).exists():
        return None
    if not Path(storage).parent.is_dir():
        raise LayerchainError(f"{storage}: there is no folder {Path(storage).parent}; make it first")
    return optuna.storages.RDBStorage(f"sqlite:///{Path(storage)}")


def _place(storage: Storage) -> str | optuna.storages.BaseStorage | None:
    """The storage as Optuna takes it: a file is one of SQLite."""
    if storage is None or isinstance(storage, optuna.storages.BaseStorage):
        return storage
    return str(storage) if "://" in str(storage) else f"sqlite:///{Path(storage)}"


def _delete(name: str, storage: str | optuna.storages.BaseStorage | None) -> None:
    try:
        optuna.delete_study(study_name=name, storage=storage or optuna.storages.InMemoryStorage())
    except KeyError:
        pass  # there was none


def _values(key: str, all_settings: Sequence[Setting]) -> list[Any]:
    """The values of a key, without those of settings that it is no part of."""
    values = dict.fromkeys(setting.values.get(key) for setting in all_settings)
    return [value for value in values if value is not None]


def _distribution(axis: Axis, values: Sequence[Any]) -> BaseDistribution:
    """The distribution of a key: a range if its values are numbers, else the list of them."""
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        return CategoricalDistribution([plain(value) for value in values])
    low, high = min(numbers), max(numbers)
    log = low > 0 and (axis.scale == "log" or (axis.scale == "list" and high / low >= 10))
    if all(isinstance(value, int) for value in numbers):
        return IntDistribution(int(low), int(high), log=log)
    return FloatDistribution(low, high, log=log)


def _trial(
    setting: Setting, metric: str | None, means: Mapping[float, float], distributions: Mapping[str, BaseDistribution]
) -> FrozenTrial:
    """The trial of a setting; without a metric it is pruned, as its scores are those of an earlier rung."""
    values = values_of(setting, metric) if metric else []
    if not setting.completed and all(trial.status == "failed" for trial in setting.trials):
        state = TrialState.FAIL
    elif not setting.is_complete or not values:
        state = TrialState.PRUNED
    else:
        state = TrialState.COMPLETE
    # A key that is no part of the setting is no parameter of the trial.
    params = {key: plain(setting.values[key]) for key in distributions if setting.values[key] is not None}
    return optuna.trial.create_trial(
        state=state,
        value=means[rounded(statistics.fmean(values))] if state == TrialState.COMPLETE else None,
        params=params,
        distributions={key: distributions[key] for key in params},
        user_attrs=_attributes(setting),
        intermediate_values=_mean_costs(setting.trials) if state != TrialState.FAIL else {},
    )


def _attributes(setting: Setting) -> dict[str, Any]:
    """The trials of the setting, and the mean of each score over those that completed."""
    attributes: dict[str, Any] = {
        "trials": [trial.id for trial in setting.trials],
        "status": [trial.status for trial in setting.trials],
        "seconds": sum(trial.seconds for trial in setting.trials),
    }
    scores = setting.trials[0].scores
    return attributes | {score: float(np.mean(found)) for score in scores if (found := values_of(setting, score))}


def _mean_costs(trials: Sequence[Trial]) -> dict[int, float]:
    """The mean over the seeds of the cost at iterations that all of them have recorded: the last, and others at even distances."""
    costs = [dict(zip(trial.iterations.tolist(), trial.costs.tolist())) for trial in trials]
    common = [iteration for iteration in costs[0] if all(iteration in cost for cost in costs)] if costs else []
    places = np.linspace(0, len(common) - 1, min(len(common), _MOST_COSTS)).round().astype(int)
    return {common[place]: float(np.mean([cost[common[place]] for cost in costs])) for place in places}
