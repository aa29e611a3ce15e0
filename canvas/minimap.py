"""The minimap: the whole drawing in a corner, which is also the scroll bar."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from canvas.board import Board
from canvas.paper import Paper
from canvas.style import faded

SIZE = QSize(128, 108)
INSET, PADDING = 12, 8
LARGEST = 0.12
"""A drawing of few nodes is not shown larger than this."""
DELAY = 80
"""Milliseconds until a change is shown: no edit and no drag waits for the map."""


class Minimap(QWidget):
    """All boxes in their colours and what of them is seen; a click or drag goes there."""

    def __init__(self, paper: Paper, board: Board) -> None:
        super().__init__(paper)
        self._paper = paper
        self._board = board
        self._drawn = QPixmap()
        self._drawn_for: tuple[object, ...] = (None, None, None)
        self._bounds = QRectF()
        self._scale = 1.0
        self._later = QTimer(self, singleShot=True, interval=DELAY)
        self._later.timeout.connect(self._redraw)
        self.resize(SIZE)
        self.setAccessibleName("Minimap")
        self.setToolTip("The whole drawing: click or drag to go there")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        paper.seen.connect(self.update)
        paper.zoomed.connect(self.update)

    def keep_to_corner(self) -> None:
        """Stand in the lower right corner of the paper."""
        self.move(self._paper.width() - self.width() - INSET, self._paper.height() - self.height() - INSET)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._board.look
        if self._drawn_for[:2] != (look, self.devicePixelRatioF()):
            self._draw()
        elif self._drawn_for[2] != self._board.picture.version and not self._later.isActive():
            self._later.start()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.rect().adjusted(2, 2, -2, -2))
        painter.setPen(QPen(look.accent, 1))
        painter.setBrush(faded(look.accent, 0.08))
        seen = self._paper.visible
        painter.drawRoundedRect(QRectF(self._to_map(seen.topLeft()), self._to_map(seen.bottomRight())), 2, 2)
        painter.end()

    def _redraw(self) -> None:
        self._draw()
        self.update()

    def _draw(self) -> None:
        look, ratio, picture = self._board.look, self.devicePixelRatioF(), self._board.picture
        self._drawn_for = (look, ratio, picture.version)
        self._bounds = picture.bounds()
        inner = self.size().shrunkBy(QMargins(PADDING, PADDING, PADDING, PADDING))
        wide, high = max(self._bounds.width(), 1.0), max(self._bounds.height(), 1.0)
        self._scale = min(inner.width() / wide, inner.height() / high, LARGEST)
        self._drawn = QPixmap(self.size() * ratio)
        self._drawn.setDevicePixelRatio(ratio)
        self._drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.line, 1))
        painter.setBrush(faded(look.panel, 0.92))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.translate(QRectF(self.rect()).center())
        painter.scale(self._scale, self._scale)
        painter.translate(-self._bounds.center())
        for (family, active), rects in picture.blocks().items():
            colour = faded(look.family(family), 1.0 if active else 0.4)
            painter.setPen(QPen(colour, 0))  # at least a pixel of each box is seen
            painter.setBrush(colour)
            painter.drawRects(rects)
        painter.end()

    def _to_map(self, at: QPointF) -> QPointF:
        return (at - self._bounds.center()) * self._scale + QRectF(self.rect()).center()

    def _go(self, event: QMouseEvent) -> None:
        at = (event.position() - QRectF(self.rect()).center()) / self._scale + self._bounds.center()
        self._paper.centerOn(at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)
