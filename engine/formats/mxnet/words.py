"""The texts in which MXNet writes an operator's settings: `(3, 3)`, `[2,2]`, `True`, `1e-05`, `None`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from engine.errors import NetwrightError

T = TypeVar("T")

_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_NONE = ("none", "null", "")
_LISTED = re.compile(r"[(\[](.*)[)\]]", re.DOTALL)


@dataclass
class Words:
    """The settings of one operator, and which of them were asked for."""

    given: Mapping[str, str]
    asked: set[str] = field(default_factory=set)

    @property
    def unasked(self) -> tuple[str, ...]:
        """Settings that nobody wanted to know."""
        return tuple(name for name in self.given if name not in self.asked)

    def word(self, name: str, default: str = "") -> str:
        """A setting as it stands."""
        self.asked.add(name)
        return self.given.get(name, default)

    def flag(self, name: str, default: bool = False) -> bool:
        """Raises NetwrightError."""
        return self._read(name, default, lambda text: _FLAGS[text.lower()])

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number. Raises NetwrightError."""
        return self._read(name, default, _whole)

    def maybe(self, name: str) -> int | None:
        """A whole number, or None where there is none. Raises NetwrightError."""
        return None if self.word(name).lower() in _NONE else self.whole(name)

    def real(self, name: str, default: float = 0.0) -> float:
        """Raises NetwrightError."""
        return self._read(name, default, float)

    def wholes(self, name: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Whole numbers in brackets, or a single one. Raises NetwrightError."""
        return self._read(name, default, lambda text: tuple(map(_whole, items(text))))

    def gaps(self, name: str) -> tuple[int | None, ...]:
        """Whole numbers in brackets, None for those left open. Raises NetwrightError."""
        return self._read(
            name, (), lambda text: tuple(None if it.lower() in _NONE else _whole(it) for it in items(text))
        )

    def _read(self, name: str, default: T, read: Callable[[str], T]) -> T:
        text = self.word(name).strip()
        if text.lower() in _NONE:
            return default
        try:
            return read(text)
        except (KeyError, ValueError, OverflowError):
            raise NetwrightError(f"{name} is {text[:40]!r}, which is no such value") from None


def items(text: str) -> tuple[str, ...]:
    """The parts of a text in brackets; a text without brackets is one part."""
    inside = _LISTED.fullmatch(text.strip())
    parts = (inside.group(1) if inside else text).split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _whole(text: str) -> int:
    """`3`, `3L` as Python 2 wrote long ones, `3.0`."""
    number = float(text.removesuffix("L"))
    if not number.is_integer() or abs(number) > 2**53:
        raise ValueError
    return int(number)
