"""A confusion matrix as a map of colours: what is right in one, mistakes in another, stronger where they are more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.theme import SMALL, Theme, font, mono

if TYPE_CHECKING:
    from designer.confusion import Confusion

NAMES, GAP, HEAD = 88, 6, 16
"""Pixels: the longest name of a row at most, between names and map, the names of the columns."""
SLACK = 4
"""Pixels of a line's height that no figure needs."""
LARGEST = (64, 40)
"""Width and height of a cell, at most."""
STRONGEST = 0.85
"""How much of its colour a cell has at most: figures must be read on it."""


class Matrix(QWidget):
    """Rows are what a sample is, columns what it was taken for. The mouse tells a cell."""

    told = Signal(str)
    """What the cell under the mouse counts; empty where there is none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: Confusion | None = None
        self._colors = QImage()
        self._at: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion of classes")

    def display(self, confusion: Confusion | None) -> None:
        """Show `confusion`, or nothing."""
        self._shown = confusion
        self._at = None
        self.setAccessibleDescription("; ".join(confusion.worst) if confusion else "")
        self._color()

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self._color()

    def cell(self, position: QPointF) -> tuple[int, int] | None:
        """Row and column of what is drawn at `position`."""
        area = self._area()
        if self._shown is None or not area.contains(position):
            return None
        count = len(self._shown.labels)
        row = int((position.y() - area.top()) * count / area.height())
        column = int((position.x() - area.left()) * count / area.width())
        return (row, column) if max(row, column) < count else None

    def sizeHint(self) -> QSize:
        return QSize(360, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 96)

    def _color(self) -> None:
        """A pixel for each cell, its colour from the table of the theme's."""
        if self._shown is not None:
            side = len(self._shown.labels)
            image = QImage(self._shown.levels.tobytes(), side, side, side, QImage.Format.Format_Indexed8)
            image.setColorTable(_table(self._theme))
            self._colors = image.copy()
        self.update()

    def _area(self) -> QRectF:
        """Where the cells are."""
        if self._shown is None or not self._shown.labels:
            return QRectF()
        count = len(self._shown.labels)
        left = self._names_width() + GAP
        width = min(self.width() - left, count * LARGEST[0])
        height = min(self.height() - HEAD, count * LARGEST[1])
        return QRectF(left, HEAD, max(1, width), max(1, height))

    def _names_width(self) -> int:
        assert self._shown is not None
        metrics = self.fontMetrics()
        return min(NAMES, max(map(metrics.horizontalAdvance, self._shown.labels[:200]), default=0))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._shown is None:
            return
        painter = QPainter(self)
        area = self._area()
        painter.drawImage(area, self._colors)
        count = len(self._shown.labels)
        cell = QRectF(area.topLeft(), area.size() / count)
        painter.setFont(font(SMALL))
        self._paint_names(painter, cell)
        painter.setFont(mono(SMALL))
        self._paint_counts(painter, cell)
        if self._at is not None:
            row, column = self._at
            painter.setPen(self._theme.color("text"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(cell.translated(column * cell.width(), row * cell.height()))

    def _paint_names(self, painter: QPainter, cell: QRectF) -> None:
        """Of every so many classes, so that names do not overlap."""
        assert self._shown is not None
        metrics = painter.fontMetrics()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(self._theme.color("secondary"))
        rows = max(1, -int(-(metrics.height() - SLACK) // cell.height()))
        columns = max(1, -int(-min(56, self._widest(painter) + 4) // cell.width()))
        for place, name in enumerate(self._shown.labels):
            middle = cell.translated(place * cell.width(), place * cell.height()).center()
            if place % rows == 0:
                box = QRectF(0, middle.y() - metrics.height() / 2, cell.left() - GAP, metrics.height())
                painter.drawText(box, right, metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(box.width())))
            if place % columns == 0:
                width = columns * cell.width() - 2
                box = QRectF(middle.x() - width / 2, 0, width, HEAD - 2)
                short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(width))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, short)

    def _widest(self, painter: QPainter) -> int:
        assert self._shown is not None
        return max(map(painter.fontMetrics().horizontalAdvance, self._shown.labels[:200]), default=1)

    def _paint_counts(self, painter: QPainter, cell: QRectF) -> None:
        """The counts, where they have room."""
        assert self._shown is not None
        metrics = painter.fontMetrics()
        widest = metrics.horizontalAdvance(f"{int(self._shown.counts.max(initial=0)):,}") + 4
        if widest > cell.width() or metrics.height() - SLACK > cell.height():
            return
        for row, column in zip(*self._shown.counts.nonzero(), strict=True):
            ground = self._colors.pixelColor(int(column), int(row))
            painter.setPen(_readable(ground))
            box = cell.translated(column * cell.width(), row * cell.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{int(self._shown.counts[row, column]):,}")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.cell(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def _point(self, cell: tuple[int, int] | None) -> None:
        if cell != self._at:
            self._at = cell
            self.told.emit(self._shown.told(*cell) if cell and self._shown else "")
            self.update()


def _table(theme: Theme) -> list[int]:
    """The colours of levels: mistakes, then what is right, each from the ground on."""
    ground = theme.color("field")
    return [
        _mixed(ground, theme.color(token), STRONGEST * level / 127).rgb()
        for token in ("second", "accent")
        for level in range(128)
    ]


def _mixed(ground: QColor, mark: QColor, share: float) -> QColor:
    parts = zip(_rgb(ground), _rgb(mark), strict=True)
    return QColor(*(round(low + (high - low) * share) for low, high in parts))


def _rgb(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()


def _readable(ground: QColor) -> QColor:
    """Black or white, whatever stands out more: by the relative luminance of WCAG 2."""
    red, green, blue = ((part / 255) ** 2.2 for part in _rgb(ground))
    return QColor("black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "white")
