"""What fields of blocks are bound to: numbers, parameters, `index`, + - * // and brackets. Nothing else, no code."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from engine.errors import NetwrightError, did_you_mean

Value = int | float | bool | str
Number = int | float

LARGEST = 2**53
"""Beyond it a float no longer holds every whole number, and no network has such sizes."""

NEGATIVE = "negative"
_RANKS = {"(": 0, "+": 1, "-": 1, "*": 2, "//": 2, NEGATIVE: 3}
_RULES: Mapping[str, Callable[[Number, Number], Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
}
_TOKEN = re.compile(r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>//|[-+*()])|\S+")


class Step(NamedTuple):
    """One step of an expression in the order of computing: a number, a name or a sign."""

    kind: str
    text: str


def value_of(text: str, names: Mapping[str, Value]) -> Value:
    """What `text` comes to where `names` have values. Raises NetwrightError.

    An expression that is a single name has that name's value, be it a number, a text or true or false.
    """
    steps = _steps(text)
    if len(steps) == 1 and steps[0].kind == "name":
        return _named(steps[0].text, names)
    stack: list[Number] = []
    for step in steps:
        if step.kind == "sign":
            stack.append(_bounded(_computed(step.text, stack)))
        else:
            stack.append(_number(step.text) if step.kind == "number" else _calculable(step.text, names))
    return stack[0]


@functools.lru_cache(maxsize=4096)
def _steps(text: str) -> tuple[Step, ...]:
    """The steps in the order of computing. Raises NetwrightError."""
    yard = _Yard()
    for kind, token in _tokens(text):
        yard.take(kind, token)
    return yard.finished()


class _Yard:
    """Brings signs behind what they are computed of (Dijkstra's shunting yard)."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._waiting: list[str] = []
        self._wants_value = True

    def take(self, kind: str, token: str) -> None:
        """The next part of the text. Raises NetwrightError where it cannot stand."""
        begins_value = kind != "sign" or token == "("
        if begins_value != self._wants_value and not (self._wants_value and token == "-"):
            wanted = "a number or a parameter" if self._wants_value else "one of + - * //"
            raise NetwrightError(f"{wanted} should stand in front of {token!r}")
        if kind != "sign":
            self._steps.append(Step(kind, token))
            self._wants_value = False
        elif token == ")":
            self._close()
        elif token == "(" or self._wants_value:
            self._waiting.append(NEGATIVE if token == "-" else token)
        else:
            self._release(_RANKS[token])
            self._waiting.append(token)
            self._wants_value = True

    def finished(self) -> tuple[Step, ...]:
        """All steps. Raises NetwrightError where something is missing."""
        if self._wants_value:
            is_begun = self._steps or self._waiting
            raise NetwrightError("a number or a parameter is missing at its end" if is_begun else "it is empty")
        self._release(1)
        if self._waiting:
            raise NetwrightError("a bracket is not closed")
        return tuple(self._steps)

    def _close(self) -> None:
        self._release(1)
        if not self._waiting:
            raise NetwrightError("a bracket is closed that was not opened")
        self._waiting.pop()

    def _release(self, rank: int) -> None:
        """The signs that are computed before one of `rank`, the last first."""
        while self._waiting and _RANKS[self._waiting[-1]] >= rank:
            self._steps.append(Step("sign", self._waiting.pop()))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup is None:
            raise NetwrightError(
                f"{match[0]!r} is not understood: there are numbers, parameters, index, + - * // and ()"
            )
        yield match.lastgroup, match[0]


def _named(name: str, names: Mapping[str, Value]) -> Value:
    if name not in names:
        hint = did_you_mean(name, names) or (
            f"there are {', '.join(names)}" if names else "only blocks have parameters"
        )
        raise NetwrightError(f"there is no parameter {name!r}", hint=hint)
    return names[name]


def _calculable(name: str, names: Mapping[str, Value]) -> Number:
    value = _named(name, names)
    if isinstance(value, (bool, str)):
        raise NetwrightError(f"{name} is {_written(value)}, with which nothing can be calculated")
    return value


def _written(value: bool | str) -> str:
    return repr(value) if isinstance(value, str) else str(value).lower()


def _number(text: str) -> Number:
    is_whole = text.isdecimal() and len(text) < 20  # int() reads no text of thousands of digits
    return _bounded(int(text) if is_whole else float(text))


def _computed(sign: str, stack: list[Number]) -> Number:
    right = stack.pop()
    if sign == NEGATIVE:
        return -right
    if sign == "//" and not right:
        raise NetwrightError("it divides by zero")
    return _RULES[sign](stack.pop(), right)


def _bounded(number: Number) -> Number:
    if not -LARGEST <= number <= LARGEST:
        raise NetwrightError(f"it comes to a number beyond {LARGEST:,}")
    return number
