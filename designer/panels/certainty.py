"""What a model says: classes with their probabilities as bars, or the numbers that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from designer.theme import SECONDARY, TEXT, Theme, font, mono

FIRST, ROW = 34, 21
"""Heights of the first row and of the others."""
NAMES, BARS, SCORE, GAP = 200, 420, 72, 12
"""Widths: of the longest name and the longest bar at most, of a score, and between them."""
LARGE = 14.0
"""Points of the likeliest class."""


class Certainty(QWidget):
    """The likeliest classes, the first one large; what was right is marked where it is known."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._top: Sequence[tuple[str, float]] = ()
        self._output: Any = None
        self._expected = ""
        self.setAccessibleName("Answer of the model")

    def display(self, top: Sequence[tuple[str, float]], output: Any) -> None:
        """Show classes with probabilities, or else the numbers in `output`."""
        self._top = top
        self._output = output
        self.setAccessibleDescription(", ".join(f"{label} {score:.1%}" for label, score in top) or str(output or ""))
        self.update()

    def expect(self, label: str) -> None:
        """What would be right; empty where nobody knows."""
        self._expected = label

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._top:
            self._paint_classes(painter)
        elif self._output is not None:
            painter.setFont(mono())
            painter.setPen(self._theme.color("text"))
            flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()), flags, _numbers(self._output))

    def _paint_classes(self, painter: QPainter) -> None:
        room = max(0, self.height() - FIRST) // ROW
        shown = self._top[: 1 + room]
        names = min(NAMES, max(self._width(painter, place, label) for place, (label, _) in enumerate(shown)))
        bars = min(BARS, self.width() - names - SCORE - 2 * GAP)
        for place, (label, score) in enumerate(shown):
            top, height = (0, FIRST) if place == 0 else (FIRST + (place - 1) * ROW, ROW)
            self._paint_name(painter, place, label, QRectF(0, top, names, height))
            self._paint_bar(painter, place, score, QRectF(names + GAP, top + height / 2 - 3, bars, 6))
            painter.setFont(mono(TEXT if place == 0 else SECONDARY))
            painter.setPen(self._theme.color("text"))
            place_of_score = QRectF(names + bars + 2 * GAP, top, SCORE, height)
            painter.drawText(place_of_score, Qt.AlignmentFlag.AlignVCenter, f"{100 * score:.1f} %")

    def _paint_name(self, painter: QPainter, place: int, label: str, where: QRectF) -> None:
        painter.setFont(_font(place))
        painter.setPen(self._theme.color("good" if self._is_right(label) else "text" if place == 0 else "secondary"))
        name = painter.fontMetrics().elidedText(self._marked(label), Qt.TextElideMode.ElideRight, NAMES)
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_bar(self, painter: QPainter, place: int, score: float, where: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("line"))
        painter.drawRoundedRect(where, 3, 3)
        painter.setBrush(self._theme.color("accent" if place == 0 else "faint"))
        painter.drawRoundedRect(QRectF(where.topLeft(), QSizeF(max(3.0, where.width() * score), where.height())), 3, 3)

    def _width(self, painter: QPainter, place: int, label: str) -> float:
        painter.setFont(_font(place))
        return painter.fontMetrics().horizontalAdvance(self._marked(label)) + 1

    def _marked(self, label: str) -> str:
        return f"✓ {label}" if self._is_right(label) else label

    def _is_right(self, label: str) -> bool:
        return bool(self._expected) and label == self._expected


def _font(place: int) -> QFont:
    return font(LARGE if place == 0 else SECONDARY, bold=place == 0)


def _numbers(output: Any) -> str:
    if isinstance(output, (list, tuple)):
        return "  ".join(_numbers(item) for item in output[:64])
    return f"{output:.6g}" if isinstance(output, (int, float)) else str(output)
