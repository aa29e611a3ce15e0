"""What a model says: classes with their probabilities as bars, or the numbers that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from designer.theme import SECONDARY, Theme, font, mono

ROW, NAMES, BARS = 22, 160, 260


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
            for place, (label, score) in enumerate(self._top[: max(1, self.height() // ROW)]):
                self._paint_class(painter, place, label, score)
        elif self._output is not None:
            painter.setFont(mono())
            painter.setPen(self._theme.color("text"))
            flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()), flags, _numbers(self._output))

    def _paint_class(self, painter: QPainter, place: int, label: str, score: float) -> None:
        top = place * ROW
        is_right = bool(self._expected) and label == self._expected
        painter.setFont(font(SECONDARY, bold=place == 0))
        painter.setPen(self._theme.color("good" if is_right else "text" if place == 0 else "secondary"))
        middle = Qt.AlignmentFlag.AlignVCenter
        name = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, NAMES - 24)
        painter.drawText(QRectF(0, top, NAMES, ROW), middle, ("✓ " if is_right else "") + name)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("line"))
        painter.drawRoundedRect(QRectF(NAMES, top + 8, BARS, 6), 3, 3)
        painter.setBrush(self._theme.color("accent" if place == 0 else "faint"))
        painter.drawRoundedRect(QRectF(NAMES, top + 8, max(3.0, BARS * score), 6), 3, 3)
        painter.setFont(mono())
        painter.setPen(self._theme.color("text"))
        painter.drawText(QRectF(NAMES + BARS + 12, top, 80, ROW), middle, f"{100 * score:.1f} %")


def _numbers(output: Any) -> str:
    if isinstance(output, (list, tuple)):
        return "  ".join(_numbers(item) for item in output[:64])
    return f"{output:.6g}" if isinstance(output, (int, float)) else str(output)
