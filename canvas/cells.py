"""Which rectangles touch a region: a coarse grid of cells, quick to fill and to ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from PySide6.QtCore import QRectF

SIZE = 512.0

Key = TypeVar("Key")
_Span = tuple[int, int, int, int]


class Cells(Generic[Key]):
    """Keys by the cells that their rectangles touch; the answer may hold a few that are only near."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], dict[Key, None]] = {}
        self._spans: dict[Key, _Span] = {}

    def put(self, key: Key, rect: QRectF) -> None:
        """Note where `key` is (now)."""
        span = _span(rect)
        known = self._spans.get(key)
        if known == span:
            return
        if known is not None:
            self.drop(key)
        self._spans[key] = span
        for cell in _covered(span):
            self._cells.setdefault(cell, {})[key] = None

    def drop(self, key: Key) -> None:
        """Forget `key`."""
        for cell in _covered(self._spans.pop(key)):
            keys = self._cells[cell]
            del keys[key]
            if not keys:
                del self._cells[cell]

    def near(self, rect: QRectF) -> list[Key]:
        """The keys whose cells `rect` touches, each once."""
        left, top, right, bottom = span = _span(rect)
        if (right - left + 1) * (bottom - top + 1) > len(self._cells):
            covered: Iterator[tuple[int, int]] = (
                cell for cell in self._cells if left <= cell[0] <= right and top <= cell[1] <= bottom
            )
        else:
            covered = _covered(span)
        found: dict[Key, None] = {}
        for cell in covered:
            found.update(self._cells.get(cell, {}))
        return list(found)


def _span(rect: QRectF) -> _Span:
    return (
        int(rect.left() // SIZE),
        int(rect.top() // SIZE),
        int(rect.right() // SIZE),
        int(rect.bottom() // SIZE),
    )


def _covered(span: _Span) -> Iterator[tuple[int, int]]:
    left, top, right, bottom = span
    return ((x, y) for x in range(left, right + 1) for y in range(top, bottom + 1))
