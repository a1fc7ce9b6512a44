"""A sweep, as far as it has run."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from numpy.typing import NDArray

from . import _columns
from ._best import Best, best
from ._columns import Table
from ._errors import LayerchainError, MissingPackage, needed
from ._record import Record, Trial, read_record
from ._tables import distinct_trials, history_table, trials_table

if TYPE_CHECKING:
    import optuna
    import pandas
    import polars

Frame = TypeVar("Frame")


class Tables(NamedTuple, Generic[Frame]):
    """Both tables of a sweep."""

    trials: Frame
    history: Frame


class Sweep:
    """The trials of a sweep, with their histories and all that they were made from.

    It is the state at the time of reading: what a running sweep adds later is seen by reading again.
    """

    def __init__(self, directory: Path, record: Record) -> None:
        self.directory = directory
        self._record = record

    def __repr__(self) -> str:
        finished, planned = len(self._finished), len({point.trial_id for point in self._record.points})
        return f"<Sweep {self.name!r}: {finished} of {planned} trials over {', '.join(self.keys) or 'nothing'}>"

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self._record.name

    @property
    def description(self) -> str:
        """The experiment's description."""
        return self._record.description

    @property
    def data(self) -> str:
        """The examples in words."""
        return self._record.data

    @property
    def keys(self) -> list[str]:
        """The swept keys, which are columns of `trials`."""
        return [axis.key for axis in self._record.axes]

    @property
    def experiment_toml(self) -> str:
        """The experiment as run, a TOML file that `runner sweep` takes again."""
        return self._record.toml

    @cached_property
    def experiment(self) -> dict[str, Any]:
        """The experiment as run."""
        return tomllib.loads(self._record.toml)

    @cached_property
    def machines(self) -> list[dict[str, Any]]:
        """The machines that trained the trials, as machine.toml describes one."""
        return [tomllib.loads(text) for text in dict.fromkeys(trial.machine_toml for trial in self._finished)]

    @property
    def machine(self) -> dict[str, Any]:
        """The machine that trained the trials. Raises LayerchainError if there are several, or none."""
        if len(self.machines) != 1:
            raise LayerchainError(f"{self.directory}: {len(self.machines)} machines trained its trials; see machines")
        return self.machines[0]

    def config(self, trial: str) -> Mapping[str, Any]:
        """The settings that a finished trial's id is made of, swept or not; most keys that have their default are not among them."""
        for finished in self._finished:
            if finished.id == trial:
                return finished.config
        raise LayerchainError(f"{self.directory}: no finished trial {trial!r}")

    @cached_property
    def trials(self) -> Any:
        """The table of trials.csv, a row for each finished point: a data frame of pandas, or of polars if that alone is installed."""
        return _frame(self._tables.trials)

    @cached_property
    def history(self) -> Any:
        """The table of history.csv, a row for each recorded cost: a data frame of pandas, or of polars if that alone is installed."""
        return _frame(self._tables.history)

    def to_numpy(self) -> Tables[dict[str, NDArray[Any]]]:
        """Both tables, column by column."""
        return Tables(*map(_columns.to_numpy, self._tables))

    def to_pandas(self) -> Tables[pandas.DataFrame]:
        """Both tables as data frames of pandas."""
        return Tables(*map(_columns.to_pandas, self._tables))

    def to_polars(self) -> Tables[polars.DataFrame]:
        """Both tables as data frames of polars."""
        return Tables(*map(_columns.to_polars, self._tables))

    def best(self, metric: str | None = None) -> Best:
        """The setting with the best mean over its seeds of `metric`: a cost or an accuracy among the columns of `trials`.

        By default that is the cost of the validation examples, or of the training examples where none were set aside; the
        test examples choose nothing unless they are asked to. A setting with a trial that diverged, failed or is
        missing comes after those whose trials all completed; of successive halving only the last rung counts.
        Warns if the record lacks trials of other shards.
        """
        return best(self._record, metric)

    def to_optuna(
        self,
        storage: str | os.PathLike[str] | optuna.storages.BaseStorage | None = None,
        *,
        study_name: str | None = None,
        metric: str | None = None,
        replace: bool = False,
    ) -> optuna.Study:
        """Writes the sweep as a study of Optuna, with a trial for each setting, and returns it.

        A setting's value is the mean of `metric` over its seeds, as `best()` has it, so that the study's best trial is
        the best setting; its intermediate values are the mean costs. Where a seed diverged the trial is pruned, and so is
        a setting that successive halving dropped, at the last rung that it reached.
        `storage` is an SQLite file, or whatever `optuna.create_study` takes; None keeps the study in memory.
        """
        with needed("optuna", "to_optuna()"):
            from ._optuna import write_study

        return write_study(self._record, storage, study_name or self.name, metric, replace)

    def to_tensorboard(self, directory: str | os.PathLike[str], *, trials: Sequence[str] | None = None) -> Path:
        """Writes a run for each trial below `directory`: its costs and metrics, and for the HPARAMS tab its swept keys and scores.

        `trials` are the ids of those to write, by default all that have finished. Returns the directory.
        """
        with needed("tensorboard", "to_tensorboard()"):
            from ._tensorboard import write_runs

        return write_runs(self._record, self._chosen(trials), Path(directory))

    def to_mlflow(
        self,
        tracking_uri: str | None = None,
        *,
        experiment: str | None = None,
        trials: Sequence[str] | None = None,
    ) -> str:
        """Writes a run for each trial to MLflow, with its keys as parameters, its scores and its history, and returns the
        experiment's id.

        `tracking_uri` is a server or a store, by default the one that MLflow uses; `experiment` is the sweep's name by
        default, and `trials` are all that have finished. Parameters are the swept keys that are part of the trial, and the
        settings of `config()`. Raises LayerchainError if a trial has a run in the experiment already.
        """
        with needed("mlflow", "to_mlflow()"):
            from ._mlflow import write_experiment

        return write_experiment(self._record, self._chosen(trials), tracking_uri, experiment or self.name)

    @cached_property
    def _tables(self) -> Tables[Table]:
        return Tables(trials_table(self._record), history_table(self._record))

    @cached_property
    def _finished(self) -> list[Trial]:
        return distinct_trials(self._record.points)

    def _chosen(self, ids: Sequence[str] | None) -> list[Trial]:
        if ids is None:
            return self._finished
        finished = {trial.id: trial for trial in self._finished}
        unknown = [id for id in ids if id not in finished]
        if unknown:
            raise LayerchainError(f"{self.directory}: no finished trial {unknown[0]!r}")
        return [finished[id] for id in ids]


def read(directory: str | os.PathLike[str]) -> Sweep:
    """Reads the results directory of a sweep, e.g. results/depth, which may still be running.

    Raises LayerchainError if there is no record, or it is not what was stored.
    """
    return Sweep(Path(directory), read_record(Path(directory)))


def _frame(table: Table) -> Any:
    try:
        return _columns.to_pandas(table)
    except MissingPackage:
        pass
    try:
        return _columns.to_polars(table)
    except MissingPackage:
        message = "data frames need the package pandas or polars: python3 -m pip install pandas; to_numpy() needs neither"
        raise MissingPackage(message) from None
