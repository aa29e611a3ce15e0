"""How often each class is there: a bar for each."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from designer.theme import SMALL, Theme, font, mono

ROW, WIDTH = 18, 260
NAMES, GAP, FIGURES = 96, 8, 64
"""Widths: of the longest name at most, between the columns, of a count."""
MOST = 200
"""How many classes are drawn."""
BLANKS = {" ": "space", "\n": "line end", "\t": "tab"}
"""Classes of text that cannot be seen."""


class Balance(QScrollArea):
    """Bars of the classes of the training part."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._bars = _Bars(theme)
        self.setWidget(self._bars)
        self.setFixedWidth(WIDTH + 16)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Samples of each class")

    def display(self, counts: Mapping[str, int]) -> None:
        """Show how often each class is there."""
        self._bars.display(counts)

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._bars.wear(theme)


class _Bars(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._counts: list[tuple[str, int]] = []

    def display(self, counts: Mapping[str, int]) -> None:
        self._counts = [(BLANKS.get(name, name), count) for name, count in counts.items()][:MOST]
        self.resize(self.sizeHint())
        self.setAccessibleDescription(", ".join(f"{name}: {count}" for name, count in self._counts))
        self.update()

    def wear(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, max(1, len(self._counts)) * ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((count for _, count in self._counts), default=1) or 1
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(SMALL))
        metrics = painter.fontMetrics()
        names = min(NAMES, max((metrics.horizontalAdvance(name) for name, _ in self._counts), default=0))
        longest = WIDTH - names - FIGURES - 2 * GAP
        for row, (name, count) in enumerate(self._counts):
            top = row * ROW
            painter.setFont(font(SMALL))
            painter.setPen(self._theme.color("secondary"))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, names)
            painter.drawText(QRectF(0, top, names, ROW), right, shown)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("accent"))
            length = max(2.0, longest * count / most)
            painter.drawRoundedRect(QRectF(names + GAP, top + 5, length, ROW - 10), 2, 2)
            painter.setFont(mono(SMALL))
            painter.setPen(self._theme.color("text"))
            painter.drawText(QRectF(names + length + 2 * GAP, top, FIGURES, ROW), left, f"{count:,}")
