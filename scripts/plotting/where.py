"""Conditions on trials, as `--where` takes them: `depth >= 4 and (activation = relu or not status = completed)`."""

from __future__ import annotations

import json
import math
import operator
import re
from typing import Any, Callable, Mapping, Sequence

TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<list>\[[^()]*?\])|(?P<sign><=|>=|!=|==|=|<|>|\(|\))"""
    r"""|(?P<word>[^\s<>=!()"'\[\]]+))"""
)
ORDERS: dict[str, Callable] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
COMPARISONS = ("=", "==", "!=", *ORDERS)
# Shorter names of scores, as runner has them.
ALIASES = {"cost": "final_cost", "train": "train_accuracy", "test": "test_accuracy",
           "validation": "validation_accuracy"}
STATUSES = ("completed", "diverged", "failed", "damaged")
Values = Mapping[str, Any]
Condition = Callable[[Values], bool]


class WhereError(Exception):
    """A condition that cannot be understood; the message is one line with the place and what is allowed there."""


def parse(text: str, trials: Sequence[Values]) -> Condition:
    """The condition as a function of a trial's values by their full names.

    The grammar is that of `runner show --where`: `or` binds weakest, then `and`, then `not`. Keys may be short where that
    is clear: `depth` is `model.depth`. A value is a number, a word, a quoted text or a list in brackets. A value that is
    None fits `!=` only. Raises WhereError also for a key that some of the `trials` lack: `runner` knows its default.
    """
    return _Parser(text, trials).parse()


class _Parser:
    """A recursive descent over the tokens, a method for each level of binding."""

    def __init__(self, text: str, trials: Sequence[Values]) -> None:
        self.text, self.trials = text, trials
        self.keys = list(dict.fromkeys(key for trial in trials for key in trial))
        self.tokens: list[tuple[str, str, int]] = []  # kind, text, place
        self.next = 0
        place = 0
        while text[place:].strip():
            found = TOKEN.match(text, place)
            if not found:
                raise WhereError(f"character {place + 1}: a quote that is not closed, or a sign that is none of "
                                 f"{' '.join(COMPARISONS)} ( ) [ ]")
            kind = str(found.lastgroup)
            self.tokens.append((kind, found.group(kind), found.start(kind)))
            place = found.end()

    def parse(self) -> Condition:
        condition = self._either()
        if self.next < len(self.tokens):
            raise self._unexpected("'and', 'or' or the end")
        return condition

    def _either(self) -> Condition:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda values: any(part(values) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda values: all(part(values) for part in parts)

    def _one(self) -> Condition:
        if self._take("not"):
            inner = self._one()
            return lambda values: not inner(values)
        if self._take("("):
            inner = self._either()
            if not self._take(")"):
                raise self._unexpected("')'")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        key = self._key()
        kind, sign, _ = self._peek()
        if kind != "sign" or sign not in COMPARISONS:
            raise self._unexpected(f"one of {' '.join(COMPARISONS)}")
        self.next += 1
        kind, word, place = self._peek()
        if kind not in ("word", "quoted", "list"):
            raise self._unexpected("a number, a word or a quoted text")
        try:
            given = _given(kind, word)
        except ValueError:
            raise WhereError(f'character {place + 1}: a list is written as [20, 7] or ["relu", "tanh"]') from None
        if sign in ORDERS and _kind(given) != "a number":
            raise self._unexpected(f"a number after {sign}")
        self._check(key, given)
        self.next += 1
        return lambda values: _fits(values.get(key), sign, given)

    def _check(self, key: str, given: Any) -> None:
        """Refuses what no trial can have: the condition would fit none of them, or all."""
        _, word, place = self._peek()
        kinds = sorted({_kind(trial[key]) for trial in self.trials if trial[key] is not None})
        is_here = f"character {place + 1}: {key} is {' or '.join(kinds)} here"
        if "a number" in kinds and isinstance(given, str) and _kind(_given("word", given)) == "a number":
            raise WhereError(f"{is_here}; write {given} without quotes")
        if kinds and _kind(given) not in kinds:
            raise WhereError(f"{is_here}; found {word!r}")
        if key == "status" and given not in STATUSES:
            raise WhereError(f"character {place + 1}: status is one of {', '.join(STATUSES)}; found {word!r}")

    def _key(self) -> str:
        kind, word, place = self._peek()
        if kind not in ("word", "quoted") or word.lower() in ("and", "or", "not"):
            raise self._unexpected("a key")
        self.next += 1
        word = word.strip("\"'")
        word = ALIASES.get(word, word)
        full = [key for key in self.keys if key == word] or [key for key in self.keys if key.endswith("." + word)]
        if not full:
            raise WhereError(f"character {place + 1}: no key {word}; there are {', '.join(self.keys)}; runner show --where "
                             "also knows those that all trials leave at their default")
        if len(full) > 1:
            raise WhereError(f"character {place + 1}: {word} may be {' or '.join(full)}; write which")
        if any(full[0] not in trial for trial in self.trials):
            raise WhereError(f"character {place + 1}: some trials leave {full[0]} at its default, which the record does not "
                             "have; runner show --where knows it")
        return full[0]

    def _take(self, word: str) -> bool:
        kind, found, _ = self._peek()
        taken = kind != "quoted" and found.lower() == word
        self.next += taken
        return taken

    def _peek(self) -> tuple[str, str, int]:
        return self.tokens[self.next] if self.next < len(self.tokens) else ("end", "", len(self.text))

    def _unexpected(self, wanted: str) -> WhereError:
        kind, found, place = self._peek()
        there = "the end" if kind == "end" else repr(found)
        return WhereError(f"character {place + 1}: found {there}, expected {wanted}")


def _given(kind: str, word: str) -> Any:
    """The value of a token: a quoted text as it is, a list as a tuple, and a word as the number, truth value or text that it is.

    Raises ValueError for a list that is none.
    """
    if kind == "quoted":
        return word[1:-1]
    if kind == "list":
        return _frozen(json.loads(word.replace("'", '"')))
    try:
        number = float(word)
    except ValueError:
        return {"true": True, "false": False}.get(word, word)
    return number if math.isfinite(number) else word


def _fits(found: Any, sign: str, given: Any) -> bool:
    if sign in ORDERS:
        return _kind(found) == "a number" and ORDERS[sign](found, given)
    return _equal(found, given) == (sign != "!=")


def _equal(found: Any, given: Any) -> bool:
    if isinstance(found, tuple) and isinstance(given, tuple):
        return len(found) == len(given) and all(map(_equal, found, given))
    return _kind(found) == _kind(given) and found == given


def _kind(value: Any) -> str:
    """What a value is, in words."""
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text", tuple: "a list"}
    return kinds.get(type(value), "nothing")


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
