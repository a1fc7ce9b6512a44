"""Columns with a type, and how they become those of NumPy, pandas and polars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._errors import needed
from ._record import text

if TYPE_CHECKING:
    import pandas
    import polars

_POLARS_TYPES = {"boolean": "Boolean", "integer": "Int64", "real": "Float64", "text": "String"}


@dataclass(frozen=True)
class Column:
    """Values of one kind: boolean, integer, real, text, list (tuples whose elements are of one of these kinds), or other, which
    is several kinds. A missing one is None, of reals NaN."""

    kind: str
    values: Sequence[Any] | NDArray[Any]

    @classmethod
    def of(cls, values: Sequence[Any]) -> Column:
        """The column of the narrowest kind that holds all values."""
        present = [value for value in values if value is not None]
        for kind, types in (("boolean", bool), ("integer", int), ("real", (int, float)), ("text", str)):
            are_of_kind = all(isinstance(value, types) and (kind == "boolean") == (type(value) is bool) for value in present)
            if present and are_of_kind:
                return cls(kind, reals(values) if kind == "real" else values)
        are_lists = present and all(isinstance(value, tuple) for value in present) and cls.of(_elements(present)).kind in _POLARS_TYPES
        return cls("list" if are_lists else "other" if present else "text", values)

    @property
    def has_gaps(self) -> bool:
        return self.kind != "real" and any(value is None for value in self.values)


Table = Mapping[str, Column]


def _elements(lists: Iterable[Any]) -> list[Any]:
    """The elements of all lists."""
    return [element for values in lists for element in values or ()]


def reals(values: Sequence[float | None]) -> NDArray[np.float64]:
    """The values as numbers, NaN where there is none."""
    return np.array(values, dtype=np.float64)


def to_numpy(table: Table) -> dict[str, NDArray[Any]]:
    """The columns as arrays: numbers and truth values where all are there, else objects."""
    return {name: _array(column) for name, column in table.items()}


def _array(column: Column) -> NDArray[Any]:
    if isinstance(column.values, np.ndarray):
        return column.values
    if column.kind in ("boolean", "integer") and not column.has_gaps:
        return np.array(column.values, dtype=np.bool_ if column.kind == "boolean" else np.int64)
    array = np.empty(len(column.values), dtype=object)
    array[:] = column.values
    return array


def to_pandas(table: Table) -> pandas.DataFrame:
    """The columns as a data frame of pandas."""
    with needed("pandas", "a data frame of pandas"):
        import pandas as pd

    nullable = {"boolean": "boolean", "integer": "Int64"}

    def series(column: Column) -> pandas.Series[Any]:
        dtype = nullable.get(column.kind) if column.has_gaps else None
        return pd.Series(column.values if dtype else _array(column), dtype=dtype)

    return pd.DataFrame({name: series(column) for name, column in table.items()})


def to_polars(table: Table) -> polars.DataFrame:
    """The columns as a data frame of polars, whose columns have one type each: a missing value is null, tuples are lists, and
    values of several kinds, as "off" and 0.5, are texts, as in trials.csv."""
    with needed("polars", "a data frame of polars"):
        import polars as pl

    def series(name: str, column: Column) -> polars.Series:
        if column.kind == "other":
            return pl.Series(name, [None if value is None else text(value) for value in column.values], dtype=pl.String)
        if column.kind == "list":
            elements = Column.of(_elements(column.values))
            dtype = pl.List(getattr(pl, _POLARS_TYPES[elements.kind])) if len(elements.values) else None
            return pl.Series(name, [None if value is None else list(value) for value in column.values], dtype, strict=False)
        series = pl.Series(name, column.values, dtype=getattr(pl, _POLARS_TYPES[column.kind]))
        return series.fill_nan(None) if column.kind == "real" else series

    return pl.DataFrame([series(name, column) for name, column in table.items()])
