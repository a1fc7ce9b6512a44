"""Errors, each in one line that names the file or the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class LayerchainError(Exception):
    """A results directory, a model or an argument that is not what it should be."""


class MissingPackage(LayerchainError, ImportError):
    """An optional package that is not installed."""


@contextmanager
def needed(package: str, by: str) -> Iterator[None]:
    """Turns a failed import of `package` inside the block into a MissingPackage that says what needs it.

    What the package itself fails to import stays as it is: the fault is another one then.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        root = package.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != root:
            raise
        raise MissingPackage(f"{by} needs the package {root}: python3 -m pip install {root}") from None
