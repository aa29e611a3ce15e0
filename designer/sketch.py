"""A board to draw a digit on with the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from designer.theme import SMALL, Theme, font

SIDE = 140
"""Of the board, in pixels at 96 dpi, and of the picture that it gives."""

MARGIN = 0.08
"""Of the picture's side, left free around what was drawn: about what the data sets of digits leave."""

PEN = 13
"""Width of the stroke: as thick, for the board, as pens are for the digits that networks learn from."""


class Sketch(QWidget):
    """White strokes on black, as in the digits' data sets."""

    drawn = Signal(object)
    """The picture, after every stroke and while one is drawn."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._last: QPointF | None = None
        self.picture = _black()
        self._bounds = QRect()
        self.setFixedSize(SIDE, SIDE)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Board to draw on with the mouse")

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def framed(self) -> QImage:
        """What was drawn in the middle of a square that it fills, wherever on the board it stands and however small."""
        box = self._bounds
        side = round(max(box.width(), box.height()) / (1 - 2 * MARGIN))
        square = QImage(side, side, QImage.Format.Format_Grayscale8)
        square.fill(0)
        painter = QPainter(square)
        painter.drawImage(QPoint((side - box.width()) // 2, (side - box.height()) // 2), self.picture, box)
        painter.end()
        return square

    def clear(self) -> None:
        """Wipe the board."""
        self.picture = _black()
        self._bounds = QRect()
        self.update()

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            self.clear()
            return
        self._last = event.position()
        self._stroke(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._stroke(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawImage(0, 0, self.picture)
        painter.setPen(self._theme.color("line"))
        painter.drawRect(0, 0, SIDE - 1, SIDE - 1)
        if self._bounds.isEmpty():
            painter.setPen(QColor("#9aa3b2"))  # on black in either theme
            painter.setFont(font(SMALL))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Draw here\n(right button wipes)")

    def _stroke(self, to: QPointF) -> None:
        painter = QPainter(self.picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(Qt.GlobalColor.white, PEN, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(self._last or to, to + QPointF(0.01, 0))
        painter.end()
        reach = QRectF(self._last or to, to).normalized().adjusted(-PEN / 2, -PEN / 2, PEN / 2, PEN / 2)
        self._bounds = self._bounds.united(reach.toAlignedRect()).intersected(self.picture.rect())
        self._last = to
        self.update()
        self.drawn.emit(self.picture)


def _black() -> QImage:
    made = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
    made.fill(0)
    return made
