"""Conditions on trials, as `--where` takes them: `depth >= 4 and (activation = relu or not status = completed)`."""

from __future__ import annotations

import operator
import re
from typing import Any, Callable, Iterable, Mapping, Optional

TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<list>\[[^()]*?\])|(?P<sign><=|>=|!=|==|=|<|>|\(|\))"""
    r"""|(?P<word>[^\s<>=!()"'\[\]]+))"""
)
COMPARISONS: dict[str, Callable] = {
    "=": operator.eq, "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}
# Shorter names of scores, as runner has them.
ALIASES = {"cost": "final_cost", "train": "train_accuracy", "test": "test_accuracy",
           "validation": "validation_accuracy"}
Values = Mapping[str, Any]
Condition = Callable[[Values], bool]


class WhereError(Exception):
    """A condition that cannot be understood; the message is one line with the place and what is allowed there."""


def parse(text: str, keys: Iterable[str]) -> Condition:
    """The condition as a function of a trial's values by their full names.

    The grammar is that of `runner show --where`: `or` binds weakest, then `and`, then `not`. Keys may be short where that
    is clear: `depth` is `model.depth`. A value is a number, a word, a quoted text or a list in brackets. A value that a
    trial does not have fits `!=` only.
    """
    return _Parser(text, list(keys)).parse()


class _Parser:
    """A recursive descent over the tokens, a method for each level of binding."""

    def __init__(self, text: str, keys: list[str]) -> None:
        self.text, self.keys = text, keys
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
        kind, word, _ = self._peek()
        if kind not in ("word", "quoted", "list"):
            raise self._unexpected("a number, a word or a quoted text")
        number = _number(word) if kind == "word" else None
        if number is None and sign in ("<", "<=", ">", ">="):
            raise self._unexpected(f"a number after {sign}")
        self.next += 1
        text = word[1:-1] if kind == "quoted" else re.sub(r"[\s\"']", "", word)
        return lambda values: _fits(values.get(key), sign, text, number)

    def _key(self) -> str:
        kind, word, place = self._peek()
        if kind not in ("word", "quoted") or word.lower() in ("and", "or", "not"):
            raise self._unexpected("a key")
        self.next += 1
        word = word.strip("\"'")
        word = ALIASES.get(word, word)
        full = [key for key in self.keys if key == word] or [key for key in self.keys if key.endswith("." + word)]
        if len(full) == 1:
            return full[0]
        if full:
            raise WhereError(f"character {place + 1}: {word} may be {' or '.join(full)}; write which")
        raise WhereError(f"character {place + 1}: no key {word}; there are {', '.join(self.keys)}")

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


def _fits(value: Any, sign: str, text: str, number: Optional[float]) -> bool:
    if value is None:
        return sign == "!="
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if number is None:
            return sign == "!="
        return COMPARISONS[sign](value, number)
    return COMPARISONS[sign](_text(value), text)


def _number(word: str) -> Optional[float]:
    try:
        return float(word)
    except ValueError:
        return None


def _text(value: Any) -> str:
    """A value that is no number as `runner show` writes it: relu, true, [20,7,5]."""
    if isinstance(value, (tuple, list)):
        return "[" + ",".join(_text(part) for part in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
